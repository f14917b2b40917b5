"""The references of the selected observations: one row for each type, with trust and what the header says."""

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QPoint, Qt
from PySide6.QtGui import QAction, QFont, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from calgui.core.rules.values import Selection, Status, Trust
from calgui.views.rules.inquiry import Inquiry
from calgui.views.rules.marks import NOT_HERE, OTHER_USED, STATUSES, TRUSTS, Mark, mark_icon, with_keywords
from calgui.views.rules.summary import AS_USED, Answer, TypeRow, summarise
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme

_Index = QModelIndex | QPersistentModelIndex
_COLUMNS = ("Type", "Rules select", "File is", "In the header", "Decided by")
TYPE, FILE, TRUST, USE, MAPPING = range(5)
_ROOT = QModelIndex()


class ReferencesModel(QAbstractItemModel):
    """Reference types, and under those where the observations differ their different answers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[TypeRow] = []
        self.mappings_only = False

    def show(self, rows: list[TypeRow], mappings_only: bool = False) -> None:
        """Show other rows.

        Parameters
        ----------
        rows : list of TypeRow
            In the order of the table.
        mappings_only : bool
            Whether the cache holds no references at all, so that none is amiss.
        """
        self.beginResetModel()
        self.rows, self.mappings_only = rows, mappings_only
        self.endResetModel()

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        """Place of a cell; top rows carry id 0, answers the number of their type's row plus one."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: _Index = _ROOT) -> QModelIndex:  # type: ignore[override]
        """The type's row of an answer."""
        above = index.internalId() if index.isValid() else 0
        return self.createIndex(above - 1, 0, 0) if above else QModelIndex()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Types, or the answers of a type whose observations differ."""
        if not parent.isValid():
            return len(self.rows)
        if parent.internalId() or parent.column():
            return 0
        answers = self.rows[parent.row()].answers
        return len(answers) if len(answers) > 1 else 0

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Always five."""
        return len(_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section]
        return None

    def type_of(self, index: _Index) -> str:
        """The reference type of a row."""
        return self.rows[(index.internalId() - 1) if index.internalId() else index.row()].type

    def answer_of(self, index: _Index) -> Answer:
        """The answer of a row; for a type with several the most frequent one."""
        if index.internalId():
            return self.rows[index.internalId() - 1].answers[index.row()]
        return self.rows[index.row()].answers[0]

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colour and tooltip of a cell."""
        if not index.isValid():
            return None
        differing = not index.internalId() and len(self.rows[index.row()].answers) > 1
        answer, column = self.answer_of(index), index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._differing(index) if differing else self._text(index, answer)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "" if differing else self._tip(answer, column)
        if role == Qt.ItemDataRole.DecorationRole and not differing:
            mark = self._mark(answer, column)
            return mark_icon(mark) if mark is not None else None
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().colour("warning" if differing and column == FILE else self._role(answer, column))
        if role == Qt.ItemDataRole.FontRole and (differing or column == TYPE):
            font = QFont()
            font.setBold(True)
            return font
        return None

    def _differing(self, index: _Index) -> str:
        row = self.rows[index.row()]
        total = sum(len(answer.members) for answer in row.answers)
        return {
            TYPE: row.type,
            FILE: f"{len(row.answers)} answers for {total} observations",
            USE: "some differ" if any(answer.disagrees for answer in row.answers) else "",
        }.get(index.column(), "")

    def _text(self, index: _Index, answer: Answer) -> str:
        selection, column = answer.selection, index.column()
        if column == TYPE:
            return selection.type if not index.internalId() else f"{len(answer.members)} ×"
        if column == FILE:
            tells = selection.message and selection.status is not Status.NOT_APPLICABLE
            said = f": {with_keywords(selection.message or '')}" if tells else ""
            return selection.file or f"{STATUSES[selection.status].word}{said}"
        if column == MAPPING:
            return selection.mapping or ""
        if column == TRUST:
            mark = self._trust(answer)
            return mark.word if mark is not None else ""
        return answer.use if selection.status is not Status.NOT_APPLICABLE or answer.disagrees else ""

    def _trust(self, answer: Answer) -> Mark | None:
        trust = answer.selection.trust
        if trust is Trust.MISSING and self.mappings_only:
            return NOT_HERE
        return TRUSTS[trust] if trust is not None else None

    def _mark(self, answer: Answer, column: int) -> Mark | None:
        if column == FILE:
            return STATUSES[answer.selection.status]
        if column == TRUST:
            return self._trust(answer)
        if column == USE and answer.selection.file:
            if answer.disagrees:
                return OTHER_USED
            if all(use.verdict == AS_USED for use in answer.uses):
                return STATUSES[Status.SELECTED]
        return None

    def _role(self, answer: Answer, column: int) -> str:
        status, mark = answer.selection.status, self._mark(answer, column)
        if column == USE:
            return mark.role if mark is not None else "muted"
        if column == FILE:
            return {Status.SELECTED: "text", Status.NOT_APPLICABLE: "muted"}.get(status, "error")
        if column == TRUST and mark is not None:
            return mark.role
        return "muted" if status is Status.NOT_APPLICABLE or column == MAPPING else "text"

    def _tip(self, answer: Answer, column: int) -> str:
        selection, mark = answer.selection, self._mark(answer, column)
        if column == FILE:
            lines = (selection.file, STATUSES[selection.status].word, selection.message)
            return "\n".join(line for line in lines if line)
        if column == TRUST and mark is not None:
            return f"{mark.meaning}\n{selection.path or ''}".strip()
        if column == USE and answer.uses[0].keyword:
            return f"{answer.uses[0].keyword} = {answer.uses[0].recorded or 'absent'}"
        return selection.mapping or ""


class _SentenceDelegate(QStyledItemDelegate):
    """Names lose their middle where there is no room, sentences their end."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        if " " in (index.data() or ""):
            option.textElideMode = Qt.TextElideMode.ElideRight


