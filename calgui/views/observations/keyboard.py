"""From the filter into the table, and to its first row, by keyboard alone."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QTableView

_INTO_TABLE = (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ALONG_ROWS = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Home, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


class KeyboardWay(QObject):
    """Down or Return in the filter goes to the table; the first key there selects the row in focus.

    Qt gives a row the focus when its table gets it, but does not select it, and no arrow leads to where one is already.

    Signals
    -------
    all_asked()
        All rows are to be selected, also where they are already.

    Parameters
    ----------
    field : QLineEdit
        The filter.
    view : QTableView
        The table; owns this.
    """

    all_asked = Signal()

    def __init__(self, field: QLineEdit, view: QTableView) -> None:
        super().__init__(view)
        self._field, self._view = field, view
        field.installEventFilter(self)
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at keys alone."""
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and watched is self._view and event.matches(QKeySequence.StandardKey.SelectAll):
            self.all_asked.emit()
        if pressed and not event.modifiers():
            if watched is self._field and event.key() in _INTO_TABLE:
                self._view.setFocus(Qt.FocusReason.TabFocusReason)
                self._begin()
                return True
            if watched is self._view and event.key() in _ALONG_ROWS:
                return self._begin()
        return super().eventFilter(watched, event)

    def _begin(self) -> bool:
        if self._view.selectionModel().hasSelection() or not self._view.model().rowCount():
            return False
        self._view.selectRow(max(0, self._view.currentIndex().row()))
        return True
