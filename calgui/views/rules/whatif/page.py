"""The page of suppositions: cases side by side, what the rules select for each, and why."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.questions.whatif import Case, from_options
from calgui.core.rules.values import NearMiss
from calgui.views.rules.whatif.board import Board
from calgui.views.rules.whatif.explanation import Explanation
from calgui.views.rules.whatif.model import CasesModel
from calgui.views.rules.whatif.table import CasesTable
from calgui.views.session import Session
from calgui.views.theme import SPACE, figures, theme

#: crds's word for a value that the header lacks
_UNDEFINED = "UNDEFINED"


class WhatIfPage(QWidget):
    """Cases side by side.

    Parameters
    ----------
    session : Session
        Whose cache and context are asked, and whose selected observation a case starts from.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("whatif_page")
        self.setAccessibleName("What if: cases side by side")
        self.board = Board(session, self)
        self.model = CasesModel(self.board, self)
        self.table = CasesTable(self.model, self)
        self.explanation = Explanation(session, self)
        self.told = QLabel(self)
        self.told.setObjectName("whatif_told")
        self.told.setWordWrap(True)
        self.options = QLineEdit(self)
        self.options.setObjectName("whatif_options")
        self.options.setAccessibleName("The case as options of the command line")
        self.options.setReadOnly(True)
        self.options.setFont(figures())
        self.buttons = {
            name: self._make_button(name, text, tip)
            for name, text, tip in (
                ("observation", "From the observation", "A new case that starts from the selected observation."),
                ("nothing", "From nothing", "A new case without any value: choose the instrument first."),
                ("paste", "From options", "A new case from the clipboard: --set KEY=VALUE …"),
                ("duplicate", "Duplicate", "A copy of the case in focus, to change beside it."),
                ("rename", "Rename…", "Call the case in focus otherwise."),
                ("reset", "Reset", "Back to what the case in focus starts from."),
                ("remove", "Remove", "Take the case in focus away."),
            )
        }
        self.copy_options = self._make_button("copy", "Copy options", "Copy the case as --set options.")
        self._focused: tuple[int, str] | None = None
        self._explained: tuple[Case, str] | None = None
        self._begin = QTimer(self)
        self._begin.setSingleShot(True)
        self._begin.timeout.connect(self._begin_with_observation)
        self._lay_out()
        self._connect()
        self._follow()

    def _make_button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(f"whatif_{name}_button")
        button.setToolTip(tip)
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, SPACE, 0)
        row.setSpacing(SPACE)
        for name, button in self.buttons.items():
            row.addWidget(button)
            if name == "paste":
                row.addStretch(1)
        foot = QHBoxLayout()
        foot.addWidget(self.options, 1)
        foot.addWidget(self.copy_options)
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, SPACE // 2, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.table, 1)
        column.addLayout(foot)
        self.split = QSplitter(Qt.Orientation.Horizontal, self)
        self.split.setObjectName("whatif_splitter")
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(left)
        self.split.addWidget(self.explanation)
        self.split.setSizes([640, 480])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, 0, SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(row)
        layout.addWidget(self.told)
        layout.addWidget(self.split, 1)
        layout.addStretch()
        layout.setStretchFactor(self.split, 1)

    def _connect(self) -> None:
        buttons = self.buttons
        buttons["observation"].clicked.connect(self.add_observation)
        buttons["nothing"].clicked.connect(lambda: self.add(Case("from nothing")))
        buttons["paste"].clicked.connect(self.paste)
        buttons["duplicate"].clicked.connect(self._duplicate)
        buttons["rename"].clicked.connect(self._rename)
        buttons["reset"].clicked.connect(lambda: self.board.reset(self._place()))
        buttons["remove"].clicked.connect(lambda: self.board.remove(self._place()))
        self.copy_options.clicked.connect(self.copy)
        self.table.selectionModel().currentChanged.connect(self._focus)
        self.board.changed.connect(self._follow)
        self.explanation.tried.connect(self._try)
        self.explanation.rule_asked.connect(self.session.mapping_requested)
        self.session.selection_changed.connect(self._follow)
        theme().changed.connect(self._follow)

    # ---- what is asked

    @property
    def busy(self) -> bool:
        """Whether answers are on their way."""
        return self.board.busy or self._begin.isActive()

    def ask(self, about: object) -> None:
        """Put a case beside the others.

        Parameters
        ----------
        about : Case, mapping or path-like
            A case, a header, or an observation.
        """
        if isinstance(about, Case):
            self.add(about)
        elif isinstance(about, Mapping):
            self.add(Case("header", dict(about)))
        elif isinstance(about, str | Path):
            self._add_file(Path(about))

    def add(self, case: Case) -> None:
        """Put a case beside the others, and its first cell in focus.

        Parameters
        ----------
        case : Case
            To be asked.
        """
        place = self.board.add(case)
        if place is not None:
            kept = self._focused
            self._focused = (place, kept[1] if kept is not None else "")
            self._refocus()

    def add_observation(self) -> None:
        """A case that starts from the selected observation."""
        if self.session.selection:
            self._add_file(self.session.selection[0])

    def _add_file(self, path: Path) -> None:
        known = next((entry.header for entry in self.session.observations() if entry.path == path), None)
        if known is not None:
            self.add(Case(path.name, dict(known)))
            return

        def work(_job: Job) -> Case:
            from calgui.core.frames.headers import rule_header

            return Case(path.name, rule_header(path))

        self.session.tasks.start(f"Reading {path.name}", work, self.add, quiet=True)

    def paste(self) -> None:
        """A case from the options on the clipboard."""
        text = QGuiApplication.clipboard().text()
        try:
            words = [word for word in shlex.split(text) if "=" in word or word == "--set"]
        except ValueError as error:
            self.session.notice("warning", f"The clipboard holds no options: {error}.", "Copy --set KEY=VALUE …")
            return
        if not words:
            self.session.notice("warning", "The clipboard holds no options.", "Copy --set KEY=VALUE …")
            return
        try:
            self.add(from_options("from options", words))
        except CalguiError as error:
            self.session.notice("warning", error.message, error.cure)

    def copy(self) -> None:
        """Copy the case in focus as options of the command line."""
        if self.options.text():
            QGuiApplication.clipboard().setText(self.options.text())
            self.session.notice("info", "The case was copied as options of the command line.")

    def showEvent(self, event: QShowEvent) -> None:
        """Begin with the selected observation, where nothing else is asked."""
        super().showEvent(event)
        self._begin.start()

    def _begin_with_observation(self) -> None:
        if not self.board.cases and self.session.cache is not None:
            self.add_observation()

    # ---- the case in focus

    def _place(self) -> int:
        column = self.table.currentIndex().column()
        return column if column >= 0 else len(self.board.cases) - 1

    def _duplicate(self) -> None:
        place = self._place()
        if 0 <= place < len(self.board.cases):
            self.add(self.board.cases[place])

    def _rename(self) -> None:
        place = self._place()
        if not 0 <= place < len(self.board.cases):
            return
        name, accepted = QInputDialog.getText(self, "Rename the case", "Name", text=self.board.cases[place].name)
        if accepted:
            self.board.rename(place, name)

    def _try(self, miss: NearMiss) -> None:
        """A near miss goes into a copy, so that both can be compared."""
        place = self._place()
        changes = [(one.parameter, None if one.after == _UNDEFINED else one.after) for one in miss.changes]
        case = self.board.cases[place]
        added = self.board.add(case)
        if added is not None:
            self.board.rename(added, f"{case.name} → {miss.file}")
            self.board.apply(added, changes)
            self._focused = (added, self._focused[1] if self._focused is not None else "")
            self._refocus()

    # ---- following

    def _focus(self, index: QModelIndex, _before: object = None) -> None:
        if index.isValid():
            line = self.model.lines[index.row()]
            self._focused = (index.column(), line.name)
        self._explain()
        self._tell_options()

    def _refocus(self) -> None:
        """The same row of the same case; of a new table the first answer that is not as it should be."""
        if self._focused is None or not self.model.lines or not self.model.columnCount():
            return
        column, name = self._focused
        column = min(column, self.model.columnCount() - 1)
        rows = [row for row, line in enumerate(self.model.lines) if line.name == name and line.kind != "title"]
        answers = [row for row, line in enumerate(self.model.lines) if line.kind == "answer"]
        lost = [row for row in answers if self._is_lost(row, column)]
        settings = [row for row, line in enumerate(self.model.lines) if line.kind == "setting"]
        row = next(iter([*rows, *lost, *answers, *settings]), None)
        if row is not None and not self.table.indexWidget(self.table.currentIndex()):
            self.table.setCurrentIndex(self.model.index(row, column))

    def _is_lost(self, row: int, column: int) -> bool:
        answer = self.model.answer(self.model.index(row, column))
        return answer is not None and answer.status.value in ("not-found", "error")

    def _follow(self) -> None:
        there = bool(self.board.cases)
        session = self.session
        for name in ("duplicate", "rename", "reset", "remove"):
            self.buttons[name].setEnabled(there)
        ready = session.cache is not None and session.context is not None
        for name in ("nothing", "paste"):
            self.buttons[name].setEnabled(ready)
        self.buttons["observation"].setEnabled(ready and bool(session.selection))
        self.split.setVisible(there and ready)
        self._refocus()
        self._explain()
        self._tell_options()
        problems = [f"{one.case.name}: {one.problem}" for one in self.board.columns if one.problem]
        if not ready:
            text = "Open a CRDS cache to ask what its rules would select."
        elif not there:
            text = "Begin with the selected observation, or from nothing; then set values: the answers follow at once."
        else:
            text = "   ".join(problems)
        self.told.setText(text)
        self.told.setVisible(bool(text))
        self.told.setStyleSheet(f"color: {theme().colour('warning' if problems and there else 'muted').name()}")

    def _explain(self) -> None:
        index = self.table.currentIndex()
        answer = self.model.answer(index) if index.isValid() and index.column() < self.model.columnCount() else None
        if answer is None:
            # while values are set, the last answer asked about stays explained
            types = {one.type for column in self.board.columns for one in column.answers.values()}
            kind = self._explained[1] if self._explained is not None and self._explained[1] in types else None
        else:
            kind = answer.type
        place = self._place()
        if kind is None or not 0 <= place < len(self.board.cases):
            self._explained = None
            self.explanation.show_answer(None, "")
            return
        asked = self.board.cases[place], kind
        if self._explained is None or asked[0] is not self._explained[0] or asked[1] != self._explained[1]:
            self._explained = asked
            self.explanation.show_answer(*asked)

    def _tell_options(self) -> None:
        place = self._place()
        column = self.board.columns[place] if 0 <= place < len(self.board.columns) else None
        text = shlex.join(column.options) if column is not None else ""
        self.options.setText(text)
        self.options.setCursorPosition(0)
        self.options.setToolTip(text)
        self.copy_options.setEnabled(bool(text))
