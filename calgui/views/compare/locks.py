"""Keeps several pictures together: zoom and position, limits and tones, cursor; by pixel or by sky."""

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QObject, QPointF, QRectF, QSignalBlocker, QTimer, Signal

from calgui.core.jobs import Job
from calgui.core.regions.alignment import Alignment, by_sky
from calgui.views.compare.cell import Cell, letter
from calgui.views.session import Session

By = Literal["off", "pixel", "sky"]


class Locks(QObject):
    """What one picture does, the others do.

    Signals
    -------
    pointed(object)
        Place of the cursor on the common surface (QPointF), or None.
    aligned()
        Pictures lie otherwise on the surface.
    failed(str)
        Why a picture could not be laid by the sky.

    Parameters
    ----------
    session : Session
        Whose tasks ask the coordinates.
    parent : QObject, optional
    """

    pointed = Signal(object)
    aligned = Signal()
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.cells: list[Cell] = []
        self.by: By = "pixel"
        self.limits = False
        self._busy = False
        #: the part of the surface that the user looks at; None is all of the first picture
        self.aim: QRectF | None = None
        self._first: QRectF | None = None
        #: what is computed from the pictures, and goes where they go
        self.result: Cell | None = None
        #: how each picture lies on the first one
        self.alignments: dict[int, Alignment] = {}
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._align)

    def set_cells(self, cells: Sequence[Cell]) -> None:
        """Keep other pictures together.

        Parameters
        ----------
        cells : sequence of Cell
            The first says how the others lie.
        """
        for cell in self.cells:
            if cell not in cells:
                cell.view.disconnect(self)
        fresh = [cell for cell in cells if cell not in self.cells]
        self.cells = list(cells)
        for cell in fresh:
            self._listen(cell)
        self._timer.start()

    def _listen(self, cell: Cell) -> None:
        view = cell.view
        view.canvas.moved.connect(lambda: self._moved(cell))
        view.canvas.hovered.connect(lambda at: self._point(cell, at))
        view.canvas.left.connect(lambda: self._point(cell, None))
        view.look.changed.connect(lambda: self._toned(cell))
        view.shown.connect(lambda _path: self._timer.start())

    def set_by(self, by: By) -> None:
        """Lock by something else, or not at all.

        Parameters
        ----------
        by : str
            ``off``, ``pixel`` or ``sky``.
        """
        if self.by == "off" and self.cells:
            self.aim = self.cells[0].view.canvas.aim
        self.by = by
        self._timer.start()

    def set_limits(self, on: bool) -> None:
        """Draw all pictures by the same limits and tones, or each by its own."""
        self.limits = on
        if on and self.cells:
            self._toned(self.cells[0])

    # ---- where they lie

    def _align(self) -> None:
        """Lay the pictures on the first one."""
        contents = [cell.view.content for cell in self.cells]
        if not self.cells or contents[0] is None:
            return
        if self.by != "sky":
            self._take({place: self._by_pixel(place) for place in range(len(self.cells))})
            return
        first = dict(contents[0].header)
        others = {
            place: (dict(content.header), content.size)
            for place, content in enumerate(contents)
            if content is not None and place > 0
        }

        def work(job: Job) -> dict[int, Alignment | None]:
            found: dict[int, Alignment | None] = {0: Alignment()}
            for place, (header, size) in others.items():
                job.check()
                found[place] = by_sky(header, first, size)
            return found

        asked = list(self.cells)
        self._session.tasks.start(
            "Laying pictures on the sky",
            work,
            lambda found: self._take_sky(found) if asked == self.cells else None,
            key="compare-sky",
            quiet=True,
        )

    def _by_pixel(self, place: int) -> Alignment | None:
        """By the pixels of the detector, where headers say which those are."""
        if self.by == "off":
            return None
        here, first = self.cells[place].view.placing.region, self.cells[0].view.placing.region
        x, y = (here.x, here.y) if here is not None else (0, 0)
        x0, y0 = (first.x, first.y) if first is not None else (0, 0)
        return Alignment(dx=float(x - x0), dy=float(y - y0))

    def _take_sky(self, found: dict[int, Alignment | None]) -> None:
        if self.by != "sky":
            return
        without = [letter(place) for place, one in found.items() if one is None]
        if without:
            self.failed.emit(f"{', '.join(without)}: no common coordinates on the sky with A; laid by pixel instead.")
        self._take({place: one if one is not None else self._pixel(place) for place, one in found.items()})

    def _pixel(self, place: int) -> Alignment:
        by, self.by = self.by, "pixel"
        try:
            return self._by_pixel(place) or Alignment()
        finally:
            self.by = by

    def _take(self, found: dict[int, Alignment | None]) -> None:
        known = {place: one or Alignment() for place, one in found.items()}
        changed = known != self.alignments
        self.alignments = known
        for place, one in found.items():
            if place < len(self.cells):
                self.cells[place].lay(one)
        first = self.cells[0].view.canvas.extent
        if first != self._first:
            self._first, self.aim = first, None
        for cell in self.cells:
            self.catch_up(cell)
        if changed:
            self.aligned.emit()

    # ---- what is kept together

    def follow(self, result: Cell) -> None:
        """Let what is computed from the pictures go where they go, and they where it goes.

        Parameters
        ----------
        result : Cell
            Lies on the surface as one of them does.
        """
        self.result = result
        result.view.canvas.moved.connect(lambda: self._moved(result))

    def _moved(self, cell: Cell) -> None:
        """The user looks elsewhere; that a picture became smaller or larger on the screen is no such thing."""
        together = [*self.cells, *([self.result] if self.result is not None else [])]
        if self.by == "off" or cell not in together:
            return
        self.aim = cell.view.canvas.aim
        for other in together:
            if other is not cell:
                other.view.canvas.show_rect(self.aim)

    def catch_up(self, cell: Cell) -> None:
        """Show in a picture what the user looks at in all of them.

        Parameters
        ----------
        cell : Cell
            That comes to the front.
        """
        if self.by != "off" and self.cells:
            aim = self.aim if self.aim is not None else self.cells[0].view.canvas.extent
            cell.view.canvas.show_rect(aim)

    def _point(self, cell: Cell, at: QPointF | None) -> None:
        if cell not in self.cells:
            return
        surface = None if at is None else cell.view.canvas.to_surface(at.x(), at.y())
        for other in self.cells:
            if other is cell or surface is None or self.by == "off":
                other.cursor.hide()
            else:
                there = other.view.canvas.to_picture(surface)
                other.cursor.show_at(there.x(), there.y())
        self.pointed.emit((cell, at, surface) if at is not None else None)

    def _toned(self, cell: Cell) -> None:
        if self._busy or not self.limits or cell not in self.cells or cell.view.look.drawing is None:
            return
        self._busy = True
        try:
            for other in self.cells:
                if other is not cell:
                    _copy_look(cell, other)
        finally:
            self._busy = False


def _copy_look(source: Cell, target: Cell) -> None:
    """Limits, stretch, colours and inversion."""
    mine, other = source.view, target.view
    for name in ("stretch", "colours"):
        chosen = getattr(mine.bar, name).currentText()
        getattr(other.bar, name).setCurrentText(chosen)
    other.bar.invert.setChecked(mine.bar.invert.isChecked())
    if other.limits != mine.limits:
        with QSignalBlocker(other.bar.limits):
            other.bar.limits.setCurrentText("manual")
        other.look.show_limits(mine.limits)
