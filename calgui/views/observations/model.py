"""The table of observations as a model: sorted and filtered by itself, quick with ten thousands of rows."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from calgui.views.observations.columns import BUILT_IN, FILE, TYPE, Column
from calgui.views.observations.filtering import Query
from calgui.views.observations.rows import Row
from calgui.views.theme import figures, theme
from calgui.views.widgets.icons import icon

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_NUMERIC = {"EXPTIME"}


class ObservationsModel(QAbstractTableModel):
    """Rows of files, in the order and choice of the moment."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: tuple[Column, ...] = BUILT_IN
        self.query = Query()
        self._rows: dict[Path, Row] = {}
        self._shown: list[Row] = []
        self._sorted_by: tuple[str, bool] = (FILE.key, False)
        self._figures = figures()

    # ---- what is in it

    @property
    def total(self) -> int:
        """How many files there are, shown or not."""
        return len(self._rows)

    @property
    def unreadable(self) -> int:
        """How many files could not be read."""
        return sum(row.entry.error is not None for row in self._rows.values())

    def row(self, number: int) -> Row:
        """A row that is shown."""
        return self._shown[number]

    def find(self, path: Path) -> int | None:
        """Number of the shown row of a file, or None."""
        row = self._rows.get(path)
        return self._shown.index(row) if row in self._shown else None

    def places(self, paths: Iterable[Path]) -> list[int]:
        """Numbers of the shown rows of some files, in order."""
        wanted = set(paths)
        return [number for number, row in enumerate(self._shown) if row.entry.path in wanted]

    def hidden(self, paths: Iterable[Path]) -> int:
        """How many of some files have a row that the filter hides."""
        wanted = {path for path in paths if path in self._rows}
        return len(wanted) - len(self.places(wanted))

    def entries(self) -> list[Row]:
        """All rows, shown or not."""
        return list(self._rows.values())

    def keywords(self) -> list[str]:
        """All keywords that the files have, sorted.

        Files of one kind have the same keywords, so a choice of the rows tells all but the oddest.
        """
        rows = list(self._rows.values())
        step = max(1, len(rows) // 400)
        found: set[str] = set()
        for row in rows[::step]:
            found.update(row.entry.header)
        return sorted(found)

    # ---- changing it

    def add(self, rows: Sequence[Row]) -> None:
        """Add files, or replace those of the same path.

        Parameters
        ----------
        rows : sequence of Row
            Some at a time, as they are read.
        """
        fresh = [row for row in rows if row.entry.path not in self._rows]
        changed = [row for row in rows if row.entry.path in self._rows]
        self._rows.update((row.entry.path, row) for row in rows)
        if changed:
            self._rearrange(list(self._rows.values()))
            return
        shown = [row for row in fresh if self.query.matches(row, self.columns)] if self.query else fresh
        if not shown:
            return
        first = len(self._shown)
        self.beginInsertRows(_ROOT, first, first + len(shown) - 1)
        self._shown += shown
        self.endInsertRows()
        self._sort_again()

    def remove(self, paths: Iterable[Path]) -> None:
        """Take files out of the table.

        Parameters
        ----------
        paths : iterable of pathlib.Path
            Of the rows.
        """
        for path in paths:
            self._rows.pop(path, None)
        self._rearrange(list(self._rows.values()))

    def set_query(self, query: Query) -> None:
        """Show only what fulfils a filter.

        Parameters
        ----------
        query : Query
            An empty one shows all.
        """
        if query != self.query:
            self.query = query
            self._rearrange(list(self._rows.values()))

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns.

        Parameters
        ----------
        columns : sequence of Column
            At least one.
        """
        self.beginResetModel()
        self.columns = tuple(columns)
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; rows without a value stay at the end either way."""
        if 0 <= column < len(self.columns):
            self._sorted_by = self.columns[column].key, order == Qt.SortOrder.DescendingOrder
            self._sort_again()

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """Key of the column that orders the rows, and whether from the end."""
        return self._sorted_by

    def _rearrange(self, rows: list[Row]) -> None:
        self.beginResetModel()
        query, columns = self.query, self.columns
        self._shown = self._ordered([row for row in rows if query.matches(row, columns)] if query else rows)
        self.endResetModel()

    def _sort_again(self) -> None:
        ordered = self._ordered(self._shown)
        if ordered == self._shown:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        places = {id(row): number for number, row in enumerate(ordered)} if before else {}
        after = [self.index(places[id(self._shown[index.row()])], index.column()) for index in before]
        self._shown = ordered
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _ordered(self, rows: list[Row]) -> list[Row]:
        key, backwards = self._sorted_by
        column = next((column for column in self.columns if column.key == key), FILE)
        filled = [row for row in rows if row.cell(column)[0]]
        empty = [row for row in rows if not row.cell(column)[0]]
        return sorted(filled, key=lambda row: row.cell(column)[1], reverse=backwards) + empty

    # ---- as Qt asks

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Files shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Columns shown."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles of the columns, and what they are."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip
        if role == Qt.ItemDataRole.TextAlignmentRole and column.key in _NUMERIC:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter) if role == 7 else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, alignment, icon, colour and tooltip of a cell."""
        if not index.isValid():
            return None
        row, column = self._shown[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return "unreadable" if self._tells_error(row, column) else row.cell(column)[0]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            number = row.cell(column)[1][0] == 0 and column is not FILE
            side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.FontRole:
            return self._figures if row.cell(column)[1][0] == 0 and column is not FILE else None
        if role == Qt.ItemDataRole.ToolTipRole:
            place = str(row.entry.path)
            return f"{place}\n{row.entry.error}" if row.entry.error is not None else place
        if role == Qt.ItemDataRole.AccessibleTextRole and self._tells_error(row, column):
            return f"unreadable: {row.entry.error}"
        if self._tells_error(row, column):
            if role == Qt.ItemDataRole.DecorationRole:
                return icon("error", "error")
            if role == Qt.ItemDataRole.ForegroundRole:
                return theme().colour("error")
        elif role == Qt.ItemDataRole.ForegroundRole and row.entry.error is not None:
            return theme().colour("muted")
        return None

    def _tells_error(self, row: Row, column: Column) -> bool:
        if row.entry.error is None:
            return False
        told_in = TYPE if TYPE in self.columns else self.columns[-1]
        return column == told_in
