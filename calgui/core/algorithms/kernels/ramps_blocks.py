"""Reads straightened in blocks of pixels of one row, as `ramps_response` does it pixel by pixel.

Every step is a loop over the pixels of a block without branches, which the compiler turns into vector instructions. It
is for ordinary pixels: all reads are finite, none is flagged as unusable, full or after a jump, none reaches the full
well or the end of what the coefficients are good for, and there are coefficients. The others are found, and left to
the loops for single pixels.
"""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.pointers import floats_at, prefetch, words_at
from calgui.core.algorithms.kernels.ramps_response import EXTRAPOLATE, FROM_X, FULL_WELL, KNOWN_ZERO, TO_X, X_MOST

#: pixels of a block, whose reads stay in the first cache
BLOCK = 128
#: terms of a polynomial that are kept with a block, and reads that tell the level at time zero
_TERMS, _FIRST = 6, 4

# What belongs to a block lies in one array, at distances that the compiler knows: it need not guard against overlap.
# Marks of pixels that are not ordinary and of those far below the full well, the level at time zero, that of the
# reference pixels, sum and highest of the reads, terms beyond those that are kept, the weighted sum; then terms, first
# reads straightened, reads. Reads count from the first one, _LEVEL: what is left needs no more than single precision,
# and twice as many of such numbers are worked on at once.
_ODD, _FAR, _BASE, _ZERO, _SUM, _TOP, _HIGH, _RATE = (row * BLOCK for row in range(8))
_C0, _C1, _C2, _C3, _C4, _C5 = (row * BLOCK for row in range(8, 14))
_LEVEL = 14 * BLOCK
_BENT = 15 * BLOCK
_READS = (15 + _FIRST) * BLOCK
#: the compiler must see that no index is negative, or it guards every one of them
_POSITIVE = 0x7FFFFFFFFFFF
#: bytes that are fetched at once
_LINE = 64

_HUGE = np.float32(np.finfo(np.float32).max)
_NONE, _ONE, _TWO, _ANY = np.float32(0), np.float32(1), np.float32(2), np.float32(np.inf)

_jit = njit(nogil=True, cache=True, error_model="numpy")
_pass = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})


@_pass
def _begin(address, zeros, left, width, work):  # type: ignore[no-untyped-def]
    left &= _POSITIVE
    pixels = floats_at(address)
    for j in range(width):
        work[_LEVEL + j] = pixels[j]
    for j in range(width):
        work[_ODD + j] = _NONE
        work[_SUM + j] = _NONE
        work[_TOP + j] = -_HUGE
        work[_HIGH + j] = _NONE
        work[_ZERO + j] = zeros[left + j] - work[_LEVEL + j]


@_pass
def _load(address, drift, left, by_row, width, base, work):  # type: ignore[no-untyped-def]
    """One read above the level of the block, less what the reference pixels drifted; sum and highest."""
    left &= _POSITIVE
    base &= _POSITIVE
    pixels = floats_at(address)
    for j in range(width):
        work[base + j] = (pixels[j] - work[_LEVEL + j]) - (drift[left + j] + by_row)
    for j in range(width):
        value = work[base + j]
        work[_SUM + j] += value
        work[_TOP + j] = max(work[_TOP + j], value)


@_pass
def _merge(address, width, words):  # type: ignore[no-untyped-def]
    """Flags that all reads have, and those that any has."""
    flags = words_at(address)
    for j in range(width):
        words[j] &= flags[j]
        words[BLOCK + j] |= flags[j]


@_pass
def _terms(terms, first, width, work):  # type: ignore[no-untyped-def]
    """The first terms of the pixels; pixels without coefficients are not ordinary."""
    first &= _POSITIVE
    many = terms.shape[0]
    each = terms.shape[1] > 1
    for j in range(width):
        work[_BENT + j] = _NONE
    for t in range(max(many, _TERMS)):
        base = (_C0 + t * BLOCK) & _POSITIVE
        if t >= many:
            for j in range(width):
                work[base + j] = _NONE
            continue
        row = terms[t]
        if t < _TERMS and each:
            for j in range(width):
                work[base + j] = row[first + j]
        elif t < _TERMS:
            one = row[0]
            for j in range(width):
                work[base + j] = one
        for j in range(width):
            work[_BENT + j] += row[first + j] if each else row[0]
    for j in range(width):
        fine = (abs(work[_BENT + j]) <= _HUGE) & (abs(work[_SUM + j]) <= _HUGE) & (work[_C1 + j] > _NONE)
        work[_ODD + j] = _NONE if fine else _ONE


