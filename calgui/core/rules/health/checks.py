"""What can be wrong with one mapping file, each as a sentence: checksum, header, names, rules."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from calgui.core.rules.files.loading import hooks_in_vain
from calgui.core.rules.files.mapping_file import Choices, Entry, MappingFile, checksum
from calgui.core.rules.values import Finding, Place, Severity

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
_MADE = ("generated", "cloning", "by hand", "hand written", "hand edited")
_TYPE_KEYS = {"REFTYPE", "META.REFTYPE", "META.REF_TYPE", "ROMAN.META.REFTYPE"}
_INSTRUMENT_KEYS = {
    "INSTRUME",
    "INSTRUMENT",
    "META.INSTRUMENT.NAME",
    "META.INSTRUMENT.TYPE",
    "ROMAN.META.INSTRUMENT.NAME",
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\Z")
_MOST_OF_A_KIND = 20


def check_mapping(parsed: MappingFile) -> Iterator[Finding]:
    """Defects of a mapping's own text, without looking at other files.

    Parameters
    ----------
    parsed : MappingFile
        What its text says.

    Yields
    ------
    Finding
        At the severity that they have in a context which is in use.
    """
    yield from _checksum(parsed)
    yield from _names(parsed)
    yield from _parkey(parsed)
    for hook in hooks_in_vain(parsed):
        yield Finding(
            _WARNING,
            "hooks",
            parsed.name,
            f"The header asks for the hook {hook!r}, which crds has for other observatories only: it does nothing.",
            "Remove 'hooks' from the header.",
        )
    yield from _rules(parsed)


def _checksum(parsed: MappingFile) -> Iterator[Finding]:
    cure = "Compare the file with its source; if it is as meant, let 'crds checksum' write the sum anew."
    stated = parsed.stated_sha1
    if stated is None:
        yield Finding(
            _ERROR,
            "sha1",
            parsed.name,
            "The header has no sha1sum: stock crds refuses the mapping, and nobody can tell whether it was changed.",
            cure,
        )
    elif stated.lower() != (actual := checksum(parsed.text)):
        yield Finding(
            _ERROR,
            "sha1",
            parsed.name,
            f"The sha1sum in the header ({stated[:8]}...) is not that of the text ({actual[:8]}...): the mapping was"
            " changed after it was signed, and stock crds refuses it unless told to ignore checksums.",
            cure,
        )


def _names(parsed: MappingFile) -> Iterator[Finding]:
    stated = parsed.header.get("name")
    if isinstance(stated, str) and stated.lower() != parsed.name.lower():
        yield Finding(
            _WARNING,
            "name",
            parsed.name,
            f"The header calls the mapping {stated!r}, not as the file is called: reports by that name mean another"
            " file.",
            "Correct 'name' in the header, and its sha1sum.",
        )
    words = [parsed.word(key) for key in ("observatory", "instrument", "filekind")]
    words = words[: {".pmap": 1, ".imap": 2, ".rmap": 3}[parsed.kind]]
    if all(words):
        good = re.compile("_".join(re.escape(word) for word in words) + r"(_\d+)?" + re.escape(parsed.kind) + r"\Z")
        if not good.match(parsed.name):
            yield Finding(
                _WARNING,
                "naming",
                parsed.name,
                f"CRDS would call this file {'_'.join(words)}_<number>{parsed.kind}: tools that read instrument and"
                " type from the name take it for something else.",
                "Rename it when the next version is made.",
            )


def check_derivation(parsed: MappingFile, there: bool) -> Iterator[Finding]:
    """Whether the mapping from which this one was derived can be followed.

    Parameters
    ----------
    parsed : MappingFile
        What the mapping's text says.
    there : bool
        Whether the cache has the mapping that ``derived_from`` names.

    Yields
    ------
    Finding
    """
    origin = parsed.header.get("derived_from")
    if not isinstance(origin, str) or not origin or there or any(word in origin.lower() for word in _MADE):
        return
    if re.search(r"\.[pir]map\Z", origin):
        text = f"It was derived from {origin!r}, which this cache does not have: what changed cannot be shown."
        yield Finding(_INFO, "derived-from", parsed.name, text, "Add that file to see the history.")
    else:
        text = f"'derived_from' is {origin!r}, which is no file: the history leads nowhere, and crds looks in vain."
        yield Finding(_INFO, "derived-from", parsed.name, text, "Name the predecessor, or leave it empty.")


def _parkey(parsed: MappingFile) -> Iterator[Finding]:
    usual = {".pmap": _INSTRUMENT_KEYS, ".imap": _TYPE_KEYS}.get(parsed.kind)
    parkey = parsed.header.get("parkey")
    if usual is None or not isinstance(parkey, tuple) or not parkey or not isinstance(parkey[0], str):
        return
    if len(parkey) != 1 or parkey[0].upper() not in usual:
        shown = ", ".join(str(name) for name in parkey)
        what = "the type" if parsed.kind == ".imap" else "the instrument"
        yield Finding(
            _WARNING,
            "parkey",
            parsed.name,
            f"The header says that {shown} selects {what}; usual is {min(usual, key=len)}. crds takes {what} from the"
            " table's names, and does not look at this keyword.",
            "Correct 'parkey', and the sha1sum.",
        )


def _rules(parsed: MappingFile) -> Iterator[Finding]:
    if parsed.kind == ".rmap":
        yield from _few(_lengths(parsed))
        yield from _few(_dates(parsed, parsed.choices))
        yield from _few(_nothing(parsed, parsed.choices))
    yield from _few(_duplicates(parsed, parsed.choices))


def _few(findings: Iterator[Finding]) -> Iterator[Finding]:
    for count, finding in enumerate(findings):
        if count >= _MOST_OF_A_KIND:
            text = f"The same holds for more places of this file than the first {_MOST_OF_A_KIND}."
            rest = 1 + sum(1 for _ in findings)
            yield replace(finding, message=text, count=rest)
            return
        yield finding


def _at(parsed: MappingFile, entry: Entry, *, dated: bool = False) -> tuple[tuple[Place, ...], int]:
    """The place of an entry, and how many places that is."""
    file = entry.value if isinstance(entry.value, str) else None
    key = ", ".join(entry.key)
    if dated:
        return (Place(parsed.name, entry.line, date=key, reference=file, note=key),), 1
    return (Place(parsed.name, entry.line, entry.key, reference=file, note=key),), 1


def _lengths(parsed: MappingFile) -> Iterator[Finding]:
    names = parsed.matched()
    if names is None:
        return
    wanted = len(names)
    for entry in parsed.choices.entries:
        if len(entry.key) != wanted:
            yield Finding(
                _ERROR,
                "key-length",
                parsed.name,
                f"The rule in line {entry.line} has {len(entry.key)} values for {wanted} parameters: what is over is"
                " silently not compared.",
                "Give the rule one value for each parameter of 'parkey'.",
                "",
                *_at(parsed, entry),
            )


def _dates(parsed: MappingFile, choices: Choices) -> Iterator[Finding]:
    for entry in choices.entries:
        if choices.selector == "UseAfter" and not is_date(entry.key):
            yield Finding(
                _ERROR,
                "date",
                parsed.name,
                f"The date {', '.join(entry.key)!r} in line {entry.line} is not of the form 2024-09-24 00:00:00: crds"
                " compares dates as text, and silently sorts this one wrongly.",
                "Write it as year-month-day hours:minutes:seconds with all zeros.",
                "",
                *_at(parsed, entry, dated=True),
            )
        if isinstance(entry.value, Choices):
            yield from _dates(parsed, entry.value)


def is_date(key: tuple[str, ...]) -> bool:
    """Whether the key of a date is one, in the form that crds compares."""
    if len(key) != 1 or not _DATE.match(key[0]):
        return False
    try:
        datetime.fromisoformat(key[0][:19])
    except ValueError:
        return False
    return True


def _nothing(parsed: MappingFile, choices: Choices) -> Iterator[Finding]:
    for entry in choices.entries:
        if isinstance(entry.value, Choices):
            yield from _nothing(parsed, entry.value)
        elif not entry.value:
            yield Finding(
                _ERROR,
                "no-file",
                parsed.name,
                f"The entry in line {entry.line} selects no file: an observation that it matches gets nothing usable.",
                "Name the file.",
                "",
                *_at(parsed, entry),
            )


def _duplicates(parsed: MappingFile, choices: Choices) -> Iterator[Finding]:
    for entry in shadowed(parsed, choices):
        yield Finding(
            _WARNING,
            "duplicate",
            parsed.name,
            f"The entry {', '.join(entry.key) or '()'} in line {entry.line} stands again further down, and only the"
            " last one counts.",
            "Remove the one that is not meant.",
            "",
            *_at(parsed, entry),
        )
    for entry in choices.entries:
        if isinstance(entry.value, Choices):
            yield from _duplicates(parsed, entry.value)


def shadowed(parsed: MappingFile, choices: Choices) -> list[Entry]:
    """Entries that a later one of the same key silently replaces."""
    fold = parsed.kind != ".rmap"  # instruments and types are compared without case
    last: dict[tuple[str, ...], Entry] = {}
    lost = []
    for entry in choices.entries:
        key = tuple(word.upper() for word in entry.key) if fold else entry.key
        if key in last:
            lost.append(last[key])
        last[key] = entry
    return lost
