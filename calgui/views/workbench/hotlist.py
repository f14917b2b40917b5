"""Flagged pixels of a result beside its picture, hot ones or bad ones: choose one to see it there."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from calgui.core.runs.flagged import Flagged
from calgui.views.theme import SPACE, theme
from calgui.views.workbench.results import Grid, figure


class HotPixels(QWidget):
    """The brightest flagged pixels, or some of every kind, with the numbers of all.

    Parameters
    ----------
    word : str
        What they are: ``hot`` or ``bad``.
    parent : QWidget, optional

    Signals
    -------
    chosen(int, int)
        Column and row in the picture of the pixel that the user selects.
    """

    chosen = Signal(int, int)

    def __init__(self, word: str = "hot", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_hot")
        self._word = word
        self.count = QLabel()
        self.count.setObjectName("bench_hot_count")
        self.count.setAccessibleName(f"Number of {word} pixels")
        self.count.setWordWrap(True)
        self.grid = Grid("bench_hot_pixels", f"{word.capitalize()} pixels")
        self.grid.setColumnCount(4)
        self.grid.setToolTip("Columns and rows of the whole frame, from 0. Select one to see it in the picture.")
        self.grid.itemSelectionChanged.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.count)
        layout.addWidget(self.grid, 1)
        theme().changed.connect(self._retheme)
        self._retheme()
        self.show_pixels(Flagged(), (0, 0))

    def _retheme(self) -> None:
        self.count.setStyleSheet(f"color: {theme().colour('muted').name()}; padding: {SPACE}px;")

    def show_pixels(self, flagged: Flagged, origin: tuple[int, int]) -> None:
        """Show these.

        Parameters
        ----------
        flagged : Flagged
            Of the picture.
        origin : tuple of int
            Column and row of the picture's first pixel in the whole frame.
        """
        parts = [f"{count:,} {name.lower().replace('_', ' ')}" for name, count in flagged.counts.items()]
        numbers = " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
        total, listed = sum(flagged.counts.values()), len(flagged.pixels)
        some = f"the {listed:,} brightest" if self._word == "hot" else f"{listed:,} of them"
        which = f"; {some}" if listed < total else ""
        told = f"{numbers} pixel{'s' if total != 1 else ''}{which}"
        self.count.setText(told if total else f"No {self._word} pixels.")
        with QSignalBlocker(self.grid):
            self.grid.clearSelection()
            self.grid.setHorizontalHeaderLabels(["flag", "x", "y", flagged.unit or "value"])
            self.grid.setRowCount(listed)
            for row, pixel in enumerate(flagged.pixels):
                item = self.grid.put(row, 0, pixel.flag)
                item.setData(Qt.ItemDataRole.UserRole, (pixel.x, pixel.y))
                self.grid.put(row, 1, str(pixel.x + origin[0]), number=True)
                self.grid.put(row, 2, str(pixel.y + origin[1]), number=True)
                self.grid.put(row, 3, figure(pixel.value), number=True)

    def _choose(self) -> None:
        item = self.grid.item(self.grid.currentRow(), 0) if self.grid.selectedItems() else None
        if item is not None:
            self.chosen.emit(*item.data(Qt.ItemDataRole.UserRole))
