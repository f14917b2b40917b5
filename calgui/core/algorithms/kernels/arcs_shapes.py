"""The shape of a line as a table, or a Gaussian."""

import math

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")

#: as of `calgui.core.algorithms.arcs.shape`, which makes the tables
REACH, STEP = 8.0, 1 / 16
_ROOT = math.sqrt(0.5)
_PEAK = 1 / math.sqrt(2 * math.pi)


@_jit
def below(table, place):  # type: ignore[no-untyped-def]
    """Light below a place, and its derivative.

    Parameters
    ----------
    table : ndarray of float64, shape (points, 2)
        Light below, and light per sigma, from -8 sigma on in steps of 1/16; without points for a Gaussian.
    place : float
        From the line, in sigma.

    Returns
    -------
    tuple of float
        Of the cubic that has both at two points of the table.
    """
    if table.shape[0] == 0:
        return 0.5 * math.erfc(-place * _ROOT), _PEAK * math.exp(-0.5 * place * place)
    where = (place + REACH) / STEP
    last = table.shape[0] - 1
    if not where > 0.0:
        return table[0, 0], 0.0
    if where >= last:
        return table[last, 0], 0.0
    low = math.floor(where)
    f = where - low
    rise = table[low + 1, 0] - table[low, 0]
    left, right = STEP * table[low, 1], STEP * table[low + 1, 1]
    bend, twist = 3.0 * rise - 2.0 * left - right, left + right - 2.0 * rise
    value = table[low, 0] + f * (left + f * (bend + f * twist))
    return value, (left + f * (2.0 * bend + 3.0 * f * twist)) / STEP


#: the table of a Gaussian
NONE = np.zeros((0, 2))
