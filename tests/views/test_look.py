"""The look changes while the window is open: every part of it follows."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.app import make_window
from calgui.views.places import PLACES
from calgui.views.session import Session
from calgui.views.settings import remember
from calgui.views.theme import theme
from calgui.views.window import MainWindow

#: a step of a colour that an eye would see, and the share of pixels that the times of two notices may differ by
_SEEN, _TIMES = 24, 3e-4


@pytest.fixture
def opened(
    qtbot: QtBot, demo_night: DemoNight, settled: Callable[[MainWindow], None]
) -> Iterator[Callable[[], MainWindow]]:
    """Opens windows that show the same: files, rules, bench, notices, help."""
    windows = []

    def make() -> MainWindow:
        window = make_window(Session())
        windows.append(window)
        window.resize(1300, 850)
        window.show()
        qtbot.waitUntil(lambda: len(window.observe.panels) == 4)
        window.open_paths([demo_night.cache, demo_night.raw / "iris_20260311_image_0006.fits"])
        settled(window)
        window.observe.table.view.selectRow(0)
        for place in PLACES:
            window.go(place.name)
            settled(window)
        window.session.notice("warning", "The lamp is warm.", "Wait a minute.")
        window.show_notices(True)
        window.show_help("about")
        return window

    yield make
    for window in windows:
        window.close()
        window.deleteLater()
    theme().apply(None)


def _pictures(window: MainWindow, settled: Callable[[MainWindow], None]) -> dict[str, NDArray[np.int16]]:
    found = {}
    for place in PLACES:
        window.go(place.name)
        window.setFocus()
        settled(window)
        image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
        found[place.name] = pixels[..., :3].astype(np.int16)
    return found


@pytest.mark.parametrize(("first", "then"), [("light", "dark"), ("dark", "light")])
def test_every_part_follows_another_look(
    opened: Callable[[], MainWindow], settled: Callable[[MainWindow], None], first: str, then: str
) -> None:
    # what is made in the first look must not keep its colours
    remember("window/theme", first)
    window = opened()
    before = _pictures(window, settled)
    window.set_theme(then)
    switched = _pictures(window, settled)
    window.close()
    fresh = _pictures(opened(), settled)
    for name, picture in switched.items():
        changed = np.abs(picture - before[name]).max(axis=2) > _SEEN
        assert changed.mean() > 0.5, f"{name} did not change"
        differs = np.abs(picture - fresh[name]).max(axis=2) > _SEEN
        where = np.argwhere(differs)
        assert differs.mean() < _TIMES, f"{name}: {where.min(axis=0)} to {where.max(axis=0)} kept another look"
