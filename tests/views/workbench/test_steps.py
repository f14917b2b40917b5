"""The chain at the bench: its steps in a list, switched, replaced, and looked at before and after."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from calgui.core.rules.cache import Cache
from calgui.core.simulate import DemoNight
from calgui.core.simulate.kinds import sciramp
from calgui.views.session import Session
from calgui.views.window import MainWindow
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.place import BenchPlace
from calgui.views.workbench.steps import ChainSteps

Settle = Callable[[], None]


@pytest.fixture
def page(qtbot: QtBot, session: Session, demo_night: DemoNight) -> AlgorithmPage:
    session.open_cache(demo_night.cache)
    qtbot.waitUntil(lambda: session.cache is not None)
    assert isinstance(session.cache, Cache)
    place = BenchPlace(session)
    qtbot.addWidget(place)
    place.resize(1500, 900)
    place.show()
    qtbot.waitExposed(place)
    page = place.show_algorithm("quick-look")
    page.inputs.set_paths([demo_night.raw / sciramp.FULL])
    qtbot.waitUntil(lambda: page.output._preview is not None)
    return page


@pytest.fixture
def settle(qtbot: QtBot, page: AlgorithmPage) -> Settle:
    def until_it_is_quiet() -> None:
        qtbot.waitUntil(lambda: not page.busy and not page.session.tasks.running)

    until_it_is_quiet()
    return until_it_is_quiet


@pytest.fixture
def steps(page: AlgorithmPage) -> ChainSteps:
    found = page.findChild(ChainSteps, "bench_steps")
    assert found is not None
    return found


def rows(steps: ChainSteps) -> list[tuple[str, str, str]]:
    grid = steps.grid
    return [tuple(grid.item(row, column).text() for column in range(3)) for row in range(grid.rowCount())]  # type: ignore[misc]


def shown(page: AlgorithmPage) -> np.ndarray:  # type: ignore[type-arg]
    content = page.output.picture.content
    assert content is not None
    return np.asarray(content.values)


def test_the_quick_look_stands_first(qtbot: QtBot, session: Session) -> None:
    place = BenchPlace(session)
    qtbot.addWidget(place)
    first = place.list.topLevelItem(0)
    assert first is not None
    assert first.text(0) == first.child(0).text(0) == "Quick look"


def test_each_step_with_its_reference(steps: ChainSteps, settle: Settle) -> None:
    assert rows(steps) == [
        ("done", "Reference pixels", ""),
        ("done", "Non-linearity", "tmt_iris_nonlincoeff_0001.fits"),
        ("done", "Slope", ""),
        ("done", "Bad pixels", "tmt_iris_mask_0001.fits"),
        ("done", "Dark", "tmt_iris_dark_0004.fits"),
        ("done", "Flat", "tmt_iris_flat_0005.fits"),
        ("done", "Sky", "tmt_iris_sky_0001.fits"),
    ]
    assert not steps.grid.item(0, 0).icon().isNull()
    assert "69" in steps.grid.item(6, 4).text()  # days between the sky and the ramp


def test_the_picture_before_and_after(qtbot: QtBot, page: AlgorithmPage, steps: ChainSteps, settle: Settle) -> None:
    product = shown(page)
    assert not steps.sides["before"].isEnabled()
    assert "Choose a step" in steps.note.text()
    steps.choose_step("sky")
    np.testing.assert_array_equal(shown(page), product)
    qtbot.mouseClick(steps.sides["before"], Qt.MouseButton.LeftButton)
    before = shown(page)
    assert np.median(before - product) == pytest.approx(5.9, abs=0.3)
    assert "before “Sky”" in page.output.picture.overlays.note.text()
    # drawn alike: the level that is taken off does not hide what else differs
    limits = page.output.picture.look.limits
    assert limits.low < np.median(before) < limits.high
    page.output.picture.setFocus()
    QTest.keyClick(page.output.picture, Qt.Key.Key_B)
    np.testing.assert_array_equal(shown(page), product)
    now = page.output.picture.look.limits
    assert now.high - now.low == pytest.approx(limits.high - limits.low)
    assert now.low < np.median(product) < now.high
    steps.choose_step("")
    np.testing.assert_array_equal(shown(page), product)


def test_blinking_goes_on_by_itself_and_stops(
    qtbot: QtBot, page: AlgorithmPage, steps: ChainSteps, settle: Settle
) -> None:
    steps.choose_step("flat")
    after = shown(page)
    qtbot.mouseClick(steps.blink, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not np.array_equal(shown(page), after))
    qtbot.waitUntil(lambda: np.array_equal(shown(page), after))
    steps.choose_step("")
    assert not steps.blink.isChecked()


def test_a_step_is_switched_from_the_list_and_back_by_undo(
    page: AlgorithmPage, steps: ChainSteps, settle: Settle
) -> None:
    steps.choose_step("flat")
    steps.switch.setCurrentIndex(2)
    steps.switch.activated.emit(2)
    settle()
    assert page.options.values()["flat"] == "off"
    assert rows(steps)[5] == ("skipped", "Flat", "none")
    assert steps.stage.name == "flat"
    assert "Switched off" in steps.note.text()
    page.session.history.undo()
    settle()
    assert rows(steps)[5] == ("done", "Flat", "tmt_iris_flat_0005.fits")
    assert steps.switch.currentData() == "auto"


def test_a_reference_is_replaced_and_given_back(
    page: AlgorithmPage, steps: ChainSteps, settle: Settle, demo_night: DemoNight, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = next(demo_night.cache.rglob("tmt_iris_dark_0001.fits"))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_words: (str(old), ""))
    steps.choose_step("dark")
    assert not steps.rules.isVisible()
    steps.choose.click()
    settle()
    assert rows(steps)[4][2] == "tmt_iris_dark_0001.fits"
    steps.rules.click()
    settle()
    assert rows(steps)[4][2] == "tmt_iris_dark_0004.fits"


def test_an_unfit_reference_chosen_by_hand_is_refused_in_its_words(
    page: AlgorithmPage, settle: Settle, demo_night: DemoNight
) -> None:
    page.references.give("FLAT", next(demo_night.cache.rglob("tmt_iris_dark_0004.fits")))
    settle()
    assert "this is no flat" in page.output.banner.reasons.text()
    assert "type FLAT" in page.output.banner.reasons.text()
    page.references.give("FLAT", None)
    settle()
    assert page.output.banner.word.text().startswith("Doubtful")


def test_a_refused_reference_is_undone_at_once_by_the_key(
    qtbot: QtBot, window: MainWindow, demo_night: DemoNight, monkeypatch: pytest.MonkeyPatch
) -> None:
    flat = next(demo_night.cache.rglob("tmt_iris_flat_0005.fits"))
    asked: list[str] = []

    def choose(_parent: object, _title: str, folder: str, _kinds: str) -> tuple[str, str]:
        asked.append(folder)
        return str(flat), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose)
    session = window.session
    session.open_cache(demo_night.cache)
    window.go("bench")
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    place = window.findChild(BenchPlace)
    assert place is not None
    page = place.show_algorithm("quick-look")
    page.inputs.set_paths([demo_night.raw / sciramp.FULL])
    steps = page.findChild(ChainSteps, "bench_steps")
    assert steps is not None
    qtbot.waitUntil(lambda: steps.grid.rowCount() == 7 and not page.busy and not session.tasks.running)
    steps.choose_step("dark")
    steps.choose.setFocus()
    steps.choose.click()
    qtbot.waitUntil(lambda: "this is no dark" in page.output.banner.reasons.text())
    assert asked == [str(demo_night.raw)], "beside the inputs"
    assert not steps.choose.isVisible()
    # not in a text field, where the key would undo what was typed
    assert QApplication.focusWidget() is steps.grid
    session.history.undo()
    qtbot.waitUntil(lambda: page.output.banner.word.text().startswith("Doubtful"))
    assert page.references.given == {}


def test_a_step_switched_off_says_so_of_its_reference(page: AlgorithmPage, settle: Settle) -> None:
    page.options.put_values({**page.options.values(), "dark": "off"})
    settle()
    assert page.references._files["DARK"].text() == "none"
    assert page.references._how["DARK"].text() == "not used with these inputs and options"
    assert page.references._files["FLAT"].text() == "tmt_iris_flat_0005.fits"


def test_why_a_reference_is_missing(page: AlgorithmPage, settle: Settle, steps: ChainSteps) -> None:
    page.session.set_context(page.session.cache, "tmt_0001.pmap")
    settle()
    assert rows(steps)[6] == ("skipped", "Sky", "none")
    assert "select no SKY" in page.references._how["SKY"].text()
    assert page.command().count("tmt_0001.pmap") == 1


def test_pictures_of_the_whole_frame_are_kept_on_request(
    qtbot: QtBot, page: AlgorithmPage, steps: ChainSteps, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calgui.core.algorithms.quicklook.chain._SMALL", 128 * 128)
    page.start()
    qtbot.waitUntil(lambda: page.report is not None)
    steps.choose_step("dark")
    assert not steps.sides["before"].isEnabled()
    assert "not kept" in steps.note.text()
    first, page.report = page.report, None
    qtbot.mouseClick(steps.keep, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.report is not None and page.report is not first)
    settle()
    assert page.options.values()["keep"] == "steps"
    page.output._back_to_whole()
    assert steps.sides["before"].isEnabled()
    steps.show_side("before")
    assert shown(page).shape == (256, 256)
    assert "whole frame" in page.output.picture.overlays.note.text()


def test_the_product_is_named_after_its_exposure(qtbot: QtBot, page: AlgorithmPage, settle: Settle) -> None:
    page.start()
    qtbot.waitUntil(lambda: page.report is not None)
    dialog = page.ask_to_save()
    assert dialog is not None
    assert dialog.path.name == f"{Path(sciramp.FULL).stem}_quick_look.fits"
    dialog.reject()


def test_parts_have_names(steps: ChainSteps) -> None:
    for widget in (steps.grid, *steps.sides.values(), steps.blink, steps.switch, steps.choose, steps.rules, steps.keep):
        assert widget.objectName()
        assert widget.accessibleName()
