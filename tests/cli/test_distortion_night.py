"""The pinhole grid of the demo night solved on the command line, and an image rectified, held to the truth."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning
from click.testing import CliRunner

from calgui.cli.main import cli
from calgui.core.simulate import DemoNight
from calgui.core.simulate.kinds.pinholemask import distort, grid
from calgui.core.simulate.scene import Scene
from tests.cli.nights import run


@pytest.fixture(scope="module")
def solved(
    demo_night: DemoNight, truth: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("distortion") / "distortion.fits"
    path = demo_night.raw / truth["kinds"]["pinhole"]["file"]
    return out, run("distortion-solution", "-p", "order=3", "--cache", demo_night.cache, "-o", out, path)


def off(header: fits.Header, scene: Scene) -> tuple[float, float]:
    """Solution minus truth: RMS per axis and largest, an affine map apart, by astropy."""
    # the coordinates of pictures that are made with it, in a header without one: as WCSAXES allows
    with pytest.warns(FITSFixedWarning, match="more axes"):
        wcs = WCS(header)
    ideal_x, ideal_y = grid(scene)
    x, y = distort(scene, ideal_x, ideal_y)
    world = wcs.all_pix2world(x, y, 0)
    columns = np.stack([np.ones(x.size), *world], axis=1)
    wanted = ideal_x + 1j * ideal_y
    left = columns @ np.linalg.lstsq(columns, wanted, rcond=None)[0] - wanted
    return float(np.sqrt(np.mean(np.abs(left) ** 2) / 2)), float(np.abs(left).max())


def test_the_solution_is_the_true_distortion(
    solved: tuple[Path, dict[str, Any]], truth: Mapping[str, Any], scene: Scene
) -> None:
    out, document = solved
    metrics = document["metrics"]
    assert document["verdict"] in {"good", "doubtful"}, document["reasons"]
    assert metrics["order"] == 3
    assert metrics["n_pinholes"] > 0.9 * truth["kinds"]["pinhole"]["n_pinholes"]
    with fits.open(out) as hdus:
        assert [hdu.name for hdu in hdus][:3] == ["PRIMARY", "DISTORTION", "PINHOLES"]
        assert hdus[0].header["REFTYPE"] == "DISTORTION"
        assert hdus[0].header["DISTORDR"] == 3
        rms, _ = off(hdus["DISTORTION"].header, scene)
        table = hdus["PINHOLES"].data
    # 10 terms of each axis
    assert rms < 1.5 * np.sqrt(10 / metrics["n_pinholes"]) * max(metrics["rms_pixel"], 0.0085)
    assert metrics["rms_pixel"] < 0.015
    assert int(table["used"].sum()) == metrics["n_pinholes"]


def test_it_is_compared_with_the_one_in_use(solved: tuple[Path, dict[str, Any]]) -> None:
    comparison = solved[1]["comparison"]
    assert comparison["status"] == "compared"
    assert comparison["metrics"]["rms_pixel"] < 0.02
    assert comparison["file"].startswith("tmt_iris_distortion")


def test_the_grid_is_straight_once_it_is_rectified(
    solved: tuple[Path, dict[str, Any]], demo_night: DemoNight, truth: Mapping[str, Any], tmp_path: Path
) -> None:
    path, out = demo_night.raw / truth["kinds"]["pinhole"]["file"], tmp_path / "rectified.fits"
    document = run("rectify", "--reference", f"DISTORTION={solved[0]}", "-o", out, path)
    assert document["metrics"]["inverse_error_pixel"] < 1e-3
    with fits.open(out) as hdus:
        assert hdus[0].header["S_DISTOR"] == "COMPLETE"
        assert hdus[0].header["R_DISTOR"] == "distortion.fits"
        assert {"SCI", "ERR", "DQ"} <= {hdu.name for hdu in hdus}
    straight = run("distortion-solution", "-p", "order=1", out, code=0)["metrics"]
    bent = run("distortion-solution", "-p", "order=1", path, code=1 if truth["size"] >= 256 else 0)["metrics"]
    assert bent["rms_pixel"] > 0.1
    assert straight["rms_pixel"] < 0.02
    assert abs(straight["scale_pixel"] - truth["kinds"]["pinhole"]["pitch_pixel"]) < 0.005


def test_the_rules_select_a_distortion(demo_night: DemoNight, truth: Mapping[str, Any]) -> None:
    path = demo_night.raw / truth["kinds"]["pinhole"]["file"]
    document = run("rectify", "--cache", demo_night.cache, path)
    assert [one["type"] for one in document["references"]] == ["distortion"]
    assert document["metrics"]["distortion"].startswith("tmt_iris_distortion")


def test_too_high_an_order_and_other_pictures_are_refused(demo_night: DemoNight, truth: Mapping[str, Any]) -> None:
    def refused(*words: object) -> tuple[int, str]:
        made = CliRunner().invoke(cli, ["run", "distortion-solution", *map(str, words)])
        return made.exit_code, " ".join(made.stderr.split())

    path = demo_night.raw / truth["kinds"]["pinhole"]["file"]
    code, said = refused("-p", "order=12", path)
    assert (code, "order" in said) == (2, True)
    code, said = refused("-p", "exclude=here", path)
    assert (code, "exclude" in said) == (2, True)
    flat = demo_night.raw / "iris_20260311_flat_0001.fits"
    code, said = refused(path, flat)
    assert (code, flat.name in said) == (3, True), said


def test_all_stands_of_the_mask_are_solved_together(
    demo_night: DemoNight, truth: Mapping[str, Any], scene: Scene, tmp_path: Path
) -> None:
    out = tmp_path / "distortion.fits"
    paths = [demo_night.raw / name for name in truth["kinds"]["pinhole"]["files"]]
    metrics = run("distortion-solution", "-p", "order=3", "-o", out, *paths)["metrics"]
    assert metrics["n_frames"] == len(paths) == 4
    with fits.open(out) as hdus:
        rms, _ = off(hdus["DISTORTION"].header, scene)
        turned = hdus["FRAMES"].data["rotation"] - hdus["FRAMES"].data["rotation"][0]
        count = len(hdus["MASK"].data)
    assert rms < 0.0025
    np.testing.assert_allclose((turned + 45) % 90 - 45, [0, 0, 0, 30.6], atol=0.02)
    assert count > 100
    assert 0.004 < metrics["mask_error_pixel"] < 0.009
