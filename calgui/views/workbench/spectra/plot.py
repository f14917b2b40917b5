"""The plot of one spectrum with its lines, and the template of the lamp over it."""

from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent
from PySide6.QtWidgets import QToolTip, QWidget

from calgui.core.algorithms.spectrummarks import LINE_STATES
from calgui.core.tables import Column
from calgui.views.session import Session
from calgui.views.spectrum.ground import SpectrumGround
from calgui.views.spectrum.trace import PIXEL, Axis
from calgui.views.theme import theme
from calgui.views.widgets.plot_saving import offer_saving
from calgui.views.workbench.spectra.axes import Scale, unit_words, written
from calgui.views.workbench.spectra.linesigns import LineSign, LineSigns
from calgui.views.workbench.spectra.shown import MISSING, UNIDENTIFIED, USED, Shown

#: points of the screen: a click means a line so near; width of the figures at the left, alike in plots that are linked
_NEAR, LEFT = 12, 66
#: of labels above the spectrum, and of a sign over its peak
_LABELS, _SIGNS = 84, 22
#: of the peak: what is lower is drawn so high on a logarithmic axis
_FLOOR = 1e-4
#: keys that are understood while the plot has the focus -> what is wanted
KEYS = {
    Qt.Key.Key_N: "next",
    Qt.Key.Key_P: "previous",
    Qt.Key.Key_M: "mark",
    Qt.Key.Key_D: "delete",
    Qt.Key.Key_Delete: "delete",
    Qt.Key.Key_U: "undo",
    Qt.Key.Key_I: "initialise",
    Qt.Key.Key_F: "fit",
    Qt.Key.Key_L: "list",
    Qt.Key.Key_T: "template",
    Qt.Key.Key_Z: "zoom",
    Qt.Key.Key_W: "whole",
    Qt.Key.Key_Home: "whole",
    Qt.Key.Key_PageDown: "next spectrum",
    Qt.Key.Key_PageUp: "previous spectrum",
}


