"""The matrix against crds's own look-up, its filters against hand-made truth, and its files read back by astropy."""

import csv
from pathlib import Path

import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from calgui.core.errors import Cancelled, InputError, UsageError
from calgui.core.frames.headers import rule_header
from calgui.core.jobs import Job
from calgui.core.printable import no_formula
from calgui.core.rules.cache import Cache
from calgui.core.rules.observatories.setup import crds_module
from calgui.core.rules.questions.matrix import Matrix, MatrixRow, matrix, used_name, write_matrix
from calgui.core.rules.values import Selection, Status, Trust
from calgui.core.simulate import DemoNight


@pytest.fixture(scope="module")
def night(demo_night: DemoNight):
    paths = sorted(demo_night.raw.rglob("*.fits"))
    return Cache.open(demo_night.cache), [rule_header(path) for path in paths], [path.name for path in paths]


def test_each_cell_is_what_crds_looks_up(night) -> None:
    cache, headers, names = night
    table = matrix(cache, "tmt_0003.pmap", headers, names)
    assert [row.name for row in table.rows] == names
    pmap = cache.load("tmt_0003.pmap")
    for row, header in zip(table.rows, headers, strict=True):
        given_header = {**header, **cache.observatory.parkeys(header)}
        theirs = pmap.get_best_references(crds_module("core.utils").condition_header(given_header), include=table.types)
        for kind, cell in zip(table.types, row.cells, strict=True):
            said = str(theirs[kind]).upper()
            if cell.status is Status.SELECTED:
                assert said == cell.file.upper()
            elif cell.status is Status.NOT_APPLICABLE:
                assert said.endswith("N/A")
            else:
                assert said.startswith("NOT FOUND")


@pytest.mark.parametrize(("name", "keyword"), [("tmt", "INSTRUME"), ("ligeriri", "INSTRUME"), ("jwst", "INSTRUME")])
def test_real_caches_by_single_questions(real_data: Path, night, name: str, keyword: str) -> None:
    from calgui.core.rules.selection.select import best_references

    cache = Cache.open(real_data / "caches" / name)
    headers = [dict(header) for header in night[1][:12]]
    if name == "jwst":
        headers = [{**header, keyword: "NIRCAM"} for header in headers]
    table = matrix(cache, cache.default_context, headers, [str(n) for n in range(len(headers))])
    for row, header in zip(table.rows, headers, strict=True):
        single = {one.type: one for one in best_references(cache, cache.default_context, header)}
        for kind, cell in zip(table.types, row.cells, strict=True):
            assert (cell is None) == (kind not in single)
            if cell is not None:
                assert (cell.status, cell.file, cell.message) == (
                    single[kind].status,
                    single[kind].file,
                    single[kind].message,
                )


def test_filters_by_hand() -> None:
    good, lost = Selection("dark", Status.SELECTED, "a.fits"), Selection("dark", Status.NOT_FOUND, message="no")
    other, never = Selection("dark", Status.SELECTED, "b.fits"), Selection("dark", Status.NOT_APPLICABLE)
    rows = (
        MatrixRow(0, "fine", (good,), ("a.fits",), (good,)),
        MatrixRow(1, "lost", (lost,), (None,), (lost,)),
        MatrixRow(2, "changed", (good,), (None,), (other,)),
        MatrixRow(3, "other used", (good,), ("b.fits",), (good,)),
        MatrixRow(4, "used though not needed", (never,), ("b.fits",), (never,)),
        MatrixRow(5, "not needed", (never,), ("N/A",), (never,)),
        MatrixRow(6, "no such type", (None,), (None,), (good,)),
    )
    table = Matrix("x.pmap", "y.pmap", ("dark",), rows)
    assert [row.index for row in table.filtered(not_found=True).rows] == [1]
    assert [row.index for row in table.filtered(changed=True).rows] == [2, 6]
    assert [row.index for row in table.filtered(disagrees=True).rows] == [3, 4]
    assert [row.index for row in table.filtered(not_found=True, disagrees=True).rows] == [1, 3, 4]
    assert table.filtered() is table


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("crds://tmt_iris_dark_0001.fits", "tmt_iris_dark_0001.fits"),
        ("jref$abc_drk.fits", "abc_drk.fits"),
        ("/some/where/a.fits", "a.fits"),
        ("N/A", "N/A"),
        ("n/a", "N/A"),
        ("", None),
        (None, None),
        ("NOT FOUND", None),
    ],
)
def test_what_headers_say_was_used(said: str | None, name: str | None) -> None:
    assert used_name(said) == name


_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1, max_size=30)


@given(st.lists(_NAMES, min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_files_are_read_back(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    folder = tmp_path_factory.mktemp("out")
    cell = Selection("dark", Status.SELECTED, "a, b.fits", trust=Trust.OK)
    rows = tuple(MatrixRow(place, name, (cell,), (None,)) for place, name in enumerate(names))
    table = Matrix("x.pmap", None, ("dark",), rows)
    with write_matrix(table, folder / "m.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    assert lines[0] == ["observation", "dark_file", "dark_status", "dark_trust", "dark_used"]
    # what a spreadsheet would work out has an apostrophe before it
    assert [line[0] for line in lines[1:]] == [no_formula(name) for name in names]
    assert lines[1][1:] == ["a, b.fits", "selected", "ok", ""]
    plain = [name for name in names if name.isprintable() and name == name.strip()]
    if plain == names:
        back = Table.read(write_matrix(table, folder / "m.ecsv"), format="ascii.ecsv")
        assert list(back["observation"]) == names
        assert back.meta["context"] == "x.pmap"


def test_no_rows_and_what_is_refused(night, tmp_path: Path) -> None:
    cache, headers, names = night
    empty = matrix(cache, "tmt_0003.pmap", [], [], ["dark"])
    back = Table.read(write_matrix(empty, tmp_path / "e.ecsv"), format="ascii.ecsv")
    assert len(back) == 0
    with pytest.raises(InputError, match="exists"):
        write_matrix(empty, tmp_path / "e.ecsv")
    with pytest.raises(UsageError, match=r"\.csv or \.ecsv"):
        write_matrix(empty, tmp_path / "e.txt")
    with pytest.raises(UsageError):
        matrix(cache, "tmt_0003.pmap", headers, names[:-1])
    with pytest.raises(UsageError):
        matrix(cache, "nosuch.pmap", headers, names)
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        matrix(cache, "tmt_0003.pmap", headers, names, job=job)
