"""The arcs of the demo night solved on the command line, and held to the truth and to the references in use."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner
from numpy.polynomial import legendre

from calgui.cli.main import cli
from calgui.core.simulate import DemoNight


@pytest.fixture(scope="module")
def truth(demo_night: DemoNight) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(demo_night.truth.read_text(encoding="utf-8"))
    return found["kinds"]


def invoke(*words: object) -> Any:
    return CliRunner().invoke(cli, ["run", "wavelength-solution", *map(str, words)])


def run(*words: object) -> dict[str, Any]:
    made = invoke(*words, "--json")
    assert made.exit_code == 0, made.stderr
    document: dict[str, Any] = json.loads(made.stdout)
    return document


def wavelengths(spectrum: Mapping[str, Any]) -> np.ndarray:
    pixels = spectrum["pixels"]
    return np.asarray(legendre.legval(2 * np.arange(pixels) / (pixels - 1) - 1, spectrum["wavelength_nm"]))


@pytest.mark.parametrize("number", [0, 1, 3, 5])
def test_spectra_of_lamps_are_solved_to_a_fiftieth_of_a_pixel(
    demo_night: DemoNight, truth: Mapping[str, Any], tmp_path: Path, number: int
) -> None:
    spectrum, out = truth["arcspectra"]["spectra"][number], tmp_path / "wavecal.fits"
    said = run(demo_night.raw / spectrum["file"], "-o", out)
    with fits.open(out) as made:
        wave = made["WAVELENGTH"].data.astype(np.float64) * 1e3
        lines = made["LINES"].data
        at = np.asarray(lines["pixel"][lines["used"]], float)
    true = wavelengths(spectrum)
    off = (wave - true) / np.abs(np.gradient(true))
    within = slice(int(at.min()), int(at.max()) + 1)
    assert np.sqrt(np.mean(off[within] ** 2)) < 0.03
    assert said["metrics"]["n_spectra"] == 1
    assert sorted(said["metrics"]["lamps"].split(",")) == sorted(spectrum["lamps_on"])
    assert said["metrics"]["resolution"] == pytest.approx(spectrum["resolution"], rel=0.1)


@pytest.mark.parametrize(("number", "code"), [(7, 4), (8, 3)])
def test_a_lamp_that_is_not_there_and_none_at_all_are_refused(
    demo_night: DemoNight, truth: Mapping[str, Any], number: int, code: int
) -> None:
    made = invoke(demo_night.raw / truth["arcspectra"]["spectra"][number]["file"])
    assert made.exit_code == code
    assert truth["arcspectra"]["spectra"][number]["file"] in made.stderr


def test_traces_agree_with_the_solution_in_use(demo_night: DemoNight, truth: Mapping[str, Any], tmp_path: Path) -> None:
    arc = truth["arc"]
    said = run("--cache", demo_night.cache, "-o", tmp_path / "wavecal.fits", demo_night.raw / arc["file"])
    assert said["metrics"]["n_spectra"] == len(arc["traces"])
    assert said["metrics"]["n_failed"] == 0
    compared = said["comparison"]
    assert compared["status"] == "compared"
    assert compared["metrics"]["rms_pixel"] < 0.1
    assert abs(compared["metrics"]["shift_pixel"]) < 0.01


def test_a_dark_is_no_arc(demo_night: DemoNight) -> None:
    dark = next(path for path in sorted(demo_night.raw.iterdir()) if "dark" in path.name)
    made = invoke(dark, "-p", "lamps=Ar", "-p", "wavemin=1.5", "-p", "wavemax=1.8")
    assert made.exit_code in (3, 4)
    assert dark.name in made.stderr
