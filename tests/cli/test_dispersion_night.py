"""Dispersion of air and of the instrument on the demo night, from the command line."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.simulate import DemoNight
from calgui.core.simulate.kinds import fibercube
from tests.cli.nights import exposures, run


def _copy(source: Path, target: Path, **changes: Any) -> Path:
    """A file with other keywords; None takes one out."""
    with fits.open(source) as hdus:
        for name, value in changes.items():
            for hdu in hdus:
                if value is None:
                    hdu.header.remove(name, ignore_missing=True)
                elif name in hdu.header or hdu is hdus[0]:
                    hdu.header[name] = value
        hdus.writeto(target)
    return target


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_measured_and_computed_agree(demo_night: DemoNight, truth: dict[str, Any], folder: Path, number: int) -> None:
    """The night's air is of another formula than the one that computes here."""
    (cube,) = exposures(demo_night, "dispcube", number)
    told = truth["kinds"]["dispcube"]["cubes"][number - 1]
    out = folder / f"adc_{number}.fits"
    document = run("adc-residual", "--cache", demo_night.cache, "-o", out, cube, code=int(number == 4))
    metrics = document["metrics"]
    assert metrics["chance"] > 1e-3
    assert not any("differ" in reason for reason in document["reasons"])
    wave = np.array(told["wavelength_um"])
    with fits.open(out) as hdus:
        table, header = hdus["ADC"].data, hdus[0].header
        assert header["REFTYPE"] == "ADC"
        assert header["ADCFROM"] == "measured"
        assert hdus["ADC"].columns["wavelength"].unit == "um"
        for axis in ("along", "across"):
            truth_of = np.interp(table["wavelength"], wave, told[f"{axis}_mas"])
            assert np.abs(table[f"computed_{axis}"] - truth_of).max() < 0.15
            assert np.abs(table[f"shift_{axis}"] - truth_of).max() < 0.25
        assert np.abs(table["air_along"] - np.interp(table["wavelength"], wave, told["air_mas"])).max() < 0.2
    along, across = np.array(told["along_mas"]), np.array(told["across_mas"])
    apart = np.hypot(along[:, None] - along, across[:, None] - across).max()
    assert metrics["max_shift_mas"] == pytest.approx(apart, abs=0.2)
    assert metrics["zenith_angle_deg"] == pytest.approx(told["zenith_angle_deg"], abs=1e-3)


def test_against_the_reference_in_use(demo_night: DemoNight) -> None:
    document = run("adc-residual", "--cache", demo_night.cache, *exposures(demo_night, "dispcube", 2))
    compared = document["comparison"]
    assert compared["status"] == "compared"
    assert compared["metrics"]["max_difference_mas"] < 0.25
    other = run("adc-residual", "--cache", demo_night.cache, *exposures(demo_night, "dispcube", 4), code=1)
    assert other["comparison"]["status"] == "unavailable"


def test_the_cube_is_put_right(demo_night: DemoNight, folder: Path) -> None:
    (cube,) = exposures(demo_night, "dispcube", 2)
    before = run("adc-residual", "-p", "use=measured", cube)
    fixed = folder / "fixed.fits"
    document = run("correct-dispersion", "--cache", demo_night.cache, "-o", fixed, cube)
    assert document["verdict"] == "good"
    after = run("adc-residual", "-p", "use=measured", fixed)
    assert before["metrics"]["max_shift_mas"] > 2.5
    assert after["metrics"]["max_shift_mas"] < 0.5
    with fits.open(fixed) as hdus, fits.open(cube) as raw:
        assert hdus[0].header["S_ADC"] == "COMPLETE"
        assert hdus[0].header["R_ADC"].endswith("tmt_iris_adc_0003.fits")
        assert hdus["SCI"].shape == raw["SCI"].shape
        assert [hdu.name for hdu in hdus[1:4]] == ["SCI", "ERR", "DQ"]


def test_own_reference_puts_any_cube_right(demo_night: DemoNight, folder: Path) -> None:
    (cube,) = exposures(demo_night, "dispcube", 4)
    own, fixed = folder / "own.fits", folder / "own_fixed.fits"
    before = run("adc-residual", "-o", own, cube, code=1)
    run("correct-dispersion", "--reference", f"ADC={own}", "-o", fixed, cube)
    assert before["metrics"]["max_shift_mas"] > 25
    assert run("adc-residual", "-p", "use=measured", fixed)["metrics"]["max_shift_mas"] < 0.5


