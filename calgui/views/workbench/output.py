"""The right side of an algorithm's page: verdict, picture, diagnostics, frames, comparison, metrics."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from calgui.core.algorithms.registry import Result
from calgui.core.errors import CalguiError
from calgui.core.runs.preview import Cut
from calgui.core.runs.report import RunReport
from calgui.views.image.view import ImageView
from calgui.views.session import Session
from calgui.views.theme import SPACE
from calgui.views.workbench.comparison import ComparisonPanel
from calgui.views.workbench.plots import CurvesPanel
from calgui.views.workbench.results import MetricsTable, TablesPanel, VerdictBanner

SIDES = (128, 256, 512, 1024)


class OutputPanel(QWidget):
    """Shows either the preview or the whole result, and says which of the two.

    Signals
    -------
    place_changed()
        The preview is wanted of another part.

    Parameters
    ----------
    session : Session
        For the pictures.
    compares : bool
        Whether the product is compared with the one in use.
    parent : QWidget, optional
    """

    place_changed = Signal()

    def __init__(self, session: Session, compares: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_output")
        self._whole: tuple[RunReport, str] | None = None
        self._preview: tuple[Result, Cut, str] | None = None
        self._outdated = self._preview_shown = False
        self._showing_nothing = True
        self.banner = VerdictBanner()
        self.picture = ImageView(session)
        self.picture.setObjectName("bench_picture")
        self.curves = CurvesPanel()
        self.tables = TablesPanel()
        self.metrics = MetricsTable()
        self.comparison = ComparisonPanel(session)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("bench_tabs")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        picture = QWidget()
        column = QVBoxLayout(picture)
        column.setContentsMargins(0, SPACE, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._place_row())
        column.addWidget(self.picture, 1)
        self.tabs.addTab(picture, "Picture")
        self.tabs.addTab(self.curves, "Histogram, rows, columns")
        self.tabs.addTab(self.tables, "Frames")
        if compares:
            self.tabs.addTab(self.comparison, "Against the dark in use")
        else:
            self.comparison.setParent(self)
            self.comparison.hide()
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.tabs)
        self.metrics.setMinimumWidth(250)
        splitter.addWidget(self.metrics)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([700, 300])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, 2 * SPACE, SPACE, SPACE)
        layout.addWidget(self.banner)
        layout.addWidget(splitter, 1)
        self.tabs.currentChanged.connect(self._tab_changed)
        self.show_waiting(False, None)

    def _tab_changed(self, _index: int) -> None:
        """Frames and comparison have numbers of their own and need the room."""
        self.metrics.setVisible(self.tabs.currentWidget() not in (self.tables, self.comparison))

    def _place_row(self) -> QHBoxLayout:
        self.side = QComboBox()
        self.side.setObjectName("bench_preview_side")
        self.side.setAccessibleName("Size of the preview")
        self.side.setToolTip("Side of the cut-out that the preview is computed from, in pixels")
        for side in SIDES:
            self.side.addItem(f"{side} × {side}", side)
        self.side.setCurrentIndex(SIDES.index(256))
        self.x, self.y = self._centre("x"), self._centre("y")
        self.show_whole_button = QPushButton("Show the whole result")
        self.show_whole_button.setObjectName("bench_show_whole")
        self.show_whole_button.setToolTip("Back from the preview to the result of the last run")
        self.show_whole_button.clicked.connect(self._back_to_whole)
        row = QHBoxLayout()
        row.setContentsMargins(SPACE, 0, SPACE, 0)
        row.setSpacing(SPACE)
        for widget in (QLabel("Preview of"), self.side, QLabel("pixels around"), self.x, self.y):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.show_whole_button)
        self.side.currentIndexChanged.connect(lambda _index: self.place_changed.emit())
        return row

    def _centre(self, axis: str) -> QSpinBox:
        field = QSpinBox()
        field.setObjectName(f"bench_preview_{axis}")
        field.setAccessibleName(f"Centre of the preview in {axis}")
        field.setToolTip("Centre of the cut-out, from 0. Where you zoom into the whole result, the cut-out follows.")
        field.setPrefix(f"{axis} ")
        field.setRange(-1, -1)
        field.setSpecialValueText(f"{axis} centre")
        field.setKeyboardTracking(False)
        field.valueChanged.connect(lambda _value: self.place_changed.emit())
        return field

    # -- where the preview is --------------------------------------------------------------------------------------

    @property
    def preview_side(self) -> int:
        """Pixels on a side of the cut-out."""
        return int(self.side.currentData())

    @property
    def preview_centre(self) -> tuple[float | None, float | None]:
        """Centre of the cut-out; None for the middle of the frame."""
        self._follow_picture()
        return tuple(float(field.value()) if field.value() >= 0 else None for field in (self.x, self.y))  # type: ignore[return-value]

    def _follow_picture(self) -> None:
        """A part of the whole result that the user zoomed into is what the preview is wanted of."""
        content, seen = self.picture.content, self.picture.visible_box
        if not self.showing_whole or content is None or seen is None:
            return
        high, wide = content.size
        if seen.x_stop - seen.x_start < wide or seen.y_stop - seen.y_start < high:
            for field, first, last in ((self.x, seen.x_start, seen.x_stop), (self.y, seen.y_start, seen.y_stop)):
                with QSignalBlocker(field):
                    field.setValue((first + last) // 2)

    @property
    def showing_whole(self) -> bool:
        """Whether the picture is that of the last run, not a preview."""
        return self._whole is not None and not self._preview_shown and not self._showing_nothing

    # -- what is shown ---------------------------------------------------------------------------------------------

    def show_waiting(self, inputs: bool, problem: CalguiError | None) -> None:
        """Say what is missing before a preview can be shown.

        Parameters
        ----------
        inputs : bool
            Whether there are any.
        problem : CalguiError or None
            Why they cannot be used.
        """
        self._preview_shown = False
        self._preview = None
        text = "Choose inputs on the left; a preview follows at once."
        if problem is not None:
            text = f"{problem.message} {problem.cure}".strip()
            place = f"{problem.path.name}: " if problem.path is not None else ""
            self.banner.show_state(f"{place}{text}", "error")
        elif inputs:
            text = "This algorithm has no preview: run it on the whole frames."
            self.banner.show_state(text)
        else:
            self.banner.show_state(text)
        self._clear("No picture yet.")

    def show_problem(self, error: CalguiError) -> None:
        """Say why there is no result.

        Parameters
        ----------
        error : CalguiError
            In its own words.
        """
        place = f"{error.path.name}: " if error.path is not None else ""
        self._preview_shown = False
        self._preview = None
        self.banner.show_state(f"{place}{error.message} {error.cure}".rstrip(), "error")
        self._clear("No picture: see above.")

    def show_running(self, title: str) -> None:
        """Say that the whole frames are being worked on; what is shown stays.

        Parameters
        ----------
        title : str
            Of the algorithm.
        """
        self.banner.show_state(f"{title}: running on the whole frames. What is shown below is the preview until then.")

    def show_cancelled(self) -> None:
        """Say that nothing came of a run."""
        self.banner.show_state("Cancelled: nothing was changed.")

    def show_preview(self, result: Result, cut: Cut, title: str) -> None:
        """Show the result of a part.

        Parameters
        ----------
        result : Result
            Of the cut-out.
        cut : Cut
            Which part.
        title : str
            Of the algorithm.
        """
        self._preview = (result, cut, title)
        self._preview_shown = True
        self._set_range(cut.whole)
        self._show(result, title, f"preview: {cut.text}", True)

    def show_whole(self, report: RunReport, title: str, outdated: bool) -> None:
        """Show the result of the whole frames.

        Parameters
        ----------
        report : RunReport
            Of the run.
        title : str
            Of the algorithm.
        outdated : bool
            Whether inputs or options were changed while it ran.
        """
        self._whole = (report, title)
        self._outdated = outdated
        self._back_to_whole()

    def mark_outdated(self) -> None:
        """The result of the last run no longer belongs to what the form says."""
        self._outdated = self._whole is not None

    def _back_to_whole(self) -> None:
        if self._whole is None:
            return
        report, title = self._whole
        frame = report.result.frame
        size = "" if frame is None else f" {frame.shape[-1]} × {frame.shape[-2]}"
        note = f"whole frame{size}" + (", made with earlier inputs or options" if self._outdated else "")
        self._preview_shown = False
        self._show(report.result, title, note, False)

    def _show(self, result: Result, title: str, note: str, preview: bool) -> None:
        self._showing_nothing = False
        self.banner.show_verdict(result, preview)
        if result.frame is not None:
            self.picture.show_frame(result.frame, name=title, note=note)
        else:
            self.picture.clear("This algorithm makes no picture.")
        self.metrics.show_metrics(result.metrics)
        self.curves.show_curves(result.curves)
        self.tables.show_tables(result.tables)
        self.show_whole_button.setVisible(preview and self._whole is not None)

    def _set_range(self, whole: tuple[int, int]) -> None:
        for field, length in ((self.x, whole[1]), (self.y, whole[0])):
            if field.maximum() != length - 1:
                with QSignalBlocker(field):
                    field.setRange(-1, length - 1)

    def _clear(self, message: str) -> None:
        self.picture.clear(message)
        self.metrics.show_metrics({})
        self.curves.show_curves(())
        self.tables.show_tables(())
        self._showing_nothing = True
        self.show_whole_button.setVisible(self._whole is not None)
