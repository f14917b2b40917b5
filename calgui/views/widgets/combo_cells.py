"""Cells that are edited by an editable list."""

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QComboBox, QStyledItemDelegate, QWidget

_Index = QModelIndex | QPersistentModelIndex


class ComboCells(QStyledItemDelegate):
    """What editors that are combo boxes have in common; `createEditor` makes them, and `follow` has them sent."""

    def follow(self, box: QComboBox) -> QComboBox:
        """Take a value of the list as soon as it is chosen.

        Parameters
        ----------
        box : QComboBox

        Returns
        -------
        QComboBox
            The same.
        """
        box.activated.connect(lambda _place: self._commit(box))
        return box

    def _commit(self, box: QComboBox) -> None:
        self.commitData.emit(box)
        self.closeEditor.emit(box)

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """What the cell says, all of it chosen, so that typing replaces it."""
        assert isinstance(editor, QComboBox)
        editor.setEditText(str(index.data(Qt.ItemDataRole.EditRole) or ""))
        editor.lineEdit().selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        """What was chosen or typed."""
        assert isinstance(editor, QComboBox)
        model.setData(index, editor.currentText())
