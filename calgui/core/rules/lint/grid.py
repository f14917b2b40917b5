"""The rules of one Match selector, made ready to be compared with each other: what each cell accepts, what it weighs.

crds's own matchers say what matches. What a cell accepts is known as a list of words where it can be listed; for
patterns and comparisons it is not, and then nothing is claimed that needs the list.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from calgui.core.rules.health.checks import is_date
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection.board import loaded_rules, refusal

#: a value that no rule lists
OTHER = "SOME-OTHER-VALUE"
_PSEUDO = frozenset({"N/A", "*", ""})
_WILD = frozenset("*?[")
_ODD = frozenset("*?[]|(){}#<>")


@dataclass(frozen=True, eq=False)
class Cell:
    """What one rule asks of one parameter.

    Attributes
    ----------
    text : str
        As crds conditioned it.
    kind : str
        ``W`` for words that can be listed, ``N`` for N/A, ``A`` for all values, ``P`` for a pattern or comparison.
    words : frozenset of str or None
        For ``W`` all values that match, N/A and ``*`` as values of a header left out.
    weight : int
        What a match weighs: 1, or 0 for N/A.
    plain : bool
        Whether the cell is written as words.
    matcher : object
        crds's own.
    """

    text: str
    kind: str
    words: frozenset[str] | None
    weight: int
    plain: bool
    matcher: Any = field(repr=False)

    def status(self, value: str) -> int:
        """crds's 1, 0 or -1 for a value."""
        return int(self.matcher.match(value))


@dataclass(frozen=True, eq=False)
class GridRow:
    """One rule: its key as written and as crds knows it, its cells, what it holds.

    ``entries`` are its dates and files where it holds dates alone, in order; a single file has one entry without a
    date. None where it holds more than that.
    """

    number: int
    key: tuple[str, ...]
    conditioned: tuple[str, ...]
    cells: tuple[Cell, ...]
    alive: bool
    entries: tuple[tuple[str | None, str], ...] | None

    @property
    def fits_some(self) -> bool:
        """Whether any header can fit it: it was not replaced, and lists a word wherever it lists words."""
        return self.alive and all(cell.kind != "W" or cell.words for cell in self.cells)

    @property
    def first(self) -> str | None:
        """Date from which the rule has an answer; None where it always has, or that is not known."""
        return self.entries[0][0] if self.entries else None

    @property
    def always(self) -> bool:
        """Whether the rule answers for every date."""
        return self.entries is not None and self.entries[0][0] is None

    @cached_property
    def latest_names(self) -> dict[str, str]:
        """File of each date."""
        return {date: file for date, file in self.entries or () if date is not None}

    @property
    def signature(self) -> str:
        """Kinds of its cells, a letter each; ``w`` for words that weigh nothing."""
        return "".join(cell.kind if cell.weight or cell.kind != "W" else "w" for cell in self.cells)


class Grid:
    """All rules of a Match selector.

    Parameters
    ----------
    selector : crds MatchSelector
        As loaded.
    """

    def __init__(self, selector: Any) -> None:
        self.selector = selector
        self.parameters: tuple[str, ...] = tuple(str(name) for name in selector._parameters)
        found = list(loaded_rules(selector))
        texts: list[dict[str, Any]] = [{} for _ in self.parameters]
        for _, conditioned, matchers, _, _ in found:
            for column, (text, matcher) in enumerate(zip(conditioned, matchers, strict=True)):
                texts[column].setdefault(text, matcher)
        self.open: list[bool] = [
            refusal(selector, name, OTHER) is None or _ranged(selector, name) for name in self.parameters
        ]
        self.values: list[tuple[str, ...]] = [self._plain(column, known) for column, known in enumerate(texts)]
        cells = [
            {text: self._cell(column, text, matcher) for text, matcher in known.items()}
            for column, known in enumerate(texts)
        ]
        self.rows: tuple[GridRow, ...] = tuple(
            GridRow(
                number,
                key,
                conditioned,
                tuple(cells[column][text] for column, text in enumerate(conditioned)),
                alive,
                _entries(choice),
            )
            for number, (key, conditioned, _, choice, alive) in enumerate(found)
        )

    def _plain(self, column: int, known: dict[str, Any]) -> tuple[str, ...]:
        """Values without patterns that rules list and that crds lets pass, in order."""
        condition = crds_module("core.utils").condition_value
        name = self.parameters[column]
        listed = [str(text) for text in self.selector._parkey_map.get(name, ())]
        listed += self.selector._substitutions.get(name, ())
        listed += [word for text, matcher in known.items() for word in _words(text, matcher) or ()]
        plain = dict.fromkeys(condition(text) for text in listed if not _ODD.intersection(text))
        passing = (value for value in plain if value not in _PSEUDO and not value.startswith(("NOT ", "BETWEEN ")))
        return tuple(value for value in passing if refusal(self.selector, name, value) is None)

    def _cell(self, column: int, text: str, matcher: Any) -> Cell:
        kind = type(matcher).__name__
        parts = _words(text, matcher)
        if parts is not None:
            return Cell(text, "W", frozenset(parts) - _PSEUDO, 1, True, matcher)
        if not self.open[column]:
            # only what the rules list gets as far as the matchers
            words = frozenset(value for value in self.values[column] if matcher.match(value) >= 0)
            return Cell(text, "W", words, 0 if kind == "NaMatcher" else 1, False, matcher)
        if kind == "NaMatcher":
            return Cell(text, "N", None, 0, False, matcher)
        if kind == "GlobMatcher" and "*" in crds_module("core.selectors").glob_list(text):
            return Cell(text, "A", None, 1, False, matcher)
        return Cell(text, "P", None, 1, False, matcher)


def _words(text: str, matcher: Any) -> list[str] | None:
    """Values that a cell lists, where it is a list of words and nothing else."""
    kind = type(matcher).__name__
    if kind == "Matcher":
        return [matcher._key]
    if kind != "GlobMatcher":
        return None
    parts: list[str] = crds_module("core.selectors").glob_list(text)
    return None if any(_WILD.intersection(part) for part in parts) else parts


def _ranged(selector: Any, name: str) -> bool:
    """Whether crds takes the column's single value for a range of numbers."""
    listed = list(selector._parkey_map.get(name, ()))
    return len(listed) == 1 and ":" in str(listed[0])


def _entries(choice: Any) -> tuple[tuple[str | None, str], ...] | None:
    if isinstance(choice, str):
        return ((None, choice),)
    if type(choice).__name__ != "UseAfterSelector" or not choice._selections:
        return None
    entries = tuple((key, file) for key, file in choice._selections)
    known = all(isinstance(file, str) and isinstance(key, str) and is_date((key,)) for key, file in entries)
    dates = [key for key, _ in entries]
    # crds looks for dates by halves: only in order does the first one tell from when on there is an answer
    return entries if known and dates == sorted(dates) else None
