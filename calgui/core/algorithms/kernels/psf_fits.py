"""Pixel-integrated models of a star, fitted by Levenberg and Marquardt's method."""

import math

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")

#: models: a Gaussian along the axes (for centroids), Gaussian, Moffat, Airy, perfect core and halo
ROUND, GAUSSIAN, MOFFAT, AIRY, CORE_HALO = 0, 1, 2, 3, 4
_SIGMA = 2 * math.sqrt(2 * math.log(2))
#: three points of Gauss and Legendre within a pixel
_PLACES = (-0.5 * math.sqrt(0.6), 0.0, 0.5 * math.sqrt(0.6))
_WEIGHTS = (5 / 18, 8 / 18, 5 / 18)


@_jit
def _j1(x):  # type: ignore[no-untyped-def]
    """Bessel function of the first kind and order 1 (Abramowitz & Stegun 1964, 9.4.4 and 9.4.6), to 1e-7."""
    size = abs(x)
    if size < 3:
        t = (size / 3) ** 2
        series = 0.00443319 + t * (-0.00031761 + t * 0.00001109)
        series = 0.5 + t * (-0.56249985 + t * (0.21093573 + t * (-0.03954289 + t * series)))
        return x * series
    t = 3 / size
    f = 0.00017105 + t * (-0.00249511 + t * (0.00113653 - t * 0.00020033))
    f = 0.79788456 + t * (0.00000156 + t * (0.01659667 + t * f))
    p = -0.00637879 + t * (0.00074348 + t * (0.00079824 - t * 0.00029166))
    p = size - 2.35619449 + t * (0.12499612 + t * (0.00005650 + t * p))
    value = f * math.cos(p) / math.sqrt(size)
    return value if x > 0 else -value


@_jit
def _cubic(table, fine, x, y):  # type: ignore[no-untyped-def]
    """Value of an oversampled image around its middle pixel, by Catmull and Rom's cubic."""
    middle = table.shape[0] // 2
    u, v = x * fine + middle, y * fine + middle
    column, row = math.floor(u), math.floor(v)
    if column < 1 or row < 1 or column + 2 >= table.shape[1] or row + 2 >= table.shape[0]:
        return 0.0
    a, b = u - column, v - row
    total = 0.0
    for j in range(4):
        q = table[row - 1 + j, column - 1 : column + 3]
        line = q[1] + 0.5 * a * (
            q[2] - q[0] + a * (2 * q[0] - 5 * q[1] + 4 * q[2] - q[3] + a * (3 * (q[1] - q[2]) + q[3] - q[0]))
        )
        if j == 0:
            weight = -0.5 * b + b * b - 0.5 * b**3
        elif j == 1:
            weight = 1 - 2.5 * b * b + 1.5 * b**3
        elif j == 2:
            weight = 0.5 * b + 2 * b * b - 1.5 * b**3
        else:
            weight = -0.5 * b * b + 0.5 * b**3
        total += weight * line
    return total


@_jit
def _step(x, sigma):  # type: ignore[no-untyped-def]
    return 0.5 * (math.erf((x + 0.5) / (math.sqrt(2.0) * sigma)) - math.erf((x - 0.5) / (math.sqrt(2.0) * sigma)))


@_jit
def _moffat(dx, dy, p, beta):  # type: ignore[no-untyped-def]
    """Density of a Moffat function of flux 1; p holds the two widths at half maximum and the angle."""
    c, s = math.cos(p[2]), math.sin(p[2])
    u, v = c * dx + s * dy, c * dy - s * dx
    scale = 2 * math.sqrt(2 ** (1 / beta) - 1)
    a, b = p[0] / scale, p[1] / scale
    return (beta - 1) / (math.pi * a * b) * (1 + (u / a) ** 2 + (v / b) ** 2) ** -beta


