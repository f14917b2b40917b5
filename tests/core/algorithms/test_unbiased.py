"""Errors of the master dark against the scatter of pure noise about its known level."""

import math

import numpy as np
import pytest

from calgui.core.algorithms.combine import Combination
from calgui.core.algorithms.darks import DarkConfig, master_dark
from calgui.core.algorithms.noise import mad_factors
from calgui.core.algorithms.unbiased import error_factors, mean_deviation
from calgui.core.frames.frame import Frame

HEADER = {"DETECTOR": "IRIS1", "READPATT": "CDS", "BUNIT": "electron", "EXPTIME": 100.0, "IMGDTEMP": 76.0}
CLIPPED = (
    {"method": "clipped-mean"},
    {"method": "clipped-mean", "spread": "mad"},
    {"method": "clipped-mean", "low": 2.0, "high": 4.0},
)


@pytest.mark.parametrize("n", [3, 4, 5, 9, 20])
def test_the_mean_error_is_the_scatter_about_the_truth(n: int) -> None:
    rng = np.random.default_rng(n)
    frames = [Frame(rng.normal(40, 9, (400, 400)).astype(np.float32), None, None, dict(HEADER)) for _ in range(n)]
    for options in ({"method": "median"}, {"method": "mean"}, *CLIPPED):
        made = master_dark(frames, DarkConfig(**options)).frame  # type: ignore[arg-type]
        assert made is not None
        assert made.err is not None
        away = made.data[4:-4, 4:-4].astype(np.float64) - 0.4
        symmetric = DarkConfig(**options).low == DarkConfig(**options).high  # type: ignore[arg-type]
        noise = math.sqrt(np.mean(away**2)) if symmetric else away.std()
        assert noise / made.err[4:-4, 4:-4].mean(dtype=np.float64) == pytest.approx(1, abs=0.01), options


def test_pixels_with_fewer_samples_have_an_error_of_their_own() -> None:
    rng = np.random.default_rng(2)
    samples = rng.normal(40, 9, (9, 400, 400)).astype(np.float32)
    samples[:6, 100:300] = np.nan
    frames = [Frame(sample, None, None, dict(HEADER)) for sample in samples]
    for method in ("median", "mean"):
        made = master_dark(frames, DarkConfig(method=method)).frame  # type: ignore[arg-type]
        assert made is not None
        assert made.err is not None
        for rows in (slice(4, 100), slice(100, 300)):
            away = made.data[rows, 4:-4].astype(np.float64) - 0.4
            assert away.std() / made.err[rows, 4:-4].mean(dtype=np.float64) == pytest.approx(1, abs=0.015)


@pytest.mark.parametrize("k", [2, 3, 5, 9, 20, 1000])
def test_the_mean_of_the_sample_standard_deviation(k: int) -> None:
    # tables give 0.7979, 0.8862, 0.9400, 0.9693, 0.9869 (Montgomery, "Statistical Quality Control")
    table = {2: 0.7979, 3: 0.8862, 5: 0.9400, 9: 0.9693, 20: 0.9869, 1000: 1 - 1 / 4000}
    assert mean_deviation(k) == pytest.approx(table[k], abs=6e-5)


def test_the_factor_of_two_deviations_is_exact() -> None:
    # of two samples the median absolute deviation is half their distance, of which the mean is 2 / sqrt(pi)
    assert mad_factors(2)[2] == pytest.approx(math.sqrt(math.pi), rel=1e-4)


def test_nothing_is_done_to_medians_and_propagated_errors() -> None:
    assert error_factors(9, Combination("median")) is None
    assert error_factors(9, Combination("mean", "propagated")) is None
    assert error_factors(9, Combination("clipped-mean", "propagated")) is None
    # of five samples none can lie three standard deviations off: a clipped mean is a mean
    plain = error_factors(5, Combination("mean"))
    np.testing.assert_array_equal(error_factors(5, Combination("clipped-mean")), plain)
