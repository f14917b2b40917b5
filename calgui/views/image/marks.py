"""Marks on a picture that keep their size on the screen: the picked pixel, and the cursor of another view."""

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem

from calgui.views.image.canvas import Canvas
from calgui.views.image.content import Content
from calgui.views.session import Pixel, Session
from calgui.views.theme import theme

_KEYS = Qt.Key
_STEPS = {_KEYS.Key_Left: (-1, 0), _KEYS.Key_Right: (1, 0), _KEYS.Key_Up: (0, 1), _KEYS.Key_Down: (0, -1)}


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

    By keyboard, Return picks the pixel in the middle of what is seen, or lets go, and Ctrl with an arrow goes to the
    next pixel.

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
        #: takes a click in place of the picking of a pixel, such as one on a star; says whether it did
        self.taken: Callable[[QPointF], bool] | None = None
        self.mark = Mark(canvas, "warning")
        canvas.clicked.connect(self._clicked)
        canvas.installEventFilter(self)
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

    @property
    def place(self) -> tuple[int, int] | None:
        """Column and row of the picked pixel, where this picture shows it."""
        pixel, content = self._session.pixel, self._content
        return None if pixel is None or content is None else content.of_file_pixel(pixel.path, pixel.x, pixel.y)

    def _clicked(self, at: QPointF, double: bool) -> None:
        if self._content is None or double or self._canvas.box_view.drawing:
            return
        if self.taken is not None and self.taken(at):
            return
        x, y = round(at.x()), round(at.y())
        if not self._is_inside(x, y) or self.place == (x, y):
            self._session.pick(None)
        else:
            self.pick(x, y)

    def _is_inside(self, x: int, y: int) -> bool:
        return self._content is not None and 0 <= x < self._content.size[1] and 0 <= y < self._content.size[0]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pick by keyboard."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        if self._content is None or self._canvas.box_view.drawing:
            return False
        key, held = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key in (_KEYS.Key_Return, _KEYS.Key_Enter) and held == Qt.KeyboardModifier.NoModifier:
            middle = self._canvas.to_picture(self._canvas.box_view.viewRect().center())
            self._go(None if self.place is not None else (round(middle.x()), round(middle.y())))
            return True
        if key in _STEPS and held == Qt.KeyboardModifier.ControlModifier and self.place is not None:
            self._go((self.place[0] + _STEPS[key][0], self.place[1] + _STEPS[key][1]))
            return True
        return False

    def _go(self, place: tuple[int, int] | None) -> None:
        if place is None:
            self._session.pick(None)
        elif self._is_inside(*place):
            self.pick(*place)

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
        place = self.place
        if pixel is None or place is None:
            self.mark.hide()
        else:
            self.mark.show_at(*place)
