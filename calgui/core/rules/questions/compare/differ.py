"""The logical difference of two mappings, by their texts: instruments, types, headers, rules, dates."""

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from calgui.core.errors import InputError, UsageError
from calgui.core.rules.files.mapping_file import KINDS, SPECIAL, Choices, Entry, MappingFile, decode
from calgui.core.rules.questions.compare.values import Change, ContextDiff, Pair, What
from calgui.core.rules.questions.walk import levels, live

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: header entries that decide nothing
BORING = frozenset({"name", "sha1sum", "derived_from", "description", "author", "creation_date", "comment"})
_ORDER = {what: number for number, what in enumerate(What)}


def compare_contexts(old_cache: "Cache", old: str, new_cache: "Cache", new: str) -> ContextDiff:
    """What differs between two contexts, or two mappings of one kind.

    Parameters
    ----------
    old_cache, new_cache : Cache
        The same one for two contexts of one cache.
    old, new : str
        Names of two ``.pmap``, two ``.imap``, or two ``.rmap``.

    Returns
    -------
    ContextDiff
        By rule and date: comments, order and layout of the texts make no difference, nor do names, checksums and the
        like in headers. Mappings below that cannot be read are told, and do not stop the rest.

    Raises
    ------
    UsageError
        When they are not of one kind.
    InputError
        When one of the two cannot be read.
    """
    kinds = [name[-5:].lower() for name in (old, new)]
    if kinds[0] != kinds[1] or kinds[0] not in KINDS:
        raise UsageError(f"{old} and {new} are not two mappings of one kind.", cure="Name two .pmap, .imap or .rmap.")
    differ = _Differ(old_cache, new_cache)
    first, second = old_cache.parsed(old), new_cache.parsed(new)
    instrument, kind = (first.word("instrument").upper(), first.word("filekind")) if kinds[0] != ".pmap" else ("", "")
    changes = tuple(differ.mappings(first, second, instrument, kind))
    ordered = sorted(changes, key=lambda one: (one.instrument, one.type, _ORDER[one.what]))
    return ContextDiff(
        old_cache.name, new_cache.name, old, new, tuple(ordered), tuple(differ.pairs), tuple(differ.problems)
    )


class _Differ:
    def __init__(self, old: "Cache", new: "Cache") -> None:
        self.old, self.new = old, new
        self.pairs: list[Pair] = []
        self.problems: list[str] = []

    def mappings(self, old: MappingFile, new: MappingFile, instrument: str, kind: str) -> Iterator[Change]:
        """Two mappings of one kind."""
        if old.text != new.text:
            self.pairs.append(Pair(instrument, kind, old.name, new.name))
        elif old.kind == ".rmap":
            return
        yield from _headers(old, new, instrument, kind)
        if old.kind == ".rmap":
            yield from _Rules(old, new, instrument, kind).changes()
        else:
            yield from self._tables(old, new, instrument)

    def _tables(self, old: MappingFile, new: MappingFile, instrument: str) -> Iterator[Change]:
        """What a ``.pmap`` or ``.imap`` names."""
        top = old.kind == ".pmap"
        fold = str.upper if top else str.lower
        first, second = _table(old, fold), _table(new, fold)
        for name in dict.fromkeys([*first, *second]):
            one, two = first.get(name), second.get(name)
            place = (name, "") if top else (instrument, name)
            said = [None if entry is None else str(entry.value) for entry in (one, two)]
            if said[0] != said[1]:
                yield Change(
                    What.INSTRUMENT if top else What.TYPE,
                    "added" if one is None else "removed" if two is None else "replaced",
                    *place,
                    old.name,
                    new.name,
                    key=(name,),
                    old=said[0],
                    new=said[1],
                    old_line=one.line if one else None,
                    new_line=two.line if two else None,
                )
            yield from self._below(said[0], said[1], *place)

    def _below(self, old: str | None, new: str | None, instrument: str, kind: str) -> Iterator[Change]:
        first, second = self._parsed(self.old, old), self._parsed(self.new, new)
        if first is not None and second is not None:
            yield from self.mappings(first, second, instrument, kind)
        elif first is not None or second is not None:
            self.pairs.append(Pair(instrument, kind, first.name if first else None, second.name if second else None))

    def _parsed(self, cache: "Cache", name: str | None) -> MappingFile | None:
        if name is None or name in SPECIAL:
            return None
        try:
            return cache.parsed(name)
        except InputError as error:
            self.problems.append(f"{cache.name}: {name} cannot be compared: {error.message}")
            return None


def _table(parsed: MappingFile, fold: object) -> dict[str, Entry]:
    return {
        (fold(entry.key[0]) if callable(fold) else entry.key[0]): entry
        for entry in live(parsed.choices, fold)
        if isinstance(entry.value, str) and len(entry.key) == 1
    }


