"""A soak: hundreds of random steps, or minutes of them with CALGUI_SOAK_SECONDS; nothing breaks, nothing piles up."""

import gc
import os
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QInputDialog, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from calgui.core.simulate.night import DemoNight
from calgui.views.app import make_window
from calgui.views.hooks import Hooks
from calgui.views.session import Session
from calgui.views.window import MainWindow

from .files import make
from .monkey import Monkey

#: steps of the ordinary test
STEPS = 130
SECONDS = float(os.environ.get("CALGUI_SOAK_SECONDS", "0"))
SEEDS = [int(seed) for seed in os.environ.get("CALGUI_SOAK_SEEDS", "1,2").split(",")]
#: megabytes that may be taken once everything was used once
GROWTH = 400
ODD = ("cut_data.fits", "text.fits", "table.fits", "five_axes.fits", "all_nan.fits", "tiles.fits", "gz.fits.gz",
       "nonsense_wcs.fits", "empty.fits", "one_row.fits")  # fmt: skip


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing opens that only a person could close."""
    for name, answer in (
        ("getOpenFileName", ("", "")),
        ("getOpenFileNames", ([], "")),
        ("getSaveFileName", ("", "")),
        ("getExistingDirectory", ""),
    ):
        monkeypatch.setattr(QFileDialog, name, lambda *_args, answer=answer, **_more: answer)
    monkeypatch.setattr(QMenu, "exec", lambda *_: None)
    monkeypatch.setattr(QDialog, "exec", lambda *_: 0)
    monkeypatch.setattr(QMessageBox, "exec", lambda *_: QMessageBox.StandardButton.Cancel)
    monkeypatch.setattr(QMessageBox, "question", lambda *_args, **_more: QMessageBox.StandardButton.No)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args, **_more: ("", False))
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda *_: True)


@pytest.fixture
def soaked(qtbot: QtBot, alone: None) -> Iterator[MainWindow]:
    session = Session()
    hooks = Hooks(session)
    hooks.install()
    made = make_window(session)
    made.show()
    qtbot.waitUntil(lambda: len(made.observe.panels) == 4)
    yield made
    made.close()
    made.deleteLater()
    hooks.remove()


def resident() -> float:
    """Megabytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def swept(qtbot: QtBot, window: MainWindow) -> dict[str, Any]:
    """What there is once everything that was let go is gone."""
    window.session.tasks.cancel_all()
    qtbot.waitUntil(lambda: not window.session.tasks.running)
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
        gc.collect()
    kinds = Counter(type(widget).__name__ for widget in QApplication.allWidgets())
    return {"widgets": kinds, "threads": threading.active_count(), "memory": resident()}


def reset(window: MainWindow, qtbot: QtBot) -> None:
    """The window as it was at the beginning, but for what it has made once and keeps."""
    place: Any = window.place("compare")
    place.pictures.show_paths([])
    window.session.select([])
    window.go("observe")
    window.session.history.clear()
    for name in ("light",):
        window.set_theme(name)
    qtbot.wait(50)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_breaks_and_nothing_piles_up(
    soaked: MainWindow, demo_night: DemoNight, tmp_path: Path, qtbot: QtBot, seed: int
) -> None:
    window, session = soaked, soaked.session
    files = [make(tmp_path, name) for name in ODD]
    files += sorted(demo_night.raw.glob("*image*"))[:4] + sorted(demo_night.raw.glob("*ramp*"))[:1]
    files += sorted(demo_night.raw.glob("*cube*")) + sorted(demo_night.raw.glob("*dark_000*"))[:3]
    monkey = Monkey(window, files, [demo_night.cache], seed)
    window.open_paths([demo_night.cache, *files[-6:]])
    done: deque[str] = deque(maxlen=30)
    first: dict[str, Any] | None = None
    start, steps = time.monotonic(), 0
    trail = []
    while steps < STEPS or time.monotonic() - start < SECONDS:
        done.append(monkey.step())
        steps += 1
        if steps % 200 == 0:
            trail.append(round(resident()))
        told = [notice.text for notice in session.notices if "defect of the program" in notice.cure]
        assert not told, f"{told} after {list(done)}"
        if steps == STEPS // 2 or (first is None and time.monotonic() - start > SECONDS / 2 > 0):
            reset(window, qtbot)
            first = swept(qtbot, window)
    reset(window, qtbot)
    last = swept(qtbot, window)
    assert first is not None
    more = {kind: count - first["widgets"][kind] for kind, count in last["widgets"].items()}
    # places, pages and panels are made when they are first gone to, and stay; views of files do not
    assert more.get("ImageView", 0) <= 3, more
    assert more.get("Pane", 0) <= 1, more
    assert last["threads"] <= first["threads"] + 3
    assert last["memory"] - first["memory"] < GROWTH
    if SECONDS:
        told = f"seed {seed}: {steps} steps, {first['memory']:.0f} to {last['memory']:.0f} MB, widgets"
        told = f"{told} {sum(first['widgets'].values())} to {sum(last['widgets'].values())}"
        sys.stderr.write(f"{told}, MB at every 200 steps {trail}\n")
