"""A difference of texts, line by line."""

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from calgui.views.theme import figures, theme

#: beginning of a line, colour of its letters, colour behind it
_KINDS = (
    ("+++", "muted", ""),
    ("---", "muted", ""),
    ("@@", "accent", ""),
    ("+", "good", "good_fill"),
    ("-", "error", "error_fill"),
)

#: lines that are shown; more would hold up the window
_MOST = 5000


class DiffText(QPlainTextEdit):
    """A unified difference; its lines begin with a sign as well as having a colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare_text")
        self.setAccessibleName("Difference of the texts")
        self.setReadOnly(True)
        self.setFont(figures())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setPlaceholderText("The texts are the same.")
        self._colours = _Highlighter(self.document())
        theme().changed.connect(self._colours.rehighlight)

    def show_text(self, text: str) -> None:
        """Show another difference.

        Parameters
        ----------
        text : str
            Unified.
        """
        lines = text.split("\n")
        if len(lines) > _MOST:
            lines = [*lines[:_MOST], f"@@ and {len(lines) - _MOST:,} more lines; the command line prints them all @@"]
        whole = "\n".join(lines)
        if whole != self.toPlainText():
            self.setPlainText(whole)


class _Highlighter(QSyntaxHighlighter):
    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)

    def highlightBlock(self, text: str) -> None:
        for begin, role, fill in _KINDS:
            if text.startswith(begin):
                form = QTextCharFormat()
                form.setForeground(QColor(theme().colour(role)))
                if fill:
                    form.setBackground(QColor(theme().colour(fill)))
                self.setFormat(0, len(text), form)
                return
