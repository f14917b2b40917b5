"""The rules of one Match selector against one header's values: each cell as crds's own matcher judges it."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from calgui.core.rules.header import UNDEFINED
from calgui.core.rules.setup import crds_module
from calgui.core.rules.values import Cell, DateVerdict, Fate, Outcome, Rule

_REMEMBERED = 32


@dataclass(frozen=True, eq=False)
class Row:
    """One rule as loaded: key as written and as crds conditioned it, what it holds, its place, whether it lives."""

    key: tuple[str, ...]
    conditioned: tuple[str, ...]
    choice: Any
    order: int
    alive: bool
    picks: tuple[int, ...]  # for each column the index of its element in `Table.elements`

    @cached_property
    def blank(self) -> tuple[DateVerdict, ...]:
        """What the rule holds, nothing chosen."""
        from calgui.core.rules.dates import entries

        reason = "" if self.alive else "a substitution makes another rule the same as this one, which crds drops"
        return tuple(DateVerdict(label, file, False, reason) for label, _, file in entries(self.choice))


@dataclass(frozen=True, eq=False)
class Board:
    """One table against the values of one header.

    Attributes
    ----------
    values : tuple of str
        As crds sees them, one for each parameter.
    refused : tuple of int
        Parameters whose value crds refuses before it matches.
    statuses : tuple of tuple of int
        For each rule crds's 1 (match), 0 (do not care), -1 for each parameter.
    """

    table: "Table"
    values: tuple[str, ...]
    refused: tuple[int, ...]
    statuses: tuple[tuple[int, ...], ...]
    cells: tuple[tuple[Cell, ...], ...] = field(repr=False)

    def bad(self, index: int) -> int:
        """How many parameters speak against a rule."""
        return sum(status < 0 or column in self.refused for column, status in enumerate(self.statuses[index]))

    def weight(self, index: int) -> int:
        """How many parameters of a rule match."""
        return sum(status > 0 and col not in self.refused for col, status in enumerate(self.statuses[index]))

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Rules that match, best weight first, equal weights together, each in crds's order."""
        found: dict[int, list[int]] = {}
        for index, row in enumerate(self.table.rows):
            if row.alive and not self.refused and -1 not in self.statuses[index]:
                found.setdefault(sum(self.statuses[index]), []).append(index)
        rows = self.table.rows
        return tuple(tuple(sorted(found[key], key=lambda i: rows[i].order)) for key in sorted(found, reverse=True))

    def rule(self, index: int, fate: Fate, dates: tuple[DateVerdict, ...] | None = None) -> Rule:
        """One rule as told to the user."""
        row = self.table.rows[index]
        cells = tuple(column[pick] for column, pick in zip(self.cells, row.picks, strict=True))
        return Rule(
            row.key,
            fate,
            self.weight(index),
            cells,
            row.blank if dates is None else dates,
            self.table.lines.get(row.key),
        )

    @cached_property
    def losers(self) -> tuple[Rule, ...]:
        """All rules that do not match, nearest first; then those that crds dropped."""
        live = {index for group in self.groups for index in group}
        rest = [index for index in range(len(self.table.rows)) if index not in live]
        rest.sort(key=lambda index: (self.bad(index), -self.weight(index), self.table.rows[index].key))
        return tuple(self.rule(index, Fate.ELIMINATED if self.bad(index) else Fate.OUTRANKED) for index in rest)


