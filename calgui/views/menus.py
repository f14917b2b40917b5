"""The menus of the window and their actions."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from calgui.views.layout_menu import LayoutMenu
from calgui.views.recent import recent_paths
from calgui.views.settings import remember, remembered

if TYPE_CHECKING:
    from calgui.views.window import MainWindow

_PANELS = (
    ("references", "References"),
    ("picture", "Picture"),
    ("inspector", "Header"),
    ("why", "Why"),
)
_THEMES = (("system", "Follow the system"), ("light", "Light"), ("dark", "Dark"))


class Menus(QObject):
    """File, Edit, Go, View, Help; every action is also found by the search.

    Parameters
    ----------
    window : MainWindow
        Whose menu bar is filled.
    """

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self.window = window
        self.actions: list[QAction] = []
        bar = window.menuBar()
        bar.setObjectName("menu_bar")
        bar.setAccessibleName("Menus")
        self._fill_file(self._menu("file", "&File"))
        self._fill_edit(self._menu("edit", "&Edit"))
        self._fill_go(self._menu("go", "&Go"))
        self._fill_view(self._menu("view", "&View"))
        self._fill_help(self._menu("help", "&Help"))

    def _menu(self, name: str, title: str) -> QMenu:
        menu = QMenu(title, self.window)
        menu.setObjectName(f"menu_{name}")
        menu.setToolTipsVisible(True)
        self.window.menuBar().addMenu(menu)
        return menu

    def _action(
        self, menu: QMenu, name: str, text: str, keys: str, call: Callable[[], object], tip: str = ""
    ) -> QAction:
        action = QAction(text, self.window)
        action.setObjectName(name)
        if keys:
            action.setShortcuts([QKeySequence(key) for key in keys.split()])
        if tip:
            action.setToolTip(tip)
        action.triggered.connect(lambda _checked=False: call())
        menu.addAction(action)
        self.actions.append(action)
        return action

    def _fill_file(self, menu: QMenu) -> None:
        window = self.window
        self._action(menu, "open_files", "Open &files…", "Ctrl+O", window.opener.ask_files)
        self._action(menu, "open_folder", "Open f&older…", "Ctrl+Shift+O", window.opener.ask_folder)
        self._action(menu, "open_cache", "Open &cache…", "Ctrl+Alt+O", window.opener.ask_cache)
        self.recent = QMenu("Open &recent", menu)
        self.recent.setObjectName("menu_recent")
        self.recent.aboutToShow.connect(self._fill_recent)
        menu.addMenu(self.recent)
        self._action(
            menu,
            "validate_files",
            "&Validate: is it good?",
            "",
            window.opener.validate,
            "Hold the selected files against the checks of their types",
        )
        menu.addSeparator()
        self._action(menu, "refresh", "&Read again", "F5", window.opener.refresh, "Look again at what is open")
        self.close_cache = self._action(menu, "close_cache", "C&lose cache", "Ctrl+W", window.close_cache)
        self.close_cache.setEnabled(False)
        menu.addSeparator()
        self._action(
            menu,
            "open_session",
            "Open session…",
            "Ctrl+Alt+S",
            window.sessions.ask_open,
            "Take up a session in place of what is open",
        )
        self._action(
            menu,
            "save_session",
            "&Save session…",
            "Ctrl+Shift+S",
            window.sessions.ask_save,
            "What is open and where you are, as a small file that names the files",
        )
        self.reopen = self._action(
            menu,
            "reopen_session",
            "Reopen &where I was",
            "",
            lambda: None,
            "When the program is started without files, open what was open when it was closed",
        )
        self.reopen.setCheckable(True)
        self.reopen.setChecked(remembered("sessions/reopen", True))
        self.reopen.toggled.connect(partial(remember, "sessions/reopen"))
        menu.addSeparator()
        self._action(menu, "quit", "&Quit", "Ctrl+Q", window.close)

    def _fill_edit(self, menu: QMenu) -> None:
        history = self.window.session.history
        self.undo = self._action(menu, "undo", "&Undo", "Ctrl+Z", history.undo)
        self.redo = self._action(menu, "redo", "&Redo", "Ctrl+Shift+Z Ctrl+Y", history.redo)
        history.indexChanged.connect(self._say_steps)
        self._say_steps()

    def _say_steps(self) -> None:
        """What would be taken back, and done again; a step that is joined by another tells it too."""
        history = self.window.session.history
        for action, word, text in ((self.undo, "&Undo", history.undoText()), (self.redo, "&Redo", history.redoText())):
            action.setText(f"{word}: {text}" if text else word)
            action.setEnabled(bool(text))

    def _fill_go(self, menu: QMenu) -> None:
        for number, place in enumerate(self.window.places, 1):
            self._action(
                menu, f"go_{place.name}", place.word, f"Ctrl+{number}", partial(self.window.go, place.name), place.tip
            )
        menu.addSeparator()
        self._action(menu, "go_search", "&Search, or do anything", "Ctrl+K", self.window.focus_search)
        self._action(menu, "go_filter", "&Filter the observations", "Ctrl+L", self.window.focus_filter)

    def _fill_view(self, menu: QMenu) -> None:
        group = QActionGroup(self.window)
        self.themes: dict[str, QAction] = {}
        chosen = self.window.theme_choice
        looks = QMenu("&Theme", menu)
        looks.setObjectName("menu_theme")
        menu.addMenu(looks)
        for name, text in _THEMES:
            action = self._action(looks, f"theme_{name}", text, "", partial(self.window.set_theme, name))
            action.setCheckable(True)
            action.setChecked(name == chosen)
            group.addAction(action)
            self.themes[name] = action
        menu.addSeparator()
        hidden = remembered("window/hidden_panels", [])
        for name, text in _PANELS:
            action = QAction(text, self.window)
            action.setObjectName(f"panel_{name}")
            action.setCheckable(True)
            action.setChecked(name not in hidden)
            action.toggled.connect(partial(self._toggle_panel, name, action))
            menu.addAction(action)
            self.actions.append(action)
            if name in hidden:
                self.window.show_panel(name, False)
        menu.addSeparator()
        self.layouts = LayoutMenu(
            self.window, menu, lambda into, name, text, call: self._action(into, name, text, "", call)
        )
        menu.addSeparator()
        notices = self._action(menu, "show_notices", "&Notices", "Ctrl+Shift+N", lambda: None)
        notices.setCheckable(True)
        notices.toggled.connect(self.window.show_notices)
        self.notices = notices

    def _toggle_panel(self, name: str, action: QAction, on: bool) -> None:
        hidden = set(remembered("window/hidden_panels", []))
        remember("window/hidden_panels", sorted(hidden - {name} if on else hidden | {name}))
        self.window.show_panel(name, on)
        self.window.session.history.did(
            f"{'show' if on else 'hide'} the panel {action.text()}",
            partial(action.setChecked, not on),
            partial(action.setChecked, on),
        )

    def _fill_help(self, menu: QMenu) -> None:
        window = self.window
        self._action(menu, "help_here", "&Help on this view", "F1", window.guide.here, "What it is and how to read it")
        self._action(menu, "help_contents", "&Contents", "Shift+F1", window.guide.contents, "All pages of the help")
        menu.addSeparator()
        self._action(menu, "show_shortcuts", "&Shortcuts", "?", window.toggle_sheet, "All keys, searched as you type")
        self._action(menu, "show_licence", "&Licence", "", partial(window.show_help, "licence"))
        self._action(menu, "show_about", "&About calgui", "", partial(window.show_help, "about"))

    # ---- recent

    def _fill_recent(self) -> None:
        self.recent.clear()
        paths = recent_paths()
        for number, text in enumerate(paths):
            action = self.recent.addAction(text)
            action.setObjectName(f"recent_{number}")
            action.triggered.connect(lambda _checked=False, text=text: self.window.open_paths([Path(text)]))
        if not paths:
            self.recent.addAction("Nothing yet").setEnabled(False)
        else:
            self.recent.addSeparator()
            self.recent.addAction("Forget all").triggered.connect(lambda _checked=False: self._forget_recent())

    def _forget_recent(self) -> None:
        before = remembered("window/recent", [])
        remember("window/recent", [])
        self.window.session.history.did(
            "forget what was opened", partial(remember, "window/recent", before), partial(remember, "window/recent", [])
        )
