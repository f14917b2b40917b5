"""Spaxels whose spectra stay on the plot, each with a numbered mark on the picture in the colour of its spectrum."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QBrush, QPen
from PySide6.QtWidgets import QGraphicsSimpleTextItem

from calgui.views.image.canvas import Canvas
from calgui.views.image.marks import Mark
from calgui.views.session import Session
from calgui.views.theme import theme

Place = tuple[int, int]

#: more could not be told apart
_MOST = 8


class Pins(QObject):
    """The pinned spaxels of one file.

    Signals
    -------
    changed()
        See `places`.

    Parameters
    ----------
    session : Session
        Whose steps they are.
    canvas : Canvas
        Where they are marked.
    """

    changed = Signal()

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session, self._canvas = session, canvas
        self._path: Path | None = None
        self.places: tuple[Place, ...] = ()
        self.marks: dict[Place, Mark] = {}
        self._roles: dict[Place, str] = {}
        theme().changed.connect(self.retheme)

    def begin(self, path: Path | None) -> None:
        """Pin on another file: nothing yet.

        Parameters
        ----------
        path : pathlib.Path or None
            Which.
        """
        self._path, self.places = path, ()
        self.show_marks({})

    def toggle(self, place: Place) -> None:
        """Pin a spaxel, or let go of it.

        Parameters
        ----------
        place : tuple of int
            Column and row, from 0.
        """
        if place in self.places:
            self._step("unpin a spaxel", tuple(one for one in self.places if one != place))
        elif len(self.places) >= _MOST:
            self._session.notice("warning", f"{_MOST} spaxels are pinned already.", "Unpin some first.")
        else:
            self._step("pin a spaxel", (*self.places, place))

    def clear(self) -> None:
        """Let go of all."""
        if self.places:
            self._step("unpin all spaxels", ())

    def _step(self, text: str, places: tuple[Place, ...]) -> None:
        path, before = self._path, self.places
        self._put(path, places)
        self._session.history.did(text, lambda: self._put(path, before), lambda: self._put(path, places))

    def _put(self, path: Path | None, places: tuple[Place, ...]) -> None:
        # spaxels of a file that is no longer shown stay away
        if path == self._path:
            self.places = places
            self.changed.emit()

    def show_marks(self, roles: Mapping[Place, str]) -> None:
        """Mark the spaxels on the picture.

        Parameters
        ----------
        roles : mapping
            Spaxel to the colour, in the theme, that its spectrum has.
        """
        if dict(roles) == self._roles:
            return
        for mark in self.marks.values():
            self._canvas.scene().removeItem(mark)
        self._roles, self.marks = dict(roles), {}
        for number, (place, role) in enumerate(roles.items(), start=1):
            mark = self.marks[place] = Mark(self._canvas, role)
            # on an edge, as the mark itself, so that it is read on every tone
            for colour, width in (("surface", 4), (role, 0)):
                label = QGraphicsSimpleTextItem(str(number), mark)
                label.setPos(7, 4)
                label.setBrush(QBrush(theme().colour(colour)))
                label.setPen(QPen(theme().colour(colour), width) if width else QPen(Qt.PenStyle.NoPen))
            mark.show_at(*place)

    def retheme(self) -> None:
        """Take the colours of the theme."""
        roles, self._roles = self._roles, {}
        self.show_marks(roles)
