"""From the lenslets' arc of the demo night to the shift of its sky and to linear spectra, held to what was put in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.simulate import DemoNight
from tests.cli.nights import exposures, run


@pytest.fixture(scope="module")
def wavecal(truth: Mapping[str, Any], folder: Path) -> Path:
    """What a perfect solution of the day's arc would be, from the truth; dead lenslets have none."""
    told = truth["kinds"]["lensletarc"]
    coefficients = np.array(told["wavelength_nm"])
    u = np.linspace(-1, 1, told["pixels"])
    wave = np.polynomial.legendre.legval(u, coefficients.T) / 1e3
    wave[told["dead"]] = np.nan
    header = fits.Header({"REFTYPE": "WAVECAL", "INSTRUME": "IRIS"})
    image = fits.ImageHDU(wave, fits.Header({"BUNIT": "um"}), name="WAVELENGTH")
    out = folder / "wavecal.fits"
    fits.HDUList([fits.PrimaryHDU(header=header), image]).writeto(out)
    return out


def test_the_sky_is_shifted_as_it_was_put_in(
    demo_night: DemoNight, wavecal: Path, truth: Mapping[str, Any], tmp_path: Path
) -> None:
    """Of every lenslet, and of all of them."""
    true = np.array(truth["kinds"]["ohsky"]["shift_pixel"])
    out = tmp_path / "shift.fits"
    sky = exposures(demo_night, "ohsky", 1)
    document = run("night-shift", "--reference", f"WAVECAL={wavecal}", *sky, "-o", out, code=1)
    metrics = document["metrics"]
    assert document["verdict"] == "bad"
    assert "limit 0.1" in document["reasons"][0]
    assert metrics["shift_pixel"] == pytest.approx(np.median(true), abs=0.012)
    assert metrics["shift_error_pixel"] < 0.02
    assert metrics["n_spectra"] > 490
    with fits.open(out) as hdus:
        table = hdus["SHIFT"].data
        good = np.isfinite(table["shift"])
        off = table["shift"][good] - true[good]
        assert abs(np.median(off)) < 0.012
        assert 1.4826 * np.median(np.abs(off - np.median(off))) < 0.05
        assert hdus[0].header["WSHIFT"] == pytest.approx(metrics["shift_pixel"])
        assert len(hdus["LINES"].data) == metrics["n_lines"]


def test_spectra_on_a_linear_grid_hold_what_they_held(demo_night: DemoNight, wavecal: Path, tmp_path: Path) -> None:
    """And the header says where they are."""
    out = tmp_path / "linear.fits"
    sky = exposures(demo_night, "ohsky", 1)
    document = run("resample-spectra", "--reference", f"WAVECAL={wavecal}", *sky, "-o", out)
    assert document["verdict"] == "good"
    assert document["metrics"]["flux_ratio"] == pytest.approx(1, abs=1e-3)
    with fits.open(out) as hdus, fits.open(sky[0]) as before, fits.open(wavecal) as solution:
        header = hdus["SCI"].header
        assert (header["CTYPE1"], header["CUNIT1"]) == ("WAVE", "um")
        assert hdus["SCI"].shape == hdus["CORR"].shape == hdus["ERR"].shape == hdus["DQ"].shape
        assert hdus[0].header["S_RESAMP"] == "COMPLETE"
        good = ~np.any(before["DQ"].data & 1, axis=1) & np.isfinite(solution["WAVELENGTH"].data).all(axis=1)
        sums = np.nansum(hdus["SCI"].data[good].astype(float), axis=1)
        assert sums == pytest.approx(before["SCI"].data[good].astype(float).sum(axis=1), rel=1e-6)
        grid = header["CRVAL1"] + header["CDELT1"] * np.arange(header["NAXIS1"])
        wave = solution["WAVELENGTH"].data
        assert grid[0] <= np.nanmin(wave) + header["CDELT1"]
        assert grid[-1] >= np.nanmax(wave) - header["CDELT1"]


def test_spectra_without_a_solution_are_refused(demo_night: DemoNight) -> None:
    """With what to do."""
    sky = exposures(demo_night, "ohsky", 1)
    for name in ("night-shift", "resample-spectra"):
        said = run(name, *sky, code=2)["error"]
        assert "WAVECAL" in said
