"""Brings a picture to the screen in the background: reading, a first look at large files, reductions, limits."""

import math
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QSize, QTimer, Signal

from calgui.core.frames.limits import Limits, LimitsName, find_limits
from calgui.core.frames.reduction import Reduction
from calgui.core.jobs import Job
from calgui.views.image.content import Content, Drawing, prepare
from calgui.views.image.item import SMALL
from calgui.views.image.loader import Opened, Wanted, open_file, read_all
from calgui.views.tasks import Tasks


class PictureReader(QObject):
    """The background work of one image view; newer work of a kind supersedes older.

    Signals
    -------
    looked(Content, Opened)
        A first look at a large file can be drawn.
    ready(Content, Drawing)
        A picture can be drawn.
    blank(object)
        There is nothing to draw: a `Content` without pixels, or an `Opened` without an image.
    failed(Wanted, Exception)
        A file could not be read.
    reduced()
        A reduction that was asked for is there.

    Parameters
    ----------
    tasks : Tasks
        Where the work is done.
    key : str
        Begins the keys of the tasks.
    place : callable
        Gives the size of the place for the picture, in device pixels.
    parent : QObject, optional
    """

    looked = Signal(object, object)
    ready = Signal(object, object)
    blank = Signal(object)
    failed = Signal(object, object)
    reduced = Signal()

    def __init__(self, tasks: Tasks, key: str, place: Callable[[], QSize], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._key = key
        self._place = place
        self._asked = 0
        self._turn = 0

    def forget(self) -> None:
        """Drop the work for the picture before."""
        for what in ("open", "prepare", "level"):
            self._tasks.supersede(self._key + what)
        self._asked = 0
        self._turn += 1

    def _start(self, title: str, what: str, work: Any, done: Any, failed: Any = None) -> None:
        self._tasks.start(title, work, done, failed, key=self._key + what, quiet=True)

    def open(self, wanted: Wanted, layer: str, how: Reduction, limits: Limits | LimitsName, quick: bool) -> None:
        """Read a file.

        Parameters
        ----------
        wanted : Wanted
            Which picture of which file.
        layer : str
            ``SCI``, ``ERR`` or ``DQ``.
        how : str
            Reduction.
        limits : Limits or str
            Fixed, or the way to find them.
        quick : bool
            Whether a first look will do to begin with.
        """
        place = self._place()
        self._turn += 1
        turn = self._turn

        def opened(found: Opened) -> None:
            if found.wanted.hdu is None:
                self.blank.emit(found)
            elif found.picture is None:
                self.take(Content.of_file(found, layer), how, limits)
            else:
                self.looked.emit(Content.of_file(found, layer), found)
                # painting comes first: the picture is on the screen before its pixels are in memory
                QTimer.singleShot(0, self, lambda: self._read_rest(turn, found, how, limits))

        self._start(
            f"Reading {wanted.path.name}",
            "open",
            lambda job: open_file(wanted, (place.height(), place.width()), how, quick, job),
            opened,
            lambda error: self.failed.emit(wanted, error),
        )

    def _read_rest(self, turn: int, found: Opened, how: Reduction, limits: Limits | LimitsName) -> None:
        if turn != self._turn:
            return
        self._start(
            f"Reading {found.wanted.path.name}",
            "open",
            lambda job: read_all(found, job),
            lambda whole: self.take(Content.of_file(whole), how, limits, (whole.picture, whole.flags)),
            lambda error: self.failed.emit(found.wanted, error),
        )

    def take(
        self, content: Content, how: Reduction, limits: Limits | LimitsName, earlier: tuple[Any, Any] = (None, None)
    ) -> None:
        """Compute what drawing needs: at once for a small picture.

        Parameters
        ----------
        content : Content
            With its pixels.
        how : str
            Reduction.
        limits : Limits or str
            Fixed, or the way to find them.
        earlier : tuple
            Reductions of the picture and its flags that are there already.
        """
        values, dq = content.values, content.dq
        if values is None or 0 in content.size:
            self.blank.emit(content)
            return
        factor = self._fit_factor(content.size)

        def compute(job: Job) -> Drawing:
            return prepare(values, dq, factor, how, limits, earlier, job)

        if values.size <= SMALL:
            self._tasks.supersede(self._key + "prepare")
            self.ready.emit(content, compute(Job()))
        else:
            self._start(
                f"Drawing {content.name}", "prepare", compute, lambda drawing: self.ready.emit(content, drawing)
            )

    def _fit_factor(self, size: tuple[int, int]) -> int:
        place = self._place()
        return max(1, math.ceil(size[0] / max(place.height(), 1)), math.ceil(size[1] / max(place.width(), 1)))

    def find_limits(self, values: Any, name: LimitsName, found: Callable[[Limits], None]) -> None:
        """Find limits from every pixel.

        Parameters
        ----------
        values : ndarray
            The picture.
        name : str
            The way.
        found : callable
            Called with them in the main thread.
        """
        self._start("Finding limits", "prepare", lambda _job: find_limits(values, name), found)

    def reduce(self, drawing: Drawing, factor: int) -> None:
        """Reduce a picture by one more factor; until then the nearest is drawn.

        Parameters
        ----------
        drawing : Drawing
            Of the picture.
        factor : int
            That is asked for while painting.
        """
        if factor == self._asked:
            return
        self._asked = factor

        def build(job: Job) -> None:
            drawing.picture.build(factor, job)
            if drawing.flags is not None:
                drawing.flags.build(factor, job)

        def done(_nothing: object) -> None:
            self._asked = 0
            self.reduced.emit()

        self._start("Reducing the picture", "level", build, done)
