"""Closing and opening where one was; and what a program leaves that was killed."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.app import make_window
from calgui.views.keeping import Keeping
from calgui.views.session import Session
from calgui.views.settings import remember, state_folder
from calgui.views.window import MainWindow

Settled = Callable[[MainWindow], None]


@pytest.fixture
def start(qtbot: QtBot, settled: Settled) -> Iterator[Callable[..., MainWindow]]:
    """Starts the program, as if without arguments."""
    made: list[MainWindow] = []

    def go(reopen: bool = True) -> MainWindow:
        window = make_window(Session())
        made.append(window)
        window.show()
        qtbot.waitUntil(lambda: len(window.observe.panels) == 4)
        window.autosave.begin(reopen)
        settled(window)
        return window

    yield go
    for window in made:
        window.close()
        window.deleteLater()


def fill(window: MainWindow, demo: DemoNight, settled: Settled) -> Path:
    """Open a cache with another context and two files, and go somewhere."""
    files = sorted(demo.raw.glob("*_dark_*.fits"))[:2]
    window.open_paths([demo.cache, *files])
    settled(window)
    cache = window.session.cache
    assert cache is not None
    other = next(name for name in cache.contexts if name != cache.default_context)
    window.session.choose_context(cache, other)
    window.observe.table.select_path(files[1])
    settled(window)
    window.session.ask_page("matrix")
    settled(window)
    return files[1]


def test_it_starts_where_it_was_closed(start: Any, demo_night: DemoNight, settled: Settled) -> None:
    first = start()
    chosen = fill(first, demo_night, settled)
    context = first.session.context
    first.close()

    again = start()
    assert [cache.path for cache in again.session.caches] == [demo_night.cache]
    assert again.session.context == context
    assert again.session.selection == (chosen,)
    assert again.observe.table.model.total == 2
    assert again.observe.table.model.find(chosen) in again.observe.table._selected()
    assert again.place_name == "rules"
    assert again.place("rules").bar.currentIndex() == [tab.name for tab in _pages()].index("matrix")
    assert again.session.notices == []
    again.close()
    # the place that nobody went to in between keeps what it kept
    remember("sessions/reopen", False)
    assert start().session.caches == []


def _pages() -> tuple[Any, ...]:
    from calgui.views.rules.pages import PAGES

    return PAGES


def test_what_is_gone_is_told_and_the_rest_comes_back(start: Any, night: Any, settled: Settled) -> None:
    first = start()
    folder = night(3)
    first.open_paths([folder / "iris_0000.fits", folder / "iris_0001.fits"])
    settled(first)
    first.close()
    (folder / "iris_0000.fits").unlink()
    again = start()
    assert again.observe.table.model.total == 1
    assert "iris_0000.fits" in again.session.notices[0].text
    assert again.session.notices[0].cure


def test_a_view_made_later_gets_what_it_kept() -> None:
    keeping, got = Keeping(), []
    keeping.restore({"cube": {"slice": 3}, "odd": 1})
    assert keeping.state() == {"cube": {"slice": 3}, "odd": 1}  # it is not lost while nobody asks for it
    keeping.keep("cube", lambda: {"slice": 4}, got.append)
    assert got == [{"slice": 3}]
    assert keeping.state() == {"cube": {"slice": 4}, "odd": 1}


def test_a_damaged_value_costs_nobody_else_anything() -> None:
    keeping, got = Keeping(), []
    keeping.keep("bad", lambda: None, lambda value: value["page"])
    keeping.keep("good", lambda: None, got.append)
    keeping.restore({"bad": 3, "good": 4})
    assert got == [4]


@pytest.mark.parametrize("kept", [3, None, {}, {"filter": []}, {"filter": "", "panels": {"tree": ["a"]}}])
def test_the_views_survive_damaged_values(start: Any, kept: object) -> None:
    window = start()
    window.go("rules")
    window.session.keeping.restore({"observe": kept, "rules": kept, "bench": kept})
    assert window.session.notices == []


KILLED = """
import os, signal, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from calgui.views.app import application, make_window
from calgui.views.session import Session
app = application()
window = make_window(Session())
window.show()
window.autosave.begin()
window.open_paths(sys.argv[1:])
def look():
    window.autosave.look()
    files = Path(os.environ["XDG_STATE_HOME"]).rglob("running/*.calgui")
    if any("iris_0001" in file.read_text() for file in files) and not window.busy:
        os.kill(os.getpid(), signal.SIGKILL)
