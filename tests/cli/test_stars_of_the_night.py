"""Stars of the demo night through quick-look and measurement, as a user does it: their truth within their errors."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.simulate import DemoNight, make_demo, night
from calgui.core.simulate.kinds import dark, flat, fluxstars, mask, morestars, sky, starcube, stars
from calgui.core.simulate.optics import vignetting
from tests.cli.nights import run

SIZE = 512
#: sigmas
WITHIN = 2.0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DemoNight:
    """The night's stars on 2 arcsec, which the small night of the other tests has not, with what calibrates them."""
    # of what calibrates them the references alone, which the rules select
    calibration = (replace(module.KIND, exposures=lambda _: ()) for module in (dark, flat, mask, sky))
    chosen = (*calibration, *stars.KIND_LIST, *(module.KIND for module in (fluxstars, morestars, starcube)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(night, "kinds", lambda: chosen)
        return make_demo(tmp_path_factory.mktemp("stars") / "night", size=SIZE)


@pytest.fixture(scope="module")
def put_in(made: DemoNight) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made.truth.read_text(encoding="utf-8"))["kinds"]
    return found


def calibrated(night: DemoNight, name: str, folder: Path) -> Path:
    out = folder / name
    run("quick-look", "--cache", night.cache, "-o", out, night.raw / name)
    return out


def response(path: Path, star: dict[str, Any]) -> float:
    """What of the star's light the optics let through, after the flat, which has a median of 1."""
    light = vignetting(SIZE)
    if fits.getheader(path)["S_FLAT"] == "COMPLETE":
        return float(np.median(light))
    return float(light[round(star["y_pixel"]), round(star["x_pixel"])])


@pytest.mark.parametrize("number", range(4))
def test_a_psf_star_is_what_was_put_in(made: DemoNight, put_in: dict[str, Any], tmp_path: Path, number: int) -> None:
    star = (put_in["psfstar"], *put_in["psfstars"]["singles"])[number]
    path = calibrated(made, star["file"], tmp_path)
    found = run("measure-psf", path)["metrics"]
    assert found["flux_radius_mas"] == 1000
    assert abs(found["strehl"] - star["strehl"]) < WITHIN * found["strehl_error"]
    assert found["strehl_error"] < 0.17 * star["strehl"]
    flux = star["flux_e_per_s"] * star["energy"][-1] * response(path, star)
    assert abs(found["flux"] - flux) < WITHIN * found["flux_error"]
    assert found["x_pixel"] == pytest.approx(star["x_pixel"], abs=0.02)
    assert found["y_pixel"] == pytest.approx(star["y_pixel"], abs=0.02)


def test_the_fiber_is_what_was_put_in(made: DemoNight, put_in: dict[str, Any], tmp_path: Path) -> None:
    fiber = put_in["fiber"]
    path = calibrated(made, fiber["file"], tmp_path)
    found = run("measure-psf", "-p", f"source_mas={fiber['source_mas']}", path)["metrics"]
    assert abs(found["strehl"] - fiber["strehl"]) < WITHIN * found["strehl_error"]
    assert found["strehl_error"] < 0.1
    flux = fiber["flux_e_per_s"] * fiber["energy"][-1] * response(path, fiber)
    assert abs(found["flux"] - flux) < WITHIN * found["flux_error"]


@pytest.mark.parametrize("number", [0, 1])
def test_a_flux_star_is_what_was_put_in(made: DemoNight, put_in: dict[str, Any], tmp_path: Path, number: int) -> None:
    star = (put_in["fluxstar"], *put_in["fluxstars"]["exposures"])[number]
    path = calibrated(made, star["file"], tmp_path)
    found = run("extract-star", path)["metrics"]
    part = np.interp(found["flux_radius_mas"], star["energy_mas"], star["energy"])
    flux = star["flux_e_per_s"] * part * response(path, star)
    assert abs(found["flux_e_per_s"] - flux) < WITHIN * found["flux_error_e_per_s"]


def test_the_star_of_the_cube_is_what_was_put_in(made: DemoNight, put_in: dict[str, Any], tmp_path: Path) -> None:
    cube, out = put_in["starcube"], tmp_path / "psf.fits"
    run("measure-psf", "-p", "flux_radius=100", "-o", out, made.raw / cube["file"])
    strehl = np.array([plane["strehl"] for plane in cube["planes"]])
    with fits.open(out) as hdus:
        rows = hdus["SPECTRUM"].data
        left, error = rows["strehl"] - strehl, np.array(rows["strehl_error"])
    assert abs(left.mean()) < 0.002
    assert np.sqrt(np.mean((left / error) ** 2)) < 1.3
    assert np.all(np.abs(left) < 3 * error)
