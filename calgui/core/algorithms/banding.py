"""Bands of rows that threads share: what is done to each row of an image alike."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from calgui.core.algorithms.kernels import workers
from calgui.core.frames.frame import DqArray, FloatArray, FrameLike, Rows
from calgui.core.jobs import Job

T = TypeVar("T")

_BAND = 256


def over_bands(rows: int, height: int, work: Callable[[int, int], T], job: Job, text: str) -> list[T]:
    """Do the same to all bands of an image, several at a time.

    Parameters
    ----------
    rows : int
        Of the image.
    height : int
        Of a band.
    work : callable
        Given the first row of a band and the one behind its last; in numpy or compiled loops, which let other threads
        run. Bands lie apart from one another, so that they may write into one array.
    job : Job
        Progress and cancel.
    text : str
        What is being done.

    Returns
    -------
    list
        What each band gave, in their order.
    """
    spans = [(start, min(start + height, rows)) for start in range(0, rows, height)]
    if len(spans) == 1:
        job.report(0, text)
        return [work(*spans[0])]
    made: list[T] = []
    with ThreadPoolExecutor(workers(), thread_name_prefix="calgui-band") as pool:
        running: deque[Future[T]] = deque()
        try:
            for start, stop in spans:
                running.append(pool.submit(work, start, stop))
                # not all at once: what was cancelled is to end soon
                if len(running) > 2 * workers():
                    job.report(start / rows, text)
                    made.append(running.popleft().result())
            while running:
                job.report(1 - len(running) / len(spans), text)
                made.append(running.popleft().result())
        finally:
            for one in running:
                one.cancel()
    return made


class Room:
    """Planes that may be written to: the system need not clear new ones, which takes longer than a step.

    Parameters
    ----------
    planes : Rows
        Those of an image that nobody looks at any more, or those of the image that is worked on: each pixel is read
        before it is written.

    Attributes
    ----------
    taken : bool
        Whether something was written, perhaps.
    """

    def __init__(self, planes: Rows) -> None:
        self.planes, self.taken = planes, False


def room_for(shape: tuple[int, ...], room: Room | None = None) -> tuple[FloatArray, FloatArray, DqArray]:
    """Planes to write an image into.

    Parameters
    ----------
    shape : tuple of int
        Of the image.
    room : Room, optional
        Planes that are there already.

    Returns
    -------
    data, err : ndarray of float32
    dq : ndarray of uint32
        With what was in them before.
    """
    planes = None if room is None else room.planes
    if room is None or planes is None or planes.err is None or planes.dq is None or planes.data.shape != shape:
        return np.empty(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, np.uint32)
    room.taken = True
    return planes.data, planes.err, planes.dq


def copied(frame: FrameLike, job: Job, text: str) -> tuple[FloatArray, FloatArray | None, DqArray]:
    """Planes of an image that may be written into, read in bands.

    Parameters
    ----------
    frame : FrameLike
        (ny, nx).
    job : Job
        Progress and cancel.
    text : str
        What is being done.

    Returns
    -------
    data : ndarray of float32
    err : ndarray of float32 or None
        None where the image has none.
    dq : ndarray of uint32
        0 where the image has none.
    """
    shape, ny = frame.shape, frame.shape[0]
    data, dq = np.empty(shape, np.float32), np.zeros(shape, np.uint32)
    err = np.empty(shape, np.float32) if frame.rows(0, 1).err is not None else None
    for start in range(0, ny, _BAND):
        job.report(start / ny, text)
        rows = slice(start, min(start + _BAND, ny))
        mine = frame.rows(rows.start, rows.stop)
        data[rows] = mine.data
        if err is not None and mine.err is not None:
            err[rows] = mine.err
        if mine.dq is not None:
            dq[rows] = mine.dq
    return data, err, dq


def contiguous(rows: Rows) -> Rows:
    """Rows whose pixels lie one behind the other, as loops that take addresses need them.

    Parameters
    ----------
    rows : Rows
        Perhaps some columns of wider ones.

    Returns
    -------
    Rows
        The same arrays where they are so already.
    """
    return Rows(
        np.ascontiguousarray(rows.data, np.float32),
        None if rows.err is None else np.ascontiguousarray(rows.err, np.float32),
        None if rows.dq is None else np.ascontiguousarray(rows.dq, np.uint32),
    )
