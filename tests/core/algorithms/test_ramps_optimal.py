"""The optimal ramp fit against dense linear algebra on the reads themselves, and against injected truth."""

from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.ramps.optimal import OptimalFit, fit_optimal
from calgui.core.errors import InputError

NOISE = 9.0


def _covariance(times: Any, rate: float, noise: float, mean: Any = None) -> Any:
    """Of reads at these times: photons that arrived are in every later read. ``mean`` averages reads to groups."""
    full = rate * np.minimum.outer(times, times) + noise**2 * np.eye(len(times))
    return full if mean is None else mean @ full @ mean.T


def _straight(times: Any, steps: tuple[int, ...] = ()) -> Any:
    """Columns of the model: slope, offset, and a step before each read that a jump comes before."""
    index = np.arange(len(times))
    return np.stack([times, np.ones(len(times)), *[(index >= step) * 1.0 for step in steps]], axis=1)


def _solve(values: Any, model: Any, covariance: Any) -> tuple[Any, Any, float]:
    """Generalised least squares, written plainly: parameters, their covariance, chi²."""
    inverse = np.linalg.inv(covariance)
    errors = np.linalg.inv(model.T @ inverse @ model)
    found = errors @ model.T @ inverse @ values
    rest = values - model @ found
    return found, errors, float(rest @ inverse @ rest)


def _by_hand(
    values: Any, times: Any, noise: float, steps: tuple[int, ...] = (), frames: Any = None, mean: Any = None
) -> tuple[float, float, float]:
    """Rate, error and chi² with the photon noise of the rate itself."""
    rate = 0.0
    for _ in range(12):
        before = max(rate, 0.0)
        covariance = _covariance(times if frames is None else frames, before, noise, mean)
        found, errors, chi2 = _solve(values, _straight(times, steps), covariance)
        rate = found[0]
    return rate, errors[0, 0] ** 0.5, chi2


def _ramps(rate: float, times: Any, npix: int, seed: int, noise: float = NOISE) -> Any:
    rng = np.random.default_rng(seed)
    gaps = np.diff(times, prepend=times[0])
    photons = np.cumsum(rng.poisson(rate * gaps[:, None], (len(times), npix)), axis=0)
    return (photons + rng.normal(500, 30, npix) + rng.normal(0, noise, (len(times), npix))).astype(np.float32)


TIMES = {
    "even": np.arange(16) * 2.0 + 2.0,
    "uneven": np.array([0.5, 1.0, 2.0, 2.5, 7.0, 8.0, 16.0, 30.0]),
    "three": np.array([1.0, 2.0, 3.0]),
    "long": np.arange(100) * 1.5,
}


@pytest.mark.parametrize("spacing", sorted(TIMES))
@pytest.mark.parametrize("rate", [0.0, 3.0, 800.0])
def test_it_is_the_generalised_least_squares_fit(spacing: str, rate: float) -> None:
    times = TIMES[spacing]
    reads = _ramps(rate, times, 128, seed=3)
    fit = fit_optimal(reads, np.ones(reads.shape, bool), times, NOISE, detect_jumps=False)
    for pixel in range(0, 128, 21):
        value, error, chi2 = _by_hand(reads[:, pixel].astype(float), times, NOISE)
        assert fit.rate[pixel] == pytest.approx(value, abs=2e-3 * error)
        assert fit.error[pixel] == pytest.approx(error, rel=1e-3)
        assert fit.chi2[pixel] == pytest.approx(chi2, rel=2e-3, abs=1e-3)
    assert (fit.dof == len(times) - 2).all()
    assert (fit.n_used == len(times)).all()


