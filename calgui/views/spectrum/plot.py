"""The plot of spectra: steps or lines, error bands, labelled lines of lamps, and the fit of a peak."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from calgui.core.spectra.lines import line_list
from calgui.core.spectra.peaks import Peak
from calgui.core.spectra.spectrum import Smoothing, Spectrum
from calgui.views.spectrum.ground import SpectrumGround
from calgui.views.spectrum.line_marks import LineMark, LineMarks
from calgui.views.spectrum.trace import Axis, Floats, Trace
from calgui.views.theme import theme

#: labels of so many lines of one species at most stand on the plot; the strongest of what is seen
_MOST_LINES = 40
#: numbers from here on are not drawn
_BEYOND = 1e100


class SpectrumPlot(SpectrumGround):
    """Spectra over one another.

    Signals
    -------
    pointed(object)
        Place on the horizontal axis under the cursor, or None.
    chosen(float, float)
        The user dragged over a range of the horizontal axis, with the mode `set_choosing` on.
    """

    chosen = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spectrum_plot")
        self.setAccessibleName("Spectra")
        self.setToolTip("")
        self.axis = Axis()
        self._curves: list[Any] = []
        self._bands: list[Any] = []
        self.traces: tuple[Trace, ...] = ()
        self.seen: list[Spectrum] = []
        self.species: tuple[str, ...] = ()
        self.offset = 0.0
        self.log = False
        self._marks = LineMarks()
        self._marks.setZValue(5)
        self.getPlotItem().getViewBox().addItem(self._marks, ignoreBounds=True)
        self._fit = self.plot([], [], pen=None)
        self._fit.setZValue(6)
        self.getPlotItem().showGrid(x=True, y=True, alpha=0.12)
        self.scene().sigMouseMoved.connect(self._moved)
        self.box.chosen.connect(self.chosen)
        self.box.sigRangeChanged.connect(lambda *_: self._place_marks())
        self.retheme()

    # ---- what is drawn

    def draw(
        self,
        traces: Sequence[Trace],
        axis: Axis,
        *,
        smoothing: Smoothing | None = None,
        width: float = 3.0,
        offset: float = 0.0,
        log: bool = False,
        bands: bool = True,
    ) -> None:
        """Draw spectra.

        Parameters
        ----------
        traces : sequence of Trace
            The first lies lowest.
        axis : Axis
            Of all of them; what has no wavelengths is left out where they are asked for.
        smoothing : str or None
            See `Spectrum.smoothed`.
        width : float
            Of the smoothing, in pixels.
        offset : float
            Each trace is lifted by so much over the one before.
        log : bool
            Logarithmic values; what is not above zero is left out.
        bands : bool
            Whether one standard deviation is drawn about each.
        """
        self._clear_curves()
        same_axis, same_values = axis.unit == self.axis.unit, log == self.log
        self.axis, self.traces, self.offset, self.log = axis, tuple(traces), offset, log
        self.seen = []
        item = self.getPlotItem()
        item.setLogMode(False, log)
        for place, trace in enumerate(one for one in traces if one.visible):
            spectrum = trace.drawn(smoothing, width)
            self.seen.append(spectrum)
            if axis.unit != "pixel" and spectrum.wavelength is None:
                continue
            x, lift = _drawable(axis.of(spectrum)), place * offset
            colour = theme().colour(trace.role)
            flux = _drawable(spectrum.flux) + lift
            if bands and spectrum.error is not None:
                self._draw_band(x, flux, _drawable(spectrum.error), colour)
            curve = self.plot(x, _positive(flux, log), pen=pg.mkPen(colour, width=1), connect="finite")
            curve.setClipToView(True)
            curve.setDownsampling(auto=True, method="peak")
            self._curves.append(curve)
        units = {one.spectrum.unit for one in traces if one.visible and one.spectrum.unit}
        muted = theme().colour("muted").name()
        item.setLabel("bottom", escape(axis.title), color=muted)
        item.setLabel("left", escape(" / ".join(sorted(units)) or "value"), color=muted)
        if not same_axis:
            self.show_whole()
        elif not same_values:  # a range of values is another of their logarithms
            self.box.enableAutoRange(axis=self.box.YAxis)
        self._place_marks()

    def show_whole(self) -> None:
        """Show all of the spectra, also of those to come, until the user zooms; values fit what is seen of them."""
        self.box.autoRange()
        self.box.enableAutoRange()

    def _draw_band(self, x: Floats, flux: Floats, error: Floats, colour: QColor) -> None:
        fill = QColor(colour)
        fill.setAlpha(50)
        ends = [pg.PlotDataItem(x, _positive(flux + sign * error, self.log), connect="finite") for sign in (-1, 1)]
        for end in ends:
            end.setPen(None)
            end.setLogMode(False, self.log)
            self.addItem(end)
        band = pg.FillBetweenItem(*ends, brush=fill)
        self.addItem(band, ignoreBounds=True)  # its ends have bounds of their own
        self._bands += [*ends, band]

    def _clear_curves(self) -> None:
        for one in (*self._curves, *self._bands):
            self.removeItem(one)
        self._curves, self._bands = [], []

    def show_fit(self, peak: Peak | None, x: Floats | None = None, lift: float = 0.0) -> None:
        """Draw the model of a fitted peak, or nothing.

        Parameters
        ----------
        peak : Peak or None
            What was fitted.
        x : ndarray
            Places of its model on the present axis.
        lift : float
            Of the trace that it belongs to.
        """
        if peak is None or x is None:
            self._fit.setData([], [])
            return
        self._fit.setPen(pg.mkPen(theme().colour("text"), width=2, style=Qt.PenStyle.DashLine))
        self._fit.setData(x, _positive(_drawable(peak.model) + lift, self.log))

    def show_lines(self, species: Sequence[str]) -> None:
        """Mark the lines of some species.

        Parameters
        ----------
        species : sequence of str
            Of `SPECIES`.
        """
        self.species = tuple(species)
        self.box.labels = bool(species)
        self.box.updateAutoRange()
        self._place_marks()

    def set_choosing(self, on: bool) -> None:
        """Whether dragging chooses a range instead of moving the plot."""
        self.box.choosing = on
        self.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    def marked(self) -> tuple[tuple[str, float], ...]:
        """The lines that are marked now: species, and place on the axis."""
        return tuple(sorted(((mark.species, mark.x) for mark in self._marks.marks), key=lambda one: one[1]))

    def labelled(self) -> tuple[str, ...]:
        """The labels that were last drawn, from left to right."""
        return self._marks.labelled

    # ---- inside

    def _place_marks(self) -> None:
        """The strongest lines of what is seen; others would hide one another."""
        low, high = self.box.viewRange()[0]
        leader = next((one for one in self.seen if one.wavelength is not None), None)
        marks = []
        for name in self.species:
            lines = line_list(name)
            places = self.axis.of_wavelength(lines.wavelength, leader)
            inside = np.flatnonzero((places >= low) & (places <= high))
            strongest = inside[np.argsort(-lines.intensity[inside], kind="stable")[:_MOST_LINES]]
            marks += [
                LineMark(name, float(places[one]), f"{name} {_short(lines.wavelength[one], self.axis)}", rank)
                for rank, one in enumerate(strongest)
            ]
        self._marks.show(sorted(marks, key=lambda mark: mark.rank))

    def _moved(self, where: QPointF) -> None:
        inside = self.box.sceneBoundingRect().contains(where)
        self.pointed.emit(self.box.mapSceneToView(where).x() if inside and self.traces else None)

    def retheme(self) -> None:
        """Take the colours of the theme."""
        super().retheme()
        self._marks.update()


def _positive(values: Floats, log: bool) -> Floats:
    return np.where(values > 0, values, np.nan) if log else values


def _drawable(values: Floats) -> Floats:
    """NaN for what has no place on a plot, whose scale would overflow."""
    return np.where(np.abs(values) < _BEYOND, values, np.nan)


def _short(vacuum_nm: float, axis: Axis) -> str:
    """A wavelength as a label: in the unit of the axis, in nm on a pixel axis."""
    if axis.unit == "pixel":
        return f"{vacuum_nm:.2f}"
    value = float(axis.of_wavelength(np.array([vacuum_nm]), None)[0])
    return f"{value:.{ {'nm': 2, 'um': 5, 'Angstrom': 1}[axis.unit] }f}"
