"""What is behind a reference's name: there, a Git LFS pointer, broken, or good as far as a quick look can tell.

The look is cheap (blocks of headers, never pixels) and trusts nothing: a header that promises more than the file holds
makes the file corrupt, not the reader slow.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from calgui.core.rules.files.mapping_file import open_regular
from calgui.core.rules.values import Trust

_LFS = b"version https://git-lfs.github.com/spec/"
_LFS_LARGEST = 1024
_BLOCK = 2880
_CARD = 80
_MOST_HEADER_BLOCKS = 2000
_MOST_HDUS = 10_000
_MOST_BLOCKS = 20_000
_JSON_LARGEST = 64 * 2**20
_NUMBER = re.compile(rb"= +([-+]?[0-9]{1,18})")


@dataclass(frozen=True)
class Verdict:
    """What a look at a reference file found.

    Attributes
    ----------
    trust : Trust
        In a word.
    reason : str
        In a sentence; empty where the file is good.
    size : int or None
        Bytes on disk.
    real_size : int or None
        For a Git LFS pointer: bytes of the file that it stands for.
    """

    trust: Trust
    reason: str = ""
    size: int | None = None
    real_size: int | None = None


def look(path: Path) -> Verdict:
    """Look at one reference file.

    Parameters
    ----------
    path : pathlib.Path
        Of an existing file, links already resolved.

    Returns
    -------
    Verdict
        Never raises for what the file holds.
    """
    try:
        stream = open_regular(path)
    except FileNotFoundError:
        return Verdict(Trust.MISSING, "The file is not in the cache.")
    except OSError as error:
        return Verdict(Trust.CORRUPT, f"The file cannot be opened: {error.strerror or error}.")
    if stream is None:
        return Verdict(Trust.CORRUPT, "This is no regular file.")
    with stream:
        size = os.fstat(stream.fileno()).st_size
        try:
            start = stream.read(_BLOCK)
            if start.startswith(_LFS) and size <= _LFS_LARGEST:
                found = re.search(rb"^size ([0-9]{1,18})$", start, re.MULTILINE)
                return Verdict(
                    Trust.LFS_POINTER,
                    "The file is a Git LFS pointer: its place is there, its data are not.",
                    size,
                    int(found.group(1)) if found else None,
                )
            trust, reason = _structure(path.name.lower(), start, stream, size)
        except OSError as error:
            return Verdict(Trust.CORRUPT, f"The file cannot be read: {error.strerror or error}.", size)
    return Verdict(trust, reason, size)


def _structure(name: str, start: bytes, stream: BinaryIO, size: int) -> tuple[Trust, str]:
    if not start:
        return Trust.CORRUPT, "The file is empty."
    if name.endswith((".fits", ".fit")):
        if start[:2] == b"\x1f\x8b":
            return Trust.UNCHECKED, "The file is compressed and was not looked into."
        try:
            for _ in hdus(stream, size):
                pass
        except BrokenFits as error:
            return Trust.CORRUPT, str(error)
        return Trust.OK, ""
    if name.endswith(".gz"):
        good = start[:2] == b"\x1f\x8b"
        return (
            (Trust.UNCHECKED, "The file is compressed and was not looked into.")
            if good
            else (
                Trust.CORRUPT,
                "The file is not compressed, though its name says so.",
            )
        )
    if name.endswith(".asdf"):
        good = start.startswith(b"#ASDF ")
        return (Trust.OK, "") if good else (Trust.CORRUPT, "The file does not begin as ASDF does.")
    if name.endswith(".json"):
        return _json(stream, size)
    return Trust.UNCHECKED, "Files of this kind are not looked into."


def _json(stream: BinaryIO, size: int) -> tuple[Trust, str]:
    if size > _JSON_LARGEST:
        return Trust.UNCHECKED, "The file is too large to be looked into quickly."
    stream.seek(0)
    try:
        json.loads(stream.read(_JSON_LARGEST))
    except (ValueError, RecursionError) as error:
        return Trust.CORRUPT, f"The file is not valid JSON: {error}."
    return Trust.OK, ""


@dataclass(frozen=True)
class Hdu:
    """Where one HDU of a FITS file lies, in bytes."""

    header: bytes
    start: int
    data: int
    end: int


class BrokenFits(Exception):
    """The blocks of a FITS file do not fit together; the message says where."""


def hdus(stream: BinaryIO, size: int) -> Iterator[Hdu]:
    """Go through the HDUs of a FITS file by their headers alone.

    Parameters
    ----------
    stream : binary file
        May be moved.
    size : int
        Bytes that the file has.

    Yields
    ------
    Hdu
        Each one that is whole.

    Raises
    ------
    BrokenFits
        At the first that is not.
    """
    offset = 0
    looked_at = 0
    for number in range(_MOST_HDUS):
        stream.seek(offset)
        if number and not stream.read(_CARD).startswith(b"XTENSION="):
            return  # padding, or special records after the last HDU: readers pass over both
        stream.seek(offset)
        header, blocks = _header(stream)
        looked_at += blocks
        if looked_at > _MOST_BLOCKS:
            raise BrokenFits("The file has far more headers than any reference.")
        where = "primary header" if number == 0 else f"header of HDU {number}"
        if header is None:
            raise BrokenFits(f"The {where} does not end, or is no FITS header.")
        first = header[:_CARD]
        if number == 0 and not first.startswith(b"SIMPLE  ="):
            raise BrokenFits("The file does not begin as FITS does.")
        data = _data_size(header)
        if data is None:
            raise BrokenFits(f"The {where} does not say how much data follow.")
        start, offset = offset, offset + blocks * _BLOCK + data
        if offset > size:
            raise BrokenFits(f"The file is cut short: HDU {number} should end at byte {offset}, the file at {size}.")
        offset += -offset % _BLOCK
        yield Hdu(header, start, start + blocks * _BLOCK, offset)
        if offset >= size:
            return


def _header(stream: BinaryIO) -> tuple[bytes | None, int]:
    """Cards up to END, and the number of blocks; None where there is no END."""
    blocks: list[bytes] = []
    for count in range(1, _MOST_HEADER_BLOCKS + 1):
        block: bytes = stream.read(_BLOCK)
        if len(block) < _BLOCK or any(byte < 32 or byte > 126 for byte in block[:_CARD]):
            return None, count
        for start in range(0, _BLOCK, _CARD):
            if block[start : start + _CARD].rstrip() == b"END":
                return b"".join([*blocks, block[:start]]), count
        blocks.append(block)
    return None, _MOST_HEADER_BLOCKS


def _data_size(header: bytes) -> int | None:
    values: dict[bytes, int] = {}
    for start in range(0, len(header), _CARD):
        card = header[start : start + _CARD]
        found = _NUMBER.match(card, 8)
        if found and (card.startswith((b"BITPIX", b"NAXIS", b"PCOUNT", b"GCOUNT"))):
            values.setdefault(card[:8].strip(), int(found.group(1)))
    bits, axes = values.get(b"BITPIX"), values.get(b"NAXIS")
    if bits not in (8, 16, 32, 64, -32, -64) or axes is None or not 0 <= axes <= 999:
        return None
    if axes == 0:
        return 0
    random_groups = re.search(rb"GROUPS  = +T", header) is not None
    count = 1
    for axis in range(1, axes + 1):
        length = values.get(b"NAXIS%d" % axis)
        if length is None or length < 0:
            return None
        count *= 1 if axis == 1 and length == 0 and random_groups else length
    extra = values.get(b"PCOUNT", 0)
    groups = values.get(b"GCOUNT", 1)
    if extra < 0 or groups < 0:
        return None
    return abs(bits) // 8 * groups * (extra + count)
