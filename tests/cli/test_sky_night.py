"""The skies of the demo night, on the command line, held to the truth that was put in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.frames import dq
from calgui.core.simulate import DemoNight
from calgui.core.simulate.kinds import crowded
from calgui.core.simulate.scene import Scene
from tests.cli.nights import ACTIVE, run

ESTIMATED = dq.BY_NAME["FLUX_ESTIMATED"].value


def files(night: DemoNight, truth: Mapping[str, Any], which: str) -> list[Path]:
    return [night.raw / name for name in truth["kinds"]["field"][which]]


@pytest.fixture(scope="module")
def made_sky(demo_night: DemoNight, truth: Mapping[str, Any], folder: Path) -> tuple[Path, dict[str, Any]]:
    out = folder / "sky.fits"
    return out, run("super-sky", *files(demo_night, truth, "skies"), "-o", out)


def check(path: Path, scene: Scene, number: int) -> None:
    """A science frame without its sky: unbiased, with right errors, and its nebula is all there."""
    dx, dy, _ = crowded.FIELD[number - 1]
    objects = crowded.objects(scene, "field", dx, dy)[ACTIVE].astype(np.float64)
    with fits.open(path) as hdus:
        data, err, bits = (hdus[name].data[ACTIVE].astype(np.float64) for name in ("SCI", "ERR", "DQ"))
        assert hdus[0].header["S_BKDSUB"] == "COMPLETE"
    bits = bits.astype(np.uint32)
    usable = (bits & dq.DO_NOT_USE) == 0
    noise = np.median(err)
    empty = usable & (objects < 0.02 * noise)
    assert np.count_nonzero(empty) > 1000
    assert abs(np.mean((data - objects)[empty])) < 0.1 * noise
    pull = ((data - objects) / err)[usable & ((bits & ESTIMATED) == 0)]
    assert abs(np.mean(pull)) < 0.1
    assert np.std(pull) == pytest.approx(1, abs=0.05)
    bright = usable & (objects > 0.5 * crowded.NEBULA)
    assert data[bright].sum() / objects[bright].sum() == pytest.approx(1, abs=0.06)


def test_a_super_sky_is_that_of_the_night(
    made_sky: tuple[Path, dict[str, Any]], scene: Scene, truth: Mapping[str, Any]
) -> None:
    path, document = made_sky
    assert document["verdict"] == "good", document["reasons"]
    true = crowded.sky(scene, float(np.median([factor for *_, factor in crowded.SKIES])))
    assert document["metrics"]["median_e_per_s"] == pytest.approx(float(np.median(true)), rel=0.003)
    with fits.open(path) as hdus:
        assert hdus[0].header["REFTYPE"] == "SKY"
        assert hdus[0].header["FILTER"] == "K"
        assert hdus[0].header["S_FLAT"] == "COMPLETE"
        assert [hdu.name for hdu in hdus[1:]] == ["SCI", "ERR", "DQ", "NSAMP"]
        good = (hdus["DQ"].data[ACTIVE] & dq.DO_NOT_USE) == 0
        pull = ((hdus["SCI"].data - true) / hdus["ERR"].data)[ACTIVE][good]
    assert abs(np.mean(pull)) < 0.1
    assert np.std(pull) == pytest.approx(1, abs=0.05)
    curve = next(table for table in document["tables"] if table["title"] == "Frames of the sky")
    levels = np.array([row[2] for row in curve["rows"]])
    factors = np.array([factor for *_, factor in crowded.SKIES])
    np.testing.assert_allclose(levels / levels[0], factors / factors[0], rtol=3e-3)


@pytest.mark.parametrize("number", [1, 3])
def test_the_running_sky_of_the_field(
    demo_night: DemoNight, truth: Mapping[str, Any], scene: Scene, folder: Path, number: int
) -> None:
    out = folder / f"iterative_{number}.fits"
    words = ("-p", f"frame={number}", "--cache", demo_night.cache, "-o", out)
    document = run("subtract-sky", *files(demo_night, truth, "science"), *words)
    assert document["metrics"]["method"] == "iterative"
    # the one that the rules select was not used, and no file says so
    assert document["references"] == []
    header = fits.getheader(out)
    assert header["R_SKY"] == "N/A"
    assert "tmt_iris_sky" not in str(header["HISTORY"])
    assert document["metrics"]["iterations"] < 8
    check(out, scene, number)


def test_a_sky_that_was_made_is_scaled_to_a_frame(
    demo_night: DemoNight, truth: Mapping[str, Any], scene: Scene, folder: Path, made_sky: tuple[Path, dict[str, Any]]
) -> None:
    out, science = folder / "scaled.fits", files(demo_night, truth, "science")[1]
    document = run("subtract-sky", science, "--reference", f"SKY={made_sky[0]}", "-o", out)
    assert document["verdict"] == "good", document["reasons"]
    expected = crowded.FIELD[1][2] / np.median([factor for *_, factor in crowded.SKIES])
    assert document["metrics"]["scale"] == pytest.approx(float(expected), rel=4e-3)
    assert [row["file"] for row in document["references"]] == [made_sky[0].name]
    check(out, scene, 2)
    with fits.open(out) as hdus:
        assert hdus[0].header["R_SKY"] == made_sky[0].name
        assert hdus[0].header["SKYSCALE"] == document["metrics"]["scale"]
        assert {"SKY", "SOURCES"} <= {hdu.name for hdu in hdus}


def test_skies_beside_the_science_serve_without_being_combined_first(
    demo_night: DemoNight, truth: Mapping[str, Any], scene: Scene, folder: Path
) -> None:
    out = folder / "given.fits"
    science, skies = files(demo_night, truth, "science")[3], files(demo_night, truth, "skies")
    document = run("subtract-sky", science, *skies, "-o", out)
    assert document["metrics"]["method"] == "scaled"
    assert document["metrics"]["n_skies"] == 5
    check(out, scene, 4)


def test_the_sky_that_the_rules_select_is_old(demo_night: DemoNight, truth: Mapping[str, Any], folder: Path) -> None:
    science = files(demo_night, truth, "science")[0]
    document = run("subtract-sky", science, "--cache", demo_night.cache)
    assert document["verdict"] == "doubtful"
    assert document["references"][0]["file"].endswith("tmt_iris_sky_0001.fits")
    assert any("days apart" in reason for reason in document["reasons"])
    refused = run("subtract-sky", science, "--cache", demo_night.cache, "-p", "old=refused", code=3)
    assert "max_age" in refused["error"]


def test_what_cannot_be_subtracted_is_refused_with_a_cure(demo_night: DemoNight, truth: Mapping[str, Any]) -> None:
    science = files(demo_night, truth, "science")
    for words, said in (
        ([science[0]], "There is no sky to subtract"),
        ([science[0], "--reference", f"SKY={demo_night.cache}/references/tmt/iris/tmt_iris_sky_0003.fits"], "FILTER"),
        ([science[0], science[0]], "given twice"),
        ([science[0], demo_night.raw / "iris_20260311_dark_0001.fits"], "neither a science frame nor a sky"),
    ):
        assert said in run("subtract-sky", *words, code=3)["error"]
    assert "3 or more" in run("super-sky", *files(demo_night, truth, "skies")[:2], code=3)["error"]


def test_a_super_sky_is_compared_with_the_one_in_use(demo_night: DemoNight, truth: Mapping[str, Any]) -> None:
    made = run("super-sky", *files(demo_night, truth, "skies"), "--cache", demo_night.cache)["comparison"]
    assert made["status"] == "compared", made["message"]
    assert made["file"] == "tmt_iris_sky_0001.fits"
    # the one in use was made of an evenly lit field, this one of a field that the optics vignet
    assert made["metrics"]["level_ratio"] == pytest.approx(0.99, abs=0.03)
    assert "shape differs" in made["message"]
