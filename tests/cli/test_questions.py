"""The questions about rules on the command line: contracts, exit codes, and the same facts as crds's own tools."""

import json
import shlex
import shutil
from pathlib import Path

import pytest

from calgui.core.simulate import DemoNight
from tests.cli.calling import call


def told(*words: object, code: int = 0) -> dict:
    result = call(*words, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def selected(cache: Path, kind: str, *words: object) -> str | None:
    """The file that ``bestrefs`` names, whether or not other types are found."""
    result = call("bestrefs", "--cache", cache, *words, "--json")
    assert result.exit_code in (0, 1), result.output
    references = json.loads(result.stdout)["observations"][0]["references"]
    return next(one["file"] for one in references if one["type"] == kind)


@pytest.fixture
def image(demo_night: DemoNight) -> Path:
    return next(demo_night.raw.rglob("*0311_image_0006.fits"))


def test_whatif_puts_cases_side_by_side(demo_night: DemoNight, image: Path) -> None:
    result = call("whatif", "--cache", demo_night.cache, "--case", "FILTER=K", image)
    assert result.exit_code == 0
    line = next(line for line in result.output.splitlines() if line.startswith("flat"))
    assert "not-found" in line
    assert "tmt_iris_flat_0005.fits" in line


def test_timeline_agrees_with_bestrefs(demo_night: DemoNight, image: Path) -> None:
    document = told("timeline", "--cache", demo_night.cache, "--type", "dark", image)
    segments = document["segments"]
    assert segments[0]["start"] is None
    assert segments[-1]["end"] is None
    for segment in segments:
        if segment["start"] is None:
            continue
        day, time = segment["start"].replace("T", " ").split(" ")
        found = selected(demo_night.cache, "dark", "--set", f"DATE-OBS={day}", "--set", f"TIME-OBS={time}", image)
        assert found == segment["file"]


def test_matches_and_their_witness(demo_night: DemoNight) -> None:
    document = told("matches", "--cache", demo_night.cache, "tmt_iris_flat_0005.fits")
    (match,) = document["matches"]
    assert match["mapping"] == "tmt_iris_flat_0002.rmap"
    assert match["wins"] is True
    options = [word for one in match["witness"] for word in ("--set", f"{one['parameter']}={one['value']}")]
    assert selected(demo_night.cache, "flat", *options) == "tmt_iris_flat_0005.fits"
    assert call("matches", "--cache", demo_night.cache, "nothing.fits").exit_code in (0, 1)


def test_uses_reach_the_contexts(demo_night: DemoNight) -> None:
    document = told("uses", "--cache", demo_night.cache, "tmt_iris_flat_0005.fits")
    assert document["contexts"] == ["tmt_0003.pmap"]
    assert set(document["mappings"]) == {"tmt_0003.pmap", "tmt_iris_0003.imap", "tmt_iris_flat_0002.rmap"}


def test_prefetch_says_where_a_run_stops(demo_night: DemoNight, image: Path) -> None:
    stopped = call("prefetch", "--cache", demo_night.cache, image)
    assert stopped.exit_code == 1
    fine = call("prefetch", "--cache", demo_night.cache, "--type", "dark", image)
    assert fine.exit_code == 0, fine.output
    assert "tmt_iris_dark_0004.fits" in fine.output


def test_lint_and_deep_check_of_a_healthy_and_of_a_broken_cache(demo_night: DemoNight, tmp_path: Path) -> None:
    assert told("cache", "lint", demo_night.cache)["findings"] == []
    assert told("cache", "check", "--deep", demo_night.cache)["verdict"] == "good"
    folder = tmp_path / "broken"
    shutil.copytree(demo_night.cache, folder)
    path = next(folder.rglob("tmt_iris_dark_0004.fits"))
    path.write_bytes(path.read_bytes()[:3000])
    document = told("cache", "lint", folder, code=1)
    assert document["verdict"] == "bad"
    assert {"corrupt"} <= {one["code"] for one in document["findings"]}
    assert call("cache", "check", "--deep", folder).exit_code == 1


def test_matrix_is_filtered_and_written(demo_night: DemoNight, tmp_path: Path) -> None:
    out = tmp_path / "m.csv"
    result = call("matrix", "--cache", demo_night.cache, "--not-found", "-o", out, demo_night.raw)
    assert result.exit_code == 0, result.output
    lines = out.read_text().splitlines()
    truth = json.loads(demo_night.truth.read_text())
    expected = truth["expected"][truth["contexts"][-1]]
    assert len(lines) - 1 == sum(None in files.values() for files in expected.values()) > 0
    assert call("matrix", "--cache", demo_night.cache, "-o", out, demo_night.raw).exit_code == 3
    assert call("matrix", "--cache", demo_night.cache, "--context", "no.pmap", demo_night.raw).exit_code == 2


def test_explain_toward_is_what_selects_it(demo_night: DemoNight, image: Path) -> None:
    result = call(
        "explain", "--cache", demo_night.cache, "--type", "flat", "--toward", "tmt_iris_flat_0002.fits", image
    )
    assert result.exit_code == 0
    line = next(line for line in result.output.splitlines() if "--set" in line and "FILTER=KN" in line)
    words = shlex.split(line[line.index("--set") :])
    options = words[: 2 * words.count("--set")]
    assert selected(demo_night.cache, "flat", *options, image) == "tmt_iris_flat_0002.fits"


@pytest.mark.parametrize(
    "text",
    [
        "header = {\n 'mapping' :",
        "header = {}\nselector = __import__('os').system('true')\n",
        "header = {'name': 'caf\xe9'}\nselector = Match({})\n",
    ],
)
def test_a_mapping_that_is_broken_stops_nothing_else(
    demo_night: DemoNight, tmp_path: Path, image: Path, text: str
) -> None:
    folder = tmp_path / "cache"
    shutil.copytree(demo_night.cache, folder)
    next(folder.rglob("tmt_iris_flat_0002.rmap")).write_text(text, encoding="latin-1")
    result = call("cache", "lint", folder)
    assert result.exit_code == 1
    assert "tmt_iris_flat_0002.rmap" in result.output
    assert selected(folder, "dark", image) == "tmt_iris_dark_0004.fits"
    assert selected(folder, "flat", image) is None
    for command in (("matrix",), ("timeline", "--type", "flat"), ("whatif",)):
        assert call(*command, "--cache", folder, image).exit_code in (0, 1, 3)
