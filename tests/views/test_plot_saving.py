"""Plots are saved as PNG and SVG, their data as ECSV, each whole and as it is seen."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from astropy.table import Table
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.registry import Curve
from calgui.core.simulate import DemoNight
from calgui.core.spectra.spectrum import Spectrum
from calgui.core.tables import Column
from calgui.views.session import Session
from calgui.views.widgets.plot_saving import PlotSaving, drawn, from_titles, offer_saving
from calgui.views.window import MainWindow
from calgui.views.workbench.plots import CurvesPanel

Settled = Callable[[MainWindow], None]


@pytest.fixture
def plot(qtbot: QtBot) -> pg.PlotWidget:
    made = pg.PlotWidget()
    qtbot.addWidget(made)
    made.resize(320, 240)
    made.setLabel("bottom", "a word that is looked for")
    made.plot([0, 1, 2], [0, 1, 0], pen="r")
    made.show()
    return made


def choose(monkeypatch: pytest.MonkeyPatch, path: Path, kind: str = "") -> list[str]:
    proposed: list[str] = []

    def answer(_parent: object, _title: str, name: str, _kinds: str) -> tuple[str, str]:
        proposed.append(name)
        return str(path), kind

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    return proposed


def test_picture_and_data_by_keys(
    plot: pg.PlotWidget, session: Session, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_saving(plot, "a plot", session, lambda: [Column("x", np.arange(3), "nm"), Column("y", [0.0, 1.0, 0.0])])
    plot.activateWindow()
    plot.setFocus()
    qtbot.waitUntil(plot.hasFocus)
    proposed = choose(monkeypatch, tmp_path / "one", "PNG picture (*.png)")
    qtbot.keyClick(plot, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(session.notices) == 1)
    assert proposed == ["a plot.png"]
    image = QImage(str(tmp_path / "one.png"))
    assert (image.width(), image.height()) == (640, 480)  # fine enough to be printed
    choose(monkeypatch, tmp_path / "two", "SVG drawing (*.svg)")
    qtbot.keyClick(plot, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(session.notices) == 2)
    assert ElementTree.parse(tmp_path / "two.svg").getroot().tag.endswith("svg")
    save = next(action for action in plot.actions() if action.objectName() == "plot_save_data")
    choose(monkeypatch, tmp_path / "three.ecsv")
    save.trigger()
    qtbot.waitUntil(lambda: len(session.notices) == 3)
    table = Table.read(tmp_path / "three.ecsv", format="ascii.ecsv")
    assert list(table["x"]) == [0, 1, 2]
    assert str(table["x"].unit) == "nm"
    assert table.meta["plot"] == "a plot"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "three.ecsv", "two.svg"]


def test_a_drawing_keeps_lines_and_words(plot: pg.PlotWidget) -> None:
    text = drawn(plot, "what it is").decode()
    root = ElementTree.fromstring(text)
    assert root.get("viewBox") == "0 0 320 240"
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert "path" in tags or "polyline" in tags
    assert "text" in tags
    assert "a word that is looked for" in text
    assert "image" not in tags  # nothing was turned into pixels
    assert "what it is" in text


def test_a_widget_of_its_own_is_drawn_as_lines(window: MainWindow, night: Any, settled: Settled) -> None:
    window.open_paths([night(2)])
    settled(window)
    strip = window.observe.picture.limits_bar.strip
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(drawn(strip, "x")).iter()}
    assert tags & {"path", "polygon", "rect"}
    assert "image" not in tags


def test_thinking_better_of_it_writes_nothing(
    plot: pg.PlotWidget, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saving = offer_saving(plot, "a plot", session, list)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    saving.ask_picture()
    saving.ask_data()
    assert session.notices == []
    assert list(tmp_path.iterdir()) == []


def test_no_data_is_told_with_a_cure(plot: pg.PlotWidget, session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    offer_saving(plot, "a plot", session, list).save_data(tmp_path / "a.ecsv")
    qtbot.waitUntil(lambda: bool(session.notices))
    assert session.notices[0].level == "error"
    assert session.notices[0].cure
    assert list(tmp_path.iterdir()) == []


def test_it_is_copied(plot: pg.PlotWidget, session: Session) -> None:
    offer_saving(plot, "a plot", session, list).copy()
    assert QGuiApplication.clipboard().image().width() == 640


def test_the_spectra_that_are_seen(window: MainWindow, settled: Settled, tmp_path: Path) -> None:
    view = window.observe.viewer.spectrum
    wave = np.linspace(1000.0, 1100.0, 5)
    first = Spectrum(np.arange(5.0), wavelength=wave, error=np.full(5, 0.5), unit="electron/s", name="one")
    view.show_spectra([first, Spectrum(np.arange(7.0), wavelength=np.linspace(1000.0, 1100.0, 7), name="two")])
    view.saving.save_data(tmp_path / "s.ecsv")
    settled(window)
    table = Table.read(tmp_path / "s.ecsv", format="ascii.ecsv")
    assert table.colnames == ["wavelength 1", "flux 1", "error 1", "wavelength 2", "flux 2"]
    np.testing.assert_allclose(table["wavelength 1"][:5], wave)
    assert str(table["wavelength 1"].unit) == "nm"
    assert str(table["flux 1"].unit) == "electron / s"
    assert np.isnan(table["flux 1"][5])
    view.legend.item(1).setCheckState(Qt.CheckState.Unchecked)
    assert [column.name for column in view._series()] == ["wavelength", "flux", "error"]


def test_diagnostics_of_the_bench(qtbot: QtBot, session: Session) -> None:
    panel = CurvesPanel(session)
    qtbot.addWidget(panel)
    panel.resize(600, 500)
    panel.show()
    edges, counts = np.arange(4.0), np.array([3.0, 2.0, 1.0])
    panel.show_curves((Curve("Rates of pixels", "rate (e-/s)", "pixels", {"now": (edges, counts)}, "histogram"),))
    columns = panel._plots[0]._series()
    assert [(column.name, column.unit) for column in columns] == [("rate", "e-/s"), ("pixels", "")]
    np.testing.assert_array_equal(np.asarray(columns[0].values), edges)


def test_the_timeline_as_a_table(window: MainWindow, demo_night: DemoNight, settled: Settled, tmp_path: Path) -> None:
    window.open_paths([demo_night.cache, *sorted(demo_night.raw.glob("*_dark_*.fits"))[:1]])
    settled(window)
    window.observe.table.view.selectRow(0)
    settled(window)
    window.session.ask_page("timeline", window.session.selection[0])
    settled(window)
    page: Any = window.place("rules").page("timeline")  # type: ignore[attr-defined]
    page.saving.save_data(tmp_path / "t.ecsv")
    settled(window)
    table = Table.read(tmp_path / "t.ecsv", format="ascii.ecsv")
    assert table.colnames == ["type", "from (UTC)", "until (UTC)", "file", "status"]
    told = {lane.type: lane.told for lane in page.chart.lanes if lane.told is not None}
    assert set(table["type"]) == set(told)
    darks = [str(file) for kind, file in zip(table["type"], table["file"].filled(""), strict=True) if kind == "dark"]
    assert darks == [one.file or "" for one in told["dark"].segments]


def test_units_stand_anywhere_in_a_title() -> None:
    columns = from_titles([("value (e-/s) from", [1.0]), ("pixels", [2.0])])
    assert [(column.name, column.unit) for column in columns] == [("value from", "e-/s"), ("pixels", "")]


def test_every_plot_of_the_window_offers_it(window: MainWindow, night: Any, settled: Settled) -> None:
    window.open_paths([night(2)])
    settled(window)
    window.observe.viewer.spectrum.show_spectra([Spectrum(np.arange(5.0))])
    window.go("bench")
    window.session.ask_page("timeline")
    settled(window)
    missing = []
    for widget in window.findChildren(QWidget):
        plotted = isinstance(widget, pg.PlotWidget) or widget.objectName() in ("picture_histogram", "timeline_chart")
        if plotted and not widget.findChildren(PlotSaving):
            missing.append(widget.objectName())
    assert missing == []
    strip = window.observe.picture.limits_bar.strip
    keys = [key for action in strip.actions() for key in action.shortcuts()]
    assert QKeySequence("Ctrl+S") in keys
