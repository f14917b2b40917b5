"""Why a case got its answer: what the panel that says why asks about a case instead of a file."""

import shlex
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, Signal

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.questions.whatif import Case, header_of
from calgui.core.rules.values import Change, Trace
from calgui.views.rules.whatif.board import Board
from calgui.views.rules.why.asking import UNDEFINED, WhatIf, listed_values


class CaseInquiry(QObject):
    """The case and reference type in focus, and the trace of its selection.

    Parameters
    ----------
    board : Board
        Whose cases are asked about; a value set in the explanation is set in the case.
    parent : QObject, optional

    Signals
    -------
    trace_changed()
        `trace` and `accepted` are new, or `problem` says why there is none.
    what_if_changed()
        Never: what is set stands in the case itself.
    busy_changed(bool)
        Work began or ended.
    """

    trace_changed = Signal()
    what_if_changed = Signal()
    busy_changed = Signal(bool)

    def __init__(self, board: Board, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.board, self.session = board, board.session
        self.place = 0
        self.type: str | None = None
        self.trace: Trace | None = None
        self.accepted: Mapping[str, tuple[str, ...]] = {}
        self.what_if: dict[str, WhatIf] = {}
        self.problem: str | None = None
        self.busy = False
        self._asked: tuple[object, ...] = ()
        board.changed.connect(self._follow)

    def focus(self, place: int, type_: str | None) -> None:
        """Ask why a case got its answer.

        Parameters
        ----------
        place : int
            Of the case.
        type_ : str or None
            Reference type; None for none.
        """
        self.place, self.type = place, type_
        self._follow()

    def case(self) -> Case | None:
        """The case in focus."""
        return self.board.cases[self.place] if 0 <= self.place < len(self.board.cases) else None

    def nothing(self) -> str:
        """What to do where there is nothing to explain."""
        return "Choose the cell of a selected reference above to see why the rules chose it."

    def command(self) -> str | None:
        """The command line that asks the same question; None where there is none."""
        cache, context = self.session.cache, self.session.context
        if cache is None or context is None or self.type is None or self.place >= len(self.board.columns):
            return None
        words = ["calgui", "explain", "--cache", str(cache.path), "--context", context, "--type", self.type]
        return shlex.join([*words, *self.board.columns[self.place].options])

    def set_value(self, parameter: str, keyword: str | None, value: str | None) -> None:
        """Set a value of the case.

        Parameters
        ----------
        parameter : str
            Parkey.
        keyword : str or None
            FITS keyword.
        value : str or None
            `UNDEFINED` takes it away; None goes back to what the case starts from.
        """
        case, cache = self.case(), self.session.cache
        if case is None or cache is None:
            return
        if value is None:
            value = cache.observatory.parkeys(case.header).get(parameter.upper())
        self.board.set(self.place, parameter, keyword, None if value == UNDEFINED else value)

    def apply(self, changes: Sequence[Change]) -> None:
        """Set what a near miss changes.

        Parameters
        ----------
        changes : sequence of Change
        """
        self.board.apply(self.place, [(change.parameter, change.after) for change in changes])

    def reset(self) -> None:
        """Back to what the case starts from."""
        self.board.reset(self.place)

    def _follow(self) -> None:
        case, cache, context, kind = self.case(), self.session.cache, self.session.context, self.type
        asked = (id(case), cache, context, kind)
        if asked == self._asked:
            return
        self._asked = asked
        if case is None or cache is None or context is None or kind is None:
            self.session.tasks.supersede("whatif-why")
            self._explained((None, {}))
            return

        def work(_job: Job) -> tuple[Trace, Mapping[str, tuple[str, ...]]]:
            from calgui.core.rules.selection.trace import explain

            trace = explain(cache, context, kind, header_of(cache, case))
            return trace, listed_values(trace)

        self._mark(True)
        self.session.tasks.start(
            "Explaining a case", work, self._explained, self._unexplained, key="whatif-why", quiet=True
        )

    def _explained(self, result: tuple[Trace | None, Mapping[str, tuple[str, ...]]]) -> None:
        self.trace, self.accepted = result
        self.problem = None
        self._mark(False)
        self.trace_changed.emit()

    def _unexplained(self, error: Exception) -> None:
        self.trace, self.accepted, self.problem = None, {}, str(error)
        self._mark(False)
        if not isinstance(error, CalguiError):
            self.session.report(error, "Explaining a case")
        self.trace_changed.emit()

    def _mark(self, working: bool) -> None:
        if working != self.busy:
            self.busy = working
            self.busy_changed.emit(working)
