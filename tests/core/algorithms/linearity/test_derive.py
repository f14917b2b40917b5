"""Non-linearity coefficients from ramps whose response is known, drawn apart from the solver."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import brentq

from calgui.core.algorithms.linearity.derive import NonlinearityConfig, derive_nonlinearity
from calgui.core.algorithms.registry import Result
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from tests.core.algorithms.lamp import lamp_ramps

Floats = npt.NDArray[np.float64]
FULL = 50_000.0  # adu
GAIN = 2.0


def response(bend: float) -> tuple[Floats, Floats]:
    """Signal s that is read for light ``s (1 + bend s/FULL + bend (s/FULL)²)``, by bisection."""
    light = np.linspace(0, FULL * (1 + 2 * bend), 200)
    read = [brentq(lambda s, q=q: s * (1 + bend * (s / FULL) + bend * (s / FULL) ** 2) - q, 0, FULL) for q in light]
    return light, np.array(read)


def bent_ramps(
    count: int, reads: int, shape: tuple[int, int], bend: float, scatter: float = 0.0, seed: int = 1, speed: float = 1.1
) -> tuple[list[Frame], Floats]:
    """Raw ramps up to saturation, and the bend of each pixel."""
    rng = np.random.default_rng(seed)
    bends = bend * (1 + scatter * rng.standard_normal(shape))
    light, read = response(bend)
    flux = speed * FULL * (1 + 2 * bend) / reads * (1 + 0.02 * rng.standard_normal(shape))
    frames = []
    for _ in range(count):
        charge = np.cumsum(rng.poisson(np.broadcast_to(flux * GAIN, (reads, *shape))), axis=0) / GAIN
        seen = np.interp(charge, light, read)
        # pixels differ a little: to first order in what they differ by
        seen -= (bends - bend) * ((seen / FULL) + (seen / FULL) ** 2) * seen / (1 + 2 * bend * seen / FULL)
        full = seen >= FULL
        seen = np.minimum(seen, FULL) + 4.5 * rng.standard_normal(seen.shape)
        header = lamp_ramps(1, 1, (1, 1), 1.0)[0].header | {"NGROUPS": reads}
        frames.append(
            Frame(
                np.array([seen + 5000], np.float32),
                None,
                np.where(full, flags.SATURATED, 0)[None].astype(np.uint32),
                header,
            )
        )
    return frames, bends


def corrected(result: Result, signal: float, form: str = "multiply") -> Floats:
    """By the written coefficients, spelled out."""
    planes = result.planes["COEFFS"].astype(np.float64)
    powers = np.array([signal**power for power in range(planes.shape[0])])[:, None, None]
    if form == "multiply":
        return np.asarray((1 + (planes * powers).sum(axis=0)) * signal)
    return np.asarray((planes * powers).sum(axis=0))


def true(signal: float, bends: Floats | float) -> Any:
    return signal * (1 + bends * (signal / FULL) + bends * (signal / FULL) ** 2)


@pytest.mark.parametrize("form", ["multiply", "polynomial"])
@pytest.mark.parametrize("bend", [0.01, 0.03])
def test_corrects_to_two_per_mille_up_to_80_per_cent(bend: float, form: Any) -> None:
    frames, bends = bent_ramps(8, 16, (128, 128), bend, scatter=0.1)
    result = derive_nonlinearity(frames, NonlinearityConfig(form=form))
    assert result.metrics["saturation_adu"].value == pytest.approx(FULL, rel=0.01)
    for signal in np.linspace(0.05, 0.8, 16) * FULL:
        off = corrected(result, signal, form) / true(signal, bends) - 1
        assert abs(np.median(off)) < 0.0005
        assert np.sqrt(np.mean(off**2)) < 0.002
    assert result.verdict == "good", result.reasons
    assert result.metrics["residual_fraction"].value < 0.0005
    assert result.keywords["LINFORM"][0] == form.upper()


def test_pixels_that_differ_keep_what_is_theirs() -> None:
    frames, bends = bent_ramps(10, 16, (64, 64), 0.05, scatter=0.3, seed=3)
    pixels = derive_nonlinearity(frames, NonlinearityConfig())
    tiles = derive_nonlinearity(frames, NonlinearityConfig(detail="tile"))
    signal = 0.8 * FULL
    errors = [np.std(corrected(one, signal) / true(signal, bends) - 1) for one in (pixels, tiles)]
    assert errors[0] < 0.5 * errors[1]
    # 30 % of the 7.2 % that are missing there
    expected = 0.3 * (true(signal, 0.05) / signal - 1)
    assert pixels.metrics["pixel_scatter_fraction"].value == pytest.approx(expected, rel=0.15)


def test_equal_pixels_get_no_noise() -> None:
    frames, _ = bent_ramps(4, 16, (64, 64), 0.03, seed=4)
    result = derive_nonlinearity(frames, NonlinearityConfig())
    assert np.std(corrected(result, 0.8 * FULL)) / FULL < 0.0005


def test_rays_and_dead_pixels_do_no_harm() -> None:
    frames, bends = bent_ramps(5, 16, (64, 64), 0.03, seed=5)
    rng = np.random.default_rng(1)
    made = []
    for frame in frames:
        data = frame.data.copy()
        for _ in range(40):
            y, x, read = rng.integers(0, 64), rng.integers(0, 64), rng.integers(1, 12)
            data[0, read:, y, x] += 800
        data[0, :, 10, 10] = 5000
        made.append(Frame(data, None, frame.dq, frame.header))
    result = derive_nonlinearity(made, NonlinearityConfig())
    off = corrected(result, 0.8 * FULL) / true(0.8 * FULL, bends) - 1
    off[10, 10] = 0
    assert np.sqrt(np.mean(off**2)) < 0.002


def test_as_many_planes_as_the_observatory_has() -> None:
    frames, _ = bent_ramps(2, 12, (64, 64), 0.02)
    assert derive_nonlinearity(frames, NonlinearityConfig(coefficients=5)).planes["COEFFS"].shape == (5, 64, 64)
    assert derive_nonlinearity(frames, NonlinearityConfig(form="polynomial")).planes["COEFFS"].shape == (5, 64, 64)


def test_ramps_that_end_early_are_doubtful() -> None:
    frames, _ = bent_ramps(3, 16, (64, 64), 0.02, speed=0.5)
    result = derive_nonlinearity(frames, NonlinearityConfig(saturation=FULL))
    assert result.verdict == "doubtful"
    assert "of saturation only" in " ".join(result.reasons)


def test_a_pixel_without_reads_has_no_correction() -> None:
    frames, _ = bent_ramps(3, 16, (64, 64), 0.02)
    made = []
    for frame in frames:
        bits = np.array(frame.dq)
        bits[0, 2:, 5, 6] = flags.SATURATED
        made.append(Frame(frame.data, None, bits, frame.header))
    result = derive_nonlinearity(made, NonlinearityConfig())
    assert result.frame is not None
    assert result.frame.dq is not None
    assert result.frame.dq[5, 6] == flags.NO_LIN_CORR | flags.DO_NOT_USE
    assert np.isnan(result.frame.data[5, 6])
    assert np.isnan(result.planes["COEFFS"][1:, 5, 6]).all()
    assert not np.any(result.frame.dq[:5])


@pytest.mark.parametrize(
    ("spoilt", "error", "words"),
    [
        (lambda f: [Frame(f[0].data[:, :5], None, None, f[0].header)], InputError, "5 reads; 7 or more"),
        (lambda f: [Frame(f[0].data, None, None, {**f[0].header, "FILTER": "OPAQUE"})], InputError, "are darks"),
        (lambda f: [Frame(np.full_like(f[0].data, np.nan), None, None, f[0].header)], AlgorithmError, "No pixel"),
        (
            lambda f: [Frame(f[0].data, None, np.full(f[0].shape, flags.SATURATED, np.uint32), f[0].header)],
            AlgorithmError,
            "No pixel",
        ),
    ],
    ids=["short", "dark", "NaN", "saturated from the first read"],
)
def test_what_is_not_fit_is_refused(spoilt: Any, error: Any, words: str) -> None:
    frames, _ = bent_ramps(1, 12, (64, 64), 0.02)
    with pytest.raises(error) as caught:
        derive_nonlinearity(spoilt(frames), NonlinearityConfig())
    assert words in caught.value.message
    assert caught.value.cure
