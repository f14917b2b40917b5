"""The bytes of a file, read distrustfully: plain or compressed, never more than is asked for.

Nothing is mapped into memory (a file cut short while it is read must not end the program), nothing is unpickled,
and every complaint names the file and the cure.
"""

import bz2
import errno
import gzip
import lzma
import os
import stat
import tempfile
import threading
import zlib
from pathlib import Path
from typing import IO, Any, Protocol

from calgui.core.errors import InputError

LFS_MAGIC = b"version https://git-lfs"
_BAD_STREAM = (EOFError, OSError, zlib.error, lzma.LZMAError)

#: bytes that are unpacked at once
_UNPACKED = 4 << 20

#: deflate never expands by more than this (zlib's technical notes)
_DEFLATE_LIMIT = 1032

#: first bytes of what is sometimes found under the name of a FITS file
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x89HDF", "an HDF5 file"),
    (b"#ASDF", "an ASDF file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x9d", "a file compressed with the Unix compress command"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x93NUMPY", "a numpy array"),
    (b"SQLite format 3", "an SQLite database"),
    (b"<!DOCTYPE", "a web page, perhaps what a server sent in place of the file"),
    (b"<html", "a web page, perhaps what a server sent in place of the file"),
    (b"<?xml", "an XML document"),
)


class Source(Protocol):
    """Bytes at any place of a file."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def size(self) -> int | None:
        """Bytes in all; None where only reading to the end would tell."""

    @property
    def limit(self) -> int:
        """More bytes than this cannot be in the file."""

    def read(self, offset: int, size: int) -> bytes:
        """Up to ``size`` bytes from ``offset``; fewer at the end of the file."""

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill a buffer from ``offset``; the number of bytes read."""

    def again(self) -> "Source":
        """A source of the same bytes for reading at another place at the same time; may be this one."""

    def close(self) -> None:
        """Let go of the file; a second time does nothing."""


def open_source(path: Path | str) -> Source:
    """Open a file that should be FITS.

    Parameters
    ----------
    path : path-like
        Plain, or compressed with gzip, bzip2 or xz.

    Returns
    -------
    Source
        To be closed.

    Raises
    ------
    InputError
        The file is missing, may not be read, is empty, is a Git LFS pointer or is something else than FITS.
    """
    path = Path(path)
    try:
        # a pipe would block on opening for ever
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - also right for odd names
            what = "a folder" if path.is_dir() else "not an ordinary file"
            raise InputError(f"This is {what}.", path=path, cure="Choose a FITS file.")
        file = path.open("rb", buffering=0)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    try:
        start = file.read(64)
        _check_start(path, start)
        if start.startswith(b"\x1f\x8b"):
            return CompressedSource(path, file, gzip.GzipFile(fileobj=file, mode="rb"), _DEFLATE_LIMIT)
        if start.startswith(b"BZh"):
            return CompressedSource(path, file, bz2.BZ2File(file), None)
        if start.startswith(b"\xfd7zXZ\x00"):
            return CompressedSource(path, file, lzma.LZMAFile(file), None)
    except OSError as error:
        file.close()
        raise unreadable(path, error) from error
    except InputError:
        file.close()
        raise
    return PlainSource(path, file)


def unreadable(path: Path, error: Exception) -> InputError:
    """Say why the system did not give the file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    error : Exception
        What the system said.

    Returns
    -------
    InputError
    """
    number = getattr(error, "errno", None)
    if number in (errno.ENOENT, errno.ENOTDIR):
        return InputError("There is no such file.", path=path, cure="Check the name, or whether its disk is there.")
    if number in (errno.EACCES, errno.EPERM):
        return InputError("You may not read this file.", path=path, cure="Ask its owner for the permission to read.")
    if number == errno.ELOOP:
        return InputError("The link leads in a circle.", path=path, cure="Remove it, or open the file itself.")
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(f"The file cannot be read: {reason}.", path=path, cure="Check the disk, or copy the file anew.")


def stamp(path: Path) -> tuple[int, int]:
    """What changes when a file does.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    tuple of int
        Its size and the time of its last change in ns; -1 where it cannot be looked at.
    """
    try:
        found = path.stat()
    except OSError:
        return -1, -1
    return found.st_size, found.st_mtime_ns


def _check_start(path: Path, start: bytes) -> None:
    if not start:
        raise InputError("The file is empty (0 bytes).", path=path, cure="Copy or download it again.")
    if start.startswith(LFS_MAGIC):
        raise InputError(
            "This is a Git LFS pointer, not the file itself.",
            path=path,
            cure="Fetch the file with `git lfs pull` in its repository.",
        )
    for magic, what in _OTHERS:
        if start[: len(magic)].lower() == magic.lower():
            raise InputError(f"This is {what}, not FITS.", path=path, cure="Choose a FITS file, or unpack it first.")


