"""``calgui run check-metadata``: an entry for each keyword: value, unit, verdict; headers without pixels, too."""

from pathlib import Path

import pytest
from astropy.io import fits
from click.testing import CliRunner

from calgui.cli.main import cli
from calgui.core.simulate import DemoNight
from tests.cli.nights import run

IMAGES = ("iris_20260311_image_0001.fits", "iris_20260311_image_0002.fits", "iris_20260311_image_0005.fits")


def header_alone(night: DemoNight, path: Path, **changes: object) -> Path:
    """A file that is the header of an exposure, and has no pixels."""
    with fits.open(night.raw / IMAGES[0]) as hdus:
        header = hdus[0].header.copy()
    primary = fits.PrimaryHDU()
    for card in header.cards:
        if card.keyword not in ("SIMPLE", "BITPIX", "NAXIS", "EXTEND", "NAXIS1", "NAXIS2", "COMMENT", "HISTORY", ""):
            primary.header[card.keyword] = (card.value, card.comment)
    primary.header.update(changes)
    primary.writeto(path)
    return path


def test_each_keyword_has_value_unit_and_verdict(demo_night: DemoNight) -> None:
    told = run("check-metadata", demo_night.raw / IMAGES[0])
    assert (told["verdict"], told["reasons"], told["outputs"]) == ("good", [], [])
    header = fits.getheader(demo_night.raw / IMAGES[0])
    assert told["metrics"]["EL"] == {"value": header["EL"], "unit": "deg", "verdict": "good"}
    assert told["metrics"]["FILTER"]["value"] == header["FILTER"]
    assert len(told["metrics"]) > 40
    assert {entry["verdict"] for entry in told["metrics"].values()} == {"good"}
    (table,) = told["tables"]
    assert table["columns"] == ["Keyword", "Calibration", "Value", "Unit", "Allowed", "From", "Verdict"]


def test_every_exposure_of_the_night_agrees_with_itself(demo_night: DemoNight) -> None:
    files = sorted(demo_night.raw.glob("*.fits"))
    assert len(files) > 100
    told = run("check-metadata", *files)
    # but for the cube that was taken with prisms that take out nothing
    (reason,) = told["reasons"]
    assert told["verdict"] == "doubtful"
    assert reason.startswith("iris_20260311_dispcube_0004.fits: At a zenith angle of 43.32 deg (EL)")
    assert "take out 0.0 mas towards the zenith (PARANG) and 0.0 mas across" in reason


@pytest.mark.parametrize("calibration", ["adc", "environment", "instrument", "nfiraos", "psfmeta", "telescope"])
def test_a_header_without_pixels_is_judged_for_each_calibration(
    demo_night: DemoNight, tmp_path: Path, calibration: str
) -> None:
    path = header_alone(demo_night, tmp_path / "header.fits")
    told = run("check-metadata", path, "-p", f"calibration={calibration}")
    assert told["verdict"] == "good"
    assert told["metrics"]


def test_what_contradicts_is_bad_and_tells_its_numbers(demo_night: DemoNight, tmp_path: Path) -> None:
    path = header_alone(demo_night, tmp_path / "header.fits", AIRMASS=2.0, AORATEHO=-1.0)
    told = run("check-metadata", path, code=1)
    assert told["metrics"]["AORATEHO"] == {"value": -1.0, "unit": "Hz", "verdict": "bad"}
    assert any("AIRMASS is 2" in reason and "beyond 0.05" in reason for reason in told["reasons"])
    assert [table["title"] for table in told["tables"]] == ["Keywords", "Contradictions"]
    assert run("check-metadata", path, "-p", "calibration=environment")["verdict"] == "good"
    both = run("check-metadata", demo_night.raw / IMAGES[0], path, code=1)
    assert both["metrics"]["AORATEHO"]["verdict"] == "bad"
    assert all(reason.startswith("header.fits: ") for reason in both["reasons"])


def test_control_characters_of_a_header_never_reach_the_terminal(demo_night: DemoNight, tmp_path: Path) -> None:
    path = tmp_path / "hostile.fits"
    raw = (demo_night.raw / IMAGES[0]).read_bytes()
    for old in (b"INPOSITION", b"DEMO FIELD"):
        assert old in raw
        raw = raw.replace(old, b"\x1b[31m\x07\x1b]0;")
    path.write_bytes(raw)
    for words in (["run", "check-metadata"], ["validate", "--type", "dark", "--all"]):
        for more in ([], ["--json"]):
            made = CliRunner().invoke(cli, [*words, *more, str(path)])
            assert made.exit_code in (0, 1)
            assert "PNTGST" in made.stdout
            assert "doubtful" in made.stdout or "bad" in made.stdout
            assert all(line.isprintable() for line in (made.stdout + made.stderr).splitlines())
