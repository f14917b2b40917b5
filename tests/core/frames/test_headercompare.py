"""Headers side by side: what belongs together, what is the same, what is missing."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import example, given
from hypothesis import strategies as st

from calgui.core.errors import UsageError
from calgui.core.frames.cards import Card
from calgui.core.frames.headercompare import (
    FileHeaders,
    HeaderTable,
    Row,
    State,
    compare_headers,
    read_files,
    same_value,
    told,
)
from calgui.core.frames.headerexport import lines_of, short_names, tab_separated, write_lines
from calgui.core.frames.headers import HduHeader


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of primary header and extensions given as (name, version, cards)."""

    def make(name: str, primary: dict[str, object], *extensions: tuple[str, int, dict[str, object]]) -> Path:
        hdus = fits.HDUList([fits.PrimaryHDU()])
        hdus[0].header.update(primary)
        for extname, version, cards in extensions:
            hdu = fits.ImageHDU()
            if extname:
                hdu.header["EXTNAME"] = extname
            if version != 1:
                hdu.header["EXTVER"] = version
            hdu.header.update(cards)
            hdus.append(hdu)
        path = tmp_path / name
        hdus.writeto(path)
        return path

    return make


def row_of(table: HeaderTable, keyword: str, hdu: str = "PRIMARY", number: int = 1) -> Row:
    return next(row for row in table.rows if (row.keyword, table.hdus[row.hdu], row.number) == (keyword, hdu, number))


def states(table: HeaderTable, keyword: str, hdu: str = "PRIMARY") -> list[str]:
    return [cell.state.value for cell in row_of(table, keyword, hdu).cells]


def test_states_are_told_against_the_reference_file(write: Callable[..., Path]) -> None:
    paths = [
        write("a.fits", {"FILTER": "K", "EXPTIME": 30, "LAMP": "Ar"}),
        write("b.fits", {"FILTER": "K  ", "EXPTIME": 30.0, "AIRMASS": 1.2}),
        write("c.fits", {"FILTER": "J", "EXPTIME": "30", "LAMP": "Ar"}),
    ]
    table = compare_headers(read_files(paths))
    assert states(table, "FILTER") == ["same", "same", "different"]
    assert states(table, "EXPTIME") == ["same", "same", "different"]
    assert [cell.text for cell in row_of(table, "EXPTIME").cells] == ["30", "30", "'30'"]
    assert states(table, "LAMP") == ["same", "missing", "same"]
    assert states(table, "AIRMASS") == ["absent", "extra", "absent"]
    assert not row_of(table, "SIMPLE").differs
    assert {row.keyword for row in table.rows if row.differs} == {"FILTER", "EXPTIME", "LAMP", "AIRMASS"}
    turned = compare_headers(read_files(paths), reference=2)
    assert states(turned, "FILTER") == ["different", "different", "same"]
    assert states(turned, "AIRMASS") == ["absent", "extra", "absent"]
    assert turned.differing == 4


def test_hdus_belong_together_by_name_and_version_else_by_number(write: Callable[..., Path]) -> None:
    first = write("a.fits", {}, ("SCI", 1, {"X": 1}), ("SCI", 2, {"X": 2}), ("ERR", 1, {}), ("", 1, {"Y": 1}))
    other = write("b.fits", {}, ("ERR", 1, {}), ("SCI", 2, {"X": 2}), ("DQ", 1, {}), ("SCI", 1, {"X": 9}))
    bare = write("c.fits", {}, ("", 1, {"X": 1}))
    table = compare_headers(read_files([first, other, bare]))
    # the nameless fourth belongs to nothing in b, whose fourth has its own partner
    assert table.hdus == ("PRIMARY", "SCI", "SCI,2", "ERR", "HDU 4", "DQ")
    assert states(table, "X", "SCI") == ["same", "different", "same"]
    assert states(table, "X", "SCI,2") == ["same", "same", "missing"]
    assert states(table, "Y", "HDU 4") == ["same", "missing", "missing"]
    assert states(table, "BITPIX", "DQ") == ["absent", "extra", "absent"]


