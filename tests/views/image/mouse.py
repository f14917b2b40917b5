"""What a hand does on a picture: press, move, let go, at pixels of the picture."""

import time

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from calgui.views.image import ImageView


def place(view: ImageView, x: float, y: float) -> QPoint:
    """A pixel of the picture as a point of the canvas."""
    on_surface = view.canvas.to_surface(x, y)
    return view.canvas.mapFromScene(view.canvas.box_view.mapViewToScene(on_surface))


def _send(view: ImageView, kind: QEvent.Type, at: QPoint, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
    target = view.canvas.viewport()
    event = QMouseEvent(
        kind, QPointF(at), QPointF(target.mapToGlobal(at)), button, held, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(target, event)


def drag(view: ImageView, start: tuple[float, float], end: tuple[float, float], steps: int = 6) -> None:
    """Drag with the left button."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    first, last = place(view, *start), place(view, *end)
    _send(view, QEvent.Type.MouseMove, first, none, none)
    _send(view, QEvent.Type.MouseButtonPress, first, left, left)
    for step in range(1, steps + 1):
        at = QPoint(
            first.x() + (last.x() - first.x()) * step // steps, first.y() + (last.y() - first.y()) * step // steps
        )
        time.sleep(0.012)  # pyqtgraph takes at most a hundred movements a second
        _send(view, QEvent.Type.MouseMove, at, none, left)
        QApplication.processEvents()
    _send(view, QEvent.Type.MouseButtonRelease, last, left, none)
    QApplication.processEvents()


def click(view: ImageView, x: float, y: float, double: bool = False) -> None:
    """Click with the left button."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    at = place(view, x, y)
    _send(view, QEvent.Type.MouseMove, at, none, none)
    _send(view, QEvent.Type.MouseButtonDblClick if double else QEvent.Type.MouseButtonPress, at, left, left)
    _send(view, QEvent.Type.MouseButtonRelease, at, left, none)
    QApplication.processEvents()
