"""Residuals of the lines of one spectrum, in pixels, nm or km/s, under the plot of the spectrum and linked with it."""

from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtWidgets import QWidget

from calgui.core.algorithms.spectrummarks import LINE_STATES
from calgui.core.tables import Column
from calgui.views.session import Session
from calgui.views.spectrum.ground import rule
from calgui.views.theme import theme
from calgui.views.widgets.plot_saving import offer_saving
from calgui.views.workbench.marks.signs import signs
from calgui.views.workbench.spectra.linesigns import state_colour
from calgui.views.workbench.spectra.plot import LEFT, LinePlot
from calgui.views.workbench.spectra.shown import USED, ResidualUnit

#: shapes of signs as those of points, each as large as it is seen well
_SYMBOLS = {"ring": "o", "cross": "x", "square": "s", "diamond": "d", "triangle": "t1", "plus": "+"}
_SIDE, _RING, _NEAR = 9, 20, 12.0
#: the axis reaches so far beyond the residuals that count; what lies outside stands at its edge
_ROOM = 1.25


class ResidualPlot(pg.PlotWidget):
    """The plot.

    Signals
    -------
    chosen(object)
        Index of the line that was clicked.

    Parameters
    ----------
    above : LinePlot
        Of the spectrum; its horizontal axis is this one's.
    session : Session or None
        Who saves the plot.
    """

    chosen = Signal(object)

    def __init__(self, above: LinePlot, session: Session | None, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=theme().colour("surface"))
        self.setObjectName("spectra_residuals")
        self.setAccessibleName("Residuals of the lines")
        self.setToolTip("Measured minus solution; click a point to choose its line. What lies outside is at the edge.")
        self._above = above
        self.unit: ResidualUnit = "pixel"
        self._which: Any = np.zeros(0, int)
        self._y: Any = np.zeros(0)
        self._by_hand = False
        item = self.getPlotItem()
        item.hideButtons()
        item.getAxis("left").setWidth(LEFT)
        item.setXLink(above.getPlotItem())
        item.getAxis("bottom").setStyle(showValues=False)
        item.getAxis("left").enableAutoSIPrefix(False)
        box = item.getViewBox()
        box.setMouseEnabled(x=True, y=True)
        box.disableAutoRange()
        box.sigRangeChangedManually.connect(self._moved_by_hand)
        self._zero = pg.InfiniteLine(0.0, angle=0, movable=False)
        self._band = pg.LinearRegionItem((0, 0), orientation="horizontal", movable=False, pen=pg.mkPen(None))
        self._errors = pg.ErrorBarItem(beam=0)
        self.points = pg.ScatterPlotItem(pxMode=True)
        self._ring = pg.ScatterPlotItem(pxMode=True, size=_RING, brush=None)
        self.nothing = pg.LabelItem("", color=theme().colour("muted"))
        self.nothing.setParentItem(box)
        self.nothing.anchor((0.5, 0), (0.5, 0), (0, 6))
        for part in (self._band, self._zero, self._errors, self._ring, self.points):
            self.addItem(part, ignoreBounds=True)
        self.saving = offer_saving(self, "residuals", session, self._series)
        self.scene().sigMouseClicked.connect(self._clicked)
        theme().changed.connect(self.retheme)
        self.retheme()

    def draw(self, unit: ResidualUnit) -> None:
        """Draw those of the spectrum above.

        Parameters
        ----------
        unit : str
            Of the residuals.
        """
        shown, scale = self._above.shown, self._above.scale
        if unit != self.unit:
            self._by_hand = False
        self.unit = unit
        self.getPlotItem().setLabel("left", f"residual ({escape(unit)})", color=theme().colour("muted").name())
        self._which, self._y = np.zeros(0, int), np.zeros(0)
        if shown is not None and scale is not None:
            lines = shown.spectra.lines
            which = shown.index(self._above.spectrum)
            gone = [LINE_STATES[state] in self._above.hidden for state in lines.state[which]]
            which = which[np.isfinite(lines.residual[which]) & ~np.array(gone, bool)]
            values, errors = shown.residuals(which, unit)
            good = np.isfinite(values)
            self._draw(which[good], values[good], errors[good])
        else:
            self._draw(self._which, self._y, self._y)

    def _draw(self, which: Any, values: Any, errors: Any) -> None:
        if not which.size:
            self._which, self._y = which, values
            self.points.setData([], [])
            self._errors.setData(x=np.zeros(0), y=np.zeros(0), height=np.zeros(0))
            self._ring.setData([], [])
            self._band.setRegion((0, 0))
            # nothing is measured against the axis: it has no figures that would be those of a fit before
            box = self.getPlotItem().getViewBox()
            box.setYRange(-1, 1, padding=0)
            self._tell("No residuals: no line has a name and a solution." if self._above.shown is not None else "")
            return
        self._tell("")
        assert self._above.shown is not None
        assert self._above.scale is not None
        state = self._above.shown.spectra.lines.state[which]
        errors = np.where(np.isfinite(errors), errors, 0.0)
        counted = state == USED if (state == USED).any() else np.ones(state.size, bool)
        reach = float(np.max(np.abs(values[counted]) + errors[counted])) * _ROOM or 1e-3
        box = self.getPlotItem().getViewBox()
        if not self._by_hand:
            box.setYRange(-reach, reach, padding=0)
        low, high = box.viewRange()[1]
        room = 0.04 * (high - low)
        # what lies outside stands at the edge; where the user zoomed, all is where it is
        at = values if self._by_hand else np.clip(values, low + room, high - room)
        x = self._above.scale.of_pixel(self._above.shown.spectra.lines.pixel[which])
        inside = at == values
        self._errors.setData(x=x[inside], y=at[inside], height=2 * errors[inside])
        own = signs(LINE_STATES)
        brushes = [pg.mkBrush(state_colour(number)) for number in range(len(own))]
        pens = [pg.mkPen(state_colour(number), width=1.6) for number in range(len(own))]
        self.points.setData(
            x=x, y=at, size=_SIDE,
            symbol=[_SYMBOLS.get(own[one].shape, "o") for one in state],
            brush=[brushes[one] if one == USED else pg.mkBrush(theme().colour("surface")) for one in state],
            pen=[pens[one] for one in state],
        )  # fmt: skip
        spread = float(np.sqrt(np.mean(values[counted] ** 2)))
        self._band.setRegion((-spread, spread))
        self._which, self._y = which, at
        self.choose(self._above.line)

    def _tell(self, text: str) -> None:
        """In place of residuals, or an axis with figures."""
        self.nothing.setText(text, color=theme().colour("muted"))
        self.nothing.setVisible(bool(text))
        self.getPlotItem().getAxis("left").setStyle(showValues=not text)

    def choose(self, line: int | None) -> None:
        """Put a ring about a line's point.

        Parameters
        ----------
        line : int or None
            Into the table of all lines.
        """
        at = np.flatnonzero(self._which == line) if line is not None else []
        if len(at) and self._above.scale is not None and self._above.shown is not None:
            x = self._above.scale.of_pixel(self._above.shown.spectra.lines.pixel[line])
            self._ring.setData([float(x)], [float(self._y[at[0]])])
        else:
            self._ring.setData([], [])

    def _moved_by_hand(self, axes: Any) -> None:
        """The vertical axis is the user's from now on, until all is wanted again."""
        if axes[1]:
            self._by_hand = True

    def show_whole(self) -> None:
        """All that counts is seen again."""
        self._by_hand = False
        self.draw(self.unit)

    def wheelEvent(self, event: Any) -> None:
        """The wheel zooms the axis that is shared; with Ctrl the residuals."""
        box = self.getPlotItem().getViewBox()
        values = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        box.setMouseEnabled(x=not values, y=values)
        super().wheelEvent(event)
        box.setMouseEnabled(x=True, y=True)

    def _clicked(self, event: Any) -> None:
        box = self.getPlotItem().getViewBox()
        if event.button() != Qt.MouseButton.LeftButton or not self._which.size or self._above.scale is None:
            return
        assert self._above.shown is not None
        x = self._above.scale.of_pixel(self._above.shown.spectra.lines.pixel[self._which])
        apart = []
        for place, value in zip(x.tolist(), self._y.tolist(), strict=True):
            there = box.mapViewToScene(QPointF(place, value)) - event.scenePos()
            apart.append(np.hypot(there.x(), there.y()))
        best = int(np.argmin(apart))
        if apart[best] <= _NEAR:
            self.chosen.emit(int(self._which[best]))

    def retheme(self) -> None:
        """Take the colours of the theme."""
        look = theme()
        rule(self)
        self._zero.setPen(pg.mkPen(look.colour("muted"), width=1))
        self._errors.setOpts(pen=pg.mkPen(look.colour("muted"), width=1))
        self._ring.setPen(pg.mkPen(look.colour("accent"), width=2))
        fill = look.colour("accent")
        fill.setAlpha(24)
        self._band.setBrush(fill)
        self.draw(self.unit)

    def _series(self) -> list[Column]:
        shown = self._above.shown
        if shown is None:
            return []
        lines = shown.spectra.lines
        values, errors = shown.residuals(self._which, self.unit)
        return [
            Column("pixel", lines.pixel[self._which], "pix"),
            Column("wavelength", lines.wavelength[self._which], "nm"),
            Column("residual", values, self.unit if self.unit != "pixel" else "pix"),
            Column("error", errors, self.unit if self.unit != "pixel" else "pix"),
            Column("state", np.array([LINE_STATES[one] for one in lines.state[self._which]], "U"), ""),
        ]
