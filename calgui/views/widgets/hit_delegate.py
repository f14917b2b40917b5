"""How a hit of the search is painted: what it is, muted where it belongs, and its shortcut at the end."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from calgui.views.theme import SPACE, theme

_Index = QModelIndex | QPersistentModelIndex
#: data roles of a hit: what kind of thing it is, and its keys
KIND, KEYS = Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2
_HIGH = 28


class HitDelegate(QStyledItemDelegate):
    """Paints text and kind from the left, keys at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """One line, with room for all three."""
        hint = super().sizeHint(option, index)
        width = option.fontMetrics.horizontalAdvance
        more = width(str(index.data(KIND) or "")) + width(str(index.data(KEYS) or "")) + 6 * SPACE
        return QSize(hint.width() + more, max(hint.height(), _HIGH))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint the hit."""
        whole = QStyleOptionViewItem(option)
        self.initStyleOption(whole, index)
        text, whole.text = whole.text, ""
        style = whole.widget.style() if whole.widget is not None else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, whole, painter, whole.widget)
        room = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, whole, whole.widget)
        room = QRect(room.left() + SPACE // 2, option.rect.top(), option.rect.right() - room.left() - SPACE, 0)
        room.setHeight(option.rect.height())
        metrics, kind, keys = whole.fontMetrics, str(index.data(KIND) or ""), str(index.data(KEYS) or "")
        beside = metrics.horizontalAdvance(keys) + 2 * SPACE if keys else 0
        painter.save()
        painter.setPen(theme().colour("muted"))
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, keys)
        left = room.adjusted(0, 0, -beside, 0)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, left.width())
        after = left.adjusted(metrics.horizontalAdvance(shown) + 2 * SPACE, 0, 0, 0)
        if after.width() > 5 * SPACE:
            told = metrics.elidedText(kind, Qt.TextElideMode.ElideRight, after.width())
            painter.drawText(after, Qt.AlignmentFlag.AlignVCenter, told)
        painter.setPen(theme().colour("text" if index.flags() & Qt.ItemFlag.ItemIsEnabled else "muted"))
        painter.drawText(left, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()
