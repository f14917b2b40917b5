"""Numbers and tables beside the picture: short units, columns where the eye finds them, room for the longer table."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableWidget
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.registry import Metric, Result, Table
from calgui.views.workbench.banner import VerdictBanner
from calgui.views.workbench.results import MetricsTable, TablesPanel, figure, readable


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


def test_many_reasons_are_folded_to_whole_lines_and_unfold_at_a_click(qtbot: QtBot) -> None:
    banner = VerdictBanner()
    qtbot.addWidget(banner)
    banner.resize(700, 60)
    banner.show()
    few, many = ("One thing.", "Another."), tuple(f"Reason {number} of many, with words." for number in range(9))
    banner.show_verdict(Result(None, {}, "doubtful", few), preview=False)
    assert not banner.more.isVisible()
    banner.show_verdict(Result(None, {}, "doubtful", many), preview=False)
    line = banner.reasons.fontMetrics().lineSpacing()
    assert banner.more.text() == "all 9 reasons"
    assert banner.sizeHint().height() < 8 * line
    qtbot.mouseClick(banner.more, Qt.MouseButton.LeftButton)
    assert banner.sizeHint().height() > 8 * line
    assert banner.reasons.text().splitlines() == list(many)
    banner.show_state("Why there is no result, in one long sentence. " * 20, "error")
    assert not banner.more.isVisible(), "with its cure it is never cut short"


def test_names_and_figures_of_stars() -> None:
    assert readable("strehl_error", "") == "Strehl error"
    assert readable("zero_point_ab_mag", "mag (AB)") == "zero point AB"
    assert readable("zero_point_vega_mag", "mag (Vega)") == "zero point Vega"
    assert readable("rms_km_per_s", "km/s") == "RMS"
    assert readable("dispersion_nm_per_pixel", "nm/pixel") == "dispersion"
    assert readable("expected_photons_per_s", "photon/s") == "expected photons"
    assert (figure(15484.2), figure(9999.5), figure(12345.6, 4)) == ("15,484", "9999.5", "12,346")


def test_figures_of_the_next_answer_stand_in_the_same_rows(qtbot: QtBot) -> None:
    table = MetricsTable()
    qtbot.addWidget(table)
    table.show_metrics({"rms_pixel": Metric(0.5, "pixel", "Residuals."), "lamps": Metric("Ar", "", "Lamps.")})
    before = table.item(0, 1)
    table.show_metrics({"rms_pixel": Metric(0.25, "pixel", "Residuals."), "lamps": Metric("Ar,Kr", "", "Lamps.")})
    assert table.item(0, 1) is before
    assert [table.item(row, 1).text() for row in range(2)] == ["0.25", "Ar,Kr"]
    assert table.item(1, 1).toolTip() == "Ar,Kr\nLamps.\nIn reports: lamps"
    table.show_metrics({"rms_nm": Metric(0.1, "nm", "Residuals.")})
    assert table.rowCount() == 1
    assert table.item(0, 2).text() == "nm"


def test_wavelengths_in_tables_keep_their_decimals(qtbot: QtBot) -> None:
    panel = TablesPanel()
    qtbot.addWidget(panel)
    rows = ((1597.9593, 7.396, 80.57, 0.0241), (1602.715, 108.789, 721.1, None), (1605.7, 1612.0, 28.57, 12.0))
    panel.show_tables((Table("Lines", ("listed", "pixel", "flux", "residual"), rows),))
    (grid,) = _grids(panel)
    shown = [[grid.item(row, column).text() for row in range(3)] for column in range(1, 5)]
    assert shown[0] == ["1597.9593", "1602.7150", "1605.7000"]
    assert shown[1] == ["7.396", "108.789", "1612.000"]
    # four digits say all of these
    assert shown[2] == ["80.57", "721.1", "28.57"]
    assert shown[3] == ["0.0241", "–", "12"]
