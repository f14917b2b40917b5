"""Python's syntax, read by one thread at a time.

CPython keeps how deep it is in a syntax tree for all threads together (up to 3.12). Where the collector comes in while
one thread makes a tree, another may make its own, and the first then ends with a ``SystemError``.
"""

import ast
import threading
from typing import Any

#: held by whoever makes a syntax tree, as crds does when it loads a mapping
MAKING = threading.RLock()


def syntax_tree(text: str) -> ast.Module:
    """As ``ast.parse``.

    Parameters
    ----------
    text : str
        Of a module.

    Returns
    -------
    ast.Module

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        When it is none.
    """
    with MAKING:
        return ast.parse(text)


def literal(text: str) -> Any:
    """As ``ast.literal_eval`` of a text.

    Parameters
    ----------
    text : str
        Of a plain value.

    Returns
    -------
    object

    Raises
    ------
    SyntaxError, ValueError, TypeError, RecursionError, MemoryError
        When it is none.
    """
    with MAKING:
        return ast.literal_eval(text)
