"""Combination against numpy and astropy, which share no code with it."""

import warnings

import numpy as np
import pytest
from astropy.stats import SigmaClip
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.algorithms.combine import Combination, combine
from calgui.core.errors import Cancelled, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job


def stack_of(n: int, shape: tuple[int, int], seed: int, holes: float) -> tuple[list[Frame], np.ma.MaskedArray]:
    """Frames with outliers, NaN, infinities and flags, and the same as a masked array."""
    rng = np.random.default_rng(seed)
    data = rng.normal(100, 5, (n, *shape)).astype(np.float32)
    data[rng.random(data.shape) < 0.03] += np.float32(400)
    bits = np.where(rng.random(data.shape) < holes, flags.DO_NOT_USE, 0).astype(np.uint32)
    bits |= np.where(rng.random(data.shape) < 0.2, flags.JUMP_DET, 0).astype(np.uint32)
    data[rng.random(data.shape) < holes / 2] = np.nan
    data[rng.random(data.shape) < holes / 4] = np.inf
    frames = [Frame(data[i].copy(), None, bits[i].copy() if i % 3 or n < 3 else None) for i in range(n)]
    seen = np.array([np.zeros(shape, np.uint32) if frame.dq is None else frame.dq for frame in frames])
    mask = ~np.isfinite(data) | ((seen & flags.DO_NOT_USE) != 0)
    return frames, np.ma.MaskedArray(data, mask)


#: loops are compiled for each number of frames up to 32: some of them, and those that other tests of this folder take
numbers = st.sampled_from([1, 2, 3, 4, 5, 9, 20, 32, 33, 36])
shapes = st.tuples(st.integers(1, 9), st.integers(1, 700))


