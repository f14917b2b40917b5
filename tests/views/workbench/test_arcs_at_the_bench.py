"""Whole tasks with the demo night's lamps: a line left out by a click, undone, named by hand; a field looked over."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.registry import algorithm
from calgui.core.simulate import DemoNight
from calgui.views.session import Session
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.spectra.panel import SpectraPanel


def opened(qtbot: QtBot, session: Session, path: Path) -> tuple[AlgorithmPage, SpectraPanel]:
    page = AlgorithmPage(session, algorithm("wavelength-solution"))
    qtbot.addWidget(page)
    page.resize(1440, 900)
    page.show()
    qtbot.waitExposed(page)
    page.inputs.set_paths([path])
    fitted(qtbot, page)
    return page, page.output.spectra.panel


def fitted(qtbot: QtBot, page: AlgorithmPage) -> None:
    """Wait until the answer to what the form says is on the screen."""
    qtbot.waitUntil(
        lambda: (
            not page.busy
            and page.report is not None
            and all(page.report.options[name] == value for name, value in page.options.values().items())
        )
    )
    qtbot.wait(30)


def click(qtbot: QtBot, panel: SpectraPanel, line: int) -> None:
    """With the real mouse, at a line."""
    plot, shown = panel.part.plot, panel.shown
    assert shown is not None
    assert plot.scale is not None
    x = float(plot.scale.of_pixel(shown.spectra.lines.pixel[line]))
    place = QPointF(x, float(np.mean(plot.box.viewRange()[1])))
    point = plot.mapFromScene(plot.box.mapViewToScene(place))
    qtbot.mouseMove(plot.viewport(), QPoint(point.x(), point.y()))
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(point.x(), point.y()))


def test_an_arc_is_solved_and_a_line_left_out_and_named_by_hand(
    qtbot: QtBot, session: Session, demo_night: DemoNight
) -> None:
    page, panel = opened(qtbot, session, demo_night.raw / "iris_20260311_arcspec_0001.fits")
    shown = panel.shown
    assert shown is not None
    tabs = page.output.tabs
    assert tabs.currentWidget().isAncestorOf(panel.part)
    assert not tabs.isTabVisible(tabs.indexOf(panel.wall)), "one spectrum makes no wall"
    lines = shown.spectra.lines
    which = shown.index(0)
    used = which[lines.state[which] == 0]
    assert used.size > 10
    alone = used[np.argmax(lines.flux[used])]
    before = page.report.metrics["rms_pixel"].value  # type: ignore[union-attr]
    click(qtbot, panel, int(alone))
    assert panel.line == alone
    wave = float(lines.wavelength[alone])
    panel.part.plot.setFocus()
    qtbot.keyClick(panel.part.plot, Qt.Key.Key_D)
    fitted(qtbot, page)
    assert float(page.options.values()["exclude"]) == pytest.approx(wave, abs=1e-4)
    assert panel.shown is not None
    assert panel.line is not None
    assert int(panel.shown.spectra.lines.state[panel.line]) == 2
    assert "exclude the line" in session.history.undoText()
    session.history.undo()
    fitted(qtbot, page)
    assert page.report.metrics["rms_pixel"].value == before  # type: ignore[union-attr]
    # wavelengths that are asked for in air are read in air, and in vacuum again
    axis = panel.part.bar.axis
    assert axis.currentText() == "nm vacuum"
    for medium in ("air", "vacuum"):
        page.options.set_value("medium", medium)
        fitted(qtbot, page)
        assert axis.currentText() == f"nm {medium}"
    # named by hand as what it is: the solution stays as it is
    qtbot.keyClick(panel.part.plot, Qt.Key.Key_M)
    qtbot.waitUntil(panel.part.identify.choice.hasFocus)
    edit = panel.part.identify.choice.lineEdit()
    assert edit is not None
    edit.setText(f"{wave:.4f}")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    fitted(qtbot, page)
    pixel, _, named = page.options.values()["identify"].partition("=")
    assert float(named) == pytest.approx(wave, abs=1e-4)
    assert float(pixel) == pytest.approx(float(lines.pixel[alone]), abs=0.01)
    assert page.report.metrics["rms_pixel"].value == pytest.approx(before, rel=0.02)  # type: ignore[union-attr]
    assert panel.line is not None
    assert int(panel.shown.spectra.lines.state[panel.line]) == 0
    # kept, and gone back to
    assert page.solutions is not None
    page.solutions.keep()
    qtbot.keyClick(panel.part.plot, Qt.Key.Key_I)
    fitted(qtbot, page)
    assert page.options.values()["identify"] == ""
    page.solutions.list.setCurrentRow(0)
    page.solutions.back.click()
    fitted(qtbot, page)
    assert page.options.values()["identify"] != ""


def test_a_field_is_looked_over(qtbot: QtBot, session: Session, demo_night: DemoNight) -> None:
    page, panel = opened(qtbot, session, demo_night.raw / "iris_20260311_lensletarc_0001.fits")
    shown, tabs = panel.shown, page.output.tabs
    assert shown is not None
    assert shown.grid is not None
    assert shown.count > 50
    tabs.setCurrentWidget(panel.wall)
    wall = panel.wall.wall
    qtbot.waitUntil(lambda: wall.order.size == shown.count)
    wall.setFocus()
    qtbot.keyClick(wall, Qt.Key.Key_Home)
    worst = int(wall.order[0])
    assert panel.spectrum == worst
    qtbot.keyClick(wall, Qt.Key.Key_Return)
    assert tabs.currentWidget().isAncestorOf(panel.part)
    assert panel.part.bar.name.text().startswith(shown.name(worst))
    tabs.setCurrentWidget(panel.field)
    qtbot.wait(30)
    place = shown.spectra.place
    assert place is not None
    other = int(wall.order[5])
    box = panel.field.map.getPlotItem().getViewBox()
    scene = box.mapViewToScene(QPointF(float(place[1][other]), float(place[0][other])))
    point = panel.field.map.mapFromScene(scene)
    qtbot.mouseClick(panel.field.map.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(point.x(), point.y()))
    assert panel.spectrum == other
    # leaving a line out counts in every spectrum
    panel.choose(None)
    tabs.setCurrentIndex(1)
    panel.part.plot.setFocus()
    qtbot.keyClick(panel.part.plot, Qt.Key.Key_N)
    assert panel.line is not None
    listed = int(shown.spectra.lines.listed[panel.line])
    while listed < 0 or int(shown.spectra.lines.state[panel.line]) != 0:
        qtbot.keyClick(panel.part.plot, Qt.Key.Key_N)
        listed = int(shown.spectra.lines.listed[panel.line])
    qtbot.keyClick(panel.part.plot, Qt.Key.Key_D)
    fitted(qtbot, page)
    now = panel.shown
    assert now is not None
    assert panel.spectrum == other, "the spectrum stays chosen"
    mine = now.spectra.lines.listed == listed
    assert not (now.spectra.lines.state[mine] == 0).any()
    assert (now.spectra.lines.state[mine] == 2).sum() > 0.5 * shown.count
