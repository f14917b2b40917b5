"""Keeps on the disk where the user is, so that it comes back after the end of the program, clean or not.

Each running program has a file of its own in the folder ``running``, with a lock beside it that the system lets go of
when the program ends, in whatever way. At a clean end the file becomes ``last.calgui``. A file whose lock nobody
holds is of a program that ended otherwise.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from calgui.core.errors import CalguiError
from calgui.core.sessions import SUFFIX, Saved, encoded, read_session, write_session
from calgui.views.session import Session
from calgui.views.sessions import Sessions
from calgui.views.settings import remembered, state_folder

#: how often it is looked whether anything changed
_EVERY_MS = 4000


class Autosave(QObject):
    """Saves the session as it goes; does nothing until `begin`.

    Parameters
    ----------
    sessions : Sessions
        Whose state is kept.
    session : Session
        Whose tasks write.
    parent : QObject, optional

    Signals
    -------
    found(object)
        A `Saved` that a program left that did not end as it should.
    """

    found = Signal(object)

    def __init__(self, sessions: Sessions, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sessions, self._session = sessions, session
        self._path: Path | None = None
        self._lock: QLockFile | None = None
        self._written = b""
        self._writing = False
        self._left: tuple[Saved, Path, QLockFile] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def begin(self, reopen: bool = True) -> None:
        """Look for what was left behind, take up what was open last, and save from now on.

        Parameters
        ----------
        reopen : bool
            Whether what was open last is taken up, if the user wants that at all; not where the program was given
            something to open.
        """
        folder = state_folder() / "running"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._session.notice(
                "warning",
                f"Where you are cannot be kept in {folder}: {error.strerror or error}.",
                "Make that folder writable; until then a session is saved by the menu File.",
            )
            return
        self._left = _left_behind(folder)
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._path = folder / f"{name}{SUFFIX}"
        self._lock = QLockFile(str(folder / f"{name}.lock"))
        self._lock.setStaleLockTime(0)
        self._lock.tryLock(0)
        self._timer.start()
        if self._left is not None:
            self.found.emit(self._left[0])
        elif reopen and remembered("sessions/reopen", True):
            self._reopen()

    def _reopen(self) -> None:
        last = _last()
        if not last.exists():
            return
        try:
            saved = read_session(last)
        except CalguiError as error:
            # nobody asked for it: told, but as no error
            self._session.notice("warning", f"What was open last cannot be taken up: {error.message}", error.cure)
            return
        if not saved.empty or saved.views:
            self._sessions.take_up(saved)

    def look(self) -> None:
        """Save in the background, if anything changed since."""
        if self._path is None or self._writing:
            return
        path, saved = self._path, self._sessions.state()
        raw = encoded(saved, path)
        if raw == self._written:
            return
        self._writing = True

        def done(_path: Path) -> None:
            self._writing, self._written = False, raw

        def failed(_error: Exception) -> None:
            # a full disk is told by what the user does there; the next change tries again
            self._writing, self._written = False, raw

        self._session.tasks.start(
            "Keeping where you are",
            lambda _job: write_session(saved, path, overwrite=True),
            done,
            failed,
            background=True,
        )

    def restore(self) -> None:
        """Take up what the program left that did not end as it should."""
        if self._left is not None:
            saved = self._left[0]
            self.dismiss()
            self._sessions.take_up(saved)

    def dismiss(self) -> None:
        """Forget what that program left."""
        if self._left is not None:
            _saved, path, lock = self._left
            path.unlink(missing_ok=True)
            lock.unlock()
            self._left = None

    def end(self) -> None:
        """The program ends as it should: what is open is what comes back at the next start."""
        self._timer.stop()
        if self._path is None:
            return
        # the window is going away, and nobody is left to tell of a full disk; the older state stays
        with suppress(CalguiError):
            write_session(self._sessions.state(), _last(), overwrite=True)
        self._path.unlink(missing_ok=True)
        for lock in (self._lock, self._left[2] if self._left is not None else None):
            if lock is not None:
                lock.unlock()
        self._path = self._left = None


def _last() -> Path:
    return state_folder() / f"last{SUFFIX}"


def _left_behind(folder: Path) -> tuple[Saved, Path, QLockFile] | None:
    """The newest session whose program is gone, and its lock, which is ours now; empty and older ones are deleted."""
    newest: tuple[Saved, Path, QLockFile] | None = None
    for path in sorted(folder.glob(f"*{SUFFIX}"), key=_age):
        lock = QLockFile(str(path.with_suffix(".lock")))
        lock.setStaleLockTime(0)
        if not lock.tryLock(0):
            continue  # that program runs
        saved = _readable(path)
        if newest is not None or saved is None or saved.empty:
            path.unlink(missing_ok=True)
            lock.unlock()
        else:
            newest = saved, path, lock
    return newest


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except OSError:
        return 0.0


def _readable(path: Path) -> Saved | None:
    try:
        return read_session(path)
    except CalguiError:
        return None
