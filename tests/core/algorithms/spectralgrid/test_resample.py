"""Resampled spectra: sums, centroids, errors against samples of noise, flags, and the grid's coordinates."""

import numpy as np
import pytest
from scipy.special import ndtr

from calgui.core.algorithms.options import parse
from calgui.core.algorithms.registry import algorithm
from calgui.core.algorithms.spectralgrid.config import GridConfig
from calgui.core.errors import InputError, UsageError
from calgui.core.frames import dq
from calgui.core.frames.frame import Frame
from calgui.core.jobs import Job
from calgui.core.spectra.axis import wavelengths
from calgui.core.spectra.wavelength import to_air

N = 400


def _wave(shift=0.0, falling=False, n=N):
    u = np.linspace(-1, 1, n)
    wave = 1.60 + 0.04 * u + 0.0015 * u**2 - 0.0004 * u**3 + shift
    return wave[::-1] if falling else wave


def _edges(wave):
    middle = (wave[1:] + wave[:-1]) / 2
    return np.r_[2 * wave[0] - middle[0], middle, 2 * wave[-1] - middle[-1]]


def _run(data, wave, err=None, bits=None, unit="electron", header=None, **options):
    frame = Frame(
        np.asarray(data, np.float32), None if err is None else np.asarray(err, np.float32), bits,
        {"BUNIT": unit, **(header or {})},
    )  # fmt: skip
    reference = Frame(np.asarray(wave, np.float32), header={"BUNIT": "um", "REFTYPE": "WAVECAL"})
    how = algorithm("resample-spectra")
    return how.run([frame], {"WAVECAL": reference}, parse(GridConfig, options), Job())


def _axis(result, axis=1):
    header = result.frame.header
    return wavelengths(header, axis, result.frame.shape[-axis]) / 1e3


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("step", [None, 0.00013, 0.00057])
def test_sums_are_kept(falling, step):
    rng = np.random.default_rng(1)
    waves = np.stack([_wave(shift, falling) for shift in (-0.003, 0.0, 0.0021)])
    data = rng.uniform(10, 1e4, waves.shape)
    result = _run(data, waves, step=step)
    total = np.nansum(np.asarray(result.frame.data, np.float64), axis=1)
    assert total == pytest.approx(data.astype(np.float32).astype(np.float64).sum(axis=1), rel=1e-6)
    assert result.metrics["flux_ratio"].value == pytest.approx(1, abs=1e-9)


def test_a_line_stays_where_it_is():
    wave = _wave()
    edges, line, sigma = _edges(wave), 1.6123, 0.0003
    data = 1e5 * np.diff(ndtr((edges - line) / sigma))
    result = _run(data, wave)
    grid = _axis(result)
    flux = np.nan_to_num(result.frame.data.astype(float))
    assert np.sum(grid * flux) / flux.sum() == pytest.approx(line, abs=0.01 * 0.0002)


@pytest.mark.parametrize("unit", ["W / (m2 um)", "erg s-1 cm-2 Angstrom-1", "photon/s/nm", "W m**-2 um**-1"])
def test_a_density_stays_what_it_is(unit):
    wave = _wave()
    result = _run(np.full(N, 7.0), wave, np.full(N, 0.5), unit=unit, step=0.0004)
    assert np.nanmin(result.frame.data) == pytest.approx(7, rel=1e-6)
    assert np.nanmax(result.frame.data) == pytest.approx(7, rel=1e-6)


def test_errors_and_their_correlation_are_those_of_noise():
    rng = np.random.default_rng(2)
    wave = _wave()
    sigma = rng.uniform(1, 5, N)
    many = rng.normal(0, sigma, (6000, N))
    made = _run(many, np.broadcast_to(wave, many.shape), np.broadcast_to(sigma, many.shape), step=0.00027)
    inner = slice(3, -3)
    data = made.frame.data[:, inner].astype(float)
    error = made.frame.err[0, inner]
    assert np.std(data, axis=0) == pytest.approx(error, rel=0.05)
    measured = np.array([np.corrcoef(data[:, c], data[:, c + 1])[0, 1] for c in range(data.shape[1] - 1)])
    assert measured == pytest.approx(made.planes["CORR"][0, inner][:-1], abs=0.06)
    assert np.max(made.planes["CORR"][0, inner]) > 0.2
    of_sum = np.std(np.nansum(data, axis=1)) / np.sqrt(np.sum(error.astype(float) ** 2))
    assert of_sum == pytest.approx(made.metrics["noise_factor"].value, rel=0.05)
    assert made.keywords["NOISCORR"][0] == made.metrics["noise_factor"].value


