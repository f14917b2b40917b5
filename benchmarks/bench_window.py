"""How soon the window is on the screen, and how long its table stops it."""

import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness import Row, bound, compare

#: ends the process as soon as everything that the first painting asked for is painted
_UNTIL_PAINTED = """
import os
from PySide6.QtCore import QTimer
def leave_when_painted(kind):
    paint = kind.paintEvent
    def painted(self, event):
        paint(self, event)
        QTimer.singleShot(0, lambda: os._exit(0))
    kind.paintEvent = painted
"""
_OURS = """
from calgui.views.window import MainWindow
leave_when_painted(MainWindow)
from calgui.cli.main import cli
cli([])
"""
_BARE = """
from PySide6.QtWidgets import QApplication, QMainWindow
import pyqtgraph
leave_when_painted(pyqtgraph.GraphicsLayoutWidget)
app = QApplication([])
window = QMainWindow()
window.resize(1440, 900)
window.setCentralWidget(pyqtgraph.GraphicsLayoutWidget())
window.show()
app.exec()
"""


def measure() -> list[Row]:
    """First window against a bare one, and the longest stall while 10,000 files arrive."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, **{f"XDG_{name}_HOME": home for name in ("CACHE", "CONFIG", "DATA", "STATE")}}
        return [
            compare(
                "first window visible",
                lambda: _run(_OURS, environment),
                "bare PySide6 + pyqtgraph window",
                lambda: _run(_BARE, environment),
                reach=1.5,
                repeat=7,
            ),
            bound("longest stall while 10,000 files arrive in the table", _stall(Path(home)), 0.05),
            *_ten_thousand(Path(home)),
        ]


def _run(script: str, environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-c", _UNTIL_PAINTED + script], env=environment, check=True, timeout=60, capture_output=True
    )


def _stall(folder: Path) -> float:
    """Longest time between two turns of the event loop while rows arrive, are sorted and painted."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from calgui.core.frames.index import FileEntry
    from calgui.views.observations.files import ObservedFiles
    from calgui.views.observations.place import set_apart
    from calgui.views.observations.rows import Row as TableRow
    from calgui.views.observations.table import ObservationTable
    from calgui.views.session import Session
    from calgui.views.settings import keep_in

    keep_in(folder)
    app = QApplication.instance() or QApplication([])
    session = Session()
    files = ObservedFiles(session)
    table = ObservationTable(session, files)
    table.resize(700, 900)
    table.show()
    app.processEvents()
    set_apart()

    def feed() -> None:
        for first in range(0, 10_000, 250):
            entries = [
                FileEntry(folder / f"iris_{number:05d}.fits", 1, 1.0, {"EXPTIME": number % 97, "FILTER": "K"})
                for number in range(first, first + 250)
            ]
            files._read.emit([TableRow(entry) for entry in entries])
            time.sleep(0.005)

    turns = [time.perf_counter()]
    pulse = QTimer(interval=0)
    pulse.timeout.connect(lambda: turns.append(time.perf_counter()))
    pulse.start()
    thread = threading.Thread(target=feed)
    thread.start()
    while thread.is_alive() or table.model.total < 10_000:
        app.processEvents()
    pulse.stop()
    thread.join()
    session.close()
    table.close()
    keep_in(None)
    return max(later - earlier for earlier, later in itertools.pairwise(turns))


def _ten_thousand(folder: Path) -> list[Row]:
    """What a table of 10,000 observations answers to."""
    from PySide6.QtWidgets import QApplication

    from calgui.core.frames.index import FileEntry
    from calgui.views.observations.columns import BUILT_IN, keyword_column
    from calgui.views.observations.files import ObservedFiles
    from calgui.views.observations.filtering import parse
    from calgui.views.observations.rows import Row as TableRow
    from calgui.views.observations.table import ObservationTable
    from calgui.views.session import Session
    from calgui.views.settings import keep_in

    keep_in(folder)
    app = QApplication.instance() or QApplication([])
    session = Session()
    table = ObservationTable(session, ObservedFiles(session))
    table.resize(700, 900)
    table.show()
    table.model.add(
        [
            TableRow(FileEntry(folder / f"iris_{n:05d}.fits", 1, 1.0, {"EXPTIME": n * 7919 % 1000, "AIRMASS": n}))
            for n in range(10_000)
        ]
    )
    app.processEvents()
    exposure = [column.key for column in BUILT_IN].index("EXPTIME")

    def took(*calls: Callable[[], object]) -> float:
        start = time.perf_counter()
        for call in calls:
            call()
        return (time.perf_counter() - start) / len(calls)

    rows = [
        bound("sorting 10,000 observations", took(lambda: table.model.sort(exposure)), 0.05),
        bound("filtering them", took(lambda: table.model.set_query(parse("EXPTIME>500"))), 0.05),
        bound("showing all again", took(lambda: table.model.set_query(parse(""))), 0.05),
        bound("a column more", took(lambda: table.model.set_columns([*BUILT_IN, keyword_column("AIRMASS")])), 0.05),
    ]
    table.view.selectAll()
    app.processEvents()
    rows.append(bound("painting them, all selected", took(*[table.view.grab] * 5), 0.05))
    session.close()
    table.close()
    keep_in(None)
    return rows


if __name__ == "__main__":
    from benchmarks.harness import show

    show(measure())
