"""The compared frames as a list: letter, name, and what each has under the cursor."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from calgui.views.compare.cell import letter
from calgui.views.theme import figures

_TITLES = ("", "Frame", "Pixel", "Value", "Flags")


class FramesTable(QTableWidget):
    """One row for each frame.

    Signals
    -------
    row_chosen(int)
        The user went to a frame.
    remove_asked(int)
        The user wants it gone.
    validate_asked(int)
        The user asks whether it is good.

    Parameters
    ----------
    parent : QWidget, optional
    """

    row_chosen = Signal(int)
    remove_asked = Signal(int)
    validate_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_TITLES), parent)
        self.setObjectName("compared_frames")
        self.setAccessibleName("Compared frames, and what each has under the cursor")
        self.setHorizontalHeaderLabels(_TITLES)
        self.verticalHeader().hide()
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideLeft)  # files of a night differ in the ends of their names
        header = self.horizontalHeader()
        header.setMinimumSectionSize(20)
        wide = self.fontMetrics().horizontalAdvance("0")
        for column, width in enumerate((2, 0, 10, 11, 6)):
            # the name takes the room that is left: what is read off must be seen whole
            header.setSectionResizeMode(
                column, QHeaderView.ResizeMode.Interactive if width else QHeaderView.ResizeMode.Stretch
            )
            if width:
                self.setColumnWidth(column, width * wide + 12)
        self.itemSelectionChanged.connect(self._chosen)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for name, text, keys, signal in (
            ("compared_validate", "Validate: is it good?", "Ctrl+Shift+V", self.validate_asked),
            ("compared_remove", "Take it away", "", self.remove_asked),
        ):
            action = QAction(text, self)
            action.setObjectName(name)
            if keys:
                action.setShortcut(QKeySequence(keys))
                action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _checked=False, signal=signal: self._tell(signal))
            self.addAction(action)

    def show_frames(self, paths: Sequence[Path]) -> None:
        """List other frames.

        Parameters
        ----------
        paths : sequence of pathlib.Path
            In their order.
        """
        self.blockSignals(True)
        self.setRowCount(len(paths))
        for row, path in enumerate(paths):
            for column in range(len(_TITLES)):
                item = QTableWidgetItem((letter(row), path.name, "", "", "")[column])
                item.setToolTip(str(path))
                if column in (2, 3):
                    item.setFont(figures())
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)
        self.blockSignals(False)

    def show_current(self, row: int) -> None:
        """Mark the frame that is in front.

        Parameters
        ----------
        row : int
            From 0.
        """
        self.blockSignals(True)
        self.selectRow(row)
        self.blockSignals(False)

    def show_values(self, values: Sequence[tuple[str, str, str]]) -> None:
        """Show what is under the cursor.

        Parameters
        ----------
        values : sequence of (str, str, str)
            Pixel, value and flags of each frame; empty for nothing.
        """
        for row in range(self.rowCount()):
            told = values[row] if row < len(values) else ("", "", "")
            for column, text in zip((2, 3, 4), told, strict=True):
                item = self.item(row, column)
                if item is not None and item.text() != text:
                    item.setText(text)
                    if column == 4:
                        item.setToolTip(text)

    def _chosen(self) -> None:
        rows = self.selectionModel().selectedRows()
        if rows:
            self.row_chosen.emit(rows[0].row())

    def _tell(self, signal: Signal) -> None:
        if self.currentRow() >= 0:
            signal.emit(self.currentRow())  # type: ignore[attr-defined]

    def keyPressEvent(self, event: object) -> None:
        """Delete takes a frame away."""
        if event.key() == Qt.Key.Key_Delete and self.currentRow() >= 0:  # type: ignore[attr-defined]
            self.remove_asked.emit(self.currentRow())
        else:
            super().keyPressEvent(event)  # type: ignore[arg-type]
