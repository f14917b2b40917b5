"""When an exposure began, in the ways that headers say it."""

import datetime as dt
from typing import Any

import pytest

from calgui.core.algorithms.times import end_of, middle_of, start_of

MOMENT = dt.datetime(2026, 3, 11, 6, 40, 30, 500000)


@pytest.mark.parametrize(
    "header",
    [
        {"DATE-OBS": "2026-03-11", "TIME-OBS": "06:40:30.5"},
        {"DATE-OBS": "2026-03-11", "UTC": "06:40:30.5"},
        {"DATE-OBS": "2026-03-11T06:40:30.5"},
        {"DATE-OBS": "2026-03-11 06:40:30.5"},
        {"DATE-OBS": "2026-03-11T06:40:30.5Z"},
        {"DATE-OBS": "2026-03-10T20:40:30.5-10:00"},
        {"DATE-OBS": "2026-03-11T06:40:30.5", "TIME-OBS": "12:00:00"},
        {"DATE-BEG": "2026-03-11T06:40:30.5"},
        {"DATE-OBS": "2026-03-11", "MJD-OBS": 61110.27813078704},
        {"EXPSTART": 61110.27813078704},
    ],
)
def test_a_start_is_read(header: dict[str, Any]) -> None:
    found = start_of(header)
    assert found is not None
    assert abs(found - MOMENT) < dt.timedelta(seconds=1e-3)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"DATE-OBS": "2026-03-11"},
        {"DATE-OBS": "11/03/26", "TIME-OBS": "06:40:30"},
        {"MJD-OBS": "soon"},
        {"MJD": -5.0},
    ],
)
def test_what_is_no_start(header: dict[str, Any]) -> None:
    assert start_of(header) is None
    assert end_of(header | {"EXPTIME": 5.0}) is None


def test_an_end_takes_an_exposure_time() -> None:
    header = {"DATE-OBS": "2026-03-11T06:40:30.5"}
    assert end_of(header) is None
    assert end_of(header | {"EXPTIME": 29.5}) == dt.datetime(2026, 3, 11, 6, 41, 0)


def test_a_middle_takes_half_of_it_where_it_is_known() -> None:
    header = {"DATE-OBS": "2026-03-11T06:40:30.5"}
    assert middle_of({}) is None
    assert middle_of(header) == start_of(header) == MOMENT
    assert middle_of(header | {"EXPTIME": 59.0}) == dt.datetime(2026, 3, 11, 6, 41, 0)
