"""What references say of themselves, against the rules that select them: type, instrument, USEAFTER."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.rules.files.mapping_file import SPECIAL, open_regular
from calgui.core.rules.lint.lines import walk
from calgui.core.rules.lint.report import found
from calgui.core.rules.selection.dates import standard
from calgui.core.rules.values import Finding, Place, Trust

_BLOCK, _CARD, _MOST_BLOCKS = 2880, 80, 200
_TEXT = re.compile(rb"= *'((?:[^']|'')*)'")
_PARKEYS = {
    "type": ("META.REFTYPE", "META.REF_TYPE"),
    "instrument": ("META.INSTRUMENT.NAME",),
    "after": ("META.USEAFTER",),
}
_USUAL = {"type": "REFTYPE", "instrument": "INSTRUME", "after": "USEAFTER"}


@dataclass(frozen=True)
class _Use:
    """One entry that selects a reference."""

    mapping: str
    kind: str
    instrument: str
    rule: tuple[str, ...]
    date: str | None
    line: int

    def place(self, file: str, note: str) -> Place:
        return Place(self.mapping, self.line, self.rule, self.date, file, note)


def references(cache: Cache, names: Sequence[str], job: Job) -> Iterator[Finding]:
    """Findings on the references that some mappings name, by their primary headers.

    Parameters
    ----------
    cache : Cache
    names : sequence of str
        ``.rmap`` files.
    job : Job
        Progress and cancel.

    Yields
    ------
    Finding
    """
    uses: dict[str, list[_Use]] = {}
    for name in names:
        parsed = cache.texts.tried(name)
        if parsed is None:
            continue
        for entry in walk(parsed):
            if entry.file not in SPECIAL and entry.file.lower().endswith((".fits", ".fit")):
                date = entry.date if entry.selector == "UseAfter" else None
                words = parsed.word("filekind"), parsed.word("instrument")
                uses.setdefault(entry.file, []).append(_Use(name, *words, entry.rule, date, entry.line))
    keywords = {what: _keyword(cache, what) for what in _USUAL}
    for number, (file, rules) in enumerate(uses.items()):
        if number % 32 == 0:
            job.report(number / len(uses), "comparing references with their rules")
        if cache.trust(file) not in (Trust.OK, Trust.CHECKSUM_MISMATCH):
            continue  # there is nothing to read, and that is told already
        path = cache.reference_path(file)
        said = _said(path.resolve(), tuple(keywords.values())) if path is not None else {}
        yield from _contradictions(file, rules, {what: said.get(key, "") for what, key in keywords.items()})


def _keyword(cache: Cache, what: str) -> str:
    rows = (cache.observatory.row(parkey) for parkey in _PARKEYS[what])
    return next((row.keyword for row in rows if row is not None), _USUAL[what])


def _contradictions(file: str, rules: list[_Use], said: dict[str, str]) -> Iterator[Finding]:
    other_type = [use for use in rules if said["type"] and use.kind and said["type"].lower() != use.kind]
    if other_type:
        text = f"{file} says that it is a {said['type']}, but is selected as a {other_type[0].kind}."
        yield found("reftype", [use.place(file, text) for use in other_type], text)
    foreign = [use for use in rules if said["instrument"] and said["instrument"].lower() != use.instrument]
    if foreign:
        text = f"{file} says that it is for {said['instrument']}, but is selected for {foreign[0].instrument.upper()}."
        yield found("instrume", [use.place(file, text) for use in foreign], text)
    after = standard([said["after"].replace("T", " ")]) if said["after"] else None
    if said["after"] and after is None:
        text = f"The USEAFTER of {file} is {said['after']!r}, which is no date."
        yield found("useafter", [rules[0].place(file, text)], text, cure="Correct USEAFTER in the file's next version.")
    early = [use for use in rules if after is not None and use.date is not None and use.date < after]
    if early:
        text = f"{file} is to be used after {after}, but is selected from {min(use.date or '' for use in early)} on."
        yield found("useafter", [use.place(file, text) for use in early], text)


def _said(path: Path, keywords: tuple[str, ...]) -> dict[str, str]:
    """Texts of some cards of the primary header, read with as little as it takes: thousands of files are asked."""
    wanted = {keyword.ljust(8).encode(): keyword for keyword in keywords}
    found_texts: dict[str, str] = {}
    try:
        stream = open_regular(path)
        if stream is None:
            return {}
        with stream:
            for _ in range(_MOST_BLOCKS):
                block = stream.read(_BLOCK)
                for start in range(0, len(block), _CARD):
                    key = block[start : start + 8]
                    if key in wanted:
                        text = _TEXT.match(block, start + 8, start + _CARD)
                        if text:
                            plain = text.group(1).replace(b"''", b"'").decode("ascii", "replace").strip()
                            found_texts.setdefault(wanted[key], plain)
                    elif key == b"END     ":
                        return found_texts
                if len(block) < _BLOCK:
                    break
    except OSError:
        return {}
    return found_texts
