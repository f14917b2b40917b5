"""The flux stars of the demo night, on the command line, held to the truth that was put in."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner
from photutils.aperture import CircularAperture

from calgui.cli.main import cli
from calgui.core.simulate import DemoNight
from calgui.core.simulate.kinds import fluxstars
from calgui.core.simulate.optics import vignetting
from calgui.core.simulate.starlight import add_light
from tests.cli.nights import run


@pytest.fixture(scope="module")
def calibrated(demo_night: DemoNight, truth: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("flux") / "star.fits"
    star = truth["kinds"]["fluxstars"]["exposures"][0]
    run("quick-look", "--cache", demo_night.cache, "-o", out, demo_night.raw / star["file"])
    return out


def test_the_zero_point_is_that_of_the_night(calibrated: Path, truth: dict[str, Any]) -> None:
    star, size = truth["kinds"]["fluxstars"]["exposures"][0], truth["size"]
    words = ("-p", f"magnitude={star['mag_vega']}", "-p", "magnitude_system=Vega", "-p", "flux_radius=400", calibrated)
    found = run("zero-point", *words)["metrics"]
    light = np.zeros((size, size), np.float32)
    place = (star["x_pixel"], star["y_pixel"])
    add_light(light, *place, star["flux_e_per_s"], fluxstars.EXPOSURES[0].light)
    # the flat has a median of 1, and the light of the truth stands where it is brightest
    light *= np.median(vignetting(size))
    # of the same definition: within the flux radius, to which the halo's light in the annulus is given back
    flux = float(CircularAperture(place, 100.0).do_photometry(light)[0][0])
    expected = star["mag_vega"] + found["ab_minus_vega_mag"] + 2.5 * math.log10(flux)
    assert found["zero_point_ab_mag"] == pytest.approx(expected, abs=3 * found["error_mag"])
    assert found["error_mag"] < 0.2
    assert found["x_pixel"] == pytest.approx(star["x_pixel"], abs=0.1)


def test_the_product_holds_growth_and_photometry(calibrated: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.fits"
    found = run("extract-star", "-p", "flux_radius=400", "-o", out, calibrated)
    with fits.open(out) as hdus:
        assert hdus[0].header["REFTYPE"] == "FLUXSTAR"
        assert hdus[0].header["S_EXTR1D"] == "COMPLETE"
        growth, row = hdus["GROWTH"].data, hdus["PHOTOMETRY"].data
        assert growth["radius"][-1] == pytest.approx(400)
        assert growth["flux"][-1] == pytest.approx(found["metrics"]["flux_e_per_s"])
        assert row["aperture_mas"][0] == pytest.approx(found["metrics"]["aperture_mas"])


def test_a_saturated_star_is_bad_and_a_missing_magnitude_is_asked_for(
    demo_night: DemoNight, truth: dict[str, Any]
) -> None:
    path = demo_night.raw / truth["kinds"]["fluxstars"]["exposures"][1]["file"]
    found = run("extract-star", path, code=1)
    assert found["verdict"] == "bad"
    assert any("saturated" in reason for reason in found["reasons"])
    assert "magnitude" in run("zero-point", path, code=3)["error"]


def test_the_star_of_the_cube_gives_a_spectrum(demo_night: DemoNight, truth: dict[str, Any], tmp_path: Path) -> None:
    path = demo_night.raw / truth["kinds"]["starcube"]["file"]
    out = tmp_path / "spectrum.fits"
    made = CliRunner().invoke(cli, ["run", "extract-star", "-o", str(out), "--json", str(path)])
    assert made.exit_code in (0, 1), made.stderr
    with fits.open(out) as hdus:
        assert hdus["SCI"].header["CTYPE1"] == "WAVE"
        assert hdus["SCI"].data.shape == hdus["ERR"].data.shape == hdus["DQ"].data.shape
        assert len(hdus["SPECTRUM"].data) == hdus["SCI"].data.size


def test_the_galaxy_of_the_cube_is_refused_with_the_reason(demo_night: DemoNight) -> None:
    (path,) = demo_night.raw.glob("iris_*_cube_0001.fits")
    assert "edge" in run("extract-star", path, code=3)["error"]
