"""A profile fitted to each spot of a pinhole mask by weighted least squares, and the profile of many.

The profile is a Gauss-Hermite series in the light before it falls on pixels, each of whose terms is integrated over
pixels analytically: with t = (edge - centre) / s, the integral of He_n(t) g(t) is -He_{n-1}(t) g(t), and that of g is
the normal distribution. Its term of order 0 alone is a round Gaussian.
"""

import math

import numpy as np

from calgui.core.algorithms.kernels.cholesky import solve, solve_again, variance_of
from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")

#: of a spot: x, y, flux, level, width
_PARAMETERS = 5
_ROUNDS = 25
_CLOSE = 2e-4  # a step of the centre, in widths, that ends the rounds
_ROOT = math.sqrt(0.5)
_PEAK = 1 / math.sqrt(2 * math.pi)


@_jit
def _terms(start, centre, width, values, by_centre, by_width):  # type: ignore[no-untyped-def]
    """One axis of the profile: each term's integral over pixels from ``start`` on, and its derivatives."""
    count, pixels = values.shape
    for p in range(pixels + 1):
        t = (start + p - 0.5 - centre) / width
        g = _PEAK * math.exp(-0.5 * t * t)
        before = 0.0  # He_{n-1}
        here = 1.0  # He_n
        scale = 1.0  # 1 / sqrt(n!)
        for n in range(count):
            if n:
                scale /= math.sqrt(n)
            whole = 0.5 * math.erfc(-t * _ROOT) if n == 0 else -before * g
            slope = here * g * scale
            whole *= scale
            if p < pixels:
                values[n, p] = -whole
                by_centre[n, p] = slope / width
                by_width[n, p] = slope * t / width
            if p:
                values[n, p - 1] += whole
                by_centre[n, p - 1] -= slope / width
                by_width[n, p - 1] -= slope * t / width
            before, here = here, t * here - n * before


@_jit
def _kept(image, bad, others, x, y, left, low, radius, apart, keep):  # type: ignore[no-untyped-def]
    """Mark the pixels of a stamp that belong to a spot: good, within the radius, and not of another spot."""
    ny, nx = image.shape
    count = 0
    for q in range(keep.shape[0]):
        v = low + q
        for p in range(keep.shape[1]):
            u = left + p
            fine = 0 <= v < ny and 0 <= u < nx and (u - x) ** 2 + (v - y) ** 2 <= radius * radius
            if fine:
                fine = not bad[v, u]
            k = 0
            while fine and k < others.shape[0]:
                fine = not (u - others[k, 0]) ** 2 + (v - others[k, 1]) ** 2 < apart * apart
                k += 1
            keep[q, p] = fine
            count += fine
    return count


