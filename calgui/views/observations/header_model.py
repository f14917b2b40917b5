"""All headers of a file as a tree: HDUs, and under each its cards; those that rules read are marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QIcon, QPixmap

from calgui.core.frames.cards import Card
from calgui.core.frames.conditions import Condition, has_words, split
from calgui.core.frames.headers import HduHeader
from calgui.core.frames.keywordmeaning import meaning_of
from calgui.views.observations.columns import written
from calgui.views.theme import theme
from calgui.views.widgets.icons import icon
from calgui.views.widgets.two_levels import TwoLevels

_Index = QModelIndex | QPersistentModelIndex
KEYWORD, VALUE, COMMENT = range(3)


@dataclass(frozen=True)
class _Group:
    hdu: HduHeader
    cards: tuple[Card, ...]


class HeaderModel(TwoLevels):
    """HDUs at the top, cards below; a search leaves only what fits."""

    titles = ("Keyword", "Value", "Comment")

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hdus: tuple[HduHeader, ...] = ()
        self._groups: list[_Group] = []
        self._wanted: tuple[tuple[str, ...], tuple[Condition, ...]] | None = None
        self._marks: Mapping[str, str] = {}
        self._bold = QFont()
        self._bold.setBold(True)
        #: what the program knows, and the file does not say
        self._slanted = QFont()
        self._slanted.setItalic(True)

    # ---- what is in it

    def show(self, hdus: Sequence[HduHeader]) -> None:
        """Show other headers.

        Parameters
        ----------
        hdus : sequence of HduHeader
            Of one file.
        """
        self._hdus = tuple(hdus)
        self._rearrange()

    def mark(self, marks: Mapping[str, str]) -> None:
        """Mark the keywords that rules read.

        Parameters
        ----------
        marks : mapping of str to str
            FITS keyword to what is to be said of it.
        """
        self._marks = marks
        if self._wanted:
            self._rearrange()
        else:
            for place in range(len(self._groups)):
                group = self.index(place, 0)
                last = self.index(self.rowCount(group) - 1, COMMENT, group)
                if last.isValid():
                    self.dataChanged.emit(self.index(0, 0, group), last)

    def search(self, text: str) -> None:
        """Leave only cards that hold every word in keyword, value, comment (or else meaning) or parkey.

        Parameters
        ----------
        text : str
            Words, as ``temp`` or ``LGS*``, and conditions, as ``EXPTIME>30``, of which a card fulfils one; empty shows
            all.
        """
        wanted = split(text) if text.strip() else None
        if wanted != self._wanted:
            self._wanted = wanted
            self._rearrange()

    @property
    def count(self) -> int:
        """How many cards are shown."""
        return sum(len(group.cards) for group in self._groups)

    def _rearrange(self) -> None:
        self.beginResetModel()
        groups = [_Group(hdu, tuple(card for card in hdu.cards if self._fits(card))) for hdu in self._hdus]
        self._groups = [group for group in groups if group.cards or not self._wanted]
        self.endResetModel()

    def _fits(self, card: Card) -> bool:
        if self._wanted is None:
            return True
        words, conditions = self._wanted
        keyword, value, comment = card
        if conditions and not any(one.about(keyword) and one.accepts(value) for one in conditions):
            return False
        told = comment or _meaning(keyword)
        text = f"{keyword}\t{written(value)}\t{told}\t{self._marks.get(keyword.upper(), '')}".casefold()
        return has_words(text, words)

    def find(self, hdu: int | None, keyword: str) -> QModelIndex:
        """Where a card is.

        Parameters
        ----------
        hdu : int or None
            Number of the HDU; None for the first that has it.
        keyword : str
            In any case.

        Returns
        -------
        QModelIndex
            Of the keyword; invalid where it is not shown.
        """
        for place, group in enumerate(self._groups):
            if hdu is None or group.hdu.index == hdu:
                for row, card in enumerate(group.cards):
                    if card.keyword.upper() == keyword.upper():
                        return self.index(row, KEYWORD, self.index(place, 0))
        return QModelIndex()

    def lines(self, indexes: Sequence[_Index]) -> str:
        """Some rows as text, ``KEYWORD = value / comment`` each; an HDU stands for all its cards.

        Parameters
        ----------
        indexes : sequence of QModelIndex
            One for each row.

        Returns
        -------
        str
        """
        said: list[str] = []
        for index in indexes:
            if index.internalId():
                said.append(_line(self._groups[index.internalId() - 1].cards[index.row()]))
            else:
                group = self._groups[index.row()]
                said += [f"# {_title(group.hdu)}", *(_line(card) for card in group.cards)]
        return "\n".join(said) + "\n"

    # ---- as Qt asks

    def tops(self) -> int:
        """HDUs."""
        return len(self._groups)

    def below(self, top: int) -> int:
        """Cards of one."""
        return len(self._groups[top].cards)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, font, icon, colour and tooltip of a cell."""
        if not index.isValid():
            return None
        if not index.internalId():
            return self._of_hdu(self._groups[index.row()].hdu, index.column(), role)
        card = self._groups[index.internalId() - 1].cards[index.row()]
        keyword, value, comment = card
        mark = self._marks.get(keyword.upper())
        if role == Qt.ItemDataRole.DisplayRole:
            return (keyword, written(value), comment or _meaning(keyword))[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            meaning = meaning_of(keyword)
            return "\n".join(filter(None, (_line(card), *(meaning.lines if meaning is not None else ()), mark)))
        if role == Qt.ItemDataRole.FontRole and mark and index.column() == KEYWORD:
            return self._bold
        if role == Qt.ItemDataRole.FontRole and not comment and index.column() == COMMENT:
            return self._slanted
        if role == Qt.ItemDataRole.DecorationRole and index.column() == KEYWORD and self._marks:
            return icon("rule", "accent") if mark else _no_icon()
        if role == Qt.ItemDataRole.ForegroundRole:
            if index.column() == COMMENT:
                return theme().colour("muted")
            return theme().colour("accent") if mark and index.column() == KEYWORD else None
        return None

    def _of_hdu(self, hdu: HduHeader, column: int, role: int) -> object:
        if role == Qt.ItemDataRole.DisplayRole and column == KEYWORD:
            return _title(hdu)
        if role == Qt.ItemDataRole.FontRole:
            return self._bold
        if hdu.warnings:
            if role == Qt.ItemDataRole.DecorationRole and column == KEYWORD:
                return icon("warning", "warning")
            if role == Qt.ItemDataRole.ToolTipRole:
                return "\n".join(hdu.warnings)
        return None


@cache
def _no_icon() -> QIcon:
    """As wide as an icon, so that keywords stand in one line whether they are marked or not."""
    empty = QPixmap(16, 16)
    empty.fill(Qt.GlobalColor.transparent)
    return QIcon(empty)


def _title(hdu: HduHeader) -> str:
    size = " × ".join(f"{length}" for length in reversed(hdu.shape)) or "no data"
    version = f",{hdu.version}" if hdu.version != 1 else ""
    name = f" {hdu.name}{version}" if hdu.name else ""
    odd = "  ·  " + hdu.warnings[0] if hdu.warnings else ""
    return f"{hdu.index}{name}  ·  {hdu.kind}, {size}{odd}"


def _meaning(keyword: str) -> str:
    """What a keyword means, for a card that does not say it."""
    meaning = meaning_of(keyword)
    return meaning.brief if meaning is not None and keyword else ""


def _line(card: Card) -> str:
    keyword, value, comment = card
    text = f"'{value}'" if isinstance(value, str) and keyword not in ("COMMENT", "HISTORY", "") else written(value)
    sign = " " if keyword in ("COMMENT", "HISTORY", "") else " = "
    return f"{keyword}{sign}{text}" + (f" / {comment}" if comment else "")
