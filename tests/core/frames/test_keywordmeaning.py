"""Keywords have meanings, units and sources; patterns fill in their numbers."""

import pytest

from calgui.core.frames.keywordmeaning import meaning_of, unit_of


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
