"""The logical difference: the facts of crds's own, on real mappings; and exactly what was changed by hand."""

import ast
import itertools
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.errors import InputError, UsageError
from calgui.core.rules.cache import Cache
from calgui.core.rules.questions.compare import Change, What, compare_contexts, text_diff
from calgui.core.rules.questions.walk import rule_files
from calgui.core.simulate import DemoNight

CACHES = ["tmt", "ligeriri", "hst", "jwst", "tobs"]
Fact = tuple[str, str, str | None, str | None]  # where, action, before, after
_SAID = re.compile(r"(deleted|added)(?: \w+ rule for| terminal)? (.+)", re.DOTALL)
_REPLACED = re.compile(r"replaced (.+) with (.+)", re.DOTALL)
_CLASSES = re.compile(r"different classes (\w+) : (\w+)")


def of_crds(old: Any, new: Any) -> Counter[Fact]:
    """What crds tells, its sentences taken apart; a mapping of the same name in another cache is no fact of rules."""
    facts: Counter[Fact] = Counter()
    for told in old.difference(new):
        parts = [part for part, name in zip(told, told.parameter_names, strict=True) if isinstance(name, tuple | list)]
        where = " ".join(value for part in parts for value in part)
        message = told[-1]
        if found := _CLASSES.fullmatch(message):
            facts[where, "replaced", found[1], found[2]] += 1
        elif found := _REPLACED.fullmatch(message):
            before, after = _value(found[1]), _value(found[2])
            if before != after:
                facts[where, "replaced", before, after] += 1
        else:
            found = _SAID.fullmatch(message)
            assert found is not None, message
            gone = found[1] == "deleted"
            value = _value(found[2])
            facts[where, "removed" if gone else "added", value if gone else None, None if gone else value] += 1
    return facts


def _value(text: str) -> str:
    value = ast.literal_eval(text)
    return ", ".join(value) if isinstance(value, tuple) else PurePath(value).name if "/" in value[:1] else value


def of_us(changes: tuple[Change, ...]) -> Counter[Fact]:
    facts: Counter[Fact] = Counter()
    for one in changes:
        if one.what in (What.HEADER, What.PARKEY):
            continue
        key = one.key if one.what not in (What.INSTRUMENT, What.TYPE) else tuple(part.lower() for part in one.key)
        where = " ".join([*key, *one.date.split(" / ")] if one.date else key)
        facts[where, one.action, one.old, one.new] += 1
    return facts


def mappings_of(cache: Cache) -> list[str]:
    context = cache.default_context
    assert context is not None
    return list(dict.fromkeys(one.mapping for one in rule_files(cache, context) if one.parsed is not None))


@pytest.fixture
def edited(real_data: Path, tmp_path: Path) -> Callable[[str], tuple[Cache, Cache]]:
    """A real cache, and a copy in whose mappings some lines are gone and some name another file."""

    def make(name: str) -> tuple[Cache, Cache]:
        folder = tmp_path / name
        original = real_data / "caches" / name
        for part in ("mappings", "config"):
            if (original / part).is_dir():
                shutil.copytree(original / part, folder / part)
        count = itertools.count(1)
        for path in sorted(folder.rglob("*.rmap")):
            header, start, rules = path.read_text().partition("\nselector")
            kept = []
            for line in rules.splitlines():
                entry = re.fullmatch(r"\s*'[^']+'\s*:\s*'([^']+\.\w+)'\s*,\s*", line)
                number = next(count) if entry else 0
                if number % 5 == 2:
                    continue
                kept.append(line.replace(entry[1], f"x{entry[1]}") if entry and number % 7 == 1 else line)
            path.chmod(0o644)
            path.write_text(header + start + "\n".join(kept) + "\n")
        return Cache.open(original), Cache.open(folder)

    return make


@pytest.mark.parametrize("name", CACHES)
def test_the_facts_of_crds_after_an_edit(edited: Callable[[str], tuple[Cache, Cache]], name: str) -> None:
    old, new = edited(name)
    total: Counter[str] = Counter()
    for mapping in mappings_of(old):
        theirs = of_crds(old.load(mapping), new.load(mapping))
        told = compare_contexts(old, mapping, new, mapping)
        assert of_us(told.changes) == theirs, mapping
        assert not told.problems
        total.update(action for _, action, _, _ in theirs.elements())
    assert total["removed"]
    assert total["replaced"]
    assert not compare_contexts(old, str(old.default_context), old, str(old.default_context)).changes


