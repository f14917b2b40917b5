"""The master dark against a truth that numpy made: level, noise, hot pixels, refusals, verdicts."""

import dataclasses
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calgui.core.algorithms.darks import DarkConfig, check_darks, master_dark
from calgui.core.errors import AlgorithmError, Cancelled, InputError, UsageError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame, Rows
from calgui.core.jobs import Job
from tests.peak import PEAK


def with_header(frame: Frame, **changes: Any) -> Frame:
    header = {key: value for key, value in {**frame.header, **changes}.items() if value is not None}
    return dataclasses.replace(frame, header=header)


def test_level_and_noise_are_those_that_were_put_in(make_darks) -> None:  # type: ignore[no-untyped-def]
    result = master_dark(make_darks(9, 512), DarkConfig())
    noise = np.hypot(9, np.sqrt(2.5)) / 100 / 3 * 1.2226
    assert result.metrics["median_rate_e_per_s"].value == pytest.approx(0.025, abs=4 * noise / 504)
    assert result.metrics["noise_e_per_s"].value == pytest.approx(noise, rel=0.02)
    assert result.metrics["n_frames"].value == 9
    assert result.verdict == "good"
    assert result.frame is not None
    assert result.frame.unit == "electron/s"
    assert result.frame.err is not None
    assert np.median(result.frame.err[4:-4, 4:-4]) == pytest.approx(noise, rel=0.1)


@pytest.mark.parametrize("method", ["median", "mean", "clipped-mean"])
def test_hot_pixels_are_found_on_a_glowing_detector(make_darks, method: str) -> None:  # type: ignore[no-untyped-def]
    size = 512
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:size, :size] / size
    glow = 0.02 + 0.6 * np.exp(-((x - 1) ** 2 + y**2) / 0.05)
    excess = np.zeros((size, size))
    hot = rng.choice(size * size, 1500, replace=False)
    excess.flat[hot] = rng.exponential(1.0, hot.size)
    excess[:4] = excess[-4:] = excess[:, :4] = excess[:, -4:] = 0
    result = master_dark(make_darks(9, size, glow + excess), DarkConfig(method=method))  # type: ignore[arg-type]
    factor = 1.2226 if method == "median" else 1.0
    sigma = np.sqrt(81 + glow * 100) / 100 / 3 * factor
    assert result.frame is not None
    assert result.frame.dq is not None
    found = (result.frame.dq & flags.HOT) != 0
    assert found[excess > 10 * sigma].mean() > 0.99
    assert (excess[found] > 5 * sigma[found]).mean() > 0.99
    assert result.metrics["n_hot"].value == found.sum()


def test_reference_pixels_are_flagged_and_left_out(make_darks) -> None:  # type: ignore[no-untyped-def]
    result = master_dark(make_darks(3, 128), DarkConfig())
    assert result.frame is not None
    assert result.frame.dq is not None
    reference = (result.frame.dq & flags.REFERENCE_PIXEL) != 0
    assert reference.sum() == 128**2 - 120**2
    assert reference[:4].all()
    assert not (result.frame.dq[reference] & flags.HOT).any()


def test_a_subarray_has_reference_pixels_only_where_it_touches_the_edge(make_darks) -> None:  # type: ignore[no-untyped-def]
    place = {"SUBARRAY": "CUSTOM", "SUBSTRT1": 1, "SUBSTRT2": 1001, "SUBSIZE1": 128, "SUBSIZE2": 128}
    frames = make_darks(3, 128, **place)
    result = master_dark(
        [dataclasses.replace(f, data=np.where(f.data > 4000, 2.0, f.data)) for f in frames], DarkConfig()
    )
    assert result.frame is not None
    assert result.frame.dq is not None
    reference = (result.frame.dq & flags.REFERENCE_PIXEL) != 0
    assert reference[:, :4].all()
    assert not reference[:, 4:].any()


@pytest.mark.parametrize(
    ("keyword", "value", "named"),
    [
        ("DETECTOR", "IRIS2", "DETECTOR"),
        ("DETECTOR", None, "DETECTOR"),
        ("EXPTIME", 101.0, "EXPTIME"),
        ("EXPTIME", None, "exposure time is missing"),
        ("READPATT", "MCDS16", "READPATT"),
        ("SUBARRAY", "CUSTOM", "SUBARRAY"),
        ("IMGDTEMP", 77.0, "IMGDTEMP"),
        ("BUNIT", "electron/s", "BUNIT"),
        ("BUNIT", None, "BUNIT"),
        ("BUNIT", "K", "BUNIT"),
    ],
)
def test_a_frame_that_does_not_belong_is_refused_by_name(make_darks, keyword: str, value: Any, named: str) -> None:  # type: ignore[no-untyped-def]
    frames = make_darks(4, 32)
    frames[1] = with_header(frames[1], **{keyword: value})
    with pytest.raises(InputError, match=rf"dark_1\.fits.*{named}"):
        master_dark(frames, DarkConfig())


