"""Numbers that may not be known: NaN among values, None in a report."""

import math

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.registry import Metric


def known(value: float | None) -> float | None:
    """A number as metrics and keywords have it.

    Parameters
    ----------
    value : float or None
        Any.

    Returns
    -------
    float or None
        None for NaN and infinities.
    """
    return float(value) if value is not None and math.isfinite(value) else None


def number_of(metric: Metric) -> float:
    """The value of a metric, to compute with.

    Parameters
    ----------
    metric : Metric
        Any.

    Returns
    -------
    float
        NaN where it is none, or no number.
    """
    return float(metric.value) if isinstance(metric.value, int | float) else math.nan


def known_median(values: npt.NDArray[np.floating]) -> float:
    """Median of the finite values.

    Parameters
    ----------
    values : ndarray
        Any shape.

    Returns
    -------
    float
        NaN where there is none.
    """
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else math.nan
