"""The surface that the picture lies on: zoom by wheel about the cursor, pan by dragging, drawing, keys."""

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QTransform
from PySide6.QtWidgets import QGraphicsRectItem, QWidget

from calgui.core.regions.alignment import Alignment
from calgui.views.image.surface import PictureBox
from calgui.views.theme import theme

#: a picture this many times longer than wide is stretched across, or it would be a hair
_THIN = 24


class Canvas(pg.GraphicsView):
    """The picture's surface with its zoom; takes the keyboard when clicked.

    The picture may lie shifted, turned and scaled on the surface (`set_alignment`), as when several are compared; what
    is asked and told here is in pixels of the picture.

    Signals
    -------
    hovered(QPointF)
        The cursor.
    left()
        The cursor has left.
    zoomed(float)
        Screen pixels to one pixel of the surface.
    dragged(QPointF, QPointF, bool)
        While drawing: from where to where; whether the button was let go.
    clicked(QPointF, bool)
        Where; whether it was a double click.
    moved()
        The user zoomed or moved.
    """

    hovered = Signal(QPointF)
    left = Signal()
    zoomed = Signal(float)
    dragged = Signal(QPointF, QPointF, bool)
    clicked = Signal(QPointF, bool)
    moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, useOpenGL=False, background=theme().colour("picture"))
        self.setObjectName("picture_canvas")
        self.setAccessibleName("Picture")
        self.setAccessibleDescription("Plus and minus zoom, 0 shows all, 1 shows pixel for pixel, the arrows move.")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        self.box_view = PictureBox()
        self.setCentralItem(self.box_view)
        #: what lies on the picture and is told in its pixels
        self.layer = pg.ItemGroup()
        self.layer.setZValue(10)
        self.box_view.addItem(self.layer, ignoreBounds=True)
        self.box_frame = QGraphicsRectItem(self.layer)
        self.box_frame.hide()
        #: the detector that a subarray is a part of
        self.outline = QGraphicsRectItem()
        self.outline.hide()
        self.box_view.addItem(self.outline, ignoreBounds=True)
        self.alignment = Alignment()
        #: what else keys do, with Shift or without; says whether it did anything
        self.key_pressed: Callable[[Qt.Key, bool], bool] = lambda _key, _shift: False
        self._transform = QTransform()
        self._items: list[Any] = [self.layer]
        for changed in (self.box_view.sigTransformChanged, self.box_view.sigRangeChanged):
            changed.connect(lambda *_: self.zoomed.emit(self.scale_factor()))
        self._shape = (0, 0)
        self._fitted = True
        # pyqtgraph would wait until the next painting, and paint all of it a second time
        self.box_view.sigRangeChanged.connect(lambda *_: self.box_view.updateMatrix())
        self.box_view.sigRangeChangedManually.connect(self._moved_by_hand)
        self.box_view.sigResized.connect(self._resized)
        self.box_view.dragged.connect(
            lambda start, end, done: self.dragged.emit(self.to_picture(start), self.to_picture(end), done)
        )
        self.box_view.clicked.connect(lambda at, double: self.clicked.emit(self.to_picture(at), double))
        self.retheme()

    def retheme(self) -> None:
        """Take the theme's colours."""
        self.setBackground(theme().colour("picture"))
        self.box_frame.setPen(pg.mkPen(theme().colour("accent"), width=2))
        self.outline.setPen(pg.mkPen(theme().colour("muted"), width=1, style=Qt.PenStyle.DashLine))

    # ---- the picture on the surface

    def add_picture(self, item: Any) -> None:
        """Put a picture on the surface.

        Parameters
        ----------
        item : QGraphicsItem
            Drawn in its own pixels.
        """
        self.box_view.addItem(item)
        item.setTransform(self._transform)
        self._items.append(item)

    def set_alignment(self, alignment: Alignment, detector: tuple[int, int] | None = None) -> None:
        """Lay the picture elsewhere on the surface.

        Parameters
        ----------
        alignment : Alignment
            From its pixels to those of the surface.
        detector : tuple of int, optional
            Rows and columns of the detector that the picture is a part of: its outline is drawn, and shown by `fit`.
        """
        one = alignment
        self.alignment = one
        self._transform = QTransform(one.xx, one.yx, one.xy, one.yy, one.dx, one.dy)
        for item in self._items:
            item.setTransform(self._transform)
        self.outline.setVisible(detector is not None)
        if detector is not None:
            self.outline.setRect(QRectF(-0.5, -0.5, detector[1], detector[0]))
        self._set_limits()

    def to_picture(self, point: QPointF) -> QPointF:
        """The pixel of the picture at a place of the surface."""
        return point if self.alignment.plain else QPointF(*self.alignment.back(point.x(), point.y()))

    def to_surface(self, x: float, y: float) -> QPointF:
        """The place of a pixel of the picture on the surface."""
        return QPointF(*self.alignment.of(x, y))

    @property
    def extent(self) -> QRectF:
        """All that there is on the surface: the picture, or the detector that it is a part of."""
        high, wide = max(self._shape[0], 1), max(self._shape[1], 1)
        extent = self._transform.mapRect(QRectF(-0.5, -0.5, wide, high))
        if not self.outline.isVisible():
            return extent
        whole = extent.united(self.outline.rect())
        margin = 0.02 * max(whole.width(), whole.height())
        return whole.adjusted(-margin, -margin, margin, margin)

    @property
    def seen(self) -> QRectF:
        """What is seen, in pixels of the picture."""
        seen = self.box_view.viewRect()
        return seen if self.alignment.plain else self._transform.inverted()[0].mapRect(seen)

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
        self._set_limits()
        self._fit()

    def _set_limits(self) -> None:
        """How far one can go: somewhat beyond the picture."""
        extent = self.extent
        wide, high = 20 * extent.width(), 20 * extent.height()
        self.box_view.setLimits(
            xMin=extent.left() - wide, xMax=extent.right() + wide, yMin=extent.top() - high,
            yMax=extent.bottom() + high, minXRange=0.5, minYRange=0.5,
        )  # fmt: skip

    @property
    def thin(self) -> bool:
        """Whether the picture is so thin that its two axes have scales of their own."""
        return not self.box_view.state["aspectLocked"]

    def fit(self) -> None:
        """Show the whole picture, or the whole detector that it is a part of."""
        self._fit()
        self.moved.emit()

    def _fit(self) -> None:
        self._fitted = True
        extent = self.extent
        place = self.box_view.rect()
        across, along = extent.width(), extent.height()
        if not self.thin and place.width() > 0 and place.height() > 0:
            # in the very proportions of the place: then the lock of the aspect has nothing left to decide
            scale = max(across / place.width(), along / place.height())
            across, along = scale * place.width(), scale * place.height()
        middle = extent.center()
        self.box_view.setRange(
            QRectF(middle.x() - across / 2, middle.y() - along / 2, across, along), padding=0.0, disableAutoRange=True
        )

    def one_to_one(self) -> None:
        """Show one pixel of the picture on one of the screen, about the middle of what is seen."""
        self.set_scale(1.0)

    def scale_factor(self) -> float:
        """Device pixels to one pixel of the picture, across."""
        # pyqtgraph's own answer is remembered from before whatever changes the range without being asked to
        across = self.box_view.viewRect().width()
        return self.devicePixelRatioF() * self.box_view.rect().width() / across if across > 0 else 1.0

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
        self.moved.emit()

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
        middle = self.to_surface(x, y)
        self.box_view.setRange(QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side), padding=0.0)
        self.moved.emit()

    @property
    def aim(self) -> QRectF:
        """The part of the surface that the user looks at: all of the picture, or the square that is seen whole."""
        seen = self.box_view.viewRect()
        if self._fitted:
            return self.extent
        if self.thin:
            return seen
        side, middle = min(seen.width(), seen.height()), seen.center()
        return QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side)

    def show_rect(self, rect: QRectF) -> None:
        """Show a part of the surface.

        Parameters
        ----------
        rect : QRectF
            As `box_view` tells it of another canvas.
        """
        self._fitted = False
        self.box_view.setRange(rect, padding=0.0, disableAutoRange=True)

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
        self.moved.emit()

    def set_drawing(self, on: bool) -> None:
        """Let dragging draw in place of moving the picture.

        Parameters
        ----------
        on : bool
            Which of the two.
        """
        self.box_view.drawing = on
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
        self.hovered.emit(self.to_picture(self.box_view.mapSceneToView(self.mapToScene(ev.position().toPoint()))))

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
        key = Qt.Key(ev.key())
        if self.key_pressed(key, bool(ev.modifiers() & Qt.KeyboardModifier.ShiftModifier)):
            ev.accept()
            return
        action = actions.get(key)
        if action is None or ev.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
        ):
            super().keyPressEvent(ev)
            return
        ev.accept()
        action()

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx) of the picture."""
        return self._shape

    @property
    def fitted(self) -> bool:
        """Whether the whole picture is shown, at whatever size."""
        return self._fitted

    def _resized(self, *_: Any) -> None:
        """Keep showing all, where all is shown."""
        if self._fitted and self._shape != (0, 0):
            self._fit()

    def _moved_by_hand(self, *_: Any) -> None:
        self._fitted = False
        self.moved.emit()