@_pass
def _higher(terms, first, width, base, level, to_x, work):  # type: ignore[no-untyped-def]
    """Sum of the terms beyond those that are kept, for one read above a level."""
    first &= _POSITIVE
    base &= _POSITIVE
    level &= _POSITIVE
    each = terms.shape[1] > 1
    for j in range(width):
        work[_HIGH + j] = _NONE
    for t in range(terms.shape[0] - 1, _TERMS - 1, -1):
        row = terms[t]
        for j in range(width):
            x = (work[base + j] - work[level + j]) * to_x
            work[_HIGH + j] = work[_HIGH + j] * x + (row[first + j] if each else row[0])


@_pass
def _value(work, j, x):  # type: ignore[no-untyped-def]
    """The polynomial by Horner's rule."""
    total = work[_HIGH + j] * x + work[_C5 + j]
    total = total * x + work[_C4 + j]
    total = total * x + work[_C3 + j]
    total = total * x + work[_C2 + j]
    total = total * x + work[_C1 + j]
    return total * x + work[_C0 + j]


@_pass
def _put(width, base, level, to_x, from_x, out, work):  # type: ignore[no-untyped-def]
    """One read above a level, straightened."""
    base &= _POSITIVE
    level &= _POSITIVE
    out &= _POSITIVE
    for j in range(width):
        work[out + j] = _value(work, j, (work[base + j] - work[level + j]) * to_x) * from_x


@_pass
def _put_here(width, base, to_x, from_x, work):  # type: ignore[no-untyped-def]
    """One read above the level at time zero, straightened where it is: a loop of its own, since the compiler takes
    two places that may be the same for ones that overlap, and goes pixel by pixel."""
    base &= _POSITIVE
    for j in range(width):
        work[base + j] = _value(work, j, (work[base + j] - work[_BASE + j]) * to_x) * from_x


@_pass
def _reaches(width, base, level, to_x, most, from_x, well, work):  # type: ignore[no-untyped-def]
    """Mark pixels of which a read, straightened above a level, is full or beyond what the coefficients are good for."""
    base &= _POSITIVE
    level &= _POSITIVE
    for j in range(width):
        x = (work[base + j] - work[level + j]) * to_x
        over = ((_value(work, j, x) * from_x >= well) | (x > most)) & (work[_FAR + j] == _NONE)
        work[_ODD + j] = _ONE if over else work[_ODD + j]


@_pass
def _far(width, how, work):  # type: ignore[no-untyped-def]
    """Mark pixels whose highest read is so low that no read needs to be compared; whether there are others."""
    to_x, from_x, most, well = how[TO_X], how[FROM_X], how[X_MOST], how[KNOWN_ZERO] * how[FULL_WELL]
    near = _NONE
    for j in range(width):
        base, zero = work[_BASE + j], work[_ZERO + j]
        lowest = zero if zero < base else base
        x = (work[_TOP + j] - lowest) * to_x
        far = (x <= most) & (_TWO * x * from_x < well)
        work[_FAR + j] = _ONE if far else _NONE
    for j in range(width):
        near = max(near, _ONE - max(work[_FAR + j], work[_ODD + j]))
    return near > _NONE


@_pass
def _start_of_one(width, lead, work):  # type: ignore[no-untyped-def]
    """Level at time zero by the first step: the first read less ``lead`` times it."""
    for j in range(width):
        first = work[_READS + j]
        work[_BASE + j] = first - lead * (work[_READS + BLOCK + j] - first)


