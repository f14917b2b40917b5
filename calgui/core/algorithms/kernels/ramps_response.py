"""Reads of single pixels in electrons above the level at time zero, straightened, in double precision.

Each pixel is looked at by itself: what is flagged, missing or full may be any of its reads. Ordinary pixels are done
many at once by `ramps_blocks`.
"""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.pointers import floats_at, words_at

#: places of the figures that say how reads are straightened
TO_X, FROM_X, X_MOST, FULL_WELL, EXTRAPOLATE, KNOWN_ZERO = 0, 1, 2, 3, 4, 5
FIGURES = 6

_jit = njit(nogil=True, cache=True, error_model="numpy")


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
def _far(top, base, known, how):  # type: ignore[no-untyped-def]
    """Whether the highest read is so low that no read needs to be compared with the full well."""
    lowest = min(base, known) if np.isfinite(known) else base
    x = (top - lowest) * how[TO_X]
    # straightening does not double a signal
    return x <= how[X_MOST] and 2 * x * how[FROM_X] < how[KNOWN_ZERO] * how[FULL_WELL]


@_jit
def prepare(  # type: ignore[no-untyped-def]
    planes, bits, i, column, row, column_drift, row_drift, zeros, seconds, terms, at, how, names, y, ok, jump
):
    """Reads of one pixel in electrons above the level at time zero, and which of them can be used; gives flags.

    ``names`` are the bits DO_NOT_USE, SATURATED, JUMP_DET, NONLINEAR, NO_LIN_CORR.
    """
    unusable, saturated, jumped = names[0], names[1], names[2]
    n = planes.size
    common, seen = np.uint32(0xFFFFFFFF), np.uint32(0)
    full = False
    top = -np.inf
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
        top = max(top, value) if ok[k] else top
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
    far = _far(top, base, zeros[column], how)
    if not far:
        flags |= _fill_up(y, ok, base, zeros[column], used, at, how, saturated, names[3])
    base = _start(y, ok, seconds, extrapolate, 3)
    if straight and extrapolate and np.isfinite(base):
        # the straightened reads point to time zero better than those that bend
        bent = np.empty(n, np.float64)
        for _ in range(2):
            count = 0
            for k in range(n):
                bent[k] = _value(used, at, (y[k] - base) * how[TO_X])
                count += 1 if ok[k] else 0
                if count == 4:
                    break
            base += (_start(bent, ok, seconds, True, 3) - used[0, at]) / (used[1, at] * how[TO_X])
    if not far:
        flags |= _fill_up(y, ok, base, zeros[column], used, at, how, saturated, names[3])
    for k in range(n):
        x = (y[k] - base) * how[TO_X]
        y[k] = (_value(used, at, x) if straight else x) * how[FROM_X]
    return flags


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
        flags[place] = prepare(
            planes, bits, i, x, row, columns, rows, zeros, seconds, terms, at, how, names, y, ok, jump
        )
        for k in range(n):
            reads[k, place] = y[k]
            usable[k, place] = ok[k]
            jumps[k, place] = jump[k]
