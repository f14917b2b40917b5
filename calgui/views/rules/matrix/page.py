"""The page of the matrix: what every loaded observation gets, of every type, and which of them need a look."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QAction, QFont, QFontMetrics, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import CalguiError, Cancelled
from calgui.core.jobs import Job
from calgui.core.rules.questions.matrix import Matrix, MatrixRow, matrix, write_matrix
from calgui.views.choosing import Choices
from calgui.views.rules.asking_page import AskingPage
from calgui.views.rules.matrix.model import MatrixModel
from calgui.views.rules.why.inquiry import Inquiry
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme

_WIDEST = 260
#: rows that are looked at for the widths of columns
_LOOKED_AT = 60
_PAUSE_MS = 150


@dataclass(frozen=True)
class _Filter:
    """A button that keeps only some rows."""

    word: str
    tip: str
    keep: Callable[[MatrixRow], bool]


_FILTERS = {
    "not_found": _Filter(
        "Not found",
        "Observations for which a type is not found, or its rules are broken",
        lambda row: row.not_found,
    ),
    "changed": _Filter(
        "Changed", "Observations for which the other context gives another answer", lambda row: row.changed
    ),
    "disagrees": _Filter(
        "Not what was used",
        "Observations whose header says that another file was used than the one selected",
        lambda row: row.disagrees,
    ),
}


@dataclass(frozen=True)
class _Answer:
    """What is computed off the main thread: the matrix, the files of its rows, and the rows that each filter keeps."""

    matrix: Matrix
    paths: tuple[Path, ...]
    kept: dict[str, frozenset[int]]


def _kept(found: Matrix, one: _Filter) -> frozenset[int]:
    return frozenset(row.index for row in found.rows if one.keep(row))


class MatrixPage(AskingPage):
    """All loaded observations by all reference types.

    Parameters
    ----------
    session : Session
        Whose cache, context and observations are asked about.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "matrix_page", "Matrix of observations and reference types", parent)
        self.paths: tuple[Path, ...] = ()
        self._kept: dict[str, frozenset[int]] = {}
        self.filter = QLineEdit(self)
        self.filter.setObjectName("matrix_filter")
        self.filter.setToolTip("Words of an observation or a selected file; only rows that have them all are shown.")
        self.filter.setAccessibleName("Filter by name of observation or file")
        self.filter.setPlaceholderText("Filter: observation or file")
        self.filter.setClearButtonEnabled(True)
        self.buttons = {name: self._make_button(name) for name in _FILTERS}
        self.since = QComboBox(self)
        self.since.setObjectName("matrix_since")
        self.since.setAccessibleName("Other context, to see what changed since")
        self.since.setToolTip("Another context of this cache: what changed since then is marked with Δ.")
        self.export = QPushButton("Export…", self)
        self.export.setObjectName("matrix_export")
        self.export.setToolTip("Write the rows that are shown as CSV, or as ECSV, which astropy reads.")
        self.told = QLabel(self)
        self.told.setObjectName("matrix_told")
        self.told.setWordWrap(True)
        self.model = MatrixModel(self)
        self.table = self._make_table()
        self.said = QLabel(self)
        self.said.setObjectName("matrix_said")
        self.said.setAccessibleName("The cell in focus")
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.why = QPushButton("Show why", self)
        self.why.setObjectName("matrix_why")
        self.why.setToolTip("Go to this observation, and see why the rules chose so (Return).")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._lay_out()
        self._connect()
        self._list_contexts()
        self._tell()

    def _make_button(self, name: str) -> QPushButton:
        told = _FILTERS[name]
        button = QPushButton(told.word, self)
        button.setObjectName(f"matrix_{name}")
        button.setCheckable(True)
        button.setToolTip(f"{told.tip}. Several filters add to one another.")
        return button

    def _make_table(self) -> QTableView:
        table = QTableView(self)
        table.setObjectName("matrix_table")
        table.setAccessibleName("Observations down, reference types across")
        table.setModel(self.model)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        # names of observations stay in sight, however far one scrolls
        table.verticalHeader().setObjectName("matrix_observations")
        table.verticalHeader().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(24)
        table.horizontalHeader().setSortIndicatorClearable(True)
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.setSortingEnabled(True)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        action = QAction("Show why", table)
        action.setObjectName("matrix_show_why")
        action.setShortcut(QKeySequence("Return"))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _checked=False: self.show_why())
        table.addAction(action)
        return table

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.filter, 1)
        for button in self.buttons.values():
            row.addWidget(button)
        since = QLabel("since", self)
        since.setBuddy(self.since)
        row.addWidget(since)
        row.addWidget(self.since)
        row.addWidget(self.export)
        foot = QHBoxLayout()
        foot.addWidget(self.said, 1)
        foot.addWidget(self.why, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(row)
        layout.addWidget(self.told)
        layout.addWidget(self.table, 1)
        layout.addLayout(foot)

    def _connect(self) -> None:
        self.filter.textChanged.connect(lambda _text: self._pause.start())
        self._pause.timeout.connect(self._narrow)
        for button in self.buttons.values():
            button.toggled.connect(lambda _on: self._narrow())
        self.since.activated.connect(lambda _place: self._ask())
        choices = Choices(self, self.session.history)
        choices.one_of(self.since, "changes since")
        for name, button in self.buttons.items():
            choices.switch(button, f"by “{_FILTERS[name].word}”", "filter", "do not filter")
        self.export.clicked.connect(self._ask_export)
        self.why.clicked.connect(self.show_why)
        self.table.doubleClicked.connect(lambda _index: self.show_why())
        self.table.selectionModel().currentChanged.connect(self._focus)
        self.model.modelReset.connect(lambda: self._focus(QModelIndex()))
        self.session.context_changed.connect(self._context_changed)
        self.session.observations_changed.connect(self._out_of_date)
        theme().changed.connect(self._tell)

    # ---- asking

    def ask(self, about: object) -> None:
        """Show only what a filter keeps.

        Parameters
        ----------
        about : str
            ``not_found``, ``changed`` or ``disagrees``.
        """
        for name, button in self.buttons.items():
            button.setChecked(name == about)

    def _context_changed(self) -> None:
        self._list_contexts()
        self._out_of_date()

    def _list_contexts(self) -> None:
        cache, before = self.session.cache, self.since.currentText()
        self.since.clear()
        self.since.addItem("no other context", None)
        for name in cache.contexts if cache is not None else ():
            if name != self.session.context:
                self.since.addItem(name, name)
        place = self.since.findText(before)
        self.since.setCurrentIndex(max(place, 0))

    def _ask(self) -> None:
        cache, context, since = self.session.cache, self.session.context, self.since.currentData()
        self._stale = False
        entries = [entry for entry in self.session.observations() if entry.error is None]
        if cache is None or context is None or not entries:
            self.session.tasks.supersede("matrix")
            self._done(None)
            return
        paths = tuple(entry.path for entry in entries)

        before = self.model.matrix

        def work(job: Job) -> _Answer:
            found = matrix(cache, context, [entry.header for entry in entries], _names(paths), None, since, job)
            # nothing is new: what is chosen stays chosen
            found = before if found == before else found
            return _Answer(found, paths, {name: _kept(found, one) for name, one in _FILTERS.items()})

        self._working = True
        self._tell()
        self.session.tasks.start("Selecting for all observations", work, self._done, self._failed, key="matrix")

    def _done(self, answer: "_Answer | None") -> None:
        self._working = False
        before = self.model.matrix.types
        self.paths = answer.paths if answer is not None else ()
        self._kept = answer.kept if answer is not None else {}
        cache = self.session.cache
        self.model.show(
            answer.matrix if answer is not None else None, mappings_only=cache is not None and not cache.has_references
        )
        if self.model.matrix.types != before:
            self._size_columns()
        self._name_buttons()
        self._tell()

    def _failed(self, error: Exception) -> None:
        self._done(None)
        if isinstance(error, Cancelled):
            self.told.setText("Cancelled. Choose a context again, or read the files again (F5), to ask anew.")
            self.told.show()
        else:
            self.session.report(error, "Selecting for all observations")

    # ---- showing

    def _size_columns(self) -> None:
        bold = QFont(self.table.font())
        bold.setBold(True)
        metrics, count = QFontMetrics(bold), min(self.model.rowCount(), _LOOKED_AT)
        for column in range(self.model.columnCount()):
            texts = {str(self.model.headerData(column, Qt.Orientation.Horizontal))}
            texts |= {str(self.model.index(row, column).data() or "") for row in range(count)}
            widest = max(metrics.horizontalAdvance(text) for text in texts)
            self.table.setColumnWidth(column, min(_WIDEST, widest + 44))
        names = [str(self.model.headerData(row, Qt.Orientation.Vertical)) for row in range(count)]
        widest = max((metrics.horizontalAdvance(name) for name in names), default=0)
        self.table.verticalHeader().setFixedWidth(min(_WIDEST, widest + 2 * SPACE))

    def _name_buttons(self) -> None:
        """With how many rows each filter keeps; of a matrix without another context nothing can have changed."""
        rows = self.model.matrix.rows
        for name, button in self.buttons.items():
            word, count = _FILTERS[name].word, len(self._kept.get(name, ()))
            button.setText(f"{word} {count:,}" if rows else word)
            button.setEnabled(name != "changed" or self.model.matrix.since is not None)
            if not button.isEnabled():
                button.setChecked(False)

    def _narrow(self) -> None:
        wanted = [self._kept.get(name, frozenset()) for name, button in self.buttons.items() if button.isChecked()]
        words = self.filter.text().casefold().split()

        def keep(row: MatrixRow) -> bool:
            if wanted and not any(row.index in some for some in wanted):
                return False
            if not words:
                return True
            text = " ".join([row.name, *{cell.file for cell in row.cells if cell is not None and cell.file}])
            return all(word in text.casefold() for word in words)

        self.model.narrow(keep)
        self._tell()

    def _tell(self) -> None:
        self.told.setStyleSheet(f"color: {theme().colour('muted').name()}")
        session, rows = self.session, self.model.matrix.rows
        if session.cache is None:
            text = "Open a CRDS cache to see what its rules select."
        elif self._working:
            text = "Selecting references…"
        elif not rows:
            text = "Open observations to see what the rules select for each of them."
        else:
            shown = self.model.rowCount()
            text = f"{len(rows):,} observations" if shown == len(rows) else f"{shown:,} of {len(rows):,} observations"
            text += f" by {len(self.model.matrix.types)} types, {self.model.matrix.context}"
        self.told.setText(text)
        self.export.setEnabled(bool(rows))
        self.table.setVisible(bool(rows))
        self.table.viewport().update()

    def _focus(self, index: QModelIndex, _before: object = None) -> None:
        there = index.isValid() and self.model.cell(index) is not None
        if there:
            row = self.model.row(index)
            self.said.setText("  ·  ".join((row.name, *self.model.said(row, index.column()))))
        else:
            self.said.setText("")
        self.why.setEnabled(index.isValid())

    # ---- doing

    def show_why(self) -> None:
        """Go to the observation of the cell in focus, and explain its type."""
        index = self.table.currentIndex()
        if not index.isValid():
            return
        row = self.model.row(index)
        cell = self.model.cell(index)
        self.session.place_requested.emit("observe")
        self.session.select([self.paths[row.index]])
        if cell is not None:
            Inquiry.of(self.session).focus(cell.type)

    def _ask_export(self) -> None:
        name, kind = QFileDialog.getSaveFileName(
            self, "Export the matrix", "matrix.ecsv", "ECSV table (*.ecsv);;Comma-separated values (*.csv)"
        )
        if name:
            path = Path(name)
            if path.suffix.lower() not in (".ecsv", ".csv"):
                path = path.with_name(path.name + (".csv" if "*.csv" in kind else ".ecsv"))
            self.save(path)

    def save(self, path: Path) -> None:
        """Write the rows that are shown, in their order.

        Parameters
        ----------
        path : pathlib.Path
            Ending in ``.csv`` or ``.ecsv``; replaced if it is there, as the dialog asked.
        """
        whole = self.model.matrix
        rows = tuple(whole.rows[place] for place in self.model.shown)
        try:
            write_matrix(Matrix(whole.context, whole.since, whole.types, rows), path, overwrite=True)
        except CalguiError as error:
            self.session.report(error, "Exporting the matrix")
        else:
            self.session.notice("info", f"{len(rows):,} rows were written to {path.name}.")


def _names(paths: tuple[Path, ...]) -> list[str]:
    """File names; with their folder where several have the same."""
    names = [path.name for path in paths]
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    return [name if seen[name] == 1 else f"{path.parent.name}/{name}" for name, path in zip(names, paths, strict=True)]
