"""The ``server_config`` of a cache: which context its owner calls operational, which files bad."""

import json
from collections.abc import Mapping
from typing import Any

from calgui.core.errors import InputError
from calgui.core.rules.files.layout import Layout
from calgui.core.rules.files.mapping_file import read_safely
from calgui.core.rules.files.syntax import literal

_LARGEST = 2**20


def read_server_config(layout: Layout) -> Mapping[str, Any] | InputError | None:
    """Read ``config/<observatory>/server_config``, which holds plain values; it is never run.

    Parameters
    ----------
    layout : Layout
        Where the cache's parts are.

    Returns
    -------
    mapping, InputError or None
        The error, where the file is there but no table of plain values; None where there is none.
    """
    path = layout.config / "server_config"
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        pass  # it cannot be looked at: reading it says why
    try:
        value = _literal(read_safely(path, layout.root, _LARGEST).decode("utf-8"))
    except InputError as error:
        return error
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError) as error:
        return InputError(
            f"server_config is no table of plain values: {error}.", path=path, cure="Restore or remove the file."
        )
    if not isinstance(value, dict):
        return InputError("server_config is no table.", path=path, cure="Restore or remove the file.")
    return value


def _literal(text: str) -> Any:
    """Plain values as crds writes them, or as JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return literal(text.strip())


def stated_context(config: Mapping[str, Any] | InputError | None) -> str | None:
    """The operational context that a ``server_config`` names, whether it exists or not."""
    stated = config.get("operational_context") if config and not isinstance(config, InputError) else None
    return stated if isinstance(stated, str) else None


def bad_files(config: Mapping[str, Any] | InputError | None) -> frozenset[str]:
    """Names of files that a ``server_config`` calls bad."""
    listed = config.get("bad_files_list", ()) if config and not isinstance(config, InputError) else ()
    names = listed.split() if isinstance(listed, str) else listed
    return frozenset(str(name) for name in names) if isinstance(names, list | tuple | set) else frozenset()
