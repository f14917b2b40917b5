"""Starts the application: the look, the hooks, the window, and what it was given to open."""

import signal
import socket
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from calgui.core.algorithms.warming import compile_ahead, stop_ahead
from calgui.core.sessions import Saved
from calgui.views.hooks import Hooks
from calgui.views.session import Session
from calgui.views.settings import remembered
from calgui.views.theme import theme
from calgui.views.window import MainWindow

#: milliseconds that belong to the window and what it was given to open, before anything is compiled
_FIRST_WORK = 3000
#: milliseconds that belong to the first painting, before it is looked for what was open last
_FIRST_LOOK = 50


def application(arguments: list[str] | None = None) -> QApplication:
    """The application object, with the look that the user chose.

    Parameters
    ----------
    arguments : list of str, optional
        For Qt.

    Returns
    -------
    QApplication
        The one that there is, or a new one.
    """
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(arguments if arguments is not None else ["calgui"])
    app.setApplicationName("calgui")
    app.setApplicationDisplayName("calgui")
    app.setDesktopFileName("calgui")
    return app


def make_window(session: Session) -> MainWindow:
    """A window in the look that was chosen last, following the system where that was the choice.

    Parameters
    ----------
    session : Session
        What is shown.

    Returns
    -------
    MainWindow
        Not shown yet.
    """
    choice = remembered("window/theme", "system")
    theme().apply({"light": False, "dark": True}.get(choice))
    return MainWindow(session)


def run(
    paths: Iterable[Path | str] = (),
    caches: Iterable[Path | str] = (),
    arguments: list[str] | None = None,
    saved: Saved | None = None,
) -> int:
    """Open the window and stay until it is closed.

    Given nothing to open, it takes up what was open when it was closed last, unless the user wants otherwise.

    Parameters
    ----------
    paths : iterable of path-like
        Files, folders and caches to open.
    caches : iterable of path-like
        Folders that are caches, whatever they look like.
    arguments : list of str, optional
        For Qt.
    saved : Saved, optional
        A session to take up.

    Returns
    -------
    int
        Exit code.
    """
    paths, caches = list(paths), list(caches)
    app = application(arguments)
    session = Session()
    hooks = Hooks(session)
    hooks.install()
    forget = _quit_on_interrupt(app.closeAllWindows)
    try:
        window = make_window(session)
        window.show()
        for cache in caches:
            session.open_cache(Path(cache).absolute())
        window.open_paths(paths)
        if saved is not None:
            window.sessions.take_up(saved)
        empty = not paths and not caches and saved is None
        QTimer.singleShot(_FIRST_LOOK, partial(window.autosave.begin, empty))
        QTimer.singleShot(_FIRST_WORK, compile_ahead)
        return app.exec()
    finally:
        stop_ahead()
        forget()
        hooks.remove()
        session.close()


def _quit_on_interrupt(quit_: Callable[[], object]) -> Callable[[], None]:
    """Make Ctrl+C in the terminal close the window properly; Python alone would not see it while Qt waits."""
    if sys.platform == "win32":
        return lambda: None
    reading, writing = socket.socketpair()
    for end in (reading, writing):
        end.setblocking(False)
    before = signal.signal(signal.SIGINT, lambda *_: quit_())
    wakeup = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(reading.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda *_: reading.recv(64))

    def forget() -> None:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(wakeup)
        signal.signal(signal.SIGINT, before)
        reading.close()
        writing.close()

    return forget
