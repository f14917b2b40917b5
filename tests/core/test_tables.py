"""Tables as files: what is written is read back by others' readers."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.errors import InputError, UsageError
from calgui.core.tables import Column, titled, write_table

numbers = st.lists(st.floats(width=64), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(x=numbers, y=numbers)
def test_numbers_come_back_with_all_their_digits(x: list[float], y: list[float], tmp_path: Path) -> None:
    path = write_table([Column("x", x, "nm"), Column("y", y)], tmp_path / "t.ecsv", overwrite=True)
    table = Table.read(path, format="ascii.ecsv")
    length = max(len(x), len(y))
    for name, values in (("x", x), ("y", y)):
        wanted = np.array([*values, *[math.nan] * (length - len(values))])
        np.testing.assert_array_equal(np.ma.filled(table[name].astype(float), np.nan), wanted)
    assert str(table["x"].unit) == "nm"


def test_texts_units_and_notes(tmp_path: Path) -> None:
    columns = [
        Column("file, name", ["a\nb", "ü“", ""]),
        Column("rate", [1, 2, 3], "e-/s"),
        Column("wavelength", [1.5, 2.5], "µm"),
        Column("odd", [True, False, True], "counts per fortnight"),
        Column("rate", [7.0, 8.0, 9.0]),
    ]
    table = Table.read(write_table(columns, tmp_path / "t.ecsv", {"plot": "a: b"}), format="ascii.ecsv")
    assert table.colnames == ["file, name", "rate", "wavelength", "odd", "rate_2"]
    assert list(table["file, name"][:2]) == ["a\nb", "ü“"]
    assert str(table["rate"].unit) == "electron / s"
    assert str(table["wavelength"].unit) == "um"
    assert table.meta["plot"] == "a: b"
    rows = list(csv.reader(write_table(columns, tmp_path / "t.csv").open(encoding="utf-8", newline="")))
    assert rows[0][:3] == ["file, name", "rate (e-/s)", "wavelength (µm)"]
    assert rows[1][0] == "a\nb"
    assert rows[3][2] == ""


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="format"):
        write_table([Column("x", [1])], tmp_path / "t.xlsx")
    with pytest.raises(UsageError, match="nothing"):
        write_table([], tmp_path / "t.csv")
    path = write_table([Column("x", [1])], tmp_path / "t.csv")
    with pytest.raises(InputError, match="exists"):
        write_table([Column("x", [2])], path)
    assert path.read_text() == "x\n1\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("title", "parts"),
    [
        ("Exposure (s)", ("Exposure", "s")),
        ("flux [e-/s]", ("flux", "e-/s")),
        ("File", ("File", "")),
        ("(s)", ("(s)", "")),
    ],
)
def test_units_stand_in_titles(title: str, parts: tuple[str, str]) -> None:
    assert titled(title) == parts
