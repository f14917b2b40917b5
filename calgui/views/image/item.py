"""The picture itself: an `ImageItem` that draws only what is visible, reduced to the screen's resolution."""

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QImage, QPainter

from calgui.core.frames.display import flag_colours, stretch_table, to_tones
from calgui.core.frames.limits import Limits
from calgui.core.frames.reduction import Pyramid
from calgui.views.image.colours import colour_table

#: blocks of a level: x start, x stop, y start, y stop
Window = tuple[int, int, int, int]

#: pictures up to this many pixels are reduced while drawing; larger ones in the background
SMALL = 1_500_000


class PictureItem(pg.ImageItem):
    """A large picture with an overlay of flagged pixels.

    Rows run upwards, and the centre of the first pixel is at (0, 0). Of a picture that is shown smaller than it is,
    every screen pixel shows the maximum (or mean, or minimum) of the pixels under it, so that none vanishes.

    Signals
    -------
    level_needed(int)
        The picture is to be drawn reduced by this factor, which is not at hand yet.
    drawn(int)
        The picture was drawn with this factor.
    """

    level_needed = Signal(int)
    drawn = Signal(int)

    def __init__(self) -> None:
        super().__init__(axisOrder="row-major")
        self._picture: Pyramid | None = None
        self._flags: Pyramid | None = None
        self._flag_colours: dict[int, int] = {}
        self.limits = Limits(0.0, 1.0)
        self._table = stretch_table("linear")
        self._colours = np.array(colour_table("grey"), np.uint32)
        self._cached: tuple[int, Window, QImage] | None = None
        self._cached_flags: tuple[int, Window, QImage] | None = None
        self._part = (0.0, 1.0)
        self._whole = True
        self._shape = (0, 0)
        self.last_factor = 0

    def set_picture(self, picture: Pyramid | None, flags: Pyramid | None = None) -> None:
        """Show another picture.

        Parameters
        ----------
        picture : Pyramid or None
            None for nothing.
        flags : Pyramid or None
            Data-quality bits of the same shape.
        """
        shape = (0, 0) if picture is None else picture.shape
        if shape != self._shape:
            self.prepareGeometryChange()
            self._shape = shape
        self._picture, self._flags = picture, flags
        self.refresh()

    def set_limits(self, limits: Limits) -> None:
        """Draw these values darkest and brightest.

        Parameters
        ----------
        limits : Limits
            In the unit of the picture.
        """
        self.limits = limits
        self._cached = None
        self.update()

    def set_table(self, table: "np.ndarray[Any, np.dtype[np.uint8]]") -> None:
        """Use another stretch.

        Parameters
        ----------
        table : ndarray of uint8, shape (65536,)
            From `calgui.core.frames.display`.
        """
        self._table = table
        self._cached = None
        self.update()

    def set_colours(self, colours: tuple[int, ...]) -> None:
        """Use another colour map.

        Parameters
        ----------
        colours : tuple of int
            256 colours, from `calgui.views.image.colours.colour_table`.
        """
        self._colours = np.array(colours, np.uint32)
        self._cached = None
        self.update()

    def set_flag_colours(self, colours: dict[int, int]) -> None:
        """Choose the flags that are overlaid.

        Parameters
        ----------
        colours : dict of int to int
            Value of each bit to its colour, ``0xAARRGGBB``; the first that a pixel has wins. Empty for no overlay.
        """
        self._flag_colours = dict(colours)
        self._cached_flags = None
        self.update()

    def set_part(self, low: float, high: float) -> None:
        """Draw only a part of the view from left to right; the rest is covered by another picture.

        Parameters
        ----------
        low, high : float
            0 is the view's left edge, 1 its right one.
        """
        if (low, high) != self._part:
            self._part = low, high
            # an edge that is dragged uncovers more and more: drawn whole, it costs nothing from now on
            self._whole = True
            self.update()

    def refresh(self) -> None:
        """Draw anew, with a level that has become available."""
        self._cached = self._cached_flags = None
        self.update()

    # -- what pyqtgraph asks of an image -------------------------------------------------------------------------

    def width(self) -> int:
        """Columns."""
        return self._shape[1]

    def height(self) -> int:
        """Rows."""
        return self._shape[0]

    def boundingRect(self) -> QRectF:
        """The picture's edges: half a pixel beyond the centres of its outermost pixels."""
        return QRectF(-0.5, -0.5, self._shape[1], self._shape[0])

    def viewTransformChanged(self) -> None:
        """Draw another part."""
        self._whole = False
        self.update()

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw what is visible."""
        if self._picture is None or 0 in self._shape or not self._picture.factors:
            return
        # asked of Qt: what pyqtgraph remembers of the view is out of date while it changes
        view = self.getViewBox()
        seen = part = self.boundingRect()
        if view is not None:
            room = view.boundingRect()
            seen = view.mapRectToItem(self, room)
            low, high = self._part
            strip = QRectF(room.left() + low * room.width(), room.top(), (high - low) * room.width(), room.height())
            part = view.mapRectToItem(self, strip)
        visible, part = seen.intersected(self.boundingRect()), part.intersected(self.boundingRect())
        if visible.isEmpty() or part.isEmpty():
            return
        wanted = self._factor(painter)
        if wanted not in self._picture.factors or (self._flags is not None and wanted not in self._flags.factors):
            if self._shape[0] * self._shape[1] <= SMALL:
                self._picture.build(wanted)
                if self._flags is not None:
                    self._flags.build(wanted)
            else:
                self.level_needed.emit(wanted)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.setClipRect(self.boundingRect())
        self.last_factor = self._draw_picture(painter, visible, part, wanted)
        self._draw_flags(painter, visible, part, wanted)
        self.drawn.emit(self.last_factor)

    def _factor(self, painter: QPainter) -> int:
        """Pixels of the picture to one of the screen, rounded up so that none falls between."""
        transform = painter.deviceTransform()
        across = math.hypot(transform.m11(), transform.m12())
        along = math.hypot(transform.m21(), transform.m22())
        scale = min(across, along) if min(self._shape) > 1 else max(across, along)
        device = painter.device()
        # a printer or an image drawn larger would ask for less reduction than the screen; that is right
        if scale <= 0 or device is None:
            return 1
        wanted = math.ceil(1 / scale - 1e-6)
        return max(1, min(wanted, max(self._shape)))

    def _draw_picture(self, painter: QPainter, visible: QRectF, part: QRectF, wanted: int) -> int:
        assert self._picture is not None
        factor, level = self._picture.best(wanted)
        needed = _window(part, factor, level.shape)
        if not _holds(self._cached, factor, needed):
            window = _window(visible, factor, level.shape) if self._whole else needed
            tones = to_tones(level[window[2] : window[3], window[0] : window[1]], self.limits, self._table)
            self._cached = factor, window, _image(np.take(self._colours, tones), QImage.Format.Format_RGB32)
        assert self._cached is not None
        painter.drawImage(_target(self._cached[1], factor), self._cached[2])
        return factor

    def _draw_flags(self, painter: QPainter, visible: QRectF, part: QRectF, wanted: int) -> None:
        if self._flags is None or not self._flag_colours or not self._flags.factors:
            return
        factor, level = self._flags.best(wanted)
        needed = _window(part, factor, level.shape)
        if not _holds(self._cached_flags, factor, needed):
            window = _window(visible, factor, level.shape) if self._whole else needed
            bits = level[window[2] : window[3], window[0] : window[1]]
            colours = flag_colours(bits, self._flag_colours)
            self._cached_flags = factor, window, _image(colours, QImage.Format.Format_ARGB32_Premultiplied)
        assert self._cached_flags is not None
        painter.drawImage(_target(self._cached_flags[1], factor), self._cached_flags[2])


def _holds(cached: tuple[int, Window, QImage] | None, factor: int, needed: Window) -> bool:
    """Whether what was drawn before has all that is needed, and not so much more that drawing it is slow."""
    if cached is None or cached[0] != factor:
        return False
    window = cached[1]
    inside = window[0] <= needed[0] and window[1] >= needed[1] and window[2] <= needed[2] and window[3] >= needed[3]
    return inside and _size(window) <= 4 * max(_size(needed), 1)


def _size(window: Window) -> int:
    return (window[1] - window[0]) * (window[3] - window[2])


def _window(visible: QRectF, factor: int, shape: tuple[int, ...]) -> Window:
    """The blocks of a level that a part of the picture touches: x start, x stop, y start, y stop."""
    left = math.floor((visible.left() + 0.5) / factor)
    right = math.ceil((visible.right() + 0.5) / factor)
    low = math.floor((visible.top() + 0.5) / factor)
    high = math.ceil((visible.bottom() + 0.5) / factor)
    return max(0, left), min(shape[1], max(right, left + 1)), max(0, low), min(shape[0], max(high, low + 1))


def _target(window: Window, factor: int) -> QRectF:
    x_start, x_stop, y_start, y_stop = window
    return QRectF(
        x_start * factor - 0.5, y_start * factor - 0.5, (x_stop - x_start) * factor, (y_stop - y_start) * factor
    )


def _image(pixels: "np.ndarray[Any, np.dtype[np.uint32]]", kind: QImage.Format) -> QImage:
    high, wide = pixels.shape
    image = QImage(pixels.data, wide, high, 4 * wide, kind)
    image._pixels = pixels  # keeps the memory alive that QImage borrows
    return image
