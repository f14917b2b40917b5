"""The main window: places, header, status, menus; opens what it is given, and remembers its shape."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from calgui.core.errors import CalguiError
from calgui.views.help.guide import Guide
from calgui.views.menus import Menus, remember_recent
from calgui.views.opening import classify
from calgui.views.places import PLACES
from calgui.views.session import Session
from calgui.views.settings import remember, remember_state, remembered, remembered_state
from calgui.views.theme import theme
from calgui.views.widgets.header_bar import HeaderBar, cache_title
from calgui.views.widgets.help_panel import HelpPanel
from calgui.views.widgets.notices import NoticeList
from calgui.views.widgets.rail import Rail
from calgui.views.widgets.reload_bar import ReloadBar
from calgui.views.widgets.search import SearchField
from calgui.views.widgets.search_sources import Sources
from calgui.views.widgets.status_bar import StatusBar

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
        self.menus = Menus(self)
        found = Sources(session, self.place, self.menus.actions)
        self.search.sources = found.all()
        self.search.begun.connect(found.forget)
        self._connect()
        self._restore()
        self.go("observe")
        self.observe.table.first_arrived.connect(self._begin_at_table)

    def _lay_out(self) -> None:
        centre = QWidget(self)
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self.stack, 1)
        layout = QVBoxLayout(centre)
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
        self.header.help_asked.connect(lambda: self.show_help("shortcuts"))
        self.header.cache_asked.connect(self.ask_cache)
        self.help.closed.connect(self.help.hide)
        self.status.notices_asked.connect(self.show_notices)
        self.notices.closed.connect(lambda: self.show_notices(False))
        self.notices.cleared.connect(self.status.tell)
        self.reload_bar.asked.connect(self._read_cache_again)
        self.observe.read_out.connect(self.status.readout.setText)
        self.observe.open_requested.connect(lambda what: self.ask_files() if what == "files" else self.ask_folder())
        session.place_requested.connect(self.go)
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

    def _begin_at_table(self) -> None:
        # an empty table cannot take the focus, so that the search has it until then
        if self.focusWidget() in (None, self.search) and not self.search.text():
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
            ``shortcuts``, ``about`` or ``licence``.
        """
        self.help.toggle(page, self.menus.actions)

    def focus_search(self) -> None:
        """Put the cursor into the search over everything."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

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
        self.theme_choice = choice
        remember("window/theme", choice)
        theme().apply({"light": False, "dark": True}.get(choice))

    def _follow_system(self, _scheme: Qt.ColorScheme) -> None:
        if self.theme_choice == "system":
            theme().apply(None)

    # ---- opening

    def open_paths(self, paths: Iterable[Path | str]) -> None:
        """Open files, folders and caches.

        Parameters
        ----------
        paths : iterable of path-like
            What is missing is told as a notice; the rest is opened.
        """
        opened: list[Path] = []
        files: list[Path] = []
        for path in paths:
            try:
                given = classify([path])
            except CalguiError as error:
                self.session.report(error)
                continue
            for cache in given.caches:
                self.session.open_cache(cache)
            files += given.files
            opened += [*given.caches, *given.files]
        if files:
            self.observe.open(files)
        if opened:
            remember_recent(opened)

    def ask_files(self) -> None:
        """Ask for files, and open them."""
        names, _kind = QFileDialog.getOpenFileNames(
            self, "Open files", self._folder(), "FITS (*.fits *.fit *.fts *.fits.gz *.fits.fz);;All files (*)"
        )
        self._opened_by_hand(names)

    def ask_folder(self) -> None:
        """Ask for a folder, and open all FITS files in it and below."""
        name = QFileDialog.getExistingDirectory(self, "Open a folder of observations", self._folder())
        self._opened_by_hand([name] if name else [])

    def ask_cache(self) -> None:
        """Ask for a CRDS cache, and open it."""
        name = QFileDialog.getExistingDirectory(self, "Open a CRDS cache", self._folder())
        if name:
            remember("window/folder", str(Path(name).parent))
            remember_recent([Path(name)])
            # the user says that it is a cache: what is wrong with it is said by opening it
            self.session.open_cache(Path(name))

    def _folder(self) -> str:
        return str(remembered("window/folder", ""))

    def _opened_by_hand(self, names: list[str]) -> None:
        if names:
            remember("window/folder", str(Path(names[0]).parent))
            self.open_paths(names)

    def refresh(self) -> None:
        """Look again at the files that are open, and at the current cache."""
        self.observe.files.refresh()
        self._read_cache_again()

    def _read_cache_again(self) -> None:
        cache = self.session.cache
        if cache is None:
            return

        def read() -> None:
            # a context that is gone gives way to the default one
            context = self.session.context
            if cache is self.session.cache and context not in cache.contexts:
                self.session.set_context(cache, cache.default_context)
            else:
                self.session.context_changed.emit()

        self.session.tasks.start("Reading the cache again", lambda _job: cache.reload(), lambda _none: read())

    def close_cache(self) -> None:
        """Close the current cache."""
        if self.session.cache is not None:
            self.session.close_cache(self.session.cache)

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
        """Take files, folders and caches."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        if not paths:
            self.session.notice("warning", "What was dropped holds no file.", "Open it by the menu File.")
        self.open_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the shape, stop all work, and wait for it."""
        if not self._closed:
            self._closed = True
            remember_state("window/geometry", self.saveGeometry())
            self.observe.save()
            QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
            try:
                self.session.close()
                self.observe.close_files()
            finally:
                QApplication.restoreOverrideCursor()
        super().closeEvent(event)
