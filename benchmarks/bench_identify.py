"""From the click to the painted answer: a line left out, and another order, in the whole window.

Two fields: 14,000 spectra of 2,000 pixels, the stress case of `bench_arcs`, and 512 spectra of 400 pixels, as many as
the demo night's. The window is the whole one, at 1280 x 800, on the page of the wavelength solution; the time ends when
the plot of the spectrum with its lines is painted as the new fit has it. Of the stress case it also stands beside a
peer when all of the field is answered and painted.

The peer is what one writes in an afternoon: `numpy.polynomial.Legendre.fit`, three times without what lies off, of each
spectrum in turn, and a `pyqtgraph` plot of the one that is looked at with its lines and residuals.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from benchmarks.bench_arcs import _field, _part
from benchmarks.harness import Row, bound, seconds
from calgui.core.algorithms.spectrummarks import Spectra
from calgui.core.frames.frame import Frame
from calgui.core.frames.writing import write_frame
from calgui.views.app import application
from calgui.views.session import Session
from calgui.views.settings import keep_in
from calgui.views.window import MainWindow
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.spectra.plot import LinePlot

#: from the click to the picture, and how much faster than the peer
_ANSWER, _FASTER = 0.05, 20.0
_SAMPLE, _CLICKS = 150, 8


class _Watch:
    """Notes when the plot of the spectrum was painted."""

    def __init__(self) -> None:
        self.page: AlgorithmPage | None = None
        self.start = self.first = self.last = 0.0
        self.before: tuple[Any, Any] = (None, None)
        self.done: Any = None

    def painted(self) -> None:
        """The plot is on the screen as it is now."""
        page = self.page
        if page is None:
            return
        now = time.perf_counter()
        spectra, report = self.before
        if not self.first and page.output.spectra.panel.shown is not spectra:
            self.first = now - self.start
        if page.report is not None and page.report is not report and self.first:
            self.last = now - self.start
            QTimer.singleShot(0, self.done)

    def click(self, change: Any) -> tuple[float, float]:
        """Seconds from a click to the painted spectrum, and to all of them."""
        assert self.page is not None
        self.before = self.page.output.spectra.panel.shown, self.page.report
        self.first, self.start = 0.0, time.perf_counter()
        change()
        loop = QEventLoop()
        self.done = loop.quit
        loop.exec()
        # what belongs to the click is over before the next
        until = time.perf_counter() + 0.1
        while time.perf_counter() < until:
            QCoreApplication.processEvents()
        return self.first, self.last


class _Heard:
    """A plot that tells when it was painted: before a window is there, as paintEvent is looked up once."""

    def __init__(self, watch: _Watch) -> None:
        paint = pg.PlotWidget.paintEvent

        def painted(plot: LinePlot, event: Any) -> None:
            paint(plot, event)
            if plot.objectName() == "spectra_plot":
                watch.painted()

        LinePlot.paintEvent = painted  # type: ignore[method-assign]


def measure() -> list[Row]:
    """Both fields.

    Returns
    -------
    list of Row
    """
    watch = _Watch()
    _Heard(watch)
    application()
    whole, _ = _field()
    with tempfile.TemporaryDirectory() as folder:
        keep_in(Path(folder))
        rows = [
            row
            for frame, orders in ((_part(whole, whole.header["NLENSY"]), ("4", "5")), (_narrow(whole), ("2", "3")))
            for row in _window(watch, write_frame(frame, Path(folder) / f"arc{len(frame.data)}.fits"), orders)
        ]
        keep_in(None)
    return rows


def _narrow(whole: Frame) -> Frame:
    """512 spectra of 400 pixels, in which there are lines enough."""
    header = {**whole.header, "NLENSY": 16, "NLENSX": 32, "WAVEMIN": 1.478, "WAVEMAX": 1.54}
    return Frame(whole.data[:512, :400].copy(), header=header)


def _window(watch: _Watch, path: Path, orders: tuple[str, str]) -> list[Row]:
    session = Session()
    window = MainWindow(session)
    window.resize(1280, 800)
    window.show()
    window.go("bench")
    page = window.place("bench").show_algorithm("wavelength-solution")  # type: ignore[attr-defined]
    page.inputs.set_paths([path])
    while page.report is None:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    watch.page = page
    panel = page.output.spectra.panel
    spectra = panel.shown.spectra
    lines = spectra.lines
    which = panel.shown.index(panel.spectrum)
    used = [int(lines.listed[line]) for line in which if lines.state[line] == 0][2 : 2 + _CLICKS // 2]
    took: dict[str, list[tuple[float, float]]] = {"line": [], "order": []}
    for listed in used * 2:
        for out in (True, False):
            took["line"].append(watch.click(lambda listed=listed, out=out: panel._exclude_all((listed,), out)))
    for order in [*orders] * (_CLICKS // 2):
        took["order"].append(watch.click(lambda order=order: page.options.set_value("order", order)))
    peer = _peer(spectra, panel.spectrum) if len(spectra.flux) > 1000 else 0.0
    watch.page = None
    window.close()
    session.close()
    what = f"{spectra.flux.shape[0]:,} spectra"
    made = []
    for name, said in (("line", "a line left out"), ("order", "another order")):
        first = statistics.median(one for one, _ in took[name])
        made.append(bound(f"{said}, {what}: click to painted", first, _ANSWER))
        if peer:
            every, loop = statistics.median(both for _, both in took[name]), f"Legendre.fit ({_SAMPLE}, scaled) + plot"
            made.append(Row(f"{said}, {what}: all painted", loop, every, peer, peer / every, _FASTER, "faster"))
    return made


def _peer(spectra: Spectra, spectrum: int) -> float:
    """The same lines, each spectrum in turn; then one is drawn."""
    from numpy.polynomial import Legendre

    count, lines = len(spectra.flux), spectra.lines
    some = np.linspace(0, count - 1, min(_SAMPLE, count)).astype(int)
    last = spectra.flux.shape[1] - 1

    def fit() -> None:
        for one in some:
            rows = lines.of(int(one))
            good = np.isfinite(lines.wavelength[rows]) & (lines.state[rows] != 4)
            pixel, wave = lines.pixel[rows][good], lines.wavelength[rows][good]
            keep = np.ones(pixel.size, bool)
            for _ in range(3):
                made = Legendre.fit(pixel[keep], wave[keep], 4, domain=[0, last])
                left = wave - made(pixel)
                keep = np.abs(left) < 3 * np.std(left[keep]) + 1e-9

    plot = pg.GraphicsLayoutWidget()
    plot.resize(600, 500)
    above, below = plot.addPlot(0, 0), plot.addPlot(1, 0)
    curve, points = above.plot(), below.plot(pen=None, symbol="o")
    plot.show()
    rows = lines.of(spectrum)

    def draw() -> None:
        curve.setData(spectra.wavelengths(spectrum), spectra.flux[spectrum])
        points.setData(lines.pixel[rows], np.nan_to_num(lines.residual[rows]))
        plot.grab()

    draw()
    spent = seconds(fit) * count / len(some) + min(seconds(draw) for _ in range(3))
    plot.close()
    return spent


if __name__ == "__main__":
    from benchmarks.harness import show

    show(measure())
