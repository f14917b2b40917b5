"""Dark subtraction: units, times, errors, data quality and places."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.subtraction import SubtractConfig, subtract_dark
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame


def frame(
    value: float, shape: tuple[int, int] = (8, 8), err: float | None = None, bits: int | None = None, **header: Any
) -> Frame:
    return Frame(
        np.full(shape, value, np.float32),
        None if err is None else np.full(shape, err, np.float32),
        None if bits is None else np.full(shape, bits, np.uint32),
        {"DETECTOR": "IRIS1", **header},
        Path("dark.fits" if header.get("REFTYPE") else "image.fits"),
    )


def dark(value: float, shape: tuple[int, int] = (8, 8), **more: Any) -> Frame:
    return frame(value, shape, **{"REFTYPE": "DARK", **more})


@pytest.mark.parametrize(
    ("unit", "cards", "expected"),
    [
        ("electron/s", {}, 10 - 0.5),
        ("electron", {"EXPTIME": 4.0}, 10 - 2.0),
        ("adu/s", {"GAIN": 2.0}, 10 - 0.25),
        ("adu", {"GAIN": 2.0, "EXPTIME": 4.0}, 10 - 1.0),
    ],
)
def test_a_rate_is_scaled_to_the_unit_and_time_of_the_image(unit: str, cards: dict[str, Any], expected: float) -> None:
    made = subtract_dark(frame(10, BUNIT=unit, **cards), dark(0.5, BUNIT="electron/s"), SubtractConfig())
    assert made.frame is not None
    np.testing.assert_allclose(made.frame.data, expected)
    assert made.frame.header["BUNIT"] == unit


def test_a_dark_of_one_exposure_is_not_scaled_with_time() -> None:
    image = frame(10, BUNIT="electron", EXPTIME=100.0)
    made = subtract_dark(image, dark(3, BUNIT="electron", EXPTIME=100.0), SubtractConfig())
    assert made.frame is not None
    np.testing.assert_allclose(made.frame.data, 7)
    with pytest.raises(InputError, match=r"image\.fits.*100 s.*dark\.fits is 50 s"):
        subtract_dark(image, dark(3, BUNIT="electron", EXPTIME=50.0), SubtractConfig())


def test_a_missing_time_is_asked_for_where_it_is_needed() -> None:
    with pytest.raises(InputError, match=r"image\.fits.*EXPTIME.*option exposure_time"):
        subtract_dark(frame(10, BUNIT="electron"), dark(0.5, BUNIT="electron/s"), SubtractConfig())
    made = subtract_dark(frame(10, BUNIT="electron"), dark(0.5, BUNIT="electron/s"), SubtractConfig(exposure_time=4.0))
    assert made.frame is not None
    np.testing.assert_allclose(made.frame.data, 8)


def test_errors_add_in_quadrature_and_flags_by_or() -> None:
    image = frame(10, err=3, bits=flags.JUMP_DET, BUNIT="electron", EXPTIME=10.0)
    made = subtract_dark(image, dark(0.5, err=0.4, bits=flags.HOT, BUNIT="electron/s"), SubtractConfig())
    assert made.frame is not None
    assert made.frame.err is not None
    np.testing.assert_allclose(made.frame.err, 5)
    assert made.frame.dq is not None
    assert (made.frame.dq == flags.JUMP_DET | flags.HOT).all()


def test_what_the_dark_does_not_know_counts_as_nothing_and_is_flagged() -> None:
    unknown = dark(0.5, BUNIT="electron/s")
    data = unknown.data.copy()
    data[2, 3] = np.nan
    made = subtract_dark(frame(10, BUNIT="electron/s"), Frame(data, header=unknown.header), SubtractConfig())
    assert made.frame is not None
    assert made.frame.dq is not None
    assert made.frame.data[2, 3] == 10
    assert made.frame.dq[2, 3] == flags.UNRELIABLE_DARK
    assert np.count_nonzero(made.frame.dq) == 1
    assert made.metrics["n_dark_unknown"].value == 1


@pytest.mark.parametrize(
    ("image", "master", "words"),
    [
        ({"value": np.nan}, 0.5, "all are NaN or flagged"),
        ({"value": 10.0, "bits": flags.DO_NOT_USE}, 0.5, "all are NaN or flagged"),
        ({"value": 10.0}, np.nan, "dark.fits has no value for any pixel"),
    ],
)
def test_an_image_or_a_dark_of_nothing_is_bad(image: dict[str, Any], master: float, words: str) -> None:
    made = subtract_dark(frame(BUNIT="electron/s", **image), dark(master, BUNIT="electron/s"), SubtractConfig())
    assert made.verdict == "bad"
    assert words in made.reasons[0]


def test_the_part_of_a_full_dark_that_a_subarray_shows_is_used() -> None:
    whole = Frame(np.arange(400, dtype=np.float32).reshape(20, 20), header={"BUNIT": "electron/s", "SUBARRAY": "FULL"})
    image = frame(1000, (5, 6), BUNIT="electron/s", SUBARRAY="CUSTOM", SUBSTRT1=4, SUBSTRT2=11)
    made = subtract_dark(image, whole, SubtractConfig())
    assert made.frame is not None
    np.testing.assert_array_equal(made.frame.data, 1000 - whole.data[10:15, 3:9])


@pytest.mark.parametrize(
    ("image", "other"),
    [
        ({}, {"shape": (8, 9)}),
        ({"SUBARRAY": "CUSTOM", "SUBSTRT1": 5, "SUBSTRT2": 1}, {"SUBARRAY": "CUSTOM", "SUBSTRT1": 1, "SUBSTRT2": 1}),
        ({"SUBARRAY": "CUSTOM", "SUBSTRT1": 15, "SUBSTRT2": 1}, {"shape": (20, 20), "SUBARRAY": "FULL"}),
        ({}, {"DETECTOR": "IRIS2"}),
        ({}, {"REFTYPE": "FLAT"}),
    ],
)
def test_a_dark_that_does_not_fit_is_refused(image: dict[str, Any], other: dict[str, Any]) -> None:
    shape = other.pop("shape", (8, 8))
    with pytest.raises(InputError, match=r"dark\.fits"):
        subtract_dark(
            frame(1, BUNIT="electron/s", **image), dark(1, shape, BUNIT="electron/s", **other), SubtractConfig()
        )


def test_a_flat_is_refused_for_what_it_is_and_not_for_its_unit() -> None:
    with pytest.raises(InputError, match="this is no dark") as caught:
        subtract_dark(frame(1, BUNIT="electron/s"), dark(1, BUNIT="1", REFTYPE="FLAT"), SubtractConfig())
    assert "type DARK" in caught.value.cure


def test_a_second_subtraction_is_doubtful() -> None:
    image = frame(1, BUNIT="electron/s", S_DARK="COMPLETE")
    assert subtract_dark(image, dark(0.1, BUNIT="electron/s"), SubtractConfig()).verdict == "doubtful"
