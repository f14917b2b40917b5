"""Dark current, glow and read noise from darks whose truth is known."""

from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.darkseries.series import DarkSeriesConfig, dark_series
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames.frame import Frame

SHAPE = (128, 192)
NOISE = 9.0


def darks(
    times: dict[float, int],
    *,
    rate: Any = 0.05,
    glow: float = 0.0,
    reads: dict[float, int] | None = None,
    unit: str = "electron",
    seed: int = 1,
    **header: Any,
) -> list[Frame]:
    """CDS darks: Poisson counts of ``rate x time + glow x reads`` and the noise of two reads."""
    rng = np.random.default_rng(seed)
    made = []
    for seconds, count in times.items():
        number = (reads or {}).get(seconds, 2)
        for _ in range(count):
            data = rng.poisson(rate * seconds + glow * number, SHAPE) + NOISE * np.sqrt(2) * rng.standard_normal(SHAPE)
            if unit.endswith("/s"):
                data /= seconds
            cards = {"BUNIT": unit, "EXPTIME": seconds, "NGROUPS": number, "READMODE": "CDS", "DETECTOR": "A"}
            made.append(Frame(data.astype(np.float32), None, None, cards | header))
    return made


@pytest.mark.parametrize("unit", ["electron", "electron/s"])
def test_current_glow_and_read_noise(unit: str) -> None:
    result = dark_series(darks({100: 4, 300: 4, 900: 4}, glow=1.5, unit=unit), DarkSeriesConfig())
    found = {name: metric.value for name, metric in result.metrics.items()}
    assert found["median_rate_e_per_s"] == pytest.approx(0.05, abs=0.0005)
    assert found["glow_e"] == pytest.approx(1.5, abs=0.1)
    assert found["read_noise_e"] == pytest.approx(NOISE, rel=0.01)
    assert found["median_chi_square"] == pytest.approx(np.median(np.random.default_rng(0).chisquare(1, 99999)), rel=0.1)
    assert result.verdict == "good", result.reasons
    assert result.frame is not None


def test_errors_are_the_scatter() -> None:
    result = dark_series(darks({100: 5, 300: 5, 900: 5}, glow=1.0), DarkSeriesConfig())
    frame = result.frame
    assert frame is not None
    assert frame.err is not None
    inner = (slice(4, -4), slice(4, -4))
    pull = (frame.data[inner] - 0.05) / frame.err[inner]
    assert np.std(pull) == pytest.approx(1, abs=0.05)
    glow = (result.planes["GLOW"][inner] - 1.0) / result.planes["GLOWERR"][inner]
    assert np.std(glow) == pytest.approx(1, abs=0.05)


def test_glow_of_reads_is_told_from_time_by_different_numbers_of_reads() -> None:
    frames = darks({100: 4, 300: 4, 900: 4, 301: 4}, glow=0.5, reads={100: 2, 300: 2, 900: 2, 301: 40})
    result = dark_series(frames, DarkSeriesConfig())
    assert result.metrics["glow_e"].value == pytest.approx(0.5, abs=0.02)
    assert result.metrics["median_rate_e_per_s"].value == pytest.approx(0.05, abs=0.0005)
    blind = dark_series(frames, DarkSeriesConfig(glow="exposure"))
    assert blind.verdict == "doubtful"  # 40 reads glow more than the line has it


def test_an_exposure_time_off_the_line_is_named() -> None:
    frames = darks({100: 4, 300: 4, 900: 4})
    leaking = [Frame(f.data + 6, None, None, f.header) if f.header["EXPTIME"] == 300 else f for f in frames]
    result = dark_series(leaking, DarkSeriesConfig())
    assert result.verdict == "doubtful"
    assert "300 s" in " ".join(result.reasons)


def test_night_against_day() -> None:
    day = darks({100: 3, 900: 3}, rate=0.08, **{"DATE-OBS": "2026-03-11", "TIME-OBS": "22:10:00"})
    night = darks({100: 3, 900: 3}, rate=0.05, seed=2, **{"DATE-OBS": "2026-03-12", "TIME-OBS": "09:10:00"})
    result = dark_series([*day, *night], DarkSeriesConfig())
    assert result.metrics["night_minus_day_e_per_s"].value == pytest.approx(-0.03, abs=0.002)
    assert "Darks of the night differ" in " ".join(result.reasons)


def test_hot_pixels_and_amplifiers() -> None:
    rate = np.full(SHAPE, 0.05)
    rate[50, 60] = 8.0
    rate[:, 128:] = 0.09
    result = dark_series(darks({100: 4, 300: 4, 900: 4}, rate=rate), DarkSeriesConfig())
    assert result.frame is not None
    assert result.frame.dq is not None
    assert result.frame.dq[50, 60] & 2048
    assert result.frame.data[50, 60] == pytest.approx(8.0, rel=0.05)
    table = result.tables[1]
    assert [row[0] for row in table.rows] == ["0–63", "64–127", "128–191"]
    assert table.rows[2][1] == pytest.approx(0.09, abs=0.002)


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        (lambda: darks({100: 1}), "two or more"),
        (lambda: darks({100: 3}), "same exposure time"),
        (lambda: [*darks({100: 2, 300: 2}), *darks({900: 1}, DETECTOR="B")], "DETECTOR"),
        (lambda: [*darks({100: 2, 300: 2}), *darks({900: 1}, READMODE="UTR")], "READMODE"),
        (lambda: [*darks({100: 2, 300: 2}, IMGDTEMP=76.0), *darks({900: 1}, IMGDTEMP=79.0)], "IMGDTEMP"),
        (lambda: [Frame(f.data, None, None, {"BUNIT": "electron"}) for f in darks({100: 2})], "exposure time"),
        (
            lambda: [Frame(f.data[:64], None, None, f.header) if n else f for n, f in enumerate(darks({1: 1, 2: 1}))],
            "size",
        ),
    ],
    ids=["one", "one time", "detector", "mode", "temperature", "no time", "size"],
)
def test_what_is_not_fit_is_refused(frames: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        dark_series(frames(), DarkSeriesConfig())
    assert words in caught.value.message
    assert caught.value.cure


def test_all_nan_is_refused() -> None:
    frames = [Frame(np.full_like(f.data, np.nan), None, None, f.header) for f in darks({100: 2, 300: 2})]
    with pytest.raises(AlgorithmError, match="all are NaN"):
        dark_series(frames, DarkSeriesConfig())
