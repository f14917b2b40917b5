"""From the bytes of an image HDU to native numbers, in pieces that stay in the processor's cache."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError
from calgui.core.frames.dq import DO_NOT_USE
from calgui.core.frames.frame import DqArray, FloatArray
from calgui.core.frames.headers import HduHeader
from calgui.core.frames.keywords import finite_number
from calgui.core.frames.source import CompressedSource, Source

#: bytes handled at once: input and output together fit into a core's own cache
_PIECE = 1 << 18
#: images from this size on are read by two threads
_LARGE = 1 << 24
#: pieces of planes from this size on, together
_SHARED = 1 << 21
_CURE = "Copy or download it again."


@dataclass(frozen=True)
class Pixels:
    """How the pixels of one HDU are stored.

    Attributes
    ----------
    offset : int
        Where they begin in the (decompressed) file.
    dtype : numpy.dtype
        Big-endian, as stored.
    shape : tuple of int
        Numpy order.
    scale, zero : float
        BSCALE and BZERO.
    blank : int or None
        Stored integer that means "no value".
    """

    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    scale: float = 1.0
    zero: float = 0.0
    blank: int | None = None

    @classmethod
    def of(cls, hdu: HduHeader, path: Path) -> "Pixels":
        """Layout of an uncompressed image.

        Parameters
        ----------
        hdu : HduHeader
            Of kind ``image``.
        path : pathlib.Path
            The file, for messages.

        Returns
        -------
        Pixels

        Raises
        ------
        InputError
            BSCALE or BZERO is no number.
        """
        code = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}[hdu.bitpix]
        blank = hdu.header.get("BLANK")
        return cls(
            hdu.offset,
            np.dtype(code),
            hdu.shape,
            _number(hdu, "BSCALE", 1.0, path),
            _number(hdu, "BZERO", 0.0, path),
            blank if isinstance(blank, int) and not isinstance(blank, bool) and hdu.bitpix > 0 else None,
        )

    @property
    def scaled(self) -> bool:
        """Whether stored numbers are not the values."""
        return (self.scale, self.zero) != (1.0, 0.0)

    @property
    def type_name(self) -> str:
        """The type of the values, for people: ``float32``, ``uint16``, ..."""
        bits = self.dtype.itemsize * 8
        if self.dtype.kind == "i" and self.scale == 1 and self.zero == 2.0 ** (bits - 1):
            return f"uint{bits}"
        if self.dtype.kind == "u" and self.scale == 1 and self.zero == -128:
            return "int8"
        return f"{self.dtype.newbyteorder('=').name}, scaled" if self.scaled else self.dtype.newbyteorder("=").name


def _number(hdu: HduHeader, keyword: str, default: float, path: Path) -> float:
    value = hdu.header.get(keyword)
    if value is None:
        return default
    found = finite_number(value)
    if found is None:
        raise InputError(
            f"{keyword} of HDU {hdu.index} is {value!r}, not a number.",
            path=path,
            cure="The file was written wrongly; ask for it to be written anew.",
        )
    return found


def read_floats(source: Source, pixels: Pixels, start: int, count: int, room: FloatArray | None = None) -> FloatArray:
    """Read values as float32.

    Parameters
    ----------
    source : Source
        The file.
    pixels : Pixels
        How they are stored.
    start, count : int
        Which, in the order of the file.
    room : ndarray of float32, 1-D, optional
        Memory to read into, of at least ``count`` values.

    Returns
    -------
    ndarray of float32, shape (count,)
        Native byte order; BLANK becomes NaN.

    Raises
    ------
    InputError
        The file ends before.
    """
    if room is None:
        out = np.empty(count, np.float32)
        _fill(source, pixels, start, out)
    else:
        # who brings the memory asks for bands that are small already
        out = room[:count]
        _fill_part(source, pixels, start, out, count)
    return out


def read_bits(source: Source, pixels: Pixels, start: int, count: int) -> DqArray:
    """Read data-quality bits.

    Parameters
    ----------
    source, pixels, start, count
        As for `read_floats`.

    Returns
    -------
    ndarray of uint32, shape (count,)
        The low 32 bits of what is stored; in a floating-point image NaN becomes DO_NOT_USE.
    """
    out = np.empty(count, np.uint32)
    _fill(source, pixels, start, out)
    return out


def read_pieces(source: Source, pixels: Pixels, starts: Sequence[int], out: npt.NDArray[Any]) -> None:
    """Read equally long pieces from several places, such as the same rows of every plane of a ramp.

    Parameters
    ----------
    source, pixels
        As for `read_floats`.
    starts : sequence of int
        First value of each piece, in the order of the file.
    out : ndarray of float32 or uint32, shape (pieces, values), C order
        Filled with values, or with data-quality bits.

    Raises
    ------
    InputError
        The file ends before.
    """
    if isinstance(source, CompressedSource) or out.nbytes < _SHARED or (os.cpu_count() or 1) < 2:
        for start, piece in zip(starts, out, strict=True):
            _fill_part(source, pixels, start, piece)
        return
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(lambda job: _fill_part(source, pixels, *job), zip(starts, out, strict=True)):
            pass


def read_columns(
    source: Source, pixels: Pixels, start: int, length: int, columns: tuple[int, int], out: npt.NDArray[Any]
) -> None:
    """Read the same columns of rows that lie one behind the other.

    Parameters
    ----------
    source, pixels : Source, Pixels
        As for `read_floats`.
    start : int
        First value of the first row, in the order of the file.
    length : int
        Values of a row; whole rows are read, in pieces.
    columns : tuple of int
        First of them, and the one after the last.
    out : ndarray of float32 or uint32, shape (rows, columns)
        Filled with values, or with data-quality bits.

    Raises
    ------
    InputError
        The file ends before.
    """
    first, last = columns
    size = pixels.dtype.itemsize
    step = max(1, _PIECE // (length * size))
    buffer = np.empty((min(step, len(out)), length), pixels.dtype)
    for row in range(0, len(out), step):
        piece = buffer[: min(step, len(out) - row)]
        _read_whole(source, pixels, start + row * length, piece)
        _convert(piece[:, first:last], pixels, out[row : row + len(piece)])


def _read_whole(source: Source, pixels: Pixels, start: int, stored: npt.NDArray[Any]) -> None:
    wanted = stored.reshape(-1).view(np.uint8).data
    if source.read_into(pixels.offset + start * pixels.dtype.itemsize, wanted) < len(wanted):
        raise InputError("The file is cut short: pixels are missing at its end.", path=source.path, cure=_CURE)


def _convert(stored: npt.NDArray[Any], pixels: Pixels, out: npt.NDArray[Any]) -> None:
    if out.dtype == np.float32:
        _to_floats(stored, pixels, out)
    else:
        out[:] = to_bits(stored, pixels.scale, pixels.zero)


def _fill(source: Source, pixels: Pixels, start: int, out: npt.NDArray[Any]) -> None:
    """Fill ``out`` from the file, by two threads if it is large."""
    if isinstance(source, CompressedSource) or out.nbytes < _LARGE or (os.cpu_count() or 1) < 2:
        _fill_part(source, pixels, start, out)
        return
    half = out.size // 2
    with ThreadPoolExecutor(1) as pool:
        rest = pool.submit(_fill_part, source, pixels, start + half, out[half:])
        _fill_part(source, pixels, start, out[:half])
        rest.result()


def _fill_part(source: Source, pixels: Pixels, start: int, out: npt.NDArray[Any], step: int = 0) -> None:
    size = pixels.dtype.itemsize
    step = step or max(_PIECE // size, 1)
    # what is stored as float32 is read to where it will be, and turned round there
    in_place = out.dtype == np.float32 and pixels.dtype == np.dtype(">f4") and not pixels.scaled
    buffer = out.view(pixels.dtype) if in_place else np.empty(min(step, out.size), pixels.dtype)
    for first in range(0, out.size, step):
        begin = first if in_place else 0
        piece = buffer[begin : begin + min(step, out.size - first)]
        _read_whole(source, pixels, start + first, piece)
        _convert(piece, pixels, out[first : first + piece.size])


def _to_floats(stored: npt.NDArray[Any], pixels: Pixels, out: FloatArray) -> None:
    # values beyond float32 become infinite, which is what they are to everything that follows
    with np.errstate(over="ignore", invalid="ignore"):
        if pixels.dtype.kind == "i" and pixels.type_name == "uint64":
            # small numbers would be lost beside 2**63 in floating point
            out[:] = stored.astype(np.int64).view(np.uint64) ^ np.uint64(1 << 63)
        elif pixels.scaled:
            out[:] = stored.astype(np.float64) * pixels.scale + pixels.zero
        else:
            out[:] = stored
    if pixels.blank is not None:
        out[stored == pixels.blank] = np.nan


def to_bits(stored: npt.NDArray[Any], scale: float = 1.0, zero: float = 0.0) -> npt.NDArray[np.uint32]:
    """Stored numbers as data-quality bits.

    Parameters
    ----------
    stored : ndarray
        Any integer or floating-point type.
    scale, zero : float
        BSCALE and BZERO.

    Returns
    -------
    ndarray of uint32
        A negative 16-bit number is the unsigned one of the same bits.
    """
    if stored.dtype.kind == "f" or scale != 1 or not float(zero).is_integer():
        values = stored.astype(np.float64) * scale + zero
        bad = ~np.isfinite(values) | (np.abs(values) >= 2.0**63)
        bits = np.where(bad, 0, values).astype(np.int64).astype(np.uint32)
        bits[bad] = DO_NOT_USE
        return bits
    if stored.dtype.kind == "i" and stored.dtype.itemsize == 4:
        # as nearly all are: sums of 32 bits wrap round, and need no wider ones
        whole: npt.NDArray[np.uint32] = stored.astype(np.int32).view(np.uint32)
        if zero:
            whole += np.uint32(int(zero) & 0xFFFFFFFF)
        return whole
    mask = (1 << (8 * min(stored.dtype.itemsize, 4))) - 1
    wide = stored.astype(np.int64).astype(np.uint64)
    if zero:
        wide = wide + np.uint64(int(zero) & 0xFFFFFFFFFFFFFFFF)
    return (wide & np.uint64(mask)).astype(np.uint32)