@_pass
def _start(width, n, seconds, rows, out, work):  # type: ignore[no-untyped-def]
    """Level at time zero: the first read less the median rate of the first three steps, or the rate of the first."""
    rows &= _POSITIVE
    out &= _POSITIVE
    since = np.float32(seconds[0])
    one = np.float32(1 / (seconds[1] - seconds[0]))
    if n < _FIRST:
        for j in range(width):
            first = work[rows + j]
            work[out + j] = first - (work[rows + BLOCK + j] - first) * one * since
        return
    two, three = np.float32(1 / (seconds[2] - seconds[1])), np.float32(1 / (seconds[3] - seconds[2]))
    for j in range(width):
        first, second, third = work[rows + j], work[rows + BLOCK + j], work[rows + 2 * BLOCK + j]
        a, b, c = (second - first) * one, (third - second) * two, (work[rows + 3 * BLOCK + j] - third) * three
        work[out + j] = first - max(min(a, b), min(max(a, b), c)) * since


@_pass
def _improve(width, to_x, work):  # type: ignore[no-untyped-def]
    """Move the level at time zero by what the straightened reads say, which is where ``_HIGH`` was put."""
    for j in range(width):
        work[_BASE + j] += (work[_HIGH + j] - work[_C0 + j]) / (work[_C1 + j] * to_x)


@_jit
def _compare(terms, first, width, n, how, work):  # type: ignore[no-untyped-def]
    """Mark pixels that fill up, or leave the range of the coefficients, above either level."""
    higher = terms.shape[0] > _TERMS
    for k in range(n):
        base = _READS + k * BLOCK
        if higher:
            _higher(terms, first, width, base, _BASE, how[TO_X], work)
        _reaches(width, base, _BASE, how[TO_X], how[X_MOST], how[FROM_X], how[FULL_WELL], work)
        if higher:
            _higher(terms, first, width, base, _ZERO, how[TO_X], work)
        _reaches(width, base, _ZERO, how[TO_X], _ANY, how[FROM_X], how[KNOWN_ZERO] * how[FULL_WELL], work)


@_jit
def _point(terms, first, width, n, seconds, how, work):  # type: ignore[no-untyped-def]
    """Level at time zero by the first reads, then twice by the straightened ones."""
    _start(width, n, seconds, _READS, _BASE, work)
    for _ in range(2):
        for k in range(min(n, _FIRST)):
            base = _READS + k * BLOCK
            if terms.shape[0] > _TERMS:
                _higher(terms, first, width, base, _BASE, how[TO_X], work)
            _put(width, base, _BASE, how[TO_X], _ONE, _BENT + k * BLOCK, work)
        _start(width, n, seconds, _BENT, _HIGH, work)
        _improve(width, how[TO_X], work)
        work[_HIGH : _HIGH + width] = _NONE


@_jit
def _ahead(planes, terms, first):  # type: ignore[no-untyped-def]
    """Begin to fetch the next block: it lies in more places than the processor foresees."""
    begin = np.uint64(4) * np.uint64(first)
    for k in range(planes.size):
        for line in range(0, 4 * BLOCK, _LINE):
            prefetch(planes[k] + begin + np.uint64(line))
    if terms.shape[1] == 1:
        return
    at = np.uint64(terms.ctypes.data) + begin
    for t in range(terms.shape[0]):
        for line in range(0, 4 * BLOCK, _LINE):
            prefetch(at + np.uint64(4 * t * terms.shape[1] + line))


@_jit
def _straighten(planes, bits, row, left, width, nx, known, how, words, work):  # type: ignore[no-untyped-def]
    """Straighten one block: its reads in electrons lie in ``work`` from ``_READS`` on, flags of all reads in ``words``.

    Pixels that are not ordinary are marked in ``work``; gives their number.
    """
    columns, rows, zeros, seconds, _, terms, _, names = known
    n = planes.size
    first = row * nx + left
    begin = np.uint64(4) * np.uint64(first)
    _ahead(planes, terms, first + BLOCK)
    _begin(planes[0] + begin, zeros, left, width, work)
    for k in range(n):
        _load(planes[k] + begin, columns[k], left, rows[k, row], width, _READS + k * BLOCK, work)
    _terms(terms, first if terms.shape[1] > 1 else 0, width, work)
    words[:BLOCK] = 0
    if bits.size:
        reject = names[0] | names[1] | names[2]
        words[:BLOCK] = 0xFFFFFFFF
        words[BLOCK:] = 0
        for k in range(n):
            _merge(bits[k] + begin, width, words)
        for j in range(width):
            if (words[BLOCK + j] & reject) != 0:
                work[_ODD + j] = _ONE
    extrapolate = how[EXTRAPOLATE] > _NONE
    _start_of_one(width, np.float32(seconds[0] / (seconds[1] - seconds[0]) if extrapolate else 0.0), work)
    near = _far(width, how, work)
    if near:
        _compare(terms, first, width, n, how, work)
    if extrapolate:
        _point(terms, first, width, n, seconds, how, work)
        if near:
            _compare(terms, first, width, n, how, work)
    for k in range(n):
        base = _READS + k * BLOCK
        if terms.shape[0] > _TERMS:
            _higher(terms, first, width, base, _BASE, how[TO_X], work)
        _put_here(width, base, how[TO_X], how[FROM_X], work)
    count = _NONE
    for j in range(width):
        count += work[_ODD + j]
    return int(count)


