"""Changes of rules, and changed selections, as tables."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from calgui.core.rules.questions.compare import Change, ChangedSelection
from calgui.core.rules.values import Selection, Status
from calgui.views.rules.marks import STATUSES, TRUSTS, Mark, mark_icon
from calgui.views.theme import theme
from calgui.views.widgets.tables import RecordTable

_Index = QModelIndex | QPersistentModelIndex

ACTIONS: dict[str, Mark] = {
    "added": Mark("+", "added", "good", "good_fill", "Only the newer one has it."),
    "removed": Mark("-", "removed", "error", "error_fill", "Only the older one has it."),
    "replaced": Mark("~", "replaced", "warning", "warning_fill", "Both have it, with another value."),
}
_RULES = ("What", "Instrument", "Type", "Rule", "Date or entry", "Before", "After")
_SELECTIONS = ("Observation", "Type", "Before", "After")


class ChangesModel(RecordTable[Change]):
    """Differences by rule and date."""

    titles = _RULES

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.all: tuple[Change, ...] = ()

    def narrow(self, changes: Sequence[Change], words: str = "", actions: Collection[str] = ACTIONS) -> None:
        """Show the changes of some actions that hold all words."""
        wanted = words.casefold().split()
        self.all = tuple(changes)
        self.show([one for one in changes if one.action in actions and all(word in _text(one) for word in wanted)])

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colour and tooltip."""
        if not index.isValid():
            return None
        change, column = self.shown[index.row()], index.column()
        mark = ACTIONS[change.action]
        if role == Qt.ItemDataRole.DisplayRole:
            return _cells(change)[column]
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return mark_icon(mark)
        if role == Qt.ItemDataRole.ForegroundRole and column == 0:
            return theme().colour(mark.role)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            names = ", ".join(f"{name} = {value}" for name, value in zip(change.parameters, change.key, strict=False))
            places = [
                f"{name}:{line}" if line is not None else name
                for name, line in ((change.old_mapping, change.old_line), (change.new_mapping, change.new_line))
                if name
            ]
            return "\n".join(part for part in (f"{mark.word}: {mark.meaning}", names, " → ".join(places)) if part)
        return None


def _cells(change: Change) -> tuple[str, ...]:
    return (
        f"{change.what.value} {change.action}",
        change.instrument,
        change.type,
        ", ".join(change.key),
        change.date,
        change.old or "",
        change.new or "",
    )


def _text(change: Change) -> str:
    return " ".join((*_cells(change), change.old_mapping or "", change.new_mapping or "")).casefold()


class SelectionsModel(RecordTable[ChangedSelection]):
    """Observations whose selection changes."""

    titles = _SELECTIONS

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names: Sequence[str] = ()

    def narrow(
        self, changed: Sequence[ChangedSelection], names: Sequence[str], texts: Sequence[str], words: str
    ) -> None:
        """Show the changed selections that hold all words.

        Parameters
        ----------
        changed : sequence of ChangedSelection
        names : sequence of str
            Of the observations.
        texts : sequence of str
            From `searchable`, one for each changed selection.
        words : str
            Separated by space; empty for all.
        """
        wanted = words.casefold().split()
        self.names = names
        if wanted:
            changed = [one for one, text in zip(changed, texts, strict=True) if all(word in text for word in wanted)]
        self.show(changed)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colour and tooltip."""
        if not index.isValid():
            return None
        one, column = self.shown[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cells(one)[column]
        if column < 2:
            return None
        selection = one.old if column == 2 else one.new
        mark = STATUSES[selection.status] if selection is not None else STATUSES[Status.NOT_APPLICABLE]
        if role == Qt.ItemDataRole.DecorationRole:
            return mark_icon(mark)
        if role == Qt.ItemDataRole.ForegroundRole:
            lost = selection is not None and selection.status in (Status.NOT_FOUND, Status.ERROR)
            return theme().colour("error" if lost else "text")
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole) and selection is not None:
            trust = TRUSTS[selection.trust].meaning if selection.trust is not None else ""
            return "\n".join(part for part in (selection.file or mark.word, selection.message, trust) if part)
        return None

    def _cells(self, one: ChangedSelection) -> tuple[str, ...]:
        return _cells_of(one, self.names)


def _cells_of(one: ChangedSelection, names: Sequence[str]) -> tuple[str, ...]:
    return names[one.index], one.type, _said(one.old), _said(one.new)


def searchable(changed: Sequence[ChangedSelection], names: Sequence[str]) -> list[str]:
    """What a search finds changed selections by; safe in another thread, since there may be a hundred thousand.

    Parameters
    ----------
    changed : sequence of ChangedSelection
    names : sequence of str
        Of the observations.

    Returns
    -------
    list of str
    """
    return [" ".join(_cells_of(one, names)).casefold() for one in changed]


def _said(selection: Selection | None) -> str:
    if selection is None:
        return "no such type"
    return selection.file or STATUSES[selection.status].word