@settings(max_examples=60, deadline=None)
@given(n=numbers, shape=shapes, seed=st.integers(0, 2**32 - 1), holes=st.sampled_from([0.0, 0.02, 0.3, 0.9]))
def test_the_median_is_that_of_numpy(n: int, shape: tuple[int, int], seed: int, holes: float) -> None:
    frames, truth = stack_of(n, shape, seed, holes)
    made = combine(frames, Combination("median", "none"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = np.nanmedian(truth.filled(np.nan), axis=0)
    np.testing.assert_array_equal(made.data, expected)
    np.testing.assert_array_equal(made.samples, truth.count(axis=0))


@settings(max_examples=40, deadline=None)
@given(n=numbers, shape=shapes, seed=st.integers(0, 2**32 - 1), holes=st.sampled_from([0.0, 0.3, 0.9]))
def test_the_mean_and_its_error_are_those_of_numpy(n: int, shape: tuple[int, int], seed: int, holes: float) -> None:
    frames, truth = stack_of(n, shape, seed, holes)
    made = combine(frames, Combination("mean", "measured"))
    exact = truth.astype(np.float64)
    np.testing.assert_allclose(made.data, exact.mean(axis=0).filled(np.nan), rtol=1e-6)
    count = truth.count(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.where(count > 1, exact.std(axis=0, ddof=1).filled(np.nan) / np.sqrt(count), np.nan)
    np.testing.assert_allclose(made.err, spread, rtol=1e-5, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    n=numbers,
    shape=shapes,
    seed=st.integers(0, 2**32 - 1),
    holes=st.sampled_from([0.0, 0.05, 0.5]),
    low=st.sampled_from([1.23, 2.17, 3.01]),
    high=st.sampled_from([1.37, 2.03, 3.19]),
    iterations=st.integers(0, 8),
)
def test_clipping_is_that_of_astropy(
    n: int, shape: tuple[int, int], seed: int, holes: float, low: float, high: float, iterations: int
) -> None:
    frames, truth = stack_of(n, shape, seed, holes)
    how = Combination("clipped-mean", "measured", low, high, iterations, min_left=1)
    made = combine(frames, how)
    clip = SigmaClip(sigma_lower=low, sigma_upper=high, maxiters=iterations)
    clipped = clip(truth.astype(np.float64), axis=0) if iterations else truth.astype(np.float64)
    np.testing.assert_array_equal(made.samples, np.ma.count(clipped, axis=0))
    np.testing.assert_allclose(made.data, np.ma.filled(np.ma.mean(clipped, axis=0), np.nan), rtol=1e-6)


def test_clipping_by_the_median_deviation_is_that_of_astropy() -> None:
    from astropy.stats import mad_std

    frames, truth = stack_of(15, (40, 50), 3, 0.0)
    made = combine(frames, Combination("clipped-mean", "none", 3.1, 3.1, 1, min_left=1, spread="mad"))
    # the correction for 15 samples, which astropy leaves to the caller, is 15 / 14.2
    clip = SigmaClip(sigma=3.1 * 15 / 14.2, maxiters=1, stdfunc=mad_std)
    clipped = clip(truth.astype(np.float64), axis=0)
    np.testing.assert_array_equal(made.samples, np.ma.count(clipped, axis=0))
    np.testing.assert_allclose(made.data, np.ma.mean(clipped, axis=0), rtol=1e-6)


def test_a_round_that_leaves_too_few_is_not_carried_out() -> None:
    column = np.array([1, 1, 1, 1.5, 2, 2, 2, 100, 101], np.float32).reshape(9, 1, 1)
    frames = [Frame(plane) for plane in column]
    loose = combine(frames, Combination("clipped-mean", "none", 1.5, 1.5, 9, min_left=1))
    strict = combine(frames, Combination("clipped-mean", "none", 1.5, 1.5, 9, min_left=8))
    assert loose.samples[0, 0] == 7
    assert strict.samples[0, 0] == 9


@pytest.mark.parametrize(("n", "factor"), [(3, 1.16), (5, 1.198), (9, 1.2226)])
def test_the_noise_of_the_median_is_as_measured_and_as_propagated(n: int, factor: float) -> None:
    rng = np.random.default_rng(n)
    frames = [
        Frame(rng.normal(0, 7, (300, 700)).astype(np.float32), np.full((300, 700), 7, np.float32)) for _ in range(n)
    ]
    truth = 7 / np.sqrt(n) * factor
    measured = combine(frames, Combination("median", "measured"))
    propagated = combine(frames, Combination("median", "propagated"))
    assert measured.data.std() == pytest.approx(truth, rel=0.01)
    assert measured.err is not None
    assert propagated.err is not None
    assert measured.err.mean() == pytest.approx(truth, rel=0.02)
    np.testing.assert_allclose(propagated.err, truth, rtol=1e-3)


@pytest.mark.parametrize("n", [4, 9, 36])
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e-3, 1.0, 1e15, 1e30])
def test_clipping_holds_at_every_scale(n: int, scale: float) -> None:
    rng = np.random.default_rng(n)
    data = (rng.normal(1, 0.2, (n, 3, 50)) * scale).astype(np.float32)
    data[0, :, ::7] *= np.float32(30)
    made = combine([Frame(plane) for plane in data], Combination("clipped-mean", "measured", 1.9, 1.9, 4, min_left=1))
    clipped = SigmaClip(sigma=1.9, maxiters=4)(np.ma.MaskedArray(data.astype(np.float64)), axis=0)
    np.testing.assert_array_equal(made.samples, np.ma.count(clipped, axis=0))
    np.testing.assert_allclose(made.data, np.ma.mean(clipped, axis=0).filled(np.nan), rtol=1e-6)


def test_a_pixel_does_not_depend_on_what_its_neighbours_lose() -> None:
    rng = np.random.default_rng(8)
    data = rng.normal(0, 1, (9, 1, 64)).astype(np.float32)
    how = Combination("clipped-mean", "measured", 2.3, 2.3, 5)
    before = combine([Frame(plane) for plane in data], how)
    spoilt = data.copy()
    spoilt[3, 0, 20] = 900
    after = combine([Frame(plane) for plane in spoilt], how)
    others = np.arange(64) != 20
    np.testing.assert_array_equal(before.data[0, others], after.data[0, others])
    assert after.samples[0, 20] < 9


def test_a_clipped_mean_is_nearly_as_quiet_as_the_mean() -> None:
    rng = np.random.default_rng(5)
    frames = [Frame(rng.normal(0, 1, (300, 700)).astype(np.float32)) for _ in range(20)]
    made = combine(frames, Combination("clipped-mean", "measured"))
    assert made.data.std() * np.sqrt(20) == pytest.approx(1, abs=0.03)


def test_errors_of_used_samples_alone_are_propagated() -> None:
    values, errors = [1.0, 1.1, 0.9, 50.0, np.nan], [3.0, 4.0, 12.0, 1000.0, 1.0]
    frames = [
        Frame(np.full((1, 1), value, np.float32), np.full((1, 1), error, np.float32))
        for value, error in zip(values, errors, strict=True)
    ]
    made = combine(frames, Combination("clipped-mean", "propagated", 1.2, 1.2, 1))
    assert made.samples[0, 0] == 3
    assert made.err is not None
    assert made.err[0, 0] == pytest.approx(13 / 3)


def test_bits_that_all_frames_share_stay_and_lost_pixels_say_why() -> None:
    bits = np.array([[flags.DEAD | flags.DO_NOT_USE, flags.DEAD, 0, flags.JUMP_DET]], np.uint32)
    other = np.array([[flags.DO_NOT_USE | flags.SATURATED, flags.DEAD, flags.DO_NOT_USE, 0]], np.uint32)
    data = np.ones((1, 4), np.float32)
    frames = [Frame(data.copy(), None, bits), Frame(data.copy(), None, other)]
    made = combine(frames, Combination(min_samples=2, few=flags.UNRELIABLE_DARK))
    assert made.dq is not None
    lost = flags.DEAD | flags.DO_NOT_USE | flags.SATURATED | flags.UNRELIABLE_DARK
    assert made.dq.tolist() == [[lost, flags.DEAD, flags.UNRELIABLE_DARK, 0]]
    assert np.isnan(made.data[0, 0])
    assert made.data[0, 1] == 1


def test_frames_without_error_are_refused_by_name(tmp_path) -> None:  # type: ignore[no-untyped-def]
    frame = Frame(np.ones((2, 2), np.float32), path=tmp_path / "bare.fits")
    with pytest.raises(InputError, match=r"bare\.fits.*ERR"):
        combine([frame, frame], Combination(error="propagated"))


def test_sizes_that_differ_are_refused_by_name(tmp_path) -> None:  # type: ignore[no-untyped-def]
    frames = [Frame(np.ones((2, 3), np.float32)), Frame(np.ones((2, 2), np.float32), path=tmp_path / "small.fits")]
    with pytest.raises(InputError, match=r"small\.fits.*2 × 2.*3 × 2"):
        combine(frames, Combination())


def test_inputs_stay_as_they_are() -> None:
    frames, _ = stack_of(5, (20, 30), 1, 0.2)
    before = [(frame.data.copy(), None if frame.dq is None else frame.dq.copy()) for frame in frames]
    combine(frames, Combination("clipped-mean"))
    for frame, (data, bits) in zip(frames, before, strict=True):
        np.testing.assert_array_equal(frame.data, data)
        np.testing.assert_array_equal(frame.dq, bits)


def test_a_cancelled_job_stops() -> None:
    job = Job("Combine")
    job.cancel()
    with pytest.raises(Cancelled):
        combine([Frame(np.ones((4, 4), np.float32))] * 3, Combination(), job)
