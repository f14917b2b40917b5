"""The rules of one Match selector against one header's values: each cell as crds's own matcher judges it."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection.header import UNDEFINED
from calgui.core.rules.values import Cell, DateVerdict, Fate, Outcome, Rule

_REMEMBERED = 32
_COLUMNS = 4096


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
        from calgui.core.rules.selection.dates import entries

        reason = "" if self.alive else "a substitution makes another rule the same as this one, which crds drops"
        return tuple(DateVerdict(label, file, False, reason) for label, _, file in entries(self.choice))


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table against one value: what crds's matchers say, for each element and as sets of rules.

    Attributes
    ----------
    error : BaseException or None
        What crds raises where it refuses the value before it matches.
    statuses : tuple of int
        For each element of the column crds's 1 (match), 0 (do not care), -1.
    ones, good : int
        Bit masks over the table's rules: those that match, and those that match or do not care.
    """

    table: "Table" = field(repr=False)
    index: int
    value: str
    absent: bool
    error: BaseException | None
    statuses: tuple[int, ...]
    ones: int
    good: int

    @cached_property
    def by_rule(self) -> tuple[int, ...]:
        """The status of each rule."""
        return tuple(map(self.statuses.__getitem__, self.table.picks[self.index]))

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The cell of each rule; rules that ask for the same share one."""
        told = [self._cell(text, element, i) for i, (text, element, _) in enumerate(self.table.elements[self.index])]
        return tuple(map(told.__getitem__, self.table.picks[self.index]))

    def _cell(self, text: str, element: str, number: int) -> Cell:
        status = self.statuses[number]
        if self.absent and (status < 0 or self.error is not None):
            outcome = Outcome.MISSING
        elif self.error is not None:
            outcome = Outcome.REFUSED
        elif status < 0:
            outcome = Outcome.MISMATCH
        elif status > 0:
            outcome = Outcome.WILDCARD if "*" in (element, self.value) else Outcome.MATCH
        else:
            outcome = Outcome.NOT_APPLICABLE if element == "N/A" else Outcome.VALUE_NOT_APPLICABLE
        plain = crds_module("core.selectors").MatchSelector.condition_key_element(text)
        name = self.table.parameters[self.index]
        return Cell(name, text, self.value, outcome, element if plain != element else None)


@dataclass(frozen=True, eq=False)
class Board:
    """One table against the values of one header.

    Attributes
    ----------
    values : tuple of str
        As crds sees them, one for each parameter.
    columns : tuple of Column
        One for each parameter.
    refused : tuple of int
        Parameters whose value crds refuses before it matches.
    """

    table: "Table" = field(repr=False)
    values: tuple[str, ...]
    columns: tuple[Column, ...] = field(repr=False)
    refused: tuple[int, ...]

    def status(self, index: int, column: int) -> int:
        """crds's 1, 0 or -1 for one rule and parameter."""
        return self.columns[column].by_rule[index]

    @cached_property
    def bads(self) -> tuple[int, ...]:
        """For each rule how many parameters speak against it."""
        count = len(self.table.rows)
        all_of_them = [
            (1,) * count if c.error is not None else tuple([int(status < 0) for status in c.by_rule])
            for c in self.columns
        ]
        return tuple(map(sum, zip(*all_of_them, strict=True))) if all_of_them else (0,) * count

    @cached_property
    def weights(self) -> tuple[int, ...]:
        """For each rule how many parameters match."""
        good = [tuple([int(status > 0) for status in c.by_rule]) for c in self.columns if c.error is None]
        return tuple(map(sum, zip(*good, strict=True))) if good else (0,) * len(self.table.rows)

    @cached_property
    def live(self) -> int:
        """Bit mask of the rules that match."""
        rest = 0 if self.refused else self.table.alive
        for column in self.columns:
            rest &= column.good
        return rest

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Rules that match, best weight first, equal weights together, each in crds's order."""
        found: dict[int, list[int]] = {}
        for index in bits(self.live):
            found.setdefault(sum(column.ones >> index & 1 for column in self.columns), []).append(index)
        rows = self.table.rows
        return tuple(tuple(sorted(found[key], key=lambda i: rows[i].order)) for key in sorted(found, reverse=True))

    @cached_property
    def cells(self) -> tuple[tuple[Cell, ...], ...]:
        """For each rule its cells."""
        return tuple(zip(*(column.cells for column in self.columns), strict=True)) or ((),) * len(self.table.rows)

    def rule(self, index: int, fate: Fate, dates: tuple[DateVerdict, ...] | None = None) -> Rule:
        """One rule as told to the user."""
        row = self.table.rows[index]
        return Rule(
            row.key,
            fate,
            self.weights[index],
            self.cells[index],
            row.blank if dates is None else dates,
            self.table.lines.get(row.key),
        )

    @cached_property
    def losers(self) -> tuple[Rule, ...]:
        """All rules that do not match, nearest first; then those that crds dropped."""
        bads, weights, places = self.bads, self.weights, self.table.places
        rest = [index for index in range(len(bads)) if not self.live >> index & 1]
        rest.sort(key=lambda index: (bads[index], -weights[index], places[index]))
        return tuple([self.rule(index, Fate.ELIMINATED if bads[index] else Fate.OUTRANKED) for index in rest])


