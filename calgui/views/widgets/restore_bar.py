"""A bar over all places: the program did not end as it should, and what was open can be brought back."""

from html import escape

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from calgui.core.sessions import Saved
from calgui.views.autosave import Autosave
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.rich import rich


class RestoreBar(QFrame):
    """Offers what was open, and waits without being in the way.

    Parameters
    ----------
    autosave : Autosave
        Which found it.
    parent : QWidget, optional
    """

    def __init__(self, autosave: Autosave, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("restore_bar")
        self.setAccessibleName("The program did not end as it should")
        self._autosave = autosave
        self.text = rich(QLabel(self))
        self.text.setObjectName("restore_text")
        self.text.setWordWrap(True)
        self.restore, self.dismiss = QPushButton("Restore", self), QPushButton("Dismiss", self)
        self.restore.setObjectName("restore_restore")
        self.restore.setAccessibleName("Restore what was open")
        self.restore.setToolTip("Open what was open then, and go where you were.")
        self.dismiss.setObjectName("restore_dismiss")
        self.dismiss.setAccessibleName("Forget what was open")
        self.dismiss.setToolTip("Forget it; the files themselves are untouched.")
        self.restore.clicked.connect(self._restore)
        self.dismiss.clicked.connect(self._dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * SPACE, SPACE // 2, SPACE, SPACE // 2)
        row.setSpacing(SPACE)
        row.addWidget(self.text, 1)
        row.addWidget(self.restore)
        row.addWidget(self.dismiss)
        autosave.found.connect(self._offer)
        theme().changed.connect(self._dress)
        self._dress()
        self.hide()

    def _offer(self, saved: Saved) -> None:
        self.text.setText(
            f"<b>!</b> &nbsp; calgui did not end as it should the last time. It had open: {escape(saved.sentence)}."
        )
        self.show()

    def _restore(self) -> None:
        self.hide()
        self._autosave.restore()

    def _dismiss(self) -> None:
        self.hide()
        self._autosave.dismiss()

    def _dress(self) -> None:
        fill, line = theme().colour("warning_fill").name(), theme().colour("line").name()
        self.setStyleSheet(f"#restore_bar {{ background: {fill}; border-bottom: 1px solid {line}; }}")
