"""A picked pixel: its value, what its references have there, and the reads or the spectrum behind it."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from calgui.core.simulate.night import DemoNight
from calgui.views.observations.pixel.page import PixelPage
from calgui.views.session import Pixel, Session


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> PixelPage:
    made = PixelPage(session)
    qtbot.addWidget(made)
    made.resize(420, 600)
    made.show()
    return made


def texts(page: PixelPage, column: int) -> list[str]:
    return [page.table.item(row, column).text() for row in range(page.table.rowCount())]


def test_the_references_at_the_pixel(page: PixelPage, session: Session, demo_night: DemoNight, qtbot: QtBot) -> None:
    path = demo_night.raw / "iris_20260311_image_0006.fits"
    assert not page.table.isVisible()
    session.open_cache(demo_night.cache)
    session.pick(Pixel(path, 40, 50))
    qtbot.waitUntil(lambda: page.table.rowCount() > 2)
    whats = texts(page, 0)
    assert whats[0] == "observation"
    with fits.open(path) as opened:
        assert texts(page, 1)[0].startswith(f"{float(opened['SCI'].data[50, 40]):.6g}")
    dark = next(fact for fact in page.facts if fact.what.casefold() == "dark")
    with fits.open(dark.path) as opened:
        expected = float(opened["SCI"].data[50, 40])
    assert f"{expected:.6g}" in texts(page, 1)[whats.index(dark.what)]
    shown: list[Path] = []
    session.frame_requested.connect(shown.append)
    page.table.itemDoubleClicked.emit(page.table.item(whats.index(dark.what), 0))
    assert shown == [dark.path]
    session.pick(None)
    assert not page.table.isVisible()


def test_the_reads_of_a_ramp(page: PixelPage, session: Session, demo_night: DemoNight, qtbot: QtBot) -> None:
    session.pick(Pixel(demo_night.raw / "iris_20260311_skyramp_0001.fits", 100, 200))
    qtbot.waitUntil(lambda: page.behind_title.isVisible())
    assert page.reads.isVisible()
    assert len(page.reads.lines) == 1
    assert page.reads.lines[0].slope > 0


def test_the_ramp_of_the_same_exposure(page: PixelPage, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    cards = {"DETECTOR": "IRIS1", "DATE-OBS": "2026-03-11", "TIME-OBS": "13:20:00"}
    image, ramp, other = (tmp_path / f"{name}.fits" for name in ("image", "ramp", "other"))
    for path, shape, time in (
        (image, (6, 7), "13:20:00"),
        (ramp, (1, 5, 6, 7), "13:20:00"),
        (other, (1, 5, 6, 7), "14:00:00"),
    ):
        hdu = fits.PrimaryHDU(np.arange(np.prod(shape), dtype=np.float32).reshape(shape))
        hdu.header.update(cards | {"TIME-OBS": time})
        hdu.writeto(path)

    class Entry:
        def __init__(self, path: Path) -> None:
            self.path, self.header = path, dict(fits.getheader(path))

    session.observations = lambda: [Entry(path) for path in (other, image, ramp)]
    session.pick(Pixel(image, 3, 2))
    qtbot.waitUntil(lambda: page.behind_title.isVisible())
    assert "ramp.fits" in page.behind_title.text()
    np.testing.assert_allclose(page.reads.samples.value[0], 17 + 42 * np.arange(5))


def test_the_spectrum_through_a_cube(page: PixelPage, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    data = np.arange(5 * 6 * 7, dtype=np.float32).reshape(5, 6, 7)
    fits.PrimaryHDU(data).writeto(tmp_path / "cube.fits")
    session.pick(Pixel(tmp_path / "cube.fits", 3, 2, (1,)))
    qtbot.waitUntil(lambda: page.behind_title.isVisible())
    np.testing.assert_allclose(page.spectrum.curves[0].y, data[:, 2, 3])
    session.pick(Pixel(tmp_path / "gone.fits", 3, 2))
    qtbot.waitUntil(lambda: not page.spectrum.isVisible())
    assert not page.table.isVisible()


def test_the_table_tells_values_first_and_without_noise(
    page: PixelPage, session: Session, demo_night: DemoNight, qtbot: QtBot
) -> None:
    session.open_cache(demo_night.cache)
    session.pick(Pixel(demo_night.raw / "iris_20260311_image_0006.fits", 0, 1))
    qtbot.waitUntil(lambda: page.table.rowCount() > 2)
    whats, values = texts(page, 0), texts(page, 1)
    # what holds no picture is told in one row, the last
    assert whats[-1] == "others"
    assert values[-1] == "no picture of the detector: adc, distortion, drizpars"
    assert not {"adc", "distortion", "drizpars"} & set(whats)
    # a map of flags has whole numbers, in all figures
    assert values[whats.index("mask")] == "2147484161"
    assert "REFERENCE_PIXEL" in texts(page, 2)[whats.index("mask")]
    assert values[whats.index("nonlincoeff")].endswith("(all pixels)")


def test_a_number_without_a_unit_is_told_without_one(
    page: PixelPage, session: Session, demo_night: DemoNight, qtbot: QtBot
) -> None:
    session.open_cache(demo_night.cache)
    session.pick(Pixel(demo_night.raw / "iris_20260311_image_0001.fits", 40, 50))
    qtbot.waitUntil(lambda: "flat" in texts(page, 0))
    flat = texts(page, 1)[texts(page, 0).index("flat")]
    assert "±" in flat
    assert not flat.endswith(" 1")


def test_the_plane_is_told(page: PixelPage, session: Session, demo_night: DemoNight) -> None:
    session.pick(Pixel(demo_night.raw / "iris_20260311_cube_0001.fits", 9, 12, (151,)))
    assert "plane 151" in page.title.text()


def test_the_same_pixel_of_the_next_file_is_one_click_away(
    page: PixelPage, session: Session, demo_night: DemoNight, qtbot: QtBot
) -> None:
    first, second = (demo_night.raw / f"iris_20260311_dark_000{number}.fits" for number in (1, 2))
    session.select([first])
    session.pick(Pixel(first, 40, 50))
    assert not page.here.isVisible()
    session.select([second])
    assert page.here.isVisible()
    assert page.here.text() == f"Same pixel of {second.name}"
    qtbot.mouseClick(page.here, Qt.MouseButton.LeftButton)
    assert session.pixel == Pixel(second, 40, 50)
    assert not page.here.isVisible()
    # of several selected files it may be any
    session.select([first, second])
    assert not page.here.isVisible()
    session.pick(None)
    assert not page.here.isVisible()
