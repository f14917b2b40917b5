"""All darks of a mode from the cache, at the bench: one button, one step, and what cannot be read is told."""

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.session import Session
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.place import BenchPlace

FULL = [f"tmt_iris_dark_000{number}.fits" for number in (1, 4, 5)]


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> AlgorithmPage:
    place = BenchPlace(session)
    qtbot.addWidget(place)
    place.resize(1500, 900)
    place.show()
    qtbot.waitExposed(place)
    return place.show_algorithm("dark-trend")


def opened(qtbot: QtBot, session: Session, cache: Path) -> None:
    session.open_cache(cache)
    qtbot.waitUntil(lambda: session.cache is not None)


def image(night: DemoNight) -> Path:
    return night.raw / "iris_20260311_image_0001.fits"


def test_all_of_a_mode_run_and_undone(
    qtbot: QtBot, session: Session, page: AlgorithmPage, demo_night: DemoNight
) -> None:
    button = page.inputs.gather
    assert button.isVisible()
    assert button.accessibleName()
    page.inputs.set_paths([image(demo_night)])
    assert not button.isEnabled()  # there is no cache yet
    opened(qtbot, session, demo_night.cache)
    qtbot.waitUntil(button.isEnabled)
    page._steps.settle()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: [path.name for path in page.inputs.paths] == FULL)
    qtbot.waitUntil(page.actions_bar.run.isEnabled)
    assert page.command().endswith(FULL[2])
    qtbot.mouseClick(page.actions_bar.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.report is not None)
    assert page.report.metrics["n_frames"].value == 3
    session.history.undo()
    assert page.inputs.paths == (image(demo_night),)
    session.history.redo()
    assert [path.name for path in page.inputs.paths] == FULL
    page.inputs.set_paths([])
    assert not button.isEnabled()


def test_what_cannot_be_read_is_told(
    qtbot: QtBot, session: Session, page: AlgorithmPage, demo_night: DemoNight, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    shutil.copytree(demo_night.cache, cache)
    (cache / "references" / "tmt" / "iris" / FULL[0]).unlink()
    opened(qtbot, session, cache)
    page.inputs.set_paths([image(demo_night)])
    qtbot.mouseClick(page.inputs.gather, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: [path.name for path in page.inputs.paths] == FULL[1:])
    assert [(notice.level, notice.text) for notice in session.notices] == [
        ("warning", f"{FULL[0]} was left out: it is not in the cache.")
    ]


def test_a_mode_that_has_none_is_told_and_the_inputs_stay(
    qtbot: QtBot, session: Session, page: AlgorithmPage, demo_night: DemoNight, tmp_path: Path
) -> None:
    from astropy.io import fits

    other = Path(shutil.copy(image(demo_night), tmp_path / "other.fits"))
    fits.setval(other, "SUBARRAY", value="NOWHERE")
    opened(qtbot, session, demo_night.cache)
    page.inputs.set_paths([other])
    qtbot.mouseClick(page.inputs.gather, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(session.notices))
    assert session.notices[0].level == "error"
    assert "never select a DARK" in session.notices[0].text
    assert page.inputs.paths == (other,)


def test_others_have_no_such_button(qtbot: QtBot, session: Session) -> None:
    place = BenchPlace(session)
    qtbot.addWidget(place)
    place.show()
    assert not place.show_algorithm("master-dark").inputs.gather.isVisible()
