"""Keywords down, files across: a model over a comparison of headers, without a string for each cell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QIcon, QPixmap
from PySide6.QtWidgets import QWidget

from calgui.core.frames.conditions import Condition, has_words, split
from calgui.core.frames.headercompare import Cell, HeaderTable, Row, State
from calgui.core.frames.headerexport import comment_of, short_names
from calgui.core.frames.keywordmeaning import meaning_of, unit_of, without_unit
from calgui.views.rules.marks import Mark, mark_icon
from calgui.views.theme import theme

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_EMPTY = HeaderTable((), 0, (), ())

#: columns before those of the files
MEANING, UNIT = range(2)
FILES = 2

STATES: dict[State, Mark] = {
    State.DIFFERENT: Mark("≠", "differs", "warning", "warning_fill", "Another value than in the reference file."),
    State.MISSING: Mark("–", "missing", "error", "error_fill", "The reference file has it, this one lacks it."),
    State.EXTRA: Mark("+", "only here", "accent", "neutral_fill", "The reference file lacks it."),
}
#: what a cell shows where neither this file nor the reference file has the keyword
DASH = "—"


@dataclass(frozen=True)
class Band:
    """The line above the keywords of an HDU."""

    hdu: int


@dataclass(frozen=True)
class Narrowed:
    """Which rows are shown.

    Attributes
    ----------
    text : str
        Words, which a row must all have somewhere, and conditions that one of its files must fulfil.
    hdu : int or None
        Only this HDU.
    only_differing : bool
        Only rows in which files differ.
    """

    text: str = ""
    hdu: int | None = None
    only_differing: bool = False


class HeaderTableModel(QAbstractTableModel):
    """A comparison; the keyword is the title of the row, so that it stays in sight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = _EMPTY
        self.narrowed = Narrowed()
        self.lines: list[Row | Band] = []
        self._names: list[str] = []
        self._bands: list[str] = []
        self._bold = QFont()
        self._bold.setBold(True)
        self._slanted = QFont()
        self._slanted.setItalic(True)

    # ---- what is in it

    def show(self, table: HeaderTable | None) -> None:
        """Show another comparison.

        Parameters
        ----------
        table : HeaderTable or None
            None for nothing.
        """
        self.beginResetModel()
        self.table = table or _EMPTY
        self._names = short_names([file.path for file in self.table.files])
        self._bands = _said_of_hdus(self.table)
        self._choose()
        self.endResetModel()

    def narrow(self, narrowed: Narrowed) -> None:
        """Show only some rows.

        Parameters
        ----------
        narrowed : Narrowed
            Which.
        """
        if narrowed == self.narrowed:
            return
        self.beginResetModel()
        self.narrowed = narrowed
        self._choose()
        self.endResetModel()

    def _choose(self) -> None:
        wanted = self.narrowed
        words, conditions = split(wanted.text)
        several = len(self.table.files) > 1  # one file differs from nothing
        self.lines = []
        last = None
        for row in self.table.rows:
            if wanted.hdu is not None and row.hdu != wanted.hdu:
                continue
            if wanted.only_differing and several and not row.differs:
                continue
            if not _fits(row, words, conditions):
                continue
            if row.hdu != last:
                self.lines.append(Band(row.hdu))
                last = row.hdu
            self.lines.append(row)

    @property
    def shown(self) -> list[Row]:
        """The rows that are shown, without the lines above the HDUs."""
        return [line for line in self.lines if isinstance(line, Row)]

    def row_at(self, index: _Index) -> Row | None:
        """The keyword of a cell; None on the line above an HDU."""
        line = self.lines[index.row()] if index.isValid() else None
        return line if isinstance(line, Row) else None

    def file_at(self, column: int) -> int | None:
        """Number of the file of a column; None for a column that is no file's."""
        return column - FILES if column >= FILES else None

    def find(self, hdu: str, keyword: str, number: int = 1) -> int | None:
        """Where a keyword is shown.

        Parameters
        ----------
        hdu : str
            Name, as in the comparison.
        keyword : str
            Upper case.
        number : int
            Of several in one HDU.

        Returns
        -------
        int or None
            Number of the line.
        """
        for place, line in enumerate(self.lines):
            if isinstance(line, Row) and (self.table.hdus[line.hdu], line.keyword, line.number) == (
                hdu,
                keyword,
                number,
            ):
                return place
        return None

    def texts(self, indexes: Iterable[QModelIndex]) -> list[list[str]]:
        """Some cells as a table of texts with their titles.

        Parameters
        ----------
        indexes : iterable of QModelIndex
            In any order.

        Returns
        -------
        list of list of str
        """
        picked = {(index.row(), index.column()) for index in indexes}
        rows, columns = (sorted({place[axis] for place in picked}) for axis in (0, 1))
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        lines = [["keyword", *(str(self.headerData(column, across)) for column in columns)]]
        for row in rows:
            cells = [self._copied(row, column) if (row, column) in picked else "" for column in columns]
            lines.append([str(self.headerData(row, down)), *cells])
        return lines

    # ---- as Qt asks

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One for each keyword that is shown, and one above each HDU."""
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Meaning, unit, and each file."""
        return 0 if parent.isValid() else FILES + len(self.table.files)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Files, and keywords."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if orientation == Qt.Orientation.Horizontal:
            return self._of_column(section, role)
        return self._of_line(section, role)

    def _of_column(self, section: int, role: int) -> object:
        file = self.file_at(section)
        if file is None:
            tips = ("What the keyword means", "Unit, as the header says or as is known")
            if role == Qt.ItemDataRole.ToolTipRole:
                return tips[section]
            return ("Meaning", "Unit")[section] if role == Qt.ItemDataRole.DisplayRole else None
        one, is_reference = self.table.files[file], file == self.table.reference
        if role == Qt.ItemDataRole.DisplayRole:
            return f"★ {self._names[file]}" if is_reference else self._names[file]
        if role == Qt.ItemDataRole.FontRole and is_reference:
            return self._bold
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().colour("error" if one.error else "text" if is_reference else "muted")
        if role == Qt.ItemDataRole.ToolTipRole:
            said = "Reference file: the others are held against it" if is_reference else ""
            return "\n".join(filter(None, (str(one.path), said, one.error)))
        return None

    def _of_line(self, section: int, role: int) -> object:
        line = self.lines[section]
        if isinstance(line, Band):
            if role == Qt.ItemDataRole.DisplayRole:
                return self.table.hdus[line.hdu]
            return self._bold if role == Qt.ItemDataRole.FontRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return line.name
        if role == Qt.ItemDataRole.FontRole and line.differs:
            return self._bold
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().colour("muted" if line.ignored else "text")
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(self.about(line))
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colour, weight and tooltip of a cell."""
        if not index.isValid():
            return None
        line, column = self.lines[index.row()], index.column()
        if isinstance(line, Band):
            return self._of_band(line, column, role)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index.row(), column)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return "\n".join(self.said(line, column))
        file = self.file_at(column)
        if file is None:
            return theme().colour("muted") if role == Qt.ItemDataRole.ForegroundRole else None
        return self._of_cell(line, line.cells[file], role)

    def _of_band(self, band: Band, column: int, role: int) -> object:
        if role == Qt.ItemDataRole.BackgroundRole:
            return theme().colour("raised")
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().colour("muted")
        if role == Qt.ItemDataRole.DisplayRole and column == MEANING:
            return self._bands[band.hdu]
        return None

    def _of_cell(self, row: Row, cell: Cell, role: int) -> object:
        mark = None if row.ignored else STATES.get(cell.state)
        if role == Qt.ItemDataRole.DecorationRole:
            return mark_icon(mark) if mark is not None else _no_icon()
        if role == Qt.ItemDataRole.FontRole:
            if mark is not None:
                return self._bold
            return self._slanted if cell.there and cell.value is None else None
        if role == Qt.ItemDataRole.ForegroundRole:
            if mark is not None:
                return theme().colour(mark.role)
            return theme().colour("muted" if row.ignored or not cell.there else "text")
        if role == Qt.ItemDataRole.BackgroundRole and mark is not None:
            return theme().colour(mark.fill)
        return None

    def _text(self, place: int, column: int) -> str:
        line = self.lines[place]
        if isinstance(line, Band):
            return str(self._of_band(line, column, Qt.ItemDataRole.DisplayRole) or "")
        if column == MEANING:
            return meaning_text(line)
        if column == UNIT:
            return unit_of(line.keyword, comment_of(line))
        cell = line.cells[column - FILES]
        if cell.there:
            return cell.text
        return STATES[State.MISSING].word if cell.state is State.MISSING else DASH

    def _copied(self, place: int, column: int) -> str:
        """Text of a cell for other programs: nothing where there is nothing."""
        line = self.lines[place]
        if isinstance(line, Row) and column >= FILES:
            return line.cells[column - FILES].text
        return self._text(place, column)

    # ---- in words

    def about(self, row: Row) -> Sequence[str]:
        """What a keyword is, in lines."""
        meaning = meaning_of(row.keyword)
        lines = [f"{row.name} in {self.table.hdus[row.hdu]}"]
        if meaning is not None:
            lines += meaning.lines
        if row.ignored:
            lines.append("Differences are looked past: it says when and how the file was written.")
        return lines

    def said(self, row: Row, column: int) -> Sequence[str]:
        """A cell in lines: file, value, how it stands to the reference file, comment."""
        file = self.file_at(column)
        if file is None:
            return self.about(row)
        cell, one = row.cells[file], self.table.files[file]
        value = cell.text if cell.there else one.error or "not in this file"
        if row.keyword in ("COMMENT", "HISTORY", "") and cell.there:
            value = str(cell.value)
        unit = unit_of(row.keyword, cell.comment)
        lines = [f"{row.name} in {self._names[file]}: {value}{f' {unit}' if unit and cell.there else ''}"]
        if cell.comment:
            lines.append(f"Comment: {cell.comment}")
        mark = STATES.get(cell.state)
        if mark is not None:
            base = row.cells[self.table.reference]
            than = f" ({self._names[self.table.reference]}: {base.text})" if base.there else ""
            lines.append(f"{mark.meaning.removesuffix('.')}{than}.")
        return lines


def _said_of_hdus(table: HeaderTable) -> list[str]:
    """How many keywords each HDU has, and how many differ."""
    many, differ = [0] * len(table.hdus), [0] * len(table.hdus)
    for row in table.rows:
        many[row.hdu] += 1
        differ[row.hdu] += row.differs
    return [
        f"{count:,} keyword{'' if count == 1 else 's'}"
        + (f", {other:,} differ{'s' if other == 1 else ''}" if len(table.files) > 1 else "")
        for count, other in zip(many, differ, strict=True)
    ]


def meaning_text(row: Row) -> str:
    """What a keyword means, or else what its comment says.

    Parameters
    ----------
    row : Row

    Returns
    -------
    str
    """
    meaning = meaning_of(row.keyword)
    return meaning.text if meaning is not None else without_unit(comment_of(row))


def _fits(row: Row, words: Sequence[str], conditions: Sequence[Condition]) -> bool:
    if words:
        text = f"{row.searched}\t{meaning_text(row).casefold()}"
        if not has_words(text, words):
            return False
    # conditions on several keywords leave the rows of all of them
    return not conditions or any(
        condition.about(row.keyword) and any(condition.accepts(cell.value) for cell in row.cells)
        for condition in conditions
    )


@cache
def _no_icon() -> QIcon:
    """As wide as a mark, so that values stand in one line whether they are marked or not."""
    empty = QPixmap(16, 16)
    empty.fill(Qt.GlobalColor.transparent)
    return QIcon(empty)
