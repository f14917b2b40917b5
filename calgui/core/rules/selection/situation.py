"""What crds's selector saw for one header, step by step: the header after hooks, the board, the groups it tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection import dates
from calgui.core.rules.selection.board import Board, table_of
from calgui.core.rules.selection.header import Plan
from calgui.core.rules.values import DateVerdict


@dataclass(frozen=True)
class Situation:
    """What led to an answer.

    Attributes
    ----------
    header : dict of str to str
        As the selector saw it, after crds's hooks and irrelevant parameters.
    missing : frozenset of str
        Parkeys that the file's header lacks.
    board : Board or None
        Rules against values; None where the outermost selector is no Match.
    tried : tuple of tuple of int
        Groups of equal weight that matched and gave no file.
    group : tuple of int
        The group that gave the file; empty where none did.
    choice : object
        What that group holds, merged.
    error : Exception or None
        What stopped the look-up.
    stopped : tuple of int
        The group whose date or number could not be read.
    hooked : bool
        Whether this is crds's second look-up, after its first failed.
    """

    selector: Any
    header: Mapping[str, str]
    missing: frozenset[str]
    board: Board | None
    tried: tuple[tuple[int, ...], ...] = ()
    group: tuple[int, ...] = ()
    choice: Any = None
    error: BaseException | None = None
    stopped: tuple[int, ...] = ()
    hooked: bool = False

    @property
    def inner(self) -> tuple[str, ...]:
        """Parkeys that the selectors inside the rules read."""
        if self.board is None:
            return dates.parameters(self.selector)
        return self.board.table.inner

    @property
    def late(self) -> list[tuple[DateVerdict, ...]]:
        """What the groups that gave no file hold."""
        if self.board is None:
            return [tuple(DateVerdict(label, file, False) for label, _, file in dates.entries(self.selector))]
        return [self.board.table.rows[index].blank for group in self.tried for index in group]


def look(
    plan: Plan,
    rmap: Any,
    texts: Mapping[str, str],
    minimal: Mapping[str, str],
    lines: Mapping[tuple[str, ...], int] | None = None,
) -> Situation:
    """Follow crds through one look-up.

    Parameters
    ----------
    plan : Plan
        Of the header's instrument.
    rmap : crds ReferenceMapping
        The rules.
    texts, minimal : mapping of str to str
        All values of the header by parkey as text; those that crds is given.
    lines : mapping, optional
        Line of each rule in the mapping's text.

    Returns
    -------
    Situation
        Made by calling crds's own hooks, matchers, merges and selectors.
    """
    missing = frozenset(key for key in plan.parkeys if key not in texts)
    given = dict(minimal)
    prepared = rmap._precondition_header(rmap, given)
    first = follow(rmap.selector, rmap.map_irrelevant_parkeys_to_na(prepared), missing, lines)
    if not _failed(first) or (hasattr(rmap.locate, "dnr_check") and rmap.dnr_check(first.header) is True):
        return first
    second = rmap._fallback_header(rmap, given)
    if not second:
        return first
    header = rmap.map_irrelevant_parkeys_to_na(rmap.minimize_header(second))
    return follow(rmap.selector, header, missing, lines, hooked=True)


def _failed(situation: Situation) -> bool:
    return situation.error is not None


def follow(
    selector: Any,
    header: Mapping[str, str],
    missing: frozenset[str],
    lines: Mapping[tuple[str, ...], int] | None = None,
    *,
    hooked: bool = False,
) -> Situation:
    """Follow one `choose` of a selector: groups by falling weight, each merged and asked, as crds does."""
    errors = crds_module("core.exceptions")
    if type(selector).__name__ != "MatchSelector":
        try:
            selector.choose(header)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - what crds would end with
            return Situation(selector, header, missing, None, error=error, hooked=hooked)
        return Situation(selector, header, missing, None, choice=selector, hooked=hooked)
    board = table_of(selector, lines).board(selector, header, missing)
    tried: list[tuple[int, ...]] = []
    last: BaseException = errors.MatchingError("No match found.")
    for group in board.groups:
        try:
            choice = _combined(selector, board, group)
            if dates.is_selector(choice):
                choice.choose(header)
        except errors.CrdsLookupError as error:
            tried.append(group)
            last = error
            continue
        except (Exception, SystemExit) as error:  # noqa: BLE001 - crds raises whatever a mapping leads it to
            return Situation(selector, header, missing, board, tuple(tried), error=error, stopped=group, hooked=hooked)
        return Situation(selector, header, missing, board, tuple(tried), group, choice, hooked=hooked)
    return Situation(selector, header, missing, board, tuple(tried), error=last, hooked=hooked)


def _combined(selector: Any, board: Board, group: tuple[int, ...]) -> Any:
    rows = board.table.rows
    if len(group) == 1:
        return rows[group[0]].choice
    if not selector._merge_overlaps:
        raise crds_module("core.exceptions").AmbiguousMatchError("More than one match clause matched.")
    choices = tuple(rows[index].choice for index in group)
    return selector.merge_group(choices) if dates.is_selector(choices[0]) else choices
