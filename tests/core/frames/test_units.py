"""Units as they stand behind numbers."""

import pytest

from calgui.core.frames.units import shown_unit


@pytest.mark.parametrize(
    ("value", "shown"),
    [("electron/s", "electron/s"), (" adu ", "adu"), ("1", ""), (1, ""), (None, ""), ("", ""), ("Dimensionless", "")],
)
def test_what_has_no_unit_shows_none(value: object, shown: str) -> None:
    assert shown_unit(value) == shown
