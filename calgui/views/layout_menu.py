"""The menus that arrange the panels of the Observe place: layouts by name, and a place for each panel."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu

from calgui.views.observations.layouts import LAYOUTS, PANELS, forget_layout, own_layouts, save_layout
from calgui.views.widgets.arrangement import Side

if TYPE_CHECKING:
    from calgui.views.window import MainWindow

_SIDES: tuple[tuple[Side, str], ...] = (
    ("left", "To the left"),
    ("right", "To the right"),
    ("top", "To the top"),
    ("bottom", "To the bottom"),
)
Add = Callable[[QMenu, str, str, Callable[[], object]], QAction]


class LayoutMenu:
    """Fills the menu View with what arranges panels.

    Parameters
    ----------
    window : MainWindow
        Whose panels they are.
    menu : QMenu
        That is filled.
    add : callable
        Adds an action to a menu, by name, text and what it does.
    """

    def __init__(self, window: "MainWindow", menu: QMenu, add: Add) -> None:
        self._window = window
        self.layouts = QMenu("&Layout", menu)
        self.layouts.setObjectName("menu_layout")
        menu.addMenu(self.layouts)
        for name in LAYOUTS:
            add(self.layouts, f"layout_{name.casefold().replace(' ', '_')}", name, partial(self.choose, name))
        self.layouts.addSeparator()
        self._own: list[QAction] = []
        self._before = self.layouts.addSeparator()
        add(self.layouts, "layout_save", "&Save this layout…", self.ask_save)
        self.forget = QMenu("&Forget a layout", self.layouts)
        self.forget.setObjectName("menu_forget_layout")
        self.layouts.addMenu(self.forget)
        self.layouts.aboutToShow.connect(self.fill)
        self._fill_move(menu, add)
        self.fill()

    def _fill_move(self, menu: QMenu, add: Add) -> None:
        move = QMenu("&Move a panel", menu)
        move.setObjectName("menu_move")
        menu.addMenu(move)
        for name, title in PANELS.items():
            one = QMenu(title, move)
            one.setObjectName(f"menu_move_{name}")
            move.addMenu(one)
            for side, words in _SIDES:
                add(
                    one,
                    f"move_{name}_{side}",
                    f"{title}: {words[0].lower()}{words[1:]}",
                    partial(self.move, name, side),
                )
            for other, its in PANELS.items():
                if other != name:
                    add(
                        one, f"join_{name}_{other}", f"{title}: behind {its}, as a tab", partial(self.join, name, other)
                    )
            add(one, f"float_{name}", f"{title}: into a window of its own", partial(self.float, name))

    def fill(self) -> None:
        """Show the layouts that the user saved."""
        for action in self._own:
            self.layouts.removeAction(action)
            action.deleteLater()
        self._own = []
        self.forget.clear()
        for name, state in own_layouts().items():
            action = QAction(name, self.layouts)
            action.triggered.connect(partial(self._arrange, name, state))
            self.layouts.insertAction(self._before, action)
            self._own.append(action)
            self.forget.addAction(name).triggered.connect(partial(self._forget, name, state))
        self.forget.setEnabled(bool(self._own))

    # ---- what is done

    def choose(self, name: str) -> None:
        """Arrange the panels as a layout of the program says.

        Parameters
        ----------
        name : str
            Of the layout.
        """
        self._arrange(name, {"tree": LAYOUTS[name], "floating": {}})

    def _arrange(self, name: str, state: object, _checked: bool = False) -> None:
        self._window.go("observe")
        self._window.observe.arrange(state, f"choose the layout {name}")

    def _did(self, text: str, call: Callable[[], None]) -> None:
        observe = self._window.observe
        self._window.go("observe")
        before = observe.arrangement.state()
        call()
        observe.arranged(text, before)

    def move(self, name: str, side: Side) -> None:
        """Move a panel to an edge."""
        self._did(f"move the panel {PANELS[name]}", lambda: self._window.observe.arrangement.move(name, side))

    def join(self, name: str, other: str) -> None:
        """Put a panel behind another, as a tab."""
        self._did(f"move the panel {PANELS[name]}", lambda: self._window.observe.arrangement.join(name, other))

    def float(self, name: str) -> None:
        """Give a panel a window of its own."""
        self._did(f"move the panel {PANELS[name]}", lambda: self._window.observe.arrangement.float(name))

    def ask_save(self) -> None:
        """Ask for a name, and save how the panels stand."""
        name, given = QInputDialog.getText(self._window, "Save this layout", "Name of the layout:")
        if given and name.strip():
            self.save(name.strip()[:60])
            self.fill()

    def save(self, name: str) -> None:
        """Save how the panels stand.

        Parameters
        ----------
        name : str
            One of this name is replaced.
        """
        before, state = own_layouts().get(name), self._window.observe.arrangement.state()
        self._keep(name, state)
        self._window.session.history.did(
            f"save the layout {name}", partial(self._keep, name, before), partial(self._keep, name, state)
        )

    def _forget(self, name: str, state: object, _checked: bool = False) -> None:
        self._keep(name, None)
        self._window.session.history.did(
            f"forget the layout {name}", partial(self._keep, name, state), partial(self._keep, name, None)
        )

    def _keep(self, name: str, state: Any) -> None:
        # the menus are filled when they are shown: an entry must not go while it is being chosen
        if state is None:
            forget_layout(name)
        else:
            save_layout(name, state)
