"""What header keywords mean, with unit, allowed values and who writes them, from tables in ``resources/keywords``."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from calgui.core.resources import resources

#: a keyword that is in several tables is that of the first
_TABLES = ("fits.csv",)
_HOLE = re.compile(r"\{([a-z])\}")
#: ``{a}`` is the letter of another description of the coordinates, or nothing; the others are numbers
_LETTER = "a"
_UNIT = re.compile(r"\s*\[([^\]\s][^\]]{0,24})\]")
#: what stands in brackets at the start of comments and is a time scale or a range, not a unit
_NO_UNIT = re.compile(r"(?i)utc|ut1?|tai|tdb|tt|\d.*|[tf]/[tf]|iso.*|yyyy.*")


@dataclass(frozen=True)
class Meaning:
    """What is known of a keyword.

    Attributes
    ----------
    keyword : str
        As asked for, upper case.
    text : str
        What it means, in a phrase.
    unit : str
        As FITS writes units; empty where there is none.
    kind : str
        ``string``, ``integer``, ``number``, ``logical``, ``date``, or what list of them; empty where not known.
    allowed : tuple of str
        Values that it may have; empty where any.
    system : str
        Who says it: ``FITS``, ``WCS``, ``IRIS``, ``NFIRAOS``, ``TCS``, ``pipeline``, ``CRDS``, ...
    source : str
        Where these facts are from.
    """

    keyword: str
    text: str
    unit: str = ""
    kind: str = ""
    allowed: tuple[str, ...] = ()
    system: str = ""
    source: str = ""

    @property
    def brief(self) -> str:
        """Meaning and unit in one line."""
        return f"{self.text} [{self.unit}]" if self.unit else self.text

    @property
    def lines(self) -> tuple[str, ...]:
        """All of it, for a tooltip."""
        said = [self.brief]
        if self.kind:
            said.append(f"Type: {self.kind}")
        if self.allowed:
            said.append(f"Values: {', '.join(self.allowed)}")
        said.append(f"From: {self.system or 'unknown'} ({self.source})")
        return tuple(said)


def meaning_of(keyword: str) -> Meaning | None:
    """What a keyword means.

    Parameters
    ----------
    keyword : str
        In any case.

    Returns
    -------
    Meaning or None
        None where nothing is known.
    """
    return _meaning(keyword.strip().upper())


def unit_of(keyword: str, comment: str = "") -> str:
    """Unit of a keyword's value: as the header itself says in brackets before the comment, or else as is known.

    Parameters
    ----------
    keyword : str
        In any case.
    comment : str
        Of the card.

    Returns
    -------
    str
        Empty where there is none, or it is not known.
    """
    match = _UNIT.match(comment)
    if match and not _NO_UNIT.fullmatch(match[1]):
        return match[1]
    found = meaning_of(keyword)
    return found.unit if found is not None else ""


def without_unit(comment: str) -> str:
    """A comment without the unit in brackets before it.

    Parameters
    ----------
    comment : str
        Of a card.

    Returns
    -------
    str
        The same where it does not begin with a unit, or says nothing else.
    """
    match = _UNIT.match(comment)
    if match and not _NO_UNIT.fullmatch(match[1]):
        return comment[match.end() :].strip() or comment
    return comment


@cache
def _meaning(keyword: str) -> Meaning | None:
    plain, patterns = _facts()
    found = plain.get(keyword)
    if found is not None:
        return found
    for pattern, fact in patterns:
        match = pattern.fullmatch(keyword)
        if match:
            return _filled(fact, keyword, match.groupdict())
    return None


def _filled(fact: Meaning, keyword: str, holes: dict[str, str]) -> Meaning:
    text = _HOLE.sub(lambda hole: holes.get(hole[1], hole[0]), fact.text)
    if holes.get(_LETTER):
        text = f"{text} (description {holes[_LETTER]})"
    return replace(fact, keyword=keyword, text=text)


@cache
def _facts() -> tuple[dict[str, Meaning], tuple[tuple[re.Pattern[str], Meaning], ...]]:
    """All tables: keywords, and patterns of keywords."""
    plain: dict[str, Meaning] = {}
    patterns: list[tuple[re.Pattern[str], Meaning]] = []
    for name in _TABLES:
        for fact in _read(resources() / "keywords" / name):
            if "{" in fact.keyword:
                patterns.append((_pattern(fact.keyword), fact))
            else:
                plain.setdefault(fact.keyword, fact)
    return plain, tuple(patterns)


def _pattern(keyword: str) -> re.Pattern[str]:
    parts = _HOLE.split(keyword)
    said = [
        re.escape(part) if place % 2 == 0 else f"(?P<{part}>{'[A-Z]?' if part == _LETTER else '[0-9]+'})"
        for place, part in enumerate(parts)
    ]
    return re.compile("".join(said))


def _read(path: Path) -> Iterator[Meaning]:
    """One table; its source stands in the first line."""
    with path.open(encoding="utf-8", newline="") as file:
        source = file.readline().removeprefix("# source:").strip()
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            allowed = tuple(value for value in row["allowed"].split("|") if value)
            yield Meaning(row["keyword"], row["meaning"], row["unit"], row["type"], allowed, row["system"], source)
