"""Marks on a picture that keep their size on the screen: the picked pixel, and the cursor of another view."""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem

from calgui.views.image.canvas import Canvas
from calgui.views.image.content import Content
from calgui.views.session import Pixel, Session
from calgui.views.theme import theme


class Mark(QGraphicsPathItem):
    """A cross with an open middle.

    Parameters
    ----------
    canvas : Canvas
        Whose picture it lies on.
    role : str
        Colour of the theme.
    """

    def __init__(self, canvas: Canvas, role: str) -> None:
        super().__init__(canvas.layer)
        self._role = role
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        path = QPainterPath()
        for across, along in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            path.moveTo(5 * across, 5 * along)
            path.lineTo(14 * across, 14 * along)
        self.setPath(path)
        self.setZValue(20)
        self.retheme()
        self.hide()

    def retheme(self) -> None:
        """Take the colour of the theme."""
        self.setPen(pg.mkPen(theme().colour(self._role), width=2))

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw it on a darker or lighter edge, so that it is seen on every tone."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for pen in (pg.mkPen(theme().colour("surface"), width=5), self.pen()):
            painter.setPen(pen)
            painter.drawPath(self.path())

    def boundingRect(self) -> QRectF:
        """With its edge."""
        return self.path().boundingRect().adjusted(-4, -4, 4, 4)

    def show_at(self, x: float, y: float) -> None:
        """Mark a place.

        Parameters
        ----------
        x, y : float
            In pixels of the picture.
        """
        self.setPos(x, y)
        self.show()


class Picking(QObject):
    """A click picks a pixel, for every view of the same file; a second click on it lets go.

    Parameters
    ----------
    session : Session
        Where it is told.
    canvas : Canvas
        Where the user clicks.
    """

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session = session
        self._canvas = canvas
        self._content: Content | None = None
        self.mark = Mark(canvas, "warning")
        canvas.clicked.connect(self._clicked)
        session.pixel_picked.connect(self._show)
        theme().changed.connect(self.retheme)

    def retheme(self) -> None:
        """Take the colour of the theme."""
        self.mark.retheme()

    def set_content(self, content: Content | None) -> None:
        """Pick on another picture.

        Parameters
        ----------
        content : Content or None
            What is shown now.
        """
        self._content = content
        self._show(self._session.pixel)

    def _clicked(self, at: QPointF, double: bool) -> None:
        content = self._content
        if content is None or double or self._canvas.box_view.drawing:
            return
        x, y = round(at.x()), round(at.y())
        if not (0 <= x < content.size[1] and 0 <= y < content.size[0]):
            self._session.pick(None)
            return
        known = self._session.pixel
        if known is not None and content.of_file_pixel(known.path, known.x, known.y) == (x, y):
            self._session.pick(None)
        else:
            self.pick(x, y)

    def pick(self, x: int, y: int) -> None:
        """Pick a pixel of the picture, as a click does.

        Parameters
        ----------
        x, y : int
            Column and row of the picture.
        """
        if self._content is not None:
            self._session.pick(Pixel(*self._content.in_file(x, y)))

    def _show(self, pixel: Pixel | None) -> None:
        content = self._content
        place = None if pixel is None or content is None else content.of_file_pixel(pixel.path, pixel.x, pixel.y)
        if place is None:
            self.mark.hide()
        else:
            self.mark.show_at(*place)
