"""Regions as things that can be dragged on a picture, on the shapes of pyqtgraph."""

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath

from calgui.core.regions.shapes import Annulus, Circle, Line, Polygon, Rectangle, Shape
from calgui.views.theme import theme


def _pens(roi: Any, current: bool) -> None:
    """The colours of the theme; the current region is drawn stronger."""
    colour, width = theme().colour("region"), 3 if current else 2
    roi.setPen(pg.mkPen(colour, width=width))
    roi.hoverPen = pg.mkPen(colour, width=width + 1)
    roi.handlePen = pg.mkPen(colour, width=2)
    roi.handleHoverPen = pg.mkPen(theme().colour("text"), width=2)
    for handle in roi.getHandles():
        handle.pen = handle.currentPen = roi.handlePen
        handle.hoverPen = roi.handleHoverPen
        handle.setVisible(current)


class BoxItem(pg.ROI):
    """A box with handles at its corners and one to turn it."""

    def __init__(self, shape: Rectangle) -> None:
        super().__init__((0, 0), (1, 1), rotatable=False)
        for corner in ((0, 0), (1, 0), (1, 1), (0, 1)):
            self.addScaleHandle(corner, (1 - corner[0], 1 - corner[1]))
        self.addRotateHandle((1, 0.5), (0.5, 0.5))
        self.put(shape)

    def put(self, shape: Any) -> None:
        """Take a shape."""
        corner = shape.points[0]
        self.setPos(corner, update=False)
        self.setSize((shape.width, shape.height), update=False)
        self.setAngle(shape.angle)

    def shape_now(self) -> Shape:
        """The shape as it was dragged; a corner that was dragged beyond the other one gives a box all the same."""
        width, height = self.size()
        angle = float(self.angle())
        turn = math.radians(angle)
        cos, sin = math.cos(turn), math.sin(turn)
        x, y = self.pos().x(), self.pos().y()
        middle = x + cos * width / 2 - sin * height / 2, y + sin * width / 2 + cos * height / 2
        return Rectangle(*middle, max(abs(width), 1e-3), max(abs(height), 1e-3), angle)


class CircleItem(pg.CircleROI):
    """A circle with a handle on its rim."""

    def __init__(self, shape: Circle) -> None:
        super().__init__((0, 0), radius=1)
        self.put(shape)

    def _addHandles(self) -> None:
        self.addScaleHandle((1, 0.5), (0.5, 0.5))

    def put(self, shape: Any) -> None:
        """Take a shape."""
        self.setPos((shape.x - shape.radius, shape.y - shape.radius), update=False)
        self.setSize((2 * shape.radius, 2 * shape.radius))

    def shape_now(self) -> Shape:
        """The shape as it was dragged."""
        side = abs(self.size()[0])
        middle = self.pos().x() + self.size()[0] / 2, self.pos().y() + self.size()[1] / 2
        return Circle(*middle, max(side / 2, 1e-3))


class AnnulusItem(pg.CircleROI):
    """Two circles of one centre; the inner one has a handle of its own."""

    def __init__(self, shape: Annulus) -> None:
        self._ratio = 0.5
        super().__init__((0, 0), radius=1)
        self.inner = self.addFreeHandle((0.75, 0.5))
        self.put(shape)
        self.sigRegionChanged.connect(self._follow)

    def _addHandles(self) -> None:
        self.addScaleHandle((1, 0.5), (0.5, 0.5))

    def put(self, shape: Any) -> None:
        """Take a shape."""
        self._ratio = shape.inner / shape.outer
        self.setPos((shape.x - shape.outer, shape.y - shape.outer), update=False)
        self.setSize((2 * shape.outer, 2 * shape.outer), update=False)
        self._set_inner()
        self.stateChanged()

    def _set_inner(self) -> None:
        side = self.size()[0]
        self.handles[1]["pos"] = pg.Point(0.5 + self._ratio / 2, 0.5)
        self.inner.setPos((0.5 + self._ratio / 2) * side, side / 2)

    def _follow(self) -> None:
        """The inner circle goes through its handle wherever that is dragged."""
        side = self.size()[0]
        middle = QPointF(side / 2, side / 2)
        away = self.inner.pos() - middle
        ratio = math.hypot(away.x(), away.y()) / max(abs(side) / 2, 1e-9)
        self._ratio = min(max(ratio, 0.02), 0.98)

    def paint(self, painter: QPainter, *args: Any) -> None:
        """Draw both circles."""
        painter.save()
        super().paint(painter, *args)
        painter.restore()
        side = self.size()[0]
        radius = self._ratio * side / 2
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.currentPen)
        painter.drawEllipse(QRectF(side / 2 - radius, side / 2 - radius, 2 * radius, 2 * radius))
        painter.restore()

    def shape_now(self) -> Shape:
        """The shape as it was dragged."""
        outer = max(abs(self.size()[0]) / 2, 2e-3)
        middle = self.pos().x() + self.size()[0] / 2, self.pos().y() + self.size()[1] / 2
        return Annulus(*middle, self._ratio * outer, outer)


