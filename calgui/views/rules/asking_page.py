"""Pages that work their answer out when somebody looks, and anew where what it is about has changed."""

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from calgui.views.session import Session


class AskingPage(QWidget):
    """A page that asks about what is open.

    Parameters
    ----------
    session : Session
        That is asked about.
    name, title : str
        Object name and accessible name.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._stale, self._working = True, False

    @property
    def busy(self) -> bool:
        """Whether the answer is being worked out."""
        return self._working

    def showEvent(self, event: QShowEvent) -> None:
        """Ask when somebody looks."""
        super().showEvent(event)
        if self._stale:
            self._ask()

    def _out_of_date(self) -> None:
        """What is asked about changed."""
        self._stale = True
        if self.isVisible():
            self._ask()

    def _ask(self) -> None:
        """Begin to work the answer out; what is shown is no longer stale."""
        raise NotImplementedError
