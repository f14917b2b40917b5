"""Keywords have meanings, units and sources; patterns fill in their numbers."""

import csv
import re
from pathlib import Path

import pytest
from astropy import units

from calgui.core.frames.headers import read_headers
from calgui.core.frames.keywordmeaning import meaning_of, unit_of, without_unit
from calgui.core.resources import resources
from calgui.core.simulate import DemoNight

TABLES = ("iris.csv", "pipeline.csv", "fits.csv")


@pytest.mark.parametrize(
    ("keyword", "words", "unit"),
    [
        ("NAXIS2", "axis 2", ""),
        ("CRVAL2", "axis 2", ""),
        ("CD1_2", "world axis 1 along pixel axis 2", ""),
        ("CRPIX1A", "axis 1; the first pixel's middle is 1 (description A)", "pixel"),
        ("TTYPE12", "name of column 12", ""),
        ("a_2_1", "u**2 v**1", "pixel"),
        ("MJD-OBS", "modified Julian date", "d"),
    ],
)
def test_meanings_of_the_standard(keyword: str, words: str, unit: str) -> None:
    found = meaning_of(keyword)
    assert found is not None
    assert words in found.text
    assert found.unit == unit
    assert found.keyword == keyword.upper()
    assert found.source in found.lines[-1]


@pytest.mark.parametrize("keyword", ["", "NOSUCHKW", "NAXISX", "CD1", "CRVAL1AB", "TTYPE", "{n}"])
def test_what_is_not_known_has_no_meaning(keyword: str) -> None:
    assert meaning_of(keyword) is None


def test_unit_of_the_comment_comes_before_the_known_one() -> None:
    assert unit_of("EXPTIME") == "s"
    assert unit_of("EXPTIME", "[ms] exposure") == "ms"
    assert unit_of("XYZ", "[e-/adu] gain") == "e-/adu"
    for comment in ("gain [e-/adu]", "[UTC] date", "[0-99999] ramp", "[] none", "[T/F] flag", "no unit"):
        assert unit_of("XYZ", comment) == ""


def test_comments_lose_their_unit_only() -> None:
    assert without_unit("[s] exposure time") == "exposure time"
    for comment in ("exposure time", "[UTC] date", "[s]", ""):
        assert without_unit(comment) == comment


def test_every_keyword_of_the_demo_night_has_a_meaning(demo_night: DemoNight) -> None:
    keywords = {
        card.keyword for path in demo_night.folder.rglob("*.fits") for hdu in read_headers(path) for card in hdu.cards
    }
    assert len(keywords) > 140
    assert {keyword for keyword in keywords if meaning_of(keyword) is None} == set()


def test_units_in_the_demo_night_are_those_that_are_known(demo_night: DemoNight) -> None:
    """What the files say in brackets and what the tables say is the same, where both say something."""
    for path in demo_night.raw.glob("*.fits"):
        for card in (card for hdu in read_headers(path) for card in hdu.cards):
            said, known = unit_of("NOSUCHKW", card.comment), unit_of(card.keyword)
            if said and known:
                assert _same_unit(said, known), card


def _same_unit(one: str, other: str) -> bool:
    first, second = (units.Unit(re.sub(r"\be-", "electron", text)) for text in (one, other))
    return bool(first.is_equivalent(second) and (1 * first).to_value(second) == 1)


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_whole(name: str) -> None:
    lines = (resources() / "keywords" / name).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# source: ")
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    keywords = [row["keyword"] for row in rows]
    assert len(keywords) == len(set(keywords)) > 100
    for row in rows:
        assert None not in row
        assert None not in row.values()
        assert row["meaning"]
        assert row["system"]
        assert set(re.findall(r"\{[a-z]\}", row["meaning"])) <= set(re.findall(r"\{[a-z]\}", row["keyword"]))
        if row["unit"] and row["unit"] not in ("us or s", "degC"):
            units.Unit(row["unit"], format=None)


def test_keywords_of_the_telemetry_and_the_data_models_are_known(real_data: Path) -> None:
    for name, column in (("IRIS_telemetry_and_FITS_metadata", "Fits Keywords"), ("tmt", "fits_keyword")):
        with (real_data / "keywords" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        keywords = {row[column].strip() for row in rows} - {""}
        assert {keyword for keyword in keywords if meaning_of(keyword) is None} == set()


def test_units_are_those_of_the_telemetry_and_sentences_are_not(real_data: Path) -> None:
    spelled = {"degree": "deg", "degrees": "deg", "seconds": "s", "C": "degC", "m-5/3": "m**(-5/3)", "pixels": "pixel"}
    with (real_data / "keywords" / "IRIS_telemetry_and_FITS_metadata.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Fits Keywords"].strip()]
    checked = 0
    for row in rows:
        found = meaning_of(row["Fits Keywords"])
        assert found is not None
        unit = spelled.get(row["Unit"], row["Unit"])
        if unit in ("deg", "s", "degC", "m", "mm", "mas", "km", "pixel", "m**(-5/3)") and found.keyword not in (
            "READTIME",
        ):
            assert found.unit == unit or found.keyword in ("ODGWIMEL", "ODGWIMRT"), row
            checked += 1
        words = row["Description"].casefold().split()
        assert len(words) < 5 or " ".join(words) not in found.text.casefold()
    assert checked > 50


def test_parkeys_are_known_by_their_keyword() -> None:
    found = meaning_of("META.INSTRUMENT.FILTER")
    assert found is not None
    assert found.keyword == "FILTER"
    assert meaning_of("META.NO.SUCH") is None


def test_steps_and_references_that_are_in_no_table_are_understood() -> None:
    step, reference = meaning_of("S_ODDONE"), meaning_of("R_ODDONE")
    assert step is not None
    assert reference is not None
    assert "ODDONE" in step.text
    assert reference.system == "CRDS"
