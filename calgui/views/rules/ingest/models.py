"""What goes in and out, the mappings that follow, and the contexts of a cache, as tables."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QWidget

from calgui.core.rules.ingest.values import NewMapping
from calgui.views.rules.ingest.answer import Row
from calgui.views.rules.ingest.contexts import ContextRow
from calgui.views.rules.marks import Mark, mark_icon
from calgui.views.rules.validate.known import Judged
from calgui.views.rules.validate.verdicts import VERDICTS
from calgui.views.theme import theme
from calgui.views.widgets.tables import RecordTable
from calgui.views.widgets.tips import plain_tip

_Index = QModelIndex | QPersistentModelIndex

STATES: dict[str, Mark] = {
    "adds": Mark("+", "adds", "good", "good_fill", "A rule is added, or a date in a rule."),
    "replaces": Mark("~", "replaces", "warning", "warning_fill", "The same rule and date get this file instead."),
    "deletes": Mark("-", "deletes", "warning", "warning_fill", "The new context selects it no more; the file stays."),
    "stopped": Mark("✕", "stopped", "error", "error_fill", "Something is wrong with it: see the findings."),
    "refused": Mark("✕", "refused", "error", "error_fill", "crds certify refuses the file: see the findings."),
    "waiting": Mark("…", "looking", "muted", "neutral_fill", "It is being looked at."),
}
OPERATIONAL = Mark("★", "operational", "good", "good_fill", "Pipelines that name no context use this one.")
_NAME = 1
#: columns of what goes out, and of the verdict of the validation
INSTEAD, VERDICT = 5, 7


class ReferencesModel(RecordTable[Row]):
    """Files that go in and out.

    Signals
    -------
    named(object, str)
        The user gave the file of this path another name.
    """

    named = Signal(object, str)
    titles = ("What", "Name in the cache", "Type", "Rule", "From (UTC)", "Instead of", "File", "Is it good?")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.known: dict[Path, Judged] = {}

    def show_verdicts(self, known: dict[Path, Judged]) -> None:
        """Show how the files fare.

        Parameters
        ----------
        known : dict of pathlib.Path to Judged
        """
        self.known = known
        if self.shown:
            self.dataChanged.emit(self.index(0, VERDICT), self.index(len(self.shown) - 1, VERDICT))

    def show(self, rows: Sequence[Row]) -> None:
        """Show other rows.

        Parameters
        ----------
        rows : sequence of Row
        """
        if rows == self.shown:
            return
        if len(rows) == len(self.shown):
            self.show_again(rows)
        else:
            super().show(rows)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """The names of new files can be changed."""
        flags = super().flags(index)
        if index.isValid() and index.column() == _NAME and self.shown[index.row()].path is not None:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colour and tooltip."""
        if not index.isValid():
            return None
        row, column = self.shown[index.row()], index.column()
        if column == VERDICT:
            return self._verdict(row, role)
        mark = STATES[row.state]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            where = str(row.path) if row.path is not None else ""
            return (mark.word, row.name, row.type, row.rule, row.date, row.instead, where)[column]
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return mark_icon(mark)
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().colour(mark.role) if column == 0 else theme().colour("muted") if column == 6 else None
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            if column == _NAME and row.path is not None:
                return f"{row.name}\nDouble-click, or press F2, to give it another name in the cache."
            parts = (f"{mark.word}: {mark.meaning}", row.rule, row.date, str(row.path or row.instead))
            return "\n".join(part for part in parts if part)
        return None

    def _verdict(self, row: Row, role: int) -> object:
        one = self.known.get(row.path) if row.path is not None else None
        if one is None:
            return None
        mark = VERDICTS[one.verdict]
        if role == Qt.ItemDataRole.DisplayRole:
            return mark.word
        if role == Qt.ItemDataRole.DecorationRole:
            return mark_icon(mark)
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().colour(mark.role)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            reasons = one.validation.reasons if one.validation is not None else ()
            parts = (f"Validation: {mark.word}. Double-click for the report.", one.error, *reasons[:5])
            tip = "\n".join(part for part in parts if part)
            return plain_tip(tip) if role == Qt.ItemDataRole.ToolTipRole else tip
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Another name: it is looked at anew."""
        if not index.isValid() or role != Qt.ItemDataRole.EditRole or index.column() != _NAME:
            return False
        row, name = self.shown[index.row()], str(value).strip()
        if row.path is None or name == row.name:
            return False
        self.named.emit(row.path, name)
        return True

    def chosen(self, numbers: Sequence[int]) -> tuple[list[Path], list[str]]:
        """Files and deletions of some rows.

        Parameters
        ----------
        numbers : sequence of int

        Returns
        -------
        tuple of (list of pathlib.Path, list of str)
        """
        rows = [self.shown[number] for number in numbers if 0 <= number < len(self.shown)]
        return [row.path for row in rows if row.path is not None], [row.instead for row in rows if row.path is None]


class MappingsModel(RecordTable[NewMapping]):
    """Mappings that the ingest writes."""

    titles = ("New mapping", "Follows")

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text and tooltip."""
        if not index.isValid():
            return None
        one, column = self.shown[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return (one.name, one.derived_from or "the first of its type")[column]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{one.name}\nfollows {one.derived_from or 'none'}\nSHA-1 {one.sha1}"
        return None


class ContextsModel(RecordTable[ContextRow]):
    """Contexts of a cache, the newest first."""

    titles = ("Context", "State", "Follows", "Ingested (UTC)", "What went in and out")

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon and tooltip."""
        if not index.isValid():
            return None
        row, column = self.shown[index.row()], index.column()
        state = "operational" if row.operational else ""
        if role == Qt.ItemDataRole.DisplayRole:
            return (row.context, state, row.follows, row.date, row.what)[column]
        if role == Qt.ItemDataRole.DecorationRole and column == 1 and row.operational:
            return mark_icon(OPERATIONAL)
        if role == Qt.ItemDataRole.ForegroundRole and column == 1:
            return theme().colour(OPERATIONAL.role)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return "\n".join(part for part in (f"{row.context} {state}".strip(), row.date, row.what) if part)
        return None
