"""Which rules may have to do with each other: found by the words that both list, not by looking at all pairs."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from calgui.core.rules.lint.grid import Grid, GridRow

#: combinations of words by which one rule is filed at most
_MOST_KEYS = 256


class Joins:
    """The rules of a grid by the kinds of their cells, filed by their words.

    Parameters
    ----------
    grid : Grid
    """

    def __init__(self, grid: Grid) -> None:
        self.groups: dict[str, list[GridRow]] = {}
        for row in grid.rows:
            if row.fits_some:
                self.groups.setdefault(row.signature, []).append(row)
        self._joined: dict[tuple[str, str], tuple[int, ...]] = {}
        self._filed: dict[tuple[str, tuple[int, ...]], dict[tuple[str, ...], list[GridRow]]] = {}

    def candidates(self, row: GridRow, feasible: Callable[[str, str], bool]) -> Iterator[GridRow]:
        """Rules that share a word with one, in each column where both list words; some more than once.

        Parameters
        ----------
        row : GridRow
        feasible : callable
            Whether rules of the first kinds can have to do with those of the second.

        Yields
        ------
        GridRow
        """
        for signature in self.groups:
            if feasible(row.signature, signature):
                columns = self._columns(row.signature, signature)
                filed = self._file(signature, columns)
                words = [sorted(row.cells[column].words or ()) for column in columns]
                for key in product(*words):
                    yield from (other for other in filed.get(key, ()) if other is not row)

    def _columns(self, mine: str, other: str) -> tuple[int, ...]:
        """Columns in which both list words, as many as do not give too many combinations."""
        if (mine, other) not in self._joined:
            self._joined[mine, other] = self._join(mine, other)
        return self._joined[mine, other]

    def _join(self, mine: str, other: str) -> tuple[int, ...]:
        both = [column for column, (a, b) in enumerate(zip(mine, other, strict=True)) if a in "Ww" and b in "Ww"]
        most = {
            column: max(len(row.cells[column].words or ()) for name in (mine, other) for row in self.groups[name])
            for column in both
        }
        chosen: list[int] = []
        combinations = 1
        for column in sorted(both, key=lambda column: most[column]):
            combinations *= most[column]
            if combinations > _MOST_KEYS and chosen:
                break
            chosen.append(column)
        return tuple(sorted(chosen))

    def _file(self, signature: str, columns: tuple[int, ...]) -> dict[tuple[str, ...], list[GridRow]]:
        found = self._filed.get((signature, columns))
        if found is None:
            found = self._filed[signature, columns] = {}
            for row in self.groups[signature]:
                for key in product(*(row.cells[column].words or () for column in columns)):
                    found.setdefault(key, []).append(row)
        return found


def spread(words: Sequence[frozenset[str] | None], most: int) -> list[tuple[frozenset[str] | None, ...]] | None:
    """What a rule accepts, taken apart into pieces with one word in each column that lists words.

    Parameters
    ----------
    words : sequence of frozenset or None
        One for each column.
    most : int
        How many pieces there may be.

    Returns
    -------
    list of tuple or None
        None where there are more.
    """
    count = 1
    for one in words:
        count *= len(one) if one is not None else 1
        if count > most:
            return None
    parts = [[None] if one is None else [frozenset((word,)) for word in sorted(one)] for one in words]
    return [tuple(piece) for piece in product(*parts)]
