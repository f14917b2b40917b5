"""The list at the side of the help: all pages by chapter, or those in which some words were found."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from calgui.core.help import Chapter, Documentation, Hit
from calgui.views.theme import SPACE, theme

_ABOUT = Qt.ItemDataRole.UserRole


class ContentsList(QWidget):
    """Pages to choose from, under a field to search them.

    Signals
    -------
    chosen(str, str)
        Name of a page, and the anchor of a heading on it (or nothing).
    searched()
        Other words are looked for; see `words`.

    Parameters
    ----------
    documentation : Documentation
        Whose pages are listed.
    parent : QWidget, optional
    """

    chosen = Signal(str, str)
    searched = Signal()

    def __init__(self, documentation: Documentation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("help_side")
        self._documentation = documentation
        self.field = QLineEdit(self)
        self.field.setObjectName("help_search")
        self.field.setAccessibleName("Search the help")
        self.field.setPlaceholderText("Search the help")
        self.field.setClearButtonEnabled(True)
        self.list = QTreeWidget(self)
        self.list.setObjectName("help_contents")
        self.list.setAccessibleName("Pages of the help")
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setIndentation(SPACE)
        self.list.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setStyleSheet("QTreeWidget::item { padding: 3px 2px; }")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, 0, 0)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._choose_first)
        self.list.currentItemChanged.connect(self._choose)
        self.list.itemClicked.connect(self._choose)
        theme().changed.connect(self._retheme)
        self._show_chapters(documentation.chapters)

    @property
    def words(self) -> tuple[str, ...]:
        """What is looked for."""
        return tuple(self.field.text().split())

    def show_current(self, name: str) -> None:
        """Mark the page that is read.

        Parameters
        ----------
        name : str
            Of the page; one that is not listed leaves nothing marked.
        """
        with QSignalBlocker(self.list):
            current = self.list.currentItem()
            if current is not None and _about(current)[0] == name:
                return
            self.list.setCurrentItem(next((item for item in self._items() if _about(item)[0] == name), None))

    def _items(self) -> list[QTreeWidgetItem]:
        tops = [self.list.topLevelItem(number) for number in range(self.list.topLevelItemCount())]
        return [child for top in tops if top is not None for child in (top.child(at) for at in range(top.childCount()))]

    def _search(self, text: str) -> None:
        with QSignalBlocker(self.list):
            self.list.clear()
            if text.strip():
                self._show_hits(self._documentation.search(text))
            else:
                self._show_chapters(self._documentation.chapters)
        self.searched.emit()

    def _show_chapters(self, chapters: Sequence[Chapter]) -> None:
        for chapter in chapters:
            group = self._group(chapter.title)
            for page in chapter.pages:
                _child(group, page.title, page.title, (page.name, ""))

    def _show_hits(self, hits: Sequence[Hit]) -> None:
        group = self._group(f"Found on {len(hits)} page{'' if len(hits) == 1 else 's'}" if hits else "Nothing found")
        for hit in hits:
            _child(group, hit.page.title, hit.excerpt, (hit.page.name, hit.anchor))

    def _group(self, title: str) -> QTreeWidgetItem:
        group = QTreeWidgetItem(self.list, [title])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        group.setExpanded(True)
        font = group.font(0)
        font.setBold(True)
        group.setFont(0, font)
        group.setForeground(0, theme().colour("muted"))
        return group

    def _choose(self, item: QTreeWidgetItem | None, _before: object = None) -> None:
        name, anchor = _about(item) if item is not None else ("", "")
        if name:
            self.chosen.emit(name, anchor)

    def _choose_first(self) -> None:
        items = self._items()
        if items:
            self.list.setCurrentItem(items[0])
            self._choose(items[0])
            self.list.setFocus()

    def _retheme(self) -> None:
        for number in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(number)
            if item is not None:
                item.setForeground(0, theme().colour("muted"))


def _child(group: QTreeWidgetItem, text: str, tip: str, about: tuple[str, str]) -> None:
    item = QTreeWidgetItem(group, [text])
    item.setToolTip(0, tip)
    item.setData(0, _ABOUT, about)


def _about(item: QTreeWidgetItem) -> tuple[str, str]:
    about = item.data(0, _ABOUT)
    return (about[0], about[1]) if about else ("", "")
