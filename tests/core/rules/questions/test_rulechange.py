"""Changes of rules: each is written into a mapping of its own, which crds then reads and selects by."""

import itertools
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calgui.core.errors import InputError
from calgui.core.rules.cache import Cache
from calgui.core.rules.questions.rulechange import RuleChange, rule_changes
from calgui.core.rules.selection.board import key_texts
from calgui.core.rules.selection.header import plan_for
from calgui.core.rules.selection.select import best_references

CONTEXT = "tmt_0001.pmap"
DETECTOR, FILTER = "META.INSTRUMENT.DETECTOR", "META.INSTRUMENT.FILTER"
DAY, TIME = "META.OBSERVATION.DATE", "META.OBSERVATION.TIME"
LEVELS = ((DETECTOR, FILTER), (DAY, TIME))
_NUMBERS = itertools.count()


def rewritten(cache: Cache, name: str, change: RuleChange) -> str:
    """The mapping's text with a change: written by crds's own means from the rules as it holds them."""
    rmap = cache.load(name)
    added = next((edit for edit in change.edits if edit.dated), None)
    rules = {}
    for raw, choice in rmap.selector._raw_selections:
        key = raw
        if not change.key or key_texts(raw) == change.key:
            inner = {k: v for k, v in choice._raw_selections} if hasattr(choice, "choices") else None  # noqa: C416
            if added is not None and inner is not None:
                inner[added.after] = next(file for date, file in inner.items() if date == added.before)
                choice = type(choice)(choice._parameters, inner, choice._rmap_header)
            key = change.new_key if isinstance(raw, tuple) else change.new_key[0]
        rules[key] = choice
    made = type(rmap.selector)(rmap.selector._parameters, rules, rmap.selector._rmap_header)
    old = rmap.selector
    try:
        rmap.selector = made
        return str(rmap.format())
    finally:
        rmap.selector = old


def check(cache: Cache, context: str, kind: str, header: dict[str, str], folder: Path) -> int:
    found = rule_changes(cache, context, kind, header)
    now = best_references(cache, context, header, [kind])[0].file
    counts = [len(change.edits) for change in found]
    assert counts == sorted(counts)
    for number, change in enumerate(found):
        assert change.edits
        assert change.file != now
        place = folder / str(number)
        shutil.copytree(cache.layout.mappings, place / "mappings" / cache.layout.folder, copy_function=shutil.copyfile)
        path = place / "mappings" / cache.layout.folder / change.mapping
        path.write_text(rewritten(cache, change.mapping, change))
        (answer,) = best_references(Cache.open(place), context, header, [kind])
        assert answer.file == change.file, change
        assert change.line is None or cache.parsed(change.mapping).text.splitlines()[change.line - 1].strip()
        shutil.rmtree(place)
    return len(found)


WORDS = ["A", "B", "A|B", "*", "N/A", "NOT A", "(A.?)", "{C}", "A*"]
DAYS = ["2019-01-01 00:00:00", "2020-01-01 00:00:00"]


@st.composite
def small_mappings(draw: st.DrawFn) -> str:
    serial = iter(range(1, 99))
    rules = []
    for key in draw(st.lists(st.tuples(*[st.sampled_from(WORDS)] * 2), min_size=1, max_size=5, unique=True)):
        dates = draw(st.lists(st.sampled_from(DAYS), min_size=0, max_size=2, unique=True))
        inside = ", ".join(f"{date!r} : 'tmt_iris_dark_{next(serial):04}.fits'" for date in dates)
        held = f"UseAfter({{ {inside} }})" if dates else f"'tmt_iris_dark_{next(serial):04}.fits'"
        rules.append(f"    {key!r} : {held},\n")
    return "Match({\n" + "".join(rules) + "})"


def opened(write_cache: Callable[..., Any], text: str, **header: Any) -> Cache:
    writer = write_cache(f"cache{next(_NUMBERS)}").healthy()
    writer.rmap("tmt_iris_dark_0001.rmap", text, **({"parkey": LEVELS} | header))
    return Cache.open(writer.root)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    small_mappings(),
    st.sampled_from(["A", "B", "C", "N/A", "UNDEFINED", "A|B", "*"]),
    st.sampled_from(["A", "C"]),
    st.sampled_from(["2018-05-05", "2019-05-05", "bad"]),
)
def test_each_change_written_down_selects_its_file(
    write_cache: Callable[..., Any], tmp_path: Path, text: str, one: str, two: str, day: str
) -> None:
    cache = opened(write_cache, text)
    header = {"META.INSTRUMENT.NAME": "IRIS", DETECTOR: one, FILTER: two, DAY: day, TIME: "00:00:00"}
    check(cache, CONTEXT, "dark", header, tmp_path / f"changed{next(_NUMBERS)}")


