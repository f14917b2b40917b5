"""Blind identification: which alignment of observed lines with listed ones is far likelier than chance.

Observed lines are taken as points of a Poisson process. Each listed line gives one, near its place, with the chance
that it is bright enough to be seen; the rest, of 30 % of the density, comes from lines that are not listed. The score
of an alignment is the logarithm of the likelihood over that of points without any order: matched lines add to it,
by how unlikely they are, listed lines that should be seen and are not take away from it.
"""

import math

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.patterns import Alignment, Listed, Observed, Range

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

#: brightest observed lines, and most likely listed ones, that an alignment is looked for with
_OBSERVED, _LISTED = 60, 300
#: spread of strengths of lamps about those listed, natural logarithm
SPREAD = 1.5
#: half widths of the priors of the terms of order 2 and 3 over that of order 1, and how far they are searched
_SECOND, _THIRD = 0.035, 0.015
_FARTHEST = (0.075, 0.03)
#: places of bins over the half range: so many to half the range
_FINE = 260.0
#: alignments that are refined
_KEPT = 300
_REFINED = np.array([1.0, 0.7, 0.45, 0.3, 0.2, 0.2])


def align(observed: Observed, listed: Listed, expected: Range) -> Alignment | None:
    """The most likely alignment.

    Parameters
    ----------
    observed : Observed
        Lines.
    listed : Listed
        What may be seen.
    expected : Range
        Where to look.

    Returns
    -------
    Alignment or None
        None where there is not a line to align.
    """
    seen = observed.brightest(_OBSERVED)
    setting = _Setting(seen, listed, expected)
    if len(seen.u) < 2 or len(setting.around.wavelength) < 2:
        return None
    begun = setting.begun()
    score, pairs, levels = setting.refined(begun, np.maximum(_REFINED * setting.fine, setting.final))
    order = np.argsort(-score)
    first = int(order[0])
    other = _another(begun, score, order, seen.u, seen.width)
    matched = int((pairs[first] >= 0).sum())
    return Alignment(begun[first].copy(), float(score[first]), other, matched, len(seen.u), levels[first].copy())


def rescored(observed: Observed, listed: Listed, expected: Range, coefficients: Floats) -> Alignment:
    """Refine and score one alignment with another list.

    Parameters
    ----------
    observed, listed, expected
        As for `align`; species keep their numbers.
    coefficients : ndarray of float64, shape (4,)
        Where to begin.

    Returns
    -------
    Alignment
        Without a second one.
    """
    seen = observed.brightest(_OBSERVED)
    setting = _Setting(seen, listed, expected)
    found = np.array([coefficients], np.float64)
    score, pairs, levels = setting.refined(found, np.array([setting.final]))
    return Alignment(found[0], float(score[0]), -math.inf, int((pairs[0] >= 0).sum()), len(seen.u), levels[0])


class _Setting:
    """What a search needs to know of the lines and the list."""

    def __init__(self, seen: Observed, listed: Listed, expected: Range) -> None:
        self.seen, self.expected = seen, expected
        around = listed.within(expected)
        self.light = np.log(seen.flux)
        self.least, most = float(self.light.min(initial=np.inf)) - 0.1, float(self.light.max(initial=-np.inf))
        self.range = max(most - self.least, 2.0)
        self.species = int(listed.kind.max(initial=0)) + 1
        self.level = _first_level(around, self.species, expected, most)
        chance = around.through * above((self.least - self.level[around.kind] - around.strength) / SPREAD)
        if len(chance) > _LISTED:
            chosen = np.sort(np.argsort(-chance, kind="stable")[:_LISTED])
            around, chance = around.take(chosen), chance[chosen]
        self.around, self.chance = around, chance
        self.fine = max(seen.width, 1 / _FINE)
        self.final = max(0.25 * seen.width, 2e-4)

    def begun(self) -> Floats:
        """Alignments that most votes are for, as coefficients."""
        from calgui.core.algorithms.kernels.arcs import vote

        around, expected, fine, u = self.around, self.expected, self.fine, self.seen.u
        p2, p3 = _higher(u)
        step = fine * expected.half
        off = (self.light[:, None] - self.level[around.kind][None, :] - around.strength[None, :]) / SPREAD
        # what a listed line gives within two bins, over the density of chance
        marks = around.through * density(off) / SPREAD * self.range
        gain = np.log1p(marks / (2 * step * 0.3 * len(u) / (2 * expected.half)))
        missed = np.r_[0.0, np.cumsum(self.chance)]
        halves, seconds, thirds = (
            _halves(expected, fine),
            _grid(_FARTHEST[0], 1.3 * fine),
            _grid(_FARTHEST[1], 2 * fine),
        )
        bins = max(3, math.ceil(2 * expected.shift / step) + 2)
        low = expected.centre - expected.shift - step
        centres = low + (np.arange(bins) + 1) * step
        cost = 0.5 * np.square((centres - expected.centre) / max(0.6 * expected.shift, step))
        found = []
        for direction in expected.directions:
            signed = direction * halves
            best, where = (np.empty((len(signed), len(seconds), len(thirds))) for _ in range(2))
            vote(
                u, p2, p3, around.wavelength, gain, missed, signed, seconds, thirds, low, step, bins, cost, best, where
            )
            a, b, c = np.unravel_index(np.argsort(-best, axis=None)[: 8 * _KEPT], best.shape)
            signed_a = signed[a]
            columns = [best[a, b, c], where[a, b, c], signed_a, signed_a * seconds[b], signed_a * thirds[c]]
            found.append(np.stack(columns, axis=1))
        return _apart(np.concatenate(found), fine)

    def refined(self, begun: Floats, tolerances: Floats) -> tuple[Floats, Whole, Floats]:
        """Scores of alignments, which are refined in place; the listed line of each; the levels of lamps."""
        from calgui.core.algorithms.kernels.arcs import refine

        around, expected, seen = self.around, self.expected, self.seen
        count, m = len(begun), len(seen.u)
        score, levels, pairs = np.empty(count), np.empty((count, self.species)), np.empty((count, m), np.int64)
        narrowing = np.r_[tolerances, np.geomspace(tolerances[-1], self.final, 4)]
        weight = 1 / (1 + np.square(seen.error / (0.3 * seen.width)))
        prior = np.array([expected.half, expected.sure, _SECOND, _THIRD])
        refine(
            seen.u, *_higher(seen.u), self.light, weight, around.wavelength, around.strength, around.kind,
            around.through, self.level, begun, narrowing, SPREAD, self.least, self.range, prior, score, pairs, levels,
        )  # fmt: skip
        score -= 0.5 * np.square((begun[:, 0] - expected.centre) / (0.6 * expected.shift))
        return np.where(np.isfinite(score), score, -np.inf), pairs, levels


