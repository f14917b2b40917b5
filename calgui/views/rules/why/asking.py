"""What is asked of the rules, as plain values: observations with their headers, and what is supposed instead."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.questions.whatif import Case
from calgui.core.rules.values import Change, Trace

#: crds's word for a parameter that the header lacks
UNDEFINED = "UNDEFINED"
#: keys of rules that ask for more than one of some values
_OPERATOR = re.compile(r"not |between |[#(<>=]|.*\*", re.IGNORECASE)
#: more files than this are read through the index of headers
_MANY = 20


@dataclass(frozen=True)
class Observation:
    """A selected file and the header that the rules are asked about.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    header : mapping
        FITS keyword -> value; empty where it could not be read.
    error : str or None
        Why it could not be read, with the cure.
    stamp : tuple of int or None
        Size and time of change when it was read.
    """

    path: Path
    header: Mapping[str, Any]
    error: str | None = None
    stamp: tuple[int, int] | None = None


@dataclass(frozen=True)
class Question:
    """What is asked of the page that puts cases side by side.

    Attributes
    ----------
    cases : tuple of Case
        To put there; the last one is looked at.
    type : str or None
        Reference type whose answer is explained.
    """

    cases: tuple[Case, ...]
    type: str | None = None


class Inquirer(Protocol):
    """What the panel that says why needs of whoever asks: a `QObject` with these, and the signals that tell of them."""

    trace: Trace | None
    accepted: Mapping[str, tuple[str, ...]]
    what_if: "dict[str, WhatIf]"
    problem: str | None
    type: str | None
    trace_changed: Any
    what_if_changed: Any
    busy_changed: Any

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""

    def case(self) -> Case | None:
        """The header in focus, with what is supposed."""

    def nothing(self) -> str:
        """What to do where there is nothing to explain."""

    def command(self) -> str | None:
        """The command line that asks the same."""

    def set_value(self, parameter: str, keyword: str | None, value: str | None) -> None:
        """Suppose another value."""

    def apply(self, changes: Sequence[Change]) -> None:
        """Suppose the changes of a near miss."""

    def reset(self) -> None:
        """Suppose nothing any more."""


@dataclass(frozen=True)
class WhatIf:
    """One value laid over the header.

    Attributes
    ----------
    parameter : str
        Parkey.
    keyword : str or None
        FITS keyword.
    value : str
        What is supposed; ``UNDEFINED`` for a missing keyword.
    before : str or None
        What the file says; None where it says nothing.
    """

    parameter: str
    keyword: str | None
    value: str
    before: str | None

    @property
    def label(self) -> str:
        """The keyword, or the parkey where no keyword is known."""
        return self.keyword or self.parameter


def altered(header: Mapping[str, Any], changes: Iterable[WhatIf]) -> dict[str, Any]:
    """A copy of a header with what-if values laid over it.

    Parameters
    ----------
    header : mapping
        As read from a file; not changed.
    changes : iterable of WhatIf
        Values to suppose; ``UNDEFINED`` takes the keyword away.

    Returns
    -------
    dict
    """
    result = dict(header)
    for change in changes:
        names = {change.parameter.casefold(), change.label.casefold()}
        for key in [key for key in result if key.casefold() in names]:
            del result[key]
        if change.value != UNDEFINED:
            result[change.label] = result[change.parameter] = change.value
    return result


def listed_values(trace: Trace) -> dict[str, tuple[str, ...]]:
    """Values that the rules of a trace list, of this one mapping and so of this one instrument.

    Parameters
    ----------
    trace : Trace
        With all rules of the mapping.

    Returns
    -------
    dict of str to tuple of str
        Parkey to values; patterns, comparisons and ``N/A`` are no values to choose.
    """
    found: dict[str, set[str]] = {}
    for rule in trace.rules:
        for cell in rule.cells:
            text = cell.rule if cell.substituted is None else cell.substituted
            if not _OPERATOR.match(text):
                found.setdefault(cell.parameter, set()).update(text.split("|"))
    return {name: tuple(sorted(values - {"", "N/A"}, key=_natural)) for name, values in found.items()}


def _natural(text: str) -> list[tuple[int, float, str]]:
    """Sorts 2.0 before 10.0, and names by letters."""
    parts = re.split(r"(\d+(?:\.\d+)?)", text)
    return [(0, float(part), "") if number % 2 else (1, 0.0, part) for number, part in enumerate(parts)]


def observe(paths: Sequence[Path], known: Mapping[Path, Observation], job: Job) -> list[Observation]:
    """Read the headers of files: those known and unchanged not again, many through the index of headers.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        The files.
    known : mapping of pathlib.Path to Observation
        What was read before.
    job : Job
        Progress and cancel.

    Returns
    -------
    list of Observation
        One for each path, in that order.
    """
    stamps = {path: _stamp(path) for path in paths}
    found = {
        path: known[path]
        for path, stamp in stamps.items()
        if stamp is not None and path in known and known[path].stamp == stamp
    }
    missing = [path for path in paths if path not in found]
    if len(missing) > _MANY:
        from calgui.core.frames.index import FileIndex

        index = FileIndex()
        try:
            entries = index.scan(missing, job)
        finally:
            index.close()
        for entry in entries:
            found[entry.path] = Observation(entry.path, entry.header, entry.error, stamps.get(entry.path))
        missing = [path for path in missing if path not in found]
    for path in job.track(missing, len(missing), "reading headers"):
        found[path] = _read(path, stamps[path])
    return [found[path] for path in paths]


def _read(path: Path, stamp: tuple[int, int] | None) -> Observation:
    from calgui.core.frames.headers import rule_header

    try:
        return Observation(path, rule_header(path), None, stamp)
    except CalguiError as error:
        return Observation(path, {}, f"{error.message} {error.cure}".strip(), stamp)
    except OSError as error:
        return Observation(path, {}, f"{error.strerror or error}.", stamp)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
