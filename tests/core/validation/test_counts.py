"""Steps of a converter that are too coarse, and bits of it that are stuck."""

from typing import Any

import numpy as np
import pytest

from calgui.core.frames.frame import Frame
from calgui.core.validation.counts import describe_counts

SIDE, GAIN, TIME = 128, 2.0, 10.0
HEADER = {"BUNIT": "electron/s", "GAIN": GAIN, "EXPTIME": TIME}


def figures(counts: Any, header: dict[str, Any] | None = None) -> dict[str, Any]:
    """Of counts, as a rate."""
    image = (counts * GAIN / TIME).astype(np.float32)
    middle = float(np.median(image))
    noise = float(1.4826 * np.median(np.abs(image - middle)))
    frame = Frame(image, None, None, HEADER | (header or {}))
    made = describe_counts(frame, np.ones(image.shape, bool), middle, noise)
    return {name: metric.value for name, metric in made.items()}


def counts(sigma: float, level: float = 1000.0, seed: int = 1) -> Any:
    return np.round(level + sigma * np.random.default_rng(seed).standard_normal((SIDE, SIDE)))


@pytest.mark.parametrize("sigma", [3.0, 12.0, 200.0])
def test_good_counts_have_fine_steps_and_no_stuck_bit(sigma: float) -> None:
    found = figures(counts(sigma))
    assert found["step_over_noise"] <= 1.3 / sigma
    assert found["stuck_bits"] == 0


@pytest.mark.parametrize("step", [8, 32])
def test_coarse_steps_are_measured(step: int) -> None:
    found = figures(np.floor(counts(12.0) / step) * step)
    assert found["step_over_noise"] > 0.4
    if step >= 32:
        assert found["step_over_noise"] > 1


@pytest.mark.parametrize("bit", [0, 1, 3])
@pytest.mark.parametrize("high", [True, False])
def test_a_stuck_bit_is_found(bit: int, high: bool) -> None:
    plain = counts(12.0).astype(np.int64)
    assert figures(plain | (1 << bit) if high else plain & ~(1 << bit))["stuck_bits"] == 1


def test_what_is_no_count_is_not_reckoned() -> None:
    assert "stuck_bits" not in figures(counts(12.0), {"REFTYPE": "DARK", "USEAFTER": "2026-01-01T00:00:00"})
    assert "stuck_bits" not in figures(counts(12.0), {"NINTS": 4})
    assert "stuck_bits" not in figures(counts(12.0), {"GAIN": "unknown"})
    smooth = np.random.default_rng(3).standard_normal((SIDE, SIDE))
    assert figures(smooth)["step_over_noise"] == 0
    assert figures(np.ones((SIDE, SIDE))) == {}
