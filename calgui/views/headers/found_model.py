"""Cards that a search found, as a table that can be sorted."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from calgui.core.frames.conditions import written
from calgui.core.frames.headersearch import Hit
from calgui.core.frames.keywordmeaning import meaning_of, unit_of, without_unit
from calgui.views.observations.columns import sort_key
from calgui.views.theme import theme

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_TITLES = ("File", "HDU", "Keyword", "Value", "Unit", "Comment or meaning")
FILE, HDU, KEYWORD, VALUE, UNIT, COMMENT = range(6)
NOT_THERE = "not in this file"


class FoundModel(QAbstractTableModel):
    """Hits; texts are made when they are looked at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hits: list[Hit] = []
        self._given: Sequence[Hit] = ()
        self._sort: tuple[int, Qt.SortOrder] | None = None

    def show(self, hits: Sequence[Hit]) -> None:
        """Show other hits.

        Parameters
        ----------
        hits : sequence of Hit
            In the order of the files.
        """
        self.beginResetModel()
        self._given = hits
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column, numbers as numbers; -1 for the order of the files."""
        self.beginResetModel()
        self._sort = (column, order) if column >= 0 else None
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        self.hits = list(self._given)
        if self._sort is None:
            return
        column, order = self._sort
        # only what is compared is worked out, once for each hit
        self.hits.sort(
            key=lambda hit: sort_key(hit.value if column == VALUE else _text(hit, column)),
            reverse=order == Qt.SortOrder.DescendingOrder,
        )

    def paths(self, rows: Iterable[int]) -> list[Path]:
        """Files of some rows, each once.

        Parameters
        ----------
        rows : iterable of int

        Returns
        -------
        list of pathlib.Path
        """
        return list(dict.fromkeys(self.hits[row].path for row in rows))

    def lines(self, rows: Iterable[int]) -> list[list[str]]:
        """Some rows as texts, titles first.

        Parameters
        ----------
        rows : iterable of int

        Returns
        -------
        list of list of str
        """
        return [list(_TITLES), *([_text(self.hits[row], column) for column in range(len(_TITLES))] for row in rows)]

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One for each hit."""
        return 0 if parent.isValid() else len(self.hits)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """File, HDU, keyword, value, unit, comment."""
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _TITLES[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, colour and tooltip of a cell."""
        if not index.isValid():
            return None
        hit, column = self.hits[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(hit, column)
        if role == Qt.ItemDataRole.ForegroundRole:
            muted = column in (HDU, UNIT, COMMENT) or (column == VALUE and hit.hdu is None)
            return theme().colour("muted" if muted else "text")
        if role == Qt.ItemDataRole.ToolTipRole:
            meaning = meaning_of(hit.keyword)
            said = [str(hit.path), f"{hit.keyword}: {_text(hit, VALUE)}", hit.comment]
            return "\n".join(filter(None, [*said, *(meaning.lines if meaning is not None else ())]))
        return None


def _text(hit: Hit, column: int) -> str:
    if column == FILE:
        return hit.path.name
    if column == HDU:
        return "" if hit.hdu is None else hit.hdu_name or str(hit.hdu)
    if column == KEYWORD:
        return hit.keyword
    if column == VALUE:
        return NOT_THERE if hit.hdu is None else written(hit.value)
    if column == UNIT:
        return unit_of(hit.keyword, hit.comment)
    if hit.comment:
        return without_unit(hit.comment)
    meaning = meaning_of(hit.keyword)
    return meaning.text if meaning is not None else ""
