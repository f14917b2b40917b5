"""The shape of a line, integrated over pixels, fitted to each line of many spectra; close lines are fitted together.

Weighted least squares by Gauss and Newton: of a group of lines the centre and flux of each, one width, and a level. The
integral of a shape over a pixel is the difference of its integral at two edges; its derivatives are the shape there.
"""

import math

import numpy as np

from calgui.core.algorithms.kernels.arcs_filtering import noise_of
from calgui.core.algorithms.kernels.arcs_shapes import below
from calgui.core.algorithms.kernels.cholesky import factor, solve_again, variance_of
from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")

#: what a line is found to be
FINE, OUTSIDE, FAINT, DAMAGED, BLENDED, ASTRAY = 0, 1, 2, 3, 4, 5
MOST = 5  # lines of a group
_ROUNDS = 20
_FWHM = 2.3548200450309493
#: a pixel that lies so many sigma off, with this part of the peak for what the profile may be wrong, is a hit
_WORST, _SLACK = 6.0, 0.06
#: of the light of a line that bad pixels may take
_LOST = 0.25
#: a line is seen from so many sigma of its flux
_SIGNAL = 5.0
#: what is narrower than this part of the usual width is a hit and no line
_SHARP = 0.55
#: how little a width is trusted to differ from that of the other lines, as a part of it
_TIED = 0.2


@_jit
def _model(first, size, lines, here, shape, value, slopes):  # type: ignore[no-untyped-def]
    """The model of each pixel of a window and its derivatives: by centres, fluxes, level, width."""
    width = here[2 * lines + 1]
    for p in range(size):
        value[p] = here[2 * lines]
        slopes[2 * lines, p] = 1.0
        slopes[2 * lines + 1, p] = 0.0
    for m in range(lines):
        centre, flux = here[m], here[lines + m]
        t = (first - 0.5 - centre) / width
        low, d_low = below(shape, t)
        for p in range(size):
            u = (first + p + 0.5 - centre) / width
            high, d_high = below(shape, u)
            part = high - low
            value[p] += flux * part
            slopes[m, p] = flux * (d_low - d_high) / width
            slopes[lines + m, p] = part
            slopes[2 * lines + 1, p] += flux * (t * d_low - u * d_high) / width
            t, low, d_low = u, high, d_high


@_jit
def _group(  # type: ignore[no-untyped-def]
    row, spread, noise, photons, shape, first, size, lines, here, usual, errors, room, value, slopes, matrix, right,
    keep,
):  # fmt: skip
    """Fit one group; gives whether it came to an end, and reduced chi-square."""
    count = 2 * lines + 2
    measured = spread.size > 0
    pixels = 0
    for p in range(size):
        keep[p] = np.isfinite(row[first + p])
        if measured and keep[p]:
            keep[p] = np.isfinite(spread[first + p]) and spread[first + p] > 0
        pixels += keep[p]
    start = here[:lines].copy()
    fine, squares = False, 0.0
    for _again in range(3):
        fine = False
        if pixels < count:
            break
        settled = False
        for _turn in range(_ROUNDS):
            _model(first, size, lines, here, shape, value, slopes)
            matrix[:] = 0.0
            right[:] = 0.0
            squares = 0.0
            for p in range(size):
                if not keep[p]:
                    continue
                if measured:
                    variance = np.float64(spread[first + p]) ** 2
                else:
                    variance = noise * noise + max(value[p] - here[2 * lines], 0.0) / photons
                weight = 1.0 / variance
                off = row[first + p] - value[p]
                squares += weight * off * off
                for a in range(count):
                    scaled = weight * slopes[a, p]
                    right[a] += scaled * off
                    for b in range(a + 1):
                        matrix[a, b] += scaled * slopes[b, p]
            if settled:
                fine = True
                break
            # the width of faint lines is that of the others
            tie = 1.0 / (_TIED * usual) ** 2
            matrix[count - 1, count - 1] += tie
            right[count - 1] += tie * (usual - here[count - 1])
            for m in range(lines):
                matrix[m, m] += 1e-9 + 1e-6 * matrix[m, m]
            if not factor(matrix, count):
                break
            solve_again(matrix, right, count)
            most = 1.0
            for m in range(lines):
                most = max(most, abs(right[m]) / (0.6 * usual))
            most = max(most, abs(right[count - 1]) / (0.3 * usual))
            bounded = True
            for a in range(count):
                here[a] += right[a] / most
                bounded = bounded and np.isfinite(here[a])
            here[count - 1] = min(max(here[count - 1], 0.4 * usual), 2.5 * usual)
            step = abs(right[count - 1]) / 10.0
            for m in range(lines):
                step = max(step, abs(right[m]))
                bounded = bounded and abs(here[m] - start[m]) < 3.0 * usual + 1.0
            if not bounded:
                break
            settled = step < 3e-4
        if not fine:
            break
        # the pixel that is furthest off, with what the profile may be wrong
        top, where, peak = 0.0, -1, 0.0
        for p in range(size):
            peak = max(peak, value[p] - here[2 * lines])
        for p in range(size):
            if keep[p]:
                if measured:
                    variance = np.float64(spread[first + p]) ** 2
                else:
                    variance = noise * noise + max(value[p] - here[2 * lines], 0.0) / photons
                off = (row[first + p] - value[p]) ** 2 / (variance + (_SLACK * peak) ** 2)
                if off > top:
                    top, where = off, p
        if top <= _WORST * _WORST or pixels - 1 <= count:
            break
        keep[where] = False
        pixels -= 1
        for m in range(lines):
            here[m] = start[m]
        fine = False
    if not fine:
        return False, np.nan
    tie = 1.0 / (_TIED * usual) ** 2
    matrix[count - 1, count - 1] += tie
    if not factor(matrix, count):
        return False, np.nan
    for a in range(count):
        errors[a] = math.sqrt(variance_of(matrix, count, a, room))
    return True, squares / max(pixels - count, 1)


