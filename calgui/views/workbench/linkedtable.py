"""A list beside a picture or a plot: one row for each thing there, sorted by any column, chosen in both."""

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QItemSelectionModel, QModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLabel, QPushButton, QTableView, QVBoxLayout, QWidget

from calgui.views.theme import SPACE, theme

#: role of the values that rows are sorted by
RAW = Qt.ItemDataRole.UserRole
#: between the widest text of a column and its borders
_ROOM = 2 * SPACE + 2


class LinkedModel(QAbstractTableModel):
    """Rows of a `LinkedTable`."""

    @property
    def which(self) -> Any:
        """Index of what each row shows; ndarray of int."""
        raise NotImplementedError


class LinkedTable(QWidget):
    """The list, made where it can be seen, and a button for what is selected in it.

    Signals
    -------
    chosen(object)
        Index of what the user selects.

    Parameters
    ----------
    name : str
        Of the widget; that of its parts begin with it.
    title : str
        What is listed.
    model : LinkedModel
        The rows.
    parent : QWidget, optional
    """

    chosen = Signal(object)

    def __init__(self, name: str, title: str, model: LinkedModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._rows, self._sorted = model, QSortFilterProxyModel(self)
        self._sorted.setSourceModel(model)
        self._sorted.setSortRole(RAW)
        self._late: Callable[[], None] | None = None
        self._choosing = self._sized = False
        self._chosen: int | None = None
        self.view = QTableView()
        self.view.setObjectName(f"{name}_list")
        self.view.setAccessibleName(title)
        self.view.setModel(self._sorted)
        self.view.setSortingEnabled(True)
        self.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setAlternatingRowColors(True)
        self.view.setShowGrid(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(self.view.fontMetrics().height() + SPACE)
        self.view.horizontalHeader().setHighlightSections(False)
        self.view.selectionModel().currentRowChanged.connect(self._current_changed)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._update())
        self.toggle = QPushButton()
        self.toggle.setObjectName(f"{name}_toggle")
        self.toggle.clicked.connect(self._toggle)
        key = QShortcut(QKeySequence("Space"), self.view, context=Qt.ShortcutContext.WidgetShortcut)
        key.activated.connect(self._toggle)
        self.said = QLabel()
        self.said.setObjectName(f"{name}_said")
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

    def _retheme(self) -> None:
        self.said.setStyleSheet(f"color: {theme().colour('muted').name()}; padding: {SPACE}px {SPACE}px 0 {SPACE}px;")

    # -- what a list of its own kind does ------------------------------------------------------------------------------

    def _widths(self) -> list[int]:
        """Of the columns, by what may stand in them, not by what happens to."""
        raise NotImplementedError

    def _toggle(self) -> None:
        """The button, or Space: do it with what is selected."""
        raise NotImplementedError

    def _update(self) -> None:
        """Say what the button would do, and how many rows there are."""
        raise NotImplementedError

    # -- what all do ---------------------------------------------------------------------------------------------------

    def _show_rows(self, fill: Callable[[], None], chosen: int | None) -> None:
        """Put rows into the model, now or once they can be seen, and choose one."""
        self._late, self._chosen = fill, chosen
        if self.isVisible():
            self._fill()

    def _fill(self) -> None:
        assert self._late is not None
        fill, self._late = self._late, None
        bar = self.view.verticalScrollBar().value()
        self._choosing = True
        fill()
        self._choosing = False
        if not self._sized and self._rows.which.size:
            # the user may drag them from then on
            self._sized = True
            for column, width in enumerate(self._widths()):
                self.view.setColumnWidth(column, width + _ROOM)
        self.view.verticalScrollBar().setValue(bar)
        self.choose(self._chosen)
        self._update()

    def showEvent(self, event: Any) -> None:
        """List what came meanwhile."""
        super().showEvent(event)
        if self._late is not None:
            self._fill()

    def choose(self, index: int | None) -> None:
        """Select a row, and bring it into view.

        Parameters
        ----------
        index : int or None
            Of what it shows.
        """
        self._chosen = index
        if self._late is not None:
            return
        self._choosing = True
        rows = np.flatnonzero(self._rows.which == index) if index is not None else ()
        if len(rows):
            at = self._sorted.mapFromSource(self._rows.index(int(rows[0]), 0))
            flags = QItemSelectionModel.SelectionFlag
            if not self.view.selectionModel().isRowSelected(at.row(), QModelIndex()):
                self.view.selectionModel().setCurrentIndex(at, flags.ClearAndSelect | flags.Rows)
            self.view.scrollTo(at)
        else:
            self.view.clearSelection()
        self._choosing = False

    @property
    def selected(self) -> tuple[int, ...]:
        """Indices of what the selected rows show."""
        rows = self.view.selectionModel().selectedRows()
        return tuple(self._index_of(row) for row in rows)

    def _index_of(self, row: Any) -> int:
        return int(self._rows.which[self._sorted.mapToSource(row).row()])

    def _current_changed(self, now: Any, _before: Any) -> None:
        if not self._choosing and now.isValid():
            self._chosen = self._index_of(now)
            self.chosen.emit(self._chosen)
