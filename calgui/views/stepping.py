"""Steps of undo and redo from a state that a view can tell and take back."""

from collections.abc import Callable
from functools import partial
from typing import Generic, Literal, TypeVar

from calgui.views.history import History

_State = TypeVar("_State")


class Steps(Generic[_State]):
    """Notes a step whenever a state is another than it was.

    Parameters
    ----------
    history : History
        Where the steps are noted.
    read : callable
        Gives the state as a value that is never changed, and can be compared.
    put : callable
        Brings such a state back.
    text : callable
        What was done, in words, from the state before and after; an empty text notes nothing.
    join : str
        Which steps that follow one another at once are one, such as a line that is dragged: ``never`` any,
        those of the ``same`` text, or ``all``.
    """

    def __init__(
        self,
        history: History,
        read: Callable[[], _State],
        put: Callable[[_State], object],
        text: Callable[[_State, _State], str],
        join: Literal["never", "same", "all"] = "never",
    ) -> None:
        self._history, self._read, self._put, self._text, self._join = history, read, put, text, join
        self._known = read()

    def note(self, *_: object) -> None:
        """The user may have changed something; fits any signal."""
        before, now = self._known, self._read()
        if now == before:
            return
        self._known = now
        text = self._text(before, now)
        if text:
            self._history.did(text, partial(self._restore, before), partial(self._restore, now), self._key(text))

    def _key(self, text: str) -> str:
        return {"never": "", "same": f"{id(self)} {text}", "all": f"{id(self)}"}[self._join]

    def settle(self, *_: object) -> None:
        """Something else changed the state: it is no step. Fits any signal."""
        self._known = self._read()

    def _restore(self, state: _State) -> None:
        self._put(state)
        self._known = self._read()
