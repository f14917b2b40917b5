"""Diagnostics of a result as plots: lines and histograms with their units, in the colours of the theme."""

from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from calgui.core.algorithms.registry import Curve
from calgui.core.tables import Column, titled
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.plot_saving import offer_saving
from calgui.views.widgets.rich import rich

_ROLES = ("accent", "warning", "good", "violet", "cyan", "contour")
#: lines that are points of a verdict
_VERDICTS = {"doubtful": "warning", "bad": "error"}
#: a plot is not drawn smaller than this, title and axes included
_LEAST_WIDE, _LEAST_HIGH = 240, 200
#: of the line between points of single measurements, of 255: there for the eye to follow
_FAINT = 70
#: so many points are a cloud: smaller, and without lines between them
_CLOUD = 400


class _Decades(pg.AxisItem):
    """An axis of logarithms that names 1, 2 and 5 of each decade: names of all nine lie over one another."""

    def logTickStrings(self, values: Any, scale: float, spacing: float) -> list[str]:
        """Names of ticks at powers of ten."""
        powers = np.asarray(values, float)
        leading = np.rint(10 ** (powers - np.floor(powers + 1e-6))).astype(int)
        return [f"{10**power:.3g}" if first in (1, 2, 5) else "" for power, first in zip(powers, leading, strict=True)]


