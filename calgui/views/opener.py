"""Opens and closes files, folders, caches and sessions for the window; each is a step that can be taken back."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from calgui.core.errors import CalguiError
from calgui.core.sessions import SUFFIX, is_session
from calgui.views.opening import classify
from calgui.views.recent import remember_recent
from calgui.views.session import Session
from calgui.views.sessions import Sessions
from calgui.views.settings import remember, remembered
from calgui.views.widgets.header_bar import cache_title


class Opener(QObject):
    """What the menu File does.

    Parameters
    ----------
    session : Session
        Whose caches are opened and closed.
    observe : ObservePlace
        Where files are opened.
    sessions : Sessions
        Opens session files.
    window : QWidget
        Over which it asks.
    """

    def __init__(self, session: Session, observe: Any, sessions: Sessions, window: QWidget) -> None:
        super().__init__(window)
        self.session, self.observe, self._sessions, self._window = session, observe, sessions, window

    def open_paths(self, paths: Iterable[Path | str]) -> None:
        """Open files, folders, caches and sessions.

        Parameters
        ----------
        paths : iterable of path-like
            What is missing is told as a notice; the rest is opened.
        """
        opened: list[Path] = []
        files: list[Path] = []
        for path in paths:
            try:
                given = classify([path])
            except CalguiError as error:
                self.session.report(error)
                continue
            if is_session(Path(path)):
                self._sessions.open(given.files[0])
                continue
            for cache in given.caches:
                self.open_cache(cache)
            files += given.files
            opened += [*given.caches, *given.files]
        if files:
            self._open_files(files)
        if opened:
            remember_recent(opened)

    def _open_files(self, files: list[Path]) -> None:
        fresh = [path for path in dict.fromkeys(files) if path not in self.observe.files.roots]
        self.observe.open(files)
        if files[0].is_file():
            # who opens a file wants to see it, whatever is shown now; of a folder the table is enough
            self.observe.table.bring(files[0])
        if fresh:
            what = fresh[0].name if len(fresh) == 1 else f"{len(fresh):,} files"
            self.session.history.did(
                f"open {what}", partial(self.observe.close_roots, fresh), partial(self.observe.open, fresh)
            )

    # ---- caches

    def open_cache(self, path: Path) -> None:
        """Open a cache.

        Parameters
        ----------
        path : pathlib.Path
            The user says that it is one: what is wrong with it is said by opening it.
        """
        before = self._current()
        known = {cache.path for cache in self.session.caches}

        def opened() -> None:
            newest = self.session.caches[-1].path
            if newest not in known:
                self.session.history.did(
                    f"open the cache {cache_title(newest)}",
                    partial(self._close_again, newest, before),
                    partial(self.session.open_cache, newest),
                )

        self.session.open_cache(path, opened)

    def close_cache(self) -> None:
        """Close the current cache."""
        session = self.session
        if session.cache is None:
            return
        path, context = self._current()
        session.close_cache(session.cache)
        assert path is not None
        session.history.did(
            f"close the cache {cache_title(path)}",
            partial(session.open_cache, path, context=context),
            partial(self._close_again, path, self._current()),
        )

    def _current(self) -> tuple[Path | None, str | None]:
        cache = self.session.cache
        return (cache.path if cache is not None else None), self.session.context

    def _close_again(self, path: Path, current: tuple[Path | None, str | None]) -> None:
        cache = next((known for known in self.session.caches if known.path == path), None)
        if cache is not None:
            self.session.close_cache(cache)
            self.session.return_to(*current)

    def validate(self) -> None:
        """Ask whether the selected files are good; without a selection the page asks which."""
        self.session.ask_page("validate", self.session.selection or None)

    def refresh(self) -> None:
        """Look again at the files that are open, and at the current cache."""
        self.observe.files.refresh()
        self.read_cache_again()

    def read_cache_again(self) -> None:
        """Read the current cache as it is on the disk now."""
        cache = self.session.cache
        if cache is None:
            return

        def read() -> None:
            # a context that is gone gives way to the default one
            context = self.session.context
            if cache is self.session.cache and context not in cache.contexts:
                self.session.set_context(cache, cache.default_context)
            else:
                self.session.context_changed.emit()

        self.session.tasks.start("Reading the cache again", lambda _job: cache.reload(), lambda _none: read())

    # ---- asking

    def ask_files(self) -> None:
        """Ask for files, and open them."""
        kinds = f"FITS, sessions (*.fits *.fit *.fts *.fits.gz *.fits.fz *{SUFFIX});;All files (*)"
        names, _kind = QFileDialog.getOpenFileNames(self._window, "Open files", _folder(), kinds)
        self._opened_by_hand(names)

    def ask_folder(self) -> None:
        """Ask for a folder, and open all FITS files in it and below."""
        name = QFileDialog.getExistingDirectory(self._window, "Open a folder of observations", _folder())
        self._opened_by_hand([name] if name else [])

    def ask_cache(self) -> None:
        """Ask for a CRDS cache, and open it."""
        name = QFileDialog.getExistingDirectory(self._window, "Open a CRDS cache", _folder())
        if name:
            remember("window/folder", str(Path(name).parent))
            remember_recent([Path(name)])
            self.open_cache(Path(name))

    def _opened_by_hand(self, names: list[str]) -> None:
        if names:
            remember("window/folder", str(Path(names[0]).parent))
            self.open_paths(names)


def _folder() -> str:
    return str(remembered("window/folder", ""))
