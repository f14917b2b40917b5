"""What is asked of the rules, and what they answer: shared by the panels of one session, without a widget.

The selected observations' headers, the what-if values laid over them, the selections for every reference type, and
the trace of the one in focus. All of it is computed in the background; a newer question drops the older answer.
"""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.values import Change, Selection, Trace
from calgui.views.session import Session

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: crds's word for a parameter that the header lacks
UNDEFINED = "UNDEFINED"
#: keys of rules that ask for more than one of some values
_OPERATOR = re.compile(r"not |between |[#(<>=]|.*\*", re.IGNORECASE)
#: headers kept in memory, and how many files are read through the index of headers
_REMEMBERED, _MANY = 20_000, 20


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
    """

    path: Path
    header: Mapping[str, Any]
    error: str | None = None


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


class Inquiry(QObject):
    """The questions and answers that the panels of one session share.

    Signals
    -------
    references_changed()
        `observations` and `answers` are new.
    trace_changed()
        `trace` and `accepted` are new, or `problem` says why there is none.
    what_if_changed()
        `what_if` is new.
    busy_changed(bool)
        Work began or ended.
    """

    references_changed = Signal()
    trace_changed = Signal()
    what_if_changed = Signal()
    busy_changed = Signal(bool)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.observations: tuple[Observation, ...] = ()
        self.answers: list[tuple[Selection, ...]] = []
        self.what_if: dict[str, WhatIf] = {}
        self.type: str | None = None
        self.index = 0
        self.trace: Trace | None = None
        self.accepted: Mapping[str, tuple[str, ...]] = {}
        self.problem: str | None = None
        self.failure: str | None = None
        self._headers: dict[tuple[Path, int, int], Mapping[str, Any]] = {}
        self._working: set[str] = set()
        session.selection_changed.connect(self._selection_changed)
        session.context_changed.connect(self.ask)
        if session.selection and session.cache is not None:
            self.ask()

    @classmethod
    def of(cls, session: Session) -> "Inquiry":
        """The inquiry of a session; the first call makes it.

        Parameters
        ----------
        session : Session
            Whose observations and cache are asked about.

        Returns
        -------
        Inquiry
        """
        found = session.findChild(cls)
        return found if found is not None else cls(session)

    # ---- questions

    def set_value(self, parameter: str, keyword: str | None, value: str | None) -> None:
        """Suppose another value of one parameter, or go back to the file's.

        Parameters
        ----------
        parameter, keyword : str
            Parkey, and FITS keyword where one is known.
        value : str or None
            ``UNDEFINED`` for a missing keyword; None, or the file's own value, takes the supposition back.
        """
        before = self._file_value(parameter, keyword)
        changes = dict(self.what_if)
        if value is None or value == before or (value == UNDEFINED and before is None):
            changes.pop(parameter, None)
        else:
            changes[parameter] = WhatIf(parameter, keyword, value, before)
        self._suppose(changes)

    def apply(self, changes: Sequence[Change]) -> None:
        """Suppose the changes of a near miss.

        Parameters
        ----------
        changes : sequence of Change
            Laid over what is supposed already.
        """
        keywords = {p.name: p.keyword for p in self.trace.parameters} if self.trace is not None else {}
        supposed = dict(self.what_if)
        for change in changes:
            keyword = keywords.get(change.parameter)
            before = self._file_value(change.parameter, keyword)
            supposed.pop(change.parameter, None)
            if change.after != before:
                supposed[change.parameter] = WhatIf(change.parameter, keyword, change.after, before)
        self._suppose(supposed)

    def reset(self) -> None:
        """Suppose nothing any more."""
        self._suppose({})

    def focus(self, type_: str, index: int = 0) -> None:
        """Ask why, for one reference type and one of the observations.

        Parameters
        ----------
        type_ : str
            Reference type, lower case.
        index : int
            Which of `observations`.
        """
        if (type_, index) != (self.type, self.index):
            self.type, self.index = type_, index
            self._explain()

    def ask(self) -> None:
        """Ask everything anew: headers, selections, and the trace in focus."""
        cache, context, paths = self.session.cache, self.session.context, self.session.selection
        if cache is None or context is None or not paths:
            for key in ("references", "why"):
                self.session.tasks.supersede(key)
                self._mark(key, False)
            self._answered(((), []))
            return
        known, changes = dict(self._headers), tuple(self.what_if.values())

        def work(job: Job) -> tuple[tuple[Observation, ...], list[tuple[Selection, ...]]]:
            return _ask(cache, context, paths, known, changes, job)

        self._mark("references", True)
        self.session.tasks.start(
            "Selecting references", work, self._answered, self._failed, key="references", quiet=len(paths) < 20
        )

    def _explain(self) -> None:
        cache, context = self.session.cache, self.session.context
        if cache is None or context is None or self.type is None or self.index >= len(self.observations):
            self.session.tasks.supersede("why")
            self._mark("why", False)
            self._explained((None, {}))
            return
        type_, header = self.type, altered(self.observations[self.index].header, self.what_if.values())

        def work(_job: Job) -> tuple[Trace, Mapping[str, tuple[str, ...]]]:
            from calgui.core.rules.trace import explain

            trace = explain(cache, context, type_, header)
            return trace, listed_values(trace)

        self._mark("why", True)
        self.session.tasks.start("Explaining", work, self._explained, self._unexplained, key="why", quiet=True)

    # ---- answers

    @property
    def types(self) -> list[str]:
        """Reference types of the answers: those that the rules ask for first, then those not needed."""
        seen: dict[str, bool] = {}
        for selections in self.answers:
            for selection in selections:
                needed = selection.status != "not-applicable"
                seen[selection.type] = seen.get(selection.type, False) or needed
        return sorted(seen, key=lambda name: (not seen[name], name))

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return bool(self._working)

    def command(self) -> str | None:
        """The command line that asks the same question.

        Returns
        -------
        str or None
            None where nothing is in focus.
        """
        cache, context = self.session.cache, self.session.context
        if cache is None or context is None or self.type is None:
            return None
        words = ["calgui", "explain", "--cache", str(cache.path), "--context", context, "--type", self.type]
        for change in self.what_if.values():
            words += ["--set", f"{change.label}={change.value}"]
        if self.index < len(self.observations):
            words.append(str(self.observations[self.index].path))
        return shlex.join(words)

    def _selection_changed(self) -> None:
        if self.what_if:
            self.what_if = {}
            self.what_if_changed.emit()
        self.index = 0
        self.ask()

    def _suppose(self, changes: dict[str, WhatIf]) -> None:
        if changes == self.what_if:
            return
        self.what_if = changes
        self.what_if_changed.emit()
        self.ask()

    def _file_value(self, parameter: str, keyword: str | None) -> str | None:
        if self.index >= len(self.observations):
            return None
        names = {parameter.casefold(), (keyword or parameter).casefold()}
        header = self.observations[self.index].header
        return next((str(value) for key, value in header.items() if key.casefold() in names), None)

    def _answered(self, result: tuple[tuple[Observation, ...], list[tuple[Selection, ...]]]) -> None:
        self._mark("references", False)
        self.observations, self.answers = result
        self.failure = None
        for observation in self.observations:
            if observation.error is None:
                self._remember(observation)
        types = self.types
        if self.type not in types:
            self.type = types[0] if types else None
        self.references_changed.emit()
        self._explain()

    def _remember(self, observation: Observation) -> None:
        if len(self._headers) >= _REMEMBERED:
            self._headers.clear()
        stamp = _stamp(observation.path)
        if stamp is not None:
            self._headers[stamp] = observation.header

    def _failed(self, error: Exception) -> None:
        self._mark("references", False)
        self.observations, self.answers, self.failure = (), [], str(error)
        self.session.report(error, "Selecting references")
        self.references_changed.emit()
        self._explain()

    def _explained(self, result: tuple[Trace | None, Mapping[str, tuple[str, ...]]]) -> None:
        self._mark("why", False)
        self.trace, self.accepted = result
        self.problem = None
        self.trace_changed.emit()

    def _unexplained(self, error: Exception) -> None:
        self._mark("why", False)
        self.trace, self.accepted, self.problem = None, {}, str(error)
        if not isinstance(error, CalguiError):
            self.session.report(error, "Explaining")
        self.trace_changed.emit()

    def _mark(self, key: str, working: bool) -> None:
        before = self.busy
        (self._working.add if working else self._working.discard)(key)
        if self.busy != before:
            self.busy_changed.emit(self.busy)


def _stamp(path: Path) -> tuple[Path, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return path, found.st_size, found.st_mtime_ns


def _ask(
    cache: "Cache",
    context: str,
    paths: Sequence[Path],
    known: Mapping[tuple[Path, int, int], Mapping[str, Any]],
    changes: Sequence[WhatIf],
    job: Job,
) -> tuple[tuple[Observation, ...], list[tuple[Selection, ...]]]:
    from calgui.core.rules.bulk import best_references_many

    observations = _observe(paths, known, job.part(0, 0.5))
    readable = [observation for observation in observations if observation.error is None]
    headers = [altered(observation.header, changes) for observation in readable]
    answers = iter(best_references_many(cache, context, headers, None, job.part(0.5, 1)))
    return tuple(observations), [next(answers) if seen.error is None else () for seen in observations]


def _observe(
    paths: Sequence[Path], known: Mapping[tuple[Path, int, int], Mapping[str, Any]], job: Job
) -> list[Observation]:
    """Headers of the files: those known, then few one by one, many through the index of headers."""
    stamps = {path: _stamp(path) for path in paths}
    found = {path: Observation(path, known[stamp]) for path, stamp in stamps.items() if stamp in known}
    missing = [path for path in paths if path not in found]
    if len(missing) > _MANY:
        from calgui.core.frames.index import FileIndex

        index = FileIndex()
        try:
            entries = {entry.path: entry for entry in index.scan(missing, job)}
        finally:
            index.close()
        found |= {path: Observation(path, entry.header, entry.error) for path, entry in entries.items()}
        missing = [path for path in missing if path not in found]
    for path in job.track(missing, len(missing), "reading headers"):
        found[path] = _read(path)
    return [found[path] for path in paths]


def _read(path: Path) -> Observation:
    from calgui.core.frames.headers import rule_header

    try:
        return Observation(path, rule_header(path))
    except CalguiError as error:
        return Observation(path, {}, f"{error.message} {error.cure}".strip())
    except OSError as error:
        return Observation(path, {}, f"{error.strerror or error}.")
