"""The filter over the table: words, and conditions such as ``FILTER=K*`` or ``EXPTIME>=30``."""

from collections.abc import Mapping
from dataclasses import dataclass

from calgui.core.frames.conditions import Condition, has_words, split
from calgui.views.observations.columns import BUILT_IN, Column
from calgui.views.observations.rows import Row

_COLUMNS: Mapping[str, Column] = {column.key: column for column in BUILT_IN}


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
            if not has_words(text, self.words):
                return False
        return all(_holds(condition, row) for condition in self.conditions)


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
    return Query(*split(text))


def _holds(condition: Condition, row: Row) -> bool:
    """A condition may name a column of the table, or else any keyword."""
    if condition.patterned:
        return any(condition.about(key) and condition.accepts(value) for key, value in row.entry.header.items())
    column = _COLUMNS.get(condition.key)
    value = column.value(row.entry) if column is not None else row.entry.header.get(condition.key)
    return condition.accepts(value)
