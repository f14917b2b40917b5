"""Why the rules selected what they did: rules x parameters, fates, dates; told from crds's own objects."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from calgui.core.errors import InputError, UsageError
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection import dates
from calgui.core.rules.selection.answer import Answer, ask
from calgui.core.rules.selection.header import UNDEFINED, Plan, plan_for, plan_of, rule_keywords
from calgui.core.rules.selection.select import all_types, without_instrument, without_rules
from calgui.core.rules.selection.sentence import explain_answer
from calgui.core.rules.selection.situation import Situation, look
from calgui.core.rules.values import Fate, Parameter, Rule, Status, Trace

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

__all__ = ["accepted_values", "explain", "rule_keywords"]

_LINES: "WeakKeyDictionary[Any, Mapping[tuple[str, ...], int]]" = WeakKeyDictionary()


def explain(cache: "Cache", context: str, type: str, header: Mapping[str, Any], *, near: bool = True) -> Trace:
    """Why the rules select what they do for a header.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    type : str
        Reference type, in any case.
    header : mapping of str to object
        As in a file: FITS keywords and parkeys, in any case.
    near : bool
        Whether to look for near misses, which takes longer than all the rest.

    Returns
    -------
    Trace
        Its selected file is crds's own answer.

    Raises
    ------
    UsageError
        When the cache has no such context, or no instrument of it has such a type.
    InputError
        When the context itself cannot be read.
    """
    kind = type.lower()
    cache.load(context)
    try:
        plan = plan_of(cache, context, header)
    except InputError as error:
        _check_type(cache, context, kind)
        (told,) = without_instrument(cache, context, error, [kind])
        return Trace(context, told.mapping, kind, told.status, None, told.message)
    if kind not in plan.names:
        _check_type(cache, context, kind)
    early = without_rules(plan, kind)
    if early is not None:
        return Trace(context, early.mapping, kind, early.status, None, early.message)
    trace = _explain(cache, plan, kind, header)
    if near and trace.rules:
        from dataclasses import replace

        from calgui.core.rules.selection.nearmiss import near_misses

        trace = replace(trace, near_misses=near_misses(plan, kind, header, trace.selected))
    return trace


def _check_type(cache: "Cache", context: str, kind: str) -> None:
    known = all_types(cache, context)
    if kind not in known:
        raise UsageError(
            f"{context} has no reference type {kind!r}.", path=cache.path, cure=f"It has: {', '.join(known)}."
        )


def _explain(cache: "Cache", plan: Plan, kind: str, header: Mapping[str, Any]) -> Trace:
    rmap, name = plan.rmaps[kind], plan.names[kind]
    texts, minimal = plan.read(header)
    answer = ask(rmap, minimal)
    shown: tuple[Parameter, ...] = ()
    rules: tuple[Rule, ...] = ()
    situation: Situation | None = None
    if not skipped(answer):
        try:
            situation = look(plan, rmap, texts, minimal, _lines(cache, rmap, name))
            shown, rules = _parameters(plan, situation, texts), rules_of(situation)
        except (Exception, SystemExit):
            if answer.status is Status.SELECTED:
                raise
    message = explain_answer(plan, rmap, answer, texts, minimal, situation)
    if situation is not None and situation.hooked:
        message = " ".join(filter(None, [message, "crds looked a second time, with values that it replaced."]))
    return Trace(plan.context, name, kind, answer.status, answer.file, message, shown, rules)


def skipped(answer: Answer) -> bool:
    """Whether crds decided before it looked at any rule: by ``rmap_relevance`` or ``rmap_omit``."""
    reason = str(answer.error)
    return answer.status is Status.NOT_APPLICABLE and ("rmap_relevance" in reason or "rmap_omit" in reason)


def _lines(cache: "Cache", rmap: Any, name: str) -> Mapping[tuple[str, ...], int]:
    found = _LINES.get(rmap)
    if found is None:
        found = _LINES[rmap] = {entry.key: entry.line for entry in cache.parsed(name).choices.entries}
    return found


def _parameters(plan: Plan, situation: Situation, texts: Mapping[str, str]) -> tuple[Parameter, ...]:
    outer = situation.board.table.parameters if situation.board is not None else ()
    names = (*outer, *(name for name in situation.inner if name not in outer))
    return tuple(
        Parameter(name, plan.observatory.keyword_of(name), situation.header.get(name, UNDEFINED), texts.get(name))
        for name in names
    )


def rules_of(situation: Situation) -> tuple[Rule, ...]:
    """All rules with their fates, nearest first."""
    board = situation.board
    if board is None:
        won = situation.error is None
        verdicts = dates.verdicts(
            situation.selector, situation.selector, situation.header, won=won, stopped=_unreadable(situation)
        )
        return (Rule((), Fate.WINNER if won else Fate.NO_DATE, 0, (), verdicts),)
    groups: list[tuple[tuple[int, ...], Fate]] = []
    winners: list[Rule] = []
    merged: list[Rule] = []
    for index in situation.group:
        choice = board.table.rows[index].choice
        decided = not dates.unresolved(situation.choice)
        verdicts = dates.verdicts(choice, situation.choice, situation.header, won=decided)
        if any(verdict.chosen for verdict in verdicts) and (not winners or not dates.is_selector(choice)):
            winners.append(board.rule(index, Fate.WINNER, verdicts))
        else:
            merged.append(board.rule(index, Fate.MERGED, _overruled(verdicts)))
    groups += [(group, Fate.NO_DATE) for group in situation.tried]
    if situation.stopped:
        groups.append((situation.stopped, Fate.NO_DATE))
    done = {*situation.group, *(index for group, _ in groups for index in group)}
    groups += [(group, Fate.OUTRANKED) for group in board.groups if not done.intersection(group)]
    rest = []
    for group, fate in groups:
        for index in group:
            stopped = group == situation.stopped
            choice = board.table.rows[index].choice
            told = None
            if fate is Fate.NO_DATE:
                told = dates.verdicts(choice, choice, situation.header, won=False, stopped=stopped)
            rest.append(board.rule(index, fate, told))
    return (*winners, *merged, *rest, *board.losers)


def _overruled(verdicts: tuple[Any, ...]) -> tuple[Any, ...]:
    from dataclasses import replace

    return tuple(
        replace(verdict, chosen=False, reason="the same date and file in another rule") if verdict.chosen else verdict
        for verdict in verdicts
    )


def _unreadable(situation: Situation) -> bool:
    lookup = crds_module("core.exceptions").CrdsLookupError
    return situation.error is not None and not isinstance(situation.error, lookup)


def accepted_values(cache: "Cache", context: str, type: str) -> dict[str, tuple[str, ...]]:
    """Values that the rules of a type list, for each parameter.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    type : str
        Reference type, in any case; that of every instrument that has it.

    Returns
    -------
    dict of str to tuple of str
        Parkey to values, as crds sees them; dates and versions are not among them.
    """
    found: dict[str, set[str]] = {}
    for instrument in cache.instruments(context):
        try:
            rmap = plan_for(cache, context, instrument).rmaps.get(type.lower())
        except InputError:
            continue
        if rmap is None or isinstance(rmap, InputError):
            continue
        for name, values in rmap.selector.get_value_map().items():
            found.setdefault(str(name).upper(), set()).update(str(value) for value in values)
    return {name: tuple(sorted(values)) for name, values in found.items()}
