"""Matches and uses: the facts that crds itself tells, on the real caches; whether a rule can win, by brute force."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calgui.core.errors import InputError, UsageError
from calgui.core.rules.cache import Cache
from calgui.core.rules.questions.matches import matches
from calgui.core.rules.questions.uses import selected_by, uses
from calgui.core.rules.questions.walk import rule_files, unread
from calgui.core.rules.selection.bulk import best_references_many
from calgui.core.rules.selection.select import best_references

CONTEXT = "tmt_0001.pmap"
DETECTOR, FILTER = "META.INSTRUMENT.DETECTOR", "META.INSTRUMENT.FILTER"
DAY, TIME = "META.OBSERVATION.DATE", "META.OBSERVATION.TIME"
CACHES = ["tmt", "ligeriri", "hst", "jwst", "tobs"]
#: files of the test observatory that one date gives two of
TOGETHER = ["foo_bia.fits", "bar_bia.fits", "foo_bia1.fits", "bar_bia2.fits"]
Told = tuple[tuple[str, str], ...]


def by_crds(cache: Cache, context: str, file: str) -> list[tuple[str, str, Told]]:
    """As ``crds matches`` finds them: each mapping of the context asked, where crds loads it."""
    found = []
    for rules in rule_files(cache, context):
        if rules.parsed is not None:
            for path in cache.load(rules.mapping).file_matches(file):
                told = tuple(pair for level in path[1:] for pair in level)
                found.append((rules.instrument, rules.type, told))
    return sorted(found)


def by_us(cache: Cache, context: str, file: str) -> list[tuple[str, str, Told]]:
    found = []
    for one in matches(cache, context, file, prove=False):
        told = tuple((asked.parkey, asked.value) for asked in (*one.parameters, *one.dates))
        found.append((one.instrument, one.type, told))
    return sorted(found)


def some_files(cache: Cache, context: str, each: int) -> list[str]:
    found: dict[str, None] = {}
    for rules in rule_files(cache, context):
        names = dict.fromkeys(file for file, _ in rules.parsed.files()) if rules.parsed is not None else {}
        found |= dict.fromkeys(itertools.islice(names, each))
    return list(found)


@pytest.mark.parametrize("name", CACHES)
def test_matches_are_those_of_crds(real_data: Path, name: str) -> None:
    cache = Cache.open(real_data / "caches" / name)
    context = cache.default_context
    assert context is not None
    files = some_files(cache, context, 2)[::4] if name in ("hst", "jwst") else some_files(cache, context, 9)
    assert files
    for file in files:
        theirs = by_crds(cache, context, file)
        # crds does not find a file that stands together with others
        assert by_us(cache, context, file) == theirs if theirs else file in TOGETHER
    assert by_us(cache, context, "no_such_file.fits") == []


def test_the_whole_context_says_the_same(real_data: Path) -> None:
    cache = Cache.open(real_data / "caches" / "tmt")
    # crds's public road for a context, which needs every mapping of it to load
    theirs = cache.load(CONTEXT).file_matches("tmt_iris_dark_0001.fits")
    assert len(theirs) == len(matches(cache, CONTEXT, "/somewhere/tmt_iris_dark_0001.fits")) == 2


@pytest.mark.parametrize("name", CACHES)
def test_what_is_promised_to_win_wins(real_data: Path, name: str) -> None:
    cache = Cache.open(real_data / "caches" / name)
    context = cache.default_context
    assert context is not None
    won = 0
    for file in some_files(cache, context, 1)[:: 8 if name in ("hst", "jwst") else 1]:
        for one in matches(cache, context, file)[:6]:
            assert one.wins is not None or one.reason
            if one.wins:
                (answer,) = best_references(cache, context, dict(one.witness), [one.type])
                assert answer.file is not None
                assert file in answer.file.split(",")
                won += 1
    assert won


@pytest.mark.parametrize("name", CACHES)
def test_uses_are_those_of_crds(real_data: Path, name: str) -> None:
    cache = Cache.open(real_data / "caches" / name)
    context = cache.default_context
    assert context is not None
    names: dict[str, set[str]] = {}
    for mapping in cache.mappings:
        loaded = None if name in ("hst", "jwst") and mapping.endswith(".pmap") else _tried(cache, mapping)
        if loaded is not None:
            names[mapping] = {*loaded.mapping_names(), *loaded.reference_names()}
        elif mapping.endswith(".pmap"):  # one that crds cannot load whole, or would be long about
            names[mapping] = {mapping, *cache.instruments(mapping).values()}
            names[mapping] |= {rules.mapping for rules in rule_files(cache, mapping) if rules.parsed is not None}
    for file in [*some_files(cache, context, 1)[::9], *cache.mappings[::7]]:
        assert list(uses(cache, file).mappings) == _as_crds_does(names, file)


def _tried(cache: Cache, mapping: str) -> Any:
    try:
        loaded = cache.load(mapping)
        loaded.mapping_names()
    except InputError:
        return None
    return loaded


def _as_crds_does(names: dict[str, set[str]], file: str) -> list[str]:
    """``crds.uses.uses``, over what each mapping names."""
    kinds = [".rmap", ".imap", ".pmap"]
    first = {".rmap": 1, ".imap": 2, ".pmap": 3}.get(file[-5:], 0)
    level, found = {file}, set()
    for kind in kinds[first:]:
        level = {name for name, held in names.items() if name.endswith(kind) and held & level}
        found |= level
    return sorted(found)


WORDS = ["A", "B", "A|B", "*", "N/A"]
DAYS = ["2019-01-01", "2020-01-01", "2021-01-01"]
_NUMBERS = itertools.count()


@st.composite
def small_mappings(draw: st.DrawFn) -> str:
    serial = iter(range(1, 99))
    rules = []
    for key in draw(st.lists(st.tuples(*[st.sampled_from(WORDS)] * 2), min_size=1, max_size=6, unique=True)):
        days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=2, unique=True))
        inside = ", ".join(f"'{day} 00:00:00' : 'tmt_iris_dark_{next(serial):04}.fits'" for day in days)
        rules.append(f"    {key!r} : UseAfter({{ {inside} }}),\n")
    return "Match({\n" + "".join(rules) + "})"


def opened(write_cache: Callable[..., Any], text: str, **header: Any) -> Cache:
    writer = write_cache(f"cache{next(_NUMBERS)}").healthy()
    writer.rmap("tmt_iris_dark_0001.rmap", text, parkey=((DETECTOR, FILTER), (DAY, TIME)), **header)
    return Cache.open(writer.root)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(small_mappings())
def test_a_rule_wins_if_and_only_if_some_header_lets_it(write_cache: Callable[..., Any], text: str) -> None:
    cache = opened(write_cache, text)
    every = [
        {"META.INSTRUMENT.NAME": "IRIS", DETECTOR: one, FILTER: two, DAY: day, TIME: "00:00:00"}
        for one, two, day in itertools.product(["A", "B", "N/A", "OTHER"], ["A", "B", "N/A", "OTHER"], DAYS)
    ]
    reached = {answer.file for (answer,) in best_references_many(cache, CONTEXT, every)}
    for rules in rule_files(cache, CONTEXT):
        assert rules.parsed is not None
        for file, _ in rules.parsed.files():
            (one,) = matches(cache, CONTEXT, file)
            # every file stands once: it is reached by its own rule or not at all
            assert one.wins is (file in reached), (text, file, one)
            assert bool(one.reason) is not one.wins


def test_a_rule_under_another_of_the_same_weight_and_date_can_never_win(write_cache: Callable[..., Any]) -> None:
    rules = """Match({
        ('A', 'A') : UseAfter({ '2020-01-01 00:00:00' : 'tmt_iris_dark_0001.fits' }),
        ('A|B', 'A') : UseAfter({ '2020-01-01 00:00:00' : 'tmt_iris_dark_0002.fits' }),
    })"""
    cache = opened(write_cache, rules)
    (lost,) = matches(cache, CONTEXT, "tmt_iris_dark_0001.fits")
    (won,) = matches(cache, CONTEXT, "tmt_iris_dark_0002.fits")
    assert (lost.wins, won.wins) == (False, True)
    assert "preferred" in lost.reason


def test_a_broken_mapping_hides_nothing_of_the_others(write_cache: Callable[..., Any]) -> None:
    writer = write_cache().healthy()
    writer.imap(
        "tmt_iris_0001.imap", {"DARK": "tmt_iris_dark_0001.rmap", "FLAT": "tmt_iris_flat_0001.rmap", "SKY": "N/A"}
    )
    writer.text("tmt_iris_flat_0001.rmap", b"header = {'name': '\xe9'}")
    cache = Cache.open(writer.root)
    assert [one.type for one in matches(cache, CONTEXT, "tmt_iris_dark_0001.fits")] == ["dark"]
    assert [text.split(":")[0] for text in unread(cache, CONTEXT)] == ["tmt_iris_flat_0001.rmap"]
    told = uses(cache, "tmt_iris_dark_0001.fits")
    assert told.contexts == (CONTEXT,)
    assert len(told.unread) == 1
    with pytest.raises(UsageError, match="no context"):
        matches(cache, "tmt_9999.pmap", "x.fits")


def test_who_selects_a_file(write_cache: Callable[..., Any], header: dict[str, str]) -> None:
    cache = Cache.open(write_cache().healthy().root)
    headers = [header, {**header, DETECTOR: "OTHER"}, {**header, DAY: "2019-01-01"}, header, {}]
    assert selected_by(cache, CONTEXT, "tmt_iris_dark_0001.fits", headers) == (0, 3)
    assert selected_by(cache, CONTEXT, "tmt_iris_dark_0001.rmap", headers) == (0, 3)
    assert selected_by(cache, CONTEXT, "tmt_iris_dark_0009.fits", headers) == ()
    with pytest.raises(UsageError, match="whole instruments"):
        selected_by(cache, CONTEXT, "tmt_0001.pmap", headers)
