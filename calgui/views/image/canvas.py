"""The surface that the picture lies on: zoom by wheel about the cursor, pan by dragging, boxes, keys."""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QGraphicsRectItem, QWidget

from calgui.views.theme import theme

#: a picture this many times longer than wide is stretched across, or it would be a hair
_THIN = 24


class PictureBox(pg.ViewBox):
    """Pan with the left button, zoom with the wheel; Shift and drag, or `boxing`, draws a box.

    Signals
    -------
    box_dragged(QRectF, bool)
        In pixels of the picture; whether the button was let go.
    """

    box_dragged = Signal(QRectF, bool)

    def __init__(self) -> None:
        super().__init__(lockAspect=True, enableMenu=False, enableMouse=True, defaultPadding=0.0)
        self.boxing = False

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        """Pan, or draw a box."""
        shift = bool(ev.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if ev.button() == Qt.MouseButton.LeftButton and (self.boxing or shift):
            ev.accept()
            start = self.mapToView(ev.buttonDownPos())
            self.box_dragged.emit(QRectF(start, self.mapToView(ev.pos())).normalized(), ev.isFinish())
        elif ev.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            super().mouseDragEvent(ev, axis)
        else:
            ev.ignore()


class Canvas(pg.GraphicsView):
    """The picture's surface with its zoom; takes the keyboard when clicked.

    Signals
    -------
    hovered(QPointF)
        The cursor, in pixels of the picture.
    left()
        The cursor has left.
    zoomed(float)
        Screen pixels to one pixel of the picture.
    """

    hovered = Signal(QPointF)
    left = Signal()
    zoomed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, useOpenGL=False, background=theme().colour("picture"))
        self.setObjectName("picture_canvas")
        self.setAccessibleName("Picture")
        self.setAccessibleDescription("Plus and minus zoom, 0 shows all, 1 shows pixel for pixel, the arrows move.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        self.box_view = PictureBox()
        self.setCentralItem(self.box_view)
        self.box_frame = QGraphicsRectItem()
        self.box_frame.setZValue(10)
        self.box_frame.hide()
        self.box_view.addItem(self.box_frame, ignoreBounds=True)
        self.box_view.sigTransformChanged.connect(lambda *_: self.zoomed.emit(self.scale_factor()))
        self._shape = (0, 0)
        self._fitted = True
        self.box_view.sigRangeChangedManually.connect(self._moved_by_hand)
        self.box_view.sigResized.connect(self._resized)
        self.retheme()

    def retheme(self) -> None:
        """Take the theme's colours."""
        self.setBackground(theme().colour("picture"))
        self.box_frame.setPen(pg.mkPen(theme().colour("accent"), width=2))

    def set_shape(self, shape: tuple[int, int]) -> None:
        """Prepare for a picture of another size and show all of it; keep the zoom for one of the same size.

        Parameters
        ----------
        shape : tuple of int
            (ny, nx).
        """
        if shape == self._shape:
            return
        self._shape = shape
        high, wide = max(shape[0], 1), max(shape[1], 1)
        self.box_view.setAspectLocked(max(high, wide) < _THIN * min(high, wide))
        self.box_view.setLimits(
            xMin=-20.0 * wide, xMax=20.0 * wide, yMin=-20.0 * high, yMax=20.0 * high, minXRange=0.5, minYRange=0.5
        )
        self.fit()

    @property
    def thin(self) -> bool:
        """Whether the picture is so thin that its two axes have scales of their own."""
        return not self.box_view.state["aspectLocked"]

    def fit(self) -> None:
        """Show the whole picture."""
        self._fitted = True
        high, wide = max(self._shape[0], 1), max(self._shape[1], 1)
        place = self.box_view.rect()
        across, along = float(wide), float(high)
        if not self.thin and place.width() > 0 and place.height() > 0:
            # in the very proportions of the place: then the lock of the aspect has nothing left to decide
            scale = max(wide / place.width(), high / place.height())
            across, along = scale * place.width(), scale * place.height()
        self.box_view.setRange(
            QRectF((wide - across - 1) / 2, (high - along - 1) / 2, across, along), padding=0.0, disableAutoRange=True
        )

    def one_to_one(self) -> None:
        """Show one pixel of the picture on one of the screen, about the middle of what is seen."""
        self.set_scale(1.0)

    def scale_factor(self) -> float:
        """Device pixels to one pixel of the picture, across."""
        size = self.box_view.viewPixelSize()[0]
        return self.devicePixelRatioF() / size if size > 0 else 1.0

    def set_scale(self, scale: float) -> None:
        """Zoom about the middle of what is seen.

        Parameters
        ----------
        scale : float
            Device pixels to one pixel of the picture.
        """
        self.zoom(scale / self.scale_factor())

    def zoom(self, ratio: float) -> None:
        """Zoom in or out about the middle of what is seen.

        Parameters
        ----------
        ratio : float
            Above 1 makes the pixels larger.
        """
        self._fitted = False
        self.box_view.scaleBy((1 / ratio, 1 / ratio))

    def look_at(self, x: float, y: float, side: float) -> None:
        """Show a square about a pixel.

        Parameters
        ----------
        x, y : float
            Column and row.
        side : float
            Of the square, in pixels.
        """
        self._fitted = False
        self.box_view.setRange(QRectF(x - side / 2, y - side / 2, side, side), padding=0.0)

    def pan(self, across: float, up: float) -> None:
        """Move the view by parts of its size.

        Parameters
        ----------
        across, up : float
            1 is a whole width or height.
        """
        self._fitted = False
        seen = self.box_view.viewRect()
        self.box_view.translateBy(x=across * seen.width(), y=up * seen.height())

    def set_boxing(self, on: bool) -> None:
        """Let dragging draw a box in place of moving the picture.

        Parameters
        ----------
        on : bool
            Which of the two.
        """
        self.box_view.boxing = on
        self.viewport().setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    def show_box(self, rect: QRectF | None) -> None:
        """Draw the frame of a box.

        Parameters
        ----------
        rect : QRectF or None
            In pixels of the picture; None takes it away.
        """
        self.box_frame.setVisible(rect is not None)
        if rect is not None:
            self.box_frame.setRect(rect)

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        """Tell where the cursor is."""
        super().mouseMoveEvent(ev)
        self.hovered.emit(self.box_view.mapSceneToView(self.mapToScene(ev.position().toPoint())))

    def leaveEvent(self, ev: Any) -> None:
        """Tell that the cursor has left."""
        super().leaveEvent(ev)
        self.left.emit()

    def focusInEvent(self, ev: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(ev)
        self.viewport().update()

    def focusOutEvent(self, ev: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusOutEvent(ev)
        self.viewport().update()

    def paintEvent(self, ev: QPaintEvent) -> None:
        """Draw, with a frame where the keyboard is."""
        super().paintEvent(ev)
        if self.hasFocus() and not self.property("unframed"):
            painter = pg.QtGui.QPainter(self.viewport())
            painter.setPen(pg.mkPen(theme().colour("accent"), width=1))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
            painter.end()

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        """Zoom and move."""
        keys = Qt.Key
        actions = {
            keys.Key_Plus: lambda: self.zoom(1.5),
            keys.Key_Equal: lambda: self.zoom(1.5),
            keys.Key_Minus: lambda: self.zoom(1 / 1.5),
            keys.Key_0: self.fit,
            keys.Key_1: self.one_to_one,
            keys.Key_Left: lambda: self.pan(-0.1, 0),
            keys.Key_Right: lambda: self.pan(0.1, 0),
            keys.Key_Up: lambda: self.pan(0, 0.1),
            keys.Key_Down: lambda: self.pan(0, -0.1),
        }
        action = actions.get(Qt.Key(ev.key()))
        if action is None or ev.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
        ):
            super().keyPressEvent(ev)
            return
        ev.accept()
        action()

    def _resized(self, *_: Any) -> None:
        """Keep showing all, where all is shown."""
        if self._fitted and self._shape != (0, 0):
            self.fit()

    def _moved_by_hand(self, *_: Any) -> None:
        self._fitted = False
