"""Explanations of real mappings, worked out on paper from their text before the program was asked."""

from pathlib import Path

import pytest

from calgui.core.rules.cache import Cache
from calgui.core.rules.selection.trace import explain
from calgui.core.rules.values import Fate, Rule, Status, Trace

TMT = {"INSTRUME": "IRIS", "DETECTOR": "iris1", "SUBARRAY": "FULL", "DATE-OBS": "2022-01-01", "TIME-OBS": "00:00:00"}
NIRSPEC = {
    "META.INSTRUMENT.NAME": "NIRSPEC",
    "META.INSTRUMENT.DETECTOR": "NRS1",
    "META.SUBARRAY.NAME": "FULL",
    "META.EXPOSURE.READPATT": "NRSIRS2RAPID",
    "META.OBSERVATION.DATE": "1999-06-01",
    "META.OBSERVATION.TIME": "00:00:00",
}
LAST = "latest before the observation"


@pytest.fixture
def tmt(real_data: Path) -> Cache:
    return Cache.open(real_data / "caches" / "tmt")


@pytest.fixture
def jwst(real_data: Path) -> Cache:
    return Cache.open(real_data / "caches" / "jwst")


def cells(rule: Rule) -> list[tuple[str, str, str | None]]:
    return [(cell.value, cell.outcome.value, cell.substituted) for cell in rule.cells]


def dates(rule: Rule) -> list[tuple[str, str, bool, str]]:
    return [(one.date[:10], one.file[-9:-5], one.chosen, one.reason) for one in rule.dates]


def summary(trace: Trace) -> list[tuple[int | None, Fate, int]]:
    return [(rule.line, rule.fate, rule.weight) for rule in trace.rules]


def test_the_mask_of_tmt(tmt: Cache) -> None:
    # one rule, ('IRIS1', 'GENERIC') at line 19; the header's substitutions make N/A of GENERIC, which counts nothing
    trace = explain(tmt, "tmt_0001.pmap", "mask", TMT)
    assert (trace.status, trace.selected) == (Status.SELECTED, "tmt_iris_mask_0001.fits")
    assert trace.rules[0].key == ("IRIS1", "GENERIC")
    assert summary(trace) == [(19, Fate.WINNER, 1)]
    assert cells(trace.rules[0]) == [("IRIS1", "match", None), ("FULL", "not-applicable", "N/A")]
    assert dates(trace.rules[0]) == [("2015-10-01", "0001", True, LAST)]


def test_the_mask_of_tmt_for_a_detector_that_it_does_not_list(tmt: Cache) -> None:
    # the column of detectors lists IRIS1 alone and no wildcard: IRIS2 is refused before anything is matched
    trace = explain(tmt, "tmt_0001.pmap", "mask", {**TMT, "DETECTOR": "IRIS2"})
    assert (trace.status, trace.selected) == (Status.NOT_FOUND, None)
    assert summary(trace) == [(19, Fate.ELIMINATED, 0)]
    assert cells(trace.rules[0]) == [("IRIS2", "refused", None), ("FULL", "not-applicable", "N/A")]
    assert trace.message == "META.INSTRUMENT.DETECTOR (DETECTOR) is IRIS2; the rules accept IRIS1."
    (miss,) = trace.near_misses
    assert (miss.file, miss.changes[0].after) == ("tmt_iris_mask_0001.fits", "IRIS1")


def test_the_dark_of_tmt(tmt: Cache) -> None:
    # ('IRIS1', 'CUSTOM') at line 19 and ('IRIS1', 'FULL') at line 22, both from 1900 on, both with the same file
    trace = explain(tmt, "tmt_0001.pmap", "dark", TMT)
    assert (trace.status, trace.selected) == (Status.SELECTED, "tmt_iris_dark_0001.fits")
    assert summary(trace) == [(22, Fate.WINNER, 2), (19, Fate.ELIMINATED, 1)]
    assert cells(trace.rules[0]) == [("IRIS1", "match", None), ("FULL", "match", None)]
    assert cells(trace.rules[1]) == [("IRIS1", "match", None), ("FULL", "mismatch", None)]
    assert dates(trace.rules[0]) == [("1900-01-01", "0001", True, LAST)]
    assert trace.near_misses == ()


