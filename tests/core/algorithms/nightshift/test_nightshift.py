"""Shifts put into spectra of the night sky, made and real, and what is found of them."""

import numpy as np
import pytest

from calgui.core.algorithms.nightshift.config import NightShiftConfig
from calgui.core.algorithms.nightshift.features import features_of
from calgui.core.algorithms.options import parse
from calgui.core.algorithms.registry import algorithm
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.spectra.airglow import SkyLines, sky_lines
from calgui.core.spectra.lines import columns_of
from tests.core.algorithms.arcs.field import forward

PIXELS, FWHM = 400, 2.2


def _coefficients(count, centre=1640.0, span=80.0):
    made = np.zeros((count, 4))
    made[:] = (centre, span / 2, 0.4, -0.06)
    made[:, 0] += np.linspace(-1, 1, count)
    return made


def _sky(rng, coefficients, shift, brightness=3e4, pixels=PIXELS, noise=6.0):
    """Sky spectra whose lines lie ``shift`` pixels (n,) from where the coefficients have them."""
    table = columns_of("oh.ecsv")
    wavelength = np.array(table["wavelength"], float)
    strength = np.array(table["intensity"], float)
    low, high = coefficients[:, 0].min() - 60, coefficients[:, 0].max() + 60
    near = (wavelength > low) & (wavelength < high)
    # families of transitions brighten and fade on their own, and so do lines within them
    upper = np.array(table["upper"], int)[near]
    factor = rng.normal(1, 0.2, 20)[upper]
    light = strength[near] / strength[near].max() * np.clip(factor, 0.4, 1.6)
    places = forward.places(wavelength[near], coefficients, pixels)
    places = places + np.broadcast_to(shift, (len(coefficients),))[:, None]
    return forward.spectra(places, brightness * light, pixels, FWHM, rng, noise, level=40)


def _wavelengths(coefficients, pixels=PIXELS):
    u = np.linspace(-1, 1, pixels)
    return np.polynomial.legendre.legval(u, coefficients.T) / 1e3


def _run(data, wavelength, header=None, wavecal=None, **options):
    cards = {"BUNIT": "um", "REFTYPE": "WAVECAL", **(wavecal or {})}
    reference = Frame(np.asarray(wavelength, np.float32), header=cards)
    frame = Frame(np.asarray(data, np.float32), header={"BUNIT": "electron", **(header or {})})
    how = algorithm("night-shift")
    how.check([frame])
    return how.run([frame], {"WAVECAL": reference}, parse(NightShiftConfig, options), Job())


@pytest.mark.parametrize("shift", [0.0, 0.05, -0.4, 2.7, -3.3])
def test_a_shift_is_found_within_its_error(shift):
    pulls = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        coefficients = _coefficients(1, 1640 + 20 * seed)
        result = _run(_sky(rng, coefficients, shift), _wavelengths(coefficients))
        found, error = (result.metrics[name].value for name in ("shift_pixel", "shift_error_pixel"))
        assert abs(found - shift) < 0.03
        assert error < 0.02
        pulls.append((found - shift) / error)
    assert np.sqrt(np.mean(np.square(pulls))) < 1.8


def test_units_and_signs():
    rng = np.random.default_rng(5)
    coefficients = _coefficients(1)
    result = _run(_sky(rng, coefficients, 0.5)[0], _wavelengths(coefficients)[0])
    pixel, nm, speed = (result.metrics[name].value for name in ("shift_pixel", "shift_nm", "shift_km_per_s"))
    assert nm == pytest.approx(pixel * 80 / 399, rel=0.03)
    assert speed == pytest.approx(nm / 1640 * 299_792.458, rel=0.02)
    assert result.keywords["WSHIFT"][0] == pixel
    # the same spectrum read from its other end
    turned = _run(_sky(np.random.default_rng(5), coefficients, 0.5)[0][::-1], _wavelengths(coefficients)[0][::-1])
    assert turned.metrics["shift_pixel"].value == pytest.approx(-pixel, abs=1e-3)
    assert turned.metrics["shift_nm"].value == pytest.approx(nm, abs=1e-4)
    lines = turned.spectra.lines
    where = np.polynomial.legendre.legval(2 * lines.pixel / (PIXELS - 1) - 1, turned.spectra.coefficients[0])
    assert where - lines.wavelength == pytest.approx(nm, abs=0.05)


def test_what_a_gaussian_is_off_by_on_skew_lines_is_taken_off():
    coefficients = _coefficients(1)
    data, wave = _sky(np.random.default_rng(5), coefficients, 0.2)[0], _wavelengths(coefficients)[0]
    off = {"WCALSHEG": -0.05}
    plain, told = _run(data, wave), _run(data, wave, wavecal=off)
    turned = _run(data[::-1], wave[::-1], wavecal=off)
    value = plain.metrics["shift_pixel"].value
    assert told.metrics["shift_pixel"].value == pytest.approx(value + 0.05, abs=1e-6)
    # the keyword counts pixels as they are in the file
    assert turned.metrics["shift_pixel"].value == pytest.approx(-value + 0.05, abs=2e-3)


