"""What is asked of an image before its star is measured: unit, time, plate scale; and its pixels in electrons/s."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import Scale, exposure_time, number, read_variance, scale_of
from calgui.core.algorithms.fluxstar.config import StarConfig
from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.headeroptions import pixel_mas
from calgui.core.algorithms.holes import FilledCore
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: pixels with one of these say nothing of the light that fell on them
BAD = flags.DO_NOT_USE | flags.REFERENCE_PIXEL | flags.NON_SCIENCE | flags.DEAD | flags.JUMP_DET
_BAND = 256
#: e-, of the IRIS simulator
SATURATION_E = 100000.0


@dataclass(frozen=True)
class Facts:
    """What header and options say of an image.

    Attributes
    ----------
    to_rate : float
        Factor from its values to e-/s.
    seconds : float or None
        Exposure time; None where nothing says it.
    pixel_mas : float
        Side of a pixel on the sky.
    linear_to_e, saturation_e : float
        Electrons of one exposure.
    linearized : bool
        Whether S_LINEAR says that non-linearity was corrected.
    read_variance : float or None
        e-², of reading one exposure.
    """

    to_rate: float
    seconds: float | None
    pixel_mas: float
    linear_to_e: float
    saturation_e: float
    linearized: bool
    read_variance: float | None


def facts_of(frame: FrameLike, config: StarConfig) -> Facts:
    """Look at header and options.

    Parameters
    ----------
    frame : FrameLike
        Image or cube; its pixels are not read.
    config : StarConfig
        Options that stand in for keywords.

    Returns
    -------
    Facts

    Raises
    ------
    InputError
        Naming the keyword that is missing, and the option.
    """
    scale: Scale = scale_of([frame], config.unit, config.gain, config.exposure_time)
    known = scale.seconds if scale.seconds is not None else (exposure_time(frame.header) or (None,))[0]
    return Facts(
        scale.to_rate,
        known,
        pixel_mas(frame, config.pixel_scale_mas),
        config.linear_to,
        config.saturation or number(frame.header, "SATURATE") or SATURATION_E,
        _complete(frame.header, "S_LINEAR"),
        read_variance(frame.header),
    )


def _complete(header: Mapping[str, Any], keyword: str) -> bool:
    return str(header.get(keyword) or "").strip().upper() == "COMPLETE"


@dataclass(frozen=True, eq=False)
class Pixels:
    """An image in electrons per second.

    Attributes
    ----------
    data : ndarray of float32, shape (ny, nx)
        e-/s; as they are also where they are bad, 0 where NaN.
    variance : ndarray of float32 or None
        (e-/s)²; None where the image has no ERR.
    bad, saturated : ndarray of bool
        Pixels that say nothing, and those that are flagged as saturated.
    filled : FilledCore or None
        Pixels of the star's core that were lost and are no longer bad: what they hold is from those around them.
    """

    data: Singles
    variance: Singles | None
    bad: Mask
    saturated: Mask
    filled: FilledCore | None = None


def read_pixels(frame: FrameLike, facts: Facts, job: Job) -> Pixels:
    """Read an image.

    Parameters
    ----------
    frame : FrameLike
        (ny, nx), read in bands.
    facts : Facts
        Its unit.
    job : Job
        Progress and cancel.

    Returns
    -------
    Pixels
    """
    ny, nx = frame.shape
    data = np.empty((ny, nx), np.float32)
    variance: Singles | None = np.empty((ny, nx), np.float32)
    bad, saturated = ~region_of(frame).mask(), np.zeros((ny, nx), np.bool_)
    for start in range(0, ny, _BAND):
        job.report(start / ny, "Reading the image")
        job.check()
        stop = min(start + _BAND, ny)
        rows = frame.rows(start, stop)
        data[start:stop] = rows.data * np.float32(facts.to_rate)
        if rows.err is None:
            variance = None
        elif variance is not None:
            variance[start:stop] = (rows.err * np.float32(facts.to_rate)) ** 2
        if rows.dq is not None:
            bad[start:stop] |= (rows.dq & np.uint32(BAD)) != 0
            saturated[start:stop] = (rows.dq & np.uint32(flags.SATURATED)) != 0
    missing = ~np.isfinite(data)
    bad |= missing
    data[missing] = 0
    if variance is not None and not np.isfinite(variance[~bad]).any():
        variance = None
    return Pixels(data, variance, bad, saturated)
