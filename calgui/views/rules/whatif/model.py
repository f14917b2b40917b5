"""Cases as columns: above what is set, below what is selected."""

from typing import NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from calgui.core.rules.questions.whatif import UNDEFINED, Setting
from calgui.core.rules.values import Selection, Status, Trust
from calgui.views.rules.marks import STATUSES, TRUSTS, Mark, mark_icon, with_keywords
from calgui.views.rules.whatif.board import Board
from calgui.views.theme import theme

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()

#: an answer that is another than the first case's; a value that the case sets
DIFFERS = Mark("≠", "differs", "accent", "neutral_fill", "Another answer than in the first case.")
OTHER_VALUE = Mark("≠", "differs", "warning", "warning_fill", "Another value than in the first case.")
SET = Mark("✎", "set here", "warning", "warning_fill", "The case sets this value.")
MISSING = "(missing)"


class Line(NamedTuple):
    """One row: a title, a setting by its parkey, or an answer by its type."""

    kind: str
    name: str


class CasesModel(QAbstractTableModel):
    """Settings and answers of all cases.

    Parameters
    ----------
    board : Board
        Whose cases are shown, and who is told what is edited.
    """

    def __init__(self, board: Board, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.board = board
        self.lines: list[Line] = []
        self.only_differences = False
        self._count = 0
        self._has_files = False
        board.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Follow the board; where rows and columns stay the same, only the cells change."""
        columns, cache = self.board.columns, self.board.session.cache
        self._has_files = cache is not None and cache.has_references
        settings = list(dict.fromkeys(name for column in columns for name in column.settings))
        types = sorted({name for column in columns for name in column.answers})
        if self.only_differences and len(columns) > 1:
            settings = [name for name in settings if len({_value(column.settings.get(name)) for column in columns}) > 1]
            types = [name for name in types if len({_given(column.answers.get(name)) for column in columns}) > 1]
        lines = [Line("title", "Header"), *(Line("setting", name) for name in settings)] if settings else []
        if types:
            lines += [Line("title", "Selected references"), *(Line("answer", name) for name in types)]
        if lines == self.lines and len(self.board.columns) == self._count:
            if lines and self._count:
                self.dataChanged.emit(self.index(0, 0), self.index(len(lines) - 1, self._count - 1))
                self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self._count - 1)
            return
        self.beginResetModel()
        self.lines, self._count = lines, len(self.board.columns)
        self.endResetModel()

    def setting(self, index: _Index) -> Setting | None:
        """What can be set in a cell."""
        line = self.lines[index.row()]
        return self.board.columns[index.column()].settings.get(line.name) if line.kind == "setting" else None

    def answer(self, index: _Index) -> Selection | None:
        """What is selected in a cell."""
        line = self.lines[index.row()]
        return self.board.columns[index.column()].answers.get(line.name) if line.kind == "answer" else None

    def differs(self, index: _Index) -> bool:
        """Whether a cell says something else than that of the first case."""
        first = self.index(index.row(), 0)
        if self.lines[index.row()].kind == "setting":
            return _value(self.setting(index)) != _value(self.setting(first))
        return _given(self.answer(index)) != _given(self.answer(first))

    def show_only_differences(self, only: bool) -> None:
        """Show only the rows in which the cases are not all alike.

        Parameters
        ----------
        only : bool
            False for all rows.
        """
        self.only_differences = only
        self.refresh()

    def row_of(self, kind: str, name: str) -> int | None:
        """Row of a setting (by its parkey) or an answer (by its type).

        Parameters
        ----------
        kind, name : str
            As in `Line`.

        Returns
        -------
        int or None
        """
        line = Line(kind, name)
        return self.lines.index(line) if line in self.lines else None

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Titles, settings, answers."""
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """One column for each case."""
        return 0 if parent.isValid() else self._count

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Names of the cases, keywords and types."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        if orientation == Qt.Orientation.Horizontal:
            return self.board.columns[section].case.name if role == Qt.ItemDataRole.DisplayRole else None
        line = self.lines[section]
        setting = next((one.settings[line.name] for one in self.board.columns if line.name in one.settings), None)
        if role == Qt.ItemDataRole.DisplayRole:
            return (setting.keyword or setting.parkey) if setting is not None else line.name
        if role == Qt.ItemDataRole.ToolTipRole and setting is not None:
            read = f"\nread for {', '.join(setting.types)}" if setting.types else "\nchooses the instrument"
            return f"{setting.parkey}{read}"
        if role == Qt.ItemDataRole.FontRole and line.kind == "title":
            return _bold()
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Settings can be edited; titles are no cells."""
        line = self.lines[index.row()]
        if line.kind == "title":
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if self.setting(index) is not None else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, colour, weight and tooltip of a cell."""
        if not index.isValid():
            return None
        setting, answer = self.setting(index), self.answer(index)
        if setting is not None:
            return self._of_setting(setting, self.differs(index), role)
        if answer is not None:
            return self._of_answer(answer, self.differs(index), role)
        return None

    def _of_setting(self, setting: Setting, differs: bool, role: int) -> object:
        missing = setting.value in (None, UNDEFINED)
        if role == Qt.ItemDataRole.DisplayRole:
            return MISSING if missing else setting.value
        if role == Qt.ItemDataRole.EditRole:
            return "" if missing else setting.value
        if role == Qt.ItemDataRole.DecorationRole and (setting.changed or differs):
            return mark_icon(OTHER_VALUE if differs else SET)
        if role == Qt.ItemDataRole.FontRole and (setting.changed or differs):
            return _bold()
        if role == Qt.ItemDataRole.ForegroundRole and missing:
            return theme().colour("warning")
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            listed = f"Rules list: {', '.join(setting.accepted[:60])}" if setting.accepted else "Any value can be set."
            told = [OTHER_VALUE.meaning] * differs + [SET.meaning] * setting.changed
            return "\n".join((*told, listed))
        return None

    def _unfit(self, answer: Selection) -> bool:
        """Whether the file itself is not as it should be; a cache of mappings only has none, and that is no defect."""
        return self._has_files and answer.trust not in (None, Trust.OK, Trust.UNCHECKED)

    def _of_answer(self, answer: Selection, differs: bool, role: int) -> object:
        mark = STATUSES[answer.status]
        if role == Qt.ItemDataRole.DisplayRole:
            if answer.file is not None and self._unfit(answer):
                return f"{answer.file}  ·  {TRUSTS[answer.trust].word}"
            tells = answer.message and answer.status is not Status.NOT_APPLICABLE
            return answer.file or (f"{mark.word}: {with_keywords(answer.message or '')}" if tells else mark.word)
        if role == Qt.ItemDataRole.DecorationRole:
            trust = TRUSTS[answer.trust] if answer.trust is not None and self._unfit(answer) else mark
            return mark_icon(DIFFERS if differs else trust)
        if role == Qt.ItemDataRole.FontRole and differs:
            return _bold()
        if role == Qt.ItemDataRole.ForegroundRole:
            roles = {Status.SELECTED: "text", Status.NOT_APPLICABLE: "muted"}
            return theme().colour(roles.get(answer.status, "error"))
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            lines = [f"{answer.type}: {answer.file or mark.word}", answer.message or "", answer.mapping or ""]
            lines.append(TRUSTS[answer.trust].meaning if answer.trust is not None else "")
            lines.append(DIFFERS.meaning if differs else "")
            return "\n".join(line for line in lines if line)
        return None

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Set a value; an empty one takes it away."""
        setting = self.setting(index)
        if setting is None or role != Qt.ItemDataRole.EditRole:
            return False
        text = str(value).strip()
        new = None if text in ("", MISSING) else text
        if new != _value(setting):
            self.board.set(index.column(), setting.parkey, setting.keyword, new)
        return True


def _value(setting: Setting | None) -> str | None:
    return None if setting is None or setting.value == UNDEFINED else setting.value


def _given(answer: Selection | None) -> tuple[Status, str | None] | None:
    return None if answer is None else (answer.status, answer.file)


def _bold() -> QFont:
    font = QFont()
    font.setBold(True)
    return font
