"""A bad pixel map at the bench: made, compared with the one in use, painted by hand, undone, saved."""

import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from calgui.core.frames import dq
from calgui.core.regions.shapes import Rectangle, Region
from calgui.core.simulate import DemoNight
from calgui.views.session import Session
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.painting import PaintBar
from calgui.views.workbench.place import BenchPlace

sys.path.insert(0, str(Path(__file__).parents[1] / "image"))
from mouse import click, drag

HOT = dq.HOT | dq.DO_NOT_USE


@pytest.fixture
def night(demo_night: DemoNight) -> Path:
    return demo_night.folder


@pytest.fixture
def page(qtbot: QtBot, session: Session, night: Path) -> AlgorithmPage:
    place = BenchPlace(session)
    qtbot.addWidget(place)
    place.resize(1500, 900)
    place.show()
    qtbot.waitExposed(place)
    session.open_cache(night / "cache")
    qtbot.waitUntil(lambda: session.cache is not None, timeout=20000)
    made = place.show_algorithm("bad-pixel-map")
    raw = night / "raw"
    made.inputs.set_paths([*sorted(raw.glob("iris_20260311_dark_*.fits"))[:5], raw / "iris_20260311_flat_0001.fits"])
    return made


def run(qtbot: QtBot, page: AlgorithmPage) -> PaintBar:
    qtbot.waitUntil(page.actions_bar.run.isEnabled, timeout=30000)
    page.actions_bar.run.click()
    qtbot.waitUntil(lambda: page.report is not None, timeout=60000)
    assert page.output.painting is not None
    return page.output.painting


def bits(page: AlgorithmPage) -> np.ndarray:
    assert page.report is not None
    assert page.report.result.frame is not None
    assert page.report.result.frame.dq is not None
    return page.report.result.frame.dq


def by_hand(page: AlgorithmPage) -> int:
    assert page.report is not None
    metric = page.report.metrics.get("n_by_hand")
    return 0 if metric is None else int(metric.value or 0)


def good_place(page: AlgorithmPage, side: int = 9) -> tuple[int, int]:
    """Middle of a part of the map where nothing is flagged."""
    plane = bits(page)
    for y in range(20, 100):
        for x in range(20, 100):
            half = side // 2
            if not plane[y - half : y + half + 1, x - half : x + half + 1].any():
                return x, y
    raise AssertionError


def test_the_map_is_previewed_made_and_compared(qtbot: QtBot, page: AlgorithmPage) -> None:
    qtbot.waitUntil(lambda: page.output._preview is not None, timeout=60000)
    assert page.output.painting is not None
    assert not page.output.painting.paint.isEnabled()
    bar = run(qtbot, page)
    assert bar.paint.isEnabled()
    panel = page.output.comparison
    assert "Against tmt_iris_mask_0001.fits" in panel.message.text()
    assert panel.side.isTabVisible(panel.side.indexOf(panel.tables))
    assert not panel.side.isTabVisible(panel.side.indexOf(panel.curves))
    assert panel.changed.horizontalHeaderItem(3).text() == "flags"
    assert panel.changed.rowCount() == len(page_changes(page))
    hot = page.output.hot
    kinds = {hot.grid.item(row, 0).text() for row in range(hot.grid.rowCount())}
    assert {"HOT", "DEAD"} <= kinds
    assert "dead" in hot.count.text()
    # the flags of the map are seen without asking for them
    assert {"HOT", "DEAD"} <= {flag.name for flag in page.output.picture.bar.chosen_flags()}
    assert "DO_NOT_USE" not in {flag.name for flag in page.output.picture.bar.chosen_flags()}


def page_changes(page: AlgorithmPage) -> list[object]:
    comparison = page.output.comparison._comparison
    assert comparison is not None
    return [place for change in comparison.changes for place in change.places.tolist()]


def test_a_click_a_drag_and_a_region_are_steps(qtbot: QtBot, session: Session, page: AlgorithmPage) -> None:
    bar = run(qtbot, page)
    before = bits(page).copy()
    x, y = good_place(page)
    page.output.picture.look_at(x, y, 24)
    bar.paint.click()
    bar.flag.setCurrentText("HOT")
    born = len(page_changes(page))
    click(page.output.picture, x, y)
    qtbot.waitUntil(lambda: by_hand(page) == 1, timeout=10000)
    assert bits(page)[y, x] == HOT
    assert bar.count.text() == "1 by hand"
    # it belongs to what is shown, counted and compared
    assert page.output.picture.content.dq[y, x] == HOT
    assert len(page_changes(page)) == born + 1
    assert session.history.undoText() == "set DO_NOT_USE HOT in 1 pixel"
    # a line of three pixels' width
    bar.brush.setCurrentIndex(1)
    bar.flag.setCurrentText("TELEGRAPH")
    bar.unusable.setChecked(False)
    seen: list[bool] = []
    bar.stroked.connect(lambda _stroke: seen.append(bar._live.isVisible()))
    drag(page.output.picture, (x - 2, y + 3), (x + 2, y + 3))
    assert seen == [True]
    qtbot.waitUntil(lambda: by_hand(page) > 1, timeout=10000)
    painted = (bits(page) & dq.BY_NAME["TELEGRAPH"].value) != 0
    assert painted[y + 2 : y + 5, x - 1 : x + 2].all()
    assert painted.sum() == by_hand(page) - 1
    assert not bar._live.isVisible()
    # a region, cleared of everything
    page.output.picture.measuring.regions.add(Region(Rectangle(x, y, 5, 5)))
    bar.way.setCurrentText("clear")
    assert bar.flag.currentText() == "all flags"
    bar.region.click()
    qtbot.waitUntil(lambda: not bits(page)[y, x], timeout=10000)
    # back to the map that was made, and forth again
    for _ in range(4):  # drawing the region was a step too
        session.history.undo()
    qtbot.waitUntil(lambda: np.array_equal(bits(page), before), timeout=10000)
    assert bar.count.text() == ""
    session.history.redo()
    qtbot.waitUntil(lambda: by_hand(page) == 1, timeout=10000)
    assert bits(page)[y, x] == HOT


