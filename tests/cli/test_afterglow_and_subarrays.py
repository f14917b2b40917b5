"""Persistence, lamp-off and subarrays of the demo night, on the command line, held to the truth that was put in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.frames import dq
from calgui.core.simulate import DemoNight
from calgui.core.simulate.detector import READ_NOISE, Detector
from calgui.core.simulate.kinds import multi, persistence
from calgui.core.simulate.kinds.flat import lamp, thermal_rate
from calgui.core.simulate.scene import Scene
from tests.cli.nights import ACTIVE, run

PERSISTENCE = dq.BY_NAME["PERSISTENCE"].value


# -- persistence -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sequence(demo_night: DemoNight, truth: Mapping[str, Any]) -> list[Path]:
    """The bright stars, the darks, the faint field."""
    told = truth["kinds"]["persistence"]
    return [demo_night.raw / name for name in (told["bright"], *told["darks"], told["faint_field"])]


@pytest.mark.parametrize("last", [6, 7])
def test_the_afterglow_is_found_as_it_was_put_in(
    sequence: list[Path], scene: Scene, truth: Mapping[str, Any], tmp_path: Path, last: int
) -> None:
    """Of the last dark, and of the faint field after it, in any order of the files."""
    told = truth["kinds"]["persistence"]
    out = tmp_path / "clean.fits"
    document = run("persistence", *reversed(sequence[:last]), "-o", out)
    assert document["verdict"] == "good"
    found = document["metrics"]
    assert found["tau_s"] == pytest.approx(told["tau_s"], abs=4 * found["tau_error_s"] + 20)
    assert found["amplitude_fraction"] == pytest.approx(told["amplitude_fraction"], rel=0.12)
    glow = persistence.afterglow(scene, last)
    with fits.open(out) as hdus:
        estimate, error = hdus["PERSIST"].data, hdus["PERSIST_ERR"].data
        on = estimate > 0
        np.testing.assert_array_equal((hdus["DQ"].data & PERSISTENCE) != 0, on)
        assert hdus[0].header["S_PERSIS"] == "COMPLETE"
        with fits.open(sequence[last - 1]) as before:
            np.testing.assert_allclose(hdus["SCI"].data, before["SCI"].data - estimate, rtol=1e-6)
    assert on.sum() == found["n_flagged"] > 50
    # all of the light that was left in these pixels, and each pixel within its error
    assert estimate[on].sum() == pytest.approx(glow[on].sum(), rel=0.08)
    pulls = (estimate - glow)[on] / error[on]
    assert abs(np.median(pulls)) < 0.7
    assert np.std(pulls) < 1.35
    # what is flagged is where the stars are
    for x, y, _ in told["stars"]:
        assert on[round(y), round(x)]


def test_flags_without_frames_between_and_a_law_by_hand(
    sequence: list[Path], scene: Scene, truth: Mapping[str, Any], tmp_path: Path
) -> None:
    told = truth["kinds"]["persistence"]
    two = (sequence[0], sequence[-1])
    document = run("persistence", *two)
    assert document["verdict"] == "doubtful"
    assert "cannot be fitted" in document["reasons"][0]
    options = ("-p", f"tau={told['tau_s']}", "-p", f"fraction={told['amplitude_fraction']}")
    run("persistence", *two, *options, "-o", tmp_path / "by_hand.fits")
    glow = persistence.afterglow(scene, 7)
    estimate = fits.getdata(tmp_path / "by_hand.fits", "PERSIST")
    on = estimate > 0
    assert estimate[on].sum() == pytest.approx(glow[on].sum(), rel=0.05)


def test_darks_alone_have_no_persistence(sequence: list[Path]) -> None:
    document = run("persistence", *sequence[1:6])
    assert document["verdict"] == "good"
    assert document["metrics"]["n_flagged"] == 0
    assert "no persistence" in document["reasons"][0]


def test_a_frame_without_a_time_is_refused_with_its_name(sequence: list[Path], tmp_path: Path) -> None:
    with fits.open(sequence[2]) as hdus:
        del hdus[0].header["TIME-OBS"]
        hdus.writeto(tmp_path / "timeless.fits")
    told = run("persistence", sequence[0], tmp_path / "timeless.fits", sequence[-1], code=3)["error"]
    assert "timeless.fits" in told
    assert "TIME-OBS" in told


# -- lamp off ----------------------------------------------------------------------------------------------------------


def test_the_glow_goes_and_the_lamp_stays(
    demo_night: DemoNight, truth: Mapping[str, Any], scene: Scene, detector: Detector, tmp_path: Path
) -> None:
    told = truth["kinds"]["flat"]
    names = [*told["lamp_on"][:3], *told["lamp_off"]]
    document = run("subtract-lamp-off", *(demo_night.raw / name for name in names), "-o", tmp_path / "lamp.fits")
    assert document["verdict"] == "good"
    assert document["metrics"]["median_off"] == pytest.approx(told["thermal_rate_e_per_s"]["K"], rel=0.02)
    true = (lamp("K", scene) - thermal_rate("K")) * detector.response
    with fits.open(tmp_path / "lamp.fits") as hdus:
        pulls = ((hdus["SCI"].data - true) / hdus["ERR"].data)[ACTIVE]
        assert hdus[0].header["S_LAMPOF"] == "COMPLETE"
        assert hdus[0].header["NLAMPOFF"] == 1
    assert abs(np.median(pulls)) < 0.1
    assert 1.4826 * np.median(np.abs(pulls - np.median(pulls))) == pytest.approx(1, abs=0.06)


def test_lamps_that_differ_are_refused(demo_night: DemoNight, truth: Mapping[str, Any]) -> None:
    told = truth["kinds"]["flat"]
    k, kn3, off = (demo_night.raw / name for name in (told["lamp_on"][0], told["lamp_on"][3], told["lamp_off"][0]))
    assert "FILTER" in run("subtract-lamp-off", kn3, off, code=3)["error"]
    assert "no lamp-off frame" in run("subtract-lamp-off", k, demo_night.raw / told["lamp_on"][1], code=3)["error"]
    mixed = ("-p", f"on={off.name}", "-p", f"off={k.name}")
    assert "mixed up" in run("subtract-lamp-off", k, off, *mixed, code=3)["error"]


# -- subarrays ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parts(demo_night: DemoNight, truth: Mapping[str, Any]) -> list[Path]:
    told = truth["kinds"]["multi"]
    return [demo_night.raw / name for name in (told["full"], *told["subarrays"].values())]


def test_subarrays_are_marked_where_they_are(parts: list[Path], truth: Mapping[str, Any], tmp_path: Path) -> None:
    document = run("mark-subarrays", parts[0], "-o", tmp_path / "marked.fits")
    assert document["verdict"] == "good"
    told = truth["kinds"]["multi"]["map"]
    assert [row[:5] for row in document["tables"][0]["rows"]] == told
    with fits.open(tmp_path / "marked.fits") as hdus:
        ids = hdus["SUBARR_MAP"].data
        np.testing.assert_array_equal((hdus["DQ"].data & 16) != 0, ids != 0)
        assert hdus["SUBARRAYS"].data["SUBSTRT1"].tolist() == [row[1] for row in told]
    for number, x, y, nx, ny in told:
        assert (ids[y - 1 : y - 1 + ny, x - 1 : x - 1 + nx] == number).all()
        assert (ids == number).sum() == nx * ny


def test_subarrays_go_back_into_their_frame(
    parts: list[Path], scene: Scene, detector: Detector, truth: Mapping[str, Any], tmp_path: Path
) -> None:
    document = run("merge-subarrays", *reversed(parts), "-o", tmp_path / "merged.fits")
    assert document["verdict"] == "good"
    assert document["metrics"]["n_missing"] == 0
    true = multi.light(scene) * detector.response + detector.dark_rate
    with fits.open(tmp_path / "merged.fits") as hdus:
        data = hdus["SCI"].data
        assert hdus[0].header["S_SUBMRG"] == "COMPLETE"
    for name, (_, x, y, nx, ny) in zip(parts[1:], truth["kinds"]["multi"]["map"], strict=True):
        spot = slice(y - 1, y - 1 + ny), slice(x - 1, x - 1 + nx)
        np.testing.assert_array_equal(data[spot], fits.getdata(name, "SCI"))
        noise = np.sqrt(true[spot] * multi.SECONDS + 2 * READ_NOISE**2) / multi.SECONDS
        assert np.median((data - true)[spot] / noise) == pytest.approx(0, abs=0.3)


def test_a_calibrated_full_frame_keeps_its_map(parts: list[Path], demo_night: DemoNight, tmp_path: Path) -> None:
    """Another step between does not lose what the subarrays are put back by."""
    done = []
    dark = demo_night.cache / "references" / "tmt" / "iris" / "tmt_iris_dark_0004.fits"
    for number, path in enumerate(parts):
        done.append(tmp_path / f"part_{number}.fits")
        run("subtract-dark", path, "--reference", f"DARK={dark}", "-o", done[-1])
    with fits.open(done[0]) as hdus:
        assert "SUBARR_MAP" in hdus
    assert run("merge-subarrays", *done)["verdict"] == "good"
    # one part that missed the step is told
    document = run("merge-subarrays", done[0], parts[1], done[2])
    assert document["verdict"] == "doubtful"
    assert "S_DARK" in document["reasons"][0]


def test_what_does_not_fit_is_refused(parts: list[Path], tmp_path: Path) -> None:
    assert "full frame" in run("merge-subarrays", *parts[1:], code=3)["error"]
    assert "SUBARRID is 1" in run("mark-subarrays", parts[1], code=3)["error"]
    with fits.open(parts[1]) as hdus:
        hdus[0].header["SUBSTRT1"] = 5000
        hdus.writeto(tmp_path / "outside.fits")
    told = run("merge-subarrays", parts[0], tmp_path / "outside.fits", code=3)["error"]
    assert "outside.fits" in told
    assert "outside the full frame" in told


def test_marked_frames_are_merged_as_well(parts: list[Path], tmp_path: Path) -> None:
    run("mark-subarrays", parts[0], "-o", tmp_path / "marked.fits")
    document = run("merge-subarrays", tmp_path / "marked.fits", *parts[1:], "-o", tmp_path / "merged.fits")
    assert document["verdict"] == "good"
    with fits.open(tmp_path / "merged.fits") as hdus:
        assert not (hdus["DQ"].data & 16).any()
        assert np.isfinite(hdus["SCI"].data).all()
