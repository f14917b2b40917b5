"""Which mappings and references a context reaches, by the names that its files write: nothing is loaded for it."""

from collections.abc import Callable
from dataclasses import dataclass

from calgui.core.rules.files.mapping_file import SPECIAL, MappingFile
from calgui.core.rules.files.texts import MappingTexts

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


def named(parsed: MappingFile, fold: Callable[[str], str], *, keep_special: bool) -> dict[str, str]:
    """What a ``.pmap`` or ``.imap`` names: key, its case folded, to file name.

    Parameters
    ----------
    parsed : MappingFile
        What its text says.
    fold : callable
        ``str.upper`` for instruments, ``str.lower`` for types: crds folds the case of keys, and the last of two wins.
    keep_special : bool
        Whether entries that are N/A or left out are among them.

    Returns
    -------
    dict of str to str
    """
    found: dict[str, str] = {}
    for entry in parsed.choices.entries:
        if isinstance(entry.value, str) and len(entry.key) == 1:
            found.pop(fold(entry.key[0]), None)
            if keep_special or entry.value not in SPECIAL:
                found[fold(entry.key[0])] = entry.value
    return found


def children(parsed: MappingFile) -> list[str]:
    """Names that a ``.pmap`` or ``.imap`` selects, special values and files of a wrong kind left out."""
    wanted = CHILD.get(parsed.kind)
    return [
        entry.value
        for entry in parsed.choices.entries
        if wanted and isinstance(entry.value, str) and entry.value not in SPECIAL and entry.value.endswith(wanted)
    ]


def reach(texts: MappingTexts, context: str | None) -> Reach:
    """What a context reaches.

    Parameters
    ----------
    texts : MappingTexts
        The cache's mappings.
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
            parsed = texts.tried(name)
            if parsed is None:
                continue
            below += children(parsed)
            if parsed.kind == ".rmap":
                references.update(file for file, _ in parsed.files())
        level = below
    return Reach(frozenset(mappings), frozenset(references))
