"""The reads of a pixel, and a straight line through them."""

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from calgui.core.cubes.ramp import Samples, StraightLine, straight_line
from calgui.views.session import Session
from calgui.views.theme import SPACE, figures, theme
from calgui.views.widgets.plot_saving import from_titles, offer_saving

_ROLES = ("accent", "warning", "good", "error")
#: integrations that are drawn
_MOST = 8


class RampPlot(QWidget):
    """Reads as dots (those left out of the line as crosses), the line dashed, and its slope in words.

    Parameters
    ----------
    session : Session
        Who is told of what was saved.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ramp_view")
        self.plot = pg.PlotWidget(self, background=theme().colour("surface"))
        self.plot.setObjectName("ramp_plot")
        self.plot.setAccessibleName("Reads of the pixel")
        item = self.plot.getPlotItem()
        item.hideButtons()
        item.showGrid(x=True, y=True, alpha=0.12)
        self.plot.setMenuEnabled(False)
        for side in ("bottom", "left"):
            item.getAxis(side).enableAutoSIPrefix(False)
        self.words = QLabel("Move over the picture to see the reads of a pixel.", self)
        self.words.setObjectName("ramp_words")
        self.words.setAccessibleName("Slope of the reads")
        self.words.setFont(figures())
        self.words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, 0, SPACE, SPACE)
        layout.setSpacing(SPACE // 2)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.words)
        self.samples: Samples | None = None
        self.lines: tuple[StraightLine, ...] = ()
        self._name = ""
        self.saving = offer_saving(self.plot, "ramp", session, lambda: from_titles(self.series()))
        theme().changed.connect(self.retheme)

    def show_samples(self, samples: Samples | None, name: str = "") -> None:
        """Draw the reads of a pixel.

        Parameters
        ----------
        samples : Samples or None
            None for nothing.
        name : str
            Which pixel it is.
        """
        self.samples, self._name = samples, name
        self.plot.clear()
        if samples is None:
            self.lines = ()
            self.words.setText("Move over the picture to see the reads of a pixel.")
            return
        count = min(len(samples.value), _MOST)
        self.lines = tuple(straight_line(samples, integration) for integration in range(count))
        for integration, line in enumerate(self.lines):
            self._draw(samples, integration, line)
        unit = samples.unit or "value"
        muted = theme().colour("muted").name()
        self.plot.setLabel("bottom", "time since the reset (s)" if samples.timed else "read", color=muted)
        self.plot.setLabel("left", unit, color=muted)
        told = [self._told(samples, integration, line) for integration, line in enumerate(self.lines)]
        self.words.setText(f"{name}   " + "   ".join(told))

    def _draw(self, samples: Samples, integration: int, line: StraightLine) -> None:
        colour = theme().colour(_ROLES[integration % len(_ROLES)])
        used, there = samples.used[integration], np.isfinite(samples.value[integration])
        for which, symbol in ((used & there, "o"), (~used & there, "x")):
            self.plot.plot(
                samples.place[which], samples.value[integration][which], pen=None, symbol=symbol, symbolSize=8,
                symbolPen=pg.mkPen(colour), symbolBrush=pg.mkBrush(colour) if symbol == "o" else None,
            )  # fmt: skip
        if math.isfinite(line.slope):
            ends = np.array([0.0, float(samples.place[-1])])
            self.plot.plot(
                ends, line.start + line.slope * ends, pen=pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine)
            )

    def _told(self, samples: Samples, integration: int, line: StraightLine) -> str:
        which = f"integration {integration}: " if len(self.lines) > 1 else ""
        reads = f"{line.used} of {samples.value.shape[1]} reads"
        if not math.isfinite(line.slope):
            return f"{which}no line ({reads})"
        error = f" ± {line.slope_error:.2g}" if math.isfinite(line.slope_error) else ""
        unit = f"{samples.unit or 'value'}/{'s' if samples.timed else 'read'}"
        return f"{which}slope {line.slope:.5g}{error} {unit} ({reads}; a straight line, for a quick look)"

    def series(self) -> tuple[tuple[str, Any], ...]:
        """What is drawn as columns, for a table."""
        if self.samples is None:
            return ()
        place = "time (s)" if self.samples.timed else "read"
        columns: list[tuple[str, Any]] = [(place, self.samples.place)]
        for integration, values in enumerate(self.samples.value):
            columns.append((f"integration {integration}", values))
            columns.append((f"integration {integration} dq", self.samples.dq[integration].astype(np.float64)))
        return tuple(columns)

    def retheme(self) -> None:
        """Take the colours of the theme."""
        look = theme()
        self.plot.setBackground(look.colour("surface"))
        for side in ("bottom", "left"):
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setPen(look.colour("line"))
            axis.setTextPen(look.colour("muted"))
        self.show_samples(self.samples, self._name)