def test_the_header_says_where_the_cells_are():
    wave = _wave()
    result = _run(np.ones(N), wave, start=1.57, step=0.0002, number=300)
    header = result.frame.header
    assert (header["CTYPE1"], header["CUNIT1"], header["CRPIX1"]) == ("WAVE", "um", 1.0)
    assert _axis(result)[[0, -1]] == pytest.approx([1.57, 1.57 + 299 * 0.0002])
    assert result.frame.shape == (300,)
    assert result.keywords["S_RESAMP"][0] == "COMPLETE"


def test_air_on_request():
    wave, line = _wave(), 1.6123
    data = 1e5 * np.diff(ndtr((_edges(wave) - line) / 0.0003))
    result = _run(data, wave, medium="air")
    header = result.frame.header
    assert header["CTYPE1"] == "AWAV"
    grid = header["CRVAL1"] + header["CDELT1"] * np.arange(result.frame.shape[0])
    flux = np.nan_to_num(result.frame.data.astype(float))
    assert np.sum(grid * flux) / flux.sum() == pytest.approx(to_air(line * 1e3) / 1e3, abs=0.01 * 0.0002)
    # and read back it is in vacuum
    assert np.sum(_axis(result) * flux) / flux.sum() == pytest.approx(line, abs=0.01 * 0.0002)


def test_bad_pixels_are_filled_or_left_and_told():
    wave = _wave()
    bits = np.zeros(N, np.uint32)
    bits[100] = dq.DO_NOT_USE | dq.HOT
    bits[200] = dq.SATURATED
    bits[300:306] = dq.DO_NOT_USE
    data = np.full(N, 50.0)
    data[100] = 1e9
    result = _run(data, wave, np.ones(N), bits, step=float(np.median(np.diff(wave)) * 2.5))
    grid = _axis(result)
    near = np.abs(grid - wave[100]).argmin()
    assert result.frame.data[near] == pytest.approx(125, rel=0.1)
    assert result.frame.dq[near] & dq.BY_NAME["FLUX_ESTIMATED"].value
    assert result.frame.dq[near] & dq.HOT
    assert not result.frame.dq[near] & dq.DO_NOT_USE
    gone = np.abs(grid - wave[303]).argmin()
    assert np.isnan(result.frame.data[gone])
    assert result.frame.dq[gone] & dq.DO_NOT_USE
    assert result.frame.dq[np.abs(grid - wave[200]).argmin()] & dq.SATURATED


def test_a_cube_stays_a_cube_and_spectra_without_wavelengths_are_nan():
    wave = np.stack([_wave(0.0001 * k) for k in range(6)]).T.reshape(N, 2, 3).copy()
    wave[:, 1, 2] = np.nan
    cube = np.broadcast_to(np.arange(1, 7, dtype=float).reshape(2, 3), (N, 2, 3))
    result = _run(cube, wave, cube, header={"CTYPE3": "WAVE", "CRVAL3": 1.5, "CTYPE1": "RA---TAN"})
    assert result.frame.shape[1:] == (2, 3)
    assert result.planes["CORR"].shape == result.frame.shape
    sums = np.nansum(result.frame.data.astype(float), axis=0)
    assert sums.ravel()[:5] == pytest.approx(np.arange(1, 6) * N, rel=1e-6)
    assert np.isnan(result.frame.data[:, 1, 2]).all()
    assert np.all(result.frame.dq[:, 1, 2] & dq.DO_NOT_USE)
    assert result.frame.header["CTYPE1"] == "RA---TAN"
    assert _axis(result, 3)[0] < 1.57
    assert "1 of 6 spectra have no wavelengths" in result.reasons[0]


def test_what_all_spectra_have_in_common():
    waves = np.stack([_wave(shift) for shift in (-0.003, 0.0, 0.003)])
    result = _run(np.ones(waves.shape), waves, range="common")
    assert np.isfinite(result.frame.data).all()
    assert not (result.frame.dq & dq.OUTLIER).any()


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match=r"The spectra are 400, the wavelengths of .* 300"):
        _run(np.ones(N), _wave(n=300))
    with pytest.raises(InputError, match="no wavelengths"):
        _run(np.ones(N), np.full(N, np.nan))
    with pytest.raises(UsageError, match=r"make .* pixels"):
        _run(np.ones(N), _wave(), step=1e-6)
    with pytest.raises(InputError, match="no wavelength solution"):
        algorithm("resample-spectra").run([Frame(np.ones(N, np.float32))], {}, GridConfig(), Job())
    waves = np.stack([_wave(-0.06), _wave(0.06)])
    with pytest.raises(UsageError, match="there is no grid"):
        _run(np.ones(waves.shape), waves, range="common")
