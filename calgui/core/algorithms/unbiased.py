"""What makes a measured error the standard deviation in the mean over pixels, whatever the number of samples.

The root of an unbiased variance is too small in the mean, of few samples by much (by 11 % for 3, 3 % for 9); and what
clipping leaves of pure noise scatters less than the noise does.
"""

import math
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.combine import Combination, combine
from calgui.core.frames.frame import Frame

#: normal samples that are drawn, and most pixels of them
_SAMPLES, _PIXELS = 4_000_000, 400_000


def error_factors(n: int, how: Combination) -> npt.NDArray[np.float32] | None:
    """What the measured errors of a combination are multiplied by, so that their mean is the standard deviation.

    Parameters
    ----------
    n : int
        Frames.
    how : Combination
        Method, error and thresholds.

    Returns
    -------
    ndarray of float32, shape (n + 1,), or None
        By the number of samples that were used; None where nothing is to be done, as for a median, of which
        `calgui.core.algorithms.noise.mad_factors` see to it, or for propagated errors. For a clipped mean one factor
        for all pixels, since which of them lose samples depends on the samples; good to 0.5 %.
    """
    if how.error != "measured" or how.method == "median" or n < 2:
        return None
    whole = np.array([1 / mean_deviation(k) for k in range(n + 1)], np.float32)
    if how.method == "mean":
        return whole
    clipped = _clipped_factor(n, how.low, how.high, how.iterations, how.min_left, how.spread == "mad")
    return whole if clipped is None else np.full(n + 1, clipped, np.float32)


def mean_deviation(k: int) -> float:
    """Mean of the sample standard deviation of k normal samples of standard deviation 1 (with k - 1 in its divisor).

    Parameters
    ----------
    k : int
        Number of samples.

    Returns
    -------
    float
        The c4 of control charts: 0.886, 0.940, 0.969 for 3, 5, 9; 1 where there is no deviation.
    """
    if k < 2:
        return 1.0
    return math.sqrt(2 / (k - 1)) * math.exp(math.lgamma(k / 2) - math.lgamma((k - 1) / 2))


@cache
def _clipped_factor(n: int, low: float, high: float, iterations: int, min_left: int, by_median: bool) -> float | None:
    """From normal samples, clipped in the same way; None where none of them is clipped."""
    pixels = min(_PIXELS, max(_SAMPLES // n, 20_000))
    chance = np.random.default_rng(n)
    frames = [Frame(chance.standard_normal((16, pixels // 16), dtype=np.float32)) for _ in range(n)]
    spread: Literal["mad", "std"] = "mad" if by_median else "std"
    made = combine(frames, Combination("clipped-mean", "measured", low, high, iterations, min_left, spread))
    assert made.err is not None
    measured = float(np.nanmean(made.err, dtype=np.float64))
    if measured == 0 or (made.samples == n).all():
        return None
    return float(made.data.std(dtype=np.float64)) / measured