@_jit
def _density(kind, dx, dy, p):  # type: ignore[no-untyped-def]
    if kind == GAUSSIAN:
        c, s = math.cos(p[2]), math.sin(p[2])
        u, v = (c * dx + s * dy) * _SIGMA / p[0], (c * dy - s * dx) * _SIGMA / p[1]
        return _SIGMA * _SIGMA / (2 * math.pi * p[0] * p[1]) * math.exp(-0.5 * (u * u + v * v))
    if kind == MOFFAT:
        return _moffat(dx, dy, p, p[3])
    # Airy; p holds the radius of the first dark ring
    k = 3.8317059702075125 / p[0]
    z = k * math.sqrt(dx * dx + dy * dy)
    bright = 1.0 if z < 1e-6 else (2 * _j1(z) / z) ** 2
    return k * k / (4 * math.pi) * bright


@_jit
def model(kind, dx, dy, p, table, fine):  # type: ignore[no-untyped-def]
    """Light in one pixel.

    Parameters
    ----------
    kind : int
        Which model.
    dx, dy : float
        Of the pixel's centre from the frame's middle.
    p : ndarray of float64
        Flux, x, y, background, then what the model has of its own.
    table : ndarray of float64, shape (m, m)
        Perfect image, integrated over pixels, `fine` values to a pixel; for `CORE_HALO`.
    fine : float
        See there.

    Returns
    -------
    float
    """
    x, y = dx - p[1], dy - p[2]
    if kind == ROUND:
        return p[3] + p[0] * _step(x, p[4] / _SIGMA) * _step(y, p[5] / _SIGMA)
    if kind == CORE_HALO:
        # the halo is wide: its middle stands for the pixel
        width = np.array((p[5], p[5], 0.0))
        return p[3] + p[0] * _cubic(table, fine, x, y) + p[4] * _moffat(x, y, width, 2.0)
    total = 0.0
    for j in range(3):
        for i in range(3):
            total += _WEIGHTS[i] * _WEIGHTS[j] * _density(kind, x + _PLACES[i], y + _PLACES[j], p[4:])
    return p[3] + p[0] * total


@_jit
def _sums(kind, cut, kept, noise, radius, cx, cy, p, low, table, fine, matrix, vector, step):  # type: ignore[no-untyped-def]
    """Chi², and with `matrix` the normal equations, within a circle around cx, cy.

    Its edge is soft: pixels that come in and go out as the star moves within its pixel would pull it.
    """
    side = cut.shape[0]
    half = side // 2
    n = p.size
    chi2 = 0.0
    used = 0.0
    with_matrix = matrix.size > 0
    slope = np.empty(n)
    q = p.copy()
    if with_matrix:
        matrix[:] = 0.0
        vector[:] = 0.0
    for row in range(side):
        for column in range(side):
            dx, dy = float(column - half), float(row - half)
            inside = radius + 0.5 - math.sqrt((dx - cx) ** 2 + (dy - cy) ** 2)
            if not kept[row, column] or inside <= 0:
                continue
            share = min(inside, 1.0)
            at = model(kind, dx, dy, p, table, fine)
            left = cut[row, column] - at
            weight = share / max(noise[row, column], low)
            chi2 += left * left * weight
            used += share
            if not with_matrix:
                continue
            for k in range(n):
                q[k] = p[k] + step[k]
                slope[k] = (model(kind, dx, dy, q, table, fine) - at) / step[k]
                q[k] = p[k]
            for k in range(n):
                vector[k] += slope[k] * left * weight
                for m in range(k + 1):
                    matrix[k, m] += slope[k] * slope[m] * weight
    if with_matrix:
        for k in range(n):
            for m in range(k):
                matrix[m, k] = matrix[k, m]
    return chi2, used


