"""The histogram under the picture, with the two limits as lines to drag and as numbers to type."""

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from calgui.core.frames.limits import Histogram, Limits
from calgui.core.tables import Column
from calgui.views.theme import SPACE, figures, theme

_GRAB = 12


class HistogramStrip(QWidget):
    """Counts on a logarithmic axis, and two lines to drag; between the lines dragging moves both.

    Signals
    -------
    limits_dragged(Limits)
        While dragging, and for the arrow keys.
    released()
        Dragging has ended.
    """

    limits_dragged = Signal(object)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("picture_histogram")
        self.setAccessibleName("Histogram with the limits of the picture")
        self.setToolTip(
            "How many pixels have which value (logarithmic). Drag the two lines to choose what is drawn darkest and "
            "brightest; drag between them to move both. Keys: left and right move, up and down widen and narrow."
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._histogram: Histogram | None = None
        self._limits = Limits(0.0, 1.0)
        self._range = (0.0, 1.0)
        self._dragged = ""
        self._from = 0.0
        self._before = self._limits

    def sizeHint(self) -> QSize:
        """Low and wide."""
        return QSize(300, 56)

    def set_histogram(self, histogram: Histogram | None) -> None:
        """Show another histogram.

        Parameters
        ----------
        histogram : Histogram or None
            None for an empty strip.
        """
        self._histogram = histogram
        self._reach()
        self.update()

    def series(self, unit: str = "") -> list[Column]:
        """The bins: both edges of each, and how many pixels it has.

        Parameters
        ----------
        unit : str
            Of the values.

        Returns
        -------
        list of Column
            None without a histogram.
        """
        if self._histogram is None:
            return []
        edges, counts = self._histogram.edges, self._histogram.counts
        return [Column("from", edges[:-1], unit), Column("to", edges[1:], unit), Column("pixels", counts)]

    @property
    def dragging(self) -> bool:
        """Whether a line is held."""
        return bool(self._dragged)

    def set_limits(self, limits: Limits) -> None:
        """Place the lines.

        Parameters
        ----------
        limits : Limits
            In the unit of the picture.
        """
        self._limits = limits
        if not self._dragged:
            self._reach()
        self.update()

    def _reach(self) -> None:
        """The axis: all of the histogram and both lines."""
        low, high = self._limits.low, self._limits.high
        if self._histogram is not None:
            edges = self._histogram.edges
            low, high = min(low, float(edges[0])), max(high, float(edges[-1]))
        margin = (high - low) * 0.02
        self._range = (low - margin, high + margin)

    def _x(self, value: float) -> float:
        low, high = self._range
        return (value - low) / (high - low) * self.width()

    def _value(self, x: float) -> float:
        low, high = self._range
        return low + x / max(self.width(), 1) * (high - low)

    def _grip(self, x: float) -> str:
        low, high = self._x(self._limits.low), self._x(self._limits.high)
        if min(abs(x - low), abs(x - high)) <= _GRAB:
            # of two lines in one place the one on the cursor's side
            return "low" if abs(x - low) < abs(x - high) or (low == high and x < low) else "high"
        return "both" if low < x < high else ""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a line."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._from = event.position().x()
            self._dragged = self._grip(self._from)
            self._before = self._limits

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what is held; show what can be held."""
        x = event.position().x()
        if not self._dragged:
            shapes = {"": Qt.CursorShape.ArrowCursor, "both": Qt.CursorShape.OpenHandCursor}
            self.setCursor(shapes.get(self._grip(x), Qt.CursorShape.SizeHorCursor))
            return
        shift = self._value(x) - self._value(self._from)
        least = (self._range[1] - self._range[0]) * 1e-4
        low, high = self._before.low, self._before.high
        if self._dragged in ("low", "both"):
            low += shift
        if self._dragged in ("high", "both"):
            high += shift
        if self._dragged == "low":
            low = min(low, high - least)
        elif self._dragged == "high":
            high = max(high, low + least)
        self.limits_dragged.emit(Limits.between(low, high))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        if self._dragged:
            self._dragged = ""
            self._reach()
            self.released.emit()
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move both limits, widen or narrow."""
        width = self._limits.high - self._limits.low
        moves = {
            Qt.Key.Key_Left: (-0.05, -0.05),
            Qt.Key.Key_Right: (0.05, 0.05),
            Qt.Key.Key_Up: (-0.05, 0.05),
            Qt.Key.Key_Down: (0.05, -0.05),
        }
        move = moves.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
            return
        self.limits_dragged.emit(
            Limits.between(self._limits.low + move[0] * width, self._limits.high + move[1] * width)
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw counts, the part between the limits, and the lines."""
        painter = QPainter(self)
        colour = theme().colour
        painter.fillRect(self.rect(), colour("surface" if self.isEnabled() else "window"))
        if not self.isEnabled():
            painter.setPen(colour("line"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            return
        low, high = self._x(self._limits.low), self._x(self._limits.high)
        painter.fillRect(QRectF(low, 0, high - low, self.height()), colour("selected"))
        self._paint_counts(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for x in (low, high):
            painter.setPen(QPen(colour("accent"), 2))
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
            painter.fillRect(QRectF(x - 3, self.height() / 2 - 7, 6, 14), colour("accent"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(colour("accent") if self.hasFocus() else colour("line"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_counts(self, painter: QPainter) -> None:
        if self._histogram is None or not self._histogram.counts.any():
            return
        counts = np.log1p(self._histogram.counts)
        tall = counts / counts.max() * (self.height() - 6)
        edges = [self._x(float(edge)) for edge in self._histogram.edges]
        floor = float(self.height())
        outline = [QPointF(edges[0], floor)]
        for left, right, high in zip(edges[:-1], edges[1:], tall.tolist(), strict=True):
            outline += [QPointF(left, floor - high), QPointF(right, floor - high)]
        outline.append(QPointF(edges[-1], floor))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("muted"))
        painter.drawPolygon(QPolygonF(outline))


class LimitsBar(QWidget):
    """The strip between the two limits as numbers.

    Signals
    -------
    limits_chosen(Limits)
        By dragging, by keys, or typed.
    """

    limits_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strip = HistogramStrip()
        self.low = self._field("picture_limit_low", "Lower limit", "Value drawn darkest; type another one.")
        self.high = self._field("picture_limit_high", "Upper limit", "Value drawn brightest; type another one.")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self.low)
        layout.addWidget(self.strip, 1)
        layout.addWidget(self.high)
        self.strip.limits_dragged.connect(self.limits_chosen)
        self._limits = Limits(0.0, 1.0)

    def _field(self, name: str, title: str, tip: str) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName(name)
        field.setAccessibleName(title)
        field.setToolTip(tip)
        field.setFont(figures())
        field.setAlignment(Qt.AlignmentFlag.AlignRight)
        field.setFixedWidth(field.fontMetrics().horizontalAdvance("-0.000000e+00"))
        field.editingFinished.connect(self._typed)
        return field

    def set_limits(self, limits: Limits) -> None:
        """Show the limits.

        Parameters
        ----------
        limits : Limits
            In the unit of the picture.
        """
        self._limits = limits
        self.strip.set_limits(limits)
        self.low.setText(number(limits.low))
        self.high.setText(number(limits.high))

    def _typed(self) -> None:
        try:
            low, high = float(self.low.text()), float(self.high.text())
        except ValueError:
            self.set_limits(self._limits)
            return
        shown = (number(self._limits.low), number(self._limits.high))
        if (self.low.text(), self.high.text()) != shown and math.isfinite(low) and math.isfinite(high):
            self.limits_chosen.emit(Limits.between(low, high))
        else:
            self.set_limits(self._limits)


def number(value: float) -> str:
    """A value for people: six digits, no more than is meant.

    Parameters
    ----------
    value : float
        Any.

    Returns
    -------
    str
    """
    return f"{value:.6g}"