class CurvePlot(QWidget):
    """One diagnostic: its title, what the colours mean, and below them the plot alone, so that nothing lies over it.

    Parameters
    ----------
    curve : Curve
        What to draw.
    session : Session, optional
        Who saves the plot.
    parent : QWidget, optional
    """

    def __init__(self, curve: Curve, session: Session | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"bench_diagnostic_{curve.title.split()[0].lower()}")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(f"#{self.objectName()} {{ background: {theme().colour('surface').name()}; }}")
        self.setMinimumSize(_LEAST_WIDE, _LEAST_HIGH)
        self.heading = QLabel(_heading(curve))
        self.heading.setObjectName("bench_plot_heading")
        rich(self.heading)
        self.heading.setWordWrap(True)
        self.heading.setStyleSheet(f"color: {theme().colour('text').name()};")
        axes = {"left": _Decades("left")} if curve.log_y else {}
        self.plot = pg.PlotWidget(background=theme().colour("surface"), axisItems=axes)
        self.plot.setObjectName(f"bench_plot_{curve.title.split()[0].lower()}")
        self.plot.setAccessibleName(curve.title)
        self.plot.setToolTip(f"{curve.title}. Wheel: zoom; drag: move; right click: more.")
        self._curve = curve
        self.saving = offer_saving(self.plot, _file_name(curve.title), session, self._series)
        # it takes the room that there is, and asks for none
        self.plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE // 2)
        layout.setSpacing(SPACE // 2)
        layout.addWidget(self.heading)
        layout.addWidget(self.plot, 1)
        self._draw_axes(curve)
        self._kind = _kind(curve)
        self._items = [
            self._draw(curve.style, name, np.asarray(x, float), _drawable(curve, np.asarray(y, float)), role)
            for (name, (x, y)), role in zip(curve.lines.items(), _roles(curve), strict=True)
        ]

    def take(self, curve: Curve) -> bool:
        """Draw another curve of the same kind; what the user zoomed into stays.

        Parameters
        ----------
        curve : Curve
            What to draw.

        Returns
        -------
        bool
            False where it is of another kind, and nothing was changed.
        """
        lines = [(np.asarray(x, float), np.asarray(y, float)) for x, y in curve.lines.values()]
        steps = [item.opts["stepMode"] == "center" for item in self._items]
        same = _kind(curve) == self._kind
        if not same or steps != [curve.style == "histogram" and len(x) == len(y) + 1 for x, y in lines]:
            return False
        for item, (x, y) in zip(self._items, lines, strict=True):
            item.setData(x, _drawable(curve, y))
        self.heading.setText(_heading(curve))
        self._curve = curve
        return True

    def _series(self) -> list[Column]:
        """Both axes of each line; of a histogram the edges of its bins are one more than the counts."""
        curve, columns = self._curve, []
        (x_name, x_unit), (y_name, y_unit) = titled(curve.x_label), titled(curve.y_label)
        for name, (x, y) in curve.lines.items():
            of = f" of {name}" if len(curve.lines) > 1 else ""
            columns += [Column(f"{x_name}{of}", np.asarray(x), x_unit), Column(f"{y_name}{of}", np.asarray(y), y_unit)]
        return columns

    def _draw_axes(self, curve: Curve) -> None:
        item = self.plot.getPlotItem()
        for side, label in (("bottom", curve.x_label), ("left", curve.y_label)):
            axis = item.getAxis(side)
            axis.setLabel(escape(label), color=theme().colour("muted").name())
            axis.setPen(theme().colour("line"))
            axis.setTextPen(theme().colour("muted"))
            axis.enableAutoSIPrefix(False)
        item.showGrid(x=True, y=True, alpha=0.15)
        item.setLogMode(y=curve.log_y)

    def _draw(self, style: str, name: str, x: Any, y: Any, role: str) -> Any:
        colour = theme().colour(role)
        if style == "histogram" and len(x) == len(y) + 1:
            fill = theme().colour(role)
            fill.setAlpha(70)
            pen = pg.mkPen(colour, width=1)
            return self.plot.plot(x, y, stepMode="center", fillLevel=0, brush=fill, pen=pen, name=name)
        if name in self._curve.points:
            faint = theme().colour(role)
            faint.setAlpha(_FAINT)
            marks = {"symbol": "o", "symbolSize": 6, "symbolBrush": colour, "symbolPen": None}
            if len(x) > _CLOUD:
                faint.setAlpha(2 * _FAINT)
                marks |= {"symbolSize": 3, "symbolBrush": faint}
                return self.plot.plot(x, y, pen=None, name=name, **marks)
            return self.plot.plot(x, y, pen=pg.mkPen(faint, width=1), name=name, connect="finite", **marks)
        pen = pg.mkPen(colour, width=2 if style == "histogram" else 1)
        return self.plot.plot(x, y, pen=pen, name=name, connect="finite")


def _kind(curve: Curve) -> tuple[Any, ...]:
    """What curves that can take one another's place have in common; names may hold numbers."""
    points = tuple(name in curve.points and 1 + (len(x) > _CLOUD) for name, (x, _y) in curve.lines.items())
    return curve.title, curve.x_label, curve.y_label, curve.style, curve.log_y, points


def _drawable(curve: Curve, y: Any) -> Any:
    """What has no logarithm is left out of an axis of logarithms."""
    return np.where(y > 0, y, np.nan) if curve.log_y else y


def _roles(curve: Curve) -> list[str]:
    """Colours of the lines; what is only to be compared with is calm, and takes none from the others."""
    lines = iter(range(len(curve.lines)))
    calm = ("limit", "threshold")
    return [
        _VERDICTS[name]
        if name in _VERDICTS
        else "muted"
        if name.casefold().startswith(calm)
        else _ROLES[next(lines) % len(_ROLES)]
        for name in curve.lines
    ]


def _file_name(title: str) -> str:
    return "_".join("".join(char if char.isalnum() else " " for char in title.casefold()).split()) or "plot"


def _heading(curve: Curve) -> str:
    """Title and legend; the legend wraps where a plot is narrow."""
    colours = [theme().colour(role).name() for role in _roles(curve)]
    marks = [
        f'<span style="color: {colour};">■</span>&nbsp;{escape(name).replace(" ", "&nbsp;")}'
        for colour, name in zip(colours, curve.lines, strict=True)
    ]
    legend = " &nbsp; ".join(marks) if len(marks) > 1 else ""
    return f"<b>{escape(curve.title)}</b> &nbsp; {legend}"


class CurvesPanel(QScrollArea):
    """All diagnostics of a result: below one another, or two in a row where that spares the scrolling."""

    def __init__(self, session: Session | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setObjectName("bench_curves")
        self.setAccessibleName("Diagnostics")
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._curves: tuple[Curve, ...] = ()
        self._plots: list[CurvePlot] = []
        self._columns = 0
        self._behind = True
        self._grid = QGridLayout()
        theme().changed.connect(self._retheme)
        self.show_curves(())

    def _retheme(self) -> None:
        self._plots = []
        self.show_curves(self._curves)

    def show_curves(self, curves: tuple[Curve, ...]) -> None:
        """Draw these.

        Parameters
        ----------
        curves : tuple of Curve
            In the order of the result.
        """
        self._curves = curves
        # made where they can be seen: a preview that follows an option must not wait for plots that nobody looks at
        self._behind = not self.isVisible()
        if not self._behind:
            self._draw()

    def _draw(self) -> None:
        curves, plots = self._curves, self._plots
        alike = bool(plots) and len(plots) == len(curves)
        if alike and all(plot.take(curve) for plot, curve in zip(plots, curves, strict=True)):
            return
        self._plots = [CurvePlot(curve, self._session) for curve in curves]
        self._columns = 0
        inside = QWidget()
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        self._grid.setSpacing(SPACE)
        if not curves:
            none = QLabel("No plots yet.")
            none.setObjectName("bench_no_plots")
            none.setAlignment(Qt.AlignmentFlag.AlignCenter)
            none.setStyleSheet(f"color: {theme().colour('muted').name()};")
            self._grid.addWidget(none)
        self.setWidget(inside)
        self._lay_out()

    def _lay_out(self) -> None:
        """One column where all fit below one another; else two, the first plot as wide as both."""
        count, room = len(self._plots), self.viewport().size()
        fits = count * (_LEAST_HIGH + SPACE) + SPACE <= room.height()
        columns = 1 if count < 3 or fits or room.width() < 2 * _LEAST_WIDE + 3 * SPACE else 2
        if columns == self._columns or not count:
            return
        self._columns = columns
        for plot in self._plots:
            self._grid.removeWidget(plot)
        wide = columns == 2 and count % 2 == 1
        for number, plot in enumerate(self._plots):
            if wide and number == 0:
                self._grid.addWidget(plot, 0, 0, 1, 2)
            else:
                self._grid.addWidget(plot, *divmod(number + wide, columns))

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came meanwhile."""
        super().showEvent(event)
        if self._behind:
            self._behind = False
            self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the plots by the room."""
        super().resizeEvent(event)
        self._lay_out()
