"""The contexts of a cache and what was ingested when: the way back, as values."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from calgui.core.jobs import Job
from calgui.core.rules.ingest.history import context_before, ingests
from calgui.core.rules.ingest.problems import clean

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: names of files that a row tells; the rest is counted
_MOST = 3


@dataclass(frozen=True)
class ContextRow:
    """One context.

    Attributes
    ----------
    context, follows : str
        Names; the second is empty where it follows none that is there.
    operational : bool
    date : str
        When an ingest wrote it; empty where none did.
    what : str
        What went in and out.
    """

    context: str
    follows: str
    operational: bool
    date: str = ""
    what: str = ""


@dataclass(frozen=True)
class Contexts:
    """Those of a cache.

    Attributes
    ----------
    cache : Cache
    rows : tuple of ContextRow
        The newest first.
    ours : bool
        Whether an ingest wrote this cache, so that the operational context can be chosen.
    """

    cache: "Cache"
    rows: tuple[ContextRow, ...]
    ours: bool


def contexts_of(cache: "Cache", job: Job) -> Contexts:
    """List the contexts of a cache.

    Parameters
    ----------
    cache : Cache
    job : Job
        For cancel.

    Returns
    -------
    Contexts
    """
    records = ingests(cache)
    by_name = {str(one.get("context")): one for one in records}
    rows = []
    for name in reversed(cache.contexts):
        job.check()
        record = by_name.get(name, {})
        before = context_before(cache, name) or ""
        date = clean(record.get("date", ""), 40).replace("T", " ").removesuffix("Z")
        rows.append(ContextRow(name, before, name == cache.default_context, date, _what(record)))
    return Contexts(cache, tuple(rows), bool(records))


def _what(record: dict[str, Any]) -> str:
    """Somebody else may have written the record: nothing in it is sure."""
    said = []
    for key, sign in (("references", "+"), ("deleted", "-")):
        names = record.get(key)
        names = [clean(name, 80) for name in names if isinstance(name, str)] if isinstance(names, list) else []
        said += [f"{sign} {name}" for name in names[:_MOST]]
        if len(names) > _MOST:
            said.append(f"{sign} {len(names) - _MOST:,} more")
    return "  ".join(said)
