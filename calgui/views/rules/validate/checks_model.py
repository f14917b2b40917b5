"""All checks of a file as a table: what was found, the limits, and whose they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from calgui.core.validation import Said, Validation
from calgui.core.validation.checks import Check
from calgui.views.rules.marks import mark_icon
from calgui.views.rules.validate.verdicts import VERDICTS, rank
from calgui.views.theme import theme
from calgui.views.widgets.tables import RecordTable
from calgui.views.widgets.tips import plain_tip

_Index = QModelIndex | QPersistentModelIndex
LIMITS = ("bad_below", "doubtful_below", "doubtful_above", "bad_above")
FIRST_LIMIT = 4
_FROM = FIRST_LIMIT + len(LIMITS)


@dataclass(frozen=True)
class Line:
    """A row.

    Attributes
    ----------
    verdict : str
        Of the check; ``off`` where it is left out.
    title : str
    said : Said or None
        None where it was not held against the file.
    check : Check or None
        None of what is of no list: metadata, crds certify.
    changed : frozenset of str
        Its fields that the user's file says.
    """

    verdict: str
    title: str
    said: Said | None = None
    check: Check | None = None
    changed: frozenset[str] = frozenset()

    @property
    def editable(self) -> bool:
        """Whether it has limits."""
        check = self.check
        if check is None or self.verdict == "off" or check.extension:
            return False
        return bool(check.figure) or any(getattr(check, limit) is not None for limit in LIMITS)

    @property
    def source(self) -> str:
        """Whose limits they are."""
        if self.check is None:
            return "crds" if self.said is not None and self.said.check == "certify" else "the program"
        return "yours" if self.changed else "observatory"


def lines_of(validation: Validation, certifying: bool) -> list[Line]:
    """All checks of a file, the worst first; what is left out last.

    Parameters
    ----------
    validation : Validation
    certifying : bool
        Whether crds certify is still being asked.

    Returns
    -------
    list of Line
    """
    listed = validation.listed
    changed = listed.changed if listed is not None else {}
    made = [
        Line(said.verdict, said.title, said, listed.named(said.check) if listed else None,
             changed.get(said.check, frozenset()))
        for said in validation.said
    ]  # fmt: skip
    if certifying:
        made.append(Line("working", "crds certify"))
    off = listed.off if listed is not None else ()
    made += [Line("off", one.title, None, one, changed.get(one.name, frozenset())) for one in off]
    return sorted(made, key=lambda line: (line.verdict == "off", rank(line.verdict)))


class ChecksModel(RecordTable[Line]):
    """The lines that are shown.

    Signals
    -------
    limit_given(object, str, object)
        Of a `Line`, the name of a limit, and its new number or None.
    refused(str)
        What was typed is no number.
    """

    limit_given = Signal(object, str, object)
    refused = Signal(str)
    titles = ("Verdict", "Check", "Value", "Unit", "Bad <", "Doubtful <", "Doubtful >", "Bad >", "Limits of")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.all: list[Line] = []
        self._words, self._only = "", ""

    def show(self, lines: Sequence[Line]) -> None:
        """Show the checks of another file, or of the same with other limits."""
        self.all = list(lines)
        self._narrow()

    def narrow(self, words: str, only: str) -> None:
        """Show what holds all words, of some verdicts.

        Parameters
        ----------
        words : str
        only : str
            A verdict, ``not good``, ``yours``, or empty for all.
        """
        self._words, self._only = words.casefold(), only
        self._narrow()

    def _narrow(self) -> None:
        words = self._words.split()
        shown = [line for line in self.all if self._fits(line) and all(word in _text(line) for word in words)]
        if len(shown) == len(self.shown):
            self.show_again(shown)
        else:
            super().show(shown)

    def _fits(self, line: Line) -> bool:
        if self._only == "not good":
            return line.verdict not in ("good", "off")
        if self._only == "yours":
            return bool(line.changed)
        return not self._only or line.verdict == self._only

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles, and what limits mean."""
        if role == Qt.ItemDataRole.ToolTipRole and FIRST_LIMIT <= section < _FROM:
            return (
                f"{LIMITS[section - FIRST_LIMIT].replace('_', ' ').capitalize()} this number; double-click to change."
            )
        return super().headerData(section, orientation, role)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Limits can be changed."""
        flags = super().flags(index)
        if index.isValid() and FIRST_LIMIT <= index.column() < _FROM and self.shown[index.row()].editable:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colour and tooltip."""
        if not index.isValid():
            return None
        line, column = self.shown[index.row()], index.column()
        mark = VERDICTS[line.verdict]
        limit = LIMITS[column - FIRST_LIMIT] if FIRST_LIMIT <= column < _FROM else ""
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return _cell(line, column, limit)
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return mark_icon(mark)
        if role == Qt.ItemDataRole.ForegroundRole:
            own = limit in line.changed if limit else column == _FROM and bool(line.changed)
            return theme().colour(mark.role) if column == 0 else theme().colour("accent") if own else None
        if role == Qt.ItemDataRole.FontRole and limit in line.changed and limit:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.TextAlignmentRole and (limit or column == 2):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            tip = _tip(line, limit)
            return plain_tip(tip) if role == Qt.ItemDataRole.ToolTipRole else tip
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Another limit; an empty one is that of the observatory."""
        if not index.isValid() or role != Qt.ItemDataRole.EditRole:
            return False
        line, limit = self.shown[index.row()], LIMITS[index.column() - FIRST_LIMIT]
        text = str(value).strip()
        if text == _cell(line, index.column(), limit):
            return False
        try:
            number = float(text.replace(",", ".")) if text else None
        except ValueError:
            self.refused.emit(f"{text!r} is no number.")
            return False
        self.limit_given.emit(line, limit, number)
        return True


def _cell(line: Line, column: int, limit: str) -> str:
    said, check = line.said, line.check
    if limit:
        at = getattr(check, limit) if check is not None else None
        # a contradiction of the metadata has one limit, which is an upper one
        if check is None and said is not None and said.threshold is not None and line.verdict == limit.split("_")[0]:
            at = said.threshold if limit.endswith("above") else None
        return "" if at is None else f"{at:g}"
    value = said.value if said is not None else None
    shown = "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    unit = said.unit if said is not None else ""
    # by its name it is found in the file of thresholds
    title = f"{check.name} · {line.title}" if check is not None else line.title
    return (VERDICTS[line.verdict].word, title, shown, unit)[column] if column < FIRST_LIMIT else line.source


def _tip(line: Line, limit: str) -> str:
    check = line.check
    parts = [line.title, line.said.sentence if line.said is not None else VERDICTS[line.verdict].meaning]
    if check is not None:
        what = check.figure or check.keyword or check.extension
        words = f"{', '.join(check.allowed)}" if check.allowed else ""
        parts.append(f"{check.name}: {what}{f', one of {words}' if words else ''}")
    if limit and line.editable:
        whose = "yours" if limit in line.changed else "the observatory's"
        parts.append(f"{limit.replace('_', ' ')}: {whose}. Double-click to change it; empty is the observatory's.")
    return "\n".join(part for part in parts if part)


def _text(line: Line) -> str:
    check = line.check
    names = (check.name, check.figure, check.keyword, check.extension) if check is not None else ()
    said = line.said
    return " ".join(
        (VERDICTS[line.verdict].word, line.title, *names, str(said.value if said else ""), line.source)
    ).casefold()
