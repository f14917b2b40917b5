"""Addresses as pointers to elements of one type, inside compiled loops."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core.extending import intrinsic
from numba.core.imputils import impl_ret_borrowed

#: as of an unknown type: what is called has other arguments than what is written
_intrinsic: Any = intrinsic


def _pointer_to(element: Any) -> Any:
    """An intrinsic that takes an address for a pointer to elements of one type."""

    def declare(typing_context, address):  # type: ignore[no-untyped-def]
        signature = types.CPointer(element)(types.uint64)

        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return signature, generate

    return intrinsic(declare)


floats_at = _pointer_to(types.float32)
words_at = _pointer_to(types.uint32)


@_intrinsic
def unwritten(typing_context, array):  # type: ignore[no-untyped-def]
    """The same array, read-only: what takes it is then the loop that is compiled for arrays from outside."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        made = context.cast(builder, arguments[0], array, signature.return_type)
        return impl_ret_borrowed(context, builder, signature.return_type, made)

    return array.copy(readonly=True)(array), generate


@_intrinsic
def prefetch(typing_context, address):  # type: ignore[no-untyped-def]
    """Begin to fetch what is at an address to the second cache."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        function = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        read, second, data = ir.Constant(word, 0), ir.Constant(word, 2), ir.Constant(word, 1)
        builder.call(function, [builder.inttoptr(arguments[0], byte), read, second, data])
        return context.get_dummy_value()

    return types.void(types.uint64), generate
