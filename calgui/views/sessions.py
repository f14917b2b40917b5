"""Where the user was: gathered from the window, saved to a file, and brought back."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.sessions import SUFFIX, Saved, read_session, write_session
from calgui.views.recent import remember_recent
from calgui.views.settings import remember, remembered
from calgui.views.widgets.saving import ask_where

#: never raises, whatever a path may be
_there = os.path.exists
#: selected observations that come back; more of them are no place that one was at
_MOST_SELECTED = 500


class Sessions(QObject):
    """Saves and brings back what is open in a window.

    Parameters
    ----------
    window : MainWindow
        Whose state it is.
    """

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        #: the file that was saved or opened last
        self.path: Path | None = None

    def state(self) -> Saved:
        """What is open now, and where the user is.

        Returns
        -------
        Saved
        """
        session, window = self._session, self._window
        caches = [cache.path for cache in session.caches if cache is not session.cache]
        if session.cache is not None:
            caches.append(session.cache.path)
        return Saved(
            tuple(caches),
            session.context,
            tuple(window.observe.files.roots),
            session.selection[:_MOST_SELECTED],
            window.place_name,
            session.keeping.state(),
        )

    def take_up(self, saved: Saved) -> None:
        """Open what was open, beside what is open, and go where the user was.

        Parameters
        ----------
        saved : Saved
            What is not there any more is told as a notice; the rest comes back.
        """
        self._window.go(saved.place or "observe")
        self._session.keeping.restore(saved.views)

        def look(_job: Job) -> tuple[Saved, list[Path]]:
            # folders of a network may take their time
            here = replace(
                saved,
                caches=tuple(path for path in saved.caches if _there(path)),
                files=tuple(path for path in saved.files if _there(path)),
                selection=tuple(path for path in saved.selection if _there(path)),
            )
            return here, [path for path in (*saved.caches, *saved.files) if not _there(path)]

        self._session.tasks.start("Looking for what was open", look, self._open, key="session-restore")

    def replace(self, saved: Saved) -> None:
        """Close what is open and take up a session.

        Parameters
        ----------
        saved : Saved
            What comes in its place.
        """
        session, window = self._session, self._window
        for cache in list(session.caches):
            if cache.path not in saved.caches:
                session.close_cache(cache)
        window.observe.close_roots([path for path in window.observe.files.roots if path not in saved.files])
        self.take_up(saved)

    def _open(self, found: tuple[Saved, list[Path]]) -> None:
        saved, gone = found
        session = self._session
        for path in saved.caches:
            last = path == saved.caches[-1]
            session.open_cache(path, self._check_context(saved) if last else None, saved.context if last else None)
        # before the files, so that the first row of the table does not take its place
        session.select(saved.selection)
        self._window.observe.open(path for path in saved.files if path not in self._window.observe.files.roots)
        if gone:
            more = f" and {len(gone) - 1:,} more" if len(gone) > 1 else ""
            session.notice(
                "warning",
                f"{gone[0]}{more} of the session is no longer there.",
                "Mount its disk and open the session again, or go on without it.",
            )

    def _check_context(self, saved: Saved) -> Any:
        def opened() -> None:
            cache = self._session.cache
            wanted = saved.context
            if wanted and cache is not None and cache.path == saved.caches[-1] and wanted not in cache.contexts:
                self._session.notice(
                    "warning",
                    f"The cache has no context {wanted} any more; {self._session.context} is shown.",
                    "Choose another at the top.",
                )

        return opened

    # ---- named ones

    def open(self, path: Path) -> None:
        """Open a session file in place of what is open.

        Parameters
        ----------
        path : pathlib.Path
            What is wrong with it is told as a notice, and changes nothing.
        """
        try:
            saved = read_session(path)
        except CalguiError as error:
            self._session.report(error)
            return
        before = self.state()
        self.path = path
        self.replace(saved)
        remember_recent([path])
        if not before.empty:
            self._session.history.did(
                f"open the session {path.stem}", lambda: self.replace(before), lambda: self.replace(saved)
            )

    def ask_open(self) -> None:
        """Ask for a session file, and open it."""
        kinds = f"Sessions (*{SUFFIX});;All files (*)"
        name, _kind = QFileDialog.getOpenFileName(self._window, "Open a session", _folder(), kinds)
        if name:
            remember("sessions/folder", str(Path(name).parent))
            self.open(Path(name))

    def ask_save(self) -> None:
        """Ask for a name, and save what is open as a session."""
        proposed = self.path or f"night{SUFFIX}"
        path = ask_where(self._window, "Save the session", proposed, {SUFFIX: "Sessions"}, "sessions/folder")
        if path is not None:
            self.save(path)

    def save(self, path: Path) -> None:
        """Save what is open as a session.

        Parameters
        ----------
        path : pathlib.Path
            Replaced if it is there: the user was asked.
        """
        saved = self.state()

        def written(_path: Path) -> None:
            self.path = path
            remember_recent([path])
            self._session.notice("info", f"The session was saved as {path.name}; it names files and copies none.")

        self._session.tasks.start(
            f"Saving {path.name}", lambda _job: write_session(saved, path, overwrite=True), written, quiet=True
        )


def _folder() -> str:
    return str(remembered("sessions/folder", ""))
