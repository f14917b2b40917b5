"""Defects of a cache as a list: how bad, where, and what is wrong."""

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QTextLayout, QTextOption
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from calgui.core.rules.values import Finding, Severity
from calgui.views.rules.marks import SEVERITIES, paint_badge
from calgui.views.theme import SPACE, theme

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_FINDING = Qt.ItemDataRole.UserRole
_ORDER = list(Severity)
_BADGE = 16


class FindingsModel(QAbstractListModel):
    """All defects, or those that hold some words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.all: tuple[Finding, ...] = ()
        self.shown: list[Finding] = []
        self._words: list[str] = []

    def show(self, findings: tuple[Finding, ...]) -> None:
        """Show the defects of another cache, errors first."""
        self.all = tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity)))
        self._narrow()

    def search(self, words: str) -> None:
        """Show only the defects that hold all words."""
        self._words = words.casefold().split()
        self._narrow()

    def _narrow(self) -> None:
        self.beginResetModel()
        self.shown = [finding for finding in self.all if all(word in _text(finding) for word in self._words)]
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One row for each defect."""
        return 0 if parent.isValid() else len(self.shown)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The finding, and its words."""
        if not index.isValid():
            return None
        finding = self.shown[index.row()]
        if role == _FINDING:
            return finding
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{SEVERITIES[finding.severity].word}: {finding.place}: {finding.message}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{finding.place}\n{finding.message}\n{finding.cure}".strip()
        return None


def _text(finding: Finding) -> str:
    return f"{finding.severity} {finding.code} {finding.place} {finding.message} {finding.cure}".casefold()


class _Delegate(QStyledItemDelegate):
    """Severity and place on one line, the message on the two below."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        finding: Finding = index.data(_FINDING)
        look, mark = theme(), SEVERITIES[finding.severity]
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, look.colour("selected"))
        box = QRectF(option.rect).adjusted(SPACE, SPACE / 2, -SPACE, -SPACE / 2)
        paint_badge(
            painter,
            QRectF(box.left(), box.top() + 1, _BADGE, _BADGE),
            mark.glyph,
            look.colour(mark.role),
            look.colour(mark.fill),
        )
        left = box.left() + _BADGE + SPACE
        bold = QFont(option.font)
        bold.setBold(True)
        metrics, height = QFontMetrics(bold), QFontMetrics(option.font).lineSpacing()
        painter.setFont(bold)
        painter.setPen(look.colour(mark.role))
        painter.drawText(QRectF(left, box.top(), 70, height), Qt.AlignmentFlag.AlignVCenter, mark.word)
        word = metrics.horizontalAdvance(mark.word) + SPACE
        painter.setPen(look.colour("text"))
        space = QRectF(left + word, box.top(), box.right() - left - word, height)
        place = metrics.elidedText(finding.place, Qt.TextElideMode.ElideMiddle, int(space.width()))
        painter.drawText(space, Qt.AlignmentFlag.AlignVCenter, place)
        painter.setFont(option.font)
        painter.setPen(look.colour("muted"))
        below = QRectF(left, box.top() + height + 1, box.right() - left, 2 * height)
        _draw_two_lines(painter, below, finding.message, option.font)
        painter.setPen(look.colour("line"))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(200, 3 * QFontMetrics(option.font).lineSpacing() + SPACE + 4)


def _draw_two_lines(painter: QPainter, box: QRectF, text: str, font: QFont) -> None:
    layout, metrics = QTextLayout(text, font), QFontMetrics(font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WordWrap)
    layout.setTextOption(option)
    layout.beginLayout()
    first = layout.createLine()
    first.setLineWidth(box.width())
    cut = first.textStart() + first.textLength()
    layout.endLayout()
    height = metrics.lineSpacing()
    painter.drawText(QRectF(box.left(), box.top(), box.width(), height), Qt.AlignmentFlag.AlignVCenter, text[:cut])
    rest = metrics.elidedText(text[cut:], Qt.TextElideMode.ElideRight, int(box.width()))
    painter.drawText(QRectF(box.left(), box.top() + height, box.width(), height), Qt.AlignmentFlag.AlignVCenter, rest)


class FindingsView(QListView):
    """The list of defects; a click or the arrow keys lead to the place.

    Signals
    -------
    asked(Finding)
        The user wants to see where it is.
    """

    asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("findings_list")
        self.setAccessibleName("Findings of the whole cache")
        self.findings = FindingsModel(self)
        self.setModel(self.findings)
        self.setItemDelegate(_Delegate(self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # arrows and clicks both lead there: the place follows the row in focus
        self.selectionModel().currentChanged.connect(self._ask)
        self.clicked.connect(lambda index: self._ask(index, QModelIndex()))

    def show_findings(self, findings: tuple[Finding, ...]) -> None:
        """Show the defects of another cache."""
        self.findings.show(findings)

    def _ask(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid():
            self.asked.emit(self.findings.shown[index.row()])
