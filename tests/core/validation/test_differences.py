"""What the difference to the reference in use shows is what was put into it, and noise alone shows nothing."""

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from calgui.core.algorithms.local import local_statistics
from calgui.core.jobs import Job
from calgui.core.validation.differences import broad_change, describe_difference, likeness, spots

SIDE = 256
GOOD = np.ones((SIDE, SIDE), bool)
Y, X = np.indices((SIDE, SIDE)) / SIDE


def noise(seed: int = 1, side: int = SIDE) -> Any:
    return np.random.default_rng(seed).standard_normal((side, side)).astype(np.float32)


def told(image: Any, errors: Any = None, expected: float | None = 1.0) -> dict[str, Any]:
    made = describe_difference(image.astype(np.float32), GOOD, "e-/s", 1.0, expected, errors, Job("test"))
    return {name: metric.value for name, metric in made.items()}


def tiles(image: Any) -> Any:
    found = local_statistics(image.astype(np.float32), GOOD, 32, Job("test"))
    assert found is not None
    return found


def test_noise_alone_shows_nothing() -> None:
    found = told(noise(), np.ones((SIDE, SIDE), np.float32))
    assert found["n_spots"] == found["odd_lines"] == found["noisy_fraction"] == 0
    assert abs(found["likeness"]) < 0.03
    assert found["noise_over_error"] == pytest.approx(1, rel=0.02)
    assert found["noise_over_expected"] == pytest.approx(1, rel=0.02)
    assert found["step_sigma"] < 0.1
    assert found["slope"] < 5 * found["slope_error"]


def test_a_slope_is_measured_with_an_error_that_is_true() -> None:
    errors, values = [], []
    for seed in range(40):
        value, error = broad_change(tiles(noise(seed) + 0.8 * X)) or (0.0, 0.0)
        values.append(value)
        errors.append(error)
    assert np.mean(values) == pytest.approx(0.8 * 7 / 8, rel=0.06)  # from the middle of the first to that of the last
    assert np.std(values) == pytest.approx(np.median(errors), rel=0.5)


def test_a_shape_that_is_known_is_no_slope() -> None:
    shape = 0.1 * (X - 0.5) ** 2 + 0.08 * Y
    known = tiles(1 + shape + 0.001 * noise(3)).level
    value, error = broad_change(tiles(noise(4) * 0.05 + 5 * shape), known) or (9.0, 0.0)
    assert value < 0.05 + 4 * error
    with_light, _error = broad_change(tiles(noise(4) * 0.05 + 5 * shape - 0.8 * X * Y), known) or (0.0, 0.0)
    assert with_light > 0.3


def test_spots_are_counted_and_hot_pixels_and_cosmic_rays_are_not() -> None:
    rng = np.random.default_rng(2)
    image = noise(5)
    image.flat[rng.choice(image.size, 2000, replace=False)] += 300
    image[100, 20:90] += 500  # a track
    assert spots(image, GOOD, tiles(image)) == 0
    glow = 15 * np.exp(-np.hypot(X, Y) / 0.3)
    assert spots((image + glow).astype(np.float32), GOOD, tiles(image + glow)) == 0
    for y, x in ((60, 60), (180, 120), (40, 200)):
        image = image + 6 * np.exp(-((Y * SIDE - y) ** 2 + (X * SIDE - x) ** 2) / (2 * 3.0**2)).astype(np.float32)
    assert spots(image, GOOD, tiles(image)) == 3


def test_neighbors_that_share_their_noise_are_told() -> None:
    smooth = gaussian_filter(noise(6), 0.8)
    assert (likeness(smooth, GOOD) or 0) > 0.5
    tracks = noise(6) + 0.6 * np.random.default_rng(1).standard_normal((SIDE, 1)).astype(np.float32)
    assert abs(likeness(tracks, GOOD) or 0) < 0.3  # bands are told by themselves


def test_wrong_errors_and_outputs_are_told() -> None:
    wrong = told(noise(7), np.full((SIDE, SIDE), 0.1, np.float32), expected=0.5)
    assert wrong["noise_over_error"] == pytest.approx(10, rel=0.03)
    assert wrong["noise_over_expected"] == pytest.approx(2, rel=0.03)
    image = noise(8)
    image[:, 64:96] += 1.5
    image[200] += 5
    found = told(image)
    assert found["step_sigma"] > 1
    assert found["odd_lines"] == 1
