"""The filter over the table: words, and conditions such as ``FILTER=K*`` or ``EXPTIME>=30``."""

import fnmatch
import operator
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from calgui.views.observations.columns import BUILT_IN, Column, written
from calgui.views.observations.rows import Row

_CONDITION = re.compile(r"([A-Za-z0-9_.-]+)(!=|<=|>=|=|<|>)(.*)", re.DOTALL)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COLUMNS: Mapping[str, Column] = {column.key: column for column in BUILT_IN}


@dataclass(frozen=True)
class Condition:
    """One ``KEY=value``.

    Attributes
    ----------
    key : str
        Keyword or name of a column, upper case.
    sign : str
        ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``.
    wanted : str
        As typed; with ``=`` and ``!=`` it may hold ``*`` and ``?``; empty means that there is no value.
    """

    key: str
    sign: str
    wanted: str

    def holds(self, row: Row) -> bool:
        """Whether a row fulfils it."""
        column = _COLUMNS.get(self.key)
        value = column.value(row.entry) if column is not None else row.entry.header.get(self.key)
        if self.sign in ("=", "!="):
            return self._equal(value) == (self.sign == "=")
        if value is None:
            return False
        mine, theirs = _number(value), _number(self.wanted)
        if mine is not None and theirs is not None:
            return _ORDER[self.sign](mine, theirs)
        return _ORDER[self.sign](written(value).casefold(), self.wanted.casefold())

    def _equal(self, value: Any) -> bool:
        mine, theirs = _number(value), _number(self.wanted)
        if mine is not None and theirs is not None:
            return mine == theirs
        return fnmatch.fnmatchcase(written(value).casefold(), self.wanted.casefold())


@dataclass(frozen=True)
class Query:
    """What a row must have: every word somewhere in its columns, and every condition fulfilled."""

    words: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.conditions)

    def matches(self, row: Row, columns: tuple[Column, ...]) -> bool:
        """Whether a row fulfils all.

        Parameters
        ----------
        row : Row
            Of the table.
        columns : tuple of Column
            Those whose text is searched.

        Returns
        -------
        bool
        """
        if self.words:
            text = row.text(columns)
            if not all(word in text for word in self.words):
                return False
        return all(condition.holds(row) for condition in self.conditions)


def parse(text: str) -> Query:
    """Read a filter as typed.

    Parameters
    ----------
    text : str
        Words and conditions, separated by spaces; quotes keep spaces together.

    Returns
    -------
    Query
        Any text is a filter: what is no condition is a word.
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
    return Query(tuple(words), tuple(conditions))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
