"""Reading with progress and cancel gives the same frame as reading at once."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.errors import Cancelled, InputError
from calgui.core.frames import fits as reading
from calgui.core.frames.fits import read_frame
from calgui.core.jobs import Job, Progress


@pytest.fixture(params=["plain.fits", "packed.fits.gz", "ramp.fits"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    shape = (2, 3, 20, 30) if "ramp" in request.param else (40, 30)
    data = rng.normal(size=shape).astype(np.float32)
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(data, name="SCI"), fits.ImageHDU(np.abs(data), name="ERR")]
    hdus.append(fits.ImageHDU(rng.integers(0, 9, shape[-2:]).astype(np.int32), name="DQ"))
    path = tmp_path / request.param
    fits.HDUList(hdus).writeto(path)
    return path


def test_bands_make_the_same_frame(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_BAND", 500)
    whole, banded = read_frame(file), read_frame(file, job=Job())
    np.testing.assert_array_equal(whole.data, banded.data)
    for one, other in ((whole.err, banded.err), (whole.dq, banded.dq)):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
    assert dict(whole.header) == dict(banded.header)


def test_progress_is_told_and_cancel_is_heard(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_BAND", 500)
    seen: list[Progress] = []
    job = Job(observer=seen.append)
    monkeypatch.setattr("calgui.core.jobs.time.monotonic", iter(range(100_000)).__next__)
    read_frame(file, job=job)
    fractions = [progress.fraction for progress in seen]
    assert len(fractions) >= 2
    assert fractions == sorted(fractions)
    assert file.name in seen[0].text

    def stop(_progress: Progress) -> None:
        cancelled.cancel()

    cancelled = Job(observer=stop)
    with pytest.raises(Cancelled):
        read_frame(file, job=cancelled)


@pytest.mark.parametrize("behind", [False, True])
def test_who_reads_all_rows_is_told_of_a_wrong_checksum(tmp_path: Path, behind: bool) -> None:
    numbers = np.random.default_rng(1).normal(size=(40, 3000)).astype(np.float32)
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(numbers, name="SCI")]
    hdus += [fits.ImageHDU(numbers, name="ERR")] * behind
    path = tmp_path / "dark.fits.gz"
    fits.HDUList(hdus).writeto(path)
    content = path.read_bytes()
    path.write_bytes(content[:-8] + bytes([content[-8] ^ 1]) + content[-7:])
    with reading.open_frame(path) as frame:
        frame.rows(0, 20)
        with pytest.raises(InputError, match="damaged"):
            frame.rows(20, 40)


def test_damage_in_place_of_the_image_is_told(tmp_path: Path) -> None:
    path = tmp_path / "dark.fits.gz"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((40, 30), np.float32), name="SCI")]).writeto(path)
    content = path.read_bytes()
    path.write_bytes(content[:-8] + bytes([content[-8] ^ 1]) + content[-7:])
    with pytest.raises(InputError, match=r"no image in this file.*compressed file is damaged"):
        read_frame(path)
