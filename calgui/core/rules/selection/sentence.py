"""Why there is no file, in one sentence: crds itself says no more than that it found none."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection.answer import Answer
from calgui.core.rules.selection.board import Board
from calgui.core.rules.selection.header import UNDEFINED, Plan
from calgui.core.rules.selection.situation import Situation, look
from calgui.core.rules.values import Status

NOT_REQUIRED = "No rule matches, and the rules do not require this type."
NOT_REPROCESSED = "Not needed: such observations are not reprocessed, and no rule matches."
_LISTED = 12


def explain_answer(
    plan: Plan,
    rmap: Any,
    answer: Answer,
    texts: Mapping[str, str],
    minimal: Mapping[str, str],
    situation: Situation | None = None,
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
    situation : Situation, optional
        Where the look-up has been followed already.

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
        return not_found(plan, situation or look(plan, rmap, texts, minimal), answer)
    except (Exception, SystemExit):  # noqa: BLE001 - what breaks crds can break this; its own word is then all
        return f"crds could not decide: {one_line(answer.error)}."


def _not_needed(rmap: Any, reason: str) -> str:
    if "rmap_relevance" in reason:
        return f"Not needed for this observation: the rules ask for it only if {rmap.header.get('rmap_relevance', '')}."
    if "rmap_omit" in reason:
        return f"Left out for this observation: the rules omit it if {rmap.header.get('rmap_omit', '')}."
    if "DNR" in reason:
        return NOT_REPROCESSED
    if "not required" in reason:
        return NOT_REQUIRED
    return "The rules declare this type not applicable to such observations."


def not_found(plan: Plan, situation: Situation, answer: Answer) -> str:
    """The sentence for a selection that failed: which parameter was the end of it, and what would do."""
    board = situation.board
    if board is not None and not board.groups:
        return no_match(plan, board)
    error = situation.error or answer.error
    errors = crds_module("core.exceptions")
    if isinstance(error, errors.AmbiguousMatchError):
        return "Several rules match equally well, and the mapping does not say which to take."
    values = [situation.header.get(name, UNDEFINED) for name in situation.inner]
    gone = [_label(plan, name) for name, value in zip(situation.inner, values, strict=True) if value == UNDEFINED]
    if gone:
        return f"The header lacks {', '.join(gone)}, by which the matching rules choose."
    if isinstance(error, errors.CrdsLookupError):
        return too_early(plan, situation.inner, values, (entry.date for rule in situation.late for entry in rule))
    if isinstance(error, errors.ValidationError | errors.InvalidDatetimeError | AssertionError):
        return _unreadable(plan, situation.inner, values)
    return f"crds could not decide: {one_line(error)}."


def too_early(plan: Plan, names: Sequence[str], values: Sequence[str], begins: Iterable[str]) -> str:
    """The sentence where rules match, and all that they hold begins after the observation."""
    said, labels = " ".join(values), ", ".join(_short(plan, name) for name in names)
    first = min(begins, default=None)
    return f"Rules match, but all their files begin after {said} ({labels})" + (
        f"; the earliest is {first}." if first is not None else "."
    )


def _unreadable(plan: Plan, names: Sequence[str], values: Sequence[str]) -> str:
    """The sentence for a date or number that crds cannot read."""
    labels = ", ".join(_short(plan, name) for name in names)
    said, known = " ".join(values), set(plan.observatory.dates)
    if known.issuperset(names):
        return f"The date of the observation, {said!r} ({labels}), cannot be read; write it as 2026-03-11 and 14:05:00."
    return f"The value {said!r} of {labels} cannot be read, and the matching rules choose by it."


def no_match(plan: Plan, board: Board) -> str:
    """The sentence where no rule matches: what crds refused, or the parameter that killed the last candidates."""
    if board.refused:
        first, *others = (_wrong(plan, board, column) for column in board.refused)
        return "; and ".join([first, *(other.replace("The header", "it", 1) for other in others)]) + "."
    rest = board.table.alive
    for index, column in enumerate(board.columns):
        if not rest & column.good:
            return _wrong(plan, board, index, rest) + "."
        rest &= column.good
    raise ValueError("rules are left")


def accepts(board: Board, column: int, rules: int | None = None) -> tuple[str, ...]:
    """Values that rules (a bit mask; all of them by default) ask for in a column, as crds sees them, in order."""
    found: set[str] = set()
    for mask, values in zip(board.table.masks[column], board.table.listed[column], strict=True):
        if rules is None or mask & rules:
            found.update(values)
    return tuple(sorted(found))


def _wrong(plan: Plan, board: Board, column: int, rules: int | None = None) -> str:
    name, value = board.table.parameters[column], board.values[column]
    values = accepts(board, column, rules)
    listed = ", ".join(values[:_LISTED]) + (f" and {len(values) - _LISTED} more" if len(values) > _LISTED else "")
    label = _label(plan, name)
    if board.columns[column].absent:
        return f"The header lacks {label}; the rules accept {listed or 'nothing'}"
    some = rules is not None and rules.bit_count() < len(board.table.rows)
    which = "the rules that match up to here" if some else "the rules"
    return f"{label} is {value}; {which} accept {listed or 'nothing'}"


def _label(plan: Plan, name: str) -> str:
    keyword = plan.observatory.keyword_of(name)
    return f"{name} ({keyword})" if keyword and keyword != name.upper() else name


def _short(plan: Plan, name: str) -> str:
    return plan.observatory.keyword_of(name) or name


def one_line(error: BaseException | None) -> str:
    """The first line of what an exception says."""
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__).rstrip(".")