@pytest.mark.parametrize("name", ["tmt", "ligeriri"])
def test_on_the_real_caches_too(real_data: Path, tmp_path: Path, name: str) -> None:
    cache = Cache.open(real_data / "caches" / name)
    context = str(cache.default_context)
    plan = plan_for(cache, context, "IRIS")
    rng, found = random.Random(2), 0
    for number in range(6):
        words = ["IRIS1", "IRIS2", "K", "CLEAR", "FULL", "2012-01-01", "2020-01-01", "00:00:00"]
        header = {key: rng.choice(words) for key in plan.parkeys} | {"META.INSTRUMENT.NAME": "IRIS"}
        header |= {DAY: "2010-01-01" if number % 2 else "2020-01-01", TIME: "00:00:00"}
        for kind in plan.rmaps:
            found += check(cache, context, kind, header, tmp_path / f"{number}{kind}")
    assert found


RULES = """Match({
    ('IRIS1', 'K') : UseAfter({ '2020-01-01 00:00:00' : 'tmt_iris_dark_0001.fits' }),
    ('NOT IRIS1', 'J') : UseAfter({ '2020-01-01 00:00:00' : 'tmt_iris_dark_0002.fits' }),
})"""


def test_the_smallest_change_comes_first(write_cache: Callable[..., Any]) -> None:
    cache = opened(write_cache, RULES)
    header = {"INSTRUME": "IRIS", "DETECTOR": "IRIS2", "FILTER": "K", "DATE-OBS": "2021-01-01", "TIME-OBS": "00:00:00"}
    first, second = rule_changes(cache, CONTEXT, "DARK", header)
    assert first.file == "tmt_iris_dark_0001.fits"
    assert [(edit.keyword, edit.before, edit.after) for edit in first.edits] == [("DETECTOR", "IRIS1", "IRIS1|IRIS2")]
    assert [(edit.keyword, edit.before, edit.after) for edit in second.edits] == [("FILTER", "J", "J|K")]
    early = {**header, "DETECTOR": "IRIS1", "DATE-OBS": "2019-05-05"}
    change, *_ = rule_changes(cache, CONTEXT, "dark", early)
    assert [(edit.before, edit.after, edit.dated) for edit in change.edits] == [
        ("2020-01-01 00:00:00", "2019-05-05 00:00:00", True)
    ]
    (only,) = rule_changes(cache, CONTEXT, "dark", early, file="tmt_iris_dark_0002.fits")
    # an expression cannot be one of several: only a rule for all detectors is left
    assert [(edit.before, edit.after) for edit in only.edits] == [
        ("NOT IRIS1", "*"),
        ("J", "J|K"),
        ("2020-01-01 00:00:00", "2019-05-05 00:00:00"),
    ]


def test_where_no_rule_is_looked_at_none_would_help(write_cache: Callable[..., Any]) -> None:
    cache = opened(write_cache, RULES, rmap_relevance=f'({DETECTOR} != "IRIS2")')
    header = {"INSTRUME": "IRIS", "DETECTOR": "IRIS2", "FILTER": "K", "DATE-OBS": "2021-01-01", "TIME-OBS": "00:00:00"}
    assert rule_changes(cache, CONTEXT, "dark", header) == ()
    assert rule_changes(cache, CONTEXT, "nosuch", header) == ()
    with pytest.raises(InputError, match="lacks the instrument"):
        rule_changes(cache, CONTEXT, "dark", {})


def test_nothing_of_the_cache_is_changed(write_cache: Callable[..., Any], snapshot: Callable[[Path], Any]) -> None:
    cache = opened(write_cache, RULES)
    header = {"INSTRUME": "IRIS", "DETECTOR": "IRIS2", "FILTER": "H", "DATE-OBS": "2019-01-01", "TIME-OBS": "00:00:00"}
    before, rules = snapshot(cache.path), repr(cache.load("tmt_iris_dark_0001.rmap").selector.format())
    assert rule_changes(cache, CONTEXT, "dark", header)
    assert snapshot(cache.path) == before
    assert repr(cache.load("tmt_iris_dark_0001.rmap").selector.format()) == rules
