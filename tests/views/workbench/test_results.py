"""Numbers and tables beside the picture: short units, columns where the eye finds them, room for the longer table."""

from PySide6.QtWidgets import QTableWidget
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.registry import Metric, Table
from calgui.views.workbench.results import MetricsTable, TablesPanel


def test_units_are_written_alike(qtbot: QtBot) -> None:
    table = MetricsTable()
    qtbot.addWidget(table)
    units = ("electron/s", "e-/s", "electron", "pixel")
    table.show_metrics({f"value_{at}": Metric(1.0, unit, "A value.") for at, unit in enumerate(units)})
    shown = [item.text() for row in range(4) if (item := table.item(row, 2)) is not None]
    assert shown == ["e-/s", "e-/s", "e-", "pixel"]


def _grids(panel: TablesPanel) -> list[QTableWidget]:
    return panel.findChildren(QTableWidget)


def test_a_number_before_remarks_that_are_hidden_is_not_far_away(qtbot: QtBot) -> None:
    panel = TablesPanel()
    qtbot.addWidget(panel)
    columns = ("family", "ratio", "remark")
    panel.show_tables((Table("Families", columns, (("4-2", 1.0, ""), ("5-3", 1.1, ""))),))
    (grid,) = _grids(panel)
    assert grid.isColumnHidden(3)
    assert not grid.horizontalHeader().stretchLastSection()


def test_remarks_have_the_rest_of_the_width(qtbot: QtBot) -> None:
    panel = TablesPanel()
    qtbot.addWidget(panel)
    columns = ("family", "ratio", "remark")
    panel.show_tables((Table("Families", columns, (("4-2", 1.0, ""), ("5-3", 1.1, "follows the others"))),))
    (grid,) = _grids(panel)
    assert grid.horizontalHeader().stretchLastSection()


def test_the_longer_table_has_more_room(qtbot: QtBot) -> None:
    panel = TablesPanel()
    qtbot.addWidget(panel)
    panel.resize(600, 800)
    short = Table("Families", ("family", "ratio"), (("4-2", 1.0), ("5-3", 1.1)))
    long = Table("Lines", ("line", "ratio"), tuple((f"line {at}", 1.0) for at in range(60)))
    panel.show_tables((short, long))
    panel.show()
    qtbot.waitExposed(panel)
    first, second = _grids(panel)
    assert 2 * first.height() < second.height()
    assert first.height() > 4 * first.verticalHeader().defaultSectionSize(), "and the shorter is seen whole"


def test_long_tables_that_nobody_sees_are_made_when_they_are_looked_at(qtbot: QtBot) -> None:
    panel = TablesPanel()
    qtbot.addWidget(panel)
    rows = tuple((number, number / 7) for number in range(150))
    panel.show_tables((Table("Pinholes", ("number", "value"), rows),))
    assert panel.findChild(QTableWidget) is None
    panel.show()
    grid = panel.findChild(QTableWidget, "bench_table_0")
    assert grid is not None
    assert grid.rowCount() == 150
    panel.hide()
    panel.show_tables((Table("Few", ("number", "value"), rows[:3]),))
    assert panel.findChildren(QTableWidget, "bench_table_0")[-1].rowCount() == 3
