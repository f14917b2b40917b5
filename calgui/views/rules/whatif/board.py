"""The cases that are compared, and the answers to each; computed off the main thread, the latest question wins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.questions.whatif import UNDEFINED, Case, Setting, answers, as_options, header_of, settings_of
from calgui.core.rules.values import Selection
from calgui.views.session import Session
from calgui.views.stepping import Steps

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_MOST = 12


@dataclass(frozen=True)
class Column:
    """One case with its answers.

    Attributes
    ----------
    case : Case
        What is asked.
    settings : mapping of str to Setting
        By parkey: everything that can be set.
    answers : mapping of str to Selection
        By reference type.
    options : tuple of str
        The case as options of the command line; empty where its instrument is not known.
    problem : str
        Why there are no answers.
    """

    case: Case
    settings: Mapping[str, Setting]
    answers: Mapping[str, Selection]
    options: tuple[str, ...] = ()
    problem: str = ""


class Board(QObject):
    """Cases side by side.

    Signals
    -------
    changed()
        Other cases, or other answers.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.cases: list[Case] = []
        self.columns: tuple[Column, ...] = ()
        self._working = False
        # what was answered, by the identity of the case (its header cannot be hashed), and by which rules
        self._done: dict[int, Column] = {}
        self._asked: tuple[object, str | None] = (None, None)
        self._steps = Steps(session.history, lambda: tuple(self.cases), self._put, _words)
        session.context_changed.connect(self.ask)

    @property
    def busy(self) -> bool:
        """Whether answers are on their way."""
        return self._working

    # ---- the cases

    def add(self, case: Case) -> int | None:
        """Put a case beside the others.

        Parameters
        ----------
        case : Case
            Its name gets a number where another has it.

        Returns
        -------
        int or None
            Its place; None where there are too many.
        """
        if len(self.cases) >= _MOST:
            self.session.notice("warning", f"{_MOST} cases are side by side already.", "Take one away first.")
            return None
        self.cases.append(replace(case, name=self._free(case.name)))
        if len(self.cases) == 1:
            # the page itself begins with a case; without one there is nothing to go back to
            self._steps.settle()
        self._changed()
        return len(self.cases) - 1

    def find(self, case: Case) -> int | None:
        """Where the same header with the same changes is already.

        Parameters
        ----------
        case : Case
            Whatever its name is.

        Returns
        -------
        int or None
        """
        said = header_of_case(case)
        return next((place for place, one in enumerate(self.cases) if header_of_case(one) == said), None)

    def remove(self, place: int) -> None:
        """Take a case away.

        Parameters
        ----------
        place : int
            Of the case.
        """
        if 0 <= place < len(self.cases):
            del self.cases[place]
            self._changed()

    def rename(self, place: int, name: str) -> None:
        """Call a case otherwise.

        Parameters
        ----------
        place : int
            Of the case.
        name : str
            Not empty.
        """
        if name.strip() and name != self.cases[place].name:
            self.cases[place] = replace(self.cases[place], name=self._free(name.strip()))
            self._changed()

    def set(self, place: int, parkey: str, keyword: str | None, value: str | None) -> None:
        """Set a value of a case.

        Parameters
        ----------
        place : int
            Of the case.
        parkey : str
            What is set.
        keyword : str or None
            Its FITS keyword, where one is known.
        value : str or None
            None takes the value away.
        """
        cache = self.session.cache
        if cache is None:
            return
        case = self.cases[place].without_change(parkey)
        if keyword is not None:
            case = case.without_change(keyword)
        # what the case starts from comes back when it is set to just that
        if value != cache.observatory.parkeys(case.header).get(parkey.upper()):
            case = set_value(cache, case, parkey, value)
        self.cases[place] = case
        self._changed()

    def apply(self, place: int, changes: Sequence[tuple[str, str | None]]) -> None:
        """Set several values of a case at once.

        Parameters
        ----------
        place : int
            Of the case.
        changes : sequence of (str, str or None)
            Parkey, and value; None takes it away.
        """
        cache, case = self.session.cache, self.cases[place]
        if cache is None:
            return
        for parkey, value in changes:
            case = set_value(cache, case, parkey, value)
        self.cases[place] = case
        self._changed()

    def reset(self, place: int) -> None:
        """Back to what a case starts from.

        Parameters
        ----------
        place : int
            Of the case.
        """
        self.cases[place] = replace(self.cases[place], changes=())
        self._changed()

    def _changed(self) -> None:
        self._steps.note()
        self.ask()

    def _put(self, cases: tuple[Case, ...]) -> None:
        self.cases = list(cases)
        self.ask()

    def _free(self, name: str) -> str:
        taken = {case.name for case in self.cases}
        if name not in taken:
            return name
        return next(f"{name} ({number})" for number in range(2, 1000) if f"{name} ({number})" not in taken)

    # ---- the answers

    def ask(self) -> None:
        """Ask the rules about all cases."""
        cache, context, cases = self.session.cache, self.session.context, tuple(self.cases)
        if cache is None or context is None or not cases:
            self.session.tasks.supersede("whatif")
            self._answered(tuple(Column(case, {}, {}) for case in cases))
            return
        # what is known stays on the screen until the answers are there
        self.columns = tuple(self._like(case, place) for place, case in enumerate(cases))
        self._working = True
        self.changed.emit()

        def work(_job: Job) -> tuple[Column, ...]:
            return tuple(_column(cache, context, case) for case in cases)

        self.session.tasks.start("What if", work, self._answered, self._failed, key="whatif", quiet=True)

    def _like(self, case: Case, place: int) -> Column:
        same = next((column for column in self.columns if column.case is case), None)
        if same is None and place < len(self.columns):
            same = replace(self.columns[place], case=case)
        return same or Column(case, {}, {})

    def _answered(self, columns: tuple[Column, ...]) -> None:
        self._working, self.columns = False, columns
        # the columns keep their cases, so that no identity is used again
        self._done = {id(column.case): column for column in columns if column.settings}
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._answered(tuple(Column(case, {}, {}, problem=str(error)) for case in self.cases))
        self.session.report(error, "What if")


