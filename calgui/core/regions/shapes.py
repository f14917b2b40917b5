"""The shapes of regions, as values in pixels of a picture; the centre of its first pixel is at (0, 0)."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Self

Point = tuple[float, float]


def _moved(point: Point, dx: float, dy: float) -> Point:
    return point[0] + dx, point[1] + dy


def _about(x: float, y: float, factor: float, point: Point) -> Point:
    return x + factor * (point[0] - x), y + factor * (point[1] - y)


def _number(value: float) -> str:
    return f"{value:.1f}"


@dataclass(frozen=True)
class _Centred:
    """What stands about a place."""

    x: float
    y: float

    def moved(self, dx: float, dy: float) -> Self:
        """The same elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)


@dataclass(frozen=True)
class Rectangle(_Centred):
    """A box, turned about its centre.

    Attributes
    ----------
    x, y : float
        Its centre.
    width, height : float
        Along its own axes, in pixels.
    angle : float
        Of its width, in degrees counter-clockwise from the x axis.
    """

    kind: ClassVar[str] = "box"
    width: float
    height: float
    angle: float = 0.0

    @property
    def text(self) -> str:
        """For people."""
        # the sky gives a box that stands upright an angle of 1e-8 degrees
        angle = round((self.angle + 90) % 180 - 90, 1)
        turned = f", {angle:g}°" if angle else ""
        return f"box {_number(self.width)} × {_number(self.height)} at {_number(self.x)}, {_number(self.y)}{turned}"

    @property
    def points(self) -> tuple[Point, ...]:
        """Corners, counter-clockwise."""
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        halves = [(across * self.width / 2, along * self.height / 2) for across, along in corners]
        return tuple((self.x + cos * dx - sin * dy, self.y + sin * dx + cos * dy) for dx, dy in halves)

    def scaled(self, factor: float) -> "Rectangle":
        """The same about its middle, larger or smaller."""
        return replace(self, width=self.width * factor, height=self.height * factor)


@dataclass(frozen=True)
class Circle(_Centred):
    """A circle.

    Attributes
    ----------
    x, y : float
        Its centre.
    radius : float
        In pixels.
    """

    kind: ClassVar[str] = "circle"
    radius: float

    @property
    def text(self) -> str:
        """For people."""
        return f"circle r {_number(self.radius)} at {_number(self.x)}, {_number(self.y)}"

    def scaled(self, factor: float) -> "Circle":
        """The same about its middle, larger or smaller."""
        return replace(self, radius=self.radius * factor)


@dataclass(frozen=True)
class Annulus(_Centred):
    """What lies between two circles.

    Attributes
    ----------
    x, y : float
        Their centre.
    inner, outer : float
        Their radii in pixels.
    """

    kind: ClassVar[str] = "annulus"
    inner: float
    outer: float

    @property
    def text(self) -> str:
        """For people."""
        return f"annulus r {_number(self.inner)} to {_number(self.outer)} at {_number(self.x)}, {_number(self.y)}"

    def scaled(self, factor: float) -> "Annulus":
        """The same about its middle, larger or smaller."""
        return replace(self, inner=self.inner * factor, outer=self.outer * factor)


@dataclass(frozen=True)
class Line:
    """A line from one place to another.

    Attributes
    ----------
    x1, y1, x2, y2 : float
        Its ends.
    """

    kind: ClassVar[str] = "line"
    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def length(self) -> float:
        """In pixels."""
        return math.hypot(self.x2 - self.x1, self.y2 - self.y1)

    @property
    def text(self) -> str:
        """For people."""
        ends = f"{_number(self.x1)}, {_number(self.y1)} to {_number(self.x2)}, {_number(self.y2)}"
        return f"line {_number(self.length)} from {ends}"

    def moved(self, dx: float, dy: float) -> "Line":
        """The same elsewhere."""
        return Line(self.x1 + dx, self.y1 + dy, self.x2 + dx, self.y2 + dy)

    def scaled(self, factor: float) -> "Line":
        """The same about its middle, larger or smaller."""
        x, y = (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2
        return Line(*_about(x, y, factor, (self.x1, self.y1)), *_about(x, y, factor, (self.x2, self.y2)))


@dataclass(frozen=True)
class Polygon:
    """Corners joined in turn, and the last with the first.

    Attributes
    ----------
    points : tuple of (float, float)
        Three corners or more.
    """

    kind: ClassVar[str] = "polygon"
    points: tuple[Point, ...]

    @property
    def text(self) -> str:
        """For people."""
        across, along = zip(*self.points, strict=True)
        middle = f"{_number((min(across) + max(across)) / 2)}, {_number((min(along) + max(along)) / 2)}"
        return f"polygon of {len(self.points)} corners about {middle}"

    def moved(self, dx: float, dy: float) -> "Polygon":
        """The same elsewhere."""
        return Polygon(tuple(_moved(point, dx, dy) for point in self.points))

    def scaled(self, factor: float) -> "Polygon":
        """The same about its middle, larger or smaller."""
        across, along = zip(*self.points, strict=True)
        x, y = (min(across) + max(across)) / 2, (min(along) + max(along)) / 2
        return Polygon(tuple(_about(x, y, factor, point) for point in self.points))


Shape = Rectangle | Circle | Annulus | Line | Polygon

#: what can be drawn, as it is called on a menu
KINDS: dict[str, str] = {
    "box": "Box",
    "circle": "Circle",
    "annulus": "Annulus",
    "line": "Line",
    "polygon": "Polygon",
}


@dataclass(frozen=True)
class Region:
    """A shape with a name.

    Attributes
    ----------
    shape : Shape
        In pixels of a picture.
    name : str
        As the user or a region file calls it; may be empty.
    """

    shape: Shape
    name: str = ""

    @property
    def text(self) -> str:
        """For people."""
        return f"{self.name}: {self.shape.text}" if self.name else self.shape.text


def standard(kind: str, x: float, y: float, size: float) -> Shape:
    """A shape to begin with, for the user to drag.

    Parameters
    ----------
    kind : str
        Of `KINDS`.
    x, y : float
        Its middle.
    size : float
        How large it is to be, in pixels.

    Returns
    -------
    Shape
    """
    half = size / 2
    made: dict[str, Shape] = {
        "box": Rectangle(x, y, size, size),
        "circle": Circle(x, y, half),
        "annulus": Annulus(x, y, half / 2, half),
        "line": Line(x - half, y, x + half, y),
        "polygon": Polygon(((x - half, y - half), (x + half, y - half), (x, y + half))),
    }
    return made[kind]


def spanned(kind: str, x1: float, y1: float, x2: float, y2: float) -> Shape | None:
    """The shape that a drag from one place to another means.

    Parameters
    ----------
    kind : str
        Of `KINDS`.
    x1, y1, x2, y2 : float
        Where the drag began, and where it is: corners of a box, centre and rim of a circle, ends of a line.

    Returns
    -------
    Shape or None
        None where it is too small to be meant.
    """
    wide, high = abs(x2 - x1), abs(y2 - y1)
    length = math.hypot(wide, high)
    if length < 1 or (kind in ("box", "polygon") and min(wide, high) < 1):
        return None
    middle = (x1 + x2) / 2, (y1 + y2) / 2
    if kind == "box":
        return Rectangle(*middle, wide, high)
    if kind == "circle":
        return Circle(x1, y1, length)
    if kind == "annulus":
        return Annulus(x1, y1, length / 2, length)
    if kind == "line":
        return Line(x1, y1, x2, y2)
    return Polygon(((min(x1, x2), min(y1, y2)), (max(x1, x2), min(y1, y2)), (middle[0], max(y1, y2))))
