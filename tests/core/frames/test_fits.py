"""Frames out of files: values, siblings, planes, bands, memory."""

import bz2
import contextlib
import os
import subprocess
import sys
import tracemalloc
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from calgui.core.errors import InputError, UsageError
from calgui.core.frames.dq import DO_NOT_USE
from calgui.core.frames.fits import describe_file, open_frame, plane_index, read_frame
from calgui.core.frames.pixels import to_bits
from calgui.core.frames.writing import write_frame
from tests.peak import PEAK

MakeFile = Callable[..., Path]
TYPES = ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]


@given(
    st.sampled_from(TYPES).flatmap(
        lambda kind: hnp.arrays(
            kind,
            hnp.array_shapes(min_dims=1, max_dims=4, max_side=5),
            elements=st.floats(allow_nan=True, width=32 if kind == "f4" else 64) if kind[0] == "f" else None,
        )
    )
)
@settings(max_examples=120, deadline=None)
def test_every_type_reads_as_astropy_reads_it(tmp_path: Path, data: np.ndarray) -> None:
    path = tmp_path / "any.fits"
    fits.PrimaryHDU(data).writeto(path, overwrite=True)
    (info,) = describe_file(path)
    assert info.type == data.dtype.name
    frame = read_frame(path)
    with np.errstate(all="ignore"):
        expected = fits.getdata(path).astype(np.float32)
    assert frame.data.dtype == np.float32
    assert frame.data.dtype.isnative
    np.testing.assert_array_equal(frame.data, expected)
    with open_frame(path) as banded:
        middle = banded.shape[0] // 2
        bands = [banded.rows(0, middle).data, banded.rows(middle, banded.shape[0]).data]
        np.testing.assert_array_equal(np.concatenate(bands), expected)


def test_scaled_integers_and_blank(tmp_path: Path) -> None:
    path = tmp_path / "scaled.fits"
    cards = (
        "SIMPLE  = T",
        "BITPIX  = 16",
        "NAXIS   = 2",
        "NAXIS1  = 2",
        "NAXIS2  = 2",
        "BSCALE  = 0.5",
        "BZERO   = 10.0",
    )
    header = "".join(card.ljust(80) for card in (*cards, "BLANK   = -32768", "END")).ljust(2880)
    path.write_bytes(header.encode() + np.array([[1, 2], [-32768, 30000]], ">i2").tobytes().ljust(2880, b"\0"))
    np.testing.assert_array_equal(read_frame(path).data, np.array([[10.5, 11.0], [np.nan, 15010.0]], np.float32))


@given(hnp.arrays(st.sampled_from(["u1", "i2", "u2", "i4", "u4"]), (3, 4)))
@settings(max_examples=40, deadline=None)
def test_data_quality_keeps_every_bit(tmp_path: Path, bits: np.ndarray) -> None:
    path = tmp_path / "dq.fits"
    sci = fits.ImageHDU(np.zeros(bits.shape, np.float32), name="SCI")
    fits.HDUList([fits.PrimaryHDU(), sci, fits.ImageHDU(bits, name="DQ")]).writeto(path, overwrite=True)
    dq = read_frame(path).dq
    assert dq is not None
    assert dq.dtype == np.uint32
    width = 8 * bits.dtype.itemsize
    np.testing.assert_array_equal(dq, bits.astype(np.int64) % 2**width)


@pytest.mark.parametrize("name", ["DQ", "PIXELDQ", "GROUPDQ"])
def test_an_image_of_bits_opened_by_itself_keeps_every_bit(tmp_path: Path, name: str) -> None:
    bits = np.array([[2**31 + 2**11, 1], [2**24 + 1, 0]], np.uint32)
    path = tmp_path / "bits.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(bits, name=name)]).writeto(path)
    frame = read_frame(path, name)
    assert frame.dq is not None
    assert np.array_equal(frame.dq, bits)


@pytest.mark.parametrize("stored", [">i4", "<i4", ">i2", ">i8"])
@pytest.mark.parametrize("zero", [0.0, 2.0**31, 2.0**15, -5.0, 2.0**40])
def test_whole_numbers_are_the_low_bits_of_their_sum(stored: str, zero: float) -> None:
    """As whole numbers of any length have them."""
    most = np.iinfo(stored).max
    values = [-most - 1, -most, -32768, -6, -1, 0, 1, 5, 32767, most]
    mask = 2 ** (8 * min(np.dtype(stored).itemsize, 4)) - 1
    found = to_bits(np.array(values, stored), 1.0, zero)
    assert found.dtype == np.uint32
    assert found.tolist() == [(value + int(zero)) & mask for value in values]


