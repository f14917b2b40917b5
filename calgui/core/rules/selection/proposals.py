"""What a header could say instead: the values that the rules of a column tell apart, and dates that lead to a file."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise, product
from typing import Any

from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection import dates
from calgui.core.rules.selection.board import Column, Table
from calgui.core.rules.selection.header import UNDEFINED

Changes = tuple[tuple[str, str], ...]
_NUMBER = re.compile(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?")
_PATTERN = frozenset("*|(){}#<>")
_LAST = ("N/A", UNDEFINED)


#: values by rules that are compared for one parameter: of a mapping of tens of thousands of rules only the first values
_WORK, _LEAST_VALUES = 4_000_000, 40


def options(
    table: Table, selector: Any, index: int, allowed: tuple[str, ...] = (), *, each: bool = False
) -> tuple[Column, ...]:
    """Values of one column that its rules tell apart.

    Parameters
    ----------
    table : Table
        Of the mapping's Match selector.
    selector : crds MatchSelector
        That selector.
    index : int
        Number of the column.
    allowed : tuple of str
        Values that the observatory knows for it.
    each : bool
        Whether values that no rule tells apart are given as well, since something else may.

    Returns
    -------
    tuple of Column
        One for each set of rules that some value lets live and match: a value that the rules list before one that fits
        a pattern, that before one that the observatory knows, N/A and UNDEFINED last and only where they are listed.
    """
    known = table.proposed
    key = (index, allowed, each)
    if key not in known:
        condition = crds_module("core.utils").condition_value
        found: dict[tuple[int, int, str], Column] = {}
        elements = max(1, len(table.elements[index]))
        for text in _texts(table, index, allowed)[: max(_LEAST_VALUES, _WORK // elements)]:
            value = condition(text)
            if value in ("*", ""):
                continue
            column = table.column(selector, index, value)
            if column.error is None:
                found.setdefault((column.ones, column.good, value if each else ""), column)
        known[key] = tuple(found.values())
    return known[key]


def _texts(table: Table, index: int, allowed: tuple[str, ...]) -> list[str]:
    listed = list(dict.fromkeys(value for values in table.listed[index] for value in values))
    plain = [value for value in listed if not _PATTERN.intersection(value)]
    guesses = [text for _, element, _ in table.elements[index] for text in _guesses(element)]
    words = dict.fromkeys([*plain, *guesses, *allowed, "NONE"])
    return [value for value in words if value not in _LAST] + [value for value in _LAST if value in listed]


def _guesses(element: str) -> list[str]:
    """Values that may fit what a rule asks for, where that is more than a word."""
    guesses: list[str] = []
    if element[:1] == "{":
        guesses.append(element[1:-1])
    elif element[:1] not in ("(", "#", "<", ">"):
        guesses += [part.replace("*", "").replace("?", "A") for part in element.split("|")]
    elif element[:1] == "(":
        guesses += re.sub(r"[\\^$?*+.()]", "", element).split("|")
    compared = element.startswith(("<", ">", "=", "#", "BETWEEN", "NOT"))
    numbers = [float(text) for text in _NUMBER.findall(element)] if compared else []
    for number in numbers:
        guesses += [str(number), str(number + 1), str(number - 1)]
    return guesses + [str(sum(pair) / 2) for pair in pairwise(numbers)]


def settings(choice: Any, path: tuple[Any, ...], now: Mapping[str, str]) -> list[Changes]:
    """Changes of the parameters inside a rule that may lead to one of its entries.

    Parameters
    ----------
    choice : object
        What the rule holds.
    path : tuple
        Keys that lead to the entry, as `dates.entries` gives them.
    now : mapping of str to str
        The header as crds sees it.

    Returns
    -------
    list of tuple of (str, str)
        Fewest first; no change at all is among them where a level needs none.
    """
    levels: list[list[Changes]] = []
    for key in path:
        if not dates.is_selector(choice):
            return []
        levels.append([(), *_at_level(choice, key, now)])
        choice = next((inner for known, inner in choice._selections if known == key), None)
    found: dict[Changes, None] = {}
    for parts in product(*levels):
        changes = dict(pair for part in parts for pair in part if now.get(pair[0]) != pair[1])
        found[tuple(changes.items())] = None
    return sorted(found, key=len)


def _at_level(choice: Any, key: Any, now: Mapping[str, str]) -> Iterator[Changes]:
    names = [str(name) for name in choice._parameters]
    kind, text = choice.short_name, str(key)
    if kind in ("UseAfter", "ClosestTime"):
        if len(names) == 2:
            yield from _dates(names, text, kind)
        else:
            yield ((" ".join(names), text),)
    elif kind == "VersionAfter":
        parts = [str(part) for part in key] if isinstance(key, tuple) else text.split(".")
        yield tuple(zip(names, parts, strict=False)) if len(names) > 1 else ((names[0], ".".join(parts)),)
    elif len(names) == 1:
        for value in _versions(text) if kind == "SelectVersion" else (text,):
            yield ((names[0], value),)


def _dates(names: list[str], text: str, kind: str) -> Iterator[Changes]:
    """Only the day, so that the present time of day comes right; only the time; both."""
    day, _, time = text.partition(" ")
    time = time or "00:00:00"
    days = [day]
    try:
        first = date.fromisoformat(day)
        days.append(str(first + timedelta(days=1)))
        if kind == "ClosestTime":
            days.append(str(first - timedelta(days=1)))
    except (ValueError, OverflowError):
        pass
    for one in days:
        yield ((names[0], one),)
    yield ((names[1], time),)
    yield ((names[1], "00:00:00"),)
    yield (names[0], day), (names[1], time)


def _versions(text: str) -> tuple[str, ...]:
    bare = text.lstrip("<= ")
    if not text.startswith("<"):
        return (bare, "9999")
    try:
        number = float(bare)
    except ValueError:
        return (bare,)
    return (bare, str(number - 0.01), str(number - 1))
