"""The observations that are open: scanned in the background, handed on some at a time."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from calgui.core.errors import Cancelled
from calgui.core.jobs import Job
from calgui.views.session import Session
from calgui.views.tasks import Task

if TYPE_CHECKING:
    from calgui.core.frames.index import FileIndex
    from calgui.views.observations.rows import Row

#: rows handed on at once, and how often: together well under what a user could feel
_AT_ONCE = 1000
_EVERY_MS = 30


class ObservedFiles(QObject):
    """Scans files and folders through the index of headers.

    Signals
    -------
    arrived(list of Row)
        Some files were read; in the main thread.
    forgotten()
        Some files are no longer looked at.
    scanning_changed(bool)
        A scan began, or the last one ended.

    Parameters
    ----------
    session : Session
        Whose tasks do the work.
    """

    arrived = Signal(object)
    forgotten = Signal()
    scanning_changed = Signal(bool)
    _read = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.roots: list[Path] = []
        self.interrupted = False
        self._index: FileIndex | None = None
        self._lock = threading.Lock()
        self._running: dict[Task, list[Path]] = {}
        self._closed: set[Path] = set()
        self._waiting: list[Row] = []
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._hand_on)
        self._read.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def scanning(self) -> bool:
        """Whether files are being read, or wait to be handed on."""
        return bool(self._running or self._waiting)

    def open(self, paths: Iterable[Path]) -> None:
        """Read the headers of files, and of all FITS files in folders.

        Parameters
        ----------
        paths : iterable of pathlib.Path
            Absolute.
        """
        wanted = list(paths)
        if not wanted:
            return
        self.roots += [path for path in wanted if path not in self.roots]
        self._closed.difference_update(wanted)
        self.interrupted = False

        def ended(error: Exception | None = None) -> None:
            closed = self._closed.issuperset(self._running.pop(task, wanted))
            self._tell_end(None if closed and isinstance(error, Cancelled) else error)

        task = self.session.tasks.start(
            "Reading headers", lambda job: self._scan(wanted, job), lambda _count: ended(), ended
        )
        self._running[task] = wanted
        self.scanning_changed.emit(True)

    def refresh(self) -> None:
        """Look again at everything that was opened."""
        self.open(self.roots)

    def cancel(self) -> None:
        """Stop reading; what was read stays."""
        for task in self._running:
            task.job.cancel()

    def forget(self, paths: Iterable[Path]) -> None:
        """No longer look at some files when refreshing."""
        gone = set(paths)
        self.roots = [path for path in self.roots if path not in gone]
        self.forgotten.emit()

    def close_roots(self, roots: Iterable[Path]) -> Callable[[Path], bool]:
        """No longer look at files and folders that were opened; what is still being read of them is dropped.

        Parameters
        ----------
        roots : iterable of pathlib.Path
            As they were opened.

        Returns
        -------
        callable
            Whether a file was of these alone.
        """
        self._closed.update(roots)
        self.roots = [path for path in self.roots if path not in self._closed]
        for task, paths in self._running.items():
            if self._closed.issuperset(paths):
                task.job.cancel()
        self._waiting = [row for row in self._waiting if not self._is_closed(row.entry.path)]
        self.forgotten.emit()
        return self._is_closed

    def _is_closed(self, path: Path) -> bool:
        around = {path, *path.parents}
        return not around.isdisjoint(self._closed) and around.isdisjoint(self.roots)

    def close(self) -> None:
        """Let go of the index; call it when no scan runs any more."""
        with self._lock:
            if self._index is not None:
                self._index.close()
                self._index = None

    def _scan(self, paths: list[Path], job: Job) -> int:
        from calgui.views.observations.rows import Row

        def on_batch(batch: Iterable[Any]) -> None:
            self._read.emit([Row(entry) for entry in batch])

        return len(self._open_index().scan(paths, job, on_batch))

    def _open_index(self) -> "FileIndex":
        with self._lock:
            if self._index is None:
                from calgui.core.frames.index import FileIndex

                self._index = FileIndex()
            return self._index

    def _take(self, rows: "list[Row]") -> None:
        self._waiting += [row for row in rows if not self._is_closed(row.entry.path)] if self._closed else rows
        if not self._timer.isActive():
            self._hand_on()
            self._timer.start()

    def _hand_on(self) -> None:
        if not self._waiting:
            self._timer.stop()
            if not self._running:
                self.scanning_changed.emit(False)
            return
        rows, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
        self.arrived.emit(rows)

    def _tell_end(self, error: Exception | None) -> None:
        if isinstance(error, Cancelled):
            self.interrupted = True
            self.session.notice("info", "Reading headers was cancelled; the table shows what was read.", "F5 goes on.")
        elif error is not None:
            self.session.report(error, "Reading headers")
        if self._index is not None:
            for note in self._index.notes:
                self.session.notice(
                    "warning", note, "Your files are untouched; if it comes back, make its folder writable."
                )
            self._index.notes.clear()
        if not self._timer.isActive():
            self.scanning_changed.emit(self.scanning)
