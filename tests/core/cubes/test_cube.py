"""Planes, spectra and sums of cubes in every order of axes, from file and memory, against numpy."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.cubes.cube import Cube
from calgui.core.cubes.reading import kind_of, open_cube
from calgui.core.errors import InputError, UsageError
from calgui.core.frames.dq import DO_NOT_USE, HOT
from calgui.core.jobs import Job
from tests.peak import PEAK

#: (wavelength, y, x)
SHAPE = (40, 9, 7)


def numbers(shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    return np.random.default_rng(5).normal(10, 2, shape).astype(np.float32)


def axis(number: int, kind: str = "WAVE", unit: str = "um") -> dict[str, object]:
    return {
        f"CTYPE{number}": kind, f"CUNIT{number}": unit, f"CRVAL{number}": 2.0, f"CRPIX{number}": 1.0,
        f"CDELT{number}": 0.001,
    }  # fmt: skip


def save(
    path: Path,
    data: np.ndarray,
    cards: dict[str, object] | None = None,
    err: np.ndarray | None = None,
    dq: np.ndarray | None = None,
) -> Path:
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(data, name="SCI")])
    hdus[1].header.update({"BUNIT": "electron/s", **(cards or {})})
    for name, array in (("ERR", err), ("DQ", dq)):
        if array is not None:
            hdus.append(fits.ImageHDU(array, name=name))
    hdus.writeto(path)
    return path


def opened(path: Path, loaded: bool) -> Cube:
    cube = open_cube(path)
    assert not cube.loaded
    if loaded:
        cube.load(Job())
        assert cube.loaded
    return cube


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize(
    ("order", "cards"),
    [
        ((0, 1, 2), axis(3)),
        ((1, 2, 0), axis(1) | {"CTYPE2": "RA---TAN", "CTYPE3": "DEC--TAN"}),
        ((2, 1, 0), axis(1) | {"CTYPE2": "RA---TAN", "CTYPE3": "DEC--TAN"}),
        ((1, 0, 2), axis(2)),
        ((0, 1, 2), {}),
    ],
)
def test_every_order_of_axes(
    tmp_path: Path, order: tuple[int, int, int], cards: dict[str, object], loaded: bool
) -> None:
    data = numbers()
    stored = data.transpose(order)
    if order == (2, 1, 0):  # x slowest: right ascension is on the third FITS axis
        cards = cards | {"CTYPE2": "DEC--TAN", "CTYPE3": "RA---TAN"}
    cube = opened(save(tmp_path / "c.fits", stored, cards, err=np.abs(stored), dq=None), loaded)
    assert cube.shape == SHAPE
    np.testing.assert_array_equal(cube.plane(17).data, data[17])
    np.testing.assert_array_equal(cube.plane(39).err, np.abs(data[39]))
    for x, y in ((0, 0), (6, 8), (3, 4), (4, 4)):
        np.testing.assert_allclose(cube.spectrum(x, y).flux, data[:, y, x])
    if cards:
        np.testing.assert_allclose(cube.wavelength, 2000 + np.arange(40), rtol=1e-12)
    else:
        assert cube.wavelength is None
    np.testing.assert_allclose(cube.collapse(5, 9, "sum", Job()).data, data[5:9].sum(axis=0), rtol=1e-5)
    np.testing.assert_allclose(cube.collapse(5, 9, "median", Job()).data, np.median(data[5:9], axis=0), rtol=1e-6)


@pytest.mark.parametrize("loaded", [False, True])
def test_what_must_not_be_used_is_left_out(tmp_path: Path, loaded: bool) -> None:
    data, err = numbers(), np.full(SHAPE, 2.0, np.float32)
    dq = np.zeros(SHAPE, np.int32)
    dq[3, 4, 5] = DO_NOT_USE | HOT
    data[3, 4, 5] = 1e6
    data[7, 4, 5] = np.nan
    dq[:, 0, 0] = HOT
    cube = opened(save(tmp_path / "c.fits", data, axis(3), err, dq), loaded)
    spectrum = cube.spectrum(5, 4)
    assert np.flatnonzero(np.isnan(spectrum.flux)).tolist() == [3, 7]
    good = np.ones(40, bool)
    good[[3, 7]] = False
    mean = cube.collapse(0, 40, "mean", Job())
    assert mean.data[4, 5] == pytest.approx(data[good, 4, 5].mean(), rel=1e-5)
    assert mean.err[4, 5] == pytest.approx(2.0 / np.sqrt(38), rel=1e-5)
    assert mean.err[1, 1] == pytest.approx(2.0 / np.sqrt(40), rel=1e-5)
    assert mean.dq[0, 0] == HOT
    assert mean.dq[4, 5] == 0
    median = cube.collapse(0, 40, "median", Job())
    assert median.data[4, 5] == pytest.approx(np.median(data[good, 4, 5]), rel=1e-6)
    total = cube.collapse(0, 40, "sum", Job())
    assert total.err[1, 1] == pytest.approx(2.0 * np.sqrt(40), rel=1e-5)


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("how", ["mean", "sum", "median"])
def test_spectra_of_regions(tmp_path: Path, how: str, loaded: bool) -> None:
    data, err = numbers(), np.full(SHAPE, 2.0, np.float32)
    data[11] = np.nan
    data[12, 4, 3] = np.nan
    cube = opened(save(tmp_path / "c.fits", data, axis(3), err), loaded)
    mask = np.zeros(SHAPE[1:], bool)
    mask[2:6, 3:5] = True
    mask[2, 3] = False
    spectrum = cube.spectrum_of(mask, how)
    with np.errstate(all="ignore"):
        values = data[:, mask].astype(float)
        expected = {"mean": np.nanmean, "sum": np.nansum, "median": np.nanmedian}[how](values[[0, 12, 39]], axis=1)
    np.testing.assert_allclose(spectrum.flux[[0, 12, 39]], expected)
    assert np.isnan(spectrum.flux[11])
    scale = {"mean": 1 / np.sqrt(7), "sum": np.sqrt(7), "median": np.sqrt(np.pi / 2 / 7)}[how]
    assert spectrum.error[0] == pytest.approx(2.0 * scale)
    with pytest.raises(UsageError):
        cube.spectrum_of(np.zeros(SHAPE[1:], bool), how)


def test_the_error_of_a_median_is_its_scatter() -> None:
    # against random numbers: many medians of 101 normal deviates
    draws = np.median(np.random.default_rng(2).normal(0, 1, (20_000, 101)), axis=1)
    assert np.std(draws) == pytest.approx(1.2533 / np.sqrt(101), rel=0.03)


def test_compressed_and_scaled_files(tmp_path: Path) -> None:
    data = numbers()
    plain = save(tmp_path / "c.fits", data, axis(3))
    packed = tmp_path / "c.fits.gz"
    import gzip

    packed.write_bytes(gzip.compress(plain.read_bytes()))
    np.testing.assert_allclose(open_cube(packed).spectrum(3, 4).flux, data[:, 4, 3])
    tiled = tmp_path / "t.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(data, compression_type="GZIP_2", name="SCI")]).writeto(tiled)
    np.testing.assert_allclose(open_cube(tiled).spectrum(3, 4).flux, data[:, 4, 3])
    scaled = tmp_path / "s.fits"
    hdu = fits.PrimaryHDU((np.arange(60).reshape(5, 4, 3) * 10).astype(np.int16))
    hdu.header["BSCALE"], hdu.header["BZERO"] = 0.5, 100.0
    hdu.writeto(scaled)
    with fits.open(scaled) as reference:
        np.testing.assert_allclose(open_cube(scaled).spectrum(2, 3).flux, reference[0].data[:, 3, 2])


def test_other_files_are_refused(tmp_path: Path) -> None:
    fits.PrimaryHDU(np.zeros((4, 5))).writeto(tmp_path / "flat.fits")
    fits.PrimaryHDU(np.zeros((2, 3, 4, 5))).writeto(tmp_path / "four.fits")
    whole = save(tmp_path / "whole.fits", numbers(), axis(3))
    cut = tmp_path / "cut.fits"
    cut.write_bytes(whole.read_bytes()[:9000])
    for name in ("flat", "four", "cut", "none"):
        with pytest.raises(InputError) as told:
            open_cube(tmp_path / f"{name}.fits")
        assert told.value.path is not None
    cube = open_cube(whole)
    for call in (lambda: cube.plane(40), lambda: cube.spectrum(7, 0), lambda: cube.spectrum(0, -1)):
        with pytest.raises(UsageError):
            call()
    with pytest.raises(UsageError):
        cube.collapse(5, 5, "mean", Job())


def test_kinds(tmp_path: Path) -> None:
    assert kind_of(save(tmp_path / "cube.fits", numbers(), axis(3))) == "cube"
    assert kind_of(save(tmp_path / "plain.fits", numbers())) == "cube"
    fits.PrimaryHDU(np.zeros((1, 5, 4, 3))).writeto(tmp_path / "ramp.fits")
    assert kind_of(tmp_path / "ramp.fits") == "ramp"
    three = save(tmp_path / "three.fits", numbers(), {"NGROUPS": 40})
    assert kind_of(three) == "ramp"
    fits.PrimaryHDU(np.zeros((4, 3))).writeto(tmp_path / "flat.fits")
    assert kind_of(tmp_path / "flat.fits") is None
    assert kind_of(tmp_path / "none.fits") is None


_LARGE = (
    PEAK
    + """
from calgui.core.cubes.reading import open_cube
from calgui.core.jobs import Job
cube = open_cube(sys.argv[1])
for plane in (0, 500, 1999):
    assert cube.plane(plane).data.shape == (900, 850)
spectrum = cube.spectrum(425, 450)
assert len(spectrum) == 2000 and spectrum.flux[7] == 0.0
assert cube.collapse(100, 140, "mean", Job()).data.max() == 0.0
print(peak())
"""
)


def test_six_gigabytes_need_less_than_one(tmp_path: Path) -> None:
    path = tmp_path / "large.fits"
    header = fits.Header({"SIMPLE": True, "BITPIX": -32, "NAXIS": 3, "NAXIS1": 850, "NAXIS2": 900, "NAXIS3": 2000})
    text = header.tostring(sep="", padding=True).encode()
    with path.open("wb") as file:
        file.write(text)
        size = 850 * 900 * 2000 * 4
        file.truncate(len(text) + size + -size % 2880)  # a hole: takes no room on the disk
    made = subprocess.run(
        [sys.executable, "-c", _LARGE, str(path)], capture_output=True, text=True, check=True, env=os.environ
    )
    assert float(made.stdout) < 1000  # MB
