"""Why there is no file, in one sentence: crds itself says no more than that it found none."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from calgui.core.rules.board import Board
from calgui.core.rules.header import UNDEFINED, Plan
from calgui.core.rules.setup import crds_module
from calgui.core.rules.situation import Situation, look
from calgui.core.rules.values import Status

if TYPE_CHECKING:
    from calgui.core.rules.select import Answer

_LISTED = 12


def explain_answer(
    plan: Plan, rmap: Any, answer: "Answer", texts: Mapping[str, str], minimal: Mapping[str, str]
) -> str | None:
    """The reason why an answer is no file.

    Parameters
    ----------
    plan : Plan
        Of the header's instrument.
    rmap : crds ReferenceMapping
        The rules.
    answer : Answer
        crds's.
    texts, minimal : mapping of str to str
        All values of the header by parkey as text; those that crds was given.

    Returns
    -------
    str or None
        None for a file.
    """
    if answer.status is Status.SELECTED:
        return None
    if answer.status is Status.NOT_APPLICABLE:
        return _not_needed(rmap, str(answer.error))
    try:
        situation = look(plan, rmap, texts, minimal)
        return not_found(plan, situation, answer)
    except (Exception, SystemExit):  # noqa: BLE001 - what breaks crds can break this; its own word is then all
        return f"crds could not decide: {one_line(answer.error)}."


def _not_needed(rmap: Any, reason: str) -> str:
    if "rmap_relevance" in reason:
        return f"Not needed for this observation: the rules ask for it only if {rmap.header.get('rmap_relevance', '')}."
    if "rmap_omit" in reason:
        return f"Left out for this observation: the rules omit it if {rmap.header.get('rmap_omit', '')}."
    if "DNR" in reason:
        return "Not needed: such observations are not reprocessed, and no rule matches."
    if "not required" in reason:
        return "No rule matches, and the rules do not require this type."
    return "The rules declare this type not applicable to such observations."


def not_found(plan: Plan, situation: Situation, answer: "Answer") -> str:
    """The sentence for a selection that failed: which parameter was the end of it, and what would do."""
    board = situation.board
    if board is not None and board.refused:
        parts = [_wrong(plan, board, column, situation) for column in board.refused]
        return "; ".join(parts) + "."
    if board is not None and not board.groups:
        column, rows = killer(board)
        return _wrong(plan, board, column, situation, rows) + "."
    error = situation.error or answer.error
    errors = crds_module("core.exceptions")
    if isinstance(error, errors.AmbiguousMatchError):
        return "Several rules match equally well, and the mapping does not say which to take."
    names = ", ".join(_label(plan, name) for name in situation.inner)
    said = " ".join(situation.header.get(name, UNDEFINED) for name in situation.inner)
    gone = [_label(plan, name) for name in situation.inner if situation.header.get(name, UNDEFINED) == UNDEFINED]
    if gone:
        return f"The header lacks {', '.join(gone)}, by which the matching rules choose."
    if isinstance(error, errors.CrdsLookupError):
        first = min((entry.date for rule in situation.late for entry in rule), default=None)
        begins = f"; the earliest is {first}" if first is not None else ""
        return f"Rules match, but all their files begin after {said} ({names}){begins}."
    if isinstance(error, errors.ValidationError | errors.InvalidDatetimeError | AssertionError):
        return f"The value {said!r} of {names} cannot be read, and the matching rules choose by it."
    return f"crds could not decide: {one_line(error)}."


def killer(board: Board) -> tuple[int, list[int]]:
    """The parameter that killed the last candidates when taken in crds's order, and those candidates."""
    rest = [index for index, row in enumerate(board.table.rows) if row.alive]
    for column in range(len(board.values)):
        left = [index for index in rest if board.statuses[index][column] >= 0]
        if not left:
            return column, rest
        rest = left
    raise ValueError("rules are left")


def accepts(board: Board, column: int, rows: list[int] | None = None) -> tuple[str, ...]:
    """Values that rules ask for in a column, as crds sees them, in order."""
    found: set[str] = set()
    glob_list = crds_module("core.selectors").glob_list
    for index in range(len(board.table.rows)) if rows is None else rows:
        found.update(glob_list(board.table.elements[column][board.table.rows[index].picks[column]][1]))
    return tuple(sorted(found))


def _wrong(plan: Plan, board: Board, column: int, situation: Situation, rows: list[int] | None = None) -> str:
    name = board.table.parameters[column]
    values = accepts(board, column, rows)
    listed = ", ".join(values[:_LISTED]) + (f" and {len(values) - _LISTED} more" if len(values) > _LISTED else "")
    label = _label(plan, name)
    if name in situation.missing and board.values[column] == UNDEFINED:
        return f"The header lacks {label}; the rules accept {listed or 'nothing'}"
    which = "the rules that match up to here" if rows is not None and len(rows) < len(board.table.rows) else "the rules"
    return f"{label} is {board.values[column]}; {which} accept {listed or 'nothing'}"


def _label(plan: Plan, name: str) -> str:
    keyword = plan.observatory.keyword_of(name)
    return f"{name} ({keyword})" if keyword and keyword != name.upper() else name


def one_line(error: BaseException | None) -> str:
    """The first line of what an exception says."""
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__).rstrip(".")
