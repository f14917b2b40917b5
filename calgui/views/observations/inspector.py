"""The inspector: what the rules read of a file's header, and all its headers, with search and copy."""

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from calgui.core.frames.headers import HduHeader
from calgui.core.jobs import Job
from calgui.views.observations.header_model import KEYWORD, VALUE, HeaderModel
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.icons import icon


class Inspector(QWidget):
    """Headers of one file.

    Parameters
    ----------
    session : Session
        Whose context says which keywords rules read.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.path: Path | None = None
        self.setObjectName("inspector")
        self.setAccessibleName("Header of the selected file")
        self.title = QLabel(self)
        self.title.setObjectName("inspector_title")
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.search = self._make_search()
        self.copy_button = QToolButton(self)
        self.model = HeaderModel(self)
        self.tree = self._make_tree()
        self.hint = QLabel(self)
        self.hint.setObjectName("inspector_hint")
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._searching = QTimer(self, singleShot=True, interval=80)
        self._searching.timeout.connect(self._apply_search)
        self._lay_out()
        theme().changed.connect(self._retheme)
        self._retheme()
        self.show_file(None)

    # ---- making

    def _make_search(self) -> QLineEdit:
        edit = QLineEdit(self)
        edit.setObjectName("header_search")
        edit.setAccessibleName("Search the headers")
        edit.setPlaceholderText("Search headers")
        edit.setToolTip("Words in keyword, value, comment or parkey")
        edit.setClearButtonEnabled(True)
        edit.textChanged.connect(lambda _text: self._searching.start())
        return edit

    def _make_tree(self) -> QTreeView:
        tree = QTreeView(self)
        tree.setObjectName("header_tree")
        tree.setAccessibleName("Headers: HDUs, and the cards of each")
        tree.setModel(self.model)
        tree.setUniformRowHeights(True)
        tree.setAlternatingRowColors(True)
        tree.setIndentation(SPACE)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        tree.header().setStretchLastSection(True)
        tree.setColumnWidth(KEYWORD, 112)
        tree.setColumnWidth(VALUE, 130)
        action = QAction("Copy", tree)
        action.setObjectName("copy_cards")
        action.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(self.copy)
        tree.addAction(action)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        return tree

    def _lay_out(self) -> None:
        button = self.copy_button
        button.setObjectName("copy_header")
        button.setAccessibleName("Copy the selected cards, or all that are shown")
        button.setToolTip("Copy the selected cards, or all that are shown")
        button.setAutoRaise(True)
        button.clicked.connect(self.copy)
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(self.title)
        layout.addLayout(top)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.hint, 1)

    # ---- showing

    def show_file(self, path: Path | None) -> None:
        """Show the headers of a file.

        Parameters
        ----------
        path : pathlib.Path or None
            None for nothing.
        """
        self.path = path
        if path is None:
            self.session.tasks.supersede("headers")
            self._say("Select an observation to see its headers.")
            return

        def work(_job: Job) -> tuple[HduHeader, ...]:
            from calgui.core.frames.headers import read_headers

            return read_headers(path)

        self.session.tasks.start(f"Headers of {path.name}", work, self._show, self._failed, key="headers", quiet=True)

    def _show(self, hdus: tuple[HduHeader, ...]) -> None:
        self.hint.hide()
        for widget in (self.tree, self.search, self.copy_button):
            widget.show()
        self.model.show(hdus)
        self._unfold()
        self._tell(hdus)

    def _failed(self, error: Exception) -> None:
        # the table and the picture say it in red; here it stands where the header would be
        self._say(str(error))

    def _say(self, text: str) -> None:
        self.model.show(())
        for widget in (self.tree, self.search, self.copy_button):
            widget.hide()
        self.hint.setText(text)
        self.hint.show()
        self._tell(())

    def _tell(self, hdus: tuple[HduHeader, ...]) -> None:
        name = f" &nbsp; {self.path.name}" if self.path is not None else ""
        self.title.setText(f"<b>Header</b>{name}")
        self.title.setToolTip(str(self.path or ""))

    def _unfold(self) -> None:
        for place in range(self.model.rowCount()):
            index = self.model.index(place, 0)
            self.tree.setFirstColumnSpanned(place, self.tree.rootIndex(), True)
            # tables of events have hundreds of structural cards; those who search see them
            self.tree.setExpanded(index, place < 2 or bool(self.search.text()))

    def _apply_search(self) -> None:
        self.model.search(self.search.text())
        self._unfold()

    def copy(self) -> None:
        """Copy the selected cards, or all that are shown, as text."""
        chosen = self.tree.selectionModel().selectedRows(KEYWORD)
        if not chosen:
            chosen = [self.model.index(place, 0) for place in range(self.model.rowCount())]
        QGuiApplication.clipboard().setText(self.model.lines(chosen))

    def _retheme(self) -> None:
        self.copy_button.setIcon(icon("copy", "muted"))
        self.tree.viewport().update()
