"""Sigma-clipped mean of some frames, sixteen pixels at a time.

A round weighs the samples that are still in: their median, mean, deviation, least and largest. Most pixels lose
nothing in the first round and are done with it; those that do are put side by side for further rounds.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.extending import intrinsic

from calgui.core.algorithms.kernels import lanes
from calgui.core.algorithms.kernels.compiling import njit
from calgui.core.algorithms.kernels.gathering import BLOCK, STRIDE, fetch_next, gather, settle
from calgui.core.algorithms.kernels.lanes import DOUBLES, FLOATS, LANES, SHORTS

_NAN = np.float32(np.nan)

#: all bits of `_first`, and the part of a threshold within which it leaves the decision to the exact rounds
_ALL = (1 << LANES) - 1
_DOUBT = 1e-5
_HUGE = 1e30

#: as of an unknown type: what is called has other arguments than what is written
_intrinsic: Any = intrinsic
_jit = njit(nogil=True, cache=True, error_model="numpy")


@_intrinsic
def _first(typing_context, like, source, position, low, high, out, err, counts):  # type: ignore[no-untyped-def]
    """Mean, its error and the number of the good samples of a vector of pixels; a bit for each that loses none.

    In float32, about the median: a bit is only set where rounding cannot have decided.
    """
    n = like.count

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        _, block, at, below, above, to, error_to, counts_to = arguments
        values = lanes.column(builder, block, n, STRIDE)
        good = [builder.fcmp_ordered("ord", value, value) for value in values]
        many = lanes.count(builder, good)
        centre = lanes.median_of_some(builder, lanes.filled(builder, values, good), many)
        least, largest = lanes.extremes(builder, values)
        mean, variance, number = _moments(builder, values, good, many, centre)
        lanes.store(builder, mean, to, at)
        lanes.store(builder, builder.trunc(many, SHORTS), counts_to, at)
        if not isinstance(err, types.NoneType):
            others = builder.fsub(number, lanes.constant(FLOATS, 1.0))
            lanes.store(builder, lanes.root(builder, builder.fdiv(variance, others)), error_to, at)
        deviation = builder.fmul(lanes.root(builder, variance), lanes.constant(FLOATS, 1 - _DOUBT))
        bottom = builder.fmul(deviation, lanes.spread(builder, below, FLOATS))
        top = builder.fmul(deviation, lanes.spread(builder, above, FLOATS))
        calm = builder.and_(
            builder.fcmp_ordered("<=", builder.fsub(centre, least), bottom),
            builder.fcmp_ordered("<=", builder.fsub(largest, centre), top),
        )
        calm = builder.and_(calm, lanes.finite(builder, variance))
        none = builder.icmp_unsigned("==", many, lanes.constant(lanes.WORDS, 0))
        return lanes.as_bits(builder, builder.or_(calm, none))

    return types.uint16(
        like, types.uint64, types.int64, types.float32, types.float32, types.uint64, err, types.uint64
    ), generate


#: rows of the table, each of one vector of float64: the bounds that `_weigh` applies; what it finds within them (least
#: and largest value, median, mean, variance of the population, median distance from the median); the bounds of this
#: round; and those of the last round that counts
_LOW, _HIGH, _LEAST, _LARGEST, _CENTRE, _MEAN, _VARIANCE, _APART = 0, 1, 2, 3, 4, 5, 6, 7
_NEW_LOW, _NEW_HIGH, _LAST_LOW, _LAST_HIGH, _ROWS = 8, 9, 10, 11, 12


@_intrinsic
def _weigh(typing_context, like, apart, source, table, counts):  # type: ignore[no-untyped-def]
    """Statistics of the samples within the bounds: see the rows above. ``apart`` is None where that is not wanted."""
    n = like.count

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        _, _, block, rows, counts_to = arguments

        def keep(row: int, value: Any) -> None:
            lanes.store(builder, lanes.as_kind(builder, value, DOUBLES), rows, _number(row * LANES))

        low, high = (lanes.load(builder, rows, _number(row * LANES), DOUBLES) for row in (_LOW, _HIGH))
        values = lanes.column(builder, block, n, STRIDE)
        inside = [_within(builder, value, low, high) for value in values]
        missing = lanes.constant(FLOATS, float("nan"))
        values = [builder.select(here, value, missing) for value, here in zip(values, inside, strict=True)]
        many = lanes.count(builder, inside)
        lanes.store(builder, many, counts_to, _number(0))
        centre = lanes.median_of_some(builder, lanes.filled(builder, values, inside), many, DOUBLES)
        keep(_CENTRE, centre)
        for row, value in zip((_LEAST, _LARGEST), lanes.extremes(builder, values), strict=True):
            keep(row, value)
        mean, variance, _ = _moments(builder, values, inside, many, centre)
        keep(_MEAN, mean)
        keep(_VARIANCE, variance)
        if not isinstance(apart, types.NoneType):
            away = [builder.fsub(builder.fpext(value, DOUBLES), centre) for value in values]
            away = [builder.fptrunc(value, FLOATS) for value in away]
            away = [builder.bitcast(lanes.magnitude(builder, value), FLOATS) for value in away]
            keep(_APART, lanes.median_of_some(builder, lanes.filled(builder, away, inside), many, DOUBLES))
        return context.get_dummy_value()

    return types.void(like, apart, types.uint64, types.uint64, types.uint64), generate


def _within(builder: Any, value: Any, low: Any, high: Any) -> Any:
    """In which lanes a value is within bounds; NaN never is."""
    value = builder.fpext(value, DOUBLES)
    return builder.and_(builder.fcmp_ordered(">=", value, low), builder.fcmp_ordered("<=", value, high))


def _number(value: int) -> Any:
    return ir.Constant(ir.IntType(64), value)


def _moments(builder: Any, values: list[Any], inside: list[Any], many: Any, centre: Any) -> tuple[Any, Any, Any]:
    """Mean, variance (of the population) and number in the kind of ``centre``, the median, from which they are summed
    so that nothing cancels."""
    kind = centre.type
    none = lanes.constant(kind, 0.0)
    total, squares = none, none
    for value, here in zip(values, inside, strict=True):
        distance = builder.select(here, builder.fsub(lanes.as_kind(builder, value, kind), centre), none)
        total = builder.fadd(total, distance)
        squares = builder.fadd(squares, builder.fmul(distance, distance))
    number = builder.uitofp(many, kind)
    shift = builder.fdiv(total, number)
    variance = builder.fsub(builder.fdiv(squares, number), builder.fmul(shift, shift))
    variance = builder.select(builder.fcmp_ordered("<", variance, none), none, variance)
    return builder.fadd(centre, shift), variance, number


@_jit
def _rounds(like, apart, source, table, counts, clip, factors):  # type: ignore[no-untyped-def]
    """Clip until nothing changes; leave in the tables what the samples within the last bounds amount to.

    As in astropy the last bounds decide on all samples: one that fell in an early round may be back.
    """
    iterations, minimum = int(clip[2]), max(int(clip[3]), 1)
    table[_LOW] = table[_LAST_LOW] = -np.inf
    table[_HIGH] = table[_LAST_HIGH] = np.inf
    _weigh(like, apart, source, table.ctypes.data, counts.ctypes.data)
    active = (1 << LANES) - 1
    for _ in range(iterations):
        active = _next_bounds(apart, table, counts, clip, factors, active)
        if active == 0:
            break
        _weigh(like, apart, source, table.ctypes.data, counts.ctypes.data)
        for j in range(LANES):
            if active >> j & 1:
                if counts[j] >= minimum:
                    table[_LAST_LOW, j] = table[_NEW_LOW, j]
                    table[_LAST_HIGH, j] = table[_NEW_HIGH, j]
                else:
                    active ^= 1 << j
    weighed = True
    for j in range(LANES):
        low, high = table[_LAST_LOW, j], table[_LAST_HIGH, j]
        weighed &= (low >= table[_LOW, j]) & (high <= table[_HIGH, j])
        weighed &= (table[_LEAST, j] >= low) & (table[_LARGEST, j] <= high)
    if not weighed:
        table[_LOW] = table[_LAST_LOW]
        table[_HIGH] = table[_LAST_HIGH]
        _weigh(like, None, source, table.ctypes.data, counts.ctypes.data)


@_jit
def _next_bounds(apart, table, counts, clip, factors, active):  # type: ignore[no-untyped-def]
    """Bounds of the next round from the statistics of the last; the pixels among the active ones that lose samples."""
    for j in range(LANES):
        if not active >> j & 1:
            continue
        width = np.sqrt(table[_VARIANCE, j]) if apart is None else factors[counts[j]] * table[_APART, j]
        low = table[_CENTRE, j] - clip[0] * width
        high = table[_CENTRE, j] + clip[1] * width
        if counts[j] == 0:
            active ^= 1 << j
        elif table[_LEAST, j] >= low and table[_LARGEST, j] <= high:
            table[_LAST_LOW, j] = low
            table[_LAST_HIGH, j] = high
            active ^= 1 << j
        else:
            table[_NEW_LOW, j] = low
            table[_NEW_HIGH, j] = high
            # survivors of all rounds so far
            table[_LOW, j] = max(table[_LOW, j], low)
            table[_HIGH, j] = min(table[_HIGH, j], high)
    return active


@_jit
def clipped(  # type: ignore[no-untyped-def]
    like,
    data,
    dq,
    start,
    stop,
    reject,
    minimum,
    few,
    bits,
    counts,
    clip,
    apart,
    factors,
    out,
    err,
    out_at,
    err_at,
    counts_at,
):
    """Sigma-clipped mean of pixels ``start`` to ``stop`` of n frames.

    Parameters
    ----------
    like, data, dq, start, stop, reject, minimum, few, bits, counts
        As for `straight.median`.
    clip : ndarray of float64
        Thresholds below and above, most rounds, fewest samples left.
    apart : bool or None
        None to clip by the standard deviation; else by the median distance from the median.
    factors : ndarray of float64, shape (n + 1,)
        From the median distance of k samples to a standard deviation.
    out, err : ndarray of float32
        Where mean and its standard error go; ``err`` may be empty.
    out_at, err_at, counts_at : uint64
        Addresses of those and of ``counts``; ``err_at`` is None where no error is wanted.
    """
    block = np.empty((len(like), STRIDE), np.float32)
    some = np.empty(BLOCK, np.uint32)
    lossy = np.empty(BLOCK + LANES, np.int64)
    beside = np.empty((len(like), STRIDE), np.float32)
    table = np.empty((_ROWS, LANES), np.float64)
    left = np.empty(LANES, np.uint32)
    # without a round nothing is lost, whatever the thresholds
    low, high = np.float32(clip[0] if clip[2] > 0 else _HUGE), np.float32(clip[1] if clip[2] > 0 else _HUGE)
    for first in range(start, stop, BLOCK):
        last = min(first + BLOCK, stop)
        gather(data, dq, reject, first, last, block, bits, some)
        many = 0
        for position in range(first, last, LANES):
            fetch_next(data, dq, position)
            calm = 0
            if apart is None:
                source = block.ctypes.data + np.uint64(4 * (position - first))
                calm = _first(like, source, position, low, high, out_at, err_at, counts_at)
                if calm == _ALL:
                    continue
            for j in range(LANES):
                lossy[many] = position - first + j
                many += 1 - (calm >> j & 1)
        for begin in range(0, many, LANES):
            here = lossy[begin : min(begin + LANES, many)]
            for i in range(len(like)):
                for j in range(here.size):
                    beside[i, j] = block[i, here[j]]
                beside[i, here.size : LANES] = _NAN
            _rounds(like, apart, beside.ctypes.data, table, left, clip, factors)
            for j in range(here.size):
                at = first + here[j]
                out[at] = np.float32(table[_MEAN, j])
                counts[at] = left[j]
                if err_at is not None:
                    err[at] = np.float32(np.sqrt(table[_VARIANCE, j] / (np.float64(left[j]) - 1.0)))
        if err_at is not None:
            for j in range(first, last):
                err[j] = err[j] if counts[j] > 1 else _NAN
        if bits.size > 0:
            settle(bits, some, counts, first, last, minimum, few)