def test_first_hdus_belong_together_whatever_their_names(tmp_path: Path) -> None:
    for name, extname in (("a.fits", "SCI"), ("b.fits", "")):
        hdu = fits.PrimaryHDU()
        if extname:
            hdu.header["EXTNAME"] = extname
        hdu.writeto(tmp_path / name)
    table = compare_headers(read_files([tmp_path / "a.fits", tmp_path / "b.fits"]))
    assert table.hdus == ("SCI",)
    assert [row.keyword for row in table.rows if row.differs] == ["EXTNAME"]


def test_several_hdus_and_cards_of_one_name_keep_their_order(write: Callable[..., Path], tmp_path: Path) -> None:
    twice = write("a.fits", {}, ("SCI", 1, {"X": 1}), ("SCI", 1, {"X": 2}))
    other = write("b.fits", {}, ("SCI", 1, {"X": 1}), ("SCI", 1, {"X": 3}))
    table = compare_headers(read_files([twice, other]))
    assert table.hdus == ("PRIMARY", "SCI", "SCI")
    assert [[cell.value for cell in row.cells] for row in table.rows if row.keyword == "X"] == [[1, 1], [2, 3]]
    double = tmp_path / "double.fits"
    hdu = fits.PrimaryHDU()
    hdu.header.append(("LAMP", "Ar"))
    hdu.header.append(("LAMP", "Kr"))
    hdu.writeto(double)
    table = compare_headers(read_files([double, write("single.fits", {"LAMP": "Ar"})]))
    assert [row.name for row in table.rows if row.keyword == "LAMP"] == ["LAMP", "LAMP (2)"]
    assert [row.differs for row in table.rows if row.keyword == "LAMP"] == [False, True]


def test_keywords_stand_in_the_order_of_the_files(write: Callable[..., Path]) -> None:
    table = compare_headers(
        read_files(
            [write("a.fits", {"AA": 1, "CC": 1, "EE": 1}), write("b.fits", {"AA": 1, "BB": 1, "CC": 1, "DD": 1})]
        )
    )
    order = [row.keyword for row in table.rows]
    assert [key for key in order if len(key) == 2] == ["AA", "BB", "CC", "DD", "EE"]


def test_housekeeping_is_looked_past_until_asked_for(write: Callable[..., Path]) -> None:
    one = write("a.fits", {"DATE": "2026-01-01", "HISTORY": "made, then cut", "MYKEY1": 1})
    other = write("b.fits", {"DATE": "2026-01-02", "HISTORY": "made", "MYKEY1": 2})
    files = read_files([one, other])
    table = compare_headers(files)
    assert {row.keyword for row in table.rows if row.differs} == {"MYKEY1"}
    assert row_of(table, "DATE").ignored
    assert row_of(table, "DATE").cells[1].state is State.DIFFERENT
    strict = compare_headers(files, ignore=())
    assert {row.keyword for row in strict.rows if row.differs} == {"DATE", "HISTORY", "MYKEY1"}
    assert not compare_headers(files, ignore=["mykey*", "DATE", "HIST???"]).differing


def test_a_file_that_cannot_be_read_is_told_in_its_place(write: Callable[..., Path], tmp_path: Path) -> None:
    bad = tmp_path / "bad.fits"
    bad.write_text("no FITS at all")
    files = read_files([bad, write("a.fits", {"X": 1}), write("b.fits", {"X": 2}), tmp_path / "none.fits"])
    assert files[0].error
    assert files[3].error
    table = compare_headers(files)
    assert table.reference == 1
    assert states(table, "X") == ["absent", "same", "different", "absent"]
    hopeless = compare_headers(files[:1])
    assert hopeless.rows == ()
    assert compare_headers(()).rows == ()
    with pytest.raises(UsageError, match="no file 3"):
        compare_headers(files[:2], reference=2)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (3, 3.0, True),
        (" K ", "K", True),
        ("", "  ", True),
        (None, None, True),
        (True, 1, False),
        (1, True, False),
        ("1", 1, False),
        ("T", True, False),
        (None, "", False),
        (None, 0, False),
        ("1.0", "1.00", False),
        (1 + 2j, 1 + 2j, True),
        ("k", "K", False),
    ],
)
def test_same_value(one: object, other: object, same: bool) -> None:
    assert same_value(one, other) is same
    assert same_value(other, one) is same


_VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_infinity=False), st.text("Kk1 .TF"))


@given(_VALUES, _VALUES)
@example(61110.583333333336, 61110.58333333334)
@example("a  b", "a b")
def test_what_is_marked_as_different_looks_different(one: object, other: object) -> None:
    assert same_value(one, one)
    table = compare_headers([_file("a.fits", {"X": one}), _file("b.fits", {"X": other})])
    first, second = table.rows[0].cells
    assert (first.text != second.text) or not table.rows[0].differs
    assert told(one, exact=True) != told(other, exact=True) or same_value(one, other)


def _file(name: str, header: dict[str, Any]) -> FileHeaders:
    cards = tuple(Card(key, value, "") for key, value in header.items())
    return FileHeaders(Path(name), (HduHeader(0, "PRIMARY", 1, "image", (), cards),))


@given(st.lists(st.dictionaries(st.sampled_from("ABCDEFG"), st.integers(0, 2)), min_size=1, max_size=5), st.data())
def test_every_card_of_every_file_is_in_the_table(headers: Sequence[dict[str, int]], data: st.DataObject) -> None:
    files = [_file(f"{place}.fits", header) for place, header in enumerate(headers)]
    reference = data.draw(st.integers(0, len(files) - 1))
    table = compare_headers(files, reference)
    rebuilt = [
        {row.keyword: row.cells[place].value for row in table.rows if row.cells[place].there}
        for place in range(len(files))
    ]
    assert rebuilt == list(headers)
    assert [key for key in (row.keyword for row in table.rows) if key in headers[reference]] == list(headers[reference])
    for row in table.rows:
        values = [header.get(row.keyword) for header in headers]
        assert row.differs == (len(set(values)) > 1)


def test_twenty_files_of_five_hundred_cards(tmp_path: Path) -> None:
    paths = []
    for number in range(20):
        hdu = fits.PrimaryHDU()
        hdu.header.extend([(f"KEY{card:04d}", number * card) for card in range(495)])
        paths.append(tmp_path / f"{number}.fits")
        hdu.writeto(paths[-1])
    files = read_files(paths)
    table = compare_headers(files)
    assert len(table.rows) > 495
    assert table.differing == 494


def test_a_comparison_is_written_for_spreadsheets_and_programs(write: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, other = write("a.fits", {"EXPTIME": 30.0, "LAMP": 'Ar, "Kr"'}), write("other/a.fits", {"EXPTIME": 40.0})
    table = compare_headers(read_files([one, other]))
    lines = lines_of(table, [row for row in table.rows if row.differs])
    assert lines[0] == ["hdu", "keyword", "meaning", "unit", "differs", f"{tmp_path.name}/a.fits", "other/a.fits"]
    assert lines[1][:2] == ["PRIMARY", "EXPTIME"]
    assert lines[1][3:] == ["s", "yes", "30", "40"]
    assert lines[2][-2:] == ['Ar, "Kr"', ""]
    assert tab_separated(lines).splitlines()[1].split("\t") == lines[1]
    path = write_lines(lines, tmp_path / "out.csv")
    with path.open(newline="") as file:
        assert list(csv.reader(file)) == lines
    read = Table.read(write_lines(lines, tmp_path / "out.ecsv"))
    assert read.colnames == lines[0]
    assert list(read["keyword"]) == ["EXPTIME", "LAMP"]
    with pytest.raises(UsageError):
        write_lines(lines, tmp_path / "out.txt")


def test_short_names_are_never_the_same() -> None:
    paths = [Path("/x/raw/a.fits"), Path("/y/raw/a.fits"), Path("/x/b.fits")]
    assert short_names(paths) == ["/x/raw/a.fits", "/y/raw/a.fits", "b.fits"]
