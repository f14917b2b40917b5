"""Lines on the plot of a spectrum: the sign of their state at the peak, and above it what they are."""

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from calgui.core.algorithms.spectrummarks import LINE_STATES
from calgui.views.spectrum.labels import on_screen, write_down
from calgui.views.theme import theme
from calgui.views.workbench.marks.signs import pixmap, signs
from calgui.views.workbench.spectra.shown import USED

#: points of the screen: between two labels, of a sign, of one in a crowd, from a peak to its sign, above a label,
#: and of the ring about the chosen one
_LABEL_ROOM, _SIDE, _SMALL, _LIFT, _TOP, _RING = 14, 9, 6, 11, 6, 9
#: height of a plot from which on lines are labelled
_LABELS_HIGH = 130


@dataclass(frozen=True)
class LineSign:
    """One line on the plot.

    Attributes
    ----------
    line : int
        Into the table of all lines.
    x, y : float
        Its peak.
    state : int
        Into `LINE_STATES`.
    text : str
        Its label; empty for none.
    short : str
        The same without the word of its state, which the sign tells too: where there is no room for all of it.
    rank : float
        The lowest are labelled first.
    """

    line: int
    x: float
    y: float
    state: int
    text: str
    short: str
    rank: float


class LineSigns(pg.GraphicsObject):
    """All of them; a label is left out where it would lie on that of a stronger line."""

    def __init__(self) -> None:
        super().__init__()
        self.all: tuple[LineSign, ...] = ()
        self.labelled: tuple[str, ...] = ()
        self.chosen: int | None = None

    def show(self, lines: tuple[LineSign, ...], chosen: int | None) -> None:
        """Take others.

        Parameters
        ----------
        lines : tuple of LineSign
            In any order.
        chosen : int or None
            The line with a ring.
        """
        self.all = tuple(sorted(lines, key=lambda one: (one.line != chosen, one.rank)))
        self.chosen = chosen
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        """All that is seen."""
        return self.viewRect() if self.getViewBox() is not None else QRectF()

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw stems, signs, and the labels that have room."""
        view = self.getViewBox()
        self.labelled = ()
        if view is None or not self.all:
            return
        painter.save()
        device, area = on_screen(painter, view)
        painter.setClipRect(area)
        low, high = view.viewRange()[0]
        crowd = sum(low <= one.x <= high for one in self.all) * _SIDE > 0.35 * area.width()
        pictures = _pictures(_SMALL if crowd else _SIDE)
        placed = []
        for one in self.all:
            at = device.map(view.mapViewToScene(QPointF(one.x, one.y)))
            if area.left() - _SIDE <= at.x() <= area.right() + _SIDE:
                over = min(max(at.y() - _LIFT, area.top() + _SIDE), area.bottom() - _SIDE)
                placed.append((QPointF(at.x(), over), one))
        taken: list[tuple[QPointF, LineSign]] = []
        # where the plot is low they would hide the lines themselves
        roomy = area.height() >= _LABELS_HIGH
        for at, one in placed:
            if (
                (roomy or one.line == self.chosen)
                and one.text
                and all(abs(at.x() - other.x()) >= _LABEL_ROOM for other, _ in taken)
            ):
                taken.append((at, one))
        advance = painter.fontMetrics().horizontalAdvance
        written = []
        for at, one in taken:
            room = at.y() - _SIDE - area.top() - _TOP
            # a label that reaches down over its sign is cut short; that of the chosen line tells all
            full = one.line == self.chosen or advance(one.text) <= room
            text = one.text if full else one.short
            written.append((at, one, text))
            foot = area.top() + _TOP + advance(text) + 4
            if at.y() - _SIDE > foot:
                painter.setPen(QPen(theme().colour("line"), 1))
                painter.drawLine(QPointF(at.x(), foot), QPointF(at.x(), at.y() - _SIDE))
        for at, one, text in written:
            _write(painter, at.x(), area.top() + _TOP, text, one.state, one.line == self.chosen)
        for at, one in reversed(placed):
            picture: QPixmap = pictures[one.state]
            side = picture.width() / picture.devicePixelRatio() / 2
            painter.drawPixmap(QPointF(at.x() - side, at.y() - side), picture)
            if one.line == self.chosen:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(theme().colour("accent"), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(at, _RING, _RING)
        self.labelled = tuple(text for _, _, text in sorted(written, key=lambda part: part[1].x))
        painter.restore()


def state_colour(state: int) -> QColor:
    """The colour of a state of lines on the ground of the theme: that of its sign, darker where the ground is light.

    Parameters
    ----------
    state : int
        Into `LINE_STATES`.

    Returns
    -------
    QColor
    """
    colour = QColor(signs(LINE_STATES)[state].colour)
    return colour if theme().dark else colour.darker(150)


def _pictures(side: int) -> list[QPixmap]:
    return [pixmap(sign, side, 2.0) for sign in signs(LINE_STATES)]


def _write(painter: QPainter, x: float, y: float, text: str, state: int, chosen: bool) -> None:
    """A label: that of the chosen line, and of lines that count, is seen best."""
    ground = QColor(theme().colour("selected" if chosen else "surface"))
    ground.setAlpha(255 if chosen else 215)
    write_down(painter, x, y, text, theme().colour("text" if chosen or state == USED else "muted"), ground)
