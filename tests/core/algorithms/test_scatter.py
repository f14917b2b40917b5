"""Unreliable pixels: two states and noise beyond the usual are flagged, cosmic rays and photon noise are not."""

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest

from calgui.core.algorithms.darks import DarkConfig, master_dark
from calgui.core.algorithms.scatter import scatter, usual_scatter
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame, Rows

#: rows and columns of a grid of pixels, well apart, away from the reference pixels
GRID = np.arange(10, 118, 6)


def unreliable(frames: list[Frame], **options: object) -> npt.NDArray[np.bool_]:
    made = master_dark(frames, DarkConfig(**options)).frame  # type: ignore[arg-type]
    assert made is not None
    assert made.dq is not None
    return (made.dq & flags.UNRELIABLE_DARK) != 0


def added(frames: list[Frame], extra: npt.NDArray[np.float64]) -> list[Frame]:
    return [
        dataclasses.replace(frame, data=(frame.data + more).astype(np.float32))
        for frame, more in zip(frames, extra, strict=True)
    ]


@pytest.mark.parametrize("options", [{}, {"method": "mean"}, {"method": "clipped-mean", "error": "propagated"}])
@pytest.mark.parametrize("n", [4, 5, 9, 20])
def test_pixels_with_two_states_are_unreliable(make_darks, n: int, options: dict[str, object]) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(n)
    extra = np.zeros((n, 128, 128))
    for y in GRID:
        for x in GRID:
            high = rng.permutation(n)[: rng.integers(2, n - 1)]  # two samples at least on each level
            extra[high, y, x] = 200.0
    nine = np.full((128, 128), 9, np.float32)
    frames = [dataclasses.replace(frame, err=nine) for frame in added(make_darks(n, 128), extra)]
    found = unreliable(frames, **options)
    assert found[np.ix_(GRID, GRID)].all()
    assert found.sum() == GRID.size**2


@pytest.mark.parametrize("options", [{}, {"method": "clipped-mean", "spread": "mad", "low": 5.0, "high": 5.0}])
@pytest.mark.parametrize("n", [4, 5, 9, 20])
def test_alternating_pixels_are_unreliable(make_darks, n: int, options: dict[str, object]) -> None:  # type: ignore[no-untyped-def]
    extra = np.zeros((n, 128, 128))
    extra[::2, 50, 60] = 300.0
    extra[1::2, 70, 80] = -300.0
    found = unreliable(added(make_darks(n, 128), extra), **options)
    assert np.argwhere(found).tolist() == [[50, 60], [70, 80]]


@pytest.mark.parametrize("options", [{}, {"method": "mean"}, {"method": "clipped-mean", "spread": "mad"}])
@pytest.mark.parametrize("n", [5, 9, 20])
def test_one_cosmic_ray_does_not_make_a_pixel_unreliable(make_darks, n: int, options: dict[str, object]) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(n)
    extra = np.zeros((n, 128, 128))
    y, x = np.mgrid[4:124, 4:124]
    extra[rng.integers(0, n, y.shape), y, x] = 10 ** rng.uniform(1.5, 5, y.shape)  # in every pixel, one
    assert not unreliable(added(make_darks(n, 128), extra), **options).any()


@pytest.mark.parametrize("n", [3, 5, 9, 20])
def test_noise_makes_no_pixel_unreliable_even_where_few_samples_are_left(make_darks, n: int) -> None:  # type: ignore[no-untyped-def]
    lost = np.where(np.random.default_rng(n).random((n, 512, 512)) < 0.3, np.nan, 0)
    lost[:2] = 0
    assert unreliable(added(make_darks(n, 512), lost)).sum() <= 2


def test_pixels_of_a_large_error_in_every_frame_are_unreliable(make_darks) -> None:  # type: ignore[no-untyped-def]
    error = np.full((128, 128), 9, np.float32)
    error[40, 40] = 90
    error[50, 50] = 12  # not so far above
    frames = [dataclasses.replace(frame, err=error) for frame in make_darks(5, 128)]
    assert np.argwhere(unreliable(frames, error="propagated")).tolist() == [[40, 40]]
    assert not unreliable(frames).any()


def test_a_pixel_of_unknown_error_is_unreliable(make_darks) -> None:  # type: ignore[no-untyped-def]
    lost = np.zeros((5, 128, 128))
    lost[1:, 40, 40] = np.nan
    assert np.argwhere(unreliable(added(make_darks(5, 128), lost), min_samples=1)).tolist() == [[40, 40]]


def test_the_photon_noise_of_hot_pixels_is_not_taken_for_unrest(make_darks) -> None:  # type: ignore[no-untyped-def]
    rate = np.full((128, 128), 0.025)
    rate[np.ix_(GRID, GRID)] = 500.0  # 50,000 electrons: a noise of 224 instead of 9
    assert not unreliable(make_darks(9, 128, rate)).any()
    assert not unreliable(make_darks(9, 128, rate), method="mean").any()
    jumping = np.zeros((9, 128, 128))
    jumping[3:6, 10, 10] = 20_000.0
    assert np.argwhere(unreliable(added(make_darks(9, 128, rate), jumping))).tolist() == [[10, 10]]


def test_the_unit_does_not_matter(make_darks) -> None:  # type: ignore[no-untyped-def]
    rate = np.full((128, 128), 0.025)
    rate[60, 60] = 300.0
    extra = np.zeros((9, 128, 128))
    extra[::2, 50, 60] = 300.0
    counts = added(make_darks(9, 128, rate), extra)
    rates = [
        dataclasses.replace(f, data=f.data / np.float32(100), header={**f.header, "BUNIT": "electron/s"})
        for f in counts
    ]
    for frames in (counts, rates):
        for output in ("electron", "electron/s"):
            assert np.argwhere(unreliable(frames, output=output)).tolist() == [[50, 60]]


def test_scatter_is_the_deviation_without_the_furthest_sample() -> None:
    rng = np.random.default_rng(4)
    data = (rng.normal(1e4, 9, (7, 40, 130)) + rng.choice([0, 3e4], (7, 40, 130), p=[0.9, 0.1])).astype(np.float32)
    data[rng.random(data.shape) < 0.2] = np.nan
    bits = (rng.random(data.shape) < 0.1).astype(np.uint32)
    samples = np.where(bits == 0, data.astype(np.float64), np.nan)
    samples[:, 0, 0] = data[:, 0, 0] = np.nan
    lost = np.isnan(samples).all(axis=0)
    centre = np.nanmedian(np.where(lost, 0, samples), axis=0).astype(np.float32)
    made, counted = scatter([Rows(d, None, b) for d, b in zip(data, bits, strict=True)], centre, 1)
    np.testing.assert_array_equal(counted, np.isfinite(samples).sum(axis=0))
    for y, x in np.ndindex(40, 130):
        good = samples[:, y, x][np.isfinite(samples[:, y, x])]
        near = np.delete(good, np.argmax(np.abs(good - centre[y, x]))) if good.size else good
        assert made[y, x] == pytest.approx(np.std(near, ddof=1) if near.size > 1 else 0, rel=1e-4, abs=1e-3)


def test_nothing_is_usual_where_too_few_samples_are_good() -> None:
    samples = [np.full((8, 64), np.nan, np.float32) for _ in range(5)]
    assert usual_scatter(samples, 9.0) is None
