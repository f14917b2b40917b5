"""The record of ingests that an overlay carries, and the way back: an earlier context becomes the operational one."""

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calgui.core.errors import InputError, UsageError
from calgui.core.frames.writing import write_atomically
from calgui.core.rules.files.mapping_file import read_safely
from calgui.core.rules.ingest.configuring import configured

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.ingest.values import Proposal

NAME = "ingests.json"
_LARGEST = 16 * 2**20
_MOST = 10_000


def ingests(cache: "Cache") -> tuple[dict[str, Any], ...]:
    """What was ingested into an overlay, the oldest first.

    Parameters
    ----------
    cache : Cache

    Returns
    -------
    tuple of dict
        ``date`` (UTC), ``before``, ``context``, ``references``, ``deleted``, ``mappings``; empty for a cache that no
        ingest wrote, or whose record cannot be read.
    """
    path = cache.layout.config / NAME
    try:
        found = json.loads(read_safely(path, cache.layout.root, _LARGEST))
    except (InputError, ValueError, RecursionError):
        return ()
    rows = found.get("ingests") if isinstance(found, dict) else None
    return tuple(row for row in rows[-_MOST:] if isinstance(row, dict)) if isinstance(rows, list) else ()


def record(cache: "Cache", proposal: "Proposal") -> str:
    """The record with one more ingest, as text."""
    row = {
        "date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "before": proposal.context,
        "context": proposal.new_context,
        "references": [rule.source.name for rule in proposal.rules],
        "deleted": [one.reference for one in proposal.deletions],
        "mappings": [one.name for one in proposal.mappings],
    }
    return json.dumps({"ingests": [*ingests(cache), row]}, indent=1) + "\n"


def context_before(cache: "Cache", context: str) -> str | None:
    """The context that another follows, where the cache has it."""
    parsed = cache.texts.tried(context)
    before = parsed.header.get("derived_from") if parsed is not None else None
    return before if isinstance(before, str) and before in cache.contexts and before != context else None


def choose_context(cache: "Cache", context: str) -> Path:
    """Make a context of an overlay its operational one: the way back from an ingest, and forth again.

    Parameters
    ----------
    cache : Cache
        An overlay that an ingest wrote. Its ``server_config`` is replaced, nothing else; no context is ever removed.
    context : str
        Name of one of its ``.pmap``.

    Returns
    -------
    pathlib.Path
        The file that was replaced. The cache is to be read anew.

    Raises
    ------
    UsageError
        When it has no such context.
    InputError
        When no ingest wrote this cache, or nothing may be written there.
    """
    cache.check_context(context)
    if not ingests(cache):
        raise InputError(
            "This cache was not written by an ingest, and is never written to.",
            path=cache.path,
            cure=f"Choose the context for each call (--context {context}), or ingest into an overlay.",
        )
    path = cache.layout.config / "server_config"
    if path.is_symlink() or not path.parent.resolve().is_relative_to(cache.layout.root):
        raise UsageError("This is a link, and is not followed.", path=path, cure="Put the file itself there.")
    text = configured(cache, context)
    return write_atomically(path, lambda file: _write(file, text), overwrite=True)


def _write(file: Any, text: str) -> None:
    file.write(text.encode())
