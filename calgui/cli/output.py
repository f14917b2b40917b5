"""How commands print: one JSON document on standard output, or text; everything else goes to standard error."""

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from calgui.core.errors import UsageError
from calgui.core.printable import quiet_json

#: a path that a command is given: whether it can be read is told by who reads it, with the exit code of an input
PATH = click.Path(path_type=Path, readable=False)


def print_json(document: Any) -> None:
    """Print one JSON document; NaN and infinities become ``null``.

    Parameters
    ----------
    document : object
        Made of dicts, lists, texts, numbers, booleans and None.
    """
    plain = _plain(document)
    text = json.dumps(plain, indent=1, allow_nan=False, ensure_ascii=False)
    text = quiet_json(text)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # a file name that is no UTF-8, or another encoding: JSON has escapes for both
        text = json.dumps(plain, indent=1, allow_nan=False)
    click.echo(text)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int | float | bool):
        return value
    return str(value)


def pairs(texts: Sequence[str], option: str, form: str) -> dict[str, str]:
    """Read what was given as name and value.

    Parameters
    ----------
    texts : sequence of str
        Each with an equals sign.
    option, form : str
        As in the help, for messages.

    Returns
    -------
    dict of str to str

    Raises
    ------
    UsageError
        There is no equals sign, or nothing before it.
    """
    made: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{option} {text!r} is not of the form {form}.", cure=f"Write {option} {form}.")
        made[key.strip()] = value.strip()
    return made
