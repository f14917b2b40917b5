"""Median of some frames, sixteen pixels at a time, without leaving the processor's registers."""

from typing import Any

import numpy as np
from numba import types
from numba.core.extending import intrinsic

from calgui.core.algorithms.kernels import lanes
from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.gathering import BLOCK, STRIDE, fetch_next, gather, settle
from calgui.core.algorithms.kernels.lanes import FLOATS, LANES, SHORTS
from calgui.core.algorithms.kernels.pointers import floats_at

_NAN = np.float32(np.nan)

#: as of an unknown type: what is called has other arguments than what is written
_intrinsic: Any = intrinsic
_jit = njit(nogil=True, cache=True, error_model="numpy")


@_intrinsic
def _whole(typing_context, data, position, out, err):  # type: ignore[no-untyped-def]
    """Medians of a vector of pixels (and, where ``err`` is an address, of the distances from them); whether all samples
    were finite: what is written is right only then."""
    n = data.count

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        addresses, at, to, spread_to = arguments
        values = [lanes.load(builder, builder.extract_value(addresses, i), at, FLOATS) for i in range(n)]
        total = values[0]
        for value in values[1:]:
            total = builder.fadd(total, value)  # not finite if any of them is not
        middle = lanes.median(builder, values)
        lanes.store(builder, middle, to, at)
        if not isinstance(err, types.NoneType):
            apart = [_distance(builder, value, middle) for value in values]
            lanes.store(builder, lanes.median(builder, apart), spread_to, at)
        return lanes.everywhere(builder, lanes.finite(builder, total))

    return types.boolean(data, types.int64, out, err), generate


@_intrinsic
def _holed(typing_context, like, source, position, out, err, counts):  # type: ignore[no-untyped-def]
    """Medians of the good samples of a vector of gathered pixels, with their number; distances where ``err`` is an
    address."""
    n = like.count

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        _, block, at, to, spread_to, counts_to = arguments
        values = lanes.column(builder, block, n, STRIDE)
        good = [builder.fcmp_ordered("ord", value, value) for value in values]
        many = lanes.count(builder, good)
        middle = lanes.median_of_some(builder, lanes.filled(builder, values, good), many)
        lanes.store(builder, middle, to, at)
        if not isinstance(err, types.NoneType):
            apart = [_distance(builder, value, middle) for value in values]
            apart = lanes.filled(builder, apart, good)
            lanes.store(builder, lanes.median_of_some(builder, apart, many), spread_to, at)
        lanes.store(builder, builder.trunc(many, SHORTS), counts_to, at)
        return context.get_dummy_value()

    return types.void(like, types.uint64, types.int64, types.uint64, err, types.uint64), generate


def _distance(builder: Any, value: Any, middle: Any) -> Any:
    return builder.bitcast(lanes.magnitude(builder, builder.fsub(value, middle)), FLOATS)


@_jit
def median(  # type: ignore[no-untyped-def]
    like, data, dq, start, stop, reject, minimum, few, bits, counts, factors, out_at, err_at, counts_at
):
    """Median of pixels ``start`` to ``stop`` of n frames.

    Parameters
    ----------
    like : tuple of n uint64
        The same as ``data``: by its length n is known when this is compiled. From 1 to `MOST_WRITTEN_OUT`.
    data : ndarray of uint64
        Addresses of contiguous float32 pixels.
    dq : ndarray of uint64
        Addresses of uint32 bits; empty where no frame has any.
    start, stop : int
        Pixels counted from those addresses; ``stop - start`` is a multiple of `LANES`.
    reject : uint32
        Data-quality bits whose samples are left out.
    minimum : int
        Fewer good samples set the bits ``few``.
    few : uint32
        See above.
    bits : ndarray of uint32
        Where the combined data quality goes; may be empty.
    counts : ndarray of uint16
        Where the numbers of samples go.
    factors : ndarray of float32, shape (n + 1,)
        From the median distance of k samples to the error.
    out_at, err_at, counts_at : uint64
        Addresses of the medians, of their errors (None where none are wanted), and of ``counts``.
    """
    n = len(like)
    block = np.empty((n, STRIDE), np.float32)
    some = np.empty(BLOCK, np.uint32)
    for first in range(start, stop, BLOCK):
        last = min(first + BLOCK, stop)
        whole = dq.size == 0
        if whole:
            for position in range(first, last, LANES):
                whole &= _whole(like, position, out_at, err_at)
        if whole:
            counts[first:last] = n
            if bits.size > 0:
                bits[first:last] = few if n < minimum else np.uint32(0)
        else:
            gather(data, dq, reject, first, last, block, bits, some)
            for position in range(first, last, LANES):
                fetch_next(data, dq, position)
                source = block.ctypes.data + np.uint64(4 * (position - first))
                _holed(like, source, position, out_at, err_at, counts_at)
            if bits.size > 0:
                settle(bits, some, counts, first, last, minimum, few)
        if err_at is not None:
            sigma = floats_at(err_at + np.uint64(4 * first))
            for j in range(last - first):
                k = counts[first + j]
                sigma[j] = sigma[j] * factors[k] if k > 1 else _NAN
