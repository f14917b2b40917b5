"""The references of the selected observations: one row for each type, with trust and what the header says."""

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QPoint, Qt
from PySide6.QtGui import QAction, QFont, QGuiApplication
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
from calgui.views.rules.marks import STATUSES, TRUSTS, mark_icon
from calgui.views.rules.summary import AS_USED, NOT_RECORDED, Answer, TypeRow, summarise
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme

_Index = QModelIndex | QPersistentModelIndex
_COLUMNS = ("Type", "Rules say", "Reference", "File is", "In the header")
TYPE, STATUS, FILE, TRUST, USE = range(5)
_ROOT = QModelIndex()


class ReferencesModel(QAbstractItemModel):
    """Reference types, and under those where the observations differ their different answers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[TypeRow] = []

    def show(self, rows: list[TypeRow]) -> None:
        """Show other rows.

        Parameters
        ----------
        rows : list of TypeRow
            In the order of the table.
        """
        self.beginResetModel()
        self.rows = rows
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
            return "" if differing else _tip(answer, column)
        if role == Qt.ItemDataRole.DecorationRole and not differing:
            return _icon(answer, column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().colour("warning" if differing and column == FILE else _role(answer, column))
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
            FILE: f"{len(row.answers)} different answers for {total} observations",
            USE: "some differ" if any(answer.disagrees for answer in row.answers) else "",
        }.get(index.column(), "")

    def _text(self, index: _Index, answer: Answer) -> str:
        selection, column = answer.selection, index.column()
        if column == TYPE:
            return selection.type if not index.internalId() else f"{len(answer.members)} ×"
        if column == FILE:
            return selection.file or selection.message or ""
        if column == STATUS:
            return STATUSES[selection.status].word
        if column == TRUST:
            return TRUSTS[selection.trust].word if selection.trust is not None else ""
        return answer.use if selection.status is not Status.NOT_APPLICABLE or answer.disagrees else ""


def _tip(answer: Answer, column: int) -> str:
    selection = answer.selection
    if column == STATUS:
        mapping = f"\n{selection.mapping}" if selection.mapping else ""
        return f"{selection.message or STATUSES[selection.status].meaning}{mapping}"
    if column == TRUST and selection.trust is not None:
        return f"{TRUSTS[selection.trust].meaning}\n{selection.path or ''}".strip()
    if column == USE and answer.uses[0].keyword:
        return f"{answer.uses[0].keyword} = {answer.uses[0].recorded or 'absent'}"
    return selection.message or selection.file or ""


def _icon(answer: Answer, column: int) -> object:
    selection = answer.selection
    if column == STATUS:
        return mark_icon(STATUSES[selection.status])
    if column == TRUST and selection.trust is not None:
        return mark_icon(TRUSTS[selection.trust])
    if column == USE and selection.file:
        if answer.disagrees:
            return mark_icon(TRUSTS[Trust.CHECKSUM_MISMATCH])
        if all(use.verdict == AS_USED for use in answer.uses):
            return mark_icon(STATUSES[Status.SELECTED])
    return None


def _role(answer: Answer, column: int) -> str:
    selection = answer.selection
    if column == STATUS:
        return STATUSES[selection.status].role
    if column == TRUST and selection.trust is not None:
        return TRUSTS[selection.trust].role
    if column == USE:
        if answer.disagrees:
            return "error"
        return "muted" if any(use.verdict == NOT_RECORDED for use in answer.uses) else "good"
    if selection.status in (Status.NOT_FOUND, Status.ERROR) and column == FILE:
        return "error"
    return "muted" if selection.status is Status.NOT_APPLICABLE else "text"


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
        view.header().setSectionResizeMode(FILE, QHeaderView.ResizeMode.Stretch)
        return view

    # ---- showing

    def _refresh(self) -> None:
        cache, inquiry = self.session.cache, self.inquiry
        keyword_of = cache.observatory.reference_keyword if cache is not None else (lambda _type: None)
        # the row in focus stays in focus, even while the model is filled anew
        wanted = inquiry.type, inquiry.index
        self._filling = True
        self.model.show(summarise(inquiry.observations, inquiry.answers, inquiry.types, keyword_of))
        self.view.setRootIsDecorated(any(len(row.answers) > 1 for row in self.model.rows))
        self.view.expandAll()
        self._restore(*wanted)
        self._filling = False
        for column in (TYPE, STATUS, TRUST):
            self.view.resizeColumnToContents(column)
        self.view.setColumnWidth(USE, min(190, max(90, self.view.sizeHintForColumn(USE) + SPACE)))
        self._tell()

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
