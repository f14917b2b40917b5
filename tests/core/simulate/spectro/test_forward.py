"""The forward model against what can be worked out: where lines fall, what light they keep, what noise they have."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from calgui.core.frames import dq
from calgui.core.simulate.spectro.dispersion import Dispersion
from calgui.core.simulate.spectro.exposing import expose, hit
from calgui.core.simulate.spectro.field import lenslets
from calgui.core.simulate.spectro.forward import on_pixels
from calgui.core.simulate.spectro.lamps import lamp_light
from calgui.core.simulate.spectro.light import Light, level
from calgui.core.simulate.spectro.samples import even_arcs, lamp_arcs
from calgui.core.simulate.spectro.spread import PER_SIGMA, LineSpread
from calgui.core.spectra.lines import line_list

PIXELS = 400
X = np.arange(PIXELS, dtype=float)


def one_line(wave: float, flux: float = 1000.0) -> Light:
    return Light(np.array([wave]), np.array([flux]))


@given(
    x=st.floats(20, 380),
    sigma=st.floats(0.7, 1.6),
    wings=st.sampled_from([0.0, 0.1]),
    skew=st.floats(-0.4, 0.4),
    falling=st.booleans(),
)
def test_a_line_keeps_its_light_and_its_place(x: float, sigma: float, wings: float, skew: float, falling: bool) -> None:
    ends = (1680.0, 1595.0) if falling else (1595.0, 1680.0)
    dispersion = Dispersion.between(*ends, PIXELS, (0.03, -0.004))
    wave = float(dispersion.wavelengths(np.array([x]))[0, 0])
    assert dispersion.pixels_of(wave)[0, 0] == pytest.approx(x, abs=1e-9)
    (seen,) = on_pixels(one_line(wave), dispersion, LineSpread((sigma,), wings, 1.9, skew))
    assert seen.sum() == pytest.approx(1000, rel=1e-6)
    assert (seen * X).sum() / seen.sum() == pytest.approx(x, abs=1e-3)


@given(sigma=st.floats(0.4, 2.0), wings=st.floats(0.01, 0.3), wider=st.floats(1.2, 3.0), skew=st.floats(-0.5, 0.5))
def test_each_pixel_holds_the_integral_over_it(sigma: float, wings: float, wider: float, skew: float) -> None:
    dispersion = Dispersion.between(1600.0, 1600.0 + PIXELS - 1, PIXELS)
    spread = LineSpread((sigma,), wings, wider, skew)
    (seen,) = on_pixels(one_line(1800.3, 1.0), dispersion, spread)
    back = skew * wings / (1 - wings)

    def density(x: float) -> float:
        t = (x - 200.3) / sigma
        return float(((1 - wings) * norm.pdf(t + back) + wings * norm.pdf((t - skew) / wider) / wider) / sigma)

    for pixel in (199, 200, 201, 203):
        assert seen[pixel] == pytest.approx(quad(density, pixel - 0.5, pixel + 0.5)[0], abs=1e-8)


def test_the_width_of_a_gaussian_and_of_wings() -> None:
    assert LineSpread((1.0,), 0.0).fwhm() == pytest.approx(PER_SIGMA, abs=1e-3)
    # the half of the peak of two Gaussians, solved by hand: 0.92 + 0.08 / 1.9 at 0
    spread = LineSpread((1.0,), 0.08, 1.9)
    half = spread.fwhm() / 2
    height = lambda t: 0.92 * np.exp(-t * t / 2) + 0.08 / 1.9 * np.exp(-((t / 1.9) ** 2) / 2)  # noqa: E731
    assert height(half) == pytest.approx(height(0) / 2, rel=1e-3)


def test_widths_change_along_the_spectrum() -> None:
    dispersion = Dispersion.between(1600.0, 1680.0, PIXELS)
    spread = LineSpread((1.0, 0.3), 0.0)
    for x, sigma in ((20.0, 1 - 0.3 * 0.8997), (380.0, 1 + 0.3 * 0.9048)):
        wave = float(dispersion.wavelengths(np.array([x]))[0, 0])
        (seen,) = on_pixels(one_line(wave), dispersion, spread)
        centre = (seen * X).sum() / seen.sum()
        # a pixel adds 1/12 to the variance
        assert (seen * (X - centre) ** 2).sum() / seen.sum() == pytest.approx(sigma**2 + 1 / 12, rel=2e-3)


def test_a_shift_moves_all_and_many_spectra_are_as_each_alone() -> None:
    middle = Dispersion.between(1595.0, 1680.0, PIXELS, (0.02,))
    field = lenslets(4, 5, middle, np.random.default_rng(3))
    light = Light(np.array([1610.0, 1650.0]), np.array([500.0, 300.0]), (), level(20.0))
    shift = np.linspace(-0.3, 0.3, 20)
    spread = LineSpread()
    together = on_pixels(light, field.dispersion, spread, wider=field.wider, shift=shift)
    for index in (0, 7, 19):
        alone = on_pixels(
            light, field.dispersion.part(index), spread, wider=field.wider[index], shift=float(shift[index])
        )
        # tails are cut where 1e-7 of the light is left, by the widest line of the field
        np.testing.assert_allclose(together[index], alone[0], rtol=1e-12, atol=1e-4)
    lines = Light(light.wavelength[:1], light.flux[:1])
    there, here = (on_pixels(lines, field.dispersion, spread, shift=by)[5] for by in (0.21, 0.0))
    assert ((there - here) * X).sum() / here.sum() == pytest.approx(0.21, abs=1e-6)


def test_the_continuum_is_integrated_over_each_pixel() -> None:
    dispersion = Dispersion.between(1680.0, 1600.0, PIXELS, (0.05,))
    light = Light(np.empty(0), np.empty(0), (), lambda wave: 3.0 + 1e-4 * (wave - 1640) ** 2)
    (seen,) = on_pixels(light, dispersion, LineSpread())
    for x in (0, 150, 399):
        low, high = np.sort(dispersion.wavelengths(np.array([x - 0.5, x + 0.5]))[0])
        assert seen[x] == pytest.approx(quad(light.continuum, low, high)[0], rel=1e-6)


def test_a_filter_passes_half_at_its_edges_and_nothing_beyond() -> None:
    light = Light(np.array([1500.0, 1600.0, 1650.0, 1700.0, 1790.0]), np.full(5, 100.0), tuple("abcde"), level(2.0))
    seen = light.through(1600, 1700)
    assert seen.species == ("b", "c", "d")
    np.testing.assert_allclose(seen.flux, [50, 100, 50], rtol=1e-6)
    assert seen.continuum is not None
    np.testing.assert_allclose(seen.continuum(np.array([1500.0, 1600.0, 1650.0])), [0, 1, 2], atol=1e-6)
    # from 10 to 90 % over 2e-3 of the wavelength
    edges = seen.continuum(np.array([1600 - 1.6, 1600 + 1.6])) / 2
    np.testing.assert_allclose(edges, [0.1, 0.9], atol=1e-3)


def test_noise_is_of_photons_and_of_reading() -> None:
    level = np.full((200, 500), 400.0)
    taken = expose(level, np.random.default_rng(1), read_noise=9.0)
    assert taken.data.mean(dtype=float) == pytest.approx(400, abs=0.25)
    assert taken.data.std(dtype=float) == pytest.approx(np.sqrt(400 + 81), rel=0.01)
    np.testing.assert_allclose(taken.error, np.sqrt(481), rtol=1e-6)
    assert not taken.flags.any()


def test_a_full_well_is_cut_and_flagged_and_a_hit_lights_three_pixels() -> None:
    model = np.tile(np.array([100.0, 5000.0, 200.0, 10.0, 10.0, 10.0]), (2, 1))
    taken = expose(model, np.random.default_rng(2), read_noise=1.0, well=3000.0)
    assert (taken.flags == np.array([0, dq.SATURATED, 0, 0, 0, 0])).all()
    assert taken.data[:, 1] == pytest.approx(3000, abs=6)
    before = taken.data.copy()
    hit(taken, 1, 4, 1000.0, flagged=True)
    np.testing.assert_allclose(taken.data - before, [[0] * 6, [0, 0, 0, 200, 600, 200]], atol=1e-3)
    assert (taken.flags[1, 3:] == dq.DO_NOT_USE | dq.JUMP_DET).all()
    assert not taken.flags[0, 3:].any()
    taken.kill([0])
    assert np.isnan(taken.data[0]).all()
    assert np.isfinite(taken.data[1]).all()


def test_a_field_is_smooth_but_for_its_jitter() -> None:
    middle = Dispersion.between(1595.0, 1680.0, PIXELS, (0.02, -0.003))
    field = lenslets(16, 32, middle, np.random.default_rng(4), shift=6.0, jitter=0.08)
    pixel = (1680 - 1595) / (PIXELS - 1)
    own = (field.dispersion.coefficients[:, 0] - field.smooth[:, 0]) / pixel
    assert own.std() == pytest.approx(0.08, rel=0.15)
    assert abs(own.mean()) < 0.015
    at = field.dispersion.pixels_of([1630.0])[:, 0]
    assert 6 < np.ptp(at) < 20
    grid = (field.smooth[:, 0] / pixel).reshape(16, 32)
    assert np.abs(np.diff(grid, 2, axis=0)).max() < 0.05
    assert (field.row[33], field.column[33]) == (1, 1)


def test_lamps_hold_listed_lines_and_as_many_others_as_asked_for() -> None:
    rng = np.random.default_rng(5)
    light = lamp_light(["Ar", "Kr"], 1474, 1800, rng, brightest=1e4, unlisted=3)
    assert light.flux.max() == pytest.approx(1e4)
    assert (np.diff(light.wavelength) >= 0).all()
    assert light.species.count("") == 3
    for species in ("Ar", "Kr"):
        mine = [wave for wave, name in zip(light.wavelength, light.species, strict=True) if name == species]
        assert len(mine) > 10
        assert set(mine) <= set(line_list(species).wavelength)
    other = lamp_light(["Ar", "Kr"], 1474, 1800, rng, brightest=1e4)
    assert other.species.count("") == 0
    assert not np.allclose(np.sort(other.flux)[-5:], np.sort(light.flux)[-5:])


def test_samples_are_what_they_say() -> None:
    ten = list(even_arcs(range(20), lines=10, electrons=3000.0))
    assert len({sample.pixel[0] for sample in ten}) == 20
    for sample in ten:
        assert np.diff(sample.pixel).min() > 6
        assert sample.pixel.min() > 5
        assert sample.pixel.max() < 394
    total = np.array([sample.taken.data.sum(dtype=float) for sample in ten])
    # 30,000 electrons, and 400 pixels of 9 e-
    assert total.mean() == pytest.approx(30_000, abs=4 * np.sqrt((30_000 + 400 * 81) / 20))
    given_ones = next(even_arcs([3], [1650.0, 1620.0]))
    assert given_ones.light.wavelength.tolist() == [1620.0, 1650.0]
    np.testing.assert_allclose(given_ones.dispersion.wavelengths(given_ones.pixel)[0], [1620, 1650], rtol=1e-12)


def test_lamps_of_samples_are_within_their_filter_and_their_range_is_rough() -> None:
    made = list(lamp_arcs(range(12), ("Ar", "Xe"), 1166, 1330, off=0.05))
    directions = {float(np.sign(sample.dispersion.coefficients[0, 1])) for sample in made}
    assert directions == {-1.0, 1.0}
    for sample in made:
        low, high = sample.rough
        assert abs(low - 1166) <= 0.05 * 164
        assert abs(high - 1330) <= 0.05 * 164
        ends = np.sort(sample.dispersion.wavelengths(np.array([0.0, 1699.0]))[0])
        assert ends[0] < 1166
        assert ends[1] > 1330
        assert sample.taken.data.shape == (1700,)
    same, again = (next(lamp_arcs([7], ("Ar",), 1166, 1330)) for _ in range(2))
    np.testing.assert_array_equal(same.taken.data, again.taken.data)
