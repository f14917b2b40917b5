"""Near misses: each selects its file, none can do with fewer changes, and no file that can be reached is left out."""

import itertools
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from calgui.core.rules.cache import Cache
from calgui.core.rules.selection.bulk import best_references_many
from calgui.core.rules.selection.header import with_settings
from calgui.core.rules.selection.select import best_references
from calgui.core.rules.selection.trace import explain

CONTEXT = "tmt_0001.pmap"
DETECTOR, FILTER, PUPIL = "META.INSTRUMENT.DETECTOR", "META.INSTRUMENT.FILTER", "META.INSTRUMENT.PUPIL"
DAY, TIME = "META.OBSERVATION.DATE", "META.OBSERVATION.TIME"
WORDS = ["A", "B", "C", "A|B", "*", "N/A"]
VALUES = ["A", "B", "C", "N/A"]
DAYS, TIMES = ["2019-05-05", "2020-01-01", "2020-06-01"], ["00:00:00", "09:00:00", "12:00:00"]
CHOICES = {DETECTOR: VALUES, FILTER: VALUES, PUPIL: VALUES, DAY: DAYS, TIME: TIMES}
_NUMBERS = itertools.count()


@st.composite
def small_mappings(draw: st.DrawFn) -> str:
    serial = iter(range(1, 999))
    stamps = [f"{day} {time}" for day in DAYS for time in TIMES[:2]]
    rules = []
    for key in draw(st.lists(st.tuples(*[st.sampled_from(WORDS)] * 3), min_size=1, max_size=5, unique=True)):
        dates = draw(st.lists(st.sampled_from(stamps), min_size=1, max_size=3, unique=True))
        inside = ", ".join(f"{date!r} : 'tmt_iris_dark_{next(serial):04}.fits'" for date in dates)
        rules.append(f"    {key!r} : UseAfter({{ {inside} }}),\n")
    return "Match({\n" + "".join(rules) + "})"


def opened(write_cache: Callable[..., Any], text: str, **header: Any) -> Cache:
    writer = write_cache(f"cache{next(_NUMBERS)}").healthy()
    writer.rmap("tmt_iris_dark_0001.rmap", text, parkey=((DETECTOR, FILTER, PUPIL), (DAY, TIME)), **header)
    return Cache.open(writer.root)


def by_brute_force(cache: Cache, header: dict[str, str], allowed: Any) -> dict[str, int]:
    """For each file the fewest changes among all headers that differ by the allowed values."""
    names = list(allowed)
    every = [dict(zip(names, values, strict=True)) for values in itertools.product(*allowed.values())]
    answers = best_references_many(cache, CONTEXT, [{**header, **changed} for changed in every])
    fewest: dict[str, int] = {}
    for changed, (answer,) in zip(every, answers, strict=True):
        count = sum(header.get(name) != value for name, value in changed.items())
        if answer.file is not None:
            fewest[answer.file] = min(count, fewest.get(answer.file, 99))
    return fewest


def listed(cache: Cache, header: dict[str, str]) -> dict[str, list[str]]:
    """What the rules list for each column, dates and times of the mapping, and what the header says."""
    selector = cache.rmap(CONTEXT, "IRIS", "dark").selector
    found = {name: [v for v in values if v != "*"] for name, values in selector.get_value_map().items()}
    return {
        name: sorted({*found.get(name, ()), header[name]} | {*({DAY: DAYS, TIME: TIMES}.get(name, ()))})
        for name in CHOICES
    }


def assert_as_brute_force_says(cache: Cache, header: dict[str, str], most: int) -> None:
    trace = explain(cache, CONTEXT, "dark", header)
    misses = {miss.file: miss for miss in trace.near_misses}
    assert len(misses) == len(trace.near_misses)
    assert trace.selected not in misses
    counts = [len(miss.changes) for miss in trace.near_misses]
    assert counts == sorted(counts)
    fewest = by_brute_force(cache, header, listed(cache, header))
    for file, count in fewest.items():
        if file != trace.selected and count <= most:
            assert file in misses, (file, count)
            assert len(misses[file].changes) <= count, (file, count, misses[file])
    for miss in trace.near_misses:
        assert all(change.before != change.after for change in miss.changes)
        assert len({change.parameter for change in miss.changes}) == len(miss.changes)
        changed = with_settings(header, {c.parameter: c.after for c in miss.changes}, cache.observatory)
        assert best_references(cache, CONTEXT, changed, ["dark"])[0].file == miss.file