def test_what_was_painted_is_saved_and_told(qtbot: QtBot, page: AlgorithmPage, tmp_path: Path) -> None:
    bar = run(qtbot, page)
    x, y = good_place(page)
    page.output.picture.look_at(x, y, 24)
    bar.paint.click()
    bar.flag.setCurrentText("DEAD")
    click(page.output.picture, x, y)
    qtbot.waitUntil(lambda: by_hand(page) == 1, timeout=10000)
    assert "By hand: 1 pixel flagged, none cleared." in page.output.banner.reasons.text()
    dialog = page.ask_to_save()
    assert dialog is not None
    out = tmp_path / "mask.fits"
    dialog.file.setText(str(out))
    dialog.findChild(QPushButton, "bench_save_ok").click()
    qtbot.waitUntil(out.exists, timeout=20000)
    with fits.open(out) as hdus:
        assert hdus["DQ"].data[y, x] == dq.DEAD | dq.DO_NOT_USE
        assert "By hand: 1 pixel flagged, 0 cleared, in 1 stroke" in str(hdus[0].header["HISTORY"])
        assert hdus[0].header["NBYHAND"] == 1


def test_the_mouse_goes_back_to_its_other_uses(qtbot: QtBot, page: AlgorithmPage) -> None:
    bar = run(qtbot, page)
    picture = page.output.picture
    bar.paint.click()
    assert picture.canvas.box_view.drawing
    picture.bar.box.trigger()
    assert not bar.paint.isChecked()
    assert picture.measuring.taken is None
    assert picture.canvas.box_view.drawing
    bar.paint.click()
    assert not picture.bar.box.isChecked()
    bar.paint.click()
    assert not picture.canvas.box_view.drawing
    bar.paint.click()
    picture.bar.shapes["circle"].trigger()
    assert not bar.paint.isChecked()


def test_another_run_is_another_map(qtbot: QtBot, session: Session, page: AlgorithmPage) -> None:
    bar = run(qtbot, page)
    x, y = good_place(page)
    page.output.picture.look_at(x, y, 24)
    bar.paint.click()
    click(page.output.picture, x, y)
    qtbot.waitUntil(lambda: by_hand(page) == 1, timeout=10000)
    page.actions_bar.run.click()
    assert not bar.paint.isChecked()
    assert not bar.paint.isEnabled()
    qtbot.waitUntil(lambda: page.report is not None, timeout=60000)
    assert by_hand(page) == 0
    assert bar.count.text() == ""
    plain = bits(page).copy()
    session.history.undo()
    qtbot.wait(100)
    np.testing.assert_array_equal(bits(page), plain)


def test_a_preview_is_not_painted_on(qtbot: QtBot, page: AlgorithmPage) -> None:
    bar = run(qtbot, page)
    bar.paint.click()
    earlier = page.output._preview
    page.options.put_values({"hot_sigma": 20.0})
    page.options.changed.emit()
    qtbot.waitUntil(lambda: page.output._preview is not None and page.output._preview is not earlier, timeout=60000)
    assert not bar.paint.isEnabled()
    assert not bar.paint.isChecked()
    page.output.show_whole_button.click()
    assert bar.paint.isEnabled()


def test_a_converted_mask_is_painted_too(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    values = np.full((64, 64), 9, np.uint8)
    values[10, 20] = 0
    fits.PrimaryHDU(values).writeto(tmp_path / "osiris.fits")
    place = BenchPlace(session)
    qtbot.addWidget(place)
    place.resize(1500, 900)
    place.show()
    page = place.show_algorithm("convert-mask")
    page.inputs.set_paths([tmp_path / "osiris.fits"])
    bar = run(qtbot, page)
    assert "9 was taken for good" in page.output.banner.reasons.text()
    assert "Open a cache to compare the new bad pixel map" in page.output.comparison.message.text()
    page.output.picture.look_at(40, 40, 24)
    bar.paint.click()
    click(page.output.picture, 40, 40)
    qtbot.waitUntil(lambda: by_hand(page) == 1, timeout=10000)
    assert np.argwhere(bits(page)).tolist() == [[10, 20], [40, 40]]
