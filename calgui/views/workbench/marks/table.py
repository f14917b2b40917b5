"""The list of marks: one row each, sorted by any column, linked with the picture both ways."""

from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QWidget

from calgui.views.theme import figures
from calgui.views.workbench.linkedtable import RAW, LinkedModel, LinkedTable
from calgui.views.workbench.marks.shown import Shown
from calgui.views.workbench.marks.signs import pixmap, signs
from calgui.views.workbench.results import figure

#: labels that are looked at for the width of their column, and the widest title of a value in points of the screen
_LABELS, _NAME = 300, 130


class _Model(LinkedModel):
    """State, label, place and values of the marks of one picture."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: Shown | None = None
        self._columns: list[tuple[str, Any]] = []
        self._icons: list[Any] = []

    @property
    def which(self) -> Any:
        return self.shown.index if self.shown is not None else np.zeros(0, int)

    def set_shown(self, shown: Shown | None) -> None:
        self.beginResetModel()
        self.shown = shown
        self._columns, self._icons = [], []
        if shown is not None:
            marks, which = shown.marks, shown.index
            self._icons = [pixmap(sign, 9) for sign in signs(marks.states)]
            self._columns = [("x", np.asarray(marks.x)[which]), ("y", np.asarray(marks.y)[which])]
            self._columns += [(name, value[which]) for name, value in shown.values.items()]
        self.endResetModel()

    def rowCount(self, parent: Any = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.which)

    def columnCount(self, _parent: Any = None) -> int:
        return 2 + len(self._columns)

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if way != Qt.Orientation.Horizontal or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        return ("state", "mark", *(name for name, _ in self._columns))[section]

    def data(self, at: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        shown = self.shown
        if shown is None or not at.isValid():
            return None
        mark, column = int(shown.index[at.row()]), at.column()
        if column < 2:
            state = int(shown.marks.state[mark])
            if role == Qt.ItemDataRole.DecorationRole and column == 0:
                return self._icons[state]
            if role == Qt.ItemDataRole.DisplayRole:
                return (shown.marks.states[state], shown.marks.label[mark] if shown.marks.label else str(mark + 1))[
                    column
                ]
            return (state, mark)[column] if role == RAW else None
        value = float(self._columns[column - 2][1][at.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{value:.2f}" if column < 4 and np.isfinite(value) else figure(value, 4)
        if role == RAW:
            return value if np.isfinite(value) else -np.inf
        if role == Qt.ItemDataRole.FontRole:
            return figures()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


class MarksTable(LinkedTable):
    """The list, with what can be done about the marks that are selected in it.

    Signals
    -------
    toggle_wanted(object)
        Indices (a tuple) of marks that are to be put into the option of their result, or taken out.

    Parameters
    ----------
    parent : QWidget, optional
    """

    toggle_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._model = _Model()
        super().__init__("bench_marks", "Marks", self._model, parent)
        #: what is listed
        self.shown: Shown | None = None
        self.view.setToolTip("Select a row to see it in the picture; Space puts what is selected in, or takes it out")
        self.toggle.setToolTip("The marks whose rows are selected (Space)")
        self._update()

    def show_marks(self, shown: Shown | None, chosen: int | None) -> None:
        """List these; made anew where it can be seen.

        Parameters
        ----------
        shown : Shown or None
            Of the picture.
        chosen : int or None
            The mark that is chosen.
        """
        self.shown = shown
        self._show_rows(lambda: self._model.set_shown(shown), chosen)

    def _widths(self) -> list[int]:
        text, digits = self.view.fontMetrics(), QFontMetrics(figures())
        assert self._model.shown is not None
        marks, values = self._model.shown.marks, self._model.shown.values
        return [
            max(map(text.horizontalAdvance, marks.states)) + 24,
            max(map(text.horizontalAdvance, ("mark", *marks.label[:_LABELS]))),
            *[digits.horizontalAdvance("0000.00")] * 2,
            *(max(digits.horizontalAdvance("0.00000"), min(text.horizontalAdvance(name), _NAME)) for name in values),
        ]

    def _toggle(self) -> None:
        if self.toggle.isEnabled() and self.selected:
            self.toggle_wanted.emit(self.selected)

    def _update(self) -> None:
        shown = self.shown
        option = (shown.marks.toggles or shown.marks.adds) if shown is not None else ""
        count = len(self.selected)
        word = "Exclude, or include" if option == "exclude" else f"Put into “{option}”, or take out"
        self.toggle.setText(f"{word} {count:,}" if count > 1 else word)
        self.toggle.setAccessibleName(self.toggle.text())
        self.toggle.setVisible(bool(option))
        self.toggle.setEnabled(bool(count))
        self.said.setText(f"{shown.counted(shown.index.size)} on this picture" if shown is not None else "")
