"""Straightening in blocks gives what straightening pixel by pixel gives, whatever is among the pixels."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from calgui.core.algorithms.kernels import compiled_ramps
from calgui.core.algorithms.ramps.averaging import Line
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.lines import Band, LineFitter
from calgui.core.algorithms.ramps.response import response_of
from calgui.core.algorithms.ramps.setup import setup_of
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame

STEP, GAIN, BIAS = 5.0, 2.0, 5000.0


def curves(terms: int, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Factors (1 + c0 + c1 x + ...) that bend by some per cent at 50,000 adu, with as many coefficients as wanted."""
    scale = rng.uniform(0.5, 1.5, shape)
    coefficients = [0.002 * scale] + [0.03 * scale / (k + 1) / 50_000.0**k for k in range(1, terms)]
    return np.stack(coefficients).astype(np.float32)


def mixed(reads: int, terms: int, shape: tuple[int, int], each: bool, flagged: bool) -> tuple[Frame, Frame, Band]:
    """A ramp of faint and bright pixels, of which many fill up, with NaN, flags, and pixels without coefficients."""
    rng = np.random.default_rng([reads, terms, *shape])
    ny, nx = shape
    rate = 10 ** rng.uniform(0, 3.4 + 0.8 * (reads < 6), shape)
    seconds = STEP * np.arange(1, reads + 1)
    data = seconds[:, None, None] * rate / GAIN + BIAS + rng.normal(0, 5, (reads, *shape))
    data = np.minimum(data, 50_000).astype(np.float32)
    data[rng.random(data.shape) < 0.002] = np.nan
    data[0, rng.random(shape) < 0.01] = np.inf
    dq = None
    if flagged:
        dq = np.where(rng.random(data.shape) < 0.01, flags.DO_NOT_USE, 0).astype(np.uint32)
        dq |= np.where(rng.random(data.shape) < 0.01, flags.JUMP_DET, 0).astype(np.uint32)
        dq |= np.where(rng.random(data.shape) < 0.01, flags.SATURATED, 0).astype(np.uint32)
        dq |= np.where(rng.random(shape) < 0.1, flags.HOT, 0).astype(np.uint32)[None]
    one = curves(terms, shape if each else (1, 1), rng)
    if each:
        one[1, rng.random(shape) < 0.02] = np.nan
        one[0, rng.random(shape) < 0.01] = -2
    header = {"TGROUP": STEP, "GAIN": GAIN, "READNOIS": 9.0, "BUNIT": "adu"}
    ramp = Frame(data, None, dq, header)
    cards = {"LINFORM": "FACTOR", "LINUNIT": "adu", "LINMAX": 44_000.0, "SATURATE": 84_000.0}
    reference = Frame(one, header=cards)
    setup, config = setup_of([ramp], FitRampConfig()), FitRampConfig()
    band = Band(
        data,
        dq,
        rng.normal(0, 3, (reads, nx)).astype(np.float32),
        rng.normal(0, 3, (reads, ny)).astype(np.float32),
        np.where(np.arange(nx) < nx // 2, np.nan, BIAS + 100).astype(np.float32),
        response_of(ramp, reference, setup, config).terms(0, ny),
    )
    return ramp, reference, band


CASES = [
    (10, 5, (6, 300), True, False, "extrapolate"),
    (10, 5, (6, 300), True, True, "extrapolate"),
    (10, 5, (6, 300), True, True, "first-read"),
    (16, 8, (5, 128), True, True, "extrapolate"),
    (5, 9, (7, 129), False, True, "extrapolate"),
    (4, 3, (40, 17), True, False, "extrapolate"),
    (3, 2, (40, 17), False, True, "extrapolate"),
    (2, 3, (40, 17), True, False, "extrapolate"),
]


def fitter_of(ramp: Frame, reference: Frame, **options: object) -> LineFitter:
    config = FitRampConfig(**options)  # type: ignore[arg-type]
    setup = setup_of([ramp], config)
    return LineFitter(setup, config, response_of(ramp, reference, setup, config))


def addresses(planes: np.ndarray | None) -> np.ndarray:
    return np.array([] if planes is None else [plane.ctypes.data for plane in planes], np.uint64)


@pytest.mark.parametrize(("reads", "terms", "shape", "each", "flagged", "bias"), CASES)
def test_ordinary_pixels_are_those_that_nothing_is_wrong_with_and_are_straightened_alike(
    reads: int, terms: int, shape: tuple[int, int], each: bool, flagged: bool, bias: str
) -> None:
    ramp, reference, band = mixed(reads, terms, shape, each, flagged)
    fitter = fitter_of(ramp, reference, bias=bias)
    pixels = shape[0] * shape[1]
    one, usable, jumps, dq = fitter.prepare(band, np.arange(pixels))
    made, bits, odd = np.empty_like(one), np.empty(pixels, np.uint32), np.empty(pixels, np.bool_)
    places = addresses(band.reads), addresses(band.dq)
    known = fitter._known(band)
    kernel = compiled_ramps()
    count = kernel.straighten_rows(*places, 0, shape[0], shape[1], known, made, bits, odd)
    assert count == odd.sum()
    wrong = ~usable.all(axis=0) | jumps.any(axis=0) | ((dq & np.uint32(flags.NO_LIN_CORR)) != 0)
    np.testing.assert_array_equal(odd, wrong)
    assert 0.05 < odd.mean() < 0.9, "both kinds are among them"
    # single precision beside double: a thousandth of the noise of a read, which is 9 e-
    np.testing.assert_allclose(made[:, ~odd], one[:, ~odd], rtol=1e-6, atol=9e-3)
    np.testing.assert_array_equal(bits[~odd], dq[~odd])
    # rows in the middle, as threads share them, are the same rows
    part, some, which = made[:, : shape[1]].copy(), bits[: shape[1]].copy(), odd[: shape[1]].copy()
    kernel.straighten_rows(*places, 1, 2, shape[1], known, part, some, which)
    row = slice(shape[1], 2 * shape[1])
    np.testing.assert_array_equal(which, odd[row])
    np.testing.assert_array_equal(part[:, ~which], made[:, row][:, ~which])


@pytest.mark.parametrize("method", ["utr", "cds", "mcds"])
@pytest.mark.parametrize(("reads", "terms", "shape", "each", "flagged", "bias"), CASES[1:5])
def test_lines_are_those_of_single_pixels(
    method: str, reads: int, terms: int, shape: tuple[int, int], each: bool, flagged: bool, bias: str
) -> None:
    ramp, reference, band = mixed(reads, terms, shape, each, flagged)
    fitter = fitter_of(ramp, reference, bias=bias, method=method)
    pixels = shape[0] * shape[1]
    with ThreadPoolExecutor(2) as pool:
        made = fitter.fit(band, pool, parts=True)
    one = Line(
        np.empty(pixels, np.float32), np.empty(pixels, np.float32), np.empty(pixels, np.uint16),
        np.empty(pixels, np.uint32), np.empty((3, pixels), np.float32),
    )  # fmt: skip
    compiled_ramps().fit_pixels(
        addresses(band.reads), addresses(band.dq), np.arange(pixels), shape[1], fitter._known(band), fitter.method,
        fitter.ends, fitter.noise_squared, one.rate, one.err, one.used, one.dq, one.parts,
    )  # fmt: skip
    for name in ("dq", "used"):
        np.testing.assert_array_equal(getattr(made, name), getattr(one, name), err_msg=name)
    for name in ("rate", "err", "parts"):
        np.testing.assert_allclose(getattr(made, name), getattr(one, name), rtol=1e-6, atol=1e-4, err_msg=name)


def test_the_optimal_fit_is_that_of_reads_straightened_one_by_one() -> None:
    ramp, reference, band = mixed(10, 5, (6, 300), True, True)
    fitter = fitter_of(ramp, reference)
    with ThreadPoolExecutor(2) as pool:
        made = fitter.fit(band, pool)
    reads, usable, jumps, _ = fitter.prepare(band, np.arange(made.rate.size))
    found = fitter._best(reads, usable, jumps)
    np.testing.assert_allclose(made.rate, found.rate, rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(made.err, found.error, rtol=1e-4)
    np.testing.assert_array_equal((made.dq & np.uint32(flags.JUMP_DET)) != 0, (jumps | found.jumps).any(axis=0))
