"""What the window remembers between starts: an ini file in the user's configuration folder.

It is read distrustfully. Qt makes values of any type of what such a file holds, and objects of Python among them, which
run what the file says: so Qt sees only files as this program writes them, which hold texts alone.
"""

import contextlib
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

_override: Path | None = None
#: bytes; what is remembered of a thousand files is a tenth of this
_MOST_BYTES = 4_000_000
#: what Qt leaves out of a text: quotes, and the space behind them
_QUOTES = re.compile(rb'"[ \t]*')
#: what makes it read a value of any type from what follows
_ANY_TYPE = re.compile(rb"@(Variant|DateTime)\(")
#: the file that was looked at last, as it was then
_looked_at: tuple[Any, ...] = ()


def keep_in(folder: Path | None) -> None:
    """Keep the settings elsewhere: pictures are drawn without the user's own.

    Parameters
    ----------
    folder : pathlib.Path or None
        None for the user's configuration folder.
    """
    global _override
    _override = folder


def settings_path() -> Path:
    """The file that holds the settings.

    Returns
    -------
    pathlib.Path
    """
    if _override is not None:
        return _override / "window.ini"
    import platformdirs

    return platformdirs.user_config_path("calgui") / "window.ini"


def state_folder() -> Path:
    """The folder of what the program leaves for its next start.

    Returns
    -------
    pathlib.Path
        It may not be there yet.
    """
    if _override is not None:
        return _override / "state"
    import platformdirs

    return platformdirs.user_state_path("calgui")


def remembered(key: str, default: Any = None) -> Any:
    """A value as it was remembered.

    Parameters
    ----------
    key : str
        ``group/name``.
    default : object
        For what was never remembered, or cannot be understood: a damaged file never stops the program.

    Returns
    -------
    object
        Of the type of ``default``, if that is not None.
    """
    store = _store()
    text = None if store is None else store.value(key)
    if not isinstance(text, str):
        return default
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return default
    return value if default is None or isinstance(value, type(default)) else default


def remember(key: str, value: Any) -> None:
    """Remember a value.

    Parameters
    ----------
    key : str
        ``group/name``.
    value : object
        Made of texts, numbers, booleans, lists and dicts.
    """
    store = _store()
    if store is not None:
        store.setValue(key, json.dumps(value).replace("@", r"\u0040"))


def remembered_state(key: str) -> QByteArray | None:
    """The state of a widget (geometry, splitter, header) as it was remembered, or None."""
    text = remembered(key, "")
    return QByteArray.fromBase64(QByteArray(text.encode("ascii", "replace"))) if text else None


def remember_state(key: str, state: QByteArray) -> None:
    """Remember the state of a widget.

    Parameters
    ----------
    key : str
        ``group/name``.
    state : QByteArray
        As the widget gives it.
    """
    remember(key, bytes(state.toBase64().data()).decode("ascii"))


def _store() -> QSettings | None:
    """The settings; None where there is a file that is none of ours, and that cannot be put aside."""
    path = settings_path()
    return QSettings(str(path), QSettings.Format.IniFormat) if _is_ours(path) else None


def _is_ours(path: Path) -> bool:
    """Whether a file holds texts alone; one that does not is put aside."""
    global _looked_at
    try:
        found = path.stat()
    except (OSError, ValueError):
        return True  # there is none
    seen = (path, found.st_ino, found.st_size, found.st_mtime_ns)
    if seen == _looked_at:
        return True
    if stat.S_ISREG(found.st_mode) and found.st_size <= _MOST_BYTES:
        try:
            data = path.read_bytes()
        except OSError:
            return False
        if _holds_texts(data):
            _looked_at = seen
            return True
    with contextlib.suppress(OSError):
        os.replace(path, path.with_name(path.name + ".refused"))  # noqa: PTH105
        return True
    return False


def _holds_texts(data: bytes) -> bool:
    """Whether Qt reads nothing but texts; no letter is written by an escape, so that none is hidden."""
    data = data.replace(rb"\\", b"").replace(rb"\"", b"")
    return b"\\" not in data and _ANY_TYPE.search(_QUOTES.sub(b"", data)) is None