def bits(mask: int) -> list[int]:
    """Places of the bits that are set, lowest first."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


class Table:
    """A Match selector made ready: distinct elements of each column, and the boards of the latest headers."""

    def __init__(self, selector: Any) -> None:
        self.lines: Mapping[tuple[str, ...], int] = {}
        self.parameters: tuple[str, ...] = tuple(str(name) for name in selector._parameters)
        order = {key: number for number, key in enumerate(selector._match_selections)}
        self.elements: list[list[tuple[str, str, Any]]] = [[] for _ in self.parameters]
        seen: list[dict[tuple[str, str], int]] = [{} for _ in self.parameters]
        rows = []
        for key, conditioned, matchers, choice, alive in loaded_rules(selector):
            picks = []
            for column, (text, element) in enumerate(zip(key, conditioned, strict=True)):
                pair = (text, element)
                if pair not in seen[column]:
                    seen[column][pair] = len(self.elements[column])
                    self.elements[column].append((text, element, matchers[column]))
                picks.append(seen[column][pair])
            rows.append(Row(key, conditioned, choice, order[conditioned], alive, tuple(picks)))
        self.rows: tuple[Row, ...] = tuple(rows)
        self._index()
        self._columns: dict[tuple[int, str, bool], Column] = {}
        self.proposed: dict[tuple[int, tuple[str, ...], bool], tuple[Column, ...]] = {}  # kept by `proposals.options`
        self._boards: OrderedDict[tuple[Any, ...], Board] = OrderedDict()

    def _index(self) -> None:
        count = len(self.rows)
        self.alive = sum(1 << index for index, row in enumerate(self.rows) if row.alive)
        self.picks = tuple(tuple(row.picks[column] for row in self.rows) for column in range(len(self.parameters)))
        self.masks = []
        for column, elements in enumerate(self.elements):
            masks = [0] * len(elements)
            for index, pick in enumerate(self.picks[column]):
                masks[pick] |= 1 << index
            self.masks.append(tuple(masks))
        by_key = sorted(range(count), key=lambda index: self.rows[index].key)
        self.places = tuple(place for _, place in sorted(zip(by_key, range(count), strict=True)))
        glob_list = crds_module("core.selectors").glob_list
        self.listed = [[tuple(glob_list(element)) for _, element, _ in column] for column in self.elements]

    @cached_property
    def inner(self) -> tuple[str, ...]:
        """Parkeys that the selectors inside the rules read."""
        from calgui.core.rules.selection.dates import parameters

        found: dict[str, None] = {}
        for choice in {id(type(row.choice)): row.choice for row in self.rows}.values():
            found |= dict.fromkeys(parameters(choice))
        return tuple(name for name in found if name not in self.parameters)

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
        values = tuple([header.get(name, UNDEFINED) for name in self.parameters])
        columns = tuple(
            [
                self.column(selector, i, value, absent=value == UNDEFINED and self.parameters[i] in missing)
                for i, value in enumerate(values)
            ]
        )
        key = (columns, bool(self.lines))
        board = self._boards.get(key)
        if board is None:
            refused = tuple([i for i, column in enumerate(columns) if column.error is not None])
            board = self._boards[key] = Board(self, values, columns, refused)
            while len(self._boards) > _REMEMBERED:
                self._boards.popitem(last=False)
        return board

    def column(self, selector: Any, index: int, value: str, *, absent: bool = False) -> Column:
        """What the rules say of one value of one parameter; remembered."""
        key = (index, value, absent)
        found = self._columns.get(key)
        if found is None:
            error = refusal(selector, self.parameters[index], value)
            statuses = tuple([matcher.match(value) for _, _, matcher in self.elements[index]])
            ones = good = 0
            for status, mask in zip(statuses, self.masks[index], strict=True):
                if status > 0:
                    ones |= mask
                if status >= 0:
                    good |= mask
            if len(self._columns) > _COLUMNS:
                self._columns.clear()
            found = self._columns[key] = Column(self, index, value, absent, error, statuses, ones, good)
        return found


_LISTED: "WeakKeyDictionary[Any, dict[str, frozenset[Any]]]" = WeakKeyDictionary()


def _listed(selector: Any, parameter: str) -> frozenset[Any]:
    """Values that the rules of a column list."""
    columns = _LISTED.setdefault(selector, {})
    if parameter not in columns:
        columns[parameter] = frozenset(selector._parkey_map[parameter])
    return columns[parameter]


def refusal(selector: Any, parameter: str, value: str) -> BaseException | None:
    """What crds raises where it does not let a value reach the matchers of a column."""
    try:
        # its own first step, without the log line into which it writes the whole list each time
        if value in _listed(selector, parameter):
            return None
        selector._validate_value(parameter, value, selector._parkey_map[parameter])
    except (Exception, SystemExit) as error:  # noqa: BLE001 - crds stops the selection for whatever is raised here
        return error.with_traceback(None)
    return None


def loaded_rules(selector: Any) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Any, Any, bool]]:
    """Key as written, as conditioned, matchers, what it holds, and whether a substitution has not replaced it."""
    for raw, choice in selector._raw_selections:
        replaced = next(iter(selector.do_substitutions({raw: choice})))
        conditioned = selector.condition_key(replaced)
        matchers, winner = selector._match_selections[conditioned]
        yield key_texts(raw), conditioned, matchers, choice, winner is choice


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
