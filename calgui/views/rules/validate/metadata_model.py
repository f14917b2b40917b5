"""The metadata of a file as a table: each keyword with what it may be, and what contradicts."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from calgui.core.algorithms.metadata.algorithm import Checked
from calgui.core.algorithms.metadata.facts import expected
from calgui.core.frames.keywordmeaning import meaning_of
from calgui.views.rules.marks import mark_icon
from calgui.views.rules.validate.verdicts import VERDICTS, rank
from calgui.views.theme import theme
from calgui.views.widgets.tables import RecordTable
from calgui.views.widgets.tips import plain_tip

_Index = QModelIndex | QPersistentModelIndex
#: column of what it may be
ALLOWED = 4
#: what contradictions are listed under
TOGETHER = "consistency"


@dataclass(frozen=True)
class KeywordLine:
    """A row.

    Attributes
    ----------
    verdict, keyword, value, unit, allowed, system : str
    calibrations : tuple of str
        That the keyword serves; `TOGETHER` of a contradiction.
    reason : str
        Empty where it is good.
    followed : bool
        Whether it is followed over the night.
    """

    verdict: str
    keyword: str
    value: str
    unit: str
    allowed: str
    system: str
    calibrations: tuple[str, ...]
    reason: str = ""
    followed: bool = False


def keyword_lines(checked: Checked) -> list[KeywordLine]:
    """What is there or needed, and what contradicts; the worst first.

    Parameters
    ----------
    checked : Checked

    Returns
    -------
    list of KeywordLine
    """
    serves: dict[str, list[str]] = {}
    followed: set[str] = set()
    for row in expected():
        serves.setdefault(row.keyword, []).append(row.calibration)
        if row.trend:
            followed.add(row.keyword)
    made = [
        KeywordLine(
            entry.verdict, entry.keyword, _shown(entry.value), entry.unit, entry.allowed, entry.system,
            tuple(serves.get(entry.keyword, ())), entry.reason, entry.keyword in followed,
        )
        for entry in checked.entries
        if entry.verdict is not None
    ]  # fmt: skip
    made += [
        KeywordLine(
            one.verdict, ", ".join(one.keywords), f"{one.number:.4g}" if one.number is not None else "", one.unit,
            f"at most {one.threshold:g}" if one.threshold is not None else "", one.rule, (TOGETHER,), one.text,
        )
        for one in checked.contradictions
    ]  # fmt: skip
    return sorted(made, key=lambda line: rank(line.verdict))


class MetadataModel(RecordTable[KeywordLine]):
    """The lines that are shown."""

    titles = ("Verdict", "Keyword", "Value", "Unit", "Allowed", "From", "Serves")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.all: list[KeywordLine] = []
        self._words, self._calibration = "", ""

    def show(self, lines: Sequence[KeywordLine]) -> None:
        """Show those of another file."""
        if list(lines) == self.all:
            return
        self.all = list(lines)
        self._narrow()

    def narrow(self, words: str, calibration: str) -> None:
        """Show what holds all words, of one calibration.

        Parameters
        ----------
        words : str
        calibration : str
            Key of the catalogue, `TOGETHER`, or empty for all.
        """
        self._words, self._calibration = words.casefold(), calibration
        self._narrow()

    def _narrow(self) -> None:
        words, wanted = self._words.split(), self._calibration
        super().show(
            [
                line
                for line in self.all
                if (not wanted or wanted in line.calibrations) and all(word in _text(line) for word in words)
            ]
        )

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colour and tooltip."""
        if not index.isValid():
            return None
        line, column = self.shown[index.row()], index.column()
        mark = VERDICTS[line.verdict]
        if role == Qt.ItemDataRole.DisplayRole:
            serves = ", ".join(line.calibrations)
            return (mark.word, line.keyword, line.value, line.unit, line.allowed, line.system, serves)[column]
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return mark_icon(mark)
        if role == Qt.ItemDataRole.ForegroundRole and column == 0:
            return theme().colour(mark.role)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            known = meaning_of(line.keyword)
            allowed = f"Allowed: {line.allowed} {line.unit}".rstrip() if line.allowed else ""
            parts = (f"{line.keyword}: {known.text}" if known else line.keyword, line.reason or mark.word, allowed)
            tip = "\n".join(part for part in parts if part)
            return plain_tip(tip) if role == Qt.ItemDataRole.ToolTipRole else tip
        return None


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "T" if value else "F"
    return f"{value:.8g}" if isinstance(value, float) else str(value)


def _text(line: KeywordLine) -> str:
    parts = (line.keyword, line.value, line.unit, line.allowed, line.system, line.reason, *line.calibrations)
    return " ".join((VERDICTS[line.verdict].word, *parts)).casefold()
