"""Headers of several files side by side: every keyword of each HDU, and which files say otherwise."""

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any

from calgui.core.errors import InputError, UsageError
from calgui.core.frames.cards import COMMENTARY, Card
from calgui.core.frames.conditions import as_number, written
from calgui.core.frames.headers import HduHeader, read_headers
from calgui.core.jobs import Job

#: what differs between any two files, and says nothing of what is in them
HOUSEKEEPING = ("CHECKSUM", "DATASUM", "ZHECKSUM", "ZDATASUM", "DATE", "COMMENT", "HISTORY", "")

_LINE_END = " ⏎ "


class State(Enum):
    """What a file says of a keyword, held against the reference file."""

    SAME = "same"
    DIFFERENT = "different"
    #: the reference file has it, this one lacks it
    MISSING = "missing"
    #: this file has it, the reference file lacks it
    EXTRA = "extra"
    #: neither has it, or the file could not be read
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Cell:
    """What one file says of one keyword.

    Attributes
    ----------
    state : State
        Against the reference file.
    text : str
        The value as told; a text that could be taken for something else stands in quotes.
    value : object
        Of the card; None where there is none.
    comment : str
        Of the card.
    """

    state: State
    text: str = ""
    value: Any = None
    comment: str = ""

    @property
    def there(self) -> bool:
        """Whether the file has the keyword."""
        return self.state not in (State.MISSING, State.ABSENT)


@dataclass(frozen=True)
class Row:
    """One keyword of one HDU over all files.

    Attributes
    ----------
    hdu : int
        Number of the HDU among those of the table.
    keyword : str
        Upper case; empty for cards without one.
    number : int
        1, and more for a keyword that an HDU has several times.
    cells : tuple of Cell
        One for each file.
    ignored : bool
        Whether the comparison was told to look past it.
    """

    hdu: int
    keyword: str
    number: int
    cells: tuple[Cell, ...]
    ignored: bool = False

    @property
    def name(self) -> str:
        """The keyword as it is shown."""
        return f"{self.keyword or '(blank)'}{f' ({self.number})' if self.number > 1 else ''}"

    @cached_property
    def differs(self) -> bool:
        """Whether a file says otherwise than the reference file."""
        return not self.ignored and any(cell.state not in (State.SAME, State.ABSENT) for cell in self.cells)

    @cached_property
    def searched(self) -> str:
        """Keyword, values and comments, case-folded: all that a word is looked for in."""
        cells = "\t".join(f"{written(cell.value)}\t{cell.comment}" for cell in self.cells)
        return f"{self.keyword}\t{cells}".casefold()


