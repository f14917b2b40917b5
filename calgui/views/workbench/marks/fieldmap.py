"""A value of every mark over the field, in colours with their bar; a click chooses the mark."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Signal

from calgui.core.tables import Column
from calgui.views.session import Session
from calgui.views.theme import theme
from calgui.views.widgets.plot_saving import offer_saving
from calgui.views.workbench.marks.shown import Shown
from calgui.views.workbench.marks.signs import signs
from calgui.views.workbench.valuemap import ValueMap

#: signs of marks that are filled with the colour of their value
_FILLED = {"ring": "o", "cross": "x", "plus": "+", "square": "s", "diamond": "d", "triangle": "t1", "down": "t",
           "star": "star", "pentagon": "p", "hexagon": "h", "dot": "o"}  # fmt: skip


class FieldMap(ValueMap):
    """The map.

    Signals
    -------
    chosen(object)
        Index of the mark that was clicked.

    Parameters
    ----------
    session : Session or None
        Who saves it.
    """

    chosen = Signal(object)
    # each is a brush of its own for every shape
    tones = 64

    def __init__(self, session: Session | None = None) -> None:
        super().__init__("marks_map_plot", "Map of a value over the field", "x (pixel)", "y (pixel)")
        self.setToolTip("Click a mark to see it. Wheel: zoom; drag: move; drag the colour bar to change its limits.")
        self._shown: Shown | None = None
        self._name = ""
        self._which: Any = np.zeros(0, int)
        plot = self.getPlotItem()
        self.points = pg.ScatterPlotItem(pxMode=True)
        plot.addItem(self.points)
        self._ring = pg.ScatterPlotItem(pxMode=True, size=20, brush=None)
        plot.addItem(self._ring)
        self.points.sigClicked.connect(self._clicked)
        self.saving = offer_saving(self, lambda: self._name or "map", session, self._series)
        self.retheme()

    def retheme(self) -> None:
        """Take the theme's colours."""
        self._ring.setPen(pg.mkPen(theme().colour("accent"), width=3))
        super().retheme()

    def show_value(self, shown: Shown | None, name: str, hidden: frozenset[str], size: tuple[int, int] | None) -> None:
        """Draw a value.

        Parameters
        ----------
        shown : Shown or None
            Marks of the picture.
        name : str
            One of `Shown.values`.
        hidden : frozenset of str
            States that are left out.
        size : tuple of int or None
            (ny, nx) of the picture: all of it is seen.
        """
        again = shown is not None and self._shown is not None and name == self._name
        again = again and shown is not None and self._shown is not None and shown.number == self._shown.number
        self._shown, self._name = shown, name
        if shown is None or name not in shown.values:
            self._which = np.zeros(0, int)
            self.points.setData([], [])
            self._ring.setData([], [])
            return
        self._which = shown.worst_first(name, hidden)[::-1]  # the worst lie uppermost
        self._set_limits(shown.values[name][self._which], name)
        self._paint()
        if not again and size is not None:
            self.setRange(QRectF(0, 0, size[1], size[0]), padding=0.03)

    def _paint(self) -> None:
        shown = self._shown
        if shown is None or not self._which.size:
            if shown is not None:
                self.points.setData([], [])
            return
        values = shown.values[self._name][self._which]
        brushes = [pg.mkBrush(*colour) for colour in self._table.tolist()]
        shapes = [_FILLED[sign.shape] for sign in signs(shown.marks.states)]
        state = shown.state[self._which]
        self.points.setData(
            x=np.asarray(shown.marks.x)[self._which],
            y=np.asarray(shown.marks.y)[self._which],
            brush=[brushes[tone] for tone in self._tones(values)],
            symbol=[shapes[number] for number in state],
            size=self._side,
            pen=pg.mkPen(theme().colour("line"), width=0.5),
            data=self._which,
        )

    @property
    def _side(self) -> float:
        """Large where there are few."""
        return float(np.clip(420 / np.sqrt(max(self._which.size, 1)), 7, 16))

    def choose(self, index: int | None) -> None:
        """Put a ring about a mark.

        Parameters
        ----------
        index : int or None
            Of the mark.
        """
        if self._shown is None or index is None or index not in self._which:
            self._ring.setData([], [])
        else:
            marks = self._shown.marks
            self._ring.setData([float(marks.x[index])], [float(marks.y[index])], size=self._side + 9)

    def _clicked(self, _item: Any, points: Sequence[Any]) -> None:
        if len(points):
            self.chosen.emit(int(points[-1].data()))

    def _series(self) -> list[Column]:
        shown, which = self._shown, self._which
        if shown is None:
            return []
        marks = shown.marks
        label = [marks.label[at] if marks.label else str(at + 1) for at in which.tolist()]
        columns = [Column("mark", np.array(label, "U"), "")]
        for name, value in (("x", marks.x), ("y", marks.y)):
            columns.append(Column(name, np.asarray(value)[which], "pixel"))
        return [*columns, Column(self._name, shown.values[self._name][which], "")]
