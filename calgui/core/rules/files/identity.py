"""Which observatory a cache belongs to, by what its mappings say."""

from collections.abc import Sequence

from calgui.core.rules.files.layout import Layout
from calgui.core.rules.files.mapping_file import names_in
from calgui.core.rules.files.reach import named
from calgui.core.rules.files.texts import MappingTexts
from calgui.core.rules.observatories.observatory import Observatory, derive, described

_LOOKED_AT = 20


def identify(layout: Layout, texts: MappingTexts, contexts: Sequence[str], context: str | None) -> Observatory:
    """The observatory of a cache, with the instruments, types and parkeys that its default context names beside.

    Parameters
    ----------
    layout : Layout
        Where its parts are.
    texts : MappingTexts
        Its mappings.
    contexts : sequence of str
        Names of its ``.pmap`` files.
    context : str or None
        The default one of them.

    Returns
    -------
    Observatory
        As our own data describe it, else derived from the mappings alone.
    """
    name = _name(texts, [*([context] if context else []), *contexts[-5:]])
    name = name or layout.folder.lower() or layout.root.name.lower()
    instruments, types, parkeys = _named(texts, context)
    known = described(name)
    if known is not None:
        return known.with_found(instruments, types, parkeys)
    return derive(name, instruments, types, parkeys)


def _name(texts: MappingTexts, first: Sequence[str]) -> str:
    for mapping in [*first, *texts.names[:_LOOKED_AT]]:
        parsed = texts.tried(mapping)
        if parsed and parsed.word("observatory"):
            return parsed.word("observatory")
    return ""


def _named(texts: MappingTexts, context: str | None) -> tuple[list[str], list[str], list[str]]:
    """Instruments, types and parkeys that a context's mappings name."""
    pmap = texts.tried(context) if context else None
    if pmap is None:
        return [], [], []
    instruments = named(pmap, str.upper, keep_special=False)
    kinds: list[str] = []
    parkeys = names_in(pmap.header.get("parkey"))
    for name in instruments.values():
        imap = texts.tried(name)
        if imap is None:
            continue
        parkeys += names_in(imap.header.get("parkey"))
        for entry in imap.choices.entries:
            kinds.append("|".join(entry.key))
            rmap = texts.tried(entry.value) if isinstance(entry.value, str) else None
            parkeys += names_in(rmap.header.get("parkey")) + names_in(rmap.header.get("extra_keys")) if rmap else []
    return list(instruments), kinds, parkeys
