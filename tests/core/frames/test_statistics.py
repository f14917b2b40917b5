"""Statistics of a box against astropy's, and the figures that they leave out."""

import warnings

import numpy as np
import pytest
from astropy.stats import mad_std

from calgui.core.frames.dq import DO_NOT_USE, HOT
from calgui.core.frames.statistics import Box, statistics


def test_figures_are_numpys_and_astropys() -> None:
    data = np.random.default_rng(8).normal(5, 2, (40, 50)).astype(np.float32)
    found = statistics(data)
    assert found.n == 2000
    assert found.median == pytest.approx(np.median(data))
    assert found.mean == pytest.approx(data.mean(dtype=float))
    assert found.sigma == pytest.approx(data.std(dtype=float, ddof=1))
    assert found.mad_sigma == pytest.approx(mad_std(data), rel=1e-5)
    assert (found.minimum, found.maximum) == (data.min(), data.max())


def test_nan_and_do_not_use_are_left_out_and_counted() -> None:
    data = np.ones((10, 10), np.float32)
    dq = np.zeros((10, 10), np.uint32)
    data[0, :3] = (np.nan, np.inf, -np.inf)
    data[1, 0], dq[1, 0] = 1e6, DO_NOT_USE
    data[2, 0], dq[2, 0] = 3.0, HOT
    found = statistics(data, dq)
    assert (found.n, found.n_nan, found.n_flagged, found.n_do_not_use) == (96, 3, 2, 1)
    assert found.maximum == 3.0


def test_the_mean_of_many_pixels_keeps_its_digits() -> None:
    data = np.full((2000, 2000), 40000.1, np.float32)
    assert statistics(data).mean == pytest.approx(float(np.float32(40000.1)), rel=1e-9)


def test_nothing_left_is_no_number() -> None:
    found = statistics(np.full((3, 3), np.nan, np.float32))
    assert found.n == 0
    assert found.n_nan == 9
    assert np.isnan([found.median, found.mean, found.sigma, found.mad_sigma, found.minimum, found.maximum]).all()
    assert np.isnan(statistics(np.ones((1, 1), np.float32)).sigma), "one pixel has no spread"


def test_pixels_as_large_as_can_be_have_a_median() -> None:
    data = np.array([[-3.4e38, 3.3e38, 3.4e38, 3.4e38]], np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = statistics(data)
    assert found.median == pytest.approx(3.35e38, rel=1e-6)
    assert found.mad_sigma == pytest.approx(1.4826 * 5e36, rel=1e-4)


def test_inputs_are_not_changed() -> None:
    data = np.array([[1.0, np.nan]], np.float32)
    data.flags.writeable = False
    statistics(data, np.zeros((1, 2), np.uint32))
    assert np.isnan(data[0, 1])


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        ((1.2, 2.4, 4.4, 5.3), Box(1, 5, 2, 6)),
        ((4.4, 5.3, 1.2, 2.4), Box(1, 5, 2, 6)),
        ((-9, -9, 99, 99), Box(0, 20, 0, 10)),
        ((3, 3, 3, 3), Box(3, 4, 3, 4)),
        ((30, 3, 40, 5), None),
        ((3, -8, 4, -5), None),
    ],
)
def test_box_holds_the_pixels_that_are_touched(corners: tuple[float, ...], expected: Box | None) -> None:
    assert Box.around(*corners, (10, 20)) == expected  # type: ignore[arg-type]


def test_box_is_told_in_first_and_last_pixel() -> None:
    assert Box(1, 5, 2, 3).text == "x 1 to 4, y 2 to 2 (4 × 1)"
