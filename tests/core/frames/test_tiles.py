"""Tiled images are astropy's, cost no more memory than they must, and damaged tiles never reach a decompressor."""

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.errors import InputError
from calgui.core.frames.fits import open_frame, read_frame
from calgui.core.frames.headers import read_headers

KINDS = ["RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1"]


def written(path: Path, kind: str, data: np.ndarray, **more: object) -> Path:
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(data, compression_type=kind, **more)]).writeto(path)
    return path


def numbers(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 900, shape).astype(np.int16)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(61, 47), (3, 20, 33)])
def test_they_are_astropys(tmp_path: Path, kind: str, shape: tuple[int, ...]) -> None:
    path = written(tmp_path / "t.fits", kind, numbers(shape))
    np.testing.assert_array_equal(read_frame(path).data, numbers(shape))
    with open_frame(path) as frame:
        np.testing.assert_array_equal(frame.data_rows(1, 3), numbers(shape)[1:3])


@pytest.mark.parametrize("kind", ["RICE_1", "GZIP_1", "HCOMPRESS_1"])
def test_numbers_that_were_rounded_are_astropys(tmp_path: Path, kind: str) -> None:
    data = np.random.default_rng(6).normal(100, 3, (61, 47)).astype(np.float32)
    path = written(tmp_path / "t.fits", kind, data, quantize_method=1, dither_seed=11)
    with fits.open(path) as opened:
        np.testing.assert_array_equal(read_frame(path).data, opened[1].data)


def test_a_large_one_takes_its_pixels_and_its_bytes(tmp_path: Path) -> None:
    data = np.random.default_rng(7).normal(0, 1, (1500, 1000)).astype(np.float32)
    path = written(tmp_path / "t.fits", "GZIP_1", data, quantize_level=0.0)
    read_frame(written(tmp_path / "small.fits", "GZIP_1", data[:20], quantize_level=0.0))
    tracemalloc.start()
    frame = read_frame(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 0.8 * data.nbytes
    assert peak < 2 * max(path.stat().st_size, data.nbytes) + 4_000_000
    np.testing.assert_array_equal(frame.data, data)


def test_rows_of_a_large_one_take_no_more_than_theirs(tmp_path: Path) -> None:
    data = np.random.default_rng(7).normal(0, 1, (3000, 1000)).astype(np.float32)
    path = written(tmp_path / "t.fits", "GZIP_1", data, quantize_level=0.0)
    read_frame(written(tmp_path / "small.fits", "GZIP_1", data[:20], quantize_level=0.0))
    tracemalloc.start()
    with open_frame(path) as frame:
        found = frame.data_rows(2000, 2010)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(found, data[2000:2010])
    assert peak < 3_000_000


@pytest.mark.parametrize(
    ("kind", "place", "new", "told"),
    [
        ("HCOMPRESS_1", 2, struct.pack(">i", 60_000), "not of its size"),
        ("HCOMPRESS_1", 6, struct.pack(">i", 60_000), "not of its size"),
        ("HCOMPRESS_1", 2, struct.pack(">ii", -4, -4), "not of its size"),
        ("HCOMPRESS_1", 22, b"\xff", "not of its size"),
        ("HCOMPRESS_1", 0, b"\0", "not of its size"),
        ("PLIO_1", 6, struct.pack(">h", 32_000), "not of its size"),
        ("PLIO_1", 4, struct.pack(">h", 32_000), "not of its size"),
    ],
)
def test_a_tile_that_says_another_size_is_refused(tmp_path: Path, kind: str, place: int, new: bytes, told: str) -> None:
    path = written(tmp_path / "t.fits", kind, numbers((40, 50)))
    hdu = read_headers(path)[1]
    content = bytearray(path.read_bytes())
    first = hdu.offset + hdu.header["NAXIS1"] * hdu.header["NAXIS2"] + place
    content[first : first + len(new)] = new
    path.write_bytes(content)
    with pytest.raises(InputError, match=told) as error:
        read_frame(path)
    assert error.value.path == path
    assert error.value.cure


def test_a_tile_that_lies_elsewhere_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "t.fits", "HCOMPRESS_1", numbers((40, 50)))
    hdu = read_headers(path)[1]
    content = bytearray(path.read_bytes())
    content[hdu.offset : hdu.offset + 8] = struct.pack(">ii", 2**31 - 1, 2**31 - 1)
    path.write_bytes(content)
    with pytest.raises(InputError, match="outside of its place"):
        read_frame(path)
