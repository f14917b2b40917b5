"""Which of the lamps that may be on are: those whose lines are there by more than chance."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.aligning import rescored
from calgui.core.algorithms.arcs.lamps import LampLines
from calgui.core.algorithms.arcs.patterns import Alignment, Listed, Observed, Range
from calgui.core.algorithms.arcs.ranges import Rough

Floats = npt.NDArray[np.float64]

#: what a lamp must add to the score to be taken for on, and what none that is off does
LAMP_ON, _PLAIN = 1.5, 25.0
#: displaced lists that show what a lamp adds that is off, and sigma beyond those
_DISPLACED, _SIGMA = 15, 3.0


@dataclass(frozen=True)
class Sight:
    """Lines of lamps as a spectrum shows them.

    Attributes
    ----------
    lamps : tuple of str
        Species that may be on.
    lines : LampLines
        Of them, as listed.
    width : float
        Full width at half maximum of a line, in nm.
    rough : Rough
        With the filter.
    """

    lamps: tuple[str, ...]
    lines: LampLines
    width: float
    rough: Rough

    @property
    def listed(self) -> Listed:
        """Lines as the search takes them."""
        seen = self.lines.resolved(self.width)
        kind = np.array([self.lamps.index(name.split("+")[0]) for name in seen.species], np.int64)
        strength = np.log(np.maximum(seen.intensity, 1e-5))
        return Listed(seen.wavelength, strength, kind, self.rough.through(seen.wavelength))

    def of(self, lamps: tuple[str, ...]) -> "Sight":
        """What the spectrum would show with these alone: lines of others are not blended with theirs.

        Parameters
        ----------
        lamps : tuple of str
            Some of `lamps`; all keep their numbers.

        Returns
        -------
        Sight
        """
        kept = np.flatnonzero(np.isin(self.lines.species, lamps))
        return replace(self, lines=self.lines.take(kept))

    def displaced(self, lamp: str, part: float) -> "Sight":
        """What it would show if the lines of a lamp were elsewhere.

        Parameters
        ----------
        lamp : str
            Which.
        part : float
            How far, of the range of all lines; what leaves at an end comes in at the other.

        Returns
        -------
        Sight
        """
        wave = self.lines.wavelength.copy()
        low, high = float(wave.min()), float(wave.max())
        mine = np.array(self.lines.species) == lamp
        wave[mine] = low + (wave[mine] - low + part * (high - low)) % max(high - low, 1e-9)
        order = np.argsort(wave, kind="stable")
        return replace(self, lines=replace(self.lines.take(order), wavelength=wave[order]))


def lamps_on(seen: Observed, sight: Sight, expected: Range, made: Alignment) -> tuple[tuple[str, ...], Alignment]:
    """Leave out lamps that add no more than they would if their lines were elsewhere.

    Parameters
    ----------
    seen : Observed
        Lines.
    sight : Sight
        Of all lamps.
    expected : Range
        Where it was looked.
    made : Alignment
        Of the lines with all lamps.

    Returns
    -------
    lamps : tuple of str
        Those that are on; one at least.
    best : Alignment
        With these.
    """
    on = sight.lamps
    best = rescored(seen, sight.listed, expected, made.coefficients)
    while len(on) > 1:
        # lamps whose absence costs least go first
        costs = []
        for name in on:
            rest = tuple(one for one in on if one != name)
            without = rescored(seen, sight.of(rest).listed, expected, made.coefficients)
            costs.append((best.score - without.score, name, rest, without))
        cost, name, rest, without = min(costs, key=lambda one: one[0])
        if cost > _PLAIN or cost > max(LAMP_ON, _by_chance(seen, sight.of(on), name, expected, made, without.score)):
            break
        on, best = rest, without
    return on, best


def _by_chance(seen: Observed, sight: Sight, lamp: str, expected: Range, made: Alignment, without: float) -> float:
    """What the lines of a lamp may add that is off."""
    parts = np.arange(1, _DISPLACED + 1) / (_DISPLACED + 1)
    added = [rescored(seen, sight.displaced(lamp, part).listed, expected, made.coefficients).score for part in parts]
    return float(np.mean(added) - without + _SIGMA * max(1.0, float(np.std(added, ddof=1))))
