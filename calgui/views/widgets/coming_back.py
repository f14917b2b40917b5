"""Who comes back to the window from another program may have changed files there."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget


class ComingBack(QObject):
    """Calls when the window of a widget that is seen becomes the active one.

    Parameters
    ----------
    widget : QWidget
    call : callable
    """

    def __init__(self, widget: QWidget, call: Callable[[], object]) -> None:
        super().__init__(widget)
        self._widget, self._call = widget, call
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look for the change; it goes its way."""
        if event.type() == QEvent.Type.ActivationChange and self._widget.isVisible() and self._widget.isActiveWindow():
            self._call()
        return super().eventFilter(watched, event)
