"""The picture: from file to screen, changing limits, and the window's answers while a master dark runs."""

import itertools
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from benchmarks.harness import Row, bound, compare, seconds
from calgui.core.frames.fits import open_frame
from calgui.core.frames.frame import Frame
from calgui.core.frames.limits import Limits
from calgui.core.frames.writing import write_frame
from calgui.core.jobs import Job
from calgui.views.image import ImageView
from calgui.views.session import Session

SIDE = 4096
FRAMES = 9
#: a stall of the event loop that a user does not notice
STALL = 0.05


def measure() -> list[Row]:
    """Time the picture.

    Returns
    -------
    list of Row
    """
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    rng = np.random.default_rng(4096)
    image = rng.normal(100, 9, (SIDE, SIDE)).astype(np.float32)
    session = Session()
    view = ImageView(session)
    view.resize(1000, 900)
    view.show()
    with tempfile.TemporaryDirectory() as folder:
        path = write_frame(Frame(image, header={"BUNIT": "electron"}), Path(folder) / "image.fits")
        rows = [_file_to_screen(app, view, path), _limits(app, view, path, image), _stall(app, session, view, folder)]
    session.close()
    view.close()
    return rows


def _until(app: QApplication, reached: Callable[[], bool]) -> None:
    while not reached():
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 1000)


def _file_to_screen(app: QApplication, view: ImageView, path: Path) -> Row:
    with open_frame(path) as frame:
        offset = path.stat().st_size - (SIDE * SIDE * 4 + (-SIDE * SIDE * 4) % 2880)
        assert np.isfinite(frame.data_rows(0, 1)).all()

    def raw() -> Any:
        return np.fromfile(path, ">f4", SIDE * SIDE, offset=offset).byteswap().view(np.float32)

    assert np.isfinite(raw()).all()
    other = path.with_name("other.fits")
    shutil.copy(path, other)
    turn = itertools.cycle((path, other))
    drawn: list[float] = []
    coming: list[bool] = []
    view.reader.looked.connect(lambda *_: coming.append(True))
    view.item.drawn.connect(lambda _factor: drawn.append(time.perf_counter()) if coming else None)

    def ours() -> None:
        app.processEvents()
        before = view.drawing
        drawn.clear()
        coming.clear()
        start = time.perf_counter()
        view.show_file(next(turn))
        _until(app, lambda: bool(drawn))
        spent.append(drawn[0] - start)
        # what follows (pixels, histogram) is not on the way to the screen
        _until(app, lambda: view.drawing is not None and view.drawing is not before)

    spent: list[float] = []
    return _timed("4096² file to pixels on screen", ours, spent, "np.fromfile + byteswap", raw, 1.1)


def _timed(what: str, ours: Callable[[], None], spent: list[float], peer: str, theirs: Any, reach: float) -> Row:
    """As `compare`, for something that times a part of itself."""
    ours()
    theirs()
    spent.clear()
    others = []
    for _ in range(9):
        ours()
        others.append(seconds(theirs))
    ratio = statistics.median(mine / other for mine, other in zip(spent, others, strict=True))
    return Row(what, peer, statistics.median(spent), statistics.median(others), ratio, reach, "at most")


def _limits(app: QApplication, view: ImageView, path: Path, image: Any) -> Row:
    bare = pg.GraphicsView()
    bare.resize(view.canvas.size())
    box = pg.ViewBox(lockAspect=True)
    bare.setCentralItem(box)
    item = pg.ImageItem(image, axisOrder="row-major")
    box.addItem(item)
    box.setRange(item.boundingRect(), padding=0)
    bare.show()
    app.processEvents()
    view.show_file(path)
    _until(app, lambda: view.drawing is not None)
    shift = iter(np.linspace(0, 5, 1000).tolist())

    def ours() -> None:
        by = next(shift)
        view.set_limits(Limits(80 + by, 130 + by))
        view.canvas.grab()

    def theirs() -> None:
        by = next(shift)
        item.setLevels((80 + by, 130 + by))
        bare.grab()

    row = compare("changing limits on 4096²", ours, "ImageItem.setLevels + grab", theirs, 1.2, repeat=9)
    bare.close()
    return row


def _stall(app: QApplication, session: Session, view: ImageView, folder: str) -> Row:
    """The longest time between two turns of the event loop while the whole master dark runs."""
    from calgui.core.algorithms.geometry import cut_out
    from calgui.core.algorithms.registry import algorithm

    dark = algorithm("master-dark")
    paths = []
    for number in range(FRAMES):
        rng = np.random.default_rng(number)
        data = rng.normal(0.025, 0.05, (SIDE, SIDE)).astype(np.float32)
        header = {"BUNIT": "electron/s", "EXPTIME": 100.0, "DETECTOR": "IRIS1", "EXP_TYPE": "DARK"}
        paths.append(write_frame(Frame(data, header=header), Path(folder) / f"dark{number}.fits"))
    sources = [open_frame(path) for path in paths]
    results: list[Any] = []
    failures: list[Exception] = []

    def run() -> None:
        session.tasks.start(
            "Master dark", lambda job: dark.run(sources, {}, dark.config(), job), results.append, failures.append
        )

    # kernels are compiled once and kept; that is not what is measured here
    small = [cut_out(source, slice(0, 64), slice(0, 64)) for source in sources]
    dark.run(small, {}, dark.config(), Job())
    turns: list[float] = []
    timer = QTimer()
    timer.setInterval(0)
    timer.timeout.connect(lambda: turns.append(time.perf_counter()))
    timer.start()
    run()
    _until(app, lambda: bool(results or failures))
    timer.stop()
    for source in sources:
        source.close()
    if failures:
        raise failures[0]
    worst = max(later - earlier for earlier, later in itertools.pairwise(turns))
    return bound("longest stall of the event loop, master dark of 4096²", worst, STALL)
