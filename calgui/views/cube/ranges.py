"""Marks on the plot of spectra: the plane that is shown, and the ranges that a picture is made of."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor

from calgui.views.theme import theme

Places = npt.NDArray[np.float64]

#: first plane, and the one after the last
Range = tuple[int, int]


class Ranges(QObject):
    """A line at the plane, a range of planes, and two of continuum beside it; all can be dragged.

    Signals
    -------
    plane_dragged(int)
        The line was dragged to this plane.
    changed()
        A range was dragged; see `main` and `beside`.

    Parameters
    ----------
    plot : pyqtgraph.PlotWidget
        Where they lie.
    places : callable
        Gives the place of each plane on its horizontal axis.
    """

    plane_dragged = Signal(int)
    changed = Signal()

    def __init__(self, plot: Any, places: Callable[[], Places]) -> None:
        super().__init__(plot)
        self._places = places
        self._busy = False
        self.plane = 0
        self.main = (0, 1)
        self.beside: tuple[tuple[int, int], tuple[int, int]] = ((0, 1), (0, 1))
        self._line = pg.InfiniteLine(angle=90, movable=True)
        self._items = [pg.LinearRegionItem(swapMode="sort") for _ in range(3)]
        for item in (self._line, *self._items):
            plot.addItem(item, ignoreBounds=True)
            item.setZValue(4)
        self._line.setZValue(7)
        self._line.sigDragged.connect(self._line_dragged)
        for item in self._items:
            item.hide()
            item.sigRegionChanged.connect(self._dragged)
        theme().changed.connect(self.retheme)
        self.retheme()

    def retheme(self) -> None:
        """Take the colours of the theme."""
        look = theme()
        self._line.setPen(pg.mkPen(look.colour("text"), width=1))
        self._line.setHoverPen(pg.mkPen(look.colour("accent"), width=3))
        for item, role in zip(self._items, ("accent", "muted", "muted"), strict=True):
            fill = QColor(look.colour(role))
            fill.setAlpha(40)
            item.setBrush(fill)
            for edge in item.lines:
                edge.setPen(pg.mkPen(look.colour(role), width=1, style=Qt.PenStyle.SolidLine))

    def begin(self, count: int) -> None:
        """Put everything where a cube of so many planes has it.

        Parameters
        ----------
        count : int
            Planes.
        """
        self.plane = count // 2
        self.main = _cut(count, 0.45, 0.55)
        self.beside = (_cut(count, 0.33, 0.42), _cut(count, 0.58, 0.67))

    def put(self, main: Range, beside: tuple[Range, Range]) -> None:
        """Move the ranges, as if they were dragged there.

        Parameters
        ----------
        main : (int, int)
            First plane, and the one after the last.
        beside : ((int, int), (int, int))
            Of continuum.
        """
        self.main, self.beside = main, beside
        self.place()
        self.changed.emit()

    def show(self, main: bool, beside: bool) -> None:
        """Show or hide the ranges.

        Parameters
        ----------
        main, beside : bool
            The range itself, and those of continuum.
        """
        for item, on in zip(self._items, (main, beside, beside), strict=True):
            item.setVisible(on)
        self._line.setVisible(not main)

    def place(self) -> None:
        """Draw all of it where it is on the present axis."""
        places = self._places()
        if not len(places):
            return
        self._busy = True
        try:
            self._line.setValue(float(places[min(self.plane, len(places) - 1)]))
            for item, one in zip(self._items, (self.main, *self.beside), strict=True):
                item.setRegion(_ends(places, one))
        finally:
            self._busy = False

    def _line_dragged(self) -> None:
        places = self._places()
        if not self._busy and len(places):
            self.plane = int(np.argmin(np.abs(places - self._line.value())))
            self.plane_dragged.emit(self.plane)

    def _dragged(self) -> None:
        places = self._places()
        if self._busy or not len(places):
            return
        one, other, third = (_planes(places, item.getRegion()) for item in self._items)
        if (one, (other, third)) != (self.main, self.beside):
            self.main, self.beside = one, (other, third)
            self.changed.emit()


def _cut(count: int, low: float, high: float) -> tuple[int, int]:
    first = min(int(low * count), count - 1)
    return first, max(first + 1, min(int(np.ceil(high * count)), count))


def _ends(places: Places, one: tuple[int, int]) -> tuple[float, float]:
    """From the first plane's outer edge to the last one's."""
    last = len(places) - 1
    first, final = min(one[0], last), min(one[1] - 1, last)
    half = abs(float(places[-1] - places[0])) / max(last, 1) / 2
    low, high = sorted((float(places[first]), float(places[final])))
    return low - half, high + half


def _planes(places: Places, ends: tuple[float, float]) -> tuple[int, int]:
    """The planes whose middles are in a range; at least one."""
    low, high = sorted(ends)
    inside = np.flatnonzero((places >= low) & (places <= high))
    if not inside.size:
        nearest = int(np.argmin(np.abs(places - (low + high) / 2)))
        return nearest, nearest + 1
    return int(inside[0]), int(inside[-1]) + 1