def test_missing_reads_and_known_jumps_are_left_out_and_nothing_else() -> None:
    times = TIMES["even"]
    reads = _ramps(5.0, times, 150, seed=4)
    rng = np.random.default_rng(5)
    good = rng.random(reads.shape) > 0.3
    known = rng.random(reads.shape) > 0.9
    reads[rng.random(reads.shape) > 0.9] = np.nan
    fit = fit_optimal(reads, good, times, NOISE, detect_jumps=False, known_jumps=known)
    good &= np.isfinite(reads)
    seen = 0
    for pixel in range(150):
        here = np.flatnonzero(good[:, pixel])
        # a jump before a read that is missing lies before the next one that is not
        segments = np.cumsum(known[:, pixel])[here]
        used = [k for k in range(len(here)) if np.count_nonzero(segments == segments[k]) > 1]
        if not used:
            assert np.isnan(fit.rate[pixel])
            assert fit.n_used[pixel] == 0
            continue
        assert fit.n_used[pixel] == len(used)
        steps = tuple(k for k in range(1, len(here)) if segments[k] != segments[k - 1])
        values = reads[here, pixel].astype(float)
        value, error, chi2 = _by_hand(values, times[here], NOISE, steps)
        assert fit.rate[pixel] == pytest.approx(value, abs=2e-3 * error)
        assert fit.error[pixel] == pytest.approx(error, rel=1e-3)
        assert fit.dof[pixel] == len(here) - len(steps) - 2
        assert fit.chi2[pixel] == pytest.approx(chi2, rel=2e-3, abs=1e-3)
        seen += 1
    assert seen > 120


def test_groups_of_averaged_reads_have_their_own_covariance() -> None:
    per_group, groups, frame = 4, 7, 1.5
    frames = np.arange(1, per_group * groups * 2 + 1) * frame
    mean = np.zeros((groups, frames.size))
    for group in range(groups):  # every other four are thrown away
        mean[group, 8 * group : 8 * group + per_group] = 1 / per_group
    times = mean @ frames
    reads = (mean @ _ramps(20.0, frames, 128, seed=6).astype(float)).astype(np.float32)
    fit = fit_optimal(reads, None, times, NOISE, reads_per_group=per_group, frame_seconds=frame, detect_jumps=False)
    for pixel in range(0, 128, 21):
        value, error, chi2 = _by_hand(reads[:, pixel].astype(float), times, NOISE, (), frames, mean)
        assert fit.rate[pixel] == pytest.approx(value, abs=2e-3 * error)
        assert fit.error[pixel] == pytest.approx(error, rel=1e-3)
        assert fit.chi2[pixel] == pytest.approx(chi2, rel=2e-3)


@pytest.mark.parametrize("rate", [0.025, 1.0, 10.0, 100.0])
@pytest.mark.parametrize("n", [3, 16])
def test_rates_are_unbiased_and_scatter_as_they_should(rate: float, n: int) -> None:
    times = np.arange(n) * 2.0
    npix = 100_000
    fit = fit_optimal(_ramps(rate, times, npix, seed=n), None, times, NOISE)
    _, errors, _ = _solve(np.zeros(n), _straight(times), _covariance(times, rate, NOISE))
    pull = (fit.rate - rate) / errors[0, 0] ** 0.5
    assert abs(pull.mean()) < 3 / npix**0.5
    assert abs(pull.std() - 1) < 0.03


def test_the_estimated_error_biases_pulls_no_more_than_it_must() -> None:
    times, npix = np.arange(16) * 2.0, 50_000
    fit = fit_optimal(_ramps(100 / 30, times, npix, seed=8), None, times, NOISE)
    assert abs(((fit.rate - 100 / 30) / fit.error).mean()) < 0.05


@pytest.mark.parametrize("rate", [0.0, 0.5, 5.0, 50.0, 5000.0])
@pytest.mark.parametrize("n", [2, 3, 8, 16])
def test_the_variance_is_never_above_that_of_plain_least_squares(rate: float, n: int) -> None:
    step = 2.0
    times = np.arange(n) * step
    exact = np.repeat((rate * times)[:, None], 64, axis=1).astype(np.float32)
    fit = fit_optimal(exact, None, times, NOISE)
    assert fit.rate == pytest.approx(np.full(64, rate), abs=1e-3)
    size = n * (n * n - 1)
    plain = 12 * NOISE**2 / (size * step**2) + 6 * rate * (n * n + 1) / (5 * size * step)
    assert (fit.error**2 <= plain * (1 + 1e-4)).all()
    _, errors, _ = _solve(np.zeros(n), _straight(times), _covariance(times, rate, NOISE))
    assert fit.error**2 == pytest.approx(np.full(64, errors[0, 0]), rel=1e-3)


@pytest.mark.parametrize("rate", [0.025, 5.0, 300.0])
@pytest.mark.parametrize("at", [1, 8, 15])
def test_jumps_of_six_sigma_are_found_and_others_are_not(rate: float, at: int) -> None:
    times, npix = TIMES["even"], 20_000
    reads = _ramps(rate, times, npix, seed=at)
    clean = fit_optimal(reads, None, times, NOISE)
    assert clean.jumps.mean() < 1e-4
    _, errors, _ = _solve(np.zeros(16), _straight(times, (at,)), _covariance(times, rate, NOISE))
    reads[at:] += np.float32(6 * errors[2, 2] ** 0.5)
    fit = fit_optimal(reads, None, times, NOISE)
    assert fit.jumps[at].mean() > 0.95
    without = fit.rate[fit.jumps[at]]
    assert abs(without.mean() - rate) < 0.1 * fit.error.mean()


