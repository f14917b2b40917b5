"""A stack of spectra under Observe: its picture, and the spectrum of the row that is picked."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from pytestqt.qtbot import QtBot

from calgui.core.spectra.stacks import is_stack, spectrum_of_stack
from calgui.views.observations.viewer import PICTURE, SPECTRUM
from calgui.views.session import Pixel
from calgui.views.window import MainWindow


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    flux = np.add.outer(np.arange(6) * 10, np.arange(40)).astype(np.float32)
    flux[4] += 500
    table = Table({"SPECTRUM": np.arange(6), "ROW": [0, 0, 0, 1, 1, 1], "COLUMN": [0, 1, 2, 0, 1, 2]})
    parts = [fits.PrimaryHDU(), fits.ImageHDU(flux, name="SCI"), fits.ImageHDU(flux / 10, name="ERR")]
    fits.HDUList([*parts, fits.BinTableHDU(table, name="LENSLETS")]).writeto(tmp_path / "stack.fits")
    return tmp_path / "stack.fits"


def test_the_brightest_row_or_the_one_that_is_asked_for(stack: Path, tmp_path: Path) -> None:
    assert is_stack(stack)
    one = spectrum_of_stack(stack)
    assert one is not None
    assert one.name == "stack.fits, row 1, column 1"
    assert one.flux[0] == 540
    assert one.error is not None
    assert one.error[0] == 54
    other = spectrum_of_stack(stack, 2)
    assert other is not None
    assert (other.flux[0], other.name) == (20, "stack.fits, row 0, column 2")
    assert spectrum_of_stack(stack, 6) is None
    fits.PrimaryHDU(np.ones((4, 4))).writeto(tmp_path / "image.fits")
    assert not is_stack(tmp_path / "image.fits")
    assert spectrum_of_stack(tmp_path / "image.fits") is None


def test_the_spectrum_of_the_row_that_is_picked(
    qtbot: QtBot, window: MainWindow, settled: Callable[[MainWindow], None], stack: Path
) -> None:
    window.open_paths([stack])
    settled(window)
    window.observe.table.view.selectRow(0)
    settled(window)
    viewer = window.observe.viewer
    assert viewer.tabs.currentIndex() == PICTURE
    assert viewer.tabs.isTabVisible(SPECTRUM)
    assert viewer.spectrum.traces[0].spectrum.name == "stack.fits, row 1, column 1"
    window.session.pick(Pixel(stack, 12, 2))
    qtbot.waitUntil(lambda: viewer.spectrum.traces[0].spectrum.name == "stack.fits, row 0, column 2")
    viewer.tabs.setCurrentIndex(SPECTRUM)
    settled(window)
    assert viewer.spectrum.isVisible()