def test_data_quality_in_floating_point() -> None:
    found = to_bits(np.array([0.0, 5.0, np.nan, np.inf, -1.0, 2.0**31]))
    np.testing.assert_array_equal(found, [0, 5, DO_NOT_USE, DO_NOT_USE, 2**32 - 1, 2**31])


def test_siblings_belong_to_their_image_by_shape_and_version(tmp_path: Path) -> None:
    def image(name: str, shape: tuple[int, ...], version: int, value: float) -> fits.ImageHDU:
        return fits.ImageHDU(np.full(shape, value, np.float32), name=name, ver=version)

    path = tmp_path / "two.fits"
    hdus = [image("SCI", (2, 3), 1, 1), image("ERR", (2, 3), 1, 0.1), image("SCI", (4, 5), 2, 2)]
    hdus += [image("ERR", (4, 4), 2, 0.2), fits.ImageHDU(np.full((4, 5), 7, np.int32), name="DQ", ver=2)]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    first, second = read_frame(path), read_frame(path, ("SCI", 2))
    assert first.err is not None
    assert first.err[0, 0] == np.float32(0.1)
    assert first.dq is None
    assert second.err is None
    assert second.dq is not None
    assert (second.dq == 7).all()
    assert any("ERR" in warning for warning in describe_file(path)[3].warnings)
    assert read_frame(path, "ERR").err is None


def test_planes_of_a_ramp_with_both_kinds_of_flags(tmp_path: Path) -> None:
    ramp = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    pixel = np.zeros((4, 5), np.uint32)
    pixel[1, 2] = 1024
    group = np.zeros((2, 3, 4, 5), np.uint8)
    group[1, 0, 3, 4] = 2
    hdus = [fits.ImageHDU(ramp, name="SCI"), fits.ImageHDU(pixel, name="PIXELDQ"), fits.ImageHDU(group, name="GROUPDQ")]
    path = tmp_path / "ramp.fits"
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    whole = read_frame(path)
    np.testing.assert_array_equal(whole.data, ramp)
    np.testing.assert_array_equal(whole.dq, group | pixel)
    assert describe_file(path)[1].planes == 6
    for number in range(6):
        lead = plane_index(ramp.shape, number)
        for plane in (number, lead):
            frame = read_frame(path, plane=plane)
            np.testing.assert_array_equal(frame.data, ramp[lead])
            np.testing.assert_array_equal(frame.dq, group[lead] | pixel)
    with open_frame(path) as banded:
        np.testing.assert_array_equal(banded.rows(1, 2).dq, (group | pixel)[1:2])
    with open_frame(path, plane=(1, 0)) as banded:
        np.testing.assert_array_equal(banded.rows(2, 4).data, ramp[1, 0, 2:4])
        np.testing.assert_array_equal(banded.rows(2, 4).dq, (group[1, 0] | pixel)[2:4])
    for wrong in (6, -1, (2, 0), (0,), (0, 0, 0)):
        with pytest.raises(InputError, match="no plane"):
            read_frame(path, plane=wrong)
    with pytest.raises(UsageError):
        plane_index((4, 5), 1)


def test_only_flags_of_pixels(tmp_path: Path) -> None:
    pixel = np.eye(4, 5, dtype=np.uint32)
    hdus = [fits.ImageHDU(np.ones((3, 4, 5), np.float32), name="SCI"), fits.ImageHDU(pixel, name="PIXELDQ")]
    path = tmp_path / "ramp.fits"
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    dq = read_frame(path).dq
    np.testing.assert_array_equal(dq, np.broadcast_to(pixel, (3, 4, 5)))


def test_what_is_no_image_is_refused_by_name(image_file: MakeFile, tmp_path: Path) -> None:
    path = image_file()
    for wrong in (9, "NOISE", ("SCI", 3), 0):
        with pytest.raises(InputError) as caught:
            read_frame(path, wrong)
        assert "1 SCI, 2 ERR, 3 DQ" in caught.value.cure
    table = tmp_path / "table.fits"
    column = fits.Column("flux", "D", array=np.zeros(4))
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([column])]).writeto(table)
    with pytest.raises(InputError, match="no image in this file \\(table\\)"):
        read_frame(table)
    with pytest.raises(InputError):
        read_frame(table, 1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (7,), (0, 5)])
