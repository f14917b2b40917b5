"""Text of somebody else, made fit for where it goes: a terminal or page that it must not steer, a spreadsheet."""

import json
import re

_BEYOND_ASCII = re.compile(r"[^\t\n\r -~]")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eEdD][-+]?\d+)?")
#: what makes a formula of a text that begins with a sign; without these it is a word, or a number with its unit
_OF_FORMULAS = re.compile(r"[(|!=@]")
_STANDS_FOR = "\N{REPLACEMENT CHARACTER}"


def printable(text: str, keep: str = "") -> str:
    """A text without control characters.

    Parameters
    ----------
    text : str
        From a header, mapping, file name, message or anything else that others wrote.
    keep : str
        Control characters that may stay, such as ends of lines.

    Returns
    -------
    str
        As long as before: a replacement character stands for each of C0 and C1, each mark of direction, each letter
        without width and each half of a surrogate pair.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in keep else _STANDS_FOR for letter in text)


def quiet_json(text: str) -> str:
    """A document of JSON with escapes for all that steers a terminal.

    Parameters
    ----------
    text : str
        JSON, which has escapes of its own for the first 32 control characters alone.

    Returns
    -------
    str
        The same document; letters of other languages stay.
    """
    return _BEYOND_ASCII.sub(lambda found: found[0] if found[0].isprintable() else _escaped(found[0]), text)


def _escaped(letter: str) -> str:
    return "\\u007f" if letter == "\x7f" else json.dumps(letter)[1:-1]


def no_formula(text: str) -> str:
    """A text that a spreadsheet takes for a text.

    Parameters
    ----------
    text : str
        Of a cell.

    Returns
    -------
    str
        Behind an apostrophe, as spreadsheets mark texts, where it would be worked out as a formula.
    """
    text = text.replace("\r", " ")  # which would begin another row, and with it another cell
    start = text.lstrip()[:1]
    begins = start in ("=", "@") and len(text.strip()) > 1
    signed = start in ("+", "-") and not _NUMBER.fullmatch(text.strip()) and _OF_FORMULAS.search(text)
    return f"'{text}" if begins or signed else text
