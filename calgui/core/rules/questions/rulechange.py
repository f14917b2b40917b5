"""The other way round: the smallest change of a rule that would make a header match, proved on a copy in memory."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection import dates
from calgui.core.rules.selection.answer import ask
from calgui.core.rules.selection.board import Board, Row
from calgui.core.rules.selection.header import UNDEFINED, Plan, plan_of
from calgui.core.rules.selection.select import without_rules
from calgui.core.rules.selection.situation import Situation, look

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: how many changes are told at most, and how many rules crds is given to read for the proofs
MOST, RULES_READ = 10, 60_000
_DATED = ("UseAfter", "ClosestTime")
#: a value written so is more than a word to crds, and cannot be one of several
_MORE = frozenset("{(<>=#!|*?&")


@dataclass(frozen=True)
class RuleEdit:
    """One change inside a rule.

    Attributes
    ----------
    parameter : str
        Parkey; for a date its parkeys, joined by a space.
    keyword : str or None
        FITS keyword of the parkey, where one is known.
    before, after : str
        What the rule asks for, as written, now and then. For a date the rule's earliest now, and the one that would be
        added before it, with the same file.
    dated : bool
        Whether this is such a date.
    """

    parameter: str
    keyword: str | None
    before: str
    after: str
    dated: bool = False


@dataclass(frozen=True)
class RuleChange:
    """A change of one rule that makes a header match.

    Attributes
    ----------
    mapping : str
        Name of the ``.rmap``.
    key : tuple of str
        The rule as written now.
    line : int or None
        Its line in the mapping's text, from 1.
    edits : tuple of RuleEdit
        What to change.
    file : str
        What crds then selects.
    new_key : tuple of str
        The rule as it would be written.
    """

    mapping: str
    key: tuple[str, ...]
    line: int | None
    edits: tuple[RuleEdit, ...]
    file: str
    new_key: tuple[str, ...]


def rule_changes(
    cache: "Cache", context: str, type: str, header: Mapping[str, Any], most: int = MOST, file: str | None = None
) -> tuple[RuleChange, ...]:
    """The smallest changes of single rules that would make a header select another file, or one at all.

    Parameters
    ----------
    cache : Cache
        The rules; not changed.
    context : str
        Name of a ``.pmap`` of the cache.
    type : str
        Reference type, in any case.
    header : mapping of str to object
        As in a file.
    most : int
        How many are enough.
    file : str, optional
        Only changes that select this file.

    Returns
    -------
    tuple of RuleChange
        Fewest edits first, then the rules that matched best. Each was applied to a copy of the rules in memory, and
        crds then selected `RuleChange.file` by that rule. None for a type without rules, or where the mapping's
        conditions declare it not applicable before any rule is looked at.

    Raises
    ------
    UsageError
        When the cache has no such context.
    InputError
        When the context cannot be read, or the header's instrument is missing or unknown.
    """
    kind = type.lower()
    cache.check_context(context)
    plan = plan_of(cache, context, header)
    if without_rules(plan, kind) is not None or most <= 0:
        return ()
    lines = {entry.key: entry.line for entry in cache.parsed(plan.names[kind]).choices.entries}
    return tuple(_Search(plan, kind, header, lines, file).run(most))


@dataclass(frozen=True)
class _Idea:
    """A change that is still to be proved."""

    row: Row | None
    edits: tuple[RuleEdit, ...]
    new_key: tuple[str, ...]
    date: str | None
    added: str | None


class _Search:
    def __init__(
        self,
        plan: Plan,
        kind: str,
        header: Mapping[str, Any],
        lines: Mapping[tuple[str, ...], int],
        file: str | None,
    ) -> None:
        self.plan, self.rmap, self.mapping, self.lines, self.file = (
            plan,
            plan.rmaps[kind],
            plan.names[kind],
            lines,
            file,
        )
        texts, self.minimal = plan.read(header)
        self.selected = ask(self.rmap, self.minimal).file
        self.seen: Situation = look(plan, self.rmap, texts, self.minimal)

    def run(self, most: int) -> list[RuleChange]:
        found: list[RuleChange] = []
        rules = len(self.rmap.selector.choices())
        proofs = max(3, min(4 * most, RULES_READ // max(rules, 1)))
        for idea in self._ideas():
            if len(found) >= most or proofs <= 0:
                break
            proofs -= 1
            file = self._proved(idea)
            if file is not None:
                key = idea.row.key if idea.row is not None else ()
                line = self.lines.get(key)
                found.append(RuleChange(self.mapping, key, line, idea.edits, file, idea.new_key))
        return found

    # ------------------------------------------------------------------ what could be changed

    def _ideas(self) -> Iterator[_Idea]:
        board = self.seen.board
        if board is None:
            if self.seen.error is not None:
                yield from self._dated(None, (), (), self.seen.selector)
            return
        for index in self._nearest(board):
            row = board.table.rows[index]
            if self.file is not None and self.file not in _files(row.choice):
                continue
            edits, key = self._widened(board, index)
            if not edits and index in self.seen.group:
                continue  # it gives the file already
            if edits and self._begun(row.choice):
                yield _Idea(row, edits, key, None, None)
            elif not self._begun(row.choice):
                yield from self._dated(row, edits, key, row.choice)

    def _nearest(self, board: Board) -> list[int]:
        rows = board.table.rows
        places = board.table.places
        alive = [index for index, row in enumerate(rows) if row.alive]
        late = {index: int(not self._begun(rows[index].choice)) for index in alive}
        return sorted(alive, key=lambda i: (board.bads[i] + late[i], late[i], -board.weights[i], places[i]))

    def _widened(self, board: Board, index: int) -> tuple[tuple[RuleEdit, ...], tuple[str, ...]]:
        """Edits that let a rule match, and its key with them."""
        row = board.table.rows[index]
        key = list(row.key)
        edits = []
        for number, column in enumerate(board.columns):
            if column.error is None and column.good >> index & 1:
                continue
            name = board.table.parameters[number]
            after = _wider(row.key[number], row.conditioned[number], column.value)
            edits.append(RuleEdit(name, self.plan.observatory.keyword_of(name), row.key[number], after))
            key[number] = after
        return tuple(edits), tuple(key)

    def _begun(self, choice: Any) -> bool:
        """Whether what a rule holds gives a file for the header's date."""
        if not dates.is_selector(choice):
            return True
        try:
            choice.choose(self.seen.header)
        except (Exception, SystemExit):  # noqa: BLE001 - crds raises whatever a mapping leads it to
            return False
        return True

    def _dated(
        self, row: Row | None, edits: tuple[RuleEdit, ...], key: tuple[str, ...], choice: Any
    ) -> Iterator[_Idea]:
        """The same with a date added from which on the rule's earliest file would hold."""
        if getattr(choice, "short_name", "") not in _DATED:
            return
        names = [str(name) for name in choice._parameters]
        date = dates.standard([self.seen.header.get(name, UNDEFINED) for name in names])
        if date is None:
            return
        entries = [(text, file) for text, path, file in dates.entries(choice) if len(path) == 1]
        if self.file is not None:
            entries = [one for one in entries if one[1] == self.file]
        if not entries:
            return
        first, file = min(entries)
        keyword = self.plan.observatory.keyword_of(names[0])
        yield _Idea(row, (*edits, RuleEdit(" ".join(names), keyword, first, date, dated=True)), key, date, file)

    # ------------------------------------------------------------------ the proof

    def _proved(self, idea: _Idea) -> str | None:
        """What crds selects for the header with a change applied; None unless it does so by that rule."""
        try:
            changed, choice = _changed(self.rmap, idea)
            answer = ask(changed, self.minimal)
            if answer.file is None or answer.file == self.selected:
                return None
            names = answer.file.split(",")
            if self.file is not None and self.file not in names:
                return None
            ours = _files(choice)
        except (Exception, SystemExit):  # noqa: BLE001 - crds may refuse the changed rules, as it may any
            return None
        return answer.file if any(name in ours for name in names) else None