class Table:
    """A Match selector made ready: distinct elements of each column, and the boards of the latest headers."""

    def __init__(self, selector: Any) -> None:
        self.lines: Mapping[tuple[str, ...], int] = {}
        self.parameters: tuple[str, ...] = tuple(str(name) for name in selector._parameters)
        order = {key: number for number, key in enumerate(selector._match_selections)}
        self.elements: list[list[tuple[str, str, Any]]] = [[] for _ in self.parameters]
        seen: list[dict[tuple[str, str], int]] = [{} for _ in self.parameters]
        rows = []
        for raw, choice in selector._raw_selections:
            key = key_texts(raw)
            replaced = next(iter(selector.do_substitutions({raw: choice})))
            conditioned = selector.condition_key(replaced)
            matchers, winner = selector._match_selections[conditioned]
            picks = []
            for column, (text, element) in enumerate(zip(key, conditioned, strict=True)):
                pair = (text, element)
                if pair not in seen[column]:
                    seen[column][pair] = len(self.elements[column])
                    self.elements[column].append((text, element, matchers[column]))
                picks.append(seen[column][pair])
            alive = winner is choice
            rows.append(Row(key, conditioned, choice, order[conditioned], alive, tuple(picks)))
        self.rows: tuple[Row, ...] = tuple(rows)
        self._columns: dict[tuple[int, str, bool], tuple[bool, tuple[int, ...], tuple[Cell, ...]]] = {}
        self._boards: OrderedDict[tuple[Any, ...], Board] = OrderedDict()

    def board(self, selector: Any, header: Mapping[str, str], missing: frozenset[str]) -> Board:
        """The table against a header.

        Parameters
        ----------
        selector : crds MatchSelector
            That of the table.
        header : mapping of str to str
            As crds would be given it.
        missing : frozenset of str
            Parkeys that the file's header lacks.

        Returns
        -------
        Board
            The same one for the same values, while it is remembered.
        """
        values = tuple(header.get(name, UNDEFINED) for name in self.parameters)
        absent = tuple(
            name in missing and value == UNDEFINED for name, value in zip(self.parameters, values, strict=True)
        )
        key = (values, absent, bool(self.lines))
        board = self._boards.get(key)
        if board is None:
            columns = [self._column(selector, i, value, absent[i]) for i, value in enumerate(values)]
            refused = tuple(i for i, column in enumerate(columns) if column[0])
            statuses = tuple(
                tuple(column[1][pick] for column, pick in zip(columns, row.picks, strict=True)) for row in self.rows
            )
            board = Board(self, values, refused, statuses, tuple(column[2] for column in columns))
            self._boards[key] = board
            while len(self._boards) > _REMEMBERED:
                self._boards.popitem(last=False)
        return board

    def _column(
        self, selector: Any, index: int, value: str, absent: bool
    ) -> tuple[bool, tuple[int, ...], tuple[Cell, ...]]:
        key = (index, value, absent)
        found = self._columns.get(key)
        if found is None:
            refused = not allowed(selector, self.parameters[index], value)
            statuses = tuple(matcher.match(value) for _, _, matcher in self.elements[index])
            cells = tuple(
                self._cell(index, text, element, value, status, refused, absent)
                for (text, element, _), status in zip(self.elements[index], statuses, strict=True)
            )
            if len(self._columns) > 4096:
                self._columns.clear()
            found = self._columns[key] = (refused, statuses, cells)
        return found

    def _cell(self, index: int, text: str, element: str, value: str, status: int, refused: bool, absent: bool) -> Cell:
        if absent and (status < 0 or refused):
            outcome = Outcome.MISSING
        elif refused:
            outcome = Outcome.REFUSED
        elif status < 0:
            outcome = Outcome.MISMATCH
        elif status > 0:
            outcome = Outcome.WILDCARD if element == "*" else Outcome.MATCH
        else:
            outcome = Outcome.NOT_APPLICABLE if element == "N/A" else Outcome.VALUE_NOT_APPLICABLE
        plain = crds_module("core.selectors").MatchSelector.condition_key_element(text)
        return Cell(self.parameters[index], text, value, outcome, element if plain != element else None)


def allowed(selector: Any, parameter: str, value: str) -> bool:
    """Whether crds lets a value reach the matchers of a column."""
    try:
        selector._validate_value(parameter, value, selector._parkey_map[parameter])
    except (Exception, SystemExit):  # noqa: BLE001 - crds stops the selection for whatever is raised here
        return False
    return True


def key_texts(raw: Any) -> tuple[str, ...]:
    """A rule's key as written, one text for each parameter."""
    parts = raw if isinstance(raw, tuple) else (raw,)
    return tuple(
        "|".join(str(item) for item in part) if isinstance(part, tuple | list) else str(part) for part in parts
    )


_TABLES: "WeakKeyDictionary[Any, Table]" = WeakKeyDictionary()


def table_of(selector: Any, lines: Mapping[tuple[str, ...], int] | None = None) -> Table:
    """The table of a Match selector, made once."""
    found = _TABLES.get(selector)
    if found is None:
        found = _TABLES[selector] = Table(selector)
    if lines:
        found.lines = lines
    return found
