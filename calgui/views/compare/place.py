"""The Compare place: pictures and headers side by side, and a search over all headers."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from calgui.views.compare.pages import HEADERS, PAGES, PICTURES
from calgui.views.compare.pictures import PicturesPage
from calgui.views.headers.page import HeadersPage
from calgui.views.headers.search import HeaderSearch
from calgui.views.session import Session


class ComparePlace(QWidget):
    """Frames side by side.

    Parameters
    ----------
    session : Session
        Whose selection is compared.
    parent : QWidget, optional
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("compare_place")
        self.setAccessibleName("Compare")
        self.tabs = QTabBar(self)
        self.tabs.setObjectName("compare_tabs")
        self.tabs.setAccessibleName("What is compared")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.pictures = PicturesPage(session, self)
        self.headers = HeadersPage(session, self)
        self.search = HeaderSearch(session, self)
        self.stack = QStackedWidget(self)
        for (title, tip), page in zip(PAGES, (self.pictures, self.headers, self.search), strict=True):
            self.tabs.setTabToolTip(self.tabs.addTab(title), tip)
            self.stack.addWidget(page)
        self.tabs.currentChanged.connect(self._turn)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tabs)
        layout.addWidget(self.stack, 1)
        if session.selection:
            self.pictures.show_paths(session.selection)
            self.pictures.steps.settle()
        self.search.side_by_side.connect(self._show_headers)
        session.keep("compare", self._kept, self._take_up)

    @property
    def busy(self) -> bool:
        """Whether pages are still being filled."""
        return self.pictures.busy or self.headers.busy

    def _turn(self, page: int) -> None:
        """Show another page; whoever looks at frames of their own wants the headers of those."""
        before = self.stack.currentIndex()
        self.stack.setCurrentIndex(page)
        paths = self.pictures.paths
        if (before, page) == (PICTURES, HEADERS) and not self.pictures.follow.isChecked() and len(paths) > 1:
            self.headers.show_files(paths)

    def compare(self, paths: Sequence[Path]) -> None:
        """Compare the pictures of these files.

        Parameters
        ----------
        paths : sequence of pathlib.Path
            In their order.
        """
        self.tabs.setCurrentIndex(PICTURES)
        self.pictures.follow.setChecked(False)
        self.pictures.show_paths(paths)
        self.pictures.steps.note()

    def _show_headers(self, _paths: object = None) -> None:
        """The headers of the selected files."""
        self.tabs.setCurrentIndex(HEADERS)

    def _kept(self) -> dict[str, object]:
        """What comes back with the session."""
        page = self.pictures
        followed = page.follow.isChecked()
        return {
            "page": self.tabs.currentIndex(),
            "way": page.bar.way,
            "lock": page.locks.by,
            "limits": page.bar.limits.isChecked(),
            "paths": [] if followed else [str(path) for path in page.paths],
        }

    def _take_up(self, kept: object) -> None:
        if not isinstance(kept, dict):
            return
        page = kept.get("page")
        if isinstance(page, int) and 0 <= page < self.tabs.count():
            self.tabs.setCurrentIndex(page)
        self.pictures.take_up(kept)
