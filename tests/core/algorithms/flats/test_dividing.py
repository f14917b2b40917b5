"""Division by a flat: values, errors, data quality, and flats that are none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.flats.dividing import FlatFieldConfig, flat_field
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Cancelled, Job

NO_FLAT = flags.NO_FLAT_FIELD | flags.DO_NOT_USE


def image(value: float = 100.0, shape: tuple[int, ...] = (8, 8), err: float | None = 3.0, **header: Any) -> Frame:
    return Frame(
        np.full(shape, value, np.float32),
        None if err is None else np.full(shape, err, np.float32),
        np.zeros(shape, np.uint32),
        {"DETECTOR": "IRIS1", "BUNIT": "electron/s", "FILTER": "K", "EXP_TYPE": "IRIS_IMAGE", **header},
        Path("image.fits"),
    )


def flat(data: Any, err: float | None = 0.01, bits: Any = 0, **header: Any) -> Frame:
    made = np.array(data, np.float32)
    return Frame(
        made,
        None if err is None else np.full(made.shape, err, np.float32),
        np.zeros(made.shape, np.uint32) | np.asarray(bits, np.uint32),
        {"REFTYPE": "FLAT", "DETECTOR": "IRIS1", "FILTER": "K", "BUNIT": "1", **header},
        Path("flat.fits"),
    )


def test_value_and_error_follow_the_formula() -> None:
    made = flat_field(image(), flat(np.full((8, 8), 0.8)), FlatFieldConfig())
    assert made.frame is not None
    assert made.frame.err is not None
    np.testing.assert_allclose(made.frame.data, 125)
    # relative errors in quadrature: 3 % and 1.25 %
    np.testing.assert_allclose(made.frame.err, 125 * np.hypot(0.03, 0.0125), rtol=1e-6)
    assert made.frame.header["BUNIT"] == "electron/s"
    assert made.verdict == "good"
    assert made.keywords["S_FLAT"][0] == "COMPLETE"


def test_the_error_is_that_of_many_divisions_with_chance() -> None:
    rng = np.random.default_rng(4)
    signal = 100 + 3 * rng.standard_normal(400_000)
    response = 0.8 + 0.01 * rng.standard_normal(400_000)
    made = flat_field(image(), flat(np.full((8, 8), 0.8)), FlatFieldConfig())
    assert made.frame is not None
    assert made.frame.err is not None
    assert made.frame.err[0, 0] == pytest.approx(np.std(signal / response), rel=0.01)


def test_without_the_flats_error_errors_are_only_divided() -> None:
    made = flat_field(image(), flat(np.full((8, 8), 0.8)), FlatFieldConfig(flat_error=False))
    assert made.frame is not None
    assert made.frame.err is not None
    np.testing.assert_allclose(made.frame.err, 3 / 0.8)


@pytest.mark.parametrize("value", [np.nan, 0.0, -0.2, np.inf])
def test_a_pixel_without_a_flat_is_left_as_it_is_and_flagged(value: float) -> None:
    data = np.full((8, 8), 0.5)
    data[2, 3] = value
    made = flat_field(image(), flat(data), FlatFieldConfig())
    assert made.frame is not None
    assert made.frame.dq is not None
    assert made.frame.data[2, 3] == 100
    assert made.frame.dq[2, 3] == NO_FLAT
    assert np.count_nonzero(made.frame.dq) == 1
    assert made.metrics["n_no_flat"].value == 1
    assert np.isfinite(made.frame.data).all()


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        (flags.NO_FLAT_FIELD, NO_FLAT),
        (flags.DO_NOT_USE | flags.DEAD, flags.DO_NOT_USE | flags.DEAD),
        (flags.NON_SCIENCE | flags.DO_NOT_USE, flags.NON_SCIENCE | flags.DO_NOT_USE),
    ],
)
def test_flagged_pixels_of_the_flat_are_divided_by_one(bits: int, expected: int) -> None:
    quality = np.zeros((8, 8), np.uint32)
    quality[1, 1] = bits
    made = flat_field(image(), flat(np.full((8, 8), 0.5), bits=quality), FlatFieldConfig())
    assert made.frame is not None
    assert made.frame.dq is not None
    assert made.frame.data[1, 1] == 100
    assert made.frame.dq[1, 1] == expected
    assert made.frame.data[0, 0] == 200


def test_flags_of_both_are_kept() -> None:
    quality = np.zeros((8, 8), np.uint32)
    quality[1, 1] = flags.HOT
    there = image()
    bits = np.zeros((8, 8), np.uint32)
    bits[1, 1], bits[0, 0] = flags.JUMP_DET, flags.NON_SCIENCE
    given = Frame(there.data, there.err, bits, there.header, there.path)
    made = flat_field(given, flat(np.full((8, 8), 0.5), bits=quality), FlatFieldConfig())
    assert made.frame is not None
    assert made.frame.dq is not None
    assert made.frame.dq[1, 1] == flags.HOT | flags.JUMP_DET
    assert made.frame.data[1, 1] == 200
    assert made.frame.dq[0, 0] == flags.NON_SCIENCE | flags.DO_NOT_USE


def test_an_image_without_error_gets_none() -> None:
    made = flat_field(image(err=None), flat(np.full((8, 8), 0.5)), FlatFieldConfig())
    assert made.frame is not None
    assert made.frame.err is None


def test_a_flat_without_error_is_told() -> None:
    made = flat_field(image(), flat(np.full((8, 8), 0.5), err=None), FlatFieldConfig())
    assert made.verdict == "doubtful"
    assert "flat.fits has no ERR" in made.reasons[0]


def test_the_subarray_is_cut_from_a_full_flat() -> None:
    rng = np.random.default_rng(1)
    whole = rng.uniform(0.5, 1.5, (300, 200))
    window = {"SUBARRAY": "CUSTOM", "SUBSTRT1": 11, "SUBSTRT2": 21, "SUBSIZE1": 150, "SUBSIZE2": 260}
    made = flat_field(image(shape=(260, 150), **window), flat(whole, SUBARRAY="FULL"), FlatFieldConfig())
    assert made.frame is not None
    np.testing.assert_allclose(made.frame.data, 100 / whole[20:280, 10:160], rtol=1e-6)


def test_every_plane_of_a_cube_is_divided() -> None:
    rng = np.random.default_rng(1)
    spaxels = rng.uniform(0.5, 1.5, (6, 7))
    spaxels[2, 2] = np.nan
    made = flat_field(image(shape=(5, 6, 7), CTYPE3="WAVE"), flat(spaxels), FlatFieldConfig())
    assert made.frame is not None
    assert made.frame.dq is not None
    for plane, bits in zip(made.frame.data, made.frame.dq, strict=True):
        np.testing.assert_allclose(plane, 100 / np.where(np.isnan(spaxels), 1, spaxels), rtol=1e-6)
        assert bits[2, 2] == NO_FLAT


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"REFTYPE": "DARK"}, "REFTYPE is DARK: this is no flat"),
        ({"EXP_TYPE": "IRIS_DARK"}, "no flat but a dark"),
        ({"FILTER": "OPAQUE"}, "no flat but a dark"),
        ({"DETECTOR": "IRIS2"}, "DETECTOR is IRIS1, that of the flat flat.fits is IRIS2"),
        ({"INSTRUME": "WIRC"}, "INSTRUME is IRIS"),
    ],
)
def test_what_is_no_flat_of_this_detector_is_refused(header: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        flat_field(image(INSTRUME="IRIS"), flat(np.ones((8, 8)), **header), FlatFieldConfig())


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ({}, {"FILTER": "J"}, "FILTER, the filter, is K; in the flat flat.fits it is J."),
        ({"PUPIL": "MASK"}, {"PUPIL": "CLEAR"}, "PUPIL"),
        ({"S_FLAT": "COMPLETE"}, {}, "S_FLAT is COMPLETE: a flat was divided out of this image before."),
        ({"EXP_TYPE": "IRIS_DARK"}, {}, "This image is a dark"),
    ],
)
def test_what_may_be_wrong_is_told(ours: dict[str, Any], theirs: dict[str, Any], said: str) -> None:
    made = flat_field(image(**ours), flat(np.ones((8, 8)), **theirs), FlatFieldConfig())
    assert made.verdict == "doubtful"
    assert said in " ".join(made.reasons)


def test_a_flat_of_several_filters_serves_each() -> None:
    made = flat_field(image(FILTER="KN2"), flat(np.ones((8, 8)), FILTER="KN1|KN2|KN3"), FlatFieldConfig())
    assert made.verdict == "good"


def test_a_raw_flat_is_bad_by_its_level() -> None:
    made = flat_field(image(), flat(np.full((8, 8), 2000.0), BUNIT="electron/s"), FlatFieldConfig())
    assert made.verdict == "bad"
    assert "median of flat.fits is 2000, not about 1" in made.reasons[0]


def test_a_flat_without_values_is_bad() -> None:
    made = flat_field(image(), flat(np.full((8, 8), np.nan)), FlatFieldConfig())
    assert made.verdict == "bad"
    assert "no value in 100.0 %" in made.reasons[0]
    assert made.frame is not None
    assert (made.frame.data == 100).all()


def test_it_can_be_cancelled_and_changes_nothing() -> None:
    given, by = image(), flat(np.full((8, 8), 0.5))
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        flat_field(given, by, FlatFieldConfig(), job)
    flat_field(given, by, FlatFieldConfig())
    assert (given.data == 100).all()
    assert (by.data == 0.5).all()
