"""Features of known composition fitted to many spectra: lines whose distances and ratios are known move together."""

import math

import numpy as np

from calgui.core.algorithms.kernels.arcs_centroids import _factor, _noise, _solve_again
from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")

_ROUNDS = 20
_ROOT = math.sqrt(0.5)
_PEAK = 1 / math.sqrt(2 * math.pi)
#: a pixel that lies so many sigma off, with this part of the peak for what the profile may be wrong, is a hit
_WORST, _SLACK = 6.0, 0.08
#: how little a width is trusted to differ, as a part of it, and least and most
_TIED, _NARROW, _BROAD = 0.2, 0.5, 2.0
#: shift, flux, level, slope, width
_PARAMETERS = 5


@_jit
def _composite(first, size, centre, offset, share, width, value, by_shift, by_width):  # type: ignore[no-untyped-def]
    """A feature of unit flux integrated over pixels, and its derivatives."""
    value[:size] = 0.0
    by_shift[:size] = 0.0
    by_width[:size] = 0.0
    for c in range(offset.size):
        t = (first - 0.5 - centre - offset[c]) / width
        low = 0.5 * math.erfc(-t * _ROOT)
        g_low = _PEAK * math.exp(-0.5 * t * t)
        for p in range(size):
            u = (first + p + 0.5 - centre - offset[c]) / width
            high = 0.5 * math.erfc(-u * _ROOT)
            g_high = _PEAK * math.exp(-0.5 * u * u)
            value[p] += share[c] * (high - low)
            by_shift[p] += share[c] * (g_low - g_high) / width
            by_width[p] += share[c] * (t * g_low - u * g_high) / width
            t, low, g_low = u, high, g_high


