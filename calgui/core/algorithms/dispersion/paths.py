"""What is sought in a cube, and the places of what was followed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.positions import Position
from calgui.core.algorithms.psf.centroids import EDGE, FAILED, SATURATED
from calgui.core.frames.frame import Frame

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: λ/D in pixels below which a centroid depends on where in its pixel a source is; and by
#: how much, pixels
_SMALL, COARSE_ERROR = 0.6, 0.08


@dataclass(frozen=True)
class Paths:
    """Places of sources against wavelength.

    Attributes
    ----------
    wavelength : ndarray of float64, shape (sources, n)
        Mean of the planes, by the light of the source in each, in vacuum, µm, increasing.
    x, y, x_error, y_error : ndarray of float64, shape (sources, n)
        Pixels from 0; NaN where there is none.
    flux, width : ndarray of float64, shape (sources, n)
        Of the fitted core, and its width at half maximum, pixels.
    usable : ndarray of bool, shape (sources, n)
        Whether the source was seen there, whole and not saturated.
    flags : ndarray of int, shape (sources, n)
        Why not, as in `calgui.core.algorithms.psf.centroids`.
    start_x, start_y : ndarray of float64, shape (sources,)
        Where each was found.
    planes : ndarray of int, shape (n, 2)
        First and last plane of each range.
    picture : Frame
        Mean of all planes.
    core : float
        How wide the optics make a source, pixels: λ/D, or what is seen where no telescope is known.
    """

    wavelength: Floats
    x: Floats
    y: Floats
    x_error: Floats
    y_error: Floats
    flux: Floats
    width: Floats
    usable: Mask
    flags: npt.NDArray[np.int64]
    start_x: Floats
    start_y: Floats
    planes: npt.NDArray[np.int64]
    picture: Frame
    core: float

    @property
    def count(self) -> int:
        """Sources."""
        return len(self.start_x)

    @property
    def coarse(self) -> bool:
        """Whether sources are so much smaller than a pixel that a centroid hardly tells where in it they are."""
        return self.core < _SMALL

    def errors(self, source: int, floor: float) -> tuple[Floats, Floats]:
        """Errors of the places of a source.

        Parameters
        ----------
        source : int
            Which.
        floor : float
            What its shape adds, pixels; more where it is smaller than a pixel.

        Returns
        -------
        tuple of ndarray of float64, shape (n,)
            Of x and y, one sigma, pixels.
        """
        least = max(floor, COARSE_ERROR) if self.coarse else floor
        return np.hypot(self.x_error[source], least), np.hypot(self.y_error[source], least)


@dataclass(frozen=True)
class Sources:
    """What is sought in a cube.

    Attributes
    ----------
    what : str
        ``star`` or ``fiber``, for messages.
    places : tuple of Position
        Where they are; empty for those that are found.
    most : int
        The brightest so many.
    threshold : float
        Sigma of the noise.
    option : str
        Which holds the places.
    pointlike : bool
        Whether a flat top means that it is saturated.
    """

    what: str
    places: tuple[Position, ...]
    most: int
    threshold: float
    option: str
    pointlike: bool = True


def reasons_of(flags: npt.NDArray[np.int64]) -> Mapping[str, int]:
    """How often something hindered a place from being used.

    Parameters
    ----------
    flags : ndarray of int
        Of one source.

    Returns
    -------
    mapping of str to int
        Words to number of ranges.
    """
    words = ((SATURATED, "saturated"), (EDGE, "at the edge"), (FAILED, "not seen"))
    left, made = np.ones(flags.shape, np.bool_), {}
    for bit, word in words:
        here = left & ((flags & bit) != 0)
        left &= ~here
        if here.any():
            made[word] = int(here.sum())
    return made
