"""Cubes and ramps in the window: planes, playing, ranges, maps, spectra behind the cursor, reads."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from calgui.core.frames.limits import Limits
from calgui.core.regions.shapes import Circle, Rectangle, Region
from calgui.views.cube.view import CubeView
from calgui.views.observations.viewer import CUBE, PICTURE, Viewer
from calgui.views.session import Pixel, Session

WAVE = 2000 + 0.5 * np.arange(80)
#: flux and centre of the line at each column
FLUX, CENTRE = 50.0, 2018 + 0.1 * np.arange(12)


def numbers() -> np.ndarray:
    data = np.empty((80, 10, 12), np.float32)
    for x, centre in enumerate(CENTRE):
        line = FLUX * 0.5 / (1.2 * np.sqrt(2 * np.pi)) * np.exp(-0.5 * ((WAVE - centre) / 1.2) ** 2)
        data[:, :, x] = (4 + line)[:, None] + np.arange(10) * 0.1
    return data


@pytest.fixture
def path(tmp_path: Path) -> Path:
    image = fits.ImageHDU(numbers(), name="SCI")
    image.header.update(
        {"BUNIT": "electron/s", "CTYPE3": "WAVE", "CUNIT3": "nm", "CRVAL3": 2000.0, "CRPIX3": 1.0, "CDELT3": 0.5}
    )
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(tmp_path / "cube.fits")
    return tmp_path / "cube.fits"


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    reads = np.zeros((1, 6, 10, 12), np.float32) + 7 * np.arange(1, 7)[None, :, None, None]
    flags = np.zeros(reads.shape, np.uint8)
    flags[0, 5, 4, 3] = 2
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(reads, name="SCI"), fits.ImageHDU(flags, name="GROUPDQ")]
    hdus[0].header.update({"TGROUP": 2.0, "BUNIT": "DN"})
    fits.HDUList(hdus).writeto(tmp_path / "ramp.fits")
    return tmp_path / "ramp.fits"


@pytest.fixture
def view(qtbot: QtBot, session: Session) -> CubeView:
    made = CubeView(session)
    qtbot.addWidget(made)
    made.resize(900, 900)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def shown(view: CubeView, path: Path, qtbot: QtBot) -> CubeView:
    view.show_file(path)
    qtbot.waitUntil(lambda: view.image.content is not None and view.image.content.values is not None)
    qtbot.waitUntil(lambda: bool(view.spectrum.traces))
    qtbot.waitUntil(lambda: not view.session.tasks.running)
    return view


def values(view: CubeView) -> np.ndarray:
    content = view.image.content
    assert content is not None
    assert content.values is not None
    return content.values


def note(view: CubeView, text: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: text in view.image.overlays.note.text())


def test_planes_by_slider_number_and_key(shown: CubeView, qtbot: QtBot) -> None:
    note(shown, "plane 40", qtbot)
    shown.bar.slider.setValue(36)
    note(shown, "plane 36", qtbot)
    np.testing.assert_array_equal(values(shown), numbers()[36])
    assert "2018.000 nm" in shown.bar.where.text()
    qtbot.keyClick(shown, Qt.Key.Key_PageUp)
    note(shown, "plane 37", qtbot)
    assert shown.bar.number.value() == 37
    shown.bar.number.setValue(5)
    note(shown, "plane 5", qtbot)
    assert shown.cube is not None
    assert shown.cube.loaded


def test_limits_are_held_from_plane_to_plane(shown: CubeView, qtbot: QtBot) -> None:
    shown.image.set_limits(Limits(1.0, 9.0))
    shown.bar.slider.setValue(3)
    note(shown, "plane 3", qtbot)
    assert shown.image.limits == Limits(1.0, 9.0)
    shown.bar.hold.setChecked(False)
    shown.image.bar.limits.setCurrentText("min-max")
    shown.bar.slider.setValue(36)
    note(shown, "plane 36", qtbot)
    data = numbers()[36]
    assert shown.image.limits.low == pytest.approx(float(data.min()))


def test_playing_goes_round_and_stops(shown: CubeView, qtbot: QtBot) -> None:
    shown.bar.speed.setValue(60)
    shown.show_plane(78)
    qtbot.keyClick(shown, Qt.Key.Key_Space)
    assert shown.bar.play.text() == "Pause"
    qtbot.waitUntil(lambda: shown.ranges.plane in range(2, 70))
    qtbot.keyClick(shown, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not shown.session.tasks.running)
    stopped = shown.ranges.plane
    qtbot.wait(120)
    assert shown.ranges.plane == stopped


def test_a_range_is_collapsed_and_dragged(shown: CubeView, qtbot: QtBot) -> None:
    shown.ranges.main = (10, 20)
    shown.bar.picture.setCurrentText("mean")
    note(shown, "mean of planes 10 to 19", qtbot)
    np.testing.assert_allclose(values(shown), numbers()[10:20].mean(axis=0), rtol=1e-5)
    # on the axis of wavelengths, as a hand would drag it
    shown.ranges._items[0].setRegion((2015.0, 2021.0))
    note(shown, "mean of planes 30 to 42", qtbot)
    np.testing.assert_allclose(values(shown), numbers()[30:43].mean(axis=0), rtol=1e-5)
    shown.bar.picture.setCurrentText("median")
    note(shown, "median", qtbot)
    np.testing.assert_allclose(values(shown), np.median(numbers()[30:43], axis=0), rtol=1e-5)
    shown.spectrum.bar.axis.setCurrentText("pixel")
    assert shown.ranges._items[0].getRegion() == pytest.approx((29.5, 42.5))
    shown.bar.slider.setValue(7)
    note(shown, "plane 7", qtbot)
    assert shown.bar.picture.currentText() == "one plane"


def test_maps_of_a_line(shown: CubeView, qtbot: QtBot) -> None:
    shown.ranges.main, shown.ranges.beside = (25, 50), ((2, 20), (58, 78))
    shown.bar.picture.setCurrentText("line centre")
    note(shown, "line centre", qtbot)
    np.testing.assert_allclose(values(shown), np.repeat(CENTRE[None], 10, axis=0), atol=0.02)
    shown.bar.picture.setCurrentText("line flux")
    note(shown, "line flux", qtbot)
    np.testing.assert_allclose(values(shown), FLUX, rtol=0.01)


def test_the_spectrum_follows_the_cursor(shown: CubeView, qtbot: QtBot) -> None:
    shown.image.canvas.hovered.emit(QPointF(3, 4))
    qtbot.waitUntil(lambda: [trace.spectrum.name for trace in shown.spectrum.traces] == ["x 3, y 4"])
    np.testing.assert_allclose(shown.spectrum.traces[0].spectrum.flux, numbers()[:, 4, 3])
    shown.image.canvas.hovered.emit(QPointF(7, 2))
    qtbot.waitUntil(lambda: [trace.spectrum.name for trace in shown.spectrum.traces] == ["x 7, y 2"])
    assert shown.spectrum.bar.axis.currentText() == "nm vacuum"


def test_picked_spaxels_and_regions_stay(shown: CubeView, path: Path, session: Session, qtbot: QtBot) -> None:
    session.pick(Pixel(path, 5, 6))
    shown.image.canvas.hovered.emit(QPointF(5, 6))
    qtbot.waitUntil(lambda: [trace.spectrum.name for trace in shown.spectrum.traces] == ["x 5, y 6"])
    assert shown.image.picking.mark.isVisible()
    shown.image.measuring.regions.add(Region(Rectangle(5, 5, 4.8, 2.8), "core"))
    qtbot.waitUntil(lambda: len(shown.spectrum.traces) == 2)
    mean = numbers()[:, 4:7, 3:8].mean(axis=(1, 2))
    assert "core" in shown.spectrum.traces[1].spectrum.name
    np.testing.assert_allclose(shown.spectrum.traces[1].spectrum.flux, mean, rtol=1e-5)
    shown.image.canvas.hovered.emit(QPointF(1, 1))
    qtbot.waitUntil(lambda: len(shown.spectrum.traces) == 3)
    assert [trace.spectrum.name for trace in shown.spectrum.traces][::2] == ["x 5, y 6", "x 1, y 1"]
    shown.image.measuring.regions.add(Region(Circle(500, 500, 3)))  # outside: no spectrum, and no complaint
    qtbot.wait(150)
    assert not session.notices
    # another file's pixel is none of ours
    session.pick(Pixel(path.with_name("other.fits"), 2, 2))
    shown.image.canvas.hovered.emit(QPointF(1, 2))
    qtbot.waitUntil(lambda: shown.spectrum.traces[0].spectrum.name == "x 1, y 2")


def test_a_picked_spaxel_says_which_plane_it_is_of(shown: CubeView, path: Path, session: Session, qtbot: QtBot) -> None:
    shown.show_plane(3)
    qtbot.waitUntil(lambda: shown.image.overlays.note.text().startswith("plane 3"))
    shown.image.picking.pick(5, 6)
    assert session.pixel == Pixel(path, 5, 6, (3,))
    assert shown.image.picking.mark.isVisible()
    # what is made of several planes is of none
    shown.bar.picture.setCurrentText("mean")
    qtbot.waitUntil(lambda: shown.image.overlays.note.text().startswith("mean"))
    shown.image.picking.pick(5, 6)
    assert session.pixel == Pixel(path, 5, 6)


def test_pinned_spaxels_stay_and_are_marked(shown: CubeView, path: Path, session: Session, qtbot: QtBot) -> None:
    for x, y in ((2, 3), (9, 7)):
        session.pick(Pixel(path, x, y))
        qtbot.keyClick(shown, Qt.Key.Key_P)
    session.pick(None)
    shown.image.canvas.hovered.emit(QPointF(4, 4))

    def names() -> list[str]:
        return [trace.spectrum.name for trace in shown.spectrum.traces]

    wanted = ["x 4, y 4", "pin 1 (x 2, y 3)", "pin 2 (x 9, y 7)"]
    qtbot.waitUntil(lambda: names() == wanted)
    np.testing.assert_allclose(shown.spectrum.traces[2].spectrum.flux, numbers()[:, 7, 9])
    assert {place: (mark.pos().x(), mark.pos().y()) for place, mark in shown.answers.pins.marks.items()} == {
        (2, 3): (2, 3),
        (9, 7): (9, 7),
    }
    session.history.undo()
    qtbot.waitUntil(lambda: names() == wanted[:2])
    assert list(shown.answers.pins.marks) == [(2, 3)]
    session.history.redo()
    qtbot.waitUntil(lambda: names() == wanted)
    shown.tools.unpin.click()
    qtbot.waitUntil(lambda: names() == wanted[:1])
    assert not shown.answers.pins.marks
    assert not shown.tools.unpin.isEnabled()


def test_how_regions_are_joined(shown: CubeView, qtbot: QtBot) -> None:
    shown.image.measuring.regions.add(Region(Rectangle(5, 5, 4.8, 2.8), "core"))
    part = numbers()[:, 4:7, 3:8]
    truths = {
        "mean": part.mean(axis=(1, 2)),
        "sum": part.sum(axis=(1, 2)),
        "median": np.median(part.reshape(80, -1), axis=1),
    }
    for how in ("sum", "median", "mean"):
        shown.tools.how.setCurrentText(how)
        qtbot.waitUntil(lambda how=how: any(f"{how} of" in one.spectrum.name for one in shown.spectrum.traces))
        found = next(one.spectrum for one in shown.spectrum.traces if "core" in one.spectrum.name)
        np.testing.assert_allclose(found.flux, truths[how], rtol=1e-5)


def test_a_map_is_saved(
    shown: CubeView, path: Path, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown.bar.picture.setCurrentText("sum")
    note(shown, "sum of planes", qtbot)
    chosen = path.with_name("map")
    monkeypatch.setattr("calgui.views.widgets.saving.QFileDialog.getSaveFileName", lambda *_: (str(chosen), ""))
    shown.tools.save.click()
    saved = path.with_name("map.fits")
    qtbot.waitUntil(lambda: not session.tasks.running and saved.exists())
    with fits.open(saved) as hdus:
        np.testing.assert_array_equal(hdus["SCI"].data, values(shown))
        assert "sum of planes" in str(hdus[0].header["HISTORY"])
        assert "CTYPE3" not in hdus["SCI"].header
    before = path.read_bytes()
    chosen = path
    shown.tools.save.click()
    qtbot.waitUntil(lambda: any(one.level != "info" for one in session.notices))
    assert path.read_bytes() == before


def test_ranges_start_about_the_plane_within_what_is_seen(shown: CubeView, qtbot: QtBot) -> None:
    shown.show_plane(20)
    shown.spectrum.plot.setXRange(2005.0, 2020.0, padding=0)
    shown.bar.picture.setCurrentText("line flux")
    note(shown, "line flux of planes 18 to 22   2009.000 to 2011.000 nm", qtbot)
    (before, after) = shown.ranges.beside
    assert 10 <= before[0] < before[1] <= 18
    assert 23 <= after[0] < after[1] <= 41
    # what the user chose stays, wherever he looks
    shown.bar.ranges.fields[0][1].setValue(24)
    note(shown, "line flux of planes 18 to 24", qtbot)
    shown.bar.picture.setCurrentText("one plane")
    shown.spectrum.plot.setXRange(2030.0, 2036.0, padding=0)
    shown.bar.picture.setCurrentText("mean")
    note(shown, "mean of planes 18 to 24", qtbot)
    np.testing.assert_allclose(values(shown), numbers()[18:25].mean(axis=0), rtol=1e-5)


def test_ranges_are_numbers_too(shown: CubeView, qtbot: QtBot) -> None:
    shown.ranges.choose((30, 50), ((2, 20), (58, 78)))
    shown.bar.picture.setCurrentText("mean")
    note(shown, "mean of planes 30 to 49", qtbot)
    fields = shown.bar.ranges.fields
    assert [field.value() for field in fields[0]] == [30, 49]
    assert not shown.bar.slider.isVisible()
    assert not fields[1][0].isVisible()
    fields[0][0].setValue(60)  # beyond the last: that gives way
    note(shown, "mean of planes 60 to 60", qtbot)
    fields[0][1].setValue(79)
    note(shown, "mean of planes 60 to 79", qtbot)
    np.testing.assert_allclose(values(shown), numbers()[60:].mean(axis=0), rtol=1e-5)
    assert shown.ranges._items[0].getRegion() == pytest.approx((2029.75, 2039.75))
    shown.bar.picture.setCurrentText("continuum")
    note(shown, "continuum of planes", qtbot)
    assert [field.value() for pair in fields[1:] for field in pair] == [2, 19, 58, 77]
    assert fields[2][1].isVisible()
    shown.bar.picture.setCurrentText("one plane")
    note(shown, "plane 40", qtbot)
    assert shown.bar.slider.isVisible()


def test_a_click_on_the_plot_goes_to_the_plane(shown: CubeView, qtbot: QtBot) -> None:
    plot = shown.spectrum.plot
    box = plot.getViewBox()
    y = sum(box.viewRange()[1]) / 2
    where = plot.mapFromScene(box.mapViewToScene(QPointF(2010.1, y)))
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=where)
    note(shown, "plane 20", qtbot)
    assert shown.ranges.plane == 20


def test_a_hidden_spectrum_stays_hidden_while_the_cursor_moves(
    shown: CubeView, path: Path, session: Session, qtbot: QtBot
) -> None:
    session.pick(Pixel(path, 5, 6))
    shown.image.canvas.hovered.emit(QPointF(1, 1))
    qtbot.waitUntil(lambda: len(shown.spectrum.traces) == 2)
    shown.spectrum.legend.item(0).setCheckState(Qt.CheckState.Unchecked)
    shown.image.canvas.hovered.emit(QPointF(2, 3))
    qtbot.waitUntil(lambda: shown.spectrum.traces[-1].spectrum.name == "x 2, y 3")
    assert [trace.visible for trace in shown.spectrum.traces] == [False, True]


def test_picture_and_plot_share_the_room(view: CubeView, qtbot: QtBot) -> None:
    for width, height, way in ((600, 420, Qt.Orientation.Horizontal), (600, 900, Qt.Orientation.Vertical)):
        view.resize(width, height)
        qtbot.waitUntil(lambda way=way: view.split.orientation() == way)
        assert view.bar.slider.width() > 150
    view.resize(1200, 800)
    qtbot.waitUntil(lambda: abs(view.split.sizes()[0] - view.split.sizes()[1]) < 20)


def test_the_line_at_the_plane_is_dragged(shown: CubeView, qtbot: QtBot) -> None:
    shown.ranges._line.setValue(2018.1)
    shown.ranges._line.sigDragged.emit(shown.ranges._line)
    note(shown, "plane 36", qtbot)
    assert shown.ranges.plane == 36


def test_reads_of_a_ramp(view: CubeView, ramp: Path, qtbot: QtBot) -> None:
    view.show_file(ramp)
    note(view, "read 5", qtbot)
    view.image.canvas.hovered.emit(QPointF(3, 4))
    qtbot.waitUntil(lambda: bool(view.reads.lines) and view.reads.lines[0].used == 5)
    (line,) = view.reads.lines
    assert line.slope == pytest.approx(3.5)
    assert "slope 3.5" in view.reads.words.text()
    assert "5 of 6 reads" in view.reads.words.text()
    view.image.canvas.hovered.emit(QPointF(0, 0))
    qtbot.waitUntil(lambda: view.reads.lines[0].used == 6)
    view.bar.slider.setValue(2)
    note(view, "read 2", qtbot)
    assert "6 s" in view.bar.where.text()


def test_reads_of_the_picked_pixel_and_of_the_one_under_the_cursor(
    view: CubeView, ramp: Path, session: Session, qtbot: QtBot
) -> None:
    view.show_file(ramp)
    note(view, "read 5", qtbot)
    session.pick(Pixel(ramp, 3, 4))
    view.image.canvas.hovered.emit(QPointF(0, 0))
    qtbot.waitUntil(lambda: [name for name, _ in view.reads.shown] == ["x 3, y 4", "x 0, y 0"])
    assert [line.used for line in view.reads.lines] == [5, 6]
    assert "5 of 6 reads" in view.reads.words.text()
    assert "6 of 6 reads" in view.reads.words.text()
    titles = [title for title, _ in view.reads.series()]
    assert titles[1] == "x 3, y 4: integration 0"
    view.image.canvas.hovered.emit(QPointF(3, 4))
    qtbot.waitUntil(lambda: len(view.reads.shown) == 1)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A ramp of two integrations, each of five reads."""
    reads = np.arange(10, dtype=np.float32).reshape(2, 5, 1, 1) ** 2 + np.zeros((2, 5, 6, 7), np.float32)
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(reads, name="SCI")]
    hdus[0].header.update({"TGROUP": 2.0, "BUNIT": "DN"})
    fits.HDUList(hdus).writeto(tmp_path / "two.fits")
    return tmp_path / "two.fits"


