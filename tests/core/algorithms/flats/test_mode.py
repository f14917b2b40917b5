"""The mode against distributions whose mode is known by formula."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from calgui.core.algorithms.flats.mode import half_sample_mode, mode

#: distribution, its mode by the textbook
KNOWN = [
    (stats.gamma(4), 3.0),
    (stats.gamma(9), 8.0),
    (stats.lognorm(0.3), float(np.exp(-(0.3**2)))),
    (stats.beta(8, 2.5), 7 / 8.5),
    (stats.gumbel_l(2.0, 0.1), 2.0),
    (stats.norm(1.0, 0.013), 1.0),
    (stats.t(4, 1.0, 0.01), 1.0),
]


@pytest.mark.parametrize(("distribution", "peak"), KNOWN)
def test_the_peak_of_a_skewed_distribution_is_found(distribution: Any, peak: float) -> None:
    found = mode(distribution.rvs(400_000, random_state=3))
    assert abs(found - peak) < 0.045 * distribution.std()
    # the mean is far off where it is skewed: this is no central value by another name
    if distribution.stats("s") ** 2 > 0.4:
        assert abs(distribution.mean() - peak) > 0.2 * distribution.std()


@pytest.mark.parametrize("scale", [8.0, 1.2])
def test_steps_of_a_converter_do_not_matter(scale: float) -> None:
    rng = np.random.default_rng(1)
    counts = np.round(1000 + scale * rng.gamma(9, 1, 300_000))
    assert mode(counts) == pytest.approx(1000 + 8 * scale, abs=0.1 * scale)


def test_dead_pixels_and_a_tail_do_not_move_it() -> None:
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(1, 0.02, 300_000), rng.uniform(0, 1, 80_000), np.zeros(3000), [np.nan, np.inf]])
    assert mode(values) == pytest.approx(1, abs=0.001)


def test_few_values_and_none() -> None:
    assert mode(np.array([1.0, 2.0, 2.1])) == pytest.approx(2.05)
    assert mode(np.full(1000, 3.0)) == 3.0
    assert np.isnan(mode(np.array([np.nan])))
    assert half_sample_mode(np.array([5.0])) == 5.0
