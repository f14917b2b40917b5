"""What is not fit for the algorithms of the detector: refused or flagged by a sentence that names file and cure."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner, Result

from calgui.cli.main import cli

SIDE = 128
CARDS = {
    "TELESCOP": "TMT", "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "SUBARRAY": "CUSTOM", "SUBSTRT1": 65, "SUBSTRT2": 65,
    "SUBSIZE1": SIDE, "SUBSIZE2": SIDE, "DETXSIZE": 512, "DETYSIZE": 512, "IMGDTEMP": 76.0, "READMODE": "CDS",
}  # fmt: skip
Spoil = Callable[[fits.HDUList], Any]


def call(*words: object) -> Result:
    return CliRunner().invoke(cli, ["run", *(str(word) for word in words)])


def write(path: Path, spoil: Spoil | None, cards: dict[str, Any], *images: fits.ImageHDU) -> Path:
    hdus = fits.HDUList([fits.PrimaryHDU(header=fits.Header([*(CARDS | cards).items()])), *images])
    if spoil is not None:
        spoil(hdus)
    hdus.writeto(path)
    return path


def ramp(path: Path, spoil: Spoil | None = None, seed: int = 1, light: float = 2500.0) -> Path:
    rng = np.random.default_rng(seed)
    reads = np.cumsum(rng.poisson(light, (12, SIDE, SIDE)), axis=0) + rng.normal(0, 9, (12, SIDE, SIDE))
    sci = fits.ImageHDU((reads / 2 + 5000).astype(np.float32)[None], name="SCI")
    sci.header["BUNIT"] = "adu"
    flags = fits.ImageHDU(np.zeros(sci.data.shape, np.uint8), name="GROUPDQ")
    cards = {"EXP_TYPE": "IRIS_FLAT", "TGROUP": 2.0, "NGROUPS": 12, "EXPTIME": 24.0, "GAIN": 2.0, "READNOIS": 9.0}
    return write(path, spoil, cards, sci, flags)


def dark(path: Path, spoil: Spoil | None = None, seed: int = 1, seconds: float = 100.0) -> Path:
    data = np.random.default_rng(seed).normal(0.025 * seconds, 12.7, (SIDE, SIDE)) / seconds
    sci = fits.ImageHDU(data.astype(np.float32), name="SCI")
    sci.header["BUNIT"] = "electron/s"
    cards = {
        "EXP_TYPE": "IRIS_DARK",
        "EXPTIME": seconds,
        "NGROUPS": 2,
        "NFRAMES": 1,
        "READNOIS": 9.0,
        "DATE-OBS": "2026-03-11",
    }
    return write(path, spoil, cards, sci)


def one_read(hdus: fits.HDUList) -> None:
    for name in ("SCI", "GROUPDQ"):
        hdus[name].data = hdus[name].data[:, :1]


def small(hdus: fits.HDUList) -> None:
    for hdu in hdus[1:]:
        hdu.data = hdu.data[..., :48, :48].copy()
    hdus[0].header["SUBSIZE1"] = hdus[0].header["SUBSIZE2"] = 48


def timeless(hdus: fits.HDUList) -> None:
    for keyword in ("TGROUP", "EXPTIME"):
        hdus[0].header.remove(keyword, ignore_missing=True)


def saturated(hdus: fits.HDUList) -> None:
    hdus["GROUPDQ"].data[...] = 2


def nothing(hdus: fits.HDUList) -> None:
    hdus["SCI"].data[...] = np.nan


def elsewhere(hdus: fits.HDUList) -> None:
    hdus[0].header["DETECTOR"] = "IRIS2"


MAKE: dict[str, Any] = {"fit-ramp": ramp, "derive-nonlinearity": ramp, "photon-transfer": ramp}
ALL = [
    *MAKE, "dark-series", "dark-trend", "bad-pixel-map", "master-dark", "clean-cosmic-rays",
]  # fmt: skip


def inputs(folder: Path, name: str, spoil: Spoil | None, everyone: bool = False) -> list[Path]:
    """Five inputs, of which the second, or every one, is spoilt."""
    made = []
    for number in range(5):
        more = {"seconds": 60.0 * (1 + number // 2)} if name == "dark-series" else {}
        wrong = spoil if everyone or number == 1 else None
        made.append(MAKE.get(name, dark)(folder / f"frame_{number}.fits", wrong, number, **more))
    return made


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("spoil", [one_read, small, elsewhere], ids=lambda spoil: str(spoil.__name__))
def test_what_does_not_belong_is_refused(tmp_path: Path, name: str, spoil: Spoil) -> None:
    if spoil is one_read and MAKE.get(name) is None:
        pytest.skip("a dark of one read is no ramp")
    made = call(name, *inputs(tmp_path, name, spoil), *reading(name))
    assert made.exit_code == 3, made.stdout
    assert "frame_1.fits" in made.stderr
    assert "Traceback" not in made.stderr
    assert made.stderr.strip().endswith(".")


def reading(name: str) -> list[str]:
    return ["-p", "read_noise=12.7"] if name == "clean-cosmic-rays" else []


@pytest.mark.parametrize("name", ALL)
def test_one_frame_of_nothing_is_named(tmp_path: Path, name: str) -> None:
    """Among good ones: refused, or left out and told. A ramp that is all NaN does not spoil the average of others."""
    made = call(name, *inputs(tmp_path, name, nothing), *reading(name), "--json")
    if made.exit_code == 0:
        document = json.loads(made.stdout)
        if name == "fit-ramp":
            assert np.isfinite(document["metrics"]["median_rate_e_per_s"])
            return
        assert document["verdict"] == "doubtful"
        assert "frame_1.fits" in " ".join(document["reasons"])
    else:
        assert made.exit_code in (3, 4)
        assert "frame_1.fits" in made.stderr
        assert "all are NaN" in made.stderr


@pytest.mark.parametrize("name", ALL)
def test_frames_of_nothing_give_no_answer(tmp_path: Path, name: str) -> None:
    made = call(name, *inputs(tmp_path, name, nothing, everyone=True), *reading(name))
    assert made.exit_code == 4, made.stdout
    assert "frame_0.fits" in made.stderr
    assert made.stderr.strip().endswith(".")


@pytest.mark.parametrize("name", [name for name in ALL if name in MAKE])
def test_ramps_that_are_full_from_the_first_read_give_no_answer(tmp_path: Path, name: str) -> None:
    made = call(name, *inputs(tmp_path, name, saturated, everyone=True))
    assert made.exit_code == 4
    assert "frame_0.fits" in made.stderr
    assert "this file and 4 others" in made.stderr


@pytest.mark.parametrize("name", ["derive-nonlinearity", "photon-transfer"])
def test_a_ramp_that_is_full_from_the_first_read_is_told(tmp_path: Path, name: str) -> None:
    made = call(name, *inputs(tmp_path, name, saturated), "--json")
    assert made.exit_code == 0, made.stderr
    document = json.loads(made.stdout)
    assert "frame_1.fits" in " ".join(document["reasons"])
    assert document["metrics"]["n_ramps"] == 4


def test_a_unit_that_is_not_said_is_told(tmp_path: Path) -> None:
    def silent(hdus: fits.HDUList) -> None:
        del hdus["SCI"].header["BUNIT"]

    paths = inputs(tmp_path, "photon-transfer", silent)
    assert "BUNIT is missing (frame_1.fits)" in call("photon-transfer", *paths).stdout
    made = call("fit-ramp", paths[1])
    assert made.exit_code == 3
    assert "BUNIT" in made.stderr


@pytest.mark.parametrize("name", ["fit-ramp", "dark-series", "bad-pixel-map", "master-dark", "clean-cosmic-rays"])
def test_times_that_are_missing_are_asked_for(tmp_path: Path, name: str) -> None:
    made = call(name, *inputs(tmp_path, name, timeless), *reading(name))
    assert made.exit_code == 3, made.stdout
    assert "frame_1.fits" in made.stderr
    assert "time" in made.stderr


def test_references_of_another_size_or_kind_are_refused(tmp_path: Path) -> None:
    """Coefficients that were derived on a smaller part, and a dark in their place."""
    lamp = inputs(tmp_path, "derive-nonlinearity", small, everyone=True)
    few = tmp_path / "small.fits"
    assert call("derive-nonlinearity", *lamp, "-o", few).exit_code == 0
    (tmp_path / "whole").mkdir()
    path = ramp(tmp_path / "whole" / "ramp.fits")
    made = call("fit-ramp", path, "--reference", f"NONLINCOEFF={few}")
    assert made.exit_code == 3
    assert "small.fits" in made.stderr
    assert "48 × 48" in made.stderr
    wrong = dark(tmp_path / "dark.fits", lambda hdus: hdus[0].header.set("REFTYPE", "DARK"))
    for name, kind, given in (
        ("fit-ramp", "NONLINCOEFF", path),
        ("clean-cosmic-rays", "MASK", tmp_path / "image.fits"),
    ):
        if name == "clean-cosmic-rays":
            dark(given)
        made = call(name, given, *reading(name), "--reference", f"{kind}={wrong}")
        assert made.exit_code == 3
        assert "dark.fits: REFTYPE is DARK" in made.stderr


def test_nothing_of_numpy_is_heard(tmp_path: Path) -> None:
    """A process of its own: its standard error holds the sentence alone."""
    paths = inputs(tmp_path, "dark-series", nothing)
    words = [sys.executable, "-m", "calgui", "run", "dark-series", *map(str, paths)]
    made = subprocess.run(words, capture_output=True, text=True, check=False)
    assert made.returncode == 3
    assert made.stderr.strip().splitlines()[-1].startswith("calgui: ")
    assert "Warning" not in made.stderr
