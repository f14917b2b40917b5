"""Shewhart's chart of individual values: what is usual, from values and how much they move from one to the next."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
#: median and mean of the distance of two normal values, in sigma: sqrt(2) x 0.6745, and 2 / sqrt(pi)
_MEDIAN_RANGE, _MEAN_RANGE = 0.95387, 1.12838
#: distances from which on their median is taken, which one odd value does not move
_MANY = 3
#: a drift counts from so many sigma on
_SURE = 4.0


@dataclass(frozen=True)
class Chart:
    """What is usual.

    Attributes
    ----------
    centre, sigma : float
        Median of the values before the newest, and their scatter; sigma is NaN for fewer than two of them.
    low, high : float
        Limits, three sigma from the centre.
    outside : tuple of int
        Places of values beyond them.
    drift, drift_error : float
        Slope with time and its error, in units of the value per unit of time; NaN for fewer than three.
    drift_sure : bool
        Whether the drift is as unlikely to come by chance as four sigma are.
    """

    centre: float
    sigma: float
    low: float
    high: float
    outside: tuple[int, ...]
    drift: float
    drift_error: float
    drift_sure: bool = False


def control_chart(values: Floats, times: Floats, least: float = 0.0) -> Chart:
    """Put values of one kind on a chart.

    Parameters
    ----------
    values : ndarray of float64
        In the order of time; NaN is left out.
    times : ndarray of float64
        When, in any unit.
    least : float
        Sigma is never less than this: the error of measurement.

    Returns
    -------
    Chart

    Notes
    -----
    Sigma is from the moving range of two, which a slow drift does not widen (Montgomery, "Introduction to Statistical
    Quality Control", 6.4); the newest value, which is judged, is not part of what is usual.
    """
    known = np.isfinite(values)
    before = values[known][:-1] if np.count_nonzero(known) > 2 else values[known]
    centre = float(np.median(before)) if before.size else math.nan
    moves = np.abs(np.diff(before))
    if moves.size >= _MANY:
        sigma = float(np.median(moves)) / _MEDIAN_RANGE
    else:
        sigma = float(moves.mean()) / _MEAN_RANGE if moves.size else math.nan
    sigma = max(sigma, least) if math.isfinite(sigma) else sigma
    low, high = centre - 3 * sigma, centre + 3 * sigma
    outside = np.flatnonzero(known & ((values < low) | (values > high)))
    return Chart(centre, sigma, low, high, tuple(outside.tolist()), *_drift(values[known], times[known], least))


def _drift(values: Floats, times: Floats, least: float) -> tuple[float, float, bool]:
    """Slope of a line through all, its error, and whether it is sure: few values lie on a line by chance."""
    if values.size < 3 or np.ptp(times) == 0:
        return math.nan, math.nan, False
    apart = times - times.mean()
    spread = float(np.sum(apart**2))
    slope = float(np.sum(apart * (values - values.mean())) / spread)
    left = values - values.mean() - slope * apart
    scatter = math.sqrt(float(np.sum(left**2)) / (values.size - 2))
    error = max(scatter, least) / math.sqrt(spread)
    return slope, error, abs(slope) > error * _sure(values.size - 2)


def _sure(free: int) -> float:
    """Four sigma, in errors that are themselves known from so many degrees of freedom only: Student's t."""
    from scipy.special import ndtr, stdtrit

    return -float(stdtrit(free, ndtr(-_SURE)))
