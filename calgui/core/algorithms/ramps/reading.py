"""Rows of a ramp with all their reads, from memory or from a file."""

from typing import NamedTuple

import numpy as np

from calgui.core.algorithms.ramps.setup import four_axes
from calgui.core.frames.fits import FitsFrame
from calgui.core.frames.frame import DqArray, FloatArray, FrameLike


class Reads(NamedTuple):
    """Some rows of a ramp.

    Attributes
    ----------
    data : ndarray of float32, shape (nint, n, rows, nx)
        In the unit of the ramp.
    dq : ndarray of uint32 or None
        Flags of each read, same shape.
    """

    data: FloatArray
    dq: DqArray | None


def read_band(frame: FrameLike, start: int, stop: int, room: FloatArray | None = None) -> Reads:
    """Some rows of a ramp with all their reads; the errors of reads are not read.

    Parameters
    ----------
    frame : FrameLike
        (nint, n, ny, nx) or (n, ny, nx).
    start, stop : int
        Rows, ``stop`` exclusive.
    room : ndarray of float32, 1-D, optional
        Memory for the reads of a file, where it is large enough: fresh memory costs more than reading.

    Returns
    -------
    Reads
    """
    if isinstance(frame, FitsFrame):
        data, dq = frame.data_band(start, stop, room), frame.dq_band(start, stop) if frame.has_dq else None
    else:
        rows = frame.band(start, stop)
        data, dq = np.asarray(rows.data, np.float32), rows.dq
    shape = four_axes(data.shape)
    return Reads(data.reshape(shape), None if dq is None else np.asarray(dq, np.uint32).reshape(shape))


def has_flags(frame: FrameLike) -> bool:
    """Whether a ramp says of its reads which are saturated.

    Parameters
    ----------
    frame : FrameLike
        The ramp.

    Returns
    -------
    bool
    """
    return frame.has_dq if isinstance(frame, FitsFrame) else frame.band(0, 1).dq is not None
