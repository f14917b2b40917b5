"""Whole tasks at the bench: choose darks, see a refusal, change an option, run, cancel, save, read back."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLabel, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from calgui.core.algorithms.registry import registry
from calgui.core.catalogue import CATALOGUE, GROUPS
from calgui.core.frames.dq import HOT, WARM
from calgui.core.simulate import make_demo
from calgui.views.session import Pixel, Session
from calgui.views.theme import theme
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.place import BenchPlace

SIDE = 256


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("night") / "demo"
    make_demo(folder, size=SIDE, seed=11)
    return folder


@pytest.fixture
def place(qtbot: QtBot, session: Session) -> BenchPlace:
    made = BenchPlace(session)
    qtbot.addWidget(made)
    made.resize(1500, 900)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def page(place: BenchPlace) -> AlgorithmPage:
    return place.show_algorithm("master-dark")


def darks(night: Path) -> list[Path]:
    return sorted((night / "raw").glob("iris_20260311_dark_*.fits"))


def open_cache(qtbot: QtBot, session: Session, night: Path) -> None:
    session.open_cache(night / "cache")
    qtbot.waitUntil(lambda: session.cache is not None)


def previewed(page: AlgorithmPage) -> Any:
    return page.output._preview


def wait_for_preview(qtbot: QtBot, page: AlgorithmPage, after: Any = None) -> Any:
    qtbot.waitUntil(lambda: previewed(page) is not None and previewed(page) is not after)
    return previewed(page)


def run(qtbot: QtBot, page: AlgorithmPage) -> None:
    qtbot.waitUntil(page.actions_bar.run.isEnabled)
    qtbot.mouseClick(page.actions_bar.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.report is not None)


def test_every_calibration_and_every_algorithm_has_its_row(place: BenchPlace) -> None:
    tree = place.list
    groups = [tree.topLevelItem(number) for number in range(tree.topLevelItemCount())]
    names = [child.text(0) for group in groups for child in (group.child(n) for n in range(group.childCount()))]
    listed = {row.title for row in CATALOGUE if not any(name in registry() for name in row.algorithms)}
    shown = [name for row in (*CATALOGUE, *GROUPS) for name in row.algorithms if name in registry()]
    titles = {group.text(0) for group in groups}
    assert {row.title for row in GROUPS if any(name in registry() for name in row.algorithms)} <= titles
    assert sorted(names) == sorted([*listed, *(registry()[name].title for name in shown)])
    lenslet = next(child for group in groups for child in (group.child(n) for n in range(group.childCount()))
                if child.text(0).startswith("Lenslet"))  # fmt: skip
    tree.setCurrentItem(lenslet)
    assert "RECTMAT" in place.facts.text()
    assert place.stack.currentWidget() is place.facts


def test_take_the_selection_and_see_a_preview(qtbot: QtBot, session: Session, page: AlgorithmPage, night: Path) -> None:
    assert not page.inputs.take.isEnabled()
    session.select(darks(night))
    assert page.inputs.take.text() == "Take the selection (9)"
    qtbot.mouseClick(page.inputs.take, Qt.MouseButton.LeftButton)
    result, cut, _title = wait_for_preview(qtbot, page)
    assert cut.text == "whole frame 256 × 256" or cut.text.startswith("cut-out 256 × 256")
    assert page.output.picture.overlays.note.text() == f"preview: {cut.text}"
    assert np.array_equal(page.output.picture.content.values, result.frame.data)
    said = page.inputs.problem.text()
    assert said.replace("\u00a0", " ") == "✓ 9 files, fit for this · IRIS1 · 100 s · 256 × 256"
    assert said.endswith("256\u00a0×\u00a0256"), "a size is not broken over two lines"
    assert page.output.banner.word.text().startswith(("Good", "Doubtful"))
    shown = {page.output.metrics.item(row, 0).text() for row in range(page.output.metrics.rowCount())}
    assert {"median rate", "noise", "frames"} <= shown


def test_a_mixed_set_is_refused_where_it_stands(qtbot: QtBot, page: AlgorithmPage, night: Path) -> None:
    odd = sorted((night / "raw").glob("iris_20260311_subdark_*.fits"))[0]
    page.inputs.set_paths([*darks(night)[:4], odd])
    qtbot.waitUntil(lambda: page.inputs.problem.text().startswith("✕"))
    assert odd.name in page.inputs.problem.text()
    marks = {page.inputs.table.topLevelItem(row).text(1): page.inputs.table.topLevelItem(row).text(0)
             for row in range(5)}  # fmt: skip
    assert marks == {path.name: "✕" if path == odd else "" for path in [*darks(night)[:4], odd]}
    assert not page.actions_bar.run.isEnabled()
    assert page.output.banner.word.text() == "No result"
    page.inputs.table.topLevelItem(4).setSelected(True)
    qtbot.keyClick(page.inputs.table, Qt.Key.Key_Delete)
    wait_for_preview(qtbot, page)
    assert page.inputs.problem.text().startswith("✓ 4 files")
    assert page.actions_bar.run.isEnabled()


def test_too_few_are_refused_and_none_is_a_hint(qtbot: QtBot, page: AlgorithmPage, night: Path) -> None:
    page.inputs.set_paths(darks(night)[:2])
    qtbot.waitUntil(lambda: "3 or more" in page.inputs.problem.text())
    page.inputs.set_paths([])
    qtbot.waitUntil(lambda: page.inputs.problem.text().startswith("Takes"))
    assert not page.actions_bar.run.isEnabled()
    assert not page.actions_bar.copy.isEnabled()


def test_dropped_files_and_folders_are_added(qtbot: QtBot, page: AlgorithmPage, night: Path, tmp_path: Path) -> None:
    folder = tmp_path / "some"
    folder.mkdir()
    for path in darks(night)[:3]:
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "notes.txt").write_text("no FITS")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder)), QUrl.fromLocalFile(str(darks(night)[5]))])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    page.inputs.dropEvent(event)
    assert [path.name for path in page.inputs.paths] == [path.name for path in (*darks(night)[:3], darks(night)[5])]
    wait_for_preview(qtbot, page)


def test_the_preview_follows_the_options(qtbot: QtBot, page: AlgorithmPage, night: Path) -> None:
    page.inputs.set_paths(darks(night)[:5])
    before = wait_for_preview(qtbot, page)
    method = page.findChild(QComboBox, "bench_option_method")
    method.setCurrentIndex(method.findData("mean"))
    after = wait_for_preview(qtbot, page, before)
    assert after[1] is before[1], "the cut-outs are not read again"
    stack = np.stack([frame.data for frame in after[1].frames])
    seconds = float(after[0].metrics["exposure_time_s"].value)
    np.testing.assert_allclose(after[0].frame.data, stack.mean(axis=0) / _per(after, seconds), rtol=1e-3, atol=1e-3)
    reset = page.findChild(QToolButton, "bench_reset_method")
    assert reset.isVisible()
    qtbot.mouseClick(reset, Qt.MouseButton.LeftButton)
    again = wait_for_preview(qtbot, page, after)
    assert np.array_equal(again[0].frame.data, before[0].frame.data)
    assert not reset.isVisible()


def _per(shown: Any, seconds: float) -> float:
    return seconds if shown[1].frames[0].unit == "electron" else 1.0


def test_a_value_that_cannot_be_is_marked_and_not_used(qtbot: QtBot, page: AlgorithmPage, night: Path) -> None:
    page.inputs.set_paths(darks(night)[:3])
    before = wait_for_preview(qtbot, page)
    field = page.findChild(QLineEdit, "bench_option_hot_sigma")
    field.selectAll()
    qtbot.keyClicks(field, "0.2")
    problem = page.findChild(QLabel, "bench_problem_hot_sigma")
    assert problem.isVisible()
    assert "from 1 up to 1000 local sigma" in problem.text()
    assert page.options.values()["hot_sigma"] == 7.0
    qtbot.wait(150)
    assert previewed(page) is before
    field.selectAll()
    qtbot.keyClicks(field, "9")
    assert not problem.isVisible()
    assert wait_for_preview(qtbot, page, before)
    assert page.options.values()["hot_sigma"] == 9.0


def test_the_preview_can_be_moved_and_resized(qtbot: QtBot, page: AlgorithmPage, night: Path) -> None:
    page.inputs.set_paths(darks(night)[:3])
    before = wait_for_preview(qtbot, page)
    page.region.side.setCurrentIndex(0)
    small = wait_for_preview(qtbot, page, before)
    assert small[1].text == "cut-out 128 × 128 from x 64, y 64"
    page.region.x.setValue(200)
    moved = wait_for_preview(qtbot, page, small)
    assert moved[1].text == "cut-out 128 × 128 from x 128, y 64"


def test_run_the_whole_and_compare_with_the_dark_in_use(
    qtbot: QtBot, session: Session, page: AlgorithmPage, night: Path
) -> None:
    open_cache(qtbot, session, night)
    page.inputs.set_paths(darks(night))
    wait_for_preview(qtbot, page)
    run(qtbot, page)
    output = page.output
    assert output.picture.overlays.note.text() == f"whole frame {SIDE} × {SIDE}"
    assert output.picture.content.values.shape == (SIDE, SIDE)
    assert page.actions_bar.save.isEnabled()
    assert output.comparison.message.text().startswith("Against tmt_iris_dark_")
    assert output.comparison.picture.content.values.shape == (SIDE, SIDE)
    assert output.comparison.metrics.rowCount() > 4
    rows = output.comparison.changed.rowCount()
    metrics = {output.comparison.metrics.item(row, 0).text(): output.comparison.metrics.item(row, 1).text()
               for row in range(output.comparison.metrics.rowCount())}  # fmt: skip
    assert rows == int(metrics["new hot pixels"]) + int(metrics["vanished hot pixels"])
    # another option: the whole result stays at hand, and says that it is of earlier options
    method = page.findChild(QComboBox, "bench_option_method")
    earlier = previewed(page)
    method.setCurrentIndex(method.findData("mean"))
    wait_for_preview(qtbot, page, earlier)
    button = page.findChild(QPushButton, "bench_show_whole")
    assert output.picture.overlays.note.text().startswith("preview:")
    output.tabs.setCurrentIndex(0)
    assert button.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert output.picture.overlays.note.text() == f"whole frame {SIDE} × {SIDE}, made with earlier inputs or options"


def test_a_hot_pixel_of_the_list_is_shown_in_the_picture(qtbot: QtBot, page: AlgorithmPage, night: Path) -> None:
    page.region.side.setCurrentIndex(0)
    page.inputs.set_paths(darks(night)[:5])
    before = wait_for_preview(qtbot, page)
    output, hot = page.output, page.output.hot
    output.side.setCurrentWidget(hot)

    def place() -> tuple[str, int, int, float]:
        x, y, value = (hot.grid.item(0, column).text().replace(",", "") for column in (1, 2, 3))
        return hot.grid.item(0, 0).text(), int(x), int(y), float(value)

    # of a cut-out the list has the columns and rows of the whole frame
    flag, x, y, value = place()
    box = before[1].box
    data = before[0].frame.data
    assert value == pytest.approx(data[y - box.y_start, x - box.x_start], rel=1e-4)
    assert flag == "HOT"
    hot.grid.selectRow(0)
    # picked in an input, where the references of the pixel and its ramp are told
    assert page.session.pixel == Pixel(darks(night)[0], x, y)
    assert output.picture.picking.mark.isVisible()
    assert output.picture.picking.mark.pos() == QPointF(x - box.x_start, y - box.y_start)
    page.session.pick(Pixel(darks(night)[3], box.x_start + 9, box.y_start + 8))
    assert output.picture.picking.mark.pos() == QPointF(9, 8)
    run(qtbot, page)
    assert output.picture.picking.mark.pos() == QPointF(box.x_start + 9, box.y_start + 8)
    frame = page.report.result.frame
    flag, x, y, value = place()
    assert value == pytest.approx(np.nanmax(np.where(frame.dq & HOT, frame.data, np.nan)), rel=1e-4)
    counts = {name: int(np.count_nonzero(frame.dq & bit & ~np.uint32(other)))
              for name, bit, other in (("hot", HOT, 0), ("warm", WARM, HOT))}  # fmt: skip
    for name, count in counts.items():
        assert not count or f"{count:,} {name}" in hot.count.text()
    assert hot.grid.rowCount() == min(500, sum(counts.values()))
    hot.grid.selectRow(0)
    assert page.session.pixel == Pixel(darks(night)[0], x, y)
    seen = output.picture.visible_box
    assert seen.x_start <= x < seen.x_stop <= seen.x_start + 80
    assert seen.y_start <= y < seen.y_stop


def test_the_preview_follows_where_the_user_looks(qtbot: QtBot, page: AlgorithmPage, night: Path) -> None:
    page.region.side.setCurrentIndex(0)
    page.inputs.set_paths(darks(night)[:3])
    before = wait_for_preview(qtbot, page)
    run(qtbot, page)
    page.output.picture.look_at(190, 60, 40)
    page.options.set_value("method", "mean")
    after = wait_for_preview(qtbot, page, before)
    box = after[1].box
    assert abs((box.x_start + box.x_stop) / 2 - 190) < 3
    assert box.y_start == 0


def test_cancel_leaves_nothing_behind(
    qtbot: QtBot, session: Session, page: AlgorithmPage, night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.inputs.set_paths(darks(night)[:3])
    wait_for_preview(qtbot, page)
    started = threading.Event()

    def endless(*_args: object, job: Any, **_more: object) -> None:
        started.set()
        while True:
            job.report(0.5, "Combining")

    monkeypatch.setattr("calgui.views.workbench.work.run_files", endless)
    qtbot.mouseClick(page.actions_bar.run, Qt.MouseButton.LeftButton)
    assert started.wait(60)
    assert not page.actions_bar.run.isEnabled()
    assert page.actions_bar.cancel.isEnabled()
    qtbot.waitUntil(lambda: page.actions_bar.said.text().startswith("Combining"))
    assert page.actions_bar.progress.isVisible()
    qtbot.mouseClick(page.actions_bar.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.actions_bar.run.isEnabled)
    assert page.report is None
    assert not page.actions_bar.cancel.isEnabled()
    assert not page.actions_bar.save.isEnabled()
    assert "Cancelled" in page.output.banner.reasons.text()
    assert session.notices == []


def test_save_as_a_reference_and_read_it_back(
    qtbot: QtBot, session: Session, page: AlgorithmPage, night: Path, tmp_path: Path
) -> None:
    page.inputs.set_paths(darks(night)[:5])
    run(qtbot, page)
    assert page.actions_bar.ingest.isHidden()
    dialog = page.ask_to_save()
    assert dialog is not None
    out = tmp_path / "new_dark.fits"
    dialog.file.setText(str(out))
    save = dialog.findChild(QPushButton, "bench_save_ok")
    dialog.set_card("USEAFTER", "tomorrow")
    assert not save.isEnabled()
    assert dialog.findChild(QLabel, "bench_save_problem_USEAFTER").text().startswith("✕")
    dialog.set_card("USEAFTER", "2026-03-11T00:00:00")
    dialog.set_card("AUTHOR", "A. Person")
    dialog.set_card("HISTORY", "After the cool-down.")
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any("was saved" in notice.text for notice in session.notices))
    with fits.open(out) as file:
        assert file[0].header["AUTHOR"] == "A. Person"
        assert file[0].header["REFTYPE"] == "DARK"
        assert str(file[0].header["HISTORY"][0]) == "After the cool-down."
        np.testing.assert_array_equal(file["SCI"].data, page.report.result.frame.data)
    assert [path.name for path in tmp_path.iterdir()] == ["new_dark.fits"]
    # what was saved can go into the cache, until there is another result
    with qtbot.waitSignal(session.page_requested) as asked:
        qtbot.mouseClick(page.actions_bar.ingest, Qt.MouseButton.LeftButton)
    assert asked.args == ["ingest", (out,)]
    page.actions_bar.start()
    assert page.actions_bar.ingest.isHidden()
    page.output.picture.show_file(out)
    qtbot.waitUntil(lambda: page.output.picture.title.text().startswith("new_dark.fits"))


def test_the_odd_frame_is_marked_by_word(qtbot: QtBot, page: AlgorithmPage, night: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.fits"
    with fits.open(darks(night)[8]) as file:
        file["SCI"].data = file["SCI"].data + 40 * np.nanstd(file["SCI"].data)
        file.writeto(odd)
    page.inputs.set_paths([*darks(night)[:6], odd])
    wait_for_preview(qtbot, page)
    assert page.output.banner.word.text().startswith("Doubtful")
    assert "odd.fits" in page.output.banner.reasons.text()
    grid = page.output.tables.findChildren(type(page.output.metrics).__mro__[1], "bench_table_0")[-1]
    marks = {grid.item(row, 1).text(): grid.item(row, 0).text() for row in range(grid.rowCount())}
    assert marks.pop("odd.fits") == "✕ odd one out"
    assert set(marks.values()) == {"✓"}


def test_subtract_the_dark_that_the_rules_select_or_one_by_hand(
    qtbot: QtBot, session: Session, place: BenchPlace, night: Path
) -> None:
    page = place.show_algorithm("subtract-dark")
    image = night / "raw" / "iris_20260311_image_0001.fits"
    page.inputs.set_paths([image])
    qtbot.waitUntil(lambda: "DARK" in page.inputs.problem.text())
    open_cache(qtbot, session, night)
    before = wait_for_preview(qtbot, page)
    label = page.findChild(QLabel, "bench_reference_DARK")
    selected = label.text()
    assert selected.startswith("tmt_iris_dark_")
    other = next(path for path in sorted((night / "cache").rglob("tmt_iris_dark_*.fits"))
                 if path.name != selected and fits.getval(path, "DETECTOR") == "IRIS1"
                 and fits.getdata(path, "SCI").shape == (SIDE, SIDE))  # fmt: skip
    page.references.give("DARK", other)
    after = wait_for_preview(qtbot, page, before)
    assert label.text() == other.name
    assert not np.array_equal(after[0].frame.data, before[0].frame.data)
    page.references.give("DARK", None)
    again = wait_for_preview(qtbot, page, after)
    assert label.text() == selected
    assert np.array_equal(again[0].frame.data, before[0].frame.data, equal_nan=True)


def test_the_command_is_copied(qtbot: QtBot, session: Session, page: AlgorithmPage, night: Path) -> None:
    page.inputs.set_paths(darks(night)[:3])
    page.options.set_value("method", "mean")
    qtbot.mouseClick(page.actions_bar.copy, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    assert text == page.command()
    assert text.startswith("calgui run master-dark -p method=mean -o master_dark.fits ")


def test_every_control_has_a_name_and_both_themes_draw(qtbot: QtBot, place: BenchPlace, page: AlgorithmPage) -> None:
    for kind in (QComboBox, QToolButton, QLineEdit, QAbstractSpinBox, QPushButton):
        for widget in page.findChildren(kind):
            if widget.objectName().startswith("qt_") or isinstance(widget.parent(), QAbstractSpinBox):
                continue
            assert widget.objectName(), widget
            assert widget.accessibleName() or widget.text(), widget.objectName()
    light = place.grab().toImage()
    theme().apply(dark=True)
    try:
        assert place.grab().toImage() != light
    finally:
        theme().apply(dark=False)
