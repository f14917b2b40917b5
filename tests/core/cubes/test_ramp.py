"""Reads up the ramp: against numpy's own line, the demo night, and the observatory's sample."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.cubes.ramp import open_ramp, straight_line
from calgui.core.errors import InputError, UsageError
from calgui.core.frames.dq import JUMP_DET, SATURATED
from calgui.core.simulate.night import DemoNight


def save(path: Path, reads: np.ndarray, dq: np.ndarray | None = None, **cards: object) -> Path:
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(reads.astype(np.float32), name="SCI")]
    hdus[0].header.update(cards)
    if dq is not None:
        hdus.append(fits.ImageHDU(dq.astype(np.uint8), name="GROUPDQ"))
    fits.HDUList(hdus).writeto(path)
    return path


def test_a_line_through_the_reads(tmp_path: Path) -> None:
    times = 5.0 * np.arange(1, 9)
    reads = np.zeros((2, 8, 4, 6))
    noise = np.random.default_rng(1).normal(0, 1, (2, 8))
    reads[:, :, 2, 3] = 100 + np.array([[3.0], [7.0]]) * times + noise
    dq = np.zeros(reads.shape)
    dq[0, 6:, 2, 3] = SATURATED
    dq[1, 2, 2, 3] = JUMP_DET
    ramp = open_ramp(save(tmp_path / "r.fits", reads, dq, TGROUP=5.0, BUNIT="DN"))
    assert ramp.shape == (2, 8, 4, 6)
    samples = ramp.samples(3, 2)
    assert samples.timed
    np.testing.assert_allclose(samples.place, times)
    np.testing.assert_allclose(samples.value, reads[:, :, 2, 3], rtol=1e-6)
    assert np.count_nonzero(samples.used, axis=1).tolist() == [6, 7]
    for integration, good in ((0, samples.used[0]), (1, samples.used[1])):
        line = straight_line(samples, integration)
        (slope, start), covariance = np.polyfit(times[good], samples.value[integration][good], 1, cov=True)
        assert line.slope == pytest.approx(slope, rel=1e-9)
        assert line.start == pytest.approx(start, rel=1e-9)
        assert line.slope_error == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-9)
        assert line.used == np.count_nonzero(good)


def test_without_times_reads_are_counted(tmp_path: Path) -> None:
    ramp = open_ramp(save(tmp_path / "r.fits", np.arange(5.0)[None, :, None, None] * np.ones((1, 5, 3, 3))))
    samples = ramp.samples(0, 0)
    assert not samples.timed
    np.testing.assert_array_equal(samples.place, [0, 1, 2, 3, 4])
    assert straight_line(samples, 0).slope == pytest.approx(1.0)
    with pytest.raises(UsageError):
        ramp.samples(3, 0)


@pytest.mark.parametrize("step", [0.0, -3.0, 1e300, 1e-300, "slow"])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_times_that_cannot_be_are_none(tmp_path: Path, step: object) -> None:
    numbers = np.arange(5.0)[None, :, None, None] * np.ones((1, 5, 3, 3))
    samples = open_ramp(save(tmp_path / "r.fits", numbers, TGROUP=step, NGROUPS=-7)).samples(0, 0)
    assert not samples.timed
    assert straight_line(samples, 0).slope == pytest.approx(1.0)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_reads_give_no_line(tmp_path: Path, count: int) -> None:
    dq = np.full((1, 5, 2, 2), SATURATED)
    dq[0, :count] = 0
    ramp = open_ramp(save(tmp_path / "r.fits", np.random.default_rng(0).normal(size=(1, 5, 2, 2)), dq))
    line = straight_line(ramp.samples(1, 1), 0)
    assert line.used == count
    assert np.isnan(line.slope) == (count < 2)
    assert np.isnan(line.slope_error)


def test_the_demo_night_has_the_light_that_was_put_in(demo_night: DemoNight) -> None:
    path = demo_night.raw / "iris_20260311_darkramp_0001.fits"
    ramp = open_ramp(path)
    with fits.open(path) as opened:
        data = opened["SCI"].data
    samples = ramp.samples(100, 200)
    np.testing.assert_allclose(samples.value, data[:, :, 200, 100])
    assert samples.timed


def test_the_sample_of_the_observatory(real_data: Path) -> None:
    path = real_data / "ramps" / "iris_readout_sample_ramp.fits"
    samples = open_ramp(path).samples(5, 6)
    with fits.open(path) as opened:
        np.testing.assert_allclose(samples.value, opened["SCI"].data[:, :, 6, 5])
    assert not samples.timed


def test_other_files_are_refused(tmp_path: Path) -> None:
    fits.PrimaryHDU(np.zeros((4, 5))).writeto(tmp_path / "flat.fits")
    with pytest.raises(InputError, match="no ramp"):
        open_ramp(tmp_path / "flat.fits")
    whole = save(tmp_path / "r.fits", np.zeros((1, 8, 40, 40)))
    (tmp_path / "cut.fits").write_bytes(whole.read_bytes()[:9000])
    with pytest.raises(InputError):
        open_ramp(tmp_path / "cut.fits")
