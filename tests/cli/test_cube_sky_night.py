"""The sky of the demo night's cube taken off on the command line, held to the truth that was put in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.frames import dq
from calgui.core.simulate import DemoNight
from calgui.core.simulate.kinds.cube import galaxy, source_light
from tests.cli.nights import run

SCIENCE, SKY = "iris_20260311_cube_0001.fits", "iris_20260311_skycube_0001.fits"


@pytest.fixture(scope="module")
def made(demo_night: DemoNight, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    out = tmp_path_factory.mktemp("cube") / "out.fits"
    return run("subtract-sky", demo_night.raw / SCIENCE, demo_night.raw / SKY, "-o", out), out


def test_shift_and_scales_are_the_truth(truth: Mapping[str, Any], made: tuple[dict[str, Any], Path]) -> None:
    document, _ = made
    told = truth["kinds"]["skycube"]
    assert document["verdict"] == "good"
    found = document["metrics"]
    assert found["shift_pixel"] == pytest.approx(told["shift_pixel"], abs=4 * found["shift_error_pixel"])
    for name, factor in told["scale_of_families"].items():
        key = f"scale_{name.replace('-', '_')}"
        assert found[key] == pytest.approx(factor, abs=4 * found[f"{key}_error"])
    assert found["residual_ratio"] < 1.1 < 2 < found["residual_ratio_before"]
    assert found["residual_rms"] == pytest.approx(found["expected_rms"], rel=0.1)
    assert {"scale", "scale_4_2", "scale_5_3", "residual_rms"} <= set(found)


def test_the_galaxy_is_left_and_the_sky_is_gone(made: tuple[dict[str, Any], Path]) -> None:
    _, out = made
    with fits.open(out) as hdus:
        data, err, flags = (hdus[name].data for name in ("SCI", "ERR", "DQ"))
        assert hdus[0].header["S_BKDSUB"] == "COMPLETE"
        assert hdus[0].header["SKY_4_2"] == pytest.approx(1 / 0.88, abs=0.02)
    light, good = source_light(), (flags & dq.DO_NOT_USE) == 0
    pulls = (data - light)[good] / err[good]
    assert pulls.std() == pytest.approx(1, abs=0.05)
    assert abs(pulls.mean()) < 0.1
    # flux of the emission lines where the galaxy is bright
    bright = good & (galaxy()["flux"] > 2)
    near = slice(60, 140)
    kept, put_in = (np.where(bright, one, 0)[near].sum() for one in (data, light))
    assert kept == pytest.approx(put_in, rel=0.03)


def test_options_and_refusals(demo_night: DemoNight, tmp_path: Path) -> None:
    science, sky = demo_night.raw / SCIENCE, demo_night.raw / SKY
    plain = run(
        "subtract-sky", "-p", "families=false", "-p", "fit_shift=false", "-p", "cube_sky=spectrum", science, sky, code=1
    )
    assert plain["verdict"] == "bad"
    assert not any(name.startswith("scale_4") for name in plain["metrics"])
    other = tmp_path / "other.fits"
    with fits.open(sky) as hdus:
        hdus[0].header["FILTER"] = "Kbb"
        hdus.writeto(other)
    refused = run("subtract-sky", science, other, code=3)["error"]
    assert "FILTER" in refused
    assert "other.fits" in refused
    assert "no sky" in run("subtract-sky", science, code=3)["error"]


def test_the_second_of_two_cubes_is_the_sky_where_no_header_says_so(demo_night: DemoNight, tmp_path: Path) -> None:
    science, sky = tmp_path / "science.fits", tmp_path / "other.fits"
    for source, target in ((SCIENCE, science), (SKY, sky)):
        with fits.open(demo_night.raw / source) as hdus:
            del hdus[0].header["EXP_TYPE"]
            hdus.writeto(target)
    document = run("subtract-sky", science, sky)
    assert document["metrics"]["scale_4_2"] == pytest.approx(1 / 0.88, abs=0.02)
    assert document["verdict"] == "good"
    assert any("other.fits was taken for the sky" in reason for reason in document["reasons"])
    with fits.open(sky, mode="update") as hdus:
        hdus[0].header["EXP_TYPE"] = "IRIS_CUBE"
    assert run("subtract-sky", science, sky)["verdict"] == "doubtful"
