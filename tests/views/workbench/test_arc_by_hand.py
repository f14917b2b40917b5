"""An arc whose range is wrong, at the bench: its lines are there to be named, and two names solve it."""

from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QTabBar
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.registry import algorithm
from calgui.core.frames.writing import write_frame
from calgui.core.simulate.spectro.samples import lamp_arcs
from calgui.views.session import Session
from calgui.views.workbench.page import AlgorithmPage
from tests.core.algorithms.arcs.madeup import frame_of


def test_two_lines_named_by_hand_solve_what_could_not_be_solved(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    (sample,) = lamp_arcs((5,), ("Ar", "Kr"), 1474.0, 1800.0, pixels=1700)
    path = write_frame(frame_of(sample, "Ar,Kr", WAVEMIN=2.10, WAVEMAX=2.35), tmp_path / "arc.fits")
    page = AlgorithmPage(session, algorithm("wavelength-solution"))
    qtbot.addWidget(page)
    page.resize(1400, 900)
    page.show()
    qtbot.waitExposed(page)
    page.inputs.set_paths([path])
    qtbot.waitUntil(lambda: page.output.spectra.panel.shown is not None, timeout=30_000)
    assert page.report is None
    shown = page.output.spectra.panel.shown
    assert shown is not None
    bar = page.output.tabs.findChild(QTabBar)
    assert bar is not None
    assert bar.tabText(bar.currentIndex()) == "Spectrum"
    lines, listed = shown.spectra.lines, shown.spectra.wavelength
    truth = sample.dispersion.wavelengths()[0]
    bright = lines.pixel[np.argsort(-lines.flux)]
    second = next(one for one in bright if abs(one - bright[0]) > 500)
    near = [float(np.interp(pixel, np.arange(truth.size), truth)) for pixel in (bright[0], second)]
    names = [listed[np.argmin(np.abs(listed - wave))] for wave in near]
    page.options.set_value("identify", f"{bright[0]:.1f}={names[0]:.3f}; {second:.1f}={names[1]:.3f}")
    qtbot.waitUntil(lambda: page.report is not None, timeout=30_000)
    solved = page.output.spectra.panel.shown
    assert solved is not None
    assert np.sqrt(np.mean(np.square(solved.spectra.wavelengths(0) - truth))) < 0.05
