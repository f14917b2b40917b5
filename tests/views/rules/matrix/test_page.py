"""The matrix in the window: whole tasks on the demo night."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from astropy.table import Table
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from calgui.core.rules.selection.select import best_references
from calgui.core.simulate import DemoNight
from calgui.views.rules.matrix.page import MatrixPage
from calgui.views.rules.why.inquiry import Inquiry
from calgui.views.widgets.table_copying import chosen
from calgui.views.window import MainWindow


@pytest.fixture
def page(window: MainWindow, demo_night: DemoNight, settled: Callable) -> MatrixPage:
    window.open_paths([demo_night.cache, demo_night.raw])
    settled(window)
    window.session.ask_page("matrix")
    settled(window)
    return window.place("rules").page("matrix")


def test_every_cell_is_what_the_rules_select(page: MatrixPage) -> None:
    model, session = page.model, page.session
    entries = {entry.path: entry for entry in session.observations()}
    assert model.rowCount() == len([entry for entry in entries.values() if entry.error is None]) > 40
    for row in model.matrix.rows:
        selections = best_references(session.cache, session.context, entries[page.paths[row.index]].header)
        for one in selections:
            cell = row.cells[model.matrix.types.index(one.type)]
            assert (cell.file, cell.status) == (one.file, one.status)


def test_filters_add_up_and_say_how_many(page: MatrixPage) -> None:
    rows = page.model.matrix.rows
    lost, other = sum(row.not_found for row in rows), sum(row.disagrees for row in rows)
    assert lost
    assert other
    assert page.buttons["not_found"].text() == f"Not found {lost}"
    page.buttons["not_found"].click()
    assert page.model.rowCount() == lost
    page.buttons["disagrees"].click()
    assert page.model.rowCount() == sum(row.not_found or row.disagrees for row in rows)
    page.buttons["not_found"].click()
    assert page.model.rowCount() == other
    assert f"{other} of {len(rows)}" in page.told.text()


def test_a_filter_by_words(page: MatrixPage, qtbot: QtBot) -> None:
    page.filter.setText("image_0003 DRIZPARS")
    qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    assert "image_0003" in page.model.row(page.model.index(0, 0)).name
    page.filter.clear()
    qtbot.waitUntil(lambda: page.model.rowCount() == len(page.model.matrix.rows))


def test_what_changed_since_another_context(page: MatrixPage, qtbot: QtBot, window: MainWindow, settled) -> None:
    assert not page.buttons["changed"].isEnabled()
    page.since.setCurrentIndex(page.since.findText("tmt_0001.pmap"))
    page.since.activated.emit(page.since.currentIndex())
    settled(window)
    changed = [row for row in page.model.matrix.rows if row.changed]
    assert changed
    assert page.buttons["changed"].text() == f"Changed {len(changed)}"
    page.buttons["changed"].click()
    assert page.model.rowCount() == len(changed)
    row = changed[0]
    column = next(one for one in range(len(row.cells)) if row.changed_at(one))
    page.table.setCurrentIndex(page.model.index(0, column))
    assert "With tmt_0001.pmap:" in page.said.text()


def test_from_a_cell_to_the_reason(page: MatrixPage, window: MainWindow, settled) -> None:
    place = page.model.matrix.types.index("flat")
    row = next(n for n, one in enumerate(page.model.matrix.rows) if one.cells[place].status.value == "not-found")
    page.table.setCurrentIndex(page.model.index(row, place))
    assert "flat" in page.said.text()
    page.why.click()
    settled(window)
    assert window.session.selection == (page.paths[row],)
    assert Inquiry.of(window.session).type == "flat"


def test_sorting_brings_trouble_to_the_top_and_can_be_taken_back(page: MatrixPage) -> None:
    page.table.sortByColumn(page.model.matrix.types.index("flat"), Qt.SortOrder.AscendingOrder)
    first = page.model.row(page.model.index(0, 0)).cells[page.model.matrix.types.index("flat")]
    assert first.status.value == "not-found"
    page.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert page.model.shown == sorted(page.model.shown)


def test_export_and_copy(page: MatrixPage, tmp_path: Path) -> None:
    page.buttons["not_found"].click()
    for name in ("shown.csv", "shown.ecsv"):
        page.save(tmp_path / name)
    with (tmp_path / "shown.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    table = Table.read(tmp_path / "shown.ecsv", format="ascii.ecsv")
    assert len(lines) == len(table) == page.model.rowCount()
    assert [line["observation"] for line in lines] == list(table["observation"])
    assert lines[0]["flat_status"] == "not-found"
    page.save(tmp_path / "nowhere" / "x.csv")
    assert page.session.notices[-1].level == "error"
    page.table.selectRow(0)
    titles, row = chosen(page.table)
    assert len(titles) == len(row) == 1 + page.model.columnCount()  # the observation first
    assert row[0] == page.model.headerData(0, Qt.Orientation.Vertical)


def test_nothing_is_open(qtbot: QtBot, window: MainWindow, settled) -> None:
    window.session.ask_page("matrix")
    settled(window)
    page = window.place("rules").page("matrix")
    assert "Open a CRDS cache" in page.told.text()
    assert not page.export.isEnabled()
    page.show_why()
