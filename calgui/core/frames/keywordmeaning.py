"""What header keywords mean, with unit, allowed values and who writes them, from tables in ``resources/keywords``."""

import csv
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

from calgui.core.resources import resources

#: a keyword that is in several tables is that of the first
_TABLES = ("iris.csv", "pipeline.csv", "fits.csv")
_OBSERVATORIES = ("tmt.toml", "ligeriri.toml")
_HOLE = re.compile(r"\{([a-z])\}")
#: ``{a}`` is the letter of another description of the coordinates, or nothing; ``{w}`` a word; the others are numbers
_LETTER = "a"
_FORMS = {_LETTER: "[A-Z]?", "w": "[A-Z0-9_]+"}
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
        In any case; a parkey (``META.INSTRUMENT.FILTER``) is asked about as the FITS keyword that holds it.

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


@lru_cache(maxsize=20_000)
def _meaning(keyword: str) -> Meaning | None:
    plain, patterns = _facts()
    keyword = _parkeys().get(keyword, keyword) if "." in keyword else keyword
    found = plain.get(keyword)
    if found is not None:
        return found
    for length in range(len(keyword), 0, -1):
        for pattern, fact in patterns.get(keyword[:length], ()):
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
def _facts() -> tuple[dict[str, Meaning], dict[str, list[tuple[re.Pattern[str], Meaning]]]]:
    """All tables: keywords, and patterns of keywords by what stands before their first hole."""
    plain: dict[str, Meaning] = {}
    patterns: dict[str, list[tuple[re.Pattern[str], Meaning]]] = {}
    for name in _TABLES:
        for fact in _read(resources() / "keywords" / name):
            if "{" in fact.keyword:
                start = fact.keyword.partition("{")[0]
                patterns.setdefault(start, []).append((_pattern(fact.keyword), fact))
            else:
                plain.setdefault(fact.keyword, fact)
    return plain, patterns


@cache
def _parkeys() -> dict[str, str]:
    """FITS keywords of the parkeys that the known observatories have."""
    found: dict[str, str] = {}
    for name in _OBSERVATORIES:
        with (resources() / "observatories" / name).open("rb") as file:
            table = tomllib.load(file)["keywords"]
        for parkey, (keyword, *_) in table.items():
            found.setdefault(parkey, keyword)
    return found


def _pattern(keyword: str) -> re.Pattern[str]:
    parts = _HOLE.split(keyword)
    said = [
        re.escape(part) if place % 2 == 0 else f"(?P<{part}>{_FORMS.get(part, '[0-9]+')})"
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