class LinePlot(SpectrumGround):
    """One spectrum with its lines.

    Signals
    -------
    chosen(object)
        Index of the line that was clicked, or None.
    wanted(str)
        What a key asks for, of `KEYS`.
    pointed(object)
        Pixel of the spectrum under the cursor, or None.

    Parameters
    ----------
    session : Session or None
        Who saves the plot.
    name : str
        Of the widget.
    labels : bool
        Whether lines are told by name.
    parent : QWidget, optional
    """

    chosen = Signal(object)
    wanted = Signal(str)

    def __init__(
        self, session: Session | None, name: str = "spectra_plot", labels: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Spectrum with its lines")
        self.shown: Shown | None = None
        self.spectrum = 0
        self.scale: Scale | None = None
        self.hidden: frozenset[str] = frozenset()
        self.line: int | None = None
        self.under: float | None = None
        self._template: Any = None
        self._labels, self._by_hand, self.log = labels, False, False
        self._values, self._floor = np.zeros(0), 1.0
        #: what was drawn last: a spectrum that comes after nothing was seen is looked at as that one
        self._last: Scale | None = None
        # without a grid: labels have stems, and a grid takes longer to draw than all else
        self.getPlotItem().getAxis("left").setWidth(LEFT)
        self._model = self.plot([], [])
        self._flux = self.plot([], [], connect="finite")
        for curve in (self._flux, self._model):
            curve.setClipToView(True)
            curve.setDownsampling(auto=True, method="peak")
        self.signs = LineSigns()
        self.signs.setZValue(5)
        self.box.addItem(self.signs, ignoreBounds=True)
        self.saving = offer_saving(self, self._file_name, session, self._series)
        self.scene().sigMouseMoved.connect(self._moved)
        self.scene().sigMouseClicked.connect(self._clicked)
        self.box.sigRangeChanged.connect(lambda *_: self.signs.update())
        self.box.sigXRangeChanged.connect(lambda *_: self._fit_values())
        self.box.sigResized.connect(lambda *_: self._fit_values())
        self.box.sigRangeChangedManually.connect(self._moved_by_hand)
        self.box.enableAutoRange(x=True, y=False)
        self.retheme()

    # -- what is drawn -------------------------------------------------------------------------------------------------

    def draw(self, shown: Shown | None, spectrum: int, axis: Axis, template: bool = False, log: bool = False) -> None:
        """Draw a spectrum; what the user zoomed into stays, on another axis too.

        Parameters
        ----------
        shown : Shown or None
            All spectra; None for none.
        spectrum : int
            Which.
        axis : Axis
            What is wanted.
        template : bool
            Whether that of the lamp lies over it.
        log : bool
            Logarithmic values; what is below a ten-thousandth of the peak is drawn as that.
        """
        if log != self.log:
            self.log, self._by_hand = log, False
            self.getPlotItem().getAxis("left").setLogMode(False, log)
        before = self.scale or self._last
        self.shown, self.spectrum = shown, spectrum
        if shown is None:
            self.scale = None
            self._flux.setData([], [])
            self._model.setData([], [])
            self.signs.show((), None)
            return
        scale = self.scale = self._last = Scale(shown, spectrum, axis)
        item = self.getPlotItem()
        muted = theme().colour("muted").name()
        item.setLabel("bottom", escape(scale.axis.title), color=muted)
        item.setLabel("left", "flux", color=muted)
        flux = np.where(np.abs(scale.value.flux) < 1e100, scale.value.flux, np.nan)
        self._floor = max(float(np.nanmax(flux)) * _FLOOR, 1e-30) if np.isfinite(flux).any() else 1.0
        self._values = self._drawable(flux)
        other = before is None or before.shown.pixels != shown.pixels
        seen = None if before is None or other or self.box.autoRangeEnabled()[0] else self.seen(before)
        self._flux.setData(scale.places, self._values)
        model = shown.template(spectrum) if template else None
        self._template = model
        self._model.setData(
            scale.places if model is not None else [], self._drawable(model) if model is not None else []
        )
        self._place()
        self._fit_values()
        if other:
            self.show_whole()
        elif (
            seen is not None
            and before is not None
            and (scale.axis != before.axis or not _within(scale, self.box.viewRange()[0]))
        ):
            self.look_between(*seen)

    def _drawable(self, flux: Any) -> Any:
        return np.log10(np.maximum(flux, self._floor)) if self.log else flux

    def seen(self, scale: Scale) -> tuple[float, float]:
        """The first and last pixel that are seen."""
        low, high = self.box.viewRange()[0]
        ends = sorted((scale.to_pixel(low), scale.to_pixel(high)))
        return ends[0], ends[1]

    def look_between(self, first: float, last: float) -> None:
        """Show some pixels."""
        if self.scale is not None:
            ends = np.sort(self._place_of(np.array([first, last])))
            if np.isfinite(ends).all() and ends[1] > ends[0]:
                self.box.setXRange(float(ends[0]), float(ends[1]), padding=0)

    def _place_of(self, pixel: Any) -> Any:
        """Places of pixels, also of those before the first and after the last."""
        assert self.scale is not None
        scale = self.scale
        last = scale.places.size - 1
        inside = np.clip(pixel, 0, last)
        steps = np.gradient(scale.places) if last > 0 else np.ones(1)
        return scale.of_pixel(inside) + (pixel - inside) * steps[np.where(pixel < 0, 0, last)]

    def show_whole(self) -> None:
        """Show all of the spectrum until the user zooms; values fit what is seen of them."""
        self._by_hand = False
        self.box.enableAutoRange(x=True, y=False)
        self._fit_values()

    def _moved_by_hand(self, axes: Any) -> None:
        self._by_hand = self._by_hand or bool(axes[1])

    def _fit_values(self) -> None:
        """Values of what is seen, with room for the labels above them, unless the user zoomed those."""
        scale = self.scale
        if scale is None or self._by_hand:
            return
        first, last = (round(end) for end in self.seen(scale))
        good = self._values[max(first, 0) : last + 1]
        good = good[np.isfinite(good)]
        if not good.size:
            return
        low, high = float(good.min()), float(good.max())
        wide = max(high - low, 1e-6 * max(abs(high), 1e-30))
        tall = max(self.box.height(), 1.0)
        room = min((_LABELS if self._labels else 0) + _SIGNS, 0.55 * tall) / tall
        self.box.setYRange(low - 0.05 * wide, high + wide * 1.05 * room / (1 - room), padding=0)

    def zoom_to(self, line: int) -> None:
        """Show a line with what is about it."""
        if self.shown is not None:
            at = float(self.shown.spectra.lines.pixel[line])
            half = max(0.03 * self.shown.pixels, 12.0)
            self.look_between(at - half, at + half)

    def seek(self, line: int) -> None:
        """Bring a line into view, with the zoom that there is."""
        if self.shown is None or self.scale is None or self.box.autoRangeEnabled()[0]:
            return
        low, high = self.seen(self.scale)
        at = float(self.shown.spectra.lines.pixel[line])
        if not low + 0.05 * (high - low) <= at <= high - 0.05 * (high - low):
            self.look_between(at - (high - low) / 2, at + (high - low) / 2)

    def choose(self, line: int | None) -> None:
        """Put a ring about a line.

        Parameters
        ----------
        line : int or None
            Into the table of all lines.
        """
        self.line = line
        self.signs.show(self.signs.all, line)

    def _place(self) -> None:
        """The signs of the lines of this spectrum."""
        shown, scale = self.shown, self.scale
        if shown is None or scale is None:
            return
        lines, values = shown.spectra.lines, self._values
        which = shown.index(self.spectrum)
        which = which[[LINE_STATES[state] not in self.hidden for state in lines.state[which]]]
        x = scale.of_pixel(lines.pixel[which])
        made = []
        for line, place in zip(which.tolist(), x.tolist(), strict=True):
            pixel, state = float(lines.pixel[line]), int(lines.state[line])
            if not np.isfinite(pixel + place):
                continue
            near = values[max(round(pixel) - 1, 0) : round(pixel) + 2]
            top = float(np.nanmax(near)) if np.isfinite(near).any() else 0.0
            bright = float(lines.flux[line])
            rank = -bright if state != MISSING and bright == bright else float(line)
            text, short = (self._label(line, state), self._label(line, state, "")) if self._labels else ("", "")
            made.append(LineSign(line, place, top, state, text, short, rank))
        self.signs.show(tuple(made), self.line)

    def _label(self, line: int, state: int, word: str | None = None) -> str:
        assert self.shown is not None
        assert self.scale is not None
        spectra, axis = self.shown.spectra, self.scale.axis
        lines = spectra.lines
        if state == UNIDENTIFIED or not np.isfinite(lines.wavelength[line]):
            by_solution = float(self.shown.wavelength_at(self.spectrum, float(lines.pixel[line])))
            return f"? {written(by_solution, axis)}" if np.isfinite(by_solution) else f"? {lines.pixel[line]:.1f}"
        listed = int(lines.listed[line])
        species = spectra.species[listed] if 0 <= listed < len(spectra.species) else ""
        word = ("" if state == USED else LINE_STATES[state]) if word is None else word
        return f"{species} {written(float(lines.wavelength[line]), axis)} {word}".strip()

    def words(self, line: int) -> list[str]:
        """All that is known of a line, for people."""
        assert self.shown is not None
        assert self.scale is not None
        lines, shown = self.shown.spectra.lines, self.shown
        made = [f"{self._label(line, USED)} {unit_words(self.scale.axis)} · {LINE_STATES[int(lines.state[line])]}"]
        error = f" ± {lines.pixel_error[line]:.3f}" if np.isfinite(lines.pixel_error[line]) else ""
        made.append(f"pixel {lines.pixel[line]:.3f}{error}")
        if np.isfinite(lines.residual[line]):
            which = np.array([line])
            parts = [f"{shown.residuals(which, unit)[0][0]:+.4g} {unit}" for unit in ("pixel", "nm", "km/s")]  # type: ignore[arg-type]
            made.append(f"residual {', '.join(parts)}")
        if np.isfinite(lines.flux[line]):
            made.append(f"flux {lines.flux[line]:.4g}")
        return made

    # -- mouse and keys ------------------------------------------------------------------------------------------------

    def line_at(self, x: float) -> int | None:
        """The line at a place of the axis."""
        if self.shown is None or self.scale is None:
            return None
        width = max(self.box.width(), 1.0)
        low, high = self.box.viewRange()[0]
        near = _NEAR * (high - low) / width
        pixel = self.scale.to_pixel(x)
        within = abs(self.scale.to_pixel(x + near) - pixel)
        return self.shown.nearest(self.spectrum, pixel, max(within, 1.0), self.hidden)

    def _moved(self, where: QPointF) -> None:
        inside = self.box.sceneBoundingRect().contains(where) and self.scale is not None
        x = self.box.mapSceneToView(where).x() if inside else None
        self.under = x
        pixel = self.scale.to_pixel(x) if x is not None and self.scale is not None else None
        there = pixel is not None and self.shown is not None and -0.5 <= pixel < self.shown.pixels - 0.5
        self.pointed.emit(pixel if there else None)

    def _clicked(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.box.sceneBoundingRect().contains(event.scenePos()):
            self.chosen.emit(self.line_at(self.box.mapSceneToView(event.scenePos()).x()))

    def event(self, event: QEvent) -> bool:
        """While the plot has the focus its keys are not those of others."""
        own = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _plain(event)
        if own and Qt.Key(event.key()) in KEYS:
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of lines, and those that move and zoom the plot."""
        key = Qt.Key(event.key())
        if key in KEYS and _plain(event):
            self.wanted.emit(KEYS[key])
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell of the line under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            where = self.mapToScene(event.pos())
            inside = self.box.sceneBoundingRect().contains(where)
            line = self.line_at(self.box.mapSceneToView(where).x()) if inside else None
            if line is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), "\n".join(self.words(line)), self)
            return True
        return bool(super().viewportEvent(event))

    def leaveEvent(self, event: Any) -> None:
        """Nothing is under the cursor any more."""
        self.under = None
        super().leaveEvent(event)

    # -- look and files ------------------------------------------------------------------------------------------------

    def retheme(self) -> None:
        """Take the colours of the theme."""
        super().retheme()
        look = theme()
        self._flux.setPen(pg.mkPen(look.colour("accent"), width=1))
        self._model.setPen(pg.mkPen(look.colour("violet"), width=1))
        self.signs.update()

    def _file_name(self) -> str:
        name = self.shown.name(self.spectrum) if self.shown is not None else "spectrum"
        return "_".join(name.replace(",", "").split())

    def _series(self) -> list[Column]:
        if self.scale is None:
            return []
        axis = self.scale.axis
        title, unit = ("pixel", "pix") if axis.unit == PIXEL else (f"wavelength in {axis.medium}", axis.unit)
        columns = [Column(title, self.scale.places, unit), Column("flux", self.scale.value.flux, "")]
        return columns + ([Column("template", self._template, "")] if self._template is not None else [])


def _plain(event: QKeyEvent) -> bool:
    """Whether a key is pressed alone."""
    return event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)


def _within(scale: Scale, seen: Any) -> bool:
    """Whether a good part of what is seen of the axis has places of a spectrum."""
    low, high = float(np.nanmin(scale.places)), float(np.nanmax(scale.places))
    return bool(min(high, seen[1]) - max(low, seen[0]) > 0.5 * (seen[1] - seen[0]))