def test_too_few_and_repeated_frames_are_refused(make_darks) -> None:  # type: ignore[no-untyped-def]
    frames = make_darks(3, 32)
    with pytest.raises(InputError, match="3 or more"):
        check_darks(frames[:2])
    with pytest.raises(InputError, match=r"dark_0\.fits.*twice"):
        check_darks([*frames, frames[0]])


def test_a_missing_unit_time_or_gain_is_asked_for_unless_an_option_gives_it(make_darks) -> None:  # type: ignore[no-untyped-def]
    frames = make_darks(3, 64, BUNIT=None, EXPTIME=None)
    with pytest.raises(InputError, match=r"BUNIT.*option unit"):
        master_dark(frames, DarkConfig())
    with pytest.raises(InputError, match=r"EFFINTTM, EXPTIME, EFFEXPTM.*option exposure_time"):
        master_dark(frames, DarkConfig(unit="electron"))
    with pytest.raises(InputError, match=r"GAIN.*option gain"):
        master_dark(frames, DarkConfig(unit="adu", exposure_time=100.0))
    result = master_dark(frames, DarkConfig(unit="adu", exposure_time=50.0, gain=2.0))
    plain = master_dark(make_darks(3, 64), DarkConfig())
    assert result.frame is not None
    assert plain.frame is not None
    np.testing.assert_allclose(result.frame.data, 4 * plain.frame.data, rtol=1e-5)
    assert result.verdict == "doubtful"


def test_the_first_time_keyword_counts(make_darks) -> None:  # type: ignore[no-untyped-def]
    result = master_dark(make_darks(3, 64, EFFINTTM=10.0), DarkConfig())
    assert result.metrics["exposure_time_s"].value == 10.0


def test_electrons_and_rates_are_the_same_dark(make_darks) -> None:  # type: ignore[no-untyped-def]
    frames = make_darks(5, 64)
    rates = [dataclasses.replace(with_header(f, BUNIT="e-/s"), data=f.data / np.float32(100)) for f in frames]
    counts = master_dark(frames, DarkConfig(output="electron"))
    rated = master_dark(rates, DarkConfig())
    assert counts.frame is not None
    assert rated.frame is not None
    np.testing.assert_allclose(counts.frame.data, 100 * rated.frame.data, rtol=1e-5, atol=1e-5)
    assert counts.frame.unit == "electron"
    for name in ("median_rate_e_per_s", "noise_e_per_s", "n_hot"):
        assert counts.metrics[name].value == pytest.approx(rated.metrics[name].value, rel=1e-5)


def test_the_odd_one_out_is_shown(make_darks) -> None:  # type: ignore[no-untyped-def]
    frames = make_darks(9, 256)
    leak = frames[3].data.copy()
    leak[40:120, 150:] += 9
    frames[3] = dataclasses.replace(frames[3], data=leak)
    frames[5] = dataclasses.replace(frames[5], data=frames[5].data + np.float32(4))
    result = master_dark(frames, DarkConfig())
    assert result.tables[0].flagged == (3, 5)
    assert result.verdict == "doubtful"
    assert "dark_3.fits" in " ".join(result.reasons)


def test_constant_frames_are_bad(make_darks) -> None:  # type: ignore[no-untyped-def]
    frames = [dataclasses.replace(f, data=np.full((64, 64), 7, np.float32)) for f in make_darks(3, 64)]
    result = master_dark(frames, DarkConfig())
    assert result.verdict == "bad"
    assert result.metrics["n_hot"].value == 0


def test_lost_and_saturated_pixels_are_flagged(make_darks) -> None:  # type: ignore[no-untyped-def]
    frames = []
    for index, frame in enumerate(make_darks(4, 64)):
        bits = np.zeros((64, 64), np.uint32)
        bits[10, 10] = flags.SATURATED
        bits[20, 20] = flags.DO_NOT_USE if index else 0
        data = frame.data.copy()
        data[30, 30] = np.nan
        frames.append(dataclasses.replace(frame, data=data, dq=bits))
    result = master_dark(frames, DarkConfig())
    assert result.frame is not None
    assert result.frame.dq is not None
    assert result.frame.dq[10, 10] & flags.HOT
    assert result.frame.dq[10, 10] & flags.SATURATED
    assert result.frame.dq[20, 20] & flags.DO_NOT_USE
    assert np.isnan(result.frame.data[30, 30])
    assert result.frame.dq[30, 30] & flags.UNRELIABLE_DARK
    assert result.planes["NSAMP"][20, 20] == 1


