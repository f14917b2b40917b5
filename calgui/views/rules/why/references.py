"""The references of the selected observations: one row for each type, with trust and what the header says."""

from html import escape

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QMenu,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from calgui.core.rules.values import Selection, Status, Trust
from calgui.views.rules.marks import TRUSTS
from calgui.views.rules.why.asking import Question
from calgui.views.rules.why.inquiry import Inquiry
from calgui.views.rules.why.references_model import FILE, MAPPING, TRUST, TYPE, USE, ReferencesModel, SentenceDelegate
from calgui.views.rules.why.summary import Answer, TypeRow
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.rich import rich

#: a file in one of these states can be looked at
_READABLE = (Trust.OK, Trust.UNCHECKED, Trust.CHECKSUM_MISMATCH)


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
        self.title = rich(QLabel(self))
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
        self.inquiry.trace_changed.connect(self._follow)
        self.inquiry.busy_changed.connect(lambda _busy: self._tell())
        session.context_changed.connect(self._tell)
        theme().changed.connect(self.view.viewport().update)
        self._refresh()

    def _make_view(self) -> QTreeView:
        view = QTreeView(self)
        view.setObjectName("references_table")
        view.setAccessibleName("References: type, file, status, trust, and what the header says")
        view.setModel(self.model)
        view.setItemDelegateForColumn(FILE, SentenceDelegate(view))
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
        # the row in focus stays in focus, even while the model is filled anew
        wanted = inquiry.type, inquiry.index
        self._filling = True
        self.model.show(inquiry.rows, mappings_only=cache is not None and not cache.has_references)
        self.view.setRootIsDecorated(any(len(row.answers) > 1 for row in self.model.rows))
        self.view.expandAll()
        self._restore(*wanted)
        self._filling = False
        self._share_width()
        self._tell()

    def _follow(self) -> None:
        """Select the type that is explained, where somebody else asked for it."""
        current = self.view.currentIndex()
        if current.isValid() and self.model.type_of(current) != self.inquiry.type:
            self._filling = True
            self._restore(self.inquiry.type, self.inquiry.index)
            self._filling = False

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
        alike = _same_error(self.model.rows)
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
        self.title.setText("<b>References</b> &nbsp; " + escape(" · ".join(words)))
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
        elif alike is not None:
            hint = alike
        elif count and not self.model.rows and not inquiry.busy:
            hint = "No rule of this context knows the instrument of this observation."
        else:
            hint = ""
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.view.setVisible(bool(self.model.rows) and alike is None)

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
        if selection.path is not None and selection.trust in _READABLE:
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
            (
                "compare_reference",
                "Compare with the observation",
                lambda: self.session.compare_requested.emit((self.session.selection[0], path)),
                selection.trust in _READABLE and bool(self.session.selection),
            ),
            ("show_in_rules", "Show in Rules", lambda: self._show_rules(selection), selection.mapping is not None),
            ("try_in_what_if", "Try in What if", self._try, self.inquiry.case() is not None),
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

    def _try(self) -> None:
        case = self.inquiry.case()
        if case is not None:
            self.session.ask_page("whatif", Question((case,), self.inquiry.type))

    def _menu(self, point: QPoint) -> None:
        index = self.view.indexAt(point)
        if index.isValid():
            menu = QMenu(self)
            menu.setObjectName("references_menu")
            menu.addActions(self.actions_for(self.model.answer_of(index).selection))
            menu.exec(self.view.viewport().mapToGlobal(point))
            menu.deleteLater()


def _same_error(rows: list[TypeRow]) -> str | None:
    """What is amiss with all types alike, as of a file of another instrument: it is said once, not forty times."""
    said = {
        answer.selection.message if answer.selection.status is Status.ERROR else None
        for row in rows
        for answer in row.answers
    }
    return said.pop() if len(said) == 1 else None


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
