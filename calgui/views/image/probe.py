"""The pixel under the cursor and the box that is dragged: what they are, and what is said of them."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QPointF, QRectF, Signal

from calgui.core.frames import dq as flags
from calgui.core.frames.sky import compass, has_sky, sky_reader, sky_text
from calgui.core.frames.statistics import Box, Statistics, statistics
from calgui.core.jobs import Job
from calgui.views.image.canvas import Canvas
from calgui.views.image.content import Content, value_at
from calgui.views.image.readout import Reading, ReadoutRow, StatisticsPanel
from calgui.views.tasks import Tasks


class Probe(QObject):
    """Reads the picture where the user points.

    Signals
    -------
    read(object)
        A `Reading`, or None where the cursor is not on the picture.
    box_changed(object)
        A `Box`, or None when it is taken away.
    oriented(object)
        The `Compass` of the picture, or None where it does not know its place on the sky.

    Parameters
    ----------
    tasks : Tasks
        Where statistics are computed.
    key : str
        Begins the keys of the tasks.
    canvas : Canvas
        Where the user points.
    row, panel : ReadoutRow, StatisticsPanel
        Where it is said.
    """

    read = Signal(object)
    box_changed = Signal(object)
    oriented = Signal(object)

    def __init__(self, tasks: Tasks, key: str, canvas: Canvas, row: ReadoutRow, panel: StatisticsPanel) -> None:
        super().__init__(canvas)
        self._tasks, self._key = tasks, key
        self._canvas, self._row, self._panel = canvas, row, panel
        self._content: Content | None = None
        self._sky: Callable[[float, float], tuple[float, float]] | None = None
        self._sky_of: Any = None
        self.box: Box | None = None
        self.statistics: Statistics | None = None
        #: first column and row of a subarray on its detector, from 0
        self.origin: tuple[int, int] | None = None
        canvas.hovered.connect(self.hover)
        canvas.left.connect(lambda: self._tell(None))
        panel.closed.connect(self.remove_box)

    def forget(self) -> None:
        """Another picture is coming."""
        for what in ("statistics", "sky"):
            self._tasks.supersede(self._key + what)
        self._content = self._sky = self._sky_of = None
        self.remove_box()
        self._tell(None)

    def set_content(self, content: Content) -> None:
        """Point at this picture; a box stays where it is.

        Parameters
        ----------
        content : Content
            That is shown now.
        """
        self._content = content
        if self._sky_of is not content.header:
            self._sky, self._sky_of = None, content.header
            self._find_sky(content)
        if self.box is not None and content.frame is not None:
            self._measure()

    def _find_sky(self, content: Content) -> None:
        self.oriented.emit(None)
        if not has_sky(content.header):
            return
        header, size = dict(content.header), content.size

        def work(_job: Job) -> Any:
            return sky_reader(header), compass(header, (size[1] - 1) / 2, (size[0] - 1) / 2)

        def found(both: Any) -> None:
            self._sky, there = both
            self.oriented.emit(there)

        self._tasks.start("Reading coordinates", work, found, key=self._key + "sky", quiet=True)

    def hover(self, point: QPointF) -> None:
        """Read a pixel.

        Parameters
        ----------
        point : QPointF
            In pixels of the picture.
        """
        content = self._content
        x, y = round(point.x()), round(point.y())
        if content is None or not (0 <= x < content.size[1] and 0 <= y < content.size[0]):
            self._tell(None)
            return
        values, dq = content.values, content.dq
        value = None if values is None else value_at(values, x, y)
        bits = int(dq[y, x]) if dq is not None else 0
        info = content.info
        if info is not None and info.name.endswith("DQ") and value is not None and value == value:
            bits = int(value)
        sky = sky_text(*self._sky(x, y)) if self._sky is not None else ""
        self._tell(Reading(x, y, value, content.unit, flags.decode(bits), bits, sky, self.origin))

    def _tell(self, reading: Reading | None) -> None:
        self._row.show_reading(reading)
        self.read.emit(reading)

    def drag(self, start: QPointF, end: QPointF, finished: bool) -> None:
        """Draw the box from one place to another.

        Parameters
        ----------
        start, end : QPointF
            In pixels of the picture.
        finished : bool
            Whether the button was let go.
        """
        if self._content is None:
            return
        rect = QRectF(start, end).normalized()
        box = Box.around(rect.left(), rect.top(), rect.right(), rect.bottom(), self._content.size)
        if box is not None:
            self.show_box(box, measure=finished)

    def show_box(self, box: Box, measure: bool = True) -> None:
        """Put a box on the picture and measure what is in it.

        Parameters
        ----------
        box : Box
            Inside the picture.
        measure : bool
            Not while it is still being dragged.
        """
        self.box = box
        self._canvas.show_box(
            QRectF(box.x_start - 0.5, box.y_start - 0.5, box.x_stop - box.x_start, box.y_stop - box.y_start)
        )
        if measure:
            self._measure()
            self.box_changed.emit(box)

    def remove_box(self) -> None:
        """Take the box away."""
        had, self.box, self.statistics = self.box is not None, None, None
        self._canvas.show_box(None)
        self._panel.hide()
        if had:
            self._tasks.supersede(self._key + "statistics")
            self.box_changed.emit(None)

    def _measure(self) -> None:
        content, box = self._content, self.box
        values = content.values if content is not None else None
        if content is None or box is None or values is None:
            return
        dq = content.dq
        part = values[box.slices]
        bits = None if dq is None else dq[box.slices]
        self.statistics = None
        self._panel.show_statistics(box, None, content.unit)

        def measured(found: Statistics) -> None:
            self.statistics = found
            self._panel.show_statistics(box, found, content.unit)

        self._tasks.start(
            "Statistics of the box",
            lambda _job: statistics(part, bits),
            measured,
            key=self._key + "statistics",
            quiet=True,
        )
