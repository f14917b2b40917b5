"""Makes the pictures of a cube in the background: of what is wanted last, one at a time."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from calgui.core.cubes.cube import Cube
from calgui.core.cubes.maps import LineMaps, line_maps
from calgui.core.errors import Cancelled
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.views.cube.slice_bar import COLLAPSED
from calgui.views.session import Session

_MAPS: dict[str, Callable[[LineMaps], Frame]] = {
    "line flux": lambda maps: maps.flux,
    "continuum": lambda maps: maps.continuum,
    "line centre": lambda maps: maps.centre,
    "line width": lambda maps: maps.width,
}


class Pictures(QObject):
    """Pictures of one cube.

    Signals
    -------
    made(str, object, object)
        Name of the picture, its `Frame`, and the plane or ranges that it is of.
    failed(object)
        An exception.

    Parameters
    ----------
    session : Session
        Whose tasks make them.
    key : str
        Of the tasks.
    parent : QObject, optional
    """

    made = Signal(str, object, object)
    failed = Signal(object)

    def __init__(self, session: Session, key: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._key = session, key
        self._wanted: tuple[Cube, str, Any] | None = None
        self._running = False
        self._turn = 0

    @property
    def busy(self) -> bool:
        """Whether a picture is being made."""
        return self._running

    def ask(self, cube: Cube, name: str, of: Any) -> None:
        """Make a picture; what was asked for before and is not begun is left out.

        Parameters
        ----------
        cube : Cube
            Of what.
        name : str
            Of `PICTURES`.
        of : int or tuple
            The plane; the range of planes; the range of the line and those of continuum.
        """
        self._wanted = cube, name, of
        if not self._running:
            self._next()

    def forget(self) -> None:
        """Nothing is wanted any more."""
        self._wanted = None
        self._turn += 1
        self._running = False
        self._session.tasks.supersede(self._key)

    def _next(self) -> None:
        if self._wanted is None:
            return
        (cube, name, of), self._wanted = self._wanted, None
        self._running = True
        turn = self._turn
        self._session.tasks.start(
            f"{name[0].upper()}{name[1:]} of {cube.name}",
            lambda job: make(cube, name, of, job),
            lambda frame: self._done(turn, name, frame, of),
            lambda error: self._missed(turn, error),
            key=self._key,
            quiet=name == "one plane",
        )

    def _done(self, turn: int, name: str, frame: Frame, of: Any) -> None:
        if turn == self._turn:
            self._running = False
            self.made.emit(name, frame, of)
            self._next()

    def _missed(self, turn: int, error: Exception) -> None:
        if turn == self._turn:
            self._running = False
            if not isinstance(error, Cancelled):
                self.failed.emit(error)
            self._next()


def make(cube: Cube, name: str, of: Any, job: Job) -> Frame:
    """Make a picture of a cube.

    Parameters
    ----------
    cube, name, of
        As for `Pictures.ask`.
    job : Job
        Looked at, and told how far it is.

    Returns
    -------
    Frame
        With the cube's path.
    """
    if name == "one plane":
        return cube.plane(of)
    if name in COLLAPSED:
        return cube.collapse(*of, name, job)  # type: ignore[arg-type]
    frame = _MAPS[name](line_maps(cube, of[0], of[1], job))
    return Frame(frame.data, frame.err, frame.dq, frame.header, cube.path)
