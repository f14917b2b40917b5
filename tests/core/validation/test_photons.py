"""Noise against what photons and reading make: simulated by counting electrons, read by two reads."""

from typing import Any

import numpy as np
import pytest

from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.validation.figures import measure

SECONDS, READ = 20.0, 9.0


def exposure(rate: float, **header: Any) -> Frame:
    """Electrons are counted, and two reads subtracted."""
    rng = np.random.default_rng(11)
    shape = (128, 128)
    electrons = rng.poisson(rate * SECONDS, shape) + READ * (rng.standard_normal(shape) - rng.standard_normal(shape))
    made = {"BUNIT": "electron/s", "READNOIS": READ, "EXPTIME": SECONDS, "READMODE": "CDS"} | header
    return Frame((electrons / SECONDS).astype(np.float32), None, None, made)


def ratio(frame: Frame) -> float:
    value = measure(frame, Job("Measure"))["noise_over_expected"].value
    assert isinstance(value, float)
    return value


@pytest.mark.parametrize("rate", [0.02, 5.0, 300.0])
def test_what_is_counted_has_the_noise_of_counting(rate: float) -> None:
    frame = exposure(rate)
    assert ratio(frame) == pytest.approx(1, abs=0.03)
    figures = measure(frame, Job("Measure"))
    assert figures["charge_e"].value == pytest.approx(rate * SECONDS, rel=0.02, abs=0.5)


def test_wrong_times_units_and_gains_show() -> None:
    frame = exposure(300.0)
    assert ratio(exposure(300.0, EXPTIME=10 * SECONDS)) == pytest.approx(10**0.5, rel=0.05)
    as_counts = Frame(frame.data * np.float32(SECONDS), None, None, frame.header)
    assert ratio(as_counts) == pytest.approx(SECONDS**0.5, rel=0.05)
    assert measure(as_counts, Job("Measure"))["charge_e"].value == pytest.approx(300 * SECONDS**2, rel=0.02)
    assert ratio(exposure(300.0, BUNIT="adu/s", GAIN=4.0)) == pytest.approx(2, rel=0.05)


def test_nothing_is_said_of_references_and_of_what_headers_do_not_tell() -> None:
    for header in ({"REFTYPE": "DARK"}, {"EXPTIME": 0}, {"BUNIT": "kg"}):
        assert "noise_over_expected" not in measure(exposure(5.0, **header), Job("Measure"))
    assert "charge_e" in measure(exposure(5.0, READNOIS="?"), Job("Measure"))


def test_a_ceiling_is_seen_and_figures_that_nobody_asks_for_are_left_out() -> None:
    frame = exposure(300.0)
    cut = Frame(np.minimum(frame.data, np.float32(np.quantile(frame.data, 0.9))), None, None, frame.header)
    assert measure(frame, Job("Measure"))["ceiling_fraction"].value == 0
    assert measure(cut, Job("Measure"))["ceiling_fraction"].value == pytest.approx(0.1, abs=0.01)
    few = measure(frame, Job("Measure"), wanted=("level",))
    assert "level" in few
    assert not {"ceiling_fraction", "sum", "stripes_sigma"} & set(few)
