"""Which mappings and references a context reaches, by the names that its files write: nothing is loaded for it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calgui.core.errors import InputError
from calgui.core.rules.mapping_file import SPECIAL, MappingFile

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

CHILD = {".pmap": ".imap", ".imap": ".rmap"}


@dataclass(frozen=True)
class Reach:
    """What a context reaches; names of missing files among them.

    Attributes
    ----------
    mappings, references : frozenset of str
    """

    mappings: frozenset[str]
    references: frozenset[str]


def parsed_or_none(cache: "Cache", name: str) -> MappingFile | None:
    """What a mapping's text says, or None where it cannot be told."""
    try:
        return cache.parsed(name)
    except InputError:
        return None


def children(parsed: MappingFile) -> list[str]:
    """Names that a ``.pmap`` or ``.imap`` selects, special values and files of a wrong kind left out."""
    wanted = CHILD.get(parsed.kind)
    return [
        entry.value
        for entry in parsed.choices.entries
        if wanted and isinstance(entry.value, str) and entry.value not in SPECIAL and entry.value.endswith(wanted)
    ]


def reach(cache: "Cache", context: str | None) -> Reach:
    """What a context reaches.

    Parameters
    ----------
    cache : Cache
    context : str or None
        None, where the cache has no context, reaches nothing.

    Returns
    -------
    Reach
    """
    mappings: set[str] = set()
    references: set[str] = set()
    level = [context] if context else []
    # contexts name instruments, those rules, those references: the kinds leave no way back
    for _ in range(3):
        below: list[str] = []
        for name in dict.fromkeys(level):
            mappings.add(name)
            parsed = parsed_or_none(cache, name)
            if parsed is None:
                continue
            below += children(parsed)
            if parsed.kind == ".rmap":
                references.update(file for file, _ in parsed.files())
        level = below
    return Reach(frozenset(mappings), frozenset(references))
