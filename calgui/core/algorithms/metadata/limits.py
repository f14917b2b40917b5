"""How far keywords may be from one another, and what a contradiction is: read from data."""

import math
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

from calgui.core.algorithms.exposure import number
from calgui.core.algorithms.registry import Verdict
from calgui.core.resources import resources


@dataclass(frozen=True)
class Contradiction:
    """Keywords of one header, or of several, that do not fit together.

    Attributes
    ----------
    rule : str
        Which rule says so, as in ``resources/metadata/consistency.toml``.
    keywords : tuple of str
        Those concerned.
    number, threshold : float
        How far they are from one another, and how far they may be.
    unit : str
        Of both.
    verdict : str
        ``doubtful`` or ``bad``.
    text : str
        A sentence with numbers, and the cure.
    """

    rule: str
    keywords: tuple[str, ...]
    number: float
    threshold: float
    unit: str
    verdict: Verdict
    text: str


@dataclass(frozen=True)
class Limit:
    """From where on a number is doubtful, and bad.

    Attributes
    ----------
    unit : str
    doubtful, bad : float
        Above.
    low_doubtful, low_bad : float or None
        Below.
    """

    unit: str
    doubtful: float
    bad: float
    low_doubtful: float | None = None
    low_bad: float | None = None


#: limits that somebody changed, by rule
_CHANGED: ContextVar[Mapping[str, Limit]] = ContextVar("changed limits", default={})  # noqa: B039


@cache
def _data() -> Mapping[str, Any]:
    with (resources() / "metadata" / "consistency.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def limits() -> Mapping[str, Limit]:
    """Limits of all rules that have some, by the names of the rules.

    Returns
    -------
    mapping of str to Limit
    """
    return {rule: Limit(**table) for rule, table in _data()["limits"].items()}


@contextmanager
def changed(mine: Mapping[str, Limit]) -> Iterator[None]:
    """Hold headers to other limits for a while, in this thread alone.

    Parameters
    ----------
    mine : mapping of str to Limit
        By rule; the others stay as they are.
    """
    token = _CHANGED.set(mine)
    try:
        yield
    finally:
        _CHANGED.reset(token)


def limit(rule: str) -> Limit:
    """The limit of a rule.

    Parameters
    ----------
    rule : str
        Name of its table.

    Returns
    -------
    Limit
    """
    return _CHANGED.get().get(rule) or limits()[rule]


def site(header: Mapping[str, Any]) -> tuple[float, float] | None:
    """Latitude and longitude of the telescope of a header, degrees, east positive; None for one that is not known."""
    name = str(header.get("TELESCOP") or "").strip().upper()
    found = _data()["site"].get(name)
    return None if found is None else (found["latitude_deg"], found["longitude_deg"])


def held(rule: str, keywords: tuple[str, ...], found: float, said: str, cure: str) -> list[Contradiction]:
    """Hold a number against the limit of a rule.

    Parameters
    ----------
    rule : str
        Which.
    keywords : tuple of str
        Those concerned.
    found : float
        The number.
    said : str
        What it is, as the beginning of a sentence, with both sides of the comparison.
    cure : str
        What to do.

    Returns
    -------
    list of Contradiction
        Empty where it is within.
    """
    ends = limit(rule)
    unit = f" {ends.unit}" if ends.unit else ""
    low = ends.low_doubtful is not None and found < ends.low_doubtful
    if not low and not found > ends.doubtful:
        return []
    if low:
        bad = ends.low_bad is not None and found < ends.low_bad
        threshold = ends.low_bad if bad and ends.low_bad is not None else ends.low_doubtful or 0.0
        text = f"{said} {found:.4g}{unit}, below {threshold:g}{unit}. {cure}"
    else:
        bad = found > ends.bad
        threshold = ends.bad if bad else ends.doubtful
        text = f"{said} {found:.4g}{unit}, beyond {threshold:g}{unit}. {cure}"
    return [Contradiction(rule, keywords, found, threshold, ends.unit, "bad" if bad else "doubtful", text)]


def plainly(
    rule: str, keywords: tuple[str, ...], found: float, threshold: float, unit: str, text: str, verdict: Verdict = "bad"
) -> list[Contradiction]:
    """One contradiction that needs no limit from data, such as of counts.

    Parameters
    ----------
    rule, keywords, found, threshold, unit, text, verdict
        As in `Contradiction`.

    Returns
    -------
    list of Contradiction
        Of one.
    """
    return [Contradiction(rule, keywords, found, threshold, unit, verdict, text)]


def all_of(header: Mapping[str, Any], *keywords: str) -> tuple[float, ...] | None:
    """Several keywords as numbers; None where one has none."""
    found = [number(header, keyword) for keyword in keywords]
    return None if any(one is None for one in found) else tuple(one for one in found if one is not None)


def turned(degrees: float) -> float:
    """An angle between -180 and 180 degrees."""
    return math.remainder(degrees, 360.0)