def _headers(old: MappingFile, new: MappingFile, instrument: str, kind: str) -> Iterator[Change]:
    for name in dict.fromkeys([*old.header, *new.header]):
        if name in BORING or name == "classes":
            continue
        there = name in old.header, name in new.header
        if all(there) and old.header[name] == new.header[name]:
            continue
        yield Change(
            What.PARKEY if name == "parkey" else What.HEADER,
            "replaced" if all(there) else "removed" if there[0] else "added",
            instrument,
            kind,
            old.name,
            new.name,
            key=(name,),
            old=_text(old.header[name]) if there[0] else None,
            new=_text(new.header[name]) if there[1] else None,
            old_line=old.header_lines.get(name),
            new_line=new.header_lines.get(name),
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


class _Rules:
    """The rules of two ``.rmap``."""

    def __init__(self, old: MappingFile, new: MappingFile, instrument: str, kind: str) -> None:
        self.old, self.new, self.place = old, new, (instrument, kind)
        self.levels = levels(old)

    def changes(self) -> Iterator[Change]:
        one, two = self.old.choices, self.new.choices
        if one.selector != two.selector:
            yield self._change(What.SELECTOR, "replaced", (), (), one.selector, two.selector, one.line, two.line)
        elif levels(self.old) == levels(self.new):
            yield from self._selectors(one, two, ())
        # rules that look at other parameters cannot be told to be the same or not

    def _selectors(self, old: Choices, new: Choices, path: tuple[tuple[str, ...], ...]) -> Iterator[Change]:
        first = {entry.key: entry for entry in live(old)}
        second = {entry.key: entry for entry in live(new)}
        for key in dict.fromkeys([*first, *second]):
            one, two = first.get(key), second.get(key)
            here = (*path, key)
            if one is None or two is None:
                yield from self._alone(one, two, here)
            elif isinstance(one.value, Choices) and isinstance(two.value, Choices):
                if one.value.selector == two.value.selector:
                    yield from self._selectors(one.value, two.value, here)
                else:
                    kinds = one.value.selector, two.value.selector
                    yield self._change(What.SELECTOR, "replaced", here, (), *kinds, one.line, two.line)
            elif one.value != two.value:
                what = What.RULE if len(here) == 1 else What.DATE
                yield self._change(what, "replaced", here, (), _held(one), _held(two), one.line, two.line)

    def _alone(self, one: Entry | None, two: Entry | None, path: tuple[tuple[str, ...], ...]) -> Iterator[Change]:
        """A rule or an entry that one side only has: each file of it."""
        entry = one or two
        assert entry is not None
        what = What.RULE if len(path) == 1 else What.DATE
        for more, file, line in _leaves(entry):
            if one is not None:
                yield self._change(what, "removed", path, more, file, None, line, None)
            else:
                yield self._change(what, "added", path, more, None, file, None, line)

    def _change(
        self,
        what: What,
        action: str,
        path: tuple[tuple[str, ...], ...],
        more: tuple[tuple[str, ...], ...],
        old: str | None,
        new: str | None,
        old_line: int | None,
        new_line: int | None,
    ) -> Change:
        match = self.old.choices.selector == "Match"
        inner = (*path, *more)[1 if match else 0 :]
        key = path[0] if match and path else ()
        names = self.levels[0] if match and self.levels else ()
        date = " / ".join(", ".join(part) for part in inner)
        return Change(
            what, action, *self.place, self.old.name, self.new.name, names, key, date, old, new, old_line, new_line
        )


def _leaves(entry: Entry) -> Iterator[tuple[tuple[tuple[str, ...], ...], str, int]]:
    """Keys below an entry, file and line of each file that it holds."""
    if isinstance(entry.value, Choices):
        for inner in live(entry.value):
            for path, file, line in _leaves(inner):
                yield (inner.key, *path), file, line
    else:
        yield (), _held(entry), entry.line


def _held(entry: Entry) -> str:
    if isinstance(entry.value, Choices):
        return ", ".join(file for _, file, _ in _leaves(entry))
    if isinstance(entry.value, tuple):
        return ", ".join(entry.value)
    return str(entry.value)


def text_diff(old_cache: "Cache", old: str, new_cache: "Cache", new: str, context: int = 3) -> str:
    """The difference of two mappings as texts.

    Parameters
    ----------
    old_cache, new_cache : Cache
        The same one for two mappings of one cache.
    old, new : str
        Names.
    context : int
        Lines around each change.

    Returns
    -------
    str
        As ``diff -u``; empty where they are the same.

    Raises
    ------
    InputError
        When one of them cannot be read.
    """
    first, second = _lines(old_cache, old), _lines(new_cache, new)
    return "\n".join(difflib.unified_diff(first, second, old, new, lineterm="", n=context))


def _lines(cache: "Cache", name: str) -> list[str]:
    data = cache.raw(name)
    try:
        return decode(data).splitlines()
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace").splitlines()
