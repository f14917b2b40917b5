"""A figure with an error is beyond a limit where it is so by two of its errors, and the sentence tells it."""

import math
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.registry import Metric
from calgui.core.validation.checks import Check
from calgui.core.validation.differences import level_error
from calgui.core.validation.judging import Said, judge

LIMITS = Check(
    "shift", "The shift", "against.shift", error="against.shift_error", doubtful_below=-0.05, bad_below=-0.5,
    doubtful_above=0.05, bad_above=0.5, cure="Look.",
)  # fmt: skip


def said(value: float, error: float | None, check: Check = LIMITS, header: dict[str, Any] | None = None) -> Said:
    figures = {"against.shift": Metric(value, "e-/s")}
    if error is not None:
        figures["against.shift_error"] = Metric(error, "e-/s")
    (one,) = judge((check,), figures, header or {}, (), is_reference=False)
    return one


@pytest.mark.parametrize(
    ("value", "error", "verdict"),
    [
        (0.063, None, "doubtful"), (0.063, 0.02, "good"), (0.063, 0.006, "doubtful"), (-0.063, 0.02, "good"),
        (-0.3, 0.02, "doubtful"), (0.6, 0.02, "bad"), (0.6, 0.2, "doubtful"), (0.6, 0.4, "good"), (0.04, 0.001, "good"),
        (0.063, math.nan, "doubtful"),
    ],
)  # fmt: skip
def test_two_errors_decide(value: float, error: float | None, verdict: str) -> None:
    assert said(value, error).verdict == verdict


def test_the_sentence_tells_the_error_and_the_limit() -> None:
    bad = said(0.6, 0.02)
    assert bad.text == "The shift is 0.6 ± 0.02 e-/s, above 0.5 e-/s by more than 2 of its errors. Look."
    assert (bad.error, bad.threshold) == (0.02, 0.5)
    within = said(0.063, 0.02)
    assert within.text == "The shift is 0.063 ± 0.02 e-/s: above 0.05 e-/s by no more than 2 of its errors."
    assert said(0.01, 0.02).text == ""


def test_a_keyword_may_be_the_error_of_a_keyword() -> None:
    strehl = Check("strehl", "The Strehl ratio", keyword="STREHL", error="STREHLER", doubtful_above=1.0)
    for error, verdict in ((0.2, "good"), (0.01, "doubtful"), ("none", "doubtful")):
        (one,) = judge((strehl,), {}, {"STREHL": 1.1, "STREHLER": error}, (), is_reference=True)
        assert one.verdict == verdict


@pytest.mark.parametrize("rows", [0.0, 0.3, 1.5])
def test_the_error_of_a_level_is_the_scatter_of_levels(rows: float) -> None:
    """Of many pictures with noise that their rows share: the level's true scatter is what one picture tells."""
    rng = np.random.default_rng(8)
    levels, errors = [], []
    for _ in range(80):
        image = rng.standard_normal((64, 64)) + rows * rng.standard_normal((64, 1))
        levels.append(float(np.median(image)))
        errors.append(level_error(image.astype(np.float32), np.ones(image.shape, bool), levels[-1], np.hypot(1, rows)))
    assert np.median(errors) == pytest.approx(np.std(levels), rel=0.35)
    assert np.median(errors) > 0.85 * np.std(levels)
