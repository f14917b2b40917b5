"""What is chosen in the bars and menus of views comes back, each choice by itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.core.spectra.spectrum import Spectrum
from calgui.views.choosing import Choices
from calgui.views.history import History
from calgui.views.observations.layouts import own_layouts
from calgui.views.recent import recent_paths
from calgui.views.window import MainWindow

Settled = Callable[[MainWindow], None]


@pytest.fixture
def history(qapp: object) -> History:
    return History()


@pytest.fixture
def owner(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def choose(box: QComboBox, text: str) -> None:
    """As by hand: Qt tells the change first, then that somebody made it."""
    box.setCurrentText(text)
    box.activated.emit(box.currentIndex())
    box.textActivated.emit(text)


def there_and_back(history: History, read: Callable[[], object], change: Callable[[], object], text: str) -> None:
    index, before = history.index(), read()
    change()
    after = read()
    assert after != before
    assert (history.index(), history.undoText()) == (index + 1, text)
    history.undo()
    assert read() == before
    history.redo()
    assert read() == after
    history.undo()


def test_each_kind_of_chooser(history: History, owner: QWidget) -> None:
    box, check, field = QComboBox(owner), QCheckBox(owner), QSpinBox(owner)
    box.addItems(["a", "b", "c"])
    group = QActionGroup(owner)
    actions = [group.addAction(QAction(text, owner)) for text in ("&One", "Two")]
    for action in actions:
        action.setCheckable(True)
    actions[0].setChecked(True)
    choices = Choices(owner, history)
    choices.one_of(box, "the letter")
    choices.switch(check, "lines")
    choices.number(field, "the count")
    choices.group(group)
    there_and_back(history, box.currentText, lambda: choose(box, "b"), "choose the letter b")
    there_and_back(history, check.isChecked, check.click, "show lines")
    there_and_back(history, field.value, field.stepUp, "change the count")
    there_and_back(history, group.checkedAction, actions[1].trigger, "choose two")


def test_what_the_program_chooses_is_no_step_but_what_one_goes_back_to(history: History, owner: QWidget) -> None:
    box = QComboBox(owner)
    box.addItems(["a", "b", "c"])
    Choices(owner, history).one_of(box, "the letter")
    box.setCurrentText("b")
    assert history.count() == 0
    choose(box, "c")
    history.undo()
    assert box.currentText() == "b"


def test_what_is_no_longer_offered_is_not_gone_back_to(history: History, owner: QWidget) -> None:
    box = QComboBox(owner)
    box.addItems(["a", "b"])
    Choices(owner, history).one_of(box, "the letter")
    choose(box, "b")
    box.removeItem(0)
    history.undo()
    assert box.currentText() == "b"


def test_what_lies_over_a_picture(window: MainWindow, demo_night: DemoNight, settled: Settled) -> None:
    path = next(demo_night.raw.glob("*_image_*.fits"))
    window.open_paths([path])
    settled(window)
    view, history = window.observe.picture, window.session.history
    bar = view.bar
    for action, text in (
        (bar.compass, "hide compass and scale"),
        (view.contours.action, "show contours"),
    ):
        there_and_back(history, action.isChecked, action.trigger, text)
    maximum = next(one for one in bar.reductions.actions() if one.objectName() == "picture_reduce_maximum")
    there_and_back(history, lambda: bar.reduction, maximum.trigger, "choose zoomed out: maximum")
    settled(window)
    there_and_back(history, view.contours.count.value, view.contours.count.stepUp, "change the number of contours")
    settled(window)


def test_marked_flags(window: MainWindow, demo_night: DemoNight, settled: Settled) -> None:
    mask = next((demo_night.cache / "references").rglob("*_mask_*.fits"))
    window.open_paths([mask])
    settled(window)
    view, history = window.observe.picture, window.session.history
    flags = [entry for entry in view.bar.flags.actions() if entry.isCheckable()]
    assert len(flags) > 1
    names = lambda: {flag.name for flag in view.bar.chosen_flags()}  # noqa: E731
    flags[0].trigger()
    assert history.undoText() == "mark flagged pixels"
    history.undo()
    assert names() == set()
    history.redo()
    assert len(names()) == 1
    view.bar.mark_all(True)
    assert len(names()) == len(flags)
    history.undo()
    assert names() == set()
    settled(window)


def test_how_spectra_are_drawn(window: MainWindow) -> None:
    view, history = window.observe.viewer.spectrum, window.session.history
    view.show_spectra([Spectrum(np.arange(8.0), name="a")])
    bar = view.bar
    for switch, text in (
        (bar.log, "show logarithmic values"),
        (bar.bands, "hide errors as bands"),
        (bar.species["Ar"], "show the lines of Ar"),
    ):
        there_and_back(history, switch.isChecked, switch.trigger, text)
    other = bar.smoothing.itemText(1)
    there_and_back(
        history, bar.smoothing.currentText, lambda: choose(bar.smoothing, other), f"choose the smoothing {other}"
    )
    there_and_back(history, bar.offset.value, bar.offset.stepUp, "change the offset of spectra")


@pytest.fixture
def compared(window: MainWindow, night: Any, settled: Settled) -> Any:
    folder: Path = night(4)
    window.open_paths([folder])
    settled(window)
    window.session.compare_requested.emit([folder / f"iris_000{number}.fits" for number in range(3)])
    settled(window)
    place: Any = window.place("compare")
    return place.pictures


def names(page: Any) -> list[str]:
    return [path.name for path in page.paths]


def test_how_frames_are_compared(window: MainWindow, compared: Any, settled: Settled) -> None:
    page, history, bar = compared, window.session.history, compared.bar
    assert history.undoText() == "compare other frames than the selection"
    there_and_back(history, lambda: bar.way, bar.ways["split"].trigger, "compare by split")
    history.redo()
    there_and_back(history, lambda: bar.pair, lambda: choose(bar.first, "C"), "choose the two compared frames")
    history.undo()
    there_and_back(history, lambda: page.locks.by, lambda: choose(bar.lock, "off"), "let go of the lock of frames")
    there_and_back(history, bar.limits.isChecked, bar.limits.trigger, "draw frames by the same limits")
    settled(window)


def test_a_frame_that_was_taken_out_comes_back(window: MainWindow, compared: Any, settled: Settled) -> None:
    page, history = compared, window.session.history
    there_and_back(
        history, lambda: names(page), lambda: page.table.remove_asked.emit(1), "take a frame out of the comparison"
    )
    settled(window)
    assert names(page) == ["iris_0000.fits", "iris_0001.fits", "iris_0002.fits"]
    assert len(page.cells) == 3
    spare = page.paths[0].with_name("iris_0003.fits")
    there_and_back(history, lambda: names(page), lambda: page.add_paths([spare]), "add frames to the comparison")
    there_and_back(history, page.follow.isChecked, page.follow.click, "compare what is selected")
    settled(window)


def test_selecting_while_the_selection_is_compared_is_no_step(window: MainWindow, night: Any, settled: Settled) -> None:
    window.open_paths([night(4)])
    settled(window)
    window.go("compare")
    settled(window)
    count = window.session.history.count()
    window.observe.table.view.selectRow(2)
    settled(window)
    place: Any = window.place("compare")
    assert names(place.pictures) == ["iris_0002.fits"]
    assert window.session.history.count() == count
    place.pictures.bar.limits.trigger()
    window.session.history.undo()
    assert names(place.pictures) == ["iris_0002.fits"]


def test_questions_about_rules(window: MainWindow, demo_night: DemoNight, settled: Settled) -> None:
    window.open_paths([demo_night.cache, next(demo_night.raw.glob("*_image_*.fits"))])
    settled(window)
    history = window.session.history
    rules: Any = window.place("rules")
    window.session.ask_page("matrix")
    settled(window)
    matrix = rules.page("matrix")
    since = matrix.since.itemText(1)
    there_and_back(
        history, matrix.since.currentText, lambda: choose(matrix.since, since), f"choose changes since {since}"
    )
    settled(window)
    window.session.ask_page("timeline")
    settled(window)
    timeline = rules.page("timeline")
    one = next(one for one in timeline.lanes.settings if one.keyword == "FILTER")
    there_and_back(
        history,
        lambda: timeline.case,
        lambda: timeline._set(one.parkey, "H" if one.value != "H" else "K"),
        "change FILTER of the mode",
    )
    settled(window)


def test_layouts_that_are_saved_and_forgotten(window: MainWindow) -> None:
    layouts, history = window.menus.layouts, window.session.history
    there_and_back(history, own_layouts, lambda: layouts.save("mine"), "save the layout mine")
    history.redo()
    kept = own_layouts()
    layouts.fill()
    there_and_back(history, own_layouts, layouts.forget.actions()[0].trigger, "forget the layout mine")
    assert own_layouts() == kept
    # of one that is saved anew the older one comes back
    window.observe.arrangement.move("why", "left")
    there_and_back(history, own_layouts, lambda: layouts.save("mine"), "save the layout mine")
    assert own_layouts() == kept


def test_what_is_cleared_comes_back(window: MainWindow, night: Any, settled: Settled) -> None:
    folder = night(1)
    window.open_paths([folder])
    settled(window)
    history, notices = window.session.history, window.notices
    window.session.notice("warning", "Something odd.", "Look at it.")
    told = notices.text()
    there_and_back(history, notices.text, notices.clear_button.click, "clear the notices")
    assert notices.text() == told
    assert "Something odd." in window.status.notices.text()
    menu = window.menus.recent
    menu.aboutToShow.emit()
    there_and_back(history, recent_paths, menu.actions()[-1].trigger, "forget what was opened")
    assert recent_paths() == [str(folder)]
    count = history.count()
    window.session.notices.clear()
    notices.clear()
    assert history.count() == count


def test_fitted_peaks(window: MainWindow, settled: Settled) -> None:
    view, history = window.observe.viewer.spectrum, window.session.history
    x = np.arange(60.0)
    flux = 5 + 100 * np.exp(-0.5 * ((x - 30) / 2.5) ** 2)
    view.show_spectra([Spectrum(flux, name="a")])
    fits = view.fits

    def centres() -> list[float]:
        return [round(fit.peak.centre, 3) for fit in fits.fits.fits]

    def fit() -> None:
        view.fit_between(20, 40)
        settled(window)

    there_and_back(history, centres, fit, "fit a peak")
    history.redo()
    assert centres() == [30.0]
    fits.selectRow(0)
    there_and_back(history, centres, fits.remove, "remove a fitted peak")
    assert centres() == [30.0]
    assert fits.isVisibleTo(view)


def test_ranges_of_planes(window: MainWindow, demo_night: DemoNight, settled: Settled) -> None:
    cube = next(demo_night.raw.glob("*_cube_*.fits"))
    window.open_paths([cube])
    settled(window)
    viewer, history = window.observe.viewer, window.session.history
    viewer.tabs.setCurrentIndex(2)
    settled(window)
    view = viewer.cube
    choose(view.bar.picture, "mean")
    settled(window)
    item, places = view.ranges._items[0], view._places()
    there_and_back(
        history,
        lambda: view.ranges.main,
        lambda: item.setRegion((float(places[3]), float(places[9]))),
        "move the range of planes",
    )
    settled(window)
    before = view.ranges.main
    history.redo()
    view.clear()
    view.show_file(cube)
    settled(window)
    history.undo()  # of a cube that is looked at anew
    assert view.ranges.main == before
