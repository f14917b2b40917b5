"""Vectors of sixteen neighbouring pixels as instructions for the compiler: loading, sorting, storing.

The loops of `straight` and `clipping` are written out for a given number of frames, on such vectors: every sample is
read once and stays in the processor's registers. The functions of this module emit the instructions for that.
"""

from typing import Any

from llvmlite import ir

from calgui.core.algorithms.kernels import VECTOR
from calgui.core.algorithms.kernels.networks import central, central_network, median_network

#: pixels of a vector
LANES = VECTOR

_WORD = ir.IntType(32)
_SHORT = ir.IntType(16)
_ADDRESS = ir.IntType(64)
_MASK = ir.IntType(LANES)
_LARGEST = 0x7F7FFFFF
_INFINITY = 0x7F800000

WORDS = ir.VectorType(_WORD, LANES)
SHORTS = ir.VectorType(_SHORT, LANES)
FLOATS = ir.VectorType(ir.FloatType(), LANES)
DOUBLES = ir.VectorType(ir.DoubleType(), LANES)


def constant(kind: ir.VectorType, value: float) -> Any:
    """A vector with one value in every lane."""
    return ir.Constant(kind, [value] * LANES)


def spread(builder: Any, scalar: Any, kind: ir.VectorType) -> Any:
    """A vector with a value that is known when the loop runs in every lane."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.Constant(_WORD, 0))
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), constant(WORDS, 0))


def as_kind(builder: Any, value: Any, kind: ir.VectorType) -> Any:
    """Floats as they are, or as doubles."""
    return value if value.type == kind else builder.fpext(value, kind)


def root(builder: Any, value: Any) -> Any:
    """Square root."""
    kind = ir.FunctionType(FLOATS, [FLOATS])
    return builder.call(builder.module.declare_intrinsic(f"llvm.sqrt.v{LANES}f32", (), kind), [value])


def extremes(builder: Any, values: list[Any]) -> tuple[Any, Any]:
    """Least and largest of values among which NaN do not count."""
    least, largest = constant(FLOATS, float("inf")), constant(FLOATS, float("-inf"))
    for value in values:
        least = builder.select(builder.fcmp_ordered("<", value, least), value, least)
        largest = builder.select(builder.fcmp_ordered(">", value, largest), value, largest)
    return least, largest


def as_bits(builder: Any, condition: Any) -> Any:
    """A condition as a number, the first lane as its lowest bit."""
    return builder.bitcast(condition, _MASK)


def place(builder: Any, address: Any, position: Any, kind: ir.VectorType) -> Any:
    """Pointer to the vector that begins at a pixel of a plane."""
    size = {WORDS: 4, FLOATS: 4, SHORTS: 2, DOUBLES: 8}[kind]
    offset = builder.mul(position, ir.Constant(_ADDRESS, size))
    return builder.inttoptr(builder.add(address, offset), kind.as_pointer())


def load(builder: Any, address: Any, position: Any, kind: ir.VectorType) -> Any:
    """The vector that begins at a pixel."""
    return builder.load(place(builder, address, position, kind), align=2 if kind is SHORTS else 4)


def column(builder: Any, address: Any, n: int, stride: int) -> list[Any]:
    """The vectors of n rows that lie so many floats apart."""
    return [load(builder, address, ir.Constant(_ADDRESS, i * stride), FLOATS) for i in range(n)]


def store(builder: Any, value: Any, address: Any, position: Any) -> None:
    """Write a vector to where a pixel begins."""
    builder.store(value, place(builder, address, position, value.type), align=2 if value.type is SHORTS else 4)


def magnitude(builder: Any, value: Any) -> Any:
    """Bit pattern without its sign: it grows with the float; infinity and NaN lie above all finite ones."""
    return builder.and_(builder.bitcast(value, WORDS), constant(WORDS, 0x7FFFFFFF))


def finite(builder: Any, value: Any) -> Any:
    """In which lanes a value is finite."""
    return builder.icmp_unsigned("<=", magnitude(builder, value), constant(WORDS, _LARGEST))


def everywhere(builder: Any, condition: Any) -> Any:
    """Whether a condition holds in all lanes: one bit."""
    return builder.icmp_unsigned("==", builder.bitcast(condition, _MASK), ir.Constant(_MASK, (1 << LANES) - 1))


def count(builder: Any, conditions: list[Any]) -> Any:
    """In how many of some vectors a condition holds, lane by lane."""
    total = constant(WORDS, 0)
    for condition in conditions:
        total = builder.sub(total, builder.sext(condition, WORDS))
    return total


def filled(builder: Any, values: list[Any], good: list[Any]) -> list[Any]:
    """Put plus and minus infinity in turn in place of what is not good, which leaves the median in the middle."""
    infinity = constant(WORDS, _INFINITY)
    made = []
    for value, fine in zip(values, good, strict=True):
        pattern = builder.bitcast(value, WORDS)
        made.append(builder.bitcast(builder.select(fine, pattern, infinity), FLOATS))
        turned = builder.xor(infinity, constant(WORDS, 0x80000000))
        infinity = builder.select(fine, infinity, turned)
    return made


def median(builder: Any, values: list[Any]) -> Any:
    """The value in the middle, or half way between the two."""
    n = len(values)
    values = _sorted(builder, values, median_network(n))
    return values[n // 2] if n % 2 else _between(builder, *(values[position] for position in central(n)))


def median_of_some(builder: Any, values: list[Any], many: Any, kind: ir.VectorType = FLOATS) -> Any:
    """The median of the good ones among values that were `filled`, of which there are so many; NaN for none.

    Half way between two values is computed in the kind that is asked for.
    """
    n = len(values)
    values = _sorted(builder, values, central_network(n))
    low, high = (as_kind(builder, values[position], kind) for position in central(n))
    odd = builder.icmp_unsigned("!=", builder.and_(many, constant(WORDS, 1)), constant(WORDS, 0))
    middle = builder.select(odd, high if n % 2 else low, _between(builder, low, high))
    some = builder.icmp_unsigned("!=", many, constant(WORDS, 0))
    return builder.select(some, middle, constant(kind, float("nan")))


def _between(builder: Any, low: Any, high: Any) -> Any:
    return builder.fmul(builder.fadd(low, high), constant(low.type, 0.5))


def _sorted(builder: Any, values: list[Any], network: Any) -> list[Any]:
    """The steps of a network, one after another."""
    values = list(values)
    for low, high, kind in network.tolist():
        a, b = values[low], values[high]
        smaller = builder.fcmp_ordered("<", a, b)
        if kind != 2:
            values[low] = builder.select(smaller, a, b)
        if kind != 1:
            values[high] = builder.select(smaller, b, a)
    return values
