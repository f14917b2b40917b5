"""A part of a ramp with the reference pixels that belong to it, so that a preview is corrected as the whole is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.geometry import cut_out, region_of, says_where
from calgui.core.algorithms.ramps.reading import Reads, read_band
from calgui.core.frames.frame import Frame, FrameLike

#: rows beyond the part, on each side, whose reference pixels are kept for averages over rows
_HALO = 64


@dataclass(frozen=True)
class Border:
    """Reference pixels of a ramp.

    Attributes
    ----------
    rows : Reads or None
        Those above and below, over the whole width, one after the other.
    offset : int
        Column in them of the ramp's, or of the part's, first one.
    sides : Reads or None
        Those at the sides, of the part's rows and of some beyond; None where they are in the ramp itself.
    side_columns : ndarray of int
        Columns at the sides, as in ``rows``.
    before : int
        Rows of ``sides`` before the first one of the part.
    """

    rows: Reads | None
    offset: int
    sides: Reads | None
    side_columns: npt.NDArray[np.intp]
    before: int = 0


@dataclass(frozen=True, eq=False)
class RampPart(Frame):
    """A part of a ramp that knows the reference pixels of the whole.

    Attributes
    ----------
    border : Border or None
        None where it is not known where the ramp lies.
    """

    border: Border | None = None


def border_of(frame: FrameLike) -> Border:
    """The reference pixels of a ramp: those above and below are read, those at the sides stay where they are.

    Parameters
    ----------
    frame : FrameLike
        The ramp; `says_where` must hold.

    Returns
    -------
    Border
    """
    region = region_of(frame)
    rows, columns = region.active()
    strips = [strip for strip in ((0, rows.start), (rows.stop, region.ny)) if strip[1] > strip[0]]
    found = [read_band(frame, *strip) for strip in strips] if rows.stop > rows.start else []
    bits = [band.dq for band in found if band.dq is not None]
    above = None
    if found:
        above = Reads(
            np.concatenate([band.data for band in found], axis=2), np.concatenate(bits, axis=2) if bits else None
        )
    sides = np.r_[0 : columns.start, columns.stop : region.nx] if columns.stop > columns.start else np.empty(0)
    return Border(above, 0, None, sides.astype(np.intp))


def cut_ramp(frame: FrameLike, rows: slice, columns: slice) -> Frame:
    """A part of a ramp, with the reference pixels that its correction takes.

    Parameters
    ----------
    frame : FrameLike
        The ramp.
    rows, columns : slice
        Which part, from 0, without a step.

    Returns
    -------
    Frame
        As from `cut_out`.

    Raises
    ------
    InputError
        As `cut_out`.
    """
    part = cut_out(frame, rows, columns)
    if not says_where(frame):
        return part
    ny, nx = frame.shape[-2:]
    top, bottom, _ = rows.indices(ny)
    left, _, _ = columns.indices(nx)
    whole = border_of(frame)
    first, last = max(top - _HALO, 0), min(bottom + _HALO, ny)
    sides = None
    if whole.side_columns.size:
        band = read_band(frame, first, last)
        sides = Reads(band.data[..., whole.side_columns], None if band.dq is None else band.dq[..., whole.side_columns])
    border = Border(whole.rows, left, sides, whole.side_columns, top - first)
    return RampPart(part.data, part.err, part.dq, part.header, part.path, part.planes, border)