def test_a_noisy_pixel_is_unreliable(make_darks) -> None:  # type: ignore[no-untyped-def]
    frames = make_darks(9, 128)
    jumps = np.random.default_rng(8).normal(0, 2000, 9)
    for index, frame in enumerate(frames):
        data = frame.data.copy()
        data[50, 60] += jumps[index]
        frames[index] = dataclasses.replace(frame, data=data)
    result = master_dark(frames, DarkConfig())
    assert result.frame is not None
    assert result.frame.dq is not None
    unreliable = np.argwhere((result.frame.dq & flags.UNRELIABLE_DARK) != 0)
    assert [50, 60] in unreliable.tolist()
    assert len(unreliable) < 5


def test_clipping_that_cannot_clip_is_said(make_darks) -> None:  # type: ignore[no-untyped-def]
    result = master_dark(make_darks(5, 64), DarkConfig(method="clipped-mean"))
    assert any("nothing is clipped" in reason for reason in result.reasons)


def test_an_unknown_flag_is_refused(make_darks) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match="HOTT"):
        master_dark(make_darks(3, 32), DarkConfig(reject="HOTT"))


@pytest.mark.parametrize("shape", [(1, 300), (300, 1), (8, 8), (1, 1)])
def test_a_picture_of_nothing_but_reference_pixels_is_told(shape: tuple[int, int]) -> None:
    header = {"BUNIT": "electron", "EXPTIME": 10.0}
    frames = [Frame(np.full(shape, number, np.float32), None, None, header) for number in range(3)]
    with pytest.raises(AlgorithmError, match="reference pixels"):
        master_dark(frames, DarkConfig())


class SlowFrame:
    """A large frame whose rows come from nowhere."""

    shape = (4096, 4096)
    unit = "electron"
    path = None

    def __init__(self, header: dict[str, Any]) -> None:
        self.header = header
        self.band = np.random.default_rng(0).normal(0, 9, (4096, 4096)).astype(np.float32)

    def rows(self, start: int, stop: int) -> Rows:
        return Rows(self.band[start:stop].copy(), None, None)


@pytest.mark.slow
def test_cancel_is_heard_within_a_tenth_of_a_second(make_darks) -> None:  # type: ignore[no-untyped-def]
    master_dark(make_darks(12, 64), DarkConfig())  # compiled before the clock starts, for as many frames
    frames = [SlowFrame(dict(make_darks(1, 8)[0].header))] * 12
    worst, heard = 0.0, 0
    for delay in (0.05, 0.2, 0.4, 0.6):
        job = Job("Master dark")
        asked: list[float] = []

        def ask(job: Job = job, asked: list[float] = asked) -> None:
            asked.append(time.process_time())
            job.cancel()

        timer = threading.Timer(delay, ask)
        timer.start()
        try:
            master_dark(frames, DarkConfig(), job)
        except Cancelled:
            worst, heard = max(worst, time.process_time() - asked[0]), heard + 1
        timer.cancel()
        timer.join()
    assert heard
    assert worst < 0.1  # of the processor's time, which others that are busy do not use up


_TWENTY = (
    PEAK
    + """
import numpy as np
from pathlib import Path
from calgui.core.algorithms.darks import DarkConfig, master_dark
from calgui.core.frames.fits import open_frame
frames = [open_frame(path) for path in sorted(Path(sys.argv[1]).glob("*.fits"))]
master_dark(frames, DarkConfig())
print(round(peak()))
"""
)


@pytest.mark.slow
def test_twenty_frames_of_4096_stay_under_one_gigabyte(tmp_path: Path) -> None:
    from astropy.io import fits

    cards = {"BUNIT": "electron", "EXPTIME": 100.0, "DETECTOR": "IRIS1", "READPATT": "CDS", "IMGDTEMP": 76.0}

    def peak(side: int) -> int:
        folder = tmp_path / str(side)
        folder.mkdir()
        noise = np.random.default_rng(1).normal(0, 9, (side, side)).astype(">f4")
        first = folder / "dark_00.fits"
        fits.PrimaryHDU(noise, fits.Header(cards.items())).writeto(first)
        for index in range(1, 20):
            (folder / f"dark_{index:02d}.fits").hardlink_to(first)
        made = subprocess.run([sys.executable, "-c", _TWENTY, str(folder)], capture_output=True, text=True, check=True)
        return int(made.stdout)

    # loops are compiled once, by whoever needs them first: that takes memory of its own
    peak(64)
    assert peak(4096) < 1000
