"""What a header says becomes texts that read well and keys that sort as one expects."""

from collections.abc import Callable

import pytest

from calgui.views.observations.columns import BUILT_IN, is_keyword, keyword_column, sort_key, written
from calgui.views.observations.rows import Row

DATE = next(column for column in BUILT_IN if column.key == "DATE")
TYPE = next(column for column in BUILT_IN if column.key == "TYPE")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "T"),
        (False, "F"),
        (30.0, "30"),
        (0.025, "0.025"),
        (61110.583333333, "61110.583333333"),
        (7, "7"),
        (" a\n b ", "a b"),
    ],
)
def test_values_are_written_briefly(value: object, text: str) -> None:
    assert written(value) == text


def test_numbers_sort_as_numbers_and_nothing_comes_last() -> None:
    values = ["", 100, "9", None, 20.5, "K", "J10", "J9", float("nan")]
    ordered = sorted(values, key=sort_key)
    assert ordered[:5] == ["9", 20.5, 100, "J9", "J10"]
    assert ordered[5] == "K"


def test_moment_joins_date_and_time_however_they_are_written(make_row: Callable[..., Row]) -> None:
    apart = make_row("a.fits", **{"DATE-OBS": "2026-03-11", "TIME-OBS": "14:00:00.125"})
    joined = make_row("b.fits", **{"DATE-OBS": "2026-03-11T14:00:00"})
    assert apart.cell(DATE)[0] == joined.cell(DATE)[0] == "2026-03-11 14:00:00"
    assert make_row("c.fits").cell(DATE)[0] == ""


def test_a_reference_shows_its_type(make_row: Callable[..., Row]) -> None:
    assert make_row("a.fits", REFTYPE="DARK").cell(TYPE)[0] == "DARK"
    assert make_row("b.fits", REFTYPE="DARK", EXP_TYPE="IRIS_DARK").cell(TYPE)[0] == "IRIS_DARK"


def test_any_keyword_can_be_a_column(make_row: Callable[..., Row]) -> None:
    assert make_row("a.fits", AIRMASS=1.25).cell(keyword_column(" airmass "))[0] == "1.25"
    assert keyword_column("exptime") in BUILT_IN
    assert keyword_column("LGSR0").title == "LGSR0 (m)"
    assert "Fried" in keyword_column("LGSR0").tip
    assert keyword_column("NOSUCHKW").title == "NOSUCHKW"
    assert is_keyword("date-obs")
    assert not is_keyword("é")