class ReferencesPanel(QWidget):
    """One row for each reference type; the row in focus drives the panel that says why.

    Parameters
    ----------
    session : Session
        Whose selected observations are asked about.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.inquiry = session, Inquiry.of(session)
        self.setObjectName("references_panel")
        self.setAccessibleName("References of the selection")
        self.title = QLabel(self)
        self.title.setObjectName("references_title")
        self.hint = QLabel(self)
        self.hint.setObjectName("references_hint")
        self.hint.setAccessibleName("What is missing")
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._filling = False
        self.model = ReferencesModel(self)
        self.view = self._make_view()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        for widget in (self.title, self.hint, self.view):
            layout.addWidget(widget)
        layout.addStretch()
        layout.setStretchFactor(self.view, 1)
        self.inquiry.references_changed.connect(self._refresh)
        self.inquiry.busy_changed.connect(lambda _busy: self._tell())
        session.context_changed.connect(self._tell)
        theme().changed.connect(self.view.viewport().update)
        self._refresh()

    def _make_view(self) -> QTreeView:
        view = QTreeView(self)
        view.setObjectName("references_table")
        view.setAccessibleName("References: type, file, status, trust, and what the header says")
        view.setModel(self.model)
        view.setItemDelegateForColumn(FILE, _SentenceDelegate(view))
        view.setUniformRowHeights(True)
        view.setAllColumnsShowFocus(True)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        view.setExpandsOnDoubleClick(False)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._menu)
        view.activated.connect(self._open)
        view.selectionModel().currentRowChanged.connect(self._focus)
        view.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        view.header().setStretchLastSection(False)
        view.header().setMinimumSectionSize(40)
        return view

    # ---- showing

    def _refresh(self) -> None:
        cache, inquiry = self.session.cache, self.inquiry
        keyword_of = cache.observatory.reference_keyword if cache is not None else (lambda _type: None)
        # the row in focus stays in focus, even while the model is filled anew
        wanted = inquiry.type, inquiry.index
        self._filling = True
        rows = summarise(inquiry.observations, inquiry.answers, inquiry.types, keyword_of)
        self.model.show(rows, mappings_only=cache is not None and not cache.has_references)
        self.view.setRootIsDecorated(any(len(row.answers) > 1 for row in self.model.rows))
        self.view.expandAll()
        self._restore(*wanted)
        self._filling = False
        self._share_width()
        self._tell()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width anew."""
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        """The file's name comes first; what is left over goes to it, and what is lacking is scrolled to."""
        view = self.view
        for column in (TYPE, TRUST, MAPPING):
            view.resizeColumnToContents(column)
        view.setColumnWidth(USE, min(200, max(90, view.sizeHintForColumn(USE) + SPACE)))
        names = min(320, view.sizeHintForColumn(FILE) + SPACE)
        others = sum(view.columnWidth(column) for column in (TYPE, TRUST, USE))
        left = view.viewport().width() - others
        if left - view.columnWidth(MAPPING) >= names:
            left -= view.columnWidth(MAPPING)
        view.setColumnWidth(FILE, max(left, min(names, 200)))

    def _restore(self, type_: str | None, index: int) -> None:
        for row, entry in enumerate(self.model.rows):
            if entry.type != type_:
                continue
            place = self.model.index(row, 0)
            for number, answer in enumerate(entry.answers):
                if len(entry.answers) > 1 and index in answer.members:
                    place = self.model.index(number, 0, place)
                    break
            self.view.setCurrentIndex(place)
            return

    def _tell(self) -> None:
        inquiry, session = self.inquiry, self.session
        count = len(inquiry.observations)
        unread = [seen for seen in inquiry.observations if seen.error is not None]
        words = []
        if count == 1:
            words.append(inquiry.observations[0].path.name)
        elif count:
            words.append(f"{count} observations")
        if session.context:
            words.append(session.context)
        if inquiry.busy:
            words.append("working…")
        self.title.setText("<b>References</b> &nbsp; " + " · ".join(words))
        if session.cache is None:
            hint = "Open a CRDS cache to see which references its rules select."
        elif session.context is None:
            hint = "This cache holds no context: there are no rules to ask."
        elif not session.selection:
            hint = "Select an observation to see its references."
        elif inquiry.failure:
            hint = f"The rules could not be asked: {inquiry.failure}"
        elif unread:
            what = (
                unread[0].path.name
                if count == 1
                else f"{len(unread)} of {count} could not be read: {unread[0].path.name}"
            )
            hint = f"{what}: {unread[0].error}"
        elif count and not self.model.rows and not inquiry.busy:
            hint = "No rule of this context knows the instrument of this observation."
        else:
            hint = ""
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.view.setVisible(bool(self.model.rows))

    # ---- doing

    def current(self) -> Answer | None:
        """The answer of the row in focus.

        Returns
        -------
        Answer or None
        """
        index = self.view.currentIndex()
        return self.model.answer_of(index) if index.isValid() else None

    def _focus(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid() and not self._filling:
            self.inquiry.focus(self.model.type_of(index), self.model.answer_of(index).members[0])

    def _open(self, index: QModelIndex) -> None:
        selection = self.model.answer_of(index).selection
        if selection.file is None:
            return
        if selection.path is not None and selection.trust in (Trust.OK, Trust.UNCHECKED, Trust.CHECKSUM_MISMATCH):
            self.session.frame_requested.emit(selection.path)
            return
        mark = TRUSTS[selection.trust] if selection.trust is not None else TRUSTS[Trust.MISSING]
        cure = (
            "Run `git lfs pull` in the cache." if selection.trust is Trust.LFS_POINTER else "Fetch it into the cache."
        )
        self.session.notice("warning", f"{selection.file} cannot be shown. {mark.meaning}", cure)

    def actions_for(self, selection: Selection) -> list[QAction]:
        """What can be done with a row.

        Parameters
        ----------
        selection : Selection
            The row's.

        Returns
        -------
        list of QAction
            The impossible ones disabled.
        """
        path = selection.path
        entries = (
            (
                "open_reference",
                "Show picture",
                lambda: self._open(self.view.currentIndex()),
                selection.file is not None,
            ),
            ("show_in_rules", "Show in Rules", lambda: self._show_rules(selection), selection.mapping is not None),
            ("copy_name", "Copy name", lambda: _copy(selection.file or ""), selection.file is not None),
            ("copy_path", "Copy path", lambda: _copy(str(path)), path is not None),
        )
        actions = []
        for name, text, call, enabled in entries:
            action = QAction(text, self)
            action.setObjectName(name)
            action.setEnabled(enabled)
            action.triggered.connect(lambda _checked=False, call=call: call())
            actions.append(action)
        return actions

    def _show_rules(self, selection: Selection) -> None:
        trace, line = self.inquiry.trace, None
        if trace is not None and trace.mapping == selection.mapping and trace.rules:
            line = trace.rules[0].line
        self.session.place_requested.emit("rules")
        self.session.mapping_requested.emit(selection.mapping, line)

    def _menu(self, point: QPoint) -> None:
        index = self.view.indexAt(point)
        if index.isValid():
            menu = QMenu(self)
            menu.setObjectName("references_menu")
            menu.addActions(self.actions_for(self.model.answer_of(index).selection))
            menu.exec(self.view.viewport().mapToGlobal(point))
            menu.deleteLater()


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
