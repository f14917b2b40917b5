"""Spectra out of files, with wavelengths as astropy's WCS finds them."""

from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from calgui.core.errors import InputError
from calgui.core.spectra.axis import spectral_axis, wavelengths
from calgui.core.spectra.reading import read_spectrum, spectra_in
from calgui.core.spectra.wavelength import to_vacuum


@pytest.mark.parametrize(
    ("kind", "unit", "start", "step"),
    [
        ("WAVE", "m", 2.1e-6, 2e-10),
        ("WAVE", "Angstrom", 21000.0, 2.0),
        ("WAVE-LOG", "um", 2.1, 3e-4),
        ("AWAV", "nm", 900, 0.1),
    ],
)
def test_an_image_of_one_axis(tmp_path: Path, kind: str, unit: str, start: float, step: float) -> None:
    hdu = fits.PrimaryHDU(np.arange(50, dtype=">f4"))
    hdu.header.update(
        {"CTYPE1": kind, "CUNIT1": unit, "CRVAL1": start, "CDELT1": step, "CRPIX1": 3.0, "BUNIT": "electron"}
    )
    hdu.writeto(tmp_path / "one.fits")
    spectrum = read_spectrum(tmp_path / "one.fits")
    with fits.open(tmp_path / "one.fits") as opened:
        theirs = (WCS(opened[0].header).pixel_to_world_values(np.arange(50)) * units.m).to_value("nm")
    assert spectrum.wavelength is not None
    np.testing.assert_allclose(spectrum.wavelength, to_vacuum(theirs) if kind == "AWAV" else theirs, rtol=1e-10)
    assert spectrum.flux.tolist() == list(range(50))
    assert spectrum.unit == "electron"
    assert spectral_axis(spectrum.header, 1) == 1


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"CTYPE1": "LINEAR", "CRVAL1": 1.0, "CDELT1": 1.0},
        {"CTYPE1": "WAVE", "CRVAL1": "here", "CDELT1": 1.0},
        {"CTYPE1": "WAVE", "CRVAL1": 1.0, "CDELT1": 0.0},
        {"CTYPE1": "WAVE", "CRVAL1": -1.0, "CDELT1": 1e-3, "CUNIT1": "um"},
        {"CTYPE1": "WAVE", "CRVAL1": 1.0, "CDELT1": 1e-3, "CUNIT1": "parsec"},
        {"CTYPE1": "WAVE-TAB", "CRVAL1": 1.0, "CDELT1": 1e-3},
    ],
)
def test_an_axis_that_does_not_say(header: dict) -> None:
    assert wavelengths(header, 1, 10) is None


