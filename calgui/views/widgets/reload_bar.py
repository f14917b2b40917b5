"""A bar over all places: the open cache changed on disk, and may be read again."""

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from calgui.core.jobs import Job
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.rich import rich

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache
    from calgui.core.rules.files.watch import Change

#: how often the folder is looked at, while the window is in front
_EVERY_MS = 2000


class ReloadBar(QFrame):
    """Watches the folder of the current cache; hidden while it is as it was.

    Parameters
    ----------
    session : Session
        Whose cache is watched.
    parent : QWidget, optional

    Signals
    -------
    asked()
        The user wants it to be read again.
    """

    asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("reload_bar")
        self.setAccessibleName("The cache changed on disk")
        self.change: Change | None = None
        self._put_off: Change | None = None
        self._looking = False
        self.text = rich(QLabel(self))
        self.text.setObjectName("reload_text")
        self.text.setWordWrap(True)
        self.again, self.later = QPushButton("Read again", self), QPushButton("Later", self)
        self.again.setObjectName("reload_again")
        self.again.setToolTip("Read the mappings as they are on the disk now. What is selected stays.")
        self.later.setObjectName("reload_later")
        self.later.setToolTip("Go on with the rules as they were read; the bar comes back with the next change.")
        self.again.clicked.connect(self._ask)
        self.later.clicked.connect(self._dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * SPACE, SPACE // 2, SPACE, SPACE // 2)
        row.setSpacing(SPACE)
        row.addWidget(self.text, 1)
        row.addWidget(self.again)
        row.addWidget(self.later)
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        session.context_changed.connect(self._other_cache)
        theme().changed.connect(self._dress)
        self._dress()
        self.hide()

    def look(self) -> None:
        """Look at the folder in the background, unless that is still being done or nobody is there to see it."""
        cache = self.session.cache
        if cache is None or self._looking or not self.window().isVisible():
            return
        self._looking = True

        def work(_job: Job) -> "tuple[Cache, Change | None]":
            return cache, cache.changed()

        self.session.tasks.start("Watching the cache", work, self._seen, self._unseen, background=True)

    def _seen(self, found: "tuple[Cache, Change | None]") -> None:
        self._looking = False
        cache, change = found
        if cache is not self.session.cache or change == self.change:
            return
        self.change = change
        if change is None or change == self._put_off:
            self.hide()
            return
        glyph = "!" if change.mappings else "i"
        what = "What is shown is of the older state." if change.mappings else "The rules are the same."
        self.text.setText(f"<b>{glyph}</b> &nbsp; {escape(change.sentence)} {what}")
        self.show()

    def _unseen(self, _error: Exception) -> None:
        # a folder that cannot be looked at now is looked at again; reading it anew says what is wrong
        self._looking = False

    def _ask(self) -> None:
        self.hide()
        self.change = self._put_off = None
        self.asked.emit()

    def _dismiss(self) -> None:
        self._put_off = self.change
        self.hide()

    def _other_cache(self) -> None:
        self.change = self._put_off = None
        self.hide()

    def _dress(self) -> None:
        fill, line = theme().colour("warning_fill").name(), theme().colour("line").name()
        self.setStyleSheet(f"#reload_bar {{ background: {fill}; border-bottom: 1px solid {line}; }}")