@_jit
def centroids(  # type: ignore[no-untyped-def]
    flux, spread, photons, shapes, zone, expected, known, first_of, usual, away, start, stop, pixel, error, light,
    fwhm, flag,
):  # fmt: skip
    """Measure lines of spectra.

    Parameters
    ----------
    flux : ndarray of float32, shape (n, pixels)
        Spectra; NaN where there is nothing.
    spread : ndarray of float32, shape (n, pixels), or (0, 0)
        One standard deviation of each pixel; empty where the scatter of the level and the photons make it.
    photons : float
        Electrons in one unit of flux; infinite where it is not known.
    shapes : ndarray of float64, shape (zones, parts, points, 2)
        Tables of line shapes as of `arcs_shapes.below`, in equal parts along the spectrum; of no points for Gaussians.
    zone : ndarray of int64, shape (n,)
        Which of them each spectrum has.
    expected : ndarray of float64, shape (n, k)
        Where the lines are to some tenths of a pixel, those of groups one behind the other.
    known : ndarray of bool, shape (n,)
        Spectra to look at.
    first_of : ndarray of int64, shape (g + 1,)
        First line of each group; k at the end.
    usual : ndarray of float64, shape (n,)
        Width (sigma) of lines, before they fall on pixels: what shapes are stretched by.
    away : float
        Pixels that a line may lie from where it is expected.
    start, stop : int
        Which spectra.
    pixel, error, light, fwhm : ndarray of float64 or float32, shape (n, k)
        Centre, its error, flux and width: results.
    flag : ndarray of uint8, shape (n, k)
        What each line is found to be: result.
    """
    pixels = flux.shape[1]
    many = 2 * MOST + 2
    here, errors, room, right = np.empty(many), np.empty(many), np.empty(many), np.empty(many)
    matrix, slopes = np.empty((many, many)), np.empty((many, pixels))
    value, keep = np.empty(pixels), np.empty(pixels, np.bool_)
    empty = np.empty(0, np.float32)
    sorted_room = np.empty(pixels)
    parts = shapes.shape[1]
    for s in range(start, stop):
        if not known[s]:
            continue
        row = flux[s]
        own = spread[s] if spread.size > 0 else empty
        noise = noise_of(row, sorted_room)
        full = _full(row)
        sigma = usual[s]
        reach = max(3.0, 2.2 * math.sqrt(sigma * sigma + 0.09) + 1.5)
        for g in range(first_of.size - 1):
            begin, end = first_of[g], first_of[g + 1]
            # lines that are on the detector
            while begin < end and not 2.0 < expected[s, begin] < pixels - 3.0:
                begin += 1
            while end > begin and not 2.0 < expected[s, end - 1] < pixels - 3.0:
                end -= 1
            lines = end - begin
            if lines == 0:
                continue
            least, most = expected[s, begin], expected[s, begin]
            for k in range(begin, end):
                least = min(least, expected[s, k])
                most = max(most, expected[s, k])
            first = max(0, math.ceil(least - reach))
            last = min(pixels, math.floor(most + reach) + 1)
            size = last - first
            base = np.inf
            for p in range(first, last):
                if row[p] < base:
                    base = np.float64(row[p])
            if not np.isfinite(base):
                for k in range(begin, end):
                    flag[s, k] = DAMAGED
                continue
            for m in range(lines):
                here[m] = expected[s, begin + m]
                centre = round(here[m])
                top = base
                for p in range(max(first, centre - 1), min(last, centre + 2)):
                    if row[p] > top:
                        top = np.float64(row[p])
                here[lines + m] = (top - base) * math.sqrt(2 * math.pi * (sigma * sigma + 0.083))
            here[2 * lines], here[2 * lines + 1] = base, sigma
            part = min(parts - 1, math.floor(parts * 0.5 * (least + most) / pixels))
            fine, chi2 = _group(
                row, own, noise, photons, shapes[zone[s], part], first, size, lines, here, sigma, errors, room, value,
                slopes, matrix, right, keep,
            )  # fmt: skip
            for m in range(lines):
                k = begin + m
                if not fine:
                    flag[s, k] = FAINT
                    continue
                # without the number of photons it is the fit that tells how large errors are
                scale = math.sqrt(max(chi2, 1.0)) if spread.size == 0 and math.isinf(photons) else 1.0
                pixel[s, k], error[s, k] = here[m], scale * errors[m]
                light[s, k] = here[lines + m]
                fwhm[s, k] = _FWHM * here[2 * lines + 1]
                flag[s, k] = _judged(here, errors, m, lines, size, slopes, keep, expected[s, begin:end], away, sigma)
                if flag[s, k] == FAINT:
                    pixel[s, k] = np.nan
                elif _holds(row, full, here[m]):
                    flag[s, k] = DAMAGED


