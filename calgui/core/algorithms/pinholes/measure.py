"""From a picture of a pinhole mask to the centres of its spots, and their places on the mask's grid."""

from calgui.core.algorithms.pinholes.config import PinholeConfig
from calgui.core.algorithms.pinholes.spots import Spots
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job


def measure_pinholes(frame: FrameLike, config: PinholeConfig, job: Job) -> Spots:
    """Find the spots of a pinhole mask, fit the centre of each, and give each its place on the grid.

    Parameters
    ----------
    frame : FrameLike
        An image, (ny, nx). Errors of its ERR extension count where it has one; else the noise is that of the
        background as measured, and of the photons. Pixels that DQ flags DO_NOT_USE are left out.
    config : PinholeConfig
        Options.
    job : Job
        Progress and cancel.

    Returns
    -------
    Spots

    Raises
    ------
    InputError
        No image, or unit, gain, or exposure time is missing.
    AlgorithmError
        No spots, too few of them, no lattice in them, all saturated, or closer to each other than three of their
        widths.
    """
    raise NotImplementedError
