"""Bands of rows of all planes of a ramp: the same numbers as reading it whole, never more than the band in memory."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.errors import InputError
from calgui.core.frames import reader as reading
from calgui.core.frames import source as sources
from calgui.core.frames.fits import open_frame, read_frame
from calgui.core.frames.frame import Frame

SHAPE = (2, 3, 20, 30)


def write(path: Path, shape: tuple[int, ...] = SHAPE, *, tiled: bool = False, dtype: str = "f4") -> Path:
    rng = np.random.default_rng(3)
    data = rng.integers(0, 30_000, shape).astype(dtype)
    image = fits.CompImageHDU(data, name="SCI", compression_type="GZIP_1") if tiled else fits.ImageHDU(data, name="SCI")
    hdus = [
        fits.PrimaryHDU(),
        image,
        fits.ImageHDU(np.abs(data).astype("f4"), name="ERR"),
        fits.ImageHDU(rng.integers(0, 8, shape[-2:]).astype(np.int32), name="PIXELDQ"),
        fits.ImageHDU((rng.integers(0, 2, shape) * 2).astype(np.uint8), name="GROUPDQ"),
    ]
    fits.HDUList(hdus).writeto(path)
    return path


@pytest.mark.parametrize("name", ["plain.fits", "packed.fits.gz", "packed.fits.bz2", "tiled.fits", "counts.fits"])
@pytest.mark.parametrize("shape", [SHAPE, SHAPE[1:]])
def test_bands_are_rows_of_every_plane(tmp_path: Path, name: str, shape: tuple[int, ...]) -> None:
    path = write(tmp_path / name, shape, tiled=name.startswith("tiled"), dtype="u2" if "counts" in name else "f4")
    whole = read_frame(path)
    assert whole.err is not None
    assert whole.dq is not None
    with open_frame(path) as frame:
        for start, stop in ((0, 20), (3, 8), (19, 20), (15, 99), (7, 7)):
            band = frame.band(start, stop)
            np.testing.assert_array_equal(band.data, whole.data[..., start:stop, :])
            np.testing.assert_array_equal(band.err, whole.err[..., start:stop, :])
            np.testing.assert_array_equal(band.dq, whole.dq[..., start:stop, :])
            assert band.data.dtype == np.float32
            assert band.dq is not None
            assert band.dq.dtype == np.uint32
            np.testing.assert_array_equal(frame.data_band(start, stop), band.data)
            in_memory = whole.band(start, stop)
            np.testing.assert_array_equal(in_memory.data, band.data)
            assert np.shares_memory(in_memory.data, whole.data) or start == stop


def test_the_flags_of_the_pixels_count_in_every_read(tmp_path: Path) -> None:
    path = write(tmp_path / "ramp.fits")
    with fits.open(path) as hdus, open_frame(path) as frame:
        expected = hdus["GROUPDQ"].data | hdus["PIXELDQ"].data.astype(np.uint32)
        np.testing.assert_array_equal(frame.dq_band(5, 9), expected[..., 5:9, :])


def test_a_band_of_an_image_is_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "image.fits.gz"
    data = np.arange(60, dtype=np.float32).reshape(6, 10)
    fits.PrimaryHDU(data).writeto(path)
    with open_frame(path) as frame:
        np.testing.assert_array_equal(frame.band(2, 5).data, frame.rows(2, 5).data)
        assert frame.band(2, 5).dq is None
        np.testing.assert_array_equal(frame.dq_band(2, 5), np.zeros((3, 10)))
    np.testing.assert_array_equal(Frame(data).band(2, 5).data, data[2:5])


def test_one_plane_of_a_ramp_has_bands_too(tmp_path: Path) -> None:
    path = write(tmp_path / "ramp.fits.gz")
    with open_frame(path, plane=(1, 2)) as frame:
        band = frame.band(4, 9)
        np.testing.assert_array_equal(band.data, read_frame(path).data[1, 2, 4:9])
        np.testing.assert_array_equal(band.dq, frame.rows(4, 9).dq)


@pytest.mark.parametrize("name", ["plain.fits", "packed.fits.gz"])
def test_the_whole_ramp_is_never_in_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.zeros((16, 512, 512), np.float32), name="SCI")]).writeto(path)
    with open_frame(path) as frame:
        frame.band(0, 1)
        tracemalloc.start()
        for start in range(0, 512, 32):
            frame.band(start, start + 32)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 3 * (16 * 32 * 512 * 4)


def test_a_compressed_ramp_is_gone_through_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "packed.fits.gz")
    asked: list[tuple[int, int]] = []
    unpacked = sources.unpacked
    monkeypatch.setattr(reading, "unpacked", lambda *given: asked.append(given[1:]) or unpacked(*given))
    with open_frame(path) as frame:
        for start in range(0, 20, 5):
            frame.data_band(start, start + 5)
    assert len(asked) == 1


def test_a_cut_compressed_ramp_and_a_full_disk_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = write(tmp_path / "packed.fits.gz").read_bytes()
    cut = tmp_path / "cut.fits.gz"
    cut.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(InputError, match="cut short"), open_frame(cut) as frame:
        frame.data_band(0, 5)
    with open_frame(tmp_path / "packed.fits.gz") as frame:

        class Full:
            def write(self, _data: object) -> int:
                raise OSError(28, "No space left on device")

            def close(self) -> None: ...

        monkeypatch.setattr(sources.tempfile, "TemporaryFile", lambda **_how: Full())
        with pytest.raises(InputError, match="no room to unpack"):
            frame.data_band(0, 5)


def test_a_ramp_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "ramp.fits")
    with open_frame(path) as frame:
        frame.band(0, 5)
        path.write_bytes(path.read_bytes() + b" " * 2880)
        with pytest.raises(InputError, match="changed"):
            frame.band(5, 9)
