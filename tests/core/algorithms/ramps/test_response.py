"""Coefficients straighten reads in both forms, of one set or of each pixel, of a subarray; full wells are told."""

from pathlib import Path

import numpy as np
import pytest

from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.fitting import fit_ramp
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame

READS, SIZE, STEP, GAIN, BIAS = 10, 32, 5.0, 2.0, 5000.0
#: corrected = (1 + c1 x + c2 x²) x, x in adu: 8 % at 45,000 adu
C1, C2 = 6e-7, 2.5e-11
HEADER = {
    "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "SUBARRAY": "CUSTOM", "SUBSTRT1": 65, "SUBSTRT2": 33, "DETXSIZE": 128,
    "DETYSIZE": 128, "TGROUP": STEP, "GAIN": GAIN, "READNOIS": 9.0, "BUNIT": "adu",
}  # fmt: skip


def measured(true: np.ndarray, scale: np.ndarray | float = 1.0) -> np.ndarray:
    """What a bent pixel shows, by Newton's method."""
    x = true.copy()
    for _ in range(30):
        x -= ((1 + scale * (C1 * x + C2 * x**2)) * x - true) / (1 + scale * (2 * C1 * x + 3 * C2 * x**2))
    return x


def bent(rate: float | np.ndarray, scale: np.ndarray | float = 1.0, noise: float = 0.0, **header: object) -> Frame:
    rng = np.random.default_rng(2)
    light = np.broadcast_to(rate, (SIZE, SIZE))
    times = STEP * np.arange(1, READS + 1)
    true = times[:, None, None] * light / GAIN
    data = measured(true, scale) + BIAS + rng.normal(0, 15, (SIZE, SIZE)) + rng.normal(0, noise, true.shape)
    return Frame(data.astype(np.float32), header=HEADER | header, path=Path("ramp.fits"))


def factor(scale: np.ndarray | float = 1.0, **header: object) -> Frame:
    one = np.asarray(scale, np.float32).reshape((1, 1) if np.ndim(scale) == 0 else np.shape(scale))
    planes = np.stack([0 * one, C1 * one, C2 * one, 0 * one, 0 * one]).astype(np.float32)
    cards = {"LINFORM": "MULTIPLY", "LINUNIT": "adu", "DETECTOR": "IRIS1", "SUBARRAY": "FULL"} | header
    return Frame(planes, header=cards, path=Path("lin.fits"))


