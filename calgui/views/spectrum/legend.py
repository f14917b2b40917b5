"""The list of the spectra on the plot: which are seen, and which one leads."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from calgui.views.spectrum.trace import Trace
from calgui.views.theme import theme

#: rows that are seen at once: the room belongs to the plot
_ROWS = 3


class Legend(QListWidget):
    """Names in the colours of their spectra, with a tick each.

    Signals
    -------
    ticked(int, bool)
        Row, and whether its spectrum is to be seen.
    removed(int)
        Row whose spectrum is to go.

    Parameters
    ----------
    parent : QWidget, optional
    """

    ticked = Signal(int, bool)
    removed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spectrum_legend")
        self.setAccessibleName("Which spectra are drawn")
        self.setToolTip("Click a spectrum to read it out, fit and save it; untick it to hide it; Delete takes it away.")
        self.itemChanged.connect(self._tell)

    def show_traces(self, traces: Sequence[Trace]) -> None:
        """List spectra; rows that are there stay, so that the choice holds while the cursor moves.

        Parameters
        ----------
        traces : sequence of Trace
            In their order.
        """
        with QSignalBlocker(self):
            while self.count() > len(traces):
                self.takeItem(self.count() - 1)
            while self.count() < len(traces):
                self.addItem(QListWidgetItem())
            for row, trace in enumerate(traces):
                item = self.item(row)
                item.setText(trace.spectrum.name or "spectrum")
                item.setForeground(theme().colour(trace.role))
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(Qt.CheckState.Checked if trace.visible else Qt.CheckState.Unchecked)
                item.setToolTip(str(trace.spectrum.path) if trace.spectrum.path is not None else "")
        self.setVisible(len(traces) > 1)
        rows = min(len(traces), _ROWS) * max(self.sizeHintForRow(0), 1)
        self.setFixedHeight(rows + 2 * self.frameWidth() + 2)

    def forget(self) -> None:
        """Choose nothing."""
        with QSignalBlocker(self):
            self.setCurrentRow(-1)

    def leader(self, traces: Sequence[Trace]) -> Trace | None:
        """The chosen one, else the first that is seen.

        Parameters
        ----------
        traces : sequence of Trace
            As they were listed.

        Returns
        -------
        Trace or None
        """
        row = self.currentRow()
        if 0 <= row < len(traces) and traces[row].visible:
            return traces[row]
        return next((trace for trace in traces if trace.visible), None)

    def _tell(self, item: Any) -> None:
        self.ticked.emit(self.row(item), item.checkState() == Qt.CheckState.Checked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes the chosen spectrum away."""
        if event.key() == Qt.Key.Key_Delete and self.currentRow() >= 0:
            self.removed.emit(self.currentRow())
        else:
            super().keyPressEvent(event)
