"""Which observatory a cache belongs to, by what its mappings say."""

from typing import TYPE_CHECKING

from calgui.core.errors import InputError
from calgui.core.rules.observatory import Observatory, derive, described
from calgui.core.rules.reach import parsed_or_none

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_LOOKED_AT = 20


def identify(cache: "Cache") -> Observatory:
    """The observatory of a cache, with the instruments and types that its default context names beside.

    Parameters
    ----------
    cache : Cache
        Its contexts and mappings are known already.

    Returns
    -------
    Observatory
        As our own data describe it, else derived from the mappings alone.
    """
    name = _name(cache)
    instruments, types, parkeys = _named(cache)
    known = described(name)
    if known is not None:
        return known.with_found(instruments, types)
    return derive(name, instruments, types, parkeys)


def _name(cache: "Cache") -> str:
    first = [cache.default_context] if cache.default_context else []
    for mapping in [*first, *cache.contexts[-5:], *cache.mappings[:_LOOKED_AT]]:
        parsed = parsed_or_none(cache, mapping)
        if parsed and parsed.word("observatory"):
            return parsed.word("observatory")
    return cache.layout.folder.lower() or cache.name.lower()


def _named(cache: "Cache") -> tuple[list[str], list[str], list[str]]:
    """Instruments, types and parkeys that the default context's mappings name."""
    kinds: list[str] = []
    parkeys: list[str] = []
    if cache.default_context is None:
        return [], [], []
    try:
        found = cache.instruments(cache.default_context)
    except InputError:
        return [], [], []
    for imap in found.values():
        parsed = parsed_or_none(cache, imap)
        for entry in parsed.choices.entries if parsed else ():
            kinds.append("|".join(entry.key))
            rmap = parsed_or_none(cache, entry.value) if isinstance(entry.value, str) else None
            parkeys += _flat(rmap.header.get("parkey")) if rmap else []
    return list(found), kinds, parkeys


def _flat(parkey: object) -> list[str]:
    if isinstance(parkey, str):
        return [parkey]
    return [name for part in parkey for name in _flat(part)] if isinstance(parkey, tuple) else []
