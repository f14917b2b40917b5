"""What is painted on the map of a page: kept as a value, worked into the map in the background, undone by steps."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from calgui.core.algorithms.badpixels.edits import Edits, Stroke
from calgui.core.errors import Cancelled
from calgui.views.stepping import Steps
from calgui.views.workbench.painting import words
from calgui.views.workbench.work import Asked, Made, painted

if TYPE_CHECKING:
    from calgui.views.workbench.page import AlgorithmPage


class Painting(QObject):
    """Strokes on the map of the last run.

    Parameters
    ----------
    page : AlgorithmPage
        Of an algorithm that makes a map.
    """

    def __init__(self, page: "AlgorithmPage") -> None:
        super().__init__(page)
        self._page = page
        self._run: tuple[Asked, Made] | None = None
        #: which run the strokes belong to: another run is another map, on which none of them is
        self._number = 0
        self.edits = Edits()
        self._steps = Steps(page.session.history, self._state, self._put, self._words)
        assert page.output.painting is not None
        self._bar = page.output.painting
        self._bar.stroked.connect(self._stroked)

    def begin(self, asked: Asked, made: Made) -> None:
        """A new map is there.

        Parameters
        ----------
        asked : Asked
            What the run was of.
        made : Made
            What it gave.
        """
        self._run, self.edits = (asked, made), Edits()
        self._number += 1
        self._bar.settle()
        self._bar.show_edits(0)
        self._steps.settle()

    def end(self) -> None:
        """The map is being made anew: nothing is painted on the one before."""
        self._run = None
        self._bar.set_ready(False)

    def _stroked(self, stroke: Stroke) -> None:
        if self._run is None:
            self._bar.settle()
        else:
            self.edits = self.edits.then(stroke)
            self._steps.note()
            self._work()

    def _state(self) -> tuple[int, Edits]:
        return self._number, self.edits

    def _put(self, state: tuple[int, Edits]) -> None:
        number, edits = state
        if number == self._number and self._run is not None:
            self.edits = edits
            self._work()

    @staticmethod
    def _words(before: tuple[int, Edits], after: tuple[int, Edits]) -> str:
        return words(before[1], after[1])

    def _work(self) -> None:
        """Put all strokes into the map as the algorithm made it; only the last wish counts."""
        assert self._run is not None
        page, edits = self._page, self.edits
        run = self._run
        asked, made = run

        def done(now: Made) -> None:
            if self._run is run:
                self._show(now)

        def failed(error: Exception) -> None:
            self._bar.settle()
            if not isinstance(error, Cancelled):
                page.session.report(error, "Painting")

        page.session.tasks.start(
            "Painting",
            lambda job: painted(asked, made.report, edits, made.comparison is not None, job),
            done,
            failed,
            key=f"bench-paint-{id(self)}",
            quiet=True,
        )

    def _show(self, made: Made) -> None:
        """Show the map with the strokes, which is what is saved from now on."""
        page = self._page
        page.report = made.report
        by_hand = made.report.metrics.get("n_by_hand")
        page.output.show_painted(made.report, made.hot, int(by_hand.value or 0) if by_hand is not None else 0)
        if made.comparison is not None:
            page.output.comparison.show_comparison(made.comparison)
