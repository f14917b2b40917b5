"""The PSF star and the fiber of the demo night on the command line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner

from calgui.cli.main import cli
from calgui.core.simulate import DemoNight
from tests.cli.nights import run

NIGHT = "iris_20260311"


def test_the_psf_star(demo_night: DemoNight, truth: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "psf.fits"
    raw = demo_night.raw / f"{NIGHT}_psfstar_0001.fits"
    document = run("measure-psf", "--cache", demo_night.cache, "-p", "flux_radius=200", "-o", out, raw)
    metrics, star = document["metrics"], truth["kinds"]["psfstar"]
    assert metrics["x_pixel"] == pytest.approx(star["x_pixel"], abs=0.03)
    assert metrics["y_pixel"] == pytest.approx(star["y_pixel"], abs=0.03)
    assert metrics["flux_radius_mas"] == 200
    assert 0 < metrics["strehl_error"] < metrics["strehl"]
    # K: λ/D is 15.1 mas
    assert 14 < metrics["fwhm_optical_mas"] < metrics["fwhm_mas"] < 18
    assert metrics["ee50_mas"] < metrics["ee80_mas"] <= 200
    with fits.open(out) as hdus:
        names = [hdu.name for hdu in hdus]
        assert names[1:4] == ["SCI", "ERR", "DQ"]
        assert {"STARS", "PROFILE", "CUTOUTS"} <= set(names)
        assert hdus["SCI"].data.sum() == pytest.approx(1, abs=1e-4)
        assert np.unravel_index(hdus["SCI"].data.argmax(), hdus["SCI"].data.shape) == (
            hdus[0].header["PSFY"] - 1,
            hdus[0].header["PSFX"] - 1,
        )
        assert hdus["STARS"].data["strehl"][0] == pytest.approx(metrics["strehl"])
        assert hdus["STARS"].columns.names[0] == "id"
        assert hdus[0].header["REFTYPE"] == "PSFSTAR"
        assert hdus[0].header["S_PSF"] == "COMPLETE"
    told = next(table for table in document["tables"] if table["title"].startswith("Adaptive optics"))
    assert "LGSR0" in [row[0] for row in told["rows"]]


def test_the_fiber_is_its_own_kind(demo_night: DemoNight, truth: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "fiber.fits"
    raw = demo_night.raw / f"{NIGHT}_fiber_0001.fits"
    made = CliRunner().invoke(cli, ["run", "measure-psf", "-p", "flux_radius=200", "-o", str(out), str(raw), "--json"])
    assert made.exit_code in {0, 1}, made.stderr
    document = json.loads(made.stdout)
    # a raw exposure: a hot pixel stands beside its core
    assert document["metrics"]["x_pixel"] == pytest.approx(truth["kinds"]["fiber"]["x_pixel"], abs=0.1)
    with fits.open(out) as hdus:
        assert hdus[0].header["REFTYPE"] == "FIBER"


def test_what_is_missing_is_asked_for(demo_night: DemoNight, tmp_path: Path) -> None:
    raw = demo_night.raw / f"{NIGHT}_psfstar_0001.fits"
    for keywords, option in ((("SCALE",), "pixel_scale_mas"), (("WAVEMIN", "WAVEMAX", "WAVECEN"), "wavelength_um")):
        path = tmp_path / f"{option}.fits"
        with fits.open(raw) as hdus:
            for hdu in hdus:
                for keyword in keywords:
                    hdu.header.remove(keyword, ignore_missing=True)
            hdus.writeto(path)
        made = CliRunner().invoke(cli, ["run", "measure-psf", str(path), "--json"])
        assert made.exit_code == 3
        assert option in made.stderr
        assert keywords[0] in made.stderr


@pytest.mark.parametrize("kind", ["pinhole", "dark"])
def test_pinholes_and_darks_are_no_stars(demo_night: DemoNight, kind: str) -> None:
    path = next(demo_night.raw.glob(f"{NIGHT}_{kind}_*.fits"))
    made = CliRunner().invoke(
        cli, ["run", "measure-psf", "-p", "pixel_scale_mas=4", "-p", "wavelength_um=2.2", str(path), "--json"]
    )
    assert made.exit_code == 3, made.stdout
    assert "pinholes" in made.stderr or "no star" in made.stderr or "narrower" in made.stderr
