"""Can a rule win at all? A header that makes it win is the proof, found among the values that rules tell apart."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from math import prod
from typing import Any

from calgui.core.rules.selection import dates
from calgui.core.rules.selection.answer import ask
from calgui.core.rules.selection.board import Column, Table, table_of
from calgui.core.rules.selection.header import UNDEFINED, Plan, has_hooks, names_in_expressions
from calgui.core.rules.selection.proposals import options, settings
from calgui.core.rules.selection.situation import look

#: sets of values that are looked at, and those of them that crds is asked about
TRIES, ASKED = 4_000, 60


@dataclass(frozen=True)
class Witness:
    """Whether some header lets a rule win.

    Attributes
    ----------
    wins : bool or None
        True with a header that crds was asked about; False where no header can; None where none was found.
    reason : str
        Why not, in a sentence; empty where it wins.
    values : tuple of (str, str)
        Parkey and value of a header that lets it win, the instrument's among them.
    """

    wins: bool | None
    reason: str = ""
    values: tuple[tuple[str, str], ...] = ()


def witness(plan: Plan, kind: str, key: tuple[str, ...], label: str, file: str, named: tuple[str, str]) -> Witness:
    """Look for a header that lets a rule's file be selected, by that very rule.

    Parameters
    ----------
    plan : Plan
        Of the rule's instrument.
    kind : str
        Reference type, lower case; its mapping must be loaded.
    key : tuple of str
        The rule as written; empty where the outermost selector is no Match.
    label : str
        Date or the like as written, levels joined by `` / ``; empty for none.
    file : str
        What stands there.
    named : (str, str)
        Parkey and name of the instrument, as the context wants them.

    Returns
    -------
    Witness
    """
    return _Search(plan, kind, key, label, file, named).run()


class _Search:
    def __init__(self, plan: Plan, kind: str, key: tuple[str, ...], label: str, file: str, named: tuple[str, str]):
        self.plan, self.rmap, self.file, self.label = plan, plan.rmaps[kind], file, label
        self.selector = self.rmap.selector
        self.base = {named[0]: named[1]}
        self.asked = ASKED
        self.seen: set[tuple[tuple[int, ...], ...]] = set()
        self.table: Table | None = None
        self.index = -1
        self.choice: Any = self.selector
        if type(self.selector).__name__ == "MatchSelector":
            self.table = table_of(self.selector)
            rows = self.table.rows
            self.index = next((i for i, row in enumerate(rows) if row.key == key), -1)
            self.choice = rows[self.index].choice if self.index >= 0 else None

    def run(self) -> Witness:
        if self.choice is None:
            return Witness(False, "crds does not load this rule: another one with the same key takes its place.")
        if self.table is not None and not self.table.rows[self.index].alive:
            return Witness(False, "A substitution makes another rule the same as this one, and crds keeps only that.")
        paths = [
            path
            for text, path, held in dates.entries(self.choice)
            if text == self.label and self.file in held.split(",")
        ]
        if not paths and dates.is_selector(self.choice):
            return Witness(None, "crds reads this entry otherwise than it is written.")
        columns = self._columns()
        if columns is None:
            return Witness(None, "No value was found that fits each of its parameters.")
        for values in islice(self._values(columns), TRIES):
            if not self._is_news(values):
                continue
            for more in self._inside(paths, values):
                if self.asked <= 0:
                    return Witness(None, f"None of {ASKED} headers that fit it made it win.")
                if self._proved({**self.base, **values, **more}):
                    told = {**values, **more, **self.base}
                    return Witness(True, "", tuple(sorted((k, v) for k, v in told.items() if v != UNDEFINED)))
        return self._in_vain(columns)

    def _in_vain(self, columns: list[list[Column]]) -> Witness:
        whole = prod(len(some) for some in columns) <= TRIES and not names_in_expressions(self.rmap, self.plan.parkeys)
        if whole and not has_hooks(self.rmap):
            return Witness(False, "Whatever the header says, another rule or date is preferred to it.")
        return Witness(None, "No header was found that makes it win; the search could not look at all of them.")

    def _columns(self) -> list[list[Column]] | None:
        """For each parameter the values that this rule accepts, those first that fewest other rules accept."""
        if self.table is None:
            return []
        found = []
        allowed = self.plan.observatory.allowed
        for number, name in enumerate(self.table.parameters):
            if name in self.base:
                column = self.table.column(self.selector, number, self.base[name])
                fits = [column] if column.error is None and column.good >> self.index & 1 else []
            else:
                every = options(self.table, self.selector, number, allowed(name))
                fits = [one for one in every if one.good >> self.index & 1]
                fits.sort(key=lambda one: (not one.ones >> self.index & 1, one.good.bit_count()))
            if not fits:
                return None
            found.append(fits)
        return found

    def _values(self, columns: list[list[Column]]) -> Iterator[dict[str, str]]:
        """Sets of values for which the rule is among those that match."""
        if self.table is None:
            yield {}
            return
        names = self.table.parameters
        for chosen in _nearest_first(columns):
            yield {name: column.value for name, column in zip(names, chosen, strict=True)}

    def _inside(self, paths: list[tuple[Any, ...]], values: Mapping[str, str]) -> Iterator[dict[str, str]]:
        if not dates.is_selector(self.choice):
            yield {}
            return
        for path in paths:
            # all parts of a date at once, before its day alone
            for changes in sorted(settings(self.choice, path, {}), key=len, reverse=True)[:4]:
                yield dict(changes)

    def _proved(self, header: dict[str, str]) -> bool:
        self.asked -= 1
        texts, minimal = self.plan.read({k: v for k, v in header.items() if v != UNDEFINED})
        answer = ask(self.rmap, minimal)
        if answer.file is None or self.file not in answer.file.split(","):
            return False
        if self.table is None:
            return True
        return self.index in look(self.plan, self.rmap, texts, minimal).group

    def _is_news(self, values: Mapping[str, str]) -> bool:
        """Whether crds may pick this rule, and did not see the like: a quick look, without crds.

        Values that bring the same rules into play, in the same order, all get the same answer.
        """
        if self.table is None or self.rmap._parkey_relevance_exprs:
            return True
        header = {**dict.fromkeys(self.plan.parkeys, UNDEFINED), **self.base, **values}
        before: list[tuple[int, ...]] = []
        for group in self.table.board(self.selector, header, frozenset()).groups:
            before.append(tuple(group))
            if self.index in group:
                break
            if any(not dates.is_selector(self.table.rows[index].choice) for index in group):
                return False
        else:
            return False
        seen = tuple(before)
        if seen in self.seen:
            return False
        self.seen.add(seen)
        return True


def _nearest_first(columns: list[list[Column]]) -> Iterator[tuple[Column, ...]]:
    """All combinations, those first that leave the first choice of few parameters."""
    first = tuple(some[0] for some in columns)
    yield first
    for number, some in enumerate(columns):
        for other in some[1:]:
            yield (*first[:number], other, *first[number + 1 :])
    for chosen in product(*columns):
        if sum(one is not two for one, two in zip(chosen, first, strict=True)) > 1:
            yield chosen


def instrument_value(cache: Any, context: str, instrument: str) -> tuple[str, str]:
    """The parkey by which a context tells instruments, and the instrument's name."""
    return str(cache.load(context).instrument_key).upper(), instrument
