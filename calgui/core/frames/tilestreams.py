"""What the compressed bytes of tiles say of themselves, looked at before a decompressor that believes them.

The decompressors of HCOMPRESS and PLIO (those of cfitsio) take the size of a tile, and the end of its codes, from the
bytes themselves: damaged ones write over memory that is not theirs, which ends the program. That of Rice takes the
memory that the header asks for, and does not notice that there is none.
"""

import struct
from dataclasses import dataclass

import numpy as np

from calgui.core.errors import InputError
from calgui.core.frames.columns import ArrayPlaces, array_places
from calgui.core.frames.headers import HduHeader
from calgui.core.frames.source import Source

_COLUMN = "COMPRESSED_DATA"
_CURE = "Copy or download it again."
#: magic, rows, columns, scale, sum, and the number of bit planes of three quadrants (White, cfitsio's fits_hdecompress)
_HCOMPRESS = struct.Struct(">2sIIiq3B")
_HCOMPRESS_MAGIC = b"\xdd\x99"
_MOST_PLANES = 63
_PLIO = struct.Struct(">7h")
#: pixels of a block of Rice's that all are alike take this many bits, at least (cfitsio's ricecomp)
_LEAST_BITS = 3
_BLOCK, _LARGEST_BLOCK = 32, 1024


@dataclass(frozen=True)
class Streams:
    """The rows of a table of tiles, made safe.

    Attributes
    ----------
    table : bytes
        The rows; empty where those of the file serve.
    pad : int
        Zeros that must follow the file's heap.
    """

    table: bytes = b""
    pad: int = 0


def check_streams(source: Source, hdu: HduHeader, sides: list[int]) -> Streams:
    """Look at what each tile says of itself.

    Parameters
    ----------
    source : Source
        The file.
    hdu : HduHeader
        A compressed image.
    sides : list of int
        Lengths of a tile, first axis of FITS first.

    Returns
    -------
    Streams
        HCOMPRESS reads on until it has all it expects, however few bytes there are: its tiles are told to be longer,
        so that it finds zeros.

    Raises
    ------
    InputError
        A tile says what cannot be.
    """
    kind = hdu.header.get("ZCMPTYPE")
    if kind in ("RICE_1", "RICE_ONE"):
        _check_rice(source, hdu, sides)
    if kind not in ("HCOMPRESS_1", "PLIO_1"):
        return Streams()
    places = array_places(source, hdu, _COLUMN)
    sizes = _tile_sizes(hdu, sides)
    pads = np.zeros(len(sizes), np.int64)
    for row, (count, place) in enumerate(places.where.tolist()):
        if not count:
            continue  # kept in another way, in another column
        raw = source.read(hdu.offset + places.heap + place, min(count * places.size, _HCOMPRESS.size))
        if kind == "PLIO_1":
            _check_plio(raw, count, source)
        else:
            pads[row] = _hcompress_pad(raw, sizes[row], source)
    if kind == "PLIO_1":
        return Streams()
    return Streams(_longer(source, hdu, places, pads), int(pads.max(initial=0)))


def _tile_sizes(hdu: HduHeader, sides: list[int]) -> list[int]:
    """Pixels of each tile; those at the ends are smaller."""
    lengths = list(reversed(hdu.shape))
    along = [
        [min(side, length - start) for start in range(0, length, side)]
        for length, side in zip(lengths, sides, strict=True)
    ]
    sizes = np.ones(1, np.int64)
    for axis in reversed(along):
        sizes = np.outer(sizes, np.asarray(axis, np.int64)).reshape(-1)
    found: list[int] = sizes.tolist()
    return found


def _hcompress_pad(raw: bytes, size: int, source: Source) -> int:
    """Bytes that the decompressor may look at behind those that are there."""
    if len(raw) < _HCOMPRESS.size:
        raise _damaged(source)
    magic, rows, columns, _, _, *planes = _HCOMPRESS.unpack(raw)
    if magic != _HCOMPRESS_MAGIC or rows * columns != size or max(planes) > _MOST_PLANES:
        raise _damaged(source)
    # a bit for each pixel and plane, a third of that for the quadtrees above, and a sign
    looked_at: int = -(-size * (max(planes) + 1) // 6)
    return looked_at + 1024


def _check_rice(source: Source, hdu: HduHeader, sides: list[int]) -> None:
    """No tile can have more pixels than its bytes could tell."""
    names = {str(hdu.header.get(f"ZNAME{number}")): hdu.header.get(f"ZVAL{number}") for number in (1, 2, 3)}
    block = names.get("BLOCKSIZE", _BLOCK)
    if isinstance(block, bool) or not isinstance(block, int) or not 0 < block <= _LARGEST_BLOCK:
        raise _damaged(source)
    places = array_places(source, hdu, _COLUMN)
    counts = places.where[:, 0] * places.size
    sizes = np.asarray(_tile_sizes(hdu, sides), np.int64)
    # a tile that is kept in another way has no bytes here
    if np.any((counts > 0) & (sizes > counts * 8 * block // _LEAST_BITS)):
        raise _damaged(source)


def _check_plio(raw: bytes, count: int, source: Source) -> None:
    """A line list tells its own length, in the old form or the new (IRAF, pl_l2pi)."""
    if len(raw) < _PLIO.size:
        raise _damaged(source)
    words = _PLIO.unpack(raw[: _PLIO.size])
    length, first = (words[2], 3) if words[2] > 0 else ((words[4] << 15) + words[3], words[1])
    if not 0 <= first <= length <= count:
        raise _damaged(source)


def _longer(
    source: Source, hdu: HduHeader, places: ArrayPlaces, pads: "np.ndarray[tuple[int], np.dtype[np.int64]]"
) -> bytes:
    """The rows of the table, with more bytes for each tile."""
    width, rows = hdu.header["NAXIS1"], hdu.header["NAXIS2"]
    table = np.frombuffer(source.read(hdu.offset, width * rows), np.uint8).reshape(rows, width).copy()
    where = places.where.copy()
    where[:, 0] += np.where(where[:, 0] > 0, pads, 0)
    stored = where.astype(places.code)
    if not np.array_equal(stored, where):
        raise _damaged(source)
    end = places.place + 2 * stored.dtype.itemsize
    table[:, places.place : end] = stored.view(np.uint8).reshape(rows, -1)
    return table.tobytes()


def _damaged(source: Source) -> InputError:
    return InputError("The compressed image is damaged: a tile is not of its size.", path=source.path, cure=_CURE)
