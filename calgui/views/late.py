"""What is imported and made when somebody first goes there: places of the window, and pages of a place."""

import importlib
from dataclasses import dataclass
from typing import Any

from calgui.views.session import Session


@dataclass(frozen=True)
class Late:
    """One place, or one page of it.

    Attributes
    ----------
    name : str
        Short name, by which it is asked for; also that of its icon.
    word : str
        On the rail, or on its tab.
    tip : str
        What one does there, or the question that it answers.
    module, attribute : str
        Where its widget is. It takes the session, and may have a method ``ask(argument)`` for what was asked of it from
        elsewhere.
    """

    name: str
    word: str
    tip: str
    module: str
    attribute: str

    def make(self, session: Session) -> Any:
        """Import and make the widget.

        Parameters
        ----------
        session : Session
            Shared by all of them.

        Returns
        -------
        QWidget
        """
        return getattr(importlib.import_module(self.module), self.attribute)(session)
