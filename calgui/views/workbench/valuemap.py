"""What maps of a value over the field have in common: colours with their bar, and the choice of the value."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox

from calgui.views.spectrum.ground import rule
from calgui.views.theme import theme

#: parts of the values that get the first and the last colour; what lies beyond has the last ones
_PARTS = (2.0, 98.0)
#: width of figures and title of the colour bar
_BAR_TEXT = 74


class ValueMap(pg.PlotWidget):
    """A plot of places of which each has the colour of its value; limits are dragged on the bar.

    Parameters
    ----------
    name, title : str
        Of the widget.
    across, up : str
        What its axes are.
    """

    #: colours that are told apart
    tones = 256

    def __init__(self, name: str, title: str, across: str, up: str) -> None:
        super().__init__(background=theme().colour("surface"))
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._across, self._up = across, up
        colours = pg.colormap.get("viridis")
        #: of each tone; ndarray of uint8, shape (tones, 4)
        self._table = colours.getLookupTable(0.0, 1.0, self.tones, alpha=True)
        plot = self.getPlotItem()
        plot.getViewBox().setAspectLocked(True)
        self.bar = pg.ColorBarItem(colorMap=colours, width=14, interactive=True)
        plot.layout.addItem(self.bar, 2, 5)
        plot.layout.setColumnFixedWidth(4, 5)
        self.bar.sigLevelsChanged.connect(lambda _bar: self._paint())
        theme().changed.connect(self.retheme)

    def _paint(self) -> None:
        """Draw the places in the colours that the bar gives them."""
        raise NotImplementedError

    def retheme(self) -> None:
        """Take the theme's colours."""
        rule(self)
        plot, bar = self.getPlotItem(), self.bar.getAxis("right")
        for axis, label in ((plot.getAxis("bottom"), self._across), (plot.getAxis("left"), self._up)):
            axis.setLabel(escape(label), color=theme().colour("muted").name())
            axis.enableAutoSIPrefix(False)
        bar.setPen(theme().colour("line"))
        bar.setTextPen(theme().colour("muted"))
        bar.enableAutoSIPrefix(False)
        bar.setWidth(_BAR_TEXT)
        self._paint()

    def _set_limits(self, values: Any, name: str) -> None:
        """Let the bar reach over most of some finite values; it is not painted yet."""
        low, high = np.percentile(values, _PARTS) if values.size else (0.0, 1.0)
        if not high > low:
            low, high = low - max(abs(low), 1) * 1e-3, high + max(abs(high), 1) * 1e-3
        self.bar.blockSignals(True)
        self.bar.setLevels((float(low), float(high)))
        self.bar.blockSignals(False)
        self.bar.rounding = 10 ** np.floor(np.log10(float(high - low) / 100))
        self.bar.getAxis("right").setLabel(escape(name), color=theme().colour("muted").name())

    def _tones(self, values: Any) -> Any:
        """Tones of finite values; ndarray of int."""
        low, high = self.bar.levels()
        last = self.tones - 1
        return np.clip((values - low) / max(high - low, 1e-300) * last, 0, last).astype(int)


class ValueChoice(QComboBox):
    """Which value is mapped.

    Parameters
    ----------
    name, tip : str
        Of the widget.
    """

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("Value on the map")
        self.setToolTip(tip)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)

    def offer(self, names: Sequence[str]) -> None:
        """Offer other values; the one that was chosen stays where it is among them.

        Parameters
        ----------
        names : sequence of str
            In their order.
        """
        if [self.itemText(at) for at in range(self.count())] == list(names):
            return
        before = self.currentText()
        with QSignalBlocker(self):
            self.clear()
            self.addItems(list(names))
            self.setCurrentIndex(max(self.findText(before), 0) if names else -1)
