"""Inputs that are a header, and references that are a table."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from calgui.core.algorithms.inputkinds import kind_of
from calgui.core.algorithms.registry import algorithm
from calgui.core.errors import InputError
from calgui.core.runs.headerframes import enter_input, read_table, table_frame


def _bare(path: Path) -> Path:
    header = fits.Header({"EL": 45.0, "PRESSURE": 615.0})
    header.comments["PRESSURE"] = "[hPa] of the air"
    more = fits.ImageHDU(name="META", header=fits.Header({"HUMIDITY": 20.0, "EL": 10.0}))
    fits.HDUList([fits.PrimaryHDU(header=header), more]).writeto(path)
    return path


def test_a_header_without_pixels(tmp_path: Path) -> None:
    path = _bare(tmp_path / "bare.fits")
    with ExitStack() as stack:
        frame = enter_input(stack, algorithm("adc-residual"), path)
        assert kind_of(frame) == "header"
        assert frame.header["HUMIDITY"] == 20.0
        assert frame.header["EL"] == 45.0  # the first one counts
        assert frame.header.comments["PRESSURE"].startswith("[hPa]")  # type: ignore[attr-defined]


def test_others_ask_for_pixels(tmp_path: Path) -> None:
    path = _bare(tmp_path / "bare.fits")
    with ExitStack() as stack, pytest.raises(InputError, match="no image"):
        enter_input(stack, algorithm("measure-psf"), path)


def test_a_table_as_a_reference(tmp_path: Path) -> None:
    path = tmp_path / "adc.fits"
    table = Table({"wavelength": np.linspace(1, 2, 5), "name": ["a"] * 5, "shift_along": np.arange(5.0)})
    primary = fits.PrimaryHDU(header=fits.Header({"REFTYPE": "ADC"}))
    fits.HDUList([primary, fits.BinTableHDU(table, name="ADC")]).writeto(path)
    frame = read_table(path, "ADC")
    assert frame.header["COLUMNS"] == "wavelength,shift_along"
    assert frame.header["REFTYPE"] == "ADC"
    assert frame.data[1].tolist() == [0, 1, 2, 3, 4]


def test_a_file_without_a_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no table ADC"):
        read_table(_bare(tmp_path / "bare.fits"), "ADC")


def test_columns_of_numbers_alone() -> None:
    frame = table_frame({"a": np.ones(3), "b": np.array(["x"] * 3), "c": np.ones((3, 2))}, {}, None)
    assert frame.header["COLUMNS"] == "a"
    assert frame.shape == (1, 3)
