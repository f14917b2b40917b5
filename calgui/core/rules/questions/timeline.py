"""Which file was active when, for one mode: the answers of crds along the axis of the observation's date."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from calgui.core.errors import InputError
from calgui.core.jobs import Job
from calgui.core.rules.questions import moments
from calgui.core.rules.questions.moments import LAST, TICK
from calgui.core.rules.selection import dates
from calgui.core.rules.selection.answer import Answer, ask
from calgui.core.rules.selection.bulk import best_references_many
from calgui.core.rules.selection.header import Plan, find_instrument, names_read, plan_for
from calgui.core.rules.selection.select import without_rules
from calgui.core.rules.selection.sentence import explain_answer
from calgui.core.rules.selection.situation import Situation, look
from calgui.core.rules.values import Status

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache


@dataclass(frozen=True)
class Segment:
    """A span of time with one answer.

    Attributes
    ----------
    start, end : datetime or None
        UTC, without a zone; the first moment of the span and the first after it. None where it has no beginning or end.
    file : str or None
        What is selected; None where nothing is.
    status : Status
        As in a selection.
    message : str or None
        Where nothing is selected, why: one sentence.
    rule : tuple of str
        The rule that gives the file, as written; empty where none does, or the mapping has no Match.
    date : str or None
        The entry inside the rule, as written.
    selector : str
        Kind of the selector that decides inside the rule: ``UseAfter``, ``ClosestTime``; empty where none does.
    line : int or None
        Line of the rule in the mapping's text, from 1.
    """

    start: datetime | None
    end: datetime | None
    file: str | None
    status: Status
    message: str | None = None
    rule: tuple[str, ...] = ()
    date: str | None = None
    selector: str = ""
    line: int | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in this span."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)


@dataclass(frozen=True)
class Timeline:
    """What one mode was given over the years.

    Attributes
    ----------
    context, instrument, type : str
        Name of the ``.pmap``, instrument in upper case, reference type in lower case.
    mapping : str or None
        The ``.rmap``.
    axis : tuple of str
        Parkeys of the date; empty where no rule looks at one, and the only segment holds for ever.
    mode : tuple of (str, str)
        Parkeys that decide beside the date, with their values as crds sees them.
    segments : tuple of Segment
        Without gaps, from the beginning of time to its end.
    """

    context: str
    instrument: str
    type: str
    mapping: str | None
    axis: tuple[str, ...]
    mode: tuple[tuple[str, str], ...]
    segments: tuple[Segment, ...]

    def at(self, moment: datetime) -> Segment:
        """The segment that holds a moment."""
        return next(one for one in self.segments if one.holds(moment))


@dataclass(frozen=True)
class Mark:
    """One observation on a timeline.

    Attributes
    ----------
    index : int
        Its place among the headers.
    when : datetime or None
        Its date; None where it has none that crds can read.
    file : str or None
        What it selects, with its own header.
    status : Status
    same_mode : bool
        Whether the values that decide beside the date are those of the timeline.
    """

    index: int
    when: datetime | None
    file: str | None
    status: Status
    same_mode: bool


def timeline(cache: "Cache", context: str, type: str, header: Mapping[str, Any], job: Job | None = None) -> Timeline:
    """Which file is selected when, for one mode.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    type : str
        Reference type, in any case.
    header : mapping of str to object
        As in a file; its date, if it has one, makes no difference.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    Timeline
        Each segment's answer is crds's own, asked at its beginning and at its end; where dates are compared by
        distance the border is found to the microsecond.

    Raises
    ------
    UsageError
        When the cache has no such context.
    InputError
        When the context cannot be read, or the header's instrument is missing or unknown.
    """
    kind = type.lower()
    cache.check_context(context)
    instrument = find_instrument(cache, context, header)
    plan = plan_for(cache, context, instrument)
    early = without_rules(plan, kind)
    if early is not None:
        segment = Segment(None, None, None, early.status, early.message)
        return Timeline(context, instrument, kind, early.mapping, (), (), (segment,))
    line = _Line(cache, plan, kind, header)
    segments = line.segments(job or Job())
    return Timeline(context, instrument, kind, plan.names[kind], line.axis, line.mode(), segments)


def marks(
    cache: "Cache", told: Timeline, headers: Sequence[Mapping[str, Any]], job: Job | None = None
) -> tuple[Mark, ...]:
    """Observations on a timeline.

    Parameters
    ----------
    cache : Cache
        The rules.
    told : Timeline
        Made from the same cache.
    headers : sequence of mapping
        One for each observation; those of other instruments are left out.
    job : Job, optional
        Progress and cancel.

    Returns
    -------
    tuple of Mark
        In the order of the headers.
    """
    plan = plan_for(cache, told.context, told.instrument)
    answers = best_references_many(cache, told.context, headers, [told.type], job)
    found = []
    for index, (header, (answer,)) in enumerate(zip(headers, answers, strict=True)):
        try:
            if find_instrument(cache, told.context, header) != told.instrument:
                continue
        except InputError:
            continue
        values = plan.read(header)[1]
        text = dates.standard([values.get(name, "UNDEFINED") for name in told.axis]) if told.axis else None
        same = all(values.get(name) == value for name, value in told.mode)
        found.append(Mark(index, moments.parse(text), answer.file, answer.status, same))
    return tuple(found)


@dataclass(frozen=True)
class _Said:
    """crds's answer at one moment."""

    status: Status
    file: str | None


