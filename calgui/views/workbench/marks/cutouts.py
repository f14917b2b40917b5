"""Cut-outs of the picture about marks, the worst by a value first."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from calgui.core.frames.cutouts import cut, tones
from calgui.views.image.colours import colour_table
from calgui.views.theme import SPACE
from calgui.views.workbench.marks.shown import Shown
from calgui.views.workbench.results import figure

#: cut-outs that are shown at most, points of the screen of each, pixels of each at least and at most
MOST, _SIDE, _LEAST, _LARGEST = 60, 84, 11, 64


class CutOuts(QListWidget):
    """The wall.

    Signals
    -------
    chosen(object)
        Index of the mark that the user selects.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("marks_cutouts")
        self.setAccessibleName("Cut-outs of marks, the worst first")
        self.setToolTip("Each between its own sky and peak; select one to see it in the picture")
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setMovement(QListWidget.Movement.Static)
        self.setUniformItemSizes(True)
        self.setIconSize(QSize(_SIDE, _SIDE))
        self.setSpacing(SPACE // 2)
        self.setWordWrap(True)
        self.setMinimumHeight(_SIDE + 4 * self.fontMetrics().height())
        self.currentItemChanged.connect(self._changed)

    def show_cuts(
        self, shown: Shown, which: npt.NDArray[np.int64], name: str, values: npt.NDArray[Any] | None, colours: str
    ) -> None:
        """Show these.

        Parameters
        ----------
        shown : Shown
            Marks of the picture.
        which : ndarray of int
            Indices, in their order; the first are shown.
        name : str
            Value that stands below each.
        values : ndarray or None
            The picture; None as long as it is being read.
        colours : str
            Colour map of the picture.
        """
        half = int(np.clip((0.8 * shown.spacing if np.isfinite(shown.spacing) else 32) / 2, _LEAST // 2, _LARGEST // 2))
        table = list(colour_table(colours))
        with QSignalBlocker(self):
            self.clear()
            for index in which[:MOST].tolist() if values is not None else ():
                assert values is not None
                drawn = tones(cut(values, float(shown.marks.x[index]), float(shown.marks.y[index]), half))[::-1]
                image = QImage(np.ascontiguousarray(drawn).data, drawn.shape[1], drawn.shape[0], drawn.shape[1],
                               QImage.Format.Format_Indexed8)  # fmt: skip
                image.setColorTable(table)
                picture = QPixmap.fromImage(image.scaled(_SIDE, _SIDE, Qt.AspectRatioMode.KeepAspectRatio))
                label = shown.marks.label[index] if shown.marks.label else str(index + 1)
                item = QListWidgetItem(QIcon(picture), f"{figure(float(shown.values[name][index]), 4)}\n{label}")
                item.setData(Qt.ItemDataRole.UserRole, index)
                item.setToolTip("\n".join(shown.lines(index)))
                self.addItem(item)

    def choose(self, index: int | None) -> None:
        """Select the cut-out of a mark, where it is shown.

        Parameters
        ----------
        index : int or None
            Of the mark.
        """
        with QSignalBlocker(self):
            found = next(
                (at for at in range(self.count()) if self.item(at).data(Qt.ItemDataRole.UserRole) == index), None
            )
            self.setCurrentRow(found if found is not None else -1)

    def _changed(self, now: QListWidgetItem | None, _before: object) -> None:
        if now is not None:
            self.chosen.emit(now.data(Qt.ItemDataRole.UserRole))
