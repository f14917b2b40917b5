"""Peaks against shapes of astropy, against areas by quadrature, and against their own errors."""

import numpy as np
import pytest
from astropy.modeling.models import Gaussian1D, Moffat1D, Voigt1D
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.errors import AlgorithmError
from calgui.core.spectra.peaks import Shape, fit_peak, profile_area

X = np.arange(0.0, 60.0)


def test_a_gaussian_of_another_package() -> None:
    model = Gaussian1D(amplitude=120, mean=28.37, stddev=2.1)
    peak = fit_peak(X, model(X) + 40 + 0.3 * X)
    assert peak.centre == pytest.approx(28.37, abs=1e-5)
    assert peak.fwhm == pytest.approx(model.fwhm, rel=1e-5)
    assert peak.flux == pytest.approx(120 * 2.1 * np.sqrt(2 * np.pi), rel=1e-5)
    assert peak.background == pytest.approx(40 + 0.3 * 28.37, rel=1e-4)
    assert peak.slope == pytest.approx(0.3, rel=1e-4)
    assert peak.rms < 1e-4


def test_a_moffat_of_another_package() -> None:
    model = Moffat1D(amplitude=-80, x_0=31.2, gamma=3.0, alpha=2.5)
    peak = fit_peak(X, model(X) + 200, shape="moffat")
    assert peak.centre == pytest.approx(31.2, abs=1e-4)
    assert peak.fwhm == pytest.approx(model.fwhm, rel=1e-3)
    assert peak.extra == pytest.approx(2.5, rel=1e-2)
    assert peak.height == pytest.approx(-80, rel=1e-3)
    wide = np.linspace(-20000, 20000, 4_000_001)
    assert peak.flux == pytest.approx(np.trapezoid(model(wide), wide), rel=1e-2)


def test_a_voigt_of_another_package() -> None:
    model = Voigt1D(x_0=29.6, amplitude_L=70, fwhm_L=2.0, fwhm_G=3.0)
    peak = fit_peak(X, model(X) + 5, shape="voigt")
    fwhm = 0.5346 * 2 + np.sqrt(0.2166 * 4 + 9)
    assert peak.centre == pytest.approx(29.6, abs=1e-4)
    assert peak.fwhm == pytest.approx(fwhm, rel=1e-3)
    assert peak.extra == pytest.approx(2 / fwhm, rel=1e-2)
    # amplitude_L is the height of the Lorentzian alone: its area is that times pi/2 times its width
    assert peak.flux == pytest.approx(70 * np.pi / 2 * 2.0, rel=5e-3)


@pytest.mark.parametrize(("shape", "extra"), [("gaussian", ()), ("moffat", (2.5,)), ("voigt", (0.4,))])
def test_areas_by_quadrature(shape: Shape, extra: tuple[float, ...]) -> None:
    from calgui.core.spectra.peaks import _PROFILES

    fine = np.linspace(-3000, 3000, 6_000_001)
    profile = _PROFILES[shape](fine, *extra)
    assert np.trapezoid(profile, fine) == pytest.approx(profile_area(shape, *extra), rel=2e-3)
    assert profile.max() == pytest.approx(1)
    assert np.interp(0.5, fine, profile) == pytest.approx(0.5, abs=2e-4)


@given(st.floats(20, 40), st.floats(1.8, 8), st.floats(500, 1e5), st.booleans())
@settings(max_examples=25, deadline=None)
def test_wavelengths_falling_or_rising_give_the_same(centre, fwhm, height, falling) -> None:
    y = Gaussian1D(height, centre, fwhm / 2.3548)(X)
    wave = 2100.0 + 0.25 * X
    order = slice(None, None, -1) if falling else slice(None)
    peak = fit_peak(wave[order], y[order])
    assert peak.centre == pytest.approx(2100 + 0.25 * centre, abs=1e-4)
    assert peak.fwhm == pytest.approx(0.25 * fwhm, rel=1e-3)
    assert peak.flux == pytest.approx(0.25 * height * fwhm * 1.064467, rel=1e-3)


@pytest.mark.parametrize("given_errors", [True, False])
def test_errors_are_what_scatters(given_errors: bool) -> None:
    rng = np.random.default_rng(7)
    truth = Gaussian1D(400, 30.3, 2.0)(X) + 100
    noise = np.full(len(X), 12.0)
    pulls, fluxes = [], []
    for _ in range(300):
        peak = fit_peak(X, truth + rng.normal(0, noise), noise if given_errors else None)
        pulls.append((peak.centre - 30.3) / peak.centre_error)
        fluxes.append((peak.flux - 400 * 2 * np.sqrt(2 * np.pi)) / peak.flux_error)
    for some in (pulls, fluxes):
        assert abs(np.mean(some)) < 3 / np.sqrt(300)
        assert np.std(some) == pytest.approx(1, abs=0.14)
    assert (peak.chi2_reduced is None) is not given_errors


def test_centres_reach_the_limit_of_photon_noise() -> None:
    # Cramér-Rao of a Gaussian on a low background: sigma / sqrt(photons)
    rng = np.random.default_rng(3)
    truth = Gaussian1D(2000, 30.3, 2.0)(X) + 0.5
    photons = 2000 * 2 * np.sqrt(2 * np.pi)
    errors = np.sqrt(truth)
    centres = [fit_peak(X, rng.poisson(truth).astype(float), errors).centre for _ in range(300)]
    assert np.std(centres) < 1.2 * 2.0 / np.sqrt(photons)


def test_what_cannot_be_fitted_says_so() -> None:
    with pytest.raises(AlgorithmError, match="wider range"):
        fit_peak(X[:4], X[:4])
    with pytest.raises(AlgorithmError):
        fit_peak(X, np.zeros(60))
    with pytest.raises(AlgorithmError, match="wider range"):
        fit_peak(X, np.full(60, np.nan))
    broken = Gaussian1D(100, 30, 3)(X)
    broken[25:28] = np.nan
    assert fit_peak(X, broken).centre == pytest.approx(30, abs=1e-3)
