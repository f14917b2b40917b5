"""The quick look on the demo night, as a user asks for it: raw science ramps, held to the truth that was put in."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner

from calgui.cli.main import cli
from calgui.core.frames import dq
from calgui.core.simulate import DemoNight
from calgui.core.simulate.kinds import sciramp
from calgui.core.simulate.kinds.science import field
from calgui.core.simulate.optics import vignetting
from calgui.core.simulate.scene import IMAGER, Scene
from tests.cli.nights import run

STEPS = ["reference_pixels", "linearity", "slope", "bad_pixels", "dark", "flat", "sky"]


@pytest.fixture(scope="module")
def full(demo_night: DemoNight) -> Path:
    return demo_night.raw / sciramp.FULL


def reference(night: DemoNight, kind: str, number: int) -> Path:
    return night.cache / "references" / "tmt" / "iris" / f"tmt_iris_{kind}_{number:04d}.fits"


quick_look = partial(run, "quick-look")


def states(document: dict[str, Any]) -> dict[str, str]:
    return {step["step"]: step["state"] for step in document["steps"] if step["keyword"]}


def stars(scene: Scene, name: str) -> np.ndarray[Any, Any]:
    """True light of the stars in the scale of a flat of median 1."""
    flat = vignetting(scene.size) * scene.detector(IMAGER).response
    light = field(scene, sciramp.FILTER, sky=0.0) / vignetting(scene.size)
    return (light * np.median(flat[flat > 0]))[sciramp.window_of(scene, name).slices]


@pytest.mark.parametrize("name", [sciramp.FULL, sciramp.SUBARRAY])
def test_a_raw_ramp_becomes_the_true_light(demo_night: DemoNight, scene: Scene, tmp_path: Path, name: str) -> None:
    """Its pulls are those of a normal distribution: the errors are as large as they are said to be."""
    out = tmp_path / "calibrated.fits"
    document = quick_look("--cache", demo_night.cache, demo_night.raw / name, "-o", out)
    skipped = set() if name == sciramp.FULL else {"reference_pixels"}
    assert states(document) == {step: "skipped" if step in skipped else "complete" for step in STEPS}
    true = stars(scene, name)
    with fits.open(out) as hdus:
        bits, header = hdus["DQ"].data, hdus[0].header
        good = (bits & dq.DO_NOT_USE) == 0
        pull = ((hdus["SCI"].data - true) / hdus["ERR"].data)[good]
        assert hdus["SCI"].header["BUNIT"] == "electron/s"
        bright = good & (true > 30)
        ratio = np.sum(hdus["SCI"].data[bright]) / np.sum(true[bright])
    low, high = np.quantile(pull, [0.1587, 0.8413])
    assert (high - low) / 2 == pytest.approx(1, abs=0.05)
    # halos of the stars lie everywhere in so small a field
    assert abs(np.median(pull)) < 0.2
    assert bright.sum() > 3
    assert ratio == pytest.approx(1, abs=0.03)
    assert {key: header[key] for key in header if key.startswith("S_")} == {
        key: "SKIPPED" if key == "S_REFPIX" and skipped else "COMPLETE"
        for key in ("S_REFPIX", "S_LINEAR", "S_RAMP", "S_JUMP", "S_SATURA", "S_DQINIT", "S_DARK", "S_FLAT", "S_BKDSUB")
    }
    dark = "tmt_iris_dark_0002.fits" if skipped else "tmt_iris_dark_0004.fits"
    for keyword, file in (
        ("R_NONLIN", "tmt_iris_nonlincoeff_0001.fits"), ("R_MASK", "tmt_iris_mask_0001.fits"), ("R_DARK", dark),
        ("R_FLAT", "tmt_iris_flat_0005.fits"), ("R_SKY", "tmt_iris_sky_0001.fits"),
    ):  # fmt: skip
        assert header[keyword] == f"crds://{file}"
    for name_of in ("read_noise_e", "jump_fraction", "saturated_fraction", "bad_fraction", "dark_scale", "scale"):
        assert document["metrics"][name_of] is not None
    assert {item["type"] for item in document["references"]} == {"nonlincoeff", "mask", "dark", "flat", "sky"}


def test_an_image_begins_at_the_bad_pixels(demo_night: DemoNight, tmp_path: Path) -> None:
    out = tmp_path / "image.fits"
    image = demo_night.raw / "iris_20260311_image_0001.fits"
    document = quick_look("--cache", demo_night.cache, image, "-o", out)
    assert states(document) == dict.fromkeys(STEPS[3:], "complete")
    header = fits.getheader(out)
    assert "S_RAMP" not in header
    assert header["S_BKDSUB"] == "COMPLETE"


def test_steps_are_switched_and_references_replaced(demo_night: DemoNight, full: Path, tmp_path: Path) -> None:
    out = tmp_path / "other.fits"
    old = reference(demo_night, "dark", 1)
    document = quick_look(
        "--cache", demo_night.cache, full, "-o", out, "-p", "sky=off", "-p", "flat=off", "--reference", f"DARK={old}"
    )
    assert [step for step, state in states(document).items() if state == "skipped"] == ["flat", "sky"]
    header = fits.getheader(out)
    assert (header["S_FLAT"], header["S_BKDSUB"], header["S_DARK"]) == ("SKIPPED", "SKIPPED", "COMPLETE")
    assert header["R_DARK"] == old.name
    assert not {"R_FLAT", "R_SKY"} & set(header)
    assert {item["type"]: item["selected"] for item in document["references"]}["dark"] is False
    assert sum("Switched off" in reason for reason in document["reasons"]) == 2


def test_the_product_is_not_calibrated_twice(demo_night: DemoNight, full: Path, tmp_path: Path) -> None:
    once, twice = tmp_path / "once.fits", tmp_path / "twice.fits"
    quick_look("--cache", demo_night.cache, full, "-o", once)
    document = quick_look("--cache", demo_night.cache, once, "-o", twice)
    assert states(document) == dict.fromkeys(STEPS[3:], "skipped")
    assert sum("done before" in reason for reason in document["reasons"]) == 4
    np.testing.assert_array_equal(fits.getdata(once, "SCI"), fits.getdata(twice, "SCI"))
    assert fits.getheader(twice)["S_DARK"] == fits.getheader(twice)["S_LINEAR"] == "COMPLETE"
    assert fits.getheader(twice)["R_DARK"] == "crds://tmt_iris_dark_0004.fits"
    error = quick_look("--cache", demo_night.cache, once, "-p", "dark=on", code=3)["error"]
    assert "S_DARK is COMPLETE" in error
    assert "dark=auto" in error


def test_pictures_of_all_steps_in_the_product(demo_night: DemoNight, full: Path, tmp_path: Path) -> None:
    out = tmp_path / "steps.fits"
    quick_look("--cache", demo_night.cache, full, "-o", out, "-p", "keep=steps")
    with fits.open(out) as hdus:
        names = [hdu.name for hdu in hdus]
        assert names[:4] == ["PRIMARY", "SCI", "ERR", "DQ"]
        assert {"BEFORE", *(f"AFTER_{step.upper()}" for step in STEPS)} <= set(names)
        np.testing.assert_array_equal(hdus["AFTER_SKY"].data, hdus["SCI"].data)


def test_without_a_cache_nothing_is_assumed(full: Path) -> None:
    document = quick_look(full)
    assert document["verdict"] == "doubtful"
    assert [step for step, state in states(document).items() if state == "complete"] == ["reference_pixels", "slope"]
    for kind in ("NONLINCOEFF", "MASK", "DARK", "FLAT", "SKY"):
        assert any(f"There is no {kind}." in reason and "--cache" in reason for reason in document["reasons"])


def test_no_sky_is_told_of(demo_night: DemoNight, full: Path) -> None:
    """The first context knows no skies: the rest is done."""
    document = quick_look("--cache", demo_night.cache, "--context", "tmt_0001.pmap", full)
    assert [step for step, state in states(document).items() if state == "skipped"] == ["sky"]
    assert document["verdict"] == "doubtful"
    (reason,) = [reason for reason in document["reasons"] if reason.startswith("Sky:")]
    assert "select no SKY" in reason
    assert "--reference SKY=FILE" in reason


def test_a_reference_that_was_not_fetched_is_told_of(demo_night: DemoNight, full: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    shutil.copytree(demo_night.cache, cache)
    flat = next(cache.rglob("tmt_iris_flat_0005.fits"))
    flat.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:" + 64 * "a" + "\nsize 12345\n")
    broken = next(cache.rglob("tmt_iris_dark_0004.fits"))
    broken.write_bytes(broken.read_bytes()[:200_000])
    document = quick_look("--cache", cache, full)
    assert [step for step, state in states(document).items() if state == "skipped"] == ["dark", "flat"]
    assert document["verdict"] == "doubtful"
    reasons = {reason.partition(":")[0]: reason for reason in document["reasons"] if "skipped" in reason}
    assert "Git LFS pointer" in reasons["Flat"]
    assert "git lfs pull" in reasons["Flat"]
    assert "tmt_iris_dark_0004.fits" in reasons["Dark"]
    assert {item["type"] for item in document["references"]} == {"nonlincoeff", "mask", "sky"}
    error = quick_look("--cache", cache, full, "-p", "flat=on", code=3)["error"]
    assert "Git LFS pointer" in error


def _other_filter(night: DemoNight, _folder: Path) -> tuple[object, ...]:
    return sciramp.FULL, "--reference", f"SKY={reference(night, 'sky', 3)}"


def _dark_as_flat(night: DemoNight, _folder: Path) -> tuple[object, ...]:
    return sciramp.FULL, "--reference", f"FLAT={reference(night, 'dark', 4)}"


def _no_file(night: DemoNight, folder: Path) -> tuple[object, ...]:
    return sciramp.FULL, "--reference", f"FLAT={folder / 'nowhere.fits'}"


def _all_masked(night: DemoNight, folder: Path) -> tuple[object, ...]:
    with fits.open(reference(night, "mask", 1)) as hdus:
        hdus["DQ"].data[...] = dq.DO_NOT_USE
        hdus.writeto(folder / "all.fits")
    return sciramp.FULL, "--reference", f"MASK={folder / 'all.fits'}"


def _outside(night: DemoNight, folder: Path) -> tuple[object, ...]:
    with fits.open(night.raw / sciramp.SUBARRAY) as hdus:
        hdus[0].header["SUBSTRT1"] = hdus[0].header["DETXSIZE"] - 10
        hdus.writeto(folder / "outside.fits")
    return (folder / "outside.fits",)


def _cube(night: DemoNight, _folder: Path) -> tuple[object, ...]:
    return (sorted(night.raw.glob("*cube*.fits"))[0],)


def _two(night: DemoNight, _folder: Path) -> tuple[object, ...]:
    return sciramp.FULL, night.raw / sciramp.SUBARRAY


@pytest.mark.parametrize(
    ("inputs", "code", "says", "cure"),
    [
        (_other_filter, 3, "FILTER", "same filter"),
        (_dark_as_flat, 3, "REFTYPE is DARK", "type FLAT"),
        (_no_file, 3, "does not exist", "Give another"),
        (_all_masked, 4, "all are flagged", "bad_pixels=off"),
        (_outside, 3, "outside the detector", "SUBSTRT1"),
        (_cube, 3, "cube", "ramps"),
        (_two, 3, "takes 1 file,", "one ramp or image"),
    ],
)
def test_bad_input_is_refused_with_a_cure(
    demo_night: DemoNight,
    tmp_path: Path,
    inputs: Callable[[DemoNight, Path], tuple[object, ...]],
    code: int,
    says: str,
    cure: str,
) -> None:
    first, *rest = inputs(demo_night, tmp_path)
    out = tmp_path / "none.fits"
    where = demo_night.raw / first if isinstance(first, str) else first
    error = quick_look("--cache", demo_night.cache, where, *rest, "-o", out, code=code)["error"]
    assert says in error
    assert cure in error
    assert not out.exists()


def test_a_person_reads_what_was_done(demo_night: DemoNight, full: Path) -> None:
    made = CliRunner().invoke(cli, ["run", "quick-look", "--cache", str(demo_night.cache), str(full), "-p", "sky=off"])
    assert made.exit_code == 0
    assert "Steps:" in made.stdout
    assert "Sky: skipped. Switched off." in made.stdout
