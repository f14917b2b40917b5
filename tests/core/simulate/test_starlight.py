"""Stars of the demo night: held to screens of the atmosphere, to the diffraction limit made apart, and to Maréchal."""

import json
import math

import numpy as np
import pytest
from astropy.io import fits
from scipy.integrate import quad

from calgui.core.optics.band import flat_band
from calgui.core.optics.perfect import diffraction_limit, strehl_reference, wavefront_error_nm
from calgui.core.optics.pupil import load_pupil
from calgui.core.optics.raster import pupil_mask
from calgui.core.optics.response import Response
from calgui.core.simulate import DemoNight
from calgui.core.simulate.scene import Scene
from calgui.core.simulate.starlight import add_light, measures, star_image, star_light
from calgui.core.simulate.starlight.aperture import aperture
from calgui.core.simulate.starlight.ladder import strehl_ladder
from calgui.core.simulate.starlight.residual import decorrelation, screen, spectrum

K = (2.0, 2.4)


@pytest.mark.parametrize("turn", [0.0, 23.0])
def test_two_ways_to_the_same_pupil(turn: float) -> None:
    points = aperture(0.2, turn)
    area = pupil_mask(load_pupil(), points.shape[0], turn, points.shape[0] * 0.2)
    assert points.sum() == pytest.approx(area.sum(), rel=1e-3)
    assert np.abs(points - area).mean() < 0.01


def test_without_turbulence_it_is_the_diffraction_limit() -> None:
    light = star_light(K, 1.0, 17.0)
    true = diffraction_limit(load_pupil(), flat_band(*K), Response(4.0), 17.0)
    seen = measures(light)
    assert seen.strehl == pytest.approx(1, abs=5e-4)
    assert seen.peak == pytest.approx(true.peak, rel=3e-4)
    assert seen.fwhm_mas == pytest.approx(true.fwhm_mas, rel=3e-3)
    assert seen.energy == pytest.approx(true.encircled_energy(seen.truth()["energy_mas"]), abs=2e-3)
    assert seen.peak / seen.energy[-1] == pytest.approx(strehl_reference(true), rel=3e-3)
    image, exact = light.image(0.3, -0.2)[492:533, 492:533], true.image((41, 41), 20.3, 19.8)
    assert np.abs(image - exact).max() < 1e-3 * true.peak


def test_a_long_exposure_is_the_mean_over_screens() -> None:
    # 60 moments, each through its own FFT of the pupil with the wavefront in it
    count, rng = 512, np.random.default_rng(4)
    cell = 2.2e-6 / (count * 4 * math.pi / 180 / 3600e3)
    pupil = aperture(cell, 0.0)
    light = star_light((2.2, 2.2), 0.6, pixels=count)
    variance = -math.log(0.6)
    total = np.zeros((count, count))
    for _ in range(60):
        wave = np.zeros((count, count), complex)
        side = pupil.shape[0]
        phase = math.sqrt(variance) * screen(count, cell, rng)[:side, :side]
        wave[:side, :side] = pupil * np.exp(1j * phase)
        total += np.abs(np.fft.fft2(wave)) ** 2
    total /= 60 * count**2 * pupil.sum()
    seen = np.sinc(np.fft.fftfreq(count))
    mean = np.fft.fftshift(np.fft.ifft2(np.fft.fft2(total) * np.outer(seen, seen)).real)
    # waves finer than the cells are in the light alone: they take from all that is near
    missing = variance * (1 - spectrum(count, cell).sum())
    smooth = light.image() * math.exp(missing)
    assert mean[256, 256] == pytest.approx(float(smooth[256, 256]), rel=0.03)
    away = np.hypot(*(np.mgrid[:count, :count] - 256))
    for low, high in ((10, 40), (40, 100), (100, 200)):
        ring = (away >= low) & (away < high)
        assert mean[ring].sum() == pytest.approx(float(smooth[ring].sum()), rel=0.05)


def test_a_screen_and_its_correlation_agree() -> None:
    rng = np.random.default_rng(2)
    half = decorrelation(256, 0.125)
    assert half[0, 0] == pytest.approx(0, abs=1e-3)
    screens = [screen(256, 0.125, rng) for _ in range(40)]
    assert np.mean([one.var() for one in screens]) == pytest.approx(spectrum(256, 0.125).sum(), abs=0.02)
    for apart in (2, 6, 40):
        structure = np.mean([((one - np.roll(one, apart, axis=1)) ** 2).mean() for one in screens])
        assert structure / 2 == pytest.approx(float(half[0, apart]), abs=0.05)


@pytest.mark.parametrize(("band", "strehl"), [(K, 0.7), ((1.485, 1.781), 0.5), ((0.83, 0.925), 0.1)])
def test_strehl_is_near_that_of_marechal(band: tuple[float, float], strehl: float) -> None:
    seen = measures(star_light(band, strehl))
    assert seen.strehl == pytest.approx(strehl, abs=0.04)
    assert seen.energy[-1] < 0.96
    assert wavefront_error_nm(seen.strehl, sum(band) / 2) == pytest.approx(
        wavefront_error_nm(strehl, sum(band) / 2), rel=0.1
    )


