"""Fields of lamp spectra against what they were made of, by another code than the solver's."""

import numpy as np
import pytest

from calgui.core.algorithms.arcs.field.solving import fit_field, measure_field
from calgui.core.algorithms.spectrummarks import LINE_STATES, SPECTRUM_STATES
from calgui.core.jobs import Job
from tests.core.algorithms.arcs.field import forward

PIXELS, FWHM, SEEN = 400, 2.2, 2.5
CENTRE, SPAN = 1600.0, 80.0
SOLVED, DOUBTFUL, FAILED, EMPTY = (SPECTRUM_STATES.index(name) for name in ("solved", "doubtful", "failed", "empty"))


class Field:
    """Made spectra with their truth."""

    def __init__(
        self, seed, rows=16, columns=18, lines=12, shift=20.0, order=3, fluxes=(3e3, 1e5), noise=5.0, unlisted=0,
        hits=0.0, dead=0.0, apart=7.0, coefficients=None, pixels=PIXELS, span=SPAN, placed=True,
    ):  # fmt: skip
        rng = np.random.default_rng(seed)
        self.pixels, self.count, self.photons = pixels, rows * columns, 1.0
        self.truth = coefficients
        if coefficients is None:
            self.truth = forward.smooth_field(rng, rows, columns, order, pixels, CENTRE, span, shift)
        self.at = (rows // 2) * columns + columns // 2
        here = self.truth[self.at]
        ends = np.sort(np.polynomial.legendre.legval(np.array([-1.0, 1.0]), here))
        step = (ends[1] - ends[0]) / pixels
        self.wavelength = _apart(rng, lines, ends[0] + 12 * step, ends[1] - 12 * step, apart * step)
        self.flux = 10 ** rng.uniform(*np.log10(fluxes), lines)
        self.places = forward.places(self.wavelength, self.truth, pixels)
        bright = np.clip(rng.normal(1, 0.15, (self.count, 1)), 0.6, 1.4)
        others = np.sort(rng.uniform(*ends, unlisted))
        beside = forward.places(others, self.truth, pixels)
        every = np.hstack([self.places, beside])
        light = np.hstack([self.flux * bright, np.full((self.count, unlisted), 2e4) * bright])
        self.spectra = forward.spectra(every, light, pixels, FWHM, rng, noise, level=10)
        self.dead = rng.random(self.count) < dead
        self.dead[self.at] = False
        self.spectra[self.dead] = rng.normal(0, noise, (np.count_nonzero(self.dead), pixels))
        struck = rng.random(self.spectra.shape) < hits
        self.spectra[struck] += 10 ** rng.uniform(2.5, 5, np.count_nonzero(struck))
        self.main = forward.main_solution(
            here, self.places[self.at], self.flux * bright[self.at], self.wavelength, pixels, SEEN,
            [(x, 2e4 * bright[self.at, 0]) for x in beside[self.at] if 4 < x < pixels - 5],
        )  # fmt: skip
        self.listed = forward.listed_lines(self.wavelength)
        self.place = np.divmod(np.arange(self.count), columns) if placed else None

    def measured(self):
        return measure_field(
            self.spectra, None, self.place, self.main, self.listed, Job(), at=self.at, photons=self.photons
        )

    def off(self, fit):
        """Errors in pixels (n, 101) from the first to the last line used."""
        pixel = np.linspace(fit.first, fit.last, 101)
        u = 2 * pixel / (self.pixels - 1) - 1
        true = np.stack([np.polynomial.legendre.legval(u[:, s], self.truth[s]) for s in range(self.count)])
        made = np.stack([np.polynomial.legendre.legval(u[:, s], fit.coefficients[s]) for s in range(self.count)])
        return (made - true) / np.abs(self.truth[:, 1:2] * 2 / (self.pixels - 1))

    def wrong(self, fit):
        """How many used lines are not the line that they are said to be."""
        used = fit.lines.state == LINE_STATES.index("used")
        true = self.places[fit.lines.spectrum[used], fit.lines.listed[used]]
        return np.count_nonzero(np.abs(fit.lines.pixel[used] - true) > 0.5)


def _apart(rng, count, low, high, least):
    """Random places that are not nearer to each other than this."""
    free = np.sort(rng.uniform(0, high - low - (count - 1) * least, count))
    return low + free + least * np.arange(count)


def _rms(off):
    return np.sqrt(np.mean(off**2, axis=1))


@pytest.mark.parametrize("seed", range(4))
def test_ten_lines_of_3000_electrons_give_two_hundredths_of_a_pixel(seed):
    field = Field(seed, lines=10, fluxes=(3.0e3, 3.1e3), shift=10)
    fit = fit_field(field.measured(), 3, 5.0, (), Job())
    whole = fit.used == 10
    assert np.mean(whole) > 0.9
    rms = _rms(field.off(fit))
    assert np.sqrt(np.mean(rms[whole] ** 2)) < 0.02
    assert np.sqrt(np.mean(rms[fit.state == SOLVED] ** 2)) < 0.021


@pytest.mark.parametrize("electrons", [400.0, 1500.0, 2e4, 1e5])
def test_errors_come_near_what_photons_allow(electrons):
    field = Field(5, lines=10, fluxes=(electrons, 1.01 * electrons), shift=6, noise=6.0)
    fit = fit_field(field.measured(), 3, 6.0, (), Job())
    bound = _bound(field, electrons)
    good = fit.used == 10
    assert np.mean(good) > 0.8
    rms = np.sqrt(np.mean(field.off(fit)[good] ** 2))
    assert rms < 1.3 * bound
    assert 0.6 < np.sqrt(np.mean(fit.error[good] ** 2)) / rms < 1.7


def _bound(field, electrons):
    """Cramér-Rao bound of the solution between its lines, from the profile's slope pixel by pixel."""
    pixel = np.arange(-15, 16)
    fine = (np.arange(21) + 0.5) / 21 - 0.5
    bounds = []
    for phase in np.linspace(-0.5, 0.5, 5):
        value = electrons * forward.profile((pixel - phase)[:, None] + fine, FWHM).mean(axis=1)
        step = electrons * forward.profile((pixel - phase - 1e-3)[:, None] + fine, FWHM).mean(axis=1)
        bounds.append(1 / np.sum(((step - value) / 1e-3) ** 2 / (value + 10 + 36)))
    sigma = np.sqrt(np.mean(bounds))
    at = field.places[field.at]
    design = np.polynomial.legendre.legvander(2 * at / (field.pixels - 1) - 1, 3)
    places = np.linspace(at.min(), at.max(), 101)
    every = np.polynomial.legendre.legvander(2 * places / (field.pixels - 1) - 1, 3)
    return sigma * np.sqrt(np.mean(np.sum(every @ np.linalg.inv(design.T @ design) * every, axis=1)))


@pytest.mark.parametrize("seed", range(6))
def test_no_line_is_taken_for_another(seed):
    field = Field(seed + 20, lines=14, unlisted=6, hits=0.003, dead=0.04, shift=50, fluxes=(2e3, 2e5))
    fit = fit_field(field.measured(), 3, 5.0, (), Job())
    assert field.wrong(fit) == 0
    living = ~field.dead
    assert np.mean(fit.state[living] <= DOUBTFUL) > 0.97
    assert np.all(fit.state[field.dead] >= FAILED)
    assert np.all(np.isnan(fit.coefficients[field.dead]))
    assert np.median(_rms(field.off(fit))[fit.state == SOLVED]) < 0.02
    failed = np.flatnonzero(fit.state == FAILED)
    assert all(fit.why[int(spectrum)].endswith(".") for spectrum in failed)


def test_dead_lenslets_without_hits_are_empty():
    field = Field(3, dead=0.1)
    fit = fit_field(field.measured(), 3, 5.0, (), Job())
    assert np.array_equal(fit.state == EMPTY, field.dead)
    assert not set(fit.why) & set(np.flatnonzero(field.dead).tolist())


def test_falling_wavelengths_and_spectra_in_no_field():
    rng = np.random.default_rng(7)
    truth = forward.smooth_field(rng, 1, 60, 3, PIXELS, CENTRE, SPAN, 30)
    truth[:, 1::2] *= -1
    field = Field(8, rows=1, columns=60, coefficients=truth, placed=False)
    fit = fit_field(field.measured(), 3, 5.0, (), Job())
    assert np.all(fit.state == SOLVED)
    assert field.wrong(fit) == 0
    assert _rms(field.off(fit)).max() < 0.03
    assert not fit.maps


def test_slices_that_lie_many_pixels_apart():
    rng = np.random.default_rng(9)
    truth = forward.smooth_field(rng, 12, 40, 3, PIXELS, CENTRE, SPAN, 6)
    jump = np.repeat(rng.uniform(-40, 40, 6), 2)
    truth[:, 0] += np.repeat(jump, 40) * SPAN / PIXELS
    field = Field(10, rows=12, columns=40, coefficients=truth, lines=14)
    fit = fit_field(field.measured(), 3, 5.0, (), Job())
    assert field.wrong(fit) == 0
    assert np.mean(fit.state <= DOUBTFUL) > 0.97


def test_few_lines_borrow_the_higher_coefficients_and_say_so():
    field = Field(11, lines=12, shift=12)
    poor = np.arange(field.count) % 37 == 5
    poor[field.at] = False
    for spectrum in np.flatnonzero(poor):
        for place in field.places[spectrum, [0, 1, 3, 4, 5, 7, 9, 10]]:
            middle = round(place)
            field.spectra[spectrum, max(0, middle - 2) : middle + 3] = np.nan
    fit = fit_field(field.measured(), 3, 5.0, (), Job())
    assert np.all(fit.state[poor] == DOUBTFUL)
    assert np.all(fit.state[~poor] == SOLVED)
    assert np.all(fit.used[poor] == 4)
    assert np.all(fit.free[poor] == 2)
    assert _rms(field.off(fit))[poor].max() < 0.05
    why = fit.why[int(np.flatnonzero(poor)[0])]
    assert why.startswith("4 lines are used, and order 3 takes 6")
    assert why.endswith("around it.")
    damaged = fit.lines.state[fit.lines.of(int(np.flatnonzero(poor)[0]))]
    assert np.count_nonzero(damaged == LINE_STATES.index("used")) == 4


def test_saturated_lines_are_not_used():
    field = Field(12, lines=12, fluxes=(1e4, 2e5))
    top = 0.45 * np.max(field.spectra)
    field.spectra = np.minimum(field.spectra, top)
    measured = field.measured()
    flat = np.array([
        [np.max(row[max(0, round(x) - 1) : round(x) + 2], initial=0) >= top for x in places]
        for row, places in zip(field.spectra, field.places, strict=True)
    ])  # fmt: skip
    many = np.count_nonzero(field.spectra >= top, axis=1) >= 3
    fit = fit_field(measured, 3, 5.0, (), Job())
    used = fit.lines.state == LINE_STATES.index("used")
    assert not np.any(flat[fit.lines.spectrum[used], fit.lines.listed[used]] & many[fit.lines.spectrum[used]])


def test_a_line_left_out_and_another_order():
    field = Field(13, lines=14)
    measured = field.measured()
    fit = fit_field(measured, 3, 5.0, (), Job())
    without = fit_field(measured, 3, 5.0, (float(field.wavelength[4]) + 0.001,), Job())
    gone = without.lines.listed == 4
    assert np.all(np.isin(without.lines.state[gone], [LINE_STATES.index(name) for name in ("excluded", "missing")]))
    assert np.array_equal(without.used, fit.used - np.bincount(
        fit.lines.spectrum[(fit.lines.listed == 4) & (fit.lines.state == 0)], minlength=field.count
    ))  # fmt: skip
    assert np.all(np.isfinite(without.lines.residual[gone & (without.lines.state == 2)]))
    assert fit_field(measured, 4, 5.0, (), Job()).coefficients.shape == (field.count, 5)
    assert fit_field(measured, None, 5.0, (), Job()).order == 3


def test_a_wrong_wavelength_in_the_list_is_rejected_everywhere():
    field = Field(14, lines=14)
    pace = SPAN / PIXELS
    field.listed.wavelength[6] += 0.35 * pace
    fit = fit_field(field.measured(), 3, 5.0, (), Job())
    assert fit.rejected_everywhere.tolist() == [6]
    assert np.median(_rms(field.off(fit))) < 0.015


def test_residuals_are_measured_minus_solution():
    field = Field(15)
    fit = fit_field(field.measured(), 3, 5.0, (), Job())
    lines, spectrum = fit.lines, 30
    part = lines.of(spectrum)
    used = np.flatnonzero(lines.state[part] == 0) + part.start
    u = 2 * lines.pixel[used] / (PIXELS - 1) - 1
    left = np.polynomial.legendre.legval(u, fit.coefficients[spectrum]) - lines.wavelength[used]
    slope = np.polynomial.legendre.legval(u, np.polynomial.legendre.legder(fit.coefficients[spectrum]))
    assert lines.residual[used] == pytest.approx(left / slope * (PIXELS - 1) / 2, abs=1e-9)
    assert fit.rms[spectrum] == pytest.approx(np.sqrt(np.mean(lines.residual[used] ** 2)))
    assert np.all(np.diff(lines.spectrum) >= 0)


def test_widths_and_resolution():
    field = Field(16, fluxes=(2e4, 1e5))
    fit = fit_field(field.measured(), 3, 5.0, (), Job())
    # the core's width, without that of the pixel: wings of 12 % make the Gaussian that fits best a little wider
    assert np.nanmedian(fit.fwhm) == pytest.approx(FWHM, rel=0.09)
    expected = CENTRE / (np.nanmedian(fit.fwhm) * SPAN / PIXELS)
    assert np.nanmedian(fit.resolution) == pytest.approx(expected, rel=0.05)
    assert fit.maps["Resolution"].shape == (16, 18)


def test_the_coefficients_of_a_real_spectrograph(real_data):
    path = real_data / "arcs" / "osiris_wave_coeffs_200101_201215.fits"
    from astropy.io import fits

    raw = np.asarray(fits.getdata(path), float)[20:44, 8:34]
    rows, columns = raw.shape[:2]
    raw = raw.reshape(-1, 4)
    there = raw[:, 1] < 0
    # pixel of the detector against nm from the middle of the band; each spectrum is cut out where it lies
    truth = np.zeros((len(raw), 4))
    pixels = 1500
    middle = np.median(raw[there, 0])
    u = np.linspace(-1, 1, 300)
    for spectrum in np.flatnonzero(there):
        wave = np.linspace(-260, 260, 4001)
        at = np.polynomial.polynomial.polyval(wave, raw[spectrum]) - raw[spectrum, 0] + 0.12 * (
            raw[spectrum, 0] - middle
        ) + pixels / 2  # fmt: skip
        order = np.argsort(at)
        truth[spectrum] = np.polynomial.legendre.legfit(
            u, 2200 + np.interp((u + 1) * (pixels - 1) / 2, at[order], wave[order]), 3
        )
    truth[~there] = truth[there][0]
    field = Field(17, rows, columns, lines=24, coefficients=truth, pixels=pixels, unlisted=3, hits=0.0005)
    fit = fit_field(field.measured(), 3, 5.0, (), Job())
    assert field.wrong(fit) == 0
    assert np.mean(fit.state == SOLVED) > 0.97
    assert np.median(_rms(field.off(fit))[fit.state == SOLVED]) < 0.01


@pytest.mark.parametrize("skew", [0.0, 0.8])
def test_the_line_spread_function_is_that_of_the_spectra(skew):
    field = Field(18, lines=10, fluxes=(3e4, 1e5), apart=24.0)
    rng = np.random.default_rng(19)
    field.spectra = forward.spectra(
        field.places, field.flux, PIXELS, FWHM, rng, 5.0, level=10, wings=0.2 if skew else 0.12, skew=skew
    )
    spread = field.measured().spread
    fine = (np.arange(41) + 0.5) / 41 - 0.5
    truth = forward.profile(spread.offset[:, None] + fine, FWHM, 0.2 if skew else 0.12, skew).mean(axis=1)
    for part in range(3):
        made = spread.profile[part]
        # where lines are is known up to a common shift, and their flux up to what a Gaussian makes of wings
        inner = np.abs(spread.offset) < 4.5
        off = [
            np.max(
                np.abs(made / made.max() - np.interp(spread.offset - shift, spread.offset, truth) / truth.max())[inner]
            )
            for shift in np.linspace(-0.6, 0.6, 121)
        ]
        assert min(off) < 0.05
        above = spread.offset[truth > truth.max() / 2]
        assert spread.seen[part] == pytest.approx(np.ptp(above) + 1 / 8, abs=0.2)
        assert (spread.skew[part] > 0.02) == (skew > 0)
    assert np.nanmax(np.abs(spread.fwhm - np.nanmedian(spread.fwhm))) < 0.1
    pace = SPAN / PIXELS
    assert spread.resolution == pytest.approx(spread.wavelength / (spread.fwhm * pace), rel=0.05)


def test_units_that_nobody_knows_and_spectra_of_nothing():
    field = Field(20, rows=6, columns=7)
    field.photons = None
    field.spectra = field.spectra * np.float32(1e-12)
    fit = fit_field(field.measured(), 3, 5.0, (), Job())
    assert np.all(fit.state == SOLVED)
    assert np.median(_rms(field.off(fit))) < 0.02
    for nothing in (np.nan, 0.0):
        field.spectra = np.full_like(field.spectra, nothing)
        fit = fit_field(field.measured(), None, 5.0, (), Job())
        assert np.all(fit.state >= FAILED)
        assert np.all(np.isnan(fit.coefficients))


def test_a_hit_upon_a_faint_line_does_not_lead_the_fit():
    field = Field(21, lines=12, fluxes=(600.0, 900.0))
    for spectrum in range(0, field.count, 5):
        place = int(np.rint(field.places[spectrum, 6]))
        if spectrum != field.at and 3 < place < PIXELS - 3:
            field.spectra[spectrum, place + 1] += 4e4
    fit = fit_field(field.measured(), 3, 5.0, (), Job())
    assert np.all(fit.state == SOLVED)
    assert _rms(field.off(fit)).max() < 0.15
    used = fit.lines.state == LINE_STATES.index("used")
    true = field.places[fit.lines.spectrum[used], fit.lines.listed[used]]
    assert np.max(np.abs(fit.lines.pixel[used] - true)) < 0.5
