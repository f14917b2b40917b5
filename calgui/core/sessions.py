"""Sessions on the disk: what was open and where one was, as a small JSON file that holds names and no code.

A session file is read distrustfully: it may come from a colleague, a newer program or a broken disk. It names files,
and nothing in it is executed, expanded or opened while it is read.
"""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calgui import __version__
from calgui.core.errors import InputError, UsageError

#: of the names of session files
SUFFIX = ".calgui"
#: what the file says that it is, and the form of what it holds
FORMAT, VERSION = "calgui-session", 1
#: bytes; a session of thousands of files is a tenth of this
_MOST_BYTES = 4_000_000
#: paths in one list, characters of a path
_MOST_PATHS, _LONGEST = 20_000, 4096
_CURE = "Choose a file that calgui saved as a session."


@dataclass(frozen=True)
class Saved:
    """What was open, and where one was.

    Attributes
    ----------
    caches : tuple of pathlib.Path
        Folders of caches; the last one is the current one.
    context : str or None
        Of the current cache; None for its own.
    files : tuple of pathlib.Path
        Observations and folders of them.
    selection : tuple of pathlib.Path
        Observations that were selected.
    place : str
        Where the user was; empty for where the program begins.
    views : mapping of str to object
        What each view keeps, by its name; values of JSON, which the view reads as distrustfully.
    """

    caches: tuple[Path, ...] = ()
    context: str | None = None
    files: tuple[Path, ...] = ()
    selection: tuple[Path, ...] = ()
    place: str = ""
    views: Mapping[str, Any] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether nothing was open, so that there is nothing to come back to."""
        return not self.caches and not self.files

    @property
    def sentence(self) -> str:
        """What was open, in words: ``the cache demo and 3 files or folders``."""
        parts = []
        if self.caches:
            names = ", ".join(_name(path) for path in self.caches)
            parts.append(f"the cache{'s' if len(self.caches) > 1 else ''} {names}")
        if len(self.files) == 1:
            parts.append(self.files[0].name)
        elif self.files:
            parts.append(f"{len(self.files):,} files or folders")
        return " and ".join(parts) or "nothing"


def is_session(path: Path) -> bool:
    """Whether a file is to be opened as a session.

    Parameters
    ----------
    path : pathlib.Path
        Any file or folder.

    Returns
    -------
    bool
        By its name; what is in it is looked at when it is read.
    """
    return path.suffix.lower() == SUFFIX and os.path.isfile(path)  # noqa: PTH113 never raises


def read_session(path: Path | str) -> Saved:
    """Read a session file.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    Saved
        Its paths need not exist.

    Raises
    ------
    InputError
        It cannot be read, is too large, or is no session.
    """
    path = Path(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise InputError("This is no file.", path=path, cure=_CURE)
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"The session cannot be read: {reason}.", path=path, cure=_CURE) from error
    if len(raw) > _MOST_BYTES:
        raise InputError("The file is too large for a session.", path=path, cure=_CURE)
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InputError("The file holds no session: it is not readable as JSON.", path=path, cure=_CURE) from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise InputError("The file is no session of calgui.", path=path, cure=_CURE)
    version = value.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InputError("The session does not say of which version it is.", path=path, cure=_CURE)
    if version > VERSION:
        raise InputError(
            f"The session is of version {version}; this program reads up to {VERSION}.",
            path=path,
            cure="Open it with the calgui that saved it, or a newer one.",
        )
    return _understood(value, path)


def write_session(saved: Saved, path: Path | str, *, overwrite: bool = False) -> Path:
    """Write a session file; it appears whole or not at all.

    Parameters
    ----------
    saved : Saved
        What was open.
    path : path-like
        The file.
    overwrite : bool
        Whether an older file of this name may be replaced.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        It exists already or cannot be written.
    UsageError
        A view keeps what is no JSON.
    """
    from calgui.core.frames.writing import write_atomically

    path = Path(path)
    raw = encoded(saved, path)
    return write_atomically(path, lambda file: file.write(raw), overwrite=overwrite)


def encoded(saved: Saved, path: Path) -> bytes:
    """A session as it stands in its file.

    Parameters
    ----------
    saved : Saved
        What was open.
    path : pathlib.Path
        Of the file, for messages.

    Returns
    -------
    bytes
        The same for equal sessions.

    Raises
    ------
    UsageError
        A view keeps what is no JSON.
    """
    value = {
        "format": FORMAT,
        "version": VERSION,
        "program": __version__,
        "caches": [str(each) for each in saved.caches],
        "context": saved.context,
        "files": [str(each) for each in saved.files[:_MOST_PATHS]],
        "selection": [str(each) for each in saved.selection[:_MOST_PATHS]],
        "place": saved.place,
        "views": dict(saved.views),
    }
    try:
        # paths that are no text in UTF-8 keep their bytes as surrogates, which ASCII escapes carry
        return json.dumps(value, indent=1, allow_nan=False).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"The session cannot be written: {error}", path=path) from error


def _understood(value: dict[str, Any], path: Path) -> Saved:
    context = value.get("context")
    place = value.get("place", "")
    views = value.get("views", {})
    if not isinstance(views, dict):
        raise InputError("What the session says of the views cannot be understood.", path=path, cure=_CURE)
    if not (context is None or isinstance(context, str)) or not isinstance(place, str):
        raise InputError("The context or the place of the session is no text.", path=path, cure=_CURE)
    return Saved(
        _paths(value, "caches", path),
        context,
        _paths(value, "files", path),
        _paths(value, "selection", path),
        place,
        views,
    )


def _paths(value: dict[str, Any], key: str, path: Path) -> tuple[Path, ...]:
    given = value.get(key, [])
    if not isinstance(given, list) or len(given) > _MOST_PATHS:
        raise InputError(f"The {key} of the session are no list of paths.", path=path, cure=_CURE)
    found: dict[Path, None] = {}
    for text in given:
        if not isinstance(text, str) or not 0 < len(text) <= _LONGEST or "\0" in text or not Path(text).is_absolute():
            raise InputError(f"The {key} of the session hold what is no absolute path.", path=path, cure=_CURE)
        found[Path(text)] = None
    return tuple(found)


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _name(path: Path) -> str:
    return path.parent.name if path.name.casefold() in ("cache", "crds", "crds_cache") else path.name
