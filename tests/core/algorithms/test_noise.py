"""Small-sample factors against published values and against chance."""

import numpy as np
import pytest

from calgui.core.algorithms.noise import mad_factors, median_noise_factor, robust_sigma


@pytest.mark.parametrize(
    ("n", "factor"), [(1, 1.0), (2, 1.0), (3, 1.160), (4, 1.092), (5, 1.198), (9, 1.223), (100001, np.sqrt(np.pi / 2))]
)
def test_noise_of_the_median_over_that_of_the_mean(n: int, factor: float) -> None:
    # variances of normal medians: Hojo 1931, Biometrika 23; for two samples the median is the mean
    assert median_noise_factor(n) == pytest.approx(factor, abs=1e-3)


@pytest.mark.parametrize("n", [6, 7, 20, 25, 60, 61, 62])
def test_the_factor_agrees_with_chance(n: int) -> None:
    samples = np.random.default_rng(n).normal(size=(60_000, n))
    found = np.median(samples, axis=1).std() * np.sqrt(n)
    assert median_noise_factor(n) == pytest.approx(found, rel=0.012)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8, 9, 12, 25])
def test_the_scaled_deviation_estimates_sigma(n: int) -> None:
    samples = np.random.default_rng(n).normal(size=(60_000, n))
    deviation = np.median(np.abs(samples - np.median(samples, axis=1)[:, None]), axis=1)
    assert mad_factors(n)[n] * deviation.mean() == pytest.approx(1, abs=0.02)


def test_robust_sigma_leaves_out_nan_and_shrugs_off_outliers() -> None:
    values = np.random.default_rng(1).normal(5, 2, 100_000)
    values[:500] = 1e9
    values[500:900] = np.nan
    assert robust_sigma(values) == pytest.approx(2, rel=0.02)
    assert np.isnan(robust_sigma(np.array([np.nan])))
