"""Where the pixels of an image lie on the detector, and which of them are reference pixels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import number
from calgui.core.errors import InputError
from calgui.core.frames.frame import KEPT_PLANES, Frame, FrameLike

#: width of the border of reference pixels of an H2RG or H4RG detector
REFERENCE_BORDER = 4

#: pixels on a side of detectors that have such a border
_SIDES = (1024, 2048, 4096)

#: pixels on a side of the detectors of an instrument whose headers do not say
_DETECTOR_SIZE = {"IRIS": 4096}


@dataclass(frozen=True)
class Region:
    """The part of a detector that an image shows.

    Attributes
    ----------
    x, y : int
        First column and row on the detector, from 0.
    nx, ny : int
        Columns and rows of the image.
    width, height : int or None
        Columns and rows of the detector; None where nothing says so.
    """

    x: int
    y: int
    nx: int
    ny: int
    width: int | None
    height: int | None

    def active(self) -> tuple[slice, slice]:
        """Rows and columns of the image that are not reference pixels.

        Returns
        -------
        tuple of slice
            The border is left out where it belongs to the image.
        """
        return (
            _inside(self.y, self.ny, self.height),
            _inside(self.x, self.nx, self.width),
        )

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the detector, as far as is known."""
        return (self.x, self.y, self.nx, self.ny) == (0, 0, self.width, self.height)

    def mask(self, start: int = 0, stop: int | None = None) -> npt.NDArray[np.bool_]:
        """Which pixels of a band of rows are light-sensitive.

        Parameters
        ----------
        start, stop : int
            Rows of the image, from 0.

        Returns
        -------
        ndarray of bool, shape (stop - start, nx)
            False for reference pixels.
        """
        rows, columns = self.active()
        made = np.zeros((self.ny, self.nx), np.bool_) if stop is None else np.zeros((stop - start, self.nx), np.bool_)
        made[max(rows.start - start, 0) : max(rows.stop - start, 0), columns] = True
        return made


def _inside(first: int, length: int, whole: int | None) -> slice:
    low = max(0, REFERENCE_BORDER - first)
    high = length if whole is None else min(length, whole - REFERENCE_BORDER - first)
    return slice(min(low, length), max(high, min(low, length)))


def region_of(frame: FrameLike) -> Region:
    """Where an image lies on its detector.

    Parameters
    ----------
    frame : FrameLike
        Its header is asked for SUBSTRT1, SUBSTRT2 (from 1), SUBARRAY, DETXSIZE and DETYSIZE. Without a start it
        is a full frame, whose detector is as large as the image; the detectors of IRIS have 4096² pixels.

    Returns
    -------
    Region
    """
    header = frame.header
    ny, nx = frame.shape[-2:]
    width, height = number(header, "DETXSIZE"), number(header, "DETYSIZE")
    x, y = number(header, "SUBSTRT1"), number(header, "SUBSTRT2")
    full = is_full(header)
    if full or (x is None and y is None and not _named_subarray(header)):
        return Region(0, 0, nx, ny, int(width) if width else nx, int(height) if height else ny)
    known = _DETECTOR_SIZE.get(str(header.get("INSTRUME", "")).strip().upper())
    return Region(
        int(x or 1) - 1, int(y or 1) - 1, nx, ny, int(width) if width else known, int(height) if height else known
    )


def says_where(frame: FrameLike) -> bool:
    """Whether it is known which part of its detector an image shows.

    Parameters
    ----------
    frame : FrameLike
        Its header and shape are looked at.

    Returns
    -------
    bool
        Where SUBARRAY says FULL, SUBSTRT1 and SUBSTRT2 are there, or the size is that of a whole detector.
    """
    header = frame.header
    starts = number(header, "SUBSTRT1") is not None and number(header, "SUBSTRT2") is not None
    ny, nx = frame.shape[-2:]
    return is_full(header) or starts or (ny == nx and ny in _SIDES)


