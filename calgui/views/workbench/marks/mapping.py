"""The tab with the map of a value over the field, and the cut-outs of the worst marks below it."""

from typing import Any

import numpy.typing as npt
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.workbench.marks.cutouts import MOST, CutOuts
from calgui.views.workbench.marks.fieldmap import FieldMap
from calgui.views.workbench.marks.shown import Shown
from calgui.views.workbench.valuemap import ValueChoice


class MapPanel(QWidget):
    """Which value, the map of it, and cut-outs.

    Signals
    -------
    chosen(object)
        Index of the mark that the user chooses.

    Parameters
    ----------
    session : Session or None
        Who saves the map.
    parent : QWidget, optional
    """

    chosen = Signal(object)

    def __init__(self, session: Session | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("marks_map")
        self._state: tuple[Shown | None, frozenset[str], Any, str] = (None, frozenset(), None, "grey")
        self._size: tuple[int, int] | None = None
        self._chosen: int | None = None
        self._behind = True
        self.value = ValueChoice("marks_map_value", "Which value is mapped, and sorts the cut-outs")
        self.value.currentTextChanged.connect(lambda _text: self._draw())
        self.said = QLabel()
        self.said.setObjectName("marks_map_said")
        self.said.setWordWrap(True)
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, SPACE, SPACE, 0)
        head.addWidget(self.value)
        head.addWidget(self.said, 1)
        self.map = FieldMap(session)
        self.cuts = CutOuts()
        split = QSplitter(Qt.Orientation.Vertical)
        split.setHandleWidth(1)
        split.addWidget(self.map)
        split.addWidget(self.cuts)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(split, 1)
        self.map.chosen.connect(self.chosen)
        self.cuts.chosen.connect(self.chosen)
        theme().changed.connect(self._retheme)
        self._retheme()

    def _retheme(self) -> None:
        self.said.setStyleSheet(f"color: {theme().colour('muted').name()};")

    def show_marks(
        self, shown: Shown | None, hidden: frozenset[str], values: npt.NDArray[Any] | None, colours: str
    ) -> None:
        """Map these; drawn once they can be seen.

        Parameters
        ----------
        shown : Shown or None
            Marks of the picture.
        hidden : frozenset of str
            States that are left out.
        values : ndarray or None, shape (ny, nx)
            The picture.
        colours : str
            Its colour map.
        """
        self._state = shown, hidden, values, colours
        self._size = (int(values.shape[0]), int(values.shape[1])) if values is not None else None
        self.value.offer(list(shown.values) if shown is not None else [])
        self._draw()

    def _draw(self) -> None:
        self._behind = not self.isVisible()
        if self._behind:
            return
        shown, hidden, values, colours = self._state
        name = self.value.currentText()
        self.map.show_value(shown, name, hidden, self._size)
        if shown is None or name not in shown.values:
            self.cuts.clear()
            self.said.setText("")
            return
        which = shown.worst_first(name, hidden)
        self.cuts.show_cuts(shown, which, name, values, colours)
        some = f" {min(MOST, which.size)}," if which.size > MOST else ""
        left = f" · {left:,} without a value" if (left := shown.index.size - which.size) > 0 else ""
        self.said.setText(f"{shown.counted(which.size)}{left} · below:{some} {shown.first_words(name)}")
        self.choose(self._chosen)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came meanwhile."""
        super().showEvent(event)
        if self._behind:
            self._draw()

    def choose(self, index: int | None) -> None:
        """Mark one of them.

        Parameters
        ----------
        index : int or None
            Of the mark.
        """
        self._chosen = index
        if not self._behind:
            self.map.choose(index)
            self.cuts.choose(index)
