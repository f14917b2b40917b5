"""The checks of each type: the observatory's defaults as data, the user's changes on top, both read distrustfully."""

import dataclasses
import math
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from calgui.core.catalogue import CATALOGUE, PIPELINE_TYPES
from calgui.core.errors import InputError
from calgui.core.printable import printable
from calgui.core.resources import resources

#: of a file of thresholds: more is none that a person wrote
LARGEST = 256 * 1024
#: bytes of a line, and dots in it outside of texts
_LONGEST_LINE, _MOST_DOTS = 4_000, 20
_QUOTED = re.compile(rb"\"(?:\\.|[^\"\\])*\"|'[^']*'|#.*")
_MOST_CHECKS = 400
_LONGEST_TEXT = 400
_MOST_VALUES = 100
_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}\Z")
_FIGURE = re.compile(r"[a-z][a-z0-9_]{0,47}(\.[a-z][a-z0-9_]{0,47})?\Z")
_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}\Z")
_ERROR = re.compile(rf"{_FIGURE.pattern}|{_KEYWORD.pattern}")
_EXTENSION = re.compile(r"[A-Z0-9_-]{1,24}\Z")
_LIMITS = ("doubtful_below", "bad_below", "doubtful_above", "bad_above")
ARMS = ("imager", "spectrograph")
#: tables of a file of the user's: of checks for all types, and of keywords of the metadata calibrations and their rules
ALL, METADATA = "all", "metadata"


@dataclass(frozen=True)
class Check:
    """One thing that is looked at.

    Attributes
    ----------
    name : str
        Short, within its type.
    title : str
        What it is, as the subject of a sentence.
    figure : str
        Name of what is measured (`calgui.core.validation.figures`), or ``against.NAME`` for a metric of the comparison
        with the reference in use; empty where it is about a keyword or an extension.
    keyword : str
        FITS keyword.
    extension : str
        EXTNAME that must be there.
    need : bool
        Whether a missing keyword counts, by `verdict`.
    allowed : tuple of str
        Words that the keyword may have, in upper case; any where empty.
    refused : tuple of str
        Words that it must not have, in upper case.
    verdict : str
        What a missing keyword or extension, or one with another word, makes of the file.
    doubtful_below, bad_below, doubtful_above, bad_above : float or None
        Limits of the number.
    error : str
        Figure, or keyword, that is one sigma of the number: it is beyond a limit where it is so by two of these.
    of : str
        ``reference`` or ``exposure`` where it is for these alone.
    when : str
        Keyword without which it is left out.
    arm : str
        ``imager`` or ``spectrograph`` where it is for this one alone: spectra are no even light.
    lit : bool
        Whether it is left out where LAMP says that no lamp was on.
    look : str
        Which picture to look at.
    cure : str
        One sentence: what to do.
    off : bool
        Whether it is left out.
    """

    name: str
    title: str = ""
    figure: str = ""
    keyword: str = ""
    extension: str = ""
    need: bool = False
    allowed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    verdict: Literal["doubtful", "bad"] = "bad"
    doubtful_below: float | None = None
    bad_below: float | None = None
    doubtful_above: float | None = None
    bad_above: float | None = None
    error: str = ""
    of: Literal["", "reference", "exposure"] = ""
    when: str = ""
    arm: Literal["", "imager", "spectrograph"] = ""
    lit: bool = False
    look: str = ""
    cure: str = ""
    off: bool = False


@dataclass(frozen=True)
class CheckList:
    """The checks of one type.

    Attributes
    ----------
    type : str
        Reference type, upper case.
    checks : tuple of Check
        In the order of the files; those that are off are left out.
    source : str
        The user's file that changed some; empty where none did.
    off : tuple of Check
        Those that the user's file leaves out.
    changed : mapping of str to frozenset of str
        Check to its fields that the user's file says.
    metadata : tuple of Check
        What that file changes of the metadata (`calgui.core.validation.metadata`), with those that it switches off.
    """

    type: str
    checks: tuple[Check, ...]
    source: str = ""
    off: tuple[Check, ...] = ()
    changed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    metadata: tuple[Check, ...] = ()

    def named(self, name: str) -> Check | None:
        """The check of a name, left out or not; None where there is none."""
        return next((check for check in (*self.checks, *self.off) if check.name == name), None)


def known_types() -> tuple[str, ...]:
    """Types that can be validated, upper case: those of the catalogue and the pipeline's own."""
    return tuple(dict.fromkeys([kind for row in CATALOGUE for kind in row.reference_types] + list(PIPELINE_TYPES)))


