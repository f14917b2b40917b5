"""An optional reference that is selected and cannot be used is told, with the file and the cure, and nothing fails."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from astropy.io import fits
from click.testing import CliRunner

from calgui.cli.main import cli
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.runs.preview import examine
from calgui.core.runs.report import as_document
from calgui.core.runs.run import run_files
from calgui.core.simulate import DemoNight

FILE = "tmt_iris_mask_0001.fits"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 99\n"


def _gone(path: Path) -> None:
    path.unlink()


def _pointer(path: Path) -> None:
    path.write_text(POINTER)


def _noise(path: Path) -> None:
    path.write_bytes(b"no FITS at all " * 500)


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


@pytest.fixture
def cache(demo_night: DemoNight, tmp_path: Path) -> Path:
    """The rules of the night, and the map alone."""
    folder = tmp_path / "cache"
    ignored = shutil.ignore_patterns("*.fits")
    shutil.copytree(demo_night.cache, folder, ignore=ignored)
    shutil.copy(demo_night.cache / "references/tmt/iris" / FILE, folder / "references/tmt/iris" / FILE)
    return folder


def image(night: DemoNight) -> Path:
    return night.raw / "iris_20260311_image_0001.fits"


@pytest.mark.parametrize(
    ("spoil", "reason", "cure"),
    [
        (_gone, "it is not in the cache", "Fetch it"),
        (_pointer, "Git LFS pointer", "git lfs pull"),
        (_noise, "", "Fetch it again"),
        (_cut_off, "", "Fetch it again"),
    ],
)
def test_it_is_told_and_the_run_goes_on(
    spoil: Callable[[Path], None], reason: str, cure: str, cache: Path, demo_night: DemoNight, tmp_path: Path
) -> None:
    spoil(cache / "references/tmt/iris" / FILE)
    out = tmp_path / "out.fits"
    report = run_files("clean-cosmic-rays", [image(demo_night)], cache=cache, out=out)
    assert report.references == ()
    (one,) = report.unused
    assert (one.type, one.file) == ("MASK", FILE)
    for words in ("No MASK was used", FILE, reason, cure):
        assert words in one.text
    assert ".." not in one.text
    assert report.notes == (one.text,)
    assert report.reasons[-1] == one.text
    assert report.verdict == report.result.verdict
    document = as_document(report)
    assert document["unused_references"] == [{"type": "mask", "file": FILE, "message": one.text}]
    # a header takes letters of ASCII only, and lines of 72
    history = "".join(fits.getheader(out)["HISTORY"])
    assert FILE in history
    opened = Cache.open(cache)
    try:
        seen = examine("clean-cosmic-rays", [image(demo_night)], {}, {}, opened, None, Job("look"))
    finally:
        opened.close()
    assert seen.problem is None
    assert seen.unused == report.unused


def test_one_that_is_used_is_no_note(cache: Path, demo_night: DemoNight) -> None:
    report = run_files("clean-cosmic-rays", [image(demo_night)], cache=cache)
    assert [item.path.name for item in report.references] == [FILE]
    assert (report.unused, report.notes) == ((), ())
    assert as_document(report)["unused_references"] == []


def test_one_that_is_given_instead_is_no_note(cache: Path, demo_night: DemoNight) -> None:
    place = cache / "references/tmt/iris" / FILE
    mine = shutil.copy(place, cache.parent / "mine.fits")
    _pointer(place)
    report = run_files("clean-cosmic-rays", [image(demo_night)], references={"MASK": mine}, cache=cache)
    assert report.unused == ()


def test_the_command_line_tells_it_on_standard_error(cache: Path, demo_night: DemoNight) -> None:
    _pointer(cache / "references/tmt/iris" / FILE)
    words = ["run", "clean-cosmic-rays", str(image(demo_night)), "--cache", str(cache)]
    told = CliRunner().invoke(cli, words)
    assert told.exit_code == 0
    assert f"note: No MASK was used: the rules select {FILE}" in told.stderr
    assert "git lfs pull" in told.stderr
    assert "MASK was used" not in told.stdout
    as_json = CliRunner().invoke(cli, [*words, "--json"])
    assert "note: No MASK was used" in as_json.stderr
    assert json.loads(as_json.stdout)["unused_references"][0]["file"] == FILE


def test_a_flat_that_wants_a_dark_tells_that_it_has_none(demo_night: DemoNight, tmp_path: Path) -> None:
    """Which references it asks for depends on its inputs; that one cannot be used is told all the same."""
    cache = tmp_path / "all"
    shutil.copytree(demo_night.cache, cache)
    for path in (cache / "references").rglob("*_dark_*.fits"):
        _pointer(path)
    lit = [demo_night.raw / f"iris_20260311_flat_{number:04d}.fits" for number in (1, 2, 3)]
    report = run_files("normalize-flat", lit, cache=cache)
    (one,) = report.unused
    assert one.type == "DARK"
    assert one.text in report.reasons
    assert "git lfs pull" in one.text
