"""Moving spectra by parts of a pixel, held to Gaussians that are integrated at the right place."""

import numpy as np
import pytest
from scipy.special import ndtr

from calgui.core.algorithms.cubesky.resampling import resampler
from calgui.core.errors import InputError

WAVE = 1600 + 0.2 * np.arange(200)


def line(centre: float, sigma: float, n: int = 200) -> np.ndarray:
    return np.diff(ndtr((np.arange(n + 1) - 0.5 - centre) / sigma))


@pytest.mark.parametrize("shift", [-0.37, 0.02, 0.1, 0.5, 1.3])
@pytest.mark.parametrize("phase", [100.0, 100.3, 100.5])
def test_a_line_is_moved_and_its_flux_kept(shift: float, phase: float) -> None:
    moved = resampler(WAVE, WAVE, "electron").matrix(shift) @ line(phase, 1.2).astype(np.float32)
    assert moved.sum() == pytest.approx(1, abs=2e-4)
    assert np.abs(moved - line(phase + shift, 1.2)).max() < 0.002


def test_without_a_shift_nothing_changes() -> None:
    path = resampler(WAVE, WAVE, "electron")
    assert path.identical
    values = np.random.default_rng(1).normal(0, 1, 200).astype(np.float32)
    assert np.array_equal(path.matrix(0.0) @ values, values)


def test_rows_add_up_to_one_so_that_a_level_stays() -> None:
    moved = resampler(WAVE, WAVE, "electron").matrix(0.3) @ np.full(200, 7.0, np.float32)
    assert np.allclose(moved, 7.0, atol=1e-5)


def test_the_variance_is_that_of_the_resampled_noise() -> None:
    matrix = resampler(WAVE, WAVE, "electron").matrix(0.4)
    noise = np.random.default_rng(2).normal(0, 3, (200, 20000)).astype(np.float32)
    scatter = (matrix @ noise).std(axis=1)
    expected = np.sqrt(matrix.power(2) @ np.full(200, 9.0))
    assert np.allclose(scatter, expected, rtol=0.03)


def test_other_steps_keep_the_flux_of_counts_and_the_level_of_densities() -> None:
    coarse = 1600 + 0.25 * np.arange(160)
    fine = line(100, 2.0).astype(np.float32)
    counts = resampler(coarse, WAVE, "electron").matrix(0.0) @ fine
    assert counts.sum() == pytest.approx(1, abs=2e-3)
    level = resampler(coarse, WAVE, "erg/s/nm").matrix(0.0) @ np.ones(200, np.float32)
    assert np.allclose(level, 1, atol=1e-5)


def test_a_falling_axis_is_turned_round() -> None:
    path = resampler(WAVE, WAVE[::-1].copy(), "electron")
    values = np.arange(200, dtype=np.float32)
    assert np.allclose(path.matrix(0.0) @ values[::-1].copy(), values, atol=1e-3)


def test_planes_that_the_sky_does_not_reach_are_told() -> None:
    path = resampler(WAVE, WAVE[:150], "electron")
    assert path.covered.sum() == 150
    with pytest.raises(InputError, match="covers") as told:
        resampler(WAVE, WAVE + 30, "electron")
    assert "filter" in str(told.value.cure)
    with pytest.raises(InputError, match="step"):
        resampler(WAVE, 1600 + 1.0 * np.arange(60), "electron")
