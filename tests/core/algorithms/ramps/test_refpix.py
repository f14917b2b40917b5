"""Reference pixels take drifts of amplifiers and rows out, and leave the first read as it is."""

import numpy as np
import pytest

from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.fitting import fit_ramp
from calgui.core.algorithms.ramps.reading import read_band
from calgui.core.algorithms.ramps.refpix import reference_drift
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job

SIZE, READS, WIDTH = 96, 8, 16
HEADER = {"SUBARRAY": "FULL", "TGROUP": 5.0, "GAIN": 2.0, "READNOIS": 9.0, "BUNIT": "adu", "DETECTOR": "IRIS1"}


def drifting(noise: float = 9.0, amplifiers: float = 30.0, rows: float = 20.0, rate: float = 40.0) -> tuple[Frame, ...]:
    """A ramp with drifts of both kinds, and the same one without."""
    rng = np.random.default_rng(4)
    light = np.zeros((SIZE, SIZE), bool)
    light[4:-4, 4:-4] = True
    charge = np.cumsum(rng.poisson(rate * 5, (READS, SIZE, SIZE)), axis=0) * light
    clean = 5000 + (charge + rng.normal(0, noise, charge.shape)) / 2.0 + rng.normal(0, 15, (SIZE, SIZE))
    by_amplifier = np.repeat(np.cumsum(rng.normal(0, amplifiers, (READS, SIZE // WIDTH)), axis=0), WIDTH, axis=1)
    by_row = np.cumsum(rng.normal(0, rows, (READS, 1)) * np.ones((1, SIZE)), axis=0)
    bent = clean + by_amplifier[:, None, :] + by_row[:, :, None]
    return Frame(bent.astype(np.float32), header=HEADER), Frame(clean.astype(np.float32), header=HEADER)


def scatter(frame: Frame, **options: object) -> float:
    made = fit_ramp([frame], {}, FitRampConfig(amplifier_width=WIDTH, **options)).frame  # type: ignore[arg-type]
    assert made is not None
    return float(np.std(made.data[4:-4, 4:-4]))


def test_drifts_are_taken_out() -> None:
    bent, clean = drifting()
    best = scatter(clean, reference_pixels="off")
    assert scatter(bent, reference_pixels="off") > 2 * best
    assert scatter(bent, reference_pixels="both") == pytest.approx(best, rel=0.03)
    assert scatter(clean, reference_pixels="both") == pytest.approx(best, rel=0.02)
    only_amplifiers, only_rows = drifting(rows=0)[0], drifting(amplifiers=0)[0]
    assert scatter(only_amplifiers, reference_pixels="amplifiers") == pytest.approx(best, rel=0.02)
    assert scatter(only_rows, reference_pixels="rows") == pytest.approx(best, rel=0.03)


def test_the_errors_are_those_of_the_corrected_reads() -> None:
    """With few reference pixels the correction itself makes noise, which the errors hold."""
    _, clean = drifting(rate=0.5)
    for options in ({"reference_pixels": "off"}, {"reference_pixels": "both", "row_window": 1}):
        made = fit_ramp([clean], {}, FitRampConfig(amplifier_width=4, **options)).frame  # type: ignore[arg-type]
        assert made is not None
        assert made.err is not None
        inner = np.s_[8:-8, 8:-8]
        pull = (made.data[inner] - 0.5) / float(np.median(made.err[inner]))
        assert float(np.std(pull)) == pytest.approx(1, abs=0.03), options


def test_without_noise_the_drift_is_exact_and_the_first_read_stays() -> None:
    bent, _ = drifting(noise=0.0)
    drift = reference_drift(bent, region_of(bent), FitRampConfig(amplifier_width=WIDTH), READS, Job())
    assert (drift.columns[:, 0] == 0).all()
    by_row = drift.rows(read_band(bent, 0, SIZE), (0, 0))
    assert (by_row[:, 0] == 0).all()
    made = fit_ramp([bent], {}, FitRampConfig(amplifier_width=WIDTH))
    assert made.frame is not None
    np.testing.assert_allclose(made.frame.data[:4], 0, atol=2e-3)
    assert made.keywords["S_REFPIX"][0] == "COMPLETE"
    assert [curve.title for curve in made.curves][-1] == "Drift of the amplifiers"


def test_bad_reference_pixels_do_not_count() -> None:
    bent, clean = drifting()
    data, dq = bent.data.copy(), np.zeros(bent.shape, np.uint32)
    data[:, :3, 30:40] += np.linspace(0, 30_000, READS)[:, None, None].astype(np.float32)
    dq[:, :3, 30:40] = flags.BAD_REF_PIXEL
    data[:, 50, 2] = np.nan
    data[3:, 60, 1] = 60_000  # an outlier without a flag
    best = scatter(clean, reference_pixels="off")
    assert scatter(Frame(data, None, dq, HEADER)) == pytest.approx(best, rel=0.03)


def test_bands_and_halo_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    bent, _ = drifting()
    whole = fit_ramp([bent], {}, FitRampConfig(amplifier_width=WIDTH)).frame
    monkeypatch.setattr("calgui.core.algorithms.ramps.fitting._BANDS_IN_MEMORY", 32)
    banded = fit_ramp([bent], {}, FitRampConfig(amplifier_width=WIDTH)).frame
    assert whole is not None
    assert banded is not None
    # outliers among the reference pixels are looked for in the rows at hand
    assert float(np.abs(whole.data - banded.data).max()) < 0.3 * float(np.median(np.abs(whole.err)))  # type: ignore[arg-type]


def test_a_part_without_reference_pixels_says_so() -> None:
    bent, _ = drifting()
    header = HEADER | {"SUBARRAY": "CUSTOM", "SUBSTRT1": 201, "SUBSTRT2": 201, "DETXSIZE": 4096, "DETYSIZE": 4096}
    made = fit_ramp([Frame(bent.data.copy(), header=header)], {}, FitRampConfig())
    assert "no reference pixels" in " ".join(made.reasons)
    assert made.keywords["S_REFPIX"][0] == "SKIPPED"
    edge = header | {"SUBSTRT1": 1}
    made = fit_ramp([Frame(bent.data.copy(), header=edge)], {}, FitRampConfig())
    assert "Drifts of amplifiers are not corrected" in " ".join(made.reasons)


def test_reference_pixels_that_see_light_are_doubted() -> None:
    data = np.empty((READS, SIZE, SIZE), np.float32)
    data[...] = (5000 + 2000.0 * np.arange(READS))[:, None, None]
    made = fit_ramp([Frame(data, header=HEADER)], {}, FitRampConfig())
    assert made.verdict == "doubtful"
    assert "reference pixels change" in " ".join(made.reasons)
