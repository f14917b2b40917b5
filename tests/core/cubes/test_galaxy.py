"""The whole way, from the file of the demo night to maps of its galaxy, against the truth that was put in."""

import json

import numpy as np
import pytest
from astropy.wcs import WCS

from calgui.core.cubes.maps import line_maps
from calgui.core.cubes.reading import kind_of, open_cube
from calgui.core.jobs import Job
from calgui.core.simulate import DemoNight


def test_the_galaxy_turns_as_the_truth_says(demo_night: DemoNight) -> None:
    truth = json.loads(demo_night.truth.read_text())["kinds"]["cube"]
    path = demo_night.raw / truth["file"]
    assert kind_of(path) == "cube"
    cube = open_cube(path)
    assert cube.shape == (300, 24, 20)
    assert cube.has_errors
    np.testing.assert_allclose(cube.wavelength, truth["first_nm"] + truth["step_nm"] * np.arange(300))

    def planes(low: float, high: float) -> tuple[int, int]:
        first, last = np.searchsorted(cube.wavelength, (low, high))
        return int(first), int(last)

    halpha = 656.461 * (1 + truth["redshift"])
    # beside the line, between the lines of the sky
    beside = [planes(1608.6, 1611.0), planes(1625.0, 1629.0)]
    maps = line_maps(cube, planes(halpha - 2.1, halpha + 2.1), beside, Job())
    flux, velocity = np.array(truth["halpha_flux_e_per_s"]), np.array(truth["velocity_km_s"])
    pulls = ((maps.flux.data - flux) / maps.flux.err)[flux > 0.5]
    pulls = pulls[np.abs(pulls) < 5]  # a value that is left out takes its part of the flux with it
    assert len(pulls) > 100
    assert np.mean(pulls) == pytest.approx(0, abs=0.5)
    assert np.std(pulls) == pytest.approx(1, abs=0.2)
    bright = flux > 5
    seen = (maps.centre.data / halpha - 1) * 299792.458
    assert np.median((seen - velocity)[bright]) == pytest.approx(0, abs=5)
    assert np.std((seen - velocity)[bright]) < 20
    assert np.ptp(seen[bright]) > 150
    sigma = np.hypot(60, truth["lsf_sigma_nm"] / halpha * 299792.458)
    assert np.nanmedian(maps.width.data[bright]) == pytest.approx(sigma, rel=0.15)
    # each map lies on the sky where the cube does
    assert [one.unit for one in (maps.flux, maps.continuum, maps.centre, maps.width)] == [cube.unit] * 2 + [
        "nm",
        "km/s",
    ]
    ours, theirs = (WCS(dict(one.header), naxis=2).pixel_to_world_values(3.0, 5.0) for one in (maps.centre, cube))
    np.testing.assert_array_equal(ours, theirs)
    assert ours[0] == pytest.approx(cube.header["CRVAL1"], abs=0.1 / 3600)
    x, y = truth["dead_spaxel"]
    assert np.isnan(maps.flux.data[y, x])
    assert np.isnan(cube.spectrum(x, y).flux).all()
