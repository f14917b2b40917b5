"""Keywords and values of a header as a mapping, and which of them are the file's own affair."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from calgui.core.frames.cards import COMMENTARY, Card

_STRUCTURE = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|GROUPS|BSCALE|BZERO|BLANK|CHECKSUM|DATASUM|END"
    r"|EXTNAME|EXTVER|EXTLEVEL|INHERIT"
)
#: structural keywords that describe the pixels; in a merged header they are those of the image
OF_PIXELS = re.compile(r"BITPIX|NAXIS\d*|BSCALE|BZERO|BLANK")
OF_COMPRESSION = re.compile(
    r"Z(IMAGE|TENSION|SIMPLE|EXTEND|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|TILE\d+|CMPTYPE|NAME\d+|VAL\d+|MASKCMP|QUANTIZ"
    r"|DITHER\d|HECKSUM|DATASUM|BLANK|SCALE|ZERO|BLOCKED)"
    r"|TFIELDS|THEAP|T(TYPE|FORM|DIM|UNIT|NULL|SCAL|ZERO|DISP)\d+|PCOUNT|GCOUNT|XTENSION|BITPIX|NAXIS\d*"
)


class Header(dict[str, Any]):
    """Keywords and values; the first of several cards counts, as in astropy.

    ``COMMENT`` and ``HISTORY`` hold all their lines, joined by newlines. Undefined values are None.

    Attributes
    ----------
    comments : dict of str
        Keyword to comment, where there is one.
    """

    def __init__(self, values: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__(values)
        self.comments: dict[str, str] = dict(getattr(values, "comments", {}))


def collect(cards: Iterable[Card]) -> Header:
    """Cards as a mapping.

    Parameters
    ----------
    cards : iterable of Card
        In the order of the file.

    Returns
    -------
    Header
        The first of several cards counts; lines of COMMENT and HISTORY are joined by newlines.
    """
    header = Header()
    lines: dict[str, list[str]] = {}
    for keyword, value, comment in cards:
        key = keyword.upper()
        if key in COMMENTARY:
            if key:
                lines.setdefault(key, []).append(str(value))
        elif key not in header:
            header[key] = value
            if comment:
                header.comments[key] = comment
    for key, texts in lines.items():
        header[key] = "\n".join(texts)
    return header


def is_structural(keyword: str) -> bool:
    """Whether a keyword describes the layout of the file, and so is the writer's own affair.

    Parameters
    ----------
    keyword : str
        Upper case.

    Returns
    -------
    bool
    """
    return bool(_STRUCTURE.fullmatch(keyword))


def finite_number(value: Any) -> float | None:
    """A keyword's value as a number, whatever a damaged header says.

    Parameters
    ----------
    value : object
        As it was read.

    Returns
    -------
    float or None
        None for what is no number, not finite, or a whole number that no float holds.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None
