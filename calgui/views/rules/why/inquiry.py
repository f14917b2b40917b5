"""What is asked of the rules, and what they answer: shared by the panels of one session, without a widget.

The selected observations' headers, the what-if values laid over them, the selections for every reference type, and
the trace of the one in focus. All of it is computed in the background; a newer question drops the older answer.
"""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.questions.whatif import Case
from calgui.core.rules.values import Change, Trace
from calgui.views.rules.why.asking import UNDEFINED, Observation, WhatIf, altered, listed_values, observe
from calgui.views.rules.why.summary import TypeRow, summarise, telling
from calgui.views.session import Session

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: observations whose headers are kept in memory
_REMEMBERED = 20_000


class Inquiry(QObject):
    """The questions and answers that the panels of one session share.

    Signals
    -------
    references_changed()
        `observations` and `rows` are new.
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
        self.observations: list[Observation] = []
        self.rows: list[TypeRow] = []
        self.what_if: dict[str, WhatIf] = {}
        self.type: str | None = None
        self.index = 0
        self._chosen: str | None = None
        self.trace: Trace | None = None
        self.accepted: Mapping[str, tuple[str, ...]] = {}
        self.problem: str | None = None
        self.failure: str | None = None
        self._known: dict[Path, Observation] = {}
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
        """Ask why, for one reference type and one of the observations; the type stays for other observations.

        Parameters
        ----------
        type_ : str
            Reference type, lower case.
        index : int
            Which of `observations`.
        """
        self._chosen = type_
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
            self._answered(([], []))
            return
        known, changes = dict(self._known), tuple(self.what_if.values())

        def work(job: Job) -> tuple[list[Observation], list[TypeRow]]:
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
            from calgui.core.rules.selection.trace import explain

            trace = explain(cache, context, type_, header)
            return trace, listed_values(trace)

        self._mark("why", True)
        self.session.tasks.start("Explaining", work, self._explained, self._unexplained, key="why", quiet=True)

    # ---- answers

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return bool(self._working)

    def case(self) -> Case | None:
        """The observation in focus with what is supposed, to be put beside others.

        Returns
        -------
        Case or None
            None where nothing is in focus.
        """
        if self.index >= len(self.observations) or self.observations[self.index].error is not None:
            return None
        seen = self.observations[self.index]
        case = Case(seen.path.name, seen.header)
        for change in self.what_if.values():
            gone = change.value == UNDEFINED
            if gone:
                case = case.with_change(change.label, None)
            case = case.with_change(change.parameter, None if gone else change.value)
        return case

    def nothing(self) -> str:
        """What to do where there is nothing to explain."""
        if self.session.cache is None:
            return "Open a CRDS cache to see why its rules choose a file."
        if not self.session.selection:
            return "Select an observation, and a reference type, to see why."
        return "Nothing to explain."

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
        values = (value for key, value in header.items() if key.casefold() in names)
        # a card without a value says nothing
        return next((str(value) for value in values if value is not None), None)

    def _answered(self, result: tuple[list[Observation], list[TypeRow]]) -> None:
        self._mark("references", False)
        self.observations, self.rows = result
        self.failure = None
        if len(self._known) > _REMEMBERED:
            self._known = {}
        self._known |= {seen.path: seen for seen in self.observations if seen.error is None}
        self.type, self.index = self._in_focus()
        self.references_changed.emit()
        self._explain()

    def _in_focus(self) -> tuple[str | None, int]:
        """The type that the user chose, or what is being tried out; without either the most telling one."""
        types = {row.type for row in self.rows}
        for type_ in (self._chosen, self.type if self.what_if else None):
            if type_ in types:
                return type_, self.index
        header = self.observations[0].header if self.observations else {}
        return telling(self.rows, header)

    def _failed(self, error: Exception) -> None:
        self._mark("references", False)
        self.observations, self.rows, self.failure = [], [], str(error)
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


def _ask(
    cache: "Cache",
    context: str,
    paths: Sequence[Path],
    known: Mapping[Path, Observation],
    changes: Sequence[WhatIf],
    job: Job,
) -> tuple[list[Observation], list[TypeRow]]:
    from calgui.core.rules.selection.bulk import best_references_many

    observations = observe(paths, known, job.part(0, 0.5))
    readable = [observation for observation in observations if observation.error is None]
    headers = [altered(observation.header, changes) for observation in readable]
    answers = iter(best_references_many(cache, context, headers, None, job.part(0.5, 1)))
    selections = [next(answers) if observation.error is None else () for observation in observations]
    return observations, summarise(observations, selections, cache.observatory.reference_keyword)
