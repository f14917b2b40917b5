"""The noise of a read is that of the reads: photons, glow and hot pixels are not taken for it."""

import math
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.darkseries.groups import Group
from calgui.core.algorithms.darkseries.readnoise import read_variance, single_read_variance, typical_read_noise
from calgui.core.algorithms.darkseries.series import DarkSeriesConfig, dark_series
from calgui.core.frames.frame import Frame

NOISE, ENDS = 9.0, 16


def darks(seed: int, *, size: int = 320, hot: float = 0.0, corner: float = 0.0, shift: float = 0.0) -> list[Frame]:
    """Darks read sixteen times at each end: Poisson counts of current and glow, and normal noise of the reads."""
    rng = np.random.default_rng(seed)
    axis = np.arange(size) / size
    glow = 2 * ENDS * (0.2 + corner * np.exp(-(axis[:, None] + axis) / 0.15))
    rate = np.full((size, size), 0.025)
    rate[rng.uniform(size=rate.shape) < hot] += 10 ** rng.uniform(-1, 2)
    made = []
    for seconds in (60.0, 240.0, 960.0):
        for _ in range(3):
            data = rng.poisson(rate * seconds + glow) + NOISE * math.sqrt(2 / ENDS) * rng.standard_normal(rate.shape)
            header: dict[str, Any] = {
                "BUNIT": "electron", "EXPTIME": seconds, "NGROUPS": 2, "NFRAMES": ENDS, "READMODE": f"MCDS-{ENDS}",
            }  # fmt: skip
            made.append(Frame((data + shift).astype(np.float32), None, None, header))
    return made


@pytest.mark.parametrize("what", [{}, {"hot": 0.01}, {"corner": 3.0}, {"hot": 0.004, "corner": 1.5}], ids=str)
def test_it_is_that_of_the_reads(what: dict[str, float]) -> None:
    """Nine darks of 10⁵ pixels say it to 0.3 %, three of 960 s to 1 % by the photons taken out: three sigma."""
    result = dark_series(darks(3, **what), DarkSeriesConfig())
    assert result.metrics["read_noise_e"].value == pytest.approx(NOISE, rel=0.01)
    for row in result.tables[0].rows:
        assert row[-1] == pytest.approx(NOISE, rel=0.03)


def test_the_mean_over_many_is_without_bias() -> None:
    """By the error of the mean of the nights themselves, and a tenth of a percent."""
    found = [
        dark_series(darks(seed, size=160, hot=0.004, corner=1.5), DarkSeriesConfig()).metrics["read_noise_e"].value
        for seed in range(16)
    ]
    values = np.array(found, float)
    assert abs(values.mean() - NOISE) < 3 * values.std(ddof=1) / 4 + 0.001 * NOISE


def test_an_offset_that_is_no_charge_hides_it_and_is_told() -> None:
    """Photons of 40 e- would scatter more than these darks do."""
    result = dark_series(darks(3, size=160, shift=40.0), DarkSeriesConfig())
    assert result.metrics["read_noise_e"].value is None
    assert result.verdict == "doubtful"
    assert "scatter less than photons" in " ".join(result.reasons)


def test_darks_of_photons_alone_have_none() -> None:
    rng = np.random.default_rng(1)
    frames = [rng.poisson(400.0, (128, 128)).astype(np.float32) for _ in range(4)]
    variance = read_variance(frames, 1.0, 400.0)
    assert variance is not None
    assert 0 <= variance < 10  # 400 e- of photons, each of 10⁴ pixels to some percent


@pytest.mark.parametrize("frames", [1, 0])
def test_without_a_pair_there_is_none(frames: int) -> None:
    assert read_variance([np.zeros((64, 64), np.float32)] * frames, 1.0, 0.0) is None


def test_without_pixels_there_is_none() -> None:
    assert read_variance([np.full((64, 64), np.nan, np.float32)] * 3, 1.0, 0.0) is None
    few = np.full((64, 64), np.nan, np.float32)
    few[:5, :5] = np.arange(25).reshape(5, 5)
    assert read_variance([few, few], 1.0, 0.0) is None


@pytest.mark.parametrize(
    ("mode", "reads", "variance"),
    [
        ("CDS", 2, 2.0),
        ("MCDS-8", 16, 2 / 8),
        ("MCDS", 32, 2 / 16),
        ("FOWLER-4", 8, 2 / 4),
        ("UTR", 10, 12 * 9 / (10 * 11)),
        ("", 2, 2.0),
        ("ODD", 7, None),
    ],
)
def test_reads_by_mode(mode: str, reads: int, variance: float | None) -> None:
    """Vacca, Cushing & Rayner 2004, for a read noise of 1."""
    frame = Frame(np.zeros((4, 4), np.float32), None, None, {"READMODE": mode})
    found = single_read_variance(variance or 1.0, Group(10.0, reads, (0, 1), 1.0), frame)
    assert found == (None if variance is None else pytest.approx(1.0))


def test_groups_that_say_it_better_count_for_more() -> None:
    groups = [Group(10.0, 2, (0, 1, 2), 1.0), Group(1000.0, 2, (3, 4, 5), 1.0), Group(2000.0, 2, (6,), 1.0)]
    assert typical_read_noise([9.0, 12.0, None], [13.0, 130.0, 200.0], groups) == pytest.approx(9.0, rel=1e-3)
    assert typical_read_noise([None, None, None], [1.0, 1.0, 1.0], groups) is None
