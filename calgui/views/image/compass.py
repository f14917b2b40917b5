"""North, east and a scale bar on a picture that knows its place on the sky."""

import math

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from calgui.core.frames.sky import Compass
from calgui.views.image.canvas import Canvas
from calgui.views.theme import SPACE, theme

#: side of the place of the arrows, on a canvas that is large and on one that is not
_SIZE, _SMALL = 78, 54
_LARGE_CANVAS = 420
#: half of the place of a letter at the tip of an arrow
_LETTER = 8
_BAR_HIGH = 26
#: the bar is about so long on the screen
_BAR = 110.0
#: and never more of the canvas than this
_SHARE = 0.3


def nice(arcseconds: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above a length.

    Parameters
    ----------
    arcseconds : float
        Above 0.

    Returns
    -------
    float
    """
    power = 10.0 ** math.floor(math.log10(arcseconds))
    return max(step * power for step in (1, 2, 5) if step * power <= arcseconds * (1 + 1e-9))


def angle_text(arcseconds: float) -> str:
    """An angle for people.

    Parameters
    ----------
    arcseconds : float
        Above 0.

    Returns
    -------
    str
        In degrees, arcminutes, arcseconds or milliarcseconds.
    """
    for unit, size in (("°", 3600.0), ("′", 60.0), ("″", 1.0)):
        if arcseconds >= size:
            return f"{arcseconds / size:g}{unit}"
    return f"{arcseconds * 1000:g} mas"


class CompassOverlay(QWidget):
    """Arrows in the upper right corner of a canvas, the scale bar in the lower right; never takes the mouse.

    Parameters
    ----------
    canvas : Canvas
        What it lies on.
    """

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.setObjectName("picture_compass")
        self.setAccessibleName("Compass and scale")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._canvas = canvas
        self.compass: Compass | None = None
        self._wanted = True
        self._covered = False
        self._scale = 0.0
        canvas.installEventFilter(self)
        canvas.zoomed.connect(self._zoomed)
        theme().changed.connect(self.update)
        self.hide()

    def _zoomed(self, scale: float) -> None:
        # painted over the picture, it would have that painted too at every step of a move
        if scale != self._scale:
            self._scale = scale
            self.update()

    def set_compass(self, compass: Compass | None) -> None:
        """Show another compass.

        Parameters
        ----------
        compass : Compass or None
            None for a picture that does not know its place.
        """
        self.compass = compass
        self._tell()

    def set_wanted(self, on: bool) -> None:
        """Show it or not."""
        self._wanted = on
        self._tell()

    def set_covered(self, on: bool) -> None:
        """Leave the upper corner to something else: the arrows stand lower.

        Parameters
        ----------
        on : bool
            Whether it is taken.
        """
        self._covered = on
        self.update()

    def _tell(self) -> None:
        self.setVisible(self._wanted and self.compass is not None)
        self.setGeometry(self._canvas.rect())
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the canvas when it changes its size."""
        if watched is self._canvas and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._canvas.rect())
        return super().eventFilter(watched, event)

    @property
    def bar(self) -> tuple[float, float] | None:
        """Length of the scale bar: in arcseconds, and in points of the screen; None without a scale."""
        if self.compass is None:
            return None
        one = self._canvas.alignment
        stretch = math.sqrt(abs(one.xx * one.yy - one.xy * one.yx))
        points = self._canvas.scale_factor() / self._canvas.devicePixelRatioF() * stretch
        scale = self.compass.scale / points  # arcseconds to a point of the screen
        if not (math.isfinite(scale) and scale > 0):
            return None
        length = nice(scale * min(_BAR, _SHARE * self._canvas.width()))
        return length, length / scale

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the arrows and the bar."""
        if self.compass is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour, plate = theme().colour("text"), QColor(theme().colour("surface"))
        plate.setAlpha(190)
        self._draw_bar(painter, colour, plate)
        size = _SIZE if min(self.width(), self.height()) >= _LARGE_CANVAS else _SMALL
        if self.height() < 3 * size:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(plate)
        top = SPACE + (36 if self._covered else 0)
        room = QRectF(self.width() - size - SPACE, top, size, size)
        painter.drawRoundedRect(room, 4, 4)
        painter.setPen(QPen(colour, 1.6))
        self._draw_arrows(painter, room, self.compass)

    def _draw_arrows(self, painter: QPainter, room: QRectF, compass: Compass) -> None:
        """Both arrows as long as there is room for, whichever way they point."""
        ways = {"N": self._way(*compass.north), "E": self._way(*compass.east)}
        reach = (room.width() - 2 * _LETTER) / math.sqrt(2)
        xs, ys = ([0.0, *(getattr(way, name)() for way in ways.values())] for name in "xy")
        start = room.center() - QPointF(min(xs) + max(xs), min(ys) + max(ys)) * (reach / 2)
        for name, way in ways.items():
            aside = QPointF(-way.y(), way.x())
            tip, letter = start + way * (reach - _LETTER - 1), start + way * reach
            painter.drawLine(start, tip)
            for side in (-3, 3):
                painter.drawLine(tip, tip - way * 5 + aside * side)
            box = QRectF(letter.x() - _LETTER, letter.y() - _LETTER, 2 * _LETTER, 2 * _LETTER)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)

    def _way(self, across: float, along: float) -> QPointF:
        one = self._canvas.alignment
        x, y = one.xx * across + one.xy * along, one.yx * across + one.yy * along
        length = math.hypot(x, y) or 1.0
        return QPointF(x / length, -y / length)  # rows run upwards on the screen

    def _draw_bar(self, painter: QPainter, colour: QColor, plate: QColor) -> None:
        bar = self.bar
        if bar is None:
            return
        length, points = bar
        text = angle_text(length)
        wide = max(points, painter.fontMetrics().horizontalAdvance(text))
        room = QRectF(self.width() - wide - 3 * SPACE, self.height() - _BAR_HIGH - SPACE, wide + 2 * SPACE, _BAR_HIGH)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(plate)
        painter.drawRoundedRect(room, 3, 3)
        painter.setPen(QPen(colour, 1.6))
        low = room.bottom() - 6
        left, right = room.center().x() - points / 2, room.center().x() + points / 2
        painter.drawLine(QPointF(left, low), QPointF(right, low))
        for end in (left, right):
            painter.drawLine(QPointF(end, low - 3), QPointF(end, low + 3))
        painter.drawText(room.adjusted(0, 0, 0, -9), Qt.AlignmentFlag.AlignCenter, text)
