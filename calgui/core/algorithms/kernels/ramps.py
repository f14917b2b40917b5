"""Straight lines through the reads of a ramp.

Reads are given by the addresses of their pixels, as they come from a band of a file. Where every read of a pixel can
be used as it is, the rate is a weighted sum of the reads with weights that all pixels share: that is done in blocks,
with vector instructions. Other pixels, and all where the detector's response has to be straightened, are looked at
one by one in double precision.
"""

import numpy as np
from numba import njit

from calgui.core.algorithms.kernels.pointers import floats_at, words_at

#: pixels of a block, which stay in the first cache
BLOCK = 2048
#: methods
UTR, CDS, MCDS = 0, 1, 2
#: places of the figures that say how reads are straightened
TO_X, FROM_X, X_MOST, FULL_WELL, EXTRAPOLATE, KNOWN_ZERO = 0, 1, 2, 3, 4, 5
FIGURES = 6

_HUGE = np.float32(3.4028235e38)

_jit = njit(nogil=True, cache=True, error_model="numpy")


# -- where every read can be used --------------------------------------------------------------------------------------


@_jit
def weighted_sums(planes, weights, start, stop, nx, column_shift, row_shift, variance, rate, err, special):  # type: ignore[no-untyped-def]
    """Rates and errors of whole rows of a band: sum of w_k times read k, less what the reference pixels drifted.

    ``variance`` has two parts: the first plus the second times the rate, where that is positive, is the variance.
    Pixels whose rate is not finite are marked in ``special``; gives their number.
    """
    n = planes.size
    zero = np.float32(0)
    part, share = np.float32(variance[0]), np.float32(variance[1])
    found = np.int64(0)
    for row in range(start, stop):
        shift = row_shift[row]
        for left in range(0, nx, BLOCK):
            width = min(BLOCK, nx - left)
            at = row * nx + left
            begin = np.uint64(4 * at)
            out = rate[at : at + width]
            sigma = err[at : at + width]
            columns = column_shift[left : left + width]
            for j in range(width):
                out[j] = -columns[j] - shift
            k = 0
            while k + 8 <= n:
                # eight planes at once: what is summed is read and written half as often
                p0, p1 = floats_at(planes[k] + begin), floats_at(planes[k + 1] + begin)
                p2, p3 = floats_at(planes[k + 2] + begin), floats_at(planes[k + 3] + begin)
                p4, p5 = floats_at(planes[k + 4] + begin), floats_at(planes[k + 5] + begin)
                p6, p7 = floats_at(planes[k + 6] + begin), floats_at(planes[k + 7] + begin)
                w0, w1, w2, w3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
                w4, w5, w6, w7 = weights[k + 4], weights[k + 5], weights[k + 6], weights[k + 7]
                for j in range(width):
                    out[j] += ((w0 * p0[j] + w1 * p1[j]) + (w2 * p2[j] + w3 * p3[j])) + (
                        (w4 * p4[j] + w5 * p5[j]) + (w6 * p6[j] + w7 * p7[j])
                    )
                k += 8
            while k + 2 <= n:
                p0, p1 = floats_at(planes[k] + begin), floats_at(planes[k + 1] + begin)
                w0, w1 = weights[k], weights[k + 1]
                for j in range(width):
                    out[j] += w0 * p0[j] + w1 * p1[j]
                k += 2
            if k < n:
                p0 = floats_at(planes[k] + begin)
                w0 = weights[k]
                for j in range(width):
                    out[j] += w0 * p0[j]
            odd = np.int32(0)
            for j in range(width):
                value = out[j]
                sigma[j] = np.sqrt(part + share * (value if value > zero else zero))
                odd += np.int32(not (abs(value) <= _HUGE))
            if odd:
                found += odd
                for j in range(width):
                    special[at + j] = not (abs(out[j]) <= _HUGE)
    return found


