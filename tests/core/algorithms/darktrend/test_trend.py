"""The control chart of darks."""

from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.darktrend.chart import control_chart
from calgui.core.algorithms.darktrend.trend import DarkTrendConfig, dark_trend
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame

SHAPE = (96, 96)


def darks(levels: list[float], unit: str = "electron/s", **header: Any) -> list[Frame]:
    rng = np.random.default_rng(4)
    made = []
    for month, level in enumerate(levels, 1):
        data = level + 0.02 * rng.standard_normal(SHAPE)
        if unit == "electron":
            data *= 100
        cards = {"BUNIT": unit, "EXPTIME": 100.0, "DETECTOR": "A", "USEAFTER": f"2026-{month:02d}-01T00:00:00"}
        made.append(Frame(data.astype(np.float32), None, None, cards | header))
    return made


def test_limits_by_hand() -> None:
    # before the newest: 10, 12, 11, 14; they move by 2, 1, 3, whose median is 2
    chart = control_chart(np.array([10.0, 12.0, 11.0, 14.0, 30.0]), np.arange(5.0))
    assert chart.centre == 11.5
    assert chart.sigma == pytest.approx(2 / (np.sqrt(2) * 0.67449), rel=1e-4)
    assert chart.high == pytest.approx(chart.centre + 3 * chart.sigma)
    assert chart.outside == (4,)
    assert chart.drift == pytest.approx(np.polyfit(np.arange(5.0), [10, 12, 11, 14, 30], 1)[0])


def test_sigma_is_that_of_the_values_whatever_they_drift() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(10, 2, 5000) + 0.01 * np.arange(5000)
    chart = control_chart(values, np.arange(5000.0))
    assert chart.sigma == pytest.approx(2, rel=0.05)
    assert chart.drift == pytest.approx(0.01, abs=5 * chart.drift_error)


def test_three_values_on_a_line_are_no_drift_and_a_long_rise_is() -> None:
    three = control_chart(np.array([1.0, 1.1, 1.2001]), np.arange(3.0))
    assert abs(three.drift) > 1000 * three.drift_error
    assert not three.drift_sure
    rng = np.random.default_rng(3)
    many = control_chart(np.arange(20.0) + rng.normal(0, 1, 20), np.arange(20.0))
    assert many.drift_sure
    assert not control_chart(np.arange(20.0), np.arange(20.0), least=200.0).drift_sure
    # false alarms are as rare as beyond four sigma, however few the values are
    alarms = sum(control_chart(rng.normal(0, 1, 4), np.arange(4.0)).drift_sure for _ in range(2000))
    assert alarms <= 2


def test_a_history_that_rises_is_doubtful() -> None:
    result = dark_trend(darks([0.02 + 0.002 * month for month in range(10)]), DarkTrendConfig())
    assert any("drifts by +0.002" in reason for reason in result.reasons), result.reasons


def test_a_steady_history_is_good() -> None:
    result = dark_trend(darks([0.0250, 0.0252, 0.0249, 0.0251, 0.0248, 0.0250]), DarkTrendConfig())
    assert result.verdict == "good", result.reasons
    assert result.metrics["n_frames"].value == 6
    assert result.metrics["span_days"].value == 151


@pytest.mark.parametrize("unit", ["electron/s", "electron"])
def test_a_newest_dark_that_is_higher_is_named(unit: str) -> None:
    result = dark_trend(darks([0.025, 0.0252, 0.0249, 0.0251, 0.0248, 0.035], unit), DarkTrendConfig())
    assert result.verdict == "doubtful"
    assert "The level of the newest dark" in result.reasons[0]
    assert result.tables[0].flagged == (5,)
    assert result.metrics["median_rate_e_per_s"].value == pytest.approx(0.035, abs=0.001)
    assert result.frame is not None
    assert np.nanmedian(result.frame.data) == pytest.approx(0.01, abs=0.001)


def test_order_is_that_of_dates() -> None:
    frames = darks([0.035, 0.025, 0.0252, 0.0249, 0.0251])
    result = dark_trend(frames[::-1], DarkTrendConfig())
    assert [row[0][:7] for row in result.tables[0].rows] == [f"2026-{month:02d}" for month in range(1, 6)]
    assert "before" in " ".join(result.reasons)


def test_hot_pixels_by_flags_or_level() -> None:
    frames = darks([0.025] * 5)
    bits = np.zeros(SHAPE, np.uint32)
    bits[10:20, 10] = flags.HOT
    marked = [Frame(f.data, None, bits, f.header) for f in frames[:-1]]
    data = frames[-1].data.copy()
    data[30:60, 30:40] = 9
    result = dark_trend([*marked, Frame(data, None, None, frames[-1].header)], DarkTrendConfig())
    assert result.metrics["usual_hot_fraction"].value == pytest.approx(10 / 88**2)
    assert result.metrics["hot_fraction"].value == pytest.approx(300 / 88**2)
    assert "hot pixels" in " ".join(result.reasons)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: f[:1], "two or more"),
        (lambda f: [f[0], Frame(f[1].data, None, None, {**f[1].header, "USEAFTER": ""})], "no date"),
        (lambda f: [f[0], Frame(f[1].data, None, None, {**f[1].header, "USEAFTER": "soon"})], "no date"),
        (lambda f: [f[0], Frame(f[1].data, None, None, {**f[1].header, "DETECTOR": "B"})], "DETECTOR"),
        (lambda f: [f[0], Frame(f[1].data[:50], None, None, f[1].header)], "size"),
        (lambda f: [f[0], Frame(f[1].data, None, None, {**f[1].header, "BUNIT": "K"})], "BUNIT"),
    ],
    ids=["one", "no date", "odd date", "detector", "size", "unit"],
)
def test_what_is_not_fit_is_refused(spoil: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        dark_trend(spoil(darks([0.025, 0.026])), DarkTrendConfig())
    assert words in caught.value.message
    assert caught.value.cure
