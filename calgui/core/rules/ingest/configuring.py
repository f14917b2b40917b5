"""``server_config`` of a new cache: which context is operational; and the folder of an instrument's references."""

import datetime as dt
import pprint
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.errors import InputError
from calgui.core.rules.files.mapping_file import read_safely

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_MODE = "ref_cache_subdir_mode"


def configured(cache: "Cache", context: str, more: Sequence[str] = ()) -> str:
    """Text of ``server_config`` with another operational context.

    Parameters
    ----------
    cache : Cache
        Whose other entries stay. Where it has none that can be read, it gets those without which crds stops.
    context : str
        Name of a ``.pmap``.
    more : sequence of str
        Names of mappings that are new.

    Returns
    -------
    str
        Plain values, as crds itself writes them.
    """
    old = cache.server_config
    known: Mapping[str, Any] = old if isinstance(old, Mapping) else _fresh(cache)
    config = dict(known)
    for key in ("operational_context", "edit_context", "latest_context", "versions_context"):
        stated = config.get(key)
        if key == "operational_context" or (isinstance(stated, str) and stated.endswith(".pmap")):
            config[key] = context
    if "mappings" in config:
        config["mappings"] = sorted({*cache.mappings, *more})
    if "last_synced" in config:
        config["last_synced"] = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
    return pprint.pformat(config) + "\n"


def _fresh(cache: "Cache") -> dict[str, Any]:
    return {
        "bad_files_list": [],
        "connected": False,
        "context_history": [],
        "crds_version": {"str": "0"},
        "edit_context": "x.pmap",
        "force_remote_mode": False,
        "last_synced": "",
        "mapping_url": {},
        "mappings": [],
        "max_bestrefs_per_rpc": 1000,
        "max_headers_per_rpc": 1000,
        "observatory": cache.observatory.name,
        "operational_context": "",
        "reference_url": {},
        "server": "https://crds-serverless-mode.stsci.edu",
        "status": "context parameter",
        "versions_context": "x.pmap",
    }


def _has_files(folder: Path) -> bool:
    try:
        return any(one.is_file() for one in folder.iterdir())
    except OSError:
        return False


def subfolder(cache: "Cache", instrument: str) -> Path:
    """The folder of an instrument's references, below the cache's.

    Parameters
    ----------
    cache : Cache
    instrument : str
        In any case.

    Returns
    -------
    pathlib.Path
        As ``ref_cache_subdir_mode`` says; without it where the references of the cache are.
    """
    layout = cache.layout
    root, top = layout.root, layout.references[0]
    try:
        mode = read_safely(layout.config / _MODE, root, 100).decode("utf-8", "replace").strip()
    except InputError:
        inner = top / instrument.lower()
        inside = [folder for folder in layout.reference_folders() if not layout.leads_out(folder)]
        there = set(filter(_has_files, inside))
        mode = "instrument" if layout.folder and (inner in there or top not in there) else "flat"
    below = top if mode == "flat" else top / instrument.lower()
    return below.relative_to(root)
