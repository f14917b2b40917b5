"""Ctrl+S saves what has the focus: the picture, the plot, or the product of the bench."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.window import MainWindow

Settled = Callable[[MainWindow], None]
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def focus(qtbot: QtBot, window: MainWindow, widget: Any) -> Any:
    window.activateWindow()
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)
    return widget


def test_the_picture_and_its_histogram(
    window: MainWindow,
    demo_night: DemoNight,
    settled: Settled,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = next(demo_night.raw.glob("*_image_*.fits"))
    window.open_paths([path])
    settled(window)
    asked = []

    def answer(_parent: object, title: str, proposed: str, _kinds: str) -> tuple[str, str]:
        asked.append((title, Path(proposed).name))
        return str(tmp_path / Path(proposed).name), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    view = window.observe.picture
    qtbot.keyClick(focus(qtbot, window, view.canvas), Qt.Key.Key_S, CTRL)
    assert asked == [("Save the picture", f"{path.stem}.png")]
    assert (tmp_path / f"{path.stem}.png").read_bytes().startswith(b"\x89PNG")
    strip = focus(qtbot, window, view.limits_bar.strip)
    qtbot.keyClick(strip, Qt.Key.Key_D, CTRL | SHIFT)
    settled(window)
    table = Table.read(tmp_path / f"{path.stem}_histogram.ecsv", format="ascii.ecsv")
    assert view.content.unit == "electron/s"
    assert table["from"].unit == table["to"].unit == "electron/s"
    assert table["pixels"].unit is None


def test_running_and_saving_at_the_bench(
    window: MainWindow, demo_night: DemoNight, settled: Settled, qtbot: QtBot
) -> None:
    bench: Any = window.place("bench")
    window.go("bench")
    page = bench.show_algorithm("master-dark")
    field = focus(qtbot, window, page.findChild(type(page.inputs.table), "bench_inputs"))
    qtbot.keyClick(field, Qt.Key.Key_Return, CTRL)
    qtbot.keyClick(field, Qt.Key.Key_S, CTRL)
    assert (page.actions_bar.cancel.isEnabled(), page._dialog) == (False, None)
    page.inputs.set_paths(sorted(demo_night.raw.glob("*_dark_*.fits"))[:3])
    qtbot.waitUntil(page.actions_bar.run.isEnabled, timeout=20_000)
    settled(window)
    qtbot.keyClick(field, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(page.actions_bar.save.isEnabled, timeout=20_000)
    qtbot.keyClick(field, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: page._dialog is not None and page._dialog.isVisible())
    page._dialog.close()
    assert page.actions_bar.run.toolTip().endswith("(Ctrl+Return)")
