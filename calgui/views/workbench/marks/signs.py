"""How each state of a mark is drawn: a shape and a colour of its own, on an edge that is read on every tone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

#: state -> shape, colour: alike in both looks, as it lies on the picture and not on the window
_KNOWN: Mapping[str, tuple[str, str]] = {
    "used": ("ring", "#35e0a1"),
    "found": ("plus", "#5fd0e0"),
    "rejected": ("cross", "#ffa63d"),
    "excluded": ("square", "#ff7ac6"),
    "missing": ("diamond", "#8fb8ff"),
    "false": ("cross", "#ff8f81"),
    "node": ("dot", "#5fd0e0"),
    "aperture": ("dot", "#5fd0e0"),
    "annulus": ("dot", "#ffe14d"),
}
#: what other states take, in their order
_SHAPES = ("triangle", "down", "star", "pentagon", "plus", "hexagon", "cross", "square")
_COLOURS = ("#ffe14d", "#c79bff", "#ff8f81", "#5fd0e0", "#ffb454", "#8fb8ff", "#ff7ac6", "#d4e157")
#: opacity of a sign that is switched off
_FAINT = 0.25
#: what lies under the coloured line, and how much wider that is
_EDGE, _EDGE_WIDE = QColor(8, 12, 16, 215), 2.4


@dataclass(frozen=True)
class Sign:
    """What stands for a state.

    Attributes
    ----------
    shape : str
        ``ring``, ``cross``, ``dot``, ``square``, ``diamond``, ``plus``, ``triangle``, ...
    colour : str
        As ``#rrggbb``.
    """

    shape: str
    colour: str


def signs(states: tuple[str, ...]) -> tuple[Sign, ...]:
    """The signs of states, no two alike.

    Parameters
    ----------
    states : tuple of str
        As `Marks.states`.

    Returns
    -------
    tuple of Sign
    """
    made: list[Sign] = []
    spare = [Sign(shape, colour) for shape, colour in zip(_SHAPES, _COLOURS, strict=True)]
    known = {state: Sign(*_KNOWN[state]) for state in states if state in _KNOWN}
    taken = {sign.shape for sign in known.values()}
    for state in states:
        free = [sign for sign in spare if sign.shape not in taken] or spare
        sign = known.get(state) or free[0]
        taken.add(sign.shape)
        made.append(sign)
    return tuple(made)


def _outline(shape: str, r: float) -> QPainterPath:
    path = QPainterPath()
    if shape == "ring":
        path.addEllipse(QPointF(0, 0), r, r)
    elif shape == "cross":
        for sign in (1, -1):
            path.moveTo(-0.8 * r, -0.8 * r * sign)
            path.lineTo(0.8 * r, 0.8 * r * sign)
    elif shape == "plus":
        path.moveTo(-r, 0)
        path.lineTo(r, 0)
        path.moveTo(0, -r)
        path.lineTo(0, r)
    elif shape == "dot":
        path.addEllipse(QPointF(0, 0), 1, 1)
    elif shape == "square":
        path.addRect(QRectF(-0.85 * r, -0.85 * r, 1.7 * r, 1.7 * r))
        path.moveTo(-0.85 * r, 0.85 * r)
        path.lineTo(0.85 * r, -0.85 * r)
    else:
        path.addPolygon(QPolygonF([QPointF(r * x, r * y) for x, y in _CORNERS[shape]]))
        path.closeSubpath()
    return path


def _regular(count: int, inner: float = 0.0) -> list[tuple[float, float]]:
    from math import cos, pi, sin

    corners = 2 * count if inner else count
    radii = [inner if inner and number % 2 else 1.0 for number in range(corners)]
    turns = [2 * pi * number / corners for number in range(corners)]
    return [(radius * sin(turn), -radius * cos(turn)) for radius, turn in zip(radii, turns, strict=True)]


_CORNERS: Mapping[str, list[tuple[float, float]]] = {
    "diamond": _regular(4),
    "triangle": _regular(3),
    "down": [(x, -y) for x, y in _regular(3)],
    "pentagon": _regular(5),
    "hexagon": _regular(6),
    "star": _regular(5, 0.45),
}


@cache
def pixmap(sign: Sign, side: int, ratio: float = 1.0, line: float = 1.6) -> QPixmap:
    """A sign as a small picture, with its middle in the middle.

    Parameters
    ----------
    sign : Sign
        Which.
    side : int
        Of the sign, in points of the screen; the picture is some points larger.
    ratio : float
        Pixels of the screen to a point.
    line : float
        Width of the coloured line.

    Returns
    -------
    QPixmap
    """
    whole = side + 6
    drawn = QPixmap(round(whole * ratio), round(whole * ratio))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(whole / 2, whole / 2)
    path = _outline(sign.shape, side / 2)
    # of a small sign the lines are thin, or what it marks could not be seen
    thin = min(side / 11, 1.0)
    for colour, width in ((_EDGE, thin * (line + _EDGE_WIDE)), (QColor(sign.colour), max(thin * line, 1.0))):
        pen = QPen(colour, width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPath(path)
    painter.end()
    return drawn


def icon(sign: Sign, side: int = 11) -> QIcon:
    """A sign on a button, faint while the button is not checked.

    Parameters
    ----------
    sign : Sign
        Which.
    side : int
        Of the sign.

    Returns
    -------
    QIcon
    """
    drawn = pixmap(sign, side, 2.0, 1.8)
    faint = QPixmap(drawn.size())
    faint.setDevicePixelRatio(drawn.devicePixelRatio())
    faint.fill(Qt.GlobalColor.transparent)
    painter = QPainter(faint)
    painter.setOpacity(_FAINT)
    painter.drawPixmap(0, 0, drawn)
    painter.end()
    made = QIcon()
    made.addPixmap(drawn, QIcon.Mode.Normal, QIcon.State.On)
    made.addPixmap(faint, QIcon.Mode.Normal, QIcon.State.Off)
    return made


#: colour of arrows, and of the ring about the chosen mark
ARROW, CHOSEN = QColor("#ffe14d"), QColor("#ffffff")
EDGE = _EDGE
