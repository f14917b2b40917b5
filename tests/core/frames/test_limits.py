"""Limits agree with astropy's, and nothing that a file may hold upsets them."""

import numpy as np
import pytest
from astropy.visualization import MinMaxInterval, PercentileInterval, ZScaleInterval
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from calgui.core.frames.limits import (
    Limits,
    extreme_limits,
    find_limits,
    histogram,
    moved_limits,
    percentile_limits,
    sample,
    zscale,
    zscale_sample,
)


def scenes() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    noise = rng.normal(100, 9, (211, 307)).astype(np.float32)
    stars = noise.copy()
    stars[rng.integers(0, 211, 400), rng.integers(0, 307, 400)] += rng.pareto(1.2, 400).astype(np.float32) * 1000
    ramp = np.tile(np.linspace(-5, 5, 307, dtype=np.float32), (211, 1))
    return {"noise": noise, "stars": stars, "ramp": ramp, "counts": rng.poisson(3, (64, 80)).astype(np.int32)}


@pytest.mark.parametrize("name", ["noise", "stars", "ramp", "counts"])
def test_zscale_is_astropys(name: str) -> None:
    image = scenes()[name]
    ours = zscale(zscale_sample(image))
    theirs = ZScaleInterval().get_limits(image)
    assert (ours.low, ours.high) == pytest.approx(theirs, rel=1e-5, abs=1e-5)


def test_zscale_of_a_picture_with_nan_is_close_to_astropys() -> None:
    image = scenes()["noise"].copy()
    image[::7, ::3] = np.nan
    ours = zscale(zscale_sample(image))
    theirs = ZScaleInterval().get_limits(image)
    assert (ours.low, ours.high) == pytest.approx(theirs, abs=9)


def test_zscale_of_a_picture_that_is_nearly_all_nan_looks_at_what_is_left() -> None:
    image = np.full((300, 400), np.nan, np.float32)
    image[5, 3:9] = (1, 2, 3, 4, 5, 6)
    ours = zscale(zscale_sample(image))
    assert 1 <= ours.low < ours.high <= 6


@pytest.mark.parametrize(("name", "central"), [("99.5%", 99.5), ("98%", 98.0)])
def test_percentiles_are_astropys(name: str, central: float) -> None:
    image = scenes()["stars"]
    ours = find_limits(image, name)  # type: ignore[arg-type]
    assert (ours.low, ours.high) == pytest.approx(PercentileInterval(central).get_limits(image), rel=1e-5)
    assert ours == percentile_limits(image, central)


def test_extremes_are_astropys_and_leave_infinities_out() -> None:
    image = scenes()["stars"].copy()
    expected = MinMaxInterval().get_limits(image)
    image[0, :3] = (np.nan, np.inf, -np.inf)
    ours = extreme_limits(image)
    assert (ours.low, ours.high) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["zscale", "98%", "99.5%", "min-max"])
@pytest.mark.parametrize(
    "image",
    [
        np.zeros((0, 5), np.float32),
        np.full((3, 4), np.nan, np.float32),
        np.full((3, 4), 7.5, np.float32),
        np.zeros((1, 1), np.int16),
        np.arange(9, dtype=np.uint32).reshape(1, 9),
        np.full((2, 2), np.inf, np.float32),
        np.full((4, 4), 3e38, np.float32),
    ],
)
def test_odd_pictures_have_limits(name: str, image: np.ndarray) -> None:
    limits = find_limits(image, name)  # type: ignore[arg-type]
    assert np.isfinite([limits.low, limits.high]).all()
    assert limits.low < limits.high


def test_a_constant_picture_is_mid_tone() -> None:
    limits = extreme_limits(np.full((3, 4), 7.5, np.float32))
    assert (limits.low + limits.high) / 2 == pytest.approx(7.5)


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.floats(width=32)))
def test_any_picture_has_rising_finite_limits(image: np.ndarray) -> None:
    for name in ("zscale", "98%", "min-max"):
        limits = find_limits(image, name)  # type: ignore[arg-type]
        assert np.isfinite([limits.low, limits.high]).all()
        assert limits.low < limits.high


def test_histogram_counts_every_pixel_between_its_ends() -> None:
    image = scenes()["noise"]
    values = sample(image, image.size)
    found = histogram(values, Limits(80, 120), image.size)
    inside = np.count_nonzero((image >= found.edges[0]) & (image <= found.edges[-1]))
    assert found.counts.sum() == pytest.approx(inside)
    assert found.edges[0] <= 80
    assert found.edges[-1] >= 120


def test_histogram_of_a_sample_is_scaled_to_the_whole() -> None:
    image = np.random.default_rng(3).normal(0, 1, (512, 512)).astype(np.float32)
    values = sample(image, 10_000)
    assert values.size < 20_000
    found = histogram(values, Limits(-9, 9), image.size)
    assert found.counts.sum() == pytest.approx(image.size, rel=1e-6)


def test_histogram_of_nothing_is_empty() -> None:
    assert histogram(np.empty(0, np.float32), Limits(0, 1), 0).counts.sum() == 0


def test_a_histogram_of_values_that_float32_can_hardly_tell_apart() -> None:
    values = np.nextafter(np.float32(20), np.float32(30)) * np.ones(50, np.float32)
    values[:20] = 20
    limits = find_limits(values.reshape(5, 10), "min-max")
    assert histogram(values, limits, 50).counts.sum() == 50


def test_limits_move_with_a_level_that_is_taken_off() -> None:
    """And stay as they are where only a little changes, so that it is seen."""
    picture = np.random.default_rng(1).normal(100, 3, (60, 50)).astype(np.float32)
    limits = Limits(90.0, 110.0)
    assert moved_limits(limits, picture, picture * 1.01) == limits
    moved = moved_limits(limits, picture, picture - 80)
    assert moved.low == pytest.approx(10, abs=0.01)
    assert moved.high == pytest.approx(30, abs=0.01)
    assert moved_limits(limits, picture, np.full_like(picture, np.nan)) == limits
