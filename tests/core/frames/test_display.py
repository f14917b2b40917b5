"""Stretches are astropy's; NaN has a tone of its own; the first flag listed wins."""

import numpy as np
import pytest
from astropy.visualization import AsinhStretch, HistEqStretch, LinearStretch, LogStretch, SqrtStretch

from calgui.core.frames.display import (
    NO_VALUE,
    TOP,
    equalised_table,
    flag_colours,
    stretch_table,
    stretched,
    to_tones,
)
from calgui.core.frames.limits import Limits

PEERS = {"linear": LinearStretch(), "log": LogStretch(), "asinh": AsinhStretch(), "sqrt": SqrtStretch()}


@pytest.mark.parametrize("name", list(PEERS))
def test_stretches_are_astropys(name: str) -> None:
    x = np.linspace(0, 1, 1001)
    assert stretched(x, name) == pytest.approx(PEERS[name](x), abs=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", list(PEERS))
def test_tones_follow_the_stretch_within_one_step(name: str) -> None:
    values = np.random.default_rng(1).uniform(-3, 12, (50, 60)).astype(np.float32)
    tones = to_tones(values, Limits(-1, 9), stretch_table(name))  # type: ignore[arg-type]
    expected = PEERS[name](np.clip((values.astype(float) + 1) / 10, 0, 1)) * TOP
    assert np.abs(tones - expected).max() <= 1.0


def test_equalised_tones_are_astropys() -> None:
    values = np.random.default_rng(2).gamma(2, 3, 5000).astype(np.float32)
    limits = Limits(float(values.min()), float(values.max()))
    tones = to_tones(values, limits, equalised_table(values, limits))
    unit = (values - limits.low) / (limits.high - limits.low)
    assert np.abs(tones - HistEqStretch(values)(unit) * TOP).max() <= 1.5
    counts = np.bincount(tones, minlength=TOP + 1)[1:TOP]
    assert counts.std() < 0.35 * counts.mean(), "every tone is used for about as many pixels"


def test_nan_and_infinities() -> None:
    values = np.array([[np.nan, np.inf, -np.inf, 0.0, 1.0]], np.float32)
    for name in PEERS:
        tones = to_tones(values, Limits(0, 1), stretch_table(name))  # type: ignore[arg-type]
        assert tones.tolist() == [[NO_VALUE, TOP, 0, 0, TOP]]


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.uint32, np.int64, np.float64])
def test_every_type_of_number_is_drawn(kind: type) -> None:
    values = np.array([[0, 5, 10]], kind)
    assert to_tones(values, Limits(0, 10), stretch_table("linear")).tolist() == [[0, 127, TOP]]


def test_large_whole_numbers_are_told_apart() -> None:
    values = np.array([[2**31, 2**31 + 100]], np.uint32)
    tones = to_tones(values, Limits(2.0**31, 2.0**31 + 100), stretch_table("linear"))
    assert tones.tolist() == [[0, TOP]]


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        (np.float32, -3.4e38, 3.4e38),
        (np.float32, 0.0, 1.4e-45),
        (np.float32, -1e-40, 1e-40),
        (np.float64, -1.7e308, 1.7e308),
        (np.float64, 0.0, 5e-324),
    ],
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_the_largest_and_the_smallest_spans_are_drawn(kind: type, low: float, high: float) -> None:
    values = np.array([[low, high, np.inf, -np.inf, np.nan]], kind)
    tones = to_tones(values, Limits(float(values[0, 0]), float(values[0, 1])), stretch_table("linear"))
    assert tones[0, 0] == tones[0, 3] == 0
    assert tones[0, 2] == TOP
    assert tones[0, 4] == NO_VALUE
    assert tones[0, 1] == TOP or high == 5e-324, "the smallest number of all has no step of its own"


def test_equalising_a_constant_is_linear() -> None:
    values = np.full(10, 3.0, np.float32)
    assert equalised_table(values, Limits(2, 4)) is stretch_table("linear")


def test_the_first_flag_listed_wins() -> None:
    dq = np.array([[0, 1, 2, 3, 4]], np.uint32)
    drawn = flag_colours(dq, {2: 0xFF0000AA, 1: 0xFF0000BB})
    assert drawn.tolist() == [[0, 0xFF0000BB, 0xFF0000AA, 0xFF0000AA, 0]]
