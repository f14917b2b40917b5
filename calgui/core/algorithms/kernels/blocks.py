"""Sigma clipping of a block of sorted pixels, for any number of frames."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit

_HUGE = np.float32(3.4028235e38)
_INF = np.float32(np.inf)
_NAN = np.float32(np.nan)

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def _middle(block, j, first, last):  # type: ignore[no-untyped-def]
    """Median of the samples ``first`` to ``last`` (exclusive) of one sorted pixel."""
    k = last - first
    upper = np.float64(block[first + k // 2, j])
    return upper if k % 2 else 0.5 * (np.float64(block[first + k // 2 - 1, j]) + upper)


@_jit
def _median_distance(block, j, first, last, centre):  # type: ignore[no-untyped-def]
    """Median distance of the samples of one sorted pixel from its median: both sides are merged from the middle."""
    k = last - first
    right = first
    while right < last and block[right, j] < centre:
        right += 1
    left = right - 1
    before = 0.0
    now = 0.0
    for _ in range(k // 2 + 1):
        before = now
        below = centre - block[left, j] if left >= first else np.inf
        above = block[right, j] - centre if right < last else np.inf
        if below < above:
            now = below
            left -= 1
        else:
            now = above
            right += 1
    return now if k % 2 else 0.5 * (before + now)


@_jit
def _mean_and_deviation(block, j, first, last, centre):  # type: ignore[no-untyped-def]
    """Mean and standard deviation (of the population) of samples of one sorted pixel, summed from a central value."""
    total = 0.0
    squares = 0.0
    for i in range(first, last):
        distance = np.float64(block[i, j]) - centre
        total += distance
        squares += distance * distance
    shift = total / (last - first)
    return centre + shift, np.sqrt(max(squares / (last - first) - shift * shift, 0.0))


@_jit
def _clip_pixel(block, j, k, low, high, iterations, minimum, spread, factors):  # type: ignore[no-untyped-def]
    """Clip one sorted pixel; survivors of a sorted list are neighbours, so that two bounds say it all."""
    first = np.int64(0)  # not the number 0, for which what follows would be compiled once more
    last = np.int64(k)
    lowest = -np.inf
    highest = np.inf
    for _ in range(iterations):
        centre = _middle(block, j, first, last)
        if spread == 0:
            width = _mean_and_deviation(block, j, first, last, centre)[1]
        else:
            width = factors[last - first] * _median_distance(block, j, first, last, centre)
        bottom = centre - low * width
        top = centre + high * width
        a = first
        b = last
        while a < b and block[a, j] < bottom:
            a += 1
        while b > a and block[b - 1, j] > top:
            b -= 1
        if b - a < minimum or b == a:
            break
        lowest = bottom
        highest = top
        if a == first and b == last:
            break
        first = a
        last = b
    # as astropy does, the last bounds decide on all samples: one that fell in an early round may be back
    first = np.int64(0)
    last = k
    while first < last and block[first, j] < lowest:
        first += 1
    while last > first and block[last - 1, j] > highest:
        last -= 1
    return first, last


@_jit
def clip_block(block, n, width, good, clip, spread, factors, out, err, bounds, work):  # type: ignore[no-untyped-def]
    """Sigma-clipped mean of a sorted block; ``err`` becomes the standard error of that mean.

    A first pass along the block finds the pixels in which nothing is clipped: they need no loop of their own.
    """
    low, high, iterations, minimum = clip[0], clip[1], int(clip[2]), int(clip[3])
    centre, total, squares = work[0], work[1], work[2]
    for j in range(width):
        centre[j] = _middle(block, j, 0, good[j]) if good[j] > 0 else 0.0
        total[j] = 0.0
        squares[j] = 0.0
    # one sum at a time: with fewer arrays in a loop the compiler can make sure that they do not overlap
    for i in range(n):
        row = block[i]
        for j in range(width):
            value = row[j]
            total[j] += np.float64(value) - centre[j] if value <= _HUGE else 0.0
    for i in range(n):
        row = block[i]
        for j in range(width):
            value = row[j]
            distance = np.float64(value) - centre[j] if value <= _HUGE else 0.0
            squares[j] += distance * distance
    for j in range(width):
        k = good[j]
        if k == 0:
            out[j] = _NAN
            err[j] = _NAN
            bounds[0, j] = _INF
            bounds[1, j] = -_INF
            continue
        shift = total[j] / k
        deviation = np.sqrt(max(squares[j] / k - shift * shift, 0.0))
        lowest = np.float64(block[0, j]) - centre[j]
        highest = np.float64(block[k - 1, j]) - centre[j]
        # a hair of tolerance: what is near the edge is decided by the exact loop
        calm = spread == 0 and lowest > -low * deviation * 0.999999 and highest < high * deviation * 0.999999
        if calm:
            mean = centre[j] + shift
            first = np.int64(0)
            last = k
        else:
            first, last = _clip_pixel(block, j, k, low, high, iterations, minimum, spread, factors)
            mean, deviation = _mean_and_deviation(block, j, first, last, _middle(block, j, first, last))
        left = last - first
        out[j] = np.float32(mean)
        err[j] = np.float32(deviation / np.sqrt(left - 1.0)) if left > 1 else _NAN
        good[j] = left
        bounds[0, j] = block[first, j]
        bounds[1, j] = block[last - 1, j]
