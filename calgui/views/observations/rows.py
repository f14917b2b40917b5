"""One row of the table of observations: a file's entry and what the columns make of it, worked out once."""

from calgui.core.frames.index import FileEntry
from calgui.views.observations.columns import BUILT_IN, Column, SortKey, sort_key, written


class Row:
    """A file of the table.

    Parameters
    ----------
    entry : FileEntry
        Out of the index. The built-in columns are worked out here, so that making rows in a background thread
        spares the window that work.
    """

    __slots__ = ("_cells", "_text", "entry")

    def __init__(self, entry: FileEntry) -> None:
        self.entry = entry
        self._cells: dict[str, tuple[str, SortKey]] = {}
        self._text: tuple[tuple[Column, ...], str] | None = None
        for column in BUILT_IN:
            self.cell(column)
        self.text(BUILT_IN)

    def cell(self, column: Column) -> tuple[str, SortKey]:
        """Text of a cell and where it sorts.

        Parameters
        ----------
        column : Column
            Any.

        Returns
        -------
        tuple of str and SortKey
        """
        found = self._cells.get(column.key)
        if found is None:
            value = column.value(self.entry)
            found = self._cells[column.key] = (written(value), sort_key(value))
        return found

    def text(self, columns: tuple[Column, ...]) -> str:
        """All that a word is looked for in: the cells, and why the file cannot be read.

        Parameters
        ----------
        columns : tuple of Column
            Those of the table.

        Returns
        -------
        str
            Case-folded.
        """
        if self._text is None or self._text[0] != columns:
            parts = [self.cell(column)[0] for column in columns]
            if self.entry.error is not None:
                parts += ["unreadable", self.entry.error]
            self._text = columns, "\t".join(parts).casefold()
        return self._text[1]


def runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Unbroken runs in ascending numbers, so that selecting ten thousand rows is one range.

    Parameters
    ----------
    numbers : list of int
        Ascending.

    Returns
    -------
    list of tuple of int
        First and last number of each run.
    """
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found
