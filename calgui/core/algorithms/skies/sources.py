"""Sources in an image whose sky was taken out, and the level that is left: what a sky must not be made of.

Sources are sought on many scales: boxes of 3 pixels for stars, cells of 8, 16, 32 ... pixels for halos and extended
light, which no single pixel shows. On every scale the noise is that of the image on this scale, so that what is left of
a flat or a gradient is not taken for sources.
"""

import math
from dataclasses import dataclass

import numpy as np

from calgui.core.algorithms.kernels import compiled_skies
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
from calgui.core.algorithms.skies.levels import CLIP, Level, level_of, thinned
from calgui.core.algorithms.skies.surfaces import fitted_surface, values_of

#: side of the box in which the light of a star is summed
_BOX = 3
#: noise above which a place of a finished sky stands out
_STANDS = 8.0
#: beside a cell that stands out this many sigma are enough
_BESIDE = 1.5
#: scatter of cells over that of noise, from which on the sky has structure of their size
_STRUCTURE = 1.5
#: a surface is taken out where it makes the scatter so much smaller, and this part of the cells is known
_EVENER, _MOST = 0.8, 0.5


@dataclass(frozen=True)
class Scales:
    """On which cells the sources of an image are sought.

    Attributes
    ----------
    largest : int
        Side of the largest cells, pixels; none below 8.
    curved : bool
        Whether the sky left a smooth surface, which is taken out first.
    """

    largest: int = 0
    curved: bool = False


#: stars alone
NO_CELLS = Scales()


def find_sources(
    image: Image,
    good: BoolArray,
    sigma: float,
    grow: int,
    scales: Scales | None = NO_CELLS,
    pixels: Level | None = None,
) -> tuple[BoolArray, Scales]:
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
    scales : Scales or None
        Cells that are looked at; if None, those whose means scatter as their noise lets them.
    pixels : Level, optional
        Of the good pixels, where it is known already.

    Returns
    -------
    sources : ndarray of bool
        Where not ``good``, too, if it lies within a source.
    scales : Scales
        As given, or found.

    Notes
    -----
    Where larger cells scatter more than their noise, below their level, the sky has structure of that size: faint light
    on it is not to be told from sources. That must be asked before any of the light is masked: the darker part of a
    structure, left alone, looks even.
    """
    pixels = pixels or level_of(thinned(image, good))
    if not math.isfinite(pixels.value) or pixels.sigma == 0:
        return np.zeros(image.shape, np.bool_), scales or NO_CELLS
    flat = np.where(good, image - np.float32(pixels.value), np.float32(0))
    found = _stars(flat, good, sigma, grow)
    if scales is not None and scales.largest < FINE:
        return found, scales
    plain = Grid.of(flat, good & ~found, -CLIP * pixels.sigma, CLIP * pixels.sigma)
    grid = _even(plain) if scales is None or scales.curved else plain
    if scales is None:
        scales = Scales(_largest_even(grid, image.shape, pixels.sigma), grid is not plain)
    seen = np.zeros(grid.sums.shape, np.bool_)
    for side in sizes(image.shape):
        bright = _bright_cells(grid, sigma, pixels.sigma) if side <= scales.largest else None
        if bright is None:
            break
        seen |= expand(bright, side // FINE, seen.shape)
        grid = grid.without(bright).doubled()
    if seen.any():
        contrast = Grid.of(flat, good).means / pixels.sigma
        found |= expand(widened(seen, contrast), FINE, image.shape)
    return found, scales


def _largest_even(grid: Grid, shape: tuple[int, ...], noise: float) -> int:
    """Side of the largest cells whose means scatter as their noise lets them; 0 for none."""
    found = 0
    for side in sizes(shape):
        known = grid.means[np.isfinite(grid.means)]
        if known.size < FEWEST or level_of(known).sigma > _STRUCTURE * noise / side:
            break
        found, grid = side, grid.doubled()
    return found


def _stars(flat: Image, good: BoolArray, sigma: float, grow: int) -> BoolArray:
    """What stands out of an even image in boxes of three pixels, grown."""
    loops = compiled_skies()
    smooth, found = np.empty(flat.shape, np.float32), np.empty(flat.shape, np.bool_)
    loops.boxes_of_three(flat, smooth)
    noise = level_of(thinned(smooth, good))
    loops.above_and_around(smooth, np.float32(noise.value + sigma * noise.sigma), grow, found)
    return found


def _even(grid: Grid) -> Grid:
    """Cells without a smooth surface, where they have one: a sky that changed its shape a little is no source."""
    cells = grid.means
    known = np.isfinite(cells)
    if np.count_nonzero(known) < max(FEWEST, _MOST * cells.size):
        return grid
    smooth = values_of(fitted_surface(cells, 2.0), cells.shape)
    before, after = level_of(cells[known]), level_of((cells - smooth)[known])
    if after.sigma > _EVENER * before.sigma:
        return grid
    return Grid(grid.side, grid.sums - smooth * grid.count, grid.count, grid.full)


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
