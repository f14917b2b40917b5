"""What goes in and out, the mappings that follow, and the contexts of a cache, as tables."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QWidget

from calgui.core.rules.ingest.values import NewMapping
from calgui.views.rules.compare.models import TitledTable
from calgui.views.rules.ingest.answer import Row
from calgui.views.rules.ingest.contexts import ContextRow
from calgui.views.rules.marks import Mark, mark_icon
from calgui.views.rules.validate.judge import Judged
from calgui.views.rules.validate.verdicts import VERDICTS
from calgui.views.theme import theme
from calgui.views.widgets.tips import plain_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()

STATES: dict[str, Mark] = {
    "adds": Mark("+", "adds", "good", "good_fill", "A rule is added, or a date in a rule."),
    "replaces": Mark("~", "replaces", "warning", "warning_fill", "The same rule and date get this file instead."),
    "deletes": Mark("-", "deletes", "warning", "warning_fill", "The new context selects it no more; the file stays."),
    "stopped": Mark("✕", "stopped", "error", "error_fill", "Something is wrong with it: see the findings."),
    "waiting": Mark("…", "looking", "muted", "neutral_fill", "It is being looked at."),
}
_NAME = 1
#: column of the verdict of the validation
VERDICT = 7


class ReferencesModel(TitledTable):
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
        self.rows: tuple[Row, ...] = ()
        self.known: dict[Path, Judged] = {}

    def show_verdicts(self, known: dict[Path, Judged]) -> None:
        """Show how the files fare.

        Parameters
        ----------
        known : dict of pathlib.Path to Judged
        """
        self.known = known
        if self.rows:
            self.dataChanged.emit(self.index(0, VERDICT), self.index(len(self.rows) - 1, VERDICT))

    def show(self, rows: tuple[Row, ...]) -> None:
        """Show other rows.

        Parameters
        ----------
        rows : tuple of Row
        """
        if rows == self.rows:
            return
        if len(rows) == len(self.rows):  # what is chosen stays chosen
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.titles) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One row for each file."""
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """The names of new files can be changed."""
        flags = super().flags(index)
        if index.isValid() and index.column() == _NAME and self.rows[index.row()].path is not None:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colour and tooltip."""
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], index.column()
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
        row, name = self.rows[index.row()], str(value).strip()
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
        rows = [self.rows[number] for number in numbers if 0 <= number < len(self.rows)]
        return [row.path for row in rows if row.path is not None], [row.instead for row in rows if row.path is None]


class MappingsModel(TitledTable):
    """Mappings that the ingest writes."""

    titles = ("New mapping", "Follows")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: tuple[NewMapping, ...] = ()

    def show(self, mappings: tuple[NewMapping, ...]) -> None:
        """Show others.

        Parameters
        ----------
        mappings : tuple of NewMapping
        """
        self.beginResetModel()
        self.shown = mappings
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One row for each."""
        return 0 if parent.isValid() else len(self.shown)

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


class ContextsModel(TitledTable):
    """Contexts of a cache, the newest first."""

    titles = ("Context", "State", "Follows", "Ingested (UTC)", "What went in and out")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: tuple[ContextRow, ...] = ()

    def show(self, rows: tuple[ContextRow, ...]) -> None:
        """Show those of another cache.

        Parameters
        ----------
        rows : tuple of ContextRow
        """
        self.beginResetModel()
        self.shown = rows
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One row for each."""
        return 0 if parent.isValid() else len(self.shown)

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


OPERATIONAL = Mark("★", "operational", "good", "good_fill", "Pipelines that name no context use this one.")
