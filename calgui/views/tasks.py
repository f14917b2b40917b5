"""Work off the main thread: each task carries an id, can be cancelled, and a superseded one is dropped.

``Tasks.start`` runs a function in a pool and calls back in the main thread. Tasks with the same ``key`` supersede
one another: starting a new one cancels the older, whose result is never delivered.
"""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from calgui.core.errors import Cancelled
from calgui.core.jobs import Job, Progress


@dataclass(eq=False)
class Task:
    """One piece of work that is waiting, running or done.

    Attributes
    ----------
    id : int
        Counts up.
    title : str
        What the user asked for.
    key : str
        Tasks of one key supersede one another; empty for none.
    job : Job
        Its progress and cancel token.
    quiet : bool
        Whether it is left out of the progress bar as long as it takes no more than a second.
    background : bool
        Whether nobody waits for it: it never comes into the progress bar.
    """

    id: int
    title: str
    key: str
    job: Job
    quiet: bool
    background: bool = False
    done: Callable[[Any], None] | None = field(default=None, repr=False)
    failed: Callable[[Exception], None] | None = field(default=None, repr=False)
    dropped: bool = False


class Tasks(QObject):
    """All background work of the window.

    Signals
    -------
    started(Task), progressed(Task, Progress), finished(Task)
        In the main thread. ``finished`` comes for every task, however it ended.
    error(Task, Exception)
        For a failed task that nobody else handles.
    """

    started = Signal(object)
    progressed = Signal(object, object)
    finished = Signal(object)
    error = Signal(object, object)
    _arrived = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None, workers: int = 3) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="calgui")
        self._ids = itertools.count(1)
        self._current: dict[str, Task] = {}
        self.running: list[Task] = []
        self._closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def start(
        self,
        title: str,
        work: Callable[[Job], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        *,
        key: str = "",
        quiet: bool = False,
        background: bool = False,
    ) -> Task:
        """Run ``work`` in the background.

        Parameters
        ----------
        title : str
            What the user asked for, in a few words.
        work : callable
            Called with a `Job` in another thread; must touch no widget.
        done, failed : callable, optional
            Called in the main thread with the result, or the exception.
        key : str
            A newer task of the same key supersedes this one.
        quiet : bool
            Leave it out of the progress bar unless it takes more than a second.
        background : bool
            Leave it out of the progress bar: nobody waits for it.

        Returns
        -------
        Task
            Cancelled already where all work has been stopped by `close`: a timer of a window that is going away.
        """
        task = Task(next(self._ids), title, key, Job(title), quiet, background, done, failed)
        if self._closed:
            task.dropped = True
            task.job.cancel()
            return task
        task.job.observer = lambda progress: self._arrived.emit(task, "progress", progress)
        if key:
            self.supersede(key)
            self._current[key] = task
        self.running.append(task)
        self.started.emit(task)
        self._pool.submit(self._run, task, work)
        return task

    def supersede(self, key: str) -> None:
        """Cancel the task of a key and drop its result.

        Parameters
        ----------
        key : str
            As given to `start`.
        """
        older = self._current.pop(key, None)
        if older is not None:
            older.dropped = True
            older.job.cancel()

    def cancel_all(self) -> None:
        """Ask every task to stop."""
        for task in list(self.running):
            task.job.cancel()

    def close(self) -> None:
        """Stop all work and wait for the threads; nothing is delivered afterwards."""
        self._closed = True
        for task in self.running:
            task.dropped = True
        self.cancel_all()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, task: Task, work: Callable[[Job], Any]) -> None:
        try:
            task.job.check()
            result = work(task.job)
        except Exception as error:  # noqa: BLE001 - delivered to the main thread, which tells the user
            self._arrived.emit(task, "failed", error)
        else:
            self._arrived.emit(task, "done", result)

    def _deliver(self, task: Task, what: str, value: Any) -> None:
        if what == "progress":
            if not task.dropped and isinstance(value, Progress):
                self.progressed.emit(task, value)
            return
        if task in self.running:
            self.running.remove(task)
        if task.key and self._current.get(task.key) is task:
            del self._current[task.key]
        self.finished.emit(task)
        if task.dropped:
            return
        if what == "done":
            if task.done is not None:
                task.done(value)
        elif task.failed is not None:
            task.failed(value)
        elif not isinstance(value, Cancelled):
            self.error.emit(task, value)