@_jit
def fit_spots(  # type: ignore[no-untyped-def]
    image, variance, bad, noise, profile, others, radius, apart, slack, worst, widths, start, stop, values, errors,
    chi2, lost,
):  # fmt: skip
    """Fit a profile, its width and a level to each spot.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Electrons.
    variance : ndarray of float32, shape (ny, nx)
        Of each pixel, electron²; of shape (0, 0) where it is that of the level and of the model's own photons.
    bad : ndarray of bool, shape (ny, nx)
        Pixels that do not count.
    noise : ndarray of float64, shape (n,)
        Variance of a pixel of the level at each spot.
    profile : ndarray of float64, shape (m, m)
        Coefficients of He_a(x) He_b(y), by [a, b]; [0, 0] is 1.
    others : ndarray of float64, shape (n, k, 2)
        x, y of spots near each, NaN for none.
    radius, apart : float
        Pixels within the one of a spot count, but not those within the other of another one.
    slack : float
        What the profile may be wrong, as a part of a spot's peak, before a pixel is thought to be a hit or hot.
    worst : float
        Sigma from which it is.
    widths : tuple of float
        Least and largest s.
    start, stop : int
        Which spots.
    values, errors : ndarray of float64, shape (n, 5)
        x, y, flux, level, s: starting values, then the fit; one standard deviation of each, NaN where it failed.
    chi2 : ndarray of float64, shape (n,)
        Reduced.
    lost : ndarray of float64, shape (n,)
        Part of the spot's light in pixels that were left out.
    """
    order = profile.shape[0]
    half = math.ceil(radius)
    size = 2 * half + 1
    along_x, slope_x, stretch_x = np.empty((order, size)), np.empty((order, size)), np.empty((order, size))
    along_y, slope_y, stretch_y = np.empty((order, size)), np.empty((order, size)), np.empty((order, size))
    mixed, mixed_x, mixed_s = np.empty((order, size)), np.empty((order, size)), np.empty((order, size))
    keep = np.empty((size, size), np.bool_)
    shape = np.empty((size, size))
    matrix = np.empty((_PARAMETERS, _PARAMETERS))
    right = np.empty(_PARAMETERS)
    row = np.empty(_PARAMETERS)
    measured = variance.size > 0
    for k in range(start, stop):
        errors[k] = np.nan
        chi2[k] = np.nan
        lost[k] = 1.0
        here = values[k].copy()
        left, low = round(here[0]) - half, round(here[1]) - half
        first_x, first_y = here[0], here[1]
        count = _kept(image, bad, others[k], here[0], here[1], left, low, radius, apart, keep)
        rejected = 0
        fine = False
        for _again in range(8):
            settled = False
            for _turn in range(_ROUNDS):
                _terms(left, here[0], here[4], along_x, slope_x, stretch_x)
                _terms(low, here[1], here[4], along_y, slope_y, stretch_y)
                for b in range(order):
                    for p in range(size):
                        total, total_x, total_s = 0.0, 0.0, 0.0
                        for a in range(order - b):
                            c = profile[a, b]
                            total += c * along_x[a, p]
                            total_x += c * slope_x[a, p]
                            total_s += c * stretch_x[a, p]
                        mixed[b, p], mixed_x[b, p], mixed_s[b, p] = total, total_x, total_s
                matrix[:] = 0.0
                right[:] = 0.0
                squares = 0.0
                for q in range(size):
                    for p in range(size):
                        value, by_x, by_y, by_s = 0.0, 0.0, 0.0, 0.0
                        for b in range(order):
                            value += mixed[b, p] * along_y[b, q]
                            by_x += mixed_x[b, p] * along_y[b, q]
                            by_y += mixed[b, p] * slope_y[b, q]
                            by_s += mixed_s[b, p] * along_y[b, q] + mixed[b, p] * stretch_y[b, q]
                        shape[q, p] = value
                        if not keep[q, p]:
                            continue
                        spread = variance[low + q, left + p] if measured else noise[k] + max(here[2] * value, 0.0)
                        weight = 1.0 / spread
                        apart_by = image[low + q, left + p] - here[2] * value - here[3]
                        squares += weight * apart_by * apart_by
                        row[0], row[1], row[2], row[3] = here[2] * by_x, here[2] * by_y, value, 1.0
                        row[4] = here[2] * by_s
                        for a in range(_PARAMETERS):
                            right[a] += weight * row[a] * apart_by
                            for b in range(a + 1):
                                matrix[a, b] += weight * row[a] * row[b]
                if settled or count < 2 * _PARAMETERS:
                    break
                if not solve(matrix, right, _PARAMETERS):
                    break
                # a step is cut to what the linear model can be trusted with
                most = max(abs(right[0]), abs(right[1])) / (0.5 * here[4])
                most = max(most, abs(right[4]) / (0.3 * here[4]), 1.0)
                for a in range(_PARAMETERS):
                    here[a] += right[a] / (most if a in (0, 1, 4) else 1.0)
                here[4] = min(max(here[4], widths[0]), widths[1])
                if not (abs(here[0] - first_x) < half and abs(here[1] - first_y) < half and np.isfinite(here[2])):
                    break
                settled = max(abs(right[0]), abs(right[1])) < _CLOSE * here[4] and abs(right[4]) < 0.01 * here[4]
            fine = settled and here[2] > 0
            if not fine:
                break
            # the pixel that is furthest off, with what the profile may be wrong
            top = 0.0
            allowed = slack * here[2] * shape.max()
            where_q, where_p = 0, 0
            for q in range(size):
                for p in range(size):
                    if keep[q, p]:
                        model = here[2] * shape[q, p]
                        spread = variance[low + q, left + p] if measured else noise[k] + max(model, 0.0)
                        gap = image[low + q, left + p] - model - here[3]
                        off = gap * gap / (spread + allowed * allowed + (0.05 * model) ** 2)
                        if off > top:
                            top, where_q, where_p = off, q, p
            if top <= worst * worst or rejected >= 7 or count <= 3 * _PARAMETERS:
                break
            keep[where_q, where_p] = False
            rejected += 1
            count -= 1
        if not fine or not solve(matrix, right, _PARAMETERS):
            continue
        values[k] = here
        whole, there = 0.0, 0.0
        for q in range(size):
            for p in range(size):
                if (left + p - here[0]) ** 2 + (low + q - here[1]) ** 2 <= radius * radius:
                    whole += shape[q, p]
                    if keep[q, p]:
                        there += shape[q, p]
        for a in range(_PARAMETERS):
            errors[k, a] = math.sqrt(variance_of(matrix, _PARAMETERS, a, row))
        chi2[k] = squares / (count - _PARAMETERS)
        lost[k] = 1.0 - there / whole if whole > 0 else 1.0


