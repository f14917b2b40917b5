"""What libraries warn of, kept from the terminal or taken down, in one thread alone.

``warnings.catch_warnings`` exchanges the filters of the whole process: where two threads do so, one takes down what the
other is told, and what comes back at the end may be the filters of the other for ever. Here a library's module is given
a module ``warnings`` of ours, which looks whether the thread that warns is one that listens.
"""

import importlib
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_HERE = threading.local()


class _Warnings(ModuleType):
    """The module ``warnings``, but what is warned of in a thread that listens goes there."""

    def __getattr__(self, name: str) -> Any:
        return getattr(warnings, name)

    def warn(self, message: Any, category: Any = None, stacklevel: int = 1, *more: Any, **named: Any) -> None:
        told: list[str] | None = getattr(_HERE, "told", None)
        if told is None:
            warnings.warn(message, category, stacklevel + 1, *more, **named)
        else:
            told.append(str(message))


_WARNINGS = _Warnings("warnings")


@contextmanager
def listening(*modules: str) -> Iterator[list[str]]:
    """Keep from everybody else what modules warn of in this thread.

    Parameters
    ----------
    *modules : str
        Names of the modules that call ``warnings.warn``.

    Yields
    ------
    list of str
        What they warned of so far, each time that they did.
    """
    for name in modules:
        module: Any = importlib.import_module(name)
        if module.warnings is warnings:
            module.warnings = _WARNINGS
    before: list[str] | None = getattr(_HERE, "told", None)
    told: list[str] = []
    _HERE.told = told
    try:
        yield told
    finally:
        _HERE.told = before
