"""One reference type asked for many headers: an answer, or dates to bisect, learnt once for each set of values."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from calgui.core.rules.files.mapping_file import SPECIAL
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection import dates
from calgui.core.rules.selection.answer import Answer
from calgui.core.rules.selection.board import table_of
from calgui.core.rules.selection.header import Plan, conditions_of, has_hooks, names_read
from calgui.core.rules.selection.select import select_one, told, without_rules
from calgui.core.rules.selection.sentence import NOT_REPROCESSED, NOT_REQUIRED, no_match, too_early
from calgui.core.rules.values import Selection, Status

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

#: for each group of equal weight the dates, and for each of them a name of a file or the `Selection` made of it
Groups = list[tuple[list[str], list[Any]]]
#: stands for the date of a file that has none: earlier than all
UNDATED = [""]
#: sets of values that are remembered for one type
_MEMO = 100_000


@dataclass(frozen=True, eq=False)
class Sheet:
    """One header as the counters see it: conditioned values in the order of the plan's parkeys.

    Attributes
    ----------
    values : tuple of str
        UNDEFINED where the header has none.
    missing : frozenset of str
        Parkeys that the header lacks.
    header : mapping
        As it came.
    """

    plan: Plan
    values: tuple[str, ...]
    missing: frozenset[str]
    header: Mapping[str, Any]

    def minimal(self) -> dict[str, str]:
        """The header as crds is given it."""
        return dict(zip(self.plan.parkeys, self.values, strict=True))


class Dated:
    """Dates that crds would search in turn for one set of values, each group sorted, with what each date gives."""

    def __init__(self, counter: "Counter", groups: "Groups", begins: str | None, unprocessed: bool) -> None:
        self.counter, self.groups, self.begins, self.unprocessed = counter, groups, begins, unprocessed
        self._sentence: tuple[str, str] | None = None

    def search(self, date: str, values: Sequence[str]) -> Selection:
        """What crds's bisection would find."""
        return self.find(date) or self.late([values[place] for place in self.counter.dated])

    def find(self, date: str) -> Selection | None:
        """What crds's bisection would find; None where everything begins later."""
        for keys, found in self.groups:
            index = bisect_right(keys, date)
            if index:
                one = found[index - 1]
                if not isinstance(one, Selection):
                    one = found[index - 1] = self.counter.selected(one)
                return one
        return None

    def late(self, said: Sequence[str]) -> Selection:
        """The answer where everything begins later than the observation."""
        counter = self.counter
        if self.unprocessed or not counter.required:
            return counter.failure("", self.unprocessed)
        return counter.failure(self.begin_later(said), unprocessed=False)

    def begin_later(self, said: Sequence[str]) -> str:
        """The sentence for that."""
        if self._sentence is None:
            begins = () if self.begins is None else (self.begins,)
            before, _, after = too_early(self.counter.plan, self.counter.inner, "\0", begins).partition("\0")
            self._sentence = before, after
        return " ".join(said).join(self._sentence)