def user_path() -> Path:
    """Where the user's own thresholds are, or would be."""
    import platformdirs

    return platformdirs.user_config_path("calgui") / "checks.toml"


def user_file() -> Path | None:
    """The user's own thresholds; None where there are none."""
    path = user_path()
    return path if path.is_file() else None


def checks_for(kind: str, changes: Path | None = None) -> CheckList:
    """The checks of a type.

    Parameters
    ----------
    kind : str
        One of `known_types`, in any case.
    changes : pathlib.Path, optional
        A file of changes, with a table for each type and check (``[dark.level]``), or ``[all.NAME]`` for all types:
        its fields replace those of the check of that name, or make a new one. ``[metadata.NAME]`` is of a keyword in
        small letters, or of a rule among keywords.

    Returns
    -------
    CheckList

    Raises
    ------
    InputError
        The file cannot be read, is too large, or says what is no check; it names the table and the cure.
    """
    return _changed(kind, {} if changes is None else _read(changes), changes)


def check_text(text: str, path: Path, kind: str = ALL) -> CheckList:
    """The checks of a type with a text that could be a file of changes.

    Parameters
    ----------
    text : str
        TOML.
    path : pathlib.Path
        Where it is to stand, for messages.
    kind : str
        One of `known_types`, in any case.

    Returns
    -------
    CheckList

    Raises
    ------
    InputError
        As `checks_for`.
    """
    return _changed(kind, _parse(text.encode(), path), path)


def default_check(kind: str, name: str) -> Check | None:
    """A check as the observatory has it; None where it has none of that name.

    Parameters
    ----------
    kind : str
        One of `known_types`, in any case.
    name : str
    """
    return _defaults(kind.upper()).get(name)


def _changed(kind: str, document: Mapping[str, Any], path: Path | None) -> CheckList:
    """The defaults of a type with the changes of a file, all of which is looked at."""
    wanted = kind.upper()
    found = dict(_defaults(wanted))
    fields: dict[str, frozenset[str]] = {}
    metadata: dict[str, Check] = {}
    if path is not None:
        names = {ALL, METADATA, *(one.lower() for one in known_types())}
        total = 0
        for table, entries in document.items():
            if table not in names:
                raise _refused(path, _said(table), f"There is no such type; known are {', '.join(sorted(names))}.")
            if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
                raise _refused(path, _said(table), f"Write a table for each check, such as [{table}.level].")
            total += len(entries)
            if total > _MOST_CHECKS:
                raise _refused(path, _said(table), f"There are more than {_MOST_CHECKS} checks; leave some out.")
            for name, entry in entries.items():
                if table == METADATA:
                    metadata[name] = _of_metadata(name, entry, path)
                    continue
                # all of it is read, so that a mistake is told whichever file is validated
                base = found.get(name) if table in (ALL, wanted.lower()) else _defaults(table.upper()).get(name)
                made = _check(name, entry, base, path, table)
                if table in (ALL, wanted.lower()):
                    found[name] = made
                    fields[name] = fields.get(name, frozenset()) | entry.keys()
    kept = tuple(check for check in found.values() if not check.off)
    off = tuple(check for check in found.values() if check.off)
    return CheckList(wanted, kept, "" if path is None else str(path), off, fields, tuple(metadata.values()))


def _of_metadata(name: str, fields: Mapping[str, Any], path: Path) -> Check:
    """A change of what is expected of a keyword, or of a rule."""
    from calgui.core.validation.metadata import bases

    where = f"{METADATA}.{_said(name)}"
    base = bases().get(name)
    if base is None:
        raise _refused(path, where, "Name a keyword of check-metadata in small letters, or one of its rules.")
    strange = next((key for key in fields if key not in (*_LIMITS, "need", "off")), None)
    if strange is not None:
        raise _refused(path, where, f"It has no field {_said(strange)!r}; there are {', '.join(_LIMITS)}, need, off.")
    return _check(name, fields, base, path, METADATA)


@cache
def _defaults(kind: str) -> Mapping[str, Check]:
    """Checks for all types, then those of this one."""
    made: dict[str, Check] = {}
    folder = resources() / "checks"
    names = [ALL, kind.lower()] if kind in known_types() else [ALL]
    for table in names:
        path = folder / f"{table}.toml"
        if not path.is_file():
            continue
        for name, fields in _read(path).items():
            made[name] = _check(name, fields, made.get(name), path, table)
    return made


