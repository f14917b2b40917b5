"""Reference types of a step: wanted or not, what would be fetched, what is used instead."""

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from calgui.core.rules.questions.stpipe import Fetch
from calgui.core.rules.values import Status, Trust
from calgui.views.rules.marks import NOT_HERE, STATUSES, TRUSTS, Mark, mark_icon, with_keywords
from calgui.views.theme import theme
from calgui.views.widgets.tables import TitledTable

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
TYPE, FILE, DISK, INSTEAD = range(4)

_STOPS = Mark("✕", "stops here", "error", "error_fill", "The pipeline ends with an error: this type is not found.")


class FetchModel(TitledTable):
    """One row for each reference type.

    Signals
    -------
    changed()
        Other types are wanted, or other files are to be used.
    """

    changed = Signal()
    titles = ("Type", "stpipe would fetch", "On disk", "Use instead")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fetches: tuple[Fetch, ...] = ()
        self.files: Mapping[str, tuple[str, ...]] = {}
        self.unwanted: set[str] = set()
        self.instead: dict[str, str] = {}
        self.mappings_only = False

    def show(
        self, fetches: tuple[Fetch, ...], files: Mapping[str, tuple[str, ...]], mappings_only: bool = False
    ) -> None:
        """Show another observation's types; what was chosen stays for those that are still there.

        Parameters
        ----------
        fetches : tuple of Fetch
            Of all types.
        files : mapping of str to tuple of str
            Paths of the references of each type that the cache has.
        mappings_only : bool
            Whether the cache holds no references at all, so that none is amiss.
        """
        same = [one.type for one in fetches] == [one.type for one in self.fetches]
        if not same:
            self.beginResetModel()
        self.fetches, self.files, self.mappings_only = fetches, files, mappings_only
        if same and fetches:
            self.dataChanged.emit(self.index(0, 0), self.index(len(fetches) - 1, INSTEAD))
        elif not same:
            self.endResetModel()

    @property
    def wanted(self) -> tuple[str, ...]:
        """Types of the step."""
        return tuple(one.type for one in self.fetches if one.type not in self.unwanted)

    @property
    def overrides(self) -> dict[str, str]:
        """Type to the file to use instead, of the wanted ones."""
        return {kind: self.instead[kind] for kind in self.wanted if self.instead.get(kind)}

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One row for each type."""
        return 0 if parent.isValid() else len(self.fetches)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Types can be unticked, what is used instead edited."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == TYPE:
            return flags | Qt.ItemFlag.ItemIsUserCheckable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == INSTEAD else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, tick, icon, colour and tooltip of a cell."""
        if not index.isValid():
            return None
        fetch, column = self.fetches[index.row()], index.column()
        told = self.instead.get(fetch.type, "")
        if role == Qt.ItemDataRole.CheckStateRole and column == TYPE:
            return Qt.CheckState.Unchecked if fetch.type in self.unwanted else Qt.CheckState.Checked
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self._text(fetch, column, told)
        if role == Qt.ItemDataRole.DecorationRole:
            mark = self._mark(fetch, column, told)
            return mark_icon(mark) if mark is not None else None
        if role == Qt.ItemDataRole.ForegroundRole:
            if fetch.type in self.unwanted or (told and column in (FILE, DISK)):
                return theme().colour("muted")
            mark = self._mark(fetch, column, told)
            return theme().colour("error" if mark is _STOPS else "text")
        if role == Qt.ItemDataRole.FontRole and column == INSTEAD and told:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            mark = self._mark(fetch, column, told)
            parts = (mark.meaning if mark is not None else "", fetch.message or "", str(fetch.path or ""))
            return "\n".join(part for part in parts if part)
        return None

    def _text(self, fetch: Fetch, column: int, told: str) -> str:
        if column == TYPE:
            return fetch.type
        if column == FILE:
            if fetch.file:
                return fetch.file
            if fetch.status is Status.NOT_APPLICABLE:
                return "N/A"
            return f"{STATUSES[fetch.status].word}: {with_keywords(fetch.message or '')}"
        if column == DISK:
            mark = self._trust(fetch)
            return mark.word if mark is not None else ""
        return told

    def _trust(self, fetch: Fetch) -> Mark | None:
        if fetch.trust is None:
            return None
        return NOT_HERE if fetch.trust is Trust.MISSING and self.mappings_only else TRUSTS[fetch.trust]

    def _mark(self, fetch: Fetch, column: int, told: str) -> Mark | None:
        if column == FILE:
            stops = fetch.status in (Status.NOT_FOUND, Status.ERROR) and not told and fetch.type not in self.unwanted
            return _STOPS if stops else STATUSES[fetch.status]
        return self._trust(fetch) if column == DISK else None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tick a type, or say what is used instead."""
        kind = self.fetches[index.row()].type
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == TYPE:
            ticked = Qt.CheckState(value) is Qt.CheckState.Checked
            (self.unwanted.discard if ticked else self.unwanted.add)(kind)
        elif role == Qt.ItemDataRole.EditRole and index.column() == INSTEAD:
            self.instead[kind] = str(value).strip()
        else:
            return False
        self.dataChanged.emit(self.index(index.row(), 0), self.index(index.row(), INSTEAD))
        self.changed.emit()
        return True
