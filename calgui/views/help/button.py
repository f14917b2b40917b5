"""A button that opens a page of the help."""

from PySide6.QtWidgets import QToolButton, QWidget

from calgui.views.session import Session
from calgui.views.theme import theme
from calgui.views.widgets.icons import icon


class HelpButton(QToolButton):
    """Opens one page.

    Parameters
    ----------
    session : Session
        Tells the window which page is asked for.
    page : str
        Its name.
    about : str
        What it is about, in words.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, page: str, about: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoRaise(True)
        self._session = session
        self.page = ""
        self.set_page(page, about)
        self.clicked.connect(self._ask)
        theme().changed.connect(self._retheme)
        self._retheme()

    def set_page(self, page: str, about: str) -> None:
        """Open another page from now on.

        Parameters
        ----------
        page : str
            Its name.
        about : str
            What it is about, in words.
        """
        self.page = page
        self.setAccessibleName(f"Help: {about}")
        self.setToolTip(f"{about}: what it is, how it is judged, what good and bad look like (F1)")

    def _ask(self) -> None:
        self._session.help_requested.emit(self.page)

    def _retheme(self) -> None:
        self.setIcon(icon("help", "muted"))
