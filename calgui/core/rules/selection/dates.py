"""What lies inside a rule: dates, versions, numbers, and which of them crds picks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection.header import UNDEFINED
from calgui.core.rules.values import DateVerdict

_REASONS = {
    "UseAfter": ("latest before the observation", "before, but a later one applies", "after the observation"),
    "VersionAfter": ("latest version not above", "lower, but a higher one applies", "above the version"),
    "ClosestTime": ("nearest in time", "farther in time", "farther in time"),
    "GeometricallyNearest": ("nearest value", "farther away", "farther away"),
    "SelectVersion": ("first that holds", "does not hold", "an earlier one holds"),
    "Bracket": ("brackets the value", "outside the bracket", "outside the bracket"),
    "Match": ("matches", "does not match best", "does not match best"),
}
Entry = tuple[str, tuple[Any, ...], str]
_ORDERED = ("UseAfter", "VersionAfter", "SelectVersion")
_MEMO = 64
_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_ENTRIES: "WeakKeyDictionary[Any, tuple[Entry, ...]]" = WeakKeyDictionary()
_VERDICTS: "WeakKeyDictionary[Any, dict[Any, tuple[DateVerdict, ...]]]" = WeakKeyDictionary()


def file_text(choice: Any) -> str:
    """What crds answers, as one text: names of a tie or bracket joined by commas, each once."""
    return ",".join(dict.fromkeys(_names(choice)))


def _names(choice: Any) -> Iterator[str]:
    if isinstance(choice, tuple | list):
        for part in choice:
            yield from _names(part)
    elif isinstance(choice, dict):
        for part in choice.values():
            yield from _names(part)
    else:
        yield str(choice)


@cache
def _selector_class() -> Any:
    return crds_module("core.selectors").Selector


def is_selector(choice: Any) -> bool:
    """Whether a choice is decided further inside."""
    return isinstance(choice, _selector_class())


def unresolved(choice: Any) -> bool:
    """Whether a tie holds rules that crds has left undecided, beside plain files."""
    return isinstance(choice, tuple | list) and any(is_selector(part) or unresolved(part) for part in choice)


def entries(choice: Any) -> tuple[Entry, ...]:
    """All that a choice holds: label, path of keys as crds holds them, file; in the mapping's order."""
    if not is_selector(choice):
        return (("", (), file_text(choice)),)
    known = _ENTRIES.get(choice)
    if known is None:
        known = _ENTRIES[choice] = tuple(_entries(choice))
    return known


def _entries(choice: Any) -> list[Entry]:
    found: list[Entry] = []
    for raw, inner in choice._raw_selections:
        label = ", ".join(str(part) for part in raw) if isinstance(raw, tuple) else str(raw)
        key = choice.condition_key(raw)
        for deeper, path, file in entries(inner):
            found.append((f"{label} / {deeper}" if deeper else label, (key, *path), file))
    return found


def parameters(choice: Any) -> tuple[str, ...]:
    """Parkeys that a choice and all inside it read, in order."""
    if not is_selector(choice):
        return ()
    names = [str(name) for name in choice._parameters]
    for inner in choice.choices():
        names += parameters(inner)
    return tuple(dict.fromkeys(names))


def picked(choice: Any, header: Mapping[str, str]) -> list[tuple[tuple[Any, ...], str]]:
    """Paths and files that crds's selectors pick for a header; raises what they raise."""
    if not is_selector(choice):
        return [((), file_text(choice))]
    lookup_error = crds_module("core.exceptions").CrdsLookupError
    last: Exception = lookup_error("nothing to choose from")
    for selection in choice.get_selection(choice._validate_header(header)):
        bracket = hasattr(selection, "less")
        parts = list(dict.fromkeys([selection.less, selection.greater])) if bracket else [selection]
        try:
            found = []
            for part in parts:
                keys = part[0] if type(choice).__name__ == "MatchSelector" else (part[0],)
                inner = picked(part[1], header)
                found += [((key, *path), file) for key in keys for path, file in inner]
            return found
        except lookup_error as error:
            last = error
    raise last


def verdicts(
    choice: Any, combined: Any, header: Mapping[str, str], *, won: bool, stopped: bool = False
) -> tuple[DateVerdict, ...]:
    """A verdict on each entry of a rule.

    Parameters
    ----------
    choice : object
        What the rule holds.
    combined : object
        What crds chose from: the same, or several rules merged.
    header : mapping of str to str
        As crds sees it.
    won : bool
        Whether the answer came from `combined`.
    stopped : bool
        Whether the date or number could not be read.

    Returns
    -------
    tuple of DateVerdict
    """
    if not is_selector(choice):
        return tuple(
            DateVerdict(label, file, won, "cannot be compared" if stopped else "") for label, _, file in entries(choice)
        )
    chosen = frozenset(map(tuple, picked(combined, header))) if won and is_selector(combined) else frozenset()
    above = () if stopped else _above(choice, header)
    memo = _VERDICTS.setdefault(choice, {})
    key = (chosen, above, stopped, won)
    found = memo.get(key)
    if found is None:
        if len(memo) >= _MEMO:
            memo.clear()
        found = memo[key] = tuple(
            DateVerdict(label, file, hit, "cannot be compared" if stopped else _reason(choice, above, number, hit))
            for number, (label, path, file) in enumerate(entries(choice))
            for hit in ((path, file) in chosen,)
        )
    return found


def _above(choice: Any, header: Mapping[str, str]) -> tuple[bool | None, ...]:
    """For each entry whether it lies above the header's date or version; None where they cannot be compared."""
    if choice.short_name not in _ORDERED:
        return ()
    try:
        value = choice._validate_header(header)
    except (Exception, SystemExit):  # noqa: BLE001 - what crds would stop with
        return (None,) * len(entries(choice))
    return tuple([_greater(path[0], value) for _, path, _ in entries(choice)])


def _greater(key: Any, value: Any) -> bool | None:
    try:
        return bool(key > value)
    except (Exception, SystemExit):  # noqa: BLE001 - versions of different kinds
        return None


def _reason(choice: Any, above: tuple[bool | None, ...], number: int, hit: bool) -> str:
    yes, lower, higher = _REASONS.get(choice.short_name, ("chosen", "", ""))
    if hit:
        return yes
    if choice.short_name in _ORDERED:
        if above[number] is None:
            return "cannot be compared"
        return higher if above[number] else lower
    return lower


def standard(said: Sequence[str]) -> str | None:
    """A date, given in parts, as crds compares it; None where crds cannot read it."""
    parts = [part.strip() for part in said]
    if UNDEFINED in parts:
        return None
    text = " ".join(parts).strip()
    try:
        if _PLAIN_DATE.fullmatch(text):
            datetime.fromisoformat(text)
            return text  # as crds would write it
        return str(crds_module("core.timestamp").reformat_date(text))
    except (Exception, SystemExit):  # noqa: BLE001 - whatever crds makes of it is left to crds
        return None