def _words(before: tuple[Case, ...], after: tuple[Case, ...]) -> str:
    if len(after) != len(before):
        both = (*after, *before)
        other = next((case for case in both if case not in before or case not in after), both[0])
        return f"{'add' if len(after) > len(before) else 'remove'} the case {other.name}"
    old, new = next((one, two) for one, two in zip(before, after, strict=True) if one != two)
    return f"rename the case {old.name}" if old.name != new.name else f"change the case {new.name}"


def set_value(cache: "Cache", case: Case, parkey: str, value: str | None) -> Case:
    """A case with one more value set, or taken away, whichever keywords of the header stand for it.

    Parameters
    ----------
    cache : Cache
        Its observatory says which keywords these are.
    case : Case
    parkey : str
    value : str or None
        None, or crds's own word for it, takes the value away.

    Returns
    -------
    Case
    """
    if value is not None and value != UNDEFINED:
        return case.with_change(parkey, value)
    parkeys_of = cache.observatory.parkeys_of
    said = [name for name in header_of(cache, case) if name.upper() == parkey.upper() or parkey in parkeys_of(name)]
    if any(len(parkeys_of(name)) > 1 for name in said):
        # the keyword gives others their values too
        return case.with_change(parkey, UNDEFINED)
    for name in said:
        case = case.with_change(name, None)
    return case


def header_of_case(case: Case) -> tuple[dict[str, object], tuple[tuple[str, str | None], ...]]:
    """What a case says, without its name, to be compared."""
    return dict(case.header), tuple(sorted(case.changes, key=lambda change: change[0]))


def _column(cache: "Cache", context: str, case: Case) -> Column:
    try:
        settings = {one.parkey: one for one in settings_of(cache, context, case)}
    except CalguiError as error:
        return Column(case, {}, {}, problem=f"{error.message} {error.cure}".strip())
    if next(iter(settings.values())).value is None:
        return Column(case, settings, {}, problem="Choose the instrument first.")
    try:
        found = {one.type: one for one in answers(cache, context, case)}
        options = as_options(cache, context, case)
    except CalguiError as error:
        return Column(case, settings, {}, problem=f"{error.message} {error.cure}".strip())
    return Column(case, settings, found, options)
