"""What a user types to find headers: words, and conditions such as ``FILTER=K*`` or ``EXPTIME>=30``."""

import fnmatch
import operator
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_CONDITION = re.compile(r"([A-Za-z0-9_.-]+)(!=|<=|>=|=|<|>)(.*)", re.DOTALL)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def written(value: Any) -> str:
    """A header's value as it is shown.

    Parameters
    ----------
    value : object
        Of a card; None where the card has no value.

    Returns
    -------
    str
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, float):
        return f"{value:.15g}"  # as many figures as FITS has: dates in days need them
    return " ".join(str(value).split())


@dataclass(frozen=True)
class Condition:
    """One ``KEY=value``.

    Attributes
    ----------
    key : str
        Keyword, or another name for a value, upper case.
    sign : str
        ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``.
    wanted : str
        As typed; with ``=`` and ``!=`` it may hold ``*`` and ``?``; empty means that there is no value.
    """

    key: str
    sign: str
    wanted: str

    def accepts(self, value: Any) -> bool:
        """Whether a value fulfils it.

        Parameters
        ----------
        value : object
            Of a card; None where there is none.

        Returns
        -------
        bool
            Numbers are compared as numbers, also where they are written as texts; texts without regard to case.
        """
        if self.sign in ("=", "!="):
            return self._equal(value) == (self.sign == "=")
        if value is None:
            return False
        mine, theirs = as_number(value), as_number(self.wanted)
        if mine is not None and theirs is not None:
            return _ORDER[self.sign](mine, theirs)
        return _ORDER[self.sign](written(value).casefold(), self.wanted.casefold())

    def _equal(self, value: Any) -> bool:
        mine, theirs = as_number(value), as_number(self.wanted)
        if mine is not None and theirs is not None:
            return mine == theirs
        return fnmatch.fnmatchcase(written(value).casefold(), self.wanted.casefold())


def split(text: str) -> tuple[tuple[str, ...], tuple[Condition, ...]]:
    """Read what was typed.

    Parameters
    ----------
    text : str
        Words and conditions, separated by spaces; quotes keep spaces together.

    Returns
    -------
    words : tuple of str
        Case-folded. Any text is fine: what is no condition is a word.
    conditions : tuple of Condition
    """
    try:
        parts = shlex.split(text)
    except ValueError:
        parts = text.replace('"', " ").replace("'", " ").split()
    words, conditions = [], []
    for part in parts:
        match = _CONDITION.fullmatch(part)
        if match:
            conditions.append(Condition(match[1].upper(), match[2], match[3]))
        else:
            words.append(part.casefold())
    return tuple(words), tuple(conditions)


def as_number(value: Any) -> float | None:
    """A number, also where it is written as a text.

    Parameters
    ----------
    value : object
        Of a card, or typed.

    Returns
    -------
    float or None
        None for what is no number; logical values are none.
    """
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None
