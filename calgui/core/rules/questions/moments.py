"""Moments on the axis of observations: the dates that rules name, in the order in which crds compares them."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection import dates
from calgui.core.rules.selection.header import conditions_of, has_hooks, names_in_expressions

TICK = timedelta(microseconds=1)
LAST = datetime.max
_DATED = ("UseAfterSelector", "ClosestTimeSelector")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?(?:[ T]\d\d?:\d\d?(?::\d\d?(?:\.\d+)?)?)?")


def axis(selector: Any) -> tuple[str, ...]:
    """Parkeys of the date that the selectors of a mapping read; empty where none reads one."""
    for one in _selectors(selector):
        if type(one).__name__ in _DATED:
            return tuple(str(name) for name in one._parameters)
    return ()


def parameters(selector: Any) -> tuple[str, ...]:
    """All parkeys that the selectors of a mapping read."""
    found: dict[str, None] = {}
    for one in _selectors(selector):
        found |= dict.fromkeys(str(name) for name in one._parameters)
    return tuple(found)


def _selectors(selector: Any) -> Iterator[Any]:
    yield selector
    for choice in selector.choices():
        if dates.is_selector(choice):
            yield from _selectors(choice)


def words(names: Sequence[str], moment: datetime) -> dict[str, str]:
    """A moment as headers say it: day and time of day, or both in one."""
    text = f"{moment.year:04}-{moment:%m-%d} {moment.time().isoformat()}"
    if len(names) == 1:
        return {names[0]: text}
    day, _, time = text.partition(" ")
    return {names[0]: day, names[1]: time} | dict.fromkeys(names[2:], "")


def text_of(moment: datetime) -> str:
    """A moment as crds compares it."""
    return str(crds_module("core.timestamp").format_date(moment))


def parse(text: str | None) -> datetime | None:
    """A date as crds writes it; None for what is none."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def first_at_or_after(key: str) -> datetime | None:
    """The first moment that crds holds for not earlier than a key, whatever the key is; None where there is none.

    crds compares texts: an unpadded date, or none at all, has its place among them as well.
    """
    if text_of(LAST) < key:
        return None
    low, high = 0, (LAST - datetime.min) // TICK
    while low < high:
        middle = (low + high) // 2
        if text_of(datetime.min + middle * TICK) >= key:
            high = middle
        else:
            low = middle + 1
    return datetime.min + low * TICK


def named(rmap: Any, choices: Sequence[Any], names: Sequence[str]) -> set[datetime]:
    """Moments at which the answer may change.

    Parameters
    ----------
    rmap : crds ReferenceMapping
        The rules.
    choices : sequence
        What the rules that matter hold.
    names : sequence of str
        Parkeys of the date.

    Returns
    -------
    set of datetime
    """
    found: set[datetime] = set()
    for choice in choices:
        for one in _selectors(choice) if dates.is_selector(choice) else ():
            if type(one).__name__ in _DATED:
                moments = [first_at_or_after(str(key)) for key in one.keys()]  # noqa: SIM118 no dictionary
                found.update(moment for moment in moments if moment is not None)
                if type(one).__name__ == "ClosestTimeSelector":
                    own = sorted(moment for moment in moments if moment is not None)
                    found.update(first + (last - first) / 2 for first, last in pairwise(own))
    if loose(rmap, names):
        found.update(_spoken(rmap))
        found.update(datetime(year, 1, 1) for year in range(1980, 2060))
    return found


def loose(rmap: Any, names: Sequence[str]) -> bool:
    """Whether a date can do more than choose among dates: hooks that read it, conditions or rules that name it."""
    if has_hooks(rmap):
        return True
    matched = rmap.selector._parameters if type(rmap.selector).__name__ == "MatchSelector" else ()
    if set(names).intersection(matched):
        return True
    return not set(names_in_expressions(rmap, tuple(names))).isdisjoint(names)


def _spoken(rmap: Any) -> Iterator[datetime]:
    """Dates that conditions and rules name."""
    texts = [source for source, _ in conditions_of(rmap)]
    if type(rmap.selector).__name__ == "MatchSelector":
        texts += [str(part) for key in rmap.selector.keys() for part in key]  # noqa: SIM118 no dictionary
    for text in texts:
        for word in _DATE.findall(str(text)):
            moment = parse(dates.standard([word]))
            if moment is not None:
                yield moment
