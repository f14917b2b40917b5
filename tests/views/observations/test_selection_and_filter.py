"""What the filter hides and is still selected is told, and let go of by selecting again."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.window import MainWindow

Settled = Callable[[MainWindow], None]


def test_all_means_all_that_are_seen(window: MainWindow, night: Any, settled: Settled, qtbot: QtBot) -> None:
    window.open_paths([night(4)])
    settled(window)
    table = window.observe.table
    table.view.selectAll()
    settled(window)
    assert len(window.session.selection) == 5
    table.take_filter("IRIS_DARK")
    assert table.summary.text().startswith("2 of 5 files · 3 selected are hidden")
    # the two are selected already: no signal of Qt tells that they were meant
    qtbot.keyClick(table.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    settled(window)
    assert [path.name for path in window.session.selection] == ["iris_0001.fits", "iris_0003.fits"]
    assert "hidden" not in table.summary.text()


def test_a_click_on_what_is_selected_lets_go_of_what_is_hidden(
    window: MainWindow, night: Any, settled: Settled, qtbot: QtBot
) -> None:
    window.open_paths([night(4)])
    settled(window)
    table = window.observe.table
    table.view.selectAll()
    settled(window)
    table.take_filter("iris_0002")
    assert table.summary.text().startswith("1 of 5 files · 4 selected are hidden")
    where = table.view.visualRect(table.model.index(0, 0)).center()
    qtbot.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    settled(window)
    assert [path.name for path in window.session.selection] == ["iris_0002.fits"]
    table.take_filter("")
    assert [path.name for path in window.session.selection] == ["iris_0002.fits"]


def test_what_the_rules_read_is_shown_again_once_there_are_rules(
    window: MainWindow, demo_night: DemoNight, settled: Settled
) -> None:
    """A session opens its files and its cache in any order, and comes back as it was."""
    window.open_paths([next(demo_night.raw.glob("*_image_*.fits"))])
    settled(window)
    tabs = window.observe.inspector.tabs
    assert tabs.tabText(tabs.currentIndex()) == "All headers"
    window.open_paths([demo_night.cache])
    settled(window)
    assert tabs.tabText(tabs.currentIndex()) == "Read by rules"
    tabs.setCurrentIndex(1)
    window.close_cache()
    settled(window)
    window.session.history.undo()
    settled(window)
    assert tabs.tabText(tabs.currentIndex()) == "All headers"
