"""All that can be done by a command: actions of the menus and of views, buttons; with their keys and where they are."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QMenu, QTabBar, QToolButton, QWidget, QWidgetAction
from shiboken6 import isValid

from calgui.views.keys import declared
from calgui.views.places import PLACES
from calgui.views.rules.pages import PAGES

#: parts of the window whose commands belong together -> their name for people
_VIEWS = {
    "observations_panel": "Observations",
    "references_panel": "References",
    "image_view": "Picture",
    "bench_picture": "Picture",
    "bench_difference": "Picture",
    "picture_histogram": "Histogram",
    "spectrum_view": "Spectrum",
    "inspector": "Header",
    "headers_page": "Headers side by side",
    "headers_search_page": "Search headers",
    "why_panel": "Why",
    "why_case_panel": "Why",
    **{f"{page.name}_page": page.word for page in PAGES},
    **{f"{place.name}_place": place.word for place in PLACES},
}
#: how a menu action's name begins, and what makes its text clear outside of its menu
_KINDS = {"theme_": "Theme: ", "panel_": "Panel: ", "go_": "Go to: ", "layout_": "Layout: "}
#: actions that every table, plot or picture has: told once
_EVERYWHERE = (
    "copy_cells",
    "copy_with_titles",
    "plot_save",
    "plot_save_data",
    "plot_copy",
    "picture_copy",
    "picture_save",
)
#: actions of those names whose text is clear as it stands
_CLEAR = ("go_search", "go_filter", "layout_save")


@dataclass(frozen=True)
class Command:
    """Something that can be done.

    Attributes
    ----------
    name : str
        By which it is remembered.
    text : str
        What it does.
    group : str
        Where it belongs: a view, or a menu.
    keys : str
        As people write them; empty for none.
    tip : str
        More of what it does.
    run : callable
        Does it.
    can : bool
        Whether it can be done now.
    """

    name: str
    text: str
    group: str
    keys: str
    tip: str
    run: Callable[[], None]
    can: bool = True


def of_menus(actions: Iterable[QAction]) -> Iterator[Command]:
    """The commands of the menus.

    Parameters
    ----------
    actions : iterable of QAction
        Of the menus.

    Yields
    ------
    Command
    """
    for action in actions:
        if isValid(action) and action.isVisible():
            name = action.objectName()
            kind = next((word for start, word in _KINDS.items() if name.startswith(start)), "")
            text = plain(action.text()) if name in _CLEAR else kind + plain(action.text())
            can = action.isEnabled()
            yield Command(name, text, _menu_of(action), _keys(action), action.toolTip(), action.trigger, can)


def of_view(place: QWidget) -> Iterator[Command]:
    """The commands of what is on the screen: its actions, and its buttons.

    Parameters
    ----------
    place : QWidget
        The place that is shown.

    Yields
    ------
    Command
        Each text once in a group; what can be done first.
    """
    seen: set[tuple[str, str]] = set()
    for command in sorted((*_actions_in(place), *_buttons_in(place)), key=lambda one: not one.can):
        if (command.group, command.text) not in seen:
            seen.add((command.group, command.text))
            yield command


def _actions_in(place: QWidget) -> Iterator[Command]:
    openers = {button.menu(): plain(button.text()) for button in place.findChildren(QToolButton) if button.menu()}
    for action in place.findChildren(QAction):
        text = plain(action.text())
        if not text or isinstance(action, QWidgetAction) or action.menu() is not None or not action.objectName():
            continue
        holder = _holder(action)
        if action.isVisible() and holder is not None and holder.isVisible():
            menu = action.parent()
            title = (plain(menu.title()) or openers.get(menu, "")) if isinstance(menu, QMenu) else ""
            text = f"{title}: {text}" if title else text
            name, group, can = action.objectName(), group_of(holder), action.isEnabled()
            yield Command(name, text, group, _keys(action), action.toolTip(), action.trigger, can)


def _buttons_in(place: QWidget) -> Iterator[Command]:
    for button in place.findChildren(QAbstractButton):
        if not (button.isVisible() and button.objectName()) or _is_part(button):
            continue
        spoken, text = plain(button.accessibleName()), plain(button.text())
        # a sign such as an arrow says less than its name for readers
        said = text if any(char.isalpha() for char in text) else spoken
        if said:
            tip = spoken or button.toolTip()
            keys = button.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            yield Command(button.objectName(), said, group_of(button), keys, tip, button.click, button.isEnabled())


def _is_part(button: QAbstractButton) -> bool:
    """Whether a button is a part of another widget, opens a menu, or stands for an action that is found itself."""
    if button.objectName().startswith("qt_") or isinstance(button.parent(), QTabBar):
        return True
    return isinstance(button, QToolButton) and (button.menu() is not None or button.defaultAction() is not None)


def _holder(action: QAction) -> QWidget | None:
    """The widget that an action belongs to; a menu that is closed belongs to what opens it."""
    holder: QObject | None = action.parent()
    while holder is not None and (isinstance(holder, QMenu) or not isinstance(holder, QWidget)):
        holder = holder.parent()
    return holder


def group_of(thing: QObject) -> str:
    """Where a widget or action belongs, for people.

    Parameters
    ----------
    thing : QObject
        In the window.

    Returns
    -------
    str
        A view, page or place; ``Everywhere`` outside of them.
    """
    at: QObject | None = thing
    while at is not None:
        word = _VIEWS.get(at.objectName())
        if word is not None:
            return word
        at = at.parent()
    return "Everywhere"


def plain(text: str) -> str:
    """A text without the marks of its underlined letters.

    Parameters
    ----------
    text : str
        Of an action or button.

    Returns
    -------
    str
    """
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").strip()


def _keys(action: QAction) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(key.toString(native) for key in action.shortcuts() if not key.isEmpty())


def _menu_of(action: QAction) -> str:
    menu = next((one for one in action.associatedObjects() if isinstance(one, QMenu)), None)
    return plain(menu.title()) if menu is not None else "Menu"


@dataclass(frozen=True)
class Shortcut:
    """A line of the sheet of shortcuts.

    Attributes
    ----------
    group, keys, text : str
        Where, which, and what they do.
    """

    group: str
    keys: str
    text: str


def shortcuts(window: QWidget, menu_actions: Iterable[QAction]) -> list[Shortcut]:
    """All keys: of the menus, then those of views, as they were declared or found in what is made already.

    Parameters
    ----------
    window : QWidget
        Whose views are looked through.
    menu_actions : iterable of QAction
        Of its menus.

    Returns
    -------
    list of Shortcut
        Those of one group together.
    """
    menus = list(menu_actions)
    lines: dict[tuple[str, str], Shortcut] = {}
    for action in menus:
        if _keys(action):
            line = Shortcut(_menu_of(action), _keys(action), _step_word(plain(action.text())))
            lines[line.group, line.keys] = line
    for one in declared():
        lines.setdefault((one.view, one.keys), Shortcut(one.view, one.keys, one.text))
    known = {(line.group, key.strip()) for line in lines.values() for key in line.keys.split(",")}
    for line in _found(window, set(menus)):
        if any((line.group, key.strip()) not in known for key in line.keys.split(",")):
            lines.setdefault((line.group, line.keys), line)
    order = list(dict.fromkeys(line.group for line in lines.values()))
    return sorted(lines.values(), key=lambda line: order.index(line.group))


def _found(window: QWidget, menus: set[QAction]) -> Iterator[Shortcut]:
    native = QKeySequence.SequenceFormat.NativeText
    for action in window.findChildren(QAction):
        if action not in menus and _keys(action) and action.text() and action.objectName() not in _EVERYWHERE:
            yield Shortcut(group_of(action), _keys(action), plain(action.text()))
    for key in window.findChildren(QShortcut):
        parent = key.parent()
        if key.objectName() and isinstance(parent, QWidget):
            yield Shortcut(group_of(parent), key.key().toString(native), key.whatsThis() or plain(key.objectName()))
    for button in window.findChildren(QAbstractButton):
        keys = button.shortcut().toString(native)
        if keys:
            yield Shortcut(group_of(button), keys, plain(button.accessibleName() or button.text()))


def _step_word(text: str) -> str:
    """Undo and redo say in the menu what they would do now; the key does it at any time."""
    return text.partition(":")[0] if text.startswith(("Undo:", "Redo:")) else text