class LineItem(pg.LineSegmentROI):
    """A line with handles at its ends."""

    def __init__(self, shape: Line) -> None:
        super().__init__(((0, 0), (1, 1)))
        self.put(shape)

    def put(self, shape: Any) -> None:
        """Take a shape."""
        self.setPos((0, 0), update=False)
        for handle, end in zip(self.endpoints, ((shape.x1, shape.y1), (shape.x2, shape.y2)), strict=True):
            handle.setPos(*end)
        for known, end in zip(self.handles, ((shape.x1, shape.y1), (shape.x2, shape.y2)), strict=True):
            known["pos"] = pg.Point(*end)
        self.prepareGeometryChange()
        self.stateChanged()

    def shape_now(self) -> Shape:
        """The shape as it was dragged."""
        ends = [self.mapToParent(handle.pos()) for handle in self.endpoints]
        return Line(ends[0].x(), ends[0].y(), ends[1].x(), ends[1].y())


class PolygonItem(pg.PolyLineROI):
    """Corners that can be dragged; a click on a side adds one."""

    def __init__(self, shape: Polygon) -> None:
        super().__init__(shape.points, closed=True)

    def put(self, shape: Any) -> None:
        """Take a shape."""
        self.setPos((0, 0), update=False)
        self.setPoints(shape.points, closed=True)
        self.stateChanged()

    def shape_now(self) -> Shape:
        """The shape as it was dragged."""
        corners = [self.mapToParent(handle["item"].pos()) for handle in self.handles]
        return Polygon(tuple((corner.x(), corner.y()) for corner in corners))


_ITEMS: dict[str, Any] = {
    "box": BoxItem,
    "circle": CircleItem,
    "annulus": AnnulusItem,
    "line": LineItem,
    "polygon": PolygonItem,
}


class Outline(pg.GraphicsObject):
    """A shape that is being drawn, before it can be dragged."""

    moved = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._path = QPainterPath()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_shape(self, shape: Shape | None) -> None:
        """Draw a shape.

        Parameters
        ----------
        shape : Shape or None
            None for nothing.
        """
        self.prepareGeometryChange()
        self._path = QPainterPath() if shape is None else outline(shape)
        self.update()

    def show_points(self, points: list[QPointF]) -> None:
        """Draw the sides of a polygon that is not closed yet."""
        self.prepareGeometryChange()
        self._path = QPainterPath()
        for place, point in enumerate(points):
            (self._path.moveTo if place == 0 else self._path.lineTo)(point)
        self.update()

    def boundingRect(self) -> QRectF:
        """Where it is."""
        return self._path.boundingRect().adjusted(-2, -2, 2, 2)

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw it."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pg.mkPen(theme().colour("region"), width=2, style=Qt.PenStyle.DashLine))
        painter.drawPath(self._path)


def outline(shape: Shape) -> QPainterPath:
    """The line about a shape.

    Parameters
    ----------
    shape : Shape
        In pixels.

    Returns
    -------
    QPainterPath
    """
    path = QPainterPath()
    match shape:
        case Circle():
            path.addEllipse(QPointF(shape.x, shape.y), shape.radius, shape.radius)
        case Annulus():
            path.addEllipse(QPointF(shape.x, shape.y), shape.outer, shape.outer)
            path.addEllipse(QPointF(shape.x, shape.y), shape.inner, shape.inner)
        case Line():
            path.moveTo(shape.x1, shape.y1)
            path.lineTo(shape.x2, shape.y2)
        case _:
            for place, point in enumerate(shape.points):
                (path.moveTo if place == 0 else path.lineTo)(QPointF(*point))
            path.closeSubpath()
    return path


def make_item(shape: Shape) -> Any:
    """Something that can be dragged, for a shape.

    Parameters
    ----------
    shape : Shape
        In pixels of the picture.

    Returns
    -------
    pyqtgraph.ROI
        With ``put``, ``shape_now`` and ``kind``.
    """
    item = _ITEMS[shape.kind](shape)
    item.kind = shape.kind
    return item


def set_look(item: Any, current: bool) -> None:
    """Draw a region as the current one, or as one of the others.

    Parameters
    ----------
    item : pyqtgraph.ROI
        From `make_item`.
    current : bool
        Which.
    """
    _pens(item, current)
