"""The optimal ramp fit: pixels in blocks, by `ramps_passes`; what is not ordinary goes to `ramps_jumps`.

Pixels that lack a read, and those whose chi² falls suspiciously without some difference, are fitted again one by one,
in double precision.
"""

import numpy as np

from calgui.core.algorithms.kernels import ramps_jumps as single
from calgui.core.algorithms.kernels import ramps_passes as passes
from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.ramps_passes import BLOCK

#: rounds in which the photon noise follows the rate
ROUNDS = 2

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def _one(room, n, r2, overlap, begin, rounds, detect, cuts, grouped, most, jumps, pixel):  # type: ignore[no-untyped-def]
    """Fit one pixel by itself: rate, its variance, chi², differences and reads that count."""
    if n == 0 or not 0 < r2 <= passes.HUGE:
        return np.nan, np.nan, np.nan, 1, 0
    value, photon, a, shift, square = single.fit_rounds(room, n, begin, rounds, r2, overlap)
    found = 0
    while detect and n > 1 and found < most:
        fewer, without = single.take_out(room, n, r2, overlap, value, photon, a, shift, cuts, grouped, jumps, pixel)
        if fewer == n:
            break
        n = fewer
        found += 1
        value, photon, a, shift, square = single.fit_rounds(room, n, without, 1, r2, overlap)
    return value, 1.0 / a, max(square, 0.0), n, single.reads_used(room, n)


@_jit
def fit_range(  # type: ignore[no-untyped-def]
    reads, good, known, seconds, overlap, noise, start, stop, detect, sigma, grouped, most,
    rate, error, chi2, dof, used, jumps,
):  # fmt: skip
    """Fit the pixels ``start`` to ``stop`` of a stack of reads.

    Parameters
    ----------
    reads : ndarray of float32, shape (nread, npix)
        Electrons; what is not finite counts as missing.
    good : ndarray of uint8, shape (nread, npix) or (0, 0)
        0 for a read to leave out; empty where all are good.
    known : ndarray of uint8, shape (nread, npix) or (0, 0)
        Not 0 where a jump is known between a read and the one before.
    seconds : ndarray of float64, shape (nread,)
        Times.
    overlap : float
        See `ramps_jumps.fit_once`.
    noise : ndarray of float32, shape (npix,) or (1,)
        Electrons of a read.
    start, stop : int
        Pixels.
    detect, sigma, grouped, most
        Whether jumps are looked for, from how many sigma on, whether one may spread over two differences, and how
        many there may be.
    rate, error, chi2 : ndarray of float32, shape (npix,)
        Filled.
    dof, used : ndarray of int16
        Filled: degrees of freedom, reads that count.
    jumps : ndarray of bool, shape (nread, npix)
        True is added.
    """
    nread = seconds.size
    has_good = good.size > 0
    has_known = known.size > 0
    cuts = np.array([sigma * sigma, single.pair_cut(sigma, grouped)])
    cut, two_cut = np.float32(single.SUSPICIOUS * cuts[0]), np.float32(single.SUSPICIOUS * cuts[1])
    gap = np.float32(overlap)
    order = np.arange(nread)
    room = np.empty((single.ROWS, nread))
    dt, plain = np.empty(nread, np.float32), np.empty(nread, np.float32)
    complete = np.empty(BLOCK, np.uint8)
    block, along = np.zeros(passes.ROWS, np.float32), np.zeros((nread + 1) * passes.READ, np.float32)
    block[passes.NOISE : passes.NOISE + BLOCK] = noise[0] * noise[0]
    for begun in range(start, stop, BLOCK):
        # the last block reaches back over pixels that were fitted: no result depends on where the rows were cut
        first = max(min(begun, stop - BLOCK), start)
        width = min(BLOCK, stop - first)
        if noise.size > 1:
            passes.square(noise, first, width, block)
        count = 0
        if width == BLOCK:
            if has_good:
                count = passes.mark(good, first, order, complete)
            else:
                count = nread
                complete[:] = 1
            if has_known:
                passes.leave(known, first, complete)
        if count < 2:
            complete[:] = 0
        else:
            n = count - 1
            passes.intervals(seconds, order, n, dt, plain)
            passes.subtract(reads, first, order, n, plain, block, along)
            for _ in range(ROUNDS - 1):
                passes.better(dt, n, gap, block, along)
            passes.last(dt, n, gap, block, along)
            if detect and n > 1:
                passes.backward(dt, n, gap, cut, block, along)
                if n > 3:
                    passes.pairs(n, two_cut, block, along)
            if not passes.store(first, count, block, complete, rate, error, chi2, dof, used):
                continue
        for j in range(width):
            if complete[j] == 1:
                continue
            pixel = first + j
            if complete[j] == passes.ALONE:  # the rounds begin where the fit of the block ended
                n, begin, rounds = count - 1, np.float64(block[passes.RATE + j]), 1
                single.fill(along, passes.READ + passes.DS, passes.READ, j, order, n, seconds, room)
            else:
                n = single.differences(reads, good, has_good, known, has_known, seconds, pixel, room)
                begin, rounds = np.float64(np.nan), 3
            value, variance, square, many, some = _one(
                room,
                n,
                np.float64(block[passes.NOISE + j]),
                overlap,
                begin,
                rounds,
                detect,
                cuts,
                grouped,
                most,
                jumps,
                pixel,
            )
            rate[pixel], error[pixel], chi2[pixel] = value, np.sqrt(variance), square
            dof[pixel], used[pixel] = many - 1, some
