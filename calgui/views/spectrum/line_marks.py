"""Known lines on the plot of spectra: a tick each, and a label where there is room."""

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QPainter

from calgui.views.theme import theme

#: pixels of the screen between two labels
_LABEL_ROOM = 15
_SPECIES_ROLES = {"Ar": "accent", "Kr": "warning", "Xe": "good", "Ne": "error", "OH": "muted"}


@dataclass(frozen=True)
class LineMark:
    """A known line on the plot.

    Attributes
    ----------
    species : str
        Of `SPECIES`.
    x : float
        Its place on the horizontal axis.
    text : str
        Its label.
    rank : int
        0 for the strongest of its species.
    """

    species: str
    x: float
    text: str
    rank: int


class LineMarks(pg.GraphicsObject):
    """Ticks from the top with names; a name is left out where it would lie on that of a stronger line."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[LineMark] = []
        self.labelled: tuple[str, ...] = ()

    def show(self, marks: list[LineMark]) -> None:
        """Take other marks.

        Parameters
        ----------
        marks : list of LineMark
            The strongest first.
        """
        self.marks = marks
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        """All that is seen."""
        return self.viewRect() if self.getViewBox() is not None else QRectF()

    def paint(self, painter: QPainter, *_args: object) -> None:
        """Draw ticks, and the labels that have room."""
        view = self.getViewBox()
        self.labelled = ()
        if view is None or not self.marks:
            return
        painter.save()
        painter.resetTransform()
        device = view.scene().views()[0].viewportTransform()
        area = device.mapRect(view.sceneBoundingRect())
        font = QFont(painter.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() * 0.85))
        painter.setFont(font)
        taken: list[tuple[float, LineMark]] = []
        for mark in self.marks:
            at = device.map(view.mapViewToScene(QPointF(mark.x, 0.0))).x()
            painter.setPen(theme().colour(_SPECIES_ROLES.get(mark.species, "muted")))
            painter.drawLine(QPointF(at, area.top()), QPointF(at, area.top() + 12))
            if all(abs(at - other) >= _LABEL_ROOM for other, _ in taken):
                taken.append((at, mark))
        for at, mark in taken:
            _write(painter, at, area.top() + 15, mark)
        self.labelled = tuple(mark.text for _, mark in sorted(taken, key=lambda one: one[0]))
        painter.restore()


def _write(painter: QPainter, x: float, y: float, mark: LineMark) -> None:
    """The label of a line, from top to bottom, on a ground that lets it be read over a peak."""
    painter.save()
    painter.translate(x, y)
    painter.rotate(90)
    metrics = painter.fontMetrics()
    ground = QColor(theme().colour("surface"))
    ground.setAlpha(210)
    painter.fillRect(
        QRectF(-1, -metrics.ascent() / 2 - 1, metrics.horizontalAdvance(mark.text) + 3, metrics.height()), ground
    )
    painter.setPen(theme().colour(_SPECIES_ROLES.get(mark.species, "muted")))
    painter.drawText(QPointF(0, metrics.ascent() / 2 - 1), mark.text)
    painter.restore()
