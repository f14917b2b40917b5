"""Comparing pictures: blinking and splitting two of 4096² against drawing one, and figures of a region."""

import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEventLoop, QRectF
from PySide6.QtWidgets import QApplication

from benchmarks.harness import Row, compare, seconds
from calgui.core.frames.frame import Frame
from calgui.core.frames.statistics import statistics as figures
from calgui.core.frames.writing import write_frame
from calgui.core.regions.measure import measure as measure_region
from calgui.core.regions.shapes import Rectangle
from calgui.views.compare.pictures import PicturesPage
from calgui.views.image import ImageView
from calgui.views.session import Session

SIDE = 4096
#: pictures to a round, so that a round is long enough to be timed
TURNS = 10


def measure() -> list[Row]:
    """Time comparing.

    Returns
    -------
    list of Row
    """
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    session = Session()
    page = PicturesPage(session)
    page.resize(1300, 1000)
    page.show()
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number in range(2):
            data = np.random.default_rng(number).normal(100, 9, (SIDE, SIDE)).astype(np.float32)
            paths.append(write_frame(Frame(data), Path(folder) / f"{number}.fits"))
        page.show_paths(paths)
        while any(cell.view.drawing is None for cell in page.cells) or session.tasks.running:
            app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 1000)
        one = page.cells[0].view
        one.look_at(SIDE / 2, SIDE / 2, 900)
        seen = one.canvas.box_view.viewRect()
        rows = [_blink(app, page, one, seen), _split(app, page, one, seen), _region(data)]
    session.close()
    page.close()
    return rows


def _drawn(app: QApplication, step: Callable[[int], object]) -> Callable[[], None]:
    """Do something several times, each on the screen before the next."""

    def turns() -> None:
        for number in range(TURNS):
            step(number)
            app.processEvents()

    return turns


def _blink(app: QApplication, page: PicturesPage, one: ImageView, seen: QRectF) -> Row:
    """Another picture in front, against drawing one anew."""
    page.board.set_interval(3600.0)  # the turns are ours
    page.bar.set_way("blink")
    app.processEvents()

    def moved(number: int) -> None:
        one.canvas.show_rect(seen.translated(7.0 * (number + 1), 3.0 * number))

    def theirs() -> None:
        page.bar.set_way("one")
        page.show_frame(0)
        app.processEvents()
        others.append(seconds(_drawn(app, moved)))
        page.bar.set_way("blink")
        app.processEvents()

    spent: list[float] = []
    others: list[float] = []
    for _ in range(16):
        spent.append(seconds(_drawn(app, lambda _number: page.board.step())))
        theirs()
    return _row("blinking two of 4096²", spent, others)


def _split(app: QApplication, page: PicturesPage, one: ImageView, seen: QRectF) -> Row:
    """Moving a split of two pictures, against moving one."""

    def moved(view: ImageView) -> Callable[[int], None]:
        return lambda number: view.canvas.show_rect(seen.translated(7.0 * (number + 1), 3.0 * number))

    page.bar.set_way("one")
    page.show_frame(0)
    app.processEvents()
    alone = _drawn(app, moved(one))

    def ours() -> None:
        page.bar.set_way("split")
        app.processEvents()
        spent.append(seconds(alone))

    def theirs() -> None:
        page.bar.set_way("one")
        page.show_frame(0)
        app.processEvents()
        others.append(seconds(alone))

    # changing from one to the other is no part of what is timed
    spent: list[float] = []
    others: list[float] = []
    for _ in range(16):
        ours()
        theirs()
    return _row("moving a split of two of 4096²", spent, others)


def _row(what: str, spent: list[float], others: list[float]) -> Row:
    """Times of ten pictures, against those of moving one; the first round is left out."""
    pairs = list(zip(spent, others, strict=True))[1:]
    ratio = statistics.median(mine / other for mine, other in pairs)
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Row(f"{what}, ten times", "moving one, ten times", mine, other, ratio, 1.0, "at most")


def _region(data: "np.ndarray[tuple[int, int], np.dtype[np.float32]]") -> Row:
    """Figures, histogram and profiles of a region, against its statistics alone."""
    shape = Rectangle(2000, 2000, 500, 500)
    part = data[1751:2250, 1751:2250]
    return compare(
        "a region of 500² with histogram and profiles",
        lambda: measure_region(shape, data),
        "its statistics alone",
        lambda: figures(part),
        3.0,
        repeat=9,
    )
