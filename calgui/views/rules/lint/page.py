"""The page that looks through the whole cache for what is wrong, useless or doubtful."""

import json
from pathlib import Path
from typing import IO

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import CalguiError, Cancelled
from calgui.core.frames.writing import write_atomically
from calgui.core.jobs import Job
from calgui.core.printable import quiet_json
from calgui.core.rules.lint.report import LintReport
from calgui.core.rules.lint.run import lint
from calgui.core.rules.lint.telling import as_text, document
from calgui.core.rules.questions.whatif import Case
from calgui.core.rules.values import Place, Severity, Status
from calgui.views.rules.asking_page import AskingPage
from calgui.views.rules.lint.details import LintDetails
from calgui.views.rules.lint.model import LintModel
from calgui.views.rules.marks import SEVERITIES, STATUSES, mark_icon
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme

_PAUSE_MS = 150
_MAPPINGS = (".pmap", ".imap", ".rmap")


class LintPage(AskingPage):
    """What a look through the whole cache finds.

    Parameters
    ----------
    session : Session
        Whose cache is looked through, as its context sees it.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "lint_page", "Lint: what is wrong with the cache", parent)
        self.report: LintReport | None = None
        self.filter = QLineEdit(self)
        self.filter.setObjectName("lint_filter")
        self.filter.setToolTip("Words of a finding, a file or a type; only rows that have them all are shown.")
        self.filter.setAccessibleName("Filter the findings")
        self.filter.setPlaceholderText("Filter: file, rule, words")
        self.filter.setClearButtonEnabled(True)
        self.severities = {severity: self._make_switch(severity) for severity in Severity}
        self.again = QPushButton("Look again", self)
        self.again.setObjectName("lint_again")
        self.again.setToolTip("Look through the whole cache as it is on the disk now.")
        self.save_button = QPushButton("Save the report…", self)
        self.save_button.setObjectName("lint_save")
        self.save_button.setToolTip("Write what is found, and how it is cured, to a file, as text or JSON.")
        self.told = QLabel(self)
        self.told.setObjectName("lint_told")
        self.told.setWordWrap(True)
        self.model = LintModel(self)
        self.tree = self._make_tree()
        self.details = LintDetails(self)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._lay_out()
        self._connect()
        self._tell()

    def _make_switch(self, severity: Severity) -> QPushButton:
        button = QPushButton(self)
        button.setObjectName(f"lint_{severity.value}")
        button.setCheckable(True)
        button.setChecked(True)
        return button

    def _make_tree(self) -> QTreeView:
        tree = QTreeView(self)
        tree.setObjectName("lint_findings")
        tree.setAccessibleName("Findings, grouped by check")
        tree.setModel(self.model)
        tree.setUniformRowHeights(True)
        tree.setAllColumnsShowFocus(True)
        tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        tree.header().setStretchLastSection(False)
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        tree.selectionModel().currentRowChanged.connect(self._focus)
        return tree

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.filter, 1)
        for button in self.severities.values():
            row.addWidget(button)
        row.addWidget(self.again)
        row.addWidget(self.save_button)
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(SPACE, 0, SPACE // 2, SPACE)
        column.addWidget(self.tree)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setObjectName("lint_splitter")
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(self.details)
        split.setSizes([560, 560])
        self.split = split
        top = QVBoxLayout()
        top.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        top.setSpacing(SPACE)
        top.addLayout(row)
        top.addWidget(self.told)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(split, 1)
        layout.addStretch()
        layout.setStretchFactor(split, 1)

    def _connect(self) -> None:
        self.filter.textChanged.connect(lambda _text: self._pause.start())
        self._pause.timeout.connect(self._narrow)
        for button in self.severities.values():
            button.toggled.connect(lambda _on: self._narrow())
        self.again.clicked.connect(self._look_again)
        self.save_button.clicked.connect(self._ask_save)
        self.details.place_asked.connect(self._show_place)
        self.details.header_asked.connect(self._try_header)
        self.session.context_changed.connect(self._out_of_date)
        theme().changed.connect(self._tell)

    # ---- looking

    def _look_again(self) -> None:
        if self.session.cache is not None:
            self.session.cache.reload()
            self._ask()

    def _ask(self) -> None:
        cache, context = self.session.cache, self.session.context
        self._stale = False
        if cache is None:
            self.session.tasks.supersede("lint")
            self._done(None)
            return

        def work(job: Job) -> LintReport:
            return lint(cache, context, job)

        self._working = True
        self._tell()
        self.session.tasks.start("Checking the cache", work, self._done, self._failed, key="lint")

    def _done(self, report: LintReport | None) -> None:
        self._working, self.report = False, report
        self._narrow()

    def _failed(self, error: Exception) -> None:
        self._done(None)
        if isinstance(error, Cancelled):
            self.told.setText("Cancelled. Press Look again to begin anew.")
        else:
            self.session.report(error, "Checking the cache")

    # ---- showing

    def _narrow(self) -> None:
        findings = self.report.findings if self.report is not None else ()
        chosen = {severity for severity, button in self.severities.items() if button.isChecked()}
        kept = self.details.finding
        self.model.show(findings, chosen, self.filter.text())
        for column, room in ((1, 190), (2, 60)):
            self.tree.setColumnWidth(column, room)
        if sum(map(len, self.model.groups)) <= 60:
            self.tree.expandAll()
        self._go(kept)
        self._tell()

    def _go(self, kept: object) -> None:
        """The finding that was in focus, or else the first."""
        for row, group in enumerate(self.model.groups):
            for place, finding in enumerate(group):
                if kept is None or finding == kept:
                    above = self.model.index(row, 0)
                    self.tree.setCurrentIndex(self.model.index(place, 0, above) if len(group) > 1 else above)
                    return
        if self.model.groups:
            self._go(None)
        else:
            self.details.show_finding(None)

    def _focus(self, index: QModelIndex, _before: object = None) -> None:
        self.details.show_finding(self.model.finding(index))

    def _tell(self) -> None:
        report, cache = self.report, self.session.cache
        for severity, button in self.severities.items():
            mark = SEVERITIES[severity]
            count = report.count(severity) if report is not None else 0
            button.setIcon(mark_icon(mark))
            button.setText(f"{count} {mark.word}{'' if count == 1 else 's'}")
            button.setToolTip(f"{mark.meaning} Shown where pressed.")
            button.setAccessibleName(f"Show {mark.word}s: {count}")
        self.told.setStyleSheet(f"color: {theme().colour('muted').name()}")
        if cache is None:
            text = "Open a CRDS cache to look through its rules and references."
        elif self._working:
            text = f"Looking through {cache.name}…"
        elif report is None:
            text = ""
        elif not report.findings:
            mark = STATUSES[Status.SELECTED]
            self.told.setStyleSheet(f"color: {theme().colour('good').name()}; font-weight: bold")
            text = f"{mark.glyph} Nothing is wrong: {_looked_at(report)}."
        else:
            text = f"{report.context}: {_looked_at(report)}, in {report.seconds:.1f} s."
        self.told.setText(text)
        self.split.setVisible(bool(self.model.all))
        self.save_button.setEnabled(report is not None)
        self.again.setEnabled(cache is not None and not self._working)

    # ---- doing

    def _show_place(self, place: Place) -> None:
        self.session.place_requested.emit("rules")
        self.session.mapping_requested.emit(place.file, place.line if place.file.endswith(_MAPPINGS) else None)

    def _try_header(self, place: Place) -> None:
        self.session.ask_page("whatif", Case(place.note or place.file, dict(place.header)))

    def _ask_save(self) -> None:
        name, kind = QFileDialog.getSaveFileName(self, "Save the report", "lint.txt", "Text (*.txt);;JSON (*.json)")
        if name:
            path = Path(name)
            if path.suffix.lower() not in (".txt", ".json"):
                path = path.with_name(path.name + (".json" if "json" in kind else ".txt"))
            self.save(path)

    def save(self, path: Path) -> None:
        """Write the whole report.

        Parameters
        ----------
        path : pathlib.Path
            JSON as the command line prints it where it ends in ``.json``, else text; replaced if it is there.
        """
        report, cache = self.report, self.session.cache
        if report is None or cache is None:
            return
        if path.suffix.lower() == ".json":
            content = quiet_json(json.dumps(document(cache, report), indent=2, ensure_ascii=False))
        else:
            content = as_text(cache.name, report)

        def write(file: IO[bytes]) -> None:
            file.write(content.encode("utf-8", "backslashreplace"))

        try:
            write_atomically(path, write, overwrite=True)
        except CalguiError as error:
            self.session.report(error, "Saving the report")
        else:
            self.session.notice("info", f"The report was saved as {path.name}.")


def _looked_at(report: LintReport) -> str:
    return f"{report.mappings:,} mappings and {report.references:,} references were looked at"
