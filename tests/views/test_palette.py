"""Ctrl+K finds and does anything; ? shows all keys."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.commands import shortcuts
from calgui.views.keys import declare
from calgui.views.rules.pages import PAGES
from calgui.views.widgets.fuzzy import begins_words, fit
from calgui.views.window import MainWindow

Settled = Callable[[MainWindow], None]
CTRL = Qt.KeyboardModifier.ControlModifier


def texts(window: MainWindow, typed: str) -> list[str]:
    window.search.begun.emit()
    window.search.look(typed)
    return [hit.text for hit in window.search.hits]


def focus(window: MainWindow, qtbot: QtBot, name: str = "observe") -> Any:
    window.activateWindow()
    button = window.rail._buttons[name]
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    return button


def test_it_opens_by_its_key_runs_the_first_and_gives_the_focus_back(window: MainWindow, qtbot: QtBot) -> None:
    button = focus(window, qtbot)
    qtbot.keyClick(button, Qt.Key.Key_K, CTRL)
    assert window.search.hasFocus()
    assert window.search.completer().popup().isVisible()
    qtbot.keyClicks(window.search, "thm drk")
    assert window.search.hits[0].text == "Theme: Dark"
    qtbot.keyClick(window.search, Qt.Key.Key_Return)
    assert window.theme_choice == "dark"
    assert button.hasFocus()
    assert not window.search.completer().popup().isVisible()
    # what was done comes first, before anything is typed
    qtbot.keyClick(button, Qt.Key.Key_K, CTRL)
    assert (window.search.hits[0].text, "before" in window.search.hits[0].kind) == ("Theme: Dark", True)
    assert len({hit.name for hit in window.search.hits}) == len(window.search.hits)
    qtbot.keyClick(window.search, Qt.Key.Key_Escape)
    assert button.hasFocus()
    window.set_theme("system")


def test_the_list_is_back_when_the_field_is_emptied(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(focus(window, qtbot), Qt.Key.Key_K, CTRL)
    qtbot.keyClicks(window.search, "q")
    qtbot.keyClick(window.search, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: len(window.search.hits) > 10)
    qtbot.waitUntil(lambda: window.search.completer().popup().isVisible())


def test_shortcuts_are_told_with_the_commands(window: MainWindow) -> None:
    hit = next(hit for hit in (window.search.look("notices"), window.search.hits)[1] if hit.text == "Notices")
    assert hit.keys == "Ctrl+Shift+N"
    row = window.search.hits.index(hit)
    item = window.search._model.item(row)
    assert item.accessibleText() == "Notices, View, Ctrl+Shift+N"


def test_commands_of_the_present_view_are_found_and_others_are_not(
    window: MainWindow, demo_night: DemoNight, night: Any, settled: Settled
) -> None:
    window.open_paths([demo_night.cache, night(2)])
    settled(window)
    assert "Copy paths" in texts(window, "cpypths")
    assert "Empty case" not in texts(window, "empty case")
    window.session.ask_page("whatif")
    settled(window)
    board = window.place("rules").page("whatif").board  # type: ignore[attr-defined]
    count = len(board.cases)
    assert texts(window, "empty case")[0] == "Empty case"
    assert texts(window, "cpypths")[:1] != ["Copy paths"]
    window.search.look("empty case")
    window.search._do(0)
    assert len(board.cases) == count + 1
    settled(window)


def test_files_are_found_before_what_fits_by_chance(window: MainWindow, night: Any, settled: Settled) -> None:
    window.open_paths([night(4)])
    settled(window)
    assert texts(window, "iris_0002")[0] == "iris_0002.fits"
    assert texts(window, "read again")[0] == "Read again"
    assert all(hit.name for hit in (texts(window, ">iris"), window.search.hits)[1])
    assert texts(window, ">opfi")[0].startswith("Open files")


def test_what_cannot_be_done_now_is_told_and_nothing_else_done_instead(window: MainWindow, qtbot: QtBot) -> None:
    button = focus(window, qtbot)
    state = window.observe.arrangement.state()
    for typed, meant in (("close cache", "Close cache"), ("undo", "Undo")):
        qtbot.keyClick(button, Qt.Key.Key_K, CTRL)
        qtbot.keyClicks(window.search, typed)
        first = window.search.hits[0]
        assert (first.text, first.possible, "cannot be done now" in first.kind) == (meant, False, True)
        item = window.search._model.item(0)
        assert not item.isEnabled()
        assert "cannot be done now" in item.accessibleText()
        qtbot.keyClick(window.search, Qt.Key.Key_Return)
        assert window.search.text() == typed
        qtbot.waitUntil(lambda: window.search.completer().popup().isVisible())
        qtbot.keyClick(window.search, Qt.Key.Key_Escape)
    assert window.observe.arrangement.state() == state
    # among what is offered at first there is nothing that cannot be done
    assert all(hit.possible for hit in window.search.at_first())
    assert not any(hit.text == "Undo" for hit in window.search.at_first())


def test_what_has_the_letters_by_chance_is_not_offered(window: MainWindow) -> None:
    """Return does the first: typing "restore" moved the panel of references to the top."""
    assert texts(window, "restore") == ["Filter the observations by “restore”"]
    window.restore_bar.show()
    assert texts(window, "restore")[0] == "Restore"
    window.restore_bar.hide()


def test_what_is_only_guessed_is_chosen_first_and_done_by_a_second_return(window: MainWindow, qtbot: QtBot) -> None:
    button = focus(window, qtbot)
    qtbot.keyClick(button, Qt.Key.Key_K, CTRL)
    qtbot.keyClicks(window.search, "run")
    first = window.search.hits[0]
    assert (first.text.startswith("Rules: "), first.sure) == (True, False)
    qtbot.keyClick(window.search, Qt.Key.Key_Return)
    popup = window.search.completer().popup()
    qtbot.waitUntil(lambda: popup.isVisible() and popup.currentIndex().row() == 0)
    assert window.place_name == "observe"
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert window.place_name == "rules"


def test_pages_of_all_places_are_reached_from_anywhere(
    window: MainWindow, demo_night: DemoNight, settled: Settled
) -> None:
    window.open_paths([demo_night.cache])
    settled(window)
    for typed, text in (("master dark", "Bench: Master dark"), ("dark frame", "Bench: Master dark")):
        assert texts(window, typed)[0] == text
    window.search._do(0)
    bench: Any = window.place("bench")
    assert (window.place_name, bench.stack.currentWidget()) == ("bench", bench.page("master-dark"))
    for page in PAGES:
        assert f"Rules: {page.word}" in texts(window, f"rules {page.word}")
    assert texts(window, "timeline")[0] == "Rules: Timeline"
    window.search._do(0)
    assert window.place_name == "rules"
    settled(window)
    assert texts(window, "compare headers")[0] == "Compare: Headers"
    window.search._do(0)
    compare: Any = window.place("compare")
    assert (window.place_name, compare.tabs.tabText(compare.tabs.currentIndex())) == ("compare", "Headers")
    settled(window)


def test_what_was_opened_before_is_found_until_it_is_open(window: MainWindow, night: Any, settled: Settled) -> None:
    folder = night(2)
    window.open_paths([folder])
    settled(window)
    assert not any("opened before" in hit.kind for hit in (texts(window, "night"), window.search.hits)[1])
    window.observe.close_roots([folder])
    place = texts(window, "night").index("night")
    assert "opened before" in window.search.hits[place].kind
    window.search._do(place)
    settled(window)
    assert window.observe.table.model.total == 3


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [
        ("of", "Open files…", "Notes of"),
        ("sav", "Save session…", "Go to: canvas"),
        ("dark", "Theme: Dark", "Drag and rekindle"),
        ("sess", "Save session…", "Show these rules as is"),
        ("copy", "Copy", "Copy the whole matrix"),
    ],
)
def test_what_one_means_comes_first(typed: str, better: str, worse: str) -> None:
    first, second = fit(typed, better), fit(typed, worse)
    assert first is not None
    assert second is None or first > second


@given(st.text("abc ", min_size=1, max_size=6), st.text("abc :", min_size=1, max_size=12))
def test_found_is_just_what_has_the_letters_in_order(typed: str, text: str) -> None:
    def in_order(word: str) -> bool:
        rest = iter(text)
        return all(letter in rest for letter in word)

    found = fit(typed, text)
    if typed.split():
        assert (found is not None) == all(in_order(word) for word in typed.split())
    assert found is None or 0 <= found <= 1
    if begins_words(typed, text):
        assert found is not None


# ---- the sheet


def lines(window: MainWindow) -> dict[tuple[str, str], str]:
    return {(line.group, line.keys): line.text for line in shortcuts(window, window.menus.actions)}


def test_the_sheet_opens_by_its_key_and_filters_as_one_types(window: MainWindow, qtbot: QtBot) -> None:
    sheet = window.sheet
    qtbot.keyClick(focus(window, qtbot), "?")
    assert sheet.isVisible()
    qtbot.waitUntil(sheet.field.hasFocus)
    whole = sheet._model.rowCount()
    qtbot.keyClicks(sheet.field, "zoom")
    assert 0 < sheet._model.rowCount() < whole
    shown = [sheet._model.item(row).text() for row in range(sheet._model.rowCount())]
    assert "Picture" in shown
    assert "File" not in shown
    qtbot.keyClick(sheet.field, Qt.Key.Key_Down)
    assert sheet.view.hasFocus()
    qtbot.keyClick(sheet.view, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_a_question_mark_in_a_field_is_a_question_mark(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    field = window.observe.table.filter
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClicks(field, "a?")
    assert field.text() == "a?"
    assert not window.sheet.isVisible()


def test_every_key_of_menus_and_views_is_in_the_sheet(
    window: MainWindow, demo_night: DemoNight, settled: Settled
) -> None:
    before = lines(window)
    cube = next(demo_night.raw.glob("*_cube_*.fits"))
    window.open_paths([demo_night.cache, cube])
    settled(window)
    for page in PAGES:
        window.session.ask_page(page.name)
        settled(window)
    for tab in range(3):
        window.go("compare")
        window.place("compare").tabs.setCurrentIndex(tab)  # type: ignore[attr-defined]
        settled(window)
    bench: Any = window.place("bench")
    bench.show_algorithm("master-dark")
    for view in window.findChildren(QTableView):
        window.copying.equip(view)
    settled(window)
    listed = lines(window)
    # a key is found before its view was ever seen
    assert listed == before
    keys = {key.strip() for _group, names in listed for key in names.split(",")}
    from PySide6.QtGui import QAction

    for action in window.findChildren(QAction):
        for key in action.shortcuts():
            assert not action.text() or key.isEmpty() or key.toString() in keys, action.text()
    assert listed["Edit", "Ctrl+Z"] == "Undo"
    assert listed["Picture", "0"]
    assert listed["What if", "Ctrl+N"] == "Empty case"


def test_a_view_declares_its_own(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calgui.views.keys._declared", {})
    declare("Cube", ("Space", "Play the slices"))
    assert lines(window)["Cube", "Space"] == "Play the slices"


def test_no_two_menu_actions_share_a_key(window: MainWindow) -> None:
    keys = [key.toString() for action in window.menus.actions for key in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_the_text_of_the_sheet_fits(window: MainWindow) -> None:
    window.sheet.toggle()
    header = window.sheet.view.header()
    assert header.sectionSize(0) + window.sheet.view.sizeHintForColumn(1) <= window.sheet.view.viewport().width()
    window.sheet.close()