@pytest.mark.parametrize("how", ["mean", "sum", "median"])
def test_reads_of_a_ramp_are_collapsed(view: CubeView, two: Path, how: str, qtbot: QtBot) -> None:
    view.show_file(two)
    note(view, "read 9   10 s", qtbot)
    qtbot.waitUntil(lambda: bool(view.reads.shown))
    choices = [view.bar.picture.itemText(place) for place in range(view.bar.picture.count())]
    assert choices == ["one read", "mean", "sum", "median"]
    view.bar.picture.setCurrentText(how)
    qtbot.waitUntil(lambda: f"{how} of reads" in view.image.overlays.note.text())
    squares = np.arange(10) ** 2
    # dragged on the plot of the reads: of the integration that was shown
    view.ranges._items[0].setRegion((3.0, 9.0))
    note(view, f"{how} of reads 6 to 8   4 to 8 s", qtbot)
    np.testing.assert_allclose(values(view), getattr(np, how)(squares[6:9]))
    assert [field.value() for field in view.bar.ranges.fields[0]] == [6, 8]
    view.bar.picture.setCurrentIndex(0)
    note(view, "read 9", qtbot)
    # in the other integration the range is another
    view.bar.slider.setValue(1)
    note(view, "read 1   4 s", qtbot)
    view.bar.picture.setCurrentText(how)
    qtbot.waitUntil(lambda: f"{how} of reads" in view.image.overlays.note.text())
    assert view.ranges.main[1] <= 5
    # the plot of a pixel that is drawn anew keeps the range
    view.image.canvas.hovered.emit(QPointF(0, 0))
    qtbot.waitUntil(lambda: view.reads.shown[0][0] == "x 0, y 0")
    assert view.ranges._items[0].scene() is not None
    assert view.ranges._items[0].isVisible()


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_reads_without_a_value_are_not_drawn(view: CubeView, tmp_path: Path, qtbot: QtBot) -> None:
    fits.PrimaryHDU(np.full((2, 6, 4, 5), np.nan, np.float32)).writeto(tmp_path / "nan.fits")
    view.show_file(tmp_path / "nan.fits")
    qtbot.waitUntil(lambda: view.ramp is not None)
    view.image.canvas.hovered.emit(QPointF(3, 3))
    qtbot.waitUntil(lambda: view.reads.samples is not None)
    view.grab()
    assert [line.used for line in view.reads.lines] == [0, 0]


