"""Opens the help at the page of what one is at."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

from calgui.core.catalogue import Group, place_of_algorithm
from calgui.core.help import CONTENTS, page_of_calibration, page_of_group_member
from calgui.views.help.button import HelpButton

if TYPE_CHECKING:
    from calgui.views.help.reader import HelpReader
    from calgui.views.window import MainWindow

#: object name of a widget -> page about it and what is in it
PAGES: dict[str, str] = {
    "observe_place": "views/observe",
    "observations_panel": "views/observe",
    "references_slot": "views/why",
    "why_slot": "views/why",
    "why_panel": "views/why",
    "why_case_panel": "views/why",
    "inspector": "views/headers",
    "image_view": "views/picture",
    "spectrum_view": "views/spectrum",
    "cube_view": "views/cube",
    "rules_place": "views/rules",
    "cache_page": "views/rules-cache",
    "whatif_page": "views/rules-whatif",
    "timeline_page": "views/rules-timeline",
    "matrix_page": "views/rules-matrix",
    "compare_page": "views/rules-compare",
    "pipeline_page": "views/rules-pipeline",
    "lint_page": "views/rules-lint",
    "validate_page": "views/rules-validate",
    "ingest_page": "views/rules-ingest",
    "headers_page": "views/headers-compare",
    "headers_search_page": "views/headers-compare",
    "bench_place": "views/bench",
    "compare_place": "views/compare",
    "search_everything": "views/search",
}
_BENCH_PAGE = "bench_page_"


def page_about(widget: QWidget | None) -> str:
    """The page about a widget, or about what it is in.

    Parameters
    ----------
    widget : QWidget, optional
        Any.

    Returns
    -------
    str
        Name of a page; empty where none is about it.
    """
    while widget is not None:
        name = widget.objectName()
        button = widget.findChild(HelpButton, "bench_help_facts") if name == "bench_facts" else None
        if button is not None:
            return button.page
        if name in PAGES:
            return PAGES[name]
        if name.startswith(_BENCH_PAGE):
            return page_of_algorithm(name.removeprefix(_BENCH_PAGE))
        widget = widget.parentWidget()
    return ""


def page_of_algorithm(name: str) -> str:
    """The page of the calibration that an algorithm makes or uses, or its own where it serves them all.

    Parameters
    ----------
    name : str
        Of the algorithm.

    Returns
    -------
    str
        The page about the bench for an algorithm of no calibration.
    """
    row = place_of_algorithm(name)
    if isinstance(row, Group):
        return page_of_group_member(name)
    return page_of_calibration(row.key) if row is not None else "views/bench"


class Guide(QObject):
    """The help of a window; its reader is made when it is first asked for.

    Parameters
    ----------
    window : MainWindow
        That the help is about.
    """

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._reader: HelpReader | None = None
        window.session.help_requested.connect(self.show)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The help goes with its window."""
        if event.type() == QEvent.Type.Close and self._reader is not None:
            self._reader.close()
        return super().eventFilter(watched, event)

    @property
    def reader(self) -> "HelpReader":
        """The window with the pages."""
        if self._reader is None:
            from calgui.views.help.reader import HelpReader

            self._reader = HelpReader(self._window.session, parent=self._window)
        return self._reader

    @property
    def busy(self) -> bool:
        """Whether the reader has pictures to come."""
        return self._reader is not None and self._reader.busy

    def show(self, page: str) -> None:
        """Open a page.

        Parameters
        ----------
        page : str
            Its name.
        """
        reader = self.reader
        reader.show_page(page)
        reader.show()
        reader.raise_()
        reader.activateWindow()
        reader.view.setFocus()

    def contents(self) -> None:
        """Open the list of all pages."""
        self.show(CONTENTS)

    def here(self) -> None:
        """Open the page about what has the focus, else about the place that is shown."""
        self.show(self.page_here())

    def page_here(self) -> str:
        """Name of the page that `here` opens.

        Returns
        -------
        str
        """
        focused = QApplication.focusWidget()
        shown = self._window.stack.currentWidget()
        if focused is not None and (focused is shown or shown.isAncestorOf(focused)):
            about = page_about(focused)
            # a list or tab of the place itself says nothing of what it leads to
            if about and about != page_about(shown):
                return about
        return page_about(_innermost(shown)) or CONTENTS


def _innermost(place: Any) -> QWidget:
    """The page that a place shows, where it has several; else the place itself."""
    stack = getattr(place, "stack", None)
    return stack.currentWidget() if stack is not None and stack.currentWidget() is not None else place
