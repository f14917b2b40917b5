"""The page "What if": cases side by side, what the rules select for each, and why."""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.questions.whatif import Case
from calgui.core.rules.values import Status
from calgui.views.choosing import Choices
from calgui.views.rules.whatif.board import Board
from calgui.views.rules.whatif.inquiry import CaseInquiry
from calgui.views.rules.whatif.model import CasesModel
from calgui.views.rules.whatif.options import pasted_case
from calgui.views.rules.whatif.start import ObservationChooser
from calgui.views.rules.whatif.table import CasesTable
from calgui.views.rules.why.asking import Question
from calgui.views.rules.why.panel import WhyPanel
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme

if TYPE_CHECKING:
    from calgui.core.frames.index import FileEntry

_EMPTY = "Empty"
_LOST = (Status.NOT_FOUND, Status.ERROR)


class WhatIfPage(QWidget):
    """Cases side by side, started from observations or from nothing.

    Parameters
    ----------
    session : Session
        Whose cache, context and observations are asked about.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("whatif_page")
        self.setAccessibleName("What if the header said something else")
        self.board = Board(session, self)
        self.model = CasesModel(self.board, self)
        self.table = CasesTable(self.model, self)
        self.inquiry = CaseInquiry(self.board, self)
        self.why = WhyPanel(session, self, self.inquiry)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self)
        self.splitter.setObjectName("whatif_splitter")
        self._place = 0
        self._type: str | None = None
        self._wanted: tuple[int, str | None] | None = None
        self._reading = 0
        self._begin = QTimer(self)
        self._begin.setSingleShot(True)
        self._begin.timeout.connect(self._begin_with_observation)
        self.start = ObservationChooser(session, self)
        self.name = self._line("whatif_name", "Name of the case in focus", "Name of the case")
        self.preview = self._line("whatif_options", "The case in focus as options of the command line", "")
        self.preview.setReadOnly(True)
        self.told = QLabel(self)
        self.told.setObjectName("whatif_told")
        self.told.setWordWrap(True)
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.only = QCheckBox("Only &differences", self)
        self.only.setObjectName("whatif_only_differences")
        self.only.setToolTip("Show only the rows in which the cases are not all alike")
        self.buttons = {
            name: self._button(name, text, tip, keys, call) for name, text, tip, keys, call in self._actions()
        }
        self._lay_out()
        self._connect()
        self._tell()

    # ---- making

    def _actions(self) -> tuple[tuple[str, str, str, str, Any], ...]:
        return (
            (
                "empty",
                "Empty case",
                "A case that starts from nothing: choose the instrument first",
                "Ctrl+N",
                self.empty,
            ),
            ("duplicate", "Duplicate", "The case in focus once more, beside the others", "Ctrl+D", self.duplicate),
            ("reset", "Reset", "Back to what the case in focus starts from", "", self.reset),
            ("remove", "Remove", "Take the case in focus away", "Ctrl+Backspace", self.remove),
            ("copy", "Copy", "Copy these options of the command line", "Ctrl+Alt+C", self.copy_options),
            ("command", "Copy command", "Copy a whole command line that asks the same", "", self.copy_command),
            (
                "paste",
                "Paste",
                "A case from copied --set options, or a command line with some",
                "Ctrl+Alt+V",
                self.paste,
            ),
        )

    def _button(self, name: str, text: str, tip: str, keys: str, call: Any) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(f"whatif_{name}")
        button.setAccessibleName(tip)
        button.clicked.connect(lambda _checked=False: call())
        button.setToolTip(f"{tip} ({keys})." if keys else f"{tip}.")
        if keys:
            action = QAction(text, self)
            action.setObjectName(f"whatif_{name}_action")
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(lambda _checked=False: call())
            self.addAction(action)
        return button

    def _line(self, name: str, accessible: str, hint: str) -> QLineEdit:
        line = QLineEdit(self)
        line.setObjectName(name)
        line.setAccessibleName(accessible)
        line.setToolTip(accessible)
        line.setPlaceholderText(hint)
        return line

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self.start, 2)
        for name in ("empty", "paste"):
            top.addWidget(self.buttons[name])
        top.addSpacing(2 * SPACE)
        top.addWidget(self.name, 1)
        for name in ("duplicate", "reset", "remove"):
            top.addWidget(self.buttons[name])
        top.addSpacing(SPACE)
        top.addWidget(self.only)
        foot = QHBoxLayout()
        foot.setSpacing(SPACE)
        foot.addWidget(self.preview, 1)
        for name in ("copy", "command"):
            foot.addWidget(self.buttons[name])
        upper = QWidget(self)
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.table, 1)
        column.addLayout(foot)
        self.splitter.addWidget(upper)
        self.splitter.addWidget(self.why)
        # the explanation needs its height even in a small window; what is more goes to both
        self.splitter.setSizes([1000, 1000])
        self.splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(top)
        layout.addWidget(self.told)
        layout.addWidget(self.splitter, 1)
        layout.addStretch()
        layout.setStretchFactor(self.splitter, 1)

    def _connect(self) -> None:
        self.start.chosen.connect(self._start_from)
        self.name.editingFinished.connect(self._rename)
        self.only.toggled.connect(self.model.show_only_differences)
        Choices(self, self.session.history).switch(self.only, "what does not differ", "hide", "show")
        self.table.selectionModel().currentChanged.connect(self._focus)
        self.table.horizontalHeader().sectionClicked.connect(self._focus_column)
        self.board.changed.connect(self._follow)
        self.model.modelReset.connect(self._restore)
        self.session.context_changed.connect(self._tell)
        theme().changed.connect(self.table.viewport().update)

    # ---- asked

    @property
    def busy(self) -> bool:
        """Whether answers are on their way."""
        return (
            self.board.busy or self.inquiry.busy or self.why.reach.busy or self._reading > 0 or self._begin.isActive()
        )

    def ask(self, about: object) -> None:
        """Put what is asked elsewhere beside the other cases.

        Parameters
        ----------
        about : Question, Case, mapping or path
            Cases with the type to explain; one case; a header; or a file with one.
        """
        if isinstance(about, Question):
            places = [self._add(case) for case in about.cases]
            last = next((place for place in reversed(places) if place is not None), None)
            if last is not None:
                self._go(last, about.type)
        elif isinstance(about, Case):
            self.ask(Question((about,)))
        elif isinstance(about, Mapping):
            self.ask(Question((Case("Header", dict(about)),)))
        elif isinstance(about, str | Path):
            self._ask_file(Path(about))
        else:
            raise TypeError(f"no case can be made of {type(about).__name__}")

    def _add(self, case: Case) -> int | None:
        found = self.board.find(case)
        return self.board.add(case) if found is None else found

    def _ask_file(self, path: Path) -> None:
        loaded = next((entry for entry in self.session.observations() if entry.path == path), None)
        if loaded is not None and loaded.error is None:
            self.ask(Case(path.name, loaded.header))
            return

        def work(_job: Job) -> dict[str, Any]:
            from calgui.core.frames.headers import rule_header

            return rule_header(path)

        def read(header: dict[str, Any]) -> None:
            self._reading -= 1
            self.ask(Case(path.name, header))

        def failed(error: Exception) -> None:
            self._reading -= 1
            self.session.report(error, "Reading a header")

        self._reading += 1
        self.session.tasks.start("Reading a header", work, read, failed, quiet=True)

    def showEvent(self, event: QShowEvent) -> None:
        """Start with the selected observation, and list those that are loaded."""
        super().showEvent(event)
        self.start.refresh()
        # what is asked from elsewhere comes right after the page is shown, and comes first
        self._begin.start()

    def _begin_with_observation(self) -> None:
        if not self.board.cases and self.session.selection and not self._reading:
            self._ask_file(self.session.selection[0])

    def _start_from(self, entry: "FileEntry") -> None:
        place = self.board.add(Case(entry.path.name, entry.header))
        if place is not None:
            self._go(place, self._type)

    # ---- what the buttons do

    def empty(self) -> None:
        """Add a case that starts from nothing."""
        place = self.board.add(Case(_EMPTY))
        if place is not None:
            self._go(place, self._type)

    def duplicate(self) -> None:
        """Add the case in focus once more."""
        case = self.inquiry.case()
        if case is not None:
            place = self.board.add(replace(case))
            if place is not None:
                self._go(place, self._type)

    def remove(self) -> None:
        """Take the case in focus away."""
        self.board.remove(self._place)

    def reset(self) -> None:
        """Back to what the case in focus starts from."""
        if self.inquiry.case() is not None:
            self.board.reset(self._place)

    def copy_options(self) -> None:
        """Copy the case in focus as options of the command line."""
        if self.preview.text():
            QGuiApplication.clipboard().setText(self.preview.text())

    def copy_command(self) -> None:
        """Copy a command line that tells the answers of the case in focus."""
        cache, context = self.session.cache, self.session.context
        if cache is not None and context is not None and self.preview.text():
            start = shlex.join(["calgui", "whatif", "--cache", str(cache.path), "--context", context])
            QGuiApplication.clipboard().setText(f"{start} {self.preview.text()}")

    def paste(self) -> None:
        """Add a case from the options that were copied."""
        try:
            case = pasted_case(QGuiApplication.clipboard().text())
        except CalguiError as error:
            self.session.report(error, "Pasting")
            return
        place = self.board.add(case)
        if place is not None:
            self._go(place, self._type)

    def _rename(self) -> None:
        case = self.inquiry.case()
        if case is not None:
            self.board.rename(self._place, self.name.text())
            self._tell()

    # ---- the cell in focus

    def _go(self, place: int, type_: str | None) -> None:
        """Look at a case, and at one of its answers, as soon as there is a row for it."""
        self._wanted = (place, type_)
        self._place, self._type = place, type_
        self._restore()

    def _restore(self) -> None:
        """The cell in focus stays so when rows or columns are others."""
        place, kind = self._wanted or (self._place, self._type)
        place = min(place, self.model.columnCount() - 1)
        kind = kind or self._lost(place)
        row = self.model.row_of("answer", kind) if kind is not None else None
        if row is None:
            row = next((number for number, line in enumerate(self.model.lines) if line.kind == "setting"), None)
        self._place = max(place, 0)
        if place >= 0 and row is not None:
            self.table.setCurrentIndex(self.model.index(row, place))
            self.table.scrollTo(self.model.index(row, place))
        self._type = kind
        self.inquiry.focus(self._place, kind)
        self._tell()

    def _lost(self, place: int) -> str | None:
        """The first type that a case gets no file of, though it should: what one most likely asks about."""
        answers = self.board.columns[place].answers if 0 <= place < len(self.board.columns) else {}
        return next((name for name in sorted(answers) if answers[name].status in _LOST), None)

    def _follow(self) -> None:
        if self._wanted is not None and not self.board.busy:
            self._restore()
            self._wanted = None
        self._tell()

    def _focus(self, index: QModelIndex, _before: QModelIndex) -> None:
        if not index.isValid():
            return
        line = self.model.lines[index.row()]
        self._place = index.column()
        if line.kind == "answer":
            self._type = line.name
        self.inquiry.focus(self._place, self._type)
        self._tell()

    def _focus_column(self, place: int) -> None:
        index = self.table.currentIndex()
        if index.isValid():
            self.table.setCurrentIndex(self.model.index(index.row(), place))

    # ---- telling

    def _tell(self) -> None:
        cases, columns = self.board.cases, self.board.columns
        case = self.inquiry.case()
        column = columns[self._place] if self._place < len(columns) else None
        if self.session.cache is None:
            told = "Open a CRDS cache to ask its rules."
        elif self.session.context is None:
            told = "This cache holds no context: there are no rules to ask."
        elif not cases:
            told = (
                "Start from a loaded observation, or with an empty case from nothing. Change values by a double click: "
                "the references that the rules then select follow at once. No file is touched."
            )
        else:
            told = f"{column.case.name}: {column.problem}" if column is not None and column.problem else ""
        self.told.setText(told)
        self.told.setVisible(bool(told))
        self.splitter.setVisible(self.session.cache is not None and bool(cases))
        self.why.setVisible(self._type is not None)
        if not self.name.hasFocus() or not self.name.isModified():
            self.name.setText(case.name if case is not None else "")
        self.preview.setText(shlex.join(column.options) if column is not None else "")
        self.preview.setCursorPosition(0)
        self.name.setEnabled(case is not None)
        self.only.setEnabled(len(cases) > 1)
        for name, button in self.buttons.items():
            needs = {"empty": self.session.cache is not None, "paste": self.session.cache is not None}
            ready = bool(self.preview.text()) if name in ("copy", "command") else case is not None
            button.setEnabled(needs.get(name, ready))
