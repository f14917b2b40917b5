"""What chance reaches in a search for alignments, measured with lists whose gaps and strengths were shuffled."""

import math

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.aligning import align
from calgui.core.algorithms.arcs.patterns import Listed, Observed, Range

Floats = npt.NDArray[np.float64]


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
    around = listed.within(expected)
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
