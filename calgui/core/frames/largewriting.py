"""Large images to a file: turned to the byte order of FITS in small pieces, while the disk stores what is written.

astropy copies an image as a whole to turn it round, and another time to make integers unsigned; here a piece goes from
the processor's cache to the file. The bytes of the file are the same.
"""

import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt

#: images from this size on, in bytes, are written here
_LARGE = 8 << 20
#: bytes of a piece
_PIECE = 1 << 18
#: so many bytes are written before the disk is asked to store them
_STORED = 32 << 20
#: bytes of a part of an image that is made when it is written
_BAND = 8 << 20
#: kinds of pixels that are turned round here
_KINDS = (np.float32, np.float64, np.uint32, np.uint16, np.int16, np.uint8)
#: parts of a FITS file are filled up to this size
_RECORD = 2880


@dataclass(frozen=True, eq=False)
class MadeRows:
    """An image that is made when it is written, some rows at a time: as an array it would be large.

    Attributes
    ----------
    shape : tuple of int
        Of the whole image.
    dtype : numpy.dtype
        Of its pixels.
    rows : callable
        Gets the first index along the first axis and the one behind the last; gives that part of the image.
    """

    shape: tuple[int, ...]
    dtype: npt.DTypeLike
    rows: Callable[[int, int], npt.NDArray[Any]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        made = np.empty(self.shape, self.dtype)
        for first, last in self.bands():
            made[first:last] = self.rows(first, last)
        return made if dtype is None else made.astype(dtype, copy=False)

    def bands(self) -> Iterator[tuple[int, int]]:
        """Parts of some megabytes.

        Yields
        ------
        tuple of two int
            As `rows` takes them.
        """
        row = int(np.prod(self.shape[1:])) * np.dtype(self.dtype).itemsize
        step = max(1, _BAND // max(row, 1))
        for first in range(0, self.shape[0], step):
            yield first, min(first + step, self.shape[0])

    def hdu(self, header: Any, name: str) -> Any:
        """An HDU that holds these pixels once it is written by `write_hdus`.

        Parameters
        ----------
        header : astropy.io.fits.Header
            Its keywords.
        name : str
            EXTNAME.

        Returns
        -------
        astropy.io.fits.ImageHDU
        """
        from astropy.io import fits

        made = fits.ImageHDU(np.broadcast_to(np.zeros((), self.dtype), self.shape), header, name=name)
        made.made_rows = self
        return made


def write_hdus(hdus: Any, file: IO[bytes]) -> None:
    """Write HDUs to a new file, as `astropy.io.fits.HDUList.writeto` does it.

    Parameters
    ----------
    hdus : astropy.io.fits.HDUList
        Beginning with the primary HDU.
    file : binary file
        At its beginning. Where it is none of the system's, such as a compressed one, astropy writes it.

    Raises
    ------
    astropy.io.fits.VerifyError, ValueError, TypeError
        It cannot be written as FITS.
    OSError
        The disk does not take it.
    """
    by_pieces = isinstance(file, io.BufferedWriter)
    for hdu in hdus:
        if hasattr(hdu, "made_rows") and not (by_pieces and _is_large(hdu)):
            hdu.data = np.asarray(hdu.made_rows)
            del hdu.made_rows
    if not by_pieces or not any(map(_is_large, hdus)):
        hdus.writeto(file, output_verify="exception")
        return
    hdus.verify("exception")
    hdus.update_extend()
    with ThreadPoolExecutor(1, thread_name_prefix="calgui-store") as pool:
        disk = _Disk(file, pool)
        for hdu in hdus:
            if _is_large(hdu):
                file.write(hdu.header.tostring().encode("ascii"))
                made = getattr(hdu, "made_rows", None)
                parts = [hdu.data] if made is None else (made.rows(*band) for band in made.bands())
                for part in parts:
                    _write_image(np.ascontiguousarray(part, hdu.data.dtype), file, disk)
                file.write(bytes(-hdu.data.nbytes % _RECORD))
            else:
                file.write(_small(hdu))


def _is_large(hdu: Any) -> bool:
    from astropy.io import fits

    if type(hdu) is not fits.ImageHDU or hdu.data is None:
        return False
    if not hasattr(hdu, "made_rows") and not hdu.data.flags.c_contiguous:
        return False
    return bool(hdu.data.nbytes >= _LARGE) and hdu.data.dtype in _KINDS


def _small(hdu: Any) -> bytes:
    """An HDU as astropy writes it."""
    from astropy.io import fits

    room = io.BytesIO()
    hdu.writeto(room, output_verify="exception")
    # an extension gets a primary header of its own before it
    return room.getvalue()[0 if isinstance(hdu, fits.PrimaryHDU) else _RECORD :]


class _Disk:
    """Lets the disk store what is written so far, while more is."""

    def __init__(self, file: IO[bytes], pool: ThreadPoolExecutor) -> None:
        self._file, self._pool = file, pool
        self._storing: Future[None] | None = None
        self._waiting = 0

    def wrote(self, size: int) -> None:
        self._waiting += size
        if self._waiting < _STORED or not (self._storing is None or self._storing.done()):
            return
        if self._storing is not None:
            self._storing.result()
        self._storing, self._waiting = self._pool.submit(os.fsync, self._file.fileno()), 0


def _write_image(image: npt.NDArray[Any], file: IO[bytes], disk: _Disk) -> None:
    pixels = image.reshape(-1)
    step = _PIECE // pixels.itemsize
    room = np.empty(step, pixels.dtype)
    for first in range(0, pixels.size, step):
        some = pixels[first : first + step]
        piece = room[: some.size]
        if some.dtype.kind == "u" and some.itemsize > 1:
            # unsigned numbers are stored as signed ones less half of their range (BZERO): that is their highest bit
            np.bitwise_xor(some, some.dtype.type(1 << (8 * some.itemsize - 1)), out=piece)
            piece.byteswap(inplace=True)
        else:
            np.copyto(piece.view(some.dtype.newbyteorder(">")), some)
        file.write(piece.view(np.uint8).data)
        disk.wrote(piece.nbytes)
