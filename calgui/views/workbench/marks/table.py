"""The list of marks: one row each, sorted by any column, linked with the picture both ways."""

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QItemSelectionModel, QModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLabel, QPushButton, QTableView, QVBoxLayout, QWidget

from calgui.views.theme import SPACE, figures, theme
from calgui.views.workbench.marks.shown import Shown
from calgui.views.workbench.marks.signs import pixmap, signs
from calgui.views.workbench.results import figure

_Index = QModelIndex
_RAW = Qt.ItemDataRole.UserRole
#: labels that are looked at for the width of their column, and the widest title of a value in points of the screen
_LABELS, _NAME = 300, 130


class _Model(QAbstractTableModel):
    """State, label, place and values of the marks of one picture."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: Shown | None = None
        self._columns: list[tuple[str, Any]] = []
        self._icons: list[Any] = []

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
        return 0 if self.shown is None or (parent is not None and parent.isValid()) else self.shown.index.size

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
            return (state, mark)[column] if role == _RAW else None
        value = float(self._columns[column - 2][1][at.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{value:.2f}" if column < 4 and np.isfinite(value) else figure(value, 4)
        if role == _RAW:
            return value if np.isfinite(value) else -np.inf
        if role == Qt.ItemDataRole.FontRole:
            return figures()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


class MarksTable(QWidget):
    """The list, with what can be done about the marks that are selected in it.

    Signals
    -------
    chosen(object)
        Index of the mark that the user selects.
    toggle_wanted(object)
        Indices (a tuple) of marks that are to be put into the option of their result, or taken out.

    Parameters
    ----------
    parent : QWidget, optional
    """

    chosen = Signal(object)
    toggle_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_marks")
        self._model, self._sorted = _Model(), QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(_RAW)
        self._late: Shown | None = None
        self._waiting = self._choosing = self._sized = False
        self._chosen: int | None = None
        self.view = QTableView()
        self.view.setObjectName("bench_marks_list")
        self.view.setAccessibleName("Marks")
        self.view.setModel(self._sorted)
        self.view.setSortingEnabled(True)
        self.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setAlternatingRowColors(True)
        self.view.setShowGrid(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(self.view.fontMetrics().height() + SPACE)
        self.view.horizontalHeader().setHighlightSections(False)
        self.view.setToolTip("Select a row to see it in the picture; Space puts what is selected in, or takes it out")
        self.view.selectionModel().currentRowChanged.connect(self._current_changed)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._update())
        self.toggle = QPushButton()
        self.toggle.setObjectName("bench_marks_toggle")
        self.toggle.clicked.connect(self._toggle)
        key = QShortcut(QKeySequence("Space"), self.view, context=Qt.ShortcutContext.WidgetShortcut)
        key.activated.connect(self._toggle)
        self.said = QLabel()
        self.said.setObjectName("bench_marks_said")
        self.said.setWordWrap(True)
        row = QHBoxLayout()
        row.setContentsMargins(SPACE // 2, 0, SPACE // 2, SPACE // 2)
        row.addWidget(self.toggle)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE // 2)
        layout.addWidget(self.said)
        layout.addWidget(self.view, 1)
        layout.addLayout(row)
        theme().changed.connect(self._retheme)
        self._retheme()
        self._update()

    def _retheme(self) -> None:
        self.said.setStyleSheet(f"color: {theme().colour('muted').name()}; padding: {SPACE}px {SPACE}px 0 {SPACE}px;")

    @property
    def shown(self) -> Shown | None:
        """What is listed."""
        return self._late if self._waiting else self._model.shown

    def show_marks(self, shown: Shown | None, chosen: int | None) -> None:
        """List these; made anew where it can be seen.

        Parameters
        ----------
        shown : Shown or None
            Of the picture.
        chosen : int or None
            The mark that is chosen.
        """
        self._late, self._chosen = shown, chosen
        self._waiting = not self.isVisible()
        if not self._waiting:
            self._fill()

    def _fill(self) -> None:
        shown = self._late
        bar = self.view.verticalScrollBar().value()
        self._choosing = True
        self._model.set_shown(shown)
        self._choosing = False
        if shown is not None and not self._sized and shown.index.size:
            self._sized = True
            self._set_widths(shown)
        self.view.verticalScrollBar().setValue(bar)
        self.choose(self._chosen)
        self._update()

    def _set_widths(self, shown: Shown) -> None:
        """By what may stand in the columns, not by what happens to; the user may drag them."""
        text, digits = self.view.fontMetrics(), QFontMetrics(figures())
        room = 2 * SPACE + 2
        widths = [
            max(map(text.horizontalAdvance, shown.marks.states)) + 24,
            max(map(text.horizontalAdvance, ("mark", *shown.marks.label[:_LABELS]))),
            *[digits.horizontalAdvance("0000.00")] * 2,
        ]
        for name in shown.values:
            widths.append(max(digits.horizontalAdvance("0.00000"), min(text.horizontalAdvance(name), _NAME)))
        for column, width in enumerate(widths):
            self.view.setColumnWidth(column, width + room)

    def showEvent(self, event: Any) -> None:
        """List what came meanwhile."""
        super().showEvent(event)
        if self._waiting:
            self._waiting = False
            self._fill()

    def choose(self, index: int | None) -> None:
        """Select a row, and bring it into view.

        Parameters
        ----------
        index : int or None
            Of the mark.
        """
        self._chosen = index
        shown = self._model.shown
        if self._waiting or shown is None:
            return
        self._choosing = True
        rows = np.flatnonzero(shown.index == index) if index is not None else ()
        if len(rows):
            at = self._sorted.mapFromSource(self._model.index(int(rows[0]), 0))
            flags = QItemSelectionModel.SelectionFlag
            if not self.view.selectionModel().isRowSelected(at.row(), _Index()):
                self.view.selectionModel().setCurrentIndex(at, flags.ClearAndSelect | flags.Rows)
            self.view.scrollTo(at)
        else:
            self.view.clearSelection()
        self._choosing = False

    @property
    def selected(self) -> tuple[int, ...]:
        """Indices of the marks whose rows are selected."""
        shown = self._model.shown
        if shown is None:
            return ()
        rows = self.view.selectionModel().selectedRows()
        return tuple(int(shown.index[self._sorted.mapToSource(row).row()]) for row in rows)

    def _current_changed(self, now: Any, _before: Any) -> None:
        shown = self._model.shown
        if not self._choosing and shown is not None and now.isValid():
            self._chosen = int(shown.index[self._sorted.mapToSource(now).row()])
            self.chosen.emit(self._chosen)

    def _toggle(self) -> None:
        if self.toggle.isEnabled() and self.selected:
            self.toggle_wanted.emit(self.selected)

    def _update(self) -> None:
        shown = self.shown
        option = (shown.marks.toggles or shown.marks.adds) if shown is not None else ""
        count = len(self.selected)
        word = "Exclude, or include" if option == "exclude" else f"Put into “{option}”, or take out"
        self.toggle.setText(f"{word} {count:,}" if count > 1 else word)
        self.toggle.setToolTip("The marks whose rows are selected (Space)")
        self.toggle.setAccessibleName(self.toggle.text())
        self.toggle.setVisible(bool(option))
        self.toggle.setEnabled(bool(count))
        self.said.setText(f"{shown.counted(shown.index.size)} on this picture" if shown is not None else "")
