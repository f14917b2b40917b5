"""Which line is which: blind, from a rough range, or none at all."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from calgui.core.algorithms.arcs.aligning import align
from calgui.core.algorithms.arcs.chance import by_chance, false_alarm
from calgui.core.algorithms.arcs.finding import FoundLines
from calgui.core.algorithms.arcs.lamps import LampLines
from calgui.core.algorithms.arcs.lampson import Sight, lamps_on
from calgui.core.algorithms.arcs.patterns import Alignment, Listed, Observed, Range
from calgui.core.algorithms.arcs.ranges import Rough
from calgui.core.errors import AlgorithmError
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

#: what the range of a header may be off by
OFF = 0.05
#: how often chance may reach the score of an alignment, and how far the next best must be behind
CHANCE, MARGIN = 1e-3, 3.0
#: and what the score must be, once lamps that are off are left out
SURE = 8.0
#: shuffled lists that are tried before, and after, it is clear, or hopeless
_TRIES = (4, 8)
_CLEAR, _HOPELESS = 1e-6, 0.02
#: part of the brightest lines that an alignment must hold
_LEAST = 0.4
#: scales of the range that are looked at beyond the one that is given, the likeliest first, and what each covers
_SCALES, _WITHIN = (1.5, 1 / 1.5, 2.25, 1 / 2.25, 3.4), (0.8, 1.25)
#: lines that an alignment is looked for with, at least
FEWEST = 4


@dataclass(frozen=True)
class Blind:
    """A blind identification.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (4,)
        Legendre, over the lit pixels: wavelength in nm.
    score, second, chance : float
        Logarithm of the likelihood over chance, of the best alignment and of the next; how often chance reaches it.
    lamps : tuple of str
        Those that are on.
    dark : tuple of str
        Those that were asked for and add nothing.
    level : mapping of str to float
        Natural logarithm of the flux of a line of strength 1, by lamp.
    failure : AlgorithmError or None
        What speaks against it, where it is not far likelier than chance.
    """

    coefficients: Floats
    score: float
    second: float
    chance: float
    lamps: tuple[str, ...]
    dark: tuple[str, ...]
    level: dict[str, float]
    failure: AlgorithmError | None


def identify_blind(
    found: FoundLines, lamps: tuple[str, ...], lines: LampLines, rough: Rough, directions: tuple[int, ...], job: Job
) -> Iterator[Blind]:
    """Find out where the spectrum may lie.

    Parameters
    ----------
    found : FoundLines
        Of the spectrum.
    lamps : tuple of str
        That may be on.
    lines : LampLines
        Of them.
    rough : Rough
        Where it should lie.
    directions : tuple of int
        See `Range`.
    job : Job
        Progress and cancel.

    Yields
    ------
    Blind
        The likeliest alignment of each range, with what speaks against it; the likeliest ranges first.
    """
    middle, half = (found.first + found.last) / 2, max((found.last - found.first) / 2, 1.0)
    seen = Observed((found.pixel - middle) / half, found.flux, found.pixel_error / half, found.fwhm / half)
    usable = ~found.saturated
    seen = Observed(seen.u[usable], seen.flux[usable], seen.error[usable], seen.width)
    ranges = _ranges(found, rough, directions)
    for number, (expected, filtered) in enumerate(ranges):
        job.report(number / len(ranges), "Looking for an alignment")
        width = found.fwhm / half * expected.half
        sight = Sight(lamps, lines.within(*_reach(expected)), width, rough if filtered else rough.unfiltered)
        listed = sight.listed
        made = align(seen, listed, expected)
        if made is None:
            continue
        look = _Look(made, _chance(seen, listed, expected, made.score, job), sight, expected)
        yield _blind(seen, look, lamps)


def _blind(seen: Observed, look: "_Look", lamps: tuple[str, ...]) -> Blind:
    """What an alignment says of lamps, and what speaks against it."""
    made = look.made
    on, best = lamps_on(seen, look.sight, look.expected, made)
    against = None
    if not look.is_clear or made.matched < _LEAST * made.looked:
        against = _refusal(look, lamps, len(seen.u))
    elif best.score <= SURE:
        against = (
            f"The lines hardly fit those of {', '.join(on)}: the best alignment holds {made.matched} of {made.looked}, "
            f"and the logarithm of its likelihood over that of points without order is {best.score:.1f} (limit "
            f"{SURE:g})."
        )
    return Blind(
        best.coefficients,
        best.score,
        made.second,
        look.chance,
        on,
        tuple(name for name in lamps if name not in on),
        {name: float(best.level[lamps.index(name)]) for name in on},
        None if against is None else AlgorithmError(against, cure=cure_of(lamps)),
    )


@dataclass(frozen=True)
class _Look:
    """The best alignment within one range."""

    made: Alignment
    chance: float
    sight: Sight
    expected: Range

    @property
    def is_clear(self) -> bool:
        made = self.made
        return self.chance < CHANCE and made.score - made.second > MARGIN and made.matched >= FEWEST


def _chance(seen: Observed, listed: Listed, expected: Range, score: float, job: Job) -> float:
    """How often chance reaches a score."""
    scores = np.zeros(0)
    chance = 1.0
    for tries in _TRIES:
        job.check()
        scores = np.r_[scores, by_chance(seen, listed, expected, tries, seed=len(scores) + 1)]
        chance = false_alarm(score, scores)
        if chance < _CLEAR or chance > _HOPELESS:
            break
    return chance


def _refusal(best: _Look, lamps: tuple[str, ...], count: int) -> str:
    names = ", ".join(lamps)
    made, chance = best.made, best.chance
    if chance >= CHANCE:
        return (
            f"The {count} lines fit the lines of {names} no better than chance: the best alignment holds "
            f"{made.matched} of {made.looked}, and chance reaches its score with a probability of {_short(chance)} "
            f"(limit {CHANCE:g})."
        )
    if made.score - made.second > MARGIN:
        return (
            f"Of the {made.looked} brightest lines {made.matched} fit the lines of {names} (limit "
            f"{100 * _LEAST:.0f} %, and {FEWEST} lines)."
        )
    return (
        f"The lines fit the lines of {names} in more than one way: the best alignment is ahead of the next by "
        f"{max(made.score - made.second, 0):.1f} in the logarithm of its likelihood (limit {MARGIN:g})."
    )


def _short(chance: float) -> str:
    return f"{chance:.2g}" if chance < 0.9995 else "1"


def cure_of(lamps: tuple[str, ...]) -> str:
    """What to do about lines that cannot be identified.

    Parameters
    ----------
    lamps : tuple of str
        That were asked for.

    Returns
    -------
    str
    """
    return (
        f"Check that {', '.join(lamps)} {'was' if len(lamps) == 1 else 'were'} on (option lamps) and the range "
        "(options wavemin, wavemax), or name some lines by hand: identify=pixel=nm; pixel=nm."
    )


def _reach(expected: Range) -> tuple[float, float]:
    far = expected.half * expected.stretch[1] * 1.1 + expected.shift
    return expected.centre - far, expected.centre + far


def _ranges(found: FoundLines, rough: Rough, directions: tuple[int, ...]) -> list[tuple[Range, bool]]:
    """Where to look, the likeliest first; and whether the filter counts."""
    centre, half = (rough.low + rough.high) / 2, (rough.high - rough.low) / 2
    made: list[tuple[Range, bool]] = []
    filtered = rough.band is not None
    shift = OFF * centre + 0.1 * half
    if rough.band is not None:
        low, high = rough.band
        middle, width = (low + high) / 2, (high - low) / 2
        # a spectrum mostly holds what its filter lets through, and little beside
        made.append((Range(middle, 1.05 * width, 0.3 * width, (0.8, 1.35), 0.15, directions), True))
        made.append((Range(centre, half, shift, (0.82, 1.22), 0.12, directions), True))
    made.append((Range(centre, half, shift, (0.82, 1.22), 0.12, directions), False))
    # each end is off on its own: other scales one after the other, as bins and blends are a matter of the scale
    if half > 0:
        least, most = 1 - OFF * centre / half, 1 + OFF * centre / half
        for factor in _SCALES:
            if factor * _WITHIN[1] > least and factor * _WITHIN[0] < most:
                made.append((Range(centre, factor * half, shift, _WITHIN, 0.25, directions), filtered))
    return made


def lit_to_whole(coefficients: Floats, found: FoundLines, pixels: int) -> Floats:
    """Coefficients over all pixels, from those over lit ones.

    Parameters
    ----------
    coefficients : ndarray of float64
        Legendre over first to last lit pixel.
    found : FoundLines
        With those pixels.
    pixels : int
        Of the spectrum.

    Returns
    -------
    ndarray of float64
    """
    degree = len(coefficients) - 1
    nodes = np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1))
    pixel = (nodes + 1) / 2 * (pixels - 1)
    lit = (2 * pixel - found.first - found.last) / max(found.last - found.first, 1)
    return np.asarray(legendre.legfit(nodes, legendre.legval(lit, coefficients), degree), np.float64)
