"""Observations down, reference types across: a model over the values, without a widget or string for each cell."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from calgui.core.rules.questions.matrix import Matrix, MatrixRow
from calgui.core.rules.values import Selection, Status, Trust
from calgui.views.rules.marks import NOT_HERE, OTHER_USED, STATUSES, TRUSTS, Mark, mark_icon
from calgui.views.theme import theme

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_EMPTY = Matrix("", None, (), ())

#: another context gives another answer
CHANGED = Mark("Δ", "changed", "accent", "neutral_fill", "The other context gives another answer.")


class MatrixModel(QAbstractTableModel):
    """The matrix, narrowed and sorted by row numbers only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.matrix = _EMPTY
        self.mappings_only = False
        self.shown: list[int] = []
        self._keep: Callable[[MatrixRow], bool] = lambda _row: True
        self._sort: tuple[int, Qt.SortOrder] | None = None

    def show(self, matrix: Matrix | None, mappings_only: bool = False) -> None:
        """Show another matrix.

        Parameters
        ----------
        matrix : Matrix or None
            None for nothing.
        mappings_only : bool
            Whether the cache holds no references at all, so that none is amiss.
        """
        self.beginResetModel()
        self.matrix, self.mappings_only = matrix or _EMPTY, mappings_only
        self._choose()
        self.endResetModel()

    def narrow(self, keep: Callable[[MatrixRow], bool]) -> None:
        """Show only some rows.

        Parameters
        ----------
        keep : callable
            Whether a row is shown.
        """
        self.beginResetModel()
        self._keep = keep
        self._choose()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by what is selected in a column; -1 for the order of the observations."""
        self.beginResetModel()
        self._sort = (column, order) if column >= 0 else None
        self._choose()
        self.endResetModel()

    def _choose(self) -> None:
        rows = self.matrix.rows
        self.shown = [place for place, row in enumerate(rows) if self._keep(row)]
        if self._sort is None or self._sort[0] >= len(self.matrix.types):
            return
        column, order = self._sort
        self.shown.sort(key=lambda place: _sorted_by(rows[place].cells[column]))
        if order == Qt.SortOrder.DescendingOrder:
            self.shown.reverse()

    def row(self, index: _Index) -> MatrixRow:
        """The observation of a cell."""
        return self.matrix.rows[self.shown[index.row()]]

    def cell(self, index: _Index) -> Selection | None:
        """What is selected in a cell; None where the instrument has no such type."""
        return self.row(index).cells[index.column()]

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One row for each observation that is shown."""
        return 0 if parent.isValid() else len(self.shown)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """One column for each type."""
        return 0 if parent.isValid() else len(self.matrix.types)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Names of the types, and of the observations."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if orientation == Qt.Orientation.Horizontal:
            return self.matrix.types[section]
        return self.matrix.rows[self.shown[section]].name

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colour, weight and tooltip of a cell."""
        if not index.isValid():
            return None
        row, column = self.row(index), index.column()
        cell = row.cells[column]
        if cell is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.file or STATUSES[cell.status].word
        if role == Qt.ItemDataRole.DecorationRole:
            return mark_icon(self.mark(row, column))
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().colour(self._role(row, column))
        if role == Qt.ItemDataRole.FontRole and (row.changed_at(column) or row.disagrees_at(column)):
            font = QFont()
            font.setBold(True)
            return font
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return "\n".join(self.said(row, column))
        return None

    def mark(self, row: MatrixRow, column: int) -> Mark:
        """The most telling mark of a cell: what was used otherwise, what changed, trust, or how it ended."""
        cell = row.cells[column]
        assert cell is not None
        if row.disagrees_at(column):
            return OTHER_USED
        if row.changed_at(column):
            return CHANGED
        if cell.status is not Status.SELECTED or cell.trust is None:
            return STATUSES[cell.status]
        return self.trust(cell.trust)

    def trust(self, trust: Trust) -> Mark:
        """What a file is worth; in a cache without references none is missing."""
        return NOT_HERE if trust is Trust.MISSING and self.mappings_only else TRUSTS[trust]

    def _role(self, row: MatrixRow, column: int) -> str:
        cell = row.cells[column]
        assert cell is not None
        if cell.status is Status.SELECTED:
            return "error" if row.disagrees_at(column) else "text"
        return "muted" if cell.status is Status.NOT_APPLICABLE else "error"

    def said(self, row: MatrixRow, column: int) -> Sequence[str]:
        """A cell in sentences."""
        cell = row.cells[column]
        if cell is None:
            return ()
        status = STATUSES[cell.status]
        lines = [f"{self.matrix.types[column]}: {cell.file or status.word}"]
        if cell.message:
            lines.append(cell.message)
        if cell.trust is not None:
            mark = self.trust(cell.trust)
            lines.append(f"{mark.word}: {mark.meaning}")
        if row.disagrees_at(column):
            lines.append(f"The header says that {row.used[column]} was used.")
        if row.changed_at(column):
            old = row.before[column]
            before = "no such type" if old is None else old.file or STATUSES[old.status].word
            lines.append(f"With {self.matrix.since}: {before}.")
        return lines


def _sorted_by(cell: Selection | None) -> tuple[int, str]:
    """Files by name, then what is not found, not needed, not there."""
    if cell is None:
        return 9, ""
    order = (Status.NOT_FOUND, Status.ERROR, Status.SELECTED, Status.NOT_APPLICABLE)
    return order.index(cell.status), cell.file or ""
