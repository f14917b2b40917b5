"""Blind identification: which alignment of observed lines with listed ones is far likelier than chance.

Observed lines are taken as points of a Poisson process. Each listed line gives one, near its place, with the chance
that it is bright enough to be seen; the rest, of 30 % of the density, comes from lines that are not listed. The score
of an alignment is the logarithm of the likelihood over that of points without any order: matched lines add to it,
by how unlikely they are, listed lines that should be seen and are not take away from it. What chance would reach in the
same search is measured with lists whose gaps and strengths were shuffled.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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


@dataclass(frozen=True)
class Observed:
    """What was observed.

    Attributes
    ----------
    u : ndarray of float64, shape (m,)
        Places of lines, from -1 at the first pixel to 1 at the last.
    flux : ndarray of float64, shape (m,)
        Of them.
    error : ndarray of float64, shape (m,)
        Of the places, in units of u.
    width : float
        Full width at half maximum of a line, in units of u.
    """

    u: Floats
    flux: Floats
    error: Floats
    width: float

    def brightest(self, most: int) -> "Observed":
        """The brightest lines.

        Parameters
        ----------
        most : int
            How many at most.

        Returns
        -------
        Observed
            By increasing place.
        """
        chosen = np.sort(np.argsort(-self.flux, kind="stable")[:most])
        return Observed(self.u[chosen], self.flux[chosen], self.error[chosen], self.width)


@dataclass(frozen=True)
class Listed:
    """What lamps may show.

    Attributes
    ----------
    wavelength : ndarray of float64, shape (n,)
        In nm, increasing.
    strength : ndarray of float64, shape (n,)
        Natural logarithm.
    kind : ndarray of int, shape (n,)
        Species, from 0.
    through : ndarray of float64, shape (n,)
        What part of the light comes through the filter.
    """

    wavelength: Floats
    strength: Floats
    kind: Whole
    through: Floats

    def take(self, chosen: Whole | npt.NDArray[np.bool_]) -> "Listed":
        """Some of the lines.

        Parameters
        ----------
        chosen : ndarray
            Indices, or which.

        Returns
        -------
        Listed
        """
        return Listed(self.wavelength[chosen], self.strength[chosen], self.kind[chosen], self.through[chosen])

    def shuffled(self, rng: np.random.Generator) -> "Listed":
        """A list of the same density and strengths without any of its order.

        Parameters
        ----------
        rng : numpy.random.Generator
            Chance.

        Returns
        -------
        Listed
        """
        if len(self.wavelength) < 2:
            return self
        gaps = rng.permutation(np.diff(self.wavelength))
        start = self.wavelength[0]
        made = start + np.r_[0.0, np.cumsum(gaps)]
        order = rng.permutation(len(made))
        return Listed(made, self.strength[order], self.kind[order], self.through)


@dataclass(frozen=True)
class Range:
    """Where the spectrum should lie.

    Attributes
    ----------
    centre, half : float
        Middle and half width, in nm.
    shift : float
        How far the centre may be off, in nm.
    stretch : tuple of float
        Least and most that the half width may be multiplied with.
    sure : float
        Relative error of the half width.
    directions : tuple of int
        1: wavelengths rise with the pixel; -1: they fall.
    """

    centre: float
    half: float
    shift: float
    stretch: tuple[float, float]
    sure: float
    directions: tuple[int, ...] = (1, -1)


@dataclass(frozen=True)
class Alignment:
    """An alignment.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (4,)
        Legendre coefficients over u: wavelength in nm.
    score : float
        Logarithm of its likelihood over that of chance.
    second : float
        That of the best other alignment; -inf where there is none.
    matched : int
        Lines that fall on listed ones, of those looked at.
    looked : int
        How many were.
    level : ndarray of float64, shape (species,)
        Natural logarithm of the flux of a line of strength 1.
    """

    coefficients: Floats
    score: float
    second: float
    matched: int
    looked: int
    level: Floats


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


class _Setting:
    """What a search needs to know of the lines and the list."""

    def __init__(self, seen: Observed, listed: Listed, expected: Range) -> None:
        self.seen, self.expected = seen, expected
        reach = expected.half * expected.stretch[1] * 1.05 + expected.shift
        around = listed.take(np.abs(listed.wavelength - expected.centre) <= reach)
        self.light = np.log(seen.flux)
        self.least, most = float(self.light.min(initial=np.inf)) - 0.1, float(self.light.max(initial=-np.inf))
        self.range = max(most - self.least, 2.0)
        self.species = int(listed.kind.max(initial=0)) + 1
        self.level = _first_level(around, self.species, expected, most)
        chance = around.through * _above((self.least - self.level[around.kind] - around.strength) / SPREAD)
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
        marks = around.through * _density(off) / SPREAD * self.range
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


def by_chance(observed: Observed, listed: Listed, expected: Range, tries: int, seed: int) -> Floats:
    """Scores that chance reaches in the same search, with lists that were shuffled.

    Parameters
    ----------
    observed, listed, expected
        As for `align`.
    tries : int
        How many lists.
    seed : int
        Of chance.

    Returns
    -------
    ndarray of float64, shape (tries,)
    """
    rng = np.random.default_rng(seed)
    reach = expected.half * expected.stretch[1] * 1.05 + expected.shift
    around = listed.take(np.abs(listed.wavelength - expected.centre) <= reach)
    made = []
    for _ in range(tries):
        one = align(observed, around.shuffled(rng), expected)
        made.append(-np.inf if one is None else one.score)
    return np.array(made)


def false_alarm(score: float, chance: Floats) -> float:
    """How likely chance reaches a score.

    Parameters
    ----------
    score : float
        Of an alignment.
    chance : ndarray of float64
        From `by_chance`.

    Returns
    -------
    float
        By a Gumbel distribution, as the best of many has; scores are logarithms of a likelihood, whose tail falls by e
        for each unit at the most.
    """
    real = chance[np.isfinite(chance)]
    if real.size < 2:
        return 1.0
    scale = max(1.0, float(np.std(real, ddof=1)) * math.sqrt(6) / math.pi)
    middle = float(np.mean(real)) - 0.5772 * scale
    return float(-math.expm1(-math.exp(min(-(score - middle) / scale, 50.0))))


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
    design = np.stack([np.ones_like(u), u, 1.5 * u**2 - 0.5, 2.5 * u**3 - 1.5 * u], axis=1)
    first = found[order[0]]
    waves = design @ first
    for place in order[1:]:
        elsewhere = np.abs(design @ found[place] - waves) > 1.5 * width * abs(first[1])
        if np.mean(elsewhere) > 0.5:
            return float(score[place])
    return -math.inf


def _density(t: Floats) -> Floats:
    return np.asarray(0.3675525969478613 / np.square(1 + t * t / 3))


def _above(t: Floats) -> Floats:
    root = math.sqrt(3)
    return np.asarray(0.5 - (t / root / (1 + t * t / 3) + np.arctan(t / root)) / np.pi)


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
