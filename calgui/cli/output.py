"""How commands print: one JSON document on standard output, or text; everything else goes to standard error."""

import json
import math
from typing import Any

import click


def print_json(document: Any) -> None:
    """Print one JSON document; NaN and infinities become ``null``.

    Parameters
    ----------
    document : object
        Made of dicts, lists, texts, numbers, booleans and None.
    """
    click.echo(json.dumps(_plain(document), indent=1, allow_nan=False, ensure_ascii=False))


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
