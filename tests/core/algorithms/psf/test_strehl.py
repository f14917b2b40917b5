"""Strehl ratio, widths, energy and centroids against long exposures that another propagation made."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import fft
from scipy.special import j1

from calgui.core.algorithms.psf.config import PsfConfig
from calgui.core.algorithms.psf.measuring import measure_psf
from calgui.core.algorithms.registry import Result
from tests.core.algorithms.psf.starlight import exposed, star

#: r0 at 2.2 µm and what is left within the control radius: Strehl ratios from 0.1 to 0.96
AIRS = ((0.5, 1.6), (0.7, 0.4), (1.0, 1.5), (1.0, 0.3), (1.7, 0.5), (4.0, 1.0))


def value(result: Result, name: str) -> float:
    found = result.metrics[name].value
    assert isinstance(found, float | int), (name, found, result.reasons)
    return float(found)


@pytest.fixture(scope="module")
def measured() -> list[tuple[float, Result, float]]:
    perfect = star(2.2)
    made = []
    for number, (r0, inner) in enumerate(AIRS):
        one = star(2.2, r0, inner)
        truth = (one.peak / one.flux) / (perfect.peak / perfect.flux)
        for seed in range(2):
            x, y = 255.5 + np.random.default_rng(10 * number + seed).uniform(-3, 3, 2)
            frame = exposed(1e6 * one.image(512, x, y), seed)
            made.append((truth, measure_psf([frame], PsfConfig()), one.fwhm_mas))
    return made


def test_the_strehl_ratio_is_that_of_its_definition(measured: list[tuple[float, Result, float]]) -> None:
    truth = np.array([one[0] for one in measured])
    found = np.array([value(one[1], "strehl") for one in measured])
    error = np.array([value(one[1], "strehl_error") for one in measured])
    assert truth.min() < 0.2
    assert truth.max() > 0.9
    assert abs((found - truth).mean()) < 0.01
    assert math.sqrt((((found - truth) / error) ** 2).mean()) < 1.2
    assert np.all(np.abs(found - truth) < 3 * error)
    assert np.all(error < 0.04)
    assert all(value(one[1], "flux_radius_mas") == 1000 for one in measured)


def test_widths_are_those_of_what_pixels_see(measured: list[tuple[float, Result, float]]) -> None:
    for _, result, width in measured:
        assert value(result, "fwhm_mas") == pytest.approx(width, rel=0.01, abs=3 * value(result, "fwhm_error_mas"))
        # the pixel's part: 1 % at K
        assert 0.98 < value(result, "fwhm_optical_mas") / value(result, "fwhm_mas") < 0.995


def test_energy_is_that_within_circles() -> None:
    for r0, inner in (AIRS[1], AIRS[3]):
        one = star(2.2, r0, inner)
        result = measure_psf([exposed(1e6 * one.image(512, 254.7, 256.2), 3, background=0.0)], PsfConfig())
        sigma = value(result, "flux_error") / value(result, "flux")
        for part, name in ((0.5, "ee50_mas"), (0.8, "ee80_mas")):
            assert abs(one.encircled(value(result, name)) - part) < 0.01 + 1.5 * sigma * part
        assert value(result, "es50_mas") < value(result, "ee50_mas") < math.sqrt(2) * value(result, "es50_mas")


def test_the_wavefront_error_is_marechals(measured: list[tuple[float, Result, float]]) -> None:
    for _, result, _ in measured:
        strehl = value(result, "strehl")
        error = value(result, "wavefront_error_nm")
        assert math.exp(-((2 * math.pi * error / 2200) ** 2)) == pytest.approx(min(strehl, 1.0), abs=1e-6)


@pytest.mark.parametrize("wavelength", [0.88, 1.25, 1.63, 2.2])
def test_no_place_within_a_pixel_changes_the_peak(wavelength: float) -> None:
    perfect = star(wavelength)
    peaks, brightest, off = [], [], []
    for k, (x, y) in enumerate(((0.0, 0.0), (0.5, 0.5), (0.5, 0.0), (0.23, -0.41), (-0.3, 0.12))):
        image = 3e7 * perfect.image(512, 255 + x, 256 + y)
        result = measure_psf([exposed(image, k, WAVECEN=wavelength)], PsfConfig())
        peaks.append(value(result, "strehl"))
        brightest.append(image.max())
        off.append((value(result, "x_pixel") - 255 - x, value(result, "y_pixel") - 256 - y))
        assert value(result, "fwhm_mas") == pytest.approx(perfect.fwhm_mas, rel=0.012)
    assert np.abs(np.array(peaks) - 1).max() < 0.012
    # the brightest pixel itself would have lost this much
    assert min(brightest) / max(brightest) < 0.95
    assert np.abs(off).max() < 0.005


def test_an_ellipse_has_its_axes_and_its_angle() -> None:
    y, x = np.indices((161, 161))
    angle = math.radians(25)
    u = (x - 80.3) * math.cos(angle) + (y - 79.8) * math.sin(angle)
    v = (y - 79.8) * math.cos(angle) - (x - 80.3) * math.sin(angle)
    major, minor = 6.0, 4.8
    image = 1e6 * np.exp(-4 * math.log(2) * ((u / major) ** 2 + (v / minor) ** 2)) / 32
    header = {"TELESCOP": "Another", "INSTRUME": "Camera"}
    result = measure_psf([exposed(image, 1, **header)], PsfConfig())
    # of values, not of integrals over pixels, so that nothing is taken out
    assert value(result, "fwhm_major_mas") == pytest.approx(major * 4, rel=0.01)
    assert value(result, "fwhm_minor_mas") == pytest.approx(minor * 4, rel=0.01)
    assert value(result, "ellipticity") == pytest.approx(1 - minor / major, abs=0.01)
    assert value(result, "angle_deg") == pytest.approx(25, abs=2)
    assert result.metrics["strehl"].value is None
    assert any("pupil of Another is not known" in reason for reason in result.reasons)


def test_another_flux_radius_is_the_same_definition() -> None:
    one, perfect = star(2.2, 1.0, 0.3), star(2.2)
    frame = exposed(1e6 * one.image(512, 255.2, 255.9), 4)
    for radius in (200.0, 500.0):
        result = measure_psf([frame], PsfConfig(flux_radius=radius))
        truth = one.peak / one.encircled(radius) / one.flux * perfect.encircled(radius) * perfect.flux / perfect.peak
        assert value(result, "flux_radius_mas") == radius
        assert value(result, "strehl") == pytest.approx(truth, abs=0.01)


def test_a_field_that_is_smaller_than_the_radius_says_so() -> None:
    frame = exposed(1e6 * star(2.2, 1.0, 0.3).image(240, 119.0, 120.4), 5)
    result = measure_psf([frame], PsfConfig())
    assert 440 < value(result, "flux_radius_mas") < 600
    assert result.verdict == "doubtful"
    assert any("not 1000" in reason for reason in result.reasons)


def test_a_fiber_is_held_to_a_perfect_fiber() -> None:
    perfect = star(1.63)
    f = fft.fftfreq(2048, 2.0)
    z = np.pi * 20 * np.maximum(np.hypot(f[:, None], f[None, :]), 1e-9)
    seen = replace(perfect, spectrum=perfect.spectrum * 2 * j1(z) / z)
    frame = exposed(3e6 * seen.image(512, 255.3, 256.1), 6, WAVECEN=1.63, EXP_TYPE="FIBER")
    small = measure_psf([frame], PsfConfig())
    right = measure_psf([frame], PsfConfig(source_mas=20.0))
    assert value(right, "strehl") == pytest.approx(1.0, abs=0.02)
    assert value(small, "strehl") < 0.8
    assert right.product == "FIBER"
