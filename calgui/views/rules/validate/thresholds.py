"""The user's thresholds: where they are, what is wrong with them, and changing them with a way back."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from calgui.core.errors import CalguiError
from calgui.core.validation.checks import Check, check_text, default_check, user_path
from calgui.core.validation.editing import HEADING, changed, read_changes, without, write_changes
from calgui.views.session import Session

#: an editor writes a file in several steps
_SETTLE_MS = 200
_WORDS = {
    "bad_below": "bad below",
    "doubtful_below": "doubtful below",
    "doubtful_above": "doubtful above",
    "bad_above": "bad above",
}


class Thresholds(QObject):
    """The file of the user's changes, followed as it changes on the disk.

    Parameters
    ----------
    session : Session
        Whose history has the way back.
    parent : QObject, optional

    Signals
    -------
    changed()
        Other thresholds hold.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.path = user_path()
        self.problem = ""
        self._text = ""
        self._watcher = QFileSystemWatcher(self)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self.look)
        self._watcher.fileChanged.connect(lambda _path: self._settle.start())
        self._watcher.directoryChanged.connect(lambda _path: self._settle.start())
        self._read()

    @property
    def file(self) -> Path | None:
        """The user's file where it can be used; None where the observatory's defaults hold."""
        return self.path if self._text and not self.problem else None

    def look(self) -> None:
        """Look whether the file was changed by another program."""
        before = self._text, self.problem
        self._read()
        if (self._text, self.problem) != before:
            self.changed.emit()

    def _read(self) -> None:
        try:
            self._text = read_changes(self.path)
            check_text(self._text, self.path)
            self.problem = ""
        except CalguiError as error:
            self.problem = f"{error.message} {error.cure}".strip()
        watched = {*self._watcher.files(), *self._watcher.directories()}
        wanted = [str(one) for one in (self.path, self.path.parent) if str(one) not in watched and one.exists()]
        if wanted:
            self._watcher.addPaths(wanted)

    # ---- changing

    def set_limit(self, check: Check, kind: str, field: str, value: float | None) -> bool:
        """Change one limit of a check, of files of one type; it can be undone.

        Parameters
        ----------
        check : Check
            As it is now.
        kind : str
            The type.
        field : str
            ``bad_above`` and the like.
        value : float or None
            None for what the observatory says.

        Returns
        -------
        bool
            False where it cannot be: the user is told why.
        """
        deed = f"{kind.lower()}.{check.name} {_WORDS[field]}"
        what = f"reset {deed}" if value is None else f"set {deed} {value:g}"
        return self._change(what, lambda text: changed(text, self.path, check, kind, field, value))

    def set_off(self, check: Check, kind: str, off: bool) -> bool:
        """Leave a check out, or take it in again; as `set_limit`."""
        usual = default_check(kind, check.name)
        # in the user's own file it may say so of a check that the observatory leaves out
        value = None if usual is not None and usual.off == off else off
        what = f"{'leave out' if off else 'take in'} {kind.lower()}.{check.name}"
        return self._change(what, lambda text: changed(text, self.path, check, kind, "off", value))

    def reset(self, check: Check, kind: str) -> bool:
        """Let a check be as the observatory has it; as `set_limit`."""
        what = f"reset {kind.lower()}.{check.name}"
        return self._change(what, lambda text: without(text, self.path, check.name, kind))

    def _change(self, what: str, change: Callable[[str], str]) -> bool:
        try:
            before = read_changes(self.path)
            after = change(before)
            if after == before:
                return True
            self._put(after)
        except CalguiError as error:
            self.session.report(error, "Changing a threshold")
            return False
        put = self._return
        self.session.history.did(what, partial(put, after, before), partial(put, before, after))
        return True

    def _return(self, now: str, then: str) -> None:
        """Back to a text, unless another program wrote something else meanwhile."""
        try:
            if read_changes(self.path) != now:
                text = f"{self.path.name} was changed by another program meanwhile: it stays as it is."
                self.session.notice("warning", text, "Change the limit itself.")
                return
            self._put(then)
        except CalguiError as error:
            self.session.report(error, "Changing a threshold")

    def _put(self, text: str) -> None:
        write_changes(self.path, text)
        self._read()
        self.changed.emit()

    def open(self) -> None:
        """Open the file with the program for such files; an empty one is made where there is none."""
        try:
            if not self.path.exists():
                write_changes(self.path, HEADING)
                self._read()
        except CalguiError as error:
            self.session.report(error, "Opening the thresholds")
            return
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.path))):
            self.session.notice("info", f"Your thresholds are in {self.path}.", "Open it with an editor of texts.")
