"""What would it take to select another file: the fewest header changes, and the smallest changes of a rule."""

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, QStringListModel, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from calgui.core.jobs import Job
from calgui.core.rules.questions.nearest import near_miss_of
from calgui.core.rules.questions.rulechange import RuleChange, RuleEdit, rule_changes
from calgui.core.rules.questions.whatif import Case, header_of
from calgui.core.rules.values import Change, NearMiss, Trace
from calgui.views.rules.why.asking import UNDEFINED, Inquirer, Question
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.rich import rich

_ANY = "Any other file"
_PLACE = Qt.ItemDataRole.UserRole


def changed_by(case: Case, changes: Sequence[Change], name: str) -> Case:
    """A case with the changes of a near miss.

    Parameters
    ----------
    case : Case
        What they are laid over.
    changes : sequence of Change
        Of the near miss.
    name : str
        Of the new case.

    Returns
    -------
    Case
    """
    changed = Case(name, case.header, case.changes)
    for change in changes:
        changed = changed.with_change(change.parameter, change.after)
    return changed


class ReachPanel(QWidget):
    """A file of the mapping to choose, and what would have to be otherwise for it to be selected.

    Parameters
    ----------
    session : Session
        Whose cache and context are asked.
    inquiry : Inquirer
        Whose header and reference type are asked about.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, inquiry: Inquirer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.inquiry = session, inquiry
        self.setObjectName("reach_panel")
        self.setAccessibleName("What would it take to select another file")
        self.file: str | None = None
        self.miss: NearMiss | None = None
        self.rule_changes: tuple[RuleChange, ...] = ()
        self._asked: object = None
        self._any = False
        self.busy = False
        self.search = QLineEdit(self)
        self.search.setObjectName("reach_search")
        self.search.setAccessibleName("Search the files of the mapping")
        self.search.setPlaceholderText("Search the files of this mapping")
        self.search.setClearButtonEnabled(True)
        self.names, self.found = QStringListModel(self), QSortFilterProxyModel(self)
        self.found.setSourceModel(self.names)
        self.found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.files = QListView(self)
        self.files.setObjectName("reach_files")
        self.files.setAccessibleName("Files of the mapping")
        self.files.setModel(self.found)
        self.files.setUniformItemSizes(True)
        self.files.setSpacing(1)
        self.files.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.files.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.files.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.header_title, self.header_text, self.rules_title = QLabel(self), QLabel(self), QLabel(self)
        rich(self.header_title, self.header_text, self.rules_title)
        for label, name in (
            (self.header_title, "reach_header_title"),
            (self.header_text, "reach_header_changes"),
            (self.rules_title, "reach_rules_title"),
        ):
            label.setObjectName(name)
            label.setWordWrap(True)
        self.header_text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton("Try in What if", self)
        self.button.setObjectName("reach_try")
        self.button.setToolTip("Put the changed header beside the one as it is")
        self.rules = QListWidget(self)
        self.rules.setObjectName("reach_rules")
        self.rules.setAccessibleName("Changes of a rule that would make this header match; Return shows the rule")
        self.rules.setWordWrap(True)
        self.rules.setSpacing(3)
        self.rules.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lay_out()
        self.search.textChanged.connect(self.found.setFilterFixedString)
        self.files.selectionModel().currentChanged.connect(self._choose)
        self.button.clicked.connect(self.try_it)
        self.rules.itemClicked.connect(self._show_rule)
        self.rules.itemActivated.connect(self._show_rule)
        inquiry.trace_changed.connect(self._refresh)
        theme().changed.connect(self._tell)

    def _lay_out(self) -> None:
        left, right, row = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        for column in (left, right):
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(SPACE // 2)
        left.addWidget(self.search)
        left.addWidget(self.files, 1)
        row.addWidget(self.header_text, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        right.addWidget(self.header_title)
        right.addLayout(row)
        right.addSpacing(SPACE)
        right.addWidget(self.rules_title)
        right.addWidget(self.rules, 1000)
        right.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(left, 2)
        layout.addLayout(right, 3)

    # ---- asking

    def showEvent(self, event: QShowEvent) -> None:
        """Ask what was not asked while it was hidden."""
        super().showEvent(event)
        self._refresh()

    def _refresh(self) -> None:
        """Follow the header and the type that are asked about."""
        trace = self.inquiry.trace
        if not self.isVisible() or trace is None:
            return
        names = files_of(trace)
        if self.names.stringList()[1:] != names:
            self.names.setStringList([_ANY, *names])
        if self.file not in names:
            # the nearest one is what one most likely asks about
            nearest = None if self._any else next(iter(trace.near_misses), None)
            self.file = nearest.file if nearest is not None and nearest.file in names else None
        wanted = next((row for row in range(self.found.rowCount()) if self._name(row) == self.file), None)
        if wanted is not None:
            self.files.setCurrentIndex(self.found.index(wanted, 0))
        self._ask()

    def _name(self, row: int) -> str | None:
        text = str(self.found.index(row, 0).data())
        return None if text == _ANY else text

    def _choose(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid():
            self.file = self._name(index.row())
            self._any = self.file is None
            self._ask()

    def choose(self, file: str | None) -> None:
        """Ask about a file.

        Parameters
        ----------
        file : str or None
            One of the mapping's; None for any.
        """
        self.search.clear()
        row = next((row for row in range(self.found.rowCount()) if self._name(row) == file), 0)
        self.files.setCurrentIndex(self.found.index(row, 0))

    def _ask(self) -> None:
        cache, context, trace, case = self.session.cache, self.session.context, self.inquiry.trace, self.inquiry.case()
        if cache is None or context is None or trace is None or case is None or not self.isVisible():
            return
        kind, file = trace.type, self.file
        # the same trace stands for the same header
        if self._asked == (id(trace), file):
            return
        self._asked = (id(trace), file)

        def work(_job: Job) -> tuple[NearMiss | None, tuple[RuleChange, ...]]:
            header = header_of(cache, case)
            miss = near_miss_of(cache, context, kind, header, file) if file is not None else None
            return miss, rule_changes(cache, context, kind, header, file=file)

        self.busy = True
        self.miss, self.rule_changes = None, ()
        self._tell()
        self.session.tasks.start(
            "What would it take",
            work,
            self._answered,
            self._failed,
            key=f"reach-{self.parent().objectName()}",
            quiet=True,
        )

    def _answered(self, result: tuple[NearMiss | None, tuple[RuleChange, ...]]) -> None:
        self.busy = False
        self.miss, self.rule_changes = result
        self._tell()

    def _failed(self, error: Exception) -> None:
        self._answered((None, ()))
        self.session.report(error, "What would it take")

    # ---- telling

    def _tell(self) -> None:
        miss, trace = self.miss, self.inquiry.trace
        self.header_title.setText("<b>Change of the header</b>")
        self.header_text.setText(self._changes())
        self.button.setEnabled(miss is not None and bool(miss.changes))
        self.rules_title.setText(f"<b>Or a change of one rule</b>{self._rules_said()}")
        self.rules.clear()
        for change in self.rule_changes:
            key = " · ".join(text for text in change.key if text != "N/A") or "every observation"
            edits = ",  ".join(_edit(edit) for edit in change.edits)
            at = f"line {change.line} of {change.mapping}" if change.line else change.mapping
            item = QListWidgetItem(f"{edits}\nin the rule {key}: selects {change.file}", self.rules)
            item.setToolTip(f"{at}. Click to see it there; nothing is changed.")
            item.setData(_PLACE, (change.mapping, change.line))
        self.rules.setVisible(bool(self.rule_changes))
        self.setAccessibleDescription(trace.type if trace is not None else "")

    def _changes(self) -> str:
        trace, miss = self.inquiry.trace, self.miss
        if trace is None or self.busy:
            return "…"
        if self.file is None:
            return "Choose a file: the fewest header changes that select it are told here."
        name = f"<b>{escape(self.file)}</b>"
        if miss is None:
            return (
                f"No change of the header was found that selects {name}: another rule always wins, or none is dated so."
            )
        if not miss.changes:
            return f"None: {name} is selected now."
        keywords = {parameter.name: parameter.keyword or parameter.name for parameter in trace.parameters}
        lines = [
            f"{escape(keywords.get(change.parameter, change.parameter))}: {escape(_value(change.before))} → "
            f"<b>{escape(_value(change.after))}</b>"
            for change in miss.changes
        ]
        return f"{'<br>'.join(lines)}<br>selects {name} (tried, and it does)."

    def _rules_said(self) -> str:
        if self.busy:
            return ": …"
        if not self.rule_changes:
            return ": none was found."
        return " that makes this header match, click to see the rule:"

    # ---- doing

    def try_it(self) -> None:
        """Put the changed header beside the one as it is."""
        case = self.inquiry.case()
        if case is not None and self.miss is not None:
            question = Question((case, changed_by(case, self.miss.changes, self.miss.file)), self.inquiry.type)
            self.session.ask_page("whatif", question)

    def _show_rule(self, item: QListWidgetItem) -> None:
        mapping, line = item.data(_PLACE)
        self.session.place_requested.emit("rules")
        self.session.mapping_requested.emit(mapping, line)


def files_of(trace: Trace) -> list[str]:
    """The files that the rules of a mapping name.

    Parameters
    ----------
    trace : Trace
        With all rules.

    Returns
    -------
    list of str
        Each once, sorted; ``N/A`` is no file.
    """
    return sorted({verdict.file for rule in trace.rules for verdict in rule.dates} - {"N/A"}, key=str.casefold)


def _value(text: str) -> str:
    return "missing" if text == UNDEFINED else text


def _edit(edit: RuleEdit) -> str:
    if edit.dated:
        return f"a date {edit.after} before {edit.before}"
    return f"{edit.keyword or edit.parameter}: {edit.before} → {edit.after}"