@_jit
def shifts(  # type: ignore[no-untyped-def]
    flux, spread, photons, centre, pace, first_of, distance, share, guess, usual, start, stop, shift, error, light,
    width,
):  # fmt: skip
    """Measure how far features lie from where they ought to be.

    Parameters
    ----------
    flux : ndarray of float32, shape (n, pixels)
        Spectra; NaN where there is nothing.
    spread : ndarray of float32, shape (n, pixels), or (0, 0)
        One standard deviation of each pixel; empty where the scatter of the level and the photons make it.
    photons : float
        Electrons in one unit of flux.
    centre : ndarray of float64, shape (n, f)
        Pixel of each feature by the solution; NaN for none.
    pace : ndarray of float64, shape (n, f)
        nm per pixel there.
    first_of : ndarray of int64, shape (f + 1,)
        First component of each feature.
    distance, share : ndarray of float64, shape (c,)
        Of components: nm from the feature's centre, and part of its flux.
    guess : float
        Shift to begin with, in pixels.
    usual : float
        Width (sigma) of a line, before it falls on pixels.
    start, stop : int
        Which spectra.
    shift, error, light, width : ndarray of float64, shape (n, f)
        Shift, its error, flux and width; NaN where there is none: results.
    """
    pixels = flux.shape[1]
    here, right, room = np.empty(_PARAMETERS), np.empty(_PARAMETERS), np.empty(pixels)
    matrix = np.empty((_PARAMETERS, _PARAMETERS))
    value, by_shift, by_width = np.empty(pixels), np.empty(pixels), np.empty(pixels)
    keep = np.empty(pixels, np.bool_)
    row = np.empty(_PARAMETERS)
    offset = np.empty(distance.size)
    measured = spread.size > 0
    reach = max(3.0, 2.3 * math.sqrt(usual * usual + 0.09) + 1.5)
    for s in range(start, stop):
        noise = _noise(flux[s], room)
        for f in range(first_of.size - 1):
            shift[s, f] = np.nan
            error[s, f] = np.nan
            light[s, f] = np.nan
            width[s, f] = np.nan
            if not math.isfinite(centre[s, f]) or not math.isfinite(pace[s, f]):
                continue
            begin, end = first_of[f], first_of[f + 1]
            least, most = 0.0, 0.0
            for c in range(begin, end):
                offset[c] = distance[c] / pace[s, f]
                least, most = min(least, offset[c]), max(most, offset[c])
            low = math.ceil(centre[s, f] + guess + least - reach)
            high = math.floor(centre[s, f] + guess + most + reach) + 1
            if low < 0 or high > pixels:
                continue
            size = high - low
            count = 0
            base, top = np.inf, -np.inf
            for p in range(size):
                keep[p] = math.isfinite(flux[s, low + p])
                if measured and keep[p]:
                    keep[p] = math.isfinite(spread[s, low + p]) and spread[s, low + p] > 0
                if keep[p]:
                    base, top = min(base, flux[s, low + p]), max(top, flux[s, low + p])
                    count += 1
            if count < size - 1 or count <= _PARAMETERS:
                continue
            here[0], here[2], here[3], here[4] = guess, base, 0.0, usual
            here[1] = 0.0
            for p in range(size):
                if keep[p]:
                    here[1] += flux[s, low + p] - base
            fine = False
            for again in range(3):
                fine = False
                settled = False
                for _turn in range(_ROUNDS):
                    _composite(
                        low, size, centre[s, f] + here[0], offset[begin:end], share[begin:end], here[4], value,
                        by_shift, by_width,
                    )  # fmt: skip
                    matrix[:] = 0.0
                    right[:] = 0.0
                    for p in range(size):
                        if not keep[p]:
                            continue
                        tilt = (p - 0.5 * (size - 1)) / size
                        variance = noise * noise + max(here[1] * value[p], 0.0) / photons
                        if measured:
                            variance = np.float64(spread[s, low + p]) ** 2
                        weight = 1.0 / variance
                        off = flux[s, low + p] - here[1] * value[p] - here[2] - here[3] * tilt
                        row[0], row[1], row[2] = here[1] * by_shift[p], value[p], 1.0
                        row[3], row[4] = tilt, here[1] * by_width[p]
                        for a in range(_PARAMETERS):
                            right[a] += weight * row[a] * off
                            for b in range(a + 1):
                                matrix[a, b] += weight * row[a] * row[b]
                    tie = 1.0 / (_TIED * usual) ** 2
                    matrix[4, 4] += tie
                    right[4] += tie * (usual - here[4])
                    if not _factor(matrix, _PARAMETERS):
                        break
                    if settled:
                        fine = True
                        break
                    _solve_again(matrix, right, _PARAMETERS)
                    cut = max(1.0, abs(right[0]) / (0.5 * usual), abs(right[4]) / (0.3 * usual))
                    for a in range(_PARAMETERS):
                        here[a] += right[a] / cut
                    here[4] = min(max(here[4], _NARROW * usual), _BROAD * usual)
                    if not abs(here[0] - guess) < 2.0 * usual + 0.5:
                        break
                    settled = abs(right[0]) < 3e-4 and abs(right[4]) < 3e-3
                if not fine:
                    break
                worst, where, peak = 0.0, -1, 0.0
                for p in range(size):
                    peak = max(peak, here[1] * value[p])
                for p in range(size):
                    if keep[p]:
                        tilt = (p - 0.5 * (size - 1)) / size
                        off = flux[s, low + p] - here[1] * value[p] - here[2] - here[3] * tilt
                        variance = noise * noise + max(here[1] * value[p], 0.0) / photons
                        if measured:
                            variance = np.float64(spread[s, low + p]) ** 2
                        off = off * off / (variance + (_SLACK * peak) ** 2)
                        if off > worst:
                            worst, where = off, p
                if worst <= _WORST * _WORST:
                    break
                if again == 2 or count - 1 <= _PARAMETERS:
                    fine = False
                    break
                keep[where] = False
                count -= 1
            if not fine:
                continue
            # the first of the inverse's diagonal, and the second, from the factor that stands in `matrix`
            for which in range(2):
                total = 0.0
                for a in range(_PARAMETERS):
                    row[a] = 1.0 if a == which else 0.0
                for a in range(_PARAMETERS):
                    for c in range(a):
                        row[a] -= matrix[a, c] * row[c]
                    row[a] /= matrix[a, a]
                    total += row[a] * row[a]
                right[which] = math.sqrt(total)
            if not here[1] > 5.0 * right[1]:
                continue
            shift[s, f], error[s, f] = here[0], right[0]
            light[s, f], width[s, f] = here[1], here[4]
