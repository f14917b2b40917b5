"""The small picture of a reason: a picture with marks, a histogram, a range, or lines of the header; a button."""

import itertools

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from calgui.core.validation.pictures import Illustration, Mark
from calgui.views.theme import figures, theme
from calgui.views.widgets.tips import plain_tip

WIDE, HIGH = 172, 112
_EDGE, _FOOT = 8, 18
_ROLES = {"value": "accent", "doubtful": "warning", "bad": "error"}


class Thumbnail(QAbstractButton):
    """Draws an illustration; a click asks for it large.

    Parameters
    ----------
    name, title : str
        Object name, and what it is the picture of.
    parent : QWidget, optional
    """

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(f"Large: {title}")
        self.setFixedSize(WIDE, HIGH)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.shown: Illustration | None = None
        self._image: QImage | None = None
        self.setEnabled(False)

    def sizeHint(self) -> QSize:
        """Always the same, so that nothing moves when the picture comes."""
        return QSize(WIDE, HIGH)

    def show_illustration(self, shown: Illustration | None) -> None:
        """Draw another one.

        Parameters
        ----------
        shown : Illustration or None
            None while it is being made.
        """
        self.shown = shown
        self._image = _image_of(shown) if shown is not None and shown.small is not None else None
        self.setEnabled(shown is not None)
        self.setToolTip(plain_tip(f"{shown.caption}\nClick to see it large.") if shown is not None else "")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The picture on the ground of pictures, with a frame."""
        colour = theme().colour
        painter = QPainter(self)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.fillRect(box, colour("picture" if self._image is not None else "surface"))
        if self.shown is None:
            painter.setPen(colour("muted"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "…")
        elif self._image is not None:
            self._paint_image(painter, box)
        elif self.shown.counts is not None:
            self._paint_histogram(painter, box)
        elif self.shown.kind == "range":
            self._paint_range(painter, box)
        else:
            self._paint_cards(painter, box)
        lit = self.hasFocus() or self.underMouse()
        painter.setPen(QPen(colour("accent" if lit and self.isEnabled() else "line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)

    def _paint_image(self, painter: QPainter, box: QRectF) -> None:
        assert self._image is not None
        size = self._image.size()
        scale = min((box.width() - 2) / size.width(), (box.height() - 2) / size.height())
        wide, high = size.width() * scale, size.height() * scale
        where = QRectF(box.center().x() - wide / 2, box.center().y() - high / 2, wide, high)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 1)
        painter.drawImage(where, self._image)

    def _paint_histogram(self, painter: QPainter, box: QRectF) -> None:
        shown = self.shown
        assert shown is not None
        assert shown.counts is not None
        assert shown.edges is not None
        plot = box.adjusted(_EDGE, _EDGE, -_EDGE, -_FOOT)
        low, high = float(shown.edges[0]), float(shown.edges[-1])
        heights = np.log1p(np.asarray(shown.counts, float))
        top = float(heights.max()) or 1.0
        step = plot.width() / len(heights)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("field"))
        for number, height in enumerate(heights):
            tall = plot.height() * float(height) / top
            painter.drawRect(QRectF(plot.left() + number * step, plot.bottom() - tall, step, tall))
        self._paint_marks(painter, plot, low, high)
        self._paint_ends(painter, box, low, high)

    def _paint_range(self, painter: QPainter, box: QRectF) -> None:
        shown = self.shown
        assert shown is not None
        plot = box.adjusted(_EDGE, _EDGE, -_EDGE, -_FOOT)
        low, high = ends_of(shown.marks)
        band = QRectF(plot.left(), plot.center().y() - 9, plot.width(), 18)
        for start, end, role in zones(shown.marks, low, high):
            left, right = (band.left() + band.width() * (at - low) / (high - low) for at in (start, end))
            painter.fillRect(QRectF(left, band.top(), right - left, band.height()), theme().colour(f"{role}_fill"))
        self._paint_marks(painter, plot, low, high)
        self._paint_ends(painter, box, low, high)

    def _paint_marks(self, painter: QPainter, plot: QRectF, low: float, high: float) -> None:
        assert self.shown is not None
        for mark in sorted(self.shown.marks, key=lambda one: one.what == "value"):
            if not low <= mark.at <= high:
                continue
            x = plot.left() + plot.width() * (mark.at - low) / (high - low)
            solid = mark.what == "value"
            pen = QPen(theme().colour(_ROLES[mark.what]), 2 if solid else 1.5)
            pen.setStyle(Qt.PenStyle.SolidLine if solid else Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            if solid:
                painter.setBrush(theme().colour("accent"))
                painter.drawEllipse(QPointF(x, plot.top()), 3, 3)

    def _paint_ends(self, painter: QPainter, box: QRectF, low: float, high: float) -> None:
        assert self.shown is not None
        font = QFont(self.font())
        font.setPixelSize(10)
        painter.setFont(font)
        painter.setPen(theme().colour("muted"))
        foot = QRectF(box.left() + _EDGE, box.bottom() - _FOOT, box.width() - 2 * _EDGE, _FOOT)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, f"{low:.3g}")
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{high:.3g}")
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, self.shown.unit)

    def _paint_cards(self, painter: QPainter, box: QRectF) -> None:
        assert self.shown is not None
        font = figures()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(theme().colour("text"))
        text = "\n".join(self.shown.cards) or self.shown.caption
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWrapAnywhere)
        painter.drawText(box.adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE), flags, text)


def ends_of(marks: tuple[Mark, ...]) -> tuple[float, float]:
    """Ends of an axis that holds all marks.

    Parameters
    ----------
    marks : tuple of Mark

    Returns
    -------
    tuple of float
        The second is greater.
    """
    at = [mark.at for mark in marks] or [0.0]
    room = 0.15 * ((max(at) - min(at)) or abs(at[0]) or 1.0)
    return min(at) - room, max(at) + room


def zones(marks: tuple[Mark, ...], low: float, high: float) -> list[tuple[float, float, str]]:
    """Parts of an axis by what a value there would be.

    Parameters
    ----------
    marks : tuple of Mark
    low, high : float
        Ends of the axis.

    Returns
    -------
    list of (float, float, str)
        Start, end, and ``good``, ``warning`` or ``error``.
    """
    limits = [mark for mark in marks if mark.what != "value" and low < mark.at < high]
    cuts = sorted({low, high, *(mark.at for mark in limits)})
    made = []
    for start, end in itertools.pairwise(cuts):
        middle = (start + end) / 2
        beyond = {mark.what for mark in limits if (middle > mark.at) == mark.above}
        made.append((start, end, "error" if "bad" in beyond else "warning" if "doubtful" in beyond else "good"))
    return made


def _image_of(shown: Illustration) -> QImage:
    """Grey by value, marks in a colour that no grey is; the first row at the bottom."""
    assert shown.small is not None
    data = np.asarray(shown.small, np.float64)[::-1]
    low, high = (shown.limits.low, shown.limits.high) if shown.limits is not None else (0.0, 1.0)
    with np.errstate(invalid="ignore"):
        grey = np.clip((data - low) / ((high - low) or 1.0), 0, 1)
    tones = np.nan_to_num(grey * 255).astype(np.uint8)
    colours = np.empty((*tones.shape, 4), np.uint8)
    colours[..., :3] = tones[..., None]
    colours[..., 3] = 255
    spots = ~np.isfinite(data) if shown.marked is None else shown.marked[::-1] | ~np.isfinite(data)
    mark = QColor("#ff5a3c")
    colours[spots] = (mark.blue(), mark.green(), mark.red(), 255)
    high_px, wide_px = tones.shape
    image = QImage(np.ascontiguousarray(colours).data, wide_px, high_px, 4 * wide_px, QImage.Format.Format_RGB32)
    return image.copy()
