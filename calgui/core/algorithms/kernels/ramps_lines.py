"""Lines through those reads of single pixels that can be used, in double precision."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.ramps_response import prepare

#: methods
UTR, CDS, MCDS = 0, 1, 2

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def longest_run(ok, jump, good):  # type: ignore[no-untyped-def]
    """Good reads between two jumps, where most of them are; gives their number."""
    n = ok.size
    best, best_start, best_stop = 0, 0, n
    start, count = 0, 0
    for k in range(n + 1):
        if k == n or jump[k]:
            if count > best:
                best, best_start, best_stop = count, start, k
            start, count = k, 0
        if k < n and ok[k]:
            count += 1
    for k in range(n):
        good[k] = ok[k] and best_start <= k < best_stop
    return best


@_jit
def line_weights(good, count, seconds, method, ends, weights):  # type: ignore[no-untyped-def]
    """Weights of the good reads, two or more, that make a rate of their sum."""
    n = good.size
    for k in range(n):
        weights[k] = 0.0
    if method == UTR:
        middle, spread = 0.0, 0.0
        for k in range(n):
            if good[k]:
                middle += seconds[k] / count
        for k in range(n):
            if good[k]:
                weights[k] = seconds[k] - middle
                spread += weights[k] * weights[k]
        for k in range(n):
            weights[k] /= spread
        return
    each = 1 if method == CDS else max(1, min(ends, count // 2))
    place, span = 0, 0.0
    for k in range(n):
        if good[k]:
            if place < each:
                weights[k] = -1.0 / each
            elif place >= count - each:
                weights[k] = 1.0 / each
            span += weights[k] * seconds[k]
            place += 1
    for k in range(n):
        weights[k] /= span


@_jit
def variance_parts(weights, seconds, spread):  # type: ignore[no-untyped-def]
    """Sum of squares of the weights, and what the variance of photons is for a rate of one.

    Photons that came before a read are in all later ones: the covariance of two reads is the rate times the earlier
    time, and that of a read that is a mean of frames with itself ``spread`` more.
    """
    squares, photons, later = 0.0, 0.0, 0.0
    for k in range(weights.size - 1, -1, -1):
        squares += weights[k] * weights[k]
        later += weights[k]
        before = seconds[k - 1] if k else 0.0
        photons += later * later * (seconds[k] - before) + weights[k] * weights[k] * spread[k]
    return squares, photons


@_jit
def fit_pixels(planes, bits, pixels, nx, known, method, ends, noise_squared, rate, err, used, flags, parts):  # type: ignore[no-untyped-def]
    """Fit some pixels of a band one by one.

    ``known`` is as for `prepare_reads`, ``noise_squared`` the variance of a read. What is given back lies at the place
    of the pixel in the band. ``parts``, (3, pixels of the band) or empty, gets both parts of the variance, and the
    seconds between the first and the last read that were used.
    """
    columns, rows, zeros, seconds, spread, terms, how, names = known
    n = planes.size
    y, weights = np.empty(n, np.float64), np.empty(n, np.float64)
    ok, jump, good = np.empty(n, np.bool_), np.empty(n, np.bool_), np.empty(n, np.bool_)
    for place in range(pixels.size):
        i = pixels[place]
        at = i if terms.shape[0] and terms.shape[1] > 1 else 0
        x, row = i % nx, i // nx
        found = prepare(planes, bits, i, x, row, columns, rows, zeros, seconds, terms, at, how, names, y, ok, jump)
        count = longest_run(ok, jump, good)
        if count < 2:
            rate[i] = np.nan
            err[i] = np.nan
            used[i] = 0
            flags[i] = found | names[0]
            if parts.size:
                parts[0, i], parts[1, i], parts[2, i] = np.nan, np.nan, 0.0
            continue
        line_weights(good, count, seconds, method, ends, weights)
        total, first, last = 0.0, -1, 0
        for k in range(n):
            if good[k]:
                total += weights[k] * y[k]
                last = k
                first = k if first < 0 else first
        squares, photons = variance_parts(weights, seconds, spread)
        rate[i] = total
        err[i] = np.sqrt(noise_squared * squares + photons * max(total, 0.0))
        used[i] = count
        flags[i] = found
        if parts.size:
            parts[0, i], parts[1, i], parts[2, i] = noise_squared * squares, photons, seconds[last] - seconds[first]


@_jit
def parts_of(usable, jumps, pixels, seconds, spread, noise_squared, parts):  # type: ignore[no-untyped-def]
    """Both parts of the variance, and the span, of a line through the longest run of good reads of some pixels."""
    n = seconds.size
    weights, good = np.empty(n, np.float64), np.empty(n, np.bool_)
    for place in range(pixels.size):
        i = pixels[place]
        count = longest_run(usable[:, place], jumps[:, place], good)
        if count < 2:
            parts[0, i], parts[1, i], parts[2, i] = np.nan, np.nan, 0.0
            continue
        line_weights(good, count, seconds, UTR, 1, weights)
        squares, photons = variance_parts(weights, seconds, spread)
        first, last = -1, 0
        for k in range(n):
            if good[k]:
                last = k
                first = k if first < 0 else first
        parts[0, i], parts[1, i], parts[2, i] = noise_squared * squares, photons, seconds[last] - seconds[first]
