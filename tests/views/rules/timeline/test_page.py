"""The timeline in the window: whole tasks on the demo night."""

from collections.abc import Callable
from datetime import datetime

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from calgui.core.rules.questions.whatif import Case
from calgui.core.rules.selection.select import best_references
from calgui.core.simulate import DemoNight
from calgui.views.rules.timeline.chart import LANE
from calgui.views.rules.timeline.page import TimelinePage, parse_night
from calgui.views.window import MainWindow


@pytest.fixture
def page(window: MainWindow, demo_night: DemoNight, settled: Callable) -> TimelinePage:
    window.open_paths([demo_night.cache, demo_night.raw])
    settled(window)
    window.session.select([next(demo_night.raw.rglob("*0311_image_0001.fits"))])
    settled(window)
    window.session.ask_page("timeline")
    settled(window)
    return window.place("rules").page("timeline")


def lane(page: TimelinePage, name: str) -> int:
    return next(number for number, one in enumerate(page.chart.lanes) if one.type == name)


def middle_of(page: TimelinePage, number: int, file: str) -> QPoint:
    chart = page.chart
    segment = next(one for one in chart.lanes[number].told.segments if one.file == file)
    box = chart._bar(segment, 28 + number * LANE)
    seen = box.intersected(chart._bar(chart.lanes[number].told.segments[0], 28 + number * LANE).united(box))
    left, right = max(seen.left(), chart.axis.left), min(seen.right(), chart.axis.left + chart.axis.width)
    return QPointF((left + right) / 2, box.center().y()).toPoint()


def test_which_dark_was_in_use_on_that_night(page: TimelinePage) -> None:
    for text in ("2026-02-01", "2026-03-05 10:00", "2026-03-12"):
        page.night.setText(text)
        moment = parse_night(text)
        header = {**page.case.header, "DATE-OBS": f"{moment:%Y-%m-%d}", "TIME-OBS": f"{moment:%H:%M:%S}"}
        crds = {one.type: one.file for one in best_references(page.session.cache, page.session.context, header)}
        rows = range(page.in_use.rowCount())
        told = {page.in_use.item(row, 0).text(): page.in_use.item(row, 1).text() for row in rows}
        assert told["dark"] == crds["dark"]
        assert all(crds[kind] == file for kind, file in told.items() if file.endswith(".fits"))
    page.night.setText("the day after")
    assert page.chart.night is None
    assert not page.in_use.isVisible()


def test_hovering_tells_and_a_click_selects(page: TimelinePage, qtbot: QtBot, window, settled) -> None:
    number = lane(page, "flat")
    where = middle_of(page, number, "tmt_iris_flat_0005.fits")
    spot = page.chart.spot_at(QPointF(where))
    assert "tmt_iris_flat_0005.fits" in page.chart.words(spot)
    qtbot.mouseClick(page.chart, Qt.MouseButton.LeftButton, pos=where)
    assert "tmt_iris_flat_0005.fits" in page.spot.details.text()
    page.spot.rule.click()
    settled(window)
    node = window.place("rules").page("cache").model.node(window.place("rules").page("cache").tree.currentIndex())
    assert node.line == spot.segment.line


def test_observations_are_marked_and_a_click_selects_them(page: TimelinePage, qtbot: QtBot) -> None:
    number = lane(page, "flat")
    marks = page.chart.lanes[number].marks
    assert marks
    lost = next(one for one in marks if one.file is None)
    where = QPointF(page.chart.axis.x(lost.when, 0), 28 + number * LANE + 30)
    assert page.chart.spot_at(where).mark is not None
    qtbot.mouseClick(page.chart, Qt.MouseButton.LeftButton, pos=where.toPoint())
    assert page.session.selection == (page.paths[lost.index],)


def test_another_mode(page: TimelinePage, window, settled) -> None:
    editor = next(one for key, one in page._editors.items() if key.endswith("FILTER"))
    editor.setEditText("J")
    editor.lineEdit().editingFinished.emit()
    settled(window)
    flat = page.chart.lanes[lane(page, "flat")]
    assert "tmt_iris_flat_0003.fits" in {one.file for one in flat.told.segments}
    page.from_observation.click()
    settled(window)
    assert editor.currentText() == "K"


def test_wheel_drag_and_keys(page: TimelinePage, qtbot: QtBot) -> None:
    chart = page.chart
    whole = chart.axis.span
    qtbot.keyClick(chart, Qt.Key.Key_Plus)
    assert chart.axis.span < whole
    start = chart.axis.start
    qtbot.mousePress(chart, Qt.MouseButton.LeftButton, pos=QPoint(400, 60))
    qtbot.mouseMove(chart, QPoint(450, 60))
    chart.axis = chart.axis.moved(50)
    qtbot.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=QPoint(450, 60))
    assert chart.axis.start < start
    qtbot.keyClick(chart, Qt.Key.Key_Home)
    assert chart.axis.span == whole
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    first = chart.spot
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.spot.segment is not first.segment
    qtbot.keyClick(chart, Qt.Key.Key_Down)
    assert chart.spot.lane == first.lane + 1


def test_what_if_takes_mode_and_time(page: TimelinePage, qtbot: QtBot, window, settled) -> None:
    number = lane(page, "dark")
    qtbot.mouseClick(page.chart, Qt.MouseButton.LeftButton, pos=middle_of(page, number, "tmt_iris_dark_0001.fits"))
    page.spot.what_if.click()
    settled(window)
    rules = window.place("rules")
    assert rules.bar.tabText(rules.bar.currentIndex()) == "What if"


def test_the_darks_of_a_lane_go_to_the_bench(page: TimelinePage, qtbot: QtBot, window, settled) -> None:
    qtbot.mouseClick(
        page.chart, Qt.MouseButton.LeftButton, pos=middle_of(page, lane(page, "flat"), "tmt_iris_flat_0005.fits")
    )
    assert not page.spot.bench.isVisible()
    qtbot.mouseClick(
        page.chart, Qt.MouseButton.LeftButton, pos=middle_of(page, lane(page, "dark"), "tmt_iris_dark_0001.fits")
    )
    assert page.spot.bench.isVisible()
    assert page.spot.bench.text() == "Trend of darks"
    qtbot.mouseClick(page.spot.bench, Qt.MouseButton.LeftButton)
    settled(window)
    bench = window.place("bench")
    assert window.stack.currentWidget() is bench
    assert bench.stack.currentWidget().objectName() == "bench_page_dark-trend"
    inputs = bench.page("dark-trend").inputs
    assert [path.name for path in inputs.paths] == [f"tmt_iris_dark_000{number}.fits" for number in (1, 4, 5)]


def test_nothing_is_open(window: MainWindow, settled) -> None:
    window.session.ask_page("timeline")
    settled(window)
    page = window.place("rules").page("timeline")
    assert "Open a CRDS cache" in page.told.text()
    assert not page.split.isVisible()


@pytest.mark.parametrize(
    ("name", "instrument"), [("tmt", "IRIS"), ("ligeriri", "IRIS"), ("hst", "ACS"), ("jwst", "NIRCAM")]
)
def test_real_caches(window: MainWindow, real_data, settled, name: str, instrument: str) -> None:
    window.open_paths([real_data / "caches" / name])
    settled(window)
    window.session.ask_page("timeline", Case("mode", {"INSTRUME": instrument}))
    settled(window)
    page = window.place("rules").page("timeline")
    assert page.chart.lanes
    for one in page.chart.lanes:
        if one.told is not None:
            one.told.at(datetime(2015, 1, 1))
    page.grab()
