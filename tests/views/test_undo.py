"""What changes state can be taken back and done again, through the menu Edit and its keys."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from calgui.core.frames.limits import Limits
from calgui.core.rules.questions.whatif import Case
from calgui.core.simulate import DemoNight
from calgui.core.spectra.spectrum import Spectrum
from calgui.views.history import History
from calgui.views.stepping import Steps
from calgui.views.theme import theme
from calgui.views.window import MainWindow

Settled = Callable[[MainWindow], None]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def action(window: MainWindow, name: str) -> QAction:
    return next(one for one in window.menus.actions if one.objectName() == name)


def undo(window: MainWindow) -> str:
    text = action(window, "undo").text()
    action(window, "undo").trigger()
    return text.removeprefix("&")


def redo(window: MainWindow) -> None:
    action(window, "redo").trigger()


def test_files_are_closed_and_opened_again(window: MainWindow, night: Any, settled: Settled) -> None:
    folder = night(4)
    alone = folder.parent / "alone.fits"
    (folder / "iris_0003.fits").rename(alone)
    window.open_paths([alone])
    window.open_paths([folder])
    settled(window)
    model = window.observe.table.model
    assert model.total == 5
    assert undo(window) == "Undo: open night"
    settled(window)
    assert [row.entry.path for row in model.entries()] == [alone]
    redo(window)
    settled(window)
    assert model.total == 5
    window.observe.table.select_path(folder / "iris_0001.fits")
    settled(window)
    window.observe.table.remove_selected()
    assert model.total == 4
    assert undo(window) == "Undo: take iris_0001.fits out of the table"
    settled(window)
    assert model.total == 5


def test_undoing_an_open_that_still_reads_leaves_nothing(window: MainWindow, night: Any, settled: Settled) -> None:
    window.open_paths([night(40)])
    undo(window)
    settled(window)
    assert window.observe.table.model.total == 0
    assert window.session.notices == []


def test_a_cache_and_its_context_come_back(window: MainWindow, demo_night: DemoNight, settled: Settled) -> None:
    session = window.session
    window.open_paths([demo_night.cache])
    settled(window)
    assert session.cache is not None
    first, other = session.context, next(name for name in session.cache.contexts if name != session.context)
    contexts = window.header.contexts
    contexts.setCurrentIndex(contexts.findData(other))
    contexts.activated.emit(contexts.currentIndex())
    assert session.context == other
    window.close_cache()
    title = demo_night.cache.parent.name
    assert undo(window) == f"Undo: close the cache {title}"
    settled(window)
    assert session.context == other
    assert undo(window) == f"Undo: choose {other}"
    assert session.context == first
    assert undo(window) == f"Undo: open the cache {title}"
    assert session.caches == []
    assert not action(window, "undo").isEnabled()
    redo(window)
    settled(window)
    assert [cache.path for cache in session.caches] == [demo_night.cache]


def test_the_table_and_its_filter(window: MainWindow, night: Any, settled: Settled, qtbot: QtBot) -> None:
    window.open_paths([night(4)])
    settled(window)
    table = window.observe.table
    before = [column.key for column in table.model.columns]
    table.add_column("AIRMASS")
    table.view.horizontalHeader().setSortIndicator(5, Qt.SortOrder.DescendingOrder)
    assert table.model.sorted_by == ("EXPTIME", True)
    qtbot.keyClicks(table.filter, "dark")
    qtbot.waitUntil(lambda: table.model.rowCount() == 2)
    table.view.setFocus()
    assert undo(window) == "Undo: filter by dark"
    qtbot.waitUntil(lambda: table.model.rowCount() == 5)
    assert undo(window) == "Undo: sort the observations"
    assert table.model.sorted_by == ("FILE", False)
    assert undo(window) == "Undo: show the column AIRMASS"
    assert [column.key for column in table.model.columns] == before
    redo(window)
    redo(window)
    assert table.model.columns[-1].key == "AIRMASS"
    assert table.model.sorted_by == ("EXPTIME", True)


def test_a_field_with_the_focus_keeps_its_own(window: MainWindow, qtbot: QtBot) -> None:
    window.set_theme("dark")
    window.activateWindow()
    field = window.observe.table.filter
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClicks(field, "abc")
    qtbot.keyClick(field, Qt.Key.Key_Z, CTRL)
    assert field.text() == ""
    assert window.theme_choice == "dark"
    window.rail.setFocus()
    window.set_theme("system")


def test_the_keys_reach_it_from_anywhere_else(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    window.set_theme("dark")
    assert theme().dark
    button = window.rail._buttons["observe"]
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    qtbot.keyClick(button, Qt.Key.Key_Z, CTRL)
    assert window.theme_choice == "system"
    assert window.menus.themes["system"].isChecked()
    qtbot.keyClick(button, Qt.Key.Key_Y, CTRL)
    assert window.theme_choice == "dark"
    qtbot.keyClick(button, Qt.Key.Key_Z, CTRL)
    qtbot.keyClick(button, Qt.Key.Key_Z, CTRL | SHIFT)
    assert window.theme_choice == "dark"
    window.set_theme("system")


def test_a_hidden_panel(window: MainWindow) -> None:
    panel = action(window, "panel_why")
    panel.setChecked(False)
    assert not window.observe.panels["why"].isVisible()
    assert undo(window) == "Undo: hide the panel Why"
    assert panel.isChecked()
    assert window.observe.panels["why"].isVisible()


def test_the_look_of_the_picture(window: MainWindow, night: Any, settled: Settled) -> None:
    window.open_paths([night(2)])
    settled(window)
    view = window.observe.picture
    way = view.bar.limits.currentText()
    view.bar.stretch.setCurrentText("log")
    view.bar.stretch.activated.emit(view.bar.stretch.currentIndex())
    view.bar.invert.trigger()
    for high in (5.0, 6.0, 7.0):
        view.limits_bar.limits_chosen.emit(Limits(1.0, high))
    assert view.limits == Limits(1.0, 7.0)
    assert undo(window) == "Undo: move the limits"
    settled(window)
    assert view.bar.limits.currentText() == way
    assert view.limits != Limits(1.0, 7.0)
    assert undo(window).startswith("Undo: choose the colours")
    assert not view.bar.invert.isChecked()
    undo(window)
    assert view.bar.stretch.currentText() != "log"
    for _ in range(3):
        redo(window)
    assert (view.bar.stretch.currentText(), view.limits) == ("log", Limits(1.0, 7.0))
    # another picture lets go of limits set by hand: nobody's step
    window.observe.table.view.selectRow(1)
    settled(window)
    assert action(window, "undo").text().endswith("move the limits")


def test_options_and_inputs_at_the_bench(window: MainWindow, demo_night: DemoNight, settled: Settled) -> None:
    page: Any = window.place("bench").show_algorithm("master-dark")  # type: ignore[attr-defined]
    files = tuple(sorted(demo_night.raw.glob("*_dark_*.fits"))[:3])
    page.inputs.set_paths(files)
    name, value = next((name, value) for name, value in page.options.values().items() if isinstance(value, float))
    page.options.set_value(name, value * 1.123456789)
    assert page.options.values()[name] == value * 1.123456789
    assert undo(window).startswith(f"Undo: change {name.replace('_', ' ')} of")
    assert page.options.values()[name] == value
    assert undo(window).startswith("Undo: change the inputs of")
    assert page.inputs.paths == ()
    redo(window)
    assert page.inputs.paths == files
    redo(window)
    assert page.options.values()[name] == pytest.approx(value * 1.123456789, rel=1e-14)
    settled(window)


def test_the_bench_comes_back_with_a_session(window: MainWindow, demo_night: DemoNight, settled: Settled) -> None:
    bench: Any = window.place("bench")
    page = bench.show_algorithm("master-dark")
    files = tuple(sorted(demo_night.raw.glob("*_dark_*.fits"))[:3])
    page.inputs.set_paths(files)
    kept = window.session.keeping.state()["bench"]
    assert kept["algorithm"] == "master-dark"
    page.inputs.set_paths(())
    bench.show_algorithm("subtract-dark")
    window.session.keeping.restore({"bench": kept})
    assert page.inputs.paths == files
    assert bench.stack.currentWidget() is page
    window.session.keeping.restore({"bench": {"algorithm": 7, "pages": {"master-dark": {"options": {"x": []}}}}})
    settled(window)


def test_cases_of_what_if(window: MainWindow, demo_night: DemoNight, settled: Settled) -> None:
    window.open_paths([demo_night.cache])
    settled(window)
    window.session.ask_page("whatif")
    settled(window)
    board = window.place("rules").page("whatif").board  # type: ignore[attr-defined]
    board.add(Case("one", {"INSTRUME": "IRIS"}))
    board.add(Case("two", {"INSTRUME": "IRIS"}))
    settled(window)
    board.set(0, "META.INSTRUMENT.FILTER", "FILTER", "K")
    board.remove(1)
    assert undo(window) == "Undo: remove the case two"
    assert [case.name for case in board.cases] == ["one", "two"]
    assert board.cases[0].changes
    assert undo(window) == "Undo: change the case one"
    assert not board.cases[0].changes
    redo(window)
    assert board.cases[0].changes
    settled(window)


def spectrum(name: str) -> Spectrum:
    return Spectrum(np.arange(8.0), name=name)


def test_spectra_that_are_hidden_or_removed(window: MainWindow, qtbot: QtBot) -> None:
    view = window.observe.viewer.spectrum
    view.show_spectra([spectrum("a"), spectrum("b"), spectrum("c")])
    view.legend.item(1).setCheckState(Qt.CheckState.Unchecked)
    view.legend.setCurrentRow(0)
    qtbot.keyClick(view.legend, Qt.Key.Key_Delete)
    assert [trace.spectrum.name for trace in view.traces] == ["b", "c"]
    assert undo(window) == "Undo: remove the spectrum a"
    assert [trace.visible for trace in view.traces] == [True, False, True]
    assert undo(window) == "Undo: hide the spectrum b"
    assert all(trace.visible for trace in view.traces)
    redo(window)
    assert not view.traces[1].visible
    view.show_spectra([spectrum("other")])
    undo(window)  # of spectra that are no longer looked at
    assert [trace.spectrum.name for trace in view.traces] == ["other"]


def test_selecting_is_no_step(window: MainWindow, night: Any, settled: Settled) -> None:
    window.open_paths([night(3)])
    settled(window)
    count = window.session.history.count()
    window.observe.table.view.selectRow(2)
    settled(window)
    window.go("rules")
    assert window.session.history.count() == count


def test_what_something_else_changed_is_part_of_no_step(qapp: QApplication) -> None:
    history, values = History(), [1]

    def put(value: int) -> None:
        values[0] = value

    steps = Steps(history, lambda: values[0], put, lambda before, after: f"{before} to {after}")
    put(2)
    steps.settle()
    put(3)
    steps.note()
    steps.note()
    assert history.count() == 1
    assert history.undoText() == "2 to 3"
    history.undo()
    assert values == [2]


def test_a_second_drag_is_a_step_of_its_own(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    history, now = History(), [100.0]
    monkeypatch.setattr("calgui.views.history.time.monotonic", lambda: now[0])
    for seconds in (0.0, 0.5, 1.2, 4.0, 4.5):
        now[0] = 100.0 + seconds
        history.did("drag", lambda: None, lambda: None, key="line")
    assert history.count() == 2


def test_a_path_is_what_it_was(window: MainWindow, night: Any, settled: Settled) -> None:
    """A session that is opened and taken back leaves what was open, and no more."""
    folder: Path = night(2)
    window.open_paths([folder / "iris_0000.fits"])
    settled(window)
    state = window.sessions.state()
    window.sessions.replace(state)
    settled(window)
    assert window.sessions.state() == state
