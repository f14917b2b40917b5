"""Frames out of FITS files: whole, one plane, or in bands of rows."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError
from calgui.core.frames.frame import DqArray, FloatArray, Frame, Rows
from calgui.core.frames.headers import HduHeader, Header, merged, read_headers
from calgui.core.frames.layout import (
    Hdu,
    HduInfo,
    Plane,
    agrees,
    choose,
    describe_file,
    lead_of,
    lead_of_plane,
    plane_index,
    siblings,
)
from calgui.core.frames.pixels import Pixels, read_bits, read_floats, to_bits
from calgui.core.frames.room import check_memory, check_whole
from calgui.core.frames.source import CompressedSource, Source, open_source, stamp
from calgui.core.jobs import Job

if TYPE_CHECKING:
    from calgui.core.frames.tiles import Tiles

#: bytes of data that are read between two looks at a job: a compressed file gives some 100 MB in a second
_BAND = 8 << 20
#: bytes of a compressed image that are decompressed at once; its compressed bytes are in memory beside them
_TILES = 2 << 20
#: bands from this size on, in bytes, are compared with the free memory
_LARGE = 1 << 28

__all__ = [
    "FitsFrame",
    "HduInfo",
    "describe_file",
    "open_frame",
    "plane_index",
    "read_frame",
]


def read_frame(path: Path | str, hdu: Hdu | None = None, plane: Plane | None = None, job: Job | None = None) -> Frame:
    """Read a frame into memory.

    Parameters
    ----------
    path : path-like
        FITS, plain or compressed.
    hdu : int, str or (str, int), optional
        Number, name, or name and EXTVER; without it ``SCI``, or else the first image.
    plane : int or tuple of int, optional
        Which plane of a cube or ramp: counted through all leading axes, or one index for each of them. Without
        it everything is read.
    job : Job, optional
        Told of the progress, and looked at for cancel; the frame is then read in bands.

    Returns
    -------
    Frame
        float32 in native byte order, with ERR and DQ of the same shape where the file has them. The header is
        the primary's, completed by the image's.

    Raises
    ------
    InputError
        The file cannot be read, is cut short, has no such image, or is larger than the free memory.
    """
    with open_frame(path, hdu, plane) as frame:
        pixels = math.prod(frame.shape)
        check_memory(pixels * (4 + 4 * frame.has_err + 4 * frame.has_dq), frame.path)
        data, err, dq = frame.rows(0, frame.shape[0]) if job is None else _in_bands(frame, job)
        frame.check_end()
        return Frame(data, err, dq, frame.header, frame.path)


def _in_bands(frame: "FitsFrame", job: Job) -> "Rows":
    """All rows of a frame, some at a time."""
    shape, total = frame.shape, frame.shape[0]
    data = np.empty(shape, np.float32)
    err = np.empty(shape, np.float32) if frame.has_err else None
    dq = np.empty(shape, np.uint32) if frame.has_dq else None
    length = math.prod(shape[1:])
    step = frame._data.whole_tiles(max(1, _BAND // max(4 * length, 1)))
    for start in range(0, total, step):
        job.report(start / total, f"Reading {frame.name}")
        stop = min(start + step, total)
        part = slice(start * length, stop * length)
        _into(data[start:stop], frame.data_rows(start, stop, data.reshape(-1)[part]))
        if err is not None and frame._err is not None:
            _into(err[start:stop], frame._err.floats(start, stop, err.reshape(-1)[part]))
        if dq is not None:
            dq[start:stop] = frame.dq_rows(start, stop)
    return Rows(data, err, dq)


def _into(room: FloatArray, rows: FloatArray) -> None:
    """Rows in their room; most readers have read right into it."""
    if not np.may_share_memory(room, rows):
        room[...] = rows


def open_frame(path: Path | str, hdu: Hdu | None = None, plane: Plane | None = None) -> "FitsFrame":
    """Open a frame whose rows are read from the file when they are asked for.

    Parameters
    ----------
    path, hdu, plane
        As for `read_frame`.

    Returns
    -------
    FitsFrame
        To be closed, or used in a ``with``.

    Raises
    ------
    InputError
        As for `read_frame`.
    """
    path = Path(path)
    hdus = read_headers(path)
    image = choose(hdus, hdu, path)
    lead = lead_of_plane(image, plane, path)
    others = {name: other for name, other in siblings(hdus, image).items() if agrees(other, image, name)}
    data = _Reader(open_source(path), image, lead)
    try:
        beside = {
            name: _Reader(data.source.again(), other, lead_of(other, image, lead)) for name, other in others.items()
        }
    except InputError:
        data.close()
        raise
    err = beside.pop("ERR", None)
    return FitsFrame(path, merged(hdus[0], image), data, err, tuple(beside.values()))


class FitsFrame:
    """A frame that stays in its file; offers the face of `FrameLike`.

    ``rows`` may be called from several threads. A file that changes between two calls is refused.
    """

    def __init__(
        self, path: Path, header: Header, data: "_Reader", err: "_Reader | None", bits: Sequence["_Reader"]
    ) -> None:
        self._path, self._header = path, header
        self._data, self._err, self._bits = data, err, tuple(bits)

    @property
    def header(self) -> Mapping[str, Any]:
        """Keywords of the primary header, completed by the image's."""
        return self._header

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def name(self) -> str:
        """The file's name, for people."""
        return self._path.name

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the data, numpy order."""
        return self._data.shape

    @property
    def unit(self) -> str:
        """Unit of data and error (BUNIT), empty if the header does not say."""
        return str(self._header.get("BUNIT") or "").strip()

    @property
    def has_err(self) -> bool:
        """Whether the file has errors for these pixels."""
        return self._err is not None

    @property
    def has_dq(self) -> bool:
        """Whether the file has data-quality bits for these pixels."""
        return bool(self._bits)

    def rows(self, start: int, stop: int) -> Rows:
        """Rows ``start`` to ``stop`` (exclusive) along the first axis.

        Parameters
        ----------
        start, stop : int
            Counted from 0; cut off at the ends as slices are.

        Returns
        -------
        Rows
            float32, float32 and uint32 in native byte order.

        Raises
        ------
        InputError
            The file is damaged, cut short, or was changed since it was opened.
        """
        err = self._err.floats(*self._clipped(start, stop)) if self._err is not None else None
        return Rows(self.data_rows(start, stop), err, self.dq_rows(start, stop) if self.has_dq else None)

    def data_rows(self, start: int, stop: int, room: FloatArray | None = None) -> FloatArray:
        """The data of some rows, without reading their errors and bits.

        Parameters
        ----------
        start, stop : int
            As for `rows`.
        room : ndarray of float32, 1-D, optional
            Memory to read into, at least as large as the rows; fresh memory costs more than reading.

        Returns
        -------
        ndarray of float32
        """
        start, stop = self._clipped(start, stop)
        values = self._data.floats(start, stop, room)
        if stop == self.shape[0] and not self._data.lead:
            self.check_end()
        return values

    def dq_rows(self, start: int, stop: int) -> DqArray:
        """The data-quality bits of some rows alone.

        Parameters
        ----------
        start, stop : int
            As for `rows`.

        Returns
        -------
        ndarray of uint32
            Zeros where the file has none.
        """
        start, stop = self._clipped(start, stop)
        shape = (stop - start, *self.shape[1:])
        dq: DqArray | None = None
        for reader in self._bits:
            bits = np.broadcast_to(reader.bits(start, stop, len(shape)), shape)
            dq = bits if dq is None else dq | bits
        if dq is None:
            return np.zeros(shape, np.uint32)
        return dq if dq.flags.writeable else dq.copy()

    def check_end(self) -> None:
        """Check that a compressed file is whole, once its numbers have been read.

        Raises
        ------
        InputError
            It is damaged, and so may be what was read.
        """
        if isinstance(self._data.source, CompressedSource):
            self._data.source.check_end()

    def _clipped(self, start: int, stop: int) -> tuple[int, int]:
        start, stop, _ = slice(start, stop).indices(self.shape[0])
        return start, max(start, stop)

    def close(self) -> None:
        """Let go of the file."""
        for reader in (self._data, self._err, *self._bits):
            if reader is not None:
                reader.close()

    def __enter__(self) -> "FitsFrame":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class _Reader:
    """The pixels of one HDU, or of one plane of it, read by rows."""

    def __init__(self, source: Source, hdu: HduHeader, lead: tuple[int, ...]) -> None:
        self.source, self.hdu, self.lead = source, hdu, lead
        self.shape = hdu.shape[len(lead) :]
        self._row = math.prod(self.shape[1:])
        self._stamp = stamp(source.path)
        self._tiles: Tiles | None = None
        try:
            check_whole(source, hdu)
            if hdu.kind == "compressed":
                from calgui.core.frames.tiles import check_tiles

                check_tiles(source, hdu)
            self._pixels = Pixels.of(hdu, source.path) if hdu.kind == "image" else None
        except InputError:
            source.close()
            raise
        place = 0
        for index, length in zip(lead, hdu.shape, strict=False):
            place = place * length + index
        self._first = place * math.prod(self.shape)

    def floats(self, start: int, stop: int, room: FloatArray | None = None) -> FloatArray:
        """Values of some rows."""
        shape = self._room(start, stop)
        if self._pixels is None:
            return self._unpacked(start, stop)
        source, first = self._checked(), self._first + start * self._row
        return read_floats(source, self._pixels, first, math.prod(shape), room).reshape(shape)

    def bits(self, start: int, stop: int, axes: int) -> DqArray:
        """Bits of some rows of a frame with so many axes; all of them for a plane that serves a whole ramp."""
        if len(self.shape) < axes:
            start, stop = 0, self.shape[0]
        shape = self._room(start, stop)
        if self._pixels is None:
            return to_bits(self._section(start, stop)).reshape(shape)
        source, first = self._checked(), self._first + start * self._row
        return read_bits(source, self._pixels, first, math.prod(shape)).reshape(shape)

    def close(self) -> None:
        """Let go of the file."""
        self.source.close()
        self._tiles = None

    def _room(self, start: int, stop: int) -> tuple[int, ...]:
        """Shape of some rows, for which there must be memory."""
        size = (stop - start) * self._row * 4
        if size > _LARGE:
            check_memory(size, self.source.path)
        return (stop - start, *self.shape[1:])

    def _checked(self) -> Source:
        path = self.source.path
        if stamp(path) != self._stamp:
            raise InputError("The file was changed while it was being read.", path=path, cure="Open it again.")
        return self.source

    def whole_tiles(self, rows: int) -> int:
        """So many rows, or as many more as lead to the end of a tile: what is cut through is decompressed twice."""
        if self._pixels is not None:
            return rows
        side = self._opened_tiles().sides[len(self.shape) - 1]
        return -(-rows // side) * side

    def _unpacked(self, start: int, stop: int) -> FloatArray:
        """Values of some rows of tiles, a few at a time: a whole picture would be in memory twice."""
        step = self.whole_tiles(max(1, _TILES // max(4 * self._row, 1)))
        first = start // step * step + step
        if first >= stop:
            return np.ascontiguousarray(self._section(start, stop), np.float32).reshape(self._room(start, stop))
        out = np.empty(self._room(start, stop), np.float32)
        edges = [start, *range(first, stop, step), stop]
        for begin, end in pairwise(edges):
            out[begin - start : end - start] = self._section(begin, end)
        return out

    def _section(self, start: int, stop: int) -> npt.NDArray[Any]:
        section: npt.NDArray[Any] = self._opened_tiles().read((*self.lead, slice(start, stop)))
        return section

    def _opened_tiles(self) -> "Tiles":
        from calgui.core.frames.tiles import open_tiles

        source = self._checked()
        if self._tiles is None:
            self._tiles = open_tiles(source, self.hdu)
        return self._tiles