def test_the_verdict_knows_the_limit():
    rng = np.random.default_rng(6)
    coefficients = _coefficients(1)
    wave = _wavelengths(coefficients)
    assert _run(_sky(rng, coefficients, 0.03), wave).verdict == "good"
    bad = _run(_sky(rng, coefficients, 0.3), wave)
    assert bad.verdict == "bad"
    assert "(limit 0.1)" in bad.reasons[0]
    assert _run(_sky(rng, coefficients, 0.3), wave, limit=0.5).verdict == "good"


def test_a_field_whose_shift_changes_from_side_to_side():
    rng = np.random.default_rng(7)
    rows, columns = 6, 8
    y, x = np.divmod(np.arange(rows * columns), columns)
    shift = 0.05 + 0.4 * (x / (columns - 1) - 0.5) - 0.1 * (y / (rows - 1) - 0.5)
    coefficients = _coefficients(rows * columns)
    spectra = _sky(rng, coefficients, shift)
    spectra[11] = np.nan
    spectra[20, 100:140] += 1e5
    cube = spectra.T.reshape(PIXELS, rows, columns)
    wave = _wavelengths(coefficients).T.reshape(PIXELS, rows, columns).copy()
    wave[:, 3, 3] = np.nan
    result = _run(cube, wave, {"CTYPE3": "WAVE"})
    value = {name: metric.value for name, metric in result.metrics.items()}
    assert value["n_spectra"] == rows * columns - 2
    assert value["shift_pixel"] == pytest.approx(0.05, abs=0.02)
    assert value["across_columns_pixel"] == pytest.approx(0.4, abs=0.02)
    assert value["across_rows_pixel"] == pytest.approx(-0.1, abs=0.02)
    assert any("from the first column to the last" in reason for reason in result.reasons)
    table = next(extra for extra in result.extensions if extra.name == "SHIFT").data
    good = np.isfinite(table["shift"])
    assert np.std(table["shift"][good] - shift[good]) < 0.03
    assert result.spectra.maps["Shift (pixel)"].shape == (rows, columns)


def test_a_shift_that_changes_along_the_spectrum():
    rng = np.random.default_rng(8)
    true, off = _coefficients(1), _coefficients(1)
    off[:, 1] *= 1 + 0.5 / 200  # half a pixel at either end
    result = _run(_sky(rng, true, 0.0), _wavelengths(off))
    assert result.metrics["along_pixel"].value == pytest.approx(1.0, abs=0.08)
    assert result.metrics["along_error_pixel"].value < 0.05
    assert any("along the spectrum" in reason for reason in result.reasons)


def test_a_real_spectrum_of_the_sky_with_shifts_put_in(real_data):
    from astropy.io import fits

    table = fits.getdata(real_data / "arcs" / "keck_mosfire_OH_H.fits", 1)
    wave, flux = np.asarray(table["wave"], float) / 1e4, np.asarray(table["flux"], np.float32)
    index = np.arange(len(wave))
    own = _run(flux, wave)
    # its published wavelengths are good to 0.15 pixel
    assert abs(own.metrics["shift_pixel"].value) < 0.05
    assert own.metrics["n_lines"].value > 50
    for shift in (0.3, -1.7, 3.1):
        moved = np.polynomial.polynomial.polyfit(index / 2828, wave, 5)
        moved = np.polynomial.polynomial.polyval((index + shift) / 2828, moved) - np.polynomial.polynomial.polyval(
            index / 2828, moved
        )
        found = _run(flux, wave + moved).metrics["shift_pixel"].value
        assert found - own.metrics["shift_pixel"].value == pytest.approx(shift, abs=0.003)


def test_doublets_are_one_feature_and_uncertain_blends_are_none():
    pair = SkyLines(
        np.array([1600.0, 1600.1, 1610.0, 1610.25, 1630.0]), np.array([5.0, 5.0, 5.0, 4.0, 3.0]),
        ("4-2", "4-2", "4-2", "5-3", "4-2"), ("P1(4.5)", "P1(4.5)", "P1(5.5)", "P1(2.5)", "P2(2.5)"), np.zeros(5),
    )  # fmt: skip
    made = features_of(pair, 0.4, 0.01, 0.01)
    assert made.wavelength == pytest.approx([1600.05, 1630.0])
    assert made.doubt == pytest.approx([0, 0], abs=1e-12)
    assert made.first.tolist() == [0, 2, 3]
    assert features_of(pair, 0.4, 0.01, 0.1).doubt[1] > 0.015
    whole = sky_lines().within(1500, 1700)
    assert len(features_of(whole, 0.4, 0.01, 0.03)) > 25


def test_what_is_no_sky_is_refused():
    rng = np.random.default_rng(9)
    coefficients = _coefficients(1)
    wave = _wavelengths(coefficients)
    with pytest.raises(AlgorithmError, match="No line of the night sky is seen"):
        _run(rng.normal(0, 5, (1, PIXELS)), wave)
    with pytest.raises(AlgorithmError, match="no known line"):
        _run(rng.normal(0, 5, (1, PIXELS)), wave * 1.9)
    with pytest.raises(InputError, match="The sky was subtracted"):
        _run(_sky(rng, coefficients, 0.0), wave, {"S_SKYSUB": "COMPLETE"})
    with pytest.raises(InputError, match="no wavelength solution"):
        algorithm("night-shift").run([Frame(np.ones(400, np.float32))], {}, NightShiftConfig(), Job())
