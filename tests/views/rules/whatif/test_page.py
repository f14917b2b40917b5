"""Suppositions in the window: whole tasks on the demo night."""

import json
import shlex
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from calgui.cli.main import cli
from calgui.core.rules.questions.whatif import Case, answers
from calgui.core.simulate import DemoNight
from calgui.views.rules.whatif.page import WhatIfPage
from calgui.views.rules.why.inquiry import Inquiry
from calgui.views.rules.why.matrix_header import ValueEditor
from calgui.views.window import MainWindow


@pytest.fixture
def page(window: MainWindow, demo_night: DemoNight, settled: Callable) -> WhatIfPage:
    lost = next(demo_night.raw.rglob("*image_0006.fits"))
    window.open_paths([demo_night.cache, lost])
    settled(window)
    window.session.ask_page("whatif")
    settled(window)
    return window.place("rules").page("whatif")


def row(page: WhatIfPage, title: str) -> int:
    across = Qt.Orientation.Vertical
    return next(n for n in range(page.model.rowCount()) if page.model.headerData(n, across) == title)


def text(page: WhatIfPage, title: str, column: int = 0) -> str:
    return page.model.index(row(page, title), column).data()


def set_value(page: WhatIfPage, title: str, value: str, column: int = 0) -> None:
    page.model.setData(page.model.index(row(page, title), column), value)


def test_it_begins_with_the_observation_and_what_it_lacks(page: WhatIfPage) -> None:
    assert len(page.board.cases) == 1
    assert text(page, "FILTER") == "H"
    assert text(page, "flat").startswith("not found: FILTER is H")
    assert page.model.lines[page.table.currentIndex().row()].name == "flat"
    assert "FILTER is H" in page.why.sentence.text()


def test_a_value_is_typed_and_the_answers_follow(page: WhatIfPage, qtbot: QtBot, window, settled) -> None:
    index = page.model.index(row(page, "FILTER"), 0)
    page.table.setCurrentIndex(index)
    page.table.edit(index)
    editor = page.table.indexWidget(index) or page.table.findChild(object, "whatif_value_FILTER")
    assert {"J", "K", "KN1"} <= {editor.itemText(n) for n in range(editor.count())}
    editor.setEditText("K")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    settled(window)
    assert text(page, "FILTER") == "K"
    assert text(page, "flat") == "tmt_iris_flat_0005.fits"
    assert page.board.cases[0].changes
    set_value(page, "FILTER", "H")
    settled(window)
    assert not page.board.cases[0].changes
    assert text(page, "flat").startswith("not found")


def test_side_by_side_with_a_near_miss(page: WhatIfPage, qtbot: QtBot, window, settled) -> None:
    qtbot.mouseClick(page.why.reach_button, Qt.MouseButton.LeftButton)
    reach = page.why.reach
    reach.choose("tmt_iris_flat_0002.fits")
    settled(window)
    assert "FILTER: H → " in reach.header_text.text()
    qtbot.mouseClick(reach.button, Qt.MouseButton.LeftButton)
    settled(window)
    assert [case.name for case in page.board.cases][1] == "tmt_iris_flat_0002.fits"
    assert text(page, "flat", 1) == "tmt_iris_flat_0002.fits"
    index = page.model.index(row(page, "flat"), 1)
    assert page.table.currentIndex() == index
    assert page.inquiry.trace is not None
    assert page.inquiry.trace.selected == "tmt_iris_flat_0002.fits"
    for title, first in (("flat", "not found"), ("FILTER", "H")):
        other = page.model.index(row(page, title), 1)
        assert page.model.differs(other)
        assert page.model.data(other, Qt.ItemDataRole.FontRole).bold()
        assert not page.model.data(other, Qt.ItemDataRole.DecorationRole).isNull()
        assert text(page, title, 0).startswith(first)


def test_only_the_rows_that_differ(page: WhatIfPage, qtbot: QtBot, window, settled) -> None:
    everything = page.model.rowCount()
    page.duplicate()
    settled(window)
    page.only.click()
    assert page.model.rowCount() == 0
    page.board.set(1, "META.INSTRUMENT.FILTER", "FILTER", "K")
    settled(window)
    shown = [line.name for line in page.model.lines if line.kind != "title"]
    assert shown[0] == "META.INSTRUMENT.FILTER"
    assert "flat" in shown
    assert "mask" not in shown
    page.only.click()
    assert page.model.rowCount() == everything


