"""Sources of a dithered set found in rounds: each frame less the sky of the others, sources masked, and again.

Clément et al. 2012 (A&A 538, A66): medians are subtracted, sources are detected and masked, and the running sky,
without the frame itself, is made again of what is left, until nothing new appears.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from calgui.core.algorithms.combine import Combined
from calgui.core.algorithms.kernels import workers
from calgui.core.algorithms.skies.cells import BoolArray, Image
from calgui.core.algorithms.skies.config import SourceConfig
from calgui.core.algorithms.skies.dithers import Offset, StackedSources
from calgui.core.algorithms.skies.firstlook import extended_sources
from calgui.core.algorithms.skies.levels import Level, level_of, sky_level, thinned
from calgui.core.algorithms.skies.sources import NO_CELLS, Scales, find_sources
from calgui.core.algorithms.skies.stack import Stack
from calgui.core.errors import AlgorithmError
from calgui.core.jobs import Job

#: part of the pixels that a round must add to count as news
_NEWS = 1e-4
#: part of the pixels that so many rounds in a row, after the first, must add for no end to be in sight
_MUCH, _SOME = 0.02, 3
#: part of a frame that must be free of sources
_FREE = 0.02
#: a level is a factor where it is so many times its error
_SURE = 10.0
#: pixels of a frame up to which threads, which wait for one another in short steps, cost more than they save
_SMALL = 300_000

#: sources of a frame, the level that is left, the frame without its sky, and the noise of its pixels
_Seen = tuple[BoolArray, Level, Image, float]


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
    extended : bool
        Whether extended sources were sought.
    """

    masks: list[BoolArray]
    levels: list[float]
    errors: list[float]
    additive: bool
    news: list[float]
    extended: bool

    @property
    def settled(self) -> bool:
        """Whether the last round found nothing new."""
        return bool(self.news) and self.news[-1] < _NEWS

    def at_level(self, whole: Combined, level: float) -> Combined:
        """A combination of the frames, which were combined less or over their levels, at one level.

        Parameters
        ----------
        whole : Combined
            About 0 where frames are brought to one level by a constant, else about 1.
        level : float
            In the common unit.

        Returns
        -------
        Combined
        """
        one = np.float32(level)
        data = whole.data + one if self.additive else whole.data * one
        err = whole.err if self.additive or whole.err is None else whole.err * abs(one)
        return Combined(data, err, whole.dq, whole.samples)


def notes_of(found: Rounds, config: SourceConfig) -> list[str]:
    """What is to be said of the search.

    Parameters
    ----------
    found : Rounds
        From `find_in_rounds`.
    config : SourceConfig
        What was asked for.

    Returns
    -------
    list of str
        Sentences.
    """
    notes = []
    if config.extended and not found.extended:
        notes.append(
            "The sky changes its shape from frame to frame, so that its own light was found as ever more sources: "
            "extended sources and halos were not sought."
        )
    if not found.settled:
        notes.append(
            f"New sources still appeared in round {len(found.news)}, on {100 * found.news[-1]:.2g} % of the pixels: "
            "raise the option iterations."
        )
    return notes


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
    found = _rounds(stack, near, config, additive, offsets, job.part(0, 0.6) if config.extended else job)
    if config.extended and _runs_away(found.news):
        # light that hangs together with ever more of the sky is the sky's own, which changes its shape
        found = _rounds(stack, near, replace(config, extended=False), additive, offsets, job.part(0.6, 1.0))
    for index, mask in enumerate(found.masks):
        if _free(stack, index, mask) < _FREE:
            raise _all_sources(stack, index)
    return found


def _rounds(
    stack: Stack,
    near: Callable[[int], Sequence[int]],
    config: SourceConfig,
    additive: bool,
    offsets: Sequence[Offset] | None,
    job: Job,
) -> Rounds:
    levels, errors = _first_levels(stack, job)
    additive = additive or any(level <= _SURE * error for level, error in zip(levels, errors, strict=True))
    masks = [np.zeros(stack.shape, np.bool_) for _ in stack.frames]
    if config.extended:
        seen = extended_sources(stack, levels, additive, config, job)
        masks = seen if all(_free(stack, index, mask) > _FREE for index, mask in enumerate(seen)) else masks
    news: list[float] = []
    scales = [NO_CELLS] * len(stack.frames)
    for turn in range(config.iterations):
        part = job.part(turn / config.iterations, (turn + 1) / config.iterations)
        made, levels = _one_round(stack, near, config, additive, offsets, (masks, levels, errors, scales), turn, part)
        fresh = [np.count_nonzero(now > before) / now.size for now, before in zip(made, masks, strict=True)]
        masks = made
        news.append(float(np.mean(fresh)))
        if news[-1] < _NEWS or _runs_away(news):
            break
    return Rounds(masks, levels, errors, additive, news, config.extended)


def _runs_away(news: Sequence[float]) -> bool:
    """Whether rounds add as much as ever: sources are found less and less."""
    return len(news) > _SOME and min(news[-_SOME:]) > _MUCH


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
    known: tuple[list[BoolArray], list[float], list[float], list[Scales]],
    turn: int,
    job: Job,
) -> tuple[list[BoolArray], list[float]]:
    """Masks and levels after one more round; errors, and the cells of use, are renewed in place."""
    masks, levels, errors, scales = known
    made: list[BoolArray] = []
    moved = list(levels)
    together = None if offsets is None else StackedSources(stack.shape, offsets)
    skies = stack.medians([near(index) for index in range(len(masks))], masks, levels, additive, job)

    def look(index: int, sky: Image) -> _Seen:
        rest = without_sky(stack, index, sky, levels, additive)
        good = np.isfinite(rest)
        cells = None if turn == 0 and config.extended else scales[index]
        pixels = level_of(thinned(rest, good))
        sources, scales[index] = find_sources(rest, good, config.sigma, config.grow, cells, pixels)
        mask = masks[index] | sources
        return mask, sky_level(rest, good & ~mask), rest, pixels.sigma

    def take(seen: Callable[[], _Seen]) -> None:
        index = len(made)
        job.report(index / len(masks), f"Looking for sources, round {turn + 1}")
        mask, left, rest, noise = seen()
        made.append(mask)
        if np.isfinite(left.value):
            moved[index] += left.value
            errors[index] = left.error
            if together is not None:
                together.add(index, rest - np.float32(left.value), noise)

    if math.prod(stack.shape) <= _SMALL:
        for index, sky in enumerate(skies):
            take(partial(look, index, sky))
    else:
        waiting: deque[Future[_Seen]] = deque()
        with ThreadPoolExecutor(workers(), thread_name_prefix="calgui-skies") as pool:
            for index, sky in enumerate(skies):
                waiting.append(pool.submit(look, index, sky))
                if len(waiting) > workers():  # no more frames than that are held
                    take(waiting.popleft().result)
            while waiting:
                take(waiting.popleft().result)
    if together is not None:
        made = [
            one | more
            for one, more in zip(made, together.masks(config, Scales(max(one.largest for one in scales))), strict=True)
        ]
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
