"""The figures beside the picture of a result: metrics, hot pixels, the list of marks, and what a page adds."""

from collections.abc import Mapping

from PySide6.QtWidgets import QTabWidget, QWidget

from calgui.core.algorithms.marks import Marks
from calgui.core.algorithms.registry import Metric
from calgui.core.runs.flagged import Flagged
from calgui.views.widgets.tabs import show_tab
from calgui.views.workbench.hotlist import HotPixels
from calgui.views.workbench.results import MetricsTable


class Side(QTabWidget):
    """Tabs of which only those with something in them are seen.

    Parameters
    ----------
    kind : str
        What flagged pixels are called: ``hot`` or ``bad``.
    marks : QWidget
        The list of marks.
    parent : QWidget, optional
    """

    def __init__(self, kind: str, marks: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_side_tabs")
        self.setAccessibleName("Figures of the result")
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.metrics, self.hot = MetricsTable(), HotPixels(kind)
        #: whether it is there without metrics too
        self._always = False
        self._marks = marks
        self.addTab(self.metrics, "Metrics")
        self.addTab(self.hot, f"{kind.capitalize()} pixels")
        self.addTab(marks, "Marks")

    def add(self, widget: QWidget, title: str, tip: str) -> None:
        """Put in something that is there as long as the page is.

        Parameters
        ----------
        widget : QWidget
            Such as a list to go back to.
        title, tip : str
            Of its tab.
        """
        self.setTabToolTip(self.addTab(widget, title), tip)
        self._always = True

    def show_metrics(self, metrics: Mapping[str, Metric]) -> None:
        """Show these; without any there is nothing to be seen here, but for what was added.

        Parameters
        ----------
        metrics : mapping of str to Metric
            Of the result.
        """
        self.metrics.show_metrics(metrics)
        self.setVisible(bool(metrics) or self._always)

    def show_hot(self, hot: Flagged, origin: tuple[int, int]) -> None:
        """List flagged pixels, where the result has such.

        Parameters
        ----------
        hot : Flagged
            Of the result.
        origin : tuple of int
            (x, y) of its first pixel on the detector.
        """
        self.hot.show_pixels(hot, origin)
        show_tab(self, self.indexOf(self.hot), bool(hot.counts))

    def show_marks(self, marks: Marks | None) -> None:
        """Offer their list, by their name.

        Parameters
        ----------
        marks : Marks or None
            Of the result.
        """
        at = self.indexOf(self._marks)
        show_tab(self, at, marks is not None, marks.name.capitalize() if marks is not None else "")