class Counter:
    """One reference type of one instrument.

    Attributes
    ----------
    dated : tuple of int
        Places of the parkeys that do nothing but choose a date inside the rules; empty where there are none such.
    tight : tuple of int
        Places of the other parkeys that decide.
    hooked : bool
        Whether crds looks at the whole header for this type, and may change it.
    required : bool
        Whether crds calls it not found, rather than not applicable, where no rule gives a file.
    pick : callable
        Takes the values at `tight` from a sheet's values.
    rows : dict
        What was learnt so far: by the missing parkeys and the picked values.
    """

    def __init__(self, cache: "Cache", plan: Plan, kind: str) -> None:
        self.cache, self.plan, self.kind = cache, plan, kind
        self.place = {name: number for number, name in enumerate(plan.parkeys)}
        self._dotted = any("." in name for name in plan.parkeys)  # only then crds has to rename for its expressions
        self.early = without_rules(plan, kind)
        self.hooked = False
        self.dated: tuple[int, ...] = ()
        self.inner: tuple[str, ...] = ()
        self._groups: dict[tuple[Any, ...], Any] = {}
        self._files: dict[str, Selection] = {}
        self.rows: dict[tuple[Any, ...], Any] = {}
        self._asked: dict[tuple[Any, ...], Selection] = {}
        self._failed = Selection(kind, Status.NOT_FOUND, mapping=plan.names.get(kind))
        self._unneeded = {
            word: Selection(kind, Status.NOT_APPLICABLE, mapping=plan.names.get(kind), message=word)
            for word in (NOT_REPROCESSED, NOT_REQUIRED)
        }
        self.required = True
        read: set[int] = set()
        if self.early is None:
            self.rmap = plan.rmaps[kind]
            self.hooked = has_hooks(self.rmap)
            self.inner = self._dates_inside()
            self.dated = tuple(self.place[name] for name in self.inner)
            self.required = self.rmap._reffile_required in ("YES", "NONE")
            self._may_be_unprocessed = hasattr(self.rmap.locate, "dnr_check")
            read = self._columns()
        self.read = tuple(sorted(read))
        self.tight = tuple(sorted(read.difference(self.dated)))
        self.pick = picker(self.tight)

    # ------------------------------------------------------------------ what decides

    def _columns(self) -> set[int]:
        if self.hooked:
            return set(self.place.values())
        dnr = getattr(self.rmap.locate, "dnr_check", None)
        code = getattr(dnr, "__code__", None)
        named = set(code.co_consts) if code is not None else set()
        named.update(names_read(self.rmap, self.plan.parkeys))
        return {place for name, place in self.place.items() if name in named}

    def _dates_inside(self) -> tuple[str, ...]:
        """Parkeys of the dates inside the rules, where nothing else reads them and bisection will do."""
        rmap = self.rmap
        if type(rmap.selector).__name__ != "MatchSelector" or not set(rmap.selector._parameters) <= set(self.place):
            return ()
        inner: set[tuple[str, ...]] = set()
        for choice in rmap.selector.choices():
            if dates.is_selector(choice):
                if type(choice).__name__ != "UseAfterSelector" or any(dates.is_selector(c) for c in choice.choices()):
                    return ()
                inner.add(tuple(choice._parameters))
        if len(inner) != 1:
            return ()
        names = inner.pop()
        used = {name for _, code in conditions_of(rmap) for name in code.co_names}
        used.update(rmap.selector._parameters, (name.upper() for name in rmap._parkey_relevance_exprs))
        if any(name in used or name.replace(".", "_") in used or name not in self.place for name in names):
            return ()
        return names

    # ------------------------------------------------------------------ answers

    def learn(self, sheet: Sheet) -> Any:
        """For a type without hooks: a Selection, a `Dated`, or None where crds has to be asked with the date."""
        if self.early is not None:
            return self.early
        key = (sheet.missing, self.pick(sheet.values))
        if key not in self.rows:
            if len(self.rows) > _MEMO:
                self.rows.clear()
            self.rows[key] = self._entry(sheet) if self.dated else self.ask(sheet)
        return self.rows[key]

    def _entry(self, sheet: Sheet) -> Any:
        given = sheet.minimal()
        try:
            early = self._not_needed(given)
            if early is not None:
                return early
            header = self._relevant(given)
            entry = self._by_rules(header, sheet.missing)
            return self.failure(entry, self._unprocessed(header)) if isinstance(entry, str) else entry
        except (Exception, SystemExit):  # noqa: BLE001 - crds raises whatever a mapping leads it to
            return None

    def hook(self, sheet: Sheet, date_of: Callable[[Sequence[str]], str | None]) -> Selection:
        """For a type with hooks and dates: crds's two look-ups, each with the header that its hook makes."""
        given = sheet.minimal()
        try:
            found = self._not_needed(given) or self._hooked(given, sheet.missing, date_of)
        except (Exception, SystemExit):  # noqa: BLE001 - crds raises whatever a mapping leads it to
            found = None
        return self.ask(sheet) if found is None else found

    def _hooked(
        self, given: dict[str, str], missing: frozenset[str], date_of: Callable[[Sequence[str]], str | None]
    ) -> Selection | None:
        header = self._relevant(self.rmap._precondition_header(self.rmap, dict(given)))
        first = self._with_date(header, missing, date_of)
        if not isinstance(first, str):
            return first
        if self._unprocessed(header):
            return self.failure(first, unprocessed=True)
        other = self.rmap._fallback_header(self.rmap, dict(given))
        if not other:
            return self.failure(first, unprocessed=False)
        second = self._with_date(self._relevant(self.rmap.minimize_header(other)), missing, date_of)
        return self.failure(second, unprocessed=False) if isinstance(second, str) else second

    def _with_date(
        self, header: Mapping[str, str], missing: frozenset[str], date_of: Callable[[Sequence[str]], str | None]
    ) -> Selection | str | None:
        """One look-up: a file, the sentence why there is none, or None where crds has to be asked."""
        entry: Selection | Dated | str | None = self._by_rules(header, missing)
        if not isinstance(entry, Dated):
            return entry
        said = [header[name] for name in self.inner]
        date = date_of(said)
        return None if date is None else entry.find(date) or entry.begin_later(said)

    def _not_needed(self, given: Mapping[str, str]) -> Selection | None:
        """The answer where crds does not even look at the rules."""
        errors = crds_module("core.exceptions")
        named = crds_module("core.utils").condition_header_keys(given) if self._dotted else given
        try:
            self.rmap.check_rmap_omit(named)
            self.rmap.check_rmap_relevance(named)
        except (errors.IrrelevantReferenceTypeError, errors.OmitReferenceTypeError) as error:
            answer = Answer(Status.NOT_APPLICABLE, error=error)
            return told(self.cache, self.plan, self.kind, answer, {}, given)
        return None

    def _relevant(self, header: dict[str, str]) -> dict[str, str]:
        irrelevant = self.rmap._parkey_relevance_exprs
        return self.rmap.map_irrelevant_parkeys_to_na(header) if irrelevant else header

    def _by_rules(self, header: Mapping[str, str], missing: frozenset[str]) -> Any:
        """What the rules give: a Selection, a `Dated`, a sentence where none matches, None where crds is asked."""
        selector = self.rmap.selector
        board = table_of(selector).board(selector, header, missing)
        if board.groups:
            key = (board.groups, not self.hooked and self._unprocessed(header))
            if key not in self._groups:
                self._groups[key] = self._merged(*key)
            return self._groups[key]
        if board.refused:
            error = board.columns[board.refused[0]].error
            if not isinstance(error, crds_module("core.exceptions").CrdsError):
                return None
        return no_match(self.plan, board)

    def _unprocessed(self, header: Mapping[str, str]) -> bool:
        return self._may_be_unprocessed and self.rmap.dnr_check(header) is True

    def _merged(self, groups: tuple[tuple[int, ...], ...], unprocessed: bool) -> Any:
        rows = table_of(self.rmap.selector).rows
        found = dated_groups(self.rmap.selector, groups)
        if found is None:
            return None
        if found[0][0] == UNDATED:
            return self.selected(found[0][1][0])
        begins = (entry.date for group in groups for index in group for entry in rows[index].blank)
        return Dated(self, found, min(begins, default=None), unprocessed)

    def selected(self, file: str) -> Selection:
        """The answer for a file, or for one of the words that stand for none."""
        if file not in self._files:
            answer = Answer(Status.SELECTED, file)
            if file in SPECIAL:
                answer = Answer(Status.NOT_APPLICABLE, error=LookupError("declared by a rule"))
            self._files[file] = told(self.cache, self.plan, self.kind, answer, {}, {})
        return self._files[file]

    def failure(self, message: str, unprocessed: bool) -> Selection:
        """The answer where no rule gives a file."""
        if unprocessed:
            return self._unneeded[NOT_REPROCESSED]
        return self._failed.saying(message) if self.required else self._unneeded[NOT_REQUIRED]

    def ask(self, sheet: Sheet) -> Selection:
        """crds's own answer, remembered by all values that decide it."""
        if self.early is not None:
            return self.early
        key = (sheet.missing, *[sheet.values[place] for place in self.read])
        found = self._asked.get(key)
        if found is None:
            if len(self._asked) > _MEMO:
                self._asked.clear()
            texts, minimal = self.plan.read(sheet.header)
            found = self._asked[key] = select_one(self.cache, self.plan, self.kind, texts, minimal)
        return found


