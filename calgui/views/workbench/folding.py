"""Headings, plain or folding what is below them, and a strip that a folded column leaves behind."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QWidget

from calgui.views.theme import SPACE, theme


class FoldButton(QToolButton):
    """A heading with an arrow; checked means open.

    Parameters
    ----------
    name : str
        Its object name.
    title : str
        What is below it.
    parent : QWidget, optional
    """

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.title = title
        self.setCheckable(True)
        self.setAutoRaise(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setStyleSheet("QToolButton { border: 0; padding: 4px 0; background: transparent; text-align: left; }")
        self.toggled.connect(lambda _open: self._point())
        self.say("")
        self._point()

    def _point(self) -> None:
        self.setArrowType(Qt.ArrowType.DownArrow if self.isChecked() else Qt.ArrowType.RightArrow)

    def say(self, more: str) -> None:
        """Say more beside the title.

        Parameters
        ----------
        more : str
            Such as how many options below differ from their defaults; empty for nothing.
        """
        text = f"{self.title} · {more}" if more else self.title
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(f"Show or fold away: {self.title}")


class SideStrip(QToolButton):
    """Stands upright where a column was folded away; a click brings it back.

    Parameters
    ----------
    name, text, tip : str
        Object name, word on it, tool tip.
    parent : QWidget, optional
    """

    def __init__(self, name: str, text: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setText(text)
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As high as the text is long."""
        metrics = self.fontMetrics()
        return QSize(metrics.height() + SPACE, metrics.horizontalAdvance(f"» {self.text()}") + 4 * SPACE)

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the word from top to bottom."""
        colour = theme().colour
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour("raised" if self.underMouse() else "surface"))
        painter.setPen(colour("accent" if self.hasFocus() else "line"))
        painter.drawLine(self.width() - 1, 0, self.width() - 1, self.height())
        painter.setPen(colour("text" if self.underMouse() or self.hasFocus() else "muted"))
        painter.translate(self.width(), 0)
        painter.rotate(90)
        painter.drawText(
            2 * SPACE, 0, self.height() - 2 * SPACE, self.width(), Qt.AlignmentFlag.AlignVCenter, f"» {self.text()}"
        )


def heading(text: str, size: float = 1.0) -> QLabel:
    """A plain heading.

    Parameters
    ----------
    text : str
        Of it.
    size : float
        In sizes of ordinary text.

    Returns
    -------
    QLabel
    """
    label = QLabel(text)
    font = label.font()
    font.setPointSizeF(font.pointSizeF() * size)
    font.setBold(True)
    label.setFont(font)
    return label
