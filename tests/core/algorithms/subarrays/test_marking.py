"""The map of subarrays: parsed as the IRIS pipeline does, marked in data quality, odd ones told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.geometry import cut_out
from calgui.core.algorithms.subarrays.layout import Subarray, parse_map
from calgui.core.algorithms.subarrays.marking import MarkConfig, mark_subarrays
from calgui.core.errors import InputError, UsageError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job

#: the case of the IRIS pipeline's own test: id, first column and row from 1, columns, rows
IRIS = ((1, 80, 70, 10, 10), (2, 10, 20, 20, 20))


def map_of(*boxes: tuple[int, int, int, int, int], shape: tuple[int, int] = (100, 100)) -> np.ndarray[Any, Any]:
    made = np.zeros(shape, np.float32)
    for number, x, y, nx, ny in boxes:
        made[y - 1 : y - 1 + ny, x - 1 : x - 1 + nx] = number
    return made


def frame(ids: Any, bits: Any = None, **header: Any) -> Frame:
    data = np.where(ids != 0, np.nan, 7.0).astype(np.float32)
    cards = {"SUBARRAY": "FULL", "SUBARRID": 0, "DETECTOR": "IRIS1"} | header
    return Frame(data, data * 0 + 2, bits, cards, Path("full.fits"), {"SUBARR_MAP": ids})


def test_the_case_of_the_iris_pipeline() -> None:
    """Positions from 1, flags that were there stay, and bit 4 is raised inside: values of its test."""
    bits = np.zeros((100, 100), np.uint32)
    bits[25, 25], bits[26, 26] = 16, 1
    ids = map_of(*IRIS)
    made = mark_subarrays(frame(ids, bits), MarkConfig())
    assert parse_map(frame(ids), Job()) == (
        Subarray(1, 80, 70, 10, 10, 100),
        Subarray(2, 10, 20, 20, 20, 400),
    )
    assert made.frame is not None
    assert made.frame.dq is not None
    assert made.frame.dq[25, 25] == 16
    assert made.frame.dq[26, 26] == 17
    np.testing.assert_array_equal((made.frame.dq & 16) > 0, ids != 0)
    assert made.verdict == "good"
    assert not made.reasons
    assert made.metrics["n_subarrays"].value == 2
    assert made.metrics["n_pixels"].value == 500
    np.testing.assert_array_equal(made.planes["SUBARR_MAP"], ids)
    rows = made.planes["SUBARRAYS"]
    assert rows["SUBSTRT1"].tolist() == [80, 10]
    assert rows["SUBSIZE2"].tolist() == [10, 20]
    assert (bits[70, 80], made.frame.err is not None) == (0, True)


def test_other_flags_may_be_chosen() -> None:
    made = mark_subarrays(frame(map_of(*IRIS)), MarkConfig("OUTLIER,DO_NOT_USE"))
    assert made.frame is not None
    assert made.frame.dq is not None
    assert made.frame.dq.max() == flags.OUTLIER | flags.DO_NOT_USE
    for text in ("", "NOTHING"):
        with pytest.raises(UsageError, match="flag"):
            mark_subarrays(frame(map_of(*IRIS)), MarkConfig(text))


def test_subarrays_that_span_bands_are_whole() -> None:
    ids = map_of((1, 3, 100, 8, 700), (2, 40, 255, 5, 2), shape=(1000, 64))
    assert parse_map(frame(ids), Job()) == (Subarray(1, 3, 100, 8, 700, 5600), Subarray(2, 40, 255, 5, 2, 10))


def test_a_cut_out_knows_its_place() -> None:
    part = cut_out(frame(map_of(*IRIS), DETXSIZE=100, DETYSIZE=100), slice(15, 60), slice(0, 50))
    made = mark_subarrays(part, MarkConfig())
    assert made.verdict == "good"
    assert made.tables[0].rows == ((2, 10, 20, 20, 20, 400),)


def test_a_subarray_that_is_no_rectangle_is_bad() -> None:
    """As where two overlap: the later one takes pixels of the other."""
    made = mark_subarrays(frame(map_of((1, 10, 10, 20, 20), (2, 25, 25, 20, 20))), MarkConfig())
    assert made.verdict == "bad"
    assert "Subarray 1 is no rectangle: 375 of the 400 pixels" in made.reasons[0]
    assert made.tables[0].flagged == (0,)


def test_numbers_that_are_missing_or_too_many_are_told() -> None:
    made = mark_subarrays(frame(map_of((1, 10, 10, 5, 5), (3, 40, 40, 5, 5))), MarkConfig())
    assert made.verdict == "doubtful"
    assert "none of number 2" in made.reasons[0]
    boxes = [(number, 8 * number, 10, 5, 5) for number in range(1, 12)]
    made = mark_subarrays(frame(map_of(*boxes)), MarkConfig())
    assert made.verdict == "doubtful"
    assert "subarray 11; the detector reads up to 10" in made.reasons[0]


def test_an_empty_map_and_values_inside_are_told() -> None:
    made = mark_subarrays(frame(map_of()), MarkConfig())
    assert made.verdict == "good"
    assert "no subarray was read" in made.reasons[0]
    assert "SUBARRAYS" not in made.planes
    full = frame(map_of(*IRIS))
    held = Frame(np.ones((100, 100), np.float32), None, None, full.header, full.path, full.planes)
    made = mark_subarrays(held, MarkConfig())
    assert made.metrics["n_with_value"].value == 500
    assert "500 of the 500 pixels" in made.reasons[0]


@pytest.mark.parametrize(
    ("made", "match"),
    [
        (frame(map_of(*IRIS), SUBARRID=2), r"full\.fits: SUBARRID is 2: this is a subarray itself"),
        (Frame(np.zeros((9, 9), np.float32), path=Path("x.fits")), r"x\.fits: There is no extension SUBARR_MAP"),
        (frame(map_of(*IRIS) * 1.5), r"holds the value 1\.5"),
        (frame(map_of(*IRIS) * -1), r"holds the value -2"),
        (frame(np.full((9, 9), np.nan, np.float32)), r"holds the value nan"),
    ],
)
def test_what_is_no_map_is_refused(made: Frame, match: str) -> None:
    with pytest.raises(InputError, match=match):
        mark_subarrays(made, MarkConfig())