def check_is_fits(path: Path, start: bytes) -> None:
    """Refuse what does not begin as FITS must.

    Parameters
    ----------
    path : pathlib.Path
        The file, for the message.
    start : bytes
        Its first bytes, after decompression.

    Raises
    ------
    InputError
        Saying what it seems to be.
    """
    if start[:6] == b"SIMPLE" and start[:30].find(b"=") in (6, 7, 8):
        return
    _check_start(path, start)
    if not any(start):
        what = "The file begins with zeros"
    elif all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in start[:512]):
        what = f"This is text, not FITS; it begins with “{start[:40].decode('ascii').split(chr(10))[0].strip()}”"
    else:
        what = "This is not FITS: it does not begin with SIMPLE"
    raise InputError(f"{what}.", path=path, cure="Choose a FITS file, or copy this one again from where it was made.")


class PlainSource:
    """A file that is not compressed; may be read by several threads at once."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.path = path
        self._file = file
        self.size: int | None = os.fstat(file.fileno()).st_size
        self.limit = self.size or 0

    def read(self, offset: int, size: int) -> bytes:
        """See `Source`."""
        size = min(size, max(self.limit - offset, 0))
        pieces = []
        while size > 0:
            try:
                piece = os.pread(self._file.fileno(), size, offset)
            except OSError as error:
                raise unreadable(self.path, error) from error
            if not piece:
                break
            pieces.append(piece)
            offset, size = offset + len(piece), size - len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """See `Source`."""
        done = 0
        while done < len(buffer):
            try:
                count = os.preadv(self._file.fileno(), [buffer[done:]], offset + done)
            except OSError as error:
                raise unreadable(self.path, error) from error
            if count == 0:
                break
            done += count
        return done

    def again(self) -> "PlainSource":
        """See `Source`; reading here has no place of its own, so this one serves."""
        return self

    def close(self) -> None:
        """See `Source`."""
        self._file.close()


def unpacked(source: Source, offset: int, size: int) -> PlainSource:
    """A part of a compressed file in a nameless temporary one, where places may be read in any order.

    Parameters
    ----------
    source : Source
        The compressed file.
    offset, size : int
        The part; it is never in memory as a whole.

    Returns
    -------
    PlainSource
        Its place 0 is ``offset``. To be closed, which removes the temporary file.

    Raises
    ------
    InputError
        The file is damaged or cut short, or there is no room for the temporary one.
    """
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - what is returned closes it
    try:
        for first in range(0, size, _UNPACKED):
            piece = source.read(offset + first, min(_UNPACKED, size - first))
            left = memoryview(piece)
            while left:
                left = left[file.write(left) :]
            if len(piece) < min(_UNPACKED, size - first):
                break
    except OSError as error:
        file.close()
        raise InputError(
            f"There is no room to unpack it: {size / 1e6:,.0f} MB are needed in {tempfile.gettempdir()}.",
            path=source.path,
            cure="Free some room, or unpack the file yourself and choose that one.",
        ) from error
    except BaseException:
        file.close()
        raise
    return PlainSource(source.path, file)


class CompressedSource:
    """A compressed file: read from front to back as far as possible, from the start again to go back."""

    def __init__(self, path: Path, file: IO[bytes], stream: Any, ratio: int | None) -> None:
        self.path = path
        self.size: int | None = None
        stored = os.fstat(file.fileno()).st_size
        # bzip2 and xz may expand without a useful bound
        self.limit = stored * ratio if ratio is not None else 1 << 62
        self._file, self._stream = file, stream
        self._lock = threading.Lock()
        file.seek(0)

    def read(self, offset: int, size: int) -> bytes:
        """See `Source`."""
        pieces = []
        with self._lock:
            self._go(offset)
            while size > 0:
                piece = self._next(min(size, 1 << 20))
                if not piece:
                    break
                pieces.append(piece)
                size -= len(piece)
        return b"".join(pieces)

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """See `Source`."""
        done = 0
        with self._lock:
            self._go(offset)
            while done < len(buffer):
                piece = self._next(min(len(buffer) - done, 1 << 20))
                if not piece:
                    break
                buffer[done : done + len(piece)] = piece
                done += len(piece)
        return done

    def check_end(self) -> None:
        """Read on to the end, where the checksum of the whole stands: what was damaged may have given wrong numbers.

        Raises
        ------
        InputError
            The file is cut short or damaged.
        """
        with self._lock:
            while self._next(1 << 20):
                pass

    def again(self) -> Source:
        """See `Source`."""
        return open_source(self.path)

    def close(self) -> None:
        """See `Source`."""
        self._stream.close()
        self._file.close()

    def _go(self, offset: int) -> None:
        try:
            self._stream.seek(offset)
        except _BAD_STREAM as error:
            raise self._broken(error) from error

    def _next(self, size: int) -> bytes:
        try:
            piece: bytes = self._stream.read(size)
        except _BAD_STREAM as error:
            raise self._broken(error) from error
        return piece

    def _broken(self, error: Exception) -> InputError:
        if isinstance(error, OSError) and error.errno is not None:
            return unreadable(self.path, error)
        what = "cut short" if isinstance(error, EOFError) else "damaged"
        return InputError(f"The compressed file is {what}.", path=self.path, cure="Copy or download it again.")
