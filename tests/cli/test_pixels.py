"""``calgui pixel`` tells what the window tells of a picked pixel."""

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner, Result

from calgui.cli.main import cli
from calgui.core.simulate import DemoNight


def call(*words: object) -> Result:
    return CliRunner().invoke(cli, ["pixel", *map(str, words)])


def test_value_and_references(demo_night: DemoNight) -> None:
    path = demo_night.raw / "iris_20260311_image_0001.fits"
    result = call("--json", "--cache", demo_night.cache, path, 40, 50)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    at = {fact["what"]: fact for fact in told["at"]}
    with fits.open(path) as hdus:
        assert at["observation"]["values"] == [pytest.approx(float(hdus["SCI"].data[50, 40]))]
    with fits.open(at["flat"]["file"]) as hdus:
        assert at["flat"]["values"] == [pytest.approx(float(hdus["SCI"].data[50, 40]))]
    assert (at["dark"]["x"], at["dark"]["y"], at["dark"]["unit"]) == (40, 50, "electron/s")
    assert at["nonlincoeff"]["x"] is None
    assert told["behind"] is None
    text = call("--cache", demo_night.cache, path, 0, 1).stdout
    assert "REFERENCE_PIXEL" in text
    assert "it holds no picture" in text


def test_reads_and_spectrum(demo_night: DemoNight) -> None:
    ramp, cube = (demo_night.raw / f"iris_20260311_{name}_0001.fits" for name in ("skyramp", "cube"))
    told = json.loads(call("--json", ramp, 30, 20).stdout)
    with fits.open(ramp) as hdus:
        data = hdus["SCI"].data.reshape(-1, *hdus["SCI"].data.shape[-2:])
    assert told["behind"]["reads"]["values"] == [pytest.approx(data[:, 20, 30].tolist())]
    assert len(told["behind"]["reads"]["seconds"]) == len(data)
    assert "reads in" in call(ramp, 30, 20).stdout
    told = json.loads(call("--json", "--plane", 7, cube, 3, 2).stdout)
    with fits.open(cube) as hdus:
        data = hdus["SCI"].data
    assert told["at"][0]["values"] == [pytest.approx(float(data[7, 2, 3]))]
    assert told["behind"]["spectrum"]["values"] == pytest.approx(data[:, 2, 3].tolist())
    assert len(told["behind"]["spectrum"]["nm"]) == len(data)
    assert f"{len(data)} planes" in call(cube, 3, 2).stdout


def test_the_ramp_is_found_among_others(tmp_path: Path) -> None:
    cards = {"DETECTOR": "IRIS1", "DATE-OBS": "2026-03-11", "TIME-OBS": "13:20:00"}
    for name, shape in (("image", (6, 7)), ("ramp", (1, 5, 6, 7))):
        hdu = fits.PrimaryHDU(np.full(shape, 3, np.float32))
        hdu.header.update(cards)
        hdu.writeto(tmp_path / f"{name}.fits")
    (tmp_path / "bad.fits").write_text("no FITS at all")
    told = json.loads(call("--json", tmp_path / "image.fits", 3, 2, tmp_path).stdout)
    assert told["behind"]["file"] == str(tmp_path / "ramp.fits")
    assert told["behind"]["reads"]["values"] == [[3.0] * 5]


def test_wrong_calls(demo_night: DemoNight, tmp_path: Path) -> None:
    path = demo_night.raw / "iris_20260311_image_0001.fits"
    assert call(path, -1, 2).exit_code == 2
    assert call(path, 3).exit_code == 2
    assert call(tmp_path / "none.fits", 3, 2).exit_code == 3
    outside = json.loads(call("--json", path, 100_000, 2).stdout)
    assert "no such pixel" in outside["at"][0]["problem"]
