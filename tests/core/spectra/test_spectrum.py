"""The value of a spectrum, and smoothing against scipy and astropy."""

import numpy as np
import pytest
from astropy.convolution import Box1DKernel, Gaussian1DKernel, convolve
from scipy.ndimage import median_filter

from calgui.core.errors import UsageError
from calgui.core.spectra.spectrum import Spectrum


def test_arrays_are_kept_apart_and_cannot_be_changed() -> None:
    flux = np.arange(5.0)
    spectrum = Spectrum(flux)
    flux[0] = 99
    assert spectrum.flux[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        spectrum.flux[0] = 1
    with pytest.raises(UsageError, match=r"error.*\(5,\).*\(4,\)"):
        Spectrum(np.arange(5.0), np.ones(4))


def test_wavelength_between_pixels() -> None:
    spectrum = Spectrum(np.zeros(3), wavelength=np.array([2000.0, 2001.0, 2003.0]))
    assert spectrum.wavelength_at(1.5) == 2002
    assert spectrum.wavelength_at(-0.1) is None
    assert Spectrum(np.zeros(3)).wavelength_at(1) is None


@pytest.mark.parametrize(
    ("kind", "width", "kernel"),
    [("boxcar", 5, Box1DKernel(5)), ("gaussian", 4.0, Gaussian1DKernel(4 / 2.3548, x_size=15))],
)
def test_smoothing_as_astropy_does(kind, width, kernel) -> None:
    rng = np.random.default_rng(1)
    flux = rng.normal(10, 1, 80)
    flux[[20, 21, 50]] = np.nan
    ours = Spectrum(flux).smoothed(kind, width)
    theirs = convolve(flux, kernel, boundary=None, nan_treatment="interpolate")
    inside = np.isfinite(flux)
    inside[:10] = inside[-10:] = False
    np.testing.assert_allclose(ours.flux[inside], theirs[inside], atol=0.01)
    assert np.isnan(ours.flux[[20, 21, 50]]).all()


def test_a_running_median_as_scipy_does() -> None:
    flux = np.random.default_rng(2).normal(size=60)
    np.testing.assert_array_equal(Spectrum(flux).smoothed("median", 5).flux, median_filter(flux, 5))


def test_errors_of_a_smoothed_spectrum_are_what_scatters() -> None:
    rng = np.random.default_rng(4)
    noise = np.linspace(1, 3, 400)
    some = [Spectrum(rng.normal(0, noise), noise).smoothed("boxcar", 4) for _ in range(400)]
    width = np.std([one.flux for one in some], axis=0)
    assert some[0].error is not None
    np.testing.assert_allclose(np.median(width[5:-5] / some[0].error[5:-5]), 1, atol=0.03)


def test_nothing_to_smooth() -> None:
    assert len(Spectrum(np.array([])).smoothed("boxcar", 5)) == 0
    one = Spectrum(np.array([3.0]))
    assert one.smoothed("gaussian", 9).flux.tolist() == [3.0]
    flux = np.arange(6.0)
    assert Spectrum(flux).smoothed("boxcar", 1).flux.tolist() == flux.tolist()
