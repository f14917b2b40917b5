"""Going through what the mappings of a cache name, by their texts: nothing is loaded, broken ones do not stop it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calgui.core.errors import InputError
from calgui.core.rules.files.mapping_file import SPECIAL, Choices, Entry, MappingFile

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


@dataclass(frozen=True)
class Naming:
    """One place in the text of a mapping that names a file.

    Attributes
    ----------
    path : tuple of tuple of str
        Keys as written that lead there, one tuple for each level of selectors; the first is the rule.
    file : str
        What stands there.
    line : int
        In the mapping's text, from 1.
    selectors : tuple of str
        Names of the selectors, outermost first: ``Match``, ``UseAfter``; empty texts for the plain tables of a
        ``.pmap`` or ``.imap``.
    """

    path: tuple[tuple[str, ...], ...]
    file: str
    line: int
    selectors: tuple[str, ...]


@dataclass(frozen=True)
class RuleFile:
    """The rules of one reference type of a context.

    Attributes
    ----------
    instrument, type : str
        Upper and lower case.
    mapping : str
        Name of the ``.rmap``, or what stands in its place: ``N/A`` and the like.
    parsed : MappingFile or None
        Its text; None where there is none.
    error : InputError or None
        Why it cannot be read.
    """

    instrument: str
    type: str
    mapping: str
    parsed: MappingFile | None = None
    error: InputError | None = None


def namings(parsed: MappingFile) -> Iterator[Naming]:
    """Every place of a mapping that names a file and that counts: of two entries with one key crds takes the last."""
    fold = {".pmap": str.upper, ".imap": str.lower}.get(parsed.kind, str)
    yield from _inside(parsed.choices, (), (), fold)


def _inside(
    choices: Choices, path: tuple[tuple[str, ...], ...], above: tuple[str, ...], fold: object
) -> Iterator[Naming]:
    selectors = (*above, choices.selector)
    for entry in live(choices, fold):
        here = (*path, entry.key)
        if isinstance(entry.value, Choices):
            yield from _inside(entry.value, here, selectors, str)
        elif isinstance(entry.value, str):
            yield Naming(here, entry.value, entry.line, selectors)
        else:
            for name in entry.value or ():
                yield Naming(here, name, entry.line, selectors)


def live(choices: Choices, fold: object = str) -> list[Entry]:
    """The entries of a selector that count: the last of those with one key, where the first of them stood."""
    found: dict[tuple[str, ...], Entry] = {}
    for entry in choices.entries:
        found[tuple(fold(part) for part in entry.key) if callable(fold) else entry.key] = entry
    return list(found.values())


def levels(parsed: MappingFile) -> tuple[tuple[str, ...], ...]:
    """Parkeys of each level of selectors, upper case, as the header's ``parkey`` names them."""
    parkey = parsed.header.get("parkey")
    if not isinstance(parkey, tuple | list):
        return ()
    return tuple(
        tuple(str(name).upper() for name in (part if isinstance(part, tuple | list) else (part,))) for part in parkey
    )


def named_values(selector: str, names: tuple[str, ...], key: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """A key with the parkeys that it stands for, as crds tells them: dates and versions of several parts are split."""
    if len(names) > 1 and len(key) == 1:
        parts = key[0].split(".") if selector == "VersionAfter" else key[0].split()
        return tuple(zip(names, parts, strict=False))
    return tuple(zip(names, key, strict=False))


def rule_files(cache: "Cache", context: str) -> Iterator[RuleFile]:
    """The rules of all types of a context, those that are N/A or cannot be read among them.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.

    Yields
    ------
    RuleFile
        One for each type of each instrument; for an instrument that cannot be read one with an empty type.

    Raises
    ------
    UsageError, InputError
        When there is no such context, or it cannot be read.
    """
    for instrument, imap in cache.instruments(context).items():
        try:
            types = cache.types(context, instrument)
        except InputError as error:
            yield RuleFile(instrument, "", imap, error=error)
            continue
        for kind, name in types.items():
            if name in SPECIAL:
                yield RuleFile(instrument, kind, name)
                continue
            try:
                yield RuleFile(instrument, kind, name, cache.parsed(name))
            except InputError as error:
                yield RuleFile(instrument, kind, name, error=error)


def unread(cache: "Cache", context: str) -> tuple[str, ...]:
    """What of a context cannot be read, a sentence for each: what it names is hidden from every answer."""
    return tuple(f"{one.mapping}: {one.error.message}" for one in rule_files(cache, context) if one.error is not None)
