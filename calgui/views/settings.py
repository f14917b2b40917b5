"""What the window remembers between starts: an ini file in the user's configuration folder."""

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

_override: Path | None = None


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
    text = _store().value(key)
    if not isinstance(text, str):
        return default
    try:
        value = json.loads(text)
    except ValueError:
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
    _store().setValue(key, json.dumps(value))


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


def _store() -> QSettings:
    return QSettings(str(settings_path()), QSettings.Format.IniFormat)