def test_the_dark_of_tmt_without_a_subarray(tmt: Cache) -> None:
    # no rule lists a wildcard for it: what is missing is refused, and both rules fail for it
    header = {key: value for key, value in TMT.items() if key != "SUBARRAY"}
    trace = explain(tmt, "tmt_0001.pmap", "dark", header)
    assert (trace.status, trace.selected) == (Status.NOT_FOUND, None)
    assert {(fate, weight) for _, fate, weight in summary(trace)} == {(Fate.ELIMINATED, 1)}
    for rule in trace.rules:
        assert cells(rule) == [("IRIS1", "match", None), ("UNDEFINED", "missing", None)]
    assert trace.message == "The header lacks META.SUBARRAY.NAME (SUBARRAY); the rules accept CUSTOM, FULL."


def test_the_mask_of_nirspec_falls_back_to_a_lighter_rule(jwst: Cache) -> None:
    # rules at lines 19 (NRS1, GENERIC, N/A), 24 (NRS1, GENERIC, NRSIRS2|NRSIRS2RAPID), 27 and 32 (the same for NRS2);
    # 24 weighs 2, but begins in 2000; 19 weighs 1 and has files from 1900 (0004), 1999 (0002) and 2000 (0008)
    trace = explain(jwst, "jwst_0300.pmap", "mask", NIRSPEC)
    assert (trace.status, trace.selected) == (Status.SELECTED, "jwst_nirspec_mask_0002.fits")
    assert summary(trace) == [
        (19, Fate.WINNER, 1),
        (24, Fate.NO_DATE, 2),
        (32, Fate.ELIMINATED, 1),
        (27, Fate.ELIMINATED, 0),
    ]
    winner, late, near, far = trace.rules
    generic, other = ("FULL", "not-applicable", "N/A"), ("NRS1", "mismatch", None)
    assert cells(winner) == [("NRS1", "match", None), generic, ("NRSIRS2RAPID", "not-applicable", None)]
    assert cells(late) == [("NRS1", "match", None), generic, ("NRSIRS2RAPID", "match", None)]
    assert cells(near) == [other, generic, ("NRSIRS2RAPID", "match", None)]
    assert cells(far) == [other, generic, ("NRSIRS2RAPID", "not-applicable", None)]
    assert dates(winner) == [
        ("1900-01-01", "0004", False, "before, but a later one applies"),
        ("1999-01-01", "0002", True, LAST),
        ("2000-01-01", "0008", False, "after the observation"),
    ]
    assert dates(late) == [("2000-01-01", "0010", False, "after the observation")]


def test_what_nearly_was_the_mask_of_nirspec(jwst: Cache) -> None:
    # another date gives 0004 and 0010, the other detector 0003; from 2000 on the heavier rule has to be put out by
    # another read pattern (0008, 0009); 0005 and 0011 take detector and date
    misses = explain(jwst, "jwst_0300.pmap", "mask", NIRSPEC).near_misses
    counts = {miss.file[-9:-5]: len(miss.changes) for miss in misses}
    assert counts == {"0004": 1, "0010": 1, "0003": 1, "0008": 2, "0005": 2, "0011": 2, "0009": 3}
    changed = {miss.file[-9:-5]: {change.parameter for change in miss.changes} for miss in misses}
    day, detector, pattern = "META.OBSERVATION.DATE", "META.INSTRUMENT.DETECTOR", "META.EXPOSURE.READPATT"
    assert changed["0003"] == {detector}
    assert changed["0008"] == {day, pattern}
    assert changed["0009"] == {day, detector, pattern}


def test_the_mask_of_nirspec_in_its_time(jwst: Cache) -> None:
    # from 2000 on the heavier rule has a file: 19 matches too, and is outranked
    trace = explain(jwst, "jwst_0300.pmap", "mask", {**NIRSPEC, "META.OBSERVATION.DATE": "2022-07-12"})
    assert trace.selected == "jwst_nirspec_mask_0010.fits"
    assert summary(trace)[:2] == [(24, Fate.WINNER, 2), (19, Fate.OUTRANKED, 1)]
    assert dates(trace.rules[0]) == [("2000-01-01", "0010", True, LAST)]
    assert not any(chosen for _, _, chosen, _ in dates(trace.rules[1]))
