"""Combination of n frames pixel by pixel, in blocks of pixels that stay in the processor's first cache.

The frames are given by the addresses of their pixels, so that no stack is ever built. Inner loops run along the
pixels of a block and have no branches: the compiler turns them into vector instructions. A sample that is not
finite, or whose data-quality bits are rejected, is replaced by plus and minus infinity in turn; the median of what
is left then lies at or between the two central values of the sorted block, whatever the number of such samples.
"""

import numpy as np

from calgui.core.algorithms.kernels.blocks import clip_block
from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.pointers import floats_at, words_at

#: most pixels of a block, and samples of all frames that fit the first cache beside everything else
BLOCK = 1024
_CACHE = 8192

MEDIAN, MEAN, CLIPPED = 0, 1, 2
STANDARD_DEVIATION, MEDIAN_DEVIATION = 0, 1
NO_ERROR, MEASURED, PROPAGATED = 0, 1, 2

_HUGE = np.float32(3.4028235e38)
_INF = np.float32(np.inf)
_NAN = np.float32(np.nan)


_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def _gather_good(data, dq, reject, start, width, block):  # type: ignore[no-untyped-def]
    """Copy one block of every frame; give up at the first frame of which a sample is not good."""
    for i in range(data.size):
        pixels = floats_at(data[i] + np.uint64(4 * start))
        pattern = words_at(data[i] + np.uint64(4 * start))
        row = block[i]
        largest = np.uint32(0)
        for j in range(width):
            row[j] = pixels[j]
            # without its sign, the bit pattern of a float grows with the float; NaN lies above infinity
            size = np.uint32(pattern[j] & np.uint32(0x7FFFFFFF))
            largest = size if size > largest else largest
        if largest >= np.uint32(0x7F800000):
            return False
        if dq[i] != 0:
            bits = words_at(dq[i] + np.uint64(4 * start))
            seen = np.uint32(0)
            for j in range(width):
                seen |= bits[j]
            if seen & reject:
                return False
    return True


@_jit
def _gather(data, dq, reject, start, width, block, good):  # type: ignore[no-untyped-def]
    """Copy one block of every frame; count the good samples of each pixel; say whether all are good."""
    n = data.size
    if _gather_good(data, dq, reject, start, width, block):
        for j in range(width):
            good[j] = n
        return True
    sign = np.full(BLOCK, _INF, np.float32)
    for j in range(width):
        good[j] = 0
    for i in range(n):
        pixels = floats_at(data[i])
        row = block[i]
        if dq[i] == 0:
            for j in range(width):
                value = pixels[start + j]
                fine = abs(value) <= _HUGE
                good[j] += np.int32(fine)
                row[j] = value if fine else sign[j]
                sign[j] = sign[j] if fine else -sign[j]
        else:
            bits = words_at(dq[i])
            for j in range(width):
                value = pixels[start + j]
                fine = (abs(value) <= _HUGE) & ((bits[start + j] & reject) == 0)
                good[j] += np.int32(fine)
                row[j] = value if fine else sign[j]
                sign[j] = sign[j] if fine else -sign[j]
    return False


@_jit
def _sort(block, network, width):  # type: ignore[no-untyped-def]
    """Apply a network of compare-and-swap steps to every pixel of the block."""
    for step in range(network.shape[0]):
        low = block[network[step, 0]]
        high = block[network[step, 1]]
        kind = network[step, 2]
        if kind == 0:
            for j in range(width):
                a = low[j]
                b = high[j]
                low[j] = a if a < b else b
                high[j] = b if a < b else a
        elif kind == 1:
            for j in range(width):
                a = low[j]
                b = high[j]
                low[j] = a if a < b else b
        else:
            for j in range(width):
                a = low[j]
                b = high[j]
                high[j] = b if a < b else a


