"""What the views keep between sessions: each takes part by its own name, with values of JSON.

A view joins with one call, when it is made::

    session.keep("compare", self._kept, self._take_up)

``_kept()`` gives what is to come back, made of texts, numbers, booleans, None, lists and dicts: paths as texts,
nothing that grows with the pixels. It is called every few seconds, so it must be quick. ``_take_up(value)`` is given
such a value once the view is there: at once where the session was opened before the view was made. The value comes
from a file, so the view checks each part of it and passes over what it does not understand.
"""

import logging
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MethodType
from typing import Any

from PySide6.QtCore import QObject
from shiboken6 import isValid

_log = logging.getLogger("calgui.keeping")


@dataclass(frozen=True)
class _Keeper:
    """The two calls of a view."""

    save: Callable[[], Any]
    restore: Callable[[Any], object]


class Keeping:
    """All views that keep something, and what waits for those that are not made yet."""

    def __init__(self) -> None:
        self._keepers: dict[str, _Keeper] = {}
        self._waiting: dict[str, Any] = {}

    def keep(self, name: str, save: Callable[[], Any], restore: Callable[[Any], object]) -> None:
        """Let a view take part.

        Parameters
        ----------
        name : str
            Of the view; a later one of the same name takes its place.
        save : callable
            Gives a value of JSON.
        restore : callable
            Given such a value, perhaps a damaged one. Bound methods are held weakly: a view that is gone keeps
            nothing.
        """
        self._keepers[name] = _Keeper(_weak(save), _weak(restore))
        if name in self._waiting:
            self._give(name, self._waiting.pop(name))

    def state(self) -> dict[str, Any]:
        """What all views keep now, and what still waits for a view.

        Returns
        -------
        dict of str to object
        """
        kept = dict(self._waiting)
        for name, keeper in self._keepers.items():
            value = keeper.save()
            if value is not None:
                kept[name] = value
        return kept

    def restore(self, state: Mapping[str, Any]) -> None:
        """Give each view what it kept; for those that are not there yet it waits.

        Parameters
        ----------
        state : mapping of str to object
            As `state` gave it, or as it was read from a file.
        """
        self._waiting = {name: value for name, value in state.items() if name not in self._keepers}
        for name in [name for name in state if name in self._keepers]:
            self._give(name, state[name])

    def _give(self, name: str, value: Any) -> None:
        try:
            self._keepers[name].restore(value)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError):
            # a damaged value costs the view its state, and nobody else anything
            _log.warning("What %s kept cannot be understood", name, exc_info=True)


def _weak(call: Callable[..., Any]) -> Callable[..., Any]:
    """A call that does nothing once the object that it belongs to is gone."""
    if not isinstance(call, MethodType):
        return call
    held = weakref.WeakMethod(call)

    def called(*arguments: Any) -> Any:
        alive = held()
        if alive is None or (isinstance(alive.__self__, QObject) and not isValid(alive.__self__)):
            return None
        return alive(*arguments)

    return called
