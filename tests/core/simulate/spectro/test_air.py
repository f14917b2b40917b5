"""Refraction of the simulation against published numbers, and stars and fibers of the demo against their truth."""

import json
import math
from typing import Any

import erfa
import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from scipy.optimize import least_squares
from scipy.special import ndtr

from calgui.core.simulate import DemoNight
from calgui.core.simulate.kinds import dispcube
from calgui.core.simulate.spectro.air import Weather, refraction, refractivity
from calgui.core.simulate.spectro.corrector import DESIGN, Prisms
from calgui.core.spectra.wavelength import refractive_index

_STANDARD = Weather(1013.25, 15.0, 0.0)


@pytest.fixture(scope="module")
def truth(demo_night: DemoNight) -> dict[str, Any]:
    kinds: dict[str, Any] = json.loads(demo_night.truth.read_text())["kinds"]
    return kinds


@pytest.mark.parametrize(
    ("zenith", "arcsec"), [(20, 21.19), (30, 33.61), (40, 48.82), (45, 58.16), (50, 69.28), (60, 100.51), (70, 158.63)]
)
def test_refraction_is_that_of_the_published_ray_traces(zenith: float, arcsec: float) -> None:
    # Hohenkerk & Sinclair 1985, as the routine refco of SOFA lists them: 1,005 hPa, 7 °C, 80 %, 574 nm
    found = float(refraction(0.574, Weather(1005.0, 7.0, 80.0), zenith)) / 1000
    assert found == pytest.approx(arcsec, rel=1.2e-3)


def test_dry_air_has_the_dispersion_of_peck_and_reeder() -> None:
    # Peck & Reeder 1972, measured from 0.185 to 1.69 µm in dry air that was free of carbon dioxide's bands
    wave = np.array([0.6, 0.8, 1.0, 1.2, 1.3])
    s = 1 / wave**2
    measured = 1e-8 * (8060.51 + 2480990 / (132.274 - s) + 17455.7 / (39.32957 - s))
    found = refractivity(wave, _STANDARD)
    np.testing.assert_allclose(found, measured, atol=1.5e-8)
    np.testing.assert_allclose(found - found[2], measured - measured[2], atol=2.5e-9)


@pytest.mark.parametrize("zenith", [20.0, 45.0, 60.0])
def test_dispersion_below_the_bands_is_that_of_the_iau_routine(zenith: float) -> None:
    wave, weather = np.array([0.85, 1.0, 1.2, 1.3]), Weather(615.0, 5.0, 0.0)
    a, b = (np.array(part) for part in zip(*(erfa.refco(615.0, 5.0, 0.0, one) for one in wave), strict=True))
    tangent = math.tan(math.radians(zenith))
    theirs = 206264806.247 * (a * tangent + b * tangent**3)
    ours = refraction(wave, weather, zenith)
    # its index is a short series, made for ranging from 0.3 to 1.6 µm: good to 1 % of the dispersion
    np.testing.assert_allclose(ours - ours[1], theirs - theirs[1], rtol=0.012, atol=1e-6)


def test_vapour_bends_the_index_at_k_as_its_bands_ask() -> None:
    # the band at 3,756 / cm alone, by hand: N S / (2 π² (ν₀² - ν²)) for 10 hPa at 300 K
    number = 1000 / (1.380649e-23 * 300) * 1e-6
    by_hand = [7.2e-18 * number / (2 * math.pi**2 * (3756**2 - nu**2)) for nu in (1e4 / 2.05, 1e4 / 2.4)]
    wet, dry = Weather(900.0, 26.85, 28.2), Weather(900.0 - Weather(900.0, 26.85, 28.2).vapour, 26.85, 0.0)
    assert wet.vapour == pytest.approx(10.0, abs=0.1)
    wave = np.array([2.05, 2.4])
    effect = np.diff(refractivity(wave, wet) - refractivity(wave, dry))[0]
    assert effect < 0
    # that band makes most of it; rotation, bending and overtones the rest
    assert 1.2 < effect / (by_hand[1] - by_hand[0]) < 2.5


def test_prisms_take_out_what_they_are_set_for() -> None:
    ends = np.array([1.0, 2.4])
    prisms = Prisms.set_for(30.0, 45.0, DESIGN, 120.0, 0.0)
    x, y = prisms.shift(ends, 1.6)
    made = refraction(ends, DESIGN, 45.0)
    angle = math.radians(30)
    assert float(np.diff(x * math.cos(angle) + y * math.sin(angle))[0]) == pytest.approx(made[0] - made[1], rel=1e-9)
    assert float(np.diff(y * math.cos(angle) - x * math.sin(angle))[0]) == pytest.approx(0, abs=1e-9)
    crossed = Prisms(10.0, 190.0, 120.0).shift(ends, 1.6)
    np.testing.assert_allclose(crossed, 0, atol=1e-9)
    alone = Prisms(0.0, 0.0, 50.0).shift(ends, 1.6)
    assert float(np.diff(alone[0])[0]) == pytest.approx(100.0)


