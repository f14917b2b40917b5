"""Centres of a field's lines with their own shape, against shapes that were integrated over pixels by quadrature."""

import numpy as np
import pytest

from calgui.core.algorithms.arcs.field.solving import measure_field
from calgui.core.jobs import Job
from tests.core.algorithms.arcs import lineshapes
from tests.core.algorithms.arcs.field import forward

PIXELS, LEVEL, NOISE = 400, 10.0, 5.0
FLUXES = (500.0, 5000.0, 30_000.0)


def measured(density, fwhm, seed=0, rows=10, columns=15):
    """Lines of a field of one shape, or of one that changes along the spectrum; with errors, fluxes and places."""
    rng = np.random.default_rng(seed)
    truth = forward.smooth_field(rng, rows, columns, 3, PIXELS, 1600.0, 80.0, 12)
    at = (rows // 2) * columns + columns // 2
    flux = rng.permutation(np.repeat(FLUXES, 4))
    gaps = np.sort(rng.uniform(0, PIXELS - 40 - 11 * 24, 12)) + 24 * np.arange(12)
    wavelength = 1560 + (20 + gaps) * 80 / PIXELS
    places = forward.places(wavelength, truth, PIXELS)
    model = lineshapes.spectra(density, places, flux, PIXELS, LEVEL)
    image = (rng.poisson(model) + rng.normal(0, NOISE, model.shape)).astype(np.float32)
    main = forward.main_solution(truth[at], places[at], flux, wavelength, PIXELS, np.hypot(fwhm, 0.7))
    made = measure_field(
        image, None, np.divmod(np.arange(rows * columns), columns), main, forward.listed_lines(wavelength), Job(),
        at=at, photons=1.0,
    )  # fmt: skip
    off = np.where(made.flag == 0, made.pixel - places[:, made.columns], np.nan)
    return made, off, np.broadcast_to(flux[made.columns], off.shape)


@pytest.mark.parametrize(
    ("name", "fwhm"), [("gauss", 2.2), ("wings", 2.2), ("skew", 1.5), ("skew", 2.2), ("box", 2.2), ("box", 3.0)]
)
def test_centres_come_near_what_photons_allow(name, fwhm):
    density = lineshapes.shape(name, fwhm)
    made, off, flux = measured(density, fwhm)
    assert made.shape.is_measured == (name != "gauss")
    for light in FLUXES:
        some = (flux == light) & np.isfinite(off)
        left, pull = off[some], off[some] / made.pixel_error[some]
        assert np.count_nonzero(some) > 500
        assert np.sqrt(np.mean(left**2)) < 1.3 * lineshapes.bound(density, light, LEVEL, NOISE)
        # that of all lines in common, of which the mean of a long tail is the worst
        assert abs(np.mean(left)) < 0.008
        assert 0.85 < np.sqrt(np.mean(pull**2)) < 1.25


def test_a_shape_that_changes_along_the_spectrum():
    tail = lineshapes.shape("skew", 2.2)
    other = lineshapes.mirrored(tail)

    def between(part):
        return lambda away: (1 - part) * other(away) + part * tail(away)

    made, off, flux = measured([between(part) for part in np.linspace(0, 1, 12)], 2.2)
    assert made.shape.varies
    bright = np.where(flux > 1000, off, np.nan)
    seen = np.isfinite(bright).any(axis=0)
    common = np.nanmean(bright[:, seen], axis=0)
    # Gaussians have them a tenth of a pixel off at either end, the other way round
    assert np.abs(common).max() < 0.04
    assert np.median(np.abs(common)) < 0.015
    left, right = (made.shape.at(u).gaussian_centre(0.95) for u in (-0.9, 0.9))
    assert left > 0.05
    assert right < -0.05
