"""Lines of equal value on a picture, found in the background."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction, QPainterPath
from PySide6.QtWidgets import QFormLayout, QGraphicsPathItem, QMenu, QSpinBox, QWidget, QWidgetAction

from calgui.core.frames.reduction import Pyramid
from calgui.core.jobs import Job
from calgui.core.regions.contours import contours, levels_between, smoothed
from calgui.views.image.canvas import Canvas
from calgui.views.image.look import Look
from calgui.views.tasks import Tasks
from calgui.views.theme import theme

#: contours of a larger picture are those of its reduction by mean
_PIXELS = 1_500_000
_SETTLE_MS = 120


class Contours(QObject):
    """Draws contours while they are wanted; they follow the limits.

    Parameters
    ----------
    tasks : Tasks
        Where they are found.
    key : str
        Begins the keys of the tasks.
    canvas : Canvas
        Where they are drawn.
    look : Look
        Whose picture and limits they are of.
    menu : QMenu
        Gets the entries to choose them.
    before : QAction
        Of the menu; they go before it.
    """

    def __init__(self, tasks: Tasks, key: str, canvas: Canvas, look: Look, menu: QMenu, before: QAction) -> None:
        super().__init__(canvas)
        self._tasks, self._key, self._look = tasks, f"{key}contours", look
        self._item = QGraphicsPathItem(canvas.layer)
        self._item.setZValue(-1)
        self.found: dict[float, int] = {}
        own = QMenu("Contours", menu)
        own.setObjectName("picture_contours_menu")
        menu.insertMenu(before, own)
        self.action = own.addAction("Draw contours")
        self.action.setObjectName("picture_contours")
        self.action.setToolTip("Lines of equal value, in equal steps between the limits")
        self.action.setCheckable(True)
        self.count = _field("picture_contour_levels", "Levels", 5, 1, 30, "Steps between the limits")
        self.sigma = _field(
            "picture_contour_smoothing", "Smoothing", 2, 0, 50, "Gaussian, σ in pixels of what is drawn"
        )
        holder = QWidget()
        form = QFormLayout(holder)
        form.addRow("Levels", self.count)
        form.addRow("Smoothing", self.sigma)
        entry = QWidgetAction(own)
        entry.setDefaultWidget(holder)
        own.addAction(entry)
        self._timer = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._timer.timeout.connect(self._start)
        self.action.toggled.connect(self.refresh)
        self.count.valueChanged.connect(self.refresh)
        self.sigma.valueChanged.connect(self.refresh)
        look.changed.connect(self.refresh)
        theme().changed.connect(self.retheme)
        self.retheme()

    def retheme(self) -> None:
        """Take the colour of the theme."""
        self._item.setPen(pg.mkPen(theme().colour("contour"), width=1))

    def refresh(self, *_: object) -> None:
        """Find them anew, once limits and picture stand still."""
        if not self.action.isChecked() or self._look.drawing is None:
            self._tasks.supersede(self._key)
            self._item.setPath(QPainterPath())
            self.found = {}
            return
        self._timer.start()

    def _start(self) -> None:
        drawing = self._look.drawing
        if drawing is None or not self.action.isChecked():
            return
        limits = self._look.limits
        levels = levels_between(limits.low, limits.high, self.count.value())
        sigma = float(self.sigma.value())

        def work(job: Job) -> dict[float, tuple[Any, ...]]:
            return _find(drawing.picture, levels, sigma, job)

        self._tasks.start("Finding contours", work, self._show, key=self._key, quiet=True)

    def _show(self, found: dict[float, tuple[Any, ...]]) -> None:
        path = QPainterPath()
        for lines in found.values():
            for line in lines:
                path.addPath(pg.arrayToQPath(line[:, 0], line[:, 1]))
        self._item.setPath(path)
        self.found = {level: len(lines) for level, lines in found.items()}


def _find(picture: Pyramid, levels: Any, sigma: float, job: Job) -> dict[float, tuple[Any, ...]]:
    """Contours of the picture, or of a reduction of it."""
    factor = max(1, int(np.ceil(np.sqrt(picture.shape[0] * picture.shape[1] / _PIXELS))))
    whole = picture.best(1)
    if factor > 1 and whole[0] == 1:
        reduced = Pyramid(picture.shape, "mean", whole[1])
        reduced.build(factor, job)
        factor, values = reduced.best(factor)
    else:
        factor, values = picture.best(factor)
    job.check()
    values = smoothed(values, sigma)
    found = {}
    for level in levels:
        job.check()
        found[float(level)] = contours(values, float(level), factor)
    return found


def _field(name: str, title: str, value: int, low: int, high: int, tip: str) -> QSpinBox:
    field = QSpinBox()
    field.setObjectName(name)
    field.setAccessibleName(title)
    field.setToolTip(tip)
    field.setRange(low, high)
    field.setValue(value)
    return field
