"""The same round again and again leaves nothing behind: no widget, no object of the program, no thread, no memory."""

import gc
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from calgui.core.regions.shapes import KINDS, Region, standard
from calgui.core.simulate import DemoNight
from calgui.views.rules.pages import PAGES
from calgui.views.window import MainWindow

from .test_soak import alone, resident, soaked

__all__ = ["alone", "soaked"]  # fixtures
#: rounds after two, in which what is made once is made
ROUNDS = 3
#: megabytes; the memory allocator keeps holes, and stops growing after about 100
GROWTH = 150
#: nothing of these is made once and kept in a list of its own accord
_OURS = ("calgui", "pyqtgraph", "PySide6")


class Rounds:
    """What a user does all day, once over."""

    def __init__(self, window: MainWindow, qtbot: QtBot, demo: DemoNight) -> None:
        self.window, self.qtbot, self.demo = window, qtbot, demo
        self.session = window.session
        kinds = ("image", "ramp", "cube", "dark_", "arc", "flat")
        self.files = [sorted(demo.raw.glob(f"*{kind}*.fits"))[0] for kind in kinds]

    def wait(self) -> None:
        for _ in range(2):
            self.qtbot.wait(10)
            self.qtbot.waitUntil(lambda: not self.window.busy)

    def select(self, paths: list[Path]) -> None:
        self.session.select(paths)
        self.wait()

    def observe(self) -> None:
        """One file after another, and several."""
        self.window.go("observe")
        for path in self.files:
            self.select([path])
        self.select(self.files[:3])

    def compare(self) -> None:
        """All ways of the comparison."""
        self.window.go("compare")
        place: Any = self.window.place("compare")
        page = place.pictures
        for paths in (self.files[:2], self.files[3:6]):
            page.show_paths(paths)
            self.wait()
            for name, action in page.bar.ways.items():
                if action.isEnabled():
                    page.bar.set_way(name)
                    self.wait()
        page.show_paths([])

    def rules(self) -> None:
        """All pages of the rules."""
        self.select([self.files[0]])
        for page in PAGES:
            self.session.ask_page(page.name)
            self.wait()

    def regions(self) -> None:
        """One of each kind, drawn and removed."""
        self.window.go("observe")
        self.select([self.files[0]])
        regions = self.window.observe.picture.measuring.regions
        for kind in KINDS:
            regions.add(Region(standard(kind, 60, 60, 30)))
            self.wait()
        for number in list(regions.numbers):
            regions.remove(number)

    def cache(self) -> None:
        """Closed and opened."""
        self.session.close_cache(self.session.caches[0])
        self.wait()
        self.session.open_cache(self.demo.cache)
        self.wait()

    def panels(self) -> None:
        """The sheet, the search, help, notices, and both looks."""
        window = self.window
        for _ in range(2):
            window.toggle_sheet()
            self.wait()
        window.focus_search()
        window.search.setText("dark")
        self.wait()
        window.search.clear()
        window.observe.table.view.setFocus()
        for page in ("about", "licence"):
            window.show_help(page)
            window.show_help(page)
        for on in (True, False):
            window.show_notices(on)
        for look in ("dark", "light"):
            window.set_theme(look)
            self.wait()

    def bench(self) -> None:
        """A master dark is begun, and cancelled."""
        self.window.go("bench")
        bench: Any = self.window.place("bench")
        self.select(sorted(self.demo.raw.glob("iris_20260311_dark_*.fits"))[:5])
        page = bench.show_algorithm("master-dark")
        taking = page.findChild(QPushButton, "bench_take_selection")
        assert isinstance(taking, QPushButton)
        taking.click()
        self.qtbot.waitUntil(page.actions_bar.run.isEnabled)
        page.actions_bar.run.click()
        self.session.tasks.cancel_all()
        self.wait()

    def again(self) -> None:
        """Where the round began."""
        self.window.go("observe")
        self.select([])
        self.session.history.clear()


def _there(qtbot: QtBot) -> dict[str, Any]:
    """What there is once all that was let go is gone."""
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[arg-type]
        qtbot.wait(10)
        gc.collect()
    kinds = Counter(
        f"{type(thing).__module__}.{type(thing).__qualname__}"
        for thing in gc.get_objects()
        if str(type(thing).__module__).startswith(_OURS)
    )
    widgets = Counter(type(widget).__name__ for widget in QApplication.allWidgets())
    names = Counter(thread.name.partition("-")[0] for thread in threading.enumerate())
    return {"widgets": widgets, "objects": kinds, "threads": names, "top": len(QApplication.topLevelWidgets())}


def _left(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What each round has left behind."""
    left: dict[str, Any] = {}
    for what in ("widgets", "objects"):
        more = {kind: count - before[what][kind] for kind, count in after[what].items()}
        left |= {kind: count for kind, count in more.items() if count >= ROUNDS}
    if after["top"] > before["top"]:
        left["windows"] = after["top"] - before["top"]
    if after["threads"].total() > before["threads"].total() + 2:
        left["threads"] = after["threads"]
    return left


@pytest.mark.slow
@pytest.mark.parametrize("name", ["observe", "compare", "rules", "regions", "cache", "panels", "bench"])
def test_a_round_leaves_nothing_behind(soaked: MainWindow, demo_night: DemoNight, qtbot: QtBot, name: str) -> None:
    rounds = Rounds(soaked, qtbot, demo_night)
    soaked.open_paths([demo_night.cache, demo_night.raw])
    rounds.wait()
    one: Callable[[], None] = getattr(rounds, name)
    for _ in range(2):
        one()
        rounds.again()
    before, memory = _there(qtbot), resident()
    for _ in range(ROUNDS):
        one()
        rounds.again()
    deadline = time.monotonic() + 60
    while (left := _left(before, _there(qtbot))) and time.monotonic() < deadline:
        qtbot.wait(200)  # a tool tip, or the thread that loads the loops
    assert left == {}
    assert resident() - memory < GROWTH
    assert [notice.text for notice in soaked.session.notices if "defect of the program" in notice.cure] == []
