"""Pages that ask in the background when somebody looks, and ask anew when what they asked about has changed."""

from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QWidget

from calgui.core.errors import CalguiError, Cancelled
from calgui.core.jobs import Job
from calgui.views.session import Session


class AnsweringPage(QWidget):
    """A page with one answer, which is made off the main thread.

    A subclass has ``_ask``, which calls `_begin` or `_nothing_to_ask`; ``_done``, which takes the answer, or None where
    there is none; and ``_tell``, which says in ``told`` how things stand.

    Parameters
    ----------
    session : Session
        Whose tasks make the answer.
    key : str
        Of these tasks: a new one supersedes the one before.
    cancelled : str
        What is said after the user cancelled: how to ask again.
    parent : QWidget, optional
    """

    told: QLabel
    _ask: Callable[[], None]
    _done: Callable[[Any], None]
    _tell: Callable[[], None]

    def __init__(self, session: Session, key: str, cancelled: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._key, self._cancelled = key, cancelled
        self._title = ""
        self._stale, self._working = True, False

    @property
    def busy(self) -> bool:
        """Whether the answer is being made."""
        return self._working

    def showEvent(self, event: QShowEvent) -> None:
        """Ask when somebody looks."""
        super().showEvent(event)
        if self._stale:
            self._ask()

    def _out_of_date(self) -> None:
        self._stale = True
        if self.isVisible():
            self._ask()

    def _nothing_to_ask(self) -> None:
        self._stale = self._working = False
        self.session.tasks.supersede(self._key)
        self._done(None)

    def _begin(self, title: str, work: Callable[[Job], Any], *, quiet: bool = False) -> None:
        self._stale, self._working, self._title = False, True, title
        self._tell()
        self.session.tasks.start(title, work, self._answered, self._failed, key=self._key, quiet=quiet)

    def _answered(self, answer: Any) -> None:
        self._working = False
        self._done(answer)

    def _failed(self, error: Exception) -> None:
        self._answered(None)
        if isinstance(error, Cancelled):
            self.told.setText(f"Cancelled. {self._cancelled}")
        elif isinstance(error, CalguiError):
            self.told.setText(f"{error.message} {error.cure}".strip())
        else:
            self.session.report(error, self._title)
