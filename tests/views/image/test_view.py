"""The image view shows frames and files of every shape, reads in the background, and says what it shows."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from calgui.core.frames.dq import DO_NOT_USE, HOT
from calgui.core.frames.frame import Frame
from calgui.core.frames.limits import Limits, find_limits
from calgui.core.frames.statistics import Box
from calgui.core.frames.writing import write_frame
from calgui.views.image import ImageView, Reading
from calgui.views.image.loader import LARGE
from calgui.views.session import Session


def frame(shape: tuple[int, ...] = (64, 48), seed: int = 1) -> Frame:
    rng = np.random.default_rng(seed)
    data = rng.normal(10, 2, shape).astype(np.float32)
    dq = np.zeros(shape, np.uint32)
    dq[..., 5, 7] = HOT | DO_NOT_USE
    return Frame(data, np.full(shape, 2, np.float32), dq, {"BUNIT": "electron/s"}, Path("dark_0001.fits"))


def pixels(view: ImageView) -> QImage:
    """What is on the canvas; labels that lie on it are left out."""
    for label in (view.overlays.note, view.overlays.caption):
        label.hide()
    return view.canvas.grab().toImage()


def colour_at(view: ImageView, x: float, y: float) -> QColor:
    place = view.canvas.mapFromScene(view.canvas.box_view.mapViewToScene(QPointF(x, y)))
    return pixels(view).pixelColor(place)


# -- what is shown -----------------------------------------------------------------------------------------------


def test_a_frame_is_shown_with_its_name_and_unit(view: ImageView) -> None:
    view.show_frame(frame())
    assert view.title.text() == "dark_0001.fits  ·  electron/s  ·  48 × 64"


def test_a_file_is_read_in_the_background(qtbot: QtBot, view: ImageView, tmp_path: Path) -> None:
    path = write_frame(frame(), tmp_path / "dark.fits")
    with qtbot.waitSignal(view.shown) as shown:
        view.show_file(path)
        assert view.content is None, "nothing is read in the main thread"
    assert shown.args == [path]
    assert view.title.text().startswith("dark.fits  ·  SCI [1]  ·  electron/s")
    assert np.array_equal(view.content.values, frame().data)


def test_a_large_file_is_seen_before_it_is_read_and_then_has_its_pixels(
    qtbot: QtBot, view: ImageView, tmp_path: Path
) -> None:
    side = 2048
    assert side * side > LARGE
    data = np.random.default_rng(2).normal(100, 5, (side, side)).astype(np.float32)
    data[1234, 567] = 1e5
    path = write_frame(Frame(data, header={"BUNIT": "adu"}), tmp_path / "large.fits")
    view.show_file(path)
    qtbot.waitUntil(lambda: view.content is not None)
    assert view.content.frame is None, "the first look comes before the pixels"
    early = view.limits
    factor, level = view.item._picture.best(4)
    assert factor > 1
    assert level[1234 // factor, 567 // factor] > 200, "by the mean alone"
    qtbot.waitUntil(lambda: view.drawing is not None)
    factor, level = view.item._picture.best(factor)
    assert factor > 1
    assert level[1234 // factor, 567 // factor] == np.float32(1e5)
    assert np.array_equal(view.content.values, data)
    assert view.limits == early == find_limits(data, "zscale"), "nothing jumps when the pixels arrive"
    view.show_box(Box(500, 600, 1200, 1300))
    qtbot.waitUntil(lambda: view.box_statistics is not None)
    assert view.box_statistics.maximum == 1e5


def test_rows_run_upwards_and_the_picture_is_where_it_should_be(view: ImageView) -> None:
    data = np.zeros((4, 6), np.float32)
    data[0, 0] = data[3, 5] = data[0, 5] = 1.0
    view.show_frame(Frame(data))
    view.set_limits(Limits(0, 1))
    bright = {(x, y) for x in range(6) for y in range(4) if colour_at(view, x, y).lightness() > 200}
    assert bright == {(0, 0), (5, 3), (5, 0)}


def test_a_frame_of_another_size_is_fitted(view: ImageView) -> None:
    for side in (256, 512, 64):
        view.show_frame(frame((side, side)))
        seen = view.visible_box
        assert seen == Box(0, side, 0, side)
        middle = colour_at(view, side / 2, side / 2)
        corner = colour_at(view, 0.98 * side, 0.98 * side)
        ground = view.canvas.backgroundBrush().color()
        assert middle != ground
        assert corner != ground


@pytest.mark.parametrize(("factor_mode", "sign"), [("outliers", 1), ("outliers", -1), ("maximum", 1), ("minimum", -1)])
def test_one_pixel_does_not_vanish_from_a_large_picture(view: ImageView, factor_mode: str, sign: int) -> None:
    data = np.zeros((1200, 1200), np.float32)
    data[777, 333] = sign * 100.0
    view.show_frame(Frame(data))
    next(a for a in view.bar.more.actions() if a.objectName() == f"picture_reduce_{factor_mode}").trigger()
    view.set_limits(Limits(-100, 100))
    image = pixels(view)
    assert view.item.last_factor >= 2
    levels = [image.pixelColor(x, y).lightness() for x in range(0, image.width()) for y in range(0, image.height())]
    assert (max(levels) if sign > 0 else min(levels)) == (255 if sign > 0 else 0)


def test_how_the_picture_is_reduced_is_said_on_it(qtbot: QtBot, view: ImageView) -> None:
    view.show_frame(frame((1200, 1200)))
    qtbot.waitUntil(lambda: view.overlays.caption.isVisible())
    assert view.overlays.caption.text().startswith("each point: mean of ")
    assert view.overlays.caption.text().endswith("pixels, outliers kept")
    view.canvas.one_to_one()
    qtbot.waitUntil(lambda: not view.overlays.caption.isVisible())


def test_nan_has_a_tone_of_its_own(view: ImageView) -> None:
    data = np.zeros((4, 4), np.float32)
    data[2, 2], data[1, 1] = np.nan, 1.0
    view.show_frame(Frame(data))
    view.set_limits(Limits(0, 1))
    nan = colour_at(view, 2, 2)
    assert nan.saturation() > 100
    assert colour_at(view, 1, 1).saturation() == colour_at(view, 0, 0).saturation() == 0


@pytest.mark.parametrize(
    "data",
    [
        np.full((8, 9), np.nan, np.float32),
        np.full((8, 9), 5.0, np.float32),
        np.zeros((1, 500), np.float32),
        np.zeros((700, 1), np.float32),
        np.ones((1, 1), np.float32),
        np.array([[np.inf, -np.inf, np.nan, 0]], np.float32),
        np.arange(12, dtype=np.float32),
    ],
)
def test_odd_pictures_do_not_upset_it(view: ImageView, data: np.ndarray) -> None:
    view.show_frame(Frame(data))
    pixels(view)
    for stretch in ("log", "asinh", "sqrt", "histogram", "linear"):
        view.bar.stretch.setCurrentText(stretch)
        pixels(view)
    view.canvas.zoom(3)
    view.canvas.fit()
    view.probe.hover(QPointF(0, 0))
    assert view.readout.place.text().startswith("x 0  y 0")


def test_an_empty_picture_is_said_to_be_empty(view: ImageView) -> None:
    view.show_frame(Frame(np.zeros((0, 7), np.float32)))
    assert "no pixels" in view.overlays.message.text()
    view.show_frame(frame())
    assert view.overlays.message.text() == ""


def test_files_that_cannot_be_read_are_told_in_place(qtbot: QtBot, view: ImageView, tmp_path: Path) -> None:
    path = tmp_path / "pointer.fits"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    view.show_file(path)
    qtbot.waitUntil(lambda: "LFS" in view.overlays.message.text())
    assert "pointer.fits" in view.overlays.message.text()
    table = fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([fits.Column("a", "J", array=[1])])])
    table.writeto(tmp_path / "table.fits")
    view.show_file(tmp_path / "table.fits")
    qtbot.waitUntil(lambda: "no image" in view.overlays.message.text())
    assert not view.bar.isEnabled()


def test_the_last_file_asked_for_is_the_one_that_is_shown(qtbot: QtBot, view: ImageView, tmp_path: Path) -> None:
    paths = [write_frame(frame(seed=seed), tmp_path / f"dark_{seed}.fits") for seed in range(6)]
    for path in paths:
        view.show_file(path)
    qtbot.waitUntil(lambda: view.content is not None)
    qtbot.wait(80)
    assert view.title.text().startswith("dark_5.fits")


# -- choosers ------------------------------------------------------------------------------------------------------


def test_choosers_are_there_only_where_there_is_a_choice(qtbot: QtBot, view: ImageView, tmp_path: Path) -> None:
    view.show_frame(Frame(frame().data))
    assert not view.source_bar.hdu.isVisible()
    assert not view.source_bar.layer.isVisible()
    fits.HDUList(
        [
            fits.PrimaryHDU(),
            fits.ImageHDU(np.arange(2 * 3 * 8 * 9, dtype=np.float32).reshape(2, 3, 8, 9), name="SCI"),
            fits.ImageHDU(np.ones((5, 6), np.int16), name="OTHER"),
        ]
    ).writeto(tmp_path / "ramp.fits")
    view.show_file(tmp_path / "ramp.fits")
    qtbot.waitUntil(lambda: view.source_bar.hdu.isVisible())
    assert not view.source_bar.layer.isVisible()
    groups = view.findChild(type(view.source_bar._planes[1]), "picture_plane_1")
    groups.setValue(2)
    qtbot.waitUntil(lambda: view.content.plane == (0, 2))
    assert view.content.values[0, 0] == 2 * 72
    assert "plane 0, 2 (from 0)" in view.title.text()
    view.source_bar.hdu.setCurrentIndex(1)
    view.source_bar.hdu.activated.emit(1)
    qtbot.waitUntil(lambda: "OTHER [2]" in view.title.text())
    assert view.content.values.shape == (5, 6)
    assert not groups.isVisible()


def test_layers_of_a_frame(qtbot: QtBot, view: ImageView, tmp_path: Path) -> None:
    view.show_file(write_frame(frame(), tmp_path / "dark.fits"))
    qtbot.waitUntil(lambda: view.content is not None)
    assert not view.source_bar.hdu.isVisible(), "error and data quality are layers of SCI, not further choices"
    view.source_bar.layer.textActivated.emit("DQ")
    assert view.content.values[5, 7] == HOT | DO_NOT_USE
    assert "data quality" in view.title.text()
    view.source_bar.layer.textActivated.emit("ERR")
    assert view.content.values[0, 0] == 2.0
    assert "error (ERR)" in view.title.text()


def test_planes_of_a_cube_in_memory(view: ImageView) -> None:
    cube = Frame(np.arange(3 * 4 * 5, dtype=np.float32).reshape(3, 4, 5))
    view.show_frame(cube)
    view.source_bar.plane_chosen.emit((2,))
    assert np.array_equal(view.content.values, cube.data[2])


def test_limits_by_name_and_by_hand(qtbot: QtBot, view: ImageView) -> None:
    shown = frame((128, 128))
    view.show_frame(shown)
    for name in ("98%", "min-max", "99.5%", "zscale"):
        view.bar.limits.setCurrentText(name)
        view.bar.limits.textActivated.emit(name)
        expected = find_limits(shown.data, name)  # type: ignore[arg-type]
        qtbot.waitUntil(lambda expected=expected: view.limits == expected)
    strip = view.limits_bar.strip
    start = QPoint(round(strip._x(view.limits.low)), strip.height() // 2)
    before = view.limits
    qtbot.mousePress(strip, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(strip, start + QPoint(25, 0))
    qtbot.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=start + QPoint(25, 0))
    assert view.limits.low > before.low
    assert view.limits.high == before.high
    assert view.bar.limits.currentText() == "manual"
    view.limits_bar.high.setText("77.5")
    view.limits_bar.high.editingFinished.emit()
    assert view.limits.high == 77.5
    view.limits_bar.high.setText("nonsense")
    view.limits_bar.high.editingFinished.emit()
    assert view.limits.high == 77.5
    assert view.limits_bar.high.text() == "77.5"


def test_inverting_swaps_dark_and_bright(view: ImageView) -> None:
    view.show_frame(Frame(np.array([[0, 1]], np.float32).repeat(2, 0)))
    view.set_limits(Limits(0, 1))
    assert colour_at(view, 0, 0).lightness() < colour_at(view, 1, 0).lightness()
    view.bar.invert.setChecked(True)
    assert colour_at(view, 0, 0).lightness() > colour_at(view, 1, 0).lightness()
    for name in ("viridis", "cividis", "inferno", "magma"):
        view.bar.colours.setCurrentText(name)
        assert colour_at(view, 0, 0) != colour_at(view, 1, 0)


def test_flags_are_marked_in_their_colour(view: ImageView) -> None:
    view.show_frame(frame())
    before = colour_at(view, 7, 5)
    view.bar.mark_all(True)
    chosen = {flag.name for flag in view.bar.chosen_flags()}
    assert chosen == {"DO_NOT_USE", "HOT"}
    first = view.bar.chosen_flags()[0]
    assert colour_at(view, 7, 5) == QColor(first.colour) != before
    view.bar.mark_all(False)
    assert colour_at(view, 7, 5) == before


# -- moving, reading, measuring ------------------------------------------------------------------------------------


def test_keys_zoom_and_move(qtbot: QtBot, view: ImageView) -> None:
    view.show_frame(frame((512, 512)))
    fitted = view.canvas.scale_factor()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Plus)
    assert view.canvas.scale_factor() == pytest.approx(1.5 * fitted, rel=1e-3)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Minus)
    assert view.canvas.scale_factor() == pytest.approx(fitted, rel=1e-3)
    qtbot.keyClick(view.canvas, Qt.Key.Key_1)
    assert view.canvas.scale_factor() == pytest.approx(1.0, rel=1e-3)
    left = view.canvas.box_view.viewRect().left()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Right)
    assert view.canvas.box_view.viewRect().left() > left
    qtbot.keyClick(view.canvas, Qt.Key.Key_0)
    assert view.canvas.scale_factor() == pytest.approx(fitted, rel=1e-3)


def test_zoom_stays_for_a_frame_of_the_same_size(view: ImageView) -> None:
    view.show_frame(frame((256, 256)))
    view.look_at(40, 200, 32)
    seen = view.visible_box
    view.show_frame(frame((256, 256), seed=2))
    assert view.visible_box == seen


def test_readout_names_pixel_value_flags_and_sky(qtbot: QtBot, view: ImageView) -> None:
    coordinates = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": -20.0, "CRPIX1": 8.0}
    header = {"BUNIT": "electron/s", "CRPIX2": 6.0, "CDELT1": -1e-6, "CDELT2": 1e-6, **coordinates}
    view.show_frame(Frame(frame().data, None, frame().dq, header))
    readings: list[Reading | None] = []
    view.cursor_moved.connect(readings.append)
    view.probe.hover(QPointF(7.4, 4.6))
    reading = readings[-1]
    assert (reading.x, reading.y, reading.dq) == (7, 5, HOT | DO_NOT_USE)
    assert reading.flags == ("DO_NOT_USE", "HOT")
    assert reading.value == pytest.approx(float(frame().data[5, 7]))
    assert "(FITS 8, 6)" in view.readout.place.text()
    assert view.readout.value.text().endswith("electron/s")

    def sky() -> bool:
        view.probe.hover(QPointF(7.4, 4.6))
        return view.readout.sky.text() == "00:40:00.0000 -20:00:00.000"

    qtbot.waitUntil(sky)
    view.probe.hover(QPointF(500, 5))
    assert readings[-1] is None
    assert view.readout.value.text() == ""


def test_a_dragged_box_is_measured(qtbot: QtBot, view: ImageView) -> None:
    data = frame().data.copy()
    data[10, 10] = np.nan
    shown = Frame(data, None, frame().dq, {"BUNIT": "electron/s"})
    view.show_frame(shown)
    canvas = view.canvas
    corners = [canvas.mapFromScene(canvas.box_view.mapViewToScene(QPointF(*place))) for place in ((2, 3), (20, 30))]
    view.bar.box.setChecked(True)
    qtbot.mousePress(canvas.viewport(), Qt.MouseButton.LeftButton, pos=corners[0])
    qtbot.mouseMove(canvas.viewport(), corners[0] + QPoint(20, -20))
    qtbot.mouseMove(canvas.viewport(), corners[1])
    qtbot.mouseRelease(canvas.viewport(), Qt.MouseButton.LeftButton, pos=corners[1])
    qtbot.waitUntil(lambda: view.box_statistics is not None)
    box = view.box
    assert (box.x_start, box.y_start) == (2, 3)
    assert (box.x_stop, box.y_stop) == (21, 31)
    part = data[3:31, 2:21]
    good = np.isfinite(part) & (shown.dq[3:31, 2:21] & DO_NOT_USE == 0)
    assert view.box_statistics.n == good.sum() == 28 * 19 - 2
    assert view.box_statistics.mean == pytest.approx(part[good].mean(dtype=float))
    assert view.panel.isVisible()
    view.panel.closed.emit()
    assert not view.panel.isVisible()
    assert view.box is None


def test_copy_and_save(view: ImageView, session: Session, tmp_path: Path) -> None:
    view.show_frame(frame())
    view.export.copy()
    assert QGuiApplication.clipboard().image().size() == view.canvas.grab().size()
    view.export.save(tmp_path / "dark.png")
    assert QImage(str(tmp_path / "dark.png")).size() == view.canvas.grab().size()
    assert [path.name for path in tmp_path.iterdir()] == ["dark.png"], "no temporary file is left"
    assert "dark.png" in session.notices[-1].text


def test_every_control_has_a_name(view: ImageView) -> None:
    from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QToolButton, QWidget

    for kind in (QComboBox, QToolButton, QLineEdit, QAbstractSpinBox):
        for widget in view.findChildren(kind):
            if widget.objectName().startswith("qt_") or isinstance(widget.parent(), QAbstractSpinBox):
                continue
            assert widget.objectName(), widget
            assert widget.accessibleName(), widget.objectName()
            assert isinstance(widget, QWidget)


@pytest.mark.parametrize("name", ["nirc2/n0031.fits.gz", "ramps/iris_readout_sample_ramp.fits"])
def test_real_files(qtbot: QtBot, view: ImageView, real_data: Path, name: str) -> None:
    view.show_file(real_data / name)
    qtbot.waitUntil(lambda: view.drawing is not None)
    assert view.title.text().startswith(Path(name).name)
    pixels(view)


@pytest.mark.parametrize("width", [440, 560, 1100])
def test_all_of_the_readout_is_read_at_any_width(qtbot: QtBot, view: ImageView, width: int) -> None:
    view.resize(width, 600)
    qtbot.wait(20)
    reading = Reading(4095, 4095, 12345.678, "electron/s", ("HOT",), 2048, "10:00:24.0241 +02:12:00.523")
    view.readout.show_reading(reading)
    row = view.readout
    for label in (row.place, row.value, row.flags, row.sky):
        assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width(), label.text()