@_jit
def _judged(here, errors, m, lines, size, slopes, keep, ought, away, usual):  # type: ignore[no-untyped-def]
    """What a fitted line is."""
    if not here[lines + m] > _SIGNAL * errors[lines + m]:
        return FAINT
    if not abs(here[m] - ought[m]) < away:
        return ASTRAY
    lost, whole = 0.0, 0.0
    for p in range(size):
        whole += slopes[lines + m, p]
        if not keep[p]:
            lost += slopes[lines + m, p]
    if lost > _LOST * whole or whole < 0.8:
        return DAMAGED
    width = here[2 * lines + 1]
    if width < _SHARP * usual:
        return DAMAGED
    for n in range(lines):
        # of two lines that are no further apart than they are wide neither has a centre of its own, if both shine
        near = min(abs(here[n] - here[m]), abs(ought[n] - ought[m])) < 1.7 * width + 0.4
        if n != m and near and here[lines + n] + 2 * errors[lines + n] > 0.05 * here[lines + m]:
            return BLENDED
    return FINE


@_jit
def _full(row):  # type: ignore[no-untyped-def]
    """The value at which a spectrum is saturated: its highest, where three pixels or more have just that."""
    top, count = -np.inf, 0
    for i in range(row.size):
        if row[i] > top:
            top, count = row[i], 1
        elif row[i] == top:
            count += 1
    return top if count >= 3 else np.inf


@_jit
def _holds(row, full, centre):  # type: ignore[no-untyped-def]
    """Whether a pixel at the middle of a line is as high as can be."""
    middle = round(centre)
    highest = -np.inf
    for p in range(max(0, middle - 1), min(row.size, middle + 2)):
        highest = max(highest, row[p])
    return highest >= full
