"""The timeline against crds: within each segment, at its ends and a moment before them, on generated and real rules."""

import itertools
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from calgui.core.errors import InputError
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.questions.lanes import lanes_of
from calgui.core.rules.questions.matches import matches
from calgui.core.rules.questions.timeline import Timeline, marks, spread, timeline
from calgui.core.rules.questions.whatif import Case
from calgui.core.rules.selection.header import plan_for
from calgui.core.rules.values import Status
from calgui.core.simulate import DemoNight

CONTEXT = "tmt_0001.pmap"
DETECTOR, FILTER = "META.INSTRUMENT.DETECTOR", "META.INSTRUMENT.FILTER"
DAY, TIME = "META.OBSERVATION.DATE", "META.OBSERVATION.TIME"
SECOND = timedelta(seconds=1)
#: the last four are no dates, or not as crds writes them: it compares texts all the same
KEYS = ["2018-07-01 00:00:00", "2019-01-01 12:00:00", "2020-02-29 23:59:59", "2021-01-01 00:00:00.5"]
ODD = ["2019-01-01", "2020-1-5 00:00:00", "2020-06-01T00:00:00", "soon"]
_NUMBERS = itertools.count()


@st.composite
def mappings(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    kind = draw(st.sampled_from(["UseAfter", "ClosestTime", "nested", "plain"]))
    serial = iter(range(1, 99))

    def choice() -> str:
        if kind == "plain":
            return f"'tmt_iris_dark_{next(serial):04}.fits'"
        odd = [] if kind == "ClosestTime" else ODD
        parts = []
        for key in draw(st.lists(st.sampled_from([*KEYS, *odd]), min_size=1, max_size=4, unique=True)):
            file = f"'tmt_iris_dark_{next(serial):04}.fits'"
            parts.append(f"{key!r} : SelectVersion({{ '<2' : {file} }})" if kind == "nested" else f"{key!r} : {file}")
        return f"{'UseAfter' if kind == 'nested' else kind}({{ {', '.join(parts)} }})"

    keys = draw(
        st.lists(st.tuples(*[st.sampled_from(["A", "A|B", "*", "N/A"])] * 2), min_size=1, max_size=4, unique=True)
    )
    text = "Match({\n" + "".join(f"    {key!r} : {choice()},\n" for key in keys) + "})"
    levels = ((DAY, TIME), ("SW_VER",)) if kind == "nested" else ((DAY, TIME),) if kind != "plain" else ()
    header: dict[str, Any] = {
        "parkey": ((DETECTOR, FILTER), *levels),
        "classes": ("Match", "UseAfter"),
        "extra_keys": (DAY,),
    }
    more = {
        "rmap_relevance": f'({DAY} >= "2019-06-01")',
        "rmap_omit": f'({DAY} > "2020-12-31")',
        "parkey_relevance": {FILTER.lower(): f'({DAY} < "2020-01-01")'},
        "merge_overlaps": "0",
        "reffile_required": "NO",
    }
    for entry in draw(st.lists(st.sampled_from(sorted(more)), max_size=2, unique=True)):
        header[entry] = more[entry]
    return text, header


def opened(write_cache: Callable[..., Any], text: str, header: Mapping[str, Any]) -> Cache:
    writer = write_cache(f"cache{next(_NUMBERS)}").healthy()
    writer.rmap("tmt_iris_dark_0001.rmap", text, **header)
    return Cache.open(writer.root)


def by_crds(cache: Cache, context: str, kind: str, header: Mapping[str, str]) -> tuple[bool, str | None]:
    """Whether crds calls the type applicable, and its file: the mapping asked by its own road."""
    instrument = str(cache.load(context).get_instrument(header)).upper()
    rmap = cache.load(cache.types(context, instrument)[kind])
    given = {name: header.get(name, "UNDEFINED") for name in plan_for(cache, context, instrument).parkeys}
    condition = crds_module("core.utils").condition_header
    found = rmap.get_best_ref(condition(given))
    if isinstance(found, tuple):
        found = ",".join(dict.fromkeys(found))
    if found is None or found.startswith("NOT FOUND n/a"):
        return False, None
    return True, None if found.startswith("NOT FOUND") else found


def dated(header: Mapping[str, str], axis: tuple[str, ...], moment: datetime) -> dict[str, str]:
    words = f"{moment.year:04}-{moment:%m-%d}", moment.time().isoformat()
    return {**header, **dict(zip(axis, words if len(axis) == 2 else (" ".join(words),), strict=True))}


def check(cache: Cache, context: str, told: Timeline, header: Mapping[str, str], rng: random.Random) -> None:
    assert told.segments[0].start is None
    assert told.segments[-1].end is None
    for one, two in pairwise(told.segments):
        assert one.end is not None
        assert one.end == two.start
        assert (one.file, one.rule, one.date, one.status) != (two.file, two.rule, two.date, two.status) or one.message
    for segment in told.segments:
        first = segment.start or datetime(1000, 1, 1)
        last = (segment.end or datetime(2100, 1, 1)) - timedelta(microseconds=1)
        for moment in (first, last, first + (last - first) * rng.random()) if told.axis and last >= first else (first,):
            said = by_crds(cache, context, told.type, dated(header, told.axis, moment) if told.axis else header)
            assert said == (segment.status is not Status.NOT_APPLICABLE, segment.file), (moment, segment)
            assert told.at(moment) == segment


#: years of tens of nearest dates, whose midpoints are no round times
NEAREST = """Match({ ('A', '*') : ClosestTime({
    '2018-07-01 00:00:00' : 'tmt_iris_dark_0001.fits',
    '2018-07-02 07:13:11' : 'tmt_iris_dark_0002.fits',
    '2021-01-01 00:00:00' : 'tmt_iris_dark_0003.fits' }) })"""


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(mappings(), st.sampled_from(["A", "B", "C", "N/A"]), st.sampled_from(["A", "C", "N/A"]), st.integers(0, 99))
@example((NEAREST, {"parkey": ((DETECTOR, FILTER), (DAY, TIME))}), "A", "A", 1)
def test_every_moment_has_the_answer_of_crds(
    write_cache: Callable[..., Any], made: tuple[str, dict[str, Any]], detector: str, band: str, seed: int
) -> None:
    text, entries = made
    cache = opened(write_cache, text, entries)
    header = {"META.INSTRUMENT.NAME": "IRIS", DETECTOR: detector, FILTER: band, "SW_VER": "1"}
    told = timeline(cache, CONTEXT, "DARK", header)
    check(cache, CONTEXT, told, header, random.Random(seed))


@pytest.mark.parametrize("name", ["tmt", "ligeriri", "hst", "jwst", "tobs"])
def test_on_the_real_caches_too(real_data: Path, name: str) -> None:
    cache = Cache.open(real_data / "caches" / name)
    context = cache.default_context
    assert context is not None
    rng, seen = random.Random(5), 0
    for instrument in list(cache.instruments(context))[:3]:
        try:
            plan = plan_for(cache, context, instrument)
        except InputError:
            continue  # ligeriri names an instrument that has no mapping
        for kind, rmap in list(plan.rmaps.items())[:: 5 if name in ("hst", "jwst") else 1]:
            names = rmap.reference_names() if hasattr(rmap, "selector") else []
            found = [one for one in matches(cache, context, rng.choice(names)) if one.type == kind] if names else []
            if found and found[0].wins and found[0].instrument == instrument:
                header = dict(found[0].witness)
                check(cache, context, timeline(cache, context, kind, header), header, rng)
                seen += 1
    assert seen


RULES = """Match({ ('A', '*') : UseAfter({
    '2019-01-01 00:00:00' : 'tmt_iris_dark_0001.fits',
    '2020-01-01 00:00:00' : 'tmt_iris_dark_0002.fits' }) })"""
LEVELS = {"parkey": ((DETECTOR, FILTER), (DAY, TIME))}


def test_it_tells_rules_dates_and_what_is_before_them(write_cache: Callable[..., Any]) -> None:
    cache = opened(write_cache, RULES, LEVELS)
    told = timeline(cache, CONTEXT, "dark", {"INSTRUME": "IRIS", "DETECTOR": "A", "DATE-OBS": "2030-01-01"})
    nothing, first, second = told.segments
    assert (nothing.file, nothing.status, nothing.end) == (None, Status.NOT_FOUND, datetime(2019, 1, 1))
    assert "the earliest is 2019-01-01 00:00:00" in (nothing.message or "")
    assert "0001" not in (nothing.message or "")
    assert (first.file, first.rule, first.date) == ("tmt_iris_dark_0001.fits", ("A", "*"), "2019-01-01 00:00:00")
    assert (second.start, second.end, second.selector) == (datetime(2020, 1, 1), None, "UseAfter")
    assert first.line == second.line == cache.parsed("tmt_iris_dark_0001.rmap").choices.entries[0].line
    assert dict(told.mode) == {DETECTOR: "A", FILTER: "UNDEFINED"}
    low, high = spread(told)
    assert low < datetime(2019, 1, 1) < datetime(2020, 1, 1) < high


def test_marks_are_the_observations_with_what_they_select(write_cache: Callable[..., Any]) -> None:
    cache = opened(write_cache, RULES, LEVELS)
    base = {"INSTRUME": "IRIS", "DETECTOR": "A", "DATE-OBS": "2019-05-05", "TIME-OBS": "01:02:03"}
    headers = [base, {**base, "DETECTOR": "B"}, {**base, "DATE-OBS": "bad"}, {**base, "INSTRUME": "OTHER"}]
    told = timeline(cache, CONTEXT, "dark", base)
    one, other, unreadable = marks(cache, told, headers)
    assert (one.index, one.when, one.file) == (0, datetime(2019, 5, 5, 1, 2, 3), "tmt_iris_dark_0001.fits")
    assert (one.same_mode, other.same_mode, other.file) == (True, False, None)
    assert (unreadable.when, unreadable.file, unreadable.same_mode) == (None, None, True)


def test_a_type_without_rules_has_one_answer_for_ever(write_cache: Callable[..., Any]) -> None:
    writer = write_cache().healthy()
    writer.imap("tmt_iris_0001.imap", {"DARK": "tmt_iris_dark_0001.rmap", "SKY": "N/A", "FLAT": "tmt_iris_flat_1.rmap"})
    cache = Cache.open(writer.root)
    for kind, status in (("sky", Status.NOT_APPLICABLE), ("flat", Status.ERROR), ("nosuch", Status.ERROR)):
        (segment,) = timeline(cache, CONTEXT, kind, {"INSTRUME": "IRIS"}).segments
        assert (segment.start, segment.end, segment.status) == (None, None, status)
        assert segment.message
    with pytest.raises(InputError, match="lacks the instrument"):
        timeline(cache, CONTEXT, "dark", {})


def test_a_lane_without_a_date_does_not_stretch_the_others(demo_night: DemoNight) -> None:
    cache, now = Cache.open(demo_night.cache), datetime(2026, 6, 1)
    mode = {"INSTRUME": "IRIS", "DETECTOR": "IRIS1", "FILTER": "K", "GRATING": "MIRROR", "PUPIL": "CLEAR"}
    made = lanes_of(cache, cache.default_context, Case("found", {**mode, "SUBARRAY": "FULL"}), (), Job("ask"), now)
    bare = Case("never found", {**mode, "SUBARRAY": "FULL", "FILTER": "H"})
    lost = lanes_of(cache, cache.default_context, bare, (), Job("ask"), now)
    flats = [next(lane for lane in one.lanes if lane.type == "flat") for one in (made, lost)]
    assert [len(lane.told.segments) > 1 for lane in flats if lane.told is not None] == [True, False]
    assert lost.start > datetime(2024, 1, 1)
    assert lost.end < datetime(2028, 1, 1)
