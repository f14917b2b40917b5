"""Spectra filtered with the shape of a line less its mean, so that a smooth background counts nothing."""

import math

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

_jit = njit(nogil=True, cache=True, error_model="numpy")

_LONG = 900  # pixels of a spectrum that is long


@_jit
def line_filter(sigma):  # type: ignore[no-untyped-def]
    """The filter for lines of a Gaussian width, as seen on pixels: its sum is 0, and a line gives its flux."""
    half = max(3, math.ceil(5.5 * sigma))
    shape = np.empty(2 * half + 1)
    for j in range(-half, half + 1):
        shape[j + half] = math.exp(-0.5 * (j / sigma) ** 2)
    shape /= shape.sum()
    taps = shape - shape.mean()
    taps /= np.sum(taps * shape)
    return taps


@_jit
def filled(row):  # type: ignore[no-untyped-def]
    """First pixel, and the one behind the last, of what is not padded with zeros."""
    begin, end = 0, row.size
    while begin < end and row[begin] == 0.0:
        begin += 1
    while end > begin and row[end - 1] == 0.0:
        end -= 1
    return begin, end


@_jit
def some(row, begin, end, room):  # type: ignore[no-untyped-def]
    """Copy the values of a spectrum that its level and its noise are found from: of a long one each third."""
    step = 3 if end - begin > _LONG else 1
    count = 0
    for i in range(begin, end, step):
        if math.isfinite(row[i]):
            room[count] = row[i]
            count += 1
    return count


@_jit
def filtered(row, taps, out, room):  # type: ignore[no-untyped-def]
    """Filter a spectrum; gives the noise of a filtered value, and how many pixels there are.

    Parameters
    ----------
    row : ndarray of float32, shape (pixels,)
        NaN where there is nothing.
    taps : ndarray of float64
        See `line_filter`.
    out : ndarray of float64, shape (pixels,)
        Filtered values.
    room : ndarray of float64, shape (pixels,)
        To work in.
    """
    pixels = row.size
    half = taps.size // 2
    begin, end = filled(row)
    count = some(row, begin, end, room)
    out[:] = 0.0
    if count < 8:
        return 0.0, count
    level = np.median(room[:count])
    total = 0.0
    for i in range(count):
        room[i] = abs(room[i] - level)
        total += room[i]
    noise = 1.4826 * np.median(room[:count])
    if not noise > 1e-6 * total / count:
        noise = 1e-3 * total / count
    for i in range(pixels):
        value = np.float64(row[i])
        room[i] = value - level if begin <= i < end and np.isfinite(value) else 0.0
    for i in range(half, pixels - half):
        whole = 0.0
        for j in range(taps.size):
            whole += taps[j] * room[i - half + j]
        out[i] = whole
    # at the ends the filter is cut, and made to add up to nothing again
    for side in range(2):
        for i in range(0 if side == 0 else max(half, pixels - half), min(half, pixels) if side == 0 else pixels):
            first, last = max(0, i - half), min(pixels, i + half + 1)
            mean, whole = 0.0, 0.0
            for p in range(first, last):
                mean += taps[p - i + half]
            mean /= last - first
            for p in range(first, last):
                whole += (taps[p - i + half] - mean) * room[p]
            out[i] = whole
    return noise * math.sqrt(np.sum(taps * taps)), count


@_jit
def unlisted(  # type: ignore[no-untyped-def]
    flux, taps, expected, known, least, apart, start, stop, where, light, count
):  # fmt: skip
    """The strongest peaks of each spectrum that are no line of the list.

    Parameters
    ----------
    flux : ndarray of float32, shape (n, pixels)
        Spectra.
    taps : ndarray of float64
        See `line_filter`.
    expected : ndarray of float64, shape (n, k)
        Where lines of the list are.
    known : ndarray of bool, shape (n,)
        Spectra of which that is so; of the others every peak counts.
    least : float
        Sigma that a peak stands out by.
    apart : float
        Pixels between a peak and any line of the list.
    start, stop : int
        Which spectra.
    where, light : ndarray of float64, shape (n, m)
        Pixel and flux: results.
    count : ndarray of int64, shape (n,)
        How many: result.
    """
    pixels, most = flux.shape[1], where.shape[1]
    values, room = np.empty(pixels), np.empty(pixels)
    taken = np.empty(pixels, np.bool_)
    for s in range(start, stop):
        noise, _ = filtered(flux[s], taps, values, room)
        taken[:] = False
        if known[s]:
            for k in range(expected.shape[1]):
                if np.isfinite(expected[s, k]):
                    low = max(0, math.ceil(expected[s, k] - apart))
                    for p in range(low, min(pixels, math.floor(expected[s, k] + apart) + 1)):
                        taken[p] = True
        found = 0
        for i in range(2, pixels - 2):
            value = values[i]
            if taken[i] or not value > least * noise or not (value >= values[i - 1] and value > values[i + 1]):
                continue
            place = min(found, most)
            while place > 0 and light[s, place - 1] < value:
                if place < most:
                    light[s, place], where[s, place] = light[s, place - 1], where[s, place - 1]
                place -= 1
            if place < most:
                bend = 2.0 * value - values[i - 1] - values[i + 1]
                light[s, place] = value
                where[s, place] = i + (0.5 * (values[i + 1] - values[i - 1]) / bend if bend > 0 else 0.0)
                found = min(found + 1, most)
        count[s] = found
