"""A table above, and what belongs to its rows below: the table gets the room that its rows need."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

#: pixels that a row takes, and that are left below
_ROW, _LEAST = 24, 200


class RowsAbove(QSplitter):
    """Parts one above the other, as long as the user did not move what is between them.

    Parameters
    ----------
    name : str
        Object name.
    above, below : QWidget
    parent : QWidget
    """

    def __init__(self, name: str, above: QWidget, below: QWidget, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setObjectName(name)
        self.setChildrenCollapsible(False)
        self.addWidget(above)
        self.addWidget(below)
        self.setStretchFactor(0, 0)
        self.setStretchFactor(1, 1)
        self._rows, self._by_hand = -1, False
        self.splitterMoved.connect(self._moved)

    def make_room(self, rows: int, most: int, beside: int, empty: int) -> None:
        """Give the upper part the room that it needs.

        Parameters
        ----------
        rows : int
            That its table has; what is as it was is left alone.
        most : int
            Rows that are seen at once.
        beside : int
            Pixels of what stands above the rows.
        empty : int
            Pixels of it without rows.
        """
        if self._rows != rows and not self._by_hand:
            self._rows = rows
            room = beside + _ROW * min(rows, most) if rows else empty
            self.setSizes([room, max(self.height() - room, _LEAST)])

    def _moved(self) -> None:
        self._by_hand = True
