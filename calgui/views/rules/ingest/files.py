"""The upper part of the page: which files go in and out."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from calgui.core.jobs import Job
from calgui.views.rules.ingest.answer import Row, selected_names
from calgui.views.rules.ingest.draft import Draft
from calgui.views.rules.ingest.models import INSTEAD, VERDICT, ReferencesModel
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.parts import push_button
from calgui.views.widgets.tables import fit_columns, make_table

_HINT = (
    "Drop new references here, or add them.\n"
    "What would change is said first: the rule of each, the mappings, and what every open observation gets.\n"
    "Then a new cache is written beside this one, which is only read."
)


class FilesPanel(QWidget):
    """A table of what goes in and out, with the buttons that change it.

    Signals
    -------
    add_asked()
    removed(object, object)
        Paths and names of deleted references that are to be taken out of the list.
    named(object, str)
        A path and what the file is to be called.
    delete_asked(str)
        A reference that the new context is not to select.
    rename_asked(bool)
    report_asked(object)
        The validation of the file of this path is to be seen.
    """

    add_asked = Signal()
    removed = Signal(object, object)
    named = Signal(object, str)
    delete_asked = Signal(str)
    rename_asked = Signal(bool)
    report_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ingest_files")
        self._known: tuple[object, str | None] = (None, None)
        self.add = push_button("ingest_add", "Add references…", "Choose new reference files.", self)
        self.remove = push_button(
            "ingest_remove", "Take off the list", "The chosen rows; the files stay where they are.", self
        )
        self.rename = QCheckBox("Next free names", self)
        self.rename.setObjectName("ingest_rename")
        self.rename.setAccessibleName("Give the new files the next free names of CRDS's form")
        self.rename.setToolTip("Give the new files the next free names of CRDS's form; else they keep theirs.")
        self.gone = QLineEdit(self)
        self.gone.setObjectName("ingest_delete")
        self.gone.setAccessibleName("Reference that is to be deleted from the new context")
        self.gone.setToolTip("A reference that the new context is not to select any more; its file stays.")
        self.gone.setPlaceholderText("Reference to delete")
        self.gone.setMaximumWidth(260)
        self.delete = push_button(
            "ingest_delete_button", "Delete", "Take it out of the new context; its file stays.", self
        )
        self.model = ReferencesModel(self)
        self.table = make_table("ingest_references", "What goes in and out", self.model, self)
        # what is said first stands first
        self.table.horizontalHeader().moveSection(VERDICT, 1)
        self.table.horizontalHeader().moveSection(self.table.horizontalHeader().visualIndex(INSTEAD), 3)
        self.table.setColumnHidden(INSTEAD, True)
        self.hint = QLabel(_HINT, self)
        self.hint.setObjectName("ingest_hint")
        self.hint.setAccessibleName("How to begin")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.hint)
        self._stack.addWidget(self.table)
        self._lay_out()
        self._connect()
        self._retheme()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        for part in (self.add, self.remove, self.rename):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.gone, 1)
        row.addWidget(self.delete)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, SPACE, SPACE, 0)
        column.setSpacing(SPACE)
        column.addLayout(row)
        column.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.add.clicked.connect(self.add_asked)
        self.remove.clicked.connect(self._remove)
        self.rename.clicked.connect(self.rename_asked)
        self.delete.clicked.connect(self._delete)
        self.gone.returnPressed.connect(self._delete)
        self.gone.textChanged.connect(lambda _text: self._allow())
        self.model.named.connect(self.named)
        action = QAction("Take files off the list", self.table)
        action.setObjectName("ingest_remove_rows")
        action.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _checked=False: self._remove())
        self.table.addAction(action)
        report = QAction("Is it good? Open the report", self.table)
        report.setObjectName("ingest_report_rows")
        report.triggered.connect(lambda _checked=False: self._report(self.table.currentIndex().row()))
        self.table.addAction(report)
        self.table.doubleClicked.connect(lambda index: self._report(index.row()) if index.column() == VERDICT else None)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._allow())
        theme().changed.connect(self._retheme)

    # ---- showing

    def show_draft(self, draft: Draft, rows: tuple[Row, ...]) -> None:
        """Show what goes in and out.

        Parameters
        ----------
        draft : Draft
        rows : tuple of Row
        """
        self.rename.setChecked(draft.rename)
        self.model.show(rows)
        self._stack.setCurrentIndex(1 if rows else 0)
        self.table.setColumnHidden(INSTEAD, not any(row.instead for row in rows))
        if any(row.state != "waiting" for row in rows):
            fit_columns(self.table, 300)
        self._allow()

    def show_cache(self, there: bool, draft: bool, free: bool) -> None:
        """What can be done.

        Parameters
        ----------
        there : bool
            Whether a cache is open.
        draft : bool
            Whether something goes in or out.
        free : bool
            Whether nothing is being written.
        """
        self.hint.setText(_HINT if there else "Open a CRDS cache to see what new references would change in it.")
        for part in (self.add, self.rename, self.gone, self.table):
            part.setEnabled(there and free)
        self._allow()

    def follow(self, session: Session) -> None:
        """Know the references that the current context selects, to complete what is typed.

        Parameters
        ----------
        session : Session
        """
        cache, context = session.cache, session.context
        if (cache, context) == self._known:
            return
        self._known = (cache, context)
        if cache is None or context is None:
            session.tasks.supersede("ingest-names")
            self._complete(())
            return

        def work(job: Job) -> tuple[str, ...]:
            return selected_names(cache, context, job)

        # who cannot be helped with typing is not told why: the proposal says what is wrong with the context
        session.tasks.start(
            "Listing the references", work, self._complete, lambda _error: None, key="ingest-names", background=True
        )

    def _complete(self, names: tuple[str, ...]) -> None:
        completer = QCompleter(list(names), self.gone)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.gone.setCompleter(completer)

    def _allow(self) -> None:
        free = self.table.isEnabled()
        self.remove.setEnabled(free and bool(self._numbers()))
        self.delete.setEnabled(free and bool(self.gone.text().strip()))

    def _retheme(self) -> None:
        self.hint.setStyleSheet(f"color: {theme().colour('muted').name()};")

    # ---- doing

    def _numbers(self) -> list[int]:
        return [index.row() for index in self.table.selectionModel().selectedRows()]

    def _remove(self) -> None:
        paths, names = self.model.chosen(self._numbers())
        if paths or names:
            self.removed.emit(paths, names)

    def _report(self, row: int) -> None:
        path = self.model.shown[row].path if 0 <= row < len(self.model.shown) else None
        if path is not None:
            self.report_asked.emit(path)

    def _delete(self) -> None:
        name = self.gone.text().strip()
        if name:
            self.gone.clear()
            self.delete_asked.emit(name)
