"""What is supposed instead of the file's values, said where it cannot be overlooked."""

from html import escape

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from calgui.views.rules.why.asking import UNDEFINED, Inquirer
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.rich import rich


class Banner(QFrame):
    """Says what is supposed, in a colour that cannot be overlooked, with the way back."""

    def __init__(self, inquiry: Inquirer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inquiry = inquiry
        self.setObjectName("what_if_banner")
        self.label = rich(QLabel(self))
        self.label.setObjectName("what_if_text")
        self.label.setAccessibleName("What is supposed")
        self.label.setWordWrap(True)
        self.button = QPushButton("Reset", self)
        self.button.setObjectName("what_if_reset")
        self.button.setAccessibleName("Go back to the values of the file")
        self.button.clicked.connect(inquiry.reset)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.button)
        inquiry.what_if_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is supposed now."""
        look = theme()
        self.setStyleSheet(
            f"#what_if_banner {{ background: {look.colour('warning_fill').name()};"
            f" border: 1px solid {look.colour('warning').name()}; border-radius: 4px; }}"
        )
        said = []
        for change in self.inquiry.what_if.values():
            value = "missing" if change.value == UNDEFINED else change.value
            before = "does not say" if change.before is None else f"says {change.before}"
            said.append(f"<b>{escape(change.label)} = {escape(value)}</b> (the file {escape(before)})")
        colour = look.colour("warning").name()
        self.label.setText(f"<span style='color:{colour}'><b>What if:</b></span> " + ",&nbsp; ".join(said))
        self.setVisible(bool(said))