def test_a_small_residual_scatters_by_its_spectrum() -> None:
    # von Kármán's spectrum beyond the actuators' square, by quadrature in circles
    def power(f: float) -> float:
        return 2 * math.pi * f * (f * f + 1 / 900) ** (-11 / 6)

    def open_part(f: float) -> float:
        # of the circle, what lies outside of the square
        return 0.0 if f < 1 else min(1.0, 4 / math.pi * math.acos(1 / f))

    whole = quad(lambda f: power(f) * open_part(f), 1, math.sqrt(2))[0] + quad(power, math.sqrt(2), np.inf)[0]
    for band, micron in ((K, 2.2), ((1.485, 1.781), 1.633)):
        strehl = 0.98
        far = quad(power, 1 / 206264.806 / (micron * 1e-6), np.inf)[0] / whole
        wings = 1 - measures(star_light(band, 1.0)).energy[-1]
        lost = (1 - measures(star_light(band, strehl)).energy[-1]) - strehl * wings
        # half of the residual lies beyond the actuators; diffraction throws some of what is near to far, too
        halo = 0.5 * far
        assert lost == pytest.approx((1 - strehl) * (halo + (1 - halo) * wings), rel=0.05)


def test_no_light_is_folded_back_into_the_field() -> None:
    # light of a field twice as wide has hardly any to fold
    small, large = star_light((1.6, 1.6), 0.05), star_light((1.6, 1.6), 0.05, pixels=2048)
    image, whole = small.image(), large.image()[512:-512, 512:-512]
    for part in (slice(512, 513), slice(500, 524), slice(262, 762), slice(20, 1004)):
        assert image[part, part].sum() == pytest.approx(float(whole[part, part].sum()), rel=0.01)
    edge = (slice(0, 20), slice(400, 600))
    assert image[edge].sum() == pytest.approx(float(whole[edge].sum()), rel=0.02)
    assert image.sum() < 0.92


def test_light_beyond_an_arcsec_at_h() -> None:
    half, poor = (1 - measures(star_light((1.485, 1.781), strehl)).energy[-1] for strehl in (0.5, 0.05))
    assert half == pytest.approx(0.08, abs=0.01)
    assert poor == pytest.approx(0.34, abs=0.03)


def test_the_sum_keeps_and_moves_light() -> None:
    image = star_image((600, 560), 281.37, 290.81, 1000.0, "K", 0.7)
    rows, columns = np.mgrid[:600, :560]
    near = (slice(251, 331), slice(241, 321))
    core = image[near] - image[near].min()
    assert (core * columns[near]).sum() / core.sum() == pytest.approx(281.37, abs=0.1)
    assert (core * rows[near]).sum() / core.sum() == pytest.approx(290.81, abs=0.1)
    assert 850 < image.sum() < 1000
    far = np.zeros((64, 64), np.float32)
    add_light(far, 5000.0, 10.0, 1e6, star_light(K, 0.7))
    assert not far.any()


def test_a_fiber_is_wider_and_keeps_its_aberration() -> None:
    point = measures(star_light(K, 1.0))
    fiber = measures(star_light(K, 1.0, source_mas=6.0, fixed_nm=60.0))
    # the source's size is in the reference too: what is lost is the wavefront
    assert fiber.strehl == pytest.approx(math.exp(-((2 * math.pi * 60 / 2200) ** 2)), abs=0.01)
    assert fiber.fwhm_mas == pytest.approx(math.hypot(point.fwhm_mas, 0.59 * 6), rel=0.02)
    assert fiber.peak < 0.97 * point.peak


def test_steps_of_the_ladder() -> None:
    steps = strehl_ladder(3, side=300)
    assert [step.truth.strehl for step in steps] == pytest.approx([0.05, 0.5, 0.95], abs=0.03)
    again = strehl_ladder(3, side=300)
    assert all(np.array_equal(one.image, other.image) for one, other in zip(steps, again, strict=True))
    for step in steps:
        brightest = step.image[140:160, 140:160].max() - 20
        assert 0.6 * step.truth.peak * 1e6 < brightest < 1.1 * step.truth.peak * 1e6


def test_truth_of_the_night_is_in_its_frames(demo_night: DemoNight) -> None:
    truth = json.loads(demo_night.truth.read_text())["kinds"]
    singles = [truth["psfstar"], truth["fiber"], *truth["psfstars"]["singles"]]
    assert [round(one["strehl"], 1) for one in singles[:2]] == [0.7, 1.0]
    detector = Scene(256, 30).detector("IRIS1")
    for one in singles:
        rate = fits.getdata(demo_night.raw / one["file"], "SCI")
        x, y = round(one["x_pixel"]), round(one["y_pixel"])
        off = math.hypot(x - one["x_pixel"], y - one["y_pixel"])
        if detector.response[y, x] < 0.5:
            continue
        expected = one["peak_fraction"] * one["flux_e_per_s"] * detector.response[y, x]
        assert 0.55 * expected < rate[y, x] < 1.15 * expected, (one["file"], off)
    field = truth["psfstars"]["field"]
    rate = fits.getdata(demo_night.raw / field["file"], "SCI")
    assert rate.max() == pytest.approx(10_000, rel=0.02)  # the full well in 10 s
    assert len(field["stars"]) == 30
    ratios = [row[3] for row in field["stars"]]
    assert field["corner"]["strehl"] < min(ratios) <= max(ratios) < field["middle"]["strehl"]
    cube = fits.getdata(demo_night.raw / truth["starcube"]["file"], "SCI")
    widths = [plane["fwhm_mas"] for plane in truth["starcube"]["planes"]]
    assert len(widths) == cube.shape[0]
    assert np.all(np.diff(widths) > 0)
    for image, plane in zip(cube, truth["starcube"]["planes"], strict=True):
        at = np.unravel_index(np.argmax(image), image.shape)
        assert abs(at[1] - plane["x_pixel"]) < 1
        assert abs(at[0] - plane["y_pixel"]) < 1
