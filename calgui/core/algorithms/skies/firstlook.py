"""Extended sources before any sky is made: light on cells that stands above a smooth sky and moves with the telescope.

A median of frames whose dithers are smaller than a source holds its middle, and no later round would find it there.
"""

import numpy as np

from calgui.core.algorithms.kernels import compiled_skies
from calgui.core.algorithms.skies.cells import FINE, BoolArray, Cells, Grid, expand, sizes, widened
from calgui.core.algorithms.skies.config import SourceConfig
from calgui.core.algorithms.skies.levels import level_of, thinned
from calgui.core.algorithms.skies.sources import with_neighbours
from calgui.core.algorithms.skies.stack import Stack
from calgui.core.algorithms.skies.surfaces import fitted_surface, values_of
from calgui.core.jobs import Job

#: part of the edge of a source at which something must move
_MOVES = 0.2
#: pixels further from the level than this, in their noise, count as this far
_CLIP = 4.0
#: part of its light by which a cell must change to be moving
_PART = 0.15
#: fewest cells on a side
_SIDE = 4


def extended_sources(
    stack: Stack, levels: list[float], additive: bool, config: SourceConfig, job: Job
) -> list[BoolArray]:
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
    list of ndarray of bool

    Notes
    -----
    A smooth surface of second order, fitted to the cells without those that stand out, is the sky. What stands out in
    all frames at the same pixels, and at whose edge nothing moves, is the detector's or the sky's and stays.
    """
    grids, contrast = _grids(stack, levels, job)
    made = [np.zeros(grid.sums.shape, np.bool_) for grid in grids]
    for side in sizes(stack.shape):
        if min(grids[0].sums.shape) < _SIDE:
            break
        pairs = zip(grids, levels, strict=True)
        cells = [grid.means - level if additive else grid.means / level - 1 for grid, level in pairs]
        excess = [one - values_of(fitted_surface(one, 2.0), one.shape) for one in cells]
        bright = [_bright(one, config.sigma) for one in excess]
        moving = _moving(cells, excess, config.sigma)
        kept = [_that_move(one, moving) for one in bright]
        for into, one in zip(made, kept, strict=True):
            into |= expand(one, side // FINE, into.shape)
        grids = [grid.without(one).doubled() for grid, one in zip(grids, kept, strict=True)]
    return [expand(widened(one, its), FINE, stack.shape) for one, its in zip(made, contrast, strict=True)]


def _grids(stack: Stack, levels: list[float], job: Job) -> tuple[list[Grid], list[Cells]]:
    """Sums over the smallest cells of each frame, and what stands above its level in noise of a pixel."""
    made, contrast = [], []
    for index, level in enumerate(levels):
        job.check()
        image = stack.image(index)
        good = np.isfinite(image)
        noise = level_of(thinned(image, good)).sigma
        made.append(Grid.of(image, good, level - _CLIP * noise, level + _CLIP * noise))
        contrast.append((Grid.of(image, good).means - level) / max(noise, 1e-30))
    return made, contrast


def _bright(excess: Cells, sigma: float) -> BoolArray:
    """Cells above a smooth surface."""
    level = level_of(excess[np.isfinite(excess)])
    if not level.sigma > 0:
        return np.zeros(excess.shape, np.bool_)
    return with_neighbours(np.nan_to_num((excess - level.value) / level.sigma, nan=-np.inf), sigma)


def _moving(cells: list[Cells], excess: list[Cells], sigma: float) -> BoolArray:
    """Cells whose light changes from frame to frame, by a good part of what stands out there.

    A flat or thermal light whose strength varies changes by a small part of itself, a source that moves by most of it.
    """
    from scipy.ndimage import maximum_filter

    cube = np.stack(cells)
    made = np.zeros(cube.shape[1:], np.bool_)
    others = np.empty_like(cube)
    compiled_skies().medians_of_others(cube.reshape(len(cube), -1), others.reshape(len(cube), -1))
    for one, theirs, above in zip(cube, others, excess, strict=True):
        with np.errstate(invalid="ignore"):
            change = one - theirs
        known = change[np.isfinite(change)]
        if not known.size:
            continue
        up, down = level_of(known), level_of(-known)  # down: where the light was in the others
        noise = sigma * max(up.sigma, down.sigma)
        part = _PART * maximum_filter(np.nan_to_num(above, nan=0.0), 3, mode="nearest")
        change = np.nan_to_num(change, nan=up.value)
        made |= (change - up.value > np.maximum(noise, part)) | (-change - down.value > np.maximum(noise, part))
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
