"""The bench keeps its shape in small and large windows: nothing is cut off, and nothing lies over anything else."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QSizePolicy,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.image.canvas import Canvas
from calgui.views.window import MainWindow
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.place import BenchPlace
from calgui.views.workbench.plots import CurvePlot
from calgui.views.workbench.ramp_pixel import RampPixelPanel
from calgui.views.workbench.results import MetricsTable
from calgui.views.workbench.saving import SaveDialog

Settled = Callable[[MainWindow], None]

#: size of the window -> least width of a picture, beside metrics or the numbers of a comparison
SIZES = {(1100, 700): 320, (1280, 800): 450, (1600, 1000): 500}
_CONTROLS = (QLabel, QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox)


def _bench(window: MainWindow) -> BenchPlace:
    window.go("bench")
    place = window.place("bench")
    assert isinstance(place, BenchPlace)
    return place


def _rect(widget: QWidget, to: QWidget) -> QRect:
    return QRect(widget.mapTo(to, QPoint(0, 0)), widget.size())


def _seen(place: QWidget, *kinds: type[QWidget]) -> list[QWidget]:
    return [widget for kind in kinds for widget in place.findChildren(kind) if widget.isVisible()]


def _scrolled(widget: QWidget, end: QWidget) -> bool:
    """Whether the user can bring the rest of it into sight."""
    above = widget.parentWidget()
    while above is not None and above is not end:
        if isinstance(above, QScrollArea):
            return True
        above = above.parentWidget()
    return False


def _cut_off(place: QWidget) -> list[str]:
    """Labels and controls that end beyond what they are in, or are smaller than what they say."""
    found = []
    for widget in _seen(place, *_CONTROLS):
        name = f"{type(widget).__name__} {widget.objectName()}"
        above = widget.parentWidget()
        inside = QRect(QPoint(0, 0), above.size()) if above is not None else widget.rect()
        if not inside.contains(widget.geometry()):
            found.append(f"{name} at {widget.geometry()} is not inside {above} of {inside}")
        whole = _rect(widget, place)
        if whole.left() < 0 or whole.right() >= place.width():
            found.append(f"{name} ends beyond the place")
        if not _scrolled(widget, place) and (whole.top() < 0 or whole.bottom() >= place.height()):
            found.append(f"{name} ends below the place")
        found += _too_small(widget, name)
    return found


def _too_small(widget: QWidget, name: str) -> list[str]:
    needed = widget.sizeHint() if isinstance(widget, QAbstractButton) else widget.minimumSizeHint()
    if widget.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored:
        # gives way on purpose: what it says is then in its tool tip
        hidden = isinstance(widget, QLabel) and widget.sizeHint().width() > widget.width()
        return [f"{name} is cut and has no tool tip"] if hidden and not widget.toolTip() else []
    if isinstance(widget, QLabel) and widget.wordWrap():
        short = widget.height() < widget.heightForWidth(widget.width())
        return [f"{name} is {widget.height()} high: {widget.text()}"] if short else []
    if widget.width() < needed.width() or widget.height() < needed.height():
        return [f"{name} is {widget.size()}, needs {needed}"]
    return []


def _lying_over(place: QWidget) -> list[str]:
    """Plots, lists and pictures that share a place on the screen."""
    large = _seen(place, CurvePlot, QAbstractItemView, Canvas)
    shown = {widget: widget.visibleRegion().boundingRect().translated(widget.mapTo(place, QPoint(0, 0)))
             for widget in large}  # fmt: skip
    return [
        f"{one.objectName()} {shown[one]} and {other.objectName()} {shown[other]}"
        for one, other in combinations(large, 2)
        if shown[one].intersects(shown[other]) and not one.isAncestorOf(other) and not other.isAncestorOf(one)
    ]


def _hidden_tabs(place: QWidget) -> list[str]:
    found = []
    for bar in _seen(place, QTabBar):
        assert isinstance(bar, QTabBar)
        shown = [number for number in range(bar.count()) if bar.isTabVisible(number)]
        found += [bar.tabText(number) for number in shown if not bar.rect().contains(bar.tabRect(number))]
    return found


def _check(place: BenchPlace, least: int) -> None:
    assert _cut_off(place) == []
    assert _lying_over(place) == []
    assert _hidden_tabs(place) == []
    for canvas in _seen(place, Canvas):
        assert canvas.width() >= least
        assert canvas.height() >= 0.6 * least
    for table in _seen(place, MetricsTable):
        assert isinstance(table, MetricsTable)
        assert table.horizontalHeader().length() <= table.viewport().width()
        assert table.columnWidth(0) >= 80


def _run(qtbot: QtBot, page: AlgorithmPage) -> None:
    qtbot.waitUntil(page.actions_bar.run.isEnabled)
    qtbot.mouseClick(page.actions_bar.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.report is not None)


def test_every_state_of_a_master_dark_has_room(
    qtbot: QtBot, window: MainWindow, demo_night: DemoNight, settled: Settled
) -> None:
    window.open_paths([demo_night.cache])
    place = _bench(window)
    page = place.show_algorithm("master-dark")
    darks = sorted(demo_night.raw.glob("iris_20260311_dark_*.fits"))

    def look() -> None:
        for size, least in SIZES.items():
            window.resize(*size)
            settled(window)
            _check(place, least)

    look()
    page.inputs.set_paths(darks)
    look()
    _run(qtbot, page)
    tabs = page.output.tabs
    seen = []
    for number in (number for number in range(tabs.count()) if tabs.isTabVisible(number)):
        tabs.setCurrentIndex(number)
        seen.append(tabs.tabText(number))
        look()
    assert seen == ["Picture", "Plots", "Frames", "Against the one in use"]
    for number in range(page.output.comparison.side.count()):
        page.output.comparison.side.setCurrentIndex(number)
        look()
    # a preview again, while the whole result is at hand
    tabs.setCurrentIndex(0)
    page.output.side.setCurrentWidget(page.output.hot)
    look()
    page.options.set_value("method", "clipped-mean")
    look()
    page.options.set_value("hot_sigma", 0.5)
    look()
    odd = sorted(demo_night.raw.glob("iris_20260311_subdark_*.fits"))[:1]
    page.inputs.set_paths([*darks[:3], *odd])
    look()
    assert page.inputs.problem.text().startswith("✕")


def test_a_bad_pixel_map_has_room_for_painting(
    qtbot: QtBot, window: MainWindow, demo_night: DemoNight, settled: Settled
) -> None:
    window.open_paths([demo_night.cache])
    place = _bench(window)
    page = place.show_algorithm("bad-pixel-map")
    flat = demo_night.raw / "iris_20260311_flat_0001.fits"
    page.inputs.set_paths([*sorted(demo_night.raw.glob("iris_20260311_dark_*.fits"))[:3], flat])
    _run(qtbot, page)
    assert page.output.painting is not None
    page.output.painting.show_edits(1234)
    for size, least in SIZES.items():
        window.resize(*size)
        settled(window)
        _check(place, least)


def test_subtracting_a_dark_has_room(qtbot: QtBot, window: MainWindow, demo_night: DemoNight, settled: Settled) -> None:
    window.open_paths([demo_night.cache])
    place = _bench(window)
    page = place.show_algorithm("subtract-dark")
    page.inputs.set_paths([demo_night.raw / "iris_20260311_image_0001.fits"])
    settled(window)
    _run(qtbot, page)
    for size, least in SIZES.items():
        window.resize(*size)
        settled(window)
        _check(place, least)


def test_the_reads_of_a_pixel_have_room_below_the_picture(
    qtbot: QtBot, window: MainWindow, demo_night: DemoNight, settled: Settled
) -> None:
    window.open_paths([demo_night.cache])
    place = _bench(window)
    page = place.show_algorithm("fit-ramp")
    page.inputs.set_paths([demo_night.raw / "iris_20260311_skyramp_0001.fits"])
    qtbot.waitUntil(lambda: page.output.shown_of is not None)
    panel = place.findChild(RampPixelPanel)
    assert panel is not None
    for size, least in SIZES.items():
        window.resize(*size)
        settled(window)
        assert panel.fits is not None
        _check(place, least)
        assert panel.plot.width() >= 200
        assert panel.plot.height() >= 120
        # all of the plot is in its window, however long its title
        assert panel.plot.getPlotItem().size().width() <= panel.plot.width()
        # of the methods those that are not in sight are told in the tip
        assert panel.table.isVisible() or "cds" in panel.title.toolTip()


def test_a_run_shows_its_progress_without_moving_anything(
    qtbot: QtBot, window: MainWindow, demo_night: DemoNight, settled: Settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = _bench(window)
    window.resize(1100, 700)
    page = place.show_algorithm("master-dark")
    page.inputs.set_paths(sorted(demo_night.raw.glob("iris_20260311_dark_*.fits"))[:3])
    settled(window)
    bar = page.actions_bar
    before = {widget: _rect(widget, place) for widget in (bar, bar.run, bar.cancel, page.output.picture)}

    def endless(*_args: object, job: object, **_more: object) -> None:
        while True:
            job.report(0.5, "Looking for hot pixels in a very long name of a step that does not fit")  # type: ignore[attr-defined]

    monkeypatch.setattr("calgui.views.workbench.work.run_files", endless)
    qtbot.mouseClick(bar.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bar.said.text().startswith("Looking"))
    qtbot.wait(50)
    _check(place, SIZES[1100, 700])
    assert {widget: _rect(widget, place) for widget in before} == before
    assert bar.progress.isVisible()
    assert not bar.save.isVisible()
    qtbot.mouseClick(bar.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(bar.run.isEnabled)
    assert {widget: _rect(widget, place) for widget in before} == before
    assert bar.save.isVisible()


def test_the_list_gives_way_to_the_picture_and_comes_back(qtbot: QtBot, window: MainWindow, settled: Settled) -> None:
    place = _bench(window)
    window.resize(1600, 1000)
    settled(window)
    assert place.list.isVisible()
    assert not place.strip.isVisible()
    window.resize(1280, 800)
    settled(window)
    assert not place.list.isVisible()
    qtbot.mouseClick(place.strip, Qt.MouseButton.LeftButton)
    assert place.list.isVisible()
    assert place.list.hasFocus()
    settled(window)
    assert _cut_off(place) == []
    # what the user chose stays, whatever the size
    window.resize(1600, 1000)
    window.resize(1280, 800)
    settled(window)
    assert place.list.isVisible()
    qtbot.mouseClick(place.fold, Qt.MouseButton.LeftButton)
    window.resize(1600, 1000)
    settled(window)
    assert not place.list.isVisible()


def test_the_save_form_grows_with_what_is_wrong(qtbot: QtBot) -> None:
    why = "The output lies inside the cache, which is never changed. " * 3
    cards = {"USEAFTER": "x", "PEDIGREE": "", "AUTHOR": "é", "DESCRIP": "d" * 90, "HISTORY": "é"}
    dialog = SaveDialog(Path("/nowhere/dark.fits"), cards, lambda _path, _overwrite: why)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.wait(50)
    assert dialog.height() < 680
    seen = _seen(dialog, QLabel, QPlainTextEdit, QLineEdit)
    parts = [part for part in seen if not isinstance(part.parentWidget(), QComboBox)]
    assert [text for part in parts for text in _too_small(part, part.objectName())] == []
    rects = {part: _rect(part, dialog) for part in parts}
    over = [(a.objectName(), b.objectName()) for a, b in combinations(rects, 2) if rects[a].intersects(rects[b])]
    assert over == []
    assert all(dialog.rect().contains(rect) for rect in rects.values())