def is_full(header: Mapping[str, Any]) -> bool:
    """Whether SUBARRAY says that the whole detector was read.

    Parameters
    ----------
    header : mapping
        Keyword to value.

    Returns
    -------
    bool
        False too where the keyword is absent.
    """
    return str(header.get("SUBARRAY", "")).strip().upper() == "FULL"


def _named_subarray(header: Mapping[str, Any]) -> bool:
    return str(header.get("SUBARRAY", "")).strip().upper() not in {"", "FULL", "N/A", "GENERIC", "NONE"}


def place_in(image: FrameLike, reference: FrameLike) -> tuple[int, int] | None:
    """First row and column of a reference that belong to an image.

    Parameters
    ----------
    image, reference : FrameLike
        Only headers and shapes are looked at; leading axes do not matter.

    Returns
    -------
    tuple of int or None
        By SUBSTRT1 and SUBSTRT2 of both; None where the reference does not cover the image, or is of another detector's
        size.
    """
    here, there = region_of(image), region_of(reference)
    y, x = here.y - there.y, here.x - there.x
    sizes = [(region.width, region.height) for region in (here, there) if region.width and region.height]
    if len(sizes) == 2 and sizes[0] != sizes[1]:
        return None
    inside = 0 <= y <= there.ny - here.ny and 0 <= x <= there.nx - here.nx
    return (y, x) if inside else None


def same_part(part: tuple[slice, slice], first: Region, frame: FrameLike) -> tuple[slice, slice] | None:
    """The rows and columns of a frame that show what a part of another one shows of their detector.

    Parameters
    ----------
    part : tuple of slice
        Rows and columns of the other one, from 0, with both ends.
    first : Region
        Where the other one lies.
    frame : FrameLike
        Its header and shape are looked at.

    Returns
    -------
    tuple of slice or None
        The part itself for a frame of the same size, or one that does not say where it lies; cut off at its edges; None
        where it shows nothing of it.
    """
    here = region_of(frame)
    if (here.nx, here.ny) == (first.nx, first.ny) or not says_where(frame):
        return part
    spans = []
    for span, offset, length in zip(part, (first.y - here.y, first.x - here.x), (here.ny, here.nx), strict=True):
        start, stop = max(span.start + offset, 0), min(span.stop + offset, length)
        if start >= stop:
            return None
        spans.append(slice(start, stop))
    return spans[0], spans[1]


def cut_out(frame: FrameLike, rows: slice, columns: slice) -> Frame:
    """A part of an image, ramp or cube as a frame of its own, which still knows where on the detector it lies.

    Parameters
    ----------
    frame : FrameLike
        (ny, nx), or with leading axes, all of which are kept.
    rows, columns : slice
        Which part, from 0, without a step.

    Returns
    -------
    Frame
        SUBSTRT1, SUBSTRT2, SUBSIZE1, SUBSIZE2, DETXSIZE and DETYSIZE are set; the pixels are copies.
    """
    region = region_of(frame)
    top, bottom, _ = rows.indices(region.ny)
    left, right, _ = columns.indices(region.nx)
    if bottom <= top or right <= left:
        raise InputError("The part that was asked for is empty.", path=frame.path, cure="Choose a part of the image.")
    band = frame.band(top, bottom)
    header = dict(frame.header) | {
        "SUBARRAY": "CUSTOM",
        "SUBSTRT1": region.x + left + 1,
        "SUBSTRT2": region.y + top + 1,
        "SUBSIZE1": right - left,
        "SUBSIZE2": bottom - top,
    }
    if region.width is not None and region.height is not None:
        header |= {"DETXSIZE": region.width, "DETYSIZE": region.height}
    found = {name: plane for name in KEPT_PLANES if (plane := frame.plane(name, top, bottom)) is not None}
    return Frame(
        np.array(band.data[..., left:right], np.float32),
        None if band.err is None else np.array(band.err[..., left:right], np.float32),
        None if band.dq is None else np.array(band.dq[..., left:right], np.uint32),
        header,
        frame.path,
        {name: np.array(plane[:, left:right]) for name, plane in found.items()},
    )