@dataclass(frozen=True)
class FileHeaders:
    """The headers of one file, or why they could not be read."""

    path: Path
    hdus: tuple[HduHeader, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class HeaderTable:
    """Keywords down, files across.

    Attributes
    ----------
    files : tuple of FileHeaders
        As they were given.
    reference : int
        Number of the file that the others are held against.
    hdus : tuple of str
        Names of the HDUs, as ``PRIMARY``, ``SCI``, ``SCI,2`` or ``HDU 3``.
    rows : tuple of Row
        By HDU, in the order of the reference file; what only others have stands where they have it.
    """

    files: tuple[FileHeaders, ...]
    reference: int
    hdus: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def differing(self) -> int:
        """How many rows differ."""
        return sum(row.differs for row in self.rows)


def read_files(paths: Iterable[Path | str], job: Job | None = None) -> tuple[FileHeaders, ...]:
    """Read all headers of some files.

    Parameters
    ----------
    paths : iterable of path-like
        What cannot be read is told in its place.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    tuple of FileHeaders
    """
    job = job or Job("Reading headers")
    wanted = [Path(path) for path in paths]
    found = []
    for path in job.track(wanted, len(wanted), "Reading headers"):
        try:
            found.append(FileHeaders(path, read_headers(path)))
        except InputError as error:
            found.append(FileHeaders(path, (), f"{error.message} {error.cure}".strip()))
    return tuple(found)


def compare_headers(
    files: Sequence[FileHeaders], reference: int = 0, ignore: Iterable[str] = HOUSEKEEPING
) -> HeaderTable:
    """Put the headers of files side by side.

    HDUs belong together by EXTNAME and EXTVER, the first ones always; those without a name by their number.

    Parameters
    ----------
    files : sequence of FileHeaders
        Two or more, though one is fine too.
    reference : int
        Number of the file that the others are held against; where it cannot be read, the first that can.
    ignore : iterable of str
        Keywords, which may hold ``*`` and ``?``, whose differences do not count.

    Returns
    -------
    HeaderTable

    Raises
    ------
    UsageError
        There is no such file.
    """
    if not files:
        return HeaderTable((), 0, (), ())
    if not 0 <= reference < len(files):
        raise UsageError(f"There is no file {reference + 1} among {len(files)}.", cure="Choose one of them.")
    if files[reference].error is not None:
        reference = next((place for place, file in enumerate(files) if file.error is None), reference)
    order = [reference, *(place for place in range(len(files)) if place != reference)]
    groups = _match([files[place] for place in order])
    patterns = [pattern.upper() for pattern in ignore]
    rows: list[Row] = []
    for number, group in enumerate(groups):
        by_file = dict(zip(order, group, strict=True))
        tables = [_keyed(by_file[place]) for place in range(len(files))]
        for key in _merged([tables[place] for place in order]):
            cards = [table.get(key) for table in tables]
            cells = _cells(files, cards, cards[reference])
            ignored = any(fnmatch.fnmatchcase(key[0], pattern) for pattern in patterns)
            rows.append(Row(number, *key, cells, ignored))
    return HeaderTable(tuple(files), reference, tuple(_title(group) for group in groups), tuple(rows))


def same_value(one: Any, other: Any) -> bool:
    """Whether two values say the same.

    Parameters
    ----------
    one, other : object
        Of cards.

    Returns
    -------
    bool
        Numbers by their value, so that 3 is 3.0; texts without the blanks around them. A text is never a number,
        nor a logical value: rules and programs tell them apart.
    """
    if isinstance(one, str) and isinstance(other, str):
        return one.strip() == other.strip()
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if isinstance(one, str) or isinstance(other, str):
        return False
    return bool(one == other) or (one != one and other != other)


def told(value: Any, exact: bool = False) -> str:
    """A value as it stands in a cell.

    Parameters
    ----------
    value : object
        Of a card.
    exact : bool
        With every figure of a number and every blank of a text, so that no two values are told alike.

    Returns
    -------
    str
        Texts that look like a number, a logical value or nothing are in quotes.
    """
    if value is None:
        return "(undefined)"
    if exact and not isinstance(value, bool):
        return f"'{_LINE_END.join(value.splitlines())}'" if isinstance(value, str) else repr(value)
    text = written(value)
    if isinstance(value, str) and (text in ("", "T", "F", "(undefined)") or as_number(text) is not None):
        return f"'{text}'"
    return text


# ---- which HDUs belong together

_Group = list[HduHeader | None]
_Name = tuple[str, int] | None


def _match(files: Sequence[FileHeaders]) -> list[_Group]:
    """HDUs that belong together, one for each file or None; the first file decides about their order."""
    groups: list[_Group] = []
    for column, file in enumerate(files):
        free = dict(enumerate(groups))
        named: dict[_Name, list[int]] = {}
        for place, group in enumerate(groups):
            named.setdefault(_name(_first(group)), []).append(place)
        later: list[HduHeader] = []
        for hdu in file.hdus:
            # several of one name belong together in their order
            places = named.get(_name(hdu)) if _name(hdu) else None
            if places:
                free.pop(places.pop(0)).append(hdu)
            else:
                later.append(hdu)
        for hdu in later:
            beside = next((place for place, group in free.items() if _by_number(hdu, group)), None)
            if beside is None:
                groups.append([None] * column + [hdu])
            else:
                free.pop(beside).append(hdu)
        for group in free.values():
            group.append(None)
    return groups


def _first(group: _Group) -> HduHeader:
    return next(hdu for hdu in group if hdu is not None)


def _name(hdu: HduHeader) -> _Name:
    """What HDUs that belong together have in common; None for one without a name."""
    if hdu.index == 0:
        return "", 0
    return (hdu.name, hdu.version) if hdu.name else None


def _by_number(hdu: HduHeader, group: _Group) -> bool:
    """Whether an HDU stands at the same number as another, and at least one of them has no name."""
    first = _first(group)
    return first.index == hdu.index and (not hdu.name or not first.name)


def _title(group: _Group) -> str:
    first = _first(group)
    version = f",{first.version}" if first.version != 1 else ""
    if first.name:
        return f"{first.name}{version}"
    named = next((hdu.name for hdu in group if hdu is not None and hdu.name), "")
    return named or f"HDU {first.index}"


# ---- keywords

_Key = tuple[str, int]


def _keyed(hdu: HduHeader | None) -> dict[_Key, Card]:
    """Cards by keyword and how often it came before; lines of COMMENT and HISTORY are one."""
    found: dict[_Key, Card] = {}
    if hdu is None:
        return found
    often: dict[str, int] = {}
    for card in hdu.cards:
        keyword = card.keyword.upper()
        if keyword in COMMENTARY:
            before = found.get((keyword, 1))
            text = str(card.value) if before is None else f"{before.value}\n{card.value}"
            found[keyword, 1] = Card(keyword, text, "")
        else:
            number = often[keyword] = often.get(keyword, 0) + 1
            found[keyword, number] = card
    return found


def _merged(tables: Sequence[dict[_Key, Card]]) -> list[_Key]:
    """All keys, in the order of the first table; another's own come after what they follow there."""
    following: dict[_Key | None, _Key | None] = {None: None}
    for table in tables:
        place: _Key | None = None
        for key in table:
            if key not in following:
                following[key] = following[place]
                following[place] = key
            place = key
    order: list[_Key] = []
    at = following[None]
    while at is not None:
        order.append(at)
        at = following[at]
    return order


def _cells(files: Sequence[FileHeaders], cards: Sequence[Card | None], base: Card | None) -> tuple[Cell, ...]:
    """A row; values that differ are never told alike."""
    states = [_state(file, card, base) for file, card in zip(files, cards, strict=True)]
    texts = ["" if card is None else told(card.value) for card in cards]
    if base is not None:
        alike = told(base.value)
        if any(state is State.DIFFERENT and text == alike for state, text in zip(states, texts, strict=True)):
            texts = ["" if card is None else told(card.value, exact=True) for card in cards]
    return tuple(
        Cell(state) if card is None else Cell(state, text, card.value, card.comment)
        for state, text, card in zip(states, texts, cards, strict=True)
    )


def _state(file: FileHeaders, card: Card | None, base: Card | None) -> State:
    if file.error is not None:
        return State.ABSENT
    if card is None:
        return State.ABSENT if base is None else State.MISSING
    if base is None:
        return State.EXTRA
    return State.SAME if same_value(card.value, base.value) else State.DIFFERENT
