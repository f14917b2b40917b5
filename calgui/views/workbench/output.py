"""The right side of an algorithm's page: verdict, picture with metrics, diagnostics, frames, comparison."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QTabWidget, QVBoxLayout, QWidget

from calgui.core.algorithms.registry import Result
from calgui.core.errors import CalguiError
from calgui.core.frames.frame import Frame
from calgui.core.frames.limits import moved_limits
from calgui.core.frames.statistics import Box
from calgui.core.runs.comparing import comparer_of
from calgui.core.runs.flagged import KINDS_OF_MASKS, Flagged
from calgui.core.runs.preview import Cut
from calgui.core.runs.report import RunReport
from calgui.views.image.content import Origin
from calgui.views.image.view import ImageView
from calgui.views.session import Session
from calgui.views.theme import SPACE
from calgui.views.widgets.tabs import show_tab
from calgui.views.workbench.banner import VerdictBanner
from calgui.views.workbench.comparison import ComparisonPanel
from calgui.views.workbench.marks.panel import MarksPanel
from calgui.views.workbench.painting import PaintBar
from calgui.views.workbench.picturetab import PictureTab, surrounded
from calgui.views.workbench.plots import CurvesPanel
from calgui.views.workbench.results import TablesPanel
from calgui.views.workbench.side import Side
from calgui.views.workbench.spectra.tabs import SpectraTabs
from calgui.views.workbench.work import layers, noted

#: name of the tab with tables while there are none
_FRAMES = "Frames"
#: what is said on the picture of a whole result
_WHOLE = "whole frame"


class OutputPanel(QWidget):
    """Shows either the preview or the whole result, and says which of the two.

    Signals
    -------
    changed()
        Something else is shown; see `shown_of`.

    Parameters
    ----------
    session : Session
        For the pictures.
    product : str
        REFTYPE of what the page makes; empty for an image.
    below : QWidget, optional
        Belongs to the picture, and stands below it.
    parent : QWidget, optional
    """

    changed = Signal()

    def __init__(
        self, session: Session, product: str, below: QWidget | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("bench_output")
        self._whole: tuple[RunReport, Flagged, str] | None = None
        self._preview: tuple[Result, Cut, str] | None = None
        self._outdated = self._preview_shown = False
        #: whether there was a result before
        self._opened = False
        self._showing_nothing = True
        self._session = session
        #: which picture of a result is shown, and in which words; those of a chain have several
        self.picture_of: Callable[[Result], tuple[Frame | None, str]] = lambda result: (result.frame, "")
        self._drawn: tuple[Result, str, str, Origin, tuple[Path, ...]] | None = None
        self.banner = VerdictBanner()
        self.show_whole_button = QPushButton("Show the whole result")
        self.show_whole_button.setObjectName("bench_show_whole")
        self.show_whole_button.setToolTip("Back from the preview to the result of the last run")
        self.show_whole_button.clicked.connect(self._back_to_whole)
        self.banner.add_button(self.show_whole_button)
        self.picture = ImageView(session)
        self.picture.setObjectName("bench_picture")
        self.painting: PaintBar | None = None
        if product == "MASK":
            self.picture.bar.marked_at_first = frozenset(KINDS_OF_MASKS)
            self.painting = PaintBar(self.picture)
        self.marks = MarksPanel(self.picture, session)
        self.curves = CurvesPanel(session)
        self.tables = TablesPanel()
        self.side = Side("bad" if product == "MASK" else "hot", self.marks.table)
        self.metrics, self.hot = self.side.metrics, self.side.hot
        above: list[QWidget] = [self.painting] if self.painting is not None else []
        above.append(self.marks.bar)
        comparer = comparer_of(product)
        self.comparison = ComparisonPanel(session, comparer)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("bench_tabs")
        self.tabs.setAccessibleName("The result: picture, plots, frames")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        for widget, title, tip in (
            (
                PictureTab(surrounded(self.picture, above, below), self.side),
                "Picture",
                "The product, or a preview of it, with its numbers",
            ),
            (self.marks.map, "Map", "A value of every mark over the field, with cut-outs of the worst"),
            (self.curves, "Plots", "Histogram, and median and spread of rows and columns"),
            (self.tables, _FRAMES, "Frames, amplifiers or hits one below the other; what stands out is marked"),
            (self.comparison, "Against the one in use", "The difference from the reference that the rules select"),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(widget, title), tip)
        self.tabs.setTabVisible(self.tabs.indexOf(self.comparison), comparer is not None)
        self.spectra = SpectraTabs(session, self.tabs, self.side)
        if product == "WAVECAL":
            # made with the page rather than in the way of its first answer
            _ = self.spectra.panel
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, 0)
        layout.setSpacing(SPACE // 2)
        layout.addWidget(self.banner)
        layout.addWidget(self.tabs, 1)
        self.hot.chosen.connect(self.picture.seek)
        self.marks.input_wanted.connect(self.show_picture)
        self.marks.key_on(self)
        for changed in (self.picture.canvas.zoomed, self.picture.visible_changed):
            changed.connect(lambda *_: self.marks.show_scale())
        self.show_waiting(False, None)

    @property
    def seen_part(self) -> tuple[Box, tuple[int, int]] | None:
        """The part of the whole result that is seen, and the size of it; None where a preview is shown."""
        content, seen = self.picture.content, self.picture.visible_box
        if not self.showing_whole or content is None or seen is None:
            return None
        return seen, content.size

    @property
    def showing_whole(self) -> bool:
        """Whether the picture is that of the last run, not a preview."""
        return self._whole is not None and not self._preview_shown and not self._showing_nothing

    @property
    def shown_of(self) -> Cut | RunReport | None:
        """What the picture was made of: a part in memory, or the files of a run; None where there is none."""
        if self._showing_nothing:
            return None
        if self._preview_shown:
            return self._preview[1] if self._preview is not None else None
        return self._whole[0] if self._whole is not None else None

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
        if problem is not None:
            # whether a file or an option is at fault, its own words tell best
            self.banner.show_state(f"{problem.message} {problem.cure}".rstrip(), "error")
        elif inputs:
            self.banner.show_state("This algorithm has no preview: run it on the whole frames.")
        else:
            self.banner.show_state("Choose inputs on the left; a preview follows at once.")
        self._clear("No picture yet.")

    def show_problem(self, error: CalguiError, unsolved: Result | None = None) -> None:
        """Say why there is no result.

        Parameters
        ----------
        error : CalguiError
            In its own words.
        unsolved : Result, optional
            What there is to see, and to mend it by.
        """
        place = f"{error.path.name}: " if error.path is not None else ""
        self._preview_shown = False
        self._preview = None
        self.banner.show_state(f"{place}{error.message} {error.cure}".rstrip(), "error")
        self._clear("No picture: see above.")
        if unsolved is not None:
            self.spectra.take(unsolved, alone=True)

    def show_running(self) -> None:
        """Say that the whole frames are being worked on; what is shown stays."""
        shown = "the result of the run before" if self.showing_whole else "the preview"
        self.banner.show_state(f"Running on the whole frames; until it is done you see {shown}.")

    def add_beside(self, widget: QWidget, title: str, tip: str) -> None:
        """Put something beside the picture that is there as long as the page is.

        Parameters
        ----------
        widget : QWidget
            Such as a list to go back to.
        title, tip : str
            Of its tab.
        """
        self.side.add(widget, title, tip)

    def show_measuring(self) -> None:
        """Say that the whole inputs are being measured; what is shown stays."""
        shown = "" if self._showing_nothing else "; until it is done you see the result before"
        self.banner.show_state(
            f"Measuring on the whole inputs, once{shown}. Options of the fit are then answered at once."
        )

    def show_failed(self) -> None:
        """Say that a defect of the program ended the work; what it is, the notices tell."""
        self._preview_shown = False
        self.banner.show_state(
            "A defect of the program ended the work: the notice at the lower right tells it.", "error"
        )
        self._clear("No picture: see above.")

    def show_cancelled(self) -> None:
        """Say that nothing came of a run, or of measuring."""
        shown = "the result of the run before" if self.showing_whole else "the preview"
        still = "" if self._showing_nothing else f" What is shown is {shown}."
        self.banner.show_state(f"Cancelled: nothing was written.{still}")

    def show_preview(self, result: Result, cut: Cut, hot: Flagged, title: str, notes: tuple[str, ...] = ()) -> None:
        """Show the result of a part.

        Parameters
        ----------
        result : Result
            Of the cut-out.
        cut : Cut
            Which part.
        hot : Flagged
            Its hot pixels.
        title : str
            Of the algorithm.
        notes : tuple of str
            Sentences on what it does without.
        """
        result = noted(result, notes)
        self._preview = (result, cut, title)
        self._preview_shown = True
        inputs = tuple(frame.path for frame in cut.frames if frame.path is not None)
        origin = self._origin(inputs, cut.box.x_start, cut.box.y_start)
        self._show(result, title, f"preview: {cut.text}", origin, inputs)
        self.side.show_hot(hot, (cut.box.x_start, cut.box.y_start))

    def show_whole(self, report: RunReport, hot: Flagged, title: str, outdated: bool) -> None:
        """Show the result of the whole frames.

        Parameters
        ----------
        report : RunReport
            Of the run.
        hot : Flagged
            Its hot pixels.
        title : str
            Of the algorithm.
        outdated : bool
            Whether inputs or options were changed while it ran.
        """
        self._whole = (report, hot, title)
        self._outdated = outdated
        self._back_to_whole()

    def show_painted(self, report: RunReport, hot: Flagged, pixels: int) -> None:
        """Show the whole result as it was painted.

        Parameters
        ----------
        report : RunReport
            With what was done by hand.
        hot : Flagged
            Its bad pixels.
        pixels : int
            That are other than the algorithm made them.
        """
        if self._whole is None:
            return
        self._whole = (report, hot, self._whole[2])
        if self.showing_whole:
            self._back_to_whole()
        if self.painting is not None:
            self.painting.settle()
            self.painting.show_edits(pixels)

    def mark_outdated(self) -> None:
        """The result of the last run no longer belongs to what the form says."""
        self._outdated = self._whole is not None

    def _back_to_whole(self) -> None:
        if self._whole is None:
            return
        report, hot, title = self._whole
        frame = report.result.frame
        size = "" if frame is None else f" {frame.shape[-1]} × {frame.shape[-2]}"
        note = f"{_WHOLE}{size}" + (", made with earlier inputs or options" if self._outdated else "")
        self._preview_shown = False
        self._show(noted(report.result, report.notes), title, note, self._origin(report.inputs), report.inputs)
        self.side.show_hot(hot, (0, 0))

    def _origin(self, inputs: Sequence[Path], x: int = 0, y: int = 0) -> Origin:
        """A product lies on the pixels of its inputs; one that is selected goes first."""
        selected = self._session.selection[:1]
        return Origin(tuple(sorted(inputs, key=lambda path: path not in selected)), x, y)

    def _show(self, result: Result, title: str, note: str, origin: Origin, inputs: tuple[Path, ...] = ()) -> None:
        self._showing_nothing = False
        preview = self._preview_shown
        self.banner.show_verdict(result, preview)
        self._drawn = result, title, note, origin, inputs
        self._show_marks(result, inputs, live=not preview)
        no_picture = result.frame is None and self.marks.wanted is None
        self.spectra.take(result, no_picture)
        self.show_picture()
        self.side.show_metrics(result.metrics)
        self.curves.show_curves(result.curves)
        # the steps of a chain stand below the picture
        tables = result.tables[bool(result.stages) :]
        self.tables.show_tables(tables, late=result.spectra is not None)
        one = tables[0].title if len(tables) == 1 else "Tables"
        show_tab(self.tabs, self.tabs.indexOf(self.tables), bool(tables), one if tables else _FRAMES)
        show_tab(self.tabs, self.tabs.indexOf(self.curves), bool(result.curves))
        if result.first == "plots" and result.curves and not self._opened and self.tabs.currentIndex() == 0:
            self.tabs.setCurrentWidget(self.curves)
        # from then on the tab is the user's choice
        self._opened = True
        if no_picture and self.tabs.currentIndex() == 0 and (result.curves or tables):
            self.tabs.setCurrentWidget(self.curves if result.curves else self.tables)
        self.show_whole_button.setVisible(preview and self._whole is not None)
        self._ready_to_paint()
        self.changed.emit()

    def show_picture(self, alike: bool = False) -> None:
        """Show the picture that is wanted of what is shown.

        Parameters
        ----------
        alike : bool
            Whether it is drawn as the one before, of which it is the other side.
        """
        if self._showing_nothing or self._drawn is None:
            return
        result, title, note, origin, _inputs = self._drawn
        wanted = self.marks.wanted
        if wanted is not None:
            # what is said of a part, or of a run that is out of date, holds for the picture of an input too
            self.marks.show_picture(wanted, "" if note.startswith(_WHOLE) and not self._outdated else note)
            return
        self.marks.other_picture()
        frame, words = self.picture_of(result)
        if frame is not None:
            said = f"{words} · {note}" if words else note
            old = self.picture.content
            if alike and old is not None and old.values is not None:
                self.picture.set_limits(moved_limits(self.picture.look.limits, old.values, frame.data))
            # what a result holds beside its image belongs to the product alone
            more = layers(result) if frame is result.frame else ()
            self.picture.show_frame(frame, name=title, note=said, origin=origin, more=more)
        else:
            self.picture.clear("This algorithm makes no picture.")

    def _ready_to_paint(self) -> None:
        if self.painting is not None:
            self.painting.set_ready(self.showing_whole)

    def _show_marks(self, result: Result | None, inputs: tuple[Path, ...] = (), live: bool = False) -> None:
        """The marks, with the tabs of their list and their map where there are any."""
        self.marks.take(result, inputs, live)
        self.side.show_marks(result.marks if result is not None else None)
        valued = self.marks.shown is not None and bool(self.marks.shown.values)
        show_tab(self.tabs, self.tabs.indexOf(self.marks.map), valued)

    def _clear(self, message: str) -> None:
        self.picture.clear(message)
        self._show_marks(None)
        self.spectra.take(None)
        self.side.show_metrics({})
        self.side.show_hot(Flagged(), (0, 0))
        self.curves.show_curves(())
        self.tables.show_tables(())
        self._showing_nothing = True
        self._ready_to_paint()
        self.show_whole_button.setVisible(self._whole is not None)
        self.changed.emit()