class _Line:
    def __init__(self, cache: "Cache", plan: Plan, kind: str, header: Mapping[str, Any]) -> None:
        self.cache, self.plan, self.kind, self.rmap = cache, plan, kind, plan.rmaps[kind]
        self.axis = moments.axis(self.rmap.selector)
        dated = plan.read(header)
        self.texts = {name: text for name, text in dated[0].items() if name not in self.axis}
        self.minimal = {name: text for name, text in dated[1].items() if name not in self.axis}
        self.asked: dict[datetime, Answer] = {}
        self.lines = {entry.key: entry.line for entry in cache.parsed(plan.names[kind]).choices.entries}

    def mode(self) -> tuple[tuple[str, str], ...]:
        """Values that decide beside the date."""
        names = (*names_read(self.rmap, self.plan.parkeys), *moments.parameters(self.rmap.selector))
        return tuple((name, self.minimal[name]) for name in dict.fromkeys(names) if name in self.minimal)

    def segments(self, job: Job) -> tuple[Segment, ...]:
        if not self.axis:
            return (self._told(None, None, None),)
        starts = [datetime.min, *self._borders(job)]
        ends = [*starts[1:], None]
        found: list[Segment] = []
        for start, end in zip(starts, ends, strict=True):
            job.check()
            one = self._told(None if start == datetime.min else start, end, start)
            last = found[-1] if found else None
            if last is not None and replace(one, start=last.start, message=last.message) == replace(last, end=end):
                found[-1] = replace(last, end=end)
            else:
                found.append(one)
        return tuple(found)

    def _borders(self, job: Job) -> list[datetime]:
        """Moments at which the answer may change: those that the rules name, and what lies between them."""
        known = sorted({datetime.min, *self._named()})
        found = set(known[1:])
        for number, (start, end) in enumerate(pairwise([*known, LAST])):
            job.report(number / len(known), "asking for each date")
            found.update(_between(self._at, start, max(start, end - TICK)))
        return sorted(found)

    def _named(self) -> set[datetime]:
        seen = self._look(datetime(2000, 1, 1))
        return moments.named(self.rmap, self._choices(seen), self.axis)

    def _choices(self, seen: Situation) -> list[Any]:
        """What the rules hold that may matter: those that match, or all where hooks and conditions may bring others."""
        if seen.board is None:
            return [seen.selector]
        rows = seen.board.table.rows
        if moments.loose(self.rmap, self.axis):
            return [row.choice for row in rows]
        return [rows[index].choice for group in seen.board.groups for index in group]

    def _at(self, moment: datetime) -> _Said:
        answer = self._ask(moment)
        return _Said(answer.status, answer.file)

    def _ask(self, moment: datetime) -> Answer:
        found = self.asked.get(moment)
        if found is None:
            found = self.asked[moment] = ask(self.rmap, self._given(moment)[1])
        return found

    def _given(self, moment: datetime | None) -> tuple[dict[str, str], dict[str, str]]:
        said = moments.words(self.axis, moment) if moment is not None else {}
        return {**self.texts, **said}, {**self.minimal, **said}

    def _look(self, moment: datetime | None) -> Situation:
        texts, minimal = self._given(moment)
        return look(self.plan, self.rmap, texts, minimal)

    def _told(self, start: datetime | None, end: datetime | None, moment: datetime | None) -> Segment:
        texts, minimal = self._given(moment)
        answer = self._ask(moment) if moment is not None else ask(self.rmap, minimal)
        if answer.file is None:
            message = explain_answer(self.plan, self.rmap, answer, texts, minimal)
            return Segment(start, end, None, answer.status, _undated(message, [minimal.get(n, "") for n in self.axis]))
        seen = look(self.plan, self.rmap, texts, minimal)
        rule, date, selector = _chosen(seen)
        return Segment(start, end, answer.file, answer.status, None, rule, date, selector, self.lines.get(rule))