def test_an_axis_whose_step_is_in_the_matrix() -> None:
    # what astropy makes of a header with CD3_3: PC3_3, and 1 in CDELT3
    given = fits.Header()
    given.update({"CTYPE3": "WAVE", "CUNIT3": "um", "CRVAL3": 2.1, "CRPIX3": 2.0, "CD3_3": 2.5e-4, "WCSAXES": 3})
    given.update({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CD1_1": -1e-6, "CD2_2": 1e-6})
    written = WCS(given).to_header()
    assert "CD3_3" not in written
    assert written["PC3_3"] != 1
    found = wavelengths(written, 3, 40)
    assert found is not None
    np.testing.assert_allclose(found, 2100 + 0.25 * (np.arange(40) - 1), rtol=1e-12)
    written["CDELT3"] = 2.0
    both = wavelengths(written, 3, 40)
    assert both is not None
    np.testing.assert_allclose(np.diff(both), 0.5, rtol=1e-9)


def test_a_table_with_errors(tmp_path: Path) -> None:
    table = Table({"wave": [2.0, 2.1, 0.0], "flux": [1.0, 2.0, 3.0], "error": [0.1, 0.2, 0.3]})
    table["wave"].unit, table["flux"].unit = "um", "Jy"
    table.write(tmp_path / "t.fits")
    spectrum = read_spectrum(tmp_path / "t.fits")
    assert spectrum.wavelength is not None
    assert spectrum.error is not None
    np.testing.assert_allclose(spectrum.wavelength, [2000, 2100])
    assert spectrum.flux.tolist() == [1, 2]
    assert spectrum.error.tolist() == [0.1, 0.2]
    assert spectrum.unit == "Jy"


def test_a_column_in_air_without_unit(tmp_path: Path) -> None:
    Table({"wave_air": [8115.311, 9122.967], "counts": [1, 2]}).write(tmp_path / "air.fits")
    spectrum = read_spectrum(tmp_path / "air.fits")
    assert spectrum.wavelength is not None
    np.testing.assert_allclose(spectrum.wavelength, [811.7542, 912.5471], atol=2e-4)


def test_what_holds_none_is_told(tmp_path: Path) -> None:
    fits.PrimaryHDU(np.zeros((4, 4))).writeto(tmp_path / "image.fits")
    with pytest.raises(InputError, match="holds no spectrum"):
        read_spectrum(tmp_path / "image.fits")
    Table({"a": [1.0]}).write(tmp_path / "table.fits")
    assert spectra_in(tmp_path / "table.fits") == ()
    with pytest.raises(InputError, match="HDU 7 holds no spectrum"):
        read_spectrum(tmp_path / "table.fits", 7)
    (tmp_path / "text.fits").write_text("no")
    with pytest.raises(InputError):
        read_spectrum(tmp_path / "text.fits")


def test_a_table_that_is_cut_short(tmp_path: Path) -> None:
    whole = tmp_path / "whole.fits"
    Table({"wave": np.arange(2000.0) + 900, "flux": np.arange(2000.0)}).write(whole)
    (tmp_path / "short.fits").write_bytes(whole.read_bytes()[:12000])
    with pytest.raises(InputError, match=r"short\.fits"):
        read_spectrum(tmp_path / "short.fits")


@pytest.mark.parametrize("name", ["keck_mosfire_arcs_H", "keck_mosfire_arcs_Y", "keck_mosfire_OH_H"])
def test_real_spectra(real_data: Path, name: str) -> None:
    spectrum = read_spectrum(real_data / "arcs" / f"{name}.fits")
    assert spectrum.wavelength is not None
    assert np.all(np.diff(spectrum.wavelength) > 0)
    low, high = (890, 1210) if name.endswith("Y") else (1380, 1860)
    assert low < spectrum.wavelength[0] < spectrum.wavelength[-1] < high


def test_errors_and_quality_are_read_with_their_spectrum(tmp_path: Path) -> None:
    path = tmp_path / "spectrum.fits"
    parts = [fits.ImageHDU(np.full(9, value, np.float32), name=name) for name, value in (("SCI", 5), ("ERR", 1))]
    quality = fits.ImageHDU(np.zeros(9, np.uint32), name="DQ")
    fits.HDUList([fits.PrimaryHDU(), *parts, quality]).writeto(path)
    assert [hdu.name for hdu in spectra_in(path)] == ["SCI"]
    spectrum = read_spectrum(path)
    assert spectrum.error is not None
    assert spectrum.error.tolist() == [1] * 9
    # errors that are of nothing are looked at all the same
    parts[1].writeto(tmp_path / "alone.fits")
    assert len(spectra_in(tmp_path / "alone.fits")) == 1


def test_the_places_of_a_stack_are_no_spectrum(tmp_path: Path) -> None:
    places = Table({"SPECTRUM": np.arange(4), "ROW": [0, 0, 1, 1], "COLUMN": [0, 1, 0, 1]})
    stack = fits.ImageHDU(np.ones((4, 30), np.float32), name="SCI")
    fits.HDUList([fits.PrimaryHDU(), stack, fits.BinTableHDU(places, name="LENSLETS")]).writeto(tmp_path / "s.fits")
    assert spectra_in(tmp_path / "s.fits") == ()