HEADERS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CHOICES.items()})


#: the second rule is reached only by N/A as filter, and then the third comes back, which another pupil puts out
BACK = """Match({
    ('A', 'A', 'A') : UseAfter({ '2019-05-05 00:00:00' : 'tmt_iris_dark_0001.fits' }),
    ('B', 'N/A', 'N/A') : UseAfter({ '2019-05-05 09:00:00' : 'tmt_iris_dark_0002.fits' }),
    ('B', 'B', 'A') : UseAfter({ '2019-05-05 00:00:00' : 'tmt_iris_dark_0003.fits' }),
    ('B', '*', 'N/A') : UseAfter({ '2019-05-05 00:00:00' : 'tmt_iris_dark_0004.fits' }),
})"""


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(small_mappings(), HEADERS)
@example(BACK, {DETECTOR: "A", FILTER: "A", PUPIL: "A", DAY: "2019-05-05", TIME: "00:00:00"})
def test_no_smaller_set_of_changes_selects_the_file(
    write_cache: Callable[..., Any], text: str, header: dict[str, str]
) -> None:
    assert_as_brute_force_says(opened(write_cache, text), {**header, "META.INSTRUMENT.NAME": "IRIS"}, most=9)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(small_mappings(), HEADERS, st.booleans())
def test_where_one_parameter_decides_about_another_single_changes_are_all_found(
    write_cache: Callable[..., Any], text: str, header: dict[str, str], overlaps: bool
) -> None:
    more = {"parkey_relevance": {PUPIL.lower(): f'({DETECTOR} == "A")'}}
    if overlaps:
        more["merge_overlaps"] = "0"
    assert_as_brute_force_says(opened(write_cache, text, **more), {**header, "META.INSTRUMENT.NAME": "IRIS"}, most=1)


def test_the_day_alone_is_changed_where_the_time_of_day_allows_it(write_cache: Callable[..., Any]) -> None:
    text = "Match({ ('A','*','*') : UseAfter({ '2020-01-01 10:00:00' : 'tmt_iris_dark_0001.fits' }) })"
    cache = opened(write_cache, text)
    header = {"INSTRUME": "IRIS", "DETECTOR": "A", "DATE-OBS": "2019-01-01", "TIME-OBS": "08:00:00"}
    (miss,) = explain(cache, CONTEXT, "dark", header).near_misses
    # at 8 in the morning of 1 January the file does not hold yet: the day after it does
    assert [(change.parameter, change.before, change.after) for change in miss.changes] == [
        (DAY, "2019-01-01", "2020-01-02")
    ]


def test_a_rule_for_all_other_values_is_reached_by_a_value_that_no_rule_lists(write_cache: Callable[..., Any]) -> None:
    rules = "('A','K','*') : 'tmt_iris_dark_0001.fits', ('A','N/A','*') : 'tmt_iris_dark_0002.fits'"
    cache = opened(write_cache, "Match({ " + rules + " })", classes=("Match",))
    header = {"INSTRUME": "IRIS", "DETECTOR": "A", "FILTER": "K"}
    (miss,) = explain(cache, CONTEXT, "dark", header).near_misses
    assert (miss.file, miss.changes[0].parameter) == ("tmt_iris_dark_0002.fits", FILTER)
    assert miss.changes[0].after not in ("K", "*")


def test_a_mapping_of_hundreds_of_rules_gives_every_file(write_cache: Callable[..., Any]) -> None:
    rules = "".join(
        f"('A{i}','F{i % 7}','*') : UseAfter({{ '2020-01-01 00:00:00' : 'tmt_iris_dark_{i:04}.fits' }}),\n"
        for i in range(1, 301)
    )
    cache = opened(write_cache, "Match({\n" + rules + "})")
    header = {"INSTRUME": "IRIS", "DETECTOR": "A1", "FILTER": "F1", "DATE-OBS": "2021-01-01", "TIME-OBS": "00:00:00"}
    misses = explain(cache, CONTEXT, "dark", header).near_misses
    assert len(misses) == 299
    # one column is enough for the rules of the same filter, two for the others
    assert all(len(miss.changes) == (1 if int(miss.file[-9:-5]) % 7 == 1 else 2) for miss in misses)