@pytest.mark.parametrize("name", ["tmt", "hst", "jwst"])
def test_the_facts_of_crds_between_mappings_that_have_little_in_common(real_data: Path, name: str) -> None:
    cache = Cache.open(real_data / "caches" / name)
    alike = defaultdict(list)
    for mapping in mappings_of(cache):
        alike[repr(cache.parsed(mapping).header["parkey"])].append(mapping)
    pairs = [pair for group in alike.values() for pair in itertools.pairwise(group)][:25]
    if name == "tmt":
        flats = [f"tmt_iris_flat_000{number}.rmap" for number in (1, 2, 3)]
        pairs = list(itertools.permutations(flats, 2))
    assert pairs
    for old, new in pairs:
        theirs = of_crds(cache.load(old), cache.load(new))
        assert of_us(compare_contexts(cache, old, cache, new).changes) == theirs, (old, new)


def test_the_facts_of_crds_between_instruments_and_contexts(real_data: Path, demo_night: DemoNight) -> None:
    real, demo = Cache.open(real_data / "caches" / "tmt"), Cache.open(demo_night.cache)
    contexts = [f"tmt_000{number}.pmap" for number in (1, 2, 3)]
    imaps = [f"tmt_iris_000{number}.imap" for number in (1, 2, 3)]
    asked = [(real, pair) for pair in itertools.permutations(imaps, 2)]
    asked += [(demo, pair) for pair in (*itertools.permutations(contexts, 2), *itertools.permutations(imaps, 2))]
    for cache, (old, new) in asked:
        theirs = of_crds(cache.load(old), cache.load(new))
        assert theirs, (old, new)
        assert of_us(compare_contexts(cache, old, cache, new).changes) == theirs, (old, new)


Rules = dict[tuple[str, str], dict[str, str]]
_NAMES = st.integers(1, 6).map(lambda number: f"tmt_iris_dark_{number:04d}.fits")
_DATES = st.integers(2014, 2019).map(lambda year: f"{year}-01-01 00:00:00")
_KEYS = st.tuples(st.sampled_from(["IRIS1", "IRIS2", "IFS|IRIS3", "*"]), st.sampled_from(["FULL", "N/A"]))
_RULES = st.dictionaries(_KEYS, st.dictionaries(_DATES, _NAMES, min_size=1, max_size=4), min_size=1, max_size=5)
_PARKEY = (
    ("META.INSTRUMENT.DETECTOR", "META.SUBARRAY.NAME"),
    ("META.OBSERVATION.DATE", "META.OBSERVATION.TIME"),
)


def selector_of(rules: Rules) -> str:
    lines = ["Match({"]
    for key, dates in rules.items():
        lines.append(f"    {key!r} : UseAfter({{")
        lines += [f"        {date!r} : {file!r}," for date, file in dates.items()]
        lines.append("    }),")
    return "\n".join([*lines, "})"])


