"""Rows and columns: what a readout does to them is measured as it was put in; slopes and noise are let through."""

from typing import Any

import numpy as np
import pytest

from calgui.core.validation.lines import LINES, describe_lines

SIDE = 256


def noise(level: float = 0.0, seed: int = 3) -> Any:
    return (level + np.random.default_rng(seed).standard_normal((SIDE, SIDE))).astype(np.float32)


def figures(image: Any, good: Any = None, level: float = 0.0) -> dict[str, Any]:
    good = np.ones(image.shape, bool) if good is None else good
    return {name: metric.value for name, metric in describe_lines(image, good, level, 1.0).items()}


def test_clean_noise_and_a_slope_show_nothing() -> None:
    slope = 20 * np.linspace(0, 1, SIDE, dtype=np.float32)[None, :]
    for image in (noise(), noise(100) + slope):
        found = figures(image, level=float(np.median(image)))
        assert set(found) == LINES
        assert found["stripes_sigma"] < 0.1
        assert found["step_sigma"] < 0.2
        assert found["step_fraction"] == found["constant_fraction"] == found["noisy_fraction"] == 0


@pytest.mark.parametrize("turned", [False, True])
def test_what_was_put_in_is_measured(turned: bool) -> None:
    rng = np.random.default_rng(5)

    def seen(image: Any) -> dict[str, Any]:
        return figures(image.T.copy() if turned else image, level=10.0)

    bands = noise(10) + 2 * rng.standard_normal((SIDE, 1)).astype(np.float32)
    assert seen(bands)["stripes_sigma"] == pytest.approx(2, rel=0.2)
    offset = noise(10)
    offset[:, 64:96] += 3
    found = seen(offset)
    assert found["step_sigma"] == pytest.approx(3, rel=0.15)
    assert found["step_fraction"] == pytest.approx(0.3, rel=0.15)
    dead = noise(10)
    dead[:, 64:96] = 0
    assert seen(dead)["constant_fraction"] == pytest.approx(32 / SIDE)
    loud = noise(10)
    loud[:, 64:96] += 8 * rng.standard_normal((SIDE, 32)).astype(np.float32)
    assert seen(loud)["noisy_fraction"] == pytest.approx(32 / SIDE, abs=0.01)


def test_lines_that_are_flagged_are_left_out() -> None:
    image, good = noise(10), np.ones((SIDE, SIDE), bool)
    image[:, 64:96], good[:, 64:96] = 0, False
    found = figures(image, good, 10.0)
    assert found["constant_fraction"] == 0
    assert figures(image, np.zeros_like(good)) == {}
    assert describe_lines(image, good, 10.0, 0.0) == {}
    assert figures(image[:20, :20]) == {}


def test_single_lines_and_filled_places_are_counted() -> None:
    image = noise(10)
    image[[40, 90, 91]] += 4
    image[:, 200] -= 4
    found = figures(image, level=10.0)
    assert found["odd_lines"] == 4
    assert found["filled_fraction"] == 0
    column = noise(10)
    column[100:130, 50] += 100  # no line from end to end
    assert figures(column, level=10.0)["odd_lines"] == 0
    pairs = noise(10)
    pairs[:, ::2] += 0.8
    assert figures(pairs, level=10.0)["parity_sigma"] == pytest.approx(0.8, abs=0.1)
    filled = noise(10)
    filled[64:128, 64:128] = 3
    assert figures(filled, level=10.0)["filled_fraction"] == pytest.approx((64 - 12) / SIDE / 4, rel=0.1)
    assert figures(filled, level=10.0)["constant_fraction"] == 0


@pytest.mark.parametrize("shared", [0.0, 0.5])
def test_the_error_of_the_level_counts_what_rows_share(shared: float) -> None:
    errors, levels = [], []
    for seed in range(40):
        rows = np.random.default_rng(seed + 100).standard_normal((SIDE, 1)).astype(np.float32)
        image = noise(0, seed) + np.float32(shared) * rows
        levels.append(np.median(image))
        errors.append(figures(image)["level_error"])
    assert np.median(errors) == pytest.approx(np.std(levels), rel=0.4)
