"""The table of cases, with values edited in place."""

import re

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QKeySequence, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QCompleter,
    QHeaderView,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from calgui.views.rules.whatif.model import MISSING, CasesModel
from calgui.views.theme import theme
from calgui.views.widgets.combo_cells import ComboCells

_Index = QModelIndex | QPersistentModelIndex
_ROW = 25
_LEAST, _MOST = 170, 480
#: keys of rules that ask for more than one of some values, and are no value to choose
_OPERATOR = re.compile(r"not |between |[#(<>=]|.*[*?]|N/A$", re.IGNORECASE)


def choices(accepted: tuple[str, ...]) -> list[str]:
    """Values to choose from among what rules list: patterns and comparisons are none, or-lists are several.

    Parameters
    ----------
    accepted : tuple of str
        As rules list them.

    Returns
    -------
    list of str
    """
    single = {value for text in accepted if not _OPERATOR.match(text) for value in text.split("|")}
    return sorted(single - {""})


class _Delegate(ComboCells):
    """An editable list of the values that rules accept; titles of sections are painted as such."""

    def __init__(self, model: CasesModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.model = model

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: _Index) -> QWidget:
        setting = self.model.setting(index)
        box = QComboBox(parent)
        box.setEditable(True)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        box.setAutoFillBackground(True)
        if setting is not None:
            box.setObjectName(f"whatif_value_{setting.keyword or setting.parkey}")
            box.setAccessibleName(f"Value of {setting.keyword or setting.parkey}")
            box.addItems([*choices(setting.accepted), MISSING])
        completer = box.completer()
        if completer is not None:
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        return self.follow(box)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        if self.model.lines[index.row()].kind == "title":
            painter.fillRect(option.rect, theme().colour("raised"))
            return
        super().paint(painter, option, index)

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        """Names lose their middle where there is no room, sentences their end."""
        super().initStyleOption(option, index)
        option.textElideMode = (
            Qt.TextElideMode.ElideRight if " " in (index.data() or "") else Qt.TextElideMode.ElideMiddle
        )


class CasesTable(QTableView):
    """Cases side by side.

    Parameters
    ----------
    model : CasesModel
        What is shown.
    """

    def __init__(self, model: CasesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cases = model
        self.setObjectName("whatif_table")
        self.setAccessibleName("Cases side by side: what is set, and what is selected")
        self.setModel(model)
        self.setItemDelegate(_Delegate(model, self))
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.horizontalHeader().setMinimumSectionSize(90)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        action = QAction("Take the value away", self)
        action.setObjectName("whatif_clear")
        action.setShortcut(QKeySequence("Delete"))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _checked=False: self.clear_value())
        self.addAction(action)
        model.modelReset.connect(self._size)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width anew; the cell in focus stays in sight."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._size()
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def _size(self) -> None:
        count = self.cases.columnCount()
        room = self.viewport().width() // max(count, 1)
        for column in range(count):
            self.setColumnWidth(column, max(_LEAST, min(_MOST, room)))

    def clear_value(self) -> None:
        """Take the value in focus away."""
        index = self.currentIndex()
        if index.isValid():
            self.cases.setData(index, "")