def test_a_rule_that_would_have_to_change_is_shown_in_its_mapping(page: WhatIfPage, qtbot, window, settled) -> None:
    page.why.reach_button.click()
    settled(window)
    rules = page.why.reach.rules
    assert rules.count() > 0
    mapping, line = rules.item(0).data(Qt.ItemDataRole.UserRole)
    place = rules.visualItemRect(rules.item(0)).center()
    qtbot.mouseClick(rules.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settled(window)
    rules = window.place("rules")
    assert rules.bar.tabText(rules.bar.currentIndex()) == "Cache"
    node = rules.page("cache").model.node(rules.page("cache").tree.currentIndex())
    assert (node.mapping, node.line) == (mapping, line)


def test_the_options_give_the_same_answers_on_the_command_line(page: WhatIfPage, demo_night, window, settled) -> None:
    set_value(page, "FILTER", "KN2")
    settled(window)
    page.copy_options()
    options = shlex.split(QGuiApplication.clipboard().text())
    assert options[0] == "--set"
    told = CliRunner().invoke(cli, ["bestrefs", "--cache", str(demo_night.cache), *options])
    assert told.exit_code in (0, 1), told.output
    assert "tmt_iris_flat_0002.fits" in told.output
    page.paste()
    settled(window)
    assert len(page.board.cases) == 2
    assert not any(
        page.model.differs(page.model.index(n, 1)) for n, line in enumerate(page.model.lines) if line.kind == "answer"
    )


def test_from_nothing_the_instrument_comes_first(page: WhatIfPage, window, settled) -> None:
    page.board.remove(0)
    page.buttons["empty"].click()
    settled(window)
    assert [line.kind for line in page.model.lines] == ["title", "setting"]
    assert "Choose the instrument" in page.told.text()
    set_value(page, "INSTRUME", "IRIS")
    settled(window)
    assert text(page, "DETECTOR") == "(missing)"
    for name, value in (("DETECTOR", "IRIS1"), ("DATE-OBS", "2026-03-11"), ("TIME-OBS", "10:00:00")):
        set_value(page, name, value)
        settled(window)
    assert text(page, "drizpars") == "tmt_iris_drizpars_0001.fits"


def test_cases_are_renamed_reset_and_taken_away(page: WhatIfPage, window, qtbot, settled) -> None:
    page.buttons["duplicate"].click()
    settled(window)
    page.name.selectAll()
    qtbot.keyClicks(page.name, "with J")
    qtbot.keyClick(page.name, Qt.Key.Key_Return)
    set_value(page, "FILTER", "J", 1)
    settled(window)
    assert [case.name for case in page.board.cases][1] == "with J"
    assert text(page, "FILTER", 0) == "H"
    page.table.setCurrentIndex(page.model.index(row(page, "FILTER"), 1))
    page.buttons["reset"].click()
    settled(window)
    assert text(page, "FILTER", 1) == "H"
    page.buttons["remove"].click()
    settled(window)
    assert page.model.columnCount() == 1


def test_from_the_reason_of_an_observation(page: WhatIfPage, window: MainWindow, settled) -> None:
    page.board.remove(0)
    window.session.place_requested.emit("observe")
    settled(window)
    why = window.observe.panels["why"]
    Inquiry.of(window.session).focus("flat")
    settled(window)
    Inquiry.of(window.session).set_value("META.INSTRUMENT.FILTER", "FILTER", "J")
    settled(window)
    why.open_what_if()
    settled(window)
    assert page.board.find(Inquiry.of(window.session).case()) == 0
    assert page.inquiry.type == "flat"
    assert text(page, "FILTER") == "J"
    assert text(page, "flat") == "tmt_iris_flat_0003.fits"


def test_what_is_no_case_is_refused(page: WhatIfPage, window, settled) -> None:
    for said in ("", "no options here", "--set 'FILTER=K"):
        QGuiApplication.clipboard().setText(said)
        page.paste()
        assert page.session.notices[-1].level in ("warning", "error")
    page.ask(Case("odd", {"INSTRUME": "NOBODY"}))
    settled(window)
    assert "odd" in page.told.text()


def test_nothing_is_open(window: MainWindow, settled) -> None:
    window.session.ask_page("whatif")
    settled(window)
    page = window.place("rules").page("whatif")
    assert "Open a CRDS cache" in page.told.text()
    assert not page.buttons["empty"].isEnabled()


@pytest.mark.parametrize("name", ["tmt", "ligeriri", "hst", "jwst"])
def test_real_caches(window: MainWindow, real_data, settled, name: str) -> None:
    window.open_paths([real_data / "caches" / name])
    settled(window)
    instrument = {"tmt": "IRIS", "ligeriri": "IRIS", "hst": "ACS", "jwst": "NIRCAM"}[name]
    window.session.ask_page("whatif", Case("one", {"INSTRUME": instrument}))
    settled(window)
    page = window.place("rules").page("whatif")
    answers = [line for line in page.model.lines if line.kind == "answer"]
    assert len(answers) >= 4
    for number, line in enumerate(page.model.lines):
        if line.kind == "answer":
            page.table.setCurrentIndex(page.model.index(number, 0))
    settled(window)
    assert page.inquiry.trace is not None
    assert page.inquiry.trace.type == answers[-1].name
    assert page.why.sentence.text()
    page.copy_command()
    told = CliRunner().invoke(cli, [*shlex.split(QGuiApplication.clipboard().text())[1:], "--json"])
    assert told.exit_code == 0, told.output
    case = json.loads(told.stdout)["cases"][0]
    assert {one["type"]: (one["status"], one["file"]) for one in case["references"]} == {
        kind: (one.status.value, one.file) for kind, one in page.board.columns[0].answers.items()
    }


@pytest.mark.parametrize("name", ["FILTER", "DATE-OBS", "INSTRUME"])
def test_a_value_is_taken_away_and_comes_back(page: WhatIfPage, window, settled, name: str) -> None:
    before = text(page, name)
    page.table.setCurrentIndex(page.model.index(row(page, name), 0))
    page.table.clear_value()
    settled(window)
    assert text(page, name) == "(missing)"
    set_value(page, name, before)
    settled(window)
    assert not page.board.cases[0].changes
    assert text(page, "flat").startswith("not found: FILTER is H")


def test_the_answers_are_those_of_whatif_on_the_command_line(page, demo_night, window, settled) -> None:
    set_value(page, "FILTER", "K")
    page.table.setCurrentIndex(page.model.index(row(page, "PUPIL"), 0))
    page.table.clear_value()
    settled(window)
    page.copy_command()
    words = shlex.split(QGuiApplication.clipboard().text())
    told = CliRunner().invoke(cli, [*words[1:], "--json"])
    assert told.exit_code == 0, told.output
    case = json.loads(told.stdout)["cases"][0]
    column = page.board.columns[0]
    assert "PUPIL" not in " ".join(column.options)
    assert {one["type"]: (one["status"], one["file"]) for one in case["references"]} == {
        kind: (one.status.value, one.file) for kind, one in column.answers.items()
    }
    assert tuple(case["options"]) == column.options


def test_a_header_or_a_file_is_asked_about(page: WhatIfPage, demo_night, window, settled) -> None:
    other = next(demo_night.raw.rglob("*image_0001.fits"))
    page.ask(other)
    settled(window)
    assert [case.name for case in page.board.cases][1] == other.name
    page.ask(str(other))
    settled(window)
    assert len(page.board.cases) == 2, "the same is not put there twice"
    page.ask({"INSTRUME": "IRIS"})
    settled(window)
    assert text(page, "DETECTOR", 2) == "(missing)"
    with pytest.raises(TypeError):
        page.ask(3)


def test_an_observation_is_added_by_a_part_of_its_name(
    page: WhatIfPage, qtbot: QtBot, demo_night, window, settled
) -> None:
    window.open_paths([demo_night.raw])
    settled(window)
    window.session.ask_page("whatif")
    settled(window)
    # others are told of a few times a second
    qtbot.waitUntil(lambda: page.start.count() > 10)
    qtbot.keyClicks(page.start.lineEdit(), "image_0002")
    completer = page.start.completer()
    assert completer.completionCount() == 1
    chosen = completer.completionModel().index(0, 0)
    completer.popup().setCurrentIndex(chosen)
    qtbot.keyClick(completer.popup(), Qt.Key.Key_Return)
    settled(window)
    assert "image_0002" in page.board.cases[-1].name
    assert page.table.currentIndex().column() == 1


def test_a_value_edited_in_the_explanation_is_set_in_the_case(page: WhatIfPage, qtbot: QtBot, window, settled) -> None:
    editor = page.why.findChild(ValueEditor, "value_FILTER")
    editor.lineEdit().selectAll()
    qtbot.keyClicks(editor.lineEdit(), "K")
    qtbot.keyClick(editor.lineEdit(), Qt.Key.Key_Return)
    settled(window)
    assert text(page, "FILTER") == "K"
    assert page.inquiry.trace is not None
    assert page.inquiry.trace.selected == text(page, "flat")
    assert not page.why.banner.isVisible()


def test_a_file_that_is_no_file_is_said_beside_its_name(window: MainWindow, real_data, settled) -> None:
    window.open_paths([real_data / "caches" / "tmt"])
    settled(window)
    header = {"INSTRUME": "IRIS", "DETECTOR": "IRIS1", "SUBARRAY": "FULL", "DATE-OBS": "2016-03-01"}
    window.session.ask_page("whatif", {**header, "TIME-OBS": "00:00:00"})
    settled(window)
    page = window.place("rules").page("whatif")
    assert text(page, "dark") == "tmt_iris_dark_0001.fits  ·  LFS pointer"


def test_the_latest_question_wins(page: WhatIfPage, window, settled) -> None:
    for value in ("K", "J", "KN1", "KN2", "J"):
        page.board.set(0, "META.INSTRUMENT.FILTER", "FILTER", value)
    settled(window)
    assert text(page, "flat") == "tmt_iris_flat_0003.fits"
    assert page.inquiry.trace is not None
    assert page.inquiry.trace.selected == "tmt_iris_flat_0003.fits"


def test_another_context_is_asked_at_once(page: WhatIfPage, window, settled) -> None:
    session = window.session
    session.set_context(session.cache, "tmt_0001.pmap")
    settled(window)
    told = answers(session.cache, "tmt_0001.pmap", page.board.cases[0])
    assert {kind: one.file for kind, one in page.board.columns[0].answers.items()} == {
        one.type: one.file for one in told
    }
    assert page.inquiry.trace is not None
    assert page.inquiry.trace.context == "tmt_0001.pmap"


def test_many_cases_are_refused(page: WhatIfPage, window, settled) -> None:
    for _ in range(15):
        page.duplicate()
    settled(window)
    assert page.model.columnCount() == 12
    assert page.session.notices[-1].level == "warning"
    for _ in range(12):
        page.remove()
    settled(window)
    assert page.model.columnCount() == 0
    assert "Start from a loaded observation" in page.told.text()
    assert not page.splitter.isVisible()


def test_the_keyboard_alone(page: WhatIfPage, qtbot: QtBot, window, settled) -> None:
    keys, control, alt = Qt.Key, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
    window.activateWindow()
    page.table.setFocus()
    QGuiApplication.clipboard().clear()
    qtbot.keyClick(page.table, keys.Key_C, control | alt)
    assert QGuiApplication.clipboard().text() == page.preview.text() != ""
    qtbot.keyClick(page.table, keys.Key_V, control | alt)
    settled(window)
    qtbot.keyClick(page.table, keys.Key_D, control)
    settled(window)
    qtbot.keyClick(page.table, keys.Key_N, control)
    settled(window)
    assert [case.name for case in page.board.cases][1:] == ["Pasted", "Pasted (2)", "Empty"]
    qtbot.keyClick(page.table, keys.Key_Backspace, control)
    settled(window)
    assert len(page.board.cases) == 3
