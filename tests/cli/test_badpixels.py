"""``calgui run bad-pixel-map`` and ``convert-mask`` as a user meets them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from calgui.core.frames import dq
from calgui.core.simulate import DemoNight
from tests.cli.calling import call


def write(path: Path, kind: str, seed: int, level: float, seconds: float = 100.0, **cards: Any) -> Path:
    data = np.random.default_rng(seed).normal(level, np.sqrt(81 + level), (64, 64)).astype(np.float32)
    data[20, 30] += 500 if kind == "DARK" else 0
    data[40, 50] = data[40, 50] - level if kind == "FLAT" else data[40, 50]
    header = {
        "BUNIT": "electron", "EXPTIME": seconds, "DETECTOR": "IRIS1", "READPATT": "CDS", "IMGDTEMP": 76.0,
        "EXP_TYPE": f"IRIS_{kind}",
    } | cards  # fmt: skip
    fits.PrimaryHDU(data, fits.Header([(k, v) for k, v in header.items() if v is not None])).writeto(path)
    return path


def night(folder: Path) -> list[Path]:
    darks = [write(folder / f"dark_{n}.fits", "DARK", n, 2.5) for n in range(5)]
    return [*darks, write(folder / "flat_0.fits", "FLAT", 9, 20000.0, 10.0)]


def test_a_map_is_made_and_written_in_the_layout_of_masks(tmp_path: Path) -> None:
    out = tmp_path / "mask.fits"
    made = call("run", "bad-pixel-map", *night(tmp_path), "-o", out, "-p", "box=16", "--json")
    assert made.exit_code == 0, made.stderr
    document = json.loads(made.stdout)
    assert document["verdict"] == "good"
    metrics = document["metrics"]
    assert (metrics["n_hot"], metrics["n_dead"], metrics["n_warm"]) == (1, 1, 0)
    assert metrics["bad_fraction"] == 2 / 56**2
    with fits.open(out) as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "DQ", "DQ_DEF", "RESPONSE", "DARK"]
        assert hdus[0].header["REFTYPE"] == "MASK"
        assert hdus[0].header["NHOT"] == 1
        assert hdus["DQ"].data.dtype == np.uint32
        assert hdus["DQ"].data[20, 30] == dq.HOT | dq.DO_NOT_USE
        assert hdus["DQ"].data[40, 50] == dq.DEAD | dq.DO_NOT_USE
        names = dict(zip(hdus["DQ_DEF"].data["VALUE"], hdus["DQ_DEF"].data["NAME"], strict=True))
        assert names[2048] == "HOT"


def test_exit_codes(tmp_path: Path) -> None:
    paths = night(tmp_path)
    assert call("run", "bad-pixel-map", *paths, "-p", "hot_sigma=0").exit_code == 2
    assert call("run", "bad-pixel-map", *paths, "-p", "reject=NOFLAG").exit_code == 2
    assert call("run", "bad-pixel-map", *paths, "-p", "flats=lamp*").exit_code == 2
    assert call("run", "bad-pixel-map", *paths[-2:]).exit_code == 3
    for name, cards in {
        "other.fits": {"DETECTOR": "IRIS2"},
        "unknown.fits": {"EXP_TYPE": None},
        "arc.fits": {"EXP_TYPE": "IRIS_ARC"},
        "timeless.fits": {"EXPTIME": None},
    }.items():
        made = call("run", "bad-pixel-map", *paths, write(tmp_path / name, "FLAT", 7, 20000.0, 10.0, **cards))
        assert made.exit_code == 3
        assert name in made.stderr
    unlit = call("run", "bad-pixel-map", *paths[:5], write(tmp_path / "unlit.fits", "FLAT", 8, 2.0, 10.0))
    assert unlit.exit_code == 3
    assert "no light" in unlit.stderr
    copies = [write(tmp_path / f"copy_{n}.fits", "DARK", 1, 2.5) for n in range(3)]
    made = call("run", "bad-pixel-map", *copies, "--json")
    assert made.exit_code == 1
    assert json.loads(made.stdout)["verdict"] == "bad"
    for path in copies:
        with fits.open(path, mode="update") as hdus:
            hdus[0].data[:] = np.nan
    assert call("run", "bad-pixel-map", *copies).exit_code == 4


def test_names_say_which_are_flats(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"d{n}.fits", "DARK", n, 2.5, EXP_TYPE=None) for n in range(3)]
    paths.append(write(tmp_path / "f0.fits", "FLAT", 9, 20000.0, 10.0, EXP_TYPE=None))
    made = call("run", "bad-pixel-map", *paths, "-p", "darks=d?.fits", "-p", "flats=f*", "-p", "box=16", "--json")
    assert made.exit_code == 0, made.stderr
    assert json.loads(made.stdout)["metrics"]["n_flats"] == 1


def test_a_mask_of_other_values_is_converted(tmp_path: Path) -> None:
    data = np.full((64, 64), 9, np.uint8)
    data[10, 20] = 0
    fits.PrimaryHDU(data).writeto(tmp_path / "osiris.fits.gz")
    out = tmp_path / "mask.fits"
    made = call("run", "convert-mask", tmp_path / "osiris.fits.gz", "-o", out, "--json")
    assert made.exit_code == 0, made.stderr
    document = json.loads(made.stdout)
    assert "9 was taken for good" in document["reasons"][0]
    with fits.open(out) as hdus:
        assert hdus[1].name == "DQ"
        assert np.argwhere(hdus["DQ"].data).tolist() == [[10, 20]]
        np.testing.assert_array_equal(hdus["VALUES"].data, data)
    # what was written is itself a map with bits of its own
    again = call("run", "convert-mask", out, "-o", tmp_path / "again.fits", "--json")
    assert json.loads(again.stdout)["metrics"]["values"] == "bits"
    np.testing.assert_array_equal(fits.getdata(tmp_path / "again.fits", "DQ"), fits.getdata(out, "DQ"))


def test_masks_that_cannot_be_read(tmp_path: Path) -> None:
    data = np.zeros((64, 64), np.int16)
    data[1, 1], data[2, 2] = 1, 2
    fits.PrimaryHDU(data).writeto(tmp_path / "codes.fits")
    made = call("run", "convert-mask", tmp_path / "codes.fits")
    assert made.exit_code == 3
    assert "codes.fits" in made.stderr
    assert "values=bits" in made.stderr
    assert call("run", "convert-mask", tmp_path / "codes.fits", "-p", "values=bits").exit_code == 0
    assert call("run", "convert-mask", tmp_path / "codes.fits", "-p", "meaning=1=NOFLAG").exit_code == 2
    assert call("run", "convert-mask", tmp_path / "absent.fits").exit_code == 3


def test_the_map_is_compared_with_the_one_in_use(demo_night: DemoNight) -> None:
    paths = [demo_night.raw / f"iris_20260311_{name}_{n:04d}.fits" for name, n in
             [("dark", n) for n in range(1, 6)] + [("flat", 1), ("flat", 2)]]  # fmt: skip
    made = call("run", "bad-pixel-map", *paths, "--cache", demo_night.cache, "--json")
    assert made.exit_code == 0, made.stderr
    compared = json.loads(made.stdout)["comparison"]
    assert compared["status"] == "compared"
    assert compared["file"] == "tmt_iris_mask_0001.fits"
    assert compared["metrics"]["agreement"] > 0.75
    told = call("run", "bad-pixel-map", *paths, "--cache", demo_night.cache)
    assert "Against tmt_iris_mask_0001.fits" in told.stdout
