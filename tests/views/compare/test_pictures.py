"""Comparing pictures, as a user does: choosing frames, ways of comparing, locks, reading values."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from pytestqt.qtbot import QtBot

from calgui.core.frames.dq import HOT
from calgui.core.frames.frame import Frame
from calgui.core.frames.limits import Limits
from calgui.core.frames.writing import write_frame
from calgui.core.regions.shapes import Circle, Region
from calgui.views.compare.board import grid_of
from calgui.views.compare.cell import letter
from calgui.views.compare.frame_tabs import differing
from calgui.views.compare.pictures import PicturesPage
from calgui.views.compare.place import ComparePlace
from calgui.views.session import Pixel, Session

from .conftest import plane, ready, seen, sky


def close(one: QRectF, other: QRectF) -> bool:
    return np.allclose(one.getRect(), other.getRect(), rtol=1e-6, atol=1e-6)


def test_nothing_selected_says_what_to_do(place: ComparePlace) -> None:
    assert place.pictures.message.isVisible()
    assert "Select two" in place.pictures.message.text()


def test_the_selection_is_compared(page: PicturesPage, session: Session, qtbot: QtBot) -> None:
    assert [path.name for path in page.paths] == ["a.fits", "b.fits", "c.fits"]
    assert page.table.rowCount() == 3
    kept = page.cells[1]
    session.select([page.paths[1]])
    assert page.cells == [kept]  # its pixels are not read again
    page.follow.setChecked(False)
    session.select([page.paths[0]])
    assert [path.name for path in page.paths] == ["b.fits"]


def test_one_at_a_time(page: PicturesPage) -> None:
    assert [cell.view.isVisible() for cell in page.cells] == [True, False, False]
    page.table.selectRow(2)
    assert [cell.view.isVisible() for cell in page.cells] == [False, False, True]
    assert page.above.currentWidget() is page.cells[2].above


def test_the_grid_shows_all_and_moves_them_together(page: PicturesPage, qtbot: QtBot) -> None:
    page.bar.set_way("grid")
    assert all(cell.view.isVisible() for cell in page.cells)
    assert len({(cell.pane.x(), cell.pane.y()) for cell in page.cells}) == 3
    page.cells[1].view.look_at(30, 20, 16)
    assert all(close(seen(page, 0), seen(page, place)) for place in (1, 2))
    page.bar.lock.setCurrentIndex(page.bar.lock.findData("off"))
    page.bar.lock.activated.emit(page.bar.lock.currentIndex())
    qtbot.wait(20)
    page.cells[1].view.look_at(50, 40, 10)
    assert not close(seen(page, 0), seen(page, 1))


def test_blinking_goes_round_at_one_place(page: PicturesPage, qtbot: QtBot) -> None:
    page.bar.interval.setValue(0.1)
    page.bar.set_way("blink")
    qtbot.wait(20)
    page.cells[0].view.look_at(30, 20, 16)
    where = seen(page, 0)
    turns: list[int] = []
    page.board.turned.connect(turns.append)
    qtbot.waitUntil(lambda: len(turns) >= 4)
    assert turns[:4] == [1, 2, 0, 1]
    qtbot.keyClick(page, Qt.Key.Key_Space)
    assert not page.board.running
    middle = page.board.rect().center()
    front = page.cells[page.board.current].pane
    assert front.isAncestorOf(page.board.childAt(middle))  # the others lie behind it
    for place in range(3):
        page.show_frame(place)
        assert close(seen(page, place), where)
    qtbot.keyClick(page, Qt.Key.Key_Space)
    assert page.board.running
    page.bar.set_way("one")
    assert not page.board.running


def test_a_split_shows_two_beside_an_edge_that_is_dragged(page: PicturesPage, qtbot: QtBot) -> None:
    page.bar.set_way("split")
    one, other, third = (cell.view for cell in page.cells)
    assert one.isVisible()
    assert other.isVisible()
    assert not third.isVisible()
    for cell, low, high in ((one, 0.0, 1000.0), (other, -1000.0, 0.0)):
        cell.set_limits(Limits(low, high))
    one.bar.colours.setCurrentText("grey")

    def tones() -> tuple[int, int]:
        image = page.board.grab().toImage()
        row = page.board.height() // 2
        ratio = image.devicePixelRatio()
        columns = (page.board.width() * 0.47, page.board.width() * 0.53)
        return tuple(image.pixelColor(round(at * ratio), round(row * ratio)).lightness() for at in columns)  # type: ignore[return-value]

    # the left one is mid-tone, the right one saturated
    left, right = tones()
    assert left < 250
    assert right == 255
    grip = page.board._grip
    start = grip.rect().center()
    qtbot.mousePress(grip, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(grip, start - QPoint(200, 0))
    qtbot.mouseRelease(grip, Qt.MouseButton.LeftButton, pos=start)
    edge = page.board.edge
    assert edge == pytest.approx(0.5 - 200 / page.board.width(), abs=0.01)
    assert tones() == (255, 255)
    grip.setFocus()
    qtbot.keyClick(grip, Qt.Key.Key_Right)
    assert page.board.edge == pytest.approx(edge + 0.02)
    # panning one pans the other
    one.look_at(30, 20, 16)
    assert close(seen(page, 0), seen(page, 1))
    page.bar.set_way("one")
    assert page.cells[0].view.width() == page.board.width()


def test_difference_and_ratio_have_values_errors_and_flags(page: PicturesPage, qtbot: QtBot) -> None:
    page.bar.set_pair(0, 1)
    page.bar.set_way("difference")
    result = page.result.view
    qtbot.waitUntil(lambda: result.content is not None and result.content.values is not None)
    content = result.content
    np.testing.assert_allclose(content.values, -5.0, atol=1e-4)
    np.testing.assert_allclose(content.err, np.hypot(3, 3), rtol=1e-5)
    assert content.dq[20, 30] == HOT
    assert content.unit == "electron/s"
    assert "A − B" in result.overlays.note.text()
    page.bar.set_pair(2, 0)
    page.bar.set_way("ratio")
    qtbot.waitUntil(lambda: "C / A" in result.overlays.note.text())
    np.testing.assert_allclose(result.content.values, 2.0, rtol=1e-5)
    assert result.content.unit == ""
    # back again, everything is as it was
    page.bar.set_way("one")
    assert page.cells[0].view.isVisible() or page.cells[page.board.current].view.isVisible()
    assert not result.isVisible()


def test_the_zoom_stays_from_way_to_way(page: PicturesPage, qtbot: QtBot) -> None:
    page.bar.set_way("split")
    qtbot.wait(20)
    page.cells[0].view.look_at(30, 20, 16)
    middle = seen(page, 0).center()
    page.bar.set_way("difference")
    result = page.result.view
    qtbot.waitUntil(lambda: result.content is not None and result.content.values is not None)
    qtbot.waitUntil(lambda: result.canvas.box_view.viewRect().height() < 20)
    there = result.canvas.box_view.viewRect().center()
    assert (there.x(), there.y()) == pytest.approx((middle.x(), middle.y()), abs=0.5)
    page.bar.set_way("grid")
    qtbot.wait(20)
    assert seen(page, 1).height() < 40
    assert close(seen(page, 0), seen(page, 2))


def test_the_result_follows_another_layer(page: PicturesPage, qtbot: QtBot) -> None:
    page.bar.set_way("difference")
    result = page.result.view
    qtbot.waitUntil(lambda: result.content is not None and result.content.values is not None)
    for cell in page.cells[:2]:
        cell.view.source_bar.layer.setCurrentText("ERR")
        cell.view.source_bar.layer_chosen.emit("ERR")
    qtbot.waitUntil(lambda: result.content.values is not None and abs(result.content.values[0, 0]) < 1e-6)


def test_values_of_all_frames_stand_beside_their_names(page: PicturesPage) -> None:
    page.cells[0].view.canvas.hovered.emit(QPointF(30, 20))
    value = float(plane()[20, 30])
    told = [[page.table.item(row, column).text() for column in (2, 3, 4)] for row in range(3)]
    assert told[0] == ["30, 20", f"{value:.6g}", ""]
    assert told[1] == ["30, 20", f"{value + 5:.6g}", "HOT"]
    assert told[2] == ["30, 20", f"{2 * value:.6g}", ""]
    assert page.cells[1].cursor.pos() == QPointF(30, 20)
    page.cells[0].view.canvas.left.emit()
    assert page.table.item(0, 3).text() == ""
    assert not page.cells[1].cursor.isVisible()


def test_the_same_limits_and_tones(page: PicturesPage) -> None:
    before = page.cells[1].view.limits
    page.cells[0].view.set_limits(Limits(3.0, 33.0))
    assert page.cells[1].view.limits == before
    page.bar.limits.setChecked(True)
    assert [cell.view.limits for cell in page.cells] == [Limits(3.0, 33.0)] * 3
    page.cells[2].view.bar.colours.setCurrentText("viridis")
    page.cells[2].view.set_limits(Limits(1.0, 99.0))
    assert [cell.view.limits for cell in page.cells] == [Limits(1.0, 99.0)] * 3
    assert {cell.view.bar.colours.currentText() for cell in page.cells} == {"viridis"}


def test_subarrays_lie_on_their_detector(
    place: ComparePlace, session: Session, save: Callable[..., Path], qtbot: QtBot
) -> None:
    whole = plane(size=(100, 120))
    header = {"SUBSTRT1": 21, "SUBSTRT2": 31, "DETXSIZE": 120, "DETYSIZE": 100, "SUBARRAY": "CUSTOM"}
    session.select([save("full.fits", whole), save("sub.fits", whole[30:60, 20:70] + 1, **header)])
    page = place.pictures
    ready(page, qtbot)
    page.cells[0].view.canvas.hovered.emit(QPointF(25, 33))
    assert page.table.item(1, 2).text() == "5, 3"
    assert float(page.table.item(1, 3).text()) == pytest.approx(whole[33, 25] + 1)
    page.bar.set_pair(0, 1)
    page.bar.set_way("difference")
    qtbot.waitUntil(lambda: page.result.view.content is not None and page.result.view.content.values is not None)
    values = page.result.view.content.values
    assert values.shape == whole.shape
    np.testing.assert_allclose(values[30:60, 20:70], -1.0, atol=1e-4)
    assert np.isnan(values[:30]).all()


def test_by_the_sky_frames_are_turned_and_scaled(
    place: ComparePlace, session: Session, save: Callable[..., Path], qtbot: QtBot
) -> None:
    session.select(
        [
            save("a.fits", plane(), **sky()),
            save("b.fits", plane(), **sky(2e-6, 90.0)),
            save("none.fits", plane()),
        ]
    )
    page = place.pictures
    ready(page, qtbot)
    page.bar.lock.setCurrentIndex(page.bar.lock.findData("sky"))
    page.bar.lock.activated.emit(page.bar.lock.currentIndex())
    qtbot.waitUntil(lambda: not page.cells[1].view.canvas.alignment.plain)
    # the reference pixels lie on one another, and ten pixels of B are twenty of A, turned by a right angle
    canvas = page.cells[1].view.canvas
    middle = canvas.to_surface(39.5, 29.5)
    assert (middle.x(), middle.y()) == pytest.approx((39.5, 29.5), abs=1e-3)
    away = canvas.to_surface(49.5, 29.5)
    assert np.hypot(away.x() - 39.5, away.y() - 29.5) == pytest.approx(20.0, abs=1e-2)
    assert abs(away.x() - 39.5) < 0.01
    assert any("C" in notice.text and "sky" in notice.text for notice in session.notices)
    page.bar.lock.setCurrentIndex(page.bar.lock.findData("pixel"))
    page.bar.lock.activated.emit(page.bar.lock.currentIndex())
    qtbot.waitUntil(lambda: page.cells[1].view.canvas.alignment.plain)


def test_regions_are_shared(page: PicturesPage, qtbot: QtBot) -> None:
    page.regions.add(Region(Circle(30, 20, 8)))
    measured = [cell.view.measuring.measurer for cell in page.cells]
    qtbot.waitUntil(lambda: all(one.found for one in measured))
    means = [next(iter(one.found.values())).statistics.mean for one in measured]
    assert means[1] - means[0] == pytest.approx(5.0, abs=1e-3)
    assert means[2] == pytest.approx(2 * means[0], rel=1e-5)


def test_files_are_added_and_removed(page: PicturesPage, tmp_path: Path, qtbot: QtBot) -> None:
    more = write_frame(Frame(plane(9.0), header={}), tmp_path / "more.fits")
    page.add_paths([more])
    assert not page.follow.isChecked()
    ready(page, qtbot)
    assert [path.name for path in page.paths] == ["a.fits", "b.fits", "c.fits", "more.fits"]
    page.table.selectRow(1)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    assert [path.name for path in page.paths] == ["a.fits", "c.fits", "more.fits"]
    assert [page.table.item(row, 0).text() for row in range(3)] == ["A", "B", "C"]


def test_a_file_that_cannot_be_read_leaves_the_others(
    place: ComparePlace, session: Session, save: Callable[..., Path], tmp_path: Path, qtbot: QtBot
) -> None:
    bad = tmp_path / "bad.fits"
    bad.write_bytes(b"nothing of the kind")
    session.select([save("a.fits", plane()), bad])
    page = place.pictures
    qtbot.waitUntil(lambda: not page.busy)
    qtbot.waitUntil(lambda: page.cells[0].view.drawing is not None)
    qtbot.waitUntil(lambda: "bad.fits" in page.cells[1].view.overlays.message.text())
    for way in ("grid", "blink", "split", "difference", "ratio", "one"):
        page.bar.set_way(way)
        qtbot.wait(30)
    assert not [notice for notice in session.notices if "defect" in notice.cure]


def test_letters_and_grids() -> None:
    assert [letter(place) for place in (0, 25, 26, 27)] == ["A", "Z", "AA", "AB"]
    assert grid_of(4, 1000, 1000) == (2, 2)
    assert grid_of(3, 1500, 500) == (3, 1)
    assert grid_of(0, 100, 100) == (1, 1)


def test_frames_have_tabs(page: PicturesPage, qtbot: QtBot) -> None:
    tabs = page.tabs
    assert tabs.isVisible()
    assert [tabs.tabText(place) for place in range(3)] == ["A  a", "B  b", "C  c"]
    qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(2).center())
    assert [cell.view.isVisible() for cell in page.cells] == [False, False, True]
    assert page.table.currentRow() == 2
    tabs.setFocus()
    qtbot.keyClick(tabs, Qt.Key.Key_Left)
    assert [cell.view.isVisible() for cell in page.cells] == [False, True, False]
    page.table.selectRow(0)
    assert tabs.currentIndex() == 0
    page.bar.set_way("grid")
    assert not tabs.isVisible()
    page.bar.set_way("one")
    page._remove(1)
    assert [tabs.tabText(place) for place in range(tabs.count())] == ["A  a", "B  c"]


def test_names_on_tabs_are_what_differs() -> None:
    night = ["iris_20250618_image_0001.fits", "iris_20260311_image_0001.fits"]
    assert differing(night) == ["20250618_image_0001", "20260311_image_0001"]
    assert differing(["a_1.fits", "a_2.fits.gz"]) == ["1.fits", "2.fits.gz"]
    assert differing(["a_b.fits", "a_b.fits"]) == ["b", "b"]
    assert differing(["iris_1.fits"]) == ["iris_1"]
    assert differing([".fits", "_.fits"]) == [".fits", "_"]
    assert differing([]) == []


def test_a_pixel_picked_on_a_difference_is_one_of_both(page: PicturesPage, session: Session, qtbot: QtBot) -> None:
    page.bar.set_way("difference")
    qtbot.waitUntil(lambda: page.result.view.drawing is not None)
    page.result.view.picking.pick(12, 34)
    assert session.pixel == Pixel(page.paths[0], 12, 34)
    assert page.result.view.picking.mark.isVisible()
    assert page.cells[0].view.picking.mark.pos() == QPointF(12, 34)
    session.pick(Pixel(page.paths[1], 7, 8))
    assert page.result.view.picking.mark.pos() == QPointF(7, 8)
    session.pick(Pixel(page.paths[2], 7, 8))
    assert not page.result.view.picking.mark.isVisible()


def test_the_headers_are_those_of_the_frames_that_are_compared(
    place: ComparePlace, page: PicturesPage, session: Session, qtbot: QtBot
) -> None:
    place.tabs.setCurrentIndex(place.stack.indexOf(place.headers))
    qtbot.waitUntil(lambda: not place.headers.busy)
    assert [path.name for path in place.headers.comparison.paths] == ["a.fits", "b.fits", "c.fits"]
    place.tabs.setCurrentIndex(place.stack.indexOf(page))
    place.compare([page.paths[2], page.paths[0]])
    place.tabs.setCurrentIndex(place.stack.indexOf(place.headers))
    qtbot.waitUntil(lambda: not place.headers.busy)
    assert [path.name for path in place.headers.comparison.paths] == ["c.fits", "a.fits"]
    # what is selected from there on is what one wants to see
    session.select(session.selection[:2])
    qtbot.waitUntil(lambda: not place.headers.busy)
    assert [path.name for path in place.headers.comparison.paths] == ["a.fits", "b.fits"]
    # nor do pictures take the place of what was found by a search
    place.tabs.setCurrentIndex(place.stack.indexOf(place.search))
    place.tabs.setCurrentIndex(place.stack.indexOf(place.headers))
    assert [path.name for path in place.headers.comparison.paths] == ["a.fits", "b.fits"]
