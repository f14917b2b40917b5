"""A small plot of profiles or a histogram, in the colours of the theme."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from calgui.core.regions.measure import Counted
from calgui.views.theme import theme

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One line of a plot.

    Attributes
    ----------
    name : str
        As it is told.
    x, y : ndarray
        Places and values; NaN leaves a gap.
    role : str
        Colour of the theme.
    dashed : bool
        Told by its dashes as well as by its colour.
    """

    name: str
    x: Floats
    y: Floats
    role: str = "accent"
    dashed: bool = False


class Figure(pg.PlotWidget):
    """Profiles or a histogram.

    Parameters
    ----------
    name, title : str
        Object name and accessible name.
    parent : QWidget, optional
    """

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=theme().colour("surface"))
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setMinimumSize(180, 110)
        self.curves: tuple[Curve, ...] = ()
        self.labels = ("", "")
        self._counted: Counted | None = None
        self._mark = pg.InfiniteLine(angle=90, movable=False)
        self._mark.hide()
        self._lines: list[Any] = []
        item = self.getPlotItem()
        item.hideButtons()
        item.showGrid(x=True, y=True, alpha=0.12)
        item.addItem(self._mark, ignoreBounds=True)
        item.getViewBox().setMouseEnabled(x=True, y=True)
        self.setMenuEnabled(False)
        for side in ("bottom", "left"):
            item.getAxis(side).enableAutoSIPrefix(False)
        item.getAxis("left").setWidth(64)
        theme().changed.connect(self.retheme)
        self.retheme()

    def draw(self, curves: Sequence[Curve], x_label: str, y_label: str, mark: float | None = None) -> None:
        """Draw lines.

        Parameters
        ----------
        curves : sequence of Curve
            In the order in which they lie over one another.
        x_label, y_label : str
            With units.
        mark : float, optional
            Place of a line across.
        """
        self._counted = None
        self.curves = tuple(curves)
        self._fit_items(len(curves))
        for line, curve in zip(self._lines, curves, strict=True):
            style = Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine
            line.setData(
                curve.x, curve.y, pen=pg.mkPen(theme().colour(curve.role), width=1, style=style), connect="finite",
                stepMode=None, fillLevel=None, brush=None,
            )  # fmt: skip
        self._label(x_label, y_label)
        self._mark.setVisible(mark is not None)
        if mark is not None:
            self._mark.setValue(mark)

    def draw_histogram(self, counted: Counted | None, x_label: str) -> None:
        """Draw a histogram.

        Parameters
        ----------
        counted : Counted or None
            None for nothing.
        x_label : str
            With the unit.
        """
        self._counted, self.curves = counted, ()
        self._fit_items(0 if counted is None else 1)
        if counted is not None:
            fill = QColor(theme().colour("accent"))
            fill.setAlpha(90)
            self._lines[0].setData(
                counted.edges, counted.counts.astype(float), stepMode="center", fillLevel=0, brush=fill,
                pen=pg.mkPen(theme().colour("accent")),
            )  # fmt: skip
        self._mark.hide()
        self._label(x_label, "pixels")

    def series(self) -> tuple[tuple[str, Floats], ...]:
        """What is drawn as columns, for a table.

        Returns
        -------
        tuple of (str, ndarray)
            Title with unit, and values.
        """
        if self._counted is not None:
            edges = self._counted.edges
            return (
                (f"{self.labels[0]} from", edges[:-1]),
                (f"{self.labels[0]} to", edges[1:]),
                ("pixels", self._counted.counts.astype(np.float64)),
            )
        columns: list[tuple[str, Floats]] = []
        for curve in self.curves:
            columns += [(f"{curve.name}: {self.labels[0]}", curve.x), (f"{curve.name}: {self.labels[1]}", curve.y)]
        return tuple(columns)

    def _fit_items(self, count: int) -> None:
        while len(self._lines) > count:
            self.removeItem(self._lines.pop())
        while len(self._lines) < count:
            line = pg.PlotDataItem()
            self.addItem(line)
            self._lines.append(line)

    def _label(self, x_label: str, y_label: str) -> None:
        if (x_label, y_label) != self.labels:
            self.labels = (x_label, y_label)
            muted = theme().colour("muted").name()
            self.getPlotItem().setLabel("bottom", escape(x_label), color=muted)
            self.getPlotItem().setLabel("left", escape(y_label), color=muted)

    def retheme(self) -> None:
        """Take the colours of the theme."""
        look = theme()
        self.setBackground(look.colour("surface"))
        for side in ("bottom", "left"):
            axis = self.getPlotItem().getAxis(side)
            axis.setPen(look.colour("line"))
            axis.setTextPen(look.colour("muted"))
        self._mark.setPen(pg.mkPen(look.colour("muted"), width=1, style=Qt.PenStyle.DotLine))
        labels, self.labels = self.labels, ("", "")
        if self._counted is not None:
            self.draw_histogram(self._counted, labels[0])
        else:
            self.draw(self.curves, *labels, mark=self._mark.value() if self._mark.isVisible() else None)
