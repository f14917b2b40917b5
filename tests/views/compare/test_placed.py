"""Where pictures lie on one another, what of it is seen, and the regions that they share."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from regions import Regions

from calgui.core.regions.shapes import Circle, Polygon, Rectangle, Region
from calgui.views.compare.pictures import PicturesPage
from calgui.views.compare.place import ComparePlace
from calgui.views.session import Session

from .conftest import SIZE, plane, ready, seen, sky


def locked(page: PicturesPage, by: str) -> None:
    page.bar.lock.setCurrentIndex(page.bar.lock.findData(by))
    page.bar.lock.activated.emit(page.bar.lock.currentIndex())


def test_regions_lie_on_the_same_pixels_of_the_detector(
    place: ComparePlace, session: Session, save: Callable[..., Path], tmp_path: Path, qtbot: QtBot
) -> None:
    whole = plane(size=(100, 120))
    header = {"SUBSTRT1": 21, "SUBSTRT2": 31, "DETXSIZE": 120, "DETYSIZE": 100, "SUBARRAY": "CUSTOM"}
    session.select([save("full.fits", whole), save("sub.fits", whole[30:60, 20:70], **header)])
    page = place.pictures
    ready(page, qtbot)
    full, sub = (cell.view.measuring for cell in page.cells)
    number = sub.regions.add(Region(Circle(25.0, 15.0, 8.0), "star"))  # told in pixels of the subarray
    assert full.regions[number] == Region(Circle(45.0, 45.0, 8.0), "star")
    qtbot.waitUntil(lambda: number in full.measurer.found and number in sub.measurer.found)
    assert full.measurer.found[number].statistics == sub.measurer.found[number].statistics
    # what is dragged on one moves on the other, and is undone in one step on both
    full.regions.change(number, Region(Circle(50.0, 45.0, 8.0), "star"))
    assert sub.regions[number].shape == Circle(30.0, 15.0, 8.0)
    session.history.undo()
    assert sub.regions[number].shape == Circle(25.0, 15.0, 8.0)
    # a file is written in the pixels of the frame in front
    page.table.selectRow(1)
    page.cells[1].view.bar.measure.setChecked(True)
    sub.panel.regions.save_file(tmp_path / "sub.reg")
    (saved,) = Regions.read(tmp_path / "sub.reg", format="ds9")
    assert (saved.center.x, saved.center.y) == pytest.approx((25.0, 15.0))
    # without a lock, the same numbers are meant
    locked(page, "off")
    qtbot.waitUntil(lambda: sub.regions[number].shape == Circle(45.0, 45.0, 8.0))
    full.regions.remove(number)
    assert len(sub.regions) == 0


def test_by_the_sky_regions_are_turned_with_their_frame(
    place: ComparePlace, session: Session, save: Callable[..., Path], qtbot: QtBot
) -> None:
    session.select([save("a.fits", plane(), **sky()), save("b.fits", plane(), **sky(2e-6, 90.0))])
    page = place.pictures
    ready(page, qtbot)
    one, other = (cell.view.measuring for cell in page.cells)
    number = one.regions.add(Region(Rectangle(49.5, 29.5, 12.0, 4.0)))
    locked(page, "sky")
    qtbot.waitUntil(lambda: not page.cells[1].view.canvas.alignment.plain)
    assert one.regions[number].shape == Rectangle(49.5, 29.5, 12.0, 4.0)
    there = other.regions[number].shape
    assert isinstance(there, Rectangle)
    assert (there.width, there.height) == pytest.approx((6.0, 2.0), abs=0.01)
    assert abs(there.angle) % 180 == pytest.approx(90.0, abs=0.01)
    assert np.hypot(there.x - 39.5, there.y - 29.5) == pytest.approx(5.0, abs=0.01)
    # no shape of circles on pixels that are not square: what is dragged there becomes a polygon on both
    corners = Polygon(((30.0, 20.0), (40.0, 20.0), (35.0, 30.0)))
    other.regions.change(number, Region(corners))
    assert one.regions[number].shape.kind == "polygon"
    session.history.undo()
    assert one.regions[number].shape == Rectangle(49.5, 29.5, 12.0, 4.0)


def test_frames_of_one_place_on_the_sky_are_not_resampled(
    place: ComparePlace, session: Session, save: Callable[..., Path], qtbot: QtBot
) -> None:
    dithered = sky(crpix=(50.5, 33.5))
    shifted = np.roll(plane(), (3, 10), (0, 1))
    session.select(
        [save("a.fits", plane(), **sky()), save("b.fits", plane(), **sky()), save("c.fits", shifted, **dithered)]
    )
    page = place.pictures
    ready(page, qtbot)
    locked(page, "sky")
    qtbot.waitUntil(lambda: not page.cells[2].view.canvas.alignment.plain)
    assert page.cells[1].view.canvas.alignment.plain
    page.bar.set_way("difference")
    result = page.result.view
    qtbot.waitUntil(lambda: result.content is not None and result.content.values is not None)
    assert "resampled" not in result.overlays.note.text()
    np.testing.assert_array_equal(result.content.values, 0.0)
    page.bar.set_pair(0, 2)
    page.bar.set_way("difference")
    qtbot.waitUntil(lambda: "A − C" in result.overlays.note.text())
    assert "resampled" not in result.overlays.note.text()
    np.testing.assert_array_equal(result.content.values[:-3, :-10], 0.0)
    assert np.isnan(result.content.values[-3:]).all()


def test_going_round_the_ways_does_not_zoom_out(page: PicturesPage, qtbot: QtBot) -> None:
    def heights() -> list[float]:
        return [seen(page, place).height() for place in range(3)]

    whole = heights()
    for _ in range(3):
        for way in ("grid", "split", "difference", "blink", "one"):
            page.bar.set_way(way)
            qtbot.wait(20)
    assert heights() == pytest.approx(whole, rel=1e-6)
    # all of the picture is as large as its place lets it be
    page.bar.set_way("grid")
    qtbot.wait(20)
    for cell in page.cells:
        at = cell.view.canvas.box_view.viewRect()
        assert min(at.width() / SIZE[1], at.height() / SIZE[0]) == pytest.approx(1.0, abs=0.01)
    page.cells[1].view.look_at(30, 20, 16)
    close_up = heights()
    for way in ("one", "split", "difference", "grid"):
        page.bar.set_way(way)
        qtbot.wait(20)
    assert heights() == pytest.approx(close_up, rel=1e-6)
    assert seen(page, 2).center().x() == pytest.approx(30, abs=0.01)