@_jit
def shape_equations(  # type: ignore[no-untyped-def]
    image, variance, bad, noise, profile, terms, others, radius, apart, slack, worst, start, stop, values, matrix,
    right, steps, slopes,
):  # fmt: skip
    """Normal equations of the profile's coefficients, from spots whose centres, fluxes and levels are free too.

    Parameters
    ----------
    image, variance, bad, noise, profile, others, radius, apart, slack, worst, start, stop
        As for `fit_spots`.
    terms : ndarray of int64, shape (k, 2)
        Coefficients that are free.
    values : ndarray of float64, shape (n, 5)
        Of the spots.
    matrix, right : ndarray of float64, shape (k, k), (k,)
        Equations for the step of the coefficients are added, the lower triangle only.
    steps : ndarray of float64, shape (n, 4)
        Each spot's own step: `steps` less `slopes` times that of the coefficients.
    slopes : ndarray of float64, shape (n, 4, k)
        See there.
    """
    order = profile.shape[0]
    free = terms.shape[0]
    half = math.ceil(radius)
    size = 2 * half + 1
    along_x, slope_x, stretch = np.empty((order, size)), np.empty((order, size)), np.empty((order, size))
    along_y, slope_y = np.empty((order, size)), np.empty((order, size))
    keep = np.empty((size, size), np.bool_)
    own = np.empty((4, 4))
    mine = np.empty(4)
    row = np.empty(4)
    cross = np.empty((4, free))
    each = np.empty(free)
    column = np.empty(4)
    measured = variance.size > 0
    for k in range(start, stop):
        x, y, flux, level, width = values[k]
        left, low = round(x) - half, round(y) - half
        _kept(image, bad, others[k], x, y, left, low, radius, apart, keep)
        _terms(left, x, width, along_x, slope_x, stretch)
        _terms(low, y, width, along_y, slope_y, stretch)
        own[:] = 0.0
        mine[:] = 0.0
        cross[:] = 0.0
        top = 0.0
        for q in range(size):
            for p in range(size):
                top = max(top, along_x[0, p] * along_y[0, q])
        for q in range(size):
            for p in range(size):
                if not keep[q, p]:
                    continue
                value, by_x, by_y = 0.0, 0.0, 0.0
                for b in range(order):
                    for a in range(order - b):
                        c = profile[a, b]
                        value += c * along_x[a, p] * along_y[b, q]
                        by_x += c * slope_x[a, p] * along_y[b, q]
                        by_y += c * along_x[a, p] * slope_y[b, q]
                model = flux * value
                spread = variance[low + q, left + p] if measured else noise[k] + max(model, 0.0)
                gap = image[low + q, left + p] - model - level
                if gap * gap > worst * worst * (spread + (slack * flux * top) ** 2 + (0.05 * model) ** 2):
                    continue
                weight = 1.0 / spread
                row[0], row[1], row[2], row[3] = flux * by_x, flux * by_y, value, 1.0
                for c in range(free):
                    each[c] = flux * along_x[terms[c, 0], p] * along_y[terms[c, 1], q]
                for a in range(4):
                    mine[a] += weight * row[a] * gap
                    for b in range(4):
                        own[a, b] += weight * row[a] * row[b]
                    for c in range(free):
                        cross[a, c] += weight * row[a] * each[c]
                for c in range(free):
                    part = weight * each[c]
                    right[c] += part * gap
                    for d in range(c + 1):
                        matrix[c, d] += part * each[d]
        steps[k] = 0.0
        slopes[k] = 0.0
        for a in range(4):
            column[a] = mine[a]
        if not solve(own, column, 4):
            continue
        steps[k] = column
        for c in range(free):
            # the factor of `own` stands already
            for a in range(4):
                column[a] = cross[a, c]
            solve_again(own, column, 4)
            slopes[k, :, c] = column
        for c in range(free):
            for a in range(4):
                right[c] -= cross[a, c] * steps[k, a]
            for d in range(c + 1):
                total = 0.0
                for a in range(4):
                    total += cross[a, c] * slopes[k, a, d]
                matrix[c, d] -= total
