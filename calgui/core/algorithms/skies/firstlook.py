"""Extended sources before any sky is made: light on cells that stands above a smooth sky and moves with the telescope.

A median of frames whose dithers are smaller than a source holds its middle, and no later round would find it there.
"""

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.skies.config import SourceConfig
from calgui.core.algorithms.skies.sources import (
    COARSE,
    FINE,
    BoolArray,
    Cells,
    cells_of,
    expand,
    level_of,
    thinned,
    with_neighbours,
)
from calgui.core.algorithms.skies.stack import Stack
from calgui.core.jobs import Job

#: part of the edge of a source at which something must move
_MOVES = 0.2
#: pixels further from the level than this, in their noise, count as this far
_CLIP = 4.0
#: fewest cells on a side and in all
_SIDE, _FEWEST = 4, 36


def extended_sources(
    stack: Stack, levels: list[float], additive: bool, config: SourceConfig, job: Job
) -> list[BoolArray] | None:
    """Masks of extended sources in frames that still have their sky.

    Parameters
    ----------
    stack : Stack
        The set.
    levels : list of float
        Of the skies.
    additive : bool
        Whether skies differ by a constant.
    config : SourceConfig
        Threshold and growth.
    job : Job
        Cancel.

    Returns
    -------
    list of ndarray of bool, or None
        None where the frames are too small to have cells.

    Notes
    -----
    A smooth surface of second order, fitted to the cells without those that stand out, is the sky. What stands out in
    all frames at the same pixels, and at whose edge nothing moves, is the detector's or the sky's and stays.
    """
    maps = {side: _maps(stack, levels, additive, side, job) for side in (FINE, COARSE)}
    if any(min(one.shape) < _SIDE or one.size < _FEWEST for one in maps[FINE]):
        return None
    made = [np.zeros(stack.shape, np.bool_) for _ in stack.frames]
    for side, cells in maps.items():
        if min(cells[0].shape) < _SIDE or cells[0].size < _FEWEST:
            continue
        bright = [_bright(one, config.sigma) for one in cells]
        moving = _moving(cells, config.sigma)
        for into, one in zip(made, bright, strict=True):
            into |= expand(_that_move(one, moving), side, stack.shape)
    return made


def _maps(stack: Stack, levels: list[float], additive: bool, side: int, job: Job) -> list[Cells]:
    made = []
    for index, level in enumerate(levels):
        job.check()
        image = stack.image(index)
        good = np.isfinite(image)
        noise = level_of(thinned(image, good)).sigma
        cells = cells_of(image, good, side, level - _CLIP * noise, level + _CLIP * noise)
        made.append(cells - level if additive else cells / level - 1)
    return made


def _bright(cells: Cells, sigma: float) -> BoolArray:
    """Cells above a smooth surface."""
    ny, nx = cells.shape
    y, x = np.meshgrid(np.linspace(-1, 1, ny), np.linspace(-1, 1, nx), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)
    values = cells.reshape(-1)
    known = np.isfinite(values)
    kept = known.copy()
    rest, level = values, level_of(values[known])
    for _ in range(10):
        if np.count_nonzero(kept) < 12:
            break
        fitted = np.linalg.lstsq(terms[kept], values[kept], rcond=None)[0]
        rest = values - terms @ fitted
        level = level_of(rest[known])
        if not level.sigma > 0:
            break
        again = known & (rest < level.value + 2 * level.sigma)
        if np.array_equal(again, kept):
            break
        kept = again
    if not level.sigma > 0:
        return np.zeros(cells.shape, np.bool_)
    return with_neighbours(np.nan_to_num((rest - level.value) / level.sigma, nan=-np.inf).reshape(cells.shape), sigma)


def _moving(cells: list[Cells], sigma: float) -> BoolArray:
    """Cells whose light changes from frame to frame."""
    cube = np.stack(cells)
    made = np.zeros(cube.shape[1:], np.bool_)
    for index, one in enumerate(cube):
        others = np.delete(cube, index, axis=0)
        with np.errstate(invalid="ignore"):
            change = one - _median(others)
        known = change[np.isfinite(change)]
        if known.size:
            level = level_of(known)
            low = level_of(-known)  # where the light was in the others
            made |= np.nan_to_num(change, nan=0.0) > level.value + sigma * max(level.sigma, low.sigma)
            made |= np.nan_to_num(change, nan=0.0) < -low.value - sigma * max(level.sigma, low.sigma)
    return made


def _median(cube: npt.NDArray[np.float64]) -> Cells:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        made: Cells = np.nanmedian(cube, axis=0)
    return made


def _that_move(bright: BoolArray, moving: BoolArray) -> BoolArray:
    """Connected groups of bright cells at a good part of whose edge the light moves."""
    from scipy.ndimage import binary_dilation, binary_erosion, label, sum_labels

    labels, count = label(bright, np.ones((3, 3)))
    if count == 0:
        return bright
    which = np.arange(1, count + 1)
    edge = bright & ~binary_erosion(bright)
    near = binary_dilation(moving, np.ones((3, 3)))
    part = sum_labels(edge & near, labels, which) / np.maximum(sum_labels(edge, labels, which), 1)
    keeps = np.concatenate([[False], part >= _MOVES])
    made: BoolArray = keeps[labels]
    return made
