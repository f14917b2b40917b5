"""Outlines of the subarrays that were read beside a full frame, with their numbers."""

from contextlib import suppress

import pyqtgraph as pg
from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QBrush, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QGraphicsSimpleTextItem

from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.subarrays.layout import MAP, Subarray, parse_map
from calgui.core.errors import CalguiError
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.views.image.canvas import Canvas
from calgui.views.image.content import Content
from calgui.views.tasks import Tasks
from calgui.views.theme import theme


class Outlines(QObject):
    """Draws where subarrays lie, in pictures of frames that have their map.

    Parameters
    ----------
    tasks : Tasks
        Where the map is looked at.
    key : str
        Begins the keys of the tasks.
    canvas : Canvas
        Where they are drawn.
    """

    def __init__(self, tasks: Tasks, key: str, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._tasks, self._key = tasks, f"{key}subarrays"
        self._frame: Frame | None = None
        self._item = QGraphicsPathItem(canvas.layer)
        self._item.setZValue(5)
        self._labels: list[QGraphicsSimpleTextItem] = []
        self.found: tuple[Subarray, ...] = ()
        theme().changed.connect(self.retheme)
        self.retheme()

    def set_content(self, content: Content | None) -> None:
        """Outline the subarrays of another picture.

        Parameters
        ----------
        content : Content or None
            What is shown now.
        """
        frame = content.frame if content is not None else None
        if frame is self._frame:
            return
        self._frame = frame
        self._show(())
        if frame is None or MAP not in frame.planes:
            self._tasks.supersede(self._key)
            return

        def work(job: Job) -> tuple[Subarray, ...]:
            # a map that is none is told by the algorithms; here it is not drawn
            with suppress(CalguiError):
                return parse_map(frame, job)
            return ()

        self._tasks.start("Looking at subarrays", work, self._show, key=self._key, quiet=True)

    def retheme(self) -> None:
        """Take the colour of the theme."""
        self._item.setPen(pg.mkPen(theme().colour("region"), width=2))
        for number, label in enumerate(self._labels):
            colour = theme().colour("region" if number % 2 else "surface")
            label.setBrush(QBrush(colour))
            label.setPen(QPen(Qt.PenStyle.NoPen) if number % 2 else QPen(colour, 4))

    def _show(self, found: tuple[Subarray, ...]) -> None:
        scene = self._item.scene()
        for label in self._labels:
            if scene is not None:
                scene.removeItem(label)
        self._labels, self.found = [], found
        path = QPainterPath()
        region = region_of(self._frame) if self._frame is not None and found else None
        for one in found:
            assert region is not None
            x, y = one.x - 1 - region.x - 0.5, one.y - 1 - region.y - 0.5
            path.addRect(QRectF(x, y, one.nx, one.ny))
            # twice, the first time on an edge, so that it is read on every tone
            for _ in range(2):
                label = QGraphicsSimpleTextItem(str(one.id), self._item)
                label.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
                label.setPos(x, y + one.ny)
                self._labels.append(label)
        self._item.setPath(path)
        self.retheme()