@_jit
def find_special(planes, bits, start, stop, nx, gain, limit, lead, zeros, reject, keep, rate, flags, special):  # type: ignore[no-untyped-def]
    """Which pixels of whole rows cannot be taken as they are: not finite, flagged, or perhaps near the full well.

    Not needed where there are neither flags nor a full well.

    ``limit`` (electrons, infinite for none) is compared with the highest read above the level at time zero, the first
    read less ``lead`` times the step to the second; and above ``zeros`` where that is known. ``flags`` gets the bits
    that all reads have, and those of ``keep`` that any has. Gives the number of such pixels.
    """
    n = planes.size
    found = np.int64(0)
    high = np.empty(BLOCK, np.float32)
    common = np.empty(BLOCK, np.uint32)
    seen = np.empty(BLOCK, np.uint32)
    look = limit < np.inf
    for row in range(start, stop):
        for left in range(0, nx, BLOCK):
            width = min(BLOCK, nx - left)
            begin = np.uint64(4 * (row * nx + left))
            at = row * nx + left
            for j in range(width):
                common[j] = np.uint32(0)
                seen[j] = np.uint32(0)
            if bits.size:
                for j in range(width):
                    common[j] = np.uint32(0xFFFFFFFF)
                for k in range(n):
                    words = words_at(bits[k] + begin)
                    for j in range(width):
                        common[j] &= words[j]
                        seen[j] |= words[j]
            if look:
                first, second = floats_at(planes[0] + begin), floats_at(planes[1] + begin)
                for j in range(width):
                    high[j] = first[j]
                for k in range(1, n):
                    pixels = floats_at(planes[k] + begin)
                    for j in range(width):
                        high[j] = pixels[j] if pixels[j] > high[j] else high[j]
                for j in range(width):
                    step = second[j] - first[j]
                    zero = first[j] - lead * (step if step > 0 else np.float32(0))
                    near = ((high[j] - zero) * gain >= limit) | ((high[j] - zeros[left + j]) * gain >= limit)
                    seen[j] |= np.uint32(reject) if near else np.uint32(0)
            for j in range(width):
                flags[at + j] = common[j] | (seen[j] & keep)
                odd = ((seen[j] & reject) != 0) | (not (abs(rate[at + j]) <= _HUGE))
                special[at + j] = odd
                found += np.int64(odd)
    return found


# -- pixel by pixel ----------------------------------------------------------------------------------------------------


@_jit
def _value(terms, at, x):  # type: ignore[no-untyped-def]
    """A polynomial by Horner's rule."""
    total = np.float64(terms[terms.shape[0] - 1, at])
    for k in range(terms.shape[0] - 2, -1, -1):
        total = total * x + terms[k, at]
    return total


@_jit
def _start(y, ok, seconds, extrapolate, most):  # type: ignore[no-untyped-def]
    """Level at time zero: the first good read less the median rate of the first steps, up to ``most`` of them."""
    first, last, count = -1, -1, 0
    one, two, three = 0.0, 0.0, 0.0
    for k in range(y.size):
        if not ok[k]:
            continue
        if first < 0:
            first = k
        else:
            step = (y[k] - y[last]) / (seconds[k] - seconds[last])
            if count == 0:
                one = step
            elif count == 1:
                two = step
            else:
                three = step
            count += 1
            if count == most:
                break
        last = k
    if first < 0:
        return np.nan
    if count == 0 or not extrapolate:
        return y[first]
    rate = one
    if count == 3:
        rate = max(min(one, two), min(max(one, two), three))
    return y[first] - rate * seconds[first]


@_jit
def _fill_up(y, ok, base, known, terms, at, how, saturated, bent):  # type: ignore[no-untyped-def]
    """From the first read on that is full, or beyond what the coefficients are good for, none is used; gives flags."""
    flags = np.uint32(0)
    for k in range(y.size):
        if not ok[k]:
            continue
        x = (y[k] - base) * how[TO_X]
        level = (_value(terms, at, x) if terms.shape[0] else x) * how[FROM_X]
        if level >= how[FULL_WELL]:
            flags |= saturated
        if x > how[X_MOST]:
            flags |= bent
        if flags == 0 and not np.isnan(known):
            x = (y[k] - known) * how[TO_X]
            level = (_value(terms, at, x) if terms.shape[0] else x) * how[FROM_X]
            if level >= how[KNOWN_ZERO] * how[FULL_WELL]:
                flags |= saturated
        if flags:
            for later in range(k, y.size):
                ok[later] = False
            break
    return flags


