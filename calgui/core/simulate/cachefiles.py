"""The demo's CRDS cache: mappings with a history, references, configuration."""

import pprint
from collections.abc import Sequence
from pathlib import Path

from calgui.core.simulate.mappings import (
    mapping_text,
    match_selector,
    rmap_header,
    table_selector,
    upper_header,
)
from calgui.core.simulate.scene import CONTEXTS, Rules


def mapping_files(rules: Sequence[Rules]) -> dict[str, str]:
    """All mapping files of the cache: each context's ``.pmap`` and ``.imap``, and the ``.rmap`` files behind them.

    Parameters
    ----------
    rules : sequence of Rules
        One for each reference type.

    Returns
    -------
    dict of str to str
        File name to text; nothing is written twice for what did not change.
    """
    files: dict[str, str] = {}
    current: dict[str, str] = {}
    previous = ""
    for number, context in enumerate(CONTEXTS, start=1):
        for row in rules:
            if row.versions[number - 1] is not None:
                current[row.type] = _rmap(files, row, number - 1, current.get(row.type, ""))
        imap = f"tmt_iris_{number:04d}.imap"
        imap_before = f"tmt_iris_{number - 1:04d}.imap" if number > 1 else ""
        files[imap] = mapping_text(upper_header("INSTRUMENT", imap, imap_before), table_selector(current))
        files[context] = mapping_text(upper_header("PIPELINE", context, previous), table_selector({"IRIS": imap}))
        previous = context
    return files


def _rmap(files: dict[str, str], row: Rules, index: int, current: str) -> str:
    """Add the type's mapping of one context unless it is as before; its name."""
    entries = row.versions[index] or {}
    if index > 0 and entries == row.versions[index - 1]:
        return current
    number = int(current.rsplit("_", 1)[1].split(".")[0]) + 1 if current else 1
    name = f"tmt_iris_{row.type.lower()}_{number:04d}.rmap"
    header = rmap_header(name, row.type, row.parkeys, current, row.relevance)
    files[name] = mapping_text(header, match_selector(entries))
    return name


def write_cache(folder: Path, rules: Sequence[Rules]) -> Path:
    """Write mappings and configuration, and make the place for references.

    Parameters
    ----------
    folder : pathlib.Path
        The cache's folder, made here.
    rules : sequence of Rules
        One for each reference type.

    Returns
    -------
    pathlib.Path
        Where the reference files belong.
    """
    mappings, config = folder / "mappings" / "tmt", folder / "config" / "tmt"
    references = folder / "references" / "tmt" / "iris"
    for place in (mappings, config, references):
        place.mkdir(parents=True)
    files = mapping_files(rules)
    for name, text in files.items():
        (mappings / name).write_text(text, encoding="utf-8")
    (config / "ref_cache_subdir_mode").write_text("instrument", encoding="utf-8")
    (config / "server_config").write_text(pprint.pformat(_server_config(sorted(files))) + "\n", encoding="utf-8")
    return references


def _server_config(mappings: list[str]) -> dict[str, object]:
    newest = CONTEXTS[-1]
    return {
        "bad_files_list": [],
        "connected": False,
        "context_history": [],
        "crds_version": {"str": "14.0.3"},
        "edit_context": newest,
        "force_remote_mode": False,
        "last_synced": "2026-03-12 00:00:00",
        "mapping_url": {},
        "mappings": mappings,
        "max_bestrefs_per_rpc": 1000,
        "max_headers_per_rpc": 1000,
        "observatory": "tmt",
        "operational_context": newest,
        "reference_url": {},
        "server": "https://crds-serverless-mode.stsci.edu",
        "status": "context parameter",
        "versions_context": newest,
    }
