"""The values about the cursor, as a table of pixels."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from calgui.core.frames import dq as flags
from calgui.views.image.content import Content, value_at
from calgui.views.theme import figures, theme

Index = QModelIndex | QPersistentModelIndex

#: columns and rows on either side of the middle, where there is room for so many
_ACROSS, _ALONG = 6, 5


class PixelsModel(QAbstractTableModel):
    """Values about a pixel; rows run upwards, as they do in the picture."""

    def __init__(self) -> None:
        super().__init__()
        self._content: Content | None = None
        self._values: Any = None
        self._dq: Any = None
        self.x = self.y = 0
        self.across, self.along = _ACROSS, _ALONG

    def set_reach(self, across: int, along: int) -> None:
        """Show as much as there is room for.

        Parameters
        ----------
        across, along : int
            Columns and rows on either side of the middle.
        """
        if (across, along) != (self.across, self.along):
            self.beginResetModel()
            self.across, self.along = across, along
            self.endResetModel()

    def show(self, content: Content | None, x: int, y: int) -> None:
        """Show other pixels.

        Parameters
        ----------
        content : Content or None
            Their picture.
        x, y : int
            The middle.
        """
        if content is not self._content:
            self._content = content
            self._values = content.values if content is not None else None
            self._dq = content.dq if content is not None else None
        self.x, self.y = x, y
        last = self.index(self.rowCount() - 1, self.columnCount() - 1)
        self.dataChanged.emit(self.index(0, 0), last)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)
        self.headerDataChanged.emit(Qt.Orientation.Vertical, 0, self.rowCount() - 1)

    def rowCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Rows about the middle."""
        return 2 * self.along + 1

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Columns about the middle."""
        return 2 * self.across + 1

    def pixel(self, index: Index) -> tuple[int, int] | None:
        """Column and row of a cell; None outside of the picture."""
        x, y = self.x + index.column() - self.across, self.y + self.along - index.row()
        if self._values is None or not (0 <= x < self._values.shape[1] and 0 <= y < self._values.shape[0]):
            return None
        return x, y

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Numbers of columns and rows."""
        if role == Qt.ItemDataRole.DisplayRole:
            across = way == Qt.Orientation.Horizontal
            return str(self.x + section - self.across if across else self.y + self.along - section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A value, and how it is drawn."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole:
            return figures()
        if role == Qt.ItemDataRole.BackgroundRole and (index.column(), index.row()) == (self.across, self.along):
            return QBrush(theme().colour("selected"))
        place = self.pixel(index)
        if place is None:
            return None
        names = flags.decode(int(self._dq[place[1], place[0]])) if self._dq is not None else ()
        if role == Qt.ItemDataRole.DisplayRole:
            value = value_at(self._values, *place)
            text = "NaN" if value != value else f"{value:.5g}"
            return f"{text} ⚑" if names else text
        if role == Qt.ItemDataRole.ForegroundRole and names:
            return QBrush(theme().colour("warning"))
        if role == Qt.ItemDataRole.ToolTipRole:
            told = f"x {place[0]}, y {place[1]}: {value_at(self._values, *place):.9g}"
            return f"{told}\n{', '.join(names)}" if names else told
        return None


class PixelsPage(QWidget):
    """The table.

    Parameters
    ----------
    parent : QWidget, optional
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("picture_pixels")
        self._content: Content | None = None
        self.model = PixelsModel()
        self.view = QTableView(self)
        self.view.setObjectName("pixels_table")
        self.view.setAccessibleName("Values about the cursor")
        self.view.setModel(self.model)
        self.view.setTabKeyNavigation(False)
        for header in (self.view.horizontalHeader(), self.view.verticalHeader()):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setHighlightSections(False)
        width = self.view.fontMetrics().horizontalAdvance("-0.00000e-00 ⚑") + 14
        self.view.horizontalHeader().setDefaultSectionSize(width)
        self.view.verticalHeader().setDefaultSectionSize(self.view.fontMetrics().height() + 6)
        self.hint = QLabel("⚑ flagged; columns and rows count from 0. A click on the picture holds the table.", self)
        self.hint.setObjectName("pixels_hint")
        self.hint.setProperty("muted", True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.hint)

    def set_content(self, content: Content | None) -> None:
        """Read another picture; the place stays.

        Parameters
        ----------
        content : Content or None
            What is shown now.
        """
        self._content = content
        self.model.show(content, self.model.x, self.model.y)

    def show_at(self, x: int, y: int) -> None:
        """Show the values about a pixel.

        Parameters
        ----------
        x, y : int
            Column and row, from 0.
        """
        self.model.show(self._content, x, y)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many pixels as there is room for, the middle one in the middle."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Fit what is shown for the first time."""
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        columns, rows = self.view.horizontalHeader(), self.view.verticalHeader()
        wide = self.view.width() - 2 * self.view.frameWidth() - max(rows.sizeHint().width(), rows.width())
        high = self.view.height() - 2 * self.view.frameWidth() - max(columns.sizeHint().height(), columns.height())
        across, along = wide // columns.defaultSectionSize(), high // rows.defaultSectionSize()
        self.model.set_reach(min(max((across - 1) // 2, 1), _ACROSS), min(max((along - 1) // 2, 1), _ALONG))
