"""Best references of many headers: crds asked once for each set of values, dates looked up by bisection."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from calgui.core.errors import InputError
from calgui.core.jobs import Job
from calgui.core.rules import dates
from calgui.core.rules.header import UNDEFINED, Plan, find_instrument, names_read, plan_for
from calgui.core.rules.mapping_file import SPECIAL
from calgui.core.rules.select import best_references, select_one, told, without_rules
from calgui.core.rules.setup import crds_module
from calgui.core.rules.situation import look
from calgui.core.rules.values import Selection, Status

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_STEP = 256


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


@dataclass
class _Dated:
    """Groups of dates that crds would search in turn, each sorted, with what each gives."""

    groups: list[tuple[list[str], list[Selection]]]
    columns: tuple[int, ...]


@dataclass
class _Desk:
    """Answers for one instrument, remembered by the values that decide them."""

    cache: "Cache"
    plan: Plan
    types: Sequence[str] | None
    _sources: dict[tuple[Any, ...], tuple[Any, ...]] = field(default_factory=dict)
    _conditioned: dict[str, str] = field(default_factory=dict)
    _dates: dict[tuple[str, ...], str | None] = field(default_factory=dict)
    _rows: dict[tuple[Any, ...], list[Any]] = field(default_factory=dict)
    _slow: dict[tuple[Any, ...], Selection] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kinds = [kind.lower() for kind in (self.types or self.plan.names)]
        self._fast = {kind: self._dated_by(kind) for kind in self.kinds}
        self._place = {name: number for number, name in enumerate(self.plan.parkeys)}
        self._read = {kind: self._columns(kind) for kind in self.kinds}
        loose = {self._place[name] for inner in self._fast.values() for name in inner}
        tight: set[int] = set()
        self._alone: set[str] = set()  # types that crds is asked about apart: hooks, or what bisection cannot do
        for kind in self.kinds:
            own = self._read[kind]
            if self._fast[kind]:
                tight.update(own - {self._place[name] for name in self._fast[kind]})
            elif own & loose or (own and _whole(self.plan.rmaps[kind])):
                self._alone.add(kind)
            else:
                tight.update(own)
        self._matched = tuple(sorted(tight))

    def _columns(self, kind: str) -> set[int]:
        """Places of the parkeys that decide a type."""
        rmap = self.plan.rmaps.get(kind)
        if rmap is None or isinstance(rmap, InputError):
            return set()
        if _whole(rmap):
            return set(self._place.values())
        dnr = getattr(rmap.locate, "dnr_check", None)
        code = getattr(dnr, "__code__", None)
        named = set(code.co_consts) if code is not None else set()
        return {self._place[name] for name in names_read(rmap, self.plan.parkeys)} | {
            place for name, place in self._place.items() if name in named
        }

    def _dated_by(self, kind: str) -> tuple[str, ...]:
        """Parkeys that only choose a date inside this type's rules, where bisection will do."""
        rmap = self.plan.rmaps.get(kind)
        if rmap is None or isinstance(rmap, InputError) or _whole(rmap):
            return ()
        if type(rmap.selector).__name__ != "MatchSelector":
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
        codes = [rmap._rmap_relevance_expr, rmap._rmap_omit_expr, *rmap._parkey_relevance_exprs.values()]
        used = {name for _, code in codes for name in code.co_names}
        relevant = {name.upper() for name in rmap._parkey_relevance_exprs}
        upper = [name.upper() for name in names]
        if any(
            name in rmap.selector._parameters or name in used or name.replace(".", "_") in used or name in relevant
            for name in upper
        ):
            return ()
        return tuple(upper) if tuple(upper) == tuple(names) else ()

    def ask(self, layout: tuple[Any, ...], header: Mapping[str, Any]) -> tuple[Selection, ...]:
        sources = self._sources.get(layout)
        if sources is None:
            sources = self._sources[layout] = self._probe(layout)
        raw = [None if key is None else str(header[key]) for key in sources]
        memo = self._conditioned
        values = []
        for text in raw:
            value = memo.get(text) if text is not None else UNDEFINED
            if value is None:
                value = memo[text] = crds_module("core.utils").condition_value(text)  # type: ignore[index]
            values.append(value)
        absent = tuple(number for number, key in enumerate(sources) if key is None)
        key = (absent, *[values[number] for number in self._matched])
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = [self._learn(kind, header) for kind in self.kinds]
        found = []
        late: dict[tuple[int, ...], str | None] = {}
        for kind, entry in zip(self.kinds, row, strict=True):
            if isinstance(entry, _Dated):
                if entry.columns not in late:
                    late[entry.columns] = self._date(entry.columns, values)
                entry = _search(entry, late[entry.columns])
            found.append(entry if entry is not None else self._ask_slowly(kind, absent, values, header))
        return tuple(found)

    def _probe(self, layout: tuple[Any, ...]) -> tuple[Any, ...]:
        """For each parkey the key of the header that it comes from: told by a header of marks."""
        marks = {key: f"\0{number}" for number, key in enumerate(layout)}
        back = {mark: key for key, mark in marks.items()}
        texts = self.plan.texts(marks)
        return tuple(back.get(texts.get(name, "")) for name in self.plan.parkeys)

    def _date(self, columns: tuple[int, ...], values: list[str]) -> str | None:
        parts = tuple(values[number].strip() for number in columns)
        if parts not in self._dates:
            try:
                if UNDEFINED in parts:
                    raise ValueError("undefined")
                self._dates[parts] = crds_module("core.timestamp").reformat_date(" ".join(parts).strip())
            except (Exception, SystemExit):  # noqa: BLE001 - whatever crds cannot read is left to crds
                self._dates[parts] = None
        return self._dates[parts]

    def _learn(self, kind: str, header: Mapping[str, Any]) -> Any:
        """What to do for one type with headers of these values: an answer, dates to search, or None to ask crds."""
        early = without_rules(self.plan, kind)
        if early is not None:
            return early
        if kind in self._alone:
            return None
        texts = self.plan.texts(header)
        minimal = self.plan.minimise(texts)
        if not self._fast[kind]:
            return select_one(self.cache, self.plan, kind, texts, minimal)
        return self._dated(kind, texts, minimal)

    def _dated(self, kind: str, texts: Mapping[str, str], minimal: Mapping[str, str]) -> Any:
        rmap = self.plan.rmaps[kind]
        try:
            rmap.check_rmap_omit(crds_module("core.utils").condition_header_keys(minimal))
            rmap.check_rmap_relevance(crds_module("core.utils").condition_header_keys(minimal))
        except (Exception, SystemExit):  # noqa: BLE001 - decided without a date
            return select_one(self.cache, self.plan, kind, texts, minimal)
        try:
            board = look(self.plan, rmap, texts, minimal).board
        except (Exception, SystemExit):  # noqa: BLE001 - crds raises whatever a mapping leads it to
            return None
        if board is None:
            return None
        if not board.groups:
            return select_one(self.cache, self.plan, kind, texts, minimal)
        groups = []
        for group in board.groups:
            choices = tuple(board.table.rows[index].choice for index in group)
            if not all(dates.is_selector(choice) for choice in choices):
                return None
            if len(choices) > 1 and not rmap.selector._merge_overlaps:
                return None
            try:
                choice = rmap.selector.merge_group(choices) if len(choices) > 1 else choices[0]
            except (Exception, SystemExit):  # noqa: BLE001 - crds raises whatever a mapping leads it to
                return None
            if any(not isinstance(file, str) or file in SPECIAL for file in choice.choices()):
                return None
            groups.append((choice.keys(), [self._selected(kind, file) for file in choice.choices()]))
        return _Dated(groups, tuple(self._place[name] for name in self._fast[kind]))

    def _selected(self, kind: str, file: str) -> Selection:
        key = ("file", kind, file)
        if key not in self._slow:
            from calgui.core.rules.select import Answer

            self._slow[key] = told(self.cache, self.plan, kind, Answer(Status.SELECTED, file), {}, {})
        return self._slow[key]

    def _ask_slowly(
        self, kind: str, absent: tuple[int, ...], values: list[str], header: Mapping[str, Any]
    ) -> Selection:
        key = (kind, absent, *[values[number] for number in sorted(self._read[kind])])
        found = self._slow.get(key)
        if found is None:
            texts = self.plan.texts(header)
            found = self._slow[key] = select_one(self.cache, self.plan, kind, texts, self.plan.minimise(texts))
        return found


def _whole(rmap: Any) -> bool:
    """Whether crds may look at the whole header for this type: it has hooks."""
    none: Callable[..., None] = lambda *_: None  # noqa: E731
    hooks = ("precondition_header", "fallback_header")
    return any(rmap.get_hook(name, none) is not none for name in hooks)


def _search(entry: _Dated, date: str | None) -> Selection | None:
    if date is None:
        return None
    for keys, files in entry.groups:
        index = bisect_right(keys, date)
        if index:
            return files[index - 1]
    return None
