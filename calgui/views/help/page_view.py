"""One page of the documentation on the screen, with its pictures at a width that fits."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QImageReader,
    QPainter,
    QPixmap,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QTextImageFormat,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QTextEdit, QWidget

from calgui.core.help import Page, anchor_of, resolve
from calgui.core.jobs import Job
from calgui.views.help.style import apply, fragments
from calgui.views.tasks import Tasks
from calgui.views.theme import SPACE, theme

#: a line of text is not longer, in pixels: longer ones are hard to read
_COLUMN = 880
_SMALLEST, _LARGEST = 0.7, 2.0
#: milliseconds after the last change of the width
_SETTLE = 80


class PageView(QTextBrowser):
    """A page.

    Signals
    -------
    followed(object)
        A `Link` that the user clicked.

    Parameters
    ----------
    tasks : Tasks
        Read and scale the pictures.
    folder : pathlib.Path
        Of the documentation: nothing outside of it is ever read.
    parent : QWidget, optional
    """

    followed = Signal(object)

    def __init__(self, tasks: Tasks, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("help_page")
        self.setAccessibleName("Page of the documentation")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.page: Page | None = None
        self.scale = 1.0
        self._tasks, self._folder = tasks, folder.resolve()
        self._words: tuple[str, ...] = ()
        self._sizes: dict[str, QSize] = {}
        self._waiting: set[str] = set()
        self._round = 0
        self._text = self.document()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE)
        self._settle.timeout.connect(self._fit)
        self.anchorClicked.connect(self._follow)
        theme().changed.connect(self._again)

    @property
    def busy(self) -> bool:
        """Whether pictures are still to come."""
        return bool(self._waiting) or self._settle.isActive()

    # -- showing -----------------------------------------------------------------------------------------------------

    def show_page(self, page: Page, anchor: str = "", words: tuple[str, ...] = ()) -> None:
        """Show a page.

        Parameters
        ----------
        page : Page
            Which.
        anchor : str
            Heading that is wanted; empty for the beginning.
        words : tuple of str
            Marked wherever they stand.
        """
        if page is not self.page:
            self.page = page
            self._write()
        self.mark(words)
        self._go_to(anchor)

    def zoom(self, factor: float) -> None:
        """Make the text larger or smaller.

        Parameters
        ----------
        factor : float
            Of the present size; 0 for the usual one.
        """
        self.scale = min(_LARGEST, max(_SMALLEST, self.scale * factor if factor else 1.0))
        self._again()

    def _again(self) -> None:
        """Write the page anew: in other colours, or another size."""
        if self.page is not None:
            bar = self.verticalScrollBar()
            part = bar.value() / max(1, bar.maximum())
            self._write()
            self.mark(self._words)
            bar.setValue(round(part * bar.maximum()))

    def _write(self) -> None:
        assert self.page is not None
        # a document that no view lays out yet is changed without laying it out again and again
        self._text = QTextDocument(self)
        self._text.setUndoRedoEnabled(False)
        self._text.setDocumentMargin(0)
        self._text.setDefaultFont(self.font())
        self._text.setMarkdown(self.page.text)
        apply(self._text, self.font().pointSizeF() * self.scale)
        self._name_pictures()
        self._fit()
        self.setDocument(self._text)
        for before in self.findChildren(QTextDocument, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if before is not self._text:
                before.deleteLater()

    def _go_to(self, anchor: str) -> None:
        bar = self.verticalScrollBar()
        if not anchor:
            bar.setValue(0)
            return
        block = self.document().begin()
        while block.isValid():
            if block.blockFormat().headingLevel() and anchor_of(block.text()) == anchor:
                top = self.document().documentLayout().blockBoundingRect(block).top()
                bar.setValue(int(top))
                self.setTextCursor(QTextCursor(block))
                return
            block = block.next()

    def mark(self, words: tuple[str, ...]) -> None:
        """Mark words wherever they stand.

        Parameters
        ----------
        words : tuple of str
            Empty for none.
        """
        self._words = words
        marked = []
        for word in words:
            found = QTextCursor(self.document())
            while True:
                found = self.document().find(word, found)
                if found.isNull():
                    break
                mark = QTextEdit.ExtraSelection()
                mark.cursor = found  # type: ignore[attr-defined]
                mark.format.setBackground(theme().colour("warning_fill"))  # type: ignore[attr-defined]
                marked.append(mark)
        self.setExtraSelections(marked)

    # -- pictures ----------------------------------------------------------------------------------------------------

    def _pictures(self) -> list[tuple[int, QTextImageFormat]]:
        """Where pictures stand in the text."""
        found: list[tuple[int, QTextImageFormat]] = []
        block: QTextBlock = self._text.begin()
        while block.isValid():
            found += [
                (part.position() + number, part.charFormat().toImageFormat())
                for part in fragments(block)
                if part.charFormat().isImageFormat()
                for number in range(part.length())
            ]
            block = block.next()
        return found

    def _name_pictures(self) -> None:
        """Each picture leads to itself at full size."""
        for position, look in self._pictures():
            path = self._path(look.name())
            self._sizes.setdefault(look.name(), QImageReader(str(path)).size() if path is not None else QSize())
            look.setAnchor(True)
            look.setAnchorHref(look.name())
            look.setToolTip(f"{look.property(QTextImageFormat.Property.ImageAltText) or ''} (click: full size)".strip())
            self._put(position, look)

    def _put(self, position: int, look: QTextImageFormat) -> None:
        cursor = QTextCursor(self._text)
        cursor.setPosition(position)
        cursor.setPosition(position + 1, QTextCursor.MoveMode.KeepAnchor)
        cursor.setCharFormat(look)

    def _path(self, name: str) -> Path | None:
        """File of a picture; None where there is none in the documentation."""
        if self.page is None:
            return None
        link = resolve(self.page.name, name, picture=True)
        path = (self._folder / link.target).resolve()
        return path if link.kind == "picture" and path.is_relative_to(self._folder) and path.is_file() else None

    def _fit(self) -> None:
        """Margins and pictures for the present width."""
        width = self.viewport().width()
        margin = max(3 * SPACE, (width - _COLUMN) // 2)
        root = self._text.rootFrame()
        frame = root.frameFormat()
        if frame.leftMargin() != margin:
            frame.setLeftMargin(margin)
            frame.setRightMargin(margin)
            frame.setTopMargin(2 * SPACE)
            frame.setBottomMargin(4 * SPACE)
            root.setFrameFormat(frame)
        room = max(64, width - 2 * margin - 2 * SPACE)
        self._round += 1
        self._waiting.clear()
        for position, look in self._pictures():
            natural = self._sizes.get(look.name(), QSize())
            if natural.isEmpty():
                continue
            wide = min(room - self._indent(position), natural.width())
            high = round(natural.height() * wide / natural.width())
            if (look.width(), look.height()) != (wide, high):
                look.setWidth(wide)
                look.setHeight(high)
                self._put(position, look)
            self._load(look.name(), QSize(wide, high))

    def _indent(self, position: int) -> int:
        """Pixels by which the text at a place is set in."""
        block = self._text.findBlock(position)
        steps = block.blockFormat().indent()
        if block.textList() is not None:
            steps += block.textList().format().indent()
        return int(steps * self._text.indentWidth())

    def _load(self, name: str, size: QSize) -> None:
        path, ratio, current = self._path(name), self.devicePixelRatioF(), self._round
        if path is None or name in self._waiting:
            return
        self._waiting.add(name)

        def work(_job: Job) -> QImage:
            image = QImage(str(path))
            smooth = Qt.TransformationMode.SmoothTransformation
            return image.scaled(size * ratio, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)

        def done(image: QImage) -> None:
            if current == self._round:
                self._waiting.discard(name)
                picture = QPixmap.fromImage(image)
                edge = QPainter(picture)
                edge.setPen(theme().colour("line"))
                edge.drawRect(picture.rect().adjusted(0, 0, -1, -1))
                edge.end()
                picture.setDevicePixelRatio(ratio)
                self._text.addResource(QTextDocument.ResourceType.ImageResource.value, QUrl(name), picture)
                self.viewport().update()

        self._tasks.start("Picture of the help", work, done, lambda _error: self._waiting.discard(name), quiet=True)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """An empty picture until its own is read; nothing else is ever loaded."""
        if kind == QTextDocument.ResourceType.ImageResource.value:
            empty = QPixmap(1, 1)
            empty.fill(QColor(theme().colour("picture")))
            return empty
        return None

    # -- events --------------------------------------------------------------------------------------------------------

    def _follow(self, url: QUrl) -> None:
        if self.page is not None:
            self.followed.emit(resolve(self.page.name, url.toString()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the text to the width, once it stays."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._settle.start()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl, the size of the text."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1.1 if event.angleDelta().y() > 0 else 1 / 1.1)
            event.accept()
        else:
            super().wheelEvent(event)
