"""Bring in the stock ``crds`` package: late, once, offline, silent, and with an environment of its own.

``crds`` reads and *writes* some thirty ``CRDS_*`` variables of the process's environment, at import and whenever it
looks at its configuration. Here it sees a private environment instead, so that neither the user's variables steer it
(pickled contexts, another server, another cache) nor its own leak to child processes. That of the process is never
touched, which all threads and the libraries below them read.
"""

import builtins
import importlib
import logging
import os
import sys
import threading
from collections.abc import Iterable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
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


def _import_privately(name: str, *more: Any, **named: Any) -> Any:
    module = builtins.__import__(name, *more, **named)
    return _OS if module is os else module


class _PrivateLoader(Loader):
    """Runs a module of crds whose ``import os`` finds the private one, from its first line on."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        found: ModuleType | None = self._loader.create_module(spec)
        return found

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": _import_privately}
        self._loader.exec_module(module)


class _PrivateFinder(MetaPathFinder):
    """Finds the modules of crds as everybody else does, and has them loaded privately."""

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if name.partition(".")[0] != "crds" or _AS_IT_IS.is_set():
            return None
        for finder in tuple(sys.meta_path):
            found = None if finder is self else finder.find_spec(name, path, target)
            if found is not None:
                if found.loader is not None:
                    found.loader = _PrivateLoader(found.loader)
                return found
        return None


_FINDER = _PrivateFinder()
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
    # one that another thread is importing is there too, but half
    if module is not None and _DONE.is_set() and not getattr(module.__spec__, "_initializing", False):
        return module
    with _LOCK:
        return _import(full)


def _import(full: str) -> Any:
    if _AS_IT_IS.is_set():
        module = importlib.import_module(full)
        _DONE.set()
        return module
    _ENVIRON.update(_PRIVATE_SETTINGS)
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    try:
        module = importlib.import_module(full)
    except ImportError as error:
        raise CrdsUnavailable(
            f"The crds package cannot be imported: {error}.", cure="Install it: pip install crds."
        ) from error
    if not _DONE.is_set():
        _silence()
        _share_memos(importlib.import_module("crds.core.utils").CachedFunction)
    _privatise()
    _DONE.set()
    return module


def _privatise() -> None:
    # somebody else may have imported some of crds before
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


_MISSING = object()


def _share_memos(memo: Any) -> None:
    """Make crds's memos safe among threads.

    It looks twice, first whether it remembers and then what: a memo that another thread clears in between would be
    a ``KeyError``, for which a rule's answer is an error. And what was worked out before the clearing was remembered
    after it.

    Parameters
    ----------
    memo : type
        ``crds.core.utils.CachedFunction``.
    """

    def look(self: Any, *args: Any, **keys: Any) -> tuple[Any, Any]:
        key = self.cache_key(*args, **keys)
        found = self.cache.get(key, _MISSING)
        return key, self.uncached(*args, **keys) if found is _MISSING else found

    def call(self: Any, *args: Any, **keys: Any) -> Any:
        known = self.cache
        key = self.cache_key(*args, **keys)
        found = known.get(key, _MISSING)
        if found is _MISSING:
            found = known[key] = self.uncached(*args, **keys)
        return found

    memo._readonly, memo.__call__ = look, call


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
        for function in tuple(crds_module("core.utils").CachedFunction.cache_set):
            function.cache = {}
