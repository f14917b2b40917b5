"""What the samples of each pixel do: how much they scatter, and whether they sit on two levels."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.pointers import floats_at, words_at

#: fewest samples on each of two levels, and which part of all at least: cosmic rays make no level
FEWEST, PART = 2, 8

#: samples of which the highest may be a cosmic ray beside two levels
SPARE = 6

_HUGE = np.float32(3.4028235e38)

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def _split(values, count, total, squares):  # type: ignore[no-untyped-def]
    """The best division of sorted values into two levels: the sum of squares between them."""
    fewest = max(FEWEST, count // PART)
    between = 0.0
    below = 0.0
    for place in range(count - fewest):
        below += values[place]
        low = place + 1
        if low < fewest:
            continue
        high = count - low
        distance = (total - below) / high - below / low
        explained = distance * distance * low * high / count
        if explained > between:
            between = explained
    return min(between, squares)


@_jit
def states(data, dq, reject, start, stop, centre, std, trimmed, drop, between, within, samples):  # type: ignore[no-untyped-def]
    """Scatter and two-level division of the good samples of pixels ``start`` to ``stop``.

    Parameters
    ----------
    data, dq : ndarray of uint64, shape (n,)
        Addresses of contiguous float32 and uint32 pixels; 0 in ``dq`` for a frame without.
    reject : uint32
        Data-quality bits whose samples are left out.
    start, stop : int
        Pixels counted from those addresses.
    centre : ndarray of float32
        A value amidst the samples of each pixel; sums are taken from it, so that a level takes no digits.
    std : ndarray of float32
        Standard deviation of all samples; NaN with fewer than two.
    trimmed : ndarray of float32
        The same without the highest quarter of them (at least one): cosmic rays only add. NaN with fewer than three.
    drop : ndarray of float32
        How far the lowest sample lies under ``centre``: nothing from the sky takes charge away.
    between, within : ndarray of float32
        Root of the sum of squares that two levels explain, and the standard deviation about them; 0 and NaN with
        fewer than four samples. From `SPARE` on the highest sample is left out where it lies on neither level.
    samples : ndarray of uint16
        Good samples.
    """
    n = data.size
    values = np.empty(n, np.float64)
    for j in range(start, stop):
        count = 0
        for i in range(n):
            pixels = floats_at(data[i] + np.uint64(4 * j))
            value = pixels[0]
            if not abs(value) <= _HUGE:
                continue
            if dq[i] != 0:
                bits = words_at(dq[i] + np.uint64(4 * j))
                if (bits[0] & reject) != 0:
                    continue
            distance = np.float64(value - centre[j])
            place = count
            while place > 0 and values[place - 1] > distance:
                values[place] = values[place - 1]
                place -= 1
            values[place] = distance
            count += 1
        samples[j] = np.uint16(count)
        std[j] = np.nan
        trimmed[j] = np.nan
        drop[j] = 0.0
        between[j] = 0.0
        within[j] = np.nan
        if count < 2:
            continue
        total = 0.0
        kept = max(count - max(count // 4, 1), 2)
        lowest = 0.0
        for i in range(count):
            if i == kept:
                lowest = total
            total += values[i]
        if kept == count:
            lowest = total
        mean = total / count
        lowest /= kept
        squares = 0.0
        inner = 0.0
        for i in range(count):
            squares += (values[i] - mean) ** 2
            if i < kept:
                inner += (values[i] - lowest) ** 2
        std[j] = np.sqrt(squares / (count - 1))
        if count >= 3:
            trimmed[j] = np.sqrt(inner / (kept - 1))
        drop[j] = -values[0]
        if count < 2 * FEWEST:
            continue
        explained = _split(values, count, total, squares)
        about = max(squares - explained, 0.0) / (count - 2)
        if count >= SPARE:
            highest = values[count - 1]
            left = total - highest
            rest = max(squares - (highest - mean) ** 2 * count / (count - 1), 0.0)
            again = _split(values, count - 1, left, rest)
            close = max(rest - again, 0.0) / (count - 3)
            if close < about / 4:
                explained, about = again, close
        between[j] = np.sqrt(explained)
        within[j] = np.sqrt(about)
