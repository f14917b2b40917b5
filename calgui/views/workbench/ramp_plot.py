"""The reads of one pixel and the lines of every method, as a plot."""

from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QIcon, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from calgui.core.algorithms.ramps.pixel import METHODS, PixelFits
from calgui.core.algorithms.ramps.pixellooks import Kind, PixelDrawing
from calgui.core.tables import Column
from calgui.views.session import Session
from calgui.views.theme import theme
from calgui.views.widgets.plot_saving import offer_saving

#: kind of a read -> shape, the same as a character, colour role, whether it is filled, words
MARKS: dict[Kind, tuple[str, str, str, bool, str]] = {
    "used": ("o", "●", "text", True, "used"),
    "unused": ("o", "○", "text", False, "not used by it"),
    "jump": ("d", "◆", "warning", True, "after a jump"),
    "saturated": ("t1", "▲", "error", True, "saturated"),
    "beyond": ("s", "■", "error", True, "beyond the coefficients"),
    "flagged": ("x", "✕", "error", True, "flagged"),
}
#: as they were read, beside the corrected ones
AS_READ = ("_", "–", "muted", True, "as read, from the same start")
#: method -> colour role, dashes; the chosen one is drawn bold and without dashes
_LINES: dict[str, tuple[str, list[float]]] = {
    "optimal": ("accent", [7, 3]),
    "utr": ("good", [3, 3]),
    "cds": ("contour", [1.5, 3]),
    "mcds": ("muted", [8, 3, 1.5, 3]),
}
_SIZE = 9
#: size of the title, and what the plot has beside it, its axis
_TITLE_POINTS, _MARGIN = 9, 80


def line_pen(method: str, chosen: bool) -> QPen:
    """How the line of a method is drawn.

    Parameters
    ----------
    method : str
        As in the options.
    chosen : bool
        Whether it is the one that makes the picture.

    Returns
    -------
    QPen
    """
    role, dashes = _LINES.get(method, ("text", [4, 2]))
    pen: QPen = pg.mkPen(theme().colour(role), width=3 if chosen else 1.5)
    if not chosen:
        pen.setStyle(Qt.PenStyle.CustomDashLine)
        pen.setDashPattern(dashes)
    return pen


