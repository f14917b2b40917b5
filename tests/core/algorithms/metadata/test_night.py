"""Keywords over the night: points in the order of time, with their verdicts and the limits near to them."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.metadata.facts import of_calibration
from calgui.core.algorithms.metadata.night import trend, trends

ROW = next(row for row in of_calibration("all") if row.keyword == "IMGDTEMP")


def header(hour: int, value: object) -> dict[str, Any]:
    return {"DATE-OBS": "2026-03-11", "TIME-OBS": f"{hour:02d}:00:00", "EXPTIME": 0.0, "IMGDTEMP": value}


def test_points_are_in_the_order_of_time_and_know_their_exposure() -> None:
    high = ROW.high
    assert high is not None
    made = trend([header(3, 77.0), header(1, high + 1), {"IMGDTEMP": 5.0}, header(2, "none"), header(0, 76.0)], ROW)
    assert made is not None
    assert made.zero == dt.date(2026, 3, 11)
    assert made.hours == pytest.approx([0, 1, 3])
    assert made.values == pytest.approx([76.0, high + 1, 77.0])
    assert made.which == (4, 1, 0)
    assert made.verdicts == ("good", "bad", "good")


def test_one_exposure_makes_no_trend() -> None:
    assert trend([header(1, 77.0), {"IMGDTEMP": 77.0}], ROW) is None
    assert trend([], ROW) is None


def test_limits_are_drawn_where_points_are_near() -> None:
    usual = ROW.usual_high
    assert usual is not None
    far = trend([header(0, 76.0), header(1, 76.0001)], ROW)
    assert far is not None
    assert dict(far.near()) == {}
    near = trend([header(0, usual - 1), header(1, usual + 1)], ROW)
    assert near is not None
    assert usual in dict(near.near()).values()


def test_curves_of_the_bench_have_what_is_not_good_as_lines_of_their_own() -> None:
    high = ROW.high
    assert high is not None
    (curve,) = trends([header(0, 76.0), header(1, high + 1), header(2, 77.0)], [ROW])
    assert set(curve.points) == {"IMGDTEMP", "bad"}
    assert np.asarray(curve.lines["bad"][1]).tolist() == [high + 1]
    limits = [name for name in curve.lines if name.startswith("limit")]
    assert limits
    assert all(len(curve.lines[name][0]) == 2 for name in limits)
