"""Small-sample factors against published values and against chance."""

import numpy as np
import pytest

from calgui.core.algorithms.noise import mad_factors, median_noise_factor, middle_of, robust_sigma, row_quantiles


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


@pytest.mark.parametrize("part", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_quantiles_of_rows_are_those_of_numpy_without_nan(part: float) -> None:
    rows = np.random.default_rng(4).normal(0, 1, (30, 41)).astype(np.float32)
    rows[np.random.default_rng(5).random(rows.shape) < 0.4] = np.nan
    rows[3] = np.nan
    rows[4, 1:] = np.nan
    rows[4, 0] = 2.5
    found = row_quantiles(rows, part)
    assert np.isnan(found[3])
    known = np.arange(len(rows)) != 3
    np.testing.assert_allclose(found[known], np.nanquantile(rows[known].astype(float), part, axis=1), rtol=1e-12)
    assert np.isnan(row_quantiles(rows[:, :0], part)).all()


@pytest.mark.parametrize("count", [1, 2, 99_999, 100_000, 100_001, 250_000])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_median_of_many_values_is_exact(count: int, kind: type) -> None:
    rng = np.random.default_rng(count)
    steps = np.where(np.arange(count) % (count // 8192 or 1) == 0, 100.0, -1.0)
    for values in (
        rng.normal(5, 2, count),
        rng.integers(0, 3, count),
        np.zeros(count),
        np.sort(rng.normal(size=count)),
        # what the sample sees is nothing like the rest
        steps + rng.normal(size=count),
    ):
        given = np.asarray(values, kind)
        before = given.copy()
        assert middle_of(given) == float(np.median(given))
        np.testing.assert_array_equal(given, before)
