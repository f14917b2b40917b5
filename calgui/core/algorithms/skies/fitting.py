"""How much of a sky an image holds: a factor, a constant, or both, from what no source covers."""

import math
from dataclasses import dataclass

import numpy as np

from calgui.core.algorithms.noise import robust_sigma
from calgui.core.algorithms.skies.cells import BoolArray, Image
from calgui.core.algorithms.skies.config import SourceConfig
from calgui.core.algorithms.skies.levels import clipped_cells, level_of, sky_level, thinned
from calgui.core.algorithms.skies.sources import NO_CELLS, find_sources
from calgui.core.jobs import Job

#: a factor beside a constant is only told where it is known to this
_KNOWN = 0.02
#: a sky whose level is fewer times its error has none to scale by
_SURE = 10.0
#: structure of a sky, as a variance in that of its noise, from which on a slope is fitted
_STRUCTURE = 2.0


@dataclass(frozen=True)
class Fit:
    """A sky brought to an image.

    Attributes
    ----------
    scale, scale_error : float
        What the sky is multiplied by, and how well it is known; an error of 0 where it was not fitted.
    offset : float
        What is added to it, in the unit of the image.
    mask : ndarray of bool
        Sources of the image.
    rounds : int
        How often sources were sought.
    notes : tuple of str
        What could not be fitted.
    """

    scale: float
    scale_error: float
    offset: float
    mask: BoolArray
    rounds: int
    notes: tuple[str, ...] = ()


def fit_sky(
    image: Image,
    sky: Image,
    config: SourceConfig,
    scaling: bool,
    offset: bool,
    job: Job,
    known: BoolArray | None = None,
) -> Fit:
    """Scale a sky to an image with sources.

    Parameters
    ----------
    image, sky : ndarray of float32, shape (ny, nx)
        In one unit; NaN where they do not count.
    config : SourceConfig
        How sources are found.
    scaling : bool
        Whether a factor is fitted.
    offset : bool
        Whether a constant is.
    job : Job
        Progress and cancel.
    known : ndarray of bool, optional
        Its sources, where they are known already: no others are sought.

    Returns
    -------
    Fit

    Notes
    -----
    The level of what is left is brought to zero, sources are sought in it and left out, and so on until no new ones
    appear. The level is that of `calgui.core.algorithms.skies.sources.level_of`, which light of sources does not pull.
    """
    good = np.isfinite(image) & np.isfinite(sky)
    notes: list[str] = []
    scale, error, constant = 1.0, 0.0, 0.0
    if scaling:
        base = sky_level(sky, good if known is None else good & ~known)
        if not base.value > _SURE * base.error:
            scaling, offset = False, True
            notes.append(
                f"The sky's level, {base.value:.3g} ± {base.error:.2g}, is lost in its noise: a constant is fitted, no "
                "scale."
            )
    if scaling:
        scale = sky_level(image, good if known is None else good & ~known).value / base.value
    mask = np.zeros(image.shape, np.bool_) if known is None else known
    rounds, scales = 0, NO_CELLS
    for rounds in range(1, config.iterations + 1):
        job.report(rounds / (config.iterations + 1), f"Looking for sources, round {rounds}")
        rest = image - np.float32(scale) * sky - np.float32(constant)
        found = mask
        if known is None:
            cells = None if rounds == 1 and config.extended else scales
            sources, scales = find_sources(rest, good, config.sigma, config.grow, cells)
            found = mask | sources
        free = good & ~found
        if not free.any():
            break
        fresh = np.count_nonzero(found & ~mask) / mask.size
        mask = found
        left = sky_level(rest, free)
        if scaling and offset:
            more = _line(rest, sky, free, scale)
            if more is None or more[1] > _KNOWN * abs(scale):
                scaling, scale, error, constant = False, 1.0, 0.0, sky_level(image - sky, free).value
                to = "at all" if more is None else f"better than ±{more[1]:.2g}"
                notes.append(
                    f"This sky is too even to tell a scale beside a constant {to}: only the constant is fitted."
                )
            else:
                scale, error, constant = scale + more[0], more[1], constant + more[2]
        elif scaling:
            there = sky_level(sky, free).value
            scale, error = scale + left.value / there, left.error / there
        elif offset:
            constant += left.value
        moved = abs(left.value) / left.sigma if left.sigma > 0 and (scaling or offset) else 0.0
        if fresh < 1e-4 and moved < 1e-3:
            break
    return Fit(scale, error, constant, mask, rounds, tuple(notes))


def _line(rest: Image, sky: Image, free: BoolArray, scale: float) -> tuple[float, float, float] | None:
    """Slope, its error, and constant of what is left against the sky, cell by cell, without what stands above.

    The sky's own noise is in both: what is left after ``scale`` times the sky holds minus that noise, which would pull
    the slope towards nothing; its variance, from neighbouring cells, is taken out.
    """
    values, there = (clipped_cells(one, free, level_of(thinned(one, free)), 4) for one in (rest, sky))
    known = np.isfinite(values) & np.isfinite(there)
    y, x = values[known], there[known]
    steps = np.diff(np.where(known, there, np.nan), 2, axis=1)  # without gradients
    steps = steps[np.isfinite(steps)]
    if x.size < 24 or steps.size < 24:
        return None
    own = robust_sigma(steps) ** 2 / 6
    kept = np.ones(x.shape, np.bool_)
    slope, spread, constant = 0.0, math.inf, 0.0
    for _ in range(20):
        true = float(np.var(x[kept])) - own
        if not true > _STRUCTURE * own:
            return None
        slope = (float(np.cov(x[kept], y[kept], bias=True)[0, 1]) + scale * own) / true
        constant = float(y[kept].mean()) - slope * float(x[kept].mean())
        away = y - slope * x - constant
        spread = float(np.std(away[kept])) / math.sqrt(np.count_nonzero(kept) * true)
        level = level_of(away)
        again = np.abs(away - level.value) < 2.5 * level.sigma
        if np.array_equal(again, kept) or np.count_nonzero(again) < 24:
            break
        kept = again
    return slope, spread, constant