def line_icon(method: str, chosen: bool, size: QSize) -> QIcon:
    """A piece of that line, for a legend.

    Parameters
    ----------
    method, chosen
        As for `line_pen`.
    size : QSize
        In points.

    Returns
    -------
    QIcon
    """
    picture = QPixmap(size * 2)
    picture.setDevicePixelRatio(2)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setPen(line_pen(method, chosen))
    painter.drawLine(1, size.height() // 2, size.width() - 1, size.height() // 2)
    painter.end()
    return QIcon(picture)


class ReadsPlot(pg.PlotWidget):  # type: ignore[misc]
    """Reads as marks, whose shape says what became of them, and the line of each method.

    Parameters
    ----------
    session : Session
        Who saves it.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=theme().colour("surface"))
        self.setObjectName("ramp_pixel_plot")
        self.setAccessibleName("Reads of the pixel, and the fits")
        self.setToolTip("Wheel: zoom; drag: move; right click: more.")
        self.setMinimumSize(200, 120)
        self._rate = self._labelled = ""
        self._shown: tuple[PixelFits, PixelDrawing, str] | None = None
        self._lines: dict[str, Any] = {}
        self._points: dict[str, Any] = {}
        item = self.getPlotItem()
        item.hideButtons()
        item.showGrid(x=True, y=True, alpha=0.12)
        for side in ("bottom", "left"):
            item.getAxis(side).enableAutoSIPrefix(False)
        self.saving = offer_saving(self, self._name, session, self.series)
        theme().changed.connect(self.retheme)
        self.retheme()

    def show_drawing(
        self, fits: PixelFits | None, drawing: PixelDrawing | None, method: str, label: str, rate: str = ""
    ) -> None:
        """Draw another pixel.

        Parameters
        ----------
        fits : PixelFits or None
            None for nothing.
        drawing : PixelDrawing or None
            What of it is drawn.
        method : str
            The chosen one.
        label : str
            Of the axis of values, without unit.
        rate : str
            What the chosen one gives, in words.
        """
        if fits is None or drawing is None:
            self._shown = None
            self.setTitle(None)
            for one in (*self._lines.values(), *self._points.values()):
                one.setData([], [])
            return
        before, self._shown = self._shown, (fits, drawing, method)
        if before is None or before[2] != method:
            self._choose(method)
        for name, line in self._lines.items():
            line.setData(*drawing.lines.get(name, ([], [])), connect="finite")
        for kind, points in self._points.items():
            points.setData(*(drawing.raw if kind == "raw" else drawing.points[kind]))  # type: ignore[index]
        self._rate = rate
        self._head()
        self._label(f"{label} ({drawing.unit})")

    def _label(self, text: str) -> None:
        """Of the axis of values; axes lay out the whole plot anew, so only where it is another."""
        if text != self._labelled:
            self._labelled = text
            muted = theme().colour("muted").name()
            self.setLabel("left", escape(text), color=muted)
            self.setLabel("bottom", "time since the reset (s)", color=muted)

    def retheme(self) -> None:
        """Take the colours of the theme."""
        look, item = theme(), self.getPlotItem()
        self.setBackground(look.colour("surface"))
        for side in ("bottom", "left"):
            axis = item.getAxis(side)
            axis.setPen(look.colour("line"))
            axis.setTextPen(look.colour("muted"))
        item.clear()
        method = self._shown[2] if self._shown is not None else METHODS[0]
        self._lines = {name: self.plot([], [], pen=line_pen(name, name == method)) for name in METHODS}
        self._points = {}
        for kind, (shape, _, role, filled, _) in {"raw": AS_READ, **MARKS}.items():
            colour = look.colour(role)
            self._points[kind] = self.plot(
                [], [], pen=None, symbol=shape, symbolSize=_SIZE + 5 if kind == "raw" else _SIZE,
                symbolPen=pg.mkPen(colour, width=1 if kind == "raw" else 1.5),
                symbolBrush=pg.mkBrush(colour) if filled else pg.mkBrush(look.colour("surface")),
            )  # fmt: skip
        self._choose(method)
        self._labelled = ""
        # what is drawn comes again from who knows its words
        self._shown = None

    def _head(self) -> None:
        """Which pixel, and the methods in the colours of their lines: a saved plot still says what they are.

        As much of it as there is room for: pyqtgraph would make the plot as wide as its title.
        """
        if self._shown is None:
            return
        fits, drawing, method = self._shown
        look = theme()
        place = (f"x {fits.x}, y {fits.y}", look.colour("text"), False)
        names = [(name, look.colour(_LINES[name][0]), name == method) for name in drawing.lines]
        told = [(f"{name} {self._rate}" if chosen else name, colour, chosen) for name, colour, chosen in names]
        font = self.font()
        font.setPointSizeF(_TITLE_POINTS)
        font.setBold(True)
        metrics, room = QFontMetrics(font), self.width() - _MARGIN
        for parts in ([place, *told], told, [place, *names], names):
            if metrics.horizontalAdvance("   ".join(text for text, _, _ in parts)) <= room:
                break
        spans = [
            f'<span style="color: {colour.name()}">{f"<b>{escape(text)}</b>" if chosen else escape(text)}</span>'
            for text, colour, chosen in parts
        ]
        self.setTitle(" &nbsp; ".join(spans), size=f"{_TITLE_POINTS}pt")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say in the title what there is room for."""
        if hasattr(self, "_shown"):  # pyqtgraph resizes while it is being made
            # before it lays out, or the old title would keep it wide
            self._head()
        super().resizeEvent(event)

    def _choose(self, method: str) -> None:
        for name, line in self._lines.items():
            line.setPen(line_pen(name, name == method))
            # over the others, under the reads
            line.setZValue(2 if name == method else 1)
        for number, points in enumerate(self._points.values(), start=3):
            points.setZValue(number)

    def _name(self) -> str:
        return "ramp_pixel" if self._shown is None else f"ramp_x{self._shown[0].x}_y{self._shown[0].y}"

    def series(self) -> list[Column]:
        """Reads of every integration as read and corrected, and every line, for a table."""
        if self._shown is None:
            return []
        fits = self._shown[0]
        columns = [Column("time since the reset", fits.seconds, "s")]
        for number, lines in enumerate(fits.lines):
            of = f" of integration {number + 1}" if len(fits.lines) > 1 else ""
            columns += [
                Column(f"as read{of}", fits.raw[number], fits.unit),
                Column(f"corrected{of}", fits.straight[number], "e-"),
                Column(f"usable{of}", fits.usable[number]),
                Column(f"dq{of}", fits.dq[number].astype(np.int64)),
            ]
            for name, line in lines.items():
                columns += [
                    Column(f"{name}{of}", line.at(fits.seconds), "e-"),
                    Column(f"used by {name}{of}", line.used),
                ]
                if line.jumps.any():
                    columns.append(Column(f"jumps of {name}{of}", line.jumps))
        return columns
