"""Best references of many headers: each set of values is looked at once, dates are found by bisection."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from calgui.core.errors import InputError
from calgui.core.jobs import Job
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection import dates
from calgui.core.rules.selection.counter import Counter, Dated, Sheet, picker
from calgui.core.rules.selection.header import UNDEFINED, Plan, find_instrument, plan_for
from calgui.core.rules.selection.select import best_references
from calgui.core.rules.values import Selection

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_STEP = 256
#: what is remembered of one call at most: sets of values, single values, dates
_MEMO = 200_000


def best_references_many(
    cache: "Cache",
    context: str,
    headers: Sequence[Mapping[str, Any]],
    types: Sequence[str] | None = None,
    job: Job | None = None,
) -> list[tuple[Selection, ...]]:
    """The references that the rules select for many headers; the same answers as `best_references`, sooner.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    headers : sequence of mapping
        Each as in a file.
    types : sequence of str, optional
        Reference types; by default all of each header's instrument.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    list of tuple of Selection
        In the order of the headers.

    Raises
    ------
    UsageError, InputError
        As `best_references`.
    Cancelled
        When the job was cancelled.
    """
    asked = _Bulk(cache, context, types)
    found = []
    for number, header in enumerate(headers):
        if job is not None and number % _STEP == 0:
            job.report(number / len(headers), "selecting references")
        found.append(asked.ask(header))
    return found


class _Bulk:
    """One call: what was learnt of layouts of headers, and of their values."""

    def __init__(self, cache: "Cache", context: str, types: Sequence[str] | None) -> None:
        self.cache, self.context, self.types = cache, context, types
        pmap = cache.load(context)
        instruments = [str(pmap.instrument_key), *crds_module("core.rmap").INSTRUMENT_KEYWORDS]
        self._naming = {name.upper() for name in instruments}
        for name in tuple(self._naming):
            keyword = cache.observatory.keyword_of(name)
            if keyword:
                self._naming.add(keyword)
        self._named: dict[tuple[Any, ...], tuple[str, ...]] = {}
        self._desks: dict[tuple[Any, ...], _Desk | None] = {}
        self._by_instrument: dict[str, _Desk] = {}

    def ask(self, header: Mapping[str, Any]) -> tuple[Selection, ...]:
        if None in header.values():
            # a card without a value is as good as none
            header = {key: value for key, value in header.items() if value is not None}
        layout = tuple(header)
        naming = self._named.get(layout)
        if naming is None:
            naming = self._named[layout] = tuple(key for key in layout if str(key).upper() in self._naming)
        key = (layout, *[str(header[name]) for name in naming])
        if key not in self._desks:
            self._desks[key] = self._desk(header)
        desk = self._desks[key]
        if desk is None:
            return best_references(self.cache, self.context, header, self.types)
        return desk.ask(layout, header)

    def _desk(self, header: Mapping[str, Any]) -> "_Desk | None":
        try:
            instrument = find_instrument(self.cache, self.context, header)
            plan = plan_for(self.cache, self.context, instrument)
        except InputError:
            return None
        if plan.observatory.name == "roman":
            return None  # its own table of keywords looks at values
        if instrument not in self._by_instrument:
            self._by_instrument[instrument] = _Desk(self.cache, plan, self.types)
        return self._by_instrument[instrument]


class _Conditioned(dict[str, str]):
    """Text of a header -> as crds conditions it, remembered."""

    def __missing__(self, text: str) -> str:
        if len(self) > _MEMO:
            self.clear()
        value = self[text] = str(crds_module("core.utils").condition_value(text))
        return value


class _Desk:
    """Answers for one instrument: what each type gives is kept together by all values that decide it."""

    def __init__(self, cache: "Cache", plan: Plan, types: Sequence[str] | None) -> None:
        self.plan = plan
        self.counters = [Counter(cache, plan, kind.lower()) for kind in (types or plan.names)]
        loose = {place for counter in self.counters for place in counter.dated}
        #: types that are not kept with the others: hooks look at everything, or a date is more than a date to them
        self._asked = [(one, one.hooked or not loose.isdisjoint(one.tight)) for one in self.counters]
        tight = {place for one, apart in self._asked if not apart for place in one.tight}
        self._pick = picker(tuple(sorted(tight)))
        self._layouts: dict[tuple[Any, ...], tuple[tuple[Any, ...], frozenset[str]]] = {}
        self._conditioned = _Conditioned()
        self._dates: dict[tuple[str, ...], str | None] = {}
        self._rows: dict[tuple[Any, ...], list[Any]] = {}

    def ask(self, layout: tuple[Any, ...], header: Mapping[str, Any]) -> tuple[Selection, ...]:
        sheet = self._sheet(layout, header)
        values = sheet.values
        key = (sheet.missing, self._pick(values))
        row = self._rows.get(key)
        if row is None:
            if len(self._rows) > _MEMO:
                self._rows.clear()
            row = self._rows[key] = self._row(sheet)
        found = []
        known: dict[tuple[int, ...], str | None] = {}
        for entry in row:
            kind = type(entry)
            if kind is Selection:
                found.append(entry)
            elif kind is Dated:
                columns = entry.counter.dated
                date = known.get(columns)
                if date is None:
                    date = known[columns] = self._date([values[place] for place in columns])
                found.append(self._search(entry, date, sheet) if date is None else entry.search(date, values))
            else:
                found.append(self._alone(entry, sheet))
        return tuple(found)

    def _row(self, sheet: Sheet) -> list[Any]:
        """What each type gives for these values, the dates apart: a loop without calls where all is known."""
        missing, values = sheet.missing, sheet.values
        row: list[Any] = []
        for counter, apart in self._asked:
            entry: Any = counter
            if not apart:
                entry = counter.rows.get((missing, counter.pick(values))) or counter.learn(sheet) or counter
            row.append(entry)
        return row

    def _search(self, entry: Dated, date: str | None, sheet: Sheet) -> Selection:
        return entry.counter.ask(sheet) if date is None else entry.search(date, sheet.values)

    def _alone(self, counter: Counter, sheet: Sheet) -> Selection:
        if counter.hooked:
            return counter.hook(sheet, self._date) if counter.dated else counter.ask(sheet)
        entry = counter.learn(sheet)
        if isinstance(entry, Dated):
            return self._search(entry, self._date([sheet.values[place] for place in counter.dated]), sheet)
        return counter.ask(sheet) if entry is None else entry

    def _sheet(self, layout: tuple[Any, ...], header: Mapping[str, Any]) -> Sheet:
        known = self._layouts.get(layout)
        if known is None:
            known = self._layouts[layout] = self._probe(layout)
        memo = self._conditioned
        values = tuple([UNDEFINED if key is None else memo[str(header[key])] for key in known[0]])
        return Sheet(self.plan, values, known[1], header)

    def _probe(self, layout: tuple[Any, ...]) -> tuple[tuple[Any, ...], frozenset[str]]:
        """For each parkey the key of the header that it comes from, and those that none gives: told by marks."""
        marks = {key: f"\0{number}" for number, key in enumerate(layout)}
        back = {mark: key for key, mark in marks.items()}
        texts = self.plan.texts(marks)
        sources = tuple(back.get(texts.get(name, "")) for name in self.plan.parkeys)
        missing = frozenset(name for name, source in zip(self.plan.parkeys, sources, strict=True) if source is None)
        return sources, missing

    def _date(self, said: Sequence[str]) -> str | None:
        parts = tuple(said)
        if parts not in self._dates:
            if len(self._dates) > _MEMO:
                self._dates.clear()
            self._dates[parts] = dates.standard(parts)
        return self._dates[parts]
