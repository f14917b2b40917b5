"""Solutions that are kept, as values."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from calgui.core.algorithms.registry import Metric, Result
from calgui.core.runs.report import RunReport
from calgui.core.runs.solutions import Solution, as_value, keep, of_value

WHEN = dt.datetime(2026, 3, 11, 7, 21, 5, 999)


def _report(metrics: dict[str, Metric]) -> RunReport:
    result = Result(None, metrics, "doubtful", ("A reason.",))
    return RunReport("fit", {}, (Path("/night/a.fits"), Path("/night/b.fits")), (), None, result)


def test_it_tells_its_options_and_what_it_was_worth() -> None:
    metrics = {"scale": Metric(4.0), "n_used": Metric(7), "rms_pixel": Metric(0.00123456, "pixel")}
    options = {"order": 5, "exclude": "12.00,3.00; 2:7.00,9.00", "clip": 3.5, "note": "x" * 60, "fast": True}
    kept = keep(_report(metrics), options, "first", WHEN)
    assert kept.made == "2026-03-11T07:21:05"
    assert kept.verdict == "doubtful"
    assert kept.inputs == ("a.fits", "b.fits")
    assert kept.worth == "rms 0.001235 pixel"
    assert kept.text == f"order 5, exclude 2 places, clip 3.5, note {'x' * 23}…, fast yes"


@pytest.mark.parametrize(
    ("names", "judged"),
    [(("scale", "fit_rms"), "fit_rms"), (("cv_rms", "rms"), "rms"), (("scale",), "scale"), ((), "")],
)
def test_it_is_judged_by_its_rms(names: tuple[str, ...], judged: str) -> None:
    kept = keep(_report({"n": Metric(3), **{name: Metric(0.5, "mas") for name in names}}), {}, "a", WHEN)
    assert kept.metric == judged
    assert kept.worth == (f"{judged.replace('_', ' ')} 0.5 mas" if judged else "")
    assert kept.text == "all options at their defaults"


def test_it_comes_back_from_a_file() -> None:
    kept = keep(_report({"rms": Metric(0.5, "mas")}), {"order": 4}, "b", WHEN)
    assert of_value(json.loads(json.dumps(as_value(kept)))) == kept


@pytest.mark.parametrize("value", [None, 3, {}, {"label": 3}, [], "x"])
def test_what_is_damaged_is_none(value: Any) -> None:
    assert of_value(value) is None


def test_damaged_parts_are_left_out() -> None:
    value = {"label": "a", "options": 3, "value": float("nan"), "verdict": "great", "inputs": "x", "made": 5}
    assert of_value(value) == Solution("a", "")
