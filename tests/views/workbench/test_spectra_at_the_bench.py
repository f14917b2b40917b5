"""Whole tasks with spectra: a line excluded by a click and by a key, undone, identified by hand; field and wall."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.registry import registry
from calgui.core.algorithms.spectrummarks import LINE_STATES
from calgui.views.session import Session
from calgui.views.theme import theme
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.spectra.panel import SpectraPanel
from tests.views.workbench import fakearc
from tests.views.workbench.fakearc import ARC, COLUMNS, EMPTY, LISTED, STRANGE, UNLISTED, write_field

MAIN = fakearc.ROWS // 2 * COLUMNS + COLUMNS // 2


@pytest.fixture(autouse=True)
def arc_algorithm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(registry(), ARC.name, ARC)  # type: ignore[arg-type]
    fakearc.measured.clear()
    yield
    theme().apply(None)


@pytest.fixture
def page(qtbot: QtBot, session: Session, tmp_path: Path) -> AlgorithmPage:
    made = AlgorithmPage(session, ARC)
    qtbot.addWidget(made)
    made.resize(1400, 900)
    made.show()
    qtbot.waitExposed(made)
    made.inputs.set_paths([write_field(tmp_path / "field.fits")])
    fitted(qtbot, made)
    return made


def fitted(qtbot: QtBot, page: AlgorithmPage) -> None:
    """Wait until the answer to what the form says is on the screen."""
    qtbot.waitUntil(
        lambda: (
            not page.busy
            and page.report is not None
            and all(page.report.options[name] == value for name, value in page.options.values().items())
            and page.report.inputs == page.inputs.paths
        )
    )
    qtbot.wait(20)


def panel(page: AlgorithmPage) -> SpectraPanel:
    return page.output.spectra.panel


def states(page: AlgorithmPage) -> dict[str, int]:
    shown = panel(page).shown
    assert shown is not None
    return dict(zip(LINE_STATES, shown.counted(panel(page).spectrum), strict=True))


def line_of(page: AlgorithmPage, listed: int) -> int:
    """The line of the chosen spectrum that is this one of the list."""
    shown = panel(page).shown
    assert shown is not None
    which = shown.index(panel(page).spectrum)
    return int(which[shown.spectra.lines.listed[which] == listed][0])


def click_line(qtbot: QtBot, page: AlgorithmPage, line: int) -> None:
    """With the real mouse, at the peak of a line."""
    part = panel(page).part
    shown = panel(page).shown
    assert shown is not None
    assert part.plot.scale is not None
    qtbot.wait(30)
    x = float(part.plot.scale.of_pixel(shown.spectra.lines.pixel[line]))
    click(qtbot, part.plot, x, float(np.mean(part.plot.box.viewRange()[1])))


def click(qtbot: QtBot, plot: QWidget, x: float, y: float) -> None:
    view = plot.getPlotItem().getViewBox()  # type: ignore[attr-defined]
    point = plot.mapFromScene(view.mapViewToScene(QPointF(x, y)))  # type: ignore[attr-defined]
    viewport = plot.viewport()  # type: ignore[attr-defined]
    assert viewport.rect().contains(point)
    # two clicks at once would be a double one
    qtbot.wait(10)
    qtbot.mouseMove(viewport, QPoint(point.x(), point.y()))
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(point.x(), point.y()))


def test_exclude_by_a_click_and_undo_keeps_what_is_zoomed(qtbot: QtBot, session: Session, page: AlgorithmPage) -> None:
    part = panel(page).part
    assert page.output.tabs.currentWidget().isAncestorOf(part), "the spectrum is what is looked at first"
    assert not page.output.tabs.isTabVisible(0), "there is no picture"
    assert panel(page).spectrum == MAIN
    assert states(page) == {"used": 9, "rejected": 0, "excluded": 0, "unidentified": 1, "missing": 1}
    part.plot.look_between(60, 250)
    before = part.plot.box.viewRange()[0]
    line = line_of(page, 4)
    click_line(qtbot, page, line)
    assert panel(page).line == line
    assert "pixel 192.9" in part.identify.said.text()
    assert part.identify.choice.currentText().startswith("Kr 1228.900")
    qtbot.mouseClick(part.identify.toggle, Qt.MouseButton.LeftButton)
    fitted(qtbot, page)
    assert page.options.values()["exclude"] == "1228.9"
    assert states(page)["excluded"] == 1
    assert panel(page).line == line_of(page, 4), "the line stays chosen"
    assert part.identify.toggle.text() == "Include"
    assert part.plot.box.viewRange()[0] == pytest.approx(before), "the zoom stays from fit to fit"
    assert session.history.undoText() == "exclude the line Kr 1228.900 nm in Lamp of a field"
    session.history.undo()
    fitted(qtbot, page)
    assert (page.options.values()["exclude"], states(page)["excluded"]) == ("", 0)
    assert part.plot.box.viewRange()[0] == pytest.approx(before)
    assert fakearc.measured == [48], "all of this needs one measuring"


def test_keys_go_from_line_to_line_exclude_and_take_in_again(
    qtbot: QtBot, session: Session, page: AlgorithmPage
) -> None:
    plot = panel(page).part.plot
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_N)
    assert panel(page).line == line_of(page, 0)
    qtbot.keyClick(plot, Qt.Key.Key_N)
    qtbot.keyClick(plot, Qt.Key.Key_N)
    qtbot.keyClick(plot, Qt.Key.Key_P)
    assert panel(page).line == line_of(page, 1)
    qtbot.keyClick(plot, Qt.Key.Key_D)
    fitted(qtbot, page)
    assert page.options.values()["exclude"] == "1211.564"
    qtbot.keyClick(plot, Qt.Key.Key_U)
    fitted(qtbot, page)
    assert page.options.values()["exclude"] == ""
    qtbot.keyClick(plot, Qt.Key.Key_D)
    fitted(qtbot, page)
    qtbot.keyClick(plot, Qt.Key.Key_I)
    fitted(qtbot, page)
    assert page.options.values()["exclude"] == ""
    # with nothing to take in again it is the last step that is undone
    panel(page).choose(None)
    qtbot.keyClick(plot, Qt.Key.Key_U)
    fitted(qtbot, page)
    assert page.options.values()["exclude"] == "1211.564"
    assert panel(page).part.residuals.isVisible()
    qtbot.keyClick(plot, Qt.Key.Key_F)
    assert not panel(page).part.residuals.isVisible()
    qtbot.keyClick(plot, Qt.Key.Key_T)
    assert panel(page).part.bar.template.isChecked()
    qtbot.keyClick(plot, Qt.Key.Key_L)
    assert page.output.side.currentWidget() is panel(page).table


def test_identify_by_hand_with_a_typed_wavelength_in_air(qtbot: QtBot, session: Session, page: AlgorithmPage) -> None:
    from calgui.core.spectra.wavelength import to_air

    part = panel(page).part
    part.bar.axis.setCurrentText("Å air")
    shown = panel(page).shown
    assert shown is not None
    which = shown.index(MAIN)
    unknown = int(which[shown.spectra.lines.state[which] == 3][0])
    click_line(qtbot, page, unknown)
    assert panel(page).line == unknown
    qtbot.keyClick(part.plot, Qt.Key.Key_M)
    qtbot.waitUntil(part.identify.choice.hasFocus)
    edit = part.identify.choice.lineEdit()
    assert edit is not None
    edit.clear()
    qtbot.keyClicks(edit, "nonsense")
    assert not part.identify.identify_button.isEnabled()
    edit.clear()
    qtbot.keyClicks(edit, f"{to_air(np.float64(UNLISTED)) * 10:.3f}")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    fitted(qtbot, page)
    text = page.options.values()["identify"]
    pixel, wavelength = text.split("=")
    assert float(wavelength) == pytest.approx(UNLISTED, abs=2e-4)
    assert float(pixel) == pytest.approx(shown.spectra.lines.pixel[unknown], abs=0.006)
    assert states(page)["used"] == 10
    assert "by hand" in part.identify.said.text()
    assert float(edit.text()) == pytest.approx(to_air(np.float64(UNLISTED)) * 10, abs=0.01), "not a listed line beside"
    assert session.history.undoText().startswith("identify the line at pixel 262.1 as 1239.000 nm")
    qtbot.waitUntil(part.plot.hasFocus)
    qtbot.keyClick(part.plot, Qt.Key.Key_U)
    fitted(qtbot, page)
    assert page.options.values()["identify"] == ""
    assert states(page)["used"] == 9


def test_a_listed_line_is_identified_anew_from_the_choice(qtbot: QtBot, page: AlgorithmPage) -> None:
    part = panel(page).part
    click_line(qtbot, page, line_of(page, 2))
    choice = part.identify.choice
    texts = [choice.itemText(at) for at in range(choice.count())]
    assert texts[0].startswith("Ar 1217.300")
    assert len(texts) == LISTED.size
    choice.setCurrentIndex(choice.findText("Kr 1211.564", Qt.MatchFlag.MatchStartsWith))
    qtbot.mouseClick(part.identify.identify_button, Qt.MouseButton.LeftButton)
    fitted(qtbot, page)
    assert page.options.values()["identify"].endswith("=1211.564")


def test_the_worst_are_gone_through_on_the_wall(qtbot: QtBot, page: AlgorithmPage) -> None:
    tabs, wall = page.output.tabs, panel(page).wall
    tabs.setCurrentWidget(wall)
    qtbot.waitUntil(lambda: wall.wall.order.size == 48)
    order = wall.wall.order
    assert order[0] == STRANGE[0] * COLUMNS + STRANGE[1], "the doubtful one is first"
    assert order[-1] == EMPTY[0] * COLUMNS + EMPTY[1], "what is empty is last"
    assert wall.wall.verticalScrollBar().value() == 0
    wall.wall.setFocus()
    qtbot.keyClick(wall.wall, Qt.Key.Key_Home)
    assert panel(page).spectrum == order[0]
    assert "row 4, column 5 · 1 of 48 · doubtful" in wall.said.text()
    assert "1 line lies far off the others." in wall.said.text()
    qtbot.keyClick(wall.wall, Qt.Key.Key_Down)
    assert panel(page).spectrum == order[1]
    qtbot.keyClick(wall.wall, Qt.Key.Key_End)
    assert wall.wall.last_seen == 47
    # a click chooses, Return opens
    wall.wall.verticalScrollBar().setValue(0)
    point = QPoint(wall.wall.gutter + 50, 22 + wall.wall.row_height // 2)
    assert wall.wall.spectrum_at(point) == order[0]
    qtbot.mouseClick(wall.wall.viewport(), Qt.MouseButton.LeftButton, pos=point)
    qtbot.keyClick(wall.wall, Qt.Key.Key_Return)
    assert tabs.currentWidget().isAncestorOf(panel(page).part)
    assert panel(page).part.bar.name.text() == "row 4, column 5"
    assert states(page)["rejected"] == 1
    # in the plot the next worst is one key away
    qtbot.keyClick(panel(page).part.plot, Qt.Key.Key_PageDown)
    assert panel(page).spectrum == order[1]


def test_the_wall_is_searched_sorted_and_filtered(qtbot: QtBot, session: Session, page: AlgorithmPage) -> None:
    wall = panel(page).wall
    page.output.tabs.setCurrentWidget(wall)
    qtbot.waitUntil(lambda: wall.wall.order.size == 48)
    qtbot.keyClicks(wall.search, "5, 7")
    qtbot.keyClick(wall.search, Qt.Key.Key_Return)
    assert panel(page).spectrum == 47
    wall.search.clear()
    qtbot.keyClicks(wall.search, "9, 99")
    qtbot.keyClick(wall.search, Qt.Key.Key_Return)
    assert session.notices[-1].text == "There is no spectrum 9, 99."
    wall.order_box.setCurrentText("by row and column")
    assert wall.wall.order.tolist() == list(range(48))
    wall.states["solved"].click()
    assert sorted(wall.wall.order.tolist()) == sorted(
        (STRANGE[0] * COLUMNS + STRANGE[1], EMPTY[0] * COLUMNS + EMPTY[1])
    )
    assert "not among those that are shown" in wall.said.text()
    for height in range(9):
        wall.height_slider.setValue(height)
        assert not wall.grab().isNull()


def test_a_click_on_the_field_shows_its_spectrum_everywhere(qtbot: QtBot, page: AlgorithmPage) -> None:
    field = panel(page).field
    page.output.tabs.setCurrentWidget(field)
    qtbot.waitUntil(lambda: field.map.image.image is not None)
    names = [field.value.itemText(at) for at in range(field.value.count())]
    assert names[0] == "RMS (pixel)"
    assert "resolution" in names
    assert names[-1] == "state"
    qtbot.wait(30)
    click(qtbot, field.map, STRANGE[1], STRANGE[0])
    strange = STRANGE[0] * COLUMNS + STRANGE[1]
    assert panel(page).spectrum == strange
    assert field.said.text().startswith("row 4, column 5")
    assert field.plot.spectrum == strange
    assert panel(page).part.bar.name.text() == "row 4, column 5"
    assert panel(page).wall._spectrum == strange
    field.map.setFocus()
    qtbot.keyClick(field.map, Qt.Key.Key_Left)
    assert panel(page).spectrum == strange - 1
    for name in names:
        field.value.setCurrentText(name)
        assert not field.grab().isNull()
    assert "doubtful" in field.legend.text()
    # lines are identified in the main spectrum, to which it leads
    page.output.tabs.setCurrentIndex(1)
    panel(page).choose(line_of(page, 3))
    identify = panel(page).part.identify
    assert not identify.choice.isVisible()
    qtbot.mouseClick(identify.to_main, Qt.MouseButton.LeftButton)
    assert panel(page).spectrum == MAIN
    assert panel(page).line == line_of(page, 3)


def test_list_plots_and_residuals_choose_the_same_line(qtbot: QtBot, page: AlgorithmPage) -> None:
    spectra = panel(page)
    page.output.side.setCurrentWidget(spectra.table)
    assert spectra.table.isVisible(), "the figures stand beside the spectrum"
    table = spectra.table
    assert table.model.rowCount() == 11
    table.view.selectRow(3)
    assert spectra.line == int(table.model.which[3])
    assert spectra.part.plot.signs.chosen == spectra.line
    residuals = spectra.part.residuals
    lines = spectra.shown.spectra.lines  # type: ignore[union-attr]
    other = line_of(page, 7)
    at = int(np.flatnonzero(residuals._which == other)[0])
    qtbot.wait(30)
    assert spectra.part.plot.scale is not None
    click(qtbot, residuals, float(spectra.part.plot.scale.of_pixel(lines.pixel[other])), float(residuals._y[at]))
    assert spectra.line == other
    assert table.selected == (other,)
    table.view.setFocus()
    qtbot.keyClick(table.view, Qt.Key.Key_Space)
    fitted(qtbot, page)
    assert page.options.values()["exclude"] == "1249.2"
    assert table.toggle.text() == "Include"
    for unit in range(3):
        spectra.part.bar.unit.setCurrentIndex(unit)
        assert spectra.part.residuals.unit == ("pixel", "nm", "km/s")[unit]
    page.output.tabs.setCurrentWidget(spectra.wall)
    page.output.tabs.setCurrentIndex(1)
    assert page.output.side.isVisible()


def test_states_are_hidden_and_the_axis_is_remembered(qtbot: QtBot, page: AlgorithmPage) -> None:
    part = panel(page).part
    qtbot.wait(30)
    part.plot.grab()
    assert "Kr 1211.564" in part.plot.signs.labelled
    assert "? 1239.000" in part.plot.signs.labelled
    assert "Ar 1232.000 missing" in part.plot.signs.labelled
    part.bar.states["missing"].click()
    part.plot.grab()
    assert "Ar 1232.000 missing" not in part.plot.signs.labelled
    part.plot.look_between(100, 200)
    part.bar.axis.setCurrentText("pixel")
    assert part.plot.box.viewRange()[0] == pytest.approx([100, 200], abs=0.5)
    part.bar.axis.setCurrentText("µm air")
    assert part.plot.scale is not None
    assert part.plot.seen(part.plot.scale) == pytest.approx((100, 200), abs=0.5)
    assert panel(page).wall.isHidden()
    page.output.tabs.setCurrentWidget(panel(page).wall)
    assert panel(page).wall.axis.currentText() == "µm air"


def test_what_is_chosen_and_zoomed_into_stays_when_there_is_nothing_for_a_while(
    qtbot: QtBot, page: AlgorithmPage
) -> None:
    spectra, paths = panel(page), page.inputs.paths
    spectra.choose_spectrum(10)
    spectra.part.plot.look_between(60, 250)
    before = spectra.part.plot.box.viewRange()[0]
    page.inputs.set_paths([])
    qtbot.waitUntil(lambda: spectra.shown is None)
    assert spectra.part.identify.said.text().startswith("Click a line")
    page.inputs.set_paths(paths)
    qtbot.waitUntil(lambda: spectra.shown is not None)
    assert spectra.spectrum == 10
    assert spectra.part.plot.box.viewRange()[0] == pytest.approx(before)


@pytest.mark.parametrize("dark", [False, True])
def test_everything_has_a_name_and_draws_in_both_looks(qtbot: QtBot, page: AlgorithmPage, dark: bool) -> None:
    theme().apply(dark)
    grounds = [theme().colour(role).lightness() for role in ("surface", "window")]
    for number in range(page.output.tabs.count()):
        if not page.output.tabs.isTabVisible(number):
            continue
        page.output.tabs.setCurrentIndex(number)
        qtbot.wait(20)
        image = page.output.grab().toImage()
        tones = [image.pixelColor(x, 70).lightness() for x in range(10, image.width() - 10, 7)]
        assert min(abs(np.median(tones) - ground) for ground in grounds) < 20
    for widget in page.output.findChildren(QWidget):
        if isinstance(widget, QAbstractButton | QComboBox | QLineEdit | QAbstractItemView) and not isinstance(
            widget.parent(), QComboBox | QTabBar | QAbstractItemView
        ):
            if widget.objectName().startswith("qt_") or widget.window() is not page.window():
                continue
            assert widget.objectName(), widget
            assert widget.accessibleName() or getattr(widget, "text", str)(), widget.objectName()