def _undated(message: str | None, said: Sequence[str]) -> str | None:
    """A sentence without the moment that crds was asked about: it holds for the whole span."""
    if message is None:
        return None
    return re.sub(rf"begin after {re.escape(' '.join(said))} \([^)]*\)", "begin later", message)


def _between(at: Callable[[datetime], _Said], start: datetime, end: datetime) -> list[datetime]:
    """The moment after `start` at which the answer becomes what it is at `end`; none where it is so already."""
    if start >= end or at(start) == at(end):
        return []
    first, low, high = at(start), start, end
    while high - low > TICK:
        middle = low + (high - low) / 2
        if middle in (low, high):
            break
        if at(middle) == first:
            low = middle
        else:
            high = middle
    return [high, *_between(at, high, end)]


def _chosen(seen: Situation) -> tuple[tuple[str, ...], str | None, str]:
    """Rule, entry and kind of selector that gave the file."""
    if seen.error is not None:
        return (), None, ""
    picked = dates.picked(seen.choice, seen.header) if dates.is_selector(seen.choice) else []
    kind = str(seen.choice.short_name) if dates.is_selector(seen.choice) else ""
    if seen.board is None:
        holders: list[tuple[tuple[str, ...], Any]] = [((), seen.selector)]
    else:
        holders = [(seen.board.table.rows[i].key, seen.board.table.rows[i].choice) for i in seen.group]
    for key, choice in holders:
        labels = [label for label, path, file in dates.entries(choice) if (path, file) in picked]
        if labels or not picked:
            return key, ", ".join(labels) or None, kind
    return holders[0][0] if holders else (), None, kind


def spread(told: Timeline, margin: timedelta = timedelta(days=365)) -> tuple[datetime, datetime]:
    """A span of time that shows all borders of a timeline, with some room on both sides.

    Parameters
    ----------
    told : Timeline
        Any.
    margin : timedelta
        Least room on each side.

    Returns
    -------
    datetime, datetime
        Of the last years where it has no border.
    """
    borders = [one.start for one in told.segments if one.start is not None]
    first, last = (borders[0], borders[-1]) if borders else (datetime(2000, 1, 1), datetime(2030, 1, 1))
    room = max(margin, (last - first) / 10)
    low = first - room if first - datetime.min > room else datetime.min
    high = last + room if LAST - last > room else LAST
    return low, high
