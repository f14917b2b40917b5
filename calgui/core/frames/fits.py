"""Frames out of FITS files: whole, one plane, or in bands of rows."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError, UsageError
from calgui.core.frames.frame import DqArray, FloatArray, Frame, Rows
from calgui.core.frames.headers import HduHeader, Header, merged, read_headers
from calgui.core.frames.pixels import Pixels, read_bits, read_floats, to_bits
from calgui.core.frames.source import PlainSource, Source, open_source

Hdu = int | str | tuple[str, int]
Plane = int | tuple[int, ...]


@dataclass(frozen=True)
class HduInfo:
    """What one HDU holds, for a list that a user chooses from.

    Attributes
    ----------
    index : int
        Its number, from 0.
    name : str
        EXTNAME, ``PRIMARY``, or empty.
    version : int
        EXTVER.
    kind : str
        As in `HduHeader`.
    shape : tuple of int
        Numpy order; (rows,) of a table; empty without data.
    type : str
        Type of the values: ``float32``, ``uint16``, ...; empty for what is no image.
    unit : str
        BUNIT.
    warnings : tuple of str
        What is odd about it.
    """

    index: int
    name: str
    version: int
    kind: str
    shape: tuple[int, ...]
    type: str
    unit: str
    warnings: tuple[str, ...] = ()

    @property
    def is_image(self) -> bool:
        """Whether there are pixels to look at."""
        return self.kind in ("image", "compressed") and bool(self.shape)

    @property
    def planes(self) -> int:
        """How many two-dimensional planes there are to look at."""
        return math.prod(self.shape[:-2]) if self.is_image else 0


def describe_file(path: Path | str) -> tuple[HduInfo, ...]:
    """List the HDUs of a file.

    Parameters
    ----------
    path : path-like
        FITS, plain or compressed.

    Returns
    -------
    tuple of HduInfo

    Raises
    ------
    InputError
        The file cannot be read, or is not FITS.
    """
    path = Path(path)
    hdus = read_headers(path)
    infos = []
    for hdu in hdus:
        warnings = list(hdu.warnings)
        if hdu.name == "SCI":
            warnings += [
                f"{name} has the shape {other.shape}, SCI {hdu.shape}; it is not used."
                for name, other in _siblings(hdus, hdu).items()
                if not _fits(other, hdu, name)
            ]
        unit = str(hdu.header.get("BUNIT") or "").strip()
        infos.append(
            HduInfo(hdu.index, hdu.name, hdu.version, hdu.kind, hdu.shape, _type_name(hdu, path), unit, tuple(warnings))
        )
    return tuple(infos)


def read_frame(path: Path | str, hdu: Hdu | None = None, plane: Plane | None = None) -> Frame:
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
        data, err, dq = frame.rows(0, frame.shape[0])
        return Frame(data, err, dq, frame.header, frame.path)


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
    lead = _lead(image, plane, path)
    others = {name: other for name, other in _siblings(hdus, image).items() if _fits(other, image, name)}
    bits = [_Reader(path, other, _lead_of(other, image, lead)) for name, other in others.items() if name != "ERR"]
    err = _Reader(path, others["ERR"], lead) if "ERR" in others else None
    return FitsFrame(path, merged(hdus[0], image), _Reader(path, image, lead), err, bits)


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
        return self._data.floats(*self._clipped(start, stop), room)

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

    def __init__(self, path: Path, hdu: HduHeader, lead: tuple[int, ...]) -> None:
        self.path, self.hdu, self.lead = path, hdu, lead
        self.shape = hdu.shape[len(lead) :]
        self._row = math.prod(self.shape[1:])
        self._first = int(np.ravel_multi_index(lead, hdu.shape[: len(lead)])) * math.prod(self.shape) if lead else 0
        self._pixels = Pixels.of(hdu, path) if hdu.kind == "image" else None
        self._source = open_source(path)
        self._stamp = _stamp(path)
        self._tiles: Any = None
        _check_whole(self._source, hdu)

    def floats(self, start: int, stop: int, room: FloatArray | None = None) -> FloatArray:
        """Values of some rows."""
        shape = (stop - start, *self.shape[1:])
        if self._pixels is None:
            return np.ascontiguousarray(self._section(start, stop), np.float32).reshape(shape)
        source, first = self._checked(), self._first + start * self._row
        return read_floats(source, self._pixels, first, math.prod(shape), room).reshape(shape)

    def bits(self, start: int, stop: int, axes: int) -> DqArray:
        """Bits of some rows of a frame with so many axes; all of them for a plane that serves a whole ramp."""
        if len(self.shape) < axes:
            start, stop = 0, self.shape[0]
        shape = (stop - start, *self.shape[1:])
        if self._pixels is None:
            return to_bits(self._section(start, stop)).reshape(shape)
        source, first = self._checked(), self._first + start * self._row
        return read_bits(source, self._pixels, first, math.prod(shape)).reshape(shape)

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()
        self._tiles = None

    def _checked(self) -> Source:
        if _stamp(self.path) != self._stamp:
            raise InputError("The file was changed while it was being read.", path=self.path, cure="Open it again.")
        return self._source

    def _section(self, start: int, stop: int) -> npt.NDArray[Any]:
        from calgui.core.frames.tiles import open_tiles

        if self._tiles is None:
            self._tiles = open_tiles(self._checked(), self.hdu)
        section: npt.NDArray[Any] = self._tiles.read((*self.lead, slice(start, stop)))
        return section


def choose(hdus: Sequence[HduHeader], wanted: Hdu | None, path: Path) -> HduHeader:
    """The image that is meant.

    Parameters
    ----------
    hdus : sequence of HduHeader
        Of the file.
    wanted : int, str, (str, int) or None
        Number, name, name and EXTVER; None for ``SCI`` or else the first image.
    path : pathlib.Path
        The file, for messages.

    Returns
    -------
    HduHeader

    Raises
    ------
    InputError
        There is none, or it is no image.
    """
    images = [hdu for hdu in hdus if hdu.is_image]
    if wanted is None:
        found = next((hdu for hdu in images if hdu.name == "SCI"), images[0] if images else None)
        if found is None:
            kinds = ", ".join(sorted({hdu.kind for hdu in hdus if hdu.shape})) or "headers only"
            raise InputError(f"There is no image in this file ({kinds}).", path=path, cure="Choose another file.")
        return found
    if isinstance(wanted, int):
        found = next((hdu for hdu in hdus if hdu.index == wanted), None)
    else:
        name, version = (wanted, None) if isinstance(wanted, str) else wanted
        found = next(
            (hdu for hdu in hdus if hdu.name == name.upper() and version in (None, hdu.version)),
            None,
        )
    if found is None or not found.is_image:
        what = "has no HDU" if found is None else "holds no image in HDU"
        names = ", ".join(f"{hdu.index} {hdu.name}".strip() for hdu in images) or "none"
        raise InputError(f"The file {what} {wanted!r}.", path=path, cure=f"Its images are: {names}.")
    return found


def plane_index(shape: Sequence[int], number: int) -> tuple[int, ...]:
    """Indices of the leading axes for a plane counted through all of them.

    Parameters
    ----------
    shape : sequence of int
        Of the whole image.
    number : int
        From 0.

    Returns
    -------
    tuple of int
        Empty for a two-dimensional image.

    Raises
    ------
    UsageError
        There is no such plane.
    """
    lead = tuple(shape[:-2])
    if not 0 <= number < math.prod(lead):
        raise UsageError(f"There is no plane {number}: there are {math.prod(lead)}, counted from 0.")
    return tuple(int(index) for index in np.unravel_index(number, lead)) if lead else ()


def check_memory(needed: int, path: Path) -> None:
    """Refuse what does not fit into the free memory, before it is taken.

    Parameters
    ----------
    needed : int
        Bytes.
    path : pathlib.Path
        The file, for the message.

    Raises
    ------
    InputError
        Saying how much is needed and how much is free.
    """
    free = _free_memory()
    if needed > free:
        raise InputError(
            f"Reading it takes {needed / 1e9:,.1f} GB of memory, {free / 1e9:,.1f} GB are free.",
            path=path,
            cure="Read one plane, close other programs, or check whether the header is right.",
        )


def _free_memory() -> int:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _check_whole(source: Source, hdu: HduHeader) -> None:
    """Compare what the header promises with what the file can hold."""
    if hdu.offset + hdu.size > source.limit:
        there = max((source.size or 0) - hdu.offset, 0)
        raise InputError(
            f"The file is cut short: HDU {hdu.index} {hdu.name} promises {hdu.size:,} bytes, {there:,} are there."
            if isinstance(source, PlainSource)
            else f"HDU {hdu.index} {hdu.name} promises {hdu.size:,} bytes, more than this compressed file can hold.",
            path=source.path,
            cure="Copy or download it again.",
        )


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return -1, -1
    return found.st_size, found.st_mtime_ns


def _lead(image: HduHeader, plane: Plane | None, path: Path) -> tuple[int, ...]:
    """Indices of the leading axes for the plane that is wanted."""
    if plane is None:
        return ()
    try:
        if isinstance(plane, int):
            return plane_index(image.shape, plane)
        lead = image.shape[:-2]
        if len(plane) != len(lead) or not all(0 <= at < length for at, length in zip(plane, lead, strict=True)):
            raise UsageError(f"There is no plane {plane}: the leading axes are {lead}.")
    except UsageError as error:
        raise InputError(error.message, path=path, cure="Choose one that is there.") from error
    return tuple(plane)


def _siblings(hdus: Sequence[HduHeader], image: HduHeader) -> dict[str, HduHeader]:
    """The error and data-quality images that belong to an image."""
    if image.name not in ("SCI", "PRIMARY", ""):
        return {}
    found: dict[str, HduHeader] = {}
    for hdu in hdus:
        if hdu.name in ("ERR", "DQ", "PIXELDQ", "GROUPDQ") and hdu.is_image and hdu.version == image.version:
            found.setdefault(hdu.name, hdu)
    return found


def _fits(other: HduHeader, image: HduHeader, name: str) -> bool:
    if name == "PIXELDQ":
        return other.shape == image.shape[-2:]
    return other.shape == image.shape


def _lead_of(other: HduHeader, image: HduHeader, lead: tuple[int, ...]) -> tuple[int, ...]:
    """The same plane in a sibling, which may have no leading axes."""
    return lead if len(other.shape) == len(image.shape) else ()


def _type_name(hdu: HduHeader, path: Path) -> str:
    if not hdu.is_image:
        return ""
    try:
        return Pixels.of(hdu, path).type_name
    except InputError:
        return "unknown"
