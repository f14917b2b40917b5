"""``calgui validate`` on files of a demo night: the bad dark is caught, its good neighbours and references are not."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from click.testing import CliRunner

from calgui.cli.main import cli
from calgui.core.simulate import DemoNight
from tests.cli.nights import run


def call(*words: object, code: int = 0) -> dict[str, Any]:
    """What ``calgui validate ... --json`` says."""
    made = CliRunner().invoke(cli, ["validate", *map(str, words), "--json"])
    assert made.exit_code == code, made.stderr
    document: dict[str, Any] = json.loads(made.stdout)
    return document


def references(night: DemoNight, *kinds: str) -> list[Path]:
    return [path for kind in kinds for path in sorted((night.cache / "references").rglob(f"*_{kind}_*.fits"))]


def test_the_bad_dark_of_the_night_is_caught_with_its_reasons(demo_night: DemoNight, truth: dict[str, Any]) -> None:
    leaks = [name for name, frame in truth["frames"].items() if frame.get("light_leak")]
    assert leaks
    told = call(*(demo_night.raw / name for name in leaks), code=1)
    for one in told["files"]:
        assert (one["type"], one["kind"], one["verdict"]) == ("dark", "exposure", "bad")
        (check,) = (check for check in one["checks"] if check["check"] == "uneven")
        assert check["value"] > check["threshold"]
        assert "Light came in" in one["reasons"][0]
        assert f"above {check['threshold']:g}" in one["reasons"][0]
        assert "Look at the picture" in one["reasons"][0]


def test_its_neighbours_are_good_and_the_reference_in_use_is_named(
    demo_night: DemoNight, truth: dict[str, Any]
) -> None:
    darks = [demo_night.raw / name for name, frame in truth["frames"].items() if frame.get("light_leak") is False]
    told = call("--cache", demo_night.cache, *darks)
    assert {one["verdict"] for one in told["files"]} == {"good"}
    assert {one["reference"] for one in told["files"]} != {None}
    assert told["context"].endswith(".pmap")


def test_the_references_of_the_night_are_not_bad(demo_night: DemoNight) -> None:
    told = call(demo_night.cache / "references", "--no-certify")
    assert len(told["files"]) > 25
    assert [one["file"] for one in told["files"] if one["verdict"] != "good"] == []


def test_crds_certifies_and_says_what_is_missing(demo_night: DemoNight, tmp_path: Path) -> None:
    good = references(demo_night, "dark")[0]
    bad = tmp_path / "tmt_iris_dark_9999.fits"
    shutil.copy(good, bad)
    fits.delval(bad, "DETECTOR")
    # crds goes through files in the order of the alphabet, whatever order they are given in
    first, second = sorted((good, bad), key=str, reverse=True)
    told = call("--cache", demo_night.cache, first, second, code=1)
    by_name = {Path(one["file"]).name: one for one in told["files"]}
    assert by_name[good.name]["verdict"] == "good"
    assert any(check["check"] == "certify" for check in by_name[good.name]["checks"])
    assert any("crds certify" in reason and "DETECTOR" in reason for reason in by_name[bad.name]["reasons"])


def test_a_dark_that_the_program_made_is_good_and_certified(
    demo_night: DemoNight, truth: dict[str, Any], tmp_path: Path
) -> None:
    darks = [demo_night.raw / name for name in truth["frames"] if "_20260311_dark_" in name]
    made = tmp_path / "tmt_iris_dark_9998.fits"
    words = ("USEAFTER=2026-03-11T00:00:00", "AUTHOR=a test", "PEDIGREE=SIMULATION", "DESCRIP=nine darks")
    run("master-dark", *darks, "-o", made, *(part for word in words for part in ("-k", word)))
    (one,) = call("--cache", demo_night.cache, made)["files"]
    assert (one["kind"], one["verdict"], one["reasons"]) == ("reference", "good", [])
    assert {check["check"]: check["verdict"] for check in one["checks"]}["certify"] == "good"
    assert one["metrics"]["against.new_hot_fraction"]["value"] < 0.001


def test_one_of_another_size_than_the_reference_in_use_is_bad(demo_night: DemoNight, tmp_path: Path) -> None:
    small = tmp_path / "small.fits"
    with fits.open(references(demo_night, "flat")[0]) as hdus:
        cut = [hdus[0].copy()] + [fits.ImageHDU(hdu.data[:100], hdu.header, name=hdu.name) for hdu in hdus[1:4]]
        fits.HDUList(cut).writeto(small)
        rows = hdus["SCI"].data.shape[0]
    (one,) = call("--cache", demo_night.cache, "--no-certify", small, code=1)["files"]
    (check,) = (check for check in one["checks"] if check["check"] == "shape")
    assert (check["verdict"], check["value"]) == ("bad", rows - 100)


def test_a_person_is_told_and_exit_codes_are_kept(demo_night: DemoNight, tmp_path: Path) -> None:
    image = demo_night.raw / "iris_20260311_image_0001.fits"
    image = image if image.exists() else next(demo_night.raw.glob("*_image_*.fits"))
    made = CliRunner().invoke(cli, ["validate", str(image)])
    assert made.exit_code == 3
    assert "--type" in made.stderr
    dark = references(demo_night, "dark")[0]
    made = CliRunner().invoke(cli, ["validate", "--all", str(dark), str(tmp_path / "none.fits")])
    assert made.exit_code == 3
    assert f"{dark.name}: good (dark, reference)" in made.stdout
    assert "The dark current" in made.stdout
    for words, code in ((["--type", "darc"], 2), (["--context", "tmt_0001.pmap"], 2)):
        assert CliRunner().invoke(cli, ["validate", *words, str(dark)]).exit_code == code
    hostile = tmp_path / "checks.toml"
    hostile.write_text("[dark.level]\nbad_above = 'x'\n", encoding="utf-8")
    made = CliRunner().invoke(cli, ["validate", "--checks", str(hostile), str(dark)])
    assert made.exit_code == 3
    assert "dark.level" in made.stderr


def test_ones_own_thresholds_are_taken_from_the_settings(
    demo_night: DemoNight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dark = references(demo_night, "dark")[0]
    own = tmp_path / "checks.toml"
    own.write_text("[dark.level]\ndoubtful_above = 0.0001\nbad_above = 0.001\n", encoding="utf-8")
    monkeypatch.setattr("platformdirs.user_config_path", lambda _name: tmp_path)
    told = call(dark, code=1)
    assert told["files"][0]["thresholds"] == str(own)


def test_a_cache_cannot_lead_outside_its_folders(demo_night: DemoNight, tmp_path: Path) -> None:
    secret = tmp_path / "tmt_iris_dark_0004.fits"
    dark = references(demo_night, "dark")[0]
    shutil.copy(dark, secret)
    cache = tmp_path / "cache"
    shutil.copytree(demo_night.cache, cache)
    for rmap in (cache / "mappings" / "tmt").glob("tmt_iris_dark_*.rmap"):
        rmap.write_text(rmap.read_text().replace("'tmt_iris_dark_0", "'../../../../tmt_iris_dark_0"))
    raw = demo_night.raw / "iris_20260311_dark_0001.fits"
    told = call("--cache", cache, raw)
    assert all(not name.startswith("against.") for name in told["files"][0]["metrics"])
    assert told["files"][0]["notes"]


def spoiled(source: Path, target: Path, **header: object) -> Path:
    """A copy whose picture is mirrored, unless keywords are to be changed."""
    shutil.copy(source, target)
    with fits.open(target, mode="update") as file:
        file[0].header.update(header)
        if not header:
            file["SCI"].data = file["SCI"].data[:, ::-1].copy()
    return target


def test_exposures_that_were_mirrored_or_exchanged_are_told(demo_night: DemoNight, tmp_path: Path) -> None:
    def raw(kind: str) -> Path:
        return next(iter(sorted(demo_night.raw.glob(f"iris_*_{kind}_0001.fits"))))

    star = spoiled(raw("psfstar"), tmp_path / "star.fits")
    fiber = spoiled(raw("fiber"), tmp_path / "fiber.fits", DETECTOR="IRIS2")
    flat = spoiled(raw("flat"), tmp_path / "flat.fits")
    good = [raw("psfstar"), raw("flat")]
    told = call("--cache", demo_night.cache, "--no-algorithms", star, fiber, flat, *good, code=1)
    found = {Path(one["file"]).name: one for one in told["files"]}
    assert {found[path.name]["verdict"] for path in good} == {"good"}
    assert "mirrored left to right" in " ".join(found["star.fits"]["reasons"])
    assert "hot pixels of IRIS1" in " ".join(found["fiber.fits"]["reasons"])
    (response,) = (check for check in found["flat.fits"]["checks"] if check["check"] == "response")
    assert response["verdict"] == "bad"
    assert abs(response["value"]) < 0.1
    assert 0 < response["error"] < 0.1
    assert f"{response['value']:.4g} ± {response['error']:.2g}" in response["message"]
