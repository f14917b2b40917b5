"""Sources in an image whose sky was taken out, and the level that is left: what a sky must not be made of.

Sources are sought on many scales: boxes of 3 pixels for stars, cells of 8, 16, 32 ... pixels for halos and extended
light, which no single pixel shows. On every scale the noise is that of the image on this scale, so that what is left of
a flat or a gradient is not taken for sources.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.algorithms.skies.cells import (
    COARSE,
    FEWEST,
    FINE,
    BoolArray,
    Cells,
    Grid,
    Image,
    expand,
    sizes,
    widened,
)

#: side of the box in which the light of a star is summed
_BOX = 3
#: pixels further from the level than this, in their noise, count as this far in the mean of a cell
_CLIP = 4.0
#: window of the level, in noise below it
_WINDOW = 2.0
#: values that are enough for a level
_ENOUGH = 12_000
#: noise above which a place of a finished sky stands out
_STANDS = 8.0
#: beside a cell that stands out this many sigma are enough
_BESIDE = 1.5


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
    cells = Grid.of(image, good, pixels.value - reach, pixels.value + reach).means
    known = cells[np.isfinite(cells)]
    if known.size < FEWEST:
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
        reach = _CLIP * pixels.sigma
        grid = Grid.of(flat, good & ~found, -reach, reach)
        seen = np.zeros(grid.sums.shape, np.bool_)
        for side in sizes(image.shape):
            bright = _bright_cells(grid, sigma, pixels.sigma)
            if bright is None:
                break
            seen |= expand(bright, side // FINE, seen.shape)
            grid = grid.without(bright).doubled()
        if seen.any():
            contrast = Grid.of(flat, good).means / pixels.sigma
            found |= expand(widened(seen, contrast), FINE, image.shape)
    return found


def _bright_cells(grid: Grid, sigma: float, noise: float) -> BoolArray | None:
    """Cells with light of sources, with those around them that seem to have some; None where too few are left."""
    cells = grid.means
    known = cells[np.isfinite(cells)]
    if known.size < FEWEST:
        return None
    level = level_of(known)
    spread = max(level.sigma, noise / grid.side)
    return with_neighbours(np.nan_to_num((cells - level.value) / spread, nan=-np.inf), sigma)


def with_neighbours(excess: Cells, sigma: float) -> BoolArray:
    """Cells that stand out, and all that hang together with them and seem to hold some light.

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
    from scipy.ndimage import binary_propagation

    bright = excess > sigma
    if not bright.any():
        return bright
    made: BoolArray = binary_propagation(bright, np.ones((3, 3)), excess > min(_BESIDE, sigma))
    return made


def left_over(image: Image, good: BoolArray) -> int:
    """How many places of a sky stand out like sources: hot pixels, which are one pixel wide, do not count.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        A sky.
    good : ndarray of bool
        Pixels that count.

    Returns
    -------
    int
    """
    from scipy.ndimage import label, median_filter

    level = level_of(thinned(image, good))
    if not level.sigma > 0:
        return 0
    smooth = median_filter(np.where(good, image, np.float32(level.value)), _BOX, mode="nearest")
    shape = np.nan_to_num(Grid.of(smooth, good, side=COARSE).means, nan=level.value).astype(np.float32)
    rest = smooth - np.repeat(np.repeat(shape, COARSE, 0), COARSE, 1)[: image.shape[0], : image.shape[1]]
    noise = level_of(thinned(rest, good))
    return int(label((rest > noise.value + _STANDS * noise.sigma) & good, np.ones((3, 3)))[1])
