"""The shape of lines, and centres with it, against shapes that were integrated over pixels by quadrature."""

import numpy as np
import pytest

from calgui.core.algorithms.arcs.finding import Noise, find_lines
from calgui.core.algorithms.arcs.gaussians import fit_gaussians
from calgui.core.algorithms.arcs.shape import GAUSSIAN, REACH, STEP
from calgui.core.algorithms.arcs.shapefitting import Lines, measure_shape
from calgui.core.algorithms.kernels import compiled_arcs
from tests.core.algorithms.arcs import lineshapes

LEVEL, NOISE = 10.0, 5.0


def _lines(name: str, fwhm: float, count: int, flux: float, seed: int) -> Lines:
    """Isolated lines at any places in a pixel, with starting values as fits of Gaussians have them."""
    rng = np.random.default_rng(seed)
    density = lineshapes.shape(name, fwhm)
    places = rng.uniform(-0.5, 0.5, count)
    half = int(np.ceil(2.2 * np.hypot(fwhm, 0.8))) + 1
    away = np.arange(-half, half + 1.0)
    model = flux * lineshapes.on_pixels(density, away - places[:, None]) + LEVEL
    value = rng.poisson(model) + rng.normal(0, NOISE, model.shape)
    fits = [
        fit_gaussians(row, light + NOISE**2, np.array([half + at]), np.array([fwhm / 2.355]), half, True, False)
        for row, light, at in zip(value, model, places, strict=True)
    ]
    start = np.array([one.pixel[0] for one in fits]) - half
    sigma = np.full(count, np.median([one.sigma[0] for one in fits]))
    none = np.zeros(count, np.int64)
    return Lines(
        away - start[:, None], value, 1 / (model + NOISE**2), np.zeros(count), np.full(count, flux), sigma,
        np.zeros((count, 0)), start, np.full(count, np.nan), none, none,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("count", [10, 120])
def test_a_gaussian_stays_one(seed: int, count: int) -> None:
    assert not measure_shape(_lines("gauss", 2.2, count, 20_000.0, seed)).is_measured


@pytest.mark.parametrize(
    ("name", "fwhm", "off"),
    [("wings", 1.5, 0.003), ("skew", 1.5, 0.012), ("skew", 2.2, 0.015), ("skew", 3.0, 0.03), ("box", 3.0, 0.006)],
)
def test_lines_without_noise_are_where_they_are_at_any_place_in_a_pixel(name: str, fwhm: float, off: float) -> None:
    lines = _lines(name, fwhm, 30, 15_000.0, 2)
    shape = measure_shape(lines).at()
    density = lineshapes.shape(name, fwhm)
    pixel, found = np.arange(-8.0, 9.0), []
    for place in np.linspace(-0.5, 0.45, 20):
        light = 1e4 * lineshapes.on_pixels(density, pixel - place) + LEVEL
        one = fit_gaussians(light, light + 25, np.array([8 + place]), lines.sigma[:1], 5, True, False, shape)
        found.append(one.pixel[0] - 8 - place)
    assert shape.is_measured
    # the mean is the place, and a Gaussian has it up to a tenth of a pixel elsewhere
    assert abs(np.mean(found)) < off
    assert np.std(found) < 0.003
    assert 0 < shape.error * lines.sigma[0] < 0.02
    far = abs(shape.gaussian_centre(float(lines.sigma[0])))
    assert (far > 0.025) if name == "skew" else (far < 0.005)


def test_the_shape_is_that_of_unit_flux_and_mean_zero() -> None:
    shape = measure_shape(_lines("skew", 2.2, 40, 20_000.0, 3)).at()
    place = np.arange(len(shape.density)) * STEP - REACH
    assert shape.table[-1, 0] == pytest.approx(1, abs=1e-3)
    assert np.sum(place * shape.density) * STEP == pytest.approx(0, abs=1e-3)
    middle = np.sum(place**3 * shape.density) * STEP
    assert middle > 0.3


def test_loops_have_the_same_shape() -> None:
    kernel = compiled_arcs("shapes")
    assert (kernel.REACH, kernel.STEP) == (REACH, STEP)
    shape = measure_shape(_lines("skew", 2.2, 40, 20_000.0, 3)).at()
    places = np.linspace(-9, 9, 91)
    for one, table in ((shape, shape.table), (GAUSSIAN, kernel.NONE)):
        value, slope = one.below(places)
        made = np.array([kernel.below(table, place) for place in places])
        inside = np.abs(places) < REACH
        assert made[:, 0] == pytest.approx(value, abs=1e-12)
        assert made[inside, 1] == pytest.approx(slope[inside], abs=1e-12)


def test_few_faint_or_blended_lines_leave_it_a_gaussian() -> None:
    assert not measure_shape(_lines("skew", 2.2, 4, 50_000.0, 4)).is_measured
    assert not measure_shape(_lines("skew", 2.2, 6, 60.0, 4)).is_measured


def test_photons_tell_the_noise_as_errors_do_and_without_either_it_is_a_gaussian() -> None:
    density = lineshapes.shape("skew", 2.2)
    rng = np.random.default_rng(8)
    at = 20 + 28 * np.arange(17) + rng.uniform(-1, 1, 17)
    model = lineshapes.spectra(density, at[None], np.full(17, 15_000.0), 500, LEVEL)[0]
    values = rng.poisson(model) + rng.normal(0, NOISE, 500)
    told = [find_lines(values, noise, 5.0) for noise in (Noise(np.sqrt(model + 25)), Noise(None, 1.0), Noise())]
    assert [one.shape.is_measured for one in told] == [True, True, False]
    off = [float(np.mean(one.pixel - at)) for one in told]
    assert max(abs(one) for one in off[:2]) < 0.02
    assert off[2] < -0.05


@pytest.mark.parametrize(("name", "fwhm"), [("gauss", 2.2), ("skew", 2.2), ("box", 3.0)])
def test_centres_of_one_spectrum_come_near_what_photons_allow(name: str, fwhm: float) -> None:
    density = lineshapes.shape(name, fwhm)
    rng = np.random.default_rng(7)
    fluxes = np.repeat([500.0, 5000.0, 30_000.0], 6)
    apart, found = max(18.0, 6 * fwhm), []
    for _ in range(14):
        flux = rng.permutation(fluxes)
        at = 20 + np.sort(rng.uniform(0, 500 - 40 - 17 * apart, 18)) + apart * np.arange(18)
        model = lineshapes.spectra(density, at[None], flux, 500, LEVEL)[0]
        seen = find_lines(rng.poisson(model) + rng.normal(0, NOISE, 500), Noise(np.sqrt(model + NOISE**2)), 5.0)
        assert seen.shape.is_measured == (name != "gauss")
        near = np.argmin(np.abs(seen.pixel[:, None] - at), axis=0)
        found.append(np.stack([flux, seen.pixel[near] - at, seen.pixel_error[near]]))
    flux, off, error = np.concatenate(found, axis=1)
    for light in np.unique(fluxes):
        some = flux == light
        least = lineshapes.bound(density, light, LEVEL, NOISE)
        # the mean is known to a hundredth of a pixel from six lines or so, and all lines share its error
        assert np.std(off[some]) < 1.3 * least
        assert abs(np.mean(off[some])) < max(0.012, 3 * least / np.sqrt(some.sum()))
        assert 0.8 < np.std(off[some] / error[some]) < 1.25
