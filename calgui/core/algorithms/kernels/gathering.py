"""Blocks of pixels of all frames, copied to where the loops that are written out find them side by side."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.lanes import LANES
from calgui.core.algorithms.kernels.pointers import floats_at, prefetch, words_at

#: pixels that are gathered at a time, and the length of a row of the block: no power of two
BLOCK = 1024
STRIDE = BLOCK + LANES

_HUGE = np.float32(3.4028235e38)
_NAN = np.float32(np.nan)

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def gather(data, dq, reject, start, stop, block, bits, some):  # type: ignore[no-untyped-def]
    """Copy pixels of every frame to a block, NaN for samples that are not good.

    Frame by frame, since planes of one size tend to lie at distances that are multiples of large powers of two: read
    side by side they would throw one another out of the cache. ``bits`` becomes the data quality that every frame
    has, ``some`` that of any; neither is touched when ``bits`` is empty.
    """
    width = stop - start
    for i in range(data.size):
        pixels = floats_at(data[i] + np.uint64(4 * start))
        row = block[i]
        if dq.size == 0:
            for j in range(width):
                row[j] = pixels[j] if abs(pixels[j]) <= _HUGE else _NAN
            continue
        flags = words_at(dq[i] + np.uint64(4 * start))
        for j in range(width):
            row[j] = pixels[j] if (abs(pixels[j]) <= _HUGE) & ((flags[j] & reject) == 0) else _NAN
    if bits.size > 0:
        _merge(dq, start, width, bits[start:stop], some)


@_jit
def _merge(dq, start, width, every, some):  # type: ignore[no-untyped-def]
    """A loop of its own: in that of the pixels the compiler could not tell that nothing overlaps."""
    for j in range(width):
        every[j] = np.uint32(0xFFFFFFFF) if dq.size > 0 else np.uint32(0)
        some[j] = 0
    for i in range(dq.size):
        flags = words_at(dq[i] + np.uint64(4 * start))
        for j in range(width):
            every[j] &= flags[j]
            some[j] |= flags[j]


@_jit
def settle(bits, some, counts, start, stop, minimum, few):  # type: ignore[no-untyped-def]
    """Add the data quality of any frame where no sample is left, and ``few`` under so many samples."""
    for j in range(start, stop):
        bits[j] |= (some[j - start] if counts[j] == 0 else np.uint32(0)) | (
            few if counts[j] < minimum else np.uint32(0)
        )


@_jit
def fetch_next(data, dq, position):  # type: ignore[no-untyped-def]
    """Begin to fetch the pixels that lie where this vector does, one block further.

    The processor foresees what a loop will read within a page of memory only, and a block is about a page of every
    frame: each would begin by waiting. Beyond the last block nothing happens, since an address that is not there is
    passed over.
    """
    further = np.uint64(4 * (position + BLOCK))
    for i in range(data.size):
        prefetch(data[i] + further)
    for i in range(dq.size):
        prefetch(dq[i] + further)
