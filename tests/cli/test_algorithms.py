"""``calgui algorithms`` and ``calgui run`` as a user meets them: exit codes, JSON, ctrl-C."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from calgui.core.simulate import DemoNight
from tests.cli.calling import call


def write_darks(folder: Path, count: int, size: int = 64, level: float = 2.5) -> list[Path]:
    paths = []
    for index in range(count):
        cards = {"BUNIT": "electron", "EXPTIME": 100.0, "DETECTOR": "IRIS1", "READPATT": "CDS", "IMGDTEMP": 76.0}
        data = np.random.default_rng(index).normal(level, 9, (size, size)).astype(np.float32)
        path = folder / f"dark_{index}.fits"
        fits.PrimaryHDU(data, fits.Header(cards.items())).writeto(path)
        paths.append(path)
    return paths


def test_the_registry_is_printed_for_people_and_machines() -> None:
    text = call("algorithms")
    assert text.exit_code == 0
    assert "master-dark" in text.output
    assert "hot_sigma" in text.output
    made = json.loads(call("algorithms", "--json").stdout)
    rows = {row["name"]: row for row in made["algorithms"]}
    options = {row["name"]: row for row in rows["master-dark"]["options"]}
    assert options["method"]["choices"] == ["median", "mean", "clipped-mean"]
    assert options["exposure_time"]["unit"] == "s"
    assert rows["subtract-dark"]["references"] == ["DARK"]


def test_what_makes_no_file_says_so() -> None:
    rows = {row["name"]: row for row in json.loads(call("algorithms", "--json").stdout)["algorithms"]}
    assert {name for name, row in rows.items() if not row["makes_file"]} == {"check-metadata", "zero-point"}
    assert "output: figures alone, no file" in call("run", "zero-point", "--help").output
    assert "output: an image like the input" in call("run", "subtract-dark", "--help").output


def test_a_good_dark_is_made_and_written(tmp_path: Path) -> None:
    out = tmp_path / "out.fits"
    made = call("run", "master-dark", *write_darks(tmp_path, 5), "-p", "method=clipped-mean", "-o", out, "--json")
    assert made.exit_code == 0
    document = json.loads(made.stdout)
    assert document["options"]["method"] == "clipped-mean"
    assert document["metrics"]["median_rate_e_per_s"] == pytest.approx(0.025, abs=0.01)
    assert document["outputs"] == [str(out)]
    with fits.open(out) as hdus:
        assert hdus[0].header["REFTYPE"] == "DARK"


def test_text_shows_metrics_with_their_units(tmp_path: Path) -> None:
    made = call("run", "master-dark", *write_darks(tmp_path, 3))
    assert made.exit_code == 0
    assert "noise_e_per_s" in made.stdout
    assert "e-/s" in made.stdout
    assert "dark_1.fits" in made.stdout


def test_a_bad_verdict_is_exit_code_one(tmp_path: Path) -> None:
    paths = write_darks(tmp_path, 3)
    for path in paths:
        with fits.open(path, mode="update") as hdus:
            hdus[0].data[:] = 5
    made = call("run", "master-dark", *paths, "--json")
    assert made.exit_code == 1
    assert json.loads(made.stdout)["verdict"] == "bad"


def test_exit_codes_of_failures(tmp_path: Path) -> None:
    paths = write_darks(tmp_path, 3)
    assert call("run", "master-drak", *paths).exit_code == 2
    assert call("run", "master-dark", *paths, "-p", "method").exit_code == 2
    assert call("run", "master-dark", *paths, "-p", "method=best").exit_code == 2
    assert call("run", "master-dark", *paths, "--context", "tmt_0001.pmap").exit_code == 2
    assert call("run", "subtract-dark", paths[0]).exit_code == 2
    assert call("run", "master-dark", *paths[:2]).exit_code == 3
    assert call("run", "master-dark", *paths, tmp_path / "absent.fits").exit_code == 3
    for path in paths:
        with fits.open(path, mode="update") as hdus:
            hdus[0].data[:] = np.nan
    assert call("run", "master-dark", *paths).exit_code == 4


def test_a_failure_names_file_and_cure_on_standard_error(tmp_path: Path) -> None:
    paths = write_darks(tmp_path, 3)
    with fits.open(paths[1], mode="update") as hdus:
        del hdus[0].header["BUNIT"]
    made = call("run", "master-dark", *paths, "--json")
    assert made.stdout == ""
    assert "dark_1.fits" in made.stderr
    assert "BUNIT" in made.stderr
    assert "option unit" in made.stderr


def wait_for_reading(running: subprocess.Popen[str], folder: Path) -> None:
    """Return once the process has files of a folder open."""
    handles = Path(f"/proc/{running.pid}/fd")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and running.poll() is None:
        for handle in handles.iterdir():
            with contextlib.suppress(OSError):  # it was closed meanwhile
                if handle.readlink().parent == folder:
                    return
        time.sleep(0.01)
    raise AssertionError("It never opened a file.")


@pytest.mark.slow
def test_ctrl_c_leaves_nothing_and_exits_with_130(tmp_path: Path) -> None:
    paths = write_darks(tmp_path, 1, 2048)
    for index in range(1, 30):
        paths.append(tmp_path / f"dark_{index}.fits")
        paths[-1].hardlink_to(paths[0])
    before = sorted(path.name for path in tmp_path.iterdir())
    command = [sys.executable, "-m", "calgui", "run", "master-dark", *map(str, paths), "-o", str(tmp_path / "out.fits")]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_reading(running, tmp_path)
    os.kill(running.pid, signal.SIGINT)
    stdout, stderr = running.communicate(timeout=300)
    assert running.returncode == 130, stderr
    assert "cancelled" in stderr.lower()
    assert "Traceback" not in stderr
    assert stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_start_up_and_the_registry_pay_for_no_compiler() -> None:
    code = (
        "import sys; from calgui.core.algorithms.registry import registry; registry(); import calgui.core.runs.run;"
        "print([name for name in ('numba', 'scipy', 'astropy', 'crds') if name in sys.modules])"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == "[]"


def test_one_file_and_a_cache_stand_for_all_darks_of_a_mode(demo_night: DemoNight, tmp_path: Path) -> None:
    image, out = demo_night.raw / "iris_20260311_image_0001.fits", tmp_path / "newest.fits"
    made = call("run", "dark-trend", "--cache", demo_night.cache, image, "-o", out, "--json")
    assert made.exit_code == 0, made.output
    document = json.loads(made.stdout)
    names = [f"tmt_iris_dark_000{number}.fits" for number in (1, 4, 5)]
    assert document["gathered"]["files"] == [Path(path).name for path in document["inputs"]] == names
    assert document["gathered"]["type"] == "dark"
    assert document["metrics"]["n_frames"] == 3
    with fits.open(out) as hdus:
        assert all(name in "\n".join(hdus[0].header["HISTORY"]) for name in names)
    text = call("run", "dark-trend", "--cache", demo_night.cache, image).output
    assert "gathered: 3 of type DARK of the mode IRIS1, FULL" in text
    alone = call("run", "dark-trend", image)
    assert alone.exit_code == 3
    assert "a cache" in alone.stderr
    rows = {row["name"]: row["gathers"] for row in json.loads(call("algorithms", "--json").stdout)["algorithms"]}
    assert {name: kind for name, kind in rows.items() if kind} == {"dark-trend": "DARK"}


def test_new_coefficients_are_compared_with_those_in_use(demo_night: DemoNight) -> None:
    ramps = sorted(demo_night.raw.glob("iris_20260311_lampramp_000[1-4].fits"))
    made = call("run", "derive-nonlinearity", "--cache", demo_night.cache, *ramps, "--json")
    assert made.exit_code == 0, made.output
    comparison = json.loads(made.stdout)["comparison"]
    assert comparison["file"] == "tmt_iris_nonlincoeff_0001.fits"
    assert abs(comparison["metrics"]["median_difference"]) < 0.001
    assert "up to 80 % of saturation" in comparison["message"]


def test_help_of_an_algorithm_tells_its_options() -> None:
    told = call("run", "super-sky", "--help")
    assert told.exit_code == 0
    assert "-p min_samples=2" in told.output
    assert "--reference" in told.output
    assert "-p min_samples" not in call("run", "--help").output
    assert "calgui algorithms" in call("run", "nosuch", "--help").output
