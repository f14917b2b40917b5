"""Small darks with faults, and the page in a window of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from pytestqt.qtbot import QtBot

from calgui.views.rules.validate.page import ValidatePage
from calgui.views.session import Session

SIDE = 96
REFERENCE: dict[str, Any] = {
    "TELESCOP": "TMT", "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "REFTYPE": "DARK", "BUNIT": "electron/s",
    "USEAFTER": "2026-01-01T00:00:00", "AUTHOR": "a test", "DESCRIP": "a dark", "PEDIGREE": "SIMULATION",
    "EXPTIME": 100.0, "NCOMBINE": 9,
}  # fmt: skip


@pytest.fixture
def dark(tmp_path: Path) -> Callable[..., Path]:
    """Writes a dark reference; glow is the light that came in, hot a part of hot pixels."""

    def make(name: str, glow: float = 0.0, hot: float = 0.0, /, **cards: Any) -> Path:
        rng = np.random.default_rng(3)
        image = 0.05 + 0.01 * rng.standard_normal((SIDE, SIDE))
        image += glow * np.linspace(0, 1, SIDE)[:, None]
        flags = np.zeros((SIDE, SIDE), np.uint32)
        flags[rng.random((SIDE, SIDE)) < hot] = 2048
        primary = fits.PrimaryHDU()
        for key, value in (REFERENCE | cards).items():
            if value is not None:
                primary.header[key] = value
        planes = (("SCI", image.astype(np.float32)), ("ERR", np.full((SIDE, SIDE), 0.01, np.float32)), ("DQ", flags))
        path = tmp_path / name
        fits.HDUList([primary, *(fits.ImageHDU(data, name=word) for word, data in planes)]).writeto(path)
        return path

    return make


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> ValidatePage:
    """The page alone, shown."""
    made = ValidatePage(session)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    return made


@pytest.fixture
def done(qtbot: QtBot, page: ValidatePage) -> Callable[[], None]:
    """Waits until nothing is at work."""

    def wait() -> None:
        qtbot.wait(20)
        qtbot.waitUntil(lambda: not page.busy and not page.session.tasks.running)
        qtbot.wait(20)
        qtbot.waitUntil(lambda: not page.busy and not page.session.tasks.running)

    return wait
