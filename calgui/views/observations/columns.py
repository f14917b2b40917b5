"""The columns of the table of observations: what each shows, how it is written, how it sorts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calgui.core.frames.conditions import written as written
from calgui.core.frames.index import FileEntry
from calgui.core.frames.keywordmeaning import meaning_of

#: texts sort after numbers, nothing after both
_NUMBER, _TEXT, _NOTHING = 0, 1, 2
SortKey = tuple[int, Any]
_DIGITS = re.compile(r"(\d+)")
_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}|[A-Z0-9_. -]{1,64}")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    key : str
        Its name for settings and filters: a FITS keyword, or a word for those made of several.
    title : str
        As shown, with the unit.
    keywords : tuple of str
        Looked at in this order; the first that has a value counts.
    tip : str
        What it is, in a sentence.
    """

    key: str
    title: str
    keywords: tuple[str, ...] = ()
    tip: str = ""

    def value(self, entry: FileEntry) -> Any:
        """What a file says; None where it says nothing."""
        if self.key == "FILE":
            return entry.path.name
        if self.key == "DATE":
            return _moment(entry.header)
        return _first(entry.header, self.keywords)


FILE = Column("FILE", "File", (), "Name of the file; the tooltip shows where it is.")
TYPE = Column(
    "TYPE",
    "Type",
    ("EXP_TYPE", "REFTYPE", "OBSTYPE", "IMAGETYP"),
    "EXP_TYPE of an exposure, REFTYPE of a reference.",
)
BUILT_IN: tuple[Column, ...] = (
    FILE,
    TYPE,
    Column("DETECTOR", "Detector", ("DETECTOR",), "DETECTOR"),
    Column("FILTER", "Filter", ("FILTER",), "FILTER"),
    Column("SUBARRAY", "Subarray", ("SUBARRAY",), "SUBARRAY"),
    Column("EXPTIME", "Exposure (s)", ("EXPTIME", "EFFEXPTM"), "EXPTIME, or else EFFEXPTM, in seconds."),
    Column("DATE", "Date (UTC)", ("DATE-OBS", "TIME-OBS"), "DATE-OBS and TIME-OBS: start of the exposure."),
)


def keyword_column(keyword: str) -> Column:
    """A column for any keyword.

    Parameters
    ----------
    keyword : str
        Of a header, in any case.

    Returns
    -------
    Column
    """
    key = keyword.strip().upper()
    built_in = next((column for column in BUILT_IN if column.key == key), None)
    if built_in is not None:
        return built_in
    meaning = meaning_of(key)
    unit = f" ({meaning.unit})" if meaning is not None and meaning.unit else ""
    about = f": {meaning.text}" if meaning is not None else ""
    return Column(key, f"{key}{unit}", (key,), f"The keyword {key}{about}.")


def is_keyword(text: str) -> bool:
    """Whether a text can be a FITS keyword.

    Parameters
    ----------
    text : str
        In any case.

    Returns
    -------
    bool
    """
    return bool(_KEYWORD.fullmatch(text.strip().upper()))


def sort_key(value: Any) -> SortKey:
    """Where a value stands: numbers as numbers, then texts with their numbers as numbers, then nothing.

    Parameters
    ----------
    value : object
        Of a card.

    Returns
    -------
    tuple
    """
    if value is None or value == "":
        return _NOTHING, ()
    if isinstance(value, int | float):
        return (_NUMBER, float(value)) if value == value else (_NOTHING, ())
    text = str(value)
    try:
        return _NUMBER, float(text)
    except ValueError:
        return _TEXT, tuple(part if place % 2 == 0 else int(part) for place, part in enumerate(_split(text)))


def _split(text: str) -> list[str]:
    return _DIGITS.split(text.casefold())


def _first(header: Mapping[str, Any], keywords: tuple[str, ...]) -> Any:
    for keyword in keywords:
        value = header.get(keyword)
        if value is not None and value != "":
            return value
    return None


def _moment(header: Mapping[str, Any]) -> str | None:
    date = _first(header, ("DATE-OBS", "DATE-BEG"))
    if date is None:
        return None
    day, _, time = str(date).strip().partition("T")
    time = time or str(header.get("TIME-OBS") or "")
    return f"{day} {time[:8]}".strip()
