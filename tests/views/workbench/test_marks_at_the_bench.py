"""Whole tasks with marks: measured once, excluded by clicks, undone, kept, gone back to, saved."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.marks import Marks
from calgui.core.algorithms.registry import registry
from calgui.core.frames.frame import Frame
from calgui.core.runs.flagged import Flagged
from calgui.core.runs.run import run_files
from calgui.views.session import Session
from calgui.views.workbench.marks.bar import MarksBar
from calgui.views.workbench.marks.shown import Shown, deed, with_lines
from calgui.views.workbench.marks.signs import signs
from calgui.views.workbench.page import AlgorithmPage
from tests.views.workbench import fakegrid
from tests.views.workbench.fakegrid import GRID, PITCH, write_grid


@pytest.fixture(autouse=True)
def grid_algorithm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(registry(), GRID.name, GRID)  # type: ignore[arg-type]
    fakegrid.measured.clear()
    yield
    fakegrid.gate.set()


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    return [write_grid(tmp_path / "grid_1.fits", 1), write_grid(tmp_path / "grid_2.fits", 2, (2, 6), (0, 0))]


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> AlgorithmPage:
    made = AlgorithmPage(session, GRID)
    qtbot.addWidget(made)
    made.resize(1400, 900)
    made.show()
    qtbot.waitExposed(made)
    return made


def fitted(qtbot: QtBot, page: AlgorithmPage) -> None:
    """Wait until the answer to what the form says is on the screen."""
    qtbot.waitUntil(
        lambda: (
            not page.busy
            and page.report is not None
            and all(page.report.options[name] == value for name, value in page.options.values().items())
            and page.report.inputs == page.inputs.paths
            and page.output.picture.look.drawing is not None
        )
    )


def begin(qtbot: QtBot, page: AlgorithmPage, paths: list[Path]) -> None:
    page.inputs.set_paths(paths)
    fitted(qtbot, page)


def rms(page: AlgorithmPage) -> float:
    assert page.report is not None
    return float(page.report.metrics["rms"].value)  # type: ignore[arg-type]


def bar(page: AlgorithmPage) -> MarksBar:
    return page.output.marks.bar


def mark(page: AlgorithmPage, label: str, number: int = 1) -> int:
    marks = page.output.marks.shown.marks  # type: ignore[union-attr]
    return next(at for at, one in enumerate(marks.label) if one == label and marks.number[at] == number)


def click(qtbot: QtBot, page: AlgorithmPage, x: float, y: float) -> None:
    """With the real mouse, at a place of the picture."""
    canvas = page.output.picture.canvas
    # what came and went above the picture has its room first
    qtbot.wait(30)
    scene = canvas.box_view.mapViewToScene(QPointF(x, y))
    point = canvas.mapFromScene(scene)
    assert canvas.viewport().rect().contains(point)
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(point.x(), point.y()))


def test_exclude_by_a_click_undo_keep_change_the_order_and_go_back(
    qtbot: QtBot, session: Session, page: AlgorithmPage, inputs: list[Path]
) -> None:
    begin(qtbot, page, inputs[:1])
    first = rms(page)
    solutions = page.solutions
    assert solutions is not None
    qtbot.mouseClick(solutions.keep_button, Qt.MouseButton.LeftButton)
    assert [one.label for one in solutions.solutions] == ["Solution 1"]
    moved = page.output.marks.shown.marks  # type: ignore[union-attr]
    at = mark(page, "4, 2")
    bar(page).pick.click()
    click(qtbot, page, moved.x[at], moved.y[at])
    fitted(qtbot, page)
    assert rms(page) < 0.7 * first
    assert page.options.values()["exclude"] == f"{moved.x[at]:.2f},{moved.y[at]:.2f}"
    assert page.output.marks.shown.marks.state[at] == 2  # type: ignore[union-attr]
    assert f"exclude={moved.x[at]:.2f}" in page.command()
    assert session.history.undoText() == "exclude the spot at 82, 48 in Grid of spots"
    session.history.undo()
    fitted(qtbot, page)
    assert rms(page) == first
    session.history.redo()
    page.options.set_value("order", 3)
    fitted(qtbot, page)
    best = rms(page)
    assert best < 0.2 * first
    solutions.keep_button.click()
    assert solutions.solutions[1].text == "order 3, exclude 1 place"
    assert solutions.solutions[1].value == best
    solutions.list.setCurrentRow(0)
    qtbot.mouseClick(solutions.back, Qt.MouseButton.LeftButton)
    fitted(qtbot, page)
    assert (rms(page), page.options.changed_values()) == (first, {})
    solutions.list.setCurrentRow(1)
    solutions.back.click()
    fitted(qtbot, page)
    assert rms(page) == best
    assert session.history.undoText() == "go back to Solution 2 of Grid of spots"
    session.history.undo()
    fitted(qtbot, page)
    assert rms(page) == first, "going back is one step"
    assert fakegrid.measured == [1], "all of this needs one measuring"


def test_only_what_is_not_of_the_fit_is_measured_again(qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]) -> None:
    begin(qtbot, page, inputs[:1])
    page.options.set_value("order", 2)
    fitted(qtbot, page)
    assert fakegrid.measured == [1]
    page.options.set_value("threshold", 900.0)
    fitted(qtbot, page)
    assert fakegrid.measured == [1, 1]
    page.inputs.set_paths(inputs)
    fitted(qtbot, page)
    assert fakegrid.measured == [1, 1, 2]
    write_grid(inputs[1], 7)
    page.options.set_value("order", 1)
    qtbot.waitUntil(lambda: len(fakegrid.measured) == 4)
    assert not hasattr(page.region, "parent") or not page.region.isVisible(), "it is not of a cut-out"


def test_measuring_is_told_and_can_be_cancelled(qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]) -> None:
    fakegrid.gate.clear()
    page.inputs.set_paths(inputs)
    qtbot.waitUntil(lambda: page.actions_bar.cancel.isEnabled())
    assert "Measuring on the whole inputs" in page.output.banner.reasons.text()
    qtbot.waitUntil(lambda: "Spots of input 1" in page.actions_bar.said.text())
    qtbot.mouseClick(page.actions_bar.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Cancelled" in page.output.banner.reasons.text())
    assert not page.actions_bar.cancel.isEnabled()
    assert fakegrid.measured == []
    fakegrid.gate.set()
    page.options.set_value("order", 2)
    fitted(qtbot, page)
    assert page.output.banner.word.text() == "Good"


def test_a_click_on_empty_sky_adds_and_a_second_takes_away(
    qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]
) -> None:
    begin(qtbot, page, inputs[:1])
    click(qtbot, page, 55.0, 72.0)
    assert page.options.values()["add"] == "", "without picking a click changes nothing"
    bar(page).pick.click()
    assert (
        "Click a spot to exclude it, or include it again; click elsewhere to add one"
        in page.output.picture.overlays.hint.text()
    )
    click(qtbot, page, 55.0, 72.0)
    fitted(qtbot, page)
    (x, y) = map(float, page.options.values()["add"].split(","))
    assert np.hypot(x - 55, y - 72) < 0.5
    qtbot.wait(600)
    click(qtbot, page, x, y)
    fitted(qtbot, page)
    assert page.options.values()["add"] == ""
    page.output.picture.bar.box.setChecked(True)
    assert not bar(page).pick.isChecked(), "another tool has the mouse now"


def test_the_key_switches_picking_and_dragging_still_moves(
    qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]
) -> None:
    begin(qtbot, page, inputs[:1])
    canvas = page.output.picture.canvas
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_P)
    assert bar(page).pick.isChecked()
    assert not canvas.box_view.drawing
    qtbot.keyClick(canvas, Qt.Key.Key_P)
    assert not bar(page).pick.isChecked()


def test_the_list_seeks_the_mark_and_the_picture_chooses_in_the_list(
    qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]
) -> None:
    begin(qtbot, page, inputs[:1])
    marks, table = page.output.marks, page.output.marks.table
    assert page.output.side.tabText(page.output.side.indexOf(table)) == "Spots"
    page.output.side.setCurrentWidget(table)
    model = table.view.model()
    assert model.rowCount() == 81
    titles = [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]
    assert titles == ["state", "mark", "x", "y", "FWHM (pixel)", "residual, length (pixel)"]
    table.view.sortByColumn(5, Qt.SortOrder.DescendingOrder)
    table.view.selectRow(0)
    assert marks.chosen == mark(page, "4, 2"), "the one that lies off has the largest residual"
    seen = page.output.picture.visible_box
    assert seen is not None
    assert seen.x_start > 0
    assert seen.x_start < 5 * PITCH < seen.x_stop
    page.output.picture.canvas.fit()
    other = mark(page, "2, 5")
    shown = marks.shown.marks  # type: ignore[union-attr]
    click(qtbot, page, shown.x[other], shown.y[other])
    assert marks.chosen == other
    assert table.selected == (other,)
    page.options.set_value("order", 3)
    fitted(qtbot, page)
    assert marks.chosen == other, "it stays chosen in the next fit"


def test_several_rows_are_excluded_at_once(qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]) -> None:
    begin(qtbot, page, inputs[:1])
    table = page.output.marks.table
    page.output.side.setCurrentWidget(table)
    table.view.selectRow(3)
    table.view.selectionModel().select(
        table.view.model().index(5, 0),
        table.view.selectionModel().SelectionFlag.Select | table.view.selectionModel().SelectionFlag.Rows,
    )
    assert table.toggle.text() == "Exclude, or include 2"
    table.view.setFocus()
    qtbot.keyClick(table.view, Qt.Key.Key_Space)
    fitted(qtbot, page)
    assert page.options.values()["exclude"].count(";") == 1
    assert bar(page).states["excluded"].text() == "excluded 2"


def test_the_legend_counts_and_hides(qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]) -> None:
    begin(qtbot, page, inputs[:1])
    legend = bar(page).states
    words = {name: button.text() for name, button in legend.items() if not button.isHidden()}
    assert words == {"used": "used 79", "rejected": "rejected 1", "missing": "missing 1"}
    layer = page.output.marks.layer
    page.output.picture.canvas.grab()
    assert layer.item.drawn == 81
    qtbot.mouseClick(legend["used"], Qt.MouseButton.LeftButton)
    page.output.picture.canvas.grab()
    assert layer.item.drawn == 2
    at = mark(page, "2, 2")
    marks = page.output.marks.shown.marks  # type: ignore[union-attr]
    assert layer.at(QPointF(marks.x[at], marks.y[at])) is None, "what is hidden is not under the mouse"


def test_arrows_have_the_scale_of_the_user(qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]) -> None:
    begin(qtbot, page, inputs[:1])
    layer, tools = page.output.marks.layer, bar(page)
    assert layer.arrows.count == 80
    tools.scale.setValue(20)
    marks = page.output.marks.shown.marks  # type: ignore[union-attr]
    x, _, to_x, _ = layer.arrows._ends
    at = mark(page, "4, 2")
    assert np.isclose(to_x[np.argmin(np.abs(x - marks.x[at]))] - marks.x[at], 20 * marks.vectors[0][at], rtol=0.2)
    points = tools.reference.length * 20 * page.output.picture.canvas.scale_factor()
    assert 30 <= points <= 85
    tools.slider.setValue(tools.slider.value() + 20)
    assert np.isclose(tools.scale.value(), 200, rtol=0.1)
    page.options.set_value("order", 2)
    fitted(qtbot, page)
    assert np.isclose(tools.scale.value(), 200, rtol=0.1), "it stays for the next fit"
    qtbot.mouseClick(tools.rescale, Qt.MouseButton.LeftButton)
    assert tools.scale.value() < 150 or tools.scale.value() > 250
    tools.arrows.click()
    assert layer.arrows.count == 0
    assert layer.lines.count == 2
    tools.lines.click()
    assert layer.lines.count == 0


def test_the_tip_tells_the_mark_under_the_mouse(qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]) -> None:
    begin(qtbot, page, inputs[:1])
    layer = page.output.marks.layer
    at = mark(page, "3, 1")
    marks = page.output.marks.shown.marks  # type: ignore[union-attr]
    near = 4 / page.output.picture.canvas.scale_factor()
    assert layer.at(QPointF(marks.x[at] + near, marks.y[at])) == at
    said = layer.tip(at)
    assert said.startswith("spot 3, 1: used\nx 64.")
    assert "FWHM (pixel): 2.31" in said
    assert "residual +0.0" in said or "residual -0.0" in said


def test_the_other_input_has_its_own_picture_and_marks(qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]) -> None:
    begin(qtbot, page, inputs)
    tools, view = bar(page), page.output.picture
    assert [tools.inputs.itemText(at) for at in range(tools.inputs.count())] == ["1: grid_1.fits", "2: grid_2.fits"]
    assert view.overlays.note.text() == "input 1 of 2"
    tools.inputs.setCurrentIndex(1)
    tools.inputs.activated.emit(1)
    qtbot.waitUntil(lambda: view.content is not None and view.content.path == inputs[1])
    assert view.overlays.note.text() == "input 2 of 2"
    marks = page.output.marks.shown.marks  # type: ignore[union-attr]
    at = mark(page, "0, 0", 2)
    assert marks.state[at] == 3
    tools.pick.click()
    moved = mark(page, "2, 6", 2)
    qtbot.waitUntil(lambda: view.look.drawing is not None)
    click(qtbot, page, marks.x[moved], marks.y[moved])
    fitted(qtbot, page)
    assert page.options.values()["exclude"].startswith("2:")
    assert view.content is not None
    assert view.content.path == inputs[1], "the picture stays"
    tools.inputs.activated.emit(0)
    qtbot.waitUntil(lambda: view.content is not None and view.content.path == inputs[0])


def test_the_picture_is_not_drawn_again_for_a_fit(qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]) -> None:
    begin(qtbot, page, inputs[:1])
    qtbot.wait(50)
    drawing = page.output.picture.look.drawing
    page.output.picture.look_at(50, 50, 30)
    seen = page.output.picture.visible_box
    page.options.set_value("order", 2)
    fitted(qtbot, page)
    assert page.output.picture.look.drawing is drawing
    assert page.output.picture.visible_box == seen


def test_the_map_and_the_cut_outs_choose_the_same_mark(qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]) -> None:
    begin(qtbot, page, inputs[:1])
    output, panel = page.output, page.output.marks.map
    output.tabs.setCurrentWidget(panel)
    panel.value.setCurrentText("residual, length (pixel)")
    moved = mark(page, "4, 2")
    assert panel.cuts.count() == 60
    assert panel.cuts.item(0).data(Qt.ItemDataRole.UserRole) == moved, "the worst comes first"
    assert panel.map.points.points().size == 80, "what is missing has no value"
    panel.cuts.setCurrentRow(0)
    assert output.marks.chosen == moved
    other = next(point for point in panel.map.points.points() if int(point.data()) == mark(page, "1, 1"))
    panel.map.points.sigClicked.emit(panel.map.points, [other], None)
    assert output.marks.chosen == mark(page, "1, 1")
    chosen = panel.cuts.currentItem()
    assert chosen is None or chosen.data(Qt.ItemDataRole.UserRole) == mark(page, "1, 1")
    columns = panel.map.saving._series()
    assert [column.name for column in columns] == ["mark", "x", "y", "residual, length (pixel)"]


def test_save_without_a_run_and_run_takes_the_measuring(
    qtbot: QtBot, page: AlgorithmPage, session: Session, inputs: list[Path], tmp_path: Path
) -> None:
    begin(qtbot, page, inputs)
    page.options.set_value("order", 2)
    fitted(qtbot, page)
    assert page.actions_bar.save.isEnabled()
    dialog = page.ask_to_save()
    assert dialog is not None
    dialog.file.setText(str(tmp_path / "solution.fits"))
    dialog.accept()
    qtbot.waitUntil(lambda: any("solution.fits was saved" in notice.text for notice in session.notices))
    run_files("fake-grid", inputs, {"order": 2}, out=tmp_path / "same.fits")
    with fits.open(tmp_path / "solution.fits") as saved, fits.open(tmp_path / "same.fits") as same:
        assert [hdu.name for hdu in saved] == [hdu.name for hdu in same]
        assert np.array_equal(saved["SPOTS"].data["x"], same["SPOTS"].data["x"])
        assert saved[0].header["REFTYPE"] == "DISTORTION"
    measured = len(fakegrid.measured)
    qtbot.mouseClick(page.actions_bar.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page._run_task is None and page.report is not None)
    assert len(fakegrid.measured) == measured


def test_too_high_an_order_is_told_and_the_way_back_is_short(
    qtbot: QtBot, page: AlgorithmPage, inputs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(qtbot, page, inputs[:1])
    marks = page.output.marks.shown.marks  # type: ignore[union-attr]
    many = "; ".join(f"{x:.2f},{y:.2f}" for x, y in zip(marks.x[:60], marks.y[:60], strict=True))
    page.options.put_values({"exclude": many, "order": 5})
    qtbot.waitUntil(lambda: "too few spots" in page.output.banner.reasons.text())
    assert not page.actions_bar.save.isEnabled()
    assert page.report is None
    page.options.set_value("order", 1)
    fitted(qtbot, page)
    assert fakegrid.measured == [1]
    assert page.actions_bar.save.isEnabled()


def test_solutions_come_back_with_the_session(
    qtbot: QtBot, page: AlgorithmPage, session: Session, inputs: list[Path]
) -> None:
    begin(qtbot, page, inputs[:1])
    assert page.solutions is not None
    page.options.set_value("order", 2)
    fitted(qtbot, page)
    page.solutions.keep()
    page.solutions.keep()
    page.solutions.list.item(0).setText("quadratic\nmore")
    assert session.history.undoText() == "rename Solution 1"
    page.solutions.list.setCurrentRow(1)
    page.solutions.remove.click()
    assert [one.label for one in page.solutions.solutions] == ["quadratic"]
    session.history.undo()
    assert [one.label for one in page.solutions.solutions] == ["quadratic", "Solution 2"]
    kept = page.kept()
    other = AlgorithmPage(session, GRID)
    qtbot.addWidget(other)
    other.take_up(kept)
    assert other.solutions is not None
    assert other.solutions.solutions == page.solutions.solutions
    other.take_up({"solutions": [3, {"label": "x", "verdict": 7}]})
    assert [one.label for one in other.solutions.solutions] == ["x"]


def test_everything_has_a_name(qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]) -> None:
    begin(qtbot, page, inputs)
    tools: list[QWidget] = [bar(page).pick, bar(page).inputs, bar(page).scale, bar(page).slider, bar(page).arrows]
    for widget in (*tools, *bar(page).states.values(), page.output.marks.map.value, page.output.marks.table.view):
        assert widget.objectName()
        assert widget.accessibleName()
    callable_check: Callable[..., Any] = page.output.marks.options
    assert callable_check()["order"] == 1


def test_a_defect_of_the_measuring_is_told_once(
    qtbot: QtBot, page: AlgorithmPage, session: Session, inputs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(qtbot, page, inputs[:1])
    monkeypatch.setattr(fakegrid, "COUNT", "nine")
    page.options.set_value("threshold", 700.0)
    qtbot.waitUntil(lambda: bool(session.notices))
    assert "TypeError" in session.notices[0].text
    assert "defect" in page.output.banner.reasons.text()
    assert not page.actions_bar.save.isEnabled()
    assert not page.actions_bar.cancel.isEnabled()
    assert page.output.marks.shown is None


def test_beside_a_product_the_marks_of_the_input_are_listed(
    qtbot: QtBot, page: AlgorithmPage, inputs: list[Path]
) -> None:
    begin(qtbot, page, inputs[:1])
    assert page.report is not None
    result = page.report.result
    assert result.picture is not None
    product = Frame(np.ones((20, 20), np.float32), None, None, {})
    page.output.show_whole(
        replace(page.report, result=replace(result, frame=product)), Flagged(), "Grid", outdated=False
    )
    tools, marks = bar(page), page.output.marks
    assert [tools.inputs.itemText(at) for at in range(tools.inputs.count())] == ["the product", "1: grid_1.fits"]
    assert tools.inputs.currentText() == "1: grid_1.fits"
    tools.inputs.activated.emit(0)
    view = page.output.picture
    qtbot.waitUntil(lambda: view.content is not None and view.content.size == (20, 20))
    assert marks.layer.shown is None, "they lie on the input"
    assert tools.states["used"].isVisible(), "of the input, whose marks are listed"
    assert marks.shown is not None
    assert marks.shown.index.size == 81
    page.output.tabs.setCurrentWidget(marks.map)
    assert marks.map.cuts.count() == 60
    tools.inputs.activated.emit(1)
    qtbot.waitUntil(lambda: view.content is not None and view.content.size == (fakegrid.SIDE, fakegrid.SIDE))
    assert marks.layer.shown is marks.shown


def test_signed_values_are_sorted_by_how_far_from_zero_they_are() -> None:
    number = np.array([1, 1, 1, 2])
    marks = Marks(
        "stars", np.arange(4.0), np.arange(4.0), np.zeros(4, int), ("used",), number,
        values={"dx": np.array([0.1, -0.5, 0.3, 9.0]), "Strehl": np.array([0.5, 0.2, np.nan, 0.1])},
    )  # fmt: skip
    shown = Shown(marks, 1)
    assert shown.worst_first("dx").tolist() == [1, 2, 0]
    assert shown.first_words("dx") == "the farthest from zero first"
    assert shown.worst_first("Strehl").tolist() == [1, 0]
    assert shown.first_words("Strehl") == "the lowest first"
    assert shown.counts == (3,)
    assert shown.totals == (4,)


def test_arrows_stay_on_the_picture() -> None:
    one = Marks("stars", np.array([30.0]), np.array([28.0]), np.zeros(1, int), ("used",), np.ones(1, int))
    assert Shown(one, 1, 56.0).reach == 14.0, "one arrow stays within a quarter of the field"
    several = replace(one, **{name: np.repeat(getattr(one, name), 2) for name in ("state", "number")})
    several = replace(several, x=np.array([10.0, 20.0]), y=np.array([10.0, 10.0]))
    assert Shown(several, 1, 56.0).reach == 7.0, "of several, each ends before the next"
    assert Shown(several, 1, 20.0).reach == 5.0
    assert np.isfinite(Shown(one, 1).reach)


def test_every_state_has_a_sign_of_its_own() -> None:
    states = ("used", "rejected", "excluded", "false", "misshapen", "blended", "saturated", "flagged", "edge", "faint",
              "missing")  # fmt: skip
    made = signs(states)
    assert len({(sign.shape, sign.colour) for sign in made}) == len(states)
    assert len({sign.shape for sign in signs(("used", "rejected", "excluded", "missing", "found"))}) == 5


def test_words_for_undo() -> None:
    assert deed("exclude", "star", "", "5.00,6.00") == "exclude the star at 5, 6"
    assert deed("exclude", "star", "2:5.00,6.00", "") == "include the star at 5, 6 on input 2"
    assert deed("stars", "star", "", "5.00,6.00", adds=True) == "add the star at 5, 6"
    assert deed("stars", "star", "5.00,6.00", "", adds=True) == "take away the star at 5, 6"
    assert deed("exclude", "star", "", "1,1; 2,2") == ""


def test_a_grid_is_straight_on_the_product_and_bent_on_the_input() -> None:
    x, y = (part.ravel().astype(float) for part in np.meshgrid([0, 10, 20], [0, 5]))
    marks = Marks(
        "grid", x, y, np.zeros(6, int), ("node",), np.ones(6, int), vectors=(0.1 * y, 0.01 * x), vectors_name="to"
    )  # fmt: skip
    made = with_lines(marks)
    assert (made.number == 0).all()
    straight, bent = made.lines[0], made.lines[1]
    pieces = [piece for piece in np.split(straight[0], np.flatnonzero(np.isnan(straight[0])) + 1) if piece.size]
    assert [piece[:-1].tolist() for piece in pieces] == [[0, 10, 20]] * 2 + [[0, 0], [10, 10], [20, 20]]
    assert np.nanmax(np.abs(bent[0] - straight[0])) == 0.5
    assert np.allclose((bent[1] - straight[1])[:3], [0, 0.1, 0.2])
    assert with_lines(replace(marks, name="stars")).lines == {}
    assert with_lines(replace(marks, x=x + np.arange(6))).lines == {}
