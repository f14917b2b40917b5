"""A label that says with dots that it had more to say than there is room for."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class ElidedLabel(QLabel):
    """One line of plain text; `text` stays the whole of it.

    Parameters
    ----------
    mode : Qt.TextElideMode
        Where the dots go.
    parent : QWidget, optional
    """

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        """It takes what is left."""
        return QSize(0, super().minimumSizeHint().height())

    def seen(self) -> str:
        """What of the text there is room for.

        Returns
        -------
        str
        """
        return self.fontMetrics().elidedText(self.text(), self._mode, self._room().width())

    def _room(self) -> QRect:
        return self.contentsRect().adjusted(self.margin(), 0, -self.margin(), 0)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw what there is room for."""
        painter = QPainter(self)
        role, enabled = self.foregroundRole(), self.isEnabled()
        flags = int(self.alignment().value)
        self.style().drawItemText(painter, self._room(), flags, self.palette(), enabled, self.seen(), role)
