"""Frames out of FITS files: whole, one plane, or in bands of rows."""

import contextlib
import math
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError
from calgui.core.frames.frame import KEPT_PLANES, DqArray, FloatArray, Frame, Rows, size_text
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
from calgui.core.frames.reader import Reader
from calgui.core.frames.room import check_memory
from calgui.core.frames.source import CompressedSource, open_source
from calgui.core.jobs import Job

#: bytes of data that are read between two looks at a job: a compressed file gives some 100 MB in a second
_BAND = 8 << 20

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
        float32 in native byte order, with ERR and DQ of the same shape where the file has them, and the map of
        subarrays (SUBARR_MAP). The header is the primary's, completed by the image's.

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
        kept = {}
        for name in KEPT_PLANES:
            # a map that does not fit hinders only those who ask for it
            with contextlib.suppress(InputError):
                if (image := frame.plane(name)) is not None:
                    kept[name] = image
        return Frame(data, err, dq, frame.header, frame.path, kept)


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


def _within(start: int, stop: int | None, size: int) -> tuple[int, int]:
    start, stop, _ = slice(start, stop).indices(size)
    return start, max(start, stop)


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
    data = Reader(open_source(path), image, lead)
    try:
        beside = {
            name: Reader(data.source.again(), other, lead_of(other, image, lead)) for name, other in others.items()
        }
    except InputError:
        data.close()
        raise
    err = beside.pop("ERR", None)
    further = {hdu.name: hdu for hdu in reversed(hdus) if hdu.is_image and hdu is not image}
    return FitsFrame(path, merged(hdus[0], image), data, err, tuple(beside.values()), further)


class FitsFrame:
    """A frame that stays in its file; offers the face of `FrameLike`.

    ``rows`` may be called from several threads. A file that changes between two calls is refused.

    Attributes
    ----------
    places : tuple of two ndarray of int, or None
        Of a stack of spectra: row and column of each in the field, where a table beside it says so; see
        `calgui.core.frames.spectra.open_input`.
    """

    places: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None = None

    def __init__(
        self,
        path: Path,
        header: Header,
        data: Reader,
        err: Reader | None,
        bits: Sequence[Reader],
        further: Mapping[str, HduHeader] | None = None,
    ) -> None:
        self._path, self._header = path, header
        self._data, self._err, self._bits = data, err, tuple(bits)
        self._further = dict(further or {})
        self._planes: dict[str, Reader] = {}
        self._lock = threading.Lock()

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

    def complete(self, more: Mapping[str, Any]) -> None:
        """Add keywords that the header lacks.

        Parameters
        ----------
        more : mapping
            Keyword to value; those that are there stay.
        """
        for keyword, value in more.items():
            self._header.setdefault(keyword, value)

    @property
    def has_err(self) -> bool:
        """Whether the file has errors for these pixels."""
        return self._err is not None

    @property
    def has_dq(self) -> bool:
        """Whether the file has data-quality bits for these pixels."""
        return bool(self._bits)

    @property
    def is_compressed(self) -> bool:
        """Whether the file, or the image in it, is compressed: damage may show at its end only."""
        return isinstance(self._data.source, CompressedSource) or self._data.hdu.kind == "compressed"

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
        err = self._err.floats(*_within(start, stop, self.shape[0])) if self._err is not None else None
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
        start, stop = _within(start, stop, self.shape[0])
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
        start, stop = _within(start, stop, self.shape[0])
        shape = (stop - start, *self.shape[1:])
        dq: DqArray | None = None
        for reader in self._bits:
            bits = np.broadcast_to(reader.bits(start, stop, len(shape)), shape)
            dq = bits if dq is None else dq | bits
        if dq is None:
            return np.zeros(shape, np.uint32)
        return dq if dq.flags.writeable else dq.copy()

    def band(self, start: int, stop: int) -> Rows:
        """Rows ``start`` to ``stop`` (exclusive) of every plane of a cube or ramp.

        Parameters
        ----------
        start, stop : int
            Along the y axis, counted from 0; cut off at the ends as slices are.

        Returns
        -------
        Rows
            Of shape (..., stop - start, nx). A compressed file is unpacked into a temporary one first, since its
            planes can only be read one behind the other.

        Raises
        ------
        InputError
            As for `rows`.
        """
        err = self._err.band(*_within(start, stop, self.shape[-2]), np.float32) if self._err is not None else None
        return Rows(self.data_band(start, stop), err, self.dq_band(start, stop) if self.has_dq else None)

    def data_band(self, start: int, stop: int, room: FloatArray | None = None) -> FloatArray:
        """The data of such a band, without reading their errors and bits.

        Parameters
        ----------
        start, stop : int
            As for `band`.
        room : ndarray of float32, 1-D, optional
            Memory to read into, where it is large enough.

        Returns
        -------
        ndarray of float32
        """
        values: FloatArray = self._data.band(*_within(start, stop, self.shape[-2]), np.float32, room)
        return values

    def dq_band(self, start: int, stop: int) -> DqArray:
        """The data-quality bits of such a band alone: those of each read joined with those of the pixels.

        Parameters
        ----------
        start, stop : int
            As for `band`.

        Returns
        -------
        ndarray of uint32
            Zeros where the file has none.
        """
        start, stop = _within(start, stop, self.shape[-2])
        shape = (*self.shape[:-2], stop - start, self.shape[-1])
        whole = [reader for reader in self._bits if len(reader.shape) == len(shape)]
        dq = np.zeros(shape, np.uint32) if not whole else whole[0].band(start, stop, np.uint32)
        for reader in self._bits:
            if reader not in whole[:1]:
                dq |= reader.band(start, stop, np.uint32)
        return dq

    def plane(self, name: str, start: int = 0, stop: int | None = None) -> FloatArray | None:
        """Rows of a further image of the same pixels, which is opened when it is first asked for.

        Parameters
        ----------
        name : str
            Of its extension.
        start, stop : int
            Along the y axis, counted from 0; cut off at the ends as slices are, by default all.

        Returns
        -------
        ndarray of float32 or None
            None where the file has no such image.

        Raises
        ------
        InputError
            It is of another shape, damaged, or cut short.
        """
        hdu = self._further.get(name)
        if hdu is None:
            return None
        if hdu.shape != self.shape[-2:] or len(hdu.shape) != 2:
            raise InputError(
                f"The extension {name} has {size_text(hdu.shape)} pixels, the image {size_text(self.shape[-2:])}.",
                path=self._path,
                cure="Write it anew, of the size of the image.",
            )
        with self._lock:
            reader = self._planes.get(name)
            if reader is None:
                reader = self._planes[name] = Reader(self._data.source.again(), hdu, ())
        return reader.floats(*_within(start, stop, self.shape[-2]))

    def check_end(self) -> None:
        """Check that a compressed file is whole, once its numbers have been read.

        Raises
        ------
        InputError
            It is damaged, and so may be what was read.
        """
        if isinstance(self._data.source, CompressedSource):
            self._data.source.check_end()

    def close(self) -> None:
        """Let go of the file."""
        for reader in (self._data, self._err, *self._bits, *self._planes.values()):
            if reader is not None:
                reader.close()

    def __enter__(self) -> "FitsFrame":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