#: four reads of 4 e- without light: what the jump does to the rate looks as light does, and no threshold keeps both
_HARDEST = (4, 4.0, 0.0)


@pytest.mark.parametrize("noise", [4.0, 9.0])
@pytest.mark.parametrize("n", [4, 6, 8, 16, 32])
def test_both_limits_hold_for_any_ramp(n: int, noise: float) -> None:
    """Over 95 % of the pixels with a jump of exactly 6 sigma are found, under 1 false per 10⁴ pixels and read."""
    times, npix = np.arange(1.0, n + 1), max(1_200_000 // n, 40_000)
    for number, rate in enumerate([0.0, 1.0, 4.0, 30.0, 3000.0]):
        reads = _ramps(rate, times, npix, seed=1000 * n + number, noise=noise)
        assert fit_optimal(reads, None, times, noise).jumps.mean() < 1e-4, rate
        hit = reads[:, :40_000]
        at = n // 2
        _, errors, _ = _solve(np.zeros(n), _straight(times, (at,)), _covariance(times, rate, noise))
        hit[at:] += np.float32(6 * errors[2, 2] ** 0.5)
        found = fit_optimal(hit, None, times, noise).jumps.any(axis=0).mean()
        assert found > (0.945 if (n, noise, rate) == _HARDEST else 0.95), rate


def test_jumps_downwards_are_found_too_and_are_as_rare() -> None:
    times = TIMES["even"]
    reads = _ramps(20.0, times, 20_000, seed=14)
    _, errors, _ = _solve(np.zeros(16), _straight(times, (5,)), _covariance(times, 20.0, NOISE))
    reads[5:] -= np.float32(6 * errors[2, 2] ** 0.5)
    assert fit_optimal(reads, None, times, NOISE).jumps[5].mean() > 0.94


def test_one_ramp_may_have_several_jumps() -> None:
    times, npix = TIMES["even"], 500
    reads = _ramps(2.0, times, npix, seed=9)
    for at in (3, 4, 11):
        reads[at:] += 400
    fit = fit_optimal(reads, None, times, NOISE)
    assert fit.jumps[[3, 4, 11]].mean() > 0.99
    assert fit.jumps[[1, 2, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15]].mean() < 2e-3
    assert abs((fit.rate - 2).mean()) < 4 * (fit.rate - 2).std() / npix**0.5
    assert np.median(fit.dof) == 16 - 1 - 3 - 1
    first = fit_optimal(reads, None, times, NOISE, max_jumps=1)
    assert (np.count_nonzero(first.jumps, axis=0) == 1).all()


def test_a_jump_within_a_group_spoils_two_differences() -> None:
    per_group, groups, frame = 8, 12, 1.0
    frames = np.arange(1, per_group * groups + 1) * frame
    raw = _ramps(1.0, frames, 1000, seed=10).astype(float)
    raw[5 * per_group + 4 :] += 300  # half way through the group with index 5
    reads = raw.reshape(groups, per_group, -1).mean(axis=1).astype(np.float32)
    times = frames.reshape(groups, per_group).mean(axis=1)
    fit = fit_optimal(reads, None, times, NOISE, reads_per_group=per_group, frame_seconds=frame)
    assert fit.jumps[[5, 6]].all()
    assert abs((fit.rate - 1).mean()) < 4 * (fit.rate - 1).std() / 1000**0.5


def test_one_read_that_is_off_does_not_move_the_rate() -> None:
    times = TIMES["even"]
    reads = _ramps(10.0, times, 200, seed=11)
    reads[7] += 2000
    fit = fit_optimal(reads, None, times, NOISE)
    assert fit.jumps[[7, 8]].all()
    assert abs((fit.rate - 10).mean()) < 4 * (fit.rate - 10).std() / 200**0.5


def test_of_two_differences_the_larger_has_the_jump() -> None:
    times = TIMES["three"]
    reads = _ramps(1.0, times, 100, seed=12)
    reads[1:] += 1000
    fit = fit_optimal(reads, None, times, NOISE)
    assert fit.jumps[1].all()
    assert not fit.jumps[2].any()
    assert (fit.n_used == 2).all()


def test_pixels_without_two_reads_have_no_rate() -> None:
    times = TIMES["even"]
    reads = _ramps(1.0, times, 130, seed=13)
    good = np.ones(reads.shape, bool)
    good[1:, 3] = False  # saturated from the second read
    good[:, 4] = False
    good[6:, 5] = False
    reads[:, 6] = np.nan
    noise = np.full(130, NOISE)
    noise[7], noise[8] = 0, np.nan
    fit = fit_optimal(reads, good, times, noise)
    lost = [3, 4, 6, 7, 8]
    assert np.isnan(fit.rate[lost]).all()
    assert np.isnan(fit.error[lost]).all()
    assert (fit.n_used[lost] == 0).all()
    assert np.isfinite(np.delete(fit.rate, lost)).all()
    assert fit.n_used[5] == 6
    alone = fit_optimal(reads[:6, 5:6], None, times[:6], NOISE)
    assert fit.rate[5] == pytest.approx(alone.rate[0], rel=1e-5)


def test_blocks_threads_and_single_pixels_agree() -> None:
    times = TIMES["uneven"]
    reads = _ramps(30.0, times, 200, seed=14)
    reads[4:, ::7] += 500
    noise = np.linspace(5, 15, 200)
    fits = [fit_optimal(reads, None, times, noise, threads=count) for count in (1, 2)]
    singles = [fit_optimal(reads[:, k : k + 1], None, times, noise[k]) for k in range(200)]
    together = {name: np.concatenate([getattr(one, name) for one in singles], axis=-1) for name in _FIELDS}
    for fit in fits:
        for name, value in together.items():
            np.testing.assert_allclose(getattr(fit, name), value, rtol=2e-4, atol=2e-3)
        assert (fit.jumps == together["jumps"]).all()


_FIELDS = tuple(OptimalFit.__dataclass_fields__)


def test_inputs_are_not_changed_and_read_only_ones_are_taken() -> None:
    times = TIMES["even"]
    reads = _ramps(30.0, times, 200, seed=15)
    good = np.ones(reads.shape, bool)
    before = reads.copy()
    reads.flags.writeable = good.flags.writeable = False
    fit_optimal(reads, good, times, NOISE)
    assert (reads == before).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reads": np.zeros((1, 5), np.float32), "seconds": np.zeros(1)}, "two reads or more"),
        ({"seconds": np.arange(5.0)}, "5 times for 4 reads"),
        ({"seconds": np.array([0.0, 1, 1, 2])}, "do not rise"),
        ({"seconds": np.array([0.0, 1, np.nan, 2])}, "do not rise"),
        ({"read_noise": np.ones(3)}, "for 3 pixels"),
        ({"good": np.ones((4, 4), bool)}, "good has the shape"),
        ({"reads_per_group": 4}, "between the reads of a group"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {
        "reads": np.zeros((4, 5), np.float32), "good": None, "seconds": np.arange(4.0), "read_noise": NOISE,
    } | change  # fmt: skip
    with pytest.raises(InputError, match=words) as caught:
        fit_optimal(**given)
    assert caught.value.cure


@pytest.mark.parametrize("npix", [1, 5, 127, 130, 300, 1029])
def test_no_result_depends_on_where_pixels_are_cut(npix: int) -> None:
    """Each pixel alone, some of them, and all by several threads: the same numbers."""
    rng = np.random.default_rng(9)
    seconds = np.arange(1.0, 9.0) * 3
    reads = np.cumsum(rng.poisson(40.0, (8, npix)), axis=0) + rng.normal(0, 9, (8, npix))
    reads[4:, ::7] += 300
    reads = reads.astype(np.float32)
    whole = fit_optimal(reads, None, seconds, 9.0, threads=3)
    assert whole.jumps[4, ::7].mean() > 0.9
    for part in (slice(0, 1), slice(npix // 2, npix // 2 + 3), slice(npix // 3, npix)):
        some = fit_optimal(np.ascontiguousarray(reads[:, part]), None, seconds, 9.0, threads=1)
        np.testing.assert_array_equal(some.rate, whole.rate[part])
        np.testing.assert_array_equal(some.error, whole.error[part])
        np.testing.assert_array_equal(some.jumps, whole.jumps[:, part])
