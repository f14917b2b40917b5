"""Why a case gets what it gets; what would have to change for another file, in the header or in a rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.questions.nearest import near_miss_of
from calgui.core.rules.questions.rulechange import RuleChange, rule_changes
from calgui.core.rules.questions.whatif import Case, header_of
from calgui.core.rules.selection.trace import explain
from calgui.core.rules.values import NearMiss, Status, Trace
from calgui.views.rules.marks import STATUSES, with_keywords
from calgui.views.rules.why.matrix import ROW_HEIGHT, MatrixDelegate, MatrixModel
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme


@dataclass(frozen=True)
class _Reason:
    """What is computed off the main thread about one answer."""

    trace: Trace
    header: Mapping[str, Any]
    changes: tuple[RuleChange, ...]


class Explanation(QWidget):
    """The trace of one answer of one case.

    Signals
    -------
    tried(NearMiss)
        The user wants these header changes in the case.
    rule_asked(str, object)
        The user wants to see a mapping's line.
    """

    tried = Signal(object)
    rule_asked = Signal(str, object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("whatif_explanation")
        self.setAccessibleName("Why, and what would have to change")
        self.reason: _Reason | None = None
        self.miss: NearMiss | None = None
        self.sentence, self.where, self.found, self.rules_title = (QLabel(self) for _ in range(4))
        for label, name in (
            (self.sentence, "whatif_sentence"),
            (self.where, "whatif_where"),
            (self.found, "whatif_found"),
            (self.rules_title, "whatif_rules_title"),
        ):
            label.setObjectName(name)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        font = self.sentence.font()
        font.setPointSizeF(font.pointSizeF() * 1.15)
        font.setBold(True)
        self.sentence.setFont(font)
        self.model = MatrixModel(self)
        self.matrix = self._make_matrix()
        self.files = QComboBox(self)
        self.files.setObjectName("whatif_files")
        self.files.setAccessibleName("File to be selected")
        self.files.setToolTip(
            "Any file of this mapping: the fewest header changes that would select it are looked for."
        )
        self.files.setEditable(True)
        self.files.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.files.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        completer = self.files.completer()
        if completer is not None:
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.files.activated.connect(lambda _place: self._look_for())
        self.take = QPushButton("Try beside", self)
        self.take.setObjectName("whatif_try")
        self.take.setToolTip("A copy of this case with these changes, beside it.")
        self.take.clicked.connect(self._try)
        self.changes = QListWidget(self)
        self.changes.setObjectName("whatif_rule_changes")
        self.changes.setAccessibleName("Smallest changes of a rule")
        self.changes.setWordWrap(True)
        self.changes.setSpacing(3)
        self.changes.itemActivated.connect(self._go_to_rule)
        self.changes.itemClicked.connect(self._go_to_rule)
        self.changes.setToolTip("Click: show the rule in its mapping. Nothing is changed.")
        self._lay_out()
        theme().changed.connect(self._tell)
        self._tell()

    def _make_matrix(self) -> QTableView:
        view = QTableView(self)
        view.setObjectName("whatif_matrix")
        view.setAccessibleName("Rules down, parameters across")
        view.setModel(self.model)
        view.setItemDelegate(MatrixDelegate(view))
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)
        view.setWordWrap(False)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.verticalHeader().hide()
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        view.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        view.doubleClicked.connect(lambda index: self._show_rule(index.row()))
        return view

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        label = QLabel("To get", self)
        label.setBuddy(self.files)
        row.addWidget(label)
        row.addWidget(self.files, 1)
        row.addWidget(self.take)
        self.nearest = QWidget(self)
        nearest = QVBoxLayout(self.nearest)
        nearest.setContentsMargins(0, 0, 0, 0)
        nearest.addLayout(row)
        nearest.addWidget(self.found)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE // 2, 0, SPACE, SPACE)
        layout.setSpacing(SPACE)
        for widget in (self.sentence, self.where):
            layout.addWidget(widget)
        layout.addWidget(self.matrix, 3)
        layout.addWidget(self.nearest)
        layout.addWidget(self.rules_title)
        layout.addWidget(self.changes, 2)
        layout.addStretch()

    # ---- asking

    def show_answer(self, case: Case | None, type_: str) -> None:
        """Explain one answer of one case.

        Parameters
        ----------
        case : Case or None
            None for nothing.
        type_ : str
            Reference type, lower case.
        """
        cache, context = self.session.cache, self.session.context
        if case is None or cache is None or context is None:
            self.session.tasks.supersede("whatif-why")
            self._explained(None)
            return

        def work(_job: Job) -> _Reason:
            header = header_of(cache, case)
            trace = explain(cache, context, type_, header)
            lost = trace.status is not Status.NOT_APPLICABLE
            return _Reason(trace, header, rule_changes(cache, context, type_, header, 5) if lost else ())

        self.session.tasks.start("Explaining", work, self._explained, self._failed, key="whatif-why", quiet=True)

    def _failed(self, error: Exception) -> None:
        self._explained(None)
        self.sentence.setText(error.message if isinstance(error, CalguiError) else "")
        self.sentence.setVisible(True)
        if not isinstance(error, CalguiError):
            self.session.report(error, "Explaining")

    def _explained(self, reason: _Reason | None) -> None:
        self.reason, self.miss = reason, None
        trace = reason.trace if reason is not None else None
        self.model.show(trace)
        metrics = QFontMetrics(self.matrix.font())
        for column in range(self.model.columnCount()):
            title = str(self.model.headerData(column, Qt.Orientation.Horizontal) or "")
            wanted = max(self.model.width(column, metrics), metrics.horizontalAdvance(title) + 3 * SPACE)
            self.matrix.setColumnWidth(column, min(220, wanted))
        self._list_files(trace)
        self._list_changes(reason.changes if reason is not None else ())
        self._tell()

    def _list_files(self, trace: Trace | None) -> None:
        files = {verdict.file for rule in trace.rules for verdict in rule.dates} if trace is not None else set()
        if trace is not None:
            files |= {miss.file for miss in trace.near_misses}
            files.discard(trace.selected or "")
        self.files.clear()
        self.files.addItems(sorted(files))
        first = trace.near_misses[0] if trace is not None and trace.near_misses else None
        self.files.setCurrentIndex(self.files.findText(first.file) if first is not None else -1)
        self._nearest(first)

    def _look_for(self) -> None:
        """Look for the nearest miss of the file that is asked for."""
        reason, cache, context = self.reason, self.session.cache, self.session.context
        file = self.files.currentText().strip()
        if reason is None or cache is None or context is None or not file:
            return
        known = next((miss for miss in reason.trace.near_misses if miss.file == file), None)
        if known is not None:
            self._nearest(known)
            return
        self.found.setText("Looking…")

        def work(_job: Job) -> NearMiss | None:
            return near_miss_of(cache, context, reason.trace.type, reason.header, file)

        self.session.tasks.start("Nearest miss", work, self._nearest, self._failed, key="whatif-near", quiet=True)

    def _nearest(self, miss: NearMiss | None) -> None:
        self.miss = miss
        self.take.setEnabled(miss is not None and bool(miss.changes))
        reason = self.reason
        if reason is None:
            self.found.setText("")
        elif miss is None:
            self.found.setText("No change of the header was found that selects it." if self.files.currentText() else "")
        elif not miss.changes:
            self.found.setText("It is selected now.")
        else:
            keywords = {one.name: one.keyword or one.name for one in reason.trace.parameters}
            said = ", ".join(
                f"<b>{escape(keywords.get(one.parameter, one.parameter))}</b>: {escape(one.before)} → "
                f"<b>{escape(one.after)}</b>"
                for one in miss.changes
            )
            self.found.setText(said)

    def _list_changes(self, changes: tuple[RuleChange, ...]) -> None:
        self.changes.clear()
        for change in changes:
            edits = ", ".join(
                f"{'add the date' if edit.dated else edit.keyword or edit.parameter + ':'} "
                + (edit.after if edit.dated else f"{edit.before} → {edit.after}")
                for edit in change.edits
            )
            place = f"{change.mapping}:{change.line}" if change.line is not None else change.mapping
            item = QListWidgetItem(f"{edits}\n{place}  ({', '.join(change.key)})  →  {change.file}")
            item.setData(Qt.ItemDataRole.UserRole, (change.mapping, change.line))
            self.changes.addItem(item)

    # ---- showing

    def _tell(self) -> None:
        reason, look = self.reason, theme()
        there = reason is not None
        for widget in (self.sentence, self.where, self.matrix, self.nearest, self.rules_title, self.changes):
            widget.setVisible(there)
        if reason is None:
            return
        trace = reason.trace
        mark = STATUSES[trace.status]
        text = trace.selected if trace.status is Status.SELECTED else with_keywords(trace.message or mark.meaning)
        self.sentence.setText(f"{mark.glyph}  {text}")
        self.sentence.setStyleSheet(f"color: {look.colour(mark.role).name()}")
        self.where.setText(f"{trace.type} · {trace.mapping or 'no mapping'}")
        self.where.setStyleSheet(f"color: {look.colour('muted').name()}")
        self.matrix.setVisible(bool(trace.rules))
        self.nearest.setVisible(self.files.count() > 0)
        count = self.changes.count()
        self.rules_title.setVisible(count > 0)
        self.rules_title.setText("<b>Or change a rule</b>, so that this header gets another file:")
        self.changes.setVisible(count > 0)

    # ---- doing

    def _try(self) -> None:
        if self.miss is not None:
            self.tried.emit(self.miss)

    def _go_to_rule(self, item: QListWidgetItem) -> None:
        self.rule_asked.emit(*item.data(Qt.ItemDataRole.UserRole))

    def _show_rule(self, row: int) -> None:
        if self.reason is not None and row < len(self.model.rules):
            self.rule_asked.emit(self.reason.trace.mapping, self.model.rules[row].line)
