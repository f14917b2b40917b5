"""Tile-compressed images (``.fz``), decompressed by astropy only where rows are asked for."""

import io
import math
import re
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError
from calgui.core.frames.headers import BLOCK, HduHeader
from calgui.core.frames.room import check_memory
from calgui.core.frames.source import PlainSource, Source
from calgui.core.frames.tilestreams import Streams, check_streams

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: the cards that say how tiles become pixels; what else a header says must not disturb
_OF_TILES = re.compile(r"TTYPE\d+|TFORM\d+|THEAP|ZCMPTYPE|ZNAME\d+|ZVAL\d+|ZQUANTIZ|ZDITHER0|ZSCALE|ZZERO|BSCALE|BZERO")
_KINDS = ("RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "PLIO_1", "HCOMPRESS_1", "NOCOMPRESS")
#: the FITS standard has no more columns
_MOST_COLUMNS = 999
#: pixels of a tile; decompressors count its bytes in 31 bits
_MOST_PIXELS = 1 << 28


class Tiles:
    """A compressed image whose sections can be read."""

    # astropy moves one place through the bytes, so only one thread may ask at a time
    def __init__(self, section: Any, source: Source, sides: list[int]) -> None:
        self._section = section
        #: pixels of a tile along each axis, first axis of FITS first
        self.sides = tuple(sides)
        self._source = source
        self._lock = threading.Lock()

    def read(self, index: tuple[Any, ...]) -> npt.NDArray[Any]:
        """Decompress a part.

        Parameters
        ----------
        index : tuple
            As for a numpy array.

        Returns
        -------
        ndarray
            Values, scaled.

        Raises
        ------
        InputError
            The compressed data are damaged.
        """
        try:
            with self._lock, np.errstate(all="ignore"):
                return np.asarray(self._section[index])
        except InputError:
            raise
        except Exception as error:
            raise _damaged(self._source, f"cannot be decompressed: {_said(error)}") from error


def open_tiles(source: Source, hdu: HduHeader) -> Tiles:
    """Prepare a compressed image for reading.

    Parameters
    ----------
    source : Source
        The file.
    hdu : HduHeader
        Of kind ``compressed``.

    Returns
    -------
    Tiles
        Which read from the source, and hold no copy of it unless the whole file is compressed once more.

    Raises
    ------
    InputError
        The table does not hold as many tiles as the image needs, or cannot be read.
    """
    sides = check_tiles(source, hdu)
    streams = check_streams(source, hdu, sides)
    from astropy.io import fits

    try:
        cards = [(key, value) for key, value in hdu.header.items() if _is_of_tiles(key, value, hdu.bitpix)]
        table = fits.Header([*_layout_cards(hdu, sides, streams.pad), *cards])
        start = (fits.PrimaryHDU().header.tostring() + table.tostring()).encode("ascii")
        return Tiles(fits.open(_Window(start, source, hdu, streams), memmap=False)[1].section, source, sides)
    except InputError:
        raise
    except Exception as error:
        raise _damaged(source, f"cannot be read: {_said(error)}") from error


def _is_of_tiles(key: str, value: Any, bitpix: int) -> bool:
    if key in ("BLANK", "ZBLANK"):
        return isinstance(value, int) and (bitpix > 0 or key == "ZBLANK")
    return value is not None and bool(_OF_TILES.fullmatch(key))


def _layout_cards(hdu: HduHeader, sides: list[int], pad: int) -> list[tuple[str, Any]]:
    """How the table and the image are laid out, as it was read and checked."""
    header = hdu.header
    width, rows = header["NAXIS1"], header["NAXIS2"]
    lengths = tuple(reversed(hdu.shape))
    return [
        ("XTENSION", "BINTABLE"),
        ("BITPIX", 8),
        ("NAXIS", 2),
        ("NAXIS1", width),
        ("NAXIS2", rows),
        ("PCOUNT", hdu.size - width * rows + pad),
        ("GCOUNT", 1),
        ("TFIELDS", header["TFIELDS"]),
        ("ZIMAGE", True),
        ("ZBITPIX", hdu.bitpix),
        ("ZNAXIS", len(lengths)),
        *((f"ZNAXIS{axis}", length) for axis, length in enumerate(lengths, 1)),
        *((f"ZTILE{axis}", side) for axis, side in enumerate(sides, 1)),
    ]


def check_tiles(source: Source, hdu: HduHeader) -> list[int]:
    """Find out a header that promises what its table cannot hold, before memory is taken.

    Parameters
    ----------
    source : Source
        The file, for messages.
    hdu : HduHeader
        Of kind ``compressed``.

    Returns
    -------
    list of int
        Pixels of a tile along each axis, first axis of FITS first.

    Raises
    ------
    InputError
        Saying what cannot be.
    """
    header = hdu.header
    for keyword, least, most in (("TFIELDS", 1, _MOST_COLUMNS), ("NAXIS1", 1, 1 << 40), ("NAXIS2", 0, 1 << 40)):
        value = header.get(keyword)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise _damaged(source, f"has a table whose {keyword} is {_said(value)}")
    if header["NAXIS1"] * header["NAXIS2"] > hdu.size:
        raise _damaged(source, "has a table that is larger than its place")
    if header.get("ZCMPTYPE") not in _KINDS:
        raise _damaged(
            source, f"is compressed by {_said(header.get('ZCMPTYPE'))}, which is none of {', '.join(_KINDS)}"
        )
    tiles, sides = 1, []
    for axis, length in enumerate(reversed(hdu.shape), 1):
        tile = header.get(f"ZTILE{axis}", length if axis == 1 else 1)
        if isinstance(tile, bool) or not isinstance(tile, int) or tile <= 0:
            raise _damaged(source, f"has tiles of {_said(tile)} pixels")
        tiles *= -(-length // tile)
        sides.append(min(tile, max(length, 1)))
    if math.prod(sides) > _MOST_PIXELS:
        raise _damaged(source, f"has tiles of {_said(math.prod(sides))} pixels")
    if header["NAXIS2"] != tiles:
        raise _damaged(source, f"needs {_said(tiles)} tiles, its table has {header['NAXIS2']}")
    return sides


def _said(what: object) -> str:
    """A value or an error in few words."""
    if isinstance(what, int) and abs(what) > 10**18:
        return "a number beyond all measure"
    text = str(what) if isinstance(what, Exception) else repr(what)
    return " ".join(text.split())[:100]


def _damaged(source: Source, what: str) -> InputError:
    return InputError(f"The compressed image {what}.", path=source.path, cure="Copy or download it again.")


class _Window(io.RawIOBase):
    """A file of one table: headers made anew, and behind them the table's data where they lie in the source."""

    def __init__(self, start: bytes, source: Source, hdu: HduHeader, streams: Streams) -> None:
        super().__init__()
        self._start = start + streams.table
        self._source, self._offset = source, hdu.offset + len(streams.table)
        self._behind = hdu.size - len(streams.table)
        # a file that is compressed as a whole can only be read on and on, and tiles may lie in any order
        self._held = None
        if not isinstance(source, PlainSource):
            check_memory(2 * self._behind, source.path)  # in pieces first, then in one
            self._held = source.read(self._offset, self._behind)
        self._length = len(start) + -(-(hdu.size + streams.pad) // BLOCK) * BLOCK
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._length}[whence]
        self._place = max(base + offset, 0)
        return self._place

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(self._length - self._place, 0)
        size = left if size is None or size < 0 else min(size, left)
        found = self._start[self._place : self._place + size]
        if len(found) < size:
            first = self._place + len(found) - len(self._start)
            last = min(first + size - len(found), self._behind)
            if self._held is not None:
                found += self._held[first:last]
            elif last > first:
                found += self._source.read(self._offset + first, last - first)
            # zeros follow the file's own bytes
            found = found.ljust(size, b"\0")
        self._place += len(found)
        return found

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        found = self.read(len(view))
        view[: len(found)] = found
        return len(found)
