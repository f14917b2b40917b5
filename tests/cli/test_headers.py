"""``calgui headers`` and ``calgui search-headers`` as users call them."""

import csv
import json
from pathlib import Path

import pytest
from astropy.io import fits

from calgui.core.simulate import DemoNight
from tests.cli.calling import call


@pytest.fixture
def images(demo_night: DemoNight) -> list[Path]:
    return [demo_night.raw / f"iris_20260311_image_{number:04d}.fits" for number in (1, 5)]


def test_the_document_says_what_astropy_reads(images: list[Path]) -> None:
    result = call("headers", "--json", *images)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["files"], told["reference"]) == ([str(path) for path in images], str(images[0]))
    for hdu, extension in (("PRIMARY", 0), ("SCI", 1)):
        headers = [fits.getheader(path, extension) for path in images]
        rows = {row["keyword"]: row for row in told["keywords"] if row["hdu"] == hdu}
        assert set(rows) == {keyword for header in headers for keyword in header if keyword}
        for keyword in set(rows) - {"HISTORY", "COMMENT"}:
            assert [one["value"] for one in rows[keyword]["values"]] == [header.get(keyword) for header in headers]
            same = headers[0].get(keyword) == headers[1].get(keyword)
            assert rows[keyword]["differs"] == (not same and not rows[keyword]["ignored"])
    exposure = next(row for row in told["keywords"] if row["keyword"] == "EXPTIME")
    assert exposure["unit"] == "s"
    assert "exposure time" in exposure["meaning"]


def test_only_differences_of_one_hdu_against_another_file(images: list[Path]) -> None:
    words = ("--only-differences", "--hdu", "primary", "--ignore", "TIME*", "--against", images[1])
    told = json.loads(call("headers", "--json", *words, *images).stdout)
    assert told["reference"] == str(images[1])
    assert {row["hdu"] for row in told["keywords"]} == {"PRIMARY"}
    assert all(row["differs"] for row in told["keywords"])
    rows = {row["keyword"]: [one["state"] for one in row["values"]] for row in told["keywords"]}
    assert "TIME-OBS" not in rows
    assert rows["FILTER"] == ["different", "same"]
    assert rows["CRDS_CTX"] == ["extra", "absent"]


def test_text_marks_what_differs(images: list[Path]) -> None:
    result = call("headers", *images)
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    assert "≠ KN3" in lines["FILTER"]
    assert "- missing" in lines["CRDS_CTX"]
    assert "≠" not in lines["INSTRUME"]
    assert f"* {images[0].name}" in result.stdout
    one = call("headers", images[0])
    assert "exposure time" in one.stdout
    assert "differ" not in one.stdout


def test_dates_count_when_strict(tmp_path: Path) -> None:
    for name in ("a", "b"):
        hdu = fits.PrimaryHDU()
        hdu.header["DATE"] = f"2026-01-0{1 if name == 'a' else 2}"
        hdu.writeto(tmp_path / f"{name}.fits")
    for words, differing in (((), 0), (("--strict",), 1)):
        assert json.loads(call("headers", "--json", *words, tmp_path).stdout)["differing"] == differing


def test_it_is_written_as_a_table(images: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert call("headers", "-o", out, "--only-differences", *images).stdout == ""
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["differs"] for row in rows} == {"yes"}
    assert call("headers", "-o", out, *images).exit_code == 3
    assert call("headers", "-o", out, "--overwrite", *images).exit_code == 0
    assert call("headers", "-o", tmp_path / "out.txt", *images).exit_code == 2


def test_wrong_calls_and_unreadable_files(images: list[Path], tmp_path: Path) -> None:
    bad = tmp_path / "bad.fits"
    bad.write_text("no FITS at all")
    result = call("headers", "--json", bad, *images)
    assert result.exit_code == 3
    told = json.loads(result.stdout)
    assert [one["file"] for one in told["unread"]] == [str(bad)]
    assert told["reference"] == str(images[0])
    assert "bad.fits" in result.stderr
    assert call("headers").exit_code == 2
    assert call("headers", "--hdu", "NONE", *images).exit_code == 2
    assert call("headers", "--against", "x.fits", *images).exit_code == 2
    (tmp_path / "empty").mkdir()
    assert call("headers", tmp_path / "empty").exit_code == 3


def test_search_tells_every_card(demo_night: DemoNight) -> None:
    result = call("search-headers", "--json", "EXPTIME>=100", demo_night.raw)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    wanted = {
        str(path): fits.getval(path, "EXPTIME")
        for path in demo_night.raw.glob("*.fits")
        if fits.getval(path, "EXPTIME") >= 100
    }
    assert {hit["file"]: hit["value"] for hit in told["hits"]} == wanted
    assert {(hit["hdu"], hit["hdu_name"], hit["unit"]) for hit in told["hits"]} == {(0, "PRIMARY", "s")}
    assert told["files"] == len(list(demo_night.raw.glob("*.fits")))
    limited = json.loads(call("search-headers", "--json", "--limit", 3, "EXPTIME>=100", demo_night.raw).stdout)
    assert (len(limited["hits"]), limited["more"]) == (3, True)


def test_search_as_text(images: list[Path], tmp_path: Path) -> None:
    result = call("search-headers", "exposure time", *images)
    assert "[s] exposure time" in result.stdout  # brackets are no style
    assert "cards in 2 of 2 files" in result.stdout
    assert "not in this file" in call("search-headers", "CRDS_CTX=", *images).stdout
    assert call("search-headers", "no such thing", *images).exit_code == 0
    assert call("search-headers", " ", *images).exit_code == 2
    bad = tmp_path / "bad.fits"
    bad.write_text("no FITS at all")
    assert call("search-headers", "EXPTIME", bad, *images).exit_code == 3
