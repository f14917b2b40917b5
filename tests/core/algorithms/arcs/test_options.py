"""What options do to a solution, and what may be given as an arc."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.algorithms.arcs.algorithm import refit
from calgui.core.algorithms.arcs.config import ArcConfig
from calgui.core.algorithms.arcs.measuring import Measured, measure
from calgui.core.algorithms.registry import Result
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames.frame import Frame
from calgui.core.frames.spectra import open_input
from calgui.core.jobs import Job
from calgui.core.runs.run import run_files
from calgui.core.simulate.spectro.samples import Sample, even_arcs, lamp_arcs
from tests.core.algorithms.arcs.madeup import against, frame_of, solved

OPTIONS = ArcConfig()


@pytest.fixture(scope="module")
def sample() -> Sample:
    return next(iter(lamp_arcs((31,), ("Ar", "Kr"), 1474.0, 1800.0, pixels=900, unlisted=1)))


@pytest.fixture(scope="module")
def measured(sample: Sample) -> Measured:
    return measure([frame_of(sample, "Ar,Kr")], {}, OPTIONS, Job("test"))


def again(measured: Measured, **options: Any) -> Result:
    return refit(measured, ArcConfig(**options), Job("test"))


def test_a_line_is_excluded_and_comes_back(measured: Measured) -> None:
    first = again(measured)
    assert first.spectra is not None
    lines = first.spectra.lines
    wave = float(lines.wavelength[lines.state == 0][3])
    second = again(measured, exclude=f"{wave:.4f}")
    assert second.spectra is not None
    after = second.spectra.lines
    assert after.state[np.nanargmin(np.abs(after.wavelength - wave))] == 2
    assert second.metrics["n_lines"].value == first.metrics["n_lines"].value - 1
    third = again(measured, exclude="1200.0")
    assert third.verdict == "doubtful"
    assert any("no listed line at 1200" in reason for reason in third.reasons)


def test_a_line_is_named_by_hand(measured: Measured) -> None:
    first = again(measured)
    assert first.spectra is not None
    lines = first.spectra.lines
    at = np.flatnonzero(lines.state == 0)[2]
    pixel, wave = lines.pixel[at], lines.wavelength[at]
    same = again(measured, identify=f"{pixel:.2f}={wave:.4f}")
    assert same.metrics["n_lines"].value == first.metrics["n_lines"].value
    astray = again(measured, identify=f"{pixel:.2f}=1234.5")
    assert any("No listed line lies near 1234.5 nm" in reason for reason in astray.reasons)


def test_the_order_is_as_asked_and_judged(measured: Measured) -> None:
    low = again(measured, order="1")
    assert low.metrics["order"].value == 1
    assert low.verdict != "good"
    best = again(measured)
    assert best.metrics["order"].value >= 2
    assert best.metrics["rms_pixel"].value < low.metrics["rms_pixel"].value


def test_too_high_an_order_is_refused_with_the_one_that_goes() -> None:
    waves = np.array([1599.386, 1612.706, 1618.444, 1644.107, 1652.437, 1655.406, 1674.465])
    (few,) = even_arcs((2,), waves, electrons=8000)
    made = measure([frame_of(few, "Ar")], {}, OPTIONS, Job("test"))
    count = int(again(made).metrics["n_lines"].value)
    with pytest.raises(AlgorithmError, match=r"Order 6 has 7 coefficients and takes 9 lines") as caught:
        again(made, order="6")
    assert f"Choose order {count - 3}" in caught.value.cure


def test_lines_named_by_hand_solve_what_is_not_found_blind(sample: Sample) -> None:
    frame = frame_of(sample, "Ar,Kr", WAVEMIN=2.0, WAVEMAX=2.4)
    made = measure([frame], {}, OPTIONS, Job("test"))
    with pytest.raises((AlgorithmError, InputError)):
        again(made)
    order = np.argsort(-sample.light.flux)
    known = [at for at in order if sample.light.species[at] and 20 < sample.pixel.reshape(-1)[at] < 880][:6]
    text = "; ".join(f"{sample.pixel.reshape(-1)[at]:.1f}={sample.light.wavelength[at]:.3f}" for at in known)
    result = again(made, identify=text)
    assert against(result, sample.dispersion.wavelengths()[0]).rms < 0.1
    assert any("named by hand" in reason for reason in result.reasons)


def test_air_is_shown_and_the_product_stays_in_vacuum(measured: Measured) -> None:
    vacuum, air = again(measured), again(measured, medium="air")
    assert vacuum.tables[0].rows[5][4] != air.tables[0].rows[5][4]
    for one, other in zip(vacuum.extensions, air.extensions, strict=True):
        if one.name == "WAVELENGTH":
            assert np.array_equal(one.data, other.data)


def test_the_product_has_what_the_command_line_promises(sample: Sample, tmp_path: Path) -> None:
    frame, path, out = frame_of(sample, "Ar,Kr"), tmp_path / "arc.fits", tmp_path / "wavecal.fits"
    columns = [
        fits.Column("flux", "E", array=frame.data),
        fits.Column("wavelength", "D", array=np.linspace(5, 6, frame.data.size)),
    ]
    table = fits.BinTableHDU.from_columns(columns)
    primary = fits.PrimaryHDU()
    primary.header.update({"LAMP": "Ar,Kr", "WAVEMIN": 1.48, "WAVEMAX": 1.8, "FILTER": "Hbb"})
    fits.HDUList([primary, table]).writeto(path)
    with open_input(path) as opened:
        assert opened.shape == frame.data.shape
        assert opened.header["FILTER"] == "Hbb"
    run_files("wavelength-solution", [path], out=out)
    with fits.open(out) as made:
        wave = made["WAVELENGTH"].data
        assert wave.shape == frame.data.shape
        assert wave.dtype.kind == "f"
        assert wave.dtype.itemsize == 8
        assert wave * 1e3 == pytest.approx(sample.dispersion.wavelengths()[0], abs=0.05)
        assert set(made["LINES"].columns.names) >= {"species", "wavelength", "pixel", "residual", "used"}
        assert made["COEFF"].header["BASIS"] == "legendre"
        assert made[0].header["REFTYPE"] == "WAVECAL"
        assert "sha1" in str(made[0].header["HISTORY"])


def test_traces_on_an_image_and_a_cube(sample: Sample) -> None:
    rng = np.random.default_rng(6)
    line = np.array(frame_of(sample, "Ar,Kr").data, np.float64)
    header = {"LAMP": "Ar,Kr", "WAVEMIN": 1.48, "WAVEMAX": 1.81, "BUNIT": "electron"}
    rows = np.arange(40)[:, None]
    across = sum(np.exp(-0.5 * ((rows - middle) / 1.1) ** 2) for middle in (8, 20, 32)) / 2.757
    image = (across * line + rng.normal(0, 4, (40, line.size))).astype(np.float32)
    result = solved(Frame(image, None, None, header))
    assert result.metrics["n_spectra"].value == 3
    truth = sample.dispersion.wavelengths()[0]
    assert all(against(result, truth, spectrum).rms < 0.05 for spectrum in range(3))
    cube = (line[:, None, None] + rng.normal(0, 4, (line.size, 2, 3))).astype(np.float32)
    result = solved(Frame(cube, None, None, header | {"CTYPE3": "WAVE"}))
    assert result.metrics["n_spectra"].value == 6
    (wave,) = [one.data for one in result.extensions if one.name == "WAVELENGTH"]
    assert wave.shape == cube.shape
    assert wave[:, 1, 2] * 1e3 == pytest.approx(truth, abs=0.05)


def test_an_image_without_traces_is_refused() -> None:
    rng = np.random.default_rng(1)
    dark = rng.normal(0, 5, (64, 300)).astype(np.float32)
    with pytest.raises(InputError, match=r"No traces|No line|Only"):
        solved(Frame(dark, None, None, {"LAMP": "Ar", "WAVEMIN": 1.5, "WAVEMAX": 1.8}))


def test_a_cube_that_does_not_say_where_wavelength_is_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cube.fits"
    fits.PrimaryHDU(np.zeros((30, 4, 4), np.float32)).writeto(path)
    with pytest.raises(InputError, match="This is a ramp") as caught:
        run_files("wavelength-solution", [path])
    assert "CTYPE3" in caught.value.cure
