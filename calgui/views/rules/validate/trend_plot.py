"""One keyword over the night, with what it may be; a click on a point leads to its file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from calgui.core.algorithms.metadata.night import Trend
from calgui.core.tables import Column
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.plot_saving import offer_saving

_LOOKS = {"good": ("o", "accent", 7), "doubtful": ("t1", "warning", 10), "bad": ("x", "error", 11)}
_LIMITS = {"possible": ("error", Qt.PenStyle.DashLine), "usual": ("warning", Qt.PenStyle.DotLine)}


class TrendPlot(QWidget):
    """The plot, and above it what it shows.

    Signals
    -------
    chosen(object)
        The path of the file whose point was clicked.

    Parameters
    ----------
    session : Session
        Who saves the plot.
    parent : QWidget, optional
    """

    chosen = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("validate_trend")
        self.trend: Trend | None = None
        self._paths: Sequence[Path] = ()
        self._current: Path | None = None
        self.told = QLabel(self)
        self.told.setObjectName("validate_trend_told")
        self.told.setAccessibleName("What the plot shows")
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.plot = pg.PlotWidget(background=theme().colour("surface"))
        self.plot.setObjectName("validate_trend_plot")
        self.plot.setAccessibleName("Keyword over the night")
        self.plot.setToolTip("Click a point: its file. Wheel: zoom; drag: move; right click: more.")
        self.saving = offer_saving(
            self.plot, lambda: f"{self.trend.keyword.lower()}_over_the_night" if self.trend else "trend", session,
            self._series,
        )  # fmt: skip
        self.points: dict[str, Any] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE // 2)
        layout.addWidget(self.told)
        layout.addWidget(self.plot, 1)
        layout.addStretch()
        theme().changed.connect(self._draw)
        self.show_trend(None, (), None)

    def show_trend(self, trend: Trend | None, paths: Sequence[Path], current: Path | None, why: str = "") -> None:
        """Show another keyword, or other files.

        Parameters
        ----------
        trend : Trend or None
        paths : sequence of pathlib.Path
            Files that the trend is of.
        current : pathlib.Path or None
            Whose point is ringed.
        why : str
            Why there is none.
        """
        self.trend, self._paths, self._current = trend, paths, current
        self.plot.setVisible(trend is not None)
        if trend is None:
            self.told.setText(why or "Nothing to plot.")
        else:
            counts = {word: trend.verdicts.count(word) for word in ("bad", "doubtful")}
            told = [f"{count:,} {word}" for word, count in counts.items() if count] or ["none doubtful or bad"]
            limits = ", ".join(f"{name.removeprefix('limit: ')} {at:g}" for name, at in trend.limits)
            limits = f"{limits[:1].upper()}{limits[1:]}." if limits else ""
            self.told.setText(f"{trend.keyword}: {len(trend.values):,} files, {', '.join(told)}. {limits}".strip())
        self._draw()

    def _draw(self) -> None:
        colour = theme().colour
        self.told.setStyleSheet(f"color: {colour('muted').name()};")
        self.plot.setBackground(colour("surface"))
        item = self.plot.getPlotItem()
        item.clear()
        self.points = {}
        trend = self.trend
        labels = ("", "")
        if trend is not None:
            unit = f" ({trend.unit})" if trend.unit else ""
            labels = (f"Hours of {trend.zero.isoformat()} (UTC)", f"{trend.keyword}{unit}")
        for side, label in zip(("bottom", "left"), labels, strict=True):
            axis = item.getAxis(side)
            axis.setLabel(label, color=colour("muted").name())
            axis.setPen(colour("line"))
            axis.setTextPen(colour("muted"))
            axis.enableAutoSIPrefix(False)
        item.showGrid(x=True, y=True, alpha=0.15)
        if trend is None:
            return
        self._draw_limits(item, trend)
        line = colour("accent")
        line.setAlpha(70)
        item.plot(trend.hours, trend.values, pen=pg.mkPen(line, width=1))
        for verdict, (symbol, role, size) in _LOOKS.items():
            those = np.flatnonzero([one == verdict for one in trend.verdicts])
            if those.size:
                self.points[verdict] = self._scatter(item, trend, those, symbol, role, size)
        at = [number for number, which in enumerate(trend.which) if self._paths[which] == self._current]
        if at:
            ring = pg.mkPen(colour("text"), width=2)
            item.addItem(
                pg.ScatterPlotItem(trend.hours[at], trend.values[at], symbol="o", size=15, brush=None, pen=ring)
            )
        item.enableAutoRange()

    def _draw_limits(self, item: Any, trend: Trend) -> None:
        """What is usual as a band, and limits as lines; those far from all points are told, not drawn."""
        row, near = trend.expected, dict(trend.near())
        room = float(np.ptp(trend.values)) or 1.0
        low = row.usual_low if row.usual_low is not None else trend.values.min() - 9 * room
        high = row.usual_high if row.usual_high is not None else trend.values.max() + 9 * room
        if row.usual_low is not None or row.usual_high is not None:
            fill = theme().colour("good_fill")
            fill.setAlpha(110)
            band = pg.LinearRegionItem((low, high), orientation="horizontal", brush=fill, movable=False)
            for line in band.lines:
                line.setPen(pg.mkPen(None))
            item.addItem(band, ignoreBounds=True)
        for name, at in near.items():
            role, style = _LIMITS["usual" if "usual" in name else "possible"]
            options = {"color": theme().colour(role), "position": 0.15, "fill": theme().colour("surface")}
            label = f"{name.removeprefix('limit: ')} {at:g}"
            pen = pg.mkPen(theme().colour(role), width=1.5, style=style)
            item.addItem(pg.InfiniteLine(at, angle=0, pen=pen, label=label, labelOpts=options))

    def _scatter(self, item: Any, trend: Trend, those: Any, symbol: str, role: str, size: int) -> Any:
        made = pg.ScatterPlotItem(
            trend.hours[those], trend.values[those], symbol=symbol, size=size, brush=theme().colour(role),
            pen=None, data=[trend.which[number] for number in those], hoverable=True, hoverSize=size + 4,
            tip=lambda x, y, data: f"{self._paths[data].name}\n{trend.keyword} {y:g} at {x:.2f} h",
        )  # fmt: skip
        made.sigClicked.connect(lambda _item, points, *_: self._clicked(points))
        item.addItem(made)
        return made

    def _clicked(self, points: Any) -> None:
        if len(points):
            self.chosen.emit(self._paths[points[0].data()])

    def _series(self) -> list[Column]:
        trend = self.trend
        if trend is None:
            return []
        names = np.array([self._paths[which].name for which in trend.which])
        return [
            Column("File", names),
            Column("Hours", trend.hours, "h"),
            Column(trend.keyword, trend.values, trend.unit),
            Column("Verdict", np.array(trend.verdicts)),
        ]
