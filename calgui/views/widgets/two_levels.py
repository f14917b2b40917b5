"""A tree of two levels: rows at the top, and below each its own rows."""

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class TwoLevels(QAbstractItemModel):
    """Rows at the top carry id 0, those below the number of their top row plus one.

    Attributes
    ----------
    titles : tuple of str
        Of the columns.
    """

    titles: tuple[str, ...] = ()

    def tops(self) -> int:
        """How many rows stand at the top."""
        raise NotImplementedError

    def below(self, top: int) -> int:
        """How many rows stand below one of them.

        Parameters
        ----------
        top : int
            Its number.

        Returns
        -------
        int
        """
        raise NotImplementedError

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        """Place of a cell."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: _Index = _ROOT) -> QModelIndex:  # type: ignore[override]
        """The top row of a row below."""
        above = index.internalId() if index.isValid() else 0
        return self.createIndex(above - 1, 0, 0) if above else QModelIndex()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Rows at the top, or below one of them."""
        if not parent.isValid():
            return self.tops()
        return 0 if parent.internalId() or parent.column() else self.below(parent.row())

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """As titled."""
        return len(self.titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.titles[section]
        return None
