"""Subarrays put back into their full frame: a round trip, and what does not belong together."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.subarrays.merging import MergeConfig, check_parts, merge_subarrays
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame

SIZE = 300
BOXES = {1: (200, 30, 40, 60), 2: (11, 240, 50, 25)}
RNG = np.random.default_rng(3)
SCI = RNG.normal(100, 5, (SIZE, SIZE)).astype(np.float32)
ERR = RNG.uniform(1, 2, (SIZE, SIZE)).astype(np.float32)
BITS = RNG.choice([0, 4, 2048], (SIZE, SIZE)).astype(np.uint32)
CARDS: dict[str, Any] = {
    "DETECTOR": "IRIS1",
    "FILTER": "K",
    "BUNIT": "electron/s",
    "EXPTIME": 30.0,
    "DATE-OBS": "2026-03-11",
    "TIME-OBS": "08:00:00",
}


def spot(box: tuple[int, int, int, int]) -> tuple[slice, slice]:
    x, y, nx, ny = box
    return slice(y - 1, y - 1 + ny), slice(x - 1, x - 1 + nx)


def full(*, with_map: bool = True, with_error: bool = True, **header: Any) -> Frame:
    data, bits, ids = SCI.copy(), BITS.copy(), np.zeros((SIZE, SIZE), np.float32)
    for number, box in BOXES.items():
        data[spot(box)], bits[spot(box)], ids[spot(box)] = np.nan, flags.OUTLIER, number
    cards = CARDS | {"SUBARRAY": "FULL", "SUBARRID": 0} | header
    planes = {"SUBARR_MAP": ids} if with_map else {}
    return Frame(data, ERR.copy() if with_error else None, bits, cards, Path("full.fits"), planes)


def part(number: int, *, box: tuple[int, int, int, int] | None = None, with_error: bool = True, **header: Any) -> Frame:
    box = box or BOXES[number]
    x, y, nx, ny = box
    cards = CARDS | {
        "SUBARRAY": "CUSTOM",
        "SUBARRID": number,
        "SUBSTRT1": x,
        "SUBSTRT2": y,
        "SUBSIZE1": nx,
        "SUBSIZE2": ny,
    }
    cards = {key: value for key, value in (cards | header).items() if value is not None}
    place = spot(BOXES[number])
    data = np.resize(SCI[place], (ny, nx))
    err = np.resize(ERR[place], (ny, nx)) if with_error else None
    return Frame(data, err, np.resize(BITS[place], (ny, nx)), cards, Path(f"sub_{number}.fits"))


@pytest.mark.parametrize("with_map", [True, False])
def test_the_full_frame_comes_back_as_it_was(with_map: bool) -> None:
    made = merge_subarrays([part(2), full(with_map=with_map), part(1)], MergeConfig())
    assert made.verdict == "good"
    assert made.frame is not None
    np.testing.assert_array_equal(made.frame.data, SCI)
    np.testing.assert_array_equal(made.frame.err, ERR)
    np.testing.assert_array_equal(made.frame.dq, BITS)
    np.testing.assert_array_equal(made.planes["SUBARR_MAP"], full().planes["SUBARR_MAP"])
    assert made.frame.header["SUBARRID"] == 0
    assert made.metrics["n_missing"].value == 0
    assert made.metrics["n_pixels"].value == 40 * 60 + 50 * 25
    assert bool(made.reasons) is not with_map


def test_a_subarray_without_its_file_stays_empty_and_is_flagged() -> None:
    made = merge_subarrays([full(), part(2)], MergeConfig())
    assert made.verdict == "doubtful"
    assert "Subarray 1 (40 × 60 pixels from column 200, row 30) has no file" in made.reasons[0]
    assert made.frame is not None
    assert made.frame.dq is not None
    inside = spot(BOXES[1])
    assert np.isnan(made.frame.data[inside]).all()
    assert (made.frame.dq[inside] == flags.OUTLIER | flags.DO_NOT_USE).all()
    assert made.metrics["n_missing"].value == 40 * 60
    assert made.tables[0].flagged == (0,)
    assert made.tables[0].rows[0][-1] == "none given"


def test_errors_that_a_subarray_lacks_are_unknown() -> None:
    made = merge_subarrays([full(), part(1, with_error=False), part(2)], MergeConfig())
    assert made.verdict == "doubtful"
    assert "no ERR for subarray 1" in made.reasons[0]
    assert made.frame is not None
    assert made.frame.err is not None
    assert np.isnan(made.frame.err[spot(BOXES[1])]).all()
    assert np.isfinite(made.frame.err).sum() == SIZE**2 - 40 * 60


def test_parts_that_were_not_calibrated_alike_are_doubtful() -> None:
    marked = full(S_FLAT="COMPLETE", S_SUBARR="COMPLETE")
    made = merge_subarrays([marked, part(1, S_FLAT="COMPLETE"), part(2)], MergeConfig())
    assert made.verdict == "doubtful"
    assert made.reasons == (
        "S_FLAT is COMPLETE in full.fits and not in sub_2.fits: the parts were not calibrated alike.",
    )


@pytest.mark.parametrize(("start", "verdict"), [("08:00:20", "good"), ("08:01:20", "good"), ("08:05:00", "doubtful")])
def test_a_subarray_of_another_time_is_doubtful(start: str, verdict: str) -> None:
    made = merge_subarrays([full(), part(1), part(2, **{"TIME-OBS": start})], MergeConfig())
    assert made.verdict == verdict
    assert any("sub_2.fits" in reason and "270 s after the end" in reason for reason in made.reasons) is (
        verdict == "doubtful"
    )


def test_rates_may_take_other_times_and_counts_may_not() -> None:
    assert merge_subarrays([full(), part(1, EXPTIME=2.0)], MergeConfig()).frame is not None
    counts = [full(BUNIT="electron"), part(1, BUNIT="electron", EXPTIME=2.0)]
    with pytest.raises(InputError, match=r"sub_1\.fits.*2 s.*30 s.*electron/s first"):
        check_parts(counts)


@pytest.mark.parametrize(
    ("frames", "match"),
    [
        ([part(1), part(2)], r"None of the 2 frames is the full frame"),
        ([full(), full()], r"two full frames"),
        ([full(), part(1), part(1)], r"SUBARRID is 1, as in sub_1\.fits"),
        ([full(), part(1, SUBARRID=None)], r"sub_1\.fits: SUBARRID.*missing"),
        ([full(), part(1, SUBSTRT1=None)], r"sub_1\.fits: SUBSTRT1.*first column.*missing"),
        ([full(), part(1, SUBSIZE2=61)], r"SUBSIZE2 is 61, and the image has 60 rows"),
        ([full(), part(1, SUBSTRT1=280)], r"lies outside the full frame of 300 × 300"),
        ([full(), part(1, SUBSTRT2=0)], r"lies outside"),
        ([full(), part(1), part(2, SUBSTRT1=190, SUBSTRT2=60)], r"sub_2\.fits: Subarray 2.*overlaps with 1"),
        ([full(), part(1, DETECTOR="IRIS2")], r"DETECTOR.*IRIS2; in the full frame full\.fits it is IRIS1"),
        ([full(), part(1, FILTER="J")], r"FILTER"),
        ([full(), part(1, OBS_ID="other")], r"OBS_ID"),
        ([full(), part(1, BUNIT="adu")], r"BUNIT is adu"),
    ],
)
def test_what_does_not_belong_together_is_refused(frames: list[Frame], match: str) -> None:
    with pytest.raises(InputError, match=match):
        check_parts(frames)


@pytest.mark.parametrize(
    ("odd", "match"),
    [
        (part(1, SUBARRID=3), r"SUBARRID is 3, and SUBARR_MAP of the full frame has 1, 2"),
        (part(1, SUBSTRT1=201), r"from column 201.*SUBARR_MAP of the full frame says.*from column 200"),
        (part(1, box=(200, 30, 40, 50)), r"40 × 50 pixels.*says 40 × 60"),
    ],
)
def test_a_subarray_that_lies_elsewhere_than_the_map_says_is_refused(odd: Frame, match: str) -> None:
    with pytest.raises(InputError, match=match):
        merge_subarrays([full(), odd], MergeConfig())
