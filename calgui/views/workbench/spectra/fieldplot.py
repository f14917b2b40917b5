"""A value of every spectrum over the field; a click chooses the spectrum."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent
from PySide6.QtWidgets import QToolTip

from calgui.core.algorithms.spectrummarks import SPECTRUM_STATES
from calgui.core.tables import Column
from calgui.views.session import Session
from calgui.views.theme import theme
from calgui.views.widgets.plot_saving import offer_saving
from calgui.views.workbench.results import figure
from calgui.views.workbench.spectra.shown import Shown
from calgui.views.workbench.spectra.wall import SIGNS

#: name of the map of states
STATE = "state"
#: parts of the values that get the first and the last colour; width of figures and title of the colour bar
_PARTS, _BAR_TEXT = (2.0, 98.0), 74
_ARROWS = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (1, 0), Qt.Key.Key_Down: (-1, 0),
}  # fmt: skip


class FieldPlot(pg.PlotWidget):
    """The map.

    Signals
    -------
    chosen(int), opened(int)
        Spectrum that was clicked; that is to be shown large.

    Parameters
    ----------
    session : Session or None
        Who saves it.
    """

    chosen = Signal(int)
    opened = Signal(int)

    def __init__(self, session: Session | None = None) -> None:
        super().__init__(background=theme().colour("surface"))
        self.setObjectName("spectra_field_map")
        self.setAccessibleName("Map of a value of the spectra over the field")
        self.shown: Shown | None = None
        self.name = ""
        self.spectrum: int | None = None
        self._colours = pg.colormap.get("viridis")
        plot = self.getPlotItem()
        plot.hideButtons()
        plot.getViewBox().setAspectLocked(True)
        self.image = pg.ImageItem(axisOrder="row-major")
        plot.addItem(self.image)
        self._halo, self._frame = pg.PlotDataItem(), pg.PlotDataItem()
        for line in (self._halo, self._frame):
            plot.addItem(line, ignoreBounds=True)
        self.bar = pg.ColorBarItem(colorMap=self._colours, width=14, interactive=True)
        plot.layout.addItem(self.bar, 2, 5)
        plot.layout.setColumnFixedWidth(4, 5)
        self.bar.sigLevelsChanged.connect(lambda _bar: self._paint())
        self.scene().sigMouseClicked.connect(self._clicked)
        self.saving = offer_saving(self, lambda: self.name or "field", session, self._series)
        theme().changed.connect(self.retheme)
        self.retheme()

    def retheme(self) -> None:
        """Take the theme's colours."""
        self.setBackground(theme().colour("surface"))
        plot = self.getPlotItem()
        for axis, label in ((plot.getAxis("bottom"), "column"), (plot.getAxis("left"), "row")):
            axis.setLabel(label, color=theme().colour("muted").name())
            axis.setPen(theme().colour("line"))
            axis.setTextPen(theme().colour("muted"))
            axis.enableAutoSIPrefix(False)
        bar = self.bar.getAxis("right")
        bar.setPen(theme().colour("line"))
        bar.setTextPen(theme().colour("muted"))
        bar.enableAutoSIPrefix(False)
        bar.setWidth(_BAR_TEXT)
        self._halo.setPen(pg.mkPen(theme().colour("surface"), width=5))
        self._frame.setPen(pg.mkPen(theme().colour("text"), width=2))
        self._paint()

    def show_value(self, shown: Shown | None, name: str) -> None:
        """Map a value.

        Parameters
        ----------
        shown : Shown or None
            All spectra.
        name : str
            One of `Shown.maps`, or `STATE`.
        """
        before = None if self.shown is None or self.shown.grid is None else self.shown.grid.shape
        self.shown, self.name = shown, name
        grid = shown.grid if shown is not None else None
        self.bar.setVisible(name != STATE and grid is not None)
        if shown is None or grid is None:
            self.image.clear()
            self.choose(None)
            return
        if name != STATE:
            good = shown.maps[name][np.isfinite(shown.maps[name])]
            low, high = np.percentile(good, _PARTS) if good.size else (0.0, 1.0)
            if not high > low:
                low, high = low - max(abs(low), 1) * 1e-3, high + max(abs(high), 1) * 1e-3
            self.bar.blockSignals(True)
            self.bar.setLevels((float(low), float(high)))
            self.bar.blockSignals(False)
            self.bar.rounding = 10 ** np.floor(np.log10(float(high - low) / 100))
            self.bar.getAxis("right").setLabel(name, color=theme().colour("muted").name())
        self._paint()
        self.choose(self.spectrum)
        if grid.shape != before:
            self.setRange(QRectF(-0.5, -0.5, grid.shape[1], grid.shape[0]), padding=0.03)

    def _paint(self) -> None:
        shown = self.shown
        grid = shown.grid if shown is not None else None
        if shown is None or grid is None:
            return
        made = np.zeros((*grid.shape, 4), np.uint8)
        if self.name == STATE:
            table = np.array([theme().colour(SIGNS[one][1]).getRgb() for one in SPECTRUM_STATES], np.uint8)
            made[grid >= 0] = table[shown.spectra.state[grid[grid >= 0]]]
        else:
            values = shown.maps[self.name]
            low, high = self.bar.levels()
            table = self._colours.getLookupTable(0.0, 1.0, 256, alpha=True)
            good = np.isfinite(values)
            made[good] = table[np.clip((values[good] - low) / max(high - low, 1e-300) * 255, 0, 255).astype(int)]
            # a spectrum without a value is there all the same
            made[(grid >= 0) & ~good] = theme().colour("line").getRgb()
        self.image.setImage(made, autoLevels=False, rect=QRectF(-0.5, -0.5, grid.shape[1], grid.shape[0]))

    def choose(self, spectrum: int | None) -> None:
        """Put a frame about a spectrum.

        Parameters
        ----------
        spectrum : int or None
            Which.
        """
        self.spectrum = spectrum
        place = self.shown.spectra.place if self.shown is not None else None
        if place is None or spectrum is None:
            self._halo.setData([], [])
            self._frame.setData([], [])
            return
        row, column = int(place[0][spectrum]), int(place[1][spectrum])
        corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5)])
        for line in (self._halo, self._frame):
            line.setData(corners[:, 0] + column, corners[:, 1] + row)

    def spectrum_at(self, x: float, y: float) -> int | None:
        """The spectrum at a place of the map."""
        grid = self.shown.grid if self.shown is not None else None
        row, column = round(y), round(x)
        if grid is None or not (0 <= row < grid.shape[0] and 0 <= column < grid.shape[1]) or grid[row, column] < 0:
            return None
        return int(grid[row, column])

    def words(self, spectrum: int) -> str:
        """A spectrum with the value that is mapped."""
        assert self.shown is not None
        place, shown = self.shown.spectra.place, self.shown
        value = ""
        if place is not None and self.name in shown.maps and not self.name.startswith(("RMS", "Residual")):
            value = f"{self.name}: {figure(float(shown.maps[self.name][place[0][spectrum], place[1][spectrum]]), 4)}"
        parts = [shown.name(spectrum), value, shown.words(spectrum)]
        return " · ".join(part for part in parts if part)

    def _at(self, where: QPointF) -> int | None:
        box = self.getPlotItem().getViewBox()
        if not box.sceneBoundingRect().contains(where):
            return None
        at = box.mapSceneToView(where)
        return self.spectrum_at(at.x(), at.y())

    def _clicked(self, event: Any) -> None:
        spectrum = self._at(event.scenePos())
        if event.button() == Qt.MouseButton.LeftButton and spectrum is not None:
            (self.opened if event.double() else self.chosen).emit(spectrum)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose the spectrum beside; Return opens it."""
        key = Qt.Key(event.key())
        place = self.shown.spectra.place if self.shown is not None else None
        if key in _ARROWS and place is not None and self.spectrum is not None:
            down, right = _ARROWS[key]
            row, column = int(place[0][self.spectrum]), int(place[1][self.spectrum])
            beside = self.spectrum_at(column + right, row + down)
            if beside is not None:
                self.chosen.emit(beside)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.spectrum is not None:
            self.opened.emit(self.spectrum)
        else:
            event.ignore()

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell of the spectrum under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            spectrum = self._at(self.mapToScene(event.pos()))
            if spectrum is not None:
                QToolTip.showText(event.globalPos(), self.words(spectrum).replace(" · ", "\n"), self)
            else:
                QToolTip.hideText()
            return True
        return bool(super().viewportEvent(event))

    def _series(self) -> list[Column]:
        shown = self.shown
        if shown is None or shown.spectra.place is None:
            return []
        rows, columns = shown.spectra.place
        made = [Column("row", np.asarray(rows), ""), Column("column", np.asarray(columns), "")]
        if self.name in shown.maps:
            return [*made, Column(self.name, shown.maps[self.name][rows, columns], "")]
        return [*made, Column("state", np.array([SPECTRUM_STATES[one] for one in shown.spectra.state], "U"), "")]