def test_thin_and_empty_images(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "thin.fits"
    fits.PrimaryHDU(np.ones(shape, np.float32)).writeto(path)
    assert read_frame(path).shape == shape


@pytest.mark.parametrize("kind", ["RICE_1", "GZIP_2", "HCOMPRESS_1", "PLIO_1"])
def test_tile_compressed_images(tmp_path: Path, kind: str) -> None:
    data = np.random.default_rng(3).poisson(100, (40, 30)).astype(np.int16)
    hdu = fits.CompImageHDU(data, name="SCI", compression_type=kind, tile_shape=(8, 30))
    hdu.header["BUNIT"] = "adu"
    path = tmp_path / "tiles.fits.fz"
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    path.write_bytes(path.read_bytes() + b"\1" * 2880)
    frame = read_frame(path)
    np.testing.assert_array_equal(frame.data, data)
    assert frame.unit == "adu"
    assert (frame.header["NAXIS"], frame.header["NAXIS1"]) == (2, 30)
    assert not any(key.startswith(("ZNAXIS", "TFORM")) for key in frame.header)
    with open_frame(path) as banded:
        np.testing.assert_array_equal(banded.rows(13, 29).data, data[13:29])


def test_a_compressed_image_that_promises_too_much(tmp_path: Path) -> None:
    path = tmp_path / "tiles.fits.fz"
    hdu = fits.CompImageHDU(np.zeros((40, 30), np.int16), compression_type="RICE_1")
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    raw = path.read_bytes()
    wrong = raw.replace(b"ZNAXIS2 =                   40", b"ZNAXIS2 =            400000000")
    assert wrong != raw
    path.write_bytes(wrong)
    with pytest.raises(InputError, match=r"tiles|memory"):
        read_frame(path)
    noise = bytearray(raw)
    noise[-2880:] = os.urandom(2880)
    path.write_bytes(noise)
    with contextlib.suppress(InputError):
        assert read_frame(path).shape == (40, 30)


def test_real_images_read_as_astropy_reads_them(real_data: Path) -> None:
    for name in ("masks/osiris_badpixelmask20170902_sigma15.fits.gz", "nirc2/drk_80_1_16_11apr.fits.gz"):
        path = real_data / name
        np.testing.assert_array_equal(read_frame(path).data, fits.getdata(path).astype(np.float32))
    raw = real_data / "nirc2" / "n0031.fits.gz"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(raw, ignore_missing_end=True) as hdus:
            expected = hdus[0].data.astype(np.float32)
    np.testing.assert_array_equal(read_frame(raw).data, expected)
    with open_frame(raw) as frame:
        for start in (900, 0, 500):
            np.testing.assert_array_equal(frame.rows(start, start + 50).data, expected[start : start + 50])
    ramp = real_data / "ramps" / "iris_readout_sample_ramp.fits"
    frame = read_frame(ramp)
    assert frame.shape == (1, 4, 10, 10)
    assert frame.err is not None
    with fits.open(ramp) as hdus:
        np.testing.assert_array_equal(frame.data, hdus["SCI"].data)
        np.testing.assert_array_equal(frame.dq, hdus["GROUPDQ"].data | hdus["PIXELDQ"].data)


@pytest.mark.parametrize("name", ["image.fits", "image.fits.gz", "image.fits.fz"])
def test_several_threads_may_read_bands_at_once(tmp_path: Path, name: str) -> None:
    data = np.arange(400 * 50, dtype=np.int32).reshape(400, 50)
    path = tmp_path / name
    hdu = fits.CompImageHDU(data, name="SCI") if name.endswith("fz") else fits.ImageHDU(data, name="SCI")
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    with open_frame(path) as frame, ThreadPoolExecutor(4) as pool:
        starts = list(range(0, 400, 20))[::-1]
        for start, rows in zip(starts, pool.map(lambda at: frame.rows(at, at + 20), starts), strict=True):
            np.testing.assert_array_equal(rows.data, data[start : start + 20])


def test_lengths_written_as_floats_and_rows_too_long_for_any_memory(tmp_path: Path) -> None:
    def write(name: str, *cards: str) -> Path:
        text = "".join(card.ljust(80) for card in ("SIMPLE  = T", "BITPIX  = 16.0", *cards, "END")).ljust(2880)
        path = tmp_path / name
        path.write_bytes(bz2.compress(text.encode() + np.arange(6, dtype=">i2").tobytes().ljust(2880, b"\0")))
        return path

    good = write("good.fits.bz2", "NAXIS   = 2.0", "NAXIS1  = 3.0", "NAXIS2  = 2")
    np.testing.assert_array_equal(read_frame(good).data, [[0, 1, 2], [3, 4, 5]])
    long = write("long.fits.bz2", "NAXIS   = 2", "NAXIS1  = 100000000000000", "NAXIS2  = 2")
    with open_frame(long) as frame, pytest.raises(InputError, match="memory"):
        frame.rows(0, 1)
    deep = write("deep.fits.bz2", "NAXIS   = 4", *(f"NAXIS{axis}  = 900000000000" for axis in (1, 2, 3, 4)))
    for plane in (None, 7):
        with pytest.raises(InputError):
            read_frame(deep, plane=plane)


def test_an_undefined_unit_is_no_unit(tmp_path: Path) -> None:
    hdu = fits.PrimaryHDU(np.zeros((2, 2), np.float32))
    hdu.header["BUNIT"] = None
    hdu.writeto(tmp_path / "unit.fits")
    assert read_frame(tmp_path / "unit.fits").unit == ""
    with open_frame(tmp_path / "unit.fits") as frame:
        assert frame.unit == ""


def test_a_large_image_is_read_rightly_by_both_threads(tmp_path: Path) -> None:
    data = np.arange(2500 * 2001, dtype=np.float32).reshape(2500, 2001)
    path = tmp_path / "large.fits"
    fits.PrimaryHDU(data).writeto(path)
    np.testing.assert_array_equal(read_frame(path).data, data)


def test_a_file_changed_between_two_bands_is_refused(image_file: MakeFile) -> None:
    path = image_file(shape=(50, 40))
    with open_frame(path) as frame:
        frame.rows(0, 10)
        os.utime(path, ns=(1, 1))
        with pytest.raises(InputError, match="changed"):
            frame.rows(10, 20)


def test_bands_take_the_memory_of_a_band(image_file: MakeFile) -> None:
    path = image_file(shape=(2000, 1000))
    tracemalloc.start()
    try:
        with open_frame(path) as frame:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            for start in range(0, 2000, 100):
                frame.rows(start, start + 100)
            peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    band = 100 * 1000 * 4 * 3
    assert peak < 2.5 * band + 2_000_000
    assert peak < path.stat().st_size / 5


def test_the_whole_process_stays_small_while_bands_are_read(image_file: MakeFile) -> None:
    path = image_file(shape=(4000, 4000))
    code = (
        PEAK + "from calgui.core.frames.fits import open_frame, read_headers\n"
        "read_headers(sys.argv[1]); before = peak()\n"
        "frame = open_frame(sys.argv[1])\n"
        "for start in range(0, 4000, 100): frame.rows(start, start + 100)\n"
        "print(round(peak() - before))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 40


def test_importing_is_light() -> None:
    code = "import sys, calgui.core.frames.index, calgui.core.frames.fits; print('astropy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_map_of_subarrays_stays_with_a_frame(tmp_path: Path) -> None:
    """Read whole or in bands, from plain and packed files, and written again."""
    ids = np.zeros((50, 40), np.int16)
    ids[10:20, 5:9] = 2
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((50, 40), np.float32), name="SCI")])
    hdus.append(fits.ImageHDU(ids, name="SUBARR_MAP"))
    for name in ("full.fits", "full.fits.gz"):
        hdus.writeto(tmp_path / name)
        with open_frame(tmp_path / name) as banded:
            np.testing.assert_array_equal(banded.plane("SUBARR_MAP", 8, 12), ids[8:12])
            np.testing.assert_array_equal(banded.plane("SUBARR_MAP", 2, 4), ids[2:4])
            np.testing.assert_array_equal(banded.plane("SUBARR_MAP"), ids)
            assert banded.plane("OTHER") is None
        frame = read_frame(tmp_path / name)
        np.testing.assert_array_equal(frame.planes["SUBARR_MAP"], ids)
    written = write_frame(frame, tmp_path / "again.fits")
    with fits.open(written) as again:
        assert again["SUBARR_MAP"].data.dtype.kind == "i"
        np.testing.assert_array_equal(again["SUBARR_MAP"].data, ids)


def test_a_map_of_another_size_is_refused_only_where_it_is_asked_for(tmp_path: Path) -> None:
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((50, 40), np.float32), name="SCI")])
    hdus.append(fits.ImageHDU(np.zeros((50, 41), np.int16), name="SUBARR_MAP"))
    hdus.writeto(tmp_path / "odd.fits")
    assert not read_frame(tmp_path / "odd.fits").planes
    with (
        open_frame(tmp_path / "odd.fits") as banded,
        pytest.raises(InputError, match=r"odd\.fits: The extension SUBARR_MAP has 41 × 50 pixels, the image 40 × 50"),
    ):
        banded.plane("SUBARR_MAP")
