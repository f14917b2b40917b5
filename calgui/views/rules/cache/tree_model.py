"""The cache's tree as a model over its outline, and how its rows are drawn."""

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from calgui.core.rules.values import Node, Severity, Trust
from calgui.views.rules.cache.outline import Outline
from calgui.views.rules.marks import NOT_HERE, SEVERITIES, TRUSTS, Mark, mark_icon, paint_badge
from calgui.views.theme import figures, theme

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.INFO)
#: number of errors and warnings at and below a node
COUNTS = Qt.ItemDataRole.UserRole + 1
#: name of the mapping that an instrument or type stands for
FILE = Qt.ItemDataRole.UserRole + 2
_KINDS = {
    "cache": "cache",
    "context": "context",
    "instrument": "instrument",
    "type": "reference type",
    "rule": "rule",
    "date": "date",
    "file": "reference file",
    "mapping": "mapping that the context does not reach",
    "reference": "reference that the context does not reach",
    "unreached": "what the context does not reach",
}


def kind_of(node: Node) -> str:
    """What a node is, in words."""
    return _KINDS.get(node.kind, node.kind)


class TreeModel(QAbstractItemModel):
    """An outline, or the part of it that a search left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.outline = Outline()
        self._visible: bytearray | None = None
        self._matches: frozenset[int] = frozenset()
        self._shown: dict[int, list[int]] = {}
        self._trusts: dict[str, Trust] = {}

    def show(self, outline: Outline) -> None:
        """Show another tree, whole."""
        self.beginResetModel()
        self.outline, self._visible, self._matches, self._shown = outline, None, frozenset(), {}
        self._trusts = {}
        self.endResetModel()

    def narrow(self, matches: list[int], visible: bytearray | None) -> None:
        """Show only some of the nodes.

        Parameters
        ----------
        matches : list of int
            To be drawn bold.
        visible : bytearray or None
            1 for each node to show; None for all.
        """
        self.beginResetModel()
        self._visible, self._matches, self._shown = visible, frozenset(matches), {}
        self.endResetModel()

    def _children(self, number: int) -> range | list[int]:
        if self._visible is None:
            return self.outline.children[number]
        if number not in self._shown:
            visible = self._visible
            self._shown[number] = [child for child in self.outline.children[number] if visible[child]]
        return self._shown[number]

    def _top(self) -> range:
        return range(1 if self.outline.nodes and (self._visible is None or self._visible[0]) else 0)

    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        """Place of a child; the cache itself is the one row at the top."""
        children = self._children(parent.internalId()) if parent.isValid() else self._top()
        if column or not 0 <= row < len(children):
            return QModelIndex()
        return self.createIndex(row, 0, children[row])

    def place(self, number: int) -> QModelIndex:
        """Place of a node by its number; invalid where it is not shown."""
        if not 0 <= number < len(self.outline.nodes) or (self._visible is not None and not self._visible[number]):
            return QModelIndex()
        return self.createIndex(self._row(number), 0, number)

    def _row(self, number: int) -> int:
        if number == 0:
            return 0
        children = self._children(self.outline.parent[number])
        return number - children.start if isinstance(children, range) else children.index(number)

    def parent(self, index: _Index = _ROOT) -> QModelIndex:  # type: ignore[override]
        """Place of the parent."""
        if not index.isValid():
            return QModelIndex()
        above = self.outline.parent[index.internalId()]
        return self.createIndex(self._row(above), 0, above) if above >= 0 else QModelIndex()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Children that are shown."""
        return len(self._children(parent.internalId()) if parent.isValid() else self._top())

    def hasChildren(self, parent: _Index = _ROOT) -> bool:
        """Whether there is anything below."""
        return self.rowCount(parent) > 0

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Always one."""
        return 1

    def node(self, index: _Index) -> Node:
        """The node of a place."""
        return self.outline.nodes[index.internalId()]

    def take(self, trusts: Mapping[str, Trust]) -> None:
        """Draw references with what a check found of them since the tree was made.

        Parameters
        ----------
        trusts : mapping of str to Trust
            By file name; added to what is known.
        """
        self._trusts.update(trusts)

    def _checked(self, node: Node) -> Node:
        trust = self._trusts.get(node.file) if node.trust is not None and node.file is not None else None
        return node if trust is None or trust is node.trust else replace(node, trust=trust)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, icon, tooltip and counts of a node."""
        if not index.isValid():
            return None
        node = self._checked(self.node(index))
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return node.label
        if role == Qt.ItemDataRole.AccessibleDescriptionRole or role == Qt.ItemDataRole.ToolTipRole:
            return _words(node, self.outline.counts[index.internalId()])
        if role == Qt.ItemDataRole.DecorationRole and node.trust is not None:
            return mark_icon(_trust_mark(node, node.trust))
        if role == FILE:
            return node.file if node.kind in ("instrument", "type") else None
        if role == COUNTS:
            return self.outline.counts[index.internalId()]
        if role == Qt.ItemDataRole.FontRole:
            return self._font(node, index.internalId())
        if role == Qt.ItemDataRole.ForegroundRole and node.trust not in (None, Trust.OK, Trust.UNCHECKED):
            return theme().colour("text")
        if role == Qt.ItemDataRole.ForegroundRole and node.kind == "unreached":
            return theme().colour("muted")
        return None

    def _font(self, node: Node, number: int) -> QFont | None:
        font = figures() if node.kind == "date" else QFont()
        font.setBold(number in self._matches or node.kind in ("cache", "context", "instrument"))
        font.setItalic(node.kind == "unreached")
        return font


