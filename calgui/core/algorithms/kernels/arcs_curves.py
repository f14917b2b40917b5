"""Small systems of equations: by elimination, and a robust polynomial."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def eliminate(matrix, right):  # type: ignore[no-untyped-def]
    """Solve in place by elimination with pivots."""
    n = right.size
    for a in range(n):
        top = a
        for b in range(a + 1, n):
            if abs(matrix[b, a]) > abs(matrix[top, a]):
                top = b
        if not abs(matrix[top, a]) > 1e-300:
            return False
        if top != a:
            for c in range(n):
                matrix[a, c], matrix[top, c] = matrix[top, c], matrix[a, c]
            right[a], right[top] = right[top], right[a]
        for b in range(a + 1, n):
            factor = matrix[b, a] / matrix[a, a]
            for c in range(a, n):
                matrix[b, c] -= factor * matrix[a, c]
            right[b] -= factor * right[a]
    for a in range(n - 1, -1, -1):
        for c in range(a + 1, n):
            right[a] -= matrix[a, c] * right[c]
        right[a] /= matrix[a, a]
    return True


@_jit
def robust_curve(u, off, weight, degree, out):  # type: ignore[no-untyped-def]
    """A polynomial through offsets, in which those far off count little; gives whether there is one."""
    terms = degree + 1
    matrix, right = np.empty((terms, terms)), np.empty(terms)
    known = 0
    room = np.empty(off.size)
    for k in range(off.size):
        if np.isfinite(off[k]):
            room[known] = off[k]
            known += 1
    if known < terms:
        return False
    out[:] = 0.0
    out[0] = np.median(room[:known])
    scale = 1.0
    for _turn in range(5):
        matrix[:] = 0.0
        right[:] = 0.0
        for k in range(off.size):
            if not np.isfinite(off[k]):
                continue
            model, power = 0.0, 1.0
            for a in range(terms):
                model += out[a] * power
                power *= u[k]
            w = weight[k] / (1.0 + ((off[k] - model) / scale) ** 2)
            row_power = 1.0
            for a in range(terms):
                right[a] += w * row_power * off[k]
                column_power = 1.0
                for b in range(terms):
                    matrix[a, b] += w * row_power * column_power
                    column_power *= u[k]
                row_power *= u[k]
        trace = 0.0
        for a in range(terms):
            trace += matrix[a, a]
        for a in range(terms):
            matrix[a, a] += 1e-6 * trace
        if not eliminate(matrix, right):
            return False
        for a in range(terms):
            out[a] = right[a]
        scale = max(0.15, scale * 0.5)
    return True
