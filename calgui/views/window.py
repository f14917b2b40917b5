"""The main window: places, header, status, menus; opens what it is given, and remembers its shape."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from calgui.views.autosave import Autosave
from calgui.views.commands import shortcuts
from calgui.views.dropping import dragged, take_copy
from calgui.views.help.guide import Guide
from calgui.views.menus import Menus
from calgui.views.opener import Opener
from calgui.views.places import PLACES
from calgui.views.session import Session
from calgui.views.sessions import Sessions
from calgui.views.settings import remember, remember_state, remembered, remembered_state
from calgui.views.theme import theme
from calgui.views.widgets.header_bar import HeaderBar, cache_title
from calgui.views.widgets.help_panel import HelpPanel
from calgui.views.widgets.notices import NoticeList
from calgui.views.widgets.rail import Rail
from calgui.views.widgets.reload_bar import ReloadBar
from calgui.views.widgets.restore_bar import RestoreBar
from calgui.views.widgets.search import SearchField
from calgui.views.widgets.search_sources import Sources
from calgui.views.widgets.shortcut_sheet import ShortcutSheet
from calgui.views.widgets.status_bar import StatusBar
from calgui.views.widgets.table_copying import TableCopying, let_go

#: as it opens for the first time, where the screen is large enough
_SIZE = QSize(1440, 900)


class MainWindow(QMainWindow):
    """The window.

    Parameters
    ----------
    session : Session
        What is open and selected; the window closes it when it closes.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.places = PLACES
        self.setObjectName("main_window")
        self.setWindowTitle("calgui")
        self.setAcceptDrops(True)
        self.theme_choice: str = remembered("window/theme", "system")
        self._widgets: dict[str, QWidget] = {}
        self._closed = False
        self._before: QWidget | None = None
        self.search = SearchField(self)
        self.header = HeaderBar(session, self.search, self)
        self.rail = Rail([(place.name, place.word, place.tip) for place in self.places], self)
        self.stack = QStackedWidget(self)
        # a place fits into the window; none may push its end off a small screen when it is first shown
        self.stack.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setMinimumSize(800, 500)
        self.notices = NoticeList(session, self)
        self.notices.hide()
        self.reload_bar = ReloadBar(session, self)
        self.help = HelpPanel(self)
        self.help.hide()
        self.status = StatusBar(session, self)
        self._lay_out()
        self.help.over(self.stack)
        self.observe: Any = self.place("observe")
        self.guide = Guide(self)
        self.sessions = Sessions(self)
        self.opener = Opener(session, self.observe, self.sessions, self)
        self.autosave = Autosave(self.sessions, session, self)
        self.restore_bar = RestoreBar(self.autosave, self)
        self.centre.insertWidget(1, self.restore_bar)
        self.menus = Menus(self)
        self.sheet = ShortcutSheet(lambda: shortcuts(self, self.menus.actions), self)
        found = Sources(session, self.place, self.menus.actions, self._shown, lambda path: self.open_paths([path]))
        self.search.sources, self.search.at_first = found.all(), found.at_first
        self.search.begun.connect(found.forget)
        self.search.done.connect(found.done)
        self.search.left.connect(self._go_back)
        self.copying = TableCopying(session, self)
        self._connect()
        self._restore()
        self.go("observe")
        # not in a field, so that keys such as ? do what they say
        self.rail.chosen_button.setFocus()
        self.observe.table.first_arrived.connect(self._begin_at_table)

    def _lay_out(self) -> None:
        centre = QWidget(self)
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self.stack, 1)
        layout = QVBoxLayout(centre)
        self.centre = layout
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.reload_bar)
        layout.addLayout(middle, 1)
        layout.addWidget(self.notices)
        self.setCentralWidget(centre)
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        session = self.session
        self.rail.chosen.connect(self.go)
        self.header.help_asked.connect(self.sheet.toggle)
        self.header.cache_asked.connect(self.opener.ask_cache)
        self.help.closed.connect(self.help.hide)
        self.status.notices_asked.connect(self.show_notices)
        self.notices.closed.connect(lambda: self.show_notices(False))
        self.notices.cleared.connect(self.status.tell)
        self.reload_bar.asked.connect(self.opener.read_cache_again)
        self.observe.read_out.connect(self.status.readout.setText)
        self.observe.open_requested.connect(self._ask_to_open)
        session.place_requested.connect(self.go)
        session.compare_requested.connect(self._compare)
        session.caches_changed.connect(lambda: self.menus.close_cache.setEnabled(bool(session.caches)))
        session.context_changed.connect(self._retitle)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)

    def _restore(self) -> None:
        # room for the frame, too: a window that is larger than the screen hides its own end
        room = self.screen().availableGeometry().size() - QSize(4, 40)
        self.resize(_SIZE.boundedTo(room))
        geometry = remembered_state("window/geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)

    def _ask_to_open(self, what: str) -> None:
        (self.opener.ask_files if what == "files" else self.opener.ask_folder)()

    def _begin_at_table(self) -> None:
        # an empty table cannot take the focus, so that the search has it until then
        if self.focusWidget() in (None, self.search, self.rail.chosen_button) and not self.search.text():
            self.observe.table.view.setFocus()
        if not self.session.selection:
            self.observe.table.view.selectRow(0)

    def _retitle(self) -> None:
        cache = self.session.cache
        self.setWindowTitle(
            f"{cache_title(cache.path)} · {self.session.context or 'no context'} — calgui" if cache else "calgui"
        )

    # ---- places

    def place(self, name: str) -> QWidget:
        """The widget of a place; made when first asked for.

        Parameters
        ----------
        name : str
            Of the table of places.

        Returns
        -------
        QWidget
        """
        if name not in self._widgets:
            widget = next(place for place in self.places if place.name == name).make(self.session)
            self._widgets[name] = widget
            self.stack.addWidget(widget)
        return self._widgets[name]

    def go(self, name: str) -> None:
        """Show a place.

        Parameters
        ----------
        name : str
            Of the table of places; an unknown one changes nothing.
        """
        if any(place.name == name for place in self.places):
            self.stack.setCurrentWidget(self.place(name))
            self.rail.show_chosen(name)
            self.status.readout.clear()

    def _compare(self, paths: Sequence[Path]) -> None:
        place: Any = self.place("compare")
        place.compare(paths)
        self.go("compare")

    def _shown(self) -> list[QWidget]:
        """The place that is shown, and the bars and lists around it."""
        return [self.stack.currentWidget(), self.restore_bar, self.reload_bar, self.notices, self.help]

    @property
    def place_name(self) -> str:
        """Name of the place that is shown."""
        shown = self.stack.currentWidget()
        return next((name for name, widget in self._widgets.items() if widget is shown), "observe")

    @property
    def busy(self) -> bool:
        """Whether anything is still being made, read or computed."""
        return bool(self.session.tasks.running) or any(
            getattr(widget, "busy", False) is True for widget in self._widgets.values()
        )

    def show_panel(self, name: str, on: bool) -> None:
        """Show or hide a panel of the Observe place."""
        self.observe.show_panel(name, on)

    def show_notices(self, on: bool) -> None:
        """Show or hide the list of notices."""
        self.notices.setVisible(on)
        self.status.notices.setChecked(on)
        self.menus.notices.setChecked(on)

    def show_help(self, page: str) -> None:
        """Show a page of help beside the place; asked for again, hide it.

        Parameters
        ----------
        page : str
            ``about`` or ``licence``.
        """
        self.help.toggle(page)

    def toggle_sheet(self) -> None:
        """Show the sheet of all shortcuts, or hide it."""
        self.sheet.toggle()

    def focus_search(self) -> None:
        """Put the cursor into the search over everything."""
        before = QApplication.focusWidget()
        if before is not None and before is not self.search:
            self._before = before
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()
        self.search.offer()

    def _go_back(self) -> None:
        """Give the focus back to what had it before the search."""
        if self._before is not None and isValid(self._before) and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def focus_filter(self) -> None:
        """Put the cursor into the filter of the observations."""
        self.go("observe")
        self.observe.table.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.observe.table.filter.selectAll()

    def set_theme(self, choice: str) -> None:
        """Choose the look.

        Parameters
        ----------
        choice : str
            ``system``, ``light`` or ``dark``.
        """
        before = self.theme_choice
        self.theme_choice = choice
        remember("window/theme", choice)
        self.menus.themes[choice].setChecked(True)
        if choice != before:
            self.session.history.did(
                f"choose the {choice} theme", partial(self.set_theme, before), partial(self.set_theme, choice)
            )
        theme().apply({"light": False, "dark": True}.get(choice))

    def _follow_system(self, _scheme: Qt.ColorScheme) -> None:
        if self.theme_choice == "system":
            theme().apply(None)

    # ---- opening

    def open_paths(self, paths: Iterable[Path | str]) -> None:
        """Open files, folders, caches and sessions.

        Parameters
        ----------
        paths : iterable of path-like
            What is missing is told as a notice; the rest is opened.
        """
        self.opener.open_paths(paths)

    def close_cache(self) -> None:
        """Close the current cache."""
        self.opener.close_cache()

    # ---- events

    def paintEvent(self, event: QPaintEvent) -> None:
        """After the first painting, make what takes long to load."""
        super().paintEvent(event)
        if not self._closed:
            QTimer.singleShot(0, self.observe.complete)

    def changeEvent(self, event: QEvent) -> None:
        """Nothing is kept open by a popup when the window loses focus."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.search.completer().popup().hide()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files, folders and caches, and say so."""
        paths = dragged(event.mimeData())
        if paths:
            take_copy(event)
            what = paths[0].name if len(paths) == 1 else f"{len(paths):,} files and folders"
            self.status.readout.setText(f"Drop to open {what}")

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Wherever it is dropped, it is opened."""
        take_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Nothing is dropped after all."""
        super().dragLeaveEvent(event)
        self.status.readout.clear()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.status.readout.clear()
        take_copy(event)
        paths = dragged(event.mimeData())
        if not paths:
            self.session.notice("warning", "What was dropped holds no file.", "Open it by the menu File.")
        self.open_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the shape, stop all work, and wait for it."""
        if not self._closed:
            self._closed = True
            let_go()
            remember_state("window/geometry", self.saveGeometry())
            self.observe.save()
            QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
            try:
                self.session.close()
                # once nothing writes any more
                self.autosave.end()
                self.observe.close_files()
            finally:
                QApplication.restoreOverrideCursor()
        super().closeEvent(event)
