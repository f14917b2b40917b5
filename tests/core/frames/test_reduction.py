"""Reduced pictures are what numpy makes of the blocks, cut ones at the edge included, and lose no hot pixel."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from calgui.core.errors import Cancelled
from calgui.core.frames.reduction import Pyramid, band_rows, reduce_band, reduce_bands, reduced_shape
from calgui.core.jobs import Job

PLAIN = {"maximum": np.nanmax, "minimum": np.nanmin, "mean": np.nanmean}


def by_blocks(image: np.ndarray, factor: int, how: str) -> np.ndarray:
    high, wide = reduced_shape(image.shape, factor)
    made = np.empty((high, wide))
    for row in range(high):
        for column in range(wide):
            block = image[row * factor : (row + 1) * factor, column * factor : (column + 1) * factor]
            if how == "flags":
                made[row, column] = np.bitwise_or.reduce(block, axis=None)
            else:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", RuntimeWarning)
                    made[row, column] = PLAIN[how](block.astype(float))
    return made


numbers = st.one_of(st.floats(-1e6, 1e6, width=32), st.just(float("nan")))


@settings(max_examples=80, deadline=None)
@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=17), elements=numbers),
    st.integers(1, 20),
    st.sampled_from(list(PLAIN)),
)
def test_blocks_are_joined_as_numpy_does(image: np.ndarray, factor: int, how: str) -> None:
    made = reduce_band(image, factor, how)  # type: ignore[arg-type]
    if factor == 1:
        assert made is image
        return
    expected = by_blocks(image, factor, how)
    assert made.shape == expected.shape
    np.testing.assert_allclose(made, expected, rtol=2e-5, atol=0.3 if how == "mean" else 0)


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(np.uint32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=15)),
    st.integers(2, 9),
)
def test_flags_are_joined_by_or(dq: np.ndarray, factor: int) -> None:
    np.testing.assert_array_equal(reduce_band(dq, factor, "flags"), by_blocks(dq, factor, "flags"))


@pytest.mark.parametrize("how", ["maximum", "mean", "minimum"])
def test_bands_give_what_the_whole_gives(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calgui.core.frames.reduction._BAND", 1000)
    image = np.random.default_rng(4).normal(0, 1, (203, 97)).astype(np.float32)
    image[50:60, 10:40] = np.nan
    assert band_rows(97, 5) < 203, "several bands"
    for threads in (1, 3):
        made = reduce_bands(lambda start, stop: image[start:stop], (203, 97), 5, how, Job(), threads)  # type: ignore[arg-type]
        np.testing.assert_array_equal(made, reduce_band(image, 5, how))  # type: ignore[arg-type]


@pytest.mark.parametrize("factor", [1, 2, 7])
def test_a_reader_may_use_its_memory_again(factor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calgui.core.frames.reduction._BAND", 1000)
    image = np.random.default_rng(9).normal(0, 1, (203, 97)).astype(np.float32)
    room = np.empty((203, 97), np.float32)

    def read(start: int, stop: int) -> np.ndarray:
        room[: stop - start] = image[start:stop]
        return room[: stop - start]

    made = reduce_bands(read, (203, 97), factor, "maximum")
    np.testing.assert_array_equal(made, reduce_band(image, factor, "maximum"))


def test_whole_numbers_stay_whole_for_a_maximum() -> None:
    image = np.arange(35, dtype=np.uint32).reshape(5, 7)
    assert reduce_band(image, 2, "maximum").dtype == np.uint32
    np.testing.assert_allclose(reduce_band(image, 2, "mean"), by_blocks(image, 2, "mean"))


@pytest.mark.parametrize("place", [(0, 0), (40, 40), (99, 129), (99, 0), (0, 129)])
@pytest.mark.parametrize("factor", [2, 3, 7, 64, 200])
def test_a_hot_pixel_never_vanishes(place: tuple[int, int], factor: int) -> None:
    image = np.random.default_rng(5).normal(0, 1, (100, 130)).astype(np.float32)
    image[place] = 1000
    pyramid = Pyramid((100, 130), "maximum", image)
    assert pyramid.build(factor)
    level = pyramid.best(factor)[1]
    assert level[place[0] // factor, place[1] // factor] == 1000


def test_pyramid_builds_each_level_once_from_what_is_there() -> None:
    image = np.random.default_rng(6).normal(0, 1, (64, 64)).astype(np.float32)
    pyramid = Pyramid((64, 64), "maximum", image)
    assert pyramid.build(2)
    assert pyramid.build(6)
    assert pyramid.factors == (1, 2, 6)
    np.testing.assert_array_equal(pyramid.best(6)[1], reduce_band(image, 6, "maximum"))
    level = pyramid.best(6)[1]
    assert pyramid.build(6)
    assert pyramid.best(6)[1] is level


def test_pyramid_draws_coarser_rather_than_losing_pixels() -> None:
    pyramid = Pyramid((64, 64), "maximum")
    assert not pyramid.build(4), "there is nothing to make it from"
    pyramid.add(8, np.zeros((8, 8), np.float32))
    assert pyramid.best(4)[0] == 8
    assert pyramid.best(16)[0] == 8
    assert not pyramid.build(4), "a coarser level does not make a finer one"
    assert pyramid.build(16)


def test_pyramid_refuses_a_level_of_another_picture() -> None:
    with pytest.raises(ValueError, match="does not belong"):
        Pyramid((64, 64), "maximum").add(2, np.zeros((31, 32), np.float32))


def test_reducing_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job("reducing")
    job.cancel()
    monkeypatch.setattr("calgui.core.frames.reduction._BAND", 20)
    for threads in (1, 2):
        with pytest.raises(Cancelled):
            reduce_bands(
                lambda start, stop: np.zeros((stop - start, 9), np.float32), (9, 9), 2, "maximum", job, threads
            )


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("factor", [2, 3, 7, 16])
def test_outliers_stay_and_noise_is_as_bright_as_it_is(factor: int, threads: int) -> None:
    rng = np.random.default_rng(factor)
    image = rng.normal(100, 5, (1003, 990)).astype(np.float32)
    plain = reduce_bands(lambda a, b: image[a:b], image.shape, factor, "mean", None, threads)
    places = [(500, 37, 400.0), (3, 988, -250.0), (1002, 0, 100.0 + 15 * 5.0)]
    for y, x, value in places:
        image[y, x] = value
    image[700, 100:140] = np.nan
    made = reduce_bands(lambda a, b: image[a:b], image.shape, factor, "outliers", None, threads)
    for y, x, value in places:
        assert made[y // factor, x // factor] == np.float32(value)
    # in pure noise next to nothing stands out, and the level is that of the mean
    changed = np.count_nonzero(~np.isclose(made, plain)) - len(places)
    assert changed < 2e-3 * made.size + 2 * 40 / factor + 2
    assert abs(np.nanmean(made) - 100) < 0.2
    assert np.isfinite(made).all()


@pytest.mark.parametrize("how", ["mean", "outliers"])
def test_values_without_a_finite_sum_do_not_upset_the_mean(how: str) -> None:
    image = np.full((40, 40), 3e38, np.float32)
    image[:20] = 7.0
    image[0, 0], image[1, 1], image[10, 10] = np.inf, -np.inf, np.nan
    made = reduce_bands(lambda a, b: image[a:b], image.shape, 4, how)  # type: ignore[arg-type]
    assert made[0, 1] == 7
    assert made[2, 2] == 7