@settings(max_examples=60, deadline=None)
@given(before=_RULES, after=_RULES, data=st.data())
def test_changes_made_by_hand_are_told_and_no_others(
    write_cache: Callable[..., Any],
    tmp_path: Path,
    before: Rules,
    after: Rules,
    data: st.DataObject,
) -> None:
    # a rule or an entry of the old ones that the new ones keep, so that not all of them are other rules
    kept = data.draw(st.sets(st.sampled_from(sorted(before))))
    after = {**after, **{key: {**after.get(key, {}), **before[key]} for key in kept}}
    after = dict(data.draw(st.permutations(sorted(after.items()))))
    writer = write_cache(f"cache{len(list(tmp_path.iterdir()))}")
    writer.healthy()
    for number, rules in ((2, before), (3, after)):
        writer.rmap(f"tmt_iris_dark_000{number}.rmap", selector_of(rules), parkey=_PARKEY)
    cache = Cache.open(writer.root)
    told = compare_contexts(cache, "tmt_iris_dark_0002.rmap", cache, "tmt_iris_dark_0003.rmap")
    expected = set()
    old, new = ({(key, day): rules[key][day] for key in rules for day in rules[key]} for rules in (before, after))
    for key, day in {*old, *new}:
        one, two = old.get((key, day)), new.get((key, day))
        if one != two:
            what = What.DATE if key in before and key in after else What.RULE
            action = "added" if one is None else "removed" if two is None else "replaced"
            expected.add((what, action, key, day, one, two))
    assert {(x.what, x.action, x.key, x.date, x.old, x.new) for x in told.changes} == expected
    assert len(told.changes) == len(expected)
    assert told.same is (not expected)
    for one in told.changes:
        for name, line, file in (
            (one.old_mapping, one.old_line, one.old),
            (one.new_mapping, one.new_line, one.new),
        ):
            if file is None:
                assert line is None
            else:
                text = (writer.mappings / str(name)).read_text().splitlines()[int(str(line)) - 1]
                assert f"{one.date!r} : {file!r}" in text


def test_what_is_not_about_rules_is_told_apart(write_cache: Callable[..., Any]) -> None:
    writer = write_cache().healthy()
    writer.rmap("tmt_iris_dark_0002.rmap", rmap_relevance="(META.INSTRUMENT.FILTER != 'K')", comment="other words")
    writer.rmap("tmt_iris_dark_0003.rmap", parkey=_PARKEY)
    cache = Cache.open(writer.root)
    (only,) = compare_contexts(cache, "tmt_iris_dark_0001.rmap", cache, "tmt_iris_dark_0002.rmap").changes
    assert (only.what, only.action, only.key, only.old) == (What.HEADER, "added", ("rmap_relevance",), None)
    (only,) = compare_contexts(cache, "tmt_iris_dark_0001.rmap", cache, "tmt_iris_dark_0003.rmap").changes
    assert (only.what, only.action) == (What.PARKEY, "replaced")


def test_a_mapping_that_cannot_be_read_does_not_hide_the_others(write_cache: Callable[..., Any]) -> None:
    writer = write_cache().healthy()
    writer.imap("tmt_iris_0002.imap", {"DARK": "tmt_iris_dark_0002.rmap", "FLAT": "tmt_iris_flat_0001.rmap"})
    writer.pmap("tmt_0002.pmap", {"IRIS": "tmt_iris_0002.imap"})
    writer.text("tmt_iris_dark_0002.rmap", "header = {")
    cache = Cache.open(writer.root)
    told = compare_contexts(cache, "tmt_0001.pmap", cache, "tmt_0002.pmap")
    assert {(x.what, x.action, x.type) for x in told.changes} == {
        (What.INSTRUMENT, "replaced", ""),
        (What.TYPE, "replaced", "dark"),
        (What.TYPE, "added", "flat"),
    }
    assert sum("tmt_iris_dark_0002.rmap" in problem for problem in told.problems) == 1
    assert not told.same
    with pytest.raises(InputError, match="tmt_iris_dark_0002"):
        compare_contexts(cache, "tmt_iris_dark_0001.rmap", cache, "tmt_iris_dark_0002.rmap")
    with pytest.raises(UsageError, match="one kind"):
        compare_contexts(cache, "tmt_0001.pmap", cache, "tmt_iris_0002.imap")


def test_the_texts_differ_as_diff_says(demo_night: DemoNight) -> None:
    cache = Cache.open(demo_night.cache)
    names = "tmt_iris_flat_0001.rmap", "tmt_iris_flat_0002.rmap"
    old, new = (next(demo_night.cache.rglob(name)).read_text().splitlines() for name in names)
    lines = text_diff(cache, names[0], cache, names[1], context=10_000).splitlines()
    assert lines[:2] == [f"--- {names[0]}", f"+++ {names[1]}"]
    body = lines[3:]
    assert [line[1:] for line in body if line[0] in " -"] == old
    assert [line[1:] for line in body if line[0] in " +"] == new
    assert text_diff(cache, names[0], cache, names[0]) == ""
