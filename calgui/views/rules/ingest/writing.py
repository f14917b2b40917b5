"""Writing the new cache, or a patch, in the background; progress and cancel are those of the bar below the page."""

from collections.abc import Callable
from pathlib import Path
from typing import IO

from PySide6.QtCore import QObject, Signal

from calgui.core.errors import Cancelled, UsageError
from calgui.core.frames.writing import write_atomically
from calgui.core.jobs import Job, Progress
from calgui.core.rules.ingest.overlay import write_overlay
from calgui.core.rules.ingest.patching import patch
from calgui.core.rules.ingest.values import Written
from calgui.views.rules.ingest.answer import Answer
from calgui.views.rules.ingest.target import TargetBar
from calgui.views.session import Session
from calgui.views.tasks import Task


class Writing(QObject):
    """One thing at a time.

    Parameters
    ----------
    session : Session
    bar : TargetBar
        Shows how far it is.
    parent : QObject

    Signals
    -------
    changed()
        Something begins or ends.
    failed()
        It could not be done: what was looked at may have changed.
    """

    changed = Signal()
    failed = Signal()

    def __init__(self, session: Session, bar: TargetBar, parent: QObject) -> None:
        super().__init__(parent)
        self.session, self.bar = session, bar
        self.written: Written | None = None
        self._task: Task | None = None
        session.tasks.progressed.connect(self._progressed)
        bar.cancelled.connect(self._cancel)

    @property
    def busy(self) -> bool:
        """Whether something is written."""
        return self._task is not None

    @property
    def stands(self) -> bool:
        """Whether what was written is what one sees: the way back may have been gone, or another cache chosen."""
        written, cache = self.written, self.session.cache
        here = written is not None and cache is not None and cache.path == written.folder
        return here and cache.default_context == written.context

    def write(self, answer: Answer, folder: Path, then: Callable[[Answer, str], object]) -> None:
        """Write the new cache, and open it beside the old one.

        Parameters
        ----------
        answer : Answer
            Ready.
        folder : pathlib.Path
            Of the new cache.
        then : callable
            Given the answer and what was done, before it is opened.
        """

        def done(written: Written) -> None:
            self._ended()
            self.written = written
            count = len(written.files)
            said = f"✓ {written.folder} is written: {written.context} is operational, {count:,} files are new."
            if written.left_out:
                self.session.notice("info", f"Left out of {written.folder.name}: {' '.join(written.left_out[:10])}")
            self.session.notice("info", said.removeprefix("✓ "))
            then(answer, said)
            self.session.open_cache(written.folder, context=written.context)

        self._start(
            "Writing the new cache", lambda job: write_overlay(answer.cache, answer.proposal, folder, job), done
        )

    def save_patch(self, answer: Answer, path: Path) -> None:
        """Write a patch for a git checkout of the cache.

        Parameters
        ----------
        answer : Answer
            Ready.
        path : pathlib.Path
            Of the patch; replaced if it is there.
        """

        def work(job: Job) -> Path:
            if path.resolve().is_relative_to(answer.cache.layout.root):
                raise UsageError(
                    "This is inside of the cache, which is never written to.",
                    path=path,
                    cure="Name a file outside of it.",
                )
            text = patch(answer.cache, answer.proposal, job)

            def write(file: IO[bytes]) -> None:
                file.write(text.encode())

            return write_atomically(path, write, overwrite=True)

        def done(written: Path) -> None:
            self._ended()
            self.session.notice("info", f"The patch was saved as {written}.")

        self._start("Saving the patch", work, done)

    def _start(self, title: str, work: Callable[[Job], object], done: Callable[..., None]) -> None:
        if self._task is not None:
            return

        def failed(error: Exception) -> None:
            self._ended()
            if isinstance(error, Cancelled):
                self.session.notice("info", f"{title} was cancelled: nothing was written.")
            else:
                self.session.report(error, title)
                self.failed.emit()

        self._task = self.session.tasks.start(title, work, done, failed)
        self.bar.start(f"{title}…")
        self.changed.emit()

    def _ended(self) -> None:
        self._task = None
        self.changed.emit()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.job.cancel()

    def _progressed(self, task: Task, progress: Progress) -> None:
        if task is self._task:
            self.bar.show_progress(progress)