@_jit
def fit_stars(kind, cuts, kept, noises, radius, start, lower, upper, table, fine, found, errors, fit):  # type: ignore[no-untyped-def]
    """Fit a model to each star.

    Parameters
    ----------
    kind : int
        Which model.
    cuts, noises : ndarray of float32, shape (n, side, side)
        Pixels, and their variance.
    kept : ndarray of bool, same shape
        Which count.
    radius : ndarray of float64, shape (n,)
        Of the circle around the star that is fitted.
    start, lower, upper : ndarray of float64, shape (n, m)
        Parameters to begin with, and between which they stay: flux, x, y (from the middle pixel), background, others.
    table, fine
        See `model`.
    found, errors : ndarray of float64, shape (n, m)
        Filled; NaN where the fit failed.
    fit : ndarray of float64, shape (n, 2)
        Filled: chi² and degrees of freedom.
    """
    n, m = start.shape
    matrix, vector = np.empty((m, m)), np.empty(m)
    none = np.empty((0, 0))
    step = np.empty(m)
    for star in range(n):
        p = start[star].copy()
        found[star, :] = np.nan
        errors[star, :] = np.nan
        fit[star, 0], fit[star, 1] = np.nan, 0.0
        if not np.isfinite(p).all():
            continue
        low = np.float32(0)
        for row in range(cuts.shape[1]):
            for column in range(cuts.shape[2]):
                if kept[star, row, column] and noises[star, row, column] > low:
                    low = noises[star, row, column]
        low = max(low * np.float32(1e-7), np.float32(1e-30))
        damping = 1e-3
        chi2, used = np.inf, 0.0
        cx, cy = p[1], p[2]
        fine_fit = False
        for _ in range(40):
            for k in range(m):
                step[k] = 1e-4 * max(abs(p[k]), 0.1 if k else 1e-6 * abs(p[0]) + 1e-12)
            cx, cy = p[1], p[2]
            chi2, used = _sums(
                kind,
                cuts[star],
                kept[star],
                noises[star],
                radius[star],
                cx,
                cy,
                p,
                low,
                table,
                fine,
                matrix,
                vector,
                step,
            )
            if used <= m or not np.isfinite(chi2):
                break
            moved = False
            for _ in range(12):
                damped = matrix.copy()
                for k in range(m):
                    damped[k, k] += damping * matrix[k, k] + 1e-30
                if abs(np.linalg.det(damped / np.outer(_root(damped), _root(damped)))) < 1e-14:
                    damping = max(damping, 1e-6) * 10
                    continue
                trial = p + np.linalg.solve(damped, vector)
                for k in range(m):
                    trial[k] = min(max(trial[k], lower[star, k]), upper[star, k])
                other, _ = _sums(
                    kind,
                    cuts[star],
                    kept[star],
                    noises[star],
                    radius[star],
                    cx,
                    cy,
                    trial,
                    low,
                    table,
                    fine,
                    none,
                    vector,
                    step,
                )
                if other <= chi2:
                    moved = True
                    damping *= 0.1
                    break
                damping *= 10
            if not moved:
                fine_fit = True
                break
            change = chi2 - other
            p = trial
            chi2 = other
            if change < 1e-4 * max(chi2, 1e-30) or change < 1e-6:
                fine_fit = True
                break
        if used <= m or not np.isfinite(chi2):
            continue
        for k in range(m):
            step[k] = 1e-4 * max(abs(p[k]), 0.1 if k else 1e-6 * abs(p[0]) + 1e-12)
        chi2, used = _sums(
            kind, cuts[star], kept[star], noises[star], radius[star], cx, cy, p, low, table, fine, matrix, vector, step
        )
        fit[star, 0], fit[star, 1] = chi2, used - m
        found[star] = p
        scale = _root(matrix)
        normal = matrix / np.outer(scale, scale)
        if fine_fit:
            # a parameter that has no say, such as the width of a halo without light, has no error
            inverse = np.linalg.pinv(normal, 1e-13)
            for k in range(m):
                if matrix[k, k] > 0 and inverse[k, k] > 0:
                    errors[star, k] = math.sqrt(inverse[k, k]) / scale[k]


@_jit
def _root(matrix):  # type: ignore[no-untyped-def]
    scale = np.empty(matrix.shape[0])
    for k in range(scale.size):
        scale[k] = math.sqrt(max(matrix[k, k], 1e-60))
    return scale
