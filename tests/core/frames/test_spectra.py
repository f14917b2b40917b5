"""Tables with a column of flux as frames."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.errors import InputError
from calgui.core.frames import dq
from calgui.core.frames.spectra import open_input


def written(path: Path, *hdus: fits.hdu.base.ExtensionHDU) -> Path:
    primary = fits.PrimaryHDU()
    primary.header["LAMP"] = "Ar"
    fits.HDUList([primary, *hdus]).writeto(path)
    return path


def test_flux_error_and_flags_of_a_table(tmp_path: Path) -> None:
    columns = [
        fits.Column("WAVE", "D", array=np.arange(8.0)),
        fits.Column("Flux", "E", array=np.arange(8.0), unit="electron"),
        fits.Column("error", "E", array=np.full(8, 2.0)),
        fits.Column("dq", "J", array=np.array([0, dq.SATURATED] * 4)),
    ]
    path = written(tmp_path / "t.fits", fits.BinTableHDU.from_columns(columns))
    with open_input(path) as frame:
        assert frame.shape == (8,)
        assert frame.header["LAMP"] == "Ar"
        assert frame.unit == "electron"
        rows = frame.rows(2, 5)
        assert list(rows.data) == [2, 3, 4]
        assert rows.err is not None
        assert rows.dq is not None
        assert list(rows.err) == [2, 2, 2]
        assert list(rows.dq) == [0, dq.SATURATED, 0]
        assert "NAXIS1" not in frame.header


def test_one_spectrum_in_each_row(tmp_path: Path) -> None:
    column = fits.Column("flux", "5E", array=np.arange(15.0).reshape(3, 5))
    path = written(tmp_path / "t.fits", fits.BinTableHDU.from_columns([column]))
    with open_input(path) as frame:
        assert frame.shape == (3, 5)
        assert frame.rows(1, 2).data[0, 4] == 9


def test_places_of_a_stack_by_the_table_beside_it(tmp_path: Path) -> None:
    image = fits.ImageHDU(np.zeros((4, 20), np.float32), name="SCI")
    columns = [fits.Column("row", "J", array=[0, 0, 1, 1]), fits.Column("column", "J", array=[0, 1, 0, 1])]
    table = fits.BinTableHDU.from_columns(columns, name="LENSLETS")
    with open_input(written(tmp_path / "a.fits", image, table)) as frame:
        assert frame.places is not None
        assert list(frame.places[1]) == [0, 1, 0, 1]
    with open_input(written(tmp_path / "b.fits", image)) as frame:
        assert frame.places is None


def test_a_table_without_flux_is_no_input(tmp_path: Path) -> None:
    column = fits.Column("x", "E", array=np.arange(3.0))
    with pytest.raises(InputError, match="no image"):
        open_input(written(tmp_path / "t.fits", fits.BinTableHDU.from_columns([column])))
