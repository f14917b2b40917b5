"""Known lines on the plot of spectra: a tick each, and a label where there is room."""

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from calgui.views.spectrum.labels import on_screen, write_down
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
        device, area = on_screen(painter, view)
        taken: list[tuple[float, LineMark]] = []
        for mark in self.marks:
            at = device.map(view.mapViewToScene(QPointF(mark.x, 0.0))).x()
            painter.setPen(_colour(mark))
            painter.drawLine(QPointF(at, area.top()), QPointF(at, area.top() + 12))
            if all(abs(at - other) >= _LABEL_ROOM for other, _ in taken):
                taken.append((at, mark))
        ground = QColor(theme().colour("surface"))
        ground.setAlpha(210)
        for at, mark in taken:
            write_down(painter, at, area.top() + 15, mark.text, _colour(mark), ground)
        self.labelled = tuple(mark.text for _, mark in sorted(taken, key=lambda one: one[0]))
        painter.restore()


def _colour(mark: LineMark) -> QColor:
    return theme().colour(_SPECIES_ROLES.get(mark.species, "muted"))
