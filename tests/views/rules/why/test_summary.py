"""Selections held against what the header says was used, for one observation and for many."""

from pathlib import Path

import pytest

from calgui.core.rules.values import Selection, Status
from calgui.views.rules.why.asking import UNDEFINED, Observation, WhatIf, altered
from calgui.views.rules.why.summary import AS_USED, NOT_RECORDED, OTHER, summarise, telling, use_of

_DARK = Selection("dark", Status.SELECTED, "dark_0001.fits")


@pytest.mark.parametrize(
    ("recorded", "verdict", "name"),
    [
        ("crds://dark_0001.fits", AS_USED, "dark_0001.fits"),
        ("jref$dark_0001.fits", AS_USED, "dark_0001.fits"),
        ("/data/cache/dark_0001.fits", AS_USED, "dark_0001.fits"),
        ("DARK_0001.FITS", AS_USED, "DARK_0001.FITS"),
        ("crds://dark_0002.fits", OTHER, "dark_0002.fits"),
        ("N/A", OTHER, "N/A"),
        ("", NOT_RECORDED, None),
        ("UNDEFINED", NOT_RECORDED, None),
    ],
)
def test_what_the_header_says_was_used(recorded: str, verdict: str, name: str | None) -> None:
    use = use_of(_DARK, {"R_DARK": recorded}, "R_DARK")
    assert (use.verdict, use.recorded) == (verdict, name)


def test_not_applicable_was_used_where_the_header_says_so() -> None:
    assert use_of(Selection("dark", Status.NOT_APPLICABLE), {"R_DARK": "N/A"}, "R_DARK").verdict == AS_USED


def test_a_type_without_keyword_is_not_recorded() -> None:
    assert use_of(_DARK, {"R_DARK": "dark_0001.fits"}, None).verdict == NOT_RECORDED


def test_observations_that_differ_are_counted_most_frequent_first() -> None:
    files = ["a.fits", "b.fits", "b.fits", None]
    observations = [Observation(Path(f"{n}.fits"), {"R_DARK": "b.fits"}) for n in range(4)]
    answers = [
        (Selection("dark", Status.SELECTED if file else Status.NOT_FOUND, file), Selection("flat", Status.NOT_FOUND))
        for file in files
    ]
    dark, flat = summarise(observations, answers, lambda type_: f"R_{type_.upper()}")
    assert [(answer.selection.file, answer.members) for answer in dark.answers] == [
        ("b.fits", (1, 2)),
        ("a.fits", (0,)),
        (None, (3,)),
    ]
    assert dark.answers[0].use == "as used"
    assert dark.answers[1].use == "header says b.fits"
    assert len(flat.answers) == 1


def test_a_supposed_value_replaces_keyword_and_parkey_whatever_their_case() -> None:
    header = {"FILTER": "J", "meta.instrument.filter": "J", "DETECTOR": "IRIS1"}
    changed = altered(header, [WhatIf("META.INSTRUMENT.FILTER", "FILTER", "K", "J")])
    assert changed == {"FILTER": "K", "META.INSTRUMENT.FILTER": "K", "DETECTOR": "IRIS1"}
    assert altered(header, [WhatIf("META.INSTRUMENT.FILTER", "FILTER", UNDEFINED, "J")]) == {"DETECTOR": "IRIS1"}
    assert header["FILTER"] == "J"


@pytest.mark.parametrize(
    ("header", "flat", "wanted"),
    [
        ({}, Status.SELECTED, ("adc", 0)),
        ({"EXP_TYPE": "IRIS_DARK"}, Status.SELECTED, ("dark", 0)),
        ({"EXP_TYPE": "IRIS_DARK"}, Status.NOT_FOUND, ("flat", 1)),
        ({"EXP_TYPE": "IRIS_DARK"}, Status.ERROR, ("flat", 1)),
        ({"EXP_TYPE": "IRIS_DARK", "R_FLAT": "other.fits"}, Status.SELECTED, ("flat", 0)),
    ],
)
def test_what_lacks_an_answer_is_looked_at_first(header: dict[str, str], flat: Status, wanted: tuple[str, int]) -> None:
    observations = [Observation(Path(name), header) for name in ("a.fits", "b.fits")]
    good = [Selection(type_, Status.SELECTED, f"{type_}.fits") for type_ in ("adc", "dark", "flat")]
    other = [*good[:2], Selection("flat", flat, "flat.fits" if flat is Status.SELECTED else None)]
    rows = summarise(observations, [tuple(good), tuple(other)], lambda type_: f"R_{type_.upper()}")
    assert telling(rows, header) == wanted


def test_without_rows_nothing_is_looked_at() -> None:
    assert telling([], {}) == (None, 0)
