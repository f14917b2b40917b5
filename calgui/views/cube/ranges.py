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
Planes = tuple[int, int]

#: of what is seen: how wide a range is, how far those of continuum are from it, and how wide they are
_WIDE, _APART, _BESIDE = 0.1, 0.03, 0.08

#: first plane, and the one after the last
Range = tuple[int, int]


class Ranges(QObject):
    """A line at the plane, a range of planes, and two of continuum beside it; all can be dragged.

    Ranges that the user has not chosen yet lie about the plane, within what is seen of the plot.

    Signals
    -------
    plane_dragged(int)
        The line was dragged to this plane, or the plot was clicked there.
    changed()
        A range was dragged; see `main` and `beside`.

    Parameters
    ----------
    plot : pyqtgraph.PlotWidget
        Where they lie.
    places : callable
        Gives the place of each plane on its horizontal axis; NaN for planes that are not on it.
    """

    plane_dragged = Signal(int)
    changed = Signal()

    def __init__(self, plot: Any, places: Callable[[], Places]) -> None:
        super().__init__(plot)
        self._plot, self._places = plot, places
        self._busy = self._chosen = False
        self.plane = 0
        self._main: Planes = (0, 1)
        self._beside: tuple[Planes, Planes] = ((0, 1), (0, 1))
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
        plot.scene().sigMouseClicked.connect(self._clicked)
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

    def begin(self, plane: int) -> None:
        """Start with another cube: nothing is chosen yet.

        Parameters
        ----------
        plane : int
            That is shown first.
        """
        self.plane, self._chosen = plane, False
        self._main, self._beside = (plane, plane + 1), ((plane, plane + 1), (plane, plane + 1))
        self.show(False, False)

    @property
    def chosen(self) -> bool:
        """Whether the user chose them, or they lie about the plane."""
        return self._chosen

    @property
    def main(self) -> Planes:
        """The range: from its first plane up to but not including its last."""
        return self._main

    @main.setter
    def main(self, planes: Planes) -> None:
        self.choose(planes, self._beside)

    @property
    def beside(self) -> tuple[Planes, Planes]:
        """The two of continuum."""
        return self._beside

    @beside.setter
    def beside(self, planes: tuple[Planes, Planes]) -> None:
        self.choose(self._main, planes)

    def choose(self, main: Planes, beside: tuple[Planes, Planes]) -> None:
        """Take ranges that the user chose.

        Parameters
        ----------
        main : tuple of int
            Planes from the first up to but not including the second.
        beside : tuple of tuple of int
            Those of continuum.
        """
        self._chosen = True
        self._main, self._beside = main, beside

    def settle(self) -> None:
        """Where the user has chosen no ranges on this axis, put them about the plane, within what is seen."""
        places = self._places()
        there = np.flatnonzero(np.isfinite(places))
        if not there.size or (self._chosen and np.all(np.isfinite(places[[self._main[0], self._main[1] - 1]]))):
            return
        low, high = self._plot.getViewBox().viewRange()[0]
        seen = there[(places[there] >= low) & (places[there] <= high)]
        if seen.size < 2:
            seen = there
        first, count = int(seen[0]), int(seen.size)
        middle = self.plane if first <= self.plane < first + count else first + count // 2
        half, apart, wide = (max(1, round(part * count)) for part in (_WIDE / 2, _APART, _BESIDE))
        ends = int(there[0]), int(there[-1]) + 1
        self._chosen = False
        self._main = _within(middle - half, middle + half + 1, *ends)
        self._beside = (
            _within(middle - half - apart - wide, middle - half - apart, *ends),
            _within(middle + half + 1 + apart, middle + half + 1 + apart + wide, *ends),
        )

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
        if main and not self._items[0].isVisible():
            self.settle()
        for item, on in zip(self._items, (main, beside, beside), strict=True):
            item.setVisible(on)
        self._line.setVisible(not main)

    def place(self) -> None:
        """Draw all of it where it is on the present axis."""
        places = self._places()
        if not np.any(np.isfinite(places)):
            return
        self._busy = True
        try:
            self._line.setValue(float(places[min(self.plane, len(places) - 1)]))
            for item, one in zip(self._items, (self._main, *self._beside), strict=True):
                ends = _ends(places, one)
                if np.all(np.isfinite(ends)):
                    item.setRegion(ends)
        finally:
            self._busy = False

    def _line_dragged(self) -> None:
        if not self._busy:
            self._go_to(self._line.value())

    def _clicked(self, event: Any) -> None:
        """A click on the plot goes to the plane there, while one plane is shown."""
        box = self._plot.getViewBox()
        where = event.scenePos()
        wanted = event.button() == Qt.MouseButton.LeftButton and self._line.isVisible() and not event.isAccepted()
        if wanted and box.sceneBoundingRect().contains(where):
            self._go_to(box.mapSceneToView(where).x())

    def _go_to(self, place: float) -> None:
        places = self._places()
        if np.any(np.isfinite(places)):
            self.plane = int(np.nanargmin(np.abs(places - place)))
            self.plane_dragged.emit(self.plane)

    def _dragged(self) -> None:
        places = self._places()
        if self._busy or not np.any(np.isfinite(places)):
            return
        before = self._main, *self._beside
        # a range that was not moved keeps its planes: on the axis its ends are rounded
        found = tuple(
            old if tuple(item.getRegion()) == _ends(places, old) else _planes(places, item.getRegion())
            for item, old in zip(self._items, before, strict=True)
        )
        if found != before:
            self.choose(found[0], (found[1], found[2]))
            self.changed.emit()


def _within(start: int, stop: int, low: int, high: int) -> Planes:
    """A range that is moved, then cut, to lie between two ends."""
    start = min(max(start, low), high - 1)
    return start, min(max(stop, start + 1), high)


def _ends(places: Places, one: Planes) -> tuple[float, float]:
    """From the first plane's outer edge to the last one's."""
    last = len(places) - 1
    there = places[np.isfinite(places)]
    first, final = min(one[0], last), min(one[1] - 1, last)
    half = abs(float(there[-1] - there[0])) / max(there.size - 1, 1) / 2
    low, high = sorted((float(places[first]), float(places[final])))
    return low - half, high + half


def _planes(places: Places, ends: tuple[float, float]) -> Planes:
    """The planes whose middles are in a range; at least one."""
    low, high = sorted(ends)
    inside = np.flatnonzero((places >= low) & (places <= high))
    if not inside.size:
        nearest = int(np.nanargmin(np.abs(places - (low + high) / 2)))
        return nearest, nearest + 1
    return int(inside[0]), int(inside[-1]) + 1