timer = QTimer(interval=50)
timer.timeout.connect(look)
timer.start()
app.exec()
"""


def killed(*paths: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, *map(str, paths)], timeout=300, check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform == "win32", reason="kills as systems like Unix do")
def test_a_killed_program_is_offered_back(start: Any, night: Any, settled: Settled) -> None:
    folder = night(3)
    killed(folder / "iris_0001.fits")
    window = start()
    bar = window.restore_bar
    assert bar.isVisible()
    assert "iris_0001.fits" in bar.text.text()
    assert window.observe.table.model.total == 0  # nothing comes back unasked
    bar.restore.click()
    settled(window)
    assert not bar.isVisible()
    assert window.observe.table.model.total == 1
    window.close()
    assert not start().restore_bar.isVisible()
    assert len(list((state_folder() / "running").glob("*.lock"))) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="kills as systems like Unix do")
def test_it_can_be_dismissed_for_good(start: Any, night: Any) -> None:
    killed(night(3) / "iris_0001.fits")
    window = start()
    window.restore_bar.dismiss.click()
    assert not window.restore_bar.isVisible()
    window.close()
    assert not start().restore_bar.isVisible()


def test_a_program_that_still_runs_is_left_alone(start: Any, night: Any, settled: Settled) -> None:
    first = start()
    first.open_paths([night(3) / "iris_0001.fits"])
    settled(first)
    first.autosave.look()
    settled(first)
    second = start()
    assert not second.restore_bar.isVisible()
    assert second.observe.table.model.total == 0
    assert len(list((state_folder() / "running").glob("*.calgui"))) == 1


def test_nothing_is_written_while_nothing_changes(start: Any, settled: Settled) -> None:
    window = start()
    window.autosave.look()
    settled(window)
    (path,) = (state_folder() / "running").glob("*.calgui")
    before = path.stat().st_mtime_ns
    window.autosave.look()
    settled(window)
    assert path.stat().st_mtime_ns == before


def test_a_named_session_takes_the_place_of_what_is_open(
    start: Any, demo_night: DemoNight, night: Any, settled: Settled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = start()
    chosen = fill(window, demo_night, settled)
    target = tmp_path / "tuesday"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    window.sessions.ask_save()
    settled(window)
    path = tmp_path / "tuesday.calgui"
    assert json.loads(path.read_text())["place"] == "rules"

    window.close_cache()
    window.observe.close_roots(list(window.observe.files.roots))
    window.open_paths([night(2)])
    settled(window)
    assert window.observe.table.model.total == 3
    window.open_paths([path])  # as it is dropped, or named on the command line
    settled(window)
    assert window.observe.table.model.total == 2
    assert window.session.selection == (chosen,)
    assert [cache.path for cache in window.session.caches] == [demo_night.cache]
    window.session.history.undo()
    settled(window)
    assert window.observe.table.model.total == 3
    assert window.session.caches == []


def test_a_spoilt_session_is_told_and_changes_nothing(start: Any, night: Any, settled: Settled, tmp_path: Path) -> None:
    window = start()
    window.open_paths([night(2)])
    settled(window)
    bad = tmp_path / "bad.calgui"
    bad.write_text('{"format": "calgui-session", "version": 7}')
    window.sessions.open(bad)
    settled(window)
    assert "bad.calgui" in window.session.notices[-1].text
    assert window.observe.table.model.total == 3
