"""Legendre polynomials through the lines of many spectra, robust against lines that lie off."""

import math

import numpy as np

from calgui.core.algorithms.kernels.cholesky import factor, solve_again
from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")
#: sums may be taken in any order, so that several lines are worked on at once
_fast = njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"})

#: rounds in which lines far off count little, and in which they are rejected
_SOFT, _HARD = 4, 8
#: lines beyond coefficients from which one that lies off cannot hide among them
_MANY = 10
#: lines beyond the coefficients that are free
SPARE = 2
#: what the centres of lines are never better than, in pixels
FLOOR = 0.004
#: places between the first and the last line at which the error is looked at
_STEPS = 7
#: a line nearer than this is not rejected, in pixels
_LEAST = 0.01


@_jit
def _basis(u, terms, out):  # type: ignore[no-untyped-def]
    """Legendre polynomials at a place."""
    out[0] = 1.0
    if terms > 1:
        out[1] = u
    for j in range(2, terms):
        out[j] = ((2 * j - 1) * u * out[j - 1] - (j - 1) * out[j - 2]) / j


@_jit
def _slope(terms, coefficients, rows):  # type: ignore[no-untyped-def]
    """Derivative by u of a series, from the basis at u."""
    total = 0.0
    before, here = 0.0, 0.0
    # P'_j = P'_{j-2} + (2 j - 1) P_{j-1}
    for j in range(1, terms):
        now = before + (2 * j - 1) * rows[j - 1]
        total += coefficients[j] * now
        before, here = here, now
    return total


