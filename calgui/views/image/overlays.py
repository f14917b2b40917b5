"""What is written on the picture: a note on what it is, how it is reduced, and a message in its place."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QWidget

from calgui.views.theme import SPACE, theme


class Overlays(QObject):
    """Labels that lie on a canvas and keep their corners; they never take the mouse.

    Parameters
    ----------
    canvas : QWidget
        What they lie on.
    """

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.note = self._label("picture_note", "Note on the picture")
        self.caption = self._label("picture_caption", "How the picture is reduced")
        self.hint = self._label("picture_hint", "What to do with the tool")
        self.message = self._label("picture_message", "Why there is no picture")
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self._said = ""
        self._on_right = False
        canvas.installEventFilter(self)
        self.retheme()

    def _label(self, name: str, title: str) -> QLabel:
        label = QLabel(self._canvas)
        label.setObjectName(name)
        label.setAccessibleName(title)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        label.hide()
        return label

    def retheme(self) -> None:
        """Take the theme's colours."""
        colour = theme().colour
        plate = QColor(colour("surface"))
        style = (
            f"background: rgba({plate.red()}, {plate.green()}, {plate.blue()}, 225); color: {colour('text').name()};"
            "padding: 3px 7px; border-radius: 3px;"
        )
        self.caption.setStyleSheet(style)
        self.hint.setStyleSheet(style)
        self.note.setStyleSheet(f"{style} font-weight: 600; border-left: 3px solid {colour('accent').name()};")
        self.message.setStyleSheet(f"color: {colour('muted').name()}; padding: {4 * SPACE}px;")

    def set_note(self, text: str) -> None:
        """Say what the picture is.

        Parameters
        ----------
        text : str
            Empty for nothing.
        """
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self._lay()

    def put_note(self, right: bool) -> None:
        """Put the note into the upper right corner, or back into the left one.

        Parameters
        ----------
        right : bool
            Which.
        """
        self._on_right = right
        self._lay()

    def set_hint(self, text: str) -> None:
        """Say what to do.

        Parameters
        ----------
        text : str
            Empty for nothing.
        """
        self.hint.setText(text)
        self.hint.setVisible(bool(text))
        self._lay()

    def set_message(self, text: str) -> None:
        """Say something in the place of a picture.

        Parameters
        ----------
        text : str
            Empty for nothing.
        """
        self.message.setText(text)
        self.message.setVisible(bool(text))
        self._lay()

    def say_reduction(self, text: str) -> None:
        """Say how the picture is reduced; may be called while it is being drawn.

        Parameters
        ----------
        text : str
            Empty for nothing.
        """
        if text != self._said:
            self._said = text
            QTimer.singleShot(0, self, self._caption)

    def _caption(self) -> None:
        self.caption.setText(self._said)
        self.caption.setVisible(bool(self._said))
        self._lay()

    def _lay(self) -> None:
        self.note.adjustSize()
        self.note.move(self._canvas.width() - self.note.width() - SPACE if self._on_right else SPACE, SPACE)
        self.hint.adjustSize()
        self.hint.move((self._canvas.width() - self.hint.width()) // 2, SPACE)
        if self.note.isVisible() and self.hint.geometry().intersects(self.note.geometry()):
            self.hint.move(self.hint.x(), self.note.geometry().bottom() + SPACE // 2)
        self.caption.adjustSize()
        self.caption.move(SPACE, self._canvas.height() - self.caption.height() - SPACE)
        self.message.setGeometry(self._canvas.rect())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the corners when the canvas changes its size."""
        if watched is self._canvas and event.type() == QEvent.Type.Resize:
            self._lay()
        return super().eventFilter(watched, event)
