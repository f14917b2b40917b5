"""The upper part of the page: which files are judged, and how they fare."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from calgui.views.rules.validate.files_model import WHY, FileLine, FilesModel
from calgui.views.rules.validate.verdicts import VERDICTS
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.parts import push_button
from calgui.views.widgets.tables import CutAtEnd, fit_columns, make_table

_HINT = (
    "Drop new frames here, or add them: references, or exposures of a calibration.\n"
    "Each is held against the checks of its type, and against the reference that the cache has in use."
)


class FilesPanel(QWidget):
    """A table of files, with the buttons that change it.

    Signals
    -------
    add_asked(), cancel_asked()
    removed(object), ingest_asked(object), compare_asked(object)
        Paths.
    chosen(object)
        The path that is to be looked at, or None.
    """

    add_asked = Signal()
    cancel_asked = Signal()
    removed = Signal(object)
    ingest_asked = Signal(object)
    compare_asked = Signal(object)
    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("validate_files")
        self.add = push_button("validate_add", "Add files…", "Choose new frames.", self)
        self.remove = push_button("validate_remove", "Take off the list", "The chosen rows; the files stay.", self)
        self.compare = push_button("validate_compare", "Compare pictures", "The chosen files side by side.", self)
        self.ingest = push_button("validate_ingest", "Ingest…", "See what changes if the chosen files go in.", self)
        self.told = QLabel(self)
        self.told.setObjectName("validate_sum")
        self.told.setAccessibleName("How many files are good")
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.progress = QProgressBar(self)
        self.progress.setObjectName("validate_progress")
        self.progress.setAccessibleName("How many files are judged")
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(110, 6)
        self.cancel = push_button("validate_cancel", "Cancel", "Stop; what is judged already stays.", self)
        self.model = FilesModel(self)
        self.table = make_table("validate_list", "Files and their verdicts", self.model, self)
        self.table.setItemDelegateForColumn(WHY, CutAtEnd(self.table))
        self.hint = QLabel(_HINT, self)
        self.hint.setObjectName("validate_hint")
        self.hint.setAccessibleName("How to begin")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.hint)
        self._stack.addWidget(self.table)
        self._showing, self._fitted = False, 0
        self._lay_out()
        self._connect()
        self.show_busy(False, (0, 0))
        self._retheme()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        for part in (self.add, self.remove, self.compare, self.ingest):
            row.addWidget(part)
        row.addStretch(1)
        for part in (self.told, self.progress, self.cancel):
            row.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, SPACE, SPACE, 0)
        column.setSpacing(SPACE)
        column.addLayout(row)
        column.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.add.clicked.connect(self.add_asked)
        self.cancel.clicked.connect(self.cancel_asked)
        for button, signal in (
            (self.remove, self.removed),
            (self.compare, self.compare_asked),
            (self.ingest, self.ingest_asked),
        ):
            button.clicked.connect(lambda _checked=False, signal=signal: self._tell(signal))
        for name, text, keys, signal in (
            ("validate_remove_rows", "Take files off the list", "Del", self.removed),
            ("validate_compare_rows", "Compare pictures", "", self.compare_asked),
            ("validate_ingest_rows", "Ingest into the cache…", "", self.ingest_asked),
        ):
            action = QAction(text, self.table)
            action.setObjectName(name)
            if keys:
                action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _checked=False, signal=signal: self._tell(signal))
            self.table.addAction(action)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._current())
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._allow())
        theme().changed.connect(self._retheme)

    # ---- showing

    def show_lines(self, lines: Sequence[FileLine], current: Path | None) -> None:
        """Show the files.

        Parameters
        ----------
        lines : sequence of FileLine
        current : pathlib.Path or None
            That stays, or becomes, the one that is looked at.
        """
        self._showing = True
        had = self.table.selectionModel().selectedRows()
        kept = {self.model.shown[index.row()].path for index in had if index.row() < len(self.model.shown)}
        self.model.show(lines)
        self._stack.setCurrentIndex(1 if lines else 0)
        row = self.model.row_of(current)
        if row >= 0 and (self.table.currentIndex().row() != row or kept != {current}):
            self.table.selectRow(row)
            if len(kept) > 1:
                mode = self.table.selectionModel().SelectionFlag
                for path in kept:
                    if (at := self.model.row_of(path)) >= 0:
                        index = self.model.index(at, 0)
                        self.table.selectionModel().select(index, mode.Select | mode.Rows)
            self.table.scrollTo(self.model.index(row, 0))
        self._showing = False
        counts = Counter(line.verdict for line in lines)
        told = [
            f"{counts[word]:,} {VERDICTS[word].word}" for word in ("bad", "doubtful", "failed", "good") if counts[word]
        ]
        self.told.setText(", ".join(told))
        sizes = len(lines), sum(line.verdict in ("waiting", "working") for line in lines)
        # names and types decide how wide they are: not each verdict that comes
        if lines and (sizes[0] != self._fitted or not sizes[1]):
            self._fitted = sizes[0]
            fit_columns(self.table, 320)
            words = max(self.fontMetrics().horizontalAdvance(mark.word) for mark in VERDICTS.values())
            self.table.setColumnWidth(0, words + 44)  # any verdict may still come
        self._allow()

    def show_busy(self, busy: bool, progress: tuple[int, int]) -> None:
        """Show how far it is.

        Parameters
        ----------
        busy : bool
        progress : tuple of int
            How many files are done, of how many.
        """
        self.progress.setVisible(busy)
        self.cancel.setVisible(busy)
        self.progress.setRange(0, max(progress[1], 1))
        self.progress.setValue(progress[0])

    def paths(self) -> list[Path]:
        """The chosen files.

        Returns
        -------
        list of pathlib.Path
        """
        rows = self.table.selectionModel().selectedRows()
        return [self.model.shown[index.row()].path for index in rows if index.row() < len(self.model.shown)]

    def _current(self) -> None:
        row = self.table.currentIndex().row()
        if not self._showing:
            self.chosen.emit(self.model.shown[row].path if 0 <= row < len(self.model.shown) else None)

    def _tell(self, signal: Signal) -> None:
        paths = self.paths()
        if paths:
            signal.emit(paths)  # type: ignore[attr-defined]

    def _allow(self) -> None:
        for button in (self.remove, self.compare, self.ingest):
            button.setEnabled(bool(self.paths()))

    def _retheme(self) -> None:
        for label in (self.hint, self.told):
            label.setStyleSheet(f"color: {theme().colour('muted').name()};")
