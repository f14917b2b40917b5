"""Reads the pixels of one HDU: rows of it, or the same rows of every plane."""

import math
import threading
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError
from calgui.core.frames.frame import DqArray, FloatArray
from calgui.core.frames.headers import HduHeader
from calgui.core.frames.pixels import Pixels, read_bits, read_floats, read_pieces, to_bits
from calgui.core.frames.room import check_memory, check_whole
from calgui.core.frames.source import CompressedSource, Source, stamp, unpacked

if TYPE_CHECKING:
    from calgui.core.frames.tiles import Tiles

#: bytes of a compressed image that are decompressed at once; its compressed bytes are in memory beside them
_TILES = 2 << 20
#: bands from this size on, in bytes, are compared with the free memory
_LARGE = 1 << 28


class Reader:
    """The pixels of one HDU, or of one plane of it, read by rows.

    Parameters
    ----------
    source : Source
        The file; closed with this reader.
    hdu : HduHeader
        Of an image, plain or compressed.
    lead : tuple of int
        Indices of the plane that is wanted; empty for everything.

    Raises
    ------
    InputError
        The file is cut short.
    """

    def __init__(self, source: Source, hdu: HduHeader, lead: tuple[int, ...]) -> None:
        self.source, self.hdu, self.lead = source, hdu, lead
        self.shape = hdu.shape[len(lead) :]
        self._row = math.prod(self.shape[1:])
        self._stamp = stamp(source.path)
        self._tiles: Tiles | None = None
        self._flat: tuple[Source, Pixels] | None = None
        self._lock = threading.Lock()
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

    def band(self, start: int, stop: int, kind: Any, room: npt.NDArray[Any] | None = None) -> Any:
        """Rows of every plane, as float32 values or as uint32 bits; perhaps in memory that is there already."""
        *lead, ny, nx = self.shape
        planes, length = math.prod(lead), (stop - start) * nx
        if planes * length * 4 > _LARGE:
            check_memory(planes * length * 4, self.source.path)
        if room is None or room.size < planes * length:
            room = np.empty(planes * length, kind)
        out = room[: planes * length].reshape(planes, length)
        if self._pixels is None:
            for number, index in enumerate(np.ndindex(*lead)):
                stored = self._opened_tiles().read((*self.lead, *index, slice(start, stop)))
                out[number] = (stored if out.dtype == np.float32 else to_bits(stored)).reshape(-1)
        else:
            source, pixels, first = self._in_any_order(self._pixels, planes > 1)
            read_pieces(source, pixels, [first + (plane * ny + start) * nx for plane in range(planes)], out)
        return out.reshape((*lead, stop - start, nx))

    def _in_any_order(self, pixels: Pixels, several: bool) -> tuple[Source, Pixels, int]:
        """Where pixels can be read at any place without going through all before; and the first of them."""
        source = self._checked()
        if not several or not isinstance(source, CompressedSource):
            return source, pixels, self._first
        with self._lock:
            if self._flat is None:
                size = math.prod(self.shape) * pixels.dtype.itemsize
                begin = pixels.offset + self._first * pixels.dtype.itemsize
                self._flat = unpacked(source, begin, size), replace(pixels, offset=0)
        return *self._flat, 0

    def close(self) -> None:
        """Let go of the file."""
        self.source.close()
        if self._flat is not None:
            self._flat[0].close()
        self._tiles = self._flat = None

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
