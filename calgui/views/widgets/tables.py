"""Calm tables of whole rows, and models of records for them: what pages about rules have in common."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
Record = TypeVar("Record")


class TitledTable(QAbstractTableModel):
    """A table whose columns have titles."""

    titles: tuple[str, ...] = ()

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """As titled."""
        return 0 if parent.isValid() else len(self.titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.titles[section]
        return None


class RecordTable(TitledTable, Generic[Record]):
    """A titled table with a row for each of some records, `shown`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Sequence[Record] = ()

    def show(self, records: Sequence[Record]) -> None:
        """Show others.

        Parameters
        ----------
        records : sequence
        """
        self.beginResetModel()
        self.shown = records
        self.endResetModel()

    def show_again(self, records: Sequence[Record]) -> None:
        """Show records of the same number that stand for the same things: what is chosen stays chosen.

        Parameters
        ----------
        records : sequence
        """
        self.shown = records
        if records:
            self.dataChanged.emit(self.index(0, 0), self.index(len(records) - 1, len(self.titles) - 1))

    def at(self, row: int) -> Record | None:
        """The record of a row.

        Parameters
        ----------
        row : int
            Any number.

        Returns
        -------
        object or None
            None where there is no such row.
        """
        return self.shown[row] if 0 <= row < len(self.shown) else None

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One row for each."""
        return 0 if parent.isValid() else len(self.shown)


def make_table(name: str, title: str, model: QAbstractTableModel, parent: QWidget) -> QTableView:
    """A calm table of whole rows.

    Parameters
    ----------
    name, title : str
        Object name and accessible name.
    model : QAbstractTableModel
    parent : QWidget

    Returns
    -------
    QTableView
    """
    table = QTableView(parent)
    table.setObjectName(name)
    table.setAccessibleName(title)
    table.setModel(model)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.verticalHeader().setDefaultSectionSize(24)
    table.horizontalHeader().setStretchLastSection(True)
    table.horizontalHeader().setHighlightSections(False)
    table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
    return table


class CutAtEnd(QStyledItemDelegate):
    """Sentences lose their ends where there is no room; the names of the other columns lose their middles."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        """As any other cell, but for that."""
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideRight


def fit_columns(table: QTableView, most: int) -> None:
    """Give each column the room that its texts need.

    Parameters
    ----------
    table : QTableView
    most : int
        Pixels that none exceeds.
    """
    model, metrics = table.model(), table.fontMetrics()
    for column in range(model.columnCount() - 1):
        texts = [str(model.index(row, column).data() or "") for row in range(min(model.rowCount(), 60))]
        texts.append(str(model.headerData(column, Qt.Orientation.Horizontal)))
        marked = model.rowCount() and model.index(0, column).data(Qt.ItemDataRole.DecorationRole) is not None
        room = 44 if marked else 24
        table.setColumnWidth(column, min(most, max(map(metrics.horizontalAdvance, texts)) + room))
