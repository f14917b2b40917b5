"""The new sky against the one in use."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.errors import InputError
from calgui.core.frames.frame import Frame
from calgui.core.runs.comparing import comparer_of
from calgui.core.runs.comparing.skies import compare

SIZE = 256


def sky(level: float, seed: int, noise: float = 0.08, slope: float = 0.0, **cards: Any) -> Frame:
    rng = np.random.default_rng(seed)
    shape = 1 + slope * np.linspace(-1, 1, SIZE)
    data = (level * shape + rng.normal(0, noise, (SIZE, SIZE))).astype(np.float32)
    header = {"BUNIT": "electron/s", "FILTER": "K", "DETECTOR": "IRIS1", "REFTYPE": "SKY"} | cards
    return Frame(data, np.full_like(data, noise), None, header, Path(f"sky_{seed}.fits"))


def test_level_noise_and_what_stands_out_are_those_that_were_put_in() -> None:
    old, new = sky(5.8, 1), sky(6.4, 2)
    star, hole = np.array(new.data), np.array(old.data)
    star[100, 120] += 3
    hole[50, 60] += 3
    made = compare(Frame(star, new.err, None, new.header), Frame(hole, old.err, None, old.header, old.path))
    assert made.metrics["level_ratio"].value == pytest.approx(6.4 / 5.8, rel=1e-3)
    assert made.metrics["difference_noise_e_per_s"].value == pytest.approx(0.08 * np.hypot(1, 6.4 / 5.8), rel=0.03)
    assert made.places("new").tolist() == [[100, 120]]
    assert made.places("gone").tolist() == [[50, 60]]
    assert "the shape is the same" in made.message
    assert made.difference is not None
    assert made.difference.err is not None
    assert abs(np.median(made.difference.data)) < 2e-3


def test_another_shape_is_told() -> None:
    made = compare(sky(5.8, 1, slope=0.06), sky(5.8, 2))
    expected = 5.8 * 0.06 / np.sqrt(3)
    assert made.metrics["shape_e_per_s"].value == pytest.approx(expected, rel=0.4)
    assert "the shape differs by" in made.message


def test_units_are_reconciled_and_the_part_is_cut_out() -> None:
    whole = sky(5.8, 3)
    counts = Frame(whole.data * np.float32(50), None, None, {**whole.header, "BUNIT": "electron", "EXPTIME": 50.0})
    assert compare(whole, counts).metrics["level_ratio"].value == pytest.approx(1, abs=1e-5)
    place = {"SUBARRAY": "CUSTOM", "SUBSTRT1": 65, "SUBSTRT2": 33, "DETXSIZE": SIZE, "DETYSIZE": SIZE}
    part = Frame(whole.data[32:160, 64:192].copy(), None, None, {**whole.header, **place})
    made = compare(part, whole)
    assert made.difference is not None
    np.testing.assert_allclose(made.difference.data, 0, atol=1e-4)


def test_a_sky_of_another_filter_is_not_compared() -> None:
    with pytest.raises(InputError, match="FILTER"):
        compare(sky(5.8, 1), sky(1.0, 2, FILTER="H"))
    assert comparer_of("SKY") is not None
