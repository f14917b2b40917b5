"""A window of its own for each test, and small files for it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from pytestqt.qtbot import QtBot

from calgui.views.app import make_window
from calgui.views.session import Session
from calgui.views.theme import theme
from calgui.views.window import MainWindow


@pytest.fixture(autouse=True)
def _look_goes_with_the_test() -> Iterator[None]:
    """The next one begins with the light look again."""
    yield
    if theme().dark:
        theme().apply(dark=False)


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    """A session that ends with the test."""
    made = Session()
    yield made
    made.close()


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """The window, shown, with all its panels."""
    made = make_window(Session())
    made.show()
    qtbot.waitUntil(lambda: len(made.observe.panels) == 4, timeout=20_000)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def settled(qtbot: QtBot) -> Callable[[MainWindow], None]:
    """Waits until nothing is at work any more."""

    def wait(window: MainWindow) -> None:
        qtbot.wait(50)
        qtbot.waitUntil(lambda: not window.busy, timeout=20_000)
        qtbot.wait(50)
        qtbot.waitUntil(lambda: not window.busy, timeout=20_000)

    return wait


@pytest.fixture
def night(tmp_path: Path) -> Callable[..., Path]:
    """Writes a folder of small FITS files, and one that cannot be read."""

    def make(count: int = 6, **header: Any) -> Path:
        folder = tmp_path / "night"
        folder.mkdir(exist_ok=True)
        for number in range(count):
            primary = fits.PrimaryHDU()
            primary.header["INSTRUME"] = "IRIS"
            primary.header["EXP_TYPE"] = "IRIS_DARK" if number % 2 else "IRIS_FLAT"
            primary.header["EXPTIME"] = 10.0 * number
            primary.header["AIRMASS"] = 1.0 + number
            for key, value in header.items():
                primary.header[key] = value
            pixels = fits.ImageHDU(np.full((8, 8), number, np.float32), name="SCI")
            fits.HDUList([primary, pixels]).writeto(folder / f"iris_{number:04d}.fits", overwrite=True)
        (folder / "spoilt.fits").write_text("this is no FITS file")
        return folder

    return make