@_pass
def _store(width, n, first, reads, work):  # type: ignore[no-untyped-def]
    first &= _POSITIVE
    for k in range(n):
        base = (_READS + k * BLOCK) & _POSITIVE
        row = reads[k]
        for j in range(width):
            row[first + j] = work[base + j]


@_pass
def _sum(width, n, weights, part, share, first, rate, err, work):  # type: ignore[no-untyped-def]
    """Weighted sum of the reads, and its error."""
    first &= _POSITIVE
    for j in range(width):
        work[_RATE + j] = _NONE
    for k in range(n):
        base = (_READS + k * BLOCK) & _POSITIVE
        weight = np.float32(weights[k])
        for j in range(width):
            work[_RATE + j] += weight * work[base + j]
    for j in range(width):
        value = work[_RATE + j]
        rate[first + j] = value
        err[first + j] = np.sqrt(part + share * max(value, _NONE))


@_jit
def _settle(width, first, count, words, work, flags, odd):  # type: ignore[no-untyped-def]
    for j in range(width):
        flags[first + j] = words[j]
        odd[first + j] = False
    if count:
        for j in range(width):
            odd[first + j] = work[_ODD + j] > _NONE


@_jit
def straighten_rows(planes, bits, start, stop, nx, known, reads, flags, odd):  # type: ignore[no-untyped-def]
    """Reads of whole rows of a band, (n, pixels of these rows), in electrons above the level at time zero.

    ``known`` is as for `ramps_response.prepare_reads`; there are coefficients. ``flags`` gets the bits that all reads
    have. Pixels that are not ordinary are marked in ``odd``: their reads and flags mean nothing. Gives their number.
    """
    n = planes.size
    how, words = known[6].astype(np.float32), np.zeros(2 * BLOCK, np.uint32)
    work = np.zeros(_READS + n * BLOCK, np.float32)
    found = 0
    for row in range(start, stop):
        for left in range(0, nx, BLOCK):
            width = min(BLOCK, nx - left)
            count = _straighten(planes, bits, row, left, width, nx, known, how, words, work)
            at = (row - start) * nx + left
            _store(width, n, at, reads, work)
            _settle(width, at, count, words, work, flags, odd)
            found += count
    return found


@_jit
def straight_sums(planes, bits, start, stop, nx, known, weights, variance, rate, err, flags, odd):  # type: ignore[no-untyped-def]
    """Rates and errors of whole rows of a band: sums of the straightened reads times their weights.

    ``variance`` has two parts: the first plus the second times the rate, where that is positive, is the variance.
    The other arguments are as for `straighten_rows`; all results lie at the places of the pixels in the band.
    """
    n = planes.size
    how, words = known[6].astype(np.float32), np.zeros(2 * BLOCK, np.uint32)
    work = np.zeros(_READS + n * BLOCK, np.float32)
    found = 0
    for row in range(start, stop):
        for left in range(0, nx, BLOCK):
            width = min(BLOCK, nx - left)
            count = _straighten(planes, bits, row, left, width, nx, known, how, words, work)
            at = row * nx + left
            _sum(width, n, weights, np.float32(variance[0]), np.float32(variance[1]), at, rate, err, work)
            _settle(width, at, count, words, work, flags, odd)
            found += count
    return found
