"""Sources in an image whose sky was taken out, and the level that is left: what a sky must not be made of.

Sources are sought on three scales: boxes of 3 pixels for stars, cells of 8 and of 32 pixels for halos and extended
light, which no single pixel shows. On every scale the noise is that of the image on this scale, so that what is left of
a flat or a gradient is not taken for sources.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.noise import MAD_TO_SIGMA

BoolArray = npt.NDArray[np.bool_]
Image = npt.NDArray[np.float32]
Cells = npt.NDArray[np.float64]

#: side of the cells on which halos and extended sources are sought
FINE, COARSE = 8, 32
#: side of the box in which the light of a star is summed
_BOX = 3
#: pixels further from the level than this, in their noise, count as this far in the mean of a cell
_CLIP = 4.0
#: part of a cell that must be left for it to say something
_LEFT = 0.25
#: fewest cells, or pixels, of which a level is made
_FEWEST = 24
#: window of the level, in noise below it
_WINDOW = 2.0
#: values that are enough for a level
_ENOUGH = 100_000
#: beside a cell that stands out this many sigma are enough
_BESIDE = 2.0


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
    ordered = np.sort(values.astype(np.float64, copy=False))
    level = float(ordered[ordered.size // 2])
    sigma = math.nan
    for _ in range(50):
        below = ordered[: np.searchsorted(ordered, level, side="right")]
        # the median distance of the lower half, which is ordered already
        sigma = MAD_TO_SIGMA * (level - float(below[below.size // 2])) if below.size else 0.0
        first, last = np.searchsorted(ordered, [level - _WINDOW * sigma, level + _WINDOW * sigma])
        inside = ordered[first:last]
        if inside.size == 0 or sigma == 0:
            break
        middle = float(inside[inside.size // 2])
        moved, level = abs(middle - level), middle
        if moved < 1e-3 * sigma:
            break
    used = max(int(np.count_nonzero(np.abs(ordered - level) <= _WINDOW * sigma)), 1)
    return Level(level, sigma, 1.2533 * sigma / math.sqrt(used))


def thinned(image: Image, good: BoolArray) -> Image:
    """Good values of evenly spaced rows, some hundred thousand or two at most.

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
    step = max(1, image.size // _ENOUGH)
    return image[::step][good[::step]]


def cells_of(image: Image, good: BoolArray, side: int, low: float, high: float) -> Cells:
    """Means of square cells of the good pixels.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Finite where ``good``.
    good : ndarray of bool
        Which count.
    side : int
        Of a cell, pixels.
    low, high : float
        Values outside count as these, so that a cosmic ray or a hot pixel moves no cell.

    Returns
    -------
    ndarray of float64, shape (ceil(ny / side), ceil(nx / side))
        NaN where less than a quarter of the cell is good.
    """
    ny, nx = image.shape
    rows, columns = np.arange(0, ny, side), np.arange(0, nx, side)
    held = np.where(good, np.clip(image, np.float32(low), np.float32(high)), np.float32(0))
    sums = np.add.reduceat(np.add.reduceat(held, rows, axis=0, dtype=np.float64), columns, axis=1)
    count = np.add.reduceat(np.add.reduceat(good, rows, axis=0, dtype=np.int32), columns, axis=1)
    full = np.outer(np.minimum(side, ny - rows), np.minimum(side, nx - columns))
    with np.errstate(invalid="ignore", divide="ignore"):
        made: Cells = np.where(count >= _LEFT * full, sums / count, np.nan)
    return made


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
    reach = _CLIP * pixels.sigma
    cells = cells_of(image, good, FINE, pixels.value - reach, pixels.value + reach)
    known = cells[np.isfinite(cells)]
    if known.size < _FEWEST:
        return pixels
    found = level_of(known)
    return Level(found.value, pixels.sigma, found.error)


def find_sources(image: Image, good: BoolArray, sigma: float, grow: int, extended: bool) -> BoolArray:
    """Pixels with light of sources.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Less its sky; finite where ``good``.
    good : ndarray of bool
        Pixels that count.
    sigma : float
        Threshold in noise of each scale.
    grow : int
        Pixels by which what was found is grown.
    extended : bool
        Whether cells are looked at too.

    Returns
    -------
    ndarray of bool
        Where not ``good``, too, if it lies within a source.
    """
    from scipy.ndimage import maximum_filter, uniform_filter

    pixels = level_of(thinned(image, good))
    found = np.zeros(image.shape, np.bool_)
    if not math.isfinite(pixels.value) or pixels.sigma == 0:
        return found
    flat = np.where(good, image - np.float32(pixels.value), np.float32(0))
    smooth = uniform_filter(flat, _BOX, mode="constant")
    noise = level_of(thinned(smooth, good))
    found = np.asarray(smooth > noise.value + sigma * noise.sigma, np.bool_)
    if grow:
        found = np.asarray(maximum_filter(found, 2 * grow + 1, mode="constant"), np.bool_)
    if extended:
        for side in (FINE, COARSE):
            found |= expand(_bright_cells(flat, good & ~found, side, sigma, pixels.sigma), side, image.shape)
    return found


def _bright_cells(flat: Image, good: BoolArray, side: int, sigma: float, noise: float) -> BoolArray:
    """Cells with light of sources, with those around them that seem to have some."""
    cells = cells_of(flat, good, side, -_CLIP * noise, _CLIP * noise)
    known = cells[np.isfinite(cells)]
    if known.size < _FEWEST:
        return np.zeros(cells.shape, np.bool_)
    level = level_of(known)
    spread = max(level.sigma, noise / side)
    return with_neighbours(np.nan_to_num((cells - level.value) / spread, nan=-np.inf), sigma)


def with_neighbours(excess: Cells, sigma: float) -> BoolArray:
    """Cells that stand out, and beside them those that reach two sigma.

    Parameters
    ----------
    excess : ndarray of float64
        Above the level, in its noise.
    sigma : float
        Threshold.

    Returns
    -------
    ndarray of bool
    """
    from scipy.ndimage import maximum_filter

    bright = excess > sigma
    wide = maximum_filter(bright.view(np.uint8), 3, mode="constant").view(np.bool_)
    made: BoolArray = bright | (wide & (excess > min(_BESIDE, sigma)))
    return made


def expand(cells: BoolArray, side: int, shape: tuple[int, int]) -> BoolArray:
    """A map of cells as one of pixels.

    Parameters
    ----------
    cells : ndarray of bool
        One value for each cell.
    side : int
        Of a cell.
    shape : tuple of int
        (ny, nx).

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    made: BoolArray = np.repeat(np.repeat(cells, side, axis=0), side, axis=1)[: shape[0], : shape[1]]
    return made
