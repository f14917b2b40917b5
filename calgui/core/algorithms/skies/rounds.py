"""Sources of a dithered set found in rounds: each frame less the sky of the others, sources masked, and again.

Clément et al. 2012 (A&A 538, A66): medians are subtracted, sources are detected and masked, and the running sky,
without the frame itself, is made again of what is left, until nothing new appears.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from calgui.core.algorithms.skies.config import SourceConfig
from calgui.core.algorithms.skies.dithers import Offset, StackedSources
from calgui.core.algorithms.skies.firstlook import extended_sources
from calgui.core.algorithms.skies.sources import BoolArray, Image, find_sources, sky_level
from calgui.core.algorithms.skies.stack import Stack
from calgui.core.errors import AlgorithmError
from calgui.core.jobs import Job

#: part of the pixels that a round must add to count as news
_NEWS = 1e-4
#: part of a frame that must be free of sources
_FREE = 0.02
#: a level is a factor where it is so many times its error
_SURE = 10.0


@dataclass(frozen=True)
class Rounds:
    """What the rounds found.

    Attributes
    ----------
    masks : list of ndarray of bool
        Sources in each frame.
    levels, errors : list of float
        Level of the sky of each frame and its error, in the common unit.
    additive : bool
        Whether frames are brought to one level by a constant.
    news : list of float
        Part of the pixels that each round added, the mean over the frames.
    """

    masks: list[BoolArray]
    levels: list[float]
    errors: list[float]
    additive: bool
    news: list[float]

    @property
    def settled(self) -> bool:
        """Whether the last round found nothing new."""
        return bool(self.news) and self.news[-1] < _NEWS


def find_in_rounds(
    stack: Stack,
    near: Callable[[int], Sequence[int]],
    config: SourceConfig,
    additive: bool,
    offsets: Sequence[Offset] | None,
    job: Job,
) -> Rounds:
    """Find the sources of each frame, and the levels of their skies.

    Parameters
    ----------
    stack : Stack
        The set, two frames or more.
    near : callable
        Place of a frame to those of which its sky is made; never itself.
    config : SourceConfig
        Threshold, growth, rounds.
    additive : bool
        Whether skies differ by a constant; else by a factor, where all levels are surely above nothing.
    offsets : sequence of Offset, optional
        How the frames lie on the sky; then sources are sought in their sum, too.
    job : Job
        Progress and cancel.

    Returns
    -------
    Rounds

    Raises
    ------
    AlgorithmError
        A frame is all sources, or has no good pixel.
    """
    levels, errors = _first_levels(stack, job)
    additive = additive or any(level <= _SURE * error for level, error in zip(levels, errors, strict=True))
    masks = extended_sources(stack, levels, additive, config, job) if config.extended else None
    if masks is None or any(_free(stack, index, mask) < _FREE for index, mask in enumerate(masks)):
        masks = [np.zeros(stack.shape, np.bool_) for _ in stack.frames]
    news: list[float] = []
    for turn in range(config.iterations):
        part = job.part(turn / config.iterations, (turn + 1) / config.iterations)
        made, levels = _one_round(stack, near, config, additive, offsets, (masks, levels, errors), turn, part)
        fresh = [np.count_nonzero(now & ~before) / now.size for now, before in zip(made, masks, strict=True)]
        masks = made
        news.append(float(np.mean(fresh)))
        if news[-1] < _NEWS:
            break
    for index, mask in enumerate(masks):
        if _free(stack, index, mask) < _FREE:
            raise _all_sources(stack, index)
    return Rounds(masks, levels, errors, additive, news)


def _first_levels(stack: Stack, job: Job) -> tuple[list[float], list[float]]:
    levels, errors = [], []
    for index, frame in enumerate(stack.frames):
        job.check()
        image = stack.image(index)
        found = sky_level(image, np.isfinite(image))
        if not np.isfinite(found.value):
            raise AlgorithmError(
                "No pixel of this frame can be used: all are NaN or flagged.",
                path=frame.path,
                cure="Leave it out, or reject fewer flags.",
            )
        levels.append(found.value)
        errors.append(found.error)
    return levels, errors


def _one_round(
    stack: Stack,
    near: Callable[[int], Sequence[int]],
    config: SourceConfig,
    additive: bool,
    offsets: Sequence[Offset] | None,
    known: tuple[list[BoolArray], list[float], list[float]],
    turn: int,
    job: Job,
) -> tuple[list[BoolArray], list[float]]:
    """Masks and levels after one more round; errors are renewed in place."""
    masks, levels, errors = known
    made, moved = [], list(levels)
    together = None if offsets is None else StackedSources(stack.shape, offsets)
    for index, before in enumerate(masks):
        job.report(index / len(masks), f"Looking for sources, round {turn + 1}")
        rest = without_sky(stack, index, stack.median(near(index), masks, levels, additive, job), levels, additive)
        good = np.isfinite(rest)
        mask = before | find_sources(rest, good, config.sigma, config.grow, config.extended)
        left = sky_level(rest, good & ~mask)
        if np.isfinite(left.value):
            moved[index] += left.value
            errors[index] = left.error
            if together is not None:
                together.add(index, rest - np.float32(left.value))
        made.append(mask)
    if together is not None:
        made = [one | more for one, more in zip(made, together.masks(config), strict=True)]
    return made, moved


def without_sky(stack: Stack, index: int, sky: Image, levels: Sequence[float], additive: bool) -> Image:
    """A frame less a sky that was brought to its level.

    Parameters
    ----------
    stack : Stack
        The set.
    index : int
        Which frame.
    sky : ndarray of float32
        From `Stack.median`.
    levels : sequence of float
        Of all frames.
    additive : bool
        Whether levels are added; else they are factors.

    Returns
    -------
    ndarray of float32
        NaN where either is not known.
    """
    level = np.float32(levels[index])
    made: Image = stack.image(index) - (sky + level if additive else sky * level)
    return made


def _free(stack: Stack, index: int, mask: BoolArray) -> float:
    """Part of the good pixels of a frame that is free of sources."""
    good = np.isfinite(stack.image(index))
    return float(np.mean(~mask[good])) if good.any() else 0.0


def _all_sources(stack: Stack, index: int) -> AlgorithmError:
    return AlgorithmError(
        f"Sources cover this frame: less than {100 * _FREE:g} % of its pixels are free of them.",
        path=stack.frames[index].path,
        cure="Take skies of an emptier field, raise the option sigma, or turn the option extended off.",
    )
