"""Bound the work of regular expressions that mappings hold: ``((A+)+)`` against thirty letters takes for ever."""

import math
from collections.abc import Iterable
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from calgui.core.errors import InputError

#: a header's value has at most 68 letters; the bound is for one somewhat longer
_LETTERS = 100
_MOST_PATHS = 10**5
_MOST_LENGTH = 2000
_SINGLE = (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY)
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT)


def check(patterns: Iterable[str]) -> None:
    """Refuse expressions that could take longer than a moment.

    Parameters
    ----------
    patterns : iterable of str
        Regular expressions in Python's syntax.

    Raises
    ------
    InputError
        For one with too many ways to match a header's value.
    """
    total = 0.0
    for pattern in dict.fromkeys(patterns):
        found = paths(pattern)
        total += found
        if found > _MOST_PATHS or total > 100 * _MOST_PATHS:
            raise InputError(
                f"The rule {'(' + pattern[:60] + ')'!r} is a regular expression that could run for ever;"
                " it was not used.",
                cure="Write it without repeats inside repeats.",
            )


def paths(pattern: str) -> float:
    """Upper bound of the number of ways in which an expression can try to match 100 letters; infinite if unknown."""
    if len(pattern) > _MOST_LENGTH:
        return float("inf")
    return _sequence(parser.parse(pattern))


def _sequence(items: Any) -> float:
    product = 1.0
    for operation, argument in items:
        product = min(product * _ways(operation, argument), 1e300)
    return product


def _ways(operation: Any, argument: Any) -> float:
    if operation in _SINGLE or operation is sre.AT:
        return 1.0
    if operation is sre.SUBPATTERN:
        return _sequence(argument[3])
    if operation is sre.BRANCH:
        return sum(_sequence(branch) for branch in argument[1])
    if operation in _REPEATS:
        low, high, inside = argument
        spread = min(int(high), _LETTERS) - min(int(low), _LETTERS) + 1.0
        if len(inside) == 1 and inside[0][0] in _SINGLE:
            return spread
        each = _sequence(inside)
        # every repetition may take any of its ways
        most = min(int(high), _LETTERS)
        if most * math.log10(max(each, 1.0)) > 290:
            return 1e300
        return float(spread * max(each, 1.0) ** most)
    return float("inf")  # look-around, back-references, conditions: none of a mapping's business
