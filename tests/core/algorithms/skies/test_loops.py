"""The compiled loops of the rounds against numpy and scipy."""

import numpy as np
import pytest
from scipy.ndimage import maximum_filter, uniform_filter

from calgui.core.algorithms.kernels import compiled_skies


@pytest.mark.filterwarnings("ignore:All-NaN slice")
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("n", [2, 3, 5, 8, 9])
def test_medians_of_others(n: int, kind: type) -> None:
    rng = np.random.default_rng(n)
    planes = np.round(rng.normal(0, 3, (n, 1517)), 1).astype(kind)  # many are equal
    planes[rng.random(planes.shape) < 0.4] = np.nan
    made = np.empty_like(planes)
    compiled_skies().medians_of_others(planes, made)
    for index in range(n):
        np.testing.assert_array_equal(made[index], np.nanmedian(np.delete(planes, index, 0), 0))


@pytest.mark.parametrize("shape", [(40, 51), (1, 9), (9, 1), (1, 1)])
@pytest.mark.parametrize("grow", [0, 1, 3])
def test_stars(shape: tuple[int, int], grow: int) -> None:
    image = np.random.default_rng(1).normal(5, 3, shape).astype(np.float32)
    smooth, found = np.empty_like(image), np.empty(shape, np.bool_)
    compiled_skies().boxes_of_three(image, smooth)
    np.testing.assert_allclose(smooth, uniform_filter(image, 3, mode="constant"), rtol=1e-5, atol=1e-6)
    compiled_skies().above_and_around(smooth, np.float32(7), grow, found)
    np.testing.assert_array_equal(found, maximum_filter(smooth > 7, 2 * grow + 1, mode="constant"))