@_jit
def _prepare(planes, bits, i, column, row, column_drift, row_drift, zeros, seconds, terms, at, how, names, y, ok, jump):  # type: ignore[no-untyped-def]
    """Reads of one pixel in electrons above the level at time zero, and which of them can be used; gives flags.

    ``names`` are the bits DO_NOT_USE, SATURATED, JUMP_DET, NONLINEAR, NO_LIN_CORR.
    """
    unusable, saturated, jumped = names[0], names[1], names[2]
    n = planes.size
    common, seen = np.uint32(0xFFFFFFFF), np.uint32(0)
    full = False
    begin = np.uint64(4) * np.uint64(i)
    for k in range(n):
        word = np.uint32(0)
        if bits.size:
            word = words_at(bits[k] + begin)[0]
        common &= word
        seen |= word
        full |= (word & saturated) != 0
        value = np.float64(floats_at(planes[k] + begin)[0]) - column_drift[k, column] - row_drift[k, row]
        y[k] = value
        ok[k] = np.isfinite(value) and (word & unusable) == 0 and not full
        jump[k] = (word & jumped) != 0
    flags = common | (seen & (saturated | jumped))
    straight = terms.shape[0] > 0
    if straight:
        total = 0.0
        for k in range(terms.shape[0]):
            total += terms[k, at]
        straight = np.isfinite(total) and terms[1, at] > 0
        if not straight:
            flags |= names[4]
    used = terms if straight else terms[:0]
    extrapolate = how[EXTRAPOLATE] > 0
    base = _start(y, ok, seconds, extrapolate, 1)
    flags |= _fill_up(y, ok, base, zeros[column], used, at, how, saturated, names[3])
    base = _start(y, ok, seconds, extrapolate, 3)
    if straight and extrapolate and np.isfinite(base):
        # the straightened reads point to time zero better than those that bend
        bent = np.empty(n, np.float64)
        for _ in range(2):
            for k in range(n):
                bent[k] = _value(used, at, (y[k] - base) * how[TO_X])
            base += (_start(bent, ok, seconds, True, 3) - used[0, at]) / (used[1, at] * how[TO_X])
    flags |= _fill_up(y, ok, base, zeros[column], used, at, how, saturated, names[3])
    for k in range(n):
        x = (y[k] - base) * how[TO_X]
        y[k] = (_value(used, at, x) if straight else x) * how[FROM_X]
    return flags


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
def prepare_reads(planes, bits, pixels, nx, known, reads, usable, jumps, flags):  # type: ignore[no-untyped-def]
    """Reads of some pixels of a band, (n, pixels), in electrons above the level at time zero.

    ``known`` is (drift of columns, drift of rows, levels of the reference pixels, times, spread of the times, terms,
    figures, names of flags).
    """
    columns, rows, zeros, seconds, _, terms, how, names = known
    n = planes.size
    y, ok, jump = np.empty(n, np.float64), np.empty(n, np.bool_), np.empty(n, np.bool_)
    for place in range(pixels.size):
        i = pixels[place]
        at = i if terms.shape[0] and terms.shape[1] > 1 else 0
        x, row = i % nx, i // nx
        flags[place] = _prepare(
            planes, bits, i, x, row, columns, rows, zeros, seconds, terms, at, how, names, y, ok, jump
        )
        for k in range(n):
            reads[k, place] = y[k]
            usable[k, place] = ok[k]
            jumps[k, place] = jump[k]


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
        found = _prepare(planes, bits, i, x, row, columns, rows, zeros, seconds, terms, at, how, names, y, ok, jump)
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
