"""The difference or ratio of two pictures, as they lie on one another."""

from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from calgui.core.frames.arithmetic import Operation, combined_error, divide, laid_on, subtract
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.regions.alignment import Alignment
from calgui.views.compare.cell import Cell, letter
from calgui.views.image.content import Origin
from calgui.views.session import Session


def pair(operation: Operation, first: Any, second: Any, place: Alignment, job: Job) -> Frame:
    """Compute the difference or ratio of two pictures.

    Parameters
    ----------
    operation : str
        ``difference`` or ``ratio``.
    first, second : Content
        With their pixels.
    place : Alignment
        From pixels of the first to those of the second.
    job : Job
        Looked at between steps.

    Returns
    -------
    Frame
        On the pixels of the first, with errors where both have them, and the flags of both.
    """
    values, size = first.values, first.size
    laid = {}
    for name in ("values", "err", "dq"):
        job.check()
        array = getattr(second, name)
        laid[name] = None if array is None else laid_on(array, place.numbers, size)
    job.check()
    made = (subtract if operation == "difference" else divide)(values, laid["values"])
    err = combined_error(operation, values, laid["values"], first.err, laid["err"])
    here, there = first.dq, laid["dq"]
    dq = here if there is None else there if here is None else here | there
    unit = first.unit if operation == "difference" and first.unit == second.unit else ""
    header = {key: value for key, value in first.header.items() if key.startswith(_COORDINATES)}
    return Frame(made, err, None if dq is None else dq.copy(), header | ({"BUNIT": unit} if unit else {}))


#: keywords that say where pixels lie; the result lies where the first picture does
_COORDINATES = (
    "CTYPE", "CRVAL", "CRPIX", "CDELT", "CUNIT", "CD1_", "CD2_", "PC1_", "PC2_", "CROTA", "RADESYS", "EQUINOX",
    "LONPOLE", "LATPOLE", "PV1_", "PV2_", "SUBSTRT", "SUBSIZE", "SUBARRAY", "DETXSIZE", "DETYSIZE", "INSTRUME",
)  # fmt: skip


class Pairing(QObject):
    """Computes the result in the background whenever one of the two changes.

    Signals
    -------
    shown()
        The result is on the screen.

    Parameters
    ----------
    session : Session
        Whose tasks compute.
    result : Cell
        Where it is shown.
    """

    shown = Signal()

    def __init__(self, session: Session, result: Cell) -> None:
        super().__init__(result)
        self._session = session
        self.result = result
        self._asked: Any = None
        self._timer = QTimer(self, singleShot=True, interval=20)
        self._timer.timeout.connect(self._start)

    def ask(self, operation: Operation, cells: list[Cell], places: tuple[int, int], alignments: dict[int, Any]) -> None:
        """Show the difference or ratio of two pictures.

        Parameters
        ----------
        operation : str
            ``difference`` or ``ratio``.
        cells : list of Cell
            All pictures.
        places : tuple of int
            Of the two.
        alignments : dict of int to Alignment
            How each lies on the surface.
        """
        self._asked = operation, cells, places, alignments
        self._timer.start()

    def forget(self) -> None:
        """Nothing is asked any more."""
        self._asked = None
        self._session.tasks.supersede("compare-pair")

    def _start(self) -> None:
        if self._asked is None:
            return
        operation, cells, (one, other), alignments = self._asked
        if max(one, other) >= len(cells):
            self.result.view.clear("Two pictures are needed.")
            return
        first, second = cells[one].view.content, cells[other].view.content
        if first is None or second is None or first.values is None or second.values is None:
            return
        place = alignments.get(one, Alignment()).then(alignments.get(other, Alignment()).inverse)
        sign = "−" if operation == "difference" else "/"
        title = f"{letter(one)} {sign} {letter(other)}"
        notes = []
        if first.unit != second.unit and (first.unit or second.unit):
            notes.append(f"units differ: {first.unit or 'none'}, {second.unit or 'none'}")
        if not place.whole:
            notes.append(f"{letter(other)} resampled (linear)")
        if operation == "difference" and _exposure(first) != _exposure(second):
            notes.append("exposure times differ")
        note = f"{title}   {'; '.join(notes)}" if notes else title

        def show(frame: Frame) -> None:
            # the result lies on the pixels of the first; on those of the second only where nothing was moved
            files = (first.path, second.path if place == Alignment() else None)
            origin = Origin(tuple(path for path in files if path is not None))
            self.result.view.show_frame(frame, f"{title}: {first.name} {sign} {second.name}", note, origin)
            self.result.lay(alignments.get(one, Alignment()))
            self.shown.emit()

        self._session.tasks.start(
            f"Computing the {operation}",
            lambda job: pair(operation, first, second, place, job),
            show,
            key="compare-pair",
        )


def _exposure(content: Any) -> Any:
    return content.header.get("EXPTIME")
