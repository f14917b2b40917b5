"""Thousands of marks, their arrows and a grid on a picture: two graphics items, however many marks there are."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPen

from calgui.views.workbench.marks.signs import ARROW, CHOSEN, EDGE, Sign, pixmap

Places = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

#: points of the screen that a sign is wide: between these, by how far apart the marks are seen
_SMALLEST, _LARGEST = 5, 15
#: of the distance between two marks that a sign takes
_SHARE = 0.5
#: tip of an arrow: its length in points of the screen at most, as a part of the arrow at most
_TIP, _TIP_PART = 7.0, 0.4
#: pixels beyond the outermost mark that may be drawn on
_BEYOND = 1e5


class MarksItem(pg.GraphicsObject):
    """Signs that keep their size on the screen.

    Parameters
    ----------
    parent : QGraphicsItem
        In whose pixels the places are.
    """

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self.setZValue(12)
        self._x = self._y = np.zeros(0)
        self._state: Numbers = np.zeros(0, np.int64)
        self._signs: tuple[Sign, ...] = ()
        self._spacing = np.inf
        self._chosen: int | None = None
        #: signs that were drawn at the last painting
        self.drawn = 0

    def set_marks(self, x: Places, y: Places, state: Numbers, signs: tuple[Sign, ...], spacing: float) -> None:
        """Draw these.

        Parameters
        ----------
        x, y : ndarray of float64, shape (n,)
            Pixels of the picture.
        state : ndarray of int, shape (n,)
            Index into `signs`; -1 is not drawn.
        signs : tuple of Sign
            One for each state.
        spacing : float
            Pixels from a mark to the next, which decides how large the signs are.
        """
        self._x, self._y, self._state, self._signs, self._spacing = x, y, state, signs, spacing
        self.update()

    def choose(self, index: int | None) -> None:
        """Put a ring about one of them.

        Parameters
        ----------
        index : int or None
            None takes it away.
        """
        self._chosen = index
        self.update()

    def boundingRect(self) -> QRectF:
        """All of the picture and beyond: signs are small, and paint looks itself what is seen."""
        return QRectF(-_BEYOND, -_BEYOND, 2 * _BEYOND, 2 * _BEYOND)

    def side(self, scale: float) -> int:
        """How large signs are drawn.

        Parameters
        ----------
        scale : float
            Points of the screen to a pixel of the picture.

        Returns
        -------
        int
            Points of the screen.
        """
        wanted = _SHARE * self._spacing * scale
        return int(np.clip(wanted, _SMALLEST, _LARGEST)) if np.isfinite(wanted) else _LARGEST

    def paint(self, painter: QPainter, _option: Any, widget: Any = None) -> None:
        """Draw those that are seen, each as a small picture that was drawn once."""
        to = painter.transform()
        ratio = widget.devicePixelRatioF() if widget is not None else 1.0
        scale = float(np.hypot(to.m11(), to.m12()))
        side = self.side(scale)
        seen = painter.viewport()
        x = to.m11() * self._x + to.m21() * self._y + to.dx()
        y = to.m12() * self._x + to.m22() * self._y + to.dy()
        with np.errstate(invalid="ignore"):
            inside = (x > -side) & (x < seen.width() + side) & (y > -side) & (y < seen.height() + side)
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.drawn = 0
        for number, sign in enumerate(self._signs):  # what is odd lies above what is well
            which = np.flatnonzero(inside & (self._state == number))
            picture = pixmap(sign, side, ratio)
            half = picture.deviceIndependentSize().width() / 2
            for left, top in zip((x[which] - half).tolist(), (y[which] - half).tolist(), strict=True):
                painter.drawPixmap(QPointF(left, top), picture)
            self.drawn += which.size
        if self._chosen is not None and self._chosen < x.size and np.isfinite(x[self._chosen] + y[self._chosen]):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            middle, radius = QPointF(float(x[self._chosen]), float(y[self._chosen])), side / 2 + 6
            for colour, width in ((EDGE, 5.0), (CHOSEN, 2.4)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(middle, radius, radius)
        painter.restore()


class LinesItem(pg.GraphicsObject):
    """Lines on an edge: the arrows of marks, or a grid.

    Parameters
    ----------
    parent : QGraphicsItem
        In whose pixels they are.
    """

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self.setZValue(11)
        self._ends: tuple[Places, Places, Places, Places] = (np.zeros(0),) * 4
        self._tips = False
        self.colour = ARROW

    def set_lines(self, x: Places, y: Places, to_x: Places, to_y: Places, tips: bool) -> None:
        """Draw these.

        Parameters
        ----------
        x, y, to_x, to_y : ndarray of float64, shape (n,)
            From where to where, pixels of the picture; one with a NaN is left out.
        tips : bool
            Whether they are arrows.
        """
        there = np.isfinite(x) & np.isfinite(y) & np.isfinite(to_x) & np.isfinite(to_y)
        self._ends = (x[there], y[there], to_x[there], to_y[there])
        self._tips = tips
        self.update()

    def boundingRect(self) -> QRectF:
        """As of `MarksItem`."""
        return QRectF(-_BEYOND, -_BEYOND, 2 * _BEYOND, 2 * _BEYOND)

    @property
    def count(self) -> int:
        """Lines."""
        return self._ends[0].size

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw those that are seen."""
        to = painter.transform()
        x, y, to_x, to_y = self._ends
        ax, ay = to.m11() * x + to.m21() * y + to.dx(), to.m12() * x + to.m22() * y + to.dy()
        bx, by = to.m11() * to_x + to.m21() * to_y + to.dx(), to.m12() * to_x + to.m22() * to_y + to.dy()
        seen = painter.viewport()
        inside = (np.maximum(ax, bx) > 0) & (np.minimum(ax, bx) < seen.width())
        inside &= (np.maximum(ay, by) > 0) & (np.minimum(ay, by) < seen.height())
        ax, ay, bx, by = ax[inside], ay[inside], bx[inside], by[inside]
        segments = [(ax, ay, bx, by)]
        if self._tips:
            along = np.maximum(np.hypot(bx - ax, by - ay), 1e-9)
            size = np.minimum(_TIP, _TIP_PART * along)
            ux, uy = (bx - ax) / along * size, (by - ay) / along * size
            for side in (0.5, -0.5):
                segments.append((bx, by, bx - ux - side * uy, by - uy + side * ux))
        lines = [QLineF(*ends) for part in segments for ends in zip(*(end.tolist() for end in part), strict=True)]
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(lines) < 4000)
        for colour, width in ((EDGE, 3.0), (self.colour, 1.2)):
            painter.setPen(QPen(colour, width))
            painter.drawLines(lines)
        painter.restore()
