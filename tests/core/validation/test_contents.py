"""References that are no images: corrections, shifts, distortions, wavelengths, profiles, with known truth."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from calgui.core.frames.fits import read_frame
from calgui.core.validation.contents import describe_contents
from calgui.core.validation.found import CONTENTS

LINEAR = {"LINFORM": "MULTIPLY", "LINUNIT": "adu", "LINMAX": 50000.0, "SATURATE": 100000.0, "GAIN": 2.0}


def write(path: Path, header: dict[str, Any], *hdus: Any) -> Path:
    primary = fits.PrimaryHDU()
    primary.header.update(header)
    fits.HDUList([primary, *hdus]).writeto(path)
    return path


def described(kind: str, path: Path, extension: str | None = None) -> dict[str, Any]:
    found, why = describe_contents(kind, path, read_frame(path, extension) if extension else None)
    assert why == ""
    return {name: metric.value for name, metric in found.items()}


def test_corrections(tmp_path: Path) -> None:
    planes = np.zeros((3, 24, 24), np.float32)  # with 4 reference pixels at each border
    planes[1] = 2e-6  # (1 + 2e-6 x) x: 8 % at 80 % of 50,000
    planes[1, 4] = np.nan
    planes[1, 5] = -3e-5  # turns at 16,667
    hdu = fits.ImageHDU(planes, name="COEFFS")
    found = described("NONLINCOEFF", write(tmp_path / "n.fits", LINEAR, hdu), "COEFFS")
    assert found["correction_fraction"] == pytest.approx(0.08, rel=1e-3)
    assert found["uncorrected_fraction"] == pytest.approx(1 / 16)
    assert found["falling_fraction"] == pytest.approx(1 / 15)
    nothing, why = describe_contents(
        "NONLINCOEFF", tmp_path, read_frame(write(tmp_path / "m.fits", {"LINFORM": "?"}, hdu), "COEFFS")
    )
    assert nothing == {}
    assert "LINFORM" in why


def test_shifts(tmp_path: Path) -> None:
    wave = np.linspace(1.5, 1.8, 7)
    table = Table({"wavelength": wave, "shift_along": 30 * (wave - 1.5), "shift_across": 40 * (wave - 1.5)})
    hdu = fits.BinTableHDU(table, name="ADC")
    found = described("ADC", write(tmp_path / "a.fits", {"REFTYPE": "ADC"}, hdu))
    assert found["shift_range_mas"] == pytest.approx(15)
    assert (found["first_wavelength_um"], found["last_wavelength_um"]) == pytest.approx((1.5, 1.8))


def test_distortions(tmp_path: Path) -> None:
    header = {
        "CRPIX1": 101.0, "CRPIX2": 101.0, "CD1_1": 1.0, "CD2_2": 1.0, "A_ORDER": 2, "B_ORDER": 2, "A_2_0": 1e-4,
        "AP_ORDER": 2, "BP_ORDER": 2, "AP_2_0": -1e-4, "DISTNX": 201, "DISTNY": 201,
    }  # fmt: skip
    hdu = fits.ImageHDU(np.zeros((1, 1), np.float32), name="DISTORTION")
    hdu.header.update(header)
    found = described("DISTORTION", write(tmp_path / "d.fits", {"REFTYPE": "DISTORTION"}, hdu))
    assert found["distortion_fraction"] == pytest.approx(1 / 201)
    # u + 1e-4 u² and back at u = ±100: 99 or 101, less 1e-4 of its square
    assert found["there_and_back_pixel"] == pytest.approx(0.0201, abs=1e-4)


def test_wavelengths(tmp_path: Path) -> None:
    waves = np.repeat(np.linspace(1.5, 1.78, 200)[None, :], 10, axis=0)
    waves[3] = waves[3, ::-1]
    waves[5, 40:] = np.nan
    hdu = fits.ImageHDU(waves, name="WAVELENGTH")
    found = described("WAVECAL", write(tmp_path / "w.fits", {"FILTER": "Hbb"}, hdu), "WAVELENGTH")
    assert found["turning_fraction"] == pytest.approx(0.1)
    assert found["dispersion_nm"] == pytest.approx(280 / 199, rel=1e-3)
    assert found["in_filter_fraction"] == 1
    other = described("WAVECAL", write(tmp_path / "k.fits", {"FILTER": "Kbb"}, hdu), "WAVELENGTH")
    assert other["in_filter_fraction"] == 0


def test_profiles(tmp_path: Path) -> None:
    cube = np.zeros((4, 5, 30), np.float32)
    cube[:, 2] = 0.7
    cube[:, 1] = cube[:, 3] = 0.15
    cube[3] = 0
    found = described("RECTMAT", write(tmp_path / "r.fits", {}, fits.ImageHDU(cube, name="SCI")), "SCI")
    assert found["profile_sum"] == pytest.approx(1)
    assert found["dark_fraction"] == pytest.approx(0.25)
    assert found["negative_fraction"] == 0


def test_types_that_are_images_have_none(tmp_path: Path) -> None:
    assert "DARK" not in CONTENTS
    assert describe_contents("DARK", tmp_path, None) == ({}, "")
