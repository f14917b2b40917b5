"""F1 opens the page of what one is at."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.registry import registry
from calgui.core.catalogue import CATALOGUE
from calgui.core.help import CONTENTS, documentation
from calgui.views.help import guide
from calgui.views.help.guide import page_about, page_of_algorithm
from calgui.views.places import PLACES
from calgui.views.rules.pages import PAGES
from calgui.views.window import MainWindow


def test_every_page_that_can_be_asked_for_is_there() -> None:
    asked = {*guide.PAGES.values(), *(page_of_algorithm(name) for name in registry())}
    assert sorted(name for name in asked if documentation().page(name) is None) == []


def test_f1_opens_the_page_of_the_place_and_of_what_has_the_focus(
    window: MainWindow, qtbot: QtBot, settled: Callable[[MainWindow], None]
) -> None:
    settled(window)
    window.observe.table.view.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    reader = window.guide.reader
    assert reader.isVisible()
    assert reader.page_name == "views/observe"
    window.activateWindow()
    window.observe.picture.canvas.setFocus()
    window.guide.here()
    assert reader.page_name == "views/picture"
    assert page_about(window.observe.panels["why"].tabs) == "views/why"
    assert page_about(window.observe.inspector.tabs.tabBar()) == "views/headers"
    assert page_about(window.observe.panels["references"]) == "views/why"
    assert page_about(window.header) == ""
    qtbot.waitUntil(lambda: not window.guide.busy)


@pytest.mark.parametrize("place", [place.name for place in PLACES])
def test_each_place_has_a_page(window: MainWindow, settled: Callable[[MainWindow], None], place: str) -> None:
    window.go(place)
    settled(window)
    assert documentation().page(window.guide.page_here()) is not None
    assert window.guide.page_here() != CONTENTS


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_each_page_of_the_rules_has_its_own(
    window: MainWindow, settled: Callable[[MainWindow], None], page: str
) -> None:
    window.session.ask_page(page)
    settled(window)
    assert window.guide.page_here() == f"views/rules-{page}"


def test_each_calibration_of_the_bench_offers_its_page(
    window: MainWindow, qtbot: QtBot, settled: Callable[[MainWindow], None]
) -> None:
    window.go("bench")
    bench = window.place("bench")
    titles = {row.title: row.key for row in CATALOGUE if not row.algorithms}
    for number in range(bench.list.topLevelItemCount()):
        group = bench.list.topLevelItem(number)
        for item in [group, *(group.child(at) for at in range(group.childCount()))]:
            if item.text(0) in titles and item.flags() & Qt.ItemFlag.ItemIsSelectable:
                bench.list.setCurrentItem(item)
                assert window.guide.page_here() == f"calibrations/{titles.pop(item.text(0))}"
    assert titles == {}
    bench.show_algorithm("master-dark")
    settled(window)
    assert window.guide.page_here() == "calibrations/dark"
    button = bench.findChild(QToolButton, "bench_help_master-dark")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.guide.reader.page_name == "calibrations/dark"
    qtbot.waitUntil(lambda: not window.guide.busy)


def test_the_menu_opens_the_contents(window: MainWindow, qtbot: QtBot) -> None:
    action = next(action for action in window.menus.actions if action.objectName() == "help_contents")
    action.trigger()
    assert window.guide.reader.page_name == CONTENTS
    qtbot.waitUntil(lambda: not window.guide.busy)


def test_the_widgets_that_pages_are_about_are_there(window: MainWindow, settled: Callable[[MainWindow], None]) -> None:
    for place in PLACES:
        window.go(place.name)
    for page in PAGES:
        window.session.ask_page(page.name)
    assert window.observe.viewer.spectrum is not None
    assert window.observe.viewer.cube is not None
    settled(window)
    assert [name for name in guide.PAGES if window.findChild(QWidget, name) is None] == []


def test_the_help_goes_with_its_window(window: MainWindow, qtbot: QtBot) -> None:
    window.guide.contents()
    reader = window.guide.reader
    qtbot.waitUntil(lambda: reader.isVisible() and not window.guide.busy)
    window.close()
    assert not reader.isVisible()


def test_the_search_over_everything_finds_pages(window: MainWindow, qtbot: QtBot) -> None:
    window.search.setFocus()
    qtbot.keyClicks(window.search, "pinhole grid")
    hit = next(hit for hit in window.search.hits if hit.kind == "help")
    hit.deed()
    assert window.guide.reader.page_name == "calibrations/pinhole"
    qtbot.waitUntil(lambda: not window.guide.busy)