def test_fibers(demo_night: DemoNight, truth: dict[str, Any], folder: Path) -> None:
    told = truth["kinds"]["fibercube"]["cubes"]
    out = folder / "trace.fits"
    cubes = exposures(demo_night, "fibercube", 1, 2, 3, 4)
    document = run("instrument-dispersion", "--cache", demo_night.cache, "-o", out, *cubes)
    metrics = document["metrics"]
    assert document["verdict"] == "good", document["reasons"]
    assert metrics["n_fibers"] == 4
    assert metrics["max_shift_pixel"] == pytest.approx(max(one["largest_shift_pixel"] for one in told), abs=0.06)
    wave = np.array(truth["kinds"]["fibercube"]["wavelength_um"])
    with fits.open(out) as hdus:
        trace, fibers = hdus["TRACE"].data, hdus["FIBERS"].data
        assert hdus[0].header["REFTYPE"] == "INSDISP"
        for number, one in enumerate(told, 1):
            mine = trace[trace["input"] == number]
            for axis in "xy":
                assert np.abs(mine[axis] - np.interp(mine["wavelength"], wave, one[f"{axis}_pixel"])).max() < 0.05
        pulls = [
            (fibers["end_x"][k] - (one["x_pixel"][-1] - one["x_pixel"][0])) / fibers["end_error"][k]
            for k, one in enumerate(told)
        ]
        assert np.abs(pulls).max() < 4
    compared = document["comparison"]
    assert compared["status"] == "compared"
    # prisms were 3 % weaker when the reference was made
    expected = max(_change(number) for number in range(4))
    assert compared["metrics"]["max_difference_pixel"] == pytest.approx(expected, abs=0.03)
    assert compared["metrics"]["distance_pixel"] < 0.1


def _change(number: int) -> float:
    """Of the shift between two wavelengths since the reference was made, pixels."""
    x, y = np.subtract(fibercube.places(number), fibercube.places(number, fibercube.BEFORE))
    return float(np.hypot(x[:, None] - x, y[:, None] - y).max())


def test_a_header_alone(demo_night: DemoNight, truth: dict[str, Any], tmp_path: Path) -> None:
    told = truth["kinds"]["dispcube"]["cubes"][3]
    with fits.open(exposures(demo_night, "dispcube", 4)[0]) as hdus:
        bare = tmp_path / "header.fits"
        fits.PrimaryHDU(header=hdus[0].header).writeto(bare)
    out = tmp_path / "adc.fits"
    # prisms that are told from the axes of the picture: PA is in the header
    document = run("adc-residual", "-o", out, "-p", "wavemin_um=1.17", "-p", "wavemax_um=1.31", bare, code=1)
    assert document["metrics"]["max_shift_mas"] == pytest.approx(np.ptp(told["along_mas"]), abs=0.15)
    assert document["metrics"]["chi2"] is None
    with fits.open(out) as made:
        assert made[0].header["ADCFROM"] == "computed"
        assert made[0].header["REFTYPE"] == "ADC"


def test_an_image_is_its_header(demo_night: DemoNight) -> None:
    (image,) = exposures(demo_night, "psfstar", 1)
    refused = run("adc-residual", image, code=3)["error"]
    assert "PRESSURE" in refused
    air = ("-p", "pressure=615", "-p", "temperature=2", "-p", "humidity=20")
    document = run("adc-residual", *air, image, code=1)
    assert document["metrics"]["air_shift_mas"] > 1


def test_bad_inputs(demo_night: DemoNight, tmp_path: Path) -> None:
    (cube,) = exposures(demo_night, "dispcube", 2)
    blind = _copy(cube, tmp_path / "blind.fits", CTYPE1=None, CTYPE2=None, CTYPE3=None)
    assert "CTYPE3" in run("adc-residual", blind, code=3)["error"]
    assert run("adc-residual", "-p", "use=computed", "-p", "adc=none", blind, code=1)["metrics"]["n_used"] is None
    assert "CTYPE3" in run("instrument-dispersion", blind, code=3)["error"]
    low = _copy(cube, tmp_path / "low.fits", EL=-3.0)
    assert "below the horizon" in run("adc-residual", low, code=3)["error"]
    airless = _copy(cube, tmp_path / "airless.fits", PRESSURE=None)
    said = run("adc-residual", airless, code=3)["error"]
    assert "option pressure" in said
    assert "airless.fits" in said
    dark = tmp_path / "dark.fits"
    with fits.open(cube) as hdus:
        hdus["SCI"].data = np.random.default_rng(1).normal(0, 1e-3, hdus["SCI"].shape).astype(np.float32)
        hdus["ERR"].data = np.full(hdus["SCI"].shape, 1e-3, np.float32)
        hdus.writeto(dark)
    assert "no star" in run("adc-residual", dark, code=3)["error"]
    assert "no fiber" in run("instrument-dispersion", dark, code=3)["error"]
    assert (
        "takes"
        in run("correct-dispersion", "--cache", demo_night.cache, *exposures(demo_night, "psfstar", 1), code=3)["error"]
    )
