"""Medians of many short rows."""

from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.arcs.field.values import Floats


def medians(values: npt.NDArray[Any]) -> Floats:
    """Median of each row without NaN: a sort of all rows at once, which is faster than NumPy's own for many.

    Parameters
    ----------
    values : ndarray of float64 or float32, shape (n, m)
        Rows.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN of a row of nothing else.
    """
    if not values.size:
        return np.full(len(values), np.nan)
    ordered = np.sort(values, axis=1)
    count = np.count_nonzero(np.isfinite(ordered), axis=1)
    rows = np.arange(len(values))
    low = ordered[rows, np.maximum(count - 1, 0) // 2]
    high = ordered[rows, np.minimum(count // 2, values.shape[1] - 1)]
    return np.where(count > 0, 0.5 * (low + high), np.nan).astype(np.float64)