def _changed(rmap: Any, idea: _Idea) -> tuple[Any, Any]:
    """A copy of a mapping with one rule changed, and what that rule holds in it."""
    selectors = crds_module("core.selectors")
    old = rmap.selector
    made = copy.copy(rmap)
    if idea.row is None:
        made.selector = choice = _with_date(old, idea)
        return made, choice
    choice = _with_date(idea.row.choice, idea) if idea.date is not None else idea.row.choice
    rules = {}
    for raw, held in old._raw_selections:
        if held is idea.row.choice and _same(raw, idea.row.key):
            rules[idea.new_key if isinstance(raw, tuple) else idea.new_key[0]] = choice
        else:
            rules[raw] = held
    made.selector = selectors.MatchSelector(old._parameters, rules, old._rmap_header)
    made._rmap_valid_values = made.selector.get_value_map()
    return made, choice


def _with_date(selector: Any, idea: _Idea) -> Any:
    """A copy of a selector with a date added."""
    held = {key: file for key, file in selector._raw_selections}  # noqa: C416 a subclass of tuple
    held[idea.date] = idea.added
    return type(selector)(selector._parameters, held, selector._rmap_header)


def _same(raw: Any, key: tuple[str, ...]) -> bool:
    from calgui.core.rules.selection.board import key_texts

    return key_texts(raw) == key


def _files(choice: Any) -> set[str]:
    return {name for _, _, file in dates.entries(choice) for name in file.split(",")}


def _wider(text: str, element: str, value: str) -> str:
    """What a rule would have to ask for, to accept one more value; as little more as crds's notation allows."""
    if value in (UNDEFINED, "N/A"):
        return "N/A"  # what is not there can only be not asked for
    words = element.startswith(("NOT ", "BETWEEN "))
    if _MORE.intersection(value) or value.startswith(("NOT ", "BETWEEN ")):
        return "*"
    if element == UNDEFINED or words or element[:1] in ("{", "(", "#", "<", ">", "=", "!"):
        # an expression cannot be one of several
        return "*"
    return f"{text}|{value}"
