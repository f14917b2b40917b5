"""Teach the stock ``crds`` package an observatory, in this process and in memory only.

``crds`` finds what it knows of an observatory in modules ``crds.<observatory>`` and
``crds.<observatory>.<instrument>``. For one that it does not know such modules are made here; nothing is written, and
what crds has of its own is left alone.
"""

import importlib.util
import sys
import threading
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from calgui.core.errors import InputError
from calgui.core.rules.observatories.observatory import Observatory, described, simple_name
from calgui.core.rules.observatories.setup import clear_memos, crds_module

_LOCK = threading.RLock()
_OURS = "made by calgui"
_RESERVED = {"locate", "TYPES"}
_STOCK = ("hst", "jwst", "roman", "tobs")


def is_stock(name: str) -> bool:
    """Whether crds itself knows an observatory of this name (and so may have hooks for it)."""
    return name in _STOCK


def teach(observatory: Observatory, instruments: Iterable[str]) -> None:
    """Make sure that crds can load mappings of an observatory and of some of its instruments.

    Parameters
    ----------
    observatory : Observatory
        Taught if crds does not know it; two caches of one name share what was taught.
    instruments : iterable of str
        Names as in the mappings, in any case.

    Raises
    ------
    InputError
        For a name that is no plain word, or that would stand for a part of crds itself.
    """
    name = observatory.name
    with _LOCK:
        package = _package(name)
        missing = [word.lower() for word in instruments if not _has_instrument(package, word.lower())]
        for instrument in missing:
            _add_instrument(package, name, instrument)
        if missing:
            clear_memos()


def _package(name: str) -> Any:
    constants = crds_module("core.constants")
    full = f"crds.{name}"
    if is_stock(name):
        package = crds_module(name)
        _give_locate(name)
        return package
    known = sys.modules.get(full)
    if known is not None and getattr(known, "__doc__", None) == _OURS:
        return known
    if not simple_name(name) or known is not None or importlib.util.find_spec(full) is not None:
        raise InputError(
            f"{name!r} cannot be the name of an observatory: it is no plain word, or the name of a part of crds.",
            cure="Correct 'observatory' in the header of the mappings.",
        )
    package = ModuleType(full, _OURS)
    package.__path__ = []
    for key in ("INSTRUMENTS", "FILEKINDS"):
        setattr(package, key, [])
    for key in ("TEXT_DESCR", "INSTRUMENT_FIXERS", "TYPE_FIXERS"):
        setattr(package, key, {})
    package.EXTENSIONS = [".fits", ".asdf", ".json"]  # type: ignore[attr-defined]
    _place(package)
    _place(_locate(name))
    constants.ALL_OBSERVATORIES.append(name)
    clear_memos()
    return package


def _place(module: ModuleType) -> None:
    parent, _, child = module.__name__.rpartition(".")
    sys.modules[module.__name__] = module
    setattr(sys.modules[parent], child, module)


def _locate(name: str) -> ModuleType:
    module = ModuleType(f"crds.{name}.locate", _OURS)

    def fits_to_parkeys(header: Any) -> dict[str, str]:
        known = described(name) or Observatory(name)
        return known.parkeys(header)

    def get_all_tpninfos(*_: Any) -> list[Any]:
        return []

    def match_context_key(key: str) -> str:
        return key.upper()

    for function in (fits_to_parkeys, get_all_tpninfos, match_context_key):
        setattr(module, function.__name__, function)
    return module


def _give_locate(name: str) -> None:
    """A stand-in for ``crds.<name>.locate`` where the stock one wants packages that are not installed (jwst)."""
    full = f"crds.{name}.locate"
    if full in sys.modules:
        return
    needs = {"jwst": "stdatamodels", "roman": "asdf"}.get(name)
    if name == "jwst" or (needs is not None and importlib.util.find_spec(needs) is None):
        # for jwst always: its own would build a data model for every keyword, and answer differently without it
        _place(_locate(name))
    else:
        crds_module(f"{name}.locate")


def _has_instrument(package: Any, instrument: str) -> bool:
    return f"{package.__name__}.{instrument}" in sys.modules and instrument in [
        str(word).lower() for word in package.INSTRUMENTS
    ]


def _add_instrument(package: Any, observatory: str, instrument: str) -> None:
    full = f"{package.__name__}.{instrument}"
    if not simple_name(instrument) or instrument in _RESERVED:
        raise InputError(
            f"{instrument!r} cannot be the name of an instrument.",
            cure="Correct 'instrument' in the header of the mapping.",
        )
    stock = [str(word).lower() for word in package.INSTRUMENTS]
    if is_stock(observatory) and instrument in stock and importlib.util.find_spec(full) is not None:
        crds_module(f"{observatory}.{instrument}")
        return
    if hasattr(package, instrument) or (is_stock(observatory) and importlib.util.find_spec(full) is not None):
        raise InputError(
            f"{instrument!r} cannot be the name of an instrument: it is the name of a part of crds.",
            cure="Correct 'instrument' in the header of the mapping.",
        )
    _place(ModuleType(full, _OURS))
    if isinstance(package.INSTRUMENTS, list):
        package.INSTRUMENTS.append(instrument)
    else:
        package.INSTRUMENTS = [*package.INSTRUMENTS, instrument]
