"""What stands above a result: its verdict in icon, word and sentences."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from calgui.core.algorithms.registry import Result, Verdict
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.icons import icon

#: verdict -> icon, word, colour role
_VERDICTS: dict[Verdict, tuple[str, str, str]] = {
    "good": ("good", "Good", "good"),
    "doubtful": ("warning", "Doubtful", "warning"),
    "bad": ("error", "Bad", "error"),
}
#: lines of reasons that are seen before they are unfolded; height that is no limit
_LINES, _ALL = 4, 16_777_215


class VerdictBanner(QFrame):
    """What is to be said first: the verdict, or what is going on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_verdict")
        self._icon = QLabel()
        self.word = QLabel()
        self.word.setObjectName("bench_verdict_word")
        self.word.setAccessibleName("Verdict")
        self.reasons = QLabel()
        self.reasons.setObjectName("bench_verdict_reasons")
        self.reasons.setAccessibleName("Reasons of the verdict")
        self.reasons.setWordWrap(True)
        self.reasons.setTextFormat(Qt.TextFormat.PlainText)
        self.reasons.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.more = QToolButton()
        self.more.setObjectName("bench_verdict_more")
        self.more.setCheckable(True)
        self.more.setAutoRaise(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.toggled.connect(lambda _on: self._fold())
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(self._icon)
        head.addWidget(self.word)
        head.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addLayout(head)
        left.addWidget(self.more)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addLayout(left)
        layout.addWidget(self.reasons, 1)
        self._shown: tuple[str, str, str] = ("info", "", "muted")
        self._styled: tuple[str, ...] = ()
        theme().changed.connect(self._retheme)
        self._retheme()

    def add_button(self, button: QPushButton) -> None:
        """Put a button at the end of the line.

        Parameters
        ----------
        button : QPushButton
            What can be done about it.
        """
        layout = self.layout()
        assert layout is not None
        layout.addWidget(button)

    def show_verdict(self, result: Result, preview: bool) -> None:
        """Show the verdict of a result.

        Parameters
        ----------
        result : Result
            Any.
        preview : bool
            Whether it is of a part of the inputs only.
        """
        name, word, role = _VERDICTS[result.verdict]
        lines = list(result.reasons) or ["Nothing stands out."]
        if preview:
            word = f"{word} in this cut-out"
        self._say(name, word, role, "\n".join(lines))

    def show_state(self, text: str, level: str = "info") -> None:
        """Say what is going on, or what is wrong.

        Parameters
        ----------
        text : str
            One or two sentences.
        level : str
            ``info`` or ``error``.
        """
        if level == "error":
            self._say("error", "No result", "error", text)
        else:
            self._say("info", "", "muted", text)

    def _say(self, name: str, word: str, role: str, text: str) -> None:
        if (name, word, role) == self._shown and text == self.reasons.text():
            # as most answers to a changed option do: nothing is laid out anew
            return
        self._shown = (name, word, role)
        self.word.setText(word)
        self.word.setVisible(bool(word))
        self.reasons.setText(text)
        self._fold()
        self._retheme()

    def _fold(self) -> None:
        """Show the first reasons as whole lines; the others, at a click: the picture needs the room."""
        reasons, line = self.reasons, self.reasons.fontMetrics().lineSpacing()
        count = reasons.text().count("\n") + 1
        high = reasons.heightForWidth(reasons.width()) if reasons.width() > line else 0
        # why there is no result is never cut short
        many = count > 1 and high > _LINES * line + line // 2
        unfolded = not many or self.more.isChecked()
        reasons.setAlignment(Qt.AlignmentFlag.AlignTop if not unfolded else Qt.AlignmentFlag.AlignVCenter)
        reasons.setMaximumHeight(_ALL if unfolded else _LINES * line)
        self.more.setVisible(many)
        words = "fewer" if self.more.isChecked() else f"all {count} reasons"
        self.more.setText(words)
        self.more.setArrowType(Qt.ArrowType.UpArrow if self.more.isChecked() else Qt.ArrowType.DownArrow)
        self.more.setToolTip(reasons.text() if not unfolded else "Show the first reasons only")
        self.more.setAccessibleName(f"Show {words}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width has other lines."""
        super().resizeEvent(event)
        self._fold()

    def _retheme(self) -> None:
        name, _word, role = self._shown
        colour = theme().colour
        fill = colour("neutral_fill" if role == "muted" else f"{role}_fill").name()
        styled = name, role, fill, colour("text").name()
        if styled == self._styled:
            return
        self._styled = styled
        self._icon.setPixmap(icon(name, role).pixmap(20, 20))
        self.word.setStyleSheet(f"color: {colour(role).name()}; font-weight: 600;")
        self.reasons.setStyleSheet(f"color: {colour('muted' if role == 'muted' else 'text').name()};")
        self.setStyleSheet(f"#bench_verdict {{ background: {fill}; border-radius: 4px; }}")
