"""The trace's winner is crds's answer, over generated mappings of every selector and matcher."""

import itertools
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calgui.core.rules.cache import Cache
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.selection.bulk import best_references_many
from calgui.core.rules.selection.header import with_settings
from calgui.core.rules.selection.select import best_references
from calgui.core.rules.selection.trace import explain
from calgui.core.rules.values import Fate, Status

DETECTOR, FILTER, GAIN = "META.INSTRUMENT.DETECTOR", "META.INSTRUMENT.FILTER", "META.EXPOSURE.GAIN_FACTOR"
SUBARRAY = "META.SUBARRAY.NAME"
DAY, TIME = "META.OBSERVATION.DATE", "META.OBSERVATION.TIME"
WORDS = ["A", "B", "A|B", "*", "N/A", "NOT A", "{A}", "(A.?)", "ANY", "B*", "GENERIC"]
NUMBERS = ["1.0", "*", "N/A", "<2", ">=1", "BETWEEN 1 3", "# >1 and <=3 #", "# <1 or >3 #", "NOT <2", "3|4"]
VALUES = ["A", "B", "AB", "N/A", "*", "UNDEFINED", "GENERIC", "FULL"]
STAMPS = ["2019-01-01 00:00:00", "2020-01-01 00:00:00", "2020-06-01 12:00:00", "2021-01-01 00:00:00"]
INNER: dict[str, tuple[tuple[str, ...], list[Any]]] = {
    "UseAfter": ((DAY, TIME), STAMPS),
    "ClosestTime": ((DAY, TIME), STAMPS),
    "VersionAfter": (("CAL_VER",), ["0.1.0", "1.0", "2.5.1"]),
    "SelectVersion": (("SW_VER",), ["<1", "<3.1", "default"]),
    "GeometricallyNearest": (("WAVE",), [1.0, 2.5, 5.0]),
    "Bracket": (("WAVE",), [1.0, 2.5, 5.0]),
}


@st.composite
def mappings(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Text of a selector, and what its header says beside."""
    kind = draw(st.sampled_from([*INNER, "", "nested"]))
    inner, keys = INNER.get("UseAfter" if kind in ("", "nested") else kind, INNER["UseAfter"])
    serial = iter(range(1, 999))

    def name() -> str:
        odd = draw(st.integers(0, 30))
        return repr("N/A" if odd == 0 else f"tmt_iris_dark_{next(serial):04}.fits")

    def choice() -> str:
        if kind == "":
            return name()
        parts = []
        for key in draw(st.lists(st.sampled_from(keys), min_size=1, max_size=3, unique=True)):
            if kind == "nested":
                parts.append(f"{key!r} : SelectVersion({{ '<2' : {name()}, 'default' : {name()} }})")
            else:
                parts.append(f"{key!r} : {name()}")
        return f"{'UseAfter' if kind == 'nested' else kind}({{ {', '.join(parts)} }})"

    key = st.tuples(st.sampled_from(WORDS), st.sampled_from(NUMBERS), st.sampled_from(WORDS))
    rules = draw(st.lists(key, min_size=1, max_size=7, unique=True))
    text = "Match({\n" + "".join(f"    {rule!r} : {choice()},\n" for rule in rules) + "})"
    last: tuple[Any, ...] = {"": (), "nested": (inner, ("SW_VER",))}.get(kind, (inner,))
    header: dict[str, Any] = {"parkey": ((DETECTOR, GAIN, SUBARRAY), *last)}
    header["classes"] = ("Match", "UseAfter")
    more = {
        "rmap_relevance": f'({FILTER} != "J")',
        "rmap_omit": f'({FILTER} == "H")',
        "merge_overlaps": "0",
        "reffile_required": "NO",
        "reffile_switch": "DARKCORR",
        "substitutions": {DETECTOR: {"B": "A", "GENERIC": "*"}},
        "parkey_relevance": {"meta.subarray.name": f'({DETECTOR} == "A")'},
        "extra_keys": (FILTER,),
    }
    for entry in draw(st.lists(st.sampled_from(sorted(more)), max_size=3, unique=True)):
        header[entry] = more[entry]
    return text, header


_NUMBERS = itertools.count()
HEADERS = st.fixed_dictionaries(
    {"META.INSTRUMENT.NAME": st.just("IRIS")},
    optional={
        DETECTOR: st.sampled_from(VALUES),
        GAIN: st.sampled_from(["1", "2", "3.0", "0.5", "N/A", "*", "x"]),
        SUBARRAY: st.sampled_from(VALUES),
        FILTER: st.sampled_from(["H", "J", "K"]),
        DAY: st.sampled_from(["2018-01-01", "2020-01-01", "2020-03-02", "2022-01-01", "2020-1-1", "bad"]),
        TIME: st.sampled_from(["00:00:00", "12:00:00"]),
        "CAL_VER": st.sampled_from(["0.0.1", "1.0.0", "9.9", "bad"]),
        "SW_VER": st.sampled_from(["0.5", "2", "7", "bad", "default"]),
        "WAVE": st.sampled_from(["0.1", "1", "1.75", "3", "9", "bad"]),
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(mappings(), st.lists(HEADERS, min_size=1, max_size=8))
def test_the_winner_is_what_crds_selects(
    write_cache: Callable[..., Any], mapping: tuple[str, dict[str, Any]], headers: list[dict[str, str]]
) -> None:
    writer = write_cache(f"cache{next(_NUMBERS)}").healthy()
    text, more = mapping
    writer.rmap("tmt_iris_dark_0001.rmap", text, **more)
    cache = Cache.open(writer.root)
    try:
        rmap = cache.rmap("tmt_0001.pmap", "IRIS", "dark")
    except Exception:  # noqa: BLE001 - two keys that crds conditions to the same: it refuses the mapping
        return
    pmap = cache.load("tmt_0001.pmap")
    many = best_references_many(cache, "tmt_0001.pmap", headers)
    for header, found in zip(headers, many, strict=True):
        one = best_references(cache, "tmt_0001.pmap", header)[0]
        assert found == (one,)
        given_ = crds_module("core.utils").condition_header(pmap.minimize_header(header))
        said = cache.load("tmt_iris_0001.imap").get_best_references(given_).get("dark", "NOT FOUND n/a")
        check(cache, rmap, header, one, said)


def check(cache: Cache, rmap: Any, header: dict[str, str], one: Any, said: Any) -> None:
    trace = explain(cache, "tmt_0001.pmap", "dark", header)
    assert (trace.selected, trace.status) == (one.file, one.status)
    parts = said if isinstance(said, tuple) else (said,)
    if all(isinstance(part, str) for part in parts):
        name = ",".join(dict.fromkeys(parts))
        if name.startswith("NOT FOUND") or name == "N/A":
            assert one.file is None
            assert one.message
            assert (one.status is Status.NOT_APPLICABLE) is (name in ("NOT FOUND n/a", "N/A"))
        else:
            assert one.file == name
    winners = [rule for rule in trace.rules if rule.fate is Fate.WINNER]
    chosen = {name for rule in winners for date in rule.dates if date.chosen for name in date.file.split(",")}
    if one.status is not Status.NOT_APPLICABLE:
        assert chosen == set(one.file.split(",") if one.file else ())
    for miss in trace.near_misses:
        changed = with_settings(header, {c.parameter: c.after for c in miss.changes}, cache.observatory)
        assert best_references(cache, "tmt_0001.pmap", changed)[0].file == miss.file