@_jit
def _centre(block, n, complete, good, width, out):  # type: ignore[no-untyped-def]
    """Take the median of each pixel from a block to which the central network was applied."""
    upper = block[n // 2]
    lower = block[max(n // 2 - 1, 0)]
    half = np.float32(0.5)
    if complete and n % 2:
        for j in range(width):
            out[j] = upper[j]
    elif complete:
        for j in range(width):
            out[j] = half * (lower[j] + upper[j])
    elif n % 2:
        for j in range(width):
            between = half * (lower[j] + upper[j]) if good[j] else _NAN
            out[j] = upper[j] if good[j] % 2 else between
    else:
        for j in range(width):
            between = half * (lower[j] + upper[j])
            out[j] = lower[j] if good[j] % 2 else between


@_jit
def _deviations(block, n, out, width):  # type: ignore[no-untyped-def]
    """Replace good samples by their distance from the pixel's value; infinities stay what they are."""
    for i in range(n):
        row = block[i]
        for j in range(width):
            value = row[j]
            distance = abs(value - out[j])
            row[j] = distance if abs(value) <= _HUGE else value


@_jit
def _mean(block, n, good, width, out, total):  # type: ignore[no-untyped-def]
    """Mean of the good samples of each pixel, summed in float64."""
    for j in range(width):
        total[j] = 0.0
    for i in range(n):
        row = block[i]
        for j in range(width):
            value = row[j]
            total[j] += np.float64(value if abs(value) <= _HUGE else np.float32(0))
    for j in range(width):
        total[j] /= good[j]
        out[j] = np.float32(total[j])


@_jit
def _scatter_of_mean(block, n, good, mean, width, err, total):  # type: ignore[no-untyped-def]
    """Standard error of the mean from the scatter of the samples; NaN under two samples."""
    for j in range(width):
        total[j] = 0.0
    for i in range(n):
        row = block[i]
        for j in range(width):
            value = row[j]
            distance = np.float64(value) - mean[j] if abs(value) <= _HUGE else 0.0
            total[j] += distance * distance
    for j in range(width):
        k = np.float64(good[j])
        err[j] = np.float32(np.sqrt(total[j] / (k - 1.0) / k)) if good[j] > 1 else _NAN


@_jit
def _propagate(data, dq, errors, reject, start, width, good, bounds, factors, err, total):  # type: ignore[no-untyped-def]
    """Errors of the used samples in quadrature, over their number, times a factor for the number."""
    for j in range(width):
        total[j] = 0.0
    for i in range(data.size):
        pixels = floats_at(data[i])
        sigma = floats_at(errors[i])
        bits = words_at(dq[i])
        flagged = dq[i] != 0
        for j in range(width):
            value = pixels[start + j]
            fine = (value >= bounds[0, j]) & (value <= bounds[1, j])
            if flagged:
                fine &= (bits[start + j] & reject) == 0
            if fine:
                total[j] += np.float64(sigma[start + j]) * np.float64(sigma[start + j])
    for j in range(width):
        k = good[j]
        err[j] = np.float32(factors[k] * np.sqrt(total[j]) / k) if k > 0 else _NAN


@_jit
def _merge_bits(dq, reject, start, width, good, minimum, few, bits):  # type: ignore[no-untyped-def]
    """Bits that every frame has; where no sample is left those that any has; and those for too few samples."""
    every = np.full(BLOCK, 0xFFFFFFFF, np.uint32)
    some = np.zeros(BLOCK, np.uint32)
    known = False
    for i in range(dq.size):
        if dq[i] == 0:
            for j in range(width):
                every[j] = 0
            continue
        known = True
        frame = words_at(dq[i])
        for j in range(width):
            every[j] &= frame[start + j]
            some[j] |= frame[start + j]
    for j in range(width):
        value = every[j] if known else np.uint32(0)
        if good[j] == 0:
            value |= some[j]
        if good[j] < minimum:
            value |= few
        bits[j] = value


@_jit
def combine(  # type: ignore[no-untyped-def]
    data, dq, errors, start, stop, reject, method, network, spread, clip,
    error, deviation_factors, error_factors, minimum, few, out, err, bits, samples,
):  # fmt: skip
    """Combine pixels ``start`` to ``stop`` of n frames.

    Parameters
    ----------
    data, dq, errors : ndarray of uint64, shape (n,)
        Addresses of contiguous float32, uint32 and float32 pixels; 0 in ``dq`` for a frame without.
    start, stop : int
        Pixels counted from those addresses.
    reject : uint32
        Data-quality bits whose samples are left out.
    method, spread, error : int
        Constants of this module.
    network : ndarray of int32
        The full sorting network for `CLIPPED`, else the central one.
    clip : ndarray of float64
        Thresholds below and above, most iterations, fewest samples left.
    deviation_factors : ndarray of float64, shape (n + 1,)
        From the median distance of k samples to a standard deviation.
    error_factors : ndarray of float64, shape (n + 1,)
        Noise of the method for k samples over that of their mean.
    minimum : int
        Fewer good samples set the bits ``few``.
    few : uint32
        See above.
    out, err, bits, samples : ndarray
        Where the results go, indexed by pixel; ``err`` and ``bits`` may be empty.
    """
    n = data.size
    length = max(64, min(BLOCK, _CACHE // n // 64 * 64))
    block = np.empty((n, length), np.float32)
    good = np.empty(BLOCK, np.int32)
    bounds = np.empty((2, BLOCK), np.float32)
    work = np.empty((3, BLOCK), np.float64)
    scratch = np.empty(BLOCK, np.float32)
    for position in range(start, stop, length):
        width = min(length, stop - position)
        value = out[position : position + width]
        sigma = err[position : position + width] if error != NO_ERROR else scratch
        complete = _gather(data, dq, reject, position, width, block, good)
        if error == PROPAGATED:
            bounds[0] = -_HUGE
            bounds[1] = _HUGE
        if method == MEDIAN:
            _sort(block, network, width)
            _centre(block, n, complete, good, width, value)
            if error == MEASURED:
                _gather(data, dq, reject, position, width, block, good)
                _deviations(block, n, value, width)
                _sort(block, network, width)
                _centre(block, n, complete, good, width, sigma)
                for j in range(width):
                    k = good[j]
                    factor = deviation_factors[k] * error_factors[k] / np.sqrt(np.float64(k))
                    sigma[j] = np.float32(sigma[j] * factor) if k > 1 else _NAN
        elif method == MEAN:
            _mean(block, n, good, width, value, work[0])
            if error == MEASURED:
                _scatter_of_mean(block, n, good, work[0], width, sigma, work[1])
        else:
            if not complete:
                _only_positive(block, n, width)
            _sort(block, network, width)
            clip_block(block, n, width, good, clip, spread, deviation_factors, value, sigma, bounds, work)
        if error == PROPAGATED:
            _propagate(data, dq, errors, reject, position, width, good, bounds, error_factors, sigma, work[0])
        counts = samples[position : position + width]
        for j in range(width):
            counts[j] = np.uint16(good[j])
        if bits.size > 0:
            _merge_bits(dq, reject, position, width, good, minimum, few, bits[position : position + width])


@_jit
def _only_positive(block, n, width):  # type: ignore[no-untyped-def]
    """Turn minus infinity into plus infinity, so that missing samples sort behind the good ones."""
    for i in range(n):
        row = block[i]
        for j in range(width):
            row[j] = _INF if row[j] < -_HUGE else row[j]


@_jit
def count_outliers(data, dq, start, stop, reject, centre, used, shift, threshold):  # type: ignore[no-untyped-def]
    """How many good samples of one frame lie further from the combination than a threshold.

    Parameters
    ----------
    data, dq : int
        Addresses of the frame's pixels and bits; 0 for no bits.
    start, stop : int
        Pixels counted from those addresses.
    reject : uint32
        Data-quality bits whose samples are left out.
    centre : ndarray of float32
        The combination, in the frames' unit.
    used : ndarray of bool
        Which pixels count.
    shift, threshold : float
        The frame's own offset, and the largest distance that is no outlier.

    Returns
    -------
    int
    """
    pixels = floats_at(data)
    bits = words_at(dq)
    total = np.int64(0)
    for j in range(start, stop):
        far = abs(pixels[j] - centre[j] - shift) > threshold
        good = (dq == 0) or ((bits[j] & reject) == 0)
        total += np.int64(far and good and used[j])
    return total
