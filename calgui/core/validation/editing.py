"""The user's file of thresholds changed by the program: one field at a time, comments kept, whole or not at all."""

from pathlib import Path
from typing import IO, Any

from calgui.core.errors import InputError
from calgui.core.frames.writing import write_atomically
from calgui.core.validation.checks import ALL, LARGEST, Check, check_text

#: what a file begins with that the program makes
HEADING = """\
# Your changes of the checks of `calgui validate`; see the help, Validation.
# The observatory's defaults hold for the rest.
# A table for each type and check, such as [dark.level], or [all.nan] for all types.
"""
_MISSING = ""


def read_changes(path: Path) -> str:
    """The text of the user's file; empty where there is none.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    str

    Raises
    ------
    InputError
        It cannot be read, is no text, or is too large.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        return _MISSING
    except OSError as error:
        cure = "Look at its permissions."
        raise InputError(f"It cannot be read: {error.strerror}.", path=path, cure=cure) from None
    if len(raw) > LARGEST:
        raise InputError("It is larger than a file of thresholds is.", path=path, cure="Take it away, and begin anew.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("It is no text.", path=path, cure="Take it away, and begin anew.") from None


def write_changes(path: Path, text: str) -> None:
    """Write the user's file, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        A link stays one: what it leads to is written.
    text : str

    Raises
    ------
    InputError
        It cannot be written.
    """

    def write(file: IO[bytes]) -> None:
        file.write(text.encode())

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path = path.resolve()
    except (OSError, RuntimeError) as error:
        cure = "Look at the permissions of its folder."
        raise InputError(f"Its folder cannot be made: {error}.", path=path, cure=cure) from None
    write_atomically(path, write, overwrite=True)


def changed(text: str, path: Path, check: Check, kind: str, field: str, value: float | bool | None) -> str:
    """The text of the user's file with one field of a check changed.

    Parameters
    ----------
    text : str
        Of the file now; empty where there is none.
    path : pathlib.Path
        Of it, for messages.
    check : Check
        As it is now.
    kind : str
        Type whose check it is.
    field : str
        ``bad_above`` and the like, or ``off``.
    value : float, bool or None
        None: as the observatory has it; what the file says of it for this type, and for all types, is taken out.

    Returns
    -------
    str
        Comments and order stay.

    Raises
    ------
    InputError
        The file is none, or would be none: the sentence says what contradicts.
    """
    import tomlkit

    kind = kind.lower()
    check_text(text, path, kind)  # what cannot be understood is not changed
    document = tomlkit.parse(text or HEADING)
    if value is None:
        for table in (kind, ALL):
            entry = document.get(table, {}).get(check.name)
            if entry is not None and field in entry:
                del entry[field]
                _drop_empty(document, table, check.name)
    else:
        if kind not in document:
            document.add(kind, tomlkit.table(is_super_table=True))
        if check.name not in document[kind]:
            document[kind].add(check.name, tomlkit.table())
        document[kind][check.name][field] = value
    made = tomlkit.dumps(document)
    check_text(made, path, kind)
    return made


def without(text: str, path: Path, name: str, kind: str) -> str:
    """The text of the user's file without what it says of a check: it is as the observatory has it.

    Parameters
    ----------
    text, path, kind
        As for `changed`.
    name : str
        Of the check.

    Returns
    -------
    str
    """
    import tomlkit

    kind = kind.lower()
    check_text(text, path, kind)
    document = tomlkit.parse(text)
    for table in (kind, ALL):
        if name in document.get(table, {}):
            del document[table][name]
            if not document[table]:
                del document[table]
    made = tomlkit.dumps(document)
    check_text(made, path, kind)
    return made


def _drop_empty(document: dict[str, Any], table: str, name: str) -> None:
    """A table that says nothing more goes."""
    if not document[table][name]:
        del document[table][name]
    if not document[table]:
        del document[table]
