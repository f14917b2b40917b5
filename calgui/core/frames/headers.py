"""All headers of a FITS file, read distrustfully and without astropy's cost.

What cannot be read at all is an `InputError` that names the file and the cure. What is merely odd (a junk block
after the last HDU, an unreadable card, data cut short) is kept as a warning on the HDU concerned.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from calgui.core.errors import InputError
from calgui.core.frames.cards import CARD, Card, parse_cards
from calgui.core.frames.keywords import OF_COMPRESSION, OF_PIXELS, Header, collect, is_structural
from calgui.core.frames.source import Source, check_is_fits, open_source

__all__ = [
    "BLOCK",
    "HduHeader",
    "Header",
    "bytes_text",
    "image_header",
    "merged",
    "read_headers",
    "rule_header",
    "union",
]

BLOCK = 2880
_BITPIX = (8, 16, 32, 64, -32, -64)
#: longest header that is believed, in bytes: 100,000 cards
_MAX_HEADER = 8_000_000
#: of all headers of a file together, in bytes; compression would hide far more in little room
_MAX_HEADERS = 32_000_000
_MAX_HDUS = 20_000

# as astropy finds it, but at the start of a card only
_END = re.compile(rb"END {77}|END\Z|END {0,76}[^A-Z0-9_-]")


@dataclass(frozen=True)
class HduHeader:
    """The header of one HDU.

    Attributes
    ----------
    index : int
        Its number, from 0.
    name : str
        EXTNAME; ``PRIMARY`` for a first HDU without one, else empty.
    version : int
        EXTVER, 1 if absent.
    kind : str
        ``image``, ``compressed`` (a tiled image in a table), ``table``, ``ascii-table``, ``groups``, ``asdf`` or
        ``other``.
    shape : tuple of int
        Of the pixels, numpy order, or (rows,) of a table; empty where there are no data.
    cards : tuple of Card
        Keyword, value, comment.
    bitpix : int
        Type of the pixels as FITS codes it.
    start, offset, size : int
        Where header and data begin in the (decompressed) file, and how many bytes of data the header promises.
    warnings : tuple of str
        What is odd about this HDU.
    """

    index: int
    name: str
    version: int
    kind: str
    shape: tuple[int, ...]
    cards: tuple[Card, ...] = field(repr=False)
    bitpix: int = 8
    start: int = 0
    offset: int = 0
    size: int = 0
    warnings: tuple[str, ...] = ()

    @cached_property
    def header(self) -> Header:
        """Keyword to value; the first of several cards counts."""
        return collect(self.cards)

    @property
    def is_image(self) -> bool:
        """Whether there are pixels to look at."""
        return self.kind in ("image", "compressed") and bool(self.shape)

    @property
    def end(self) -> int:
        """Where the next HDU begins."""
        return self.offset + -(-self.size // BLOCK) * BLOCK


def read_headers(path: Path | str) -> tuple[HduHeader, ...]:
    """Read all headers of a file.

    Parameters
    ----------
    path : path-like
        FITS, plain or compressed.

    Returns
    -------
    tuple of HduHeader
        At least one.

    Raises
    ------
    InputError
        The file cannot be read, or is not FITS.
    """
    source = open_source(path)
    try:
        hdus = [_read_hdu(source, 0, 0)]
        problem = None
        room = _Room(hdus[0])
        while room.left:
            following, problem = _next_hdu(source, hdus[-1], len(hdus))
            if following is None:
                break
            hdus.append(following)
            room.take(following)
        else:
            problem = f"Only the first {len(hdus):,} HDUs were read."
        if problem is not None:
            hdus[-1] = replace(hdus[-1], warnings=(*hdus[-1].warnings, problem))
        return tuple(hdus)
    finally:
        source.close()


def rule_header(path: Path | str) -> dict[str, Any]:
    """What rules and tables look at: the keywords of all HDUs together (`union`).

    Parameters
    ----------
    path : path-like
        FITS, plain or compressed.

    Returns
    -------
    Header
        Damage behind the first header takes away what stands there, no more.

    Raises
    ------
    InputError
        The file cannot be read, or is not FITS.
    """
    source = open_source(path)
    try:
        hdus = [_read_hdu(source, 0, 0)]
        room = _Room(hdus[0])
        while room.left and not _is_last(hdus[-1], source):
            following, _ = _next_hdu(source, hdus[-1], len(hdus))
            if following is None:
                break
            hdus.append(following)
            room.take(following)
        return union(hdus)
    finally:
        source.close()


class _Room:
    """How many more headers of a file are believed."""

    def __init__(self, first: HduHeader) -> None:
        self._hdus, self._bytes = _MAX_HDUS, _MAX_HEADERS
        self.take(first)

    def take(self, hdu: HduHeader) -> None:
        """One more was read."""
        self._hdus -= 1
        self._bytes -= hdu.offset - hdu.start

    @property
    def left(self) -> bool:
        """Whether another one may be read."""
        return self._hdus > 0 and self._bytes > 0


def _is_last(hdu: HduHeader, source: Source) -> bool:
    """Whether a compressed file says that nothing follows: to look would unpack all its pixels."""
    return source.size is None and hdu.index == 0 and hdu.is_image and hdu.header.get("EXTEND") is not True


def union(hdus: Sequence[HduHeader]) -> Header:
    """The keywords of all HDUs, as crds reads them: the first value counts.

    Parameters
    ----------
    hdus : sequence of HduHeader
        Of one file, in its order.

    Returns
    -------
    Header
        The primary's value, then the first image's, then that of the others; what describes the pixels, and the
        layout, is the first image's.
    """
    image = next((hdu for hdu in hdus if hdu.is_image), hdus[0])
    header = merged(hdus[0], image)
    for hdu in hdus[1:]:
        if hdu is image:
            continue
        for key, value in hdu.header.items():
            if header.get(key) is None and not is_structural(key) and not OF_COMPRESSION.fullmatch(key):
                header[key] = value
                if key in hdu.header.comments:
                    header.comments[key] = hdu.header.comments[key]
    return header


def merged(primary: HduHeader, image: HduHeader) -> Header:
    """The primary header, completed by an image's own.

    Parameters
    ----------
    primary, image : HduHeader
        May be the same.

    Returns
    -------
    Header
        The primary's value wins where it is defined, except for what describes the pixels.
    """
    if primary is image and image.kind != "compressed":
        return Header(image.header)
    own = image_header(image)
    header = Header(primary.header)
    for key, value in own.items():
        if OF_PIXELS.fullmatch(key) or header.get(key) is None:
            header[key] = value
            header.comments.pop(key, None)
            if key in own.comments:
                header.comments[key] = own.comments[key]
    return header


def image_header(image: HduHeader) -> Header:
    """Header of an image; for a compressed one as it was before compression.

    Parameters
    ----------
    image : HduHeader
        An image, compressed or not.

    Returns
    -------
    Header
        Without the keywords of the table that holds the tiles.
    """
    if image.kind != "compressed":
        return image.header
    own = image.header
    header = Header((key, value) for key, value in own.items() if not OF_COMPRESSION.fullmatch(key))
    header.comments = {key: text for key, text in own.comments.items() if key in header}
    header["BITPIX"], header["NAXIS"] = image.bitpix, len(image.shape)
    for axis, length in enumerate(reversed(image.shape), 1):
        header[f"NAXIS{axis}"] = length
    return header


def _next_hdu(source: Source, hdu: HduHeader, index: int) -> tuple[HduHeader | None, str | None]:
    """The HDU after this one, or None and what is wrong after it."""
    if hdu.offset + hdu.size > source.limit:
        return None, _cut_short(hdu, source)
    try:
        start = source.read(hdu.end, BLOCK)
        if not start:
            whole = not hdu.size or bool(source.read(hdu.offset + hdu.size - 1, 1))
            return None, None if whole else _cut_short(hdu, source)
        if start[:8].rstrip() != b"XTENSION":
            return None, "Something that is not FITS follows this HDU; it is left out."
        return _read_hdu(source, hdu.end, index), None
    except InputError as error:
        return None, f"What follows this HDU cannot be read: {error.message}"


def _cut_short(hdu: HduHeader, source: Source) -> str:
    there = f", the file has {max(source.size - hdu.offset, 0):,}" if source.size is not None else ""
    return f"The file is cut short: the header promises {bytes_text(hdu.size)} of data{there}."


def _read_hdu(source: Source, offset: int, index: int) -> HduHeader:
    raw, data_offset = _read_raw(source, offset)
    text = raw.decode("ascii", "replace").replace("\ufffd", "?")
    cards, problems = parse_cards(text)
    if not raw.isascii():
        problems.insert(0, "The header has characters that are not ASCII; they are shown as “?”.")
    return _interpret(source, index, tuple(cards), (offset, data_offset), problems)


def _read_raw(source: Source, offset: int) -> tuple[bytes, int]:
    """Bytes of a header up to its END card, and where the data begin."""
    raw = source.read(offset, 4 * BLOCK)
    if offset == 0:
        check_is_fits(source.path, raw[:512])
    searched = 0
    while True:
        end = _find_end(raw, searched)
        if end is not None:
            return raw[:end], offset + -(-(end + CARD) // BLOCK) * BLOCK
        searched = len(raw) - len(raw) % CARD
        if len(raw) > _MAX_HEADER:
            break
        more = source.read(offset + len(raw), max(len(raw), 4 * BLOCK))
        if not more:
            break
        raw += more
    raise InputError(
        "The header has no END card.",
        path=source.path,
        cure="The file was cut short, or written wrongly: copy it again, or ask for it to be written anew.",
    )


def _find_end(raw: bytes, start: int) -> int | None:
    """Place of the END card, which may be one that is not padded."""
    place = raw.find(b"END", start)
    while place >= 0:
        if place % CARD == 0 and _END.match(raw, place, place + CARD):
            return place
        place = raw.find(b"END", place + 1)
    return None


def _interpret(
    source: Source, index: int, cards: tuple[Card, ...], places: tuple[int, int], problems: list[str]
) -> HduHeader:
    """Find what the cards say of the data."""
    header = collect(cards)
    bitpix, axes = _layout(header, source.path)
    name = str(header.get("EXTNAME") or "").strip().upper() or ("PRIMARY" if index == 0 else "")
    version = header.get("EXTVER")
    kind = _kind(header, name, index)
    shape: tuple[int, ...] = tuple(reversed(axes))
    groups = _whole(header.get("GCOUNT"), 1), _whole(header.get("PCOUNT"), 0)
    count = math.prod(axes[1:] if kind == "groups" else axes) if axes else 0
    size = abs(bitpix) // 8 * groups[0] * (groups[1] + count) if axes else 0
    if kind == "compressed":
        try:
            bitpix, zaxes = _layout(header, source.path, "Z")
            shape = tuple(reversed(zaxes))
        except InputError as error:
            kind, shape = "table", shape[:1]
            problems.append(error.message)
    elif kind in ("table", "ascii-table"):
        shape = shape[:1]
    hdu = HduHeader(
        index,
        name,
        version if isinstance(version, int) else 1,
        kind,
        shape,
        cards,
        bitpix,
        *places,
        size,
        tuple(problems),
    )
    hdu.__dict__["header"] = header
    return hdu


def _kind(header: Mapping[str, Any], name: str, index: int) -> str:
    if index == 0:
        return "groups" if header.get("GROUPS") is True and header.get("NAXIS1") == 0 else "image"
    extension = str(header.get("XTENSION")).strip().upper()
    if name == "ASDF":
        return "asdf"
    if extension == "BINTABLE":
        return "compressed" if header.get("ZIMAGE") is True else "table"
    return {"IMAGE": "image", "IUEIMAGE": "image", "A3DTABLE": "table", "TABLE": "ascii-table"}.get(extension, "other")


def _layout(header: Mapping[str, Any], path: Path, prefix: str = "") -> tuple[int, list[int]]:
    """Type and lengths of axes, first axis of FITS first."""
    bitpix, count = _integer(header.get(f"{prefix}BITPIX")), _integer(header.get(f"{prefix}NAXIS"))
    cure = "The file was written wrongly; ask for it to be written anew."
    if bitpix not in _BITPIX:
        said = _said(header, f"{prefix}BITPIX")
        raise InputError(f"{said}, which is no type of FITS data.", path=path, cure=cure)
    if count is None or not 0 <= count <= 999:
        raise InputError(f"{_said(header, f'{prefix}NAXIS')}, not a number of axes.", path=path, cure=cure)
    axes = []
    for axis in range(1, count + 1):
        length = _integer(header.get(f"{prefix}NAXIS{axis}"))
        if length is None or length < 0:
            raise InputError(f"{_said(header, f'{prefix}NAXIS{axis}')}, not a length.", path=path, cure=cure)
        axes.append(length)
    return bitpix, axes


def _said(header: Mapping[str, Any], keyword: str) -> str:
    value = header.get(keyword)
    return f"{keyword} is missing" if value is None else f"{keyword} is {value!r}"


def _integer(value: Any) -> int | None:
    """A whole number, even if it was written as ``16.0``."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _whole(value: Any, default: int) -> int:
    number = _integer(value)
    return default if number is None or number < 0 else number


def bytes_text(size: int) -> str:
    """A number of bytes for people, however large a damaged header makes it.

    Parameters
    ----------
    size : int
        Of any length: Python itself refuses to spell out some thousand figures.

    Returns
    -------
    str
    """
    return f"{size:,} bytes" if size < 10**15 else f"some 10^{round(size.bit_length() * 0.30103)} bytes"
