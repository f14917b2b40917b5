"""The trace as a matrix: rules down, parameters across, every cell coloured and lettered."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QLineF, QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from calgui.core.rules.values import Cell, Fate, Outcome, Parameter, Rule, Trace
from calgui.views.rules.marks import FATES, OUTCOMES, SUBSTITUTED, Mark, paint_badge
from calgui.views.theme import theme

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
ROW_HEIGHT = 26
#: how many rules are shown before the rest folds away
NEAREST = 12
_MARK = Qt.ItemDataRole.UserRole
_BADGE, _GAP = 16, 6
#: rules that are measured for the widths of columns
_SAMPLE = 60
#: columns: what became of the rule, what it would give, then one for each parameter
FATE, FILE, FIRST = range(3)


def brief(rule: Rule, most: int = 14) -> str:
    """What a rule asks for in a few words: ``WFC · A|ABCD|AC… · F606W``.

    Parameters
    ----------
    rule : Rule
        Whose key may hold long lists of alternatives.
    most : int
        Letters of each part that are shown at most.

    Returns
    -------
    str
    """
    asked = [text for text in rule.key if text != "N/A"] or rule.key
    parts = [text if len(text) <= most + 1 else f"{text[:most]}…" for text in asked]
    return " · ".join(parts) or "every observation"


def shown_at_first(rules: Sequence[Rule]) -> int:
    """How many rules to show before the rest folds away: those that matched, and the nearest of the others.

    Parameters
    ----------
    rules : sequence of Rule
        Nearest first.

    Returns
    -------
    int
        All of them where only a handful would be left out.
    """
    matched = sum(rule.fate is not Fate.ELIMINATED for rule in rules)
    wanted = max(NEAREST, min(matched, 4 * NEAREST) + NEAREST // 2)
    return len(rules) if len(rules) <= wanted + 3 else wanted


class MatrixModel(QAbstractTableModel):
    """Fate, what the rule would give, and one column for each parameter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.trace: Trace | None = None
        self.rules: tuple[Rule, ...] = ()
        self.parameters: tuple[Parameter, ...] = ()
        self.limit = 0
        self._column_of: dict[str, int] = {}
        self._date_column: int | None = None

    def show(self, trace: Trace | None, keep_open: bool = False) -> None:
        """Show another trace.

        Parameters
        ----------
        trace : Trace or None
            None for an empty table.
        keep_open : bool
            Show all rules at once.
        """
        self.beginResetModel()
        self.trace = trace
        self.rules = trace.rules if trace is not None else ()
        self.parameters = trace.parameters if trace is not None else ()
        self.limit = len(self.rules) if keep_open else shown_at_first(self.rules)
        asked = {cell.parameter for rule in self.rules[:1] for cell in rule.cells}
        self._column_of = {parameter.name: i for i, parameter in enumerate(self.parameters)}
        # the parameters after the last one that rules compare are those of the date selector
        last = max((self._column_of.get(name, -1) for name in asked), default=-1)
        self._date_column = last + 1 if self.rules and last + 1 < len(self.parameters) else None
        self.endResetModel()

    def show_all(self) -> None:
        """Unfold the rules that were left out."""
        if self.limit < len(self.rules):
            self.beginInsertRows(_ROOT, self.limit, len(self.rules) - 1)
            self.limit = len(self.rules)
            self.endInsertRows()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Rules that are not folded away."""
        return 0 if parent.isValid() else self.limit

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Fate, file, parameters."""
        return 0 if parent.isValid() or self.trace is None else len(self.parameters) + 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles; the header draws parameters itself."""
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        if section < FIRST:
            return ("Rule · weight", "Would give")[section]
        parameter = self.parameters[section - FIRST]
        return parameter.keyword or parameter.name

    def cell(self, index: _Index) -> Cell | None:
        """The cell of the trace at a place of the table, if it is one."""
        if not FIRST <= index.column() < FIRST + len(self.parameters):
            return None
        name = self.parameters[index.column() - FIRST].name
        return next((cell for cell in self.rules[index.row()].cells if cell.parameter == name), None)

    def mark(self, index: _Index) -> Mark | None:
        """How the state of a place is told."""
        if index.column() == FATE:
            return FATES[self.rules[index.row()].fate]
        cell = self.cell(index)
        if cell is None:
            return None
        if cell.substituted is not None and cell.outcome in (Outcome.NOT_APPLICABLE, Outcome.WILDCARD, Outcome.MATCH):
            return SUBSTITUTED
        return OUTCOMES[cell.outcome]

    def text(self, index: _Index) -> str:
        """What stands in a place."""
        rule, column = self.rules[index.row()], index.column()
        if column == FATE:
            return FATES[rule.fate].word + (f" · {rule.weight}" if rule.fate is not Fate.ELIMINATED else "")
        if column == FILE:
            return _files(rule)
        cell = self.cell(index)
        if cell is not None:
            return _asked(cell)
        return _dates(rule) if column - FIRST == self._date_column else ""

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, mark, tooltip and accessible words of a place."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(index)
        if role == _MARK:
            return self.mark(index)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._words(index)
        return None

    def width(self, column: int, metrics: QFontMetrics) -> int:
        """Room that the texts of a column want, by the first rules.

        Parameters
        ----------
        column : int
            Of the table.
        metrics : QFontMetrics
            Of the bold font.

        Returns
        -------
        int
            Pixels.
        """
        places = [self.createIndex(row, column) for row in range(min(self.limit, _SAMPLE))]
        texts = {self.text(place) for place in places}
        badge = _BADGE + _GAP if places and self.mark(places[0]) is not None else 0
        return max((metrics.horizontalAdvance(text) for text in texts), default=0) + badge + 2 * _GAP + 12

    def _words(self, index: _Index) -> str:
        mark, cell, rule = self.mark(index), self.cell(index), self.rules[index.row()]
        if cell is not None and mark is not None:
            said = cell.rule if cell.substituted is None else self.text(index)
            return f"{mark.word}: the rule says {said}, the observation {cell.value}. {mark.meaning}"
        if mark is not None:
            place = f" Line {rule.line} of {self.trace.mapping}." if rule.line and self.trace is not None else ""
            weight = f"Weight {rule.weight}: parameters that match. " if rule.fate is not Fate.ELIMINATED else ""
            return f"{mark.word}. {mark.meaning} {weight}{place}".strip()
        if index.column() == FILE:
            return "\n".join(dict.fromkeys(verdict.file for verdict in rule.dates[:20]))
        return "\n".join(f"{verdict.date}  {verdict.reason}" for verdict in rule.dates[:20])

    def table(self, rows: Sequence[int] | None = None) -> str:
        """The matrix as tab-separated text, with the observation's values under the titles.

        Parameters
        ----------
        rows : sequence of int, optional
            Which rules; all by default, folded or not.

        Returns
        -------
        str
        """
        if self.trace is None:
            return ""
        columns = range(self.columnCount())
        titles = [str(self.headerData(column, Qt.Orientation.Horizontal)) for column in columns]
        values = ["observation", self.trace.selected or "", *(parameter.value for parameter in self.parameters)]
        lines = [titles, values]
        for row in rows if rows is not None else range(len(self.rules)):
            line = []
            for column in columns:
                place = self.createIndex(row, column)
                mark = self.mark(place) if column >= FIRST else None
                cell = self.cell(place)
                text = cell.rule if cell is not None and cell.substituted is None else self.text(place)
                line.append(f"{mark.glyph} {text}" if mark is not None else text)
            lines.append(line)
        return "\n".join("\t".join(" ".join(field.split()) for field in line) for line in lines) + "\n"


def _asked(cell: Cell) -> str:
    if cell.substituted is not None:
        return f"{cell.rule} → {cell.substituted}"
    others = cell.rule.count("|")
    if others > 1 and cell.outcome is Outcome.MATCH and cell.value in cell.rule.split("|"):
        return f"{cell.value}  or {others} more"
    return cell.rule


def _files(rule: Rule) -> str:
    chosen = [verdict.file for verdict in rule.dates if verdict.chosen]
    if chosen:
        return ", ".join(chosen)
    names = list(dict.fromkeys(verdict.file for verdict in rule.dates))
    return names[0] if len(names) == 1 else f"{len(names)} files" if names else ""


def _dates(rule: Rule) -> str:
    chosen = [verdict.date for verdict in rule.dates if verdict.chosen]
    if chosen:
        return chosen[0] + (f"  of {len(rule.dates)}" if len(rule.dates) > 1 else "")
    if rule.fate is Fate.NO_DATE and rule.dates:
        return rule.dates[0].reason or rule.dates[0].date
    return rule.dates[0].date if len(rule.dates) == 1 else f"{len(rule.dates)} dates" if rule.dates else ""


class MatrixDelegate(QStyledItemDelegate):
    """Draws a cell: fill, letter, text; the rule in focus between two lines."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one cell."""
        look, model = theme(), index.model()
        rule = model.rules[index.row()]
        mark = index.data(_MARK)
        box = QRectF(option.rect)
        painter.save()
        eliminated = rule.fate is Fate.ELIMINATED
        if mark is not None and index.column() >= FIRST:
            painter.fillRect(box.adjusted(1, 1, -1, -1), look.colour(mark.fill))
        left = box.left() + _GAP
        if mark is not None:
            badge = QRectF(left, box.center().y() - _BADGE / 2, _BADGE, _BADGE)
            fill = look.colour(mark.fill if index.column() == FATE else "surface")
            paint_badge(painter, badge, mark.glyph, look.colour(mark.role), fill)
            left += _BADGE + _GAP
        failing = mark is not None and mark.role == "error"
        font = QFont(option.font)
        font.setBold(failing or rule.fate is Fate.WINNER)
        painter.setFont(font)
        muted = (eliminated and not failing) or (mark is not None and mark.role == "muted" and index.column() >= FIRST)
        role = "error" if failing else "muted" if muted else "text"
        if index.column() == FATE and mark is not None:
            role = mark.role
        painter.setPen(look.colour(role))
        space = QRectF(left, box.top(), box.right() - left - 4, box.height())
        text = QFontMetrics(font).elidedText(index.data() or "", Qt.TextElideMode.ElideMiddle, int(space.width()))
        painter.drawText(space, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(look.colour("accent"), 2))
            for y in (box.top() + 1, box.bottom()):
                painter.drawLine(QLineF(box.left(), y, box.right(), y))
        painter.restore()
