"""Where subarrays lie: read from the map of a full frame, or from the headers of their own files."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.exposure import file_name, number
from calgui.core.algorithms.geometry import is_full, region_of
from calgui.core.algorithms.registry import Table
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job

#: extension with the number of the subarray that each pixel belongs to, 0 for none
MAP = "SUBARR_MAP"
#: the detector reads up to so many subarrays beside a full frame
MOST = 10
_BAND = 256

#: columns of the extension that says what a map holds
_COLUMNS = [("SUBARRID", "i4"), *((name, "i4") for name in ("SUBSTRT1", "SUBSTRT2", "SUBSIZE1", "SUBSIZE2", "PIXELS"))]


@dataclass(frozen=True)
class Subarray:
    """One subarray.

    Attributes
    ----------
    id : int
        SUBARRID, from 1.
    x, y : int
        SUBSTRT1 and SUBSTRT2: its first column and row on the detector, from 1.
    nx, ny : int
        SUBSIZE1 and SUBSIZE2: columns and rows.
    pixels : int
        That carry its number: ``nx * ny``, or fewer where it is no rectangle.
    """

    id: int
    x: int
    y: int
    nx: int
    ny: int
    pixels: int

    @property
    def is_rectangle(self) -> bool:
        """Whether all pixels of its box are its own."""
        return self.pixels == self.nx * self.ny

    @property
    def text(self) -> str:
        """Where it lies, for people."""
        return f"{self.nx} × {self.ny} pixels from column {self.x}, row {self.y}"

    def overlaps(self, other: "Subarray") -> bool:
        """Whether the boxes of two share a pixel.

        Parameters
        ----------
        other : Subarray
            Another one.

        Returns
        -------
        bool
        """
        return (
            self.x < other.x + other.nx
            and other.x < self.x + self.nx
            and self.y < other.y + other.ny
            and other.y < self.y + self.ny
        )


def map_bands(frame: FrameLike, job: Job) -> Iterator[tuple[int, npt.NDArray[np.int32]]]:
    """The map of a full frame in bands of rows.

    Parameters
    ----------
    frame : FrameLike
        With the extension ``SUBARR_MAP``.
    job : Job
        Progress and cancel.

    Yields
    ------
    int
        First row of the band.
    ndarray of int32, shape (rows, nx)
        Numbers of subarrays, 0 for none.

    Raises
    ------
    InputError
        There is no map, or it holds what is no number of a subarray.
    """
    ny = frame.shape[-2]
    for start in range(0, ny, _BAND):
        job.report(start / ny, "Reading the map of subarrays")
        band = frame.plane(MAP, start, start + _BAND)
        if band is None:
            raise InputError(
                f"There is no extension {MAP}.",
                path=frame.path,
                cure="Choose the full frame that was read beside the subarrays.",
            )
        ids = np.nan_to_num(band, nan=-1.0, posinf=-1.0, neginf=-1.0).astype(np.int32)
        if (ids != band).any() or (ids < 0).any():
            odd = band[(ids != band) | (ids < 0)][0]
            raise InputError(
                f"{MAP} holds the value {odd:g}, which is no number of a subarray.",
                path=frame.path,
                cure="It is 0 outside all subarrays and 1, 2, ... inside them: write it anew.",
            )
        yield start, ids


def parse_map(frame: FrameLike, job: Job) -> tuple[Subarray, ...]:
    """What subarrays a full frame tells of.

    Parameters
    ----------
    frame : FrameLike
        With the extension ``SUBARR_MAP``; a cut-out knows its place on the detector.
    job : Job
        Progress and cancel.

    Returns
    -------
    tuple of Subarray
        By number; empty where the map is 0 everywhere.

    Raises
    ------
    InputError
        See `map_bands`.

    Notes
    -----
    As ``parse_subarray_map`` of the IRIS pipeline, which stops at the first number that is missing; here all are found.
    """
    boxes: dict[int, list[int]] = {}
    for start, ids in map_bands(frame, job):
        rows, columns = np.nonzero(ids)
        found = ids[rows, columns]
        for one in np.unique(found):
            y, x = rows[found == one] + start, columns[found == one]
            box = [int(x.min()), int(y.min()), int(x.max()), int(y.max()), int(x.size)]
            old = boxes.get(int(one))
            if old is not None:
                box = [min(old[0], box[0]), old[1], max(old[2], box[2]), box[3], old[4] + box[4]]
            boxes[int(one)] = box
    region = region_of(frame)
    return tuple(
        Subarray(one, region.x + x0 + 1, region.y + y0 + 1, x1 - x0 + 1, y1 - y0 + 1, pixels)
        for one, (x0, y0, x1, y1, pixels) in sorted(boxes.items())
    )


def number_of(frame: FrameLike) -> int | None:
    """Number of the subarray that a file holds.

    Parameters
    ----------
    frame : FrameLike
        Asked for SUBARRID, or else SUBARRAY and the map.

    Returns
    -------
    int or None
        0 for a full frame; None where the header does not say.
    """
    value = number(frame.header, "SUBARRID")
    if value is not None and value >= 0 and value == int(value):
        return int(value)
    return 0 if is_full(frame.header) or frame.plane(MAP, 0, 1) is not None else None


def box_of(frame: FrameLike, one: int) -> Subarray:
    """Where the subarray of a file lies, by its header.

    Parameters
    ----------
    frame : FrameLike
        Asked for SUBSTRT1 and SUBSTRT2 (from 1), SUBSIZE1 and SUBSIZE2.
    one : int
        Its number.

    Returns
    -------
    Subarray

    Raises
    ------
    InputError
        A start is missing, or the sizes are not those of the image.
    """
    ny, nx = frame.shape[-2:]
    starts = [number(frame.header, keyword) for keyword in ("SUBSTRT1", "SUBSTRT2")]
    for keyword, value in zip(("SUBSTRT1", "SUBSTRT2"), starts, strict=True):
        if value is None or value != int(value):
            raise InputError(
                f"{keyword}, the subarray's first {'column' if keyword.endswith('1') else 'row'} from 1, is "
                f"{'missing' if value is None else f'{value:g}'}.",
                path=frame.path,
                cure="Add it to the header.",
            )
    for keyword, length, what in (("SUBSIZE1", nx, "columns"), ("SUBSIZE2", ny, "rows")):
        said = number(frame.header, keyword)
        if said is not None and said != length:
            raise InputError(
                f"{keyword} is {said:g}, and the image has {length} {what}.",
                path=frame.path,
                cure="Choose the file as it was read: binned or cut images do not fit the detector.",
            )
    x, y = (int(value) for value in starts if value is not None)
    return Subarray(one, x, y, nx, ny, nx * ny)


def table(subarrays: tuple[Subarray, ...], files: dict[int, FrameLike] | None = None) -> Table:
    """What a map holds, one row for each subarray.

    Parameters
    ----------
    subarrays : tuple of Subarray
        To be listed.
    files : dict of int to FrameLike, optional
        Number to its file.

    Returns
    -------
    Table
        Those that are no rectangle, or have no file where files are given, stand out.
    """
    columns: tuple[str, ...] = ("SUBARRID", "First column", "First row", "Columns", "Rows", "Pixels")
    rows: list[tuple[object, ...]] = [(one.id, one.x, one.y, one.nx, one.ny, one.pixels) for one in subarrays]
    odd = {place for place, one in enumerate(subarrays) if not one.is_rectangle}
    if files is not None:
        columns = (*columns, "File")
        rows = [
            (*row, file_name(files[one.id]) if one.id in files else "none given")
            for row, one in zip(rows, subarrays, strict=True)
        ]
        odd |= {place for place, one in enumerate(subarrays) if one.id not in files}
    return Table("Subarrays", columns, tuple(rows), tuple(sorted(odd)))


def as_columns(subarrays: tuple[Subarray, ...]) -> npt.NDArray[np.void]:
    """The same as a table for a file.

    Parameters
    ----------
    subarrays : tuple of Subarray
        To be listed.

    Returns
    -------
    ndarray
        SUBARRID, SUBSTRT1, SUBSTRT2, SUBSIZE1, SUBSIZE2, PIXELS.
    """
    rows = [(one.id, one.x, one.y, one.nx, one.ny, one.pixels) for one in subarrays]
    return np.array(rows, _COLUMNS)
