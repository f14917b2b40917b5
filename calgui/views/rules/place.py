"""The place where rules are looked at: a page for each question that one can ask of a cache."""

from typing import Any

from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from calgui.views.rules.pages import PAGES
from calgui.views.session import Session
from calgui.views.theme import SPACE


class RulesPlace(QWidget):
    """Pages about the session's cache, as its current context sees it.

    Parameters
    ----------
    session : Session
        Whose cache, context and observations are asked about.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("rules_place")
        self.setAccessibleName("Rules")
        self._pages: dict[str, Any] = {}
        self.bar = QTabBar(self)
        self.bar.setObjectName("rules_pages")
        self.bar.setAccessibleName("Questions about the rules")
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.stack = QStackedWidget(self)
        for number, page in enumerate(PAGES):
            self.bar.addTab(page.word)
            self.bar.setTabToolTip(number, page.tip)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE // 2, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.stack, 1)
        self.bar.currentChanged.connect(self._show)
        session.mapping_requested.connect(self._show_mapping)
        session.page_requested.connect(self._ask)
        self._show(0)
        session.keep("rules", self._kept, self._take_up)

    @property
    def busy(self) -> bool:
        """Whether a page still makes something."""
        return any(getattr(page, "busy", False) is True for page in self._pages.values())

    def page(self, name: str) -> Any:
        """The widget of a page; made when first asked for.

        Parameters
        ----------
        name : str
            Of the table of pages.

        Returns
        -------
        QWidget
        """
        if name not in self._pages:
            page = next(page for page in PAGES if page.name == name).make(self.session)
            self._pages[name] = page
            self.stack.addWidget(page)
        return self._pages[name]

    def go(self, name: str) -> None:
        """Show a page.

        Parameters
        ----------
        name : str
            Of the table of pages.
        """
        self.bar.setCurrentIndex(next(number for number, page in enumerate(PAGES) if page.name == name))

    def _kept(self) -> dict[str, str]:
        return {"page": PAGES[self.bar.currentIndex()].name}

    def _take_up(self, kept: Any) -> None:
        if any(page.name == kept["page"] for page in PAGES):
            self.go(kept["page"])

    def _show(self, number: int) -> None:
        self.stack.setCurrentWidget(self.page(PAGES[number].name))

    def _show_mapping(self, name: str, line: int | None) -> None:
        self.go("cache")
        self.page("cache").show_mapping(name, line)

    def _ask(self, name: str, argument: object) -> None:
        self.go(name)
        if argument is not None:
            self.page(name).ask(argument)
