"""Changed selections: those that crds itself gives by asking both contexts for every observation."""

import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calgui.core.errors import Cancelled, UsageError
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.rules.questions.compare import changed_selections
from calgui.core.rules.questions.walk import levels, rule_files
from calgui.core.rules.values import Selection, Status
from calgui.core.simulate import DemoNight

CONTEXTS = [f"tmt_000{number}.pmap" for number in (1, 2, 3)]
Answer = tuple[str, str | None] | None


def some_headers(cache: Cache, contexts: list[str], count: int) -> list[dict[str, str]]:
    """Headers of values that rules name, of some that none does, and of dates around theirs."""
    values: dict[str, dict[str, None]] = {}
    for context in contexts:
        for rules in rule_files(cache, context):
            if rules.parsed is not None and levels(rules.parsed):
                for entry in rules.parsed.choices.entries:
                    for name, value in zip(levels(rules.parsed)[0], entry.key, strict=False):
                        values.setdefault(name, {"NOSUCH": None}).update(dict.fromkeys(value.split("|")))
    dice = random.Random(5)
    dates = ["2010-01-01", "2015-07-01", "2026-02-01", "2026-03-05", "2026-03-12", "2031-01-01"]
    return [
        {name: dice.choice(list(some)) for name, some in values.items()}
        | {
            "META.INSTRUMENT.NAME": "IRIS",
            "META.OBSERVATION.DATE": dice.choice(dates),
            "META.OBSERVATION.TIME": "10:00:00",
        }
        for _ in range(count)
    ]


def by_crds(cache: Cache, context: str, header: dict[str, str]) -> dict[str, Answer]:
    told: dict[str, Answer] = {}
    for kind, file in cache.load(context).get_best_references(dict(header)).items():
        if not file.upper().startswith("NOT FOUND"):
            told[kind.lower()] = "selected", file
        else:
            told[kind.lower()] = "not-applicable" if file.upper() == "NOT FOUND N/A" else "not-found", None
    return told


def by_us(selection: Selection | None) -> Answer:
    return None if selection is None else (selection.status.value, selection.file)


@pytest.mark.parametrize(("old", "new"), list(itertools.permutations(CONTEXTS, 2)))
def test_they_are_those_of_crds(demo_night: DemoNight, old: str, new: str) -> None:
    cache = Cache.open(demo_night.cache)
    headers = some_headers(cache, [old, new], 150)
    truth = set()
    for index, header in enumerate(headers):
        before, after = (by_crds(cache, context, header) for context in (old, new))
        truth |= {
            (index, kind, before.get(kind), after.get(kind))
            for kind in {*before, *after}
            if before.get(kind) != after.get(kind)
        }
    told = changed_selections(cache, old, cache, new, headers)
    assert {(one.index, one.type, by_us(one.old), by_us(one.new)) for one in told} == truth
    assert len(told) == len(truth)
    assert truth
    if CONTEXTS[2] in (old, new):  # which has other rules for types that all have; the second has more types only
        assert any(one and two for _, _, one, two in truth)
    assert [one.index for one in told] == sorted(one.index for one in told)
    wanted = [one for one in told if one.type == "dark"]
    assert list(changed_selections(cache, old, cache, new, headers, ["dark"])) == wanted


def test_nothing_changes_within_one_context(demo_night: DemoNight) -> None:
    first, second = Cache.open(demo_night.cache), Cache.open(demo_night.cache)
    headers = some_headers(first, [CONTEXTS[2]], 30)
    assert changed_selections(first, CONTEXTS[2], second, CONTEXTS[2], headers) == ()
    assert changed_selections(first, CONTEXTS[0], first, CONTEXTS[2], []) == ()


def test_a_mapping_edited_in_another_cache(write_cache: Callable[..., Any], header: dict[str, str]) -> None:
    other = write_cache("other").healthy()
    other.rmap(
        "tmt_iris_dark_0001.rmap",
        "Match({('IRIS1',) : UseAfter({'2020-06-01 00:00:00' : 'tmt_iris_dark_0002.fits'})})",
    )
    old, new = Cache.open(write_cache().healthy().root), Cache.open(other.root)
    early = header | {"META.OBSERVATION.DATE": "2020-03-01"}
    nowhere = header | {"META.INSTRUMENT.DETECTOR": "IRIS9"}
    told = changed_selections(old, CONTEXTS[0], new, CONTEXTS[0], [nowhere, header, early])
    assert [(one.index, by_us(one.old), by_us(one.new)) for one in told] == [
        (1, ("selected", "tmt_iris_dark_0001.fits"), ("selected", "tmt_iris_dark_0002.fits")),
        (2, ("selected", "tmt_iris_dark_0001.fits"), ("not-found", None)),
    ]


def test_a_type_that_only_one_has_and_one_that_is_not_applicable(
    write_cache: Callable[..., Any], header: dict[str, str]
) -> None:
    writer = write_cache().healthy()
    writer.imap("tmt_iris_0002.imap", {"DARK": "N/A", "FLAT": "tmt_iris_flat_0001.rmap"})
    writer.pmap("tmt_0002.pmap", {"IRIS": "tmt_iris_0002.imap"})
    writer.rmap("tmt_iris_flat_0001.rmap", filekind="FLAT")
    cache = Cache.open(writer.root)
    told = changed_selections(cache, "tmt_0001.pmap", cache, "tmt_0002.pmap", [header])
    answers = {one.type: (by_us(one.old), by_us(one.new)) for one in told}
    assert answers["flat"][0] is None
    assert answers["flat"][1] == ("selected", "tmt_iris_dark_0001.fits")
    assert answers["dark"] == (("selected", "tmt_iris_dark_0001.fits"), (Status.NOT_APPLICABLE.value, None))


def test_progress_cancel_and_wrong_names(demo_night: DemoNight, tmp_path: Path) -> None:
    cache = Cache.open(demo_night.cache)
    headers = some_headers(cache, [CONTEXTS[2]], 20)
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        changed_selections(cache, CONTEXTS[0], cache, CONTEXTS[2], headers, job=job)
    with pytest.raises(UsageError, match="tmt_0099"):
        changed_selections(cache, CONTEXTS[0], cache, "tmt_0099.pmap", headers)