@_jit
def _median(values, count):  # type: ignore[no-untyped-def]
    """Of the first values, which are put in order."""
    for a in range(1, count):
        value = values[a]
        b = a - 1
        while b >= 0 and values[b] > value:
            values[b + 1] = values[b]
            b -= 1
        values[b + 1] = value
    if count == 0:
        return np.nan
    return values[count // 2] if count % 2 else 0.5 * (values[count // 2 - 1] + values[count // 2])


@_fast
def _bases(u, count, terms, basis, slopes):  # type: ignore[no-untyped-def]
    """Legendre polynomials at many places, and their derivatives, (terms, lines)."""
    for i in range(count):
        basis[0, i] = 1.0
        basis[1, i] = u[i]
        slopes[0, i] = 0.0
        slopes[1, i] = 1.0
    for j in range(2, terms):
        up, down, twice = (2.0 * j - 1.0) / j, (j - 1.0) / j, 2.0 * j - 1.0
        for i in range(count):
            basis[j, i] = up * u[i] * basis[j - 1, i] - down * basis[j - 2, i]
            slopes[j, i] = slopes[j - 2, i] + twice * basis[j - 1, i]


@_fast
def _equations(basis, target, weight, free, lines, matrix, right, own, left, scaled):  # type: ignore[no-untyped-def]
    """Normal equations of the lowest coefficients."""
    for i in range(lines):
        left[i] = target[i]
    for a in range(free, own.size):
        c = own[a]
        for i in range(lines):
            left[i] -= c * basis[a, i]
    for a in range(free):
        total = 0.0
        for i in range(lines):
            scaled[i] = weight[i] * basis[a, i]
            total += scaled[i] * left[i]
        right[a] = total
        for b in range(a + 1):
            total = 0.0
            for i in range(lines):
                total += scaled[i] * basis[b, i]
            matrix[a, b] = total


@_jit
def _solve(basis, target, weight, free, lines, matrix, right, own, left, scaled):  # type: ignore[no-untyped-def]
    """Weighted least squares for the lowest coefficients; the others stay as they are."""
    for a in range(free, own.size):
        if math.isnan(own[a]):
            return False
    _equations(basis, target, weight, free, lines, matrix, right, own, left, scaled)
    if not factor(matrix, free):
        return False
    solve_again(matrix, right, free)
    for a in range(free):
        own[a] = right[a]
    return True


@_fast
def _offsets(basis, slopes, target, count, half, own, off, pace):  # type: ignore[no-untyped-def]
    """How far lines lie from a solution, in pixels, and nm per pixel at each."""
    for i in range(count):
        off[i] = -target[i]
        pace[i] = 0.0
    for a in range(own.size):
        c = own[a]
        d = c / half
        for i in range(count):
            off[i] += c * basis[a, i]
            pace[i] += d * slopes[a, i]
    for i in range(count):
        off[i] /= pace[i]


@_jit
def fit_lines(  # type: ignore[no-untyped-def]
    pixel, error, fwhm, flag, wavelength, extra, wanted, domain, clip, fixed, few, chosen, start, stop, coefficients,
    free, residual, used, rms, sigma, ends, resolution,
):  # fmt: skip
    """Fit a polynomial to the lines of each spectrum.

    Parameters
    ----------
    pixel, error : ndarray of float64, shape (n, k)
        Centres and their errors.
    fwhm : ndarray of float32, shape (n, k)
        Widths.
    flag : ndarray of uint8, shape (n, k)
        0 for lines that may be used.
    wavelength : ndarray of float64, shape (k,)
        In nm.
    extra : ndarray of float64, shape (k,)
        Error of the wavelengths, in pixels.
    wanted : ndarray of bool, shape (k,)
        Lines that are not left out.
    domain : tuple of two float
        Pixels at u = -1 and u = 1.
    clip : float
        Sigma from which a line is rejected.
    fixed : ndarray of float64, shape (n, terms), or (1, terms)
        Coefficients of spectra that have few lines, from those around them.
    few : bool
        Whether spectra with few lines are fitted with the lowest coefficients alone; else they are left.
    chosen : ndarray of int64
        Spectra to fit.
    start, stop : int
        Which of these.
    coefficients : ndarray of float64, shape (n, terms)
        Result; NaN of those that were left.
    free : ndarray of int64, shape (n,)
        How many coefficients were fitted: result.
    residual : ndarray of float64, shape (n, k)
        Measured minus solution, in pixels, of lines that were not used, too: result.
    used : ndarray of bool, shape (n, k)
        Result.
    rms, sigma : ndarray of float64, shape (n,)
        Of the residuals; error of the solution between the first and the last line. In pixels: results.
    ends : ndarray of float64, shape (n, 2)
        Pixels of the first and last line used: result.
    resolution : ndarray of float64, shape (n,)
        Median of wavelength over width: result.
    """
    lines, terms = pixel.shape[1], coefficients.shape[1]
    basis, slopes, target = np.empty((terms, lines)), np.empty((terms, lines)), np.empty(lines)
    u, left, scaled = np.empty(lines), np.empty(lines), np.empty(lines)
    weight, inverse = np.empty(lines), np.empty(lines)
    off, room, pace = np.empty(lines), np.empty(lines), np.empty(lines)
    which = np.empty(lines, np.int64)
    matrix, right, own, row = np.empty((terms, terms)), np.empty(terms), np.empty(terms), np.empty(terms)
    half = 0.5 * (domain[1] - domain[0])
    middle = 0.5 * (domain[1] + domain[0])
    for n in range(start, stop):
        s = chosen[n]
        coefficients[s] = np.nan
        free[s] = 0
        rms[s], sigma[s], resolution[s] = np.nan, np.nan, np.nan
        ends[s] = np.nan
        count = np.int64(0)  # not the number 0, for which what counts on would be compiled once more
        for k in range(lines):
            residual[s, k] = np.nan
            used[s, k] = False
            if flag[s, k] == 0 and wanted[k]:
                which[count] = k
                u[count] = (pixel[s, k] - middle) / half
                target[count] = wavelength[k]
                inverse[count] = 1.0 / (error[s, k] ** 2 + extra[k] ** 2 + FLOOR * FLOOR)
                weight[count] = inverse[count]
                count += 1
        if count < (1 if few else terms + SPARE):
            continue
        _bases(u, count, terms, basis, slopes)
        here = min(terms, max(1, count - SPARE))
        own[:] = fixed[s] if fixed.shape[0] > 1 else fixed[0]
        if not _solve(basis, target, weight, here, count, matrix, right, own, left, scaled):
            continue
        _offsets(basis, slopes, target, count, half, own, off, pace)
        spread, worst = 0.0, 0.0
        for i in range(count):
            worst = max(worst, off[i] * off[i] * inverse[i])
        kept = count
        good = kept > 0
        most = np.inf
        if worst > clip * clip:
            # none counts more than half of them do: a hit is brighter than lines
            for i in range(count):
                room[i] = inverse[i]
            most = _median(room, count)
            for i in range(count):
                weight[i] = min(inverse[i], most)
            good = _solve(basis, target, weight, here, count, matrix, right, own, left, scaled)
            if good and count - here >= _MANY:
                # of many lines that all lie off alike, as an order too low leaves them, none is an outlier
                _offsets(basis, slopes, target, count, half, own, off, pace)
                for i in range(count):
                    room[i] = abs(off[i])
                spread = 1.4826 * _median(room, count)
                worst = 0.0
                for i in range(count):
                    worst = max(worst, off[i] * off[i] / max(spread * spread, 1.0 / inverse[i]))
                    weight[i] = inverse[i]
                if worst <= clip * clip:
                    good = _solve(basis, target, weight, here, count, matrix, right, own, left, scaled)
                    _offsets(basis, slopes, target, count, half, own, off, pace)
        if worst > clip * clip:
            # first so that lines far off count little
            if good:
                _offsets(basis, slopes, target, count, half, own, off, pace)
            for _turn in range(_SOFT if good else 0):
                for i in range(count):
                    room[i] = abs(off[i])
                spread = 1.4826 * _median(room, count) * math.sqrt(count / max(count - here, 1.0))
                for i in range(count):
                    allowed = 2.5 * max(spread, 1.0 / math.sqrt(inverse[i]))
                    weight[i] = min(inverse[i], most) / (1.0 + (off[i] / allowed) ** 2) ** 2
                good = _solve(basis, target, weight, here, count, matrix, right, own, left, scaled)
                if not good:
                    break
                _offsets(basis, slopes, target, count, half, own, off, pace)
            # then without them, until the choice stays
            for turn in range(_HARD if good else 0):
                changed = turn == 0
                kept = np.int64(0)
                for i in range(count):
                    # what all lines are off by is more than their errors where their shape is none of a Gaussian
                    limit = max(clip * max(spread, 1.0 / math.sqrt(inverse[i])), _LEAST)
                    now = inverse[i] if abs(off[i]) <= limit else 0.0
                    changed = changed or (now > 0) != (weight[i] > 0)
                    weight[i] = now
                    kept += now > 0
                good = kept > 0 and (few or kept >= terms + SPARE)
                if not changed or not good:
                    break
                here = min(terms, max(1, kept - SPARE))
                if here < terms:
                    prior = fixed[s] if fixed.shape[0] > 1 else fixed[0]
                    own[here:] = prior[here:]
                good = _solve(basis, target, weight, here, count, matrix, right, own, left, scaled)
                if not good:
                    break
                _offsets(basis, slopes, target, count, half, own, off, pace)
                place = 0
                for i in range(count):
                    if weight[i] > 0:
                        room[place] = abs(off[i])
                        place += 1
                spread = 1.4826 * _median(room, kept) * math.sqrt(kept / max(kept - here, 1.0))
        if not good:
            continue
        squares = 0.0
        for i in range(count):
            squares += off[i] * off[i] * weight[i]
        scale = max(1.0, math.sqrt(squares / (kept - here))) if kept > here else 1.0
        coefficients[s] = own
        free[s] = here
        total, low, high, widths = 0.0, np.inf, -np.inf, np.int64(0)
        for i in range(count):
            k = which[i]
            residual[s, k] = off[i]
            if weight[i] > 0:
                used[s, k] = True
                total += off[i] * off[i]
                low, high = min(low, pixel[s, k]), max(high, pixel[s, k])
                room[widths] = target[i] / (fwhm[s, k] * abs(pace[i]))
                widths += 1
        for k in range(lines):
            if np.isfinite(pixel[s, k]) and not np.isfinite(residual[s, k]):
                _basis((pixel[s, k] - middle) / half, terms, row)
                model = 0.0
                for a in range(terms):
                    model += own[a] * row[a]
                residual[s, k] = (model - wavelength[k]) * half / _slope(terms, own, row)
        rms[s] = math.sqrt(total / kept)
        ends[s, 0], ends[s, 1] = low, high
        resolution[s] = _median(room, widths)
        # the factor of the normal equations stands in `matrix`
        variance = 0.0
        for j in range(_STEPS):
            _basis((low + (high - low) * j / (_STEPS - 1) - middle) / half, terms, row)
            for a in range(here):
                value = row[a]
                for c in range(a):
                    value -= matrix[a, c] * right[c]
                right[a] = value / matrix[a, a]
                variance += right[a] * right[a]
        sigma[s] = math.sqrt(variance / _STEPS) * scale


@_jit
def fill(cell, lines, residual, used, wanted, start, stop, off, state):  # type: ignore[no-untyped-def]
    """Residuals and states of the rows of a flat table.

    Parameters
    ----------
    cell : ndarray of int64, shape (m,)
        Spectrum times ``lines`` plus line; -1 for what is no line of the list.
    lines : int
        Of a spectrum.
    residual : ndarray of float64, shape (n, lines)
        In pixels.
    used : ndarray of bool, shape (n, lines)
        See `fit_lines`.
    wanted : ndarray of bool, shape (lines,)
        Lines that are not left out.
    start, stop : int
        Which rows.
    off : ndarray of float64, shape (m,)
        Residuals: result.
    state : ndarray of int64, shape (m,)
        0 used, 1 rejected, 2 excluded: result; rows that are 3 or 4 stay as they are.
    """
    for i in range(start, stop):
        at = cell[i]
        if at < 0 or state[i] > 2:
            continue
        s, k = at // lines, at % lines
        off[i] = residual[s, k]
        state[i] = 0 if used[s, k] else 1 if wanted[k] else 2