def _higher(u: Floats) -> tuple[Floats, Floats]:
    return 1.5 * u**2 - 0.5, 2.5 * u**3 - 1.5 * u


def _first_level(listed: Listed, species: int, expected: Range, most: float) -> Floats:
    """The strongest line of each species near the middle of the range is taken as the brightest one, to begin with."""
    inside = np.abs(listed.wavelength - expected.centre) <= expected.half
    level = np.full(species, most)
    for kind in range(species):
        mine = listed.kind == kind
        there = mine & inside if (mine & inside).any() else mine
        if there.any():
            level[kind] = most - float(np.max(listed.strength[there] + np.log(np.maximum(listed.through[there], 1e-3))))
    return level


def _halves(expected: Range, fine: float) -> Floats:
    low, high = np.log(expected.stretch[0]), np.log(expected.stretch[1])
    count = max(3, math.ceil((high - low) / (1.6 * fine)) + 1)
    return np.asarray(expected.half * np.exp(np.linspace(low, high, count)), np.float64)


def _grid(farthest: float, step: float) -> Floats:
    count = math.ceil(farthest / step)
    return np.asarray(step * np.arange(-count, count + 1), np.float64)


def _apart(found: Floats, fine: float) -> Floats:
    """The best alignments, of those that say the same only one."""
    kept: list[Floats] = []
    order = np.argsort(-found[:, 0])
    taken: set[tuple[int, ...]] = set()
    for place in order:
        _, centre, half, second, third = found[place]
        size = abs(half) * fine
        key = tuple(round(value / size / 2) for value in (centre, half, second, third))
        if key in taken:
            continue
        taken.add(key)
        kept.append(found[place, 1:])
        if len(kept) >= _KEPT:
            break
    return np.array(kept)


def _another(found: Floats, score: Floats, order: Whole, u: Floats, width: float) -> float:
    """Score of the best alignment that puts most lines elsewhere."""
    design = np.stack([np.ones_like(u), u, *_higher(u)], axis=1)
    first = found[order[0]]
    waves = design @ first
    for place in order[1:]:
        elsewhere = np.abs(design @ found[place] - waves) > 1.5 * width * abs(first[1])
        if np.mean(elsewhere) > 0.5:
            return float(score[place])
    return -math.inf


def density(t: Floats) -> Floats:
    """Student's distribution of 3 degrees of freedom.

    Parameters
    ----------
    t : ndarray
        Strengths off what is listed, over `SPREAD`.

    Returns
    -------
    ndarray of float64
        Density.
    """
    return np.asarray(0.3675525969478613 / np.square(1 + t * t / 3))


def above(t: Floats) -> Floats:
    """What part of that distribution lies above a value.

    Parameters
    ----------
    t : ndarray
        As for `density`.

    Returns
    -------
    ndarray of float64
    """
    root = math.sqrt(3)
    return np.asarray(0.5 - (t / root / (1 + t * t / 3) + np.arctan(t / root)) / np.pi)
