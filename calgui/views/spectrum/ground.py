"""What plots of spectra have in common: how the wheel, drags and keys move them, their cursor and their colours."""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from calgui.views.theme import theme

#: pixels of the screen that the longest label takes, with its tick
_LABEL_LENGTH = 80


class SpectrumGround(pg.PlotWidget):
    """A plot over whose horizontal axis the cursor goes.

    Signals
    -------
    pointed(object)
        What is under the cursor, or None.

    Parameters
    ----------
    parent : QWidget, optional
    """

    pointed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.box = RangeBox()
        super().__init__(parent, viewBox=self.box, background=theme().colour("surface"))
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.hide()
        self.addItem(self._cursor, ignoreBounds=True)
        item = self.getPlotItem()
        item.hideButtons()
        for side in ("bottom", "left"):
            item.getAxis(side).enableAutoSIPrefix(False)
        theme().changed.connect(self.retheme)

    def point(self, x: float | None) -> None:
        """Draw the cursor's line at a place, or hide it.

        Parameters
        ----------
        x : float or None
            On the present axis.
        """
        self._cursor.setVisible(x is not None)
        if x is not None:
            self._cursor.setValue(x)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the plot; plus and minus zoom its horizontal axis."""
        width, height = (high - low for low, high in self.box.viewRange())
        moves = {
            Qt.Key.Key_Left: (-0.1 * width, 0.0), Qt.Key.Key_Right: (0.1 * width, 0.0),
            Qt.Key.Key_Up: (0.0, 0.1 * height), Qt.Key.Key_Down: (0.0, -0.1 * height),
        }  # fmt: skip
        key = Qt.Key(event.key())
        if key in moves:
            across, up = moves[key]
            self.box.translateBy(x=across or None, y=up or None)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.box.scaleBy(x=1.25 if key == Qt.Key.Key_Minus else 0.8)
        else:
            event.ignore()

    def leaveEvent(self, event: Any) -> None:
        """Nothing is under the cursor any more."""
        super().leaveEvent(event)
        self.pointed.emit(None)

    def retheme(self) -> None:
        """Take the colours of the theme."""
        rule(self)
        self._cursor.setPen(pg.mkPen(theme().colour("muted"), width=1, style=Qt.PenStyle.DotLine))
        self.box.retheme()


class RangeBox(pg.ViewBox):
    """A view that can be dragged over to choose a range; the wheel zooms the horizontal axis, with Ctrl the vertical.

    While nobody zooms the vertical axis, it fits what is seen of the spectra.
    """

    chosen = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self.choosing = False
        #: whether labels stand at the top: values that fit what is seen leave them their room
        self.labels = False
        self.setAutoVisible(y=True)
        self._range = pg.LinearRegionItem(movable=False)
        self._range.setVisible(False)
        self.addItem(self._range, ignoreBounds=True)

    def retheme(self) -> None:
        """Take the colours of the theme."""
        fill = theme().colour("accent")
        fill.setAlpha(50)
        self._range.setBrush(fill)

    def suggestPadding(self, axis: int) -> float:
        """Room about what is seen, as a part of it."""
        usual = float(super().suggestPadding(axis))
        if axis != 1 or not self.labels:
            return usual
        taken = min(_LABEL_LENGTH / max(self.height(), 1.0), 0.16)
        return max(usual, taken / (1 - 2 * taken))

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        """Zoom one axis: a peak keeps its place on the other."""
        if axis is None:
            axis = 1 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 0
        super().wheelEvent(event, axis)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """Choose a range with the left button, where that is on."""
        if not self.choosing or event.button() != Qt.MouseButton.LeftButton or axis is not None:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        ends = sorted(self.mapToView(where).x() for where in (event.buttonDownPos(), event.pos()))
        self._range.setRegion(ends)
        self._range.setVisible(not event.isFinish())
        if event.isFinish() and ends[1] > ends[0]:
            self.chosen.emit(*ends)


def rule(plot: Any) -> None:
    """Give the ground and the axes of a plot the colours of the theme.

    Parameters
    ----------
    plot : pyqtgraph.PlotWidget
        Any.
    """
    look = theme()
    plot.setBackground(look.colour("surface"))
    for side in ("bottom", "left"):
        axis = plot.getPlotItem().getAxis(side)
        axis.setPen(look.colour("line"))
        axis.setTextPen(look.colour("muted"))