def _trust_mark(node: Node, trust: Trust) -> Mark:
    return NOT_HERE if trust is Trust.MISSING and not node.findings else TRUSTS[trust]


def _words(node: Node, counts: list[int]) -> str:
    lines = [f"{kind_of(node)}: {node.label}"]
    if node.kind in ("instrument", "type") and node.file is not None:
        lines.append(f"Rules: {node.file}")
    if node.trust is not None:
        mark = _trust_mark(node, node.trust)
        lines.append(f"{mark.word}. {mark.meaning}")
    lines += [f"{SEVERITIES[finding.severity].word}: {finding.message}" for finding in node.findings[:5]]
    below = [count for count in counts if count]
    if below and not node.findings:
        lines.append(f"{counts[0]} errors, {counts[1]} warnings, {counts[2]} notes below")
    return "\n".join(lines)


class TreeDelegate(QStyledItemDelegate):
    """Draws a row, and at its right end how many findings there are at and below it."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one row."""
        counts = index.data(COUNTS) or [0, 0, 0]
        pills = [(severity, count) for severity, count in zip(_SEVERITIES, counts, strict=True) if count]
        narrowed = QStyleOptionViewItem(option)
        metrics = QFontMetrics(option.font)
        widths = [metrics.horizontalAdvance(f"{count:,}") + 24 for _, count in pills]
        style = option.widget.style() if option.widget is not None else None
        if style is not None:
            style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        narrowed.rect = option.rect.adjusted(0, 0, -sum(widths) - 4 * len(pills), 0)
        for role in (QPalette.ColorRole.HighlightedText, QPalette.ColorRole.Text):
            narrowed.palette.setColor(role, _ink(index))
        super().paint(painter, narrowed, index)
        self._paint_file(painter, narrowed, index)
        right = option.rect.right() - 4
        for (severity, count), width in reversed(list(zip(pills, widths, strict=True))):
            _paint_pill(
                painter, QRect(right - width, option.rect.top() + 3, width, option.rect.height() - 6), severity, count
            )
            right -= width + 4

    def _paint_file(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """The mapping that holds the rules of an instrument or type, after its name."""
        name = index.data(FILE)
        if name is None:
            return
        font = index.data(Qt.ItemDataRole.FontRole) or option.font
        start = QFontMetrics(font).horizontalAdvance(index.data()) + 22
        box = option.rect.adjusted(start, 0, 0, 0)
        painter.save()
        painter.setPen(theme().colour("muted"))
        painter.setFont(option.font)
        text = QFontMetrics(option.font).elidedText(name, Qt.TextElideMode.ElideMiddle, box.width())
        if box.width() > 60:
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Calm rows."""
        hint = super().sizeHint(option, index)
        return QSize(hint.width() + 60, 24)


def _ink(index: _Index) -> QColor:
    found = index.data(Qt.ItemDataRole.ForegroundRole)
    return found if isinstance(found, QColor) else theme().colour("text")


def _paint_pill(painter: QPainter, box: QRect, severity: Severity, count: int) -> None:
    look, mark = theme(), SEVERITIES[severity]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour(mark.fill))
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    badge = QRectF(box.left() + 3, box.top() + 1, box.height() - 2, box.height() - 2)
    paint_badge(painter, badge, mark.glyph, look.colour(mark.role), look.colour(mark.fill))
    painter.setPen(look.colour(mark.role))
    painter.drawText(
        box.adjusted(19, 0, -5, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{count:,}"
    )
    painter.restore()