def fit(frame: Frame, reference: Frame | None, **options: object):  # type: ignore[no-untyped-def]
    references = {} if reference is None else {"NONLINCOEFF": reference}
    return fit_ramp([frame], references, FitRampConfig(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [20.0, 500.0, 1700.0])
@pytest.mark.parametrize("method", ["utr", "cds", "mcds"])
def test_a_bent_ramp_is_straightened(rate: float, method: str) -> None:
    """1700 e-/s ends at 85,000 e-."""
    made = fit(bent(rate), factor(), method=method)
    np.testing.assert_allclose(made.frame.data, rate, rtol=1e-3)
    assert made.keywords["S_LINEAR"][0] == "COMPLETE"
    if rate > 1000:
        assert float(np.median(fit(bent(rate), None).frame.data)) < 0.97 * rate


def test_the_other_form_and_other_units() -> None:
    polynomial = np.array([12.0, 1.0, C1, C2], np.float32)[:, None, None]
    plain = Frame(polynomial, header={"LINFORM": "POLYNOMIAL", "LINUNIT": "adu"})
    np.testing.assert_allclose(fit(bent(1500.0), plain).frame.data, 1500, rtol=1e-3)
    electrons = np.array([0.0, C1 / GAIN, C2 / GAIN**2, 0, 0], np.float32)[:, None, None]
    other = Frame(electrons, header={"LINFORM": "FACTOR", "LINUNIT": "electron"})
    np.testing.assert_allclose(fit(bent(1500.0), other).frame.data, 1500, rtol=1e-3)
    frame = bent(1500.0)
    in_electrons = Frame(frame.data * np.float32(GAIN), header=dict(frame.header) | {"BUNIT": "electron"})
    for reference in (plain, other):
        np.testing.assert_allclose(fit(in_electrons, reference).frame.data, 1500, rtol=1e-3)


def test_each_pixel_has_its_own_and_a_subarray_is_cut_out() -> None:
    scale = np.random.default_rng(1).uniform(0.5, 1.5, (128, 128))
    frame = bent(1500.0, scale[32:64, 64:96])
    np.testing.assert_allclose(fit(frame, factor(scale)).frame.data, 1500, rtol=1e-3)
    own = factor(scale[32:64, 64:96], **{key: HEADER[key] for key in HEADER if key.startswith(("SUB", "DET"))})
    np.testing.assert_allclose(fit(frame, own).frame.data, 1500, rtol=1e-3)


def test_pixels_without_coefficients_stay_as_they_are_and_are_flagged() -> None:
    scale = np.ones((SIZE, SIZE))
    scale[3, 4] = np.nan
    place = {key: HEADER[key] for key in HEADER if key.startswith(("SUB", "DET"))}
    made = fit(bent(1500.0), factor(scale, **place))
    assert made.frame.dq[3, 4] == flags.NO_LIN_CORR
    assert made.frame.data[3, 4] == pytest.approx(float(fit(bent(1500.0), None).frame.data[3, 4]), rel=1e-5)
    assert int((made.frame.dq != 0).sum()) == 1


def test_reads_beyond_the_valid_range_and_the_full_well_are_not_used() -> None:
    made = fit(bent(1700.0), factor(LINMAX=20_000.0))
    assert set(np.unique(made.frame.dq)) == {flags.NONLINEAR}
    np.testing.assert_allclose(made.frame.data, 1700, rtol=1e-3)
    assert set(np.unique(made.planes["NREADS"])) == {4}
    full = fit(bent(1700.0), factor(SATURATE=60_000.0))
    assert set(np.unique(full.frame.dq)) == {flags.SATURATED}
    # 0.995 x 60,000 e- are reached between the seventh and the eighth read
    assert set(np.unique(full.planes["NREADS"])) == {7}
    given = fit(bent(1700.0), factor(SATURATE=60_000.0), saturation=90_000.0)
    assert (given.frame.dq == 0).all()


def test_the_first_read_as_bias_is_less_true() -> None:
    extrapolated, first = (fit(bent(1700.0), factor(), bias=bias).frame.data for bias in ("extrapolate", "first-read"))
    assert abs(float(np.median(extrapolated)) / 1700 - 1) < 1e-3
    assert abs(float(np.median(first)) / 1700 - 1) > 3e-3


def test_noise_does_no_harm() -> None:
    rate = 1500.0
    made = fit(bent(rate, noise=4.5), factor())
    assert float(np.mean(made.frame.data)) == pytest.approx(rate, rel=5e-4)
    # with so much light in every pixel the noise of the reads cannot be seen
    assert made.metrics["read_noise_e"].value is None


def test_a_bend_without_coefficients_is_told() -> None:
    made = fit(bent(1700.0, noise=4.5), None)
    assert made.verdict == "doubtful"
    assert "bend" in " ".join(made.reasons)
    assert fit(bent(1700.0, noise=4.5), factor()).metrics["bend_fraction"].value < 5e-4
    assert fit(bent(1700.0), factor(), linearity=False).keywords["S_LINEAR"][0] == "SKIPPED"


@pytest.mark.parametrize(
    ("reference", "word"),
    [
        (factor(DETECTOR="IRIS2"), "DETECTOR"),
        (factor(REFTYPE="DARK"), "REFTYPE"),
        (factor(LINFORM=""), "LINFORM"),
        (factor(LINFORM="SPLINE"), "SPLINE"),
        (factor(np.ones((16, 16))), "do not cover"),
        (Frame(np.ones((8, 8), np.float32)), "axes"),
    ],
)
def test_coefficients_that_do_not_fit_are_refused(reference: Frame, word: str) -> None:
    with pytest.raises(InputError, match=word) as caught:
        fit(bent(100.0), reference)
    assert caught.value.cure


def test_the_form_can_be_given_and_a_missing_unit_is_told() -> None:
    made = fit(bent(1500.0), factor(LINFORM="", LINUNIT=""), linearity_form="factor")
    np.testing.assert_allclose(made.frame.data, 1500, rtol=1e-3)
    assert made.verdict == "doubtful"
    assert "LINUNIT" in " ".join(made.reasons)
