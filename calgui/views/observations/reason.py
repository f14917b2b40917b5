"""Why a file cannot be read, written into its row."""

from PySide6.QtCore import QModelIndex, QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTableView

from calgui.views.observations.columns import TYPE
from calgui.views.observations.model import ObservationsModel
from calgui.views.theme import SPACE, theme


class ReasonDelegate(QStyledItemDelegate):
    """Writes the reason why a file cannot be read over the columns that have nothing to say of it."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint the cell, and its share of the reason."""
        super().paint(painter, option, index)
        view, model = self.parent(), index.model()
        if not isinstance(view, QTableView) or not isinstance(model, ObservationsModel):
            return
        row = model.row(index.row())
        if row.entry.error is None or TYPE not in model.columns:
            return
        header = view.horizontalHeader()
        told_at = header.visualIndex(model.columns.index(TYPE))
        if header.visualIndex(index.column()) <= told_at:
            return
        left = header.sectionViewportPosition(header.logicalIndex(told_at)) + header.sectionSize(
            header.logicalIndex(told_at)
        )
        box = QRect(option.rect)
        box.setLeft(left + SPACE)
        box.setRight(header.length() - header.offset() - SPACE)
        painter.save()
        painter.setClipRect(option.rect)
        painter.setPen(theme().colour("muted"))
        text = painter.fontMetrics().elidedText(row.entry.error, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
        painter.restore()
