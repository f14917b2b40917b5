"""A pixel that is picked anywhere is in sight everywhere, and one click leads to all that is known of it."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from calgui.views.observations.inspector import ALL, PIXEL
from calgui.views.session import Pixel
from calgui.views.window import MainWindow

Settled = Callable[[MainWindow], None]


def test_picking_turns_to_the_pixel_and_letting_go_turns_back(
    window: MainWindow, night: Callable[..., Path], settled: Settled
) -> None:
    folder = night()
    window.open_paths([folder])
    settled(window)
    inspector = window.observe.inspector
    inspector.tabs.setCurrentIndex(ALL)
    path = folder / "iris_0002.fits"
    window.session.pick(Pixel(path, 3, 4))
    assert inspector.tabs.currentIndex() == PIXEL
    window.session.pick(Pixel(path, 5, 4))
    window.session.pick(None)
    assert inspector.tabs.currentIndex() == ALL
    # who went elsewhere meanwhile stays there
    window.session.pick(Pixel(path, 3, 4))
    inspector.tabs.setCurrentIndex(ALL)
    window.session.pick(None)
    assert inspector.tabs.currentIndex() == ALL


def test_the_status_bar_leads_to_the_picked_pixel_from_every_place(
    window: MainWindow, night: Callable[..., Path], settled: Settled, qtbot: QtBot
) -> None:
    folder = night()
    window.open_paths([folder])
    settled(window)
    button = window.status.picked
    assert not button.isVisible()
    window.session.pick(Pixel(folder / "iris_0003.fits", 3, 4))
    assert button.isVisible()
    assert button.text() == "x 3  y 4"
    assert "iris_0003.fits" in button.toolTip()
    window.observe.inspector.tabs.setCurrentIndex(ALL)
    window.observe.show_panel("inspector", False)
    window.go("bench")
    settled(window)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    settled(window)
    assert window.observe.isVisible()
    assert window.observe.inspector.isVisible()
    assert window.observe.inspector.tabs.currentIndex() == PIXEL
    assert window.observe.inspector.path == folder / "iris_0003.fits"
    assert window.observe.viewer.picture.picking.mark.isVisible()
    window.session.pick(None)
    assert not button.isVisible()
    # a picture that has to do with no file has nothing to lead to
    window.session.pick(Pixel(None, 3, 4))
    assert not button.isVisible()
