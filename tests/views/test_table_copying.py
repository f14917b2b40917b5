"""Tables copy as a spreadsheet likes them, and are saved as files."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QShortcut, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QFileDialog, QTableView, QTreeView
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.places import PLACES
from calgui.views.rules.pages import PAGES
from calgui.views.session import Session
from calgui.views.widgets.table_copying import TableCopying, chosen, columns_of, copy_cells, let_go
from calgui.views.window import MainWindow

Settled = Callable[[MainWindow], None]
CTRL = Qt.KeyboardModifier.ControlModifier


def clip() -> str:
    return QGuiApplication.clipboard().text()


def test_the_keys_copy_what_is_selected(window: MainWindow, night: Any, settled: Settled, qtbot: QtBot) -> None:
    window.open_paths([night(4)])
    settled(window)
    view = window.observe.table.view
    window.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    view.selectRow(1)
    qtbot.keyClick(view, Qt.Key.Key_C, CTRL)
    (line,) = clip().splitlines()
    assert line.startswith("iris_0001.fits\tIRIS_DARK\t")
    view.selectAll()
    qtbot.keyClick(view, Qt.Key.Key_C, CTRL)
    lines = [line.split("\t") for line in clip().splitlines()]
    assert lines[0][0] == "File"
    assert lines[0][5] == "Exposure (s)"
    assert [line[5] for line in lines[1:5]] == ["0", "10", "20", "30"]
    assert "<th>Exposure (s)</th>" in QGuiApplication.clipboard().mimeData().html()


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[QTableView]:
    model = QStandardItemModel(3, 3)
    model.setHorizontalHeaderLabels(["name", "counts (adu)", "note"])
    cells = [["a<b", "1,234,567", "x\ty"], ["c", "-2.5", ""], ["d", "", "1,2"]]
    for row, line in enumerate(cells):
        for column, text in enumerate(line):
            model.setItem(row, column, QStandardItem(text))
    made = QTableView()
    qtbot.addWidget(made)
    model.setParent(made)
    made.setModel(model)
    made.verticalHeader().hide()
    made.setObjectName("grid")
    yield made
    let_go()


def test_some_cells_of_some_rows(view: QTableView) -> None:
    pick, model = view.selectionModel(), view.model()
    for row, column in ((0, 0), (0, 2), (2, 2)):
        pick.select(model.index(row, column), QItemSelectionModel.SelectionFlag.Select)
    assert chosen(view) == [["name", "note"], ["a<b", "x y"], ["", "1,2"]]
    copy_cells(chosen(view), titles=False)
    assert clip() == "a<b\tx y\n\t1,2\n"
    assert "<td>a&lt;b</td>" in QGuiApplication.clipboard().mimeData().html()


def test_all_where_nothing_is_selected_as_it_is_seen(view: QTableView) -> None:
    view.horizontalHeader().moveSection(1, 0)
    view.hideColumn(2)
    view.hideRow(1)
    assert chosen(view) == [["counts (adu)", "name"], ["1234567", "a<b"], ["", "d"]]
    view.verticalHeader().show()
    assert chosen(view)[1] == ["1", "1234567", "a<b"]


def test_numbers_have_all_their_digits_where_they_are_known(view: QTableView) -> None:
    item = QStandardItem()
    item.setData(1 / 3, Qt.ItemDataRole.EditRole)
    view.model().setItem(1, 1, item)  # type: ignore[attr-defined]
    assert chosen(view)[2][1] == "0.3333333333333333"


def test_of_a_tree_what_is_unfolded(qtbot: QtBot) -> None:
    tree, model = QTreeView(), QStandardItemModel()
    qtbot.addWidget(tree)
    model.setParent(tree)
    for name in ("A", "B"):
        item = QStandardItem(name)
        item.appendRow(QStandardItem(f"{name}1"))
        model.appendRow(item)
    model.setHorizontalHeaderLabels(["node"])
    tree.setModel(model)
    tree.expand(model.index(0, 0))
    assert chosen(tree) == [["node"], ["A"], ["A1"], ["B"]]
    below = model.index(0, 0, model.index(0, 0))
    tree.selectionModel().select(below, QItemSelectionModel.SelectionFlag.Select)
    assert chosen(tree) == [["node"], ["A1"]]


def test_it_is_saved_with_numbers_and_units(
    view: QTableView, window: MainWindow, settled: Settled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.copying.equip(view)
    save = next(action for action in view.actions() if action.objectName() == "save_table")
    names = iter([tmp_path / "grid.ecsv", tmp_path / "plain"])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(next(names)), "CSV for spreadsheets (*.csv)"))
    save.trigger()
    settled(window)
    table = Table.read(tmp_path / "grid.ecsv", format="ascii.ecsv")
    assert str(table["counts"].unit) == "adu"
    assert list(table["counts"][:2]) == [1234567.0, -2.5]
    save.trigger()
    settled(window)
    rows = list(csv.reader((tmp_path / "plain.csv").open(encoding="utf-8")))
    assert rows[1] == ["a<b", "1234567.0", "x y"]
    assert [notice.level for notice in window.session.notices] == ["info", "info"]


def test_columns_of_whole_numbers_stay_so() -> None:
    columns = columns_of([["n", "x", "t"], ["1", "1e3", "a"], ["-2", "", ""]])
    assert columns[0].values == [1, -2]
    assert columns[1].values[0] == 1000.0  # type: ignore[index]
    assert columns[2].values == ["a", ""]


def test_what_stands_in_brackets_is_a_unit_of_numbers_alone() -> None:
    """``UTC`` is no unit: astropy warned of it in every saved table of observations."""
    date, time = columns_of([["Date (UTC)", "Exposure (s)"], ["2026-03-11 14:18:00", "20"]])
    assert (date.name, date.unit) == ("Date (UTC)", "")
    assert (time.name, time.unit, time.values) == ("Exposure", "s", [20])


def test_a_view_that_copies_something_else_keeps_its_key(view: QTableView, window: MainWindow) -> None:
    own = QAction("Copy name", view)
    own.setShortcut(QKeySequence.StandardKey.Copy)
    view.addAction(own)
    window.copying.equip(view)
    assert own in view.actions()
    keys = [action.text() for action in view.actions() if QKeySequence("Ctrl+C") in action.shortcuts()]
    assert keys == ["Copy name"]
    assert "Copy cells" in [action.text() for action in view.actions()]


def test_every_table_and_tree_of_the_window_takes_part(
    window: MainWindow, demo_night: DemoNight, settled: Settled
) -> None:
    window.open_paths([demo_night.cache, *sorted(demo_night.raw.glob("*_dark_*.fits"))[:2]])
    settled(window)
    window.observe.table.view.selectRow(0)
    for place in PLACES:
        window.go(place.name)
    for page in PAGES:
        window.session.ask_page(page.name)
    settled(window)
    views = [view for kind in (QTableView, QTreeView) for view in window.findChildren(kind)]
    assert len(views) > 10
    for view in views:
        # as the focus does it
        window.copying._focus(None, view)
        window.copying._focus(None, view)
        names = [action.objectName() for action in view.actions()]
        assert names.count("save_table") == 1, view.objectName()
        copies = [action for action in view.actions() if QKeySequence("Ctrl+C") in action.shortcuts()]
        assert len(copies) == 1, view.objectName()
        # two for one key, and Qt does neither
        others = [key.key() for key in view.findChildren(QShortcut)]
        assert QKeySequence("Ctrl+C") not in others, view.objectName()
        assert view.contextMenuPolicy() != Qt.ContextMenuPolicy.DefaultContextMenu


def test_it_goes_with_its_window(qtbot: QtBot) -> None:
    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QLineEdit
    from shiboken6 import isValid

    owner = QObject()
    copying = TableCopying(Session(), owner)
    owner.deleteLater()
    qtbot.waitUntil(lambda: not isValid(copying))
    field = QLineEdit()
    qtbot.addWidget(field)
    field.show()
    field.setFocus()
    qtbot.wait(10)
    # what follows the focus, and is gone, would end in an exception here
    assert field.hasFocus()
