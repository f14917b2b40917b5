"""Diagnostics of a result as plots: lines and histograms with their units, in the colours of the theme."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from calgui.core.algorithms.registry import Curve
from calgui.views.theme import SPACE, theme

_ROLES = ("accent", "warning", "good", "muted")


class CurvePlot(pg.PlotWidget):
    """One diagnostic.

    Parameters
    ----------
    curve : Curve
        What to draw.
    columns : int
        Of the legend.
    parent : QWidget, optional
    """

    def __init__(self, curve: Curve, columns: int = 3, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=theme().colour("surface"))
        self.setObjectName(f"bench_plot_{curve.title.split()[0].lower()}")
        self.setAccessibleName(curve.title)
        self.setToolTip(f"{curve.title}. Wheel: zoom; drag: move; right click: more.")
        self.setMinimumHeight(190)
        item = self.getPlotItem()
        text = theme().colour("text")
        item.setTitle(curve.title, color=text.name(), size="10pt")
        for side, label in (("bottom", curve.x_label), ("left", curve.y_label)):
            axis = item.getAxis(side)
            axis.setLabel(label, color=theme().colour("muted").name())
            axis.setPen(theme().colour("line"))
            axis.setTextPen(theme().colour("muted"))
            axis.enableAutoSIPrefix(False)
        item.showGrid(x=True, y=True, alpha=0.15)
        if len(curve.lines) > 1:
            item.addLegend(offset=(-8, 2), labelTextColor=text, colCount=min(columns, len(curve.lines)), horSpacing=16)
        for number, (name, (x, y)) in enumerate(curve.lines.items()):
            self._draw(curve.style, name, np.asarray(x, float), np.asarray(y, float), _ROLES[number % len(_ROLES)])
        self._leave_room(curve, 0.2 * -(-len(curve.lines) // columns))

    def _leave_room(self, curve: Curve, part: float) -> None:
        """Above the lines, for the legend."""
        values = np.concatenate([np.asarray(y, float).ravel() for _x, y in curve.lines.values()] or [np.zeros(1)])
        values = values[np.isfinite(values)]
        if values.size:
            low, high = float(values.min()), float(values.max())
            self.getPlotItem().setYRange(low, high + part * (high - low or 1.0), padding=0.04)

    def _draw(self, style: str, name: str, x: Any, y: Any, role: str) -> None:
        colour = theme().colour(role)
        if style == "histogram" and len(x) == len(y) + 1:
            fill = theme().colour(role)
            fill.setAlpha(70)
            self.plot(x, y, stepMode="center", fillLevel=0, brush=fill, pen=pg.mkPen(colour, width=1), name=name)
        else:
            self.plot(x, y, pen=pg.mkPen(colour, width=2 if style == "histogram" else 1), name=name, connect="finite")


class CurvesPanel(QScrollArea):
    """All diagnostics of a result, below one another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_curves")
        self.setAccessibleName("Diagnostics")
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self._curves: tuple[Curve, ...] = ()
        theme().changed.connect(self._retheme)

    def _retheme(self) -> None:
        self.show_curves(self._curves)

    def show_curves(self, curves: tuple[Curve, ...]) -> None:
        """Draw these.

        Parameters
        ----------
        curves : tuple of Curve
            In the order of the result.
        """
        self._curves = curves
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        grid = QGridLayout()
        grid.setSpacing(SPACE)
        for number, curve in enumerate(curves):
            grid.addWidget(CurvePlot(curve), number, 0)
        layout.addLayout(grid, 1)
        self.setWidget(inside)
