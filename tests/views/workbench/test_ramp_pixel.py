"""The reads of the pixel under the cursor beside the picture of a fitted ramp."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from calgui.core.frames import dq as flags
from calgui.core.frames.frame import Frame
from calgui.core.frames.writing import write_frame
from calgui.views.session import Pixel, Session
from calgui.views.theme import theme
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.place import BenchPlace
from calgui.views.workbench.ramp_pixel import RampPixelPanel

SIDE = 160
#: pixels with a story, within the cut-out of 128
FULL, JUMPED, LOST = (60, 50), (61, 50), (62, 50)


def write_ramp(path: Path, seed: int = 1, integrations: int = 1) -> Path:
    rng = np.random.default_rng(seed)
    shape = (integrations, 6, SIDE, SIDE)
    charge = np.cumsum(rng.poisson(60.0, shape), axis=1) + rng.normal(0, 9, shape)
    dq = np.zeros(shape, np.uint32)
    dq[:, 4:, FULL[1], FULL[0]] = flags.SATURATED
    charge[:, 3:, JUMPED[1], JUMPED[0]] += 4000
    dq[:, 2, LOST[1], LOST[0]] = flags.DO_NOT_USE
    header = {
        "INSTRUME": "IRIS", "DETECTOR": "IRIS1", "SUBARRAY": "CUSTOM", "SUBSTRT1": 101, "SUBSTRT2": 101, "TGROUP": 3.0,
        "GAIN": 2.0, "READNOIS": 9.0, "BUNIT": "adu", "EXPTIME": 18.0,
    }  # fmt: skip
    return write_frame(Frame((charge / 2 + 5000).astype(np.float32), None, dq, header), path)


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> AlgorithmPage:
    place = BenchPlace(session)
    qtbot.addWidget(place)
    place.resize(1500, 900)
    place.show()
    qtbot.waitExposed(place)
    made = place.show_algorithm("fit-ramp")
    made.region.side.setCurrentIndex(0)
    return made


def panel_of(page: AlgorithmPage) -> RampPixelPanel:
    found = page.findChild(RampPixelPanel, "ramp_pixel")
    assert found is not None
    return found


def settle(qtbot: QtBot, page: AlgorithmPage) -> None:
    def idle() -> bool:
        return not page.busy and not page.session.tasks.running and page.output.picture.content is not None

    qtbot.waitUntil(idle, timeout=60_000)
    qtbot.wait(30)
    qtbot.waitUntil(idle, timeout=60_000)


def choose(qtbot: QtBot, page: AlgorithmPage, *paths: Path) -> RampPixelPanel:
    page.inputs.set_paths(paths)
    qtbot.waitUntil(lambda: page.output.shown_of is not None, timeout=60_000)
    settle(qtbot, page)
    return panel_of(page)


def point(qtbot: QtBot, page: AlgorithmPage, x: int, y: int) -> None:
    """Point at a pixel of the whole frame."""
    content = page.output.picture.content
    assert content is not None
    _, left, top, _ = content.in_file(0, 0)
    page.output.picture.probe.hover(QPointF(x - left, y - top))
    settle(qtbot, page)


def words(panel: RampPixelPanel) -> dict[str, tuple[str, str]]:
    table = panel.table
    rows = [[table.item(row, column).text() for column in (0, 2, 3)] for row in range(table.rowCount())]
    return {name: (rate, reads) for name, rate, reads in rows}


def rate_at(page: AlgorithmPage, x: int, y: int) -> tuple[float, float]:
    content = page.output.picture.content
    assert content is not None
    assert content.frame is not None
    _, left, top, _ = content.in_file(0, 0)
    return tuple(float(plane[y - top, x - left]) for plane in (content.frame.data, content.frame.err))  # type: ignore[return-value, index]


def test_without_ramps_there_is_nothing_to_choose(qtbot: QtBot, page: AlgorithmPage, tmp_path: Path) -> None:
    panel = panel_of(page)
    assert panel.isVisible()
    assert not panel.ramp.isVisible()
    assert not panel.integration.isVisible()
    page.inputs.set_paths([write_ramp(tmp_path / f"ramp_{number}.fits", number, 2) for number in range(2)])
    qtbot.waitUntil(lambda: panel.fits is not None)
    assert panel.ramp.isVisible()
    assert panel.integration.isVisible()


def test_the_pixel_under_the_cursor_is_that_of_the_picture(qtbot: QtBot, page: AlgorithmPage, tmp_path: Path) -> None:
    panel = choose(qtbot, page, write_ramp(tmp_path / "ramp.fits"))
    # until somebody points, the middle
    assert panel.title.text() == "x 80, y 80, in the middle"
    for x, y in ((70, 90), (16, 16), (143, 143)):
        point(qtbot, page, x, y)
        assert panel.title.text() == f"x {x}, y {y}, under the cursor"
        value, error = rate_at(page, x, y)
        told = words(panel)["optimal ✓"][0]
        rate, spread = (float(part) for part in told.split(" ± "))
        assert rate == pytest.approx(value, abs=10 ** -len(told.split(" ± ")[0].partition(".")[2]))
        assert spread == pytest.approx(error, rel=0.06)
    assert set(words(panel)) == {"optimal ✓", "utr", "cds", "mcds"}
    assert words(panel)["cds"][1] == "2 of 6"
    page.output.picture.probe.hover(QPointF(-5, -5))
    settle(qtbot, page)
    assert panel.title.text() == "x 143, y 143, where the cursor was"


def test_reads_that_are_left_out_have_a_shape_of_their_own(qtbot: QtBot, page: AlgorithmPage, tmp_path: Path) -> None:
    panel = choose(qtbot, page, write_ramp(tmp_path / "ramp.fits"))
    for place, kind, symbol, count, said in (
        (FULL, "saturated", "t1", 2, "2 saturated"), (JUMPED, "jump", "d", 1, "1 after a jump"),
        (LOST, "flagged", "x", 1, "1 flagged"),
    ):  # fmt: skip
        point(qtbot, page, *place)
        marks = panel.plot._points[kind]
        assert len(marks.getData()[0]) == count
        assert marks.opts["symbol"] == symbol
        assert said in re.sub("<[^>]*>|&nbsp;", lambda match: " " if match[0] == "&nbsp;" else "", panel.legend.text())
    point(qtbot, page, *JUMPED)
    assert words(panel)["optimal ✓"][1] == "6 of 6, 1 jump"
    # a line through the jump is off by far; the best one steps over it
    optimal, plain = (float(words(panel)[name][0].split()[0]) for name in ("optimal ✓", "utr"))
    assert optimal == pytest.approx(20, abs=6)
    assert plain > 200
    panel.values.setCurrentIndex(panel.values.findData("residuals"))
    assert np.nanmax(np.abs(panel.plot._points["used"].getData()[1])) < 60
    panel.values.setCurrentIndex(panel.values.findData("raw"))
    assert panel.plot.getPlotItem().getAxis("left").labelText == "as read (adu)"
    assert panel.plot._lines["optimal"].getData()[0] is None or not len(panel.plot._lines["optimal"].getData()[0])


def test_options_are_followed(qtbot: QtBot, page: AlgorithmPage, tmp_path: Path) -> None:
    panel = choose(qtbot, page, write_ramp(tmp_path / "ramp.fits"))
    point(qtbot, page, *JUMPED)
    page.options.put_values({"method": "utr"})
    settle(qtbot, page)
    assert "utr ✓" in words(panel)
    assert panel.plot._lines["utr"].opts["pen"].widthF() > panel.plot._lines["optimal"].opts["pen"].widthF()
    page.options.put_values({"detect_jumps": False})
    settle(qtbot, page)
    assert words(panel)["optimal"][1] == "6 of 6"
    before = panel.fits
    page.options.put_values({"gain": 4.0})
    settle(qtbot, page)
    assert before is not None
    assert panel.fits is not None
    assert panel.fits.lines[0]["cds"].rate == pytest.approx(2 * before.lines[0]["cds"].rate, rel=1e-6)


def test_a_picked_pixel_is_shown_when_the_cursor_is_elsewhere(
    qtbot: QtBot, session: Session, page: AlgorithmPage, tmp_path: Path
) -> None:
    path = write_ramp(tmp_path / "ramp.fits")
    panel = choose(qtbot, page, path)
    session.pick(Pixel(path, *FULL))
    settle(qtbot, page)
    assert panel.title.text() == f"x {FULL[0]}, y {FULL[1]}, picked"
    point(qtbot, page, 70, 70)
    assert panel.title.text() == "x 70, y 70, under the cursor"
    page.output.picture.canvas.left.emit()
    settle(qtbot, page)
    assert panel.title.text() == f"x {FULL[0]}, y {FULL[1]}, picked"
    # one that the cut-out does not have is told, with what to do
    session.pick(Pixel(path, 3, 3))
    settle(qtbot, page)
    assert "not in this cut-out" in panel.title.text()
    assert panel.table.rowCount() == 0
    session.pick(Pixel(tmp_path / "another.fits", 3, 3))
    settle(qtbot, page)
    assert panel.title.text() == "x 70, y 70, where the cursor was"


def test_after_a_run_pixels_come_from_the_file(
    qtbot: QtBot, session: Session, page: AlgorithmPage, tmp_path: Path
) -> None:
    path = write_ramp(tmp_path / "ramp.fits")
    panel = choose(qtbot, page, path)
    qtbot.mouseClick(page.actions_bar.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.output.showing_whole, timeout=60_000)
    settle(qtbot, page)
    point(qtbot, page, 3, 150)
    assert panel.title.text() == "x 3, y 150, under the cursor"
    assert panel.fits is not None
    assert panel.fits.lines[0]["optimal"].rate == pytest.approx(rate_at(page, 3, 150)[0], rel=2e-5)
    # another option: the preview again, and the panel with it
    page.options.put_values({"method": "cds"})
    qtbot.waitUntil(lambda: not page.output.showing_whole, timeout=60_000)
    settle(qtbot, page)
    point(qtbot, page, 80, 80)
    assert "cds ✓" in words(panel)
    qtbot.mouseClick(page.output.show_whole_button, Qt.MouseButton.LeftButton)
    settle(qtbot, page)
    # the whole was made with the options of its run
    assert "optimal ✓" in words(panel)


def test_integrations_and_ramps_can_be_chosen(qtbot: QtBot, page: AlgorithmPage, tmp_path: Path) -> None:
    paths = [write_ramp(tmp_path / f"ramp_{number}.fits", number, 2) for number in (1, 2)]
    panel = choose(qtbot, page, *paths)
    point(qtbot, page, 70, 70)
    assert panel.integration.isVisible()
    assert panel.ramp.isVisible()
    assert panel.table.rowCount() == 8
    assert not panel.table.isColumnHidden(1)
    panel.integration.setCurrentIndex(2)
    assert panel.table.rowCount() == 4
    assert panel.fits is not None
    shown = panel.plot._points["used"].getData()[1]
    np.testing.assert_allclose(shown, panel.fits.straight[1])
    first = panel.fits.raw.copy()
    panel.ramp.setCurrentIndex(1)
    settle(qtbot, page)
    assert panel.fits.raw.shape == first.shape
    assert not np.array_equal(panel.fits.raw, first)
    assert panel.integrations == (1,)
    page.inputs.set_paths(paths[:1])
    page_shows = page.output.shown_of
    qtbot.waitUntil(lambda: page.output.shown_of is not page_shows, timeout=60_000)
    settle(qtbot, page)
    assert not panel.ramp.isVisible()
    np.testing.assert_array_equal(panel.fits.raw, first)


def test_a_moving_cursor_asks_one_question_at_a_time_and_ends_where_it_is(
    qtbot: QtBot, page: AlgorithmPage, tmp_path: Path
) -> None:
    panel = choose(qtbot, page, write_ramp(tmp_path / "ramp.fits"))
    point(qtbot, page, 40, 40)
    started: list[Any] = []
    page.session.tasks.started.connect(started.append)
    for number in range(120):
        page.output.picture.probe.hover(QPointF(number, 20 + number % 7))
        if number % 4 == 0:
            qtbot.wait(2)
    settle(qtbot, page)
    assert panel.title.text() == f"x {119 + 16}, y {20 + 119 % 7 + 16}, under the cursor"
    # one question at a time, not one for every move
    assert len(started) < 100


def test_the_plot_and_its_data_are_saved(qtbot: QtBot, page: AlgorithmPage, tmp_path: Path) -> None:
    panel = choose(qtbot, page, write_ramp(tmp_path / "ramp.fits"))
    point(qtbot, page, *JUMPED)
    assert panel.plot._name() == f"ramp_x{JUMPED[0]}_y{JUMPED[1]}"
    saving = panel.plot.saving
    for name in ("plot.png", "plot.svg"):
        saving.save_picture(tmp_path / name)
    saving.save_data(tmp_path / "plot.ecsv")
    qtbot.waitUntil(lambda: (tmp_path / "plot.ecsv").exists() and not page.session.tasks.running, timeout=20_000)
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "plot.svg").read_bytes()
    table = Table.read(tmp_path / "plot.ecsv")
    assert panel.fits is not None
    np.testing.assert_allclose(table["as read"], panel.fits.raw[0])
    np.testing.assert_allclose(table["corrected"], panel.fits.straight[0])
    assert np.flatnonzero(table["jumps of optimal"]).tolist() == [3]
    assert str(table["optimal"].unit) in ("electron", "e-")


def test_both_looks_a_narrow_panel_and_the_keyboard(
    qtbot: QtBot, session: Session, page: AlgorithmPage, tmp_path: Path
) -> None:
    panel = choose(qtbot, page, write_ramp(tmp_path / "ramp.fits"))
    point(qtbot, page, *FULL)
    try:
        theme().apply(True)
        assert panel.plot.backgroundBrush().color() == theme().colour("surface")
        # drawn anew in the colours of the look
        assert len(panel.plot._points["saturated"].getData()[0]) == 2
        assert panel.plot._points["saturated"].opts["symbolPen"].color() == theme().colour("error")
    finally:
        theme().apply(False)
    for name in ("ramp_pixel_values", "ramp_pixel_ramp", "ramp_pixel_integration"):
        chooser = panel.findChild(QComboBox, name)
        assert chooser is not None
        assert chooser.accessibleName()
        assert chooser.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert panel.plot.focusPolicy() & Qt.FocusPolicy.TabFocus
    # pixels by keyboard: pick the middle of the picture, and go to its neighbour
    page.output.picture.canvas.left.emit()
    page.output.picture.canvas.setFocus()
    qtbot.keyClick(page.output.picture.canvas, Qt.Key.Key_Return)
    settle(qtbot, page)
    assert panel.title.text().endswith("picked")
    qtbot.keyClick(page.output.picture.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    settle(qtbot, page)
    assert session.pixel is not None
    assert panel.title.text() == f"x {session.pixel.x}, y {session.pixel.y}, picked"


def test_what_changed_behind_another_tab_is_there_when_it_is_looked_at(
    qtbot: QtBot, page: AlgorithmPage, tmp_path: Path
) -> None:
    panel = choose(qtbot, page, write_ramp(tmp_path / "ramp.fits"))
    page.output.tabs.setCurrentWidget(page.output.curves)
    started: list[Any] = []
    page.session.tasks.started.connect(lambda task: started.append(task.title))
    page.options.put_values({"method": "utr"})
    settle(qtbot, page)
    assert started
    assert "Reading a pixel" not in started
    assert "optimal ✓" in words(panel)
    page.output.tabs.setCurrentIndex(0)
    settle(qtbot, page)
    assert "utr ✓" in words(panel)


def test_without_inputs_there_is_a_hint_and_no_other_page_has_the_panel(
    qtbot: QtBot, session: Session, page: AlgorithmPage, tmp_path: Path
) -> None:
    panel = panel_of(page)
    assert panel.title.text().startswith("Move over the picture")
    choose(qtbot, page, write_ramp(tmp_path / "ramp.fits"))
    assert panel.fits is not None
    page.inputs.set_paths([])
    qtbot.waitUntil(lambda: panel.fits is None, timeout=20_000)
    assert panel.table.rowCount() == 0
    assert panel.plot.series() == []
    place = page.parent().parent().parent()
    assert isinstance(place, BenchPlace)
    assert place.page("master-dark").findChild(RampPixelPanel) is None
