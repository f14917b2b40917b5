"""Variances are those of the published formulas, and of what noise really does; pulls are those of a true error."""

import math

import numpy as np
import pytest

from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.fitting import fit_ramp
from calgui.core.algorithms.ramps.setup import variance_of, weights_of
from calgui.core.frames.frame import Frame

METHODS = ("utr", "cds", "mcds")


def published(method: str, n: int, step: float, flux: float, noise: float, ends: int = 4) -> float:
    """Vacca, Cushing & Rayner 2004, written out."""
    if method == "utr":
        return 12 * noise**2 / (n * (n**2 - 1) * step**2) + 6 * flux * (n**2 + 1) / (5 * n * (n**2 - 1) * step)
    m = 1 if method == "cds" else ends
    time = (n - m) * step
    return (2 * noise**2 / m + flux * step * ((n - m) - (m**2 - 1) / (3 * m))) / time**2


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [2, 3, 8, 16, 33])
@pytest.mark.parametrize("start", [0.0, 5.0, 17.0])
def test_the_variance_is_the_formula(method: str, n: int, start: float) -> None:
    step, flux, noise = 5.0, 37.0, 9.0
    ends = max(1, min(4, n // 2))
    seconds = start + step * np.arange(n)
    squares, photons = variance_of(weights_of(method, seconds), seconds)
    assert squares * noise**2 + photons * flux == pytest.approx(
        published(method, n, step, flux, noise, ends), rel=1e-12
    )


def test_reads_that_are_means_of_frames() -> None:
    """A mean of m frames against the frames themselves: the covariance written out frame by frame."""
    m, gap, groups, frame_time = 4, 2, 6, 1.5
    every = np.concatenate([frame_time * (k * (m + gap) + 1 + np.arange(m)) for k in range(groups)])
    seconds = every.reshape(groups, m).mean(axis=1)
    spread = np.full(groups, -frame_time * (m**2 - 1) / (6 * m))
    weights = weights_of("utr", seconds)
    each = np.repeat(weights / m, m)
    exact = each @ np.minimum.outer(every, every) @ each
    assert variance_of(weights, seconds, spread)[1] == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("flux", [2.0, 20.0, 400.0])
def test_monte_carlo_scatter_and_pulls(method: str, flux: float, make_ramp) -> None:  # type: ignore[no-untyped-def]
    n, size = 10, 256
    frame = make_ramp(flux, n, size, seed=int(flux * 10) + len(method))
    made = fit_ramp([frame], {}, FitRampConfig(method=method)).frame  # type: ignore[arg-type]
    assert made is not None
    assert made.err is not None
    truth = published(method, n, 5.0, flux, 9.0)
    pixels = size * size
    assert float(np.var(made.data.astype(np.float64))) == pytest.approx(truth, rel=0.02)
    true_pull = (made.data.astype(np.float64) - flux) / math.sqrt(truth)
    assert abs(true_pull.mean()) < 3 / math.sqrt(pixels)
    assert true_pull.std() == pytest.approx(1, abs=0.03)
    pull = (made.data.astype(np.float64) - flux) / made.err
    assert abs(pull.mean()) < 0.05
    assert pull.std() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_left_of_a_saturated_pixel_has_its_own_variance(method: str, make_ramp) -> None:  # type: ignore[no-untyped-def]
    frame = make_ramp(50.0, 12, 160, seed=7)
    dq = np.zeros(frame.shape, np.uint32)
    dq[:, 7:] = 2
    made = fit_ramp([Frame(frame.data, None, dq, frame.header)], {}, FitRampConfig(method=method))  # type: ignore[arg-type]
    assert made.frame is not None
    assert made.frame.err is not None
    truth = published(method, 7, 5.0, 50.0, 9.0, ends=3)
    assert float(np.var(made.frame.data.astype(np.float64))) == pytest.approx(truth, rel=0.03)
    assert float(np.median(made.frame.err)) == pytest.approx(math.sqrt(truth), rel=0.01)
    assert set(np.unique(made.planes["NREADS"])) == {7}
    assert (made.frame.dq == 2).all()


def test_reads_missing_in_the_middle(make_ramp) -> None:  # type: ignore[no-untyped-def]
    frame = make_ramp(50.0, 9, 160, seed=3)
    data = frame.data.copy()
    data[:, 4] = np.nan
    made = fit_ramp([Frame(data, header=frame.header)], {}, FitRampConfig()).frame
    assert made is not None
    assert made.err is not None
    seconds = 5.0 * np.delete(np.arange(1, 10), 4)
    squares, photons = variance_of(weights_of("utr", seconds), seconds)
    truth = squares * 81 + photons * 50
    assert float(np.var(made.data.astype(np.float64))) == pytest.approx(truth, rel=0.03)
    assert float(np.median(made.err)) == pytest.approx(math.sqrt(truth), rel=0.01)


def test_integrations_are_averaged_without_bias(make_ramp) -> None:  # type: ignore[no-untyped-def]
    frame = make_ramp(4.0, 6, 200, seed=5, nint=4)
    dq = np.zeros(frame.shape, np.uint32)
    dq[1, 3:] = 2  # one integration has half of its reads
    made = fit_ramp([Frame(frame.data, None, dq, frame.header)], {}, FitRampConfig())
    assert made.frame is not None
    assert made.frame.err is not None
    one, half = (published("utr", n, 5.0, 4.0, 9.0) for n in (6, 3))
    truth = 1 / (3 / one + 1 / half)
    values = made.frame.data.astype(np.float64)
    assert abs((values.mean() - 4.0) / math.sqrt(truth / values.size)) < 3
    assert float(np.var(values)) == pytest.approx(truth, rel=0.03)
    assert float(np.median(made.frame.err)) == pytest.approx(math.sqrt(truth), rel=0.03)
    assert set(np.unique(made.planes["NREADS"])) == {21}
    assert made.metrics["n_integrations"].value == 4


def test_integrations_of_several_files_are_those_of_one(make_ramp) -> None:  # type: ignore[no-untyped-def]
    frames = [make_ramp(4.0, 6, 40, seed=seed) for seed in (1, 2, 3)]
    together = Frame(np.concatenate([frame.data for frame in frames]), header=frames[0].header)
    apart, one = (fit_ramp(given, {}, FitRampConfig()).frame for given in (frames, [together]))
    assert apart is not None
    assert one is not None
    np.testing.assert_allclose(apart.data, one.data, rtol=1e-6)
    np.testing.assert_allclose(apart.err, one.err, rtol=1e-6)  # type: ignore[arg-type]
