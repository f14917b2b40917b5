"""Files and their verdicts as a table, the worst first."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt

from calgui.views.rules.marks import mark_icon
from calgui.views.rules.validate.known import Judged
from calgui.views.rules.validate.verdicts import VERDICTS, rank
from calgui.views.theme import theme
from calgui.views.widgets.tables import RecordTable
from calgui.views.widgets.tips import plain_tip

_Index = QModelIndex | QPersistentModelIndex
#: column of the first reason
WHY = 4


@dataclass(frozen=True)
class FileLine:
    """A row.

    Attributes
    ----------
    path : pathlib.Path
    name : str
        As shown.
    verdict, type, counts, why : str
    """

    path: Path
    name: str
    verdict: str
    type: str = ""
    counts: str = ""
    why: str = ""


def line_of(one: Judged, name: str) -> FileLine:
    """The row of a file.

    Parameters
    ----------
    one : Judged
    name : str

    Returns
    -------
    FileLine
    """
    made = one.validation
    if made is None:
        return FileLine(one.path, name, one.verdict, why=one.error)
    verdicts = [said.verdict for said in made.said]
    counts = [f"{verdicts.count(word)} {word}" for word in ("bad", "doubtful") if word in verdicts]
    why = made.reasons[0] if made.reasons else ""
    return FileLine(one.path, name, one.verdict, made.type.lower(), ", ".join(counts), why)


class FilesModel(RecordTable[FileLine]):
    """The files of the page."""

    titles = ("Verdict", "File", "Type", "Checks", "First reason")

    def show(self, lines: Sequence[FileLine]) -> None:
        """Show files, the worst first, those of one verdict as they came.

        Parameters
        ----------
        lines : sequence of FileLine
        """
        made = sorted(lines, key=lambda line: rank(line.verdict))
        if made == self.shown:
            return
        if [line.path for line in made] == [line.path for line in self.shown]:
            self.show_again(made)
        else:
            super().show(made)

    def row_of(self, path: Path | None) -> int:
        """Row of a file; -1 where it is not listed."""
        return next((row for row, line in enumerate(self.shown) if line.path == path), -1)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colour and tooltip."""
        if not index.isValid():
            return None
        line, column = self.shown[index.row()], index.column()
        mark = VERDICTS[line.verdict]
        if role == Qt.ItemDataRole.DisplayRole:
            return (mark.word, line.name, line.type, line.counts, line.why)[column]
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return mark_icon(mark)
        if role == Qt.ItemDataRole.ForegroundRole and column == 0:
            return theme().colour(mark.role)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            tip = "\n".join(part for part in (f"{mark.word}: {line.name}", line.why, str(line.path)) if part)
            return plain_tip(tip) if role == Qt.ItemDataRole.ToolTipRole else tip
        return None
