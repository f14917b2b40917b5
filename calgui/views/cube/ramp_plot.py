"""The reads of pixels, and straight lines through them."""

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from calgui.core.cubes.ramp import Samples, StraightLine, straight_line
from calgui.views.session import Session
from calgui.views.theme import SPACE, figures, theme
from calgui.views.widgets.plot_saving import from_titles, offer_saving
from calgui.views.widgets.rich import rich

_ROLES = ("accent", "warning", "good", "error")
#: integrations that are drawn, of all pixels together
_MOST = 8
_NOTHING = "Move over the picture to see the reads of a pixel."


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
        self.words = rich(QLabel(_NOTHING, self))
        self.words.setObjectName("ramp_words")
        self.words.setAccessibleName("Slope of the reads")
        self.words.setToolTip("A straight line for a quick look: all reads weigh alike.")
        self.words.setFont(figures())
        self.words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, 0, SPACE, SPACE)
        layout.setSpacing(SPACE // 2)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.words)
        self.shown: tuple[tuple[str, Samples], ...] = ()
        self.lines: tuple[StraightLine, ...] = ()
        self._drawn: list[Any] = []
        self.saving = offer_saving(self.plot, "ramp", session, lambda: from_titles(self.series()))
        theme().changed.connect(self.retheme)

    @property
    def samples(self) -> Samples | None:
        """The reads of the first pixel."""
        return self.shown[0][1] if self.shown else None

    def show_samples(self, shown: Sequence[tuple[str, Samples]]) -> None:
        """Draw the reads of pixels over one another.

        Parameters
        ----------
        shown : sequence of (str, Samples)
            Which pixel, and its reads; of one ramp. Empty for nothing.
        """
        self.shown = tuple(shown)
        for item in self._drawn:
            self.plot.removeItem(item)
        self._drawn = []
        rows = [(name, one, part) for name, one in self.shown for part in range(len(one.value))][:_MOST]
        self.lines = tuple(straight_line(one, integration) for _, one, integration in rows)
        self.words.setText(_NOTHING)
        told = []
        for (name, one, integration), line in zip(rows, self.lines, strict=True):
            colour = theme().colour(_ROLES[len(told) % len(_ROLES)])
            self._draw(one, integration, line, colour)
            words = "   ".join(part for part in (name, _told(one, integration, line)) if part)
            told.append(f'<span style="color:{colour.name()}">●</span> {escape(words).replace("   ", "&nbsp;&nbsp; ")}')
        first = self.samples
        if first is not None:
            self.words.setText("<br>".join(told))
            muted = theme().colour("muted").name()
            self.plot.setLabel("bottom", "time since the reset (s)" if first.timed else "read", color=muted)
            self.plot.setLabel("left", escape(first.unit or "value"), color=muted)

    def _draw(self, samples: Samples, integration: int, line: StraightLine, colour: QColor) -> None:
        used, there = samples.used[integration], np.isfinite(samples.value[integration])
        for which, symbol in ((used & there, "o"), (~used & there, "x")):
            self._drawn.append(
                self.plot.plot(
                    samples.place[which], samples.value[integration][which], pen=None, symbol=symbol, symbolSize=8,
                    symbolPen=pg.mkPen(colour), symbolBrush=pg.mkBrush(colour) if symbol == "o" else None,
                )
            )  # fmt: skip
        if math.isfinite(line.slope):
            ends = np.array([0.0, float(samples.place[-1])])
            pen = pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine)
            self._drawn.append(self.plot.plot(ends, line.start + line.slope * ends, pen=pen))

    def series(self) -> tuple[tuple[str, Any], ...]:
        """What is drawn as columns, for a table."""
        first = self.samples
        if first is None:
            return ()
        columns: list[tuple[str, Any]] = [("time (s)" if first.timed else "read", first.place)]
        for name, samples in self.shown:
            before = f"{name}: " if len(self.shown) > 1 else ""
            for integration, values in enumerate(samples.value):
                columns.append((f"{before}integration {integration}", values))
                columns.append((f"{before}integration {integration} dq", samples.dq[integration].astype(np.float64)))
        return tuple(columns)

    def retheme(self) -> None:
        """Take the colours of the theme."""
        look = theme()
        self.plot.setBackground(look.colour("surface"))
        for side in ("bottom", "left"):
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setPen(look.colour("line"))
            axis.setTextPen(look.colour("muted"))
        self.show_samples(self.shown)


def _told(samples: Samples, integration: int, line: StraightLine) -> str:
    count, reads = samples.value.shape
    which = f"integration {integration}: " if count > 1 else ""
    used = f"{line.used} of {reads} reads"
    if not math.isfinite(line.slope):
        return f"{which}no line ({used})"
    error = f" ± {line.slope_error:.2g}" if math.isfinite(line.slope_error) else ""
    return f"{which}slope {line.slope:.5g}{error} {samples.unit or 'value'}/{'s' if samples.timed else 'read'} ({used})"
