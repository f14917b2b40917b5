"""Selections, traces, near misses and many headers at once, against crds itself on real and generated mappings."""

import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from calgui.core.errors import InputError
from calgui.core.rules.cache import Cache
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection.bulk import best_references_many
from calgui.core.rules.selection.header import plan_for, with_settings
from calgui.core.rules.selection.select import best_references
from calgui.core.rules.selection.trace import explain
from calgui.core.rules.values import Fate, Status

JUNK = ["UNDEFINED", "N/A", "*", "ANY", "", "3.0", "XYZZY", "T"]
DATES = ["1990-01-01", "2005-06-07", "2014-01-01", "2016-02-29", "2022-11-30", "bad", "UNDEFINED"]
TIMES = ["00:00:00", "12:30:00", "23:59:59.5"]


def stock(cache: Cache, plan: Any, header: Mapping[str, Any]) -> dict[str, Any]:
    """crds's own answers: its public road where all rules load, else each mapping that loads by itself."""
    pmap = cache.load(plan.context)
    condition = crds_module("core.utils").condition_header
    if all(hasattr(rmap, "selector") for rmap in plan.rmaps.values()):
        imap = cache.load(cache.instruments(plan.context)[plan.instrument])
        found: dict[str, Any] = imap.get_best_references(condition(pmap.minimize_header(dict(header))))
        return {kind: found.get(kind, "NOT FOUND n/a") for kind in plan.rmaps}
    given = condition({key: header.get(key, "UNDEFINED") for key in plan.parkeys})
    said = {kind: rmap.get_best_ref(given) for kind, rmap in plan.rmaps.items() if hasattr(rmap, "selector")}
    return {kind: "NOT FOUND n/a" if file is None else file for kind, file in said.items()}


def random_header(rng: random.Random, plan: Any, values: Mapping[str, list[str]]) -> dict[str, str]:
    header = {}
    for key in plan.parkeys:
        if "DATE" in key or key.endswith("START_TIME"):
            header[key] = rng.choice(DATES[:-2]) if rng.random() < 0.9 else rng.choice(DATES)
        elif "TIME" in key:
            header[key] = rng.choice(TIMES)
        elif rng.random() < 0.95:
            header[key] = rng.choice(values[key]) if values.get(key) and rng.random() < 0.93 else rng.choice(JUNK)
    return header


def listed(plan: Any) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for rmap in plan.rmaps.values():
        if hasattr(rmap, "selector"):
            for name, values in rmap.selector.get_value_map().items():
                found.setdefault(name.upper(), set()).update(values)
    return {name: sorted(values) for name, values in found.items()}


def differences(cache: Cache, context: str, instrument: str, headers: list[dict[str, str]]) -> list[Any]:
    """Where an answer of ours is not crds's, or the trace's winner or the many's answer is not the single one."""
    plan = plan_for(cache, context, instrument)
    wrong: list[Any] = []
    singles = [best_references(cache, context, header) for header in headers]
    for header, ours, many in zip(headers, singles, best_references_many(cache, context, headers), strict=True):
        if ours != many:
            wrong.append(("many", header, ours, many))
        theirs = stock(cache, plan, header)
        for one in ours:
            if one.type in theirs:
                said = theirs[one.type]
                if isinstance(said, tuple) and not all(isinstance(part, str) for part in said):
                    said = "NOT FOUND: a tie of a plain file with dates"
                name = ",".join(dict.fromkeys(said)) if isinstance(said, tuple) else str(said)
                name = "NOT FOUND n/a" if name == "N/A" else name
                lost = name.startswith("NOT FOUND")
                if (one.status is Status.SELECTED) is lost or (one.file is not None and one.file != name):
                    wrong.append(("crds", header, one, said))
                if lost and (name == "NOT FOUND n/a") is not (one.status is Status.NOT_APPLICABLE):
                    wrong.append(("status", header, one, said))
            trace = explain(cache, context, one.type, header, near=False)
            winners = [rule for rule in trace.rules if rule.fate is Fate.WINNER]
            chosen = {name for rule in winners for date in rule.dates if date.chosen for name in date.file.split(",")}
            expected = set(one.file.split(",")) if one.file else set()
            same = (trace.selected, trace.status) == (one.file, one.status)
            if not same or not (trace.message or "").startswith(one.message or ""):
                wrong.append(("trace", header, one, trace.selected, trace.message))
            if chosen != expected and one.status is not Status.NOT_APPLICABLE:
                wrong.append(("winner", header, one, chosen))
    return wrong


@pytest.mark.parametrize("name", ["tmt", "ligeriri", "hst", "jwst", "tobs"])
def test_every_answer_is_that_of_crds(real_data: Path, name: str) -> None:
    cache = Cache.open(real_data / "caches" / name)
    rng = random.Random(7)
    context = cache.default_context
    assert context is not None
    instruments = list(cache.instruments(context))[:3]
    for instrument in instruments:
        plan = plan_for(cache, context, instrument)
        values = listed(plan)
        key = str(cache.load(context).instrument_key).upper()
        headers = [{**random_header(rng, plan, values), key: instrument} for _ in range(12)]
        assert differences(cache, context, instrument, headers) == []


@pytest.mark.parametrize("name", ["tmt", "hst", "jwst"])
def test_near_misses_select_what_they_promise(real_data: Path, name: str) -> None:
    cache = Cache.open(real_data / "caches" / name)
    context = cache.default_context
    assert context is not None
    instrument = next(iter(cache.instruments(context)))
    plan = plan_for(cache, context, instrument)
    rng, values, seen = random.Random(3), listed(plan), 0
    key = str(cache.load(context).instrument_key).upper()
    for _ in range(3):
        header = {**random_header(rng, plan, values), key: instrument}
        for kind in list(plan.rmaps)[:6]:
            for miss in explain(cache, context, kind, header).near_misses:
                changed = with_settings(header, {c.parameter: c.after for c in miss.changes}, cache.observatory)
                assert best_references(cache, context, changed, [kind])[0].file == miss.file
                seen += 1
    assert seen


def test_one_broken_mapping_hides_nothing_of_the_others(real_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(real_data / "caches" / "tmt", folder, copy_function=shutil.copyfile)
    (folder / "mappings" / "tmt" / "tmt_iris_dark_0001.rmap").write_text("header = {")
    whole, broken = Cache.open(real_data / "caches" / "tmt"), Cache.open(folder)
    plan = plan_for(broken, "tmt_0001.pmap", "IRIS")
    assert isinstance(plan.rmaps["dark"], InputError)
    rng = random.Random(11)
    headers = [{**random_header(rng, plan, listed(plan)), "META.INSTRUMENT.NAME": "IRIS"} for _ in range(40)]
    assert differences(broken, "tmt_0001.pmap", "IRIS", headers) == []
    for ours, theirs in zip(
        best_references_many(broken, "tmt_0001.pmap", headers),
        best_references_many(whole, "tmt_0001.pmap", headers),
        strict=True,
    ):
        for one, other in zip(ours, theirs, strict=True):
            if one.type == "dark":
                assert one.status is Status.ERROR
                assert "tmt_iris_dark_0001.rmap" in (one.message or "")
            else:
                assert (one.status, one.file, one.message) == (other.status, other.file, other.message)