def _read(path: Path) -> dict[str, Any]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError("This is no file.", path=path, cure="Name a file of thresholds in TOML.")
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        cure = "Name a file of thresholds that is there."
        raise InputError(f"It cannot be read: {error.strerror}.", path=path, cure=cure) from None
    return _parse(raw, path)


def _parse(raw: bytes, path: Path) -> dict[str, Any]:
    if len(raw) > LARGEST:
        raise InputError(
            f"It is larger than {LARGEST // 1024} kB, which no file of thresholds is.", path=path, cure="Name another."
        )
    if any(_is_deep(line) for line in raw.split(b"\n")):
        raise InputError("A line of it is too long, or nests tables too deeply.", path=path, cure="Correct it.")
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        text = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it is no text, or is nested too deeply"
        raise InputError(f"It is no TOML: {_said(text, 120)}.", path=path, cure="Correct it at that place.") from None


def _is_deep(line: bytes) -> bool:
    """Whether a line may cost the parser much: a key of many parts takes the square of their number."""
    return len(line) > _LONGEST_LINE or _QUOTED.sub(b"", line).count(b".") > _MOST_DOTS


def _said(text: object, longest: int = 60) -> str:
    plain = printable(str(text))
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def _refused(path: Path, where: str, why: str) -> InputError:
    return InputError(f"[{where}] cannot be understood.", path=path, cure=why)


def _check(name: str, fields: Mapping[str, Any], base: Check | None, path: Path, table: str) -> Check:
    where = f"{_said(table)}.{_said(name)}"
    if not _NAME.match(name):
        raise _refused(path, where, "Names of checks are small letters, digits and '_'.")
    known = {field.name for field in dataclasses.fields(Check)} - {"name"}
    strange = next((key for key in fields if key not in known), None)
    if strange is not None:
        raise _refused(path, where, f"It has no field {_said(strange)!r}; there are {', '.join(sorted(known))}.")
    values = {key: _value(key, value, path, where) for key, value in fields.items()}
    made = dataclasses.replace(base, **values) if base is not None else Check(name, **values)
    if sum(map(bool, (made.figure, made.keyword, made.extension))) != 1:
        raise _refused(path, where, "Name one of figure, keyword and extension: what is looked at.")
    for low, high in (("bad_below", "doubtful_below"), ("doubtful_above", "bad_above")):
        first, second = getattr(made, low), getattr(made, high)
        if first is not None and second is not None and first > second:
            raise _refused(path, where, f"{low} ({first:g}) is above {high} ({second:g}): exchange them.")
    lowest = [one for one in (made.doubtful_below, made.bad_below) if one is not None]
    highest = [one for one in (made.doubtful_above, made.bad_above) if one is not None]
    if lowest and highest and max(lowest) > min(highest):
        raise _refused(path, where, f"No number is above {max(lowest):g} and below {min(highest):g}: correct them.")
    return made if made.title else dataclasses.replace(made, title=made.keyword or made.figure or made.extension)


def _value(key: str, value: Any, path: Path, where: str) -> Any:
    if key in _LIMITS:
        try:
            number = math.nan if isinstance(value, bool | str) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise _refused(path, where, f"{key} must be a finite number, not {_said(repr(value), 40)}.")
        return number
    if key in ("need", "off", "lit"):
        if not isinstance(value, bool):
            raise _refused(path, where, f"{key} must be true or false.")
        return value
    if key in ("allowed", "refused"):
        words = value if isinstance(value, list) else None
        if words is None or len(words) > _MOST_VALUES or not all(_is_text(word) for word in words):
            raise _refused(path, where, f"{key} must be a list of at most {_MOST_VALUES} texts.")
        return tuple(word.strip().upper() for word in words)
    if not _is_text(value):
        raise _refused(path, where, f"{key} must be a text of at most {_LONGEST_TEXT} letters, all of them printable.")
    patterns = {
        "figure": _FIGURE, "keyword": _KEYWORD, "when": _KEYWORD, "extension": _EXTENSION, "error": _ERROR,
    }  # fmt: skip
    if key in patterns and value and not patterns[key].match(value):
        raise _refused(path, where, f"{key} {_said(value)!r} is none.")
    choices = {"verdict": ("doubtful", "bad"), "of": ("", "reference", "exposure"), "arm": ("", *ARMS)}
    if key in choices and value not in choices[key]:
        raise _refused(path, where, f"{key} must be one of {', '.join(filter(None, choices[key]))}.")
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT and value.isprintable()
