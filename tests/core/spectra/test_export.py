"""What is written is read back by astropy and by ourselves."""

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from astropy.units import UnitsWarning

from calgui.core.errors import InputError, UsageError
from calgui.core.spectra.export import write_spectrum
from calgui.core.spectra.reading import read_spectrum
from calgui.core.spectra.spectrum import Spectrum

SPECTRUM = Spectrum(
    np.array([1.5, np.nan, 3.0]), np.array([0.1, 0.2, 0.3]), np.array([2000.0, 2000.25, 2000.5]), "electron / s", "arc"
)


@pytest.mark.parametrize(("ending", "kind"), [(".ecsv", "ascii.ecsv"), (".fits", "fits")])
def test_astropy_reads_it_back(tmp_path: Path, ending: str, kind: str) -> None:
    path = write_spectrum(SPECTRUM, tmp_path / f"one{ending}")
    # astropy knows no electron as a unit of FITS, and keeps its name
    with pytest.warns(UnitsWarning, match="electron") if kind == "fits" else nullcontext():
        table = Table.read(path, format=kind)
    assert str(table["wavelength"].unit) == "nm"
    assert str(table["flux"].unit) == "electron / s"
    np.testing.assert_array_equal(np.ma.filled(table["flux"], np.nan), SPECTRUM.flux)
    np.testing.assert_array_equal(table["wavelength"], SPECTRUM.wavelength)
    np.testing.assert_array_equal(table["error"], SPECTRUM.error)
    assert table.meta["NAME" if kind != "fits" else "OBJNAME"] == "arc"
    with pytest.raises(InputError, match="exists"):
        write_spectrum(SPECTRUM, path)
    assert list(tmp_path.iterdir()) == [path]


def test_we_read_it_back(tmp_path: Path) -> None:
    back = read_spectrum(write_spectrum(SPECTRUM, tmp_path / "one.fits"))
    np.testing.assert_array_equal(back.flux, SPECTRUM.flux)
    np.testing.assert_array_equal(back.wavelength, SPECTRUM.wavelength)
    np.testing.assert_array_equal(back.error, SPECTRUM.error)


def test_an_odd_unit_and_no_wavelengths(tmp_path: Path) -> None:
    path = write_spectrum(Spectrum(np.ones(2), unit="DN per whatever", name="é"), tmp_path / "odd.ecsv")
    assert Table.read(path, format="ascii.ecsv").colnames == ["pixel", "flux"]


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.ecsv, \.fits"):
        write_spectrum(SPECTRUM, tmp_path / "one.txt")
