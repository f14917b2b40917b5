"""Measures regions in the background, again and again while one is being dragged."""

from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from calgui.core.errors import Cancelled
from calgui.core.jobs import Job
from calgui.core.regions.measure import Measured, measure
from calgui.core.regions.shapes import Shape
from calgui.views.image.content import Content
from calgui.views.image.regions.region_set import RegionSet
from calgui.views.tasks import Tasks

#: figures follow a drag at most this often
_STEP_MS = 25


class Measurer(QObject):
    """The figures of all regions of a set on one picture.

    Signals
    -------
    measured(int)
        Figures of a region are there, or new.

    Parameters
    ----------
    tasks : Tasks
        Where the work is done.
    regions : RegionSet
        What is measured.
    parent : QObject, optional
    """

    measured = Signal(int)

    def __init__(self, tasks: Tasks, regions: RegionSet, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._content: Content | None = None
        self.found: dict[int, Measured] = {}
        self._dirty: set[int] = set()
        self._running = False
        self._turn = 0
        self._timer = QTimer(self, singleShot=True, interval=_STEP_MS)
        self._timer.timeout.connect(self._start)
        self.regions = regions
        self._listen(True)

    @property
    def idle(self) -> bool:
        """Whether all figures are those of the regions as they are."""
        return not (self._running or self._dirty)

    def _listen(self, on: bool) -> None:
        regions = self.regions
        for signal, slot in (
            (regions.added, self._want),
            (regions.changed, self._want),
            (regions.removed, self._forget),
        ):
            if on:
                signal.connect(slot)
            else:
                signal.disconnect(slot)

    def show(self, regions: RegionSet) -> None:
        """Measure another set.

        Parameters
        ----------
        regions : RegionSet
            In pixels of the same picture.
        """
        self._listen(False)
        self.regions = regions
        self._listen(True)
        self.set_content(self._content)

    def set_content(self, content: Content | None) -> None:
        """Measure on another picture.

        Parameters
        ----------
        content : Content or None
            What is shown now.
        """
        self._turn += 1
        self._content = content
        self.found.clear()
        for number in self.regions.numbers:
            self._want(number)

    def _forget(self, number: int) -> None:
        self.found.pop(number, None)
        self._dirty.discard(number)

    def _want(self, number: int) -> None:
        self._dirty.add(number)
        if not self._timer.isActive():
            self._timer.start()

    def _start(self) -> None:
        content = self._content
        values = content.values if content is not None else None
        if content is None or values is None or self._running or not self._dirty:
            return
        wanted = {number: self.regions[number].shape for number in self._dirty if number in self.regions}
        self._dirty.clear()
        self._running = True
        turn, dq, err = self._turn, content.dq, content.err

        def work(job: Job) -> dict[int, Measured]:
            return _measure_all(wanted, values, err, dq, job)

        self._tasks.start("Measuring regions", work, lambda found: self._take(turn, found), self._failed, quiet=True)

    def _take(self, turn: int, found: dict[int, Measured]) -> None:
        if not isValid(self):  # the picture went while its regions were measured
            return
        self._running = False
        if turn == self._turn:
            for number, measured in found.items():
                if number in self.regions:
                    self.found[number] = measured
                    self.measured.emit(number)
        if self._dirty:
            self._timer.start()

    def _failed(self, error: Exception) -> None:
        self._running = False
        if not isinstance(error, Cancelled):
            raise error


def _measure_all(wanted: dict[int, Shape], values: Any, err: Any, dq: Any, job: Job) -> dict[int, Measured]:
    found = {}
    for number, shape in wanted.items():
        job.check()
        found[number] = measure(shape, values, err, dq)
    return found
