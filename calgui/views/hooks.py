"""The one owner of the exception hooks: what nobody caught reaches the notices once, from whatever thread."""

import logging
import sys
import threading
import time
import traceback
from types import TracebackType
from typing import Any

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, qInstallMessageHandler

from calgui.core.errors import CalguiError, Cancelled
from calgui.views.session import Session

_log = logging.getLogger("calgui.qt")
#: the same error again within so many seconds is the same trouble, as of a widget that fails at every repaint
_AGAIN = 1.0


class Hooks(QObject):
    """Takes over ``sys``, ``threading``, unraisable and Qt's message hooks, and gives them back.

    Parameters
    ----------
    session : Session
        Whose notices tell the user.
    """

    _caught = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._seen: dict[tuple[str, ...], float] = {}
        self._lock = threading.Lock()
        self._before: tuple[Any, Any, Any, Any] | None = None
        self._caught.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take the hooks over; a second call does nothing."""
        if self._before is not None:
            return
        self._before = (
            sys.excepthook,
            threading.excepthook,
            sys.unraisablehook,
            qInstallMessageHandler(self._qt_message),
        )
        sys.excepthook = self._uncaught
        threading.excepthook = lambda args: self._uncaught(args.exc_type, args.exc_value, args.exc_traceback)
        sys.unraisablehook = lambda args: self._uncaught(args.exc_type, args.exc_value, args.exc_traceback)

    def remove(self) -> None:
        """Give the hooks back."""
        if self._before is not None:
            sys.excepthook, threading.excepthook, sys.unraisablehook, handler = self._before
            qInstallMessageHandler(handler)
            self._before = None

    def _uncaught(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None = None
    ) -> None:
        if error is None or isinstance(error, Cancelled | SystemExit):
            return
        if isinstance(error, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        if not isinstance(error, CalguiError):
            traceback.print_exception(kind, error, trace)
        where = traceback.extract_tb(trace)[-1:]
        if self._is_new((kind.__name__, str(error), *(f"{frame.filename}:{frame.lineno}" for frame in where))):
            self._caught.emit(error)

    def _qt_message(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg):
            print(f"Qt: {text}", file=sys.stderr)  # noqa: T201 - Qt may be about to end the process
            if self._is_new(("Qt", text)):
                self._caught.emit(RuntimeError(text))
        else:
            _log.debug("%s %s", text, context.category)

    def _is_new(self, what: tuple[str, ...]) -> bool:
        with self._lock:
            now = time.monotonic()
            before = self._seen.get(what)
            self._seen[what] = now
            return before is None or now - before > _AGAIN

    def _tell(self, error: BaseException) -> None:
        self._session.report(error if isinstance(error, Exception) else RuntimeError(str(error)))
