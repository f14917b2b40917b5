"""Bring in the stock ``crds`` package: late, once, offline, silent, and with an environment of its own.

``crds`` reads and *writes* some thirty ``CRDS_*`` variables of the process's environment, at import and whenever it
looks at its configuration. Here it sees a private environment instead, so that neither the user's variables steer it
(pickled contexts, another server, another cache) nor its own leak to child processes.
"""

import importlib
import logging
import os
import sys
import threading
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from calgui.core.errors import CalguiError, InputError

_LOCK = threading.RLock()
_PRIVATE_SETTINGS = {
    "CRDS_SERVER_URL": "https://crds-serverless-mode.stsci.edu",
    "CRDS_READONLY_CACHE": "1",
    "CRDS_MODE": "local",
    # never there, so that ~/.crds.ini is not read either
    "CRDS_INI_FILE": os.path.join(os.devnull, "crds.ini"),  # noqa: PTH118
}


class CrdsUnavailable(CalguiError):
    """The stock ``crds`` package cannot be used in this process: no mapping can be read."""

    exit_code = InputError.exit_code


class _PrivateOs(ModuleType):
    """The ``os`` module, but with another ``environ``; what crds's modules know as ``os``."""

    def __init__(self, environ: dict[str, str]) -> None:
        super().__init__("os", os.__doc__)
        self.environ = environ

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def getenv(self, key: str, default: str | None = None) -> str | None:
        return self.environ.get(key, default)


_ENVIRON: dict[str, str] = {}
_OS = _PrivateOs(_ENVIRON)
_DONE = threading.Event()
_AS_IT_IS = threading.Event()


def _refuse_optimised() -> None:
    # crds checks the syntax of mappings with `assert`: without it a mapping file could run any command
    if sys.flags.optimize:
        raise CrdsUnavailable(
            "Python runs optimised (-O or PYTHONOPTIMIZE), which switches off the checks that keep a CRDS mapping"
            " from running code.",
            cure="Start it without -O and without PYTHONOPTIMIZE.",
        )


def as_it_is() -> None:
    """Let crds have the process's environment and its own log, as its command-line tools need; for a whole process.

    Raises
    ------
    CrdsUnavailable
        When Python runs optimised.
    """
    _refuse_optimised()
    _AS_IT_IS.set()


def crds_module(name: str = "core.rmap") -> Any:
    """A module of the stock ``crds`` package, imported safely.

    Parameters
    ----------
    name : str
        Dotted name below ``crds``, e.g. ``core.rmap`` or ``core.selectors``.

    Returns
    -------
    module
        As ``importlib.import_module("crds." + name)``.

    Raises
    ------
    CrdsUnavailable
        When Python runs optimised, or ``crds`` is not installed.
    """
    full = f"crds.{name}" if name else "crds"
    _refuse_optimised()
    module = sys.modules.get(full)
    if module is not None and _DONE.is_set():
        return module
    with _LOCK:
        return _import(full)


def _import(full: str) -> Any:
    if _AS_IT_IS.is_set():
        module = importlib.import_module(full)
        _DONE.set()
        return module
    before = dict(os.environ)
    for key in [key for key in os.environ if key.startswith("CRDS_")]:
        del os.environ[key]
    os.environ.update(_PRIVATE_SETTINGS)
    try:
        module = importlib.import_module(full)
    except ImportError as error:
        raise CrdsUnavailable(
            f"The crds package cannot be imported: {error}.", cure="Install it: pip install crds."
        ) from error
    finally:
        _ENVIRON.update({key: value for key, value in os.environ.items() if key.startswith("CRDS_")})
        for key in set(os.environ) - set(before):
            del os.environ[key]
        os.environ.update(before)
    if not _DONE.is_set():
        _silence()
    _privatise()
    _DONE.set()
    return module


def _privatise() -> None:
    _ENVIRON.update(_PRIVATE_SETTINGS)
    for name, module in list(sys.modules.items()):
        if (name == "crds" or name.startswith("crds.")) and getattr(module, "os", None) is os:
            module.os = _OS  # type: ignore[attr-defined]


def _silence() -> None:
    log = sys.modules["crds.core.log"]
    logger = log.THE_LOGGER
    logger.remove_console_handler()
    logger.set_verbose(-3)
    logger.logger.setLevel(logging.CRITICAL + 1)
    logger.logger.addHandler(logging.NullHandler())


def forget_memos(mappings: Iterable[Any]) -> None:
    """Let crds forget what it memoised of some mappings, which it would keep alive; of all others it remembers it.

    Parameters
    ----------
    mappings : iterable of crds.core.rmap.Mapping
        That nobody asks any more.
    """
    if not _DONE.is_set():
        return
    owners = {id(one) for mapping in mappings for one in (mapping, getattr(mapping, "selector", mapping))}
    for function in tuple(crds_module("core.utils").CachedFunction.cache_set):
        for key in tuple(function.cache):  # other threads may be asking: nothing of theirs is touched
            if key and id(key[0]) in owners:
                function.cache.pop(key, None)


def clear_memos() -> None:
    """Let crds forget what it memoised: it keeps every mapping alive, and "unknown instrument" for ever."""
    if _DONE.is_set():
        crds_module("core.utils").clear_function_caches()
