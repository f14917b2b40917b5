"""Undo and redo: what was done, as pairs of calls."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand, QUndoStack

#: steps that are kept; each holds what it needs to go back
_MOST = 200
#: seconds after which a step of the same key is one of its own: a second drag
_PAUSE = 1.5


class _Step(QUndoCommand):
    """One step that was done before it was put on the stack."""

    def __init__(self, text: str, redo: Callable[[], object], undo: Callable[[], object], key: str) -> None:
        super().__init__(text)
        self._redo, self._undo, self.key = redo, undo, key
        self._first, self._when = True, time.monotonic()

    def redo(self) -> None:
        """Do it again; the stack calls it once when it takes the step, which was done already."""
        if self._first:
            self._first = False
            return
        self._redo()

    def undo(self) -> None:
        """Take it back."""
        self._undo()

    def id(self) -> int:
        """Steps of one key are one step."""
        return hash(self.key) & 0x7FFFFFFF if self.key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Join a later step of the same key: a slider that is dragged is one step back."""
        if not isinstance(other, _Step) or other.key != self.key or other._when - self._when > _PAUSE:
            return False
        self._redo, self._when = other._redo, other._when
        self.setText(other.text())
        return True


class History(QUndoStack):
    """Everything that the user changed, to go back to.

    Parameters
    ----------
    parent : QObject, optional
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setUndoLimit(_MOST)
        self._going = False

    def did(self, text: str, undo: Callable[[], object], redo: Callable[[], object], key: str = "") -> None:
        """Note a step that was just done; nothing is noted while a step is being undone or done again.

        Parameters
        ----------
        text : str
            What was done, as it follows the word Undo: ``move a region``.
        undo, redo : callable
            Take it back, and do it again. They hold values, not widgets that may go.
        key : str
            Steps that follow one another at once with the same key are one.
        """
        if not self._going:
            self.push(_Step(text, self._quietly(redo), self._quietly(undo), key))

    def _quietly(self, call: Callable[[], object]) -> Callable[[], None]:
        def called() -> None:
            self._going = True
            try:
                call()
            finally:
                self._going = False

        return called
