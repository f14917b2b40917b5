"""The diffraction limit against formulas: Airy's rings with a hole, a hexagon's transform, scaling, pixels, energy."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import j0, j1

from calgui.core.errors import InputError
from calgui.core.optics.band import Band, curve_band, flat_band, single
from calgui.core.optics.perfect import (
    diffraction_limit,
    perfect_psf,
    strehl_reference,
    wavefront_error_nm,
)
from calgui.core.optics.propagation import star_density
from calgui.core.optics.pupil import Pupil, Segments, load_pupil
from calgui.core.optics.response import Response

MAS = math.pi / 180 / 3600e3
D, HOLE = 30.0, 3.636
RING = Pupil("ring", "a ring", D, HOLE)
DISC = Pupil("disc", "a disc", D)
Floats = NDArray[np.float64]


def airy(radius_mas: Floats, wavelength_um: float, hole: float = HOLE) -> Floats:
    """Light per mas² behind a ring: the difference of two Airy amplitudes."""
    v = np.maximum(math.pi * D * radius_mas * MAS / (wavelength_um * 1e-6), 1e-9)
    e = hole / D
    amplitude = 2 * j1(v) / v - (e**2 * 2 * j1(e * v) / (e * v) if e else 0)
    area = math.pi / 4 * D**2
    return amplitude**2 * area / (1 - e**2) / (wavelength_um * 1e-6) ** 2 * MAS**2


@pytest.mark.parametrize("wavelength", [0.9, 2.2])
def test_the_rings_of_airy(wavelength: float) -> None:
    axis = np.linspace(-400, 400, 161)
    light = star_density(RING, single(wavelength), axis, axis)
    true = airy(np.hypot(axis[:, None], axis), wavelength)
    assert light.max() == pytest.approx(true.max(), rel=1e-5)
    assert np.abs(light - true).max() < 1e-5 * true.max()
    ring = (np.hypot(axis[:, None], axis) > 200) & (np.hypot(axis[:, None], axis) < 400)
    assert light[ring].sum() == pytest.approx(true[ring].sum(), rel=2e-3)


def test_the_first_zero_is_at_1_22() -> None:
    radius = np.linspace(0.9, 1.5, 601) * 1.6e-6 / D / MAS
    light = star_density(DISC, single(1.6), radius, np.zeros(1))[0]
    assert radius[np.argmin(light)] * MAS * D / 1.6e-6 == pytest.approx(1.2197, abs=0.002)


def test_a_hexagon_has_its_own_transform() -> None:
    hexagon = Pupil("hex", "one segment", 1.44, segments=Segments(1, 0, 1.44, 0.0, 0.0))
    x = np.linspace(-900, 900, 61)
    turn, wavelength = 13.0, 1.25
    light = star_density(hexagon, single(wavelength), x, x, turn)
    # Green's theorem over the six edges of the rotated outline
    angles = math.radians(turn) + np.arange(6) * math.pi / 3
    corners = 0.72 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    edges, middles = np.roll(corners, -1, axis=0) - corners, (np.roll(corners, -1, axis=0) + corners) / 2
    k = 2 * math.pi * MAS / (wavelength * 1e-6)
    kx, ky = np.meshgrid(x * k + 1e-9, x * k + 1e-9)
    amplitude = np.zeros(kx.shape, complex)
    for (ex, ey), (mx, my) in zip(edges, middles, strict=True):
        bow = np.sinc((kx * ex + ky * ey) / 2 / math.pi)
        amplitude += (kx * ey - ky * ex) * np.exp(-1j * (kx * mx + ky * my)) * bow
    area = 1.5 * math.sqrt(3) * 0.72**2
    true = np.abs(amplitude / (kx**2 + ky**2)) ** 2 / area / (wavelength * 1e-6) ** 2 * MAS**2
    assert np.abs(light - true).max() < 3e-4 * true.max()
    assert light.sum() == pytest.approx(true.sum(), rel=1e-3)


def test_energy_without_pixels_is_that_of_airy() -> None:
    star = diffraction_limit(DISC, single(1.25), Response(0.05), radius_mas=20.0)
    v = math.pi * D * np.array([2.0, 5.0, 8.0, 12.0, 20.0]) * MAS / 1.25e-6
    # Born & Wolf, 8.5.2: Lord Rayleigh's formula
    assert star.encircled_energy([2.0, 5.0, 8.0, 12.0, 20.0]) == pytest.approx(1 - j0(v) ** 2 - j1(v) ** 2, abs=1e-4)


def test_energy_far_out_with_a_hole() -> None:
    star = diffraction_limit(RING, single(1.25), Response(4.0))
    fine = np.linspace(0, 1000, 200001)
    light = airy(fine, 1.25) * 2 * math.pi * fine
    grown = np.concatenate([[0], np.cumsum((light[1:] + light[:-1]) / 2 * 0.005)])
    for radius in (50.0, 200.0, 500.0, 1000.0):
        assert float(star.encircled_energy(radius)) == pytest.approx(grown[round(radius / 0.005)], abs=3e-4)
    assert math.isnan(float(star.encircled_energy(1100.0)))
    assert star.radius_of(0.8) == pytest.approx(float(np.interp(0.8, star.encircled_energy(fine), fine)), abs=0.02)
    assert math.isnan(star.radius_of(0.9999))


@pytest.mark.parametrize("pixel", [4.0, 9.0, 25.0])
@pytest.mark.parametrize("place", [(0.0, 0.0), (0.37, -0.21), (0.5, 0.5)])
def test_a_pixel_sums_over_its_area(pixel: float, place: tuple[float, float]) -> None:
    star = diffraction_limit(RING, single(1.25), Response(pixel), radius_mas=200.0)
    nodes, weights = np.polynomial.legendre.leggauss(80)
    x, y = ((nodes / 2 + at) * pixel for at in place)
    true = (np.outer(weights, weights) * airy(np.hypot(y[:, None], x), 1.25)).sum() * pixel**2 / 4
    assert float(star.at(*place)) == pytest.approx(true, abs=4e-4 * star.peak)
    exact = perfect_psf(RING, single(1.25), Response(pixel), (3, 3), 1 - place[0], 1 - place[1])
    assert exact[1, 1] == pytest.approx(true, rel=2e-5)


def test_the_image_is_the_exact_one_and_keeps_its_place() -> None:
    pupil, band = load_pupil(), flat_band(0.811, 0.997)
    star = diffraction_limit(pupil, band, Response(4.0), 20.0, 300.0)
    image = star.image((40, 50), 24.3, 18.8)
    exact = perfect_psf(pupil, band, Response(4.0), (40, 50), 24.3, 18.8, 20.0)
    assert np.abs(image - exact).max() < 4e-4 * star.peak
    rows, columns = np.mgrid[:40, :50]
    assert (image * columns).sum() / image.sum() == pytest.approx(24.3, abs=0.02)
    assert (image * rows).sum() / image.sum() == pytest.approx(18.8, abs=0.02)
    assert star.image((4, 4), 500.0, 2.0).sum() == 0
    assert np.isnan(star.at(500.0, 0.0))
    assert star.at(np.zeros(3), np.zeros(3)) == pytest.approx(np.full(3, star.peak), rel=1e-6)


def test_everything_scales_with_wavelength() -> None:
    pupil = load_pupil()
    one = diffraction_limit(pupil, single(1.1), Response(4.0), radius_mas=400.0)
    two = diffraction_limit(pupil, single(2.2), Response(8.0), radius_mas=800.0)
    assert two.peak == pytest.approx(one.peak, rel=1e-4)
    assert two.fwhm_mas == pytest.approx(2 * one.fwhm_mas, rel=1e-4)
    assert two.encircled_energy([20.0, 600.0]) == pytest.approx(one.encircled_energy([10.0, 300.0]), abs=2e-4)


def test_the_pupil_turns_its_image() -> None:
    pupil = load_pupil()
    axis = np.linspace(-300, 300, 61)
    light = star_density(pupil, single(2.2), axis, axis)
    quarter = star_density(pupil, single(2.2), axis, axis, 90.0)
    assert np.abs(np.rot90(light, -1) - quarter).max() < 1e-5 * light.max()
    assert np.abs(light - quarter).max() > 5e-5 * light.max()
    sixth = star_density(pupil, single(2.2), axis, axis, 60.0)
    assert np.abs(light - sixth).max() < 1e-5 * light.max()


def test_the_sampling_at_4_mas_is_that_of_the_notes() -> None:
    pupil = load_pupil()
    for band, widths in (((2.0, 2.4), 3.8), ((1.485, 1.781), 2.8)):
        star = diffraction_limit(pupil, flat_band(*band), Response(4.0))
        assert star.band.mean_um * 1e-6 / 30 / MAS / 4 == pytest.approx(widths, abs=0.05)
        # the pixel widens K by 1 % and H by 2 %
        optical = diffraction_limit(pupil, flat_band(*band), Response(0.5), radius_mas=40.0).fwhm_mas
        assert 1.005 < star.fwhm_mas / optical < 1.035
        assert optical == pytest.approx(1.03 * star.band.mean_um * 1e-6 / 30 / MAS, rel=0.03)


def test_a_filter_is_its_wavelengths() -> None:
    band = flat_band(2.0, 2.4)
    assert band.mean_um == pytest.approx(2.2)
    assert sum(band.weights) == pytest.approx(1)
    waves = np.linspace(1.9, 2.5, 601)
    even = curve_band(waves, np.where((waves > 1.9995) & (waves < 2.4005), 0.7, 0.0), 9)
    assert even.mean_um == pytest.approx(2.2, abs=1e-3)
    pupil = load_pupil()
    first, second = (diffraction_limit(pupil, one, Response(4.0), radius_mas=300.0) for one in (band, even))
    assert first.peak == pytest.approx(second.peak, rel=2e-3)
    red = curve_band(waves, np.where((waves > 2) & (waves < 2.4), waves - 2, 0.0))
    assert red.mean_um == pytest.approx(2 + 0.4 * 2 / 3, abs=2e-3)
    # five wavelengths or nine tell the same
    few = diffraction_limit(pupil, flat_band(2.0, 2.4, 5), Response(4.0), radius_mas=300.0)
    assert strehl_reference(few, 250.0) == pytest.approx(strehl_reference(first, 250.0), rel=2e-4)


def test_what_else_blurs() -> None:
    band = Band((1.25,), (1.0,))
    star = diffraction_limit(RING, band, Response(4.0), radius_mas=100.0)
    leaking = diffraction_limit(RING, band, Response(4.0, coupling=0.01), radius_mas=100.0)
    neighbours = float(star.at(1.0, 0.0) + star.at(0.0, 1.0) + star.at(-1.0, 0.0) + star.at(0.0, -1.0))
    assert leaking.peak == pytest.approx(0.96 * star.peak + 0.01 * neighbours, rel=1e-5)
    fiber = diffraction_limit(RING, band, Response(4.0, source_mas=5.0), radius_mas=100.0)
    # a disk of stars
    x, y = np.meshgrid(np.linspace(-0.625, 0.625, 101), np.linspace(-0.625, 0.625, 101))
    inside = np.hypot(x, y) <= 0.625
    assert fiber.peak == pytest.approx(float(star.at(x[inside], y[inside]).mean()), rel=2e-3)
    diffused = diffraction_limit(RING, band, Response(4.0, diffusion_mas=1.5), radius_mas=100.0)
    assert diffused.fwhm_mas == pytest.approx(math.hypot(star.fwhm_mas, 2.3548 * 1.5), rel=0.02)
    for one in (leaking, fiber, diffused):
        assert one.encircled_energy(90.0) == pytest.approx(star.encircled_energy(90.0), abs=2e-4)


def test_strehl_and_wavefront() -> None:
    # Maréchal: a fourteenth of a wave is 0.82
    assert wavefront_error_nm(0.8176, 2.2) == pytest.approx(2200 / 14, rel=1e-3)
    assert wavefront_error_nm(math.exp(-((2 * math.pi * 187.0 / 2200) ** 2)), 2.2) == pytest.approx(187.0)
    assert wavefront_error_nm(1.02, 2.2) == 0
    assert math.isnan(wavefront_error_nm(0.0, 2.2))


@pytest.mark.parametrize("bad", [(2.4, 2.0), (math.nan, 2.0), (2000.0, 2400.0)])
def test_no_wavelengths(bad: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="band of wavelengths"):
        flat_band(*bad)


def test_no_curve_and_no_pixel() -> None:
    waves = np.linspace(2.0, 2.4, 5)
    for curve in ((waves, np.zeros(5)), (waves[::-1], np.ones(5)), (waves * 1000, np.ones(5)), (waves, np.ones(4))):
        with pytest.raises(InputError, match="filter's curve"):
            curve_band(*curve)
    with pytest.raises(InputError, match="more than 0 mas"):
        diffraction_limit(RING, single(2.0), Response(0.0))
