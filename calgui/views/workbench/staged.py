"""Looking at the whole inputs of an algorithm that measures once: what was measured is kept, and fitted to at once."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from calgui.core.algorithms.spectrummarks import Spectra
from calgui.core.errors import Cancelled
from calgui.core.jobs import Job, Progress
from calgui.views.tasks import Task
from calgui.views.workbench.work import Asked, Fitted, Made, glance_at, look_whole

if TYPE_CHECKING:
    from calgui.views.workbench.page import AlgorithmPage

#: part of the work that is not the measuring, at its beginning and its end
_BEFORE, _AFTER = 0.05, 0.95
#: milliseconds after which it is said that something is measured
_PATIENCE = 250


class Staged(QObject):
    """The look of a page whose algorithm has `Algorithm.measure`.

    Parameters
    ----------
    page : AlgorithmPage
        Whose it is.
    """

    def __init__(self, page: "AlgorithmPage") -> None:
        super().__init__(page)
        self._page = page
        self._key = f"bench-staged-{id(self)}"
        self.known: Fitted | None = None
        self.task: Task | None = None
        self._telling = False
        self._timer = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._timer.timeout.connect(self._tell)
        self._asked: Asked | None = None
        #: all spectra are fitted once the one that is looked at is painted: both at once would hinder one another
        self._after = QTimer(self, singleShot=True, interval=0)
        self._after.timeout.connect(self._look_at_all)
        page.session.tasks.progressed.connect(self._progressed)

    def look(self, asked: Asked) -> None:
        """Measure where it must be, and fit; of many spectra the one that is looked at comes first.

        Parameters
        ----------
        asked : Asked
            What the page says.
        """
        self._after.stop()
        self._asked = asked
        known, spectrum = self.known, self._page.output.spectra.looked_at
        if asked.how.glance is None or known is None or spectrum is None:
            self._look_at_all()
            return
        before, which = known, spectrum
        self.task = self._page.session.tasks.start(
            f"A spectrum of {asked.how.title}",
            lambda _job: glance_at(asked, before, which),
            self._glanced,
            self._failed,
            key=self._key,
            quiet=True,
        )
        self._timer.start()

    def _glanced(self, seen: Spectra | None) -> None:
        self.task = None
        if seen is None:
            self._look_at_all()
        else:
            self._page.output.spectra.take_one(seen)
            self._after.start()

    def _look_at_all(self) -> None:
        asked, page, known = self._asked, self._page, self.known
        assert asked is not None

        def work(job: Job) -> Fitted:
            return look_whole(asked, known, job)

        self.task = page.session.tasks.start(
            f"Measuring for {page.how.title}", work, self._done, self._failed, key=self._key, quiet=True
        )
        self._timer.start()

    def stop(self) -> None:
        """Nothing is to be looked at, or a run does the same."""
        self._after.stop()
        self._page.session.tasks.supersede(self._key)
        self._quiet()

    def took(self, asked: Asked, made: Made) -> None:
        """A run has measured.

        Parameters
        ----------
        asked : Asked
            What it was of.
        made : Made
            What it gave.
        """
        if made.measured is not None and self.known is not None:
            self.known = Fitted(asked, self.known.examined, made.measured, made.report, made.hot)

    def cancel(self) -> None:
        """The user wants no measuring."""
        if self.task is not None:
            self.task.job.cancel()
            self._page.actions_bar.stopping()

    @property
    def measuring(self) -> bool:
        """Whether it takes longer than a fit."""
        return self._telling

    def _progressed(self, task: Task, progress: Progress) -> None:
        if task is not self.task or task.job.cancelled or not _BEFORE <= progress.fraction < _AFTER:
            return
        self._tell()
        self._page.actions_bar.show_progress(progress)

    def _tell(self) -> None:
        """It takes longer than a fit: say so, and offer to cancel."""
        if not self._telling and self.task is not None:
            self._telling = True
            self._page.actions_bar.start()
            self._page.actions_bar.show_running(True)
            self._page.output.show_measuring()

    def _quiet(self) -> None:
        self.task = None
        self._timer.stop()
        if self._telling:
            self._telling = False
            self._page.actions_bar.show_running(False)

    def _done(self, fitted: Fitted) -> None:
        self._quiet()
        self.known = fitted
        self._page.show_fitted(fitted)

    def _failed(self, error: Exception) -> None:
        self._quiet()
        if isinstance(error, Cancelled):
            self._page.output.show_cancelled()
        else:
            self._page.show_failed()
            self._page.session.report(error, f"Measuring for {self._page.how.title}")
