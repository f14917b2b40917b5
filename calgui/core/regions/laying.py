"""Shapes carried from the pixels of one picture to those of another."""

import math

from calgui.core.regions.alignment import Alignment
from calgui.core.regions.shapes import Annulus, Circle, Line, Point, Polygon, Rectangle, Shape

#: corners of what a circle becomes on pixels that are not square on the other picture
_CORNERS = 72
#: relative; the sky itself is bent by as much over a large picture
_SIMILAR = 1e-3


def laid(shape: Shape, place: Alignment) -> Shape:
    """A shape as it lies on another picture.

    Parameters
    ----------
    shape : Shape
        In pixels of a picture.
    place : Alignment
        From its pixels to those of the other one.

    Returns
    -------
    Shape
        Of the same kind where the map only moves, turns, mirrors and scales. Where it shears or scales the axes
        apart, a box or circle becomes a polygon, and an annulus keeps its area.
    """
    if place.plain:
        return shape
    scale = math.sqrt(abs(place.xx * place.yy - place.xy * place.yx))
    match shape:
        case Polygon():
            return Polygon(_carried(shape.points, place))
        case Line():
            return Line(*place.of(shape.x1, shape.y1), *place.of(shape.x2, shape.y2))
        case Annulus():
            return Annulus(*place.of(shape.x, shape.y), shape.inner * scale, shape.outer * scale)
        case Circle():
            if _similar(place, scale):
                return Circle(*place.of(shape.x, shape.y), shape.radius * scale)
            turns = [2 * math.pi * step / _CORNERS for step in range(_CORNERS)]
            rim = tuple(
                (shape.x + shape.radius * math.cos(turn), shape.y + shape.radius * math.sin(turn)) for turn in turns
            )
            return Polygon(_carried(rim, place))
        case Rectangle():
            if _similar(place, scale):
                middle = place.of(shape.x, shape.y)
                return Rectangle(*middle, shape.width * scale, shape.height * scale, _turned(shape.angle, place))
            return Polygon(_carried(shape.points, place))


def _carried(points: tuple[Point, ...], place: Alignment) -> tuple[Point, ...]:
    return tuple(place.of(*point) for point in points)


def _similar(place: Alignment, scale: float) -> bool:
    """Whether right angles stay right, and both axes have one scale."""
    turned = math.hypot(place.xx - place.yy, place.xy + place.yx)
    mirrored = math.hypot(place.xx + place.yy, place.xy - place.yx)
    return min(turned, mirrored) <= _SIMILAR * scale


def _turned(angle: float, place: Alignment) -> float:
    """The angle of a width after the map, in degrees; untouched by what does not turn."""
    if place.xy == place.yx == 0 and place.xx > 0:
        return angle if place.yy > 0 else -angle
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return math.degrees(math.atan2(place.yx * cos + place.yy * sin, place.xx * cos + place.xy * sin))