@pytest.mark.parametrize("number", range(len(dispcube.POINTINGS)))
def test_stars_of_the_cubes_stand_on_the_sky_where_air_and_prisms_put_them(
    demo_night: DemoNight, truth: dict[str, Any], number: int
) -> None:
    cube = truth["dispcube"]["cubes"][number]
    with fits.open(demo_night.raw / cube["file"]) as hdus:
        header, sci = hdus[0].header, hdus["SCI"].header
        data, error = hdus["SCI"].data.astype(float), hdus["ERR"].data.astype(float)
    assert 90 - header["EL"] == pytest.approx(cube["zenith_angle_deg"])
    assert (header["PRESSURE"], header["AIRTEMP"], header["HUMIDITY"]) == (612.4, 10.6, 12.0)
    # the zenith on the sky, by the coordinates alone: along the parallactic angle from north through east
    sky = WCS(sci).celestial
    lon, lat = sky.all_pix2world(cube["x_pixel"], cube["y_pixel"], 0)
    east = (np.array(lon) - sci["CRVAL1"]) * math.cos(math.radians(sci["CRVAL2"])) * 3.6e6
    north = (np.array(lat) - sci["CRVAL2"]) * 3.6e6
    angle = math.radians(header["PARANG"])
    along, across = east * math.sin(angle) + north * math.cos(angle), east * math.cos(angle) - north * math.sin(angle)
    np.testing.assert_allclose(along, cube["along_mas"], atol=2e-3)
    np.testing.assert_allclose(across, cube["across_mas"], atol=2e-3)
    pulls = []
    for plane, sigma, x, y in zip(data, error, cube["x_pixel"], cube["y_pixel"], strict=True):
        found, spread = _centroid(plane, sigma, x, y)
        pulls += [(found[0] - x) / spread[0], (found[1] - y) / spread[1]]
    assert abs(np.mean(pulls)) < 0.6
    assert np.std(pulls) == pytest.approx(1, abs=0.35)


def _centroid(image: np.ndarray, sigma: np.ndarray, x: float, y: float) -> tuple[np.ndarray, np.ndarray]:
    """Place and error of the core by a Gaussian that is integrated over pixels, on a level."""
    first_x, first_y = round(x) - 4, round(y) - 4
    part = (slice(first_y, first_y + 9), slice(first_x, first_x + 9))
    edges = np.arange(10) - 0.5

    def model(p: np.ndarray) -> np.ndarray:
        wide = np.diff(ndtr((edges + first_x - p[1]) / p[3]))
        high = np.diff(ndtr((edges + first_y - p[2]) / p[3]))
        return np.asarray((((p[0] * high[:, None] * wide + p[4]) - image[part]) / sigma[part]).ravel())

    made = least_squares(model, np.array([image[part].sum(), x, y, 1.1, 0.0]))
    covariance = np.linalg.inv(made.jac.T @ made.jac)
    return made.x[1:3], np.sqrt(np.diag(covariance)[1:3])


def test_air_draws_the_star_out_more_the_lower_it_is(truth: dict[str, Any]) -> None:
    cubes = truth["dispcube"]["cubes"][:3]
    assert [round(cube["zenith_angle_deg"] / 5) * 5 for cube in cubes] == [20, 45, 60]
    for cube in cubes:
        air, left = np.array(cube["air_mas"]), np.array(cube["along_mas"])
        assert (np.diff(air) < 0).all()
        # the corrector takes out most of it, and not all
        assert 0.02 < np.ptp(left) / np.ptp(air) < 0.35
        # Ciddor's dry standard air, thinned to the pressure and temperature of the night; bands add a per cent or two
        of_air = float(np.diff(refractive_index(np.array([1780.0, 1490.0])))[0]) * 612.4 / 1013.25 * 288.15 / 283.75
        tangent = math.tan(math.radians(cube["zenith_angle_deg"]))
        assert np.ptp(air) == pytest.approx(206264806.247 * of_air * tangent, rel=0.04)
    bare = truth["dispcube"]["cubes"][3]
    np.testing.assert_allclose(bare["air_mas"], bare["along_mas"], atol=1e-4)


def test_the_reference_is_the_residual_of_the_cube(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    cube = truth["dispcube"]["cubes"][1]
    with fits.open(demo_night.cache / "references/tmt/iris/tmt_iris_adc_0003.fits") as hdus:
        table = hdus["ADC"].data
    for name in ("along", "across"):
        there = np.interp(cube["wavelength_um"], table["wavelength"], table[f"shift_{name}"])
        np.testing.assert_allclose(there, cube[f"{name}_mas"], atol=0.02)


def test_the_fiber_follows_its_curve(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    fibers = truth["fibercube"]
    for cube in fibers["cubes"]:
        with fits.open(demo_night.raw / cube["file"]) as hdus:
            data, error = hdus["SCI"].data.astype(float), hdus["ERR"].data.astype(float)
            assert hdus["SCI"].header["CTYPE3"] == "WAVE"
        assert 3 < cube["largest_shift_pixel"] < 5
        assert len(cube["x_pixel"]) == len(data) == len(fibers["wavelength_um"])
        pulls = []
        for plane, sigma, x, y in zip(data, error, cube["x_pixel"], cube["y_pixel"], strict=True):
            found, spread = _centroid(plane, sigma, x, y)
            pulls += [(found[0] - x) / spread[0], (found[1] - y) / spread[1]]
        assert abs(np.mean(pulls)) < 0.5
        assert np.std(pulls) == pytest.approx(1, abs=0.3)
