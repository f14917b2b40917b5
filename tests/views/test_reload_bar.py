"""A cache that changes on disk while it is open."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from calgui.core.rules.selection.select import best_references
from calgui.core.simulate import DemoNight
from calgui.views.window import MainWindow


@pytest.fixture
def cache(window: MainWindow, demo_night: DemoNight, tmp_path: Path, settled: Callable) -> Path:
    folder = tmp_path / "cache"
    shutil.copytree(demo_night.cache, folder)
    window.open_paths([folder])
    settled(window)
    return folder


def mapping(cache: Path, name: str) -> Path:
    return next(cache.rglob(name))


def dark_of(window: MainWindow) -> str | None:
    header = {
        "INSTRUME": "IRIS",
        "DETECTOR": "IRIS1",
        "SUBARRAY": "FULL",
        "DATE-OBS": "2026-04-01",
        "TIME-OBS": "00:00:00",
    }
    (answer,) = best_references(window.session.cache, window.session.context, header, ["dark"])
    return answer.file


def looked(window: MainWindow, settled: Callable) -> None:
    window.reload_bar.look()
    settled(window)


def test_nothing_is_said_of_a_cache_that_stays_as_it_is(window, cache, settled) -> None:
    looked(window, settled)
    assert not window.reload_bar.isVisible()


def test_a_mapping_that_changes_is_told_and_read_again(window: MainWindow, cache: Path, settled, qtbot: QtBot) -> None:
    old = mapping(cache, "tmt_iris_dark_0002.rmap")
    text = old.read_text()
    old.write_text(text.replace("tmt_iris_dark_0005.fits", "tmt_iris_dark_0004.fits"))
    looked(window, settled)
    assert window.reload_bar.isVisible()
    assert "tmt_iris_dark_0002.rmap changed" in window.reload_bar.text.text()
    assert dark_of(window) == "tmt_iris_dark_0005.fits"  # one state of the cache, until it is read again
    window.reload_bar.again.click()
    settled(window)
    assert dark_of(window) == "tmt_iris_dark_0004.fits"
    assert not window.reload_bar.isVisible()
    looked(window, settled)
    assert not window.reload_bar.isVisible()


def test_later_holds_until_the_next_change(window: MainWindow, cache: Path, settled) -> None:
    mapping(cache, "tmt_iris_adc_0001.rmap").touch()
    looked(window, settled)
    assert window.reload_bar.isVisible()
    window.reload_bar.later.click()
    looked(window, settled)
    assert not window.reload_bar.isVisible()
    mapping(cache, "tmt_iris_arc_0001.rmap").touch()
    looked(window, settled)
    assert window.reload_bar.isVisible()


def test_the_context_in_use_is_taken_away(window: MainWindow, cache: Path, settled) -> None:
    assert window.session.context == "tmt_0003.pmap"
    mapping(cache, "tmt_0003.pmap").unlink()
    looked(window, settled)
    assert "tmt_0003.pmap removed" in window.reload_bar.text.text()
    window.reload_bar.again.click()
    settled(window)
    assert window.session.context != "tmt_0003.pmap"
    assert window.session.context in window.session.cache.contexts


def test_the_whole_folder_is_taken_away(window: MainWindow, cache: Path, settled) -> None:
    shutil.rmtree(cache)
    looked(window, settled)
    assert window.reload_bar.isVisible()
    window.reload_bar.again.click()
    settled(window)
    assert window.isVisible()


def test_a_reference_alone_changes_no_rule(window: MainWindow, cache: Path, settled) -> None:
    mapping(cache, "tmt_iris_dark_0004.fits").touch()
    looked(window, settled)
    assert "The rules are the same" in window.reload_bar.text.text()