def dated_groups(selector: Any, groups: Sequence[Sequence[int]]) -> Groups | None:
    """What groups of equal weight hold, merged by crds: dates and files; None where it is more than dates.

    Parameters
    ----------
    selector : crds MatchSelector
        Outermost one of a mapping.
    groups : sequence of sequence of int
        Rules that match, best weight first.

    Returns
    -------
    list of tuple of list or None
        For each group dates and the file of each; a file without a date has `UNDATED`, and ends the list.
    """
    rows = table_of(selector).rows
    found: Groups = []
    for group in groups:
        choices = tuple(rows[index].choice for index in group)
        if len(choices) == 1 and isinstance(choices[0], str):
            found.append((UNDATED, [choices[0]]))
            break
        if any(type(choice).__name__ != "UseAfterSelector" for choice in choices):
            return None
        if len(choices) > 1 and not selector._merge_overlaps:
            return None
        try:
            choice = selector.merge_group(choices) if len(choices) > 1 else choices[0]
        except (Exception, SystemExit):  # noqa: BLE001 - crds cannot merge what lies deeper than dates
            return None
        if any(not isinstance(file, str) for file in choice.choices()):
            return None
        found.append((choice.keys(), choice.choices()))
    return found


def picker(places: tuple[int, ...]) -> Callable[[tuple[str, ...]], Any]:
    """A quick way to take the values at some places."""
    return itemgetter(*places) if places else lambda values: ()
