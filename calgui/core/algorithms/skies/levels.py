"""The level of a sky among sources, which only add light."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.kernels import compiled_skies
from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.algorithms.skies.cells import FEWEST, BoolArray, Cells, Grid, Image

#: window of the level, in noise below it
_WINDOW = 2.0
#: pixels further from the level than this, in their noise, count as this far in the mean of a cell
CLIP = 4.0
#: values that are enough for a level
_ENOUGH = 12_000


@dataclass(frozen=True)
class Level:
    """The level of a sky among sources.

    Attributes
    ----------
    value : float
        NaN where nothing is left to measure.
    sigma : float
        Noise of one value, from what lies below the level.
    error : float
        Of the level.
    """

    value: float
    sigma: float
    error: float


def level_of(values: npt.NDArray[np.floating]) -> Level:
    """Level of a sky in values some of which hold light of sources.

    Parameters
    ----------
    values : ndarray
        Finite.

    Returns
    -------
    Level

    Notes
    -----
    Sources only add light, so the noise is that of the values below the level; the level is the median of the values
    within two sigma of it, repeated until it stays. Of noise alone that is the median, unbiased; light that reaches
    beyond the window does not pull it, where a median of all would follow.
    """
    if values.size == 0:
        return Level(math.nan, math.nan, math.nan)
    ordered = np.sort(values)
    level, sigma, used = compiled_skies().level_among(ordered, _WINDOW, MAD_TO_SIGMA)
    return Level(level, sigma, 1.2533 * sigma / math.sqrt(used))


def thinned(image: Image, good: BoolArray) -> Image:
    """Good values of evenly spaced pixels, some ten thousands at most.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Finite where ``good``.
    good : ndarray of bool
        Which count.

    Returns
    -------
    ndarray of float32
        Flat.
    """
    step = max(1, math.isqrt(image.size // _ENOUGH))
    return image[::step, ::step][good[::step, ::step]]


def clipped_cells(image: Image, good: BoolArray, level: Level, sigmas: float) -> Cells:
    """Means of cells, in which values far from the level count as the farthest that are let pass.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Finite where ``good``.
    good : ndarray of bool
        Pixels that count.
    level : Level
        Of its pixels.
    sigmas : float
        How far values may be from it, in its sigma.

    Returns
    -------
    ndarray of float64
        NaN for cells with too few good pixels.
    """
    reach = sigmas * level.sigma
    return Grid.of(image, good, level.value - reach, level.value + reach).means


def sky_level(image: Image, good: BoolArray) -> Level:
    """Level of an image's sky, from the means of cells where there are enough of them.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Finite where ``good``.
    good : ndarray of bool
        Pixels without known sources.

    Returns
    -------
    Level
        Its sigma is that of a pixel.

    Notes
    -----
    The mean of a cell of 64 pixels tells eight times fainter light from the sky than a pixel does.
    """
    pixels = level_of(thinned(image, good))
    if not math.isfinite(pixels.value):
        return pixels
    cells = clipped_cells(image, good, pixels, CLIP)
    known = cells[np.isfinite(cells)]
    if known.size < FEWEST:
        return pixels
    found = level_of(known)
    return Level(found.value, pixels.sigma, found.error)
