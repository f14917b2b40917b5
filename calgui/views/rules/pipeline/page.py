"""The page about a pipeline run: what stpipe's prefetch would fetch, and the lines that make it use other files."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.rules.questions.stpipe import Prefetch, override_lines, override_options, prefetch
from calgui.core.rules.selection.header import find_instrument, plan_for
from calgui.core.rules.values import Status
from calgui.views.answering import AnsweringPage
from calgui.views.rules.pipeline.model import FILE, INSTEAD, TYPE, FetchModel
from calgui.views.session import Session
from calgui.views.theme import SPACE, figures, theme
from calgui.views.widgets.combo_cells import ComboCells
from calgui.views.widgets.rich import rich

_Index = QModelIndex | QPersistentModelIndex
_NOT_APPLICABLE = "N/A"


@dataclass(frozen=True)
class _Answer:
    """What is computed off the main thread."""

    told: Prefetch
    files: Mapping[str, tuple[str, ...]]


class PipelinePage(AnsweringPage):
    """The selected observation as a step of a pipeline sees it.

    Parameters
    ----------
    session : Session
        Whose cache, context and selected observation are asked about.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "pipeline", "Select the observation again to ask anew.", parent)
        self.setObjectName("pipeline_page")
        self.setAccessibleName("What stpipe would fetch")
        self.told = QLabel(self)
        self.told.setObjectName("pipeline_told")
        self.told.setWordWrap(True)
        self.step = QLineEdit(self)
        self.step.setObjectName("pipeline_step")
        self.step.setAccessibleName("Step of the pipeline")
        self.step.setPlaceholderText("step, such as dark_current")
        self.step.setToolTip("Where a whole pipeline is run: the step that is told. Empty: the step runs alone.")
        self.step.setMaximumWidth(260)
        self.all_types, self.no_types = QPushButton("All types", self), QPushButton("No types", self)
        self.all_types.setObjectName("pipeline_all")
        self.all_types.setToolTip("Ask for every reference type that the step takes.")
        self.no_types.setObjectName("pipeline_none")
        self.no_types.setToolTip("Ask for none, to choose some by hand.")
        self.browse = QPushButton("Use a file…", self)
        self.browse.setObjectName("pipeline_browse")
        self.browse.setToolTip("Choose a file to be used instead for the type in focus.")
        self.model = FetchModel(self)
        self.table = self._make_table()
        self.lines, self.copy_lines = self._make_text("pipeline_lines", "Lines for the configuration of the step")
        self.options, self.copy_options = self._make_text("pipeline_options", "Options of strun")
        self._lay_out()
        self._connect()
        self._tell()

    def _make_table(self) -> QTableView:
        table = QTableView(self)
        table.setObjectName("pipeline_table")
        table.setAccessibleName("Reference types: what would be fetched, and what is used instead")
        table.setModel(self.model)
        table.setItemDelegateForColumn(INSTEAD, _Instead(self.model, table))
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(25)
        table.horizontalHeader().setStretchLastSection(True)
        return table

    def _make_text(self, name: str, title: str) -> tuple[QPlainTextEdit, QPushButton]:
        text = QPlainTextEdit(self)
        text.setObjectName(name)
        text.setAccessibleName(title)
        text.setReadOnly(True)
        text.setFont(figures())
        text.setPlaceholderText("Choose a file under Use instead: what a run is told stands here.")
        button = QPushButton("Copy", self)
        button.setObjectName(f"{name}_copy")
        button.setAccessibleName(f"Copy: {title}")
        button.setToolTip(f"Copy: {title}")
        button.clicked.connect(lambda: QGuiApplication.clipboard().setText(text.toPlainText()))
        return text, button

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        label = QLabel("Step", self)
        label.setBuddy(self.step)
        for widget in (label, self.step, self.all_types, self.no_types, self.browse):
            top.addWidget(widget)
        top.addStretch(1)
        below = QHBoxLayout()
        below.setSpacing(2 * SPACE)
        for title, text, button in (
            ("In the step's configuration file", self.lines, self.copy_lines),
            ("Or as options of strun", self.options, self.copy_options),
        ):
            column, head = QVBoxLayout(), QHBoxLayout()
            head.addWidget(rich(QLabel(f"<b>{title}</b>", self)), 1)
            head.addWidget(button)
            column.addLayout(head)
            column.addWidget(text)
            text.setMaximumHeight(130)
            below.addLayout(column, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(top)
        layout.addWidget(self.told)
        layout.addWidget(self.table, 1)
        layout.addLayout(below)

    def _connect(self) -> None:
        self.step.textChanged.connect(lambda _text: self._write())
        self.all_types.clicked.connect(lambda: self._want(True))
        self.no_types.clicked.connect(lambda: self._want(False))
        self.browse.clicked.connect(self._browse)
        self.model.changed.connect(self._tell)
        for signal in (self.session.context_changed, self.session.selection_changed):
            signal.connect(self._out_of_date)
        theme().changed.connect(self._tell)

    # ---- asking

    def ask(self, about: object) -> None:
        """Look at one reference type.

        Parameters
        ----------
        about : str
            Lower case; the only type that stays ticked.
        """
        if isinstance(about, str):
            self.model.unwanted = {one.type for one in self.model.fetches} - {about}
            self._tell()

    def _ask(self) -> None:
        session = self.session
        cache, context = session.cache, session.context
        if cache is None or context is None or not session.selection:
            self._nothing_to_ask()
            return
        path = session.selection[0]
        known = next((entry.header for entry in session.observations() if entry.path == path), None)

        def work(_job: Job) -> _Answer:
            from calgui.core.frames.headers import rule_header

            header = known if known is not None else rule_header(path)
            return _Answer(prefetch(cache, context, header), _files(cache, context, header))

        self._begin("Asking for stpipe", work, quiet=True)

    def _done(self, answer: _Answer | None) -> None:
        cache = self.session.cache
        only = cache is not None and not cache.has_references
        self.model.show(
            answer.told.fetches if answer is not None else (), answer.files if answer is not None else {}, only
        )
        metrics = self.table.fontMetrics()
        for column, most in ((TYPE, 200), (FILE, 420), (2, 160)):
            texts = [str(self.model.index(row, column).data() or "") for row in range(self.model.rowCount())]
            widest = max((metrics.horizontalAdvance(text) for text in texts), default=60)
            self.table.setColumnWidth(column, min(most, max(80, widest + 50)))
        self._tell()

    # ---- showing

    def _tell(self) -> None:
        session, model = self.session, self.model
        role = "muted"
        if session.cache is None:
            text = "Open a CRDS cache to see what stpipe would fetch from it."
        elif not session.selection:
            text = "Select an observation to see what stpipe would fetch for it."
        else:
            lost = [
                one.type
                for one in model.fetches
                if one.type in model.wanted
                and not model.instead.get(one.type)
                and one.status in (Status.NOT_FOUND, Status.ERROR)
            ]
            absent = [one.type for one in model.fetches if one.type in model.wanted and one.file and not one.present]
            text = f"{session.selection[0].name}: {len(model.wanted)} types."
            if lost:
                text += f" ✕ The pipeline stops: {', '.join(lost)} not found."
                role = "error"
            if absent:
                text += f" Not in the cache, to be fetched from a server: {', '.join(absent)}."
        self.told.setText(text)
        self.told.setStyleSheet(f"color: {theme().colour(role).name()}")
        self.table.setVisible(bool(model.fetches))
        self.browse.setEnabled(bool(model.fetches))
        self._write()

    def _write(self) -> None:
        """What a run is told."""
        choices = {kind: None if file == _NOT_APPLICABLE else file for kind, file in self.model.overrides.items()}
        step = self.step.text().strip() or None
        try:
            lines: Sequence[str] = override_lines(choices, step) if choices else ()
            options: Sequence[str] = override_options(choices, step) if choices else ()
        except CalguiError as error:
            self.told.setText(f"{error.message} {error.cure}".strip())
            lines = options = ()
        self.lines.setPlainText("\n".join(lines))
        self.options.setPlainText(shlex.join(options))
        self.copy_lines.setEnabled(bool(lines))
        self.copy_options.setEnabled(bool(options))

    # ---- doing

    def _want(self, on: bool) -> None:
        self.model.unwanted = set() if on else {one.type for one in self.model.fetches}
        if self.model.fetches:
            self.model.dataChanged.emit(self.model.index(0, 0), self.model.index(self.model.rowCount() - 1, INSTEAD))
        self._tell()

    def _browse(self) -> None:
        row = self.table.currentIndex().row()
        if row < 0:
            self.session.notice("info", "Choose a reference type first.")
            return
        name, _ = QFileDialog.getOpenFileName(
            self, f"Use for {self.model.fetches[row].type}", "", "FITS files (*.fits);;All files (*)"
        )
        if name:
            self.model.setData(self.model.index(row, INSTEAD), name)


class _Instead(ComboCells):
    """An editable list of the cache's references of that type."""

    def __init__(self, model: FetchModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.model = model

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: _Index) -> QWidget:
        kind = self.model.fetches[index.row()].type
        box = QComboBox(parent)
        box.setObjectName(f"pipeline_instead_{kind}")
        box.setAccessibleName(f"Use instead for {kind}")
        box.setEditable(True)
        box.addItems(["", _NOT_APPLICABLE, *self.model.files.get(kind, ())])
        return self.follow(box)


def _files(cache: Cache, context: str, header: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Paths of the references of each type that are there."""
    plan = plan_for(cache, context, find_instrument(cache, context, header))
    found: dict[str, tuple[str, ...]] = {}
    for kind, rmap in plan.rmaps.items():
        if isinstance(rmap, CalguiError):
            continue
        paths = [cache.reference_path(str(name)) for name in rmap.reference_names()]
        found[kind] = tuple(sorted(str(Path(path)) for path in paths if path is not None))
    return found
