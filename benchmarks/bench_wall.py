"""The wall of 14,000 spectra of 2,000 pixels: a page of it while it scrolls, and how long the window stands still."""

import itertools
import os
import time
from dataclasses import replace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from benchmarks.harness import Row, bound, compare
from calgui.core.algorithms.registry import Result
from calgui.core.algorithms.spectrummarks import LinesOfSpectra, Spectra
from calgui.views.app import application
from calgui.views.session import Session
from calgui.views.spectrum.trace import Axis
from calgui.views.workbench.output import OutputPanel
from calgui.views.workbench.spectra.shown import Shown
from calgui.views.workbench.spectra.walltab import WallPart

ROWS, COLUMNS, PIXELS, LINES = 112, 125, 2000, 40
#: of 60 frames a second two may be left out; what a user does not notice of a stall
FRAME, STALL = 0.03, 0.05


def spectra() -> Spectra:
    """Spectra of a field, each with 40 lines of which some were rejected.

    Returns
    -------
    Spectra
    """
    rng = np.random.default_rng(14000)
    count = ROWS * COLUMNS
    flux = rng.normal(50, 6, (count, PIXELS)).astype(np.float32)
    centres = np.sort(rng.uniform(20, PIXELS - 20, LINES))
    shift = rng.normal(0, 2, count)
    pixel = centres[None, :] + shift[:, None]
    strength = 10 ** rng.uniform(2.5, 4.5, LINES)
    whole = np.rint(pixel).astype(int)
    for step in range(-4, 5):
        part = np.exp(-0.5 * ((whole + step - pixel) / 1.1) ** 2) * strength
        np.add.at(flux, (np.arange(count)[:, None], whole + step), part)
    waves = np.array([1230.0, 60.0, 0.4])
    u = 2 * centres / (PIXELS - 1) - 1
    listed = np.polynomial.legendre.legval(u, waves)
    coefficients = np.tile(waves, (count, 1))
    coefficients[:, 0] -= shift * 60 * 2 / (PIXELS - 1)
    total = count * LINES
    lines = LinesOfSpectra(
        np.repeat(np.arange(count), LINES), pixel.ravel(), np.full(total, 0.02), np.tile(listed, count),
        rng.normal(0, 0.02, total), np.tile(strength, count), (rng.random(total) < 0.05).astype(int),
        np.tile(np.arange(LINES), count),
    )  # fmt: skip
    place = np.divmod(np.arange(count), COLUMNS)
    return Spectra(
        flux, coefficients, (0.0, PIXELS - 1.0), rng.choice(4, count, p=(0.9, 0.06, 0.03, 0.01)),
        rng.gamma(3, 0.01, count), np.full(count, 2.6), lines, count // 2, ("Ar",) * LINES, listed,
        strength / strength.max(), place=(place[0], place[1]),
    )  # fmt: skip


def measure() -> list[Row]:
    """Time the wall.

    Returns
    -------
    list of Row
    """
    application()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    shown = Shown(spectra())
    part = WallPart()
    part.resize(1100, 900)
    part.show()
    part.show_spectra(shown, 0)
    app.processEvents()
    rows = []
    for axis, words in ((Axis(), "pixels"), (Axis("nm"), "wavelengths")):
        part.wall.set_axis(axis)
        rows.append(_page(app, part, words))
    rows.append(_bound(app, part, 20, "slowest frame of 200 turns of the wheel, rows of 20"))
    rows.append(_bound(app, part, 3, "slowest frame of 200 turns of the wheel, rows of 3"))
    rows.append(bound("a fit anew on the wall: order and paint", _again(app, part, shown), STALL))
    part.close()
    return rows + _one(app, shown.spectra)


def _one(app: QApplication, all_of_them: Spectra) -> list[Row]:
    """The spectrum with its lines and residuals: another one is chosen, and a changed option is answered."""
    session = Session()
    output = OutputPanel(session, "WAVECAL")
    output.resize(1000, 850)
    output.show()
    panel = output.spectra.panel
    spent: dict[str, list[float]] = {"choose": [], "answer": []}
    panel.take(Result(None, {}, spectra=all_of_them), alone=True)
    # with the list of lines beside it
    output.side.show()
    output.side.setCurrentWidget(panel.table)
    app.processEvents()
    for spectrum in range(300, 3300, 150):
        start = time.perf_counter()
        panel.choose_spectrum(spectrum)
        app.processEvents()
        spent["choose"].append(time.perf_counter() - start)
        answer = Result(None, {}, spectra=replace(all_of_them))
        start = time.perf_counter()
        panel.take(answer, alone=True)
        app.processEvents()
        spent["answer"].append(time.perf_counter() - start)
    output.close()
    session.close()
    return [
        bound("another of 14,000 spectra drawn: lines, residuals, list", float(np.median(spent["choose"])), STALL),
        bound("a fit anew drawn: spectrum, lines, residuals, list", float(np.median(spent["answer"])), STALL),
    ]


def _page(app: QApplication, part: WallPart, words: str) -> Row:
    """A page of the wall somewhere else, against the same pixels as an image."""
    wall = part.wall
    wall.set_height(20)
    bare = pg.GraphicsView()
    bare.resize(wall.viewport().size())
    box = pg.ViewBox()
    bare.setCentralItem(box)
    item = pg.ImageItem(axisOrder="row-major")
    box.addItem(item)
    bare.show()
    app.processEvents()
    assert wall.shown is not None
    flux, seen = wall.shown.spectra.flux, wall.last_seen - wall.first_seen + 1
    places = itertools.cycle(np.random.default_rng(1).integers(0, flux.shape[0] - seen, 500).tolist())
    others = itertools.cycle(np.random.default_rng(1).integers(0, flux.shape[0] - seen, 500).tolist())

    def ours() -> None:
        wall.verticalScrollBar().setValue(next(places) * wall.row_height)
        wall.viewport().grab()

    def theirs() -> None:
        first = next(others)
        item.setImage(flux[wall.order[first : first + seen]])
        box.setRange(item.boundingRect(), padding=0)
        bare.viewport().grab()

    what = f"a page of the wall of 14,000 × 2,000, {words}"
    row = compare(what, ours, "ImageItem.setImage + grab, no words", theirs, 3, repeat=25)
    bare.close()
    return row


def _bound(app: QApplication, part: WallPart, height: int, what: str) -> Row:
    """The slowest of many turns of the wheel, each painted; but for two, in which the machine did something else."""
    wall = part.wall
    wall.set_height(height)
    wall.verticalScrollBar().setValue(0)
    app.processEvents()
    spent = []
    middle = QPointF(400, 400)
    for _ in range(200):
        start = time.perf_counter()
        event = QWheelEvent(
            middle, wall.viewport().mapToGlobal(middle), QPointF(0, 0).toPoint(), QPointF(0, -360).toPoint(),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(wall.viewport(), event)
        wall.viewport().repaint()
        app.processEvents()
        spent.append(time.perf_counter() - start)
    return bound(what, sorted(spent)[-3], FRAME)


def _again(app: QApplication, part: WallPart, shown: Shown) -> float:
    """A changed option answers with other states and residuals of the same spectra."""
    spent = []
    part.wall.set_height(20)
    for _ in range(5):
        other = Shown(shown.spectra)
        start = time.perf_counter()
        part.show_spectra(other, 0)
        part.wall.viewport().repaint()
        app.processEvents()
        spent.append(time.perf_counter() - start)
    return float(np.median(spent))
