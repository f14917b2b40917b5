"""`SpectrumView`: spectra over one another, with known lines, readout, fits of peaks, and saving."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.spectra.peaks import Peak, fit_peak
from calgui.core.spectra.reading import read_spectrum
from calgui.core.spectra.spectrum import Spectrum
from calgui.core.tables import Column
from calgui.views.choosing import Choices
from calgui.views.session import Session
from calgui.views.spectrum.asking import ask_and_save, ask_for_spectra
from calgui.views.spectrum.controls import SHAPES, SMOOTHINGS, SpectrumBar
from calgui.views.spectrum.fits import Fit, FitsTable
from calgui.views.spectrum.legend import Legend
from calgui.views.spectrum.plot import SpectrumPlot
from calgui.views.spectrum.readout import read_out
from calgui.views.spectrum.trace import PIXEL, Trace
from calgui.views.stepping import Steps
from calgui.views.theme import SPACE, figures, theme
from calgui.views.widgets.plot_saving import offer_saving

_MOST = 40


class SpectrumView(QWidget):
    """Spectra over one another.

    Parameters
    ----------
    session : Session
        Whose tasks read files, and who is told of what went wrong.
    parent : QWidget, optional

    Signals
    -------
    pixel_pointed(object)
        Pixel of the first spectrum under the cursor (a float), or None.
    """

    pixel_pointed = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("spectrum_view")
        self.setAccessibleName("Spectra")
        self.traces: list[Trace] = []
        self._numbers = self._shown = 0
        #: keys of the spectra that were hidden while they follow the cursor
        self._hidden: set[str] = set()
        self._fitted: Fit | None = None
        self.bar = SpectrumBar(self)
        self.plot = SpectrumPlot(self)
        self.readout = QLabel(self)
        self.readout.setObjectName("spectrum_readout")
        self.readout.setAccessibleName("Under the cursor")
        self.readout.setFont(figures())
        # its text comes and goes with the cursor: it takes the room that there is
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.message = QLabel(self)
        self.message.setObjectName("spectrum_message")
        self.message.setWordWrap(True)
        self.legend = Legend(self)
        self.saving = offer_saving(self.plot, self._name, session, self._series)
        self.fits = FitsTable(self)
        self._lay_out()
        self._connect()
        self._refresh()
        self._steps = Steps(session.history, self._state, self._put, _words)
        self._note_choices()

    def _note_choices(self) -> None:
        """What is chosen in the bar is a step each."""
        bar, choices = self.bar, Choices(self, self.session.history)
        choices.one_of(bar.axis, "the axis")
        choices.one_of(bar.smoothing, "the smoothing")
        choices.number(bar.span, "the width of the smoothing")
        choices.number(bar.offset, "the offset of spectra")
        choices.switch(bar.log, "logarithmic values")
        choices.switch(bar.bands, "errors as bands")
        for name, action in bar.species.items():
            choices.switch(action, f"the lines of {name}")
        fits = self.fits
        self._fit_steps = Steps(self.session.history, lambda: tuple(fits.fits.fits), fits.put, _fit_words)
        fits.edited.connect(self._fit_steps.note)

    # ---- for other views

    def show_spectra(self, spectra: Sequence[Spectrum], keys: Sequence[str] = ()) -> None:
        """Show some spectra in place of all others.

        Parameters
        ----------
        spectra : sequence of Spectrum
            The first is read out, and fitted, until another is chosen.
        keys : sequence of str
            What each is, where spectra follow the cursor: one that was hidden stays so.
        """
        shape = [len(trace.spectrum) for trace in self.traces]
        if not keys:
            self._forget()
        if spectra and not (keys and self.traces):  # spectra that follow the cursor keep the scale of the first
            self._scale(spectra[0])
        self.traces, self._numbers = [], 0
        self._shown += 1
        for spectrum, key in zip(spectra[:_MOST], (*keys, *[""] * len(spectra)), strict=False):
            self.traces.append(Trace(self._numbers, spectrum, key not in self._hidden, key))
            self._numbers += 1
        self._steps.settle()
        if spectra and spectra[0].wavelength is not None and self.bar.chosen_axis.unit == PIXEL:
            self.bar.axis.setCurrentText("nm vacuum")
        self._refresh()
        if shape != [len(trace.spectrum) for trace in self.traces]:
            self.plot.show_whole()

    def add_spectrum(self, spectrum: Spectrum) -> None:
        """Draw a spectrum over those that are there.

        Parameters
        ----------
        spectrum : Spectrum
            Any.
        """
        if len(self.traces) >= _MOST:
            self.session.notice("warning", f"{_MOST} spectra are drawn already.", "Take some away first.")
            return
        self._add(spectrum)

    def show_file(self, path: Path, hdu: int | None = None, *, add: bool = False) -> None:
        """Read a spectrum in the background and show it.

        Parameters
        ----------
        path : pathlib.Path
            FITS.
        hdu : int, optional
            Number of the HDU; else the first that holds one.
        add : bool
            Over those that are there.
        """

        def work(_job: Job) -> Spectrum:
            return read_spectrum(path, hdu)

        self.session.tasks.start(
            f"Reading {path.name}",
            work,
            self.add_spectrum if add else lambda spectrum: self.show_spectra([spectrum]),
            lambda error: self._failed(path, error),
            key="" if add else "spectrum-file",
            quiet=True,
        )

    def clear(self, message: str = "No spectrum yet.") -> None:
        """Show nothing.

        Parameters
        ----------
        message : str
            Said in its place.
        """
        self.traces = []
        self._shown += 1
        self._forget()
        self._steps.settle()
        self.message.setText(message)
        self._refresh()

    @property
    def leader(self) -> Trace | None:
        """The spectrum that is read out, fitted and saved."""
        return self.legend.leader(self.traces)

    # ---- making

    def _lay_out(self) -> None:
        above = QWidget(self)
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        row = QHBoxLayout()
        row.addWidget(self.bar, 1)
        column.addLayout(row)
        column.addWidget(self.message)
        column.addWidget(self.plot, 1)
        column.addWidget(self.readout)
        column.addWidget(self.legend)
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.setObjectName("spectrum_splitter")
        split.addWidget(above)
        split.addWidget(self.fits)
        split.setStretchFactor(0, 4)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.addWidget(split)

    def _connect(self) -> None:
        bar = self.bar
        bar.changed.connect(self._draw)
        bar.lines_changed.connect(self.plot.show_lines)
        bar.choosing.connect(self.plot.set_choosing)
        bar.whole.triggered.connect(lambda: self.plot.show_whole())
        bar.open.triggered.connect(self._ask_open)
        bar.save.triggered.connect(self._ask_save)
        bar.picture.triggered.connect(self.saving.ask_picture)
        self.plot.chosen.connect(self.fit_between)
        self.plot.pointed.connect(self._read_out)
        self.fits.chosen.connect(self._show_fit)
        self.legend.ticked.connect(self._tick)
        self.legend.removed.connect(self._remove)
        theme().changed.connect(self._refresh)

    # ---- what is shown

    def _add(self, spectrum: Spectrum) -> None:
        if not self.traces:
            self._scale(spectrum)
        self.traces.append(Trace(self._numbers, spectrum))
        self._numbers += 1
        if spectrum.wavelength is not None and len(self.traces) == 1 and self.bar.chosen_axis.unit == PIXEL:
            self.bar.axis.setCurrentText("nm vacuum")
        self._steps.note()
        self._refresh()

    def _state(self) -> tuple[int, tuple[Trace, ...]]:
        return self._shown, tuple(self.traces)

    def _put(self, state: tuple[int, tuple[Trace, ...]]) -> None:
        # spectra of files that are no longer looked at stay away
        if state[0] == self._shown:
            self.traces = list(state[1])
            self._hidden = {trace.key for trace in self.traces if trace.key and not trace.visible}
            self._refresh()

    def _refresh(self) -> None:
        """Legend, choosers and plot."""
        there = bool(self.traces)
        self.message.setVisible(not there)
        self.bar.setEnabled(True)
        self.bar.allow_wavelengths(any(trace.spectrum.wavelength is not None for trace in self.traces))
        self.legend.show_traces(self.traces)
        self.fits.setVisible(bool(self.fits.fits.fits))
        self._draw()

    def _scale(self, spectrum: Spectrum) -> None:
        good = spectrum.flux[np.isfinite(spectrum.flux)]
        self.bar.set_scale(float(np.abs(good).max(initial=0.0)))

    def _forget(self) -> None:
        """Other spectra come: nothing is hidden, chosen or fitted."""
        self._hidden.clear()
        self._fitted = None
        self.legend.forget()

    def _draw(self) -> None:
        bar = self.bar
        kind: Any = SMOOTHINGS[bar.smoothing.currentText()]
        self.plot.draw(
            self.traces,
            bar.chosen_axis,
            smoothing=kind,
            width=bar.span.value(),
            offset=bar.lift,
            log=bar.log.isChecked(),
            bands=bar.bands.isChecked(),
        )
        self._draw_fit()

    def _draw_fit(self) -> None:
        """The model of the fit in focus, as long as its spectrum is seen on the axis that it was made on."""
        self.plot.show_fit(None)
        fit = self._fitted
        if fit is None:
            return
        seen = [trace.spectrum for trace in self.traces if trace.visible]
        place = next((place for place, one in enumerate(seen) if one is fit.spectrum), None)
        if place is not None and fit.axis == self.bar.chosen_axis.title:
            self.plot.show_fit(fit.peak, fit.x, place * self.bar.lift)

    def _tick(self, row: int, visible: bool) -> None:
        trace = self.traces[row] = replace(self.traces[row], visible=visible)
        if trace.key:
            (self._hidden.discard if visible else self._hidden.add)(trace.key)
        self._steps.note()
        self._draw()

    def _remove(self, row: int) -> None:
        if self.traces[row].key:  # it would come again with the cursor
            self._tick(row, False)
        else:
            del self.traces[row]
            self._steps.note()
        self._refresh()

    # ---- reading out

    def _read_out(self, x: float | None) -> None:
        trace = self.leader
        leader = trace.spectrum if trace is not None else None
        self.plot.point(x)
        pixel = self.pixel_at(x) if x is not None else None
        self.pixel_pointed.emit(pixel)
        if leader is None or pixel is None:
            self.readout.setText(" ")
            return
        self.readout.setText(read_out(leader, pixel, self.bar.chosen_axis))

    def pixel_at(self, x: float) -> float | None:
        """The pixel of the leading spectrum at a place on the axis.

        Parameters
        ----------
        x : float
            On the present axis.

        Returns
        -------
        float or None
            None outside of it.
        """
        trace = self.leader
        leader = trace.spectrum if trace is not None else None
        if leader is None or not len(leader):
            return None
        places = self.bar.chosen_axis.of(leader)
        if len(places) < 2:
            return 0.0 if abs(x - places[0]) <= 0.5 else None
        pixels = leader.pixels
        if places[0] > places[-1]:
            places, pixels = places[::-1], pixels[::-1]
        half = abs(places[1] - places[0]) / 2
        if not places[0] - half <= x <= places[-1] + half:
            return None
        return float(np.interp(x, places, pixels))

    # ---- fits

    def fit_between(self, low: float, high: float) -> None:
        """Fit a peak of the leading spectrum in a range of the axis, and add it to the list.

        Parameters
        ----------
        low, high : float
            On the present axis.
        """
        trace = self.leader
        if trace is None:
            return
        axis, spectrum = self.bar.chosen_axis, trace.spectrum
        x = axis.of(spectrum)
        inside = (x >= low) & (x <= high)
        error = spectrum.error[inside] if spectrum.error is not None else None
        shape: Any = SHAPES[self.bar.shape.currentText()]
        good = inside & np.isfinite(spectrum.flux)
        if spectrum.error is not None:
            good &= np.isfinite(spectrum.error) & (spectrum.error > 0)

        def done(peak: Peak) -> None:
            self.fits.add(Fit(peak, spectrum.name, axis.title, x[good], spectrum))
            self.fits.setVisible(True)

        def failed(failure: Exception) -> None:
            if isinstance(failure, CalguiError):
                self.session.notice("warning", failure.message, failure.cure)
            else:
                self.session.report(failure, "Fitting a peak")

        self.session.tasks.start(
            "Fitting a peak", lambda _job: fit_peak(x[inside], spectrum.flux[inside], error, shape), done, failed,
            quiet=True,
        )  # fmt: skip

    def _show_fit(self, fit: Fit | None) -> None:
        self._fitted = fit
        if fit is not None and fit.axis == self.bar.chosen_axis.title:
            self.plot.point(fit.peak.centre)
        self._draw_fit()
        self.fits.setVisible(bool(self.fits.fits.fits))

    # ---- files

    def _name(self) -> str:
        path = next((trace.spectrum.path for trace in self.traces if trace.spectrum.path is not None), None)
        return f"{Path(path).stem}_spectrum" if path is not None else "spectrum"

    def _series(self) -> list[Column]:
        """All that is drawn: places on the axis, values, errors of each spectrum."""
        axis, columns = self.bar.chosen_axis, []
        unit = "pix" if axis.unit == PIXEL else axis.unit
        visible = [trace for trace in self.traces if trace.visible]
        for number, (trace, seen) in enumerate(zip(visible, self.plot.seen, strict=True), 1):
            last = f" {number}" if len(visible) > 1 else ""
            columns += [Column(f"{'pixel' if axis.unit == PIXEL else 'wavelength'}{last}", axis.of(seen), unit)]
            columns += [Column(f"flux{last}", seen.flux, trace.spectrum.unit)]
            if seen.error is not None:
                columns.append(Column(f"error{last}", seen.error, trace.spectrum.unit))
        return columns

    def _failed(self, path: Path, error: Exception) -> None:
        if isinstance(error, CalguiError):
            self.clear(f"{path.name}: {error.message} {error.cure}".strip())
        self.session.report(error, f"Reading {path.name}")

    def _ask_open(self) -> None:
        for path in ask_for_spectra(self):
            self.show_file(path, add=bool(self.traces))

    def _ask_save(self) -> None:
        trace = self.leader
        if trace is not None:
            ask_and_save(self, self.session, trace.spectrum)


def _words(earlier: tuple[int, tuple[Trace, ...]], later: tuple[int, tuple[Trace, ...]]) -> str:
    before, after = earlier[1], later[1]
    if len(after) > len(before):
        return f"add the spectrum {after[-1].spectrum.name}".rstrip()
    if len(after) < len(before):
        left = {trace.number for trace in after}
        gone = next(trace for trace in before if trace.number not in left)
        return f"remove the spectrum {gone.spectrum.name}".rstrip()
    other = next((new for old, new in zip(before, after, strict=True) if old.visible != new.visible), None)
    return f"{'show' if other.visible else 'hide'} the spectrum {other.spectrum.name}".rstrip() if other else ""


def _fit_words(before: tuple[Fit, ...], after: tuple[Fit, ...]) -> str:
    return "fit a peak" if len(after) > len(before) else "remove a fitted peak"
