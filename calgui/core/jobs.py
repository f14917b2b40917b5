"""Progress and cancel in one token, which a long computation carries.

The same token serves a terminal (a progress bar) and the window (a bar with Cancel): whoever starts the job
gives it an observer, whoever computes calls `Job.report` and `Job.check`.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from calgui.core.errors import Cancelled

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """How far a job has come.

    Attributes
    ----------
    fraction : float
        Between 0 and 1; NaN where the end is not known.
    text : str
        What is being done now.
    elapsed : float
        Seconds since the job was made.
    """

    fraction: float
    text: str
    elapsed: float

    @property
    def remaining(self) -> float | None:
        """Seconds left, extrapolated from what is done; None while too little is done to say."""
        if not 0.02 < self.fraction <= 1 or self.elapsed < 0.5:
            return None
        return self.elapsed * (1 - self.fraction) / self.fraction


@dataclass
class Job:
    """Progress and cancel of one piece of work; safe to share between threads.

    Parameters
    ----------
    title : str
        What the user asked for, in a few words.
    observer : callable, optional
        Called with a `Progress`, in the thread that reports, at most twenty times a second (and at the end).
    """

    title: str = ""
    observer: Callable[[Progress], None] | None = None
    _cancelled: threading.Event = field(default_factory=threading.Event, repr=False)
    _started: float = field(default_factory=time.monotonic, repr=False)
    _last: float = field(default=float("-inf"), repr=False)

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked for the work to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask the work to stop at its next `check`."""
        self._cancelled.set()

    def check(self) -> None:
        """Raise `Cancelled` if the work is to stop; call it at least ten times a second."""
        if self._cancelled.is_set():
            raise Cancelled(f"{self.title or 'The job'} was cancelled.")

    def report(self, fraction: float, text: str = "") -> None:
        """Tell the observer how far the work is, and look at cancel.

        Parameters
        ----------
        fraction : float
            Between 0 and 1, or NaN where the end is not known.
        text : str
            What is being done now.

        Raises
        ------
        Cancelled
            When the work is to stop.
        """
        self.check()
        now = time.monotonic()
        if self.observer is not None and (now - self._last >= 0.05 or fraction >= 1):
            self._last = now
            self.observer(Progress(fraction, text, now - self._started))

    def track(self, items: Iterable[T], total: int, text: str = "") -> Iterator[T]:
        """Go through items, reporting one step for each.

        Parameters
        ----------
        items : iterable
            What is worked on.
        total : int
            How many items there are.
        text : str
            What is being done.

        Yields
        ------
        object
            Each item.
        """
        for count, item in enumerate(items):
            self.report(count / max(total, 1), text)
            yield item
        self.report(1.0, text)

    def part(self, start: float, stop: float) -> "Job":
        """A token for a stage of this job, whose 0 to 1 is ``start`` to ``stop`` of the whole.

        Parameters
        ----------
        start, stop : float
            Fractions of the whole job.

        Returns
        -------
        Job
            Cancelled together with this one.
        """

        def pass_on(progress: Progress) -> None:
            self.report(start + (stop - start) * progress.fraction, progress.text)

        return Job(self.title, pass_on, self._cancelled)
