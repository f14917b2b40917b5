"""Each keyword by itself, and the algorithm on headers: verdicts, units, ranges, hostile values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.metadata.algorithm import MetadataConfig, check_header, check_metadata
from calgui.core.algorithms.metadata.entries import check_entry, numbers_of, same_unit
from calgui.core.algorithms.metadata.facts import CALIBRATIONS, Expected, expected, of_calibration
from calgui.core.algorithms.metadata.setting import bands_of, check_setting
from calgui.core.algorithms.metadata.timing import check_timing
from calgui.core.catalogue import BY_KEY
from calgui.core.frames.frame import Frame
from calgui.core.frames.keywordmeaning import meaning_of
from calgui.core.frames.keywords import Header
from calgui.core.jobs import Job

DARK: dict[str, Any] = {
    "TELESCOP": "TMT", "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "EXP_TYPE": "IRIS_DARK",
    "FILTER": "OPAQUE",
    "LAMP": "NONE", "GRATING": "MIRROR", "SCALE": 0.004, "DATE-OBS": "2026-03-11", "TIME-OBS": "00:10:00",
    "EXPTIME": 100.0, "GAIN": 3.0, "READNOIS": 9.0, "IMGDTEMP": 77.0,
    "NGROUPS": 2, "TGROUP": 100.0, "NFRAMES": 1, "TFRAME": 1.3,
    "NINTS": 1, "SUBARRAY": "FULL", "SUBSTRT1": 1, "SUBSTRT2": 1, "SUBSIZE1": 16, "SUBSIZE2": 16,
}  # fmt: skip


def row(keyword: str) -> Expected:
    return next(one for one in expected() if one.keyword == keyword)


def test_the_facts_are_of_known_keywords_and_calibrations() -> None:
    assert {one.calibration for one in expected()} == set(CALIBRATIONS)
    for key in CALIBRATIONS:
        assert BY_KEY[key].kind == "metadata"
        assert "check-metadata" in BY_KEY[key].algorithms
    for one in expected():
        assert meaning_of(one.keyword) is not None, one.keyword
        assert one.need in {"", "always", "exposure", "sky", "imager", "spectrograph"}
        for low, high in ((one.low, one.high), (one.usual_low, one.usual_high)):
            assert low is None or high is None or low <= high
        if one.low is not None and one.usual_low is not None:
            assert one.low <= one.usual_low
        if one.high is not None and one.usual_high is not None:
            assert one.usual_high <= one.high
    assert len(of_calibration("all")) == len({one.keyword for one in expected()})


def test_a_good_dark() -> None:
    checked = check_header(DARK, "dark.fits", "all", (16, 16))
    assert checked.verdict == "good"
    said = {entry.keyword: entry for entry in checked.entries}
    assert said["IMGDTEMP"].unit == "K"
    assert said["IMGDTEMP"].system == "IRIS"
    assert said["EL"].verdict is None


@pytest.mark.parametrize(
    ("keyword", "value", "verdict", "word"),
    [
        ("EXPTIME", -1.0, "bad", "impossible"),
        ("EXPTIME", "long", "bad", "number belongs"),
        ("EXPTIME", "100", "doubtful", "quotes"),
        ("GAIN", 30.0, "doubtful", "unusual"),
        ("IMGDTEMP", -999.0, "bad", "no value"),
        ("IMGDTEMP", None, "bad", "no value"),
        ("IMGDTEMP", 10**400, "bad", "number belongs"),
        ("DETECTOR", "UNKNOWN", "bad", "not read"),
        ("DATE-OBS", "11/03/26", "bad", "no date"),
        ("TIME-OBS", "25:00:00", "bad", "no time"),
        ("NGROUPS", 2.5, "doubtful", "whole number"),
        ("PNTGST", "ASLEEP", "doubtful", "SLEWING"),
        ("AOTIER2", "PWFS,NOSE", "doubtful", "NOSE"),
        ("SSLGSALT", 120.0, "bad", "85 to 100"),
        ("INROTANG", 140.0, "bad", "-135 to 135"),
        ("FILTDRFL", "yes", "doubtful", "T or F"),
        ("LST", "18:26:23.19", "doubtful", "write it as a number of h"),
    ],
)
def test_a_keyword_that_is_not_as_it_should_be(keyword: str, value: Any, verdict: str, word: str) -> None:
    entry = check_entry(row(keyword), DARK | {keyword: value})
    assert entry.verdict == verdict
    assert word in entry.reason
    assert keyword in entry.reason


@pytest.mark.parametrize(
    ("said", "known", "same"),
    [
        ("deg", "deg", True),
        ("", "deg", True),
        ("degree", "deg", True),
        ("e-/adu", "electron/adu", True),
        ("e-", "electron", True),
        ("C", "degC", True),
        ("micron", "um", True),
        ("hourangle", "deg", False),
        ("h", "deg", False),
        ("mm", "m", False),
        ("C", "K", False),
        ("arcsec", "mas", False),
        ("furlongs", "m", True),
    ],
)
def test_units_that_are_the_same(said: str, known: str, same: bool) -> None:
    assert same_unit(said, known) is same


def test_a_unit_of_another_size_is_told() -> None:
    header = Header(DARK | {"RA": 15.3})
    header.comments["RA"] = "[h] right ascension"
    entry = check_entry(row("RA"), header)
    assert entry.verdict == "doubtful"
    assert "in h by its comment, where deg belongs" in entry.reason
    header.comments["RA"] = "[deg] right ascension"
    assert check_entry(row("RA"), header).verdict == "good"


def test_what_is_needed_depends_on_the_exposure() -> None:
    without = {key: value for key, value in DARK.items() if key != "IMGDTEMP"}
    assert check_entry(row("IMGDTEMP"), without).verdict == "bad"
    assert check_entry(row("IMGDTEMP"), without | {"DETECTOR": "IFS"}).verdict is None
    assert check_entry(row("EL"), DARK | {"EXP_TYPE": "IRIS_SKY"}).verdict == "bad"
    reference = {"INSTRUME": "IRIS", "DETECTOR": "IRIS1", "REFTYPE": "DARK"}
    assert check_header(reference, "ref.fits").verdict == "good"


@pytest.mark.parametrize(
    ("changes", "rule", "verdict"),
    [
        ({"MJD-OBS": 61110.00694444}, None, "good"),
        ({"MJD-OBS": 61110.00694444 + 37 / 86400}, "date_mjd", "doubtful"),
        ({"MJD-OBS": 61111.0}, "date_mjd", "bad"),
        ({"EXPTIME": 50.0}, "exposure_reads", "bad"),
        ({"EXPTIME": 96.0, "TGROUP": 12.0, "NGROUPS": 8}, None, "good"),
        ({"EXPTIME": 84.0, "TGROUP": 12.0, "NGROUPS": 8}, None, "good"),
        ({"NFRAMES": 100}, "exposure_reads", "bad"),
        ({"SUBSTRT1": 4090, "SUBARRAY": "CUSTOM"}, "subarray", "bad"),
        ({"SUBSTRT2": 0, "SUBARRAY": "CUSTOM"}, "subarray", "bad"),
        ({"SUBSTRT2": 9}, "subarray", "bad"),
        ({"SUBSIZE1": 32}, "subarray", "bad"),
        ({"EXPSTART": 61110.1, "EXPEND": 61110.0}, "date_order", "bad"),
        ({"EFFEXPTM": 100.0, "EFFINTTM": 100.0, "NINTS": 4}, "exposure_reads", "bad"),
        ({"EFFINTTM": 100.0, "EXPTIME": 1000.0}, "exposure_reads", "bad"),
        ({"DATE-END": "2026-03-11", "TIME-END": "00:11:45"}, None, "good"),
        ({"DATE-END": "2026-03-11T00:11:00"}, "date_end", "bad"),
        ({"DATE-END": "2026-03-11T00:11:37"}, "date_end", "doubtful"),
        ({"DATE-END": "2026-03-12T00:11:45"}, "date_end", "doubtful"),
        ({"REFTYPE": "DARK", "USEAFTER": "Mar 01 2026 00:00:00"}, None, "good"),
        ({"REFTYPE": "DARK", "USEAFTER": "last march"}, "useafter", "bad"),
        ({"REFTYPE": "DARK", "USEAFTER": "1926-03-01T00:00:00"}, "useafter", "doubtful"),
    ],
)
def test_times_and_places(changes: dict[str, Any], rule: str | None, verdict: str) -> None:
    found = check_timing(DARK | changes, (16, 16))
    if rule is None:
        assert found == []
        return
    assert rule in {one.rule for one in found}
    assert max((one.verdict for one in found), key=["doubtful", "bad"].index) == verdict
    assert any(character.isdigit() for character in found[0].text)


def test_reads_of_a_ramp_are_counted() -> None:
    (found,) = check_timing(DARK | {"NGROUPS": 8, "TGROUP": 12.0, "EXPTIME": 96.0}, (1, 7, 16, 16))
    assert (found.rule, found.number) == ("counts", 1)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"EXP_TYPE": "IRIS_IMAGE", "GRATING": "K4000"}, "grating_detector"),
        ({"FILTER": "K"}, "dark_filter"),
        ({"EXP_TYPE": "IRIS_FLAT"}, "dark_filter"),
        ({"FILTER": "N/A", "LAMP": "Ar,Kr"}, "dark_lamp"),
        ({"EXP_TYPE": "IRIS_ARC", "DETECTOR": "IFS", "FILTER": "Hbb", "GRATING": "K4000"}, "filter_edges"),
        ({"EXP_TYPE": "IRIS_IMAGE", "FILTER": "K", "WAVEMIN": 1.49, "WAVEMAX": 1.78}, "filter_edges"),
        ({"WAVEMIN": 2.4, "WAVEMAX": 2.0}, "wavelength_order"),
        ({"EXP_TYPE": "IRIS_SKY"}, "dark_filter"),
        ({"EXP_TYPE": "IRIS_SKY", "FILTER": "K", "FILTDRFL": True}, "dark_filter"),
        ({"SCALE": 4.0}, "scale"),
        ({"WAVEMIN": 2.0, "WAVEMAX": 2.4, "WAVECEN": 1.9}, "wavelength_order"),
        ({"IMGDISWV": "1.0,2.0", "IMGDISWT": "0.5,0.7"}, "weights"),
        ({"IMGDISWV": "1.0,2.0,2.2", "IMGDISWT": "0.5,0.5"}, "counts"),
        ({"LGSR0": 0.18, "LGSTHT0": 2.3}, "turbulence_height"),
        ({"LGSR0": 0.18, "LGSTAU0": 7.3}, "turbulence_speed"),
        ({"ODGWIMEL": "1.0,1.5", "ODGWIMS1": "2.0,2.0", "ODGWIMS2": "2.0,2.0"}, "ellipticity"),
    ],
)
def test_settings(changes: dict[str, Any], rule: str) -> None:
    found = check_setting(DARK | changes)
    assert rule in {one.rule for one in found}
    assert all(one.number != one.threshold for one in found)


@pytest.mark.parametrize(
    ("grating", "bands"),
    [
        ("K4000", "K"),
        ("4000-K", "K"),
        ("8000-Kn1-3", "K"),
        ("8000-Kbb", "K"),
        ("4000-H+K", "HK"),
        ("MIRROR", ""),
        ("", ""),
    ],
)
def test_bands_of_gratings(grating: str, bands: str) -> None:
    assert "".join(bands_of(grating)) == bands


def test_lists_of_numbers() -> None:
    assert numbers_of("[1.0, 2.5; 3]") == [1.0, 2.5, 3.0]
    assert numbers_of("1,x") is None
    assert numbers_of("") is None
    assert numbers_of(True) is None
    assert numbers_of("1," * 100_000) is not None  # as much as is read of it


def frame(name: str, **changes: Any) -> Frame:
    return Frame(np.zeros((16, 16), np.float32), None, None, DARK | changes, Path(name))


def test_the_algorithm_tells_the_worst_of_several_and_follows_them() -> None:
    frames = [
        frame("a.fits", IMGDTEMP=77.0),
        frame("b.fits", IMGDTEMP=110.0, **{"TIME-OBS": "01:10:00"}),
        frame("c.fits", IMGDTEMP=77.1, **{"TIME-OBS": "00:40:00"}),
    ]
    result = check_metadata(frames, {}, MetadataConfig(), Job("test"))
    assert result.verdict == "doubtful"
    metric = result.metrics["IMGDTEMP"]
    assert (metric.value, metric.unit, metric.verdict) == (110.0, "K", "doubtful")
    assert any(text.startswith("b.fits: IMGDTEMP is 110 K") for text in result.reasons)
    curve = next(one for one in result.curves if one.title.startswith("IMGDTEMP"))
    hours, values = curve.lines["IMGDTEMP"]
    np.testing.assert_allclose(hours, np.array([10, 40, 70]) / 60 + 50 / 3600, rtol=1e-9)
    np.testing.assert_allclose(values, [77.0, 77.1, 110.0])


def test_one_calibration_alone() -> None:
    result = check_metadata([frame("a.fits")], {}, MetadataConfig(calibration="telescope"), Job("test"))
    assert result.verdict == "good"
    assert result.metrics == {}
    told = check_metadata([frame("a.fits")], {}, MetadataConfig("telescope", list_absent=True), Job("test"))
    assert ("EL", "not given") in {(line[0], line[6]) for line in told.tables[0].rows}


def test_control_characters_never_come_out() -> None:
    hostile = DARK | {
        "FILTER": "K\x1b[31m\x07" + "x" * 5000,
        "EXP_TYPE": "\x1b]0;pwn\x07",
        "PNTGST": "\x00",
        "EXPTIME": "\x1b",
    }
    result = check_metadata(
        [Frame(np.zeros((4, 4), np.float32), None, None, hostile, Path("a\x1b.fits"))], {}, MetadataConfig(), Job("t")
    )
    said = [*result.reasons, *(str(value) for table in result.tables for line in table.rows for value in line)]
    said += [str(metric.value) + metric.unit + metric.help for metric in result.metrics.values()]
    assert all(text.isprintable() for text in said)
    assert max(map(len, said)) < 600


@pytest.mark.parametrize(
    ("keyword", "value", "word"),
    [("IMGDTEMP", -196.0, "It looks like degrees Celsius."), ("AOENCLTM", 243.0, "It looks like kelvin.")],
)
def test_temperatures_on_the_other_scale_are_named(keyword: str, value: float, word: str) -> None:
    found = check_entry(row(keyword), DARK | {keyword: value})
    assert found.verdict == "bad"
    assert word in found.reason


def test_a_start_that_is_said_twice_or_before_there_was_an_instrument_is_told() -> None:
    def rules(**changed: Any) -> list[tuple[str, str]]:
        return [(one.rule, one.verdict) for one in check_timing(DARK | changed)]

    assert rules() == []
    assert rules(**{"DATE-OBS": "2026-03-11T00:10:00.4"}) == []
    assert ("date_obs", "bad") in rules(**{"DATE-OBS": "2026-03-11T05:00:00"})
    assert ("date_obs", "bad") in rules(**{"DATE-OBS": "1926-03-11"})


def test_an_exposure_names_one_filter_and_a_reference_may_name_several() -> None:
    def rules(**changed: Any) -> list[str]:
        return [one.rule for one in check_setting(DARK | changed)]

    assert "several" not in rules()
    assert "several" in rules(FILTER="OPAQUE,CLEAR")
    assert "several" in rules(DETECTOR="IRIS1|IRIS2")
    assert "several" not in rules(DETECTOR="IRIS1|IRIS2", REFTYPE="DARK", USEAFTER="2026-01-01T00:00:00")


def test_several_numbers_in_a_text_are_no_number() -> None:
    verdict = check_entry(row("IMGDTEMP"), {"IMGDTEMP": "76.0,77.0"})
    assert verdict.verdict == "bad"
    assert "with 2 numbers" in verdict.reason
