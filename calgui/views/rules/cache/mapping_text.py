"""The text of a mapping: line numbers, syntax in colour, and the lines of the rule in focus marked.

Only the lines on screen are coloured, so that a mapping of many thousand lines shows at once.
"""

import re

from PySide6.QtCore import QRect, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFont,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
    QTextLayout,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from calgui.views.theme import SPACE, figures, theme

_TOKEN = re.compile(
    r"(?P<comment>#.*)|(?P<string>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<name>\b[A-Za-z_]\w*\b)|(?P<number>\b\d[\w.]*)"
)
_ROLES = {"comment": "muted", "string": "accent", "name": "text", "number": "warning"}
_FILE = re.compile(r"['\"][\w.$-]+\.(?:[pir]map|fits|json|asdf|fit|txt)['\"]$", re.IGNORECASE)
_BRACKET = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|#[^\n]*|[\[({})\]]")


def lines_of_rule(text: str, line: int) -> tuple[int, int]:
    """The lines of an entry that begins on a line: up to where its brackets close.

    Parameters
    ----------
    text : str
        The mapping's text.
    line : int
        Where the entry begins, from 1.

    Returns
    -------
    first, last : int
        Lines from 1; the same one twice for an entry of one line.
    """
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return line, line
    depth = 0
    for number in range(line, len(lines) + 1):
        for token in _BRACKET.findall(lines[number - 1]):
            if token in "[({":
                depth += 1
            elif token in "])}":
                depth -= 1
            if depth < 0:
                return line, max(line, number - 1)
        if depth == 0:
            return line, number
    return line, len(lines)


class _Numbers(QWidget):
    def __init__(self, editor: "MappingText") -> None:
        super().__init__(editor)
        self.editor = editor

    def sizeHint(self) -> QSize:
        return QSize(self.editor.numbers_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self.editor.paint_numbers(event)


class MappingText(QPlainTextEdit):
    """A mapping's text, to read and copy.

    Parameters
    ----------
    parent : QWidget, optional
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mapping_text")
        self.setAccessibleName("Text of the mapping")
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setUndoRedoEnabled(False)
        self.setFont(figures())
        self.setTabChangesFocus(True)
        self._numbers = _Numbers(self)
        self.marked: tuple[int, int] | None = None
        self._generation = 0
        self._strings: list[tuple[int, int]] = []
        self._colouring = QTimer(self)
        self._colouring.setSingleShot(True)
        self._colouring.timeout.connect(self._colour_visible)
        self.updateRequest.connect(self._follow)
        theme().changed.connect(self._restyle)
        self._restyle()

    def show_text(self, text: str) -> None:
        """Show another mapping.

        Parameters
        ----------
        text : str
            The whole text.
        """
        if text != self.toPlainText():
            self.setPlainText(text)
            self._generation += 1
            self._strings = _long_strings(text)
        self.mark_rule(None)
        self.setViewportMargins(self.numbers_width(), 0, 0, 0)
        self._colouring.start(0)

    def mark_rule(self, line: int | None) -> None:
        """Mark the lines of the entry that begins on a line, and bring them into view.

        Parameters
        ----------
        line : int or None
            From 1; None marks nothing.
        """
        self.marked = lines_of_rule(self.toPlainText(), line) if line is not None else None
        selections = []
        if self.marked is not None:
            first, last = self.marked
            entry = QTextEdit.ExtraSelection()
            entry.format.setBackground(theme().colour("selected"))
            entry.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            entry.cursor = QTextCursor(self.document().findBlockByNumber(first - 1))
            end = self.document().findBlockByNumber(last - 1)
            entry.cursor.setPosition(end.position() + end.length() - 1, QTextCursor.MoveMode.KeepAnchor)
            selections.append(entry)
            self.setTextCursor(QTextCursor(self.document().findBlockByNumber(first - 1)))
            self.centerCursor()
        self.setExtraSelections(selections)
        self._numbers.update()

    # ---- line numbers

    def numbers_width(self) -> int:
        """Room for the line numbers."""
        digits = max(3, len(str(self.blockCount())))
        return self.fontMetrics().horizontalAdvance("9") * digits + 2 * SPACE

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the numbers beside the text."""
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._numbers.setGeometry(QRect(inside.left(), inside.top(), self.numbers_width(), inside.height()))
        self._colouring.start(0)

    def paint_numbers(self, event: QPaintEvent) -> None:
        """Draw the line numbers; those of the marked rule in the accent colour."""
        look = theme()
        painter = QPainter(self._numbers)
        painter.fillRect(event.rect(), look.colour("window"))
        painter.setFont(self.font())
        line = self.fontMetrics().height()
        for block, top, _height in self._visible_blocks():
            number = block.blockNumber() + 1
            inside = self.marked is not None and self.marked[0] <= number <= self.marked[1]
            painter.setPen(look.colour("accent" if inside else "muted"))
            box = QRect(0, round(top), self._numbers.width() - SPACE, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number))
        painter.end()

    def _visible_blocks(self) -> list[tuple[QTextBlock, float, float]]:
        found, block = [], self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top() if block.isValid() else 0
        while block.isValid() and top <= self.viewport().height():
            height = self.blockBoundingRect(block).height()
            found.append((block, top, height))
            top += height
            block = block.next()
        return found

    def _follow(self, area: QRect, scrolled: int) -> None:
        if scrolled:
            self._numbers.scroll(0, scrolled)
            self._colouring.start(0)
        else:
            self._numbers.update(0, area.y(), self._numbers.width(), area.height())

    # ---- colours

    def _restyle(self) -> None:
        self._generation += 1
        look = theme()
        self.setStyleSheet(
            f"QPlainTextEdit {{ background: {look.colour('surface').name()}; color: {look.colour('text').name()}; }}"
        )
        if self.marked is not None:
            self.mark_rule(self.marked[0])
        self._colouring.start(0)

    def _colour_visible(self) -> None:
        for block, _top, _height in self._visible_blocks():
            if block.userState() == self._generation:
                continue
            block.setUserState(self._generation)
            inside = any(first <= block.position() < last for first, last in self._strings)
            formats = [_format(0, block.length(), "muted")] if inside else _formats(block.text())
            block.layout().setFormats(formats)
            self.document().markContentsDirty(block.position(), block.length())


def _formats(line: str) -> list[QTextLayout.FormatRange]:
    found = []
    for token in _TOKEN.finditer(line):
        kind = token.lastgroup or "name"
        bold = kind == "name" or (kind == "string" and _FILE.match(token.group()) is not None)
        if kind == "string" and not bold:
            # the keys, by which rules are found, stay quiet beside the files that they select
            found.append(_format(token.start(), len(token.group()), "text"))
        else:
            found.append(_format(token.start(), len(token.group()), _ROLES[kind], bold and kind == "name"))
    return found


def _format(start: int, length: int, role: str, bold: bool = False) -> QTextLayout.FormatRange:
    entry = QTextLayout.FormatRange()
    entry.start, entry.length = start, length
    style = QTextCharFormat()
    style.setForeground(QColor(theme().colour(role)))
    if bold:
        style.setFontWeight(QFont.Weight.Bold)
    entry.format = style
    return entry


def _long_strings(text: str) -> list[tuple[int, int]]:
    """Where texts in triple quotes begin and end."""
    return [match.span() for match in re.finditer(r"'''.*?'''|\"\"\".*?\"\"\"", text, re.DOTALL)]
