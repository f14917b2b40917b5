"""The model sorts, filters and takes rows in, keeps its promises to Qt, and is quick with 10,000 rows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from calgui.views.observations.columns import BUILT_IN
from calgui.views.observations.filtering import parse
from calgui.views.observations.model import ObservationsModel
from calgui.views.observations.rows import Row

EXPOSURE = [column.key for column in BUILT_IN].index("EXPTIME")


def names(model: ObservationsModel) -> list[str]:
    return [model.row(number).entry.path.stem for number in range(model.rowCount())]


@pytest.fixture
def model(qtbot: QtBot, qtmodeltester: ModelTester, make_row: Callable[..., Row]) -> ObservationsModel:
    made = ObservationsModel()
    made.add([make_row("b.fits", EXPTIME=30), make_row("a.fits", EXPTIME=5.0), make_row("c.fits", "It is broken.")])
    qtmodeltester.check(made, force_py=True)
    return made


def test_rows_are_in_order_as_they_come(model: ObservationsModel, make_row: Callable[..., Row]) -> None:
    assert names(model) == ["a", "b", "c"]
    model.add([make_row("aa.fits"), make_row("d.fits")])
    assert names(model) == ["a", "aa", "b", "c", "d"]


def test_sorting_by_numbers_keeps_the_empty_at_the_end(model: ObservationsModel) -> None:
    model.sort(EXPOSURE, Qt.SortOrder.DescendingOrder)
    assert names(model) == ["b", "a", "c"]
    model.sort(EXPOSURE, Qt.SortOrder.AscendingOrder)
    assert names(model) == ["a", "b", "c"]


def test_a_remembered_place_follows_its_row(model: ObservationsModel, make_row: Callable[..., Row]) -> None:
    place = QPersistentModelIndex(model.index(0, 0))
    model.sort(0, Qt.SortOrder.DescendingOrder)
    model.add([make_row("z.fits")])
    assert place.data() == "a.fits"
    assert place.row() == 3


def test_a_file_read_again_is_replaced(model: ObservationsModel, make_row: Callable[..., Row]) -> None:
    model.add([make_row("c.fits", EXPTIME=1)])
    assert model.total == 3
    assert model.unreadable == 0
    model.sort(EXPOSURE)
    assert names(model) == ["c", "a", "b"]


def test_filter_and_removal(model: ObservationsModel) -> None:
    model.set_query(parse("EXPTIME>1"))
    assert names(model) == ["a", "b"]
    model.remove([Path("/night/a.fits")])
    assert names(model) == ["b"]
    model.set_query(parse(""))
    assert names(model) == ["b", "c"]


def test_rows_that_come_while_a_filter_holds(model: ObservationsModel, make_row: Callable[..., Row]) -> None:
    model.set_query(parse("EXPTIME=30"))
    model.add([make_row("d.fits", EXPTIME=30), make_row("e.fits", EXPTIME=31)])
    assert names(model) == ["b", "d"]
    assert model.total == 5


def test_unreadable_is_told_by_word_icon_and_reason(model: ObservationsModel) -> None:
    cell = model.index(2, 1)
    assert cell.data() == "unreadable"
    assert not cell.data(Qt.ItemDataRole.DecorationRole).isNull()
    assert "It is broken." in cell.data(Qt.ItemDataRole.ToolTipRole)
    assert "It is broken." in cell.data(Qt.ItemDataRole.AccessibleTextRole)


def test_ten_thousand_rows(qtbot: QtBot, make_row: Callable[..., Row]) -> None:
    rows = [
        make_row(f"iris_{number:05d}.fits", EXP_TYPE=f"T{number % 7}", EXPTIME=(number * 7919) % 1000, AIRMASS=number)
        for number in range(10_000)
    ]
    model = ObservationsModel()
    for first in range(0, 10_000, 1000):
        model.add(rows[first : first + 1000])
    model.sort(EXPOSURE)
    seen = [float(model.index(number, EXPOSURE).data().split()[0]) for number in range(0, 10_000, 500)]
    assert seen == [number // 10 for number in range(0, 10_000, 500)]
    model.set_query(parse("T3 EXPTIME>500"))
    assert model.rowCount() == sum(n % 7 == 3 and (n * 7919) % 1000 > 500 for n in range(10_000))
    model.set_query(parse(""))
    assert model.rowCount() == 10_000
