"""Scatter of the samples of each pixel without the one that lies furthest off, in one pass over the frames."""

import numpy as np

from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.pointers import floats_at, words_at

#: pixels whose sums stay in the processor's first cache
BLOCK = 1024

_HUGE = np.float32(3.4028235e38)
_ZERO = np.float32(0)
_ONE = np.float32(1)

_jit = njit(nogil=True, cache=True, error_model="numpy")


@_jit
def _add_frame(address, flags, reject, start, width, centre, far, total, squares, good):  # type: ignore[no-untyped-def]
    """Add one frame's samples; of each pixel the furthest so far is held back, the others are summed."""
    pixels = floats_at(address + np.uint64(4 * start))
    bits = words_at(flags + np.uint64(4 * start))
    flagged = flags != 0
    for j in range(width):
        value = pixels[j]
        fine = abs(value) <= _HUGE
        if flagged:
            fine &= (bits[j] & reject) == 0
        distance = value - centre[start + j] if fine else _ZERO
        further = abs(distance) > abs(far[j])
        near = np.float64(far[j] if further else distance)
        far[j] = distance if further else far[j]
        total[j] += near
        squares[j] += near * near
        good[j] += _ONE if fine else _ZERO


@_jit
def scatter(data, dq, reject, start, stop, centre, out, samples):  # type: ignore[no-untyped-def]
    """Standard deviation of the good samples of pixels ``start`` to ``stop``, the furthest of each left out.

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
    out : ndarray of float32
        The standard deviation; 0 for pixels with fewer than three good samples.
    samples : ndarray of uint16
        Good samples, with the one that was left out.
    """
    far = np.empty(BLOCK, np.float32)
    total = np.empty(BLOCK, np.float64)
    squares = np.empty(BLOCK, np.float64)
    good = np.empty(BLOCK, np.float32)
    for position in range(start, stop, BLOCK):
        width = min(BLOCK, stop - position)
        far[:] = _ZERO
        total[:] = 0.0
        squares[:] = 0.0
        good[:] = _ZERO
        for i in range(data.size):
            _add_frame(data[i], dq[i], reject, position, width, centre, far, total, squares, good)
        for j in range(width):
            left = np.float64(good[j]) - 1.0
            variance = (squares[j] - total[j] * total[j] / left) / (left - 1.0)
            out[position + j] = np.float32(np.sqrt(max(variance, 0.0))) if left > 1 else _ZERO
            samples[position + j] = np.uint16(good[j])
