"""Near misses: the fewest header changes that would have selected another file, each proved by asking crds."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count, product
from typing import Any

from calgui.core.rules import dates
from calgui.core.rules.board import Board
from calgui.core.rules.header import UNDEFINED, Plan, with_settings
from calgui.core.rules.proposals import proposals
from calgui.core.rules.select import ask
from calgui.core.rules.sentence import accepts
from calgui.core.rules.situation import Situation, look
from calgui.core.rules.values import Change, NearMiss

#: proofs that are tried for one header: the search is exact in what it shows, and bounded in how far it looks
TRIES = 120
#: files that are shown
SHOWN = 8
#: rules that are looked at, nearest first
RULES = 200


@dataclass(frozen=True)
class _Goal:
    changes: tuple[tuple[str, str], ...]
    file: str
    rule: int


def near_misses(
    plan: Plan, kind: str, header: Mapping[str, Any], selected: str | None, tries: int = TRIES
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
    tries : int
        How many changed headers crds is asked about at most.

    Returns
    -------
    tuple of NearMiss
        At most `SHOWN`, found among the `RULES` nearest rules; each was proved.
    """
    rmap = plan.rmaps[kind]
    texts = plan.texts(header)
    situation = look(plan, rmap, texts, plan.minimise(texts))
    heap: list[tuple[int, int, _Goal]] = []
    order = count()
    for goal in _goals(situation):
        heapq.heappush(heap, (len(goal.changes), next(order), goal))
    proved: dict[str, NearMiss] = {}
    extended = 0
    while heap and tries > 0 and len(proved) < SHOWN:
        _, _, goal = heapq.heappop(heap)
        if goal.file in proved or goal.file == selected or not goal.changes:
            continue
        tries -= 1
        if _selects(plan, rmap, header, goal):
            proved[goal.file] = NearMiss(goal.file, _as_changes(texts, plan, goal))
        elif extended < tries:
            for more in _extended(situation, goal):
                extended += 1
                heapq.heappush(heap, (len(more.changes), next(order), more))
    return tuple(proved.values())


def _selects(plan: Plan, rmap: Any, header: Mapping[str, Any], goal: _Goal) -> bool:
    texts = plan.texts(with_settings(header, dict(goal.changes), plan.observatory))
    if any(key in plan.parkeys and "INSTRUMENT.NAME" in key for key, _ in goal.changes):
        return False  # another instrument has rules of its own
    return ask(rmap, plan.minimise(texts)).file == goal.file


def _as_changes(texts: Mapping[str, str], plan: Plan, goal: _Goal) -> tuple[Change, ...]:
    now = plan.minimise(texts)
    return tuple(Change(name, now.get(name.upper(), UNDEFINED), value) for name, value in goal.changes)


def _goals(situation: Situation) -> Iterator[_Goal]:
    board = situation.board
    if board is None:
        yield from _inside(situation, situation.selector, (), 0)
        return
    rows = board.table.rows
    nearest = sorted((i for i, row in enumerate(rows) if row.alive), key=lambda i: (board.bads[i], -board.weights[i]))
    for index in nearest[:RULES]:
        wanted = _columns(situation, board, index)
        if wanted is not None:
            for changes in wanted:
                yield from _inside(situation, rows[index].choice, changes, index)


def _columns(situation: Situation, board: Board, index: int) -> list[tuple[tuple[str, str], ...]] | None:
    """Ways to make one rule match: a value for each parameter that speaks against it."""
    choices = []
    for column in range(len(board.columns)):
        if board.status(index, column) < 0 or column in board.refused:
            name = board.table.parameters[column]
            _, element, matcher = board.table.elements[column][board.table.rows[index].picks[column]]
            values = proposals(situation.selector, name, element, matcher, accepts(board, column))
            if not values:
                return None
            choices.append([(name, value) for value in values])
    if len(choices) > 2:
        choices = [values[:1] for values in choices]
    return [tuple(pairs) for pairs in product(*choices)][:6]


def _inside(situation: Situation, choice: Any, changes: tuple[tuple[str, str], ...], index: int) -> Iterator[_Goal]:
    """Each file of a rule, with the dates or numbers that would choose it added to the changes."""
    now = dict(situation.header) | dict(changes)
    try:
        here = {file for _, file in dates.picked(choice, now)}
    except (Exception, SystemExit):  # noqa: BLE001 - no date, or one that cannot be read: then it has to change
        here = set()
    for _, path, file in dates.entries(choice)[-40:]:
        if file in here:
            yield _Goal(changes, file, index)
            continue
        for more in _settings(choice, path, now):
            yield _Goal((*changes, *more), file, index)


def _settings(choice: Any, path: tuple[Any, ...], now: Mapping[str, str]) -> Iterator[tuple[tuple[str, str], ...]]:
    """Values of the parameters inside a rule that lead to one of its entries; fewest changes first."""
    if not dates.is_selector(choice) or len(path) != 1:
        return
    names = [str(name) for name in choice._parameters]
    key = str(path[0])
    if choice.short_name in ("UseAfter", "ClosestTime"):
        if len(names) == 2:
            day, _, time = key.partition(" ")
            yield ((names[0], day),)
            yield ((names[0], day), (names[1], time or "00:00:00"))
            yield ((names[1], time or "00:00:00"),)
        else:
            yield ((names[0], key),)
    elif choice.short_name == "SelectVersion":
        text = key.lstrip("<= ")
        for value in _below(text) if key.startswith("<") else (text,):
            yield ((names[0], value),)
    elif choice.short_name == "VersionAfter" and len(names) == 1:
        yield ((names[0], ".".join(str(part) for part in path[0])),)
    elif len(names) == 1:
        yield ((names[0], key),)


def _below(text: str) -> tuple[str, ...]:
    try:
        number = float(text)
    except ValueError:
        return ()
    return (str(number - 0.01), str(number - 1))


def _extended(situation: Situation, goal: _Goal) -> Iterator[_Goal]:
    """A goal that another rule outranked, with one more parameter changed to a value that its own rule accepts."""
    board = situation.board
    if board is None:
        return
    used = {name for name, _ in goal.changes}
    for column, name in enumerate(board.table.parameters):
        if name in used:
            continue
        listed = accepts(board, column)
        _, element, matcher = board.table.elements[column][board.table.rows[goal.rule].picks[column]]
        for value in proposals(situation.selector, name, element, matcher, listed):
            if value != board.values[column]:
                yield _Goal((*goal.changes, (name, value)), goal.file, goal.rule)
