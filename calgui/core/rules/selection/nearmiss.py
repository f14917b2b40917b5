"""Near misses: the fewest header changes that would have selected another file, each proved by asking crds."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Any

from calgui.core.rules.files.mapping_file import SPECIAL
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection import dates
from calgui.core.rules.selection.answer import ask
from calgui.core.rules.selection.board import Board, Column, table_of
from calgui.core.rules.selection.counter import UNDATED, Groups, dated_groups
from calgui.core.rules.selection.header import Plan, has_hooks, names_in_expressions, with_settings
from calgui.core.rules.selection.proposals import Changes, options, settings
from calgui.core.rules.selection.situation import Situation, look
from calgui.core.rules.values import Change, NearMiss

#: sets of values that are tried at most, look-ups that crds is asked for at most beside the proofs
TRIES, ASKED = 30_000, 400
#: parameters that may change beside those that speak against a rule, and sets of more than one such that are tried
EXTRA, SETS = 3, 10_000
#: changes that are counted at all
MOST = 8


def near_misses(
    plan: Plan,
    kind: str,
    header: Mapping[str, Any],
    selected: str | None,
    most: int | None = None,
    only: str | None = None,
) -> tuple[NearMiss, ...]:
    """Other files of a mapping, by the fewest header changes that would have selected each.

    Parameters
    ----------
    plan : Plan
        Of the header's instrument.
    kind : str
        Reference type, lower case.
    header : mapping of str to object
        As in a file.
    selected : str or None
        The file that is selected now.
    most : int, optional
        How many files are enough; by default all that can be reached.
    only : str, optional
        The one file that is looked for, with all the tries there are.

    Returns
    -------
    tuple of NearMiss
        Fewest changes first. Values are taken from those that the rules list, or that fit their patterns, and dates
        from those of the rules. Within `TRIES` and `SETS` no smaller set of such changes does; where a parameter
        decides whether another one counts, or crds's hooks change the header, that holds for single changes.
    """
    search = _Search(plan, kind, header, selected, most)
    if only is not None:
        search.never |= {*search.rmap.selector.reference_names()} - {only}
    return search.run()


class _Search:
    """One search, level by level: all sets of one change, then all of two, and so on."""

    def __init__(self, plan: Plan, kind: str, header: Mapping[str, Any], selected: str | None, most: int | None):
        self.plan, self.rmap, self.header = plan, plan.rmaps[kind], header
        self.never = {*SPECIAL, selected}
        texts, self.minimal = plan.read(header)
        self.situation: Situation = look(plan, self.rmap, texts, self.minimal)
        self.now = self.situation.header
        self.found: dict[str, NearMiss] = {}
        self.tries, self.asked, self.sets = TRIES, ASKED, SETS
        self.most = most
        self.naming = {str(name).upper() for name in crds_module("core.rmap").INSTRUMENT_KEYWORDS}
        self._groups: dict[Any, Groups | None] = {}
        board = self.situation.board
        self.board = board
        self.spoken = names_in_expressions(self.rmap, plan.parkeys)
        self.tangled = _tangled(self.rmap, self.spoken, self.situation, board)
        if board is not None:
            self.fixed = {i for i, name in enumerate(board.table.parameters) if name.upper() in self.naming}
            selector, allowed = self.situation.selector, plan.observatory.allowed
            self.options = [
                options(board.table, selector, i, allowed(name), each=name in self.spoken)
                for i, name in enumerate(board.table.parameters)
            ]
            self.rows = self._nearest(board)

    def run(self) -> tuple[NearMiss, ...]:
        for count in range(1, MOST + 1):
            if self._done():
                break
            if self.board is None:
                self._inside((), (), self.situation.selector, count)
                continue
            if self.tangled and count <= 2:
                self._anywhere(self.board, count)
            for index, forced in self.rows:
                if self._done():
                    break
                if len(forced) <= count:
                    self._by_rule(self.board, index, forced, count)
        return tuple(self.found.values())

    def _done(self) -> bool:
        return self.tries <= 0 or (self.most is not None and len(self.found) >= self.most)

    def _nearest(self, board: Board) -> list[tuple[int, tuple[int, ...]]]:
        """Rules that can be made to match, with the columns that speak against each; nearest first."""
        found = []
        for index, row in enumerate(board.table.rows):
            forced = tuple(i for i, c in enumerate(board.columns) if c.error is not None or not c.good >> index & 1)
            if row.alive and not self.fixed.intersection(forced):
                found.append((index, forced))
        return sorted(found, key=lambda one: (len(one[1]), -board.weights[one[0]], board.table.places[one[0]]))

    # ------------------------------------------------------------------ the sets of changes

    def _by_rule(self, board: Board, index: int, forced: tuple[int, ...], count: int) -> None:
        row = board.table.rows[index]
        if not self._wanted(row.choice):
            return
        for dated in range(min(count - len(forced), len(dates.parameters(row.choice))) + 1):
            extra = count - dated - len(forced)
            if extra > EXTRA or (extra > 1 and self.sets <= 0):
                continue
            for columns in self._columns(board, index, forced, extra):
                self.tries -= 1
                self._inside(self._changes(board, columns), columns, row.choice, dated)
                if self.tries <= 0 or not self._wanted(row.choice):
                    return
                if extra > 1:
                    self.sets -= 1
                    if self.sets <= 0:
                        break

    def _wanted(self, choice: Any) -> bool:
        return any(file not in self.found and file not in self.never for _, _, file in dates.entries(choice))

    def _columns(
        self, board: Board, index: int, forced: tuple[int, ...], extra: int
    ) -> Iterator[tuple[tuple[int, Column], ...]]:
        """All ways to let one rule match, with some more changes that touch a rule that matches with it."""
        bit = 1 << index
        ways = [[(i, column) for column in self.options[i] if column.good & bit] for i in forced]
        for first in product(*ways):
            if not extra:
                yield first
                continue
            rivals = board.table.alive  # whatever the other columns say: another change may bring a rule back
            for _, column in first:
                rivals &= column.good
            others = [
                [(i, column) for column in self.options[i] if column.good & bit and _differ(column, now, rivals)]
                for i, now in enumerate(board.columns)
                if i not in forced and i not in self.fixed
            ]
            for chosen in combinations(others, extra):
                for more in product(*chosen):
                    yield (*first, *more)

    def _anywhere(self, board: Board, count: int) -> None:
        """All sets of so many changes at all, each asked of crds: for mappings whose parameters hang together."""
        names = {
            i: [column.value for column in self.options[i]] for i in range(len(self.options)) if i not in self.fixed
        }
        every = [[(board.table.parameters[i], value) for value in values] for i, values in names.items()]
        told = {name: values for name, values in self.spoken.items() if name not in self.naming}
        every += [[(name, value) for value in values] for name, values in told.items()]
        for chosen in combinations(every, count):
            for changes in product(*chosen):
                if len(dict(changes)) < count or any(self.minimal.get(name) == value for name, value in changes):
                    continue
                if self.asked <= 0:
                    return
                self.asked -= 1
                self._prove(changes, ask(self.rmap, {**self.minimal, **dict(changes)}).file)

    def _with(self, board: Board, columns: tuple[tuple[int, Column], ...]) -> tuple[Column, ...]:
        changed = dict(columns)
        return tuple([changed.get(i, column) for i, column in enumerate(board.columns)])

    def _changes(self, board: Board, columns: tuple[tuple[int, Column], ...]) -> Changes:
        return tuple((board.table.parameters[i], column.value) for i, column in columns)

    # ------------------------------------------------------------------ what each gives

    def _inside(self, changes: Changes, columns: tuple[tuple[int, Column], ...], choice: Any, dated: int) -> None:
        """With the columns changed, and so many changes of dates or numbers: which files are selected."""
        if not dated:
            self._prove(changes, self._file(changes, columns, ()))
            return
        for _, path, file in dates.entries(choice):
            if file in self.found or file in self.never:
                continue
            for more in settings(choice, path, self.now):
                if len(more) == dated and not {name for name, _ in more} & {name for name, _ in changes}:
                    self.tries -= 1
                    if self._file(changes, columns, more) == file and self._prove((*changes, *more), file):
                        break

    def _file(self, changes: Changes, columns: tuple[tuple[int, Column], ...], more: Changes) -> str | None:
        groups = self._tangle(changes) if self.tangled and self.board is not None else self._merged(columns)
        if groups is None:
            if self.asked <= 0:
                return None
            self.asked -= 1
            return ask(self.rmap, {**self.minimal, **dict(changes), **dict(more)}).file
        said = dict(more)
        day = dates.standard([said.get(name, self.now.get(name, "UNDEFINED")) for name in self.situation.inner])
        for keys, files in groups:
            place = 1 if keys == UNDATED else bisect_right(keys, day) if day is not None else 0
            if place:
                return str(files[place - 1])
            if day is None:
                return None
        return None

    def _merged(self, columns: tuple[tuple[int, Column], ...]) -> Groups | None:
        """The dates and files of the rules that match with other columns."""
        if self.board is None:
            return None
        seen = self._with(self.board, columns)
        if seen not in self._groups:
            values = tuple(column.value for column in seen)
            refused = tuple(i for i, column in enumerate(seen) if column.error is not None)
            board = Board(self.board.table, values, seen, refused)
            self._groups[seen] = dated_groups(self.situation.selector, board.groups)
        return self._groups[seen]

    def _tangle(self, changes: Changes) -> Groups | None:
        """The same, by way of crds's hook and conditions; its second look is left to the proof."""
        if changes not in self._groups:
            selector = self.situation.selector
            try:
                header = self.rmap._precondition_header(self.rmap, {**self.minimal, **dict(changes)})
                header = self.rmap.map_irrelevant_parkeys_to_na(header)
                groups = table_of(selector).board(selector, header, self.situation.missing).groups
                self._groups[changes] = dated_groups(selector, groups)
            except (Exception, SystemExit):  # noqa: BLE001 - crds raises whatever a mapping leads it to
                self._groups[changes] = None
        return self._groups[changes]

    def _prove(self, changes: Changes, file: str | None) -> bool:
        """Keep a file with its changes, if crds selects it for the header with them set."""
        if file is None or file in self.never or file in self.found or not changes:
            return False
        changed = self.plan.read(with_settings(self.header, dict(changes), self.plan.observatory))[1]
        if ask(self.rmap, changed).file != file:
            return False
        told = tuple(Change(name, self.minimal.get(name.upper(), "UNDEFINED"), value) for name, value in changes)
        self.found[file] = NearMiss(file, told)
        return True


def _differ(column: Column, now: Column, rules: int) -> bool:
    return bool((column.ones ^ now.ones) & rules or (column.good ^ now.good) & rules)


def _tangled(rmap: Any, spoken: Mapping[str, Any], situation: Situation, board: Board | None) -> bool:
    """Whether a changed value can do more than match or not: conditions that name it, hooks that read it."""
    if has_hooks(rmap) or rmap._parkey_relevance_exprs:
        return True
    return not set(spoken).isdisjoint((*situation.inner, *(board.table.parameters if board is not None else ())))
