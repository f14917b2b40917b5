"""``calgui run fit-ramp`` as a user meets it: JSON, exit codes, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from tests.cli.calling import call


def write_ramp(path: Path, reads: int = 6, size: int = 48, **header: object) -> Path:
    rng = np.random.default_rng(1)
    charge = np.cumsum(rng.poisson(100.0, (1, reads, size, size)), axis=1) + rng.normal(0, 9, (1, reads, size, size))
    cards = {"TGROUP": 5.0, "GAIN": 2.0, "READNOIS": 9.0, "DETECTOR": "IRIS1"} | header
    primary = fits.PrimaryHDU(header=fits.Header([(key, value) for key, value in cards.items() if value is not None]))
    sci = fits.ImageHDU((charge / 2 + 5000).astype(np.float32), name="SCI")
    sci.header["BUNIT"] = "adu"
    group = fits.ImageHDU(np.zeros(charge.shape, np.uint8), name="GROUPDQ")
    fits.HDUList([primary, sci, group, fits.ImageHDU(np.zeros((size, size), np.int32), name="PIXELDQ")]).writeto(path)
    return path


def test_the_rate_is_written_and_the_document_keeps_its_promises(tmp_path: Path) -> None:
    out = tmp_path / "rate.fits"
    made = call(
        "run", "fit-ramp", write_ramp(tmp_path / "ramp.fits"), "-p", "method=mcds", "-p", "ends=2", "-o", out, "--json"
    )
    assert made.exit_code == 0, made.stderr
    document = json.loads(made.stdout)
    assert document["options"]["method"] == "mcds"
    assert document["verdict"] == "good"
    metrics = document["metrics"]
    assert {"read_noise_e", "saturated_fraction", "jump_fraction"} <= set(metrics)
    assert metrics["median_rate_e_per_s"] == pytest.approx(20, rel=0.01)
    assert (metrics["n_reads"], metrics["group_time_s"], metrics["saturated_fraction"]) == (6, 5.0, 0.0)
    with fits.open(out) as hdus:
        assert [hdu.name for hdu in hdus][1:5] == ["SCI", "ERR", "DQ", "NREADS"]
        assert hdus["SCI"].data.shape == (48, 48)
        assert hdus[0].header["RAMPMETH"] == "mcds"
        assert any("input ramp.fits" in str(line) for line in hdus[0].header["HISTORY"])


def test_numbers_that_are_not_there_are_null(tmp_path: Path) -> None:
    made = call("run", "fit-ramp", write_ramp(tmp_path / "ramp.fits", reads=2), "--json")
    assert made.exit_code == 0
    assert json.loads(made.stdout)["metrics"]["read_noise_e"] is None


def test_the_registry_says_that_it_takes_ramps() -> None:
    rows = {row["name"]: row for row in json.loads(call("algorithms", "--json").stdout)["algorithms"]}
    assert rows["fit-ramp"]["takes"] == ["ramp"]
    assert rows["fit-ramp"]["group"] == "Detector and ramps"
    assert rows["fit-ramp"]["optional_references"] == ["NONLINCOEFF"]
    assert rows["master-dark"]["takes"] == ["image"]
    assert "for: Detector and ramps" in call("algorithms").output


def test_a_bad_verdict_is_exit_code_one(tmp_path: Path) -> None:
    path = write_ramp(tmp_path / "ramp.fits")
    with fits.open(path, mode="update") as hdus:
        hdus["GROUPDQ"].data[:, 1:, :, :40] = 2
    made = call("run", "fit-ramp", path, "--json")
    assert made.exit_code == 1
    document = json.loads(made.stdout)
    assert document["verdict"] == "bad"
    assert document["metrics"]["unusable_fraction"] > 0.5


def test_bad_inputs_are_refused_with_file_and_cure(tmp_path: Path) -> None:
    bare = write_ramp(tmp_path / "bare.fits", TGROUP=None, GAIN=None, READNOIS=None)
    made = call("run", "fit-ramp", bare, "--json")
    assert made.exit_code == 3
    assert made.stdout == ""
    for word in ("bare.fits", "TGROUP", "GAIN", "READNOIS", "group_time, gain, read_noise"):
        assert word in made.stderr
    given = ("-p", "group_time=5", "-p", "gain=2", "-p", "read_noise=9")
    assert call("run", "fit-ramp", bare, *given).exit_code == 0
    one = write_ramp(tmp_path / "one.fits", reads=1)
    assert "1 read" in call("run", "fit-ramp", one).stderr
    assert call("run", "fit-ramp", one).exit_code == 3
    image = tmp_path / "image.fits"
    fits.PrimaryHDU(np.zeros((8, 8), np.float32)).writeto(image)
    assert "This is an image" in call("run", "fit-ramp", image).stderr
    pair = write_ramp(tmp_path / "a.fits"), write_ramp(tmp_path / "b.fits", size=40)
    unequal = call("run", "fit-ramp", *pair)
    assert unequal.exit_code == 3
    assert "b.fits" in unequal.stderr
    cut = tmp_path / "cut.fits"
    cut.write_bytes(pair[0].read_bytes()[:30_000])
    assert call("run", "fit-ramp", cut).exit_code == 3


def test_wrong_usage_and_no_answer(tmp_path: Path) -> None:
    path = write_ramp(tmp_path / "ramp.fits")
    assert call("run", "fit-ramp", path, "-p", "method=best").exit_code == 2
    assert call("run", "fit-ramp", path, "-p", "gain=-1").exit_code == 2
    assert call("run", "fit-ramp", path, "--reference", f"DARK={path}").exit_code == 2
    for name, change in (("nan.fits", np.nan), ("full.fits", None)):
        with fits.open(path) as hdus:
            if change is None:
                hdus["GROUPDQ"].data[:] = 2
            else:
                hdus["SCI"].data[:] = change
            hdus.writeto(tmp_path / name)
        assert call("run", "fit-ramp", tmp_path / name).exit_code == 4


def test_coefficients_of_another_detector_or_size(tmp_path: Path) -> None:
    path = write_ramp(tmp_path / "ramp.fits")
    for name, shape, detector, word in (
        ("detector.fits", (5, 1, 1), "IRIS2", "IRIS2"),
        ("size.fits", (5, 16, 16), "IRIS1", "do not cover"),
    ):
        header = fits.Header([("DETECTOR", detector), ("LINFORM", "FACTOR"), ("LINUNIT", "adu")])
        planes = fits.ImageHDU(np.zeros(shape, np.float32), name="COEFFS")
        fits.HDUList([fits.PrimaryHDU(header=header), planes]).writeto(tmp_path / name)
        made = call("run", "fit-ramp", path, "--reference", f"NONLINCOEFF={tmp_path / name}")
        assert made.exit_code == 3
        assert word in made.stderr