def test_what_is_no_cube_is_told(view: CubeView, tmp_path: Path, qtbot: QtBot) -> None:
    fits.PrimaryHDU(np.zeros((4, 5))).writeto(tmp_path / "flat.fits")
    view.show_file(tmp_path / "flat.fits")
    qtbot.waitUntil(lambda: "no cube" in view.image.overlays.message.text())


@pytest.fixture
def viewer(qtbot: QtBot, session: Session) -> Viewer:
    # kept by the fixture: a window that nobody holds may be collected while it is painted
    made = Viewer(session)
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    return made


def test_the_viewer_offers_a_cube_where_there_is_one(
    viewer: Viewer, qtbot: QtBot, session: Session, path: Path, ramp: Path, tmp_path: Path
) -> None:
    fits.PrimaryHDU(np.zeros((4, 5), np.float32)).writeto(tmp_path / "flat.fits")
    viewer.show_files([tmp_path / "flat.fits"])
    qtbot.waitUntil(lambda: not session.tasks.running)
    assert not viewer.tabs.isVisible()
    viewer.show_files([path])
    qtbot.waitUntil(lambda: viewer.tabs.isTabVisible(CUBE))
    assert viewer.tabs.tabText(CUBE) == "Cube"
    assert viewer.tabs.currentIndex() == PICTURE
    viewer.tabs.setCurrentIndex(CUBE)
    qtbot.waitUntil(lambda: viewer.cube.cube is not None)
    viewer.show_files([ramp])
    qtbot.waitUntil(lambda: viewer.cube.ramp is not None)
    assert viewer.tabs.tabText(CUBE) == "Ramp"
    viewer.show_files([tmp_path / "flat.fits"])
    qtbot.waitUntil(lambda: not viewer.tabs.isTabVisible(CUBE))
    assert viewer.stack.currentWidget() is viewer.picture
    assert viewer.cube.cube is None
