"""Headers to be written: keywords and values as cards that FITS allows."""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from calgui.core.errors import UsageError
from calgui.core.frames.keywords import is_structural

#: comments of the keywords that every reference file carries, where the header brings none
COMMENTS: Mapping[str, str] = {
    "TELESCOP": "telescope",
    "INSTRUME": "instrument",
    "DETECTOR": "detector",
    "REFTYPE": "kind of reference file",
    "USEAFTER": "use for observations from this time on (UTC)",
    "PEDIGREE": "where the data come from",
    "AUTHOR": "who made this file",
    "DESCRIP": "what this file is",
    "BUNIT": "unit of the pixels",
    "DATE": "when this file was written (UTC)",
    "FILENAME": "name of this file",
}


def make_header(values: Mapping[str, Any], comments: Mapping[str, str], path: Path) -> Any:
    """Turn keywords and values into a FITS header, or say which of them cannot be.

    Parameters
    ----------
    values : mapping
        A value may be ``(value, comment)``; None and numbers that are not finite become undefined values. COMMENT
        and HISTORY may have several lines, or be a sequence of texts. What describes the layout of a file is
        left out.
    comments : mapping of str to str
        Keyword to comment.
    path : pathlib.Path
        The file that is being written, for messages.

    Returns
    -------
    astropy.io.fits.Header

    Raises
    ------
    UsageError
        Naming the keyword.
    """
    from astropy.io import fits

    header = fits.Header()
    for key, given in values.items():
        keyword = str(key).strip().upper()
        if is_structural(keyword):
            continue
        value, comment = given if isinstance(given, tuple) and len(given) == 2 else (given, None)
        if keyword in ("COMMENT", "HISTORY"):
            for line in _lines(given):
                header.add_history(line) if keyword == "HISTORY" else header.add_comment(line)
            continue
        comment = comment or comments.get(keyword) or COMMENTS.get(keyword, "")
        try:
            # the prefix keeps astropy from warning that it makes a HIERARCH card
            name = keyword if re.fullmatch(r"[A-Z0-9_-]{1,8}", keyword) else f"HIERARCH {keyword}"
            header.append(fits.Card(name, _legal(keyword, value, path), ascii_text(str(comment))), end=True)
        except ValueError as error:
            raise UsageError(f"{keyword or 'A keyword without name'} cannot be written: {error}", path=path) from error
    return header


def _legal(keyword: str, value: Any, path: Path) -> Any:
    """The value as it may stand in a card."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return ascii_text(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float | complex):
        finite = math.isfinite(value.real) and math.isfinite(value.imag)
        return value if finite else None
    raise UsageError(f"{keyword} has the value {value!r}, which cannot stand in a FITS header.", path=path)


def ascii_text(text: str) -> str:
    """A text in the characters that FITS allows.

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    str
        Without accents; “?” for what has no likeness, and one space for breaks of lines.
    """
    if not text.isascii():
        text = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
        text = text.replace("µ", "u").replace("μ", "u").replace("–", "-").replace("’", "'")
    text = re.sub(r"\s+", " ", text) if re.search(r"[\t\r\n\v\f]", text) else text
    return re.sub(r"[^ -~]", "?", text)


def _lines(given: Any) -> Iterator[str]:
    texts = given.splitlines() if isinstance(given, str) else given if isinstance(given, Sequence) else [given]
    for text in texts:
        yield ascii_text(str(text))
