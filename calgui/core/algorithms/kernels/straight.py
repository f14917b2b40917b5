"""Median of some frames, eight pixels at a time, without leaving the processor's registers.

The steps of the sorting network are written out one after another for the given number of frames, on vectors of
eight neighbouring pixels: every sample is read once and every result written once. Blocks of pixels in which a
sample is not finite are left to the loops of `bands`.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core.extending import intrinsic

from calgui.core.algorithms.kernels.bands import combine
from calgui.core.algorithms.kernels.networks import median_network
from calgui.core.algorithms.kernels.pointers import floats_at

#: pixels of a vector, and the most frames for which the steps are written out
LANES = 8
MOST = 32

#: pixels that are tried together before it is known whether all their samples are finite
_BLOCK = 1024

_WORD = ir.IntType(32)
_ADDRESS = ir.IntType(64)
_WORDS = ir.VectorType(_WORD, LANES)
_FLOATS = ir.VectorType(ir.FloatType(), LANES)
_MASK = ir.IntType(LANES)
_LARGEST = 0x7F7FFFFF
_NAN = np.float32(np.nan)

_jit = njit(nogil=True, cache=True, error_model="numpy")


def _place(builder: Any, address: Any, position: Any) -> Any:
    offset = builder.mul(position, ir.Constant(_ADDRESS, 4))
    return builder.inttoptr(builder.add(address, offset), _FLOATS.as_pointer())


def _all(kind: ir.VectorType, value: float) -> Any:
    return ir.Constant(kind, [value] * LANES)


def _magnitude(builder: Any, value: Any) -> Any:
    """Bit pattern without its sign: it grows with the float; infinity and NaN lie above all finite ones."""
    return builder.and_(builder.bitcast(value, _WORDS), _all(_WORDS, 0x7FFFFFFF))


def _median(builder: Any, values: list[Any]) -> Any:
    """The steps of the network, then the value in the middle or half way between the two."""
    n = len(values)
    values = list(values)
    for low, high, kind in median_network(n).tolist():
        a, b = values[low], values[high]
        smaller = builder.fcmp_ordered("<", a, b)
        if kind != 2:
            values[low] = builder.select(smaller, a, b)
        if kind != 1:
            values[high] = builder.select(smaller, b, a)
    if n % 2:
        return values[n // 2]
    return builder.fmul(builder.fadd(values[n // 2 - 1], values[n // 2]), _all(_FLOATS, 0.5))


@intrinsic
def _medians(typing_context, data, position, out, err):  # type: ignore[no-untyped-def]
    """Medians of `LANES` pixels (and, where ``err`` is an address, of the distances from them); whether all samples
    were finite."""
    n = data.count

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        addresses, at, to, spread_to = arguments
        values = [builder.load(_place(builder, builder.extract_value(addresses, i), at), align=4) for i in range(n)]
        total = values[0]
        for value in values[1:]:
            total = builder.fadd(total, value)  # not finite if any of them is not
        middle = _median(builder, values)
        builder.store(middle, _place(builder, to, at), align=4)
        if not isinstance(signature.args[3], types.NoneType):
            apart = [_magnitude(builder, builder.fsub(value, middle)) for value in values]
            spread = _median(builder, [builder.bitcast(value, _FLOATS) for value in apart])
            builder.store(spread, _place(builder, spread_to, at), align=4)
        fine = builder.icmp_unsigned("<=", _magnitude(builder, total), _all(_WORDS, _LARGEST))
        return builder.icmp_unsigned("==", builder.bitcast(fine, _MASK), ir.Constant(_MASK, (1 << LANES) - 1))

    return types.boolean(data, types.int64, out, err), generate


@_jit
def median(  # type: ignore[no-untyped-def]
    addresses, data, dq, errors, start, stop, reject, method, network, spread, clip,
    error, deviation_factors, error_factors, minimum, few, out, err, bits, samples, out_at, err_at,
):  # fmt: skip
    """Median of pixels ``start`` to ``stop`` of n frames, none of which has data-quality bits.

    Parameters
    ----------
    addresses : tuple of n uint64
        The same as ``data``; a tuple, so that n is known when this is compiled. From 1 to `MOST`.
    out_at, err_at : uint64
        Addresses of ``out`` and ``err``; ``err_at`` is None where no error is wanted.
    data, dq, ...
        As for `bands.combine`; ``method`` is its ``MEDIAN``, ``error`` not its ``PROPAGATED``. The number of pixels
        is a multiple of `LANES`.
    """
    n = len(addresses)
    factor = deviation_factors[n] * error_factors[n] / np.sqrt(np.float64(n))
    for first in range(start, stop, _BLOCK):
        last = min(first + _BLOCK, stop)
        whole = True
        for position in range(first, last, LANES):
            whole &= _medians(addresses, position, out_at, err_at)  # type: ignore[call-arg]
        if not whole:
            combine(
                data, dq, errors, first, last, reject, method, network, spread, clip, error, deviation_factors,
                error_factors, minimum, few, out, err, bits, samples,
            )  # fmt: skip
            continue
        samples[first:last] = n
        if bits.size > 0:
            bits[first:last] = few if n < minimum else np.uint32(0)
        if err_at is not None:
            sigma = floats_at(err_at + np.uint64(4 * first))
            for j in range(last - first):
                sigma[j] = np.float32(sigma[j] * factor) if n > 1 else _NAN
