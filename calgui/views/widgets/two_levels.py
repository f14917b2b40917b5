"""A tree of two levels: rows, and what is below some of them."""

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class TwoLevels(QAbstractItemModel):
    """Top rows carry id 0, those below the number of their top row plus one; `rowCount` says how many there are."""

    titles: tuple[str, ...] = ()

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        """Place of a cell."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: _Index = _ROOT) -> QModelIndex:  # type: ignore[override]
        """The top row of one below."""
        above = index.internalId() if index.isValid() else 0
        return self.createIndex(above - 1, 0, 0) if above else QModelIndex()

    def columnCount(self, _parent: _Index = _ROOT) -> int:
        """As titled."""
        return len(self.titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.titles[section]
        return None
