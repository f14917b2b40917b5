"""The cube of the demo night: read by astropy, held to a model computed anew from what the truth file says."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from scipy.optimize import curve_fit

from calgui.core.simulate import DemoNight

LIGHT = 299792.458
Array = npt.NDArray[Any]


@pytest.fixture(scope="module")
def truth(demo_night: DemoNight) -> dict[str, Any]:
    kind: dict[str, Any] = json.loads(demo_night.truth.read_text())["kinds"]["cube"]
    return kind


@pytest.fixture(scope="module")
def cube(demo_night: DemoNight, truth: dict[str, Any]) -> tuple[Array, Array, Array, fits.Header]:
    with fits.open(demo_night.raw / truth["file"]) as hdus:
        data, err = (hdus[name].data.astype(np.float64) for name in ("SCI", "ERR"))
        return data, err, hdus["DQ"].data.astype(np.int64), hdus["SCI"].header


def waves(truth: dict[str, Any], count: int) -> Array:
    return truth["first_nm"] + truth["step_nm"] * np.arange(count)


def model(truth: dict[str, Any], shape: tuple[int, ...]) -> Array:
    """Light of each step: densities in the middles of its ten parts, summed."""
    parts = 10
    step = truth["step_nm"]
    fine = (waves(truth, shape[0])[:, None] + step * ((np.arange(parts) + 0.5) / parts - 0.5)).reshape(-1, 1, 1)
    flux, velocity, sigma, continuum = (
        np.array(truth[name]) for name in ("halpha_flux_e_per_s", "velocity_km_s", "sigma_km_s", "continuum_e_per_s")
    )
    along = 2 * np.arange(shape[0]) / (shape[0] - 1) - 1
    total = continuum * (1 + truth["continuum_slope"] * along[:, None, None])
    for line in truth["lines"]:
        centre = line["rest_nm"] * (1 + truth["redshift"]) * (1 + velocity / LIGHT)
        variance = (centre * sigma / LIGHT) ** 2 + truth["lsf_sigma_nm"] ** 2
        density = np.exp(-((fine - centre) ** 2) / 2 / variance) / np.sqrt(2 * np.pi * variance)
        total = (
            total + line["relative"] * flux * density.reshape(shape[0], parts, *shape[1:]).sum(axis=1) * step / parts
        )
    return np.asarray(total + np.array(truth["sky_e_per_s"])[:, None, None])


def test_the_light_is_the_truth_within_its_errors(cube: Any, truth: dict[str, Any]) -> None:
    data, err, flags, header = cube
    assert data.shape == (300, 24, 20)
    assert header["BUNIT"] == "electron/s"
    good = flags == 0
    pulls = ((data - model(truth, data.shape)) / err)[good]
    assert np.std(pulls) == pytest.approx(1, abs=0.01)
    assert np.mean(pulls) == pytest.approx(0, abs=5 / np.sqrt(pulls.size))
    # no place of the spectrum, and no spaxel, is off
    for axes in ((1, 2), (0,)):
        sums = np.where(good, (data - model(truth, data.shape)) / err, 0).sum(axis=axes)
        counts = np.maximum(good.sum(axis=axes), 1)
        assert np.max(np.abs(sums / np.sqrt(counts))) < 5


def test_what_is_flagged_is_what_the_truth_names(cube: Any, truth: dict[str, Any], demo_night: DemoNight) -> None:
    data, err, flags, _ = cube
    x, y = truth["dead_spaxel"]
    assert np.isnan(data[:, y, x]).all()
    assert np.isnan(err[:, y, x]).all()
    assert (flags[:, y, x] & (1 | 1024) == 1 | 1024).all()
    hits = json.loads(demo_night.truth.read_text())["frames"][truth["file"]]["cosmic_rays_left"]
    jumps = sorted([int(column), int(row), int(plane)] for plane, row, column in np.argwhere(flags & 4))
    assert hits == jumps
    assert len(hits) >= 50
    assert np.isfinite(np.delete(data.reshape(300, -1), y * 20 + x, axis=1)).all()
    expected = model(truth, data.shape)
    for column, row, plane in hits:
        if (column, row) != (x, y):
            assert data[plane, row, column] - expected[plane, row, column] > 1


def test_lines_fitted_by_scipy_turn_as_the_truth_says(cube: Any, truth: dict[str, Any]) -> None:
    data, err, flags, _ = cube
    flux = np.array(truth["halpha_flux_e_per_s"])
    rest = next(line["rest_nm"] for line in truth["lines"] if line["name"] == "Halpha") * (1 + truth["redshift"])
    axis = waves(truth, data.shape[0])
    near = np.abs(axis - rest) < 2.6
    clean = data[near] - np.array(truth["sky_e_per_s"])[near][:, None, None]

    def gaussian(wave: Array, total: float, centre: float, sigma: float, level: float) -> Array:
        shape = np.exp(-0.5 * ((wave - centre) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
        return np.asarray(level + total * truth["step_nm"] * shape)

    off = []
    for y, x in np.argwhere((flux > 0.8) & ~np.any(flags[near], axis=0)):
        found, covariance = curve_fit(
            gaussian, axis[near], clean[:, y, x], (1, rest, 0.4, 0), err[near, y, x], absolute_sigma=True
        )
        centre = rest * (1 + np.array(truth["velocity_km_s"])[y, x] / LIGHT)
        sigma = np.hypot(centre * np.array(truth["sigma_km_s"])[y, x] / LIGHT, truth["lsf_sigma_nm"])
        expected = np.array([flux[y, x], centre, sigma])
        off.append((found[:3] - expected) / np.sqrt(np.diag(covariance)[:3]))
    pulls = np.array(off)
    assert len(pulls) > 40
    assert np.all(np.abs(pulls.mean(axis=0)) < 4 / np.sqrt(len(pulls)) + 0.15)  # the width of a step adds a little
    assert np.all(np.abs(pulls.std(axis=0) - 1) < 0.3)
    velocity = np.array(truth["velocity_km_s"])
    assert velocity.min() < -100
    assert velocity.max() > 100


def test_astropy_reads_place_and_wavelength_from_the_header(
    cube: Any, truth: dict[str, Any], demo_night: DemoNight
) -> None:
    data, _, _, header = cube
    wcs = WCS(header)
    brightest = np.argmax(np.array(truth["halpha_flux_e_per_s"]))
    y, x = np.unravel_index(brightest, data.shape[1:])
    ra, dec, metres = wcs.pixel_to_world_values(x, y, [0, 299])
    np.testing.assert_allclose(np.array(metres) * 1e9, [truth["first_nm"], truth["first_nm"] + 299 * truth["step_nm"]])
    primary = fits.getheader(demo_night.raw / truth["file"])
    assert ra[0] == pytest.approx(primary["TARG_RA"], abs=0.01 / 3600)
    assert dec[0] == pytest.approx(primary["TARG_DEC"], abs=0.01 / 3600)
    assert primary["WAVEMIN"] * 1000 < truth["first_nm"]
    assert primary["WAVEMAX"] * 1000 > truth["first_nm"] + 300 * truth["step_nm"]


def test_the_sky_is_as_bright_as_over_mauna_kea(truth: dict[str, Any], real_data: Any) -> None:
    sky = fits.getdata(real_data / "sky" / "mk_skybg_zm_16_15_ph.fits").ravel()  # photon/(s m² arcsec² nm), in 0.02 nm
    their = 900 + 0.02 * np.arange(sky.size)
    ours = np.array(truth["sky_e_per_s"])
    axis = waves(truth, ours.size)
    for low, high in ((1602, 1604), (1611, 1615), (1621, 1625)):
        published = sky[(their > low) & (their < high)].sum() * 0.02
        seen = ours[(axis > low) & (axis < high)].sum() / (630 * 0.35 * 0.009**2)
        assert seen == pytest.approx(published, rel=0.15)
