"""Drawing, dragging, measuring, undoing and saving regions, as a user does it."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from calgui.core.frames.frame import Frame
from calgui.core.regions.shapes import Annulus, Circle, Line, Polygon, Rectangle, Region
from calgui.views.image import ImageView
from calgui.views.session import Session

sys.path.insert(0, str(Path(__file__).parents[1]))
from mouse import click, drag

SIZE = (120, 160)


def plane() -> np.ndarray:
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    return (2.0 * x + 3.0 * y).astype(np.float32)


@pytest.fixture
def shown(view: ImageView, qtbot: QtBot) -> ImageView:
    view.show_frame(Frame(plane(), path=Path("plane.fits")))
    qtbot.waitUntil(lambda: view.drawing is not None)
    return view


def tool(view: ImageView, kind: str) -> None:
    view.bar.shapes[kind].trigger()


def only(view: ImageView) -> Region:
    (region,) = view.measuring.regions.regions
    return region


def figures(view: ImageView, qtbot: QtBot, number: int = 1):
    measurer = view.measuring.measurer
    qtbot.waitUntil(lambda: measurer.idle and number in measurer.found)
    return view.measuring.measurer.found[number]


def test_a_box_is_dragged_and_measured(shown: ImageView, qtbot: QtBot) -> None:
    tool(shown, "box")
    assert "Drag" in shown.overlays.hint.text()
    drag(shown, (20, 30), (61, 51))
    shape = only(shown).shape
    assert isinstance(shape, Rectangle)
    assert shape.x == pytest.approx(40.5, abs=0.6)
    assert shape.y == pytest.approx(40.5, abs=0.6)
    assert shape.width == pytest.approx(41, abs=1.2)
    assert shape.height == pytest.approx(21, abs=1.2)
    measured = figures(shown, qtbot)
    # of a plane the mean is the value in the middle
    assert measured.statistics.mean == pytest.approx(2 * shape.x + 3 * shape.y, abs=2.6)
    # drawing is over, and the figures are there to be seen
    assert not shown.measuring.layer.tool
    panel = shown.measuring.panel
    assert panel.isVisible()
    assert panel.regions.table.rowCount() == 1
    assert panel.regions.table.item(0, 1).text() == f"{measured.statistics.n:,}"


def test_a_region_is_drawn_inside_another(shown: ImageView) -> None:
    regions = shown.measuring.regions
    regions.add(Region(Rectangle(60, 50, 80, 60)))
    tool(shown, "circle")
    drag(shown, (60, 50), (75, 50))
    assert regions[1].shape == Rectangle(60, 50, 80, 60)  # not dragged away
    assert isinstance(regions[2].shape, Circle)
    assert regions[2].shape.radius == pytest.approx(15, abs=1)
    # and without a tool, the box can be dragged again
    drag(shown, (35, 70), (45, 70))
    assert regions[1].shape.x == pytest.approx(70, abs=1)
    tool(shown, "polygon")
    for corner in ((30, 30), (50, 30), (40, 45)):
        click(shown, *corner)
    assert shown.measuring.layer.key(Qt.Key.Key_Return)
    assert isinstance(regions[3].shape, Polygon)
    assert len(regions[3].shape.points) == 3


def test_figures_follow_while_a_region_is_drawn(shown: ImageView, session: Session, qtbot: QtBot) -> None:
    tool(shown, "box")
    layer, measurer = shown.measuring.layer, shown.measuring.measurer
    layer.drag(QPointF(19.5, 29.5), QPointF(39.5, 49.5), False)
    qtbot.waitUntil(lambda: "400 pixels" in shown.overlays.hint.text())
    assert f"mean {2 * 29.5 + 3 * 39.5:g}" in shown.overlays.hint.text()
    layer.drag(QPointF(19.5, 29.5), QPointF(59.5, 49.5), False)
    qtbot.waitUntil(lambda: "800 pixels" in shown.overlays.hint.text())
    assert not session.history.canUndo()  # nothing is done yet
    layer.drag(QPointF(19.5, 29.5), QPointF(59.5, 49.5), True)
    qtbot.waitUntil(lambda: measurer.idle)
    assert shown.overlays.hint.text() == ""
    assert only(shown).shape == Rectangle(39.5, 39.5, 40, 20)
    session.history.undo()
    assert len(shown.measuring.regions) == 0


def test_a_drawing_that_is_given_up_leaves_nothing(shown: ImageView, session: Session, qtbot: QtBot) -> None:
    layer = shown.measuring.layer
    tool(shown, "circle")
    layer.drag(QPointF(20, 30), QPointF(40, 30), False)
    assert len(shown.measuring.regions) == 1
    assert layer.key(Qt.Key.Key_Escape)
    tool(shown, "circle")
    layer.drag(QPointF(20, 30), QPointF(40, 30), False)
    layer.drag(QPointF(20, 30), QPointF(20.2, 30), True)  # back to where it began
    assert len(shown.measuring.regions) == 0
    assert layer.tool == "circle"
    qtbot.waitUntil(lambda: shown.measuring.measurer.idle)
    assert not session.history.canUndo()


@pytest.mark.parametrize(("kind", "made"), [("circle", Circle), ("annulus", Annulus), ("line", Line)])
def test_other_shapes_are_dragged(shown: ImageView, kind: str, made: type) -> None:
    tool(shown, kind)
    drag(shown, (80, 60), (110, 60))
    shape = only(shown).shape
    assert isinstance(shape, made)
    if not isinstance(shape, Line):
        assert (shape.x, shape.y) == pytest.approx((80, 60), abs=0.7)
    else:
        assert shape.length == pytest.approx(30, abs=1)


def test_a_polygon_is_clicked(shown: ImageView) -> None:
    tool(shown, "polygon")
    for corner in ((20, 20), (100, 30), (90, 90)):
        click(shown, *corner)
    click(shown, 30, 80)
    click(shown, 30, 80, double=True)
    shape = only(shown).shape
    assert isinstance(shape, Polygon)
    assert len(shape.points) == 4
    np.testing.assert_allclose(shape.points[1], (100, 30), atol=0.7)


def test_escape_ends_drawing(shown: ImageView, qtbot: QtBot) -> None:
    tool(shown, "circle")
    qtbot.keyClick(shown.canvas, Qt.Key.Key_Escape)
    drag(shown, (80, 60), (110, 60))
    assert len(shown.measuring.regions) == 0
    assert not shown.bar.shapes["circle"].isChecked()


def test_a_region_is_moved_by_hand_and_its_figures_follow(shown: ImageView, session: Session, qtbot: QtBot) -> None:
    number = shown.measuring.regions.add(Region(Circle(50, 50, 12)))
    before = figures(shown, qtbot).statistics.mean
    drag(shown, (46, 47), (76, 67))
    shape = shown.measuring.regions[number].shape
    assert (shape.x, shape.y) == pytest.approx((80, 70), abs=1.0)
    assert shape.radius == pytest.approx(12)
    expected = 2 * shape.x + 3 * shape.y
    qtbot.waitUntil(lambda: abs(figures(shown, qtbot).statistics.mean - expected) < 1.5)
    assert figures(shown, qtbot).statistics.mean - before == pytest.approx(2 * 30 + 3 * 20, abs=6)
    # one step back for the whole drag, and forth again
    session.history.undo()
    assert shown.measuring.regions[number].shape == Circle(50, 50, 12)
    session.history.redo()
    assert shown.measuring.regions[number].shape == shape


def test_each_shape_survives_being_shown_and_moved(shown: ImageView) -> None:
    shapes = (
        Rectangle(50, 50, 20, 10, 30),
        Circle(50, 50, 12),
        Annulus(50, 50, 6, 12),
        Line(30, 30, 70, 60),
        Polygon(((30, 30), (70, 30), (60, 60), (40, 70))),
    )
    regions = shown.measuring.regions
    for shape in shapes:
        number = regions.add(Region(shape))
        item = shown.measuring.layer._items[number]
        assert_same(item.shape_now(), shape)
        regions.change(number, Region(shape.moved(7, -5), "moved"))
        assert_same(item.shape_now(), shape.moved(7, -5))
        assert_same(regions[number].shape, shape.moved(7, -5))


def assert_same(one: object, other: object) -> None:
    assert type(one) is type(other)
    np.testing.assert_allclose(
        np.hstack([np.ravel(value) for value in vars(one).values()]),
        np.hstack([np.ravel(value) for value in vars(other).values()]),
        atol=1e-6,
    )


def test_delete_and_undo(shown: ImageView, session: Session, qtbot: QtBot) -> None:
    regions = shown.measuring.regions
    regions.add(Region(Circle(50, 50, 12)))
    regions.add(Region(Circle(90, 50, 12)))
    qtbot.keyClick(shown.canvas, Qt.Key.Key_Delete)
    assert [region.shape.x for region in regions.regions] == [50]
    session.history.undo()
    assert len(regions) == 2
    regions.clear()
    assert len(regions) == 0
    session.history.undo()
    assert len(regions) == 2


def test_regions_are_saved_and_read(shown: ImageView, session: Session, tmp_path: Path) -> None:
    page = shown.measuring.panel.regions
    shown.measuring.regions.add(Region(Circle(50, 50, 12), "star"))
    shown.measuring.regions.add(Region(Line(3, 4, 50, 60)))
    page.save_file(tmp_path / "a.reg")
    shown.measuring.regions.clear()
    page.open_file(tmp_path / "a.reg")
    assert [region.shape for region in shown.measuring.regions.regions] == [Circle(50, 50, 12), Line(3, 4, 50, 60)]
    session.history.undo()
    assert len(shown.measuring.regions) == 0
    (tmp_path / "bad.reg").write_text("image\ncircle(a,b,c)\n")
    page.open_file(tmp_path / "bad.reg")
    assert session.notices[-1].level == "error"
    assert "bad.reg" in session.notices[-1].text
    (tmp_path / "odd.reg").write_text("image\nellipse(5,5,3,2,0)\ncircle(5,5,2)\n")
    page.open_file(tmp_path / "odd.reg")
    assert "ellipse" in session.notices[-1].text


def test_a_region_is_renamed_in_the_table(shown: ImageView) -> None:
    page = shown.measuring.panel.regions
    number = shown.measuring.regions.add(Region(Circle(50, 50, 12)))
    page.table.item(0, 0).setText("guide star")
    assert shown.measuring.regions[number].name == "guide star"
    assert page.table.item(0, 0).text() == "guide star: circle r 12.0 at 50.0, 50.0"


def test_the_figure_shows_the_profile_of_a_line(shown: ImageView, qtbot: QtBot) -> None:
    page = shown.measuring.panel.regions
    shown.measuring.regions.add(Region(Line(10, 20, 50, 20)))
    figures(shown, qtbot)
    assert page.chooser.currentText() == "Along the line"
    (curve,) = page.figure.curves
    np.testing.assert_allclose(curve.y, 2 * (10 + curve.x) + 60, rtol=1e-5)
    page.chooser.setCurrentText("Histogram")
    page.chooser.textActivated.emit("Histogram")
    titles = [title for title, _ in page.figure.series()]
    assert titles[-1] == "pixels"


def test_another_picture_is_measured_by_the_same_regions(shown: ImageView, qtbot: QtBot) -> None:
    shown.measuring.regions.add(Region(Circle(50, 50, 12)))
    first = figures(shown, qtbot).statistics.mean
    shown.show_frame(Frame(plane() + 100, path=Path("other.fits")))
    qtbot.waitUntil(lambda: abs(figures(shown, qtbot).statistics.mean - first - 100) < 1e-3)


def test_regions_stay_on_their_pixels_of_the_detector(shown: ImageView, session: Session, qtbot: QtBot) -> None:
    regions, measurer = shown.measuring.regions, shown.measuring.measurer
    regions.add(Region(Circle(60.0, 50.0, 9.0), "star"))
    whole = figures(shown, qtbot)
    header = {"SUBSTRT1": 41, "SUBSTRT2": 31, "DETXSIZE": SIZE[1], "DETYSIZE": SIZE[0], "SUBARRAY": "CUSTOM"}
    shown.show_frame(Frame(plane()[30:90, 40:120], header=header))
    qtbot.waitUntil(lambda: shown.content is not None and shown.content.size == (60, 80))
    assert only(shown) == Region(Circle(20.0, 20.0, 9.0), "star")
    qtbot.waitUntil(lambda: measurer.idle and 1 in measurer.found)
    assert measurer.found[1].statistics == whole.statistics
    regions.change(1, Region(Circle(25.0, 20.0, 9.0), "star"))
    shown.show_frame(Frame(plane(), path=Path("plane.fits")))
    qtbot.waitUntil(lambda: shown.content is not None and shown.content.size == SIZE)
    assert only(shown).shape == Circle(65.0, 50.0, 9.0)
    session.history.undo()
    assert only(shown).shape == Circle(60.0, 50.0, 9.0)


@pytest.mark.parametrize("kind", ["box", "circle", "annulus", "line", "polygon"])
def test_regions_by_keyboard_alone(shown: ImageView, kind: str, qtbot: QtBot) -> None:
    tool(shown, kind)
    assert "Return" in shown.overlays.hint.text()
    canvas = shown.canvas
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    shape = only(shown).shape
    assert shape.kind == kind
    seen = canvas.box_view.viewRect()
    size = 0.25 * min(abs(seen.width()), abs(seen.height()))
    assert figures(shown, qtbot).statistics.n > 0.4 * size
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Up):
        qtbot.keyClick(canvas, key, Qt.KeyboardModifier.ShiftModifier)
    assert only(shown).shape == shape.moved(-2, 1)
    qtbot.keyClick(canvas, Qt.Key.Key_BracketRight)
    assert only(shown).shape == shape.moved(-2, 1).scaled(1.1)
    history = shown.measuring._session.history
    for _ in range(4):
        history.undo()
    assert only(shown).shape == shape
    history.undo()
    assert not shown.measuring.regions.regions
    # without a region the arrows move the picture
    shown.canvas.zoom(3)
    before = canvas.box_view.viewRect().center().x()
    qtbot.keyClick(canvas, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.box_view.viewRect().center().x() < before


def test_shapes_are_scaled_about_their_middle() -> None:
    assert Line(0, 0, 4, 0).scaled(2) == Line(-2, 0, 6, 0)
    assert Polygon(((0, 0), (4, 0), (2, 4))).scaled(0.5) == Polygon(((1, 1), (3, 1), (2, 3)))
    assert Annulus(1, 2, 3, 4).scaled(2) == Annulus(1, 2, 6, 8)
