"""What uses a file: rules that name it, mappings and contexts that reach it, observations that select it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem, QWidget

from calgui.core.jobs import Job
from calgui.core.rules.questions.matches import Match, matches
from calgui.core.rules.questions.uses import Uses, selected_by, uses
from calgui.views.rules.marks import Mark, mark_icon
from calgui.views.theme import theme

if TYPE_CHECKING:
    from calgui.core.frames.index import FileEntry
    from calgui.core.rules.cache import Cache

_KIND = Qt.ItemDataRole.UserRole
_MOST = 500
#: what may be said of a rule that names a file
_WINS = Mark("★", "can win", "good", "good_fill", "Some header selects the file by this rule.")
_NEVER = Mark("✕", "never wins", "error", "error_fill", "No header selects the file by this rule.")
_OPEN = Mark("?", "not decided", "muted", "neutral_fill", "Whether this rule can win was not found out.")


@dataclass(frozen=True)
class Users:
    """What uses one file.

    Attributes
    ----------
    file : str
        Name of a mapping or reference.
    rules : tuple of Match
        Of the context; empty for a mapping.
    uses : Uses
        In the whole cache.
    observations : tuple of pathlib.Path
        Loaded ones that select it, or whose selection the mapping decides.
    """

    file: str
    rules: tuple[Match, ...]
    uses: Uses
    observations: tuple[Path, ...]


def users_of(cache: "Cache", context: str | None, file: str, entries: Sequence["FileEntry"], job: Job) -> Users:
    """Look for all that uses a file; safe in another thread.

    Parameters
    ----------
    cache : Cache
        Where it is.
    context : str or None
        Whose rules are asked.
    file : str
        Name of a mapping or reference.
    entries : sequence of FileEntry
        Loaded observations.
    job : Job
        Progress and cancel.

    Returns
    -------
    Users
    """
    found = uses(cache, file)
    if context is None:
        return Users(file, (), found, ())
    rules = () if file.endswith((".pmap", ".imap", ".rmap")) else matches(cache, context, file)
    readable = [entry for entry in entries if entry.error is None]
    asked = not file.endswith((".pmap", ".imap")) and bool(readable)
    places = selected_by(cache, context, file, [one.header for one in readable], job) if asked else ()
    return Users(file, rules, found, tuple(readable[place].path for place in places))


class UsersView(QTreeWidget):
    """Three branches; Return or a double click leads on.

    Signals
    -------
    rule_asked(str, object)
        A mapping and a line.
    observation_asked(object)
        The path of an observation.
    """

    rule_asked = Signal(str, object)
    observation_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("node_users")
        self.setAccessibleName("What uses this file")
        self.setHeaderLabels(["What", "Where"])
        self.setUniformRowHeights(True)
        self.setStyleSheet("#node_users::item { padding: 3px 0; }")
        self.setAlternatingRowColors(True)
        self.setToolTip("Return or a double click leads there.")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        action = QAction("Copy all", self)
        action.setObjectName("copy_users")
        action.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _checked=False: self.copy())
        self.addAction(action)
        self.itemActivated.connect(self._go)
        self.users: Users | None = None

    def show_looking(self) -> None:
        """Say that the answer is on its way."""
        self.users = None
        self.clear()
        self.addTopLevelItem(QTreeWidgetItem(["Looking…"]))

    def show_users(self, users: Users) -> None:
        """Show what uses a file.

        Parameters
        ----------
        users : Users
            From `users_of`.
        """
        self.users = users
        self.clear()
        if not users.file.endswith((".pmap", ".imap", ".rmap")):
            self._branch("Rules that name it", [self._rule(one) for one in users.rules[:_MOST]], len(users.rules))
        named = {(place.mapping, place.line): place for place in users.uses.places}
        reached = [self._mapping(name, name in users.uses.contexts) for name in users.uses.mappings[:_MOST]]
        self._branch("Mappings and contexts that reach it", reached, len(users.uses.mappings))
        if users.file.endswith((".rmap", ".imap")):
            lines = [self._place(place.mapping, place.key, place.line) for place in list(named.values())[:_MOST]]
            self._branch("Lines that name it", lines, len(named))
        if not users.file.endswith((".pmap", ".imap")):
            what = (
                "Loaded observations whose selection it decides"
                if users.file.endswith(".rmap")
                else ("Loaded observations that select it")
            )
            items = [self._observation(path) for path in users.observations[:_MOST]]
            self._branch(what, items, len(users.observations))
        for sentence in users.uses.unread:
            item = QTreeWidgetItem([f"Not looked into: {sentence}"])
            item.setForeground(0, theme().colour("warning"))
            self.addTopLevelItem(item)
        self.expandAll()
        self.resizeColumnToContents(0)
        self.setColumnWidth(0, min(self.columnWidth(0) + 12, 420))

    def _branch(self, title: str, items: list[QTreeWidgetItem], count: int) -> None:
        top = QTreeWidgetItem([f"{title}: {count:,}" if count else f"{title}: none"])
        font = top.font(0)
        font.setBold(True)
        top.setFont(0, font)
        top.addChildren(items)
        if count > len(items):
            top.addChild(QTreeWidgetItem([f"and {count - len(items):,} more"]))
        self.addTopLevelItem(top)

    def _rule(self, match: Match) -> QTreeWidgetItem:
        dates = ", ".join(one.value for one in match.dates)
        mark = _WINS if match.wins else _OPEN if match.wins is None else _NEVER
        text = ", ".join(match.key) or "every observation"
        item = QTreeWidgetItem([f"{text}   {dates}".rstrip(), f"{match.mapping}:{match.line}   {mark.word}"])
        item.setIcon(0, mark_icon(mark))
        item.setToolTip(0, f"{mark.meaning} {match.reason}".strip())
        item.setData(0, _KIND, ("rule", match.mapping, match.line))
        return item

    def _mapping(self, name: str, context: bool) -> QTreeWidgetItem:
        item = QTreeWidgetItem([name, "context" if context else "mapping"])
        item.setData(0, _KIND, ("rule", name, None))
        return item

    def _place(self, mapping: str, key: str, line: int) -> QTreeWidgetItem:
        item = QTreeWidgetItem([key, f"{mapping}:{line}"])
        item.setData(0, _KIND, ("rule", mapping, line))
        return item

    def _observation(self, path: Path) -> QTreeWidgetItem:
        item = QTreeWidgetItem([path.name, str(path.parent)])
        item.setData(0, _KIND, ("observation", path))
        return item

    def _go(self, item: QTreeWidgetItem) -> None:
        asked = item.data(0, _KIND)
        if asked is None:
            return
        if asked[0] == "rule":
            self.rule_asked.emit(*asked[1:])
        else:
            self.observation_asked.emit(asked[1])

    def copy(self) -> None:
        """Copy everything as indented text."""
        lines = []
        for number in range(self.topLevelItemCount()):
            top = self.topLevelItem(number)
            lines.append(top.text(0))
            lines += [
                "\t".join(("", top.child(row).text(0), top.child(row).text(1))) for row in range(top.childCount())
            ]
        QGuiApplication.clipboard().setText("\n".join(lines))
