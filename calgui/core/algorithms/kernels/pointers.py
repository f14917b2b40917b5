"""Addresses as pointers to elements of one type, inside compiled loops."""

from typing import Any

from numba import types
from numba.core.extending import intrinsic


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
