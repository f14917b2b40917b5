"""Tile-compressed images (``.fz``), decompressed by astropy only where rows are asked for."""

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.errors import InputError
from calgui.core.frames.cards import CARD
from calgui.core.frames.headers import BLOCK, HduHeader
from calgui.core.frames.source import Source


class Tiles:
    """A compressed image whose sections can be read."""

    # astropy moves one place through the bytes, so only one thread may ask at a time
    def __init__(self, section: Any, source: Source) -> None:
        self._section = section
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
        except Exception as error:
            raise _damaged(self._source, f"cannot be decompressed: {error}") from error


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

    Raises
    ------
    InputError
        The table does not hold as many tiles as the image needs, or cannot be read.
    """
    _check_tiles(source, hdu)
    import io

    from astropy.io import fits

    # the HDU alone, behind an empty primary one: what else is in the file must not disturb
    primary = "".join(card.ljust(CARD) for card in _PRIMARY).encode().ljust(BLOCK)
    body = source.read(hdu.start, hdu.end - hdu.start)
    whole = io.BytesIO(primary + body.ljust(hdu.end - hdu.start, b"\0"))
    try:
        return Tiles(fits.open(whole, memmap=False)[1].section, source)
    except Exception as error:
        raise _damaged(source, f"cannot be read: {error}") from error


def _check_tiles(source: Source, hdu: HduHeader) -> None:
    """A header that promises a huge image over a small table is found out before memory is taken."""
    tiles = 1
    for axis, length in enumerate(reversed(hdu.shape), 1):
        tile = hdu.header.get(f"ZTILE{axis}", length if axis == 1 else 1)
        if isinstance(tile, bool) or not isinstance(tile, int) or tile <= 0:
            raise _damaged(source, f"has tiles of {tile!r} pixels")
        tiles *= -(-length // tile)
    rows = hdu.header.get("NAXIS2")
    if rows != tiles:
        raise _damaged(source, f"needs {tiles} tiles, its table has {rows}")


def _damaged(source: Source, what: str) -> InputError:
    return InputError(f"The compressed image {what}.", path=source.path, cure="Copy or download it again.")


_PRIMARY = (
    "SIMPLE  =                    T",
    "BITPIX  =                    8",
    "NAXIS   =                    0",
    "EXTEND  =                    T",
    "END",
)
