"""Why the rules chose this file and not another: the trace, drawn and open to "what if"."""

from html import escape
from itertools import pairwise

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAction, QFontMetrics, QGuiApplication, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QTabBar,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from calgui.core.rules.values import NearMiss, Rule, Status
from calgui.views.rules.marks import OUTCOMES, STATUSES, SUBSTITUTED, with_keywords
from calgui.views.rules.why.asking import UNDEFINED, Inquirer, Question
from calgui.views.rules.why.banner import Banner
from calgui.views.rules.why.evidence import Evidence, fit_height
from calgui.views.rules.why.inquiry import Inquiry
from calgui.views.rules.why.matrix import FILE, FIRST, ROW_HEIGHT, MatrixDelegate, MatrixModel
from calgui.views.rules.why.matrix_header import ParameterHeader
from calgui.views.rules.why.reach import ReachPanel, changed_by
from calgui.views.rules.why.telling import because, marks_in
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.rich import rich

#: width of dates and near misses beside the matrix; height under which they are not put below it but behind tabs
_EVIDENCE, _LOW = 320, 330
#: width under which the columns before the parameters are kept short
_NARROW = 760


class WhyPanel(QWidget):
    """The trace of the reference type in focus: a sentence, the matrix, the dates, the near misses.

    Parameters
    ----------
    session : Session
        Whose selected observation is explained.
    parent : QWidget, optional
    inquiry : Inquirer, optional
        Who asks; by default the session's own, about the selected observations.
    """

    def __init__(self, session: Session, parent: QWidget | None = None, inquiry: Inquirer | None = None) -> None:
        super().__init__(parent)
        self.session, self.inquiry = session, inquiry or Inquiry.of(session)
        self.setObjectName("why_panel" if inquiry is None else "why_case_panel")
        self.setAccessibleName("Why this reference and not another")
        self.banner = Banner(self.inquiry, self)
        self.sentence, self.subtitle, self.where = QLabel(self), QLabel(self), QLabel(self)
        for label, name in (
            (self.sentence, "why_sentence"),
            (self.subtitle, "why_subtitle"),
            (self.where, "why_where"),
        ):
            label.setObjectName(name)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.where.setWordWrap(False)
        rich(self.subtitle)
        font = self.sentence.font()
        font.setPointSizeF(font.pointSizeF() * 1.35)
        font.setBold(True)
        self.sentence.setFont(font)
        self.tabs = QTabBar(self)
        self.tabs.setObjectName("why_tabs")
        self.tabs.setAccessibleName("Rules, dates of the rule in focus, and nearest misses")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        for word in ("Rules", "Dates", "Nearest misses"):
            self.tabs.addTab(word)
        self.tabs.currentChanged.connect(lambda _place: self._arrange())
        self.model, self.header = MatrixModel(self), ParameterHeader(self)
        self.matrix = self._make_matrix()
        self.legend = rich(QLabel(self))
        self.legend.setObjectName("why_legend")
        self.legend.setAccessibleName("Legend")
        everything = (*OUTCOMES.values(), SUBSTITUTED)
        self.legend.setToolTip("\n".join(f"{mark.glyph}  {mark.word}: {mark.meaning}" for mark in everything))
        self.more = QPushButton(self)
        self.more.setObjectName("show_all_rules")
        self.more.clicked.connect(self.show_all)
        self.evidence = Evidence(self)
        self.evidence.tried.connect(self._try)
        self.evidence.put_aside.connect(self._put_aside)
        self.reach = ReachPanel(session, self.inquiry, self)
        self.reach.hide()
        self.reach_button = QToolButton(self)
        self.reach_button.setObjectName("what_would_it_take")
        self.reach_button.setText("What would it take?")
        self.reach_button.setAccessibleName("What would it take to select another file?")
        self.reach_button.setToolTip("For any file of the mapping: the fewest header changes, or changes of a rule")
        self.reach_button.setCheckable(True)
        self.reach_button.toggled.connect(lambda _on: self._share())
        # the button goes with the banner, and the focus with it, far away
        self.banner.button.clicked.connect(self.matrix.setFocus)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._lay_out()
        self.inquiry.trace_changed.connect(self._refresh)
        self.inquiry.busy_changed.connect(lambda _busy: self._tell())
        session.context_changed.connect(self._tell)
        theme().changed.connect(self._restyle)
        self._refresh()

    # ---- making

    def _make_matrix(self) -> QTableView:
        view = QTableView(self)
        view.setObjectName("why_matrix")
        view.setAccessibleName("Rules down, parameters across")
        view.setHorizontalHeader(self.header)
        view.setModel(self.model)
        view.setItemDelegate(MatrixDelegate(view))
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)
        view.setWordWrap(False)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.verticalHeader().hide()
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        view.selectionModel().currentChanged.connect(self._focus_rule)
        view.doubleClicked.connect(self._edit)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.header.edited.connect(self.inquiry.set_value)
        self.header.left.connect(view.setFocus)
        for name, text, keys, call in (
            ("edit_value", "Change this parameter's value", "F2", lambda: self._edit(view.currentIndex())),
            ("copy_rows", "Copy selected rules", QKeySequence.StandardKey.Copy, self.copy_rows),
            ("copy_matrix", "Copy the whole matrix", "Ctrl+Shift+C", self.copy_matrix),
            ("copy_command", "Copy the command line", "", self.copy_command),
            ("open_what_if", "Try this in What if", "", self.open_what_if),
            ("show_rule_in_mapping", "Show this rule in the mapping", "Ctrl+Return", self._show_rule),
        ):
            action = QAction(text, view)
            action.setObjectName(name)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(lambda _checked=False, call=call: call())
            view.addAction(action)
        return view

    def _lay_out(self) -> None:
        copy = QHBoxLayout()
        for name, text, tip, call in (
            (
                "copy_matrix_button",
                "Copy matrix",
                "Copy all rules and parameters, as a spreadsheet takes them (Ctrl+Shift+C)",
                self.copy_matrix,
            ),
            (
                "copy_command_button",
                "Copy command",
                "Copy a command line that gives the same answer in a terminal",
                self.copy_command,
            ),
            (
                "open_what_if_button",
                "What if…",
                "Try other values of the header beside these, under Rules",
                self.open_what_if,
            ),
        ):
            button = QToolButton(self)
            button.setObjectName(name)
            button.setText(text)
            button.setAccessibleName(text)
            button.setToolTip(tip)
            button.setAutoRaise(True)
            button.clicked.connect(lambda _checked=False, call=call: call())
            # on the page of cases itself it leads nowhere
            button.setVisible(name != "open_what_if_button" or isinstance(self.inquiry, Inquiry))
            copy.addWidget(button)
        foot = QHBoxLayout()
        foot.addWidget(self.legend, 1)
        foot.addWidget(self.more)
        foot.addLayout(copy)
        self.rules = QWidget(self)
        column = QVBoxLayout(self.rules)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addWidget(self.matrix, 1000)
        column.addLayout(foot)
        column.addStretch(1)
        self.splitter.addWidget(self.rules)
        self.splitter.addWidget(self.evidence)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE // 2)
        top = QHBoxLayout()
        top.addWidget(self.sentence, 1)
        top.addWidget(self.where, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.reach_button, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.banner)
        layout.addLayout(top)
        layout.addWidget(self.subtitle)
        layout.addWidget(self.tabs)
        layout.addWidget(self.splitter, 1)
        layout.addWidget(self.reach, 1)
        layout.addStretch()
        for part in (self.splitter, self.reach):
            layout.setStretchFactor(part, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the space anew."""
        super().resizeEvent(event)
        if (event.oldSize().width() > _NARROW) != (event.size().width() > _NARROW):
            self._size_columns()
        self._arrange()

    def _arrange(self) -> None:
        """Put the evidence beside the matrix where there is width, below it where there is height, else behind tabs."""
        rows = self.model.rowCount() * ROW_HEIGHT
        fit_height(self.matrix, self.header.sizeHint().height(), max(rows, ROW_HEIGHT))
        wanted = self.header.length() + 24
        # what lies over the splitter is not always there: the panel's own size does not change with what is shown
        width, height = (
            self.width() - 2 * SPACE,
            self.splitter.height() + self.tabs.isVisibleTo(self) * self.tabs.height(),
        )
        beside, below = width >= wanted + _EVIDENCE, height >= _LOW
        tabbed = not beside and not below
        self.splitter.setOrientation(Qt.Orientation.Vertical if below and not beside else Qt.Orientation.Horizontal)
        self.tabs.setVisible(tabbed and self.splitter.isVisibleTo(self))
        chosen = self.tabs.currentIndex() if tabbed else None
        self.rules.setVisible(chosen in (None, 0))
        self.evidence.setVisible(chosen != 0)
        self.evidence.set_beside(beside, chosen - 1 if chosen else None)
        if chosen is not None:
            return
        if beside:
            left = max(min(wanted, width - _EVIDENCE), round(0.6 * width))
            self.splitter.setSizes([left, width - left])
        else:
            # the matrix gets what its rows need, at most two thirds
            top = min(self.matrix.maximumHeight() + 44, height * 2 // 3)
            self.splitter.setSizes([top, height - top])

    # ---- showing

    def _refresh(self) -> None:
        trace = self.inquiry.trace
        same = trace is not None and self.model.trace is not None and self.model.trace.mapping == trace.mapping
        was_open = same and bool(self.model.rules) and self.model.limit == len(self.model.rules)
        self.model.show(trace, keep_open=was_open)
        self.header.show_trace(trace, self.inquiry.accepted, self.inquiry.what_if)
        for before, after in pairwise((self.tabs, *self.header.editors, self.matrix)):
            QWidget.setTabOrder(before, after)
        self._share(arrange=False)
        self._size_columns()
        self._fold()
        if trace is not None:
            self.evidence.show_misses(trace.near_misses, trace.parameters)
        if self.model.rowCount():
            self.matrix.setCurrentIndex(self.model.index(0, 0))
            self.matrix.scrollToTop()
        self._show_dates(trace.rules[0] if trace is not None and trace.rules else None)
        self._name_tabs()
        self._show_legend()
        self._tell()
        self._arrange()

    def _share(self, arrange: bool = True) -> None:
        """Show the rules, or what it would take to select another file."""
        trace = self.inquiry.trace
        told = trace is not None and bool(trace.rules or trace.parameters)
        self.reach_button.setVisible(told)
        reaching = told and self.reach_button.isChecked()
        self.splitter.setVisible(told and not reaching)
        self.reach.setVisible(reaching)
        if arrange:
            self._arrange()

    def _size_columns(self) -> None:
        font = self.matrix.font()
        font.setBold(True)
        metrics = QFontMetrics(font)
        for column in range(self.model.columnCount()):
            # in a small panel the parameters matter more than whole file names
            most = 240 if column != FILE else 300 if self.width() > _NARROW else 130
            wanted = max(self.header.room(column), self.model.width(column, metrics))
            self.matrix.setColumnWidth(column, min(most, wanted))

    def _name_tabs(self) -> None:
        trace = self.inquiry.trace
        misses = len(trace.near_misses) if trace is not None else 0
        dates = len(self.evidence.dates.dates)
        for place, (word, count) in enumerate((("Rules", 1), ("Dates", dates), ("Nearest misses", misses))):
            self.tabs.setTabText(place, f"{word} ({count})" if place else word)
            self.tabs.setTabEnabled(place, count > 0)
        if not self.tabs.isTabEnabled(self.tabs.currentIndex()):
            self.tabs.setCurrentIndex(0)

    def _fold(self) -> None:
        hidden = len(self.model.rules) - self.model.rowCount()
        self.more.setVisible(hidden > 0)
        self.more.setText(f"Show all {len(self.model.rules):,} rules")
        self.more.setAccessibleName(f"Show all {len(self.model.rules)} rules; {hidden} are folded away")

    def _tell(self) -> None:
        inquiry, look = self.inquiry, theme()
        trace = inquiry.trace
        for label in (self.subtitle, self.where):
            label.setStyleSheet(f"color: {look.colour('muted').name()}")
        if trace is None:
            self.where.setText("")
            text = inquiry.problem or ("" if inquiry.busy else inquiry.nothing())
            self._say(text, "error" if inquiry.problem else "muted", "")
            return
        mark = STATUSES[trace.status]
        self.where.setText(f"{trace.type} · {trace.mapping or 'no mapping'}")
        self.where.setToolTip(trace.context)
        if trace.status is Status.SELECTED:
            self._say(f"{mark.glyph}  {trace.selected}", "good", because(trace))
        else:
            self._say(f"{mark.glyph}  {with_keywords(trace.message or mark.meaning)}", mark.role, "")

    def _say(self, text: str, role: str, subtitle: str) -> None:
        self.sentence.setText(text)
        self.sentence.setStyleSheet(f"color: {theme().colour(role).name()}")
        self.subtitle.setText(subtitle)
        self.subtitle.setVisible(bool(subtitle))

    def _restyle(self) -> None:
        self.banner.refresh()
        self.header.restyle()
        self._tell()
        self._show_legend()
        self.matrix.viewport().update()

    def _show_legend(self) -> None:
        look, parts = theme(), []
        for mark in marks_in(self.model.trace):
            fill, colour = look.colour(mark.fill).name(), look.colour(mark.role).name()
            parts.append(
                f"<span style='background:{fill}; color:{colour}'><b>&nbsp;{escape(mark.glyph)}&nbsp;</b></span>"
                f"&nbsp;{mark.word}"
            )
        self.legend.setText(" &nbsp; ".join(parts))

    def _show_dates(self, rule: Rule | None) -> None:
        trace = self.inquiry.trace
        asked = {cell.parameter for cell in rule.cells} if rule is not None else set()
        dates = [p.value for p in trace.parameters if p.name not in asked] if trace is not None else []
        self.evidence.show_rule(rule, " ".join(value for value in dates if value != UNDEFINED))

    # ---- doing

    def show_all(self) -> None:
        """Unfold the rules that were left out."""
        self.model.show_all()
        self._fold()
        self._arrange()
        self.matrix.setFocus()

    def copy_matrix(self) -> None:
        """Copy the whole matrix as tab-separated text."""
        QGuiApplication.clipboard().setText(self.model.table())

    def copy_rows(self) -> None:
        """Copy the selected rules as tab-separated text."""
        rows = sorted(index.row() for index in self.matrix.selectionModel().selectedRows())
        QGuiApplication.clipboard().setText(self.model.table(rows))

    def copy_command(self) -> None:
        """Copy the command line that asks the same question."""
        command = self.inquiry.command()
        if command is not None:
            QGuiApplication.clipboard().setText(command)

    def _focus_rule(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid():
            self._show_dates(self.model.rules[index.row()])
            self._name_tabs()

    def _try(self, miss: NearMiss) -> None:
        # what it changes is seen among the rules
        self.tabs.setCurrentIndex(0)
        self.inquiry.apply(miss.changes)

    def open_what_if(self) -> None:
        """Put the header in focus beside other cases, on a page of its own."""
        case = self.inquiry.case()
        if case is not None:
            self.session.ask_page("whatif", Question((case,), self.inquiry.type))

    def _put_aside(self, miss: NearMiss) -> None:
        case = self.inquiry.case()
        if case is not None:
            question = Question((case, changed_by(case, miss.changes, miss.file)), self.inquiry.type)
            self.session.ask_page("whatif", question)

    def _edit(self, index: QModelIndex) -> None:
        if FIRST <= index.column() < FIRST + len(self.header.editors):
            self.matrix.scrollTo(index)
            editor = self.header.editors[index.column() - FIRST]
            editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
            editor.lineEdit().selectAll()

    def _show_rule(self) -> None:
        index, trace = self.matrix.currentIndex(), self.inquiry.trace
        if index.isValid() and trace is not None and trace.mapping is not None:
            self.session.place_requested.emit("rules")
            self.session.mapping_requested.emit(trace.mapping, self.model.rules[index.row()].line)
