"""Profiles, pixel values, the picked pixel, contours, compass, and subarrays in their place."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from calgui.core.frames.dq import HOT, WARM
from calgui.core.frames.frame import Frame
from calgui.core.frames.limits import Limits
from calgui.views.image import ImageView
from calgui.views.image.compass import angle_text, nice
from calgui.views.image.content import Origin
from calgui.views.image.measure.panel import PIXELS, PROFILES
from calgui.views.session import Pixel, Session
from calgui.views.theme import SPACE

sys.path.insert(0, str(Path(__file__).parent))
from mouse import click

SIZE = (60, 80)
SKY = {
    "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 266.4, "CRVAL2": -29.0, "CRPIX1": 40.5, "CRPIX2": 30.5,
    "CD1_1": -1.1e-6, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 1.1e-6,
}  # fmt: skip


def plane() -> np.ndarray:
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    return (2.0 * x + 3.0 * y).astype(np.float32)


def frame(**header: object) -> Frame:
    dq = np.zeros(SIZE, np.uint32)
    dq[20, 30] = HOT
    return Frame(plane(), None, dq, header, Path("/somewhere/plane.fits"))


@pytest.fixture
def shown(view: ImageView, qtbot: QtBot) -> ImageView:
    view.show_frame(frame(BUNIT="electron"))
    qtbot.waitUntil(lambda: view.drawing is not None)
    return view


def point(view: ImageView, x: float, y: float) -> None:
    view.canvas.hovered.emit(QPointF(x, y))


def test_profiles_follow_the_cursor(shown: ImageView) -> None:
    shown.bar.measure.setChecked(True)
    panel = shown.measuring.panel
    panel.tabs.setCurrentIndex(PROFILES)
    point(shown, 12, 34)
    (row,), (column,) = panel.profiles.row.curves, panel.profiles.column.curves
    np.testing.assert_array_equal(row.y, plane()[34])
    np.testing.assert_array_equal(column.y, plane()[:, 12])
    assert "row 34" in panel.profiles.row.labels[0]
    assert "electron" in panel.profiles.row.labels[1]


def test_the_table_has_the_values_about_the_cursor(shown: ImageView) -> None:
    shown.bar.measure.setChecked(True)
    panel = shown.measuring.panel
    panel.tabs.setCurrentIndex(PIXELS)
    point(shown, 30, 20)
    model = panel.pixels.model
    texts = {
        model.pixel(model.index(row, column)): model.data(model.index(row, column))
        for row in range(model.rowCount())
        for column in range(model.columnCount())
    }
    assert texts[30, 20] == "120 ⚑"
    assert texts[31, 20] == "122"
    assert texts[30, 21] == "123"
    assert "HOT" in model.data(model.index(model.along, model.across), 3)  # the tool tip
    point(shown, 0, 0)
    assert model.data(model.index(model.rowCount() - 1, 0)) is None  # outside


def test_a_click_picks_a_pixel_for_every_view(shown: ImageView, session: Session, qtbot: QtBot) -> None:
    other = ImageView(session)
    qtbot.addWidget(other)
    other.resize(400, 400)
    other.show()
    other.show_frame(frame())
    stranger = ImageView(session)
    qtbot.addWidget(stranger)
    stranger.show_frame(Frame(plane(), path=Path("/somewhere/else.fits")))
    click(shown, 33, 22)
    assert session.pixel == Pixel(Path("/somewhere/plane.fits"), 33, 22)
    assert shown.picking.mark.isVisible()
    assert other.picking.mark.isVisible()
    assert (other.picking.mark.pos().x(), other.picking.mark.pos().y()) == (33, 22)
    assert not stranger.picking.mark.isVisible()
    # held: the table stays where it was clicked
    shown.bar.measure.setChecked(True)
    shown.measuring.panel.tabs.setCurrentIndex(PIXELS)
    shown.measuring.show_picked()
    point(shown, 5, 5)
    assert (shown.measuring.panel.pixels.model.x, shown.measuring.panel.pixels.model.y) == (33, 22)
    click(shown, 33, 22)
    assert session.pixel is None
    assert not shown.picking.mark.isVisible()


def test_contours_follow_the_limits(shown: ImageView, qtbot: QtBot) -> None:
    shown.contours.count.setValue(3)
    shown.contours.sigma.setValue(0)
    shown.set_limits(Limits(0.0, 200.0))
    shown.contours.action.setChecked(True)
    qtbot.waitUntil(lambda: list(shown.contours.found) == [50.0, 100.0, 150.0])
    assert all(count == 1 for count in shown.contours.found.values())
    shown.set_limits(Limits(0.0, 100.0))
    qtbot.waitUntil(lambda: list(shown.contours.found) == [25.0, 50.0, 75.0])
    shown.contours.action.setChecked(False)
    assert shown.contours.found == {}
    assert shown.contours._item.path().isEmpty()


def test_a_subarray_lies_where_the_header_says(view: ImageView, qtbot: QtBot) -> None:
    assert not view.bar.placed.isEnabled()
    header = {"SUBSTRT1": 101, "SUBSTRT2": 201, "DETXSIZE": 512, "DETYSIZE": 400, "SUBARRAY": "CUSTOM"}
    view.show_frame(frame(**header))
    assert view.bar.placed.isEnabled()
    view.bar.placed.setChecked(True)
    assert view.canvas.to_surface(0, 0) == QPointF(100, 200)
    assert view.canvas.outline.isVisible()
    assert view.canvas.box_view.viewRect().contains(view.canvas.outline.rect())
    point(view, 5, 6)
    # what is said of a pixel does not change, and its place on the detector is added
    assert "x 5  y 6" in view.readout.place.text() or "detector 105, 206" in view.readout.place.text()
    view.bar.placed.setChecked(False)
    assert view.canvas.alignment.plain
    view.show_frame(frame())
    assert not view.bar.placed.isEnabled()


@pytest.mark.parametrize(
    "header",
    [
        {"SUBSTRT1": -5, "SUBSTRT2": 1},
        {"SUBSTRT1": 4090, "SUBSTRT2": 4090, "INSTRUME": "IRIS"},
        {"SUBSTRT1": "x", "SUBSTRT2": "y"},
        {"SUBSTRT1": 1e99, "SUBSTRT2": 1, "DETXSIZE": 1e300, "DETYSIZE": 4},
        {"SUBARRAY": "FULL"},
    ],
)
def test_a_header_that_cannot_be_right_places_nothing(view: ImageView, header: dict[str, object]) -> None:
    view.show_frame(frame(**header))
    assert not view.bar.placed.isEnabled()
    assert view.canvas.alignment.plain


def test_the_compass_is_there_where_the_header_has_coordinates(view: ImageView, qtbot: QtBot) -> None:
    view.show_frame(frame())
    assert not view.compass.isVisible()
    view.show_frame(frame(**SKY))
    qtbot.waitUntil(view.compass.isVisible)
    length, points = view.compass.bar
    # the bar is as long as the pixels under it
    pixels = points / view.canvas.scale_factor() * view.canvas.devicePixelRatioF()
    assert length == pytest.approx(pixels * 1.1e-6 * 3600, rel=1e-4)
    view.bar.compass.setChecked(False)
    assert not view.compass.isVisible()


def test_nice_lengths() -> None:
    assert [nice(value) for value in (1.0, 0.0199, 0.3, 7.0, 1200.0)] == pytest.approx([1, 0.01, 0.2, 5, 1000])
    assert [angle_text(value) for value in (0.02, 5, 120, 7200)] == ["20 mas", "5″", "2′", "2°"]


def test_tools_without_room_are_behind_the_sign(view: ImageView, qtbot: QtBot) -> None:
    dq = np.zeros((40, 50), np.uint32)
    dq[3, 4] = HOT
    view.show_frame(Frame(np.ones((40, 50), np.float32), None, dq, {}))
    qtbot.waitUntil(lambda: view.drawing is not None)
    view.resize(380, 400)
    rest = view.bar.findChild(QToolButton, "qt_toolbar_ext_button")
    qtbot.waitUntil(lambda: rest is not None and rest.isVisible())
    behind = {action.text(): action.menu() for action in rest.menu().actions()}
    assert behind["Flags"] is view.bar.flags
    assert behind["More"] is view.bar.more
    assert "HOT   1" in [action.text() for action in behind["Flags"].actions()]


def test_flags_are_toggled_one_by_one_while_the_menu_stays(view: ImageView, qtbot: QtBot) -> None:
    dq = np.zeros((40, 50), np.uint32)
    dq[3, 4], dq[5, 6] = HOT, WARM
    view.show_frame(Frame(np.ones((40, 50), np.float32), None, dq, {}))
    qtbot.waitUntil(lambda: view.drawing is not None)
    menu = view.bar.flags
    menu.popup(view.mapToGlobal(view.rect().center()))
    qtbot.waitExposed(menu)
    entries = {action.data().name: action for action in menu.actions() if action.isCheckable()}
    for name in ("HOT", "WARM", "HOT"):
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entries[name]).center())
        assert menu.isVisible()
    assert [flag.name for flag in view.bar.chosen_flags()] == ["WARM"]
    menu.setActiveAction(entries["HOT"])
    qtbot.keyClick(menu, Qt.Key.Key_Space)
    assert menu.isVisible()
    assert [flag.name for flag in view.bar.chosen_flags()] == ["HOT", "WARM"]
    states = QIcon.State.On, QIcon.State.Off
    on, off = (entries["HOT"].icon().pixmap(12, 12, state=state).toImage() for state in states)
    assert on.pixelColor(6, 6).alpha() == 255
    assert off.pixelColor(6, 6).alpha() == 0
    menu.close()


def test_what_is_written_on_a_small_picture_fits(view: ImageView, qtbot: QtBot) -> None:
    view.show_frame(Frame(np.ones((900, 900), np.float32), header=SKY))
    qtbot.waitUntil(lambda: view.drawing is not None)
    labels = view.overlays
    qtbot.waitUntil(lambda: labels.caption.text().startswith("each point: mean of 2 × 2 pixels"))
    view.resize(260, 420)
    labels.set_hint("Drag on the picture to draw a box; Escape ends it.")
    qtbot.waitUntil(lambda: " × " in labels.caption.text() and "each" not in labels.caption.text())
    wide = view.canvas.width()
    assert labels.caption.text().endswith("outliers")
    assert labels.caption.geometry().right() < wide - 2 * SPACE - view.compass.bar[1]
    assert labels.hint.geometry().left() >= 0
    assert labels.hint.geometry().right() <= wide
    assert labels.hint.height() > 1.5 * labels.hint.fontMetrics().height()


def test_the_table_has_as_many_pixels_as_there_is_room_for(shown: ImageView, qtbot: QtBot) -> None:
    shown.bar.measure.setChecked(True)
    page = shown.measuring.panel.pixels
    shown.measuring.panel.tabs.setCurrentIndex(PIXELS)
    shown.resize(700, 700)
    for sizes in ([500, 120], [200, 420]):
        shown.split.setSizes(sizes)
        qtbot.wait(20)
        point(shown, 30, 20)
        model, table = page.model, page.view
        middle = table.visualRect(model.index(model.along, model.across))
        assert model.pixel(model.index(model.along, model.across)) == (30, 20)
        last = table.visualRect(model.index(model.rowCount() - 1, model.columnCount() - 1))
        if model.along > 1:  # three rows are the least, however little room there is
            assert table.viewport().rect().contains(last)
            assert table.viewport().rect().contains(middle)
    assert model.along == 5


def test_the_scale_is_that_of_what_is_seen_whoever_changed_it(view: ImageView, qtbot: QtBot) -> None:
    view.show_frame(frame(**SKY))
    qtbot.waitUntil(view.compass.isVisible)
    box, told = view.canvas.box_view, []
    view.canvas.zoomed.connect(told.append)
    before = view.compass.bar
    box.setLimits(maxXRange=8.0, maxYRange=8.0)  # pyqtgraph narrows the range by itself
    across = box.viewRect().width()
    assert across < 9
    scale = view.canvas.devicePixelRatioF() * box.rect().width() / across
    assert view.canvas.scale_factor() == pytest.approx(scale)
    assert told[-1] == pytest.approx(scale)
    assert view.compass.bar[0] < before[0]


def test_a_picture_made_of_files_shares_their_picked_pixel(shown: ImageView, session: Session, qtbot: QtBot) -> None:
    """A product, or a part of one, lies on the pixels of its inputs."""
    one, other = Path("/somewhere/plane.fits"), Path("/somewhere/second.fits")
    product = ImageView(session)
    qtbot.addWidget(product)
    product.resize(400, 400)
    product.show()
    part = Frame(plane()[20:40, 10:50])
    product.show_frame(part, "product", origin=Origin((one, other), 10, 20, (3,)))
    qtbot.waitUntil(lambda: product.drawing is not None)
    click(product, 5, 7)
    assert session.pixel == Pixel(one, 15, 27, (3,))
    assert product.picking.mark.pos() == QPointF(5, 7)
    assert shown.picking.mark.isVisible()
    assert shown.picking.mark.pos() == QPointF(15, 27)
    click(product, 5, 7)
    assert session.pixel is None
    session.pick(Pixel(other, 30, 25))
    assert product.picking.mark.pos() == QPointF(20, 5)
    assert not shown.picking.mark.isVisible()
    session.pick(Pixel(other, 5, 25))  # left of the part
    assert not product.picking.mark.isVisible()
    product.seek(2, 3)
    assert session.pixel == Pixel(one, 12, 23, (3,))
    assert product.visible_box.x_start <= 2 < product.visible_box.x_stop


def test_pixels_are_picked_by_keyboard(shown: ImageView, session: Session, qtbot: QtBot) -> None:
    path, control = Path("/somewhere/plane.fits"), Qt.KeyboardModifier.ControlModifier
    shown.look_at(33, 22, 16)
    qtbot.keyClick(shown.canvas, Qt.Key.Key_Right, control)
    assert session.pixel is None  # nothing to go on from
    qtbot.keyClick(shown.canvas, Qt.Key.Key_Return)
    assert session.pixel == Pixel(path, 33, 22)
    seen = shown.visible_box
    for key, x, y in (("Right", 34, 22), ("Up", 34, 23), ("Left", 33, 23), ("Left", 32, 23), ("Down", 32, 22)):
        qtbot.keyClick(shown.canvas, getattr(Qt.Key, f"Key_{key}"), control)
        assert session.pixel == Pixel(path, x, y)
    assert shown.visible_box == seen  # the arrows alone move the picture
    qtbot.keyClick(shown.canvas, Qt.Key.Key_Return)
    assert session.pixel is None
    session.pick(Pixel(path, 0, 0))
    qtbot.keyClick(shown.canvas, Qt.Key.Key_Left, control)
    assert session.pixel == Pixel(path, 0, 0)  # nor beyond the edge
