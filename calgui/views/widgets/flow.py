"""A layout of widgets one behind the other, in as many rows as they need."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from calgui.views.theme import SPACE


class Flow(QLayout):
    """Widgets one behind the other, in as many rows as they need.

    Parameters
    ----------
    parent : QWidget
        Whose widgets they are.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(SPACE // 2, SPACE // 2, SPACE // 2, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """As Qt asks it."""
        self._items.append(item)

    def insert_widget(self, at: int, widget: QWidget) -> None:
        """Put a widget before others.

        Parameters
        ----------
        at : int
            Place in the order.
        widget : QWidget
            It becomes a child of the layout's widget.
        """
        self.addWidget(widget)
        self._items.insert(at, self._items.pop())
        self.invalidate()

    def count(self) -> int:
        """As Qt asks it."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        """As Qt asks it."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        """As Qt asks it."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """None."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """The narrower, the higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Of all rows."""
        return self._lay(QRect(0, 0, width, 0), False)

    def setGeometry(self, rect: QRect) -> None:
        """Put the widgets in their places."""
        super().setGeometry(rect)
        self._lay(rect, True)

    def sizeHint(self) -> QSize:
        """Of the widest widget."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Of the widest widget."""
        size = QSize()
        for item in self._items:
            if not item.isEmpty():
                size = size.expandedTo(item.minimumSize())
        margins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def _lay(self, rect: QRect, place: bool) -> int:
        margins = self.contentsMargins()
        left, right = rect.x() + margins.left(), rect.right() - margins.right()
        rows: list[list[tuple[QLayoutItem, QSize, int]]] = [[]]
        x = left
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            if rows[-1] and x + size.width() > right + 1:
                rows.append([])
                x = left
            rows[-1].append((item, size, x))
            x += size.width() + SPACE // 2
        y = rect.y() + margins.top()
        for row in filter(None, rows):
            high = max(size.height() for _, size, _ in row)
            if place:
                for item, size, x in row:
                    item.setGeometry(QRect(x, y + (high - size.height()) // 2, size.width(), size.height()))
            y += high + SPACE // 2
        return y - rect.y() + margins.bottom()
