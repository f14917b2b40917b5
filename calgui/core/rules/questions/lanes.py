"""All timelines of one mode: one lane for each reference type, with the observations that were made in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from calgui.core.errors import CalguiError
from calgui.core.jobs import Job
from calgui.core.rules.questions.timeline import Mark, Timeline, marks, spread, timeline
from calgui.core.rules.questions.whatif import Case, Setting, header_of, settings_of
from calgui.core.rules.values import Status

if TYPE_CHECKING:
    from calgui.core.rules.cache import Cache

_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Lane:
    """One reference type.

    Attributes
    ----------
    type : str
        Lower case.
    told : Timeline or None
        None where it cannot be told.
    marks : tuple of Mark
        Loaded observations of this mode that have a date.
    problem : str
        Why it cannot be told.
    """

    type: str
    told: Timeline | None
    marks: tuple[Mark, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Lanes:
    """All lanes of a mode.

    Attributes
    ----------
    settings : tuple of Setting
        What the rules read, with the mode's values.
    lanes : tuple of Lane
    start, end : datetime
        What is worth to be seen.
    dated : frozenset of str
        Parkeys of dates, which are no part of a mode.
    """

    settings: tuple[Setting, ...]
    lanes: tuple[Lane, ...]
    start: datetime
    end: datetime
    dated: frozenset[str]


def lanes_of(
    cache: "Cache", context: str, case: Case, headers: Sequence[Mapping[str, Any]], job: Job, now: datetime
) -> Lanes:
    """Ask all types of a mode's instrument.

    Parameters
    ----------
    cache : Cache
        The rules.
    context : str
        Name of a ``.pmap`` of the cache.
    case : Case
        The mode; its date does not matter.
    headers : sequence of mapping
        Observations to mark.
    job : Job
        Progress and cancel.
    now : datetime
        To the right of it there is nothing yet.

    Returns
    -------
    Lanes
        None of types that are not applicable to the mode at any time.
    """
    settings = settings_of(cache, context, case)
    header = header_of(cache, case)
    types = sorted({kind for one in settings for kind in one.types})
    found: list[Lane] = []
    dated: set[str] = set()
    for number, kind in enumerate(types):
        job.report(number / max(len(types), 1), kind)
        try:
            told = timeline(cache, context, kind, header, job.part(number / len(types), (number + 0.3) / len(types)))
        except CalguiError as error:
            if job.cancelled:
                raise
            found.append(Lane(kind, None, problem=error.message))
            continue
        dated.update(told.axis)
        if all(one.status is Status.NOT_APPLICABLE for one in told.segments):
            continue
        here = marks(cache, told, headers, job.part((number + 0.3) / len(types), (number + 1) / len(types)))
        found.append(Lane(kind, told, tuple(one for one in here if one.same_mode and one.when is not None)))
    start, end = _extent(found, now)
    return Lanes(settings, tuple(found), start, end, frozenset(name.upper() for name in dated))


def _extent(lanes: Sequence[Lane], now: datetime) -> tuple[datetime, datetime]:
    """From a little before the first date that matters to a little after the last; far outliers do not stretch it."""
    moments = [one.when for lane in lanes for one in lane.marks if one.when is not None]
    for lane in lanes:
        # where no date changes anything, none matters
        if lane.told is not None and lane.told.axis and any(one.start is not None for one in lane.told.segments):
            moments += [end for end in spread(lane.told, timedelta(0)) if datetime(1980, 1, 1) < end < now + 30 * _YEAR]
    if not moments:
        return now - 3 * _YEAR, now + _YEAR / 4
    start, end = min(moments), max(*moments, min(now, max(moments) + _YEAR))
    margin = max((end - start) / 20, timedelta(days=20))
    return start - margin, end + margin
