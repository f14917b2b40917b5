"""Names of lines over a plot, in points of the screen: from top to bottom, as many as have room."""

from typing import Any

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QPainter, QTransform


def on_screen(painter: QPainter, view: Any) -> tuple[QTransform, QRectF]:
    """Let a painter draw in points of the screen, with the font of labels.

    Parameters
    ----------
    painter : QPainter
        Of an item of the view.
    view : pyqtgraph.ViewBox
        Where the labels stand.

    Returns
    -------
    tuple
        From the scene to the screen, and what the view takes of it.
    """
    painter.resetTransform()
    device = view.scene().views()[0].viewportTransform()
    font = QFont(painter.font())
    font.setPointSizeF(max(7.0, font.pointSizeF() * 0.85))
    painter.setFont(font)
    return device, device.mapRect(view.sceneBoundingRect())


def write_down(painter: QPainter, x: float, y: float, text: str, ink: QColor, ground: QColor) -> None:
    """Write a label from top to bottom, on a ground that lets it be read over a peak.

    Parameters
    ----------
    painter : QPainter
        See `on_screen`.
    x, y : float
        Where it begins, in points of the screen.
    text : str
        The label.
    ink, ground : QColor
        Of the letters, and behind them.
    """
    painter.save()
    painter.translate(x, y)
    painter.rotate(90)
    metrics = painter.fontMetrics()
    width = metrics.horizontalAdvance(text) + 3
    painter.fillRect(QRectF(-1, -metrics.ascent() / 2 - 1, width, metrics.height()), ground)
    painter.setPen(ink)
    painter.drawText(QPointF(0, metrics.ascent() / 2 - 1), text)
    painter.restore()
