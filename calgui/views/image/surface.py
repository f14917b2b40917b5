"""The view box that a picture lies in: what the mouse means."""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal


class PictureBox(pg.ViewBox):
    """Pan with the left button, zoom with the wheel; with a tool, or Shift held, dragging and clicking draw.

    Signals
    -------
    dragged(QPointF, QPointF, bool)
        From where to where, on the surface; whether the button was let go.
    clicked(QPointF, bool)
        Where, on the surface; whether it was a double click.
    """

    dragged = Signal(QPointF, QPointF, bool)
    clicked = Signal(QPointF, bool)

    def __init__(self) -> None:
        super().__init__(lockAspect=True, enableMenu=False, enableMouse=True, defaultPadding=0.0)
        self._drawing = False
        self._glass = _Glass(self)

    @property
    def drawing(self) -> bool:
        """Whether dragging and clicking draw, even over what could be dragged itself."""
        return self._drawing

    @drawing.setter
    def drawing(self, on: bool) -> None:
        self._drawing = on
        self._glass.setVisible(on)

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        """Pan, or draw."""
        shift = bool(ev.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if ev.button() == Qt.MouseButton.LeftButton and (self.drawing or shift):
            ev.accept()
            self.dragged.emit(self.mapToView(ev.buttonDownPos()), self.mapToView(ev.pos()), ev.isFinish())
        elif ev.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            super().mouseDragEvent(ev, axis)
        else:
            ev.ignore()

    def mouseClickEvent(self, ev: Any) -> None:
        """Tell where it was clicked."""
        if ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            self.clicked.emit(self.mapToView(ev.pos()), bool(ev.double()))
        else:
            super().mouseClickEvent(ev)


class _Glass(pg.GraphicsObject):
    """Lies over all the rest while something is drawn, so that no region is dragged in its place."""

    def __init__(self, box: PictureBox) -> None:
        super().__init__(box)
        self._box = box
        self.setZValue(1000)
        self.setVisible(False)
        box.sigResized.connect(lambda *_: self.prepareGeometryChange())

    def boundingRect(self) -> QRectF:
        """All of the box, in whose coordinates it is."""
        return self._box.rect()

    def paint(self, *_: Any) -> None:
        """It cannot be seen."""

    def hoverEvent(self, ev: Any) -> None:
        """Claim the left button before what lies below."""
        if not ev.isExit():
            ev.acceptDrags(Qt.MouseButton.LeftButton)
            ev.acceptClicks(Qt.MouseButton.LeftButton)

    def mouseDragEvent(self, ev: Any) -> None:
        """As on the box."""
        self._box.mouseDragEvent(ev)

    def mouseClickEvent(self, ev: Any) -> None:
        """As on the box."""
        self._box.mouseClickEvent(ev)
