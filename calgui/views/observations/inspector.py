"""The inspector: what the rules read of a file's header, and all its headers, with search and copy."""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QTabWidget,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import CalguiError
from calgui.core.frames.headers import HduHeader, union
from calgui.views.observations.header_model import KEYWORD, VALUE, HeaderModel
from calgui.views.observations.pixel.page import PixelPage
from calgui.views.observations.rule_keywords import RuleKeywordsView, tip
from calgui.views.session import Pixel, Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.icons import icon
from calgui.views.widgets.rich import rich

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.selection.reading import KeywordRead

#: tabs
RULES, ALL, PIXEL = range(3)


@dataclass(frozen=True)
class Inspected:
    """What was read of a file.

    Attributes
    ----------
    hdus : tuple of HduHeader
        All headers.
    read : tuple of KeywordRead
        What the rules read of them.
    problem : str
        Why the rules read nothing; empty where they do, or where there are none.
    """

    hdus: tuple[HduHeader, ...]
    read: "tuple[KeywordRead, ...]" = ()
    problem: str = ""


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
        self._seen: Path | None = None
        self._wanted_card: tuple[Path, int | None, str] | None = None
        #: the tab that was read before a pixel was picked
        self._before: int | None = None
        self.setObjectName("inspector")
        self.setAccessibleName("Header of the selected file")
        self.title, self.subtitle, self.hint = (self._label(name) for name in ("title", "subtitle", "hint"))
        rich(self.title, self.subtitle)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.subtitle.setWordWrap(True)
        self._inspected: Inspected | None = None
        self.tabs = QTabWidget(self)
        self.rules = RuleKeywordsView(self)
        self.search = self._make_search()
        self.copy_button = QToolButton(self)
        self.model = HeaderModel(self)
        self.tree = self._make_tree()
        self._searching = QTimer(self, singleShot=True, interval=80)
        self._searching.timeout.connect(self._apply_search)
        self._lay_out()
        session.context_changed.connect(lambda: self.show_file(self.path))
        #: whether what the rules read was looked at until there were no rules
        self._rules_left = False
        self.tabs.tabBarClicked.connect(self._choose_tab)
        session.card_requested.connect(self.show_card)
        session.pixel_picked.connect(self._picked)
        theme().changed.connect(self._retheme)
        self._retheme()
        self.show_file(None)

    # ---- making

    def _label(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(f"inspector_{name}")
        return label

    def _make_search(self) -> QLineEdit:
        edit = QLineEdit(self)
        edit.setObjectName("header_search")
        edit.setAccessibleName("Search the headers")
        edit.setPlaceholderText("Search headers")
        edit.setToolTip("Words in keyword, value, comment, meaning or parkey, as temperature or LGS*; or EXPTIME>30")
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
        tree.setColumnWidth(KEYWORD, 120)
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
        layout.addWidget(self.subtitle)
        page = QWidget(self)
        whole = QVBoxLayout(page)
        whole.setContentsMargins(0, SPACE, 0, 0)
        whole.setSpacing(SPACE)
        whole.addLayout(top)
        whole.addWidget(self.tree, 1)
        self.tabs.setObjectName("inspector_tabs")
        self.tabs.setAccessibleName("Parts of the header")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabBar().setObjectName("inspector_tab_bar")
        self.tabs.tabBar().setAccessibleName("Parts of the header")
        self.tabs.addTab(self.rules, "Read by rules")
        self.tabs.addTab(page, "All headers")
        self.pixel = PixelPage(self.session, self)
        self.tabs.addTab(self.pixel, "Pixel")
        self.tabs.setTabToolTip(PIXEL, "The picked pixel: its value, that of the references, its ramp or spectrum")
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.hint, 1)

    # ---- showing

    def show_file(self, path: Path | None) -> None:
        """Show the headers of a file.

        Parameters
        ----------
        path : pathlib.Path or None
            None for nothing.
        """
        self.path, self._seen = path, None
        if path is None:
            self.session.tasks.supersede("headers")
            self._say("Select an observation to see its headers.")
            return
        cache, context = self.session.cache, self.session.context
        self.session.tasks.start(
            f"Headers of {path.name}",
            lambda _job: _inspect(path, cache, context),
            self._show,
            self._failed,
            key="headers",
            quiet=True,
        )

    def _show(self, seen: Inspected) -> None:
        self._seen = self.path
        self.hint.hide()
        self.tabs.show()
        self.model.mark({row.keyword: tip(row) for row in seen.read if row.keyword})
        self.model.show(seen.hdus)
        self._unfold()
        self.rules.show_rows(seen.read)
        # without rules there is only one thing to look at; what the user chose is kept otherwise
        self._rules_left |= not seen.read and self.tabs.currentIndex() == RULES
        self.tabs.setTabVisible(RULES, bool(seen.read))
        if seen.read and self._rules_left:
            # a cache that comes after its observations, as when a session is taken up
            self.tabs.setCurrentIndex(RULES)
            self._rules_left = False
        self._inspected = seen
        self.subtitle.setText(self._said(seen))
        self.subtitle.setVisible(bool(self.subtitle.text()))
        self._tell()
        self._go_to_card()

    def _choose_tab(self, _number: int) -> None:
        self._rules_left = False

    def show_card(self, path: Path, hdu: int | None, keyword: str) -> None:
        """Bring a card into view, and choose it.

        Parameters
        ----------
        path : pathlib.Path
            Of the file that is shown, or will be next.
        hdu : int or None
            Number of the HDU; None for the first that has it.
        keyword : str
            In any case.
        """
        self._wanted_card = path, hdu, keyword
        # of a file that is still being read the card is shown when it arrives
        if path == self._seen:
            self._go_to_card()

    def show_pixel(self) -> None:
        """Show what is known of the picked pixel."""
        self.tabs.setCurrentIndex(PIXEL)

    def _picked(self, pixel: Pixel | None) -> None:
        """Who picks a pixel wants to know of it; letting go leads back to what was read before."""
        if pixel is None:
            if self.tabs.currentIndex() == PIXEL and self._before is not None:
                self.tabs.setCurrentIndex(self._before)
            self._before = None
        elif self.tabs.currentIndex() != PIXEL:
            self._before = self.tabs.currentIndex()
            self.show_pixel()

    def _go_to_card(self) -> None:
        if self._wanted_card is None or self._wanted_card[0] != self.path:
            return
        (_, hdu, keyword), self._wanted_card = self._wanted_card, None
        self._searching.stop()
        self.search.clear()
        self._searching.stop()
        self._apply_search()
        index = self.model.find(hdu, keyword)
        if index.isValid():
            self.tabs.setCurrentIndex(ALL)
            self.tree.setExpanded(index.parent(), True)
            self.tree.setCurrentIndex(index)
            self.tree.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    def _said(self, seen: Inspected) -> str:
        look = theme()
        if seen.problem:
            return f"<span style='color:{look.colour('warning').name()}'>{escape(seen.problem)}</span>"
        if not seen.read:
            return ""
        lacking = sum(row.missing for row in seen.read)
        many = len(seen.read)
        said = f"The rules read {many} keyword{'' if many == 1 else 's'}"
        if lacking:
            return f"{said}; <b style='color:{look.colour('warning').name()}'>{lacking} missing</b>"
        return f"{said}; all are there"

    def _failed(self, error: Exception) -> None:
        if isinstance(error, CalguiError):
            self._say(" ".join(part for part in (error.message, error.cure) if part))
        else:
            self._say("")
            self.session.report(error, "Reading headers")

    def _say(self, text: str) -> None:
        self.model.show(())
        self.rules.show_rows(())
        self.subtitle.hide()
        self.tabs.hide()
        self.hint.setText(text)
        self.hint.show()
        self._tell()

    def _tell(self) -> None:
        name = f" &nbsp; {escape(self.path.name)}" if self.path is not None else ""
        self.title.setText(f"<b>Header</b>{name}")
        self.title.setToolTip(str(self.path or ""))

    def _unfold(self) -> None:
        for place in range(self.model.rowCount()):
            index = self.model.index(place, 0)
            self.tree.setFirstColumnSpanned(place, self.tree.rootIndex(), True)
            # later HDUs are tables and arrays with structural cards only; those who search see them too
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
        if self._inspected is not None and self.subtitle.text():
            self.subtitle.setText(self._said(self._inspected))
        self.tree.viewport().update()
        self.rules.viewport().update()


def _inspect(path: Path, cache: "Cache | None", context: str | None) -> Inspected:
    """Read all headers of a file, and what the rules read of them."""
    from calgui.core.frames.headers import read_headers

    hdus = read_headers(path)
    if cache is None or context is None:
        return Inspected(hdus)
    from calgui.core.rules.selection.reading import keywords_read

    try:
        return Inspected(hdus, keywords_read(cache, context, union(hdus)))
    except CalguiError as error:
        return Inspected(hdus, (), error.message)
