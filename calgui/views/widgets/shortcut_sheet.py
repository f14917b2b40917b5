"""All keys in one sheet that is searched as one types; over the window, and gone with Esc."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QDialog, QHeaderView, QLabel, QLineEdit, QTreeView, QVBoxLayout, QWidget

from calgui.views.commands import Shortcut
from calgui.views.theme import SPACE, theme

_SIZE = QSize(700, 640)
_INTO_LIST = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


class ShortcutSheet(QDialog):
    """The sheet of shortcuts, grouped by view.

    Parameters
    ----------
    find : callable
        Gives all shortcuts; asked each time that the sheet is opened.
    parent : QWidget
        The window.
    """

    def __init__(self, find: Callable[[], Sequence[Shortcut]], parent: QWidget) -> None:
        super().__init__(parent)
        self._find = find
        self._lines: Sequence[Shortcut] = ()
        self.setObjectName("shortcut_sheet")
        self.setAccessibleName("Shortcuts")
        self.setWindowTitle("Shortcuts")
        self.field = QLineEdit(self)
        self.field.setObjectName("shortcut_filter")
        self.field.setToolTip("A key such as Ctrl+S, what it does, or where; with Down into the list")
        self.field.setAccessibleName("Search the shortcuts")
        self.field.setPlaceholderText("Search: a key, what it does, or where")
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self._model = QStandardItemModel(self)
        self.view = QTreeView(self)
        self.view.setObjectName("shortcut_list")
        self.view.setAccessibleName("Shortcuts: keys, and what they do")
        self.view.setModel(self._model)
        self.view.setHeaderHidden(True)
        self.view.setRootIsDecorated(False)
        self.view.setItemsExpandable(False)
        self.view.setIndentation(2 * SPACE)
        self.view.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.view.setStyleSheet("QTreeView::item { padding: 3px 2px; }")
        self.count = QLabel(self)
        self.count.setObjectName("shortcut_count")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(self.field)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.count)
        theme().changed.connect(self._fill)

    def toggle(self) -> None:
        """Show the sheet, with the field ready to type in; hide it where it is shown."""
        if self.isVisible():
            self.close()
            return
        self._lines = self._find()
        self.field.clear()
        self._fill()
        over = self.parentWidget()
        if over is not None:
            self.resize(_SIZE.boundedTo(over.size() * 0.9))
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _fill(self) -> None:
        words = self.field.text().casefold().split()
        found = [line for line in self._lines if _fits(line, words)]
        self._model.clear()
        muted = theme().colour("muted")
        groups: dict[str, QStandardItem] = {}
        for line in found:
            if line.group not in groups:
                groups[line.group] = title = QStandardItem(line.group)
                font = title.font()
                font.setBold(True)
                title.setFont(font)
                title.setFlags(Qt.ItemFlag.ItemIsEnabled)
                self._model.appendRow([title, QStandardItem()])
            keys, text = QStandardItem(line.keys), QStandardItem(line.text)
            keys.setAccessibleText(f"{line.keys}: {line.text}")
            text.setForeground(muted)
            groups[line.group].appendRow([keys, text])
        self.view.expandAll()
        for row in range(self._model.rowCount()):
            self.view.setFirstColumnSpanned(row, self.view.rootIndex(), True)
        if self._model.columnCount():
            header = self.view.header()
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
            header.setStretchLastSection(True)
        shown = f"{len(found)} of {len(self._lines)}" if words else f"{len(found)}"
        self.count.setText(f"{shown} shortcuts" if found else f"No shortcut holds “{self.field.text()}”.")
        self.count.setStyleSheet(f"color: {muted.name()};")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrows move through the list while one types."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _INTO_LIST:
                self.view.setFocus(Qt.FocusReason.OtherFocusReason)
                self.view.event(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                return True  # a dialog would close
        return super().eventFilter(watched, event)


def _fits(line: Shortcut, words: Sequence[str]) -> bool:
    """Whether all words are in it; a key is found as it is written, with or without its plus signs."""
    text = f"{line.group} {line.keys} {line.keys.replace('+', ' ')} {line.text}".casefold()
    return all(word in text for word in words)
