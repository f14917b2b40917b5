"""Reference types as rows: what the rules select, what the file is worth, what the header says."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from calgui.core.rules.values import Status, Trust
from calgui.views.rules.marks import NOT_HERE, OTHER_USED, STATUSES, TRUSTS, Mark, mark_icon, with_keywords
from calgui.views.rules.why.summary import Answer, TypeRow
from calgui.views.theme import theme
from calgui.views.widgets.two_levels import TwoLevels

_Index = QModelIndex | QPersistentModelIndex
TYPE, FILE, TRUST, USE, MAPPING = range(5)


class ReferencesModel(TwoLevels):
    """Reference types, and under those where the observations differ their different answers."""

    titles = ("Type", "Rules select", "File is", "In the header", "Decided by")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[TypeRow] = []
        self.mappings_only = False

    def show(self, rows: list[TypeRow], mappings_only: bool = False) -> None:
        """Show other rows.

        Parameters
        ----------
        rows : list of TypeRow
            In the order of the table.
        mappings_only : bool
            Whether the cache holds no references at all, so that none is amiss.
        """
        self.beginResetModel()
        self.rows, self.mappings_only = rows, mappings_only
        self.endResetModel()

    def tops(self) -> int:
        """Types."""
        return len(self.rows)

    def below(self, top: int) -> int:
        """Answers of a type whose observations differ."""
        answers = self.rows[top].answers
        return len(answers) if len(answers) > 1 else 0

    def type_of(self, index: _Index) -> str:
        """The reference type of a row."""
        return self.rows[(index.internalId() - 1) if index.internalId() else index.row()].type

    def answer_of(self, index: _Index) -> Answer:
        """The answer of a row; for a type with several the most frequent one."""
        if index.internalId():
            return self.rows[index.internalId() - 1].answers[index.row()]
        return self.rows[index.row()].answers[0]

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colour and tooltip of a cell."""
        if not index.isValid():
            return None
        differing = not index.internalId() and len(self.rows[index.row()].answers) > 1
        answer, column = self.answer_of(index), index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._differing(index) if differing else self._text(index, answer)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "" if differing else self._tip(answer, column)
        if role == Qt.ItemDataRole.DecorationRole and not differing:
            mark = self._mark(answer, column)
            return mark_icon(mark) if mark is not None else None
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().colour("warning" if differing and column == FILE else self._role(answer, column))
        if role == Qt.ItemDataRole.FontRole and (differing or column == TYPE):
            font = QFont()
            font.setBold(True)
            return font
        return None

    def _differing(self, index: _Index) -> str:
        row = self.rows[index.row()]
        total = sum(len(answer.members) for answer in row.answers)
        return {
            TYPE: row.type,
            FILE: f"{len(row.answers)} answers for {total} observations",
            USE: "some differ" if any(answer.disagrees for answer in row.answers) else "",
        }.get(index.column(), "")

    def _text(self, index: _Index, answer: Answer) -> str:
        selection, column = answer.selection, index.column()
        if column == TYPE:
            return selection.type if not index.internalId() else f"{len(answer.members)} ×"
        if column == FILE:
            tells = selection.message and selection.status is not Status.NOT_APPLICABLE
            said = f": {with_keywords(selection.message or '')}" if tells else ""
            return selection.file or f"{STATUSES[selection.status].word}{said}"
        if column == MAPPING:
            return selection.mapping or ""
        if column == TRUST:
            mark = self._trust(answer)
            return mark.word if mark is not None else ""
        return answer.use if selection.status is not Status.NOT_APPLICABLE or answer.disagrees else ""

    def _trust(self, answer: Answer) -> Mark | None:
        trust = answer.selection.trust
        if trust is Trust.MISSING and self.mappings_only:
            return NOT_HERE
        return TRUSTS[trust] if trust is not None else None

    def _mark(self, answer: Answer, column: int) -> Mark | None:
        if column == FILE:
            return STATUSES[answer.selection.status]
        if column == TRUST:
            return self._trust(answer)
        if column == USE and answer.disagrees:
            return OTHER_USED
        if column == USE and answer.agrees and answer.selection.file:
            return STATUSES[Status.SELECTED]
        return None

    def _role(self, answer: Answer, column: int) -> str:
        status, mark = answer.selection.status, self._mark(answer, column)
        if column == USE:
            return mark.role if mark is not None else "muted"
        if column == FILE:
            return {Status.SELECTED: "text", Status.NOT_APPLICABLE: "muted"}.get(status, "error")
        if column == TRUST and mark is not None:
            return mark.role
        return "muted" if status is Status.NOT_APPLICABLE or column == MAPPING else "text"

    def _tip(self, answer: Answer, column: int) -> str:
        selection, mark = answer.selection, self._mark(answer, column)
        if column == FILE:
            lines = (selection.file, STATUSES[selection.status].word, selection.message)
            return "\n".join(line for line in lines if line)
        if column == TRUST and mark is not None:
            return f"{mark.meaning}\n{selection.path or ''}".strip()
        if column == USE and answer.uses[0].keyword:
            return f"{answer.uses[0].keyword} = {answer.uses[0].recorded or 'absent'}"
        return selection.mapping or ""


class SentenceDelegate(QStyledItemDelegate):
    """Names lose their middle where there is no room, sentences their end."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        """Choose where to elide."""
        super().initStyleOption(option, index)
        if " " in (index.data() or ""):
            option.textElideMode = Qt.TextElideMode.ElideRight
