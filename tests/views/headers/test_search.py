"""Search through headers in the window: from a word to the card in the inspector."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.headers.found_model import KEYWORD, VALUE
from calgui.views.headers.search import HeaderSearch
from calgui.views.observations.inspector import ALL
from calgui.views.window import MainWindow


@pytest.fixture
def search(window: MainWindow, demo_night: DemoNight, settled: Callable, qtbot: QtBot) -> HeaderSearch:
    window.open_paths([demo_night.raw])
    settled(window)
    made = HeaderSearch(window.session)
    qtbot.addWidget(made)
    made.resize(1000, 600)
    made.show()
    return made


def find(search: HeaderSearch, text: str, qtbot: QtBot) -> list[tuple[str, str]]:
    search.field.setText(text)
    qtbot.waitUntil(lambda: not search.busy)
    return [(hit.path.name, hit.keyword) for hit in search.model.hits]


def test_words_and_conditions_find_cards_of_all_open_files(
    search: HeaderSearch, demo_night: DemoNight, qtbot: QtBot
) -> None:
    count = len(list(demo_night.raw.glob("*.fits")))
    assert f"{count} files are open" in search.told.text()
    narrow = find(search, "FILTER=KN3", qtbot)
    assert "iris_20260311_image_0005.fits" in dict(narrow)
    assert {keyword for _, keyword in narrow} == {"FILTER"}
    found = find(search, "FILTER=K* temperature", qtbot)
    # both imager and spectrograph were used in K
    assert {keyword for _, keyword in found} == {"IMGDTEMP", "IFSDTEMP"}
    assert f"{len(found)} cards in {len(found)} of {count} files" in search.told.text()
    assert find(search, "no such thing", qtbot) == []
    assert f"Nothing found in {count} files" in search.told.text()
    assert not search.table.isVisible()
    assert find(search, "", qtbot) == []


def test_a_click_selects_and_return_goes_to_the_card(
    search: HeaderSearch, window: MainWindow, settled: Callable, qtbot: QtBot
) -> None:
    found = find(search, "CRPIX1", qtbot)
    window.go("rules")
    row = 6
    where = search.table.visualRect(search.model.index(row, KEYWORD)).center()
    qtbot.mouseClick(search.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(where.x(), where.y()))
    assert [path.name for path in window.session.selection] == [found[row][0]]
    assert not window.observe.isVisible()
    with qtbot.waitSignal(window.session.place_requested) as asked:
        qtbot.keyClick(search.table, Qt.Key.Key_Return)
    assert asked.args == ["observe"]
    settled(window)
    inspector = window.observe.inspector
    assert inspector.path == search.model.hits[row].path
    assert inspector.tabs.currentIndex() == ALL
    chosen = inspector.tree.currentIndex()
    assert chosen.data() == "CRPIX1"
    assert inspector.tree.viewport().rect().intersects(inspector.tree.visualRect(chosen))
    table = window.observe.table
    line = table.view.visualRect(table.model.index(table.model.find(inspector.path), 0))
    assert table.view.viewport().rect().intersects(line)


def test_a_card_of_the_file_that_is_shown_is_gone_to_at_once(
    search: HeaderSearch, window: MainWindow, settled: Callable, qtbot: QtBot
) -> None:
    find(search, "image_0003", qtbot)
    search.show_hit(search.model.index(0, 0))
    settled(window)
    inspector = window.observe.inspector
    inspector.search.setText("zzz")
    window.session.card_requested.emit(inspector.path, None, "exptime")
    assert inspector.tree.currentIndex().data() == "EXPTIME"
    assert inspector.search.text() == ""
    window.session.card_requested.emit(inspector.path, 0, "NOSUCHKW")
    settled(window)
    assert inspector.tree.currentIndex().data() == "EXPTIME"


def test_chosen_files_go_side_by_side(search: HeaderSearch, window: MainWindow, qtbot: QtBot) -> None:
    find(search, "EXPTIME>200", qtbot)
    assert not search.compare_button.isEnabled()
    search.table.selectAll()
    assert search.compare_button.isEnabled()
    with qtbot.waitSignal(search.side_by_side) as asked:
        search.compare_button.click()
    assert asked.args[0] == window.session.selection
    assert len(asked.args[0]) == len({hit.path for hit in search.model.hits})


def test_the_compare_place_shows_them_side_by_side(
    window: MainWindow, demo_night: DemoNight, settled: Callable, qtbot: QtBot
) -> None:
    window.open_paths([demo_night.raw])
    settled(window)
    window.go("compare")
    place = window.place("compare")
    place.tabs.setCurrentIndex(2)
    find(place.search, "FILTER=KN3", qtbot)
    place.search.table.selectAll()
    place.search.compare_button.click()
    settled(window)
    assert place.stack.currentWidget() is place.headers
    assert [file.path for file in place.headers.model.table.files] == list(window.session.selection)
    kept = window.session.keeping.state()
    assert kept["headers_search"] == "FILTER=KN3"


def test_results_are_sorted_by_value_and_copied(search: HeaderSearch, qtbot: QtBot) -> None:
    find(search, "EXPTIME>=0", qtbot)
    search.table.sortByColumn(VALUE, Qt.SortOrder.DescendingOrder)
    values = [hit.value for hit in search.model.hits]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) > 3
    search.table.selectRow(0)
    search.copy()
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert lines[0][:3] == ["File", "HDU", "Keyword"]
    assert lines[1][2:5] == ["EXPTIME", f"{values[0]:g}", "s"]
    search.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert [hit.path for hit in search.model.hits] == [hit.path for hit in search.found.hits]


def test_files_that_come_later_are_searched_too(
    search: HeaderSearch, window: MainWindow, settled: Callable, night: Callable[..., Path], qtbot: QtBot
) -> None:
    assert find(search, "observer nother", qtbot) == []
    window.open_paths([night(OBSERVER="A. Nother")])
    settled(window)
    qtbot.waitUntil(lambda: search.model.rowCount() == 6)


def test_without_files_it_says_what_to_do(window: MainWindow, qtbot: QtBot) -> None:
    made = HeaderSearch(window.session)
    qtbot.addWidget(made)
    made.show()
    assert "Open files or a folder" in made.told.text()
    made.ask("FILTER=K")
    assert made.field.text() == "FILTER=K"
