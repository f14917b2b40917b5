"""Tasks that go another way: cancelled half-way, refused, changed while at work, saved by the file dialog."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
)
from pytestqt.qtbot import QtBot

from calgui.core.runs.preview import preview as real_preview
from calgui.core.runs.product import provenance as real_provenance
from calgui.core.simulate import DemoNight
from calgui.views.session import Session
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.place import BenchPlace
from calgui.views.workbench.saving import SaveDialog

_LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def place(qtbot: QtBot, session: Session) -> BenchPlace:
    made = BenchPlace(session)
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def page(place: BenchPlace) -> AlgorithmPage:
    return place.show_algorithm("master-dark")


@pytest.fixture
def darks(demo_night: DemoNight) -> list[Path]:
    return sorted(demo_night.raw.glob("iris_20260311_dark_*.fits"))


def ready(qtbot: QtBot, page: AlgorithmPage) -> None:
    qtbot.waitUntil(page.actions_bar.run.isEnabled)


def run(qtbot: QtBot, page: AlgorithmPage) -> None:
    ready(qtbot, page)
    qtbot.mouseClick(page.actions_bar.run, _LEFT)
    qtbot.waitUntil(lambda: page.report is not None)


def files(*folders: Path) -> set[tuple[Path, int, int]]:
    found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {(path, path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def large(folder: Path, like: Path, side: int = 2048, count: int = 6) -> list[Path]:
    """Darks on which a run takes so long that it can be met in the middle."""
    folder.mkdir()
    made = []
    with fits.open(like) as file:
        primary, unit = file[0].header, file["SCI"].header["BUNIT"]
    for number in range(count):
        noise = np.random.default_rng(number).normal(3, 9, (side, side)).astype(np.float32)
        pixels = fits.ImageHDU(noise, name="SCI")
        pixels.header["BUNIT"] = unit
        made.append(folder / f"dark_{number}.fits")
        fits.HDUList([fits.PrimaryHDU(header=primary), pixels]).writeto(made[-1])
    return made


def test_a_run_cancelled_half_way_leaves_no_file_and_a_page_that_works(
    qtbot: QtBot,
    session: Session,
    page: AlgorithmPage,
    darks: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(temporary)
    page.inputs.set_paths(large(tmp_path / "raw", darks[0]))
    before = files(tmp_path)
    ready(qtbot, page)
    shown = page.output.picture.content
    reached: list[float] = []

    def half_way(task: Any, progress: Any) -> None:
        if task.title == "Master dark" and not task.quiet and progress.fraction > 0.3 and not reached:
            reached.append(progress.fraction)
            qtbot.mouseClick(page.actions_bar.cancel, _LEFT)

    session.tasks.progressed.connect(half_way)
    qtbot.mouseClick(page.actions_bar.run, _LEFT)
    qtbot.waitUntil(lambda: bool(reached))
    qtbot.waitUntil(page.actions_bar.run.isEnabled)
    assert 0.3 < reached[0] < 0.9
    assert page.report is None
    assert page.output.banner.reasons.text().startswith("Cancelled: nothing was written.")
    assert page.output.picture.content is shown
    assert files(tmp_path) == before
    assert session.notices == []
    # usable at once: an option is previewed, and the same run goes through
    page.options.set_value("method", "mean")
    run(qtbot, page)
    assert page.output.picture.overlays.note.text() == "whole frame 2048 × 2048"
    assert page.actions_bar.save.isEnabled()
    assert files(tmp_path) == before


def test_an_option_changed_while_a_preview_runs_wins(
    qtbot: QtBot, session: Session, page: AlgorithmPage, darks: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, asked = threading.Event(), []

    def slow(name: str, cut: Any, options: Any, job: Any) -> Any:
        asked.append(options["method"])
        if len(asked) == 1:
            entered.set()
            while True:
                job.report(0.5, "slow")
        return real_preview(name, cut, options, job)

    monkeypatch.setattr("calgui.views.workbench.work.preview", slow)
    page.inputs.set_paths(darks[:3])
    qtbot.waitUntil(entered.is_set)
    method = page.findChild(QComboBox, "bench_option_method")
    method.setCurrentIndex(method.findData("clipped-mean"))
    method.setCurrentIndex(method.findData("mean"))
    qtbot.waitUntil(lambda: page.output.picture.content is not None)
    assert asked == ["median", "mean"], "several changes at once are one preview"
    stack = np.stack([frame.data for frame in page._last_look.cut.frames])  # type: ignore[union-attr]
    per = 1.0 if page._last_look.cut.frames[0].unit == "electron/s" else 100.0  # type: ignore[union-attr]
    np.testing.assert_allclose(page.output.picture.content.values, stack.mean(axis=0) / per, rtol=1e-3, atol=1e-3)
    assert session.notices == []


def test_the_options_of_a_method_open_with_it_and_say_what_was_changed(page: AlgorithmPage) -> None:
    low = page.findChild(QLineEdit, "bench_option_low")
    fold = page.options._folds["clipped-mean"]
    assert not low.isVisible()
    page.options.set_value("method", "clipped-mean")
    assert low.isVisible()
    page.options.set_value("low", 2.5)
    page.options.set_value("high", 4)
    fold.click()
    assert not low.isVisible()
    assert fold.text() == "Clipped mean · 2 changed"
    page.options.set_value("low", 3)
    page.options.set_value("high", 3)
    assert fold.text() == "Clipped mean"
    # what is wrong cannot hide
    page.options.set_value("low", -1)
    assert page.findChild(QLabel, "bench_problem_low").isVisible()


def test_another_exposure_time_is_refused_in_plain_words(
    qtbot: QtBot, page: AlgorithmPage, demo_night: DemoNight, darks: list[Path]
) -> None:
    longer = next(path for path in sorted(demo_night.raw.glob("iris_20260305_dark_*.fits"))
                  if fits.getval(path, "EXPTIME") != fits.getval(darks[0], "EXPTIME"))  # fmt: skip
    page.inputs.set_paths([*darks[:4], longer])
    qtbot.waitUntil(lambda: page.inputs.problem.text().startswith("✕"))
    told = page.inputs.problem.text()
    assert longer.name in told
    assert "exposure time" in told.lower()
    for path in (longer, darks[0]):
        assert f"{fits.getval(path, 'EXPTIME'):g} s" in told
    assert not page.actions_bar.run.isEnabled()
    # the table shows what differs, and only that
    table = page.inputs.table
    assert [table.headerItem().text(column) for column in range(2, 5) if not table.isColumnHidden(column)] == ["time"]
    assert table.topLevelItem(4).text(0) == "✕"
    assert page.output.banner.word.text() == "No result"


@pytest.fixture
def own_file_dialog() -> Iterator[None]:
    before = QApplication.testAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, True)
    yield
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, before)


@pytest.fixture
def choose(qtbot: QtBot, own_file_dialog: None) -> Callable[[SaveDialog, Path], None]:
    """Chooses a file in the dialog that the button opens, by typing its name."""

    def do(dialog: SaveDialog, path: Path) -> None:
        qtbot.mouseClick(dialog.findChild(QPushButton, "bench_save_browse"), _LEFT)
        # one that was closed may not be gone yet
        (chooser,) = (found for found in dialog.findChildren(QFileDialog) if found.isVisible())
        assert chooser.objectName() == "bench_save_file_dialog"
        name = chooser.findChild(QLineEdit, "fileNameEdit")
        listed = chooser.findChild(QListView, "listView")
        # the folder is read in the background, and what was proposed is then selected again
        qtbot.waitUntil(lambda: listed.model().rowCount(listed.rootIndex()) >= len(list(path.parent.glob("*.fits"))))
        qtbot.wait(100)
        name.selectAll()
        assert Path(chooser.directory().absolutePath()) == path.parent
        qtbot.keyClicks(name, path.name)
        buttons = chooser.findChild(QDialogButtonBox, "buttonBox")
        with qtbot.waitSignal(chooser.finished):
            qtbot.mouseClick(buttons.button(QDialogButtonBox.StandardButton.Save), _LEFT)

    return do


def test_saving_through_the_file_dialog_refuses_an_input_and_asks_before_replacing(
    qtbot: QtBot,
    session: Session,
    page: AlgorithmPage,
    darks: list[Path],
    tmp_path: Path,
    choose: Callable[[SaveDialog, Path], None],
) -> None:
    inputs = []
    for path in darks[:3]:
        inputs.append(tmp_path / path.name)
        inputs[-1].write_bytes(path.read_bytes())
    older = tmp_path / "older.fits"
    older.write_bytes(b"an older file")
    before = files(tmp_path)
    page.inputs.set_paths(inputs)
    run(qtbot, page)
    qtbot.mouseClick(page.actions_bar.save, _LEFT)
    dialog = page.findChild(SaveDialog, "bench_save")
    qtbot.waitUntil(dialog.isVisible)
    dialog.set_card("AUTHOR", "A. Person")
    save, told = dialog.findChild(QPushButton, "bench_save_ok"), dialog.file_problem
    assert save.isEnabled()

    choose(dialog, inputs[1])
    assert dialog.path == inputs[1]
    assert told.isVisible()
    assert "one of the inputs" in told.text()
    assert not save.isEnabled()
    dialog.replace.setChecked(True)
    assert not save.isEnabled(), "an input is never replaced, asked for or not"

    dialog.replace.setChecked(False)
    choose(dialog, older)
    assert "exists already" in told.text()
    assert not save.isEnabled()
    assert files(tmp_path) == before
    dialog.replace.setChecked(True)
    assert save.isEnabled()

    dialog.replace.setChecked(False)
    choose(dialog, tmp_path / "new")
    assert dialog.path == tmp_path / "new.fits"
    assert not told.isVisible()
    qtbot.mouseClick(save, _LEFT)
    qtbot.waitUntil(lambda: bool(session.notices))
    assert "was saved" in session.notices[-1].text
    assert {path.name for path, _size, _time in files(tmp_path) - before} == {"new.fits"}
    assert before <= files(tmp_path)
    with fits.open(tmp_path / "new.fits") as file:
        np.testing.assert_array_equal(file["SCI"].data, page.report.result.frame.data)  # type: ignore[union-attr]


def test_saving_cancelled_leaves_nothing_and_says_so(
    qtbot: QtBot,
    session: Session,
    page: AlgorithmPage,
    darks: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page.inputs.set_paths(darks[:3])
    run(qtbot, page)
    entered = threading.Event()

    def slow(inputs: Any, used: Any, job: Any) -> Any:
        made = real_provenance(inputs, used, job)
        entered.set()
        while not job.cancelled:
            pass
        return made

    monkeypatch.setattr("calgui.core.runs.saving.provenance", slow)
    dialog = page.ask_to_save()
    assert dialog is not None
    dialog.file.setText(str(tmp_path / "new.fits"))
    dialog.set_card("AUTHOR", "A. Person")
    qtbot.mouseClick(dialog.findChild(QPushButton, "bench_save_ok"), _LEFT)
    qtbot.waitUntil(entered.is_set)
    session.tasks.cancel_all()
    qtbot.waitUntil(lambda: bool(session.notices))
    assert session.notices[-1].text == "Saving new.fits was cancelled: nothing was written."
    assert session.notices[-1].level == "info"
    assert list(tmp_path.iterdir()) == []
    assert page.actions_bar.save.isEnabled()


def test_subtract_the_dark_in_preview_and_whole_and_save_it(
    qtbot: QtBot, session: Session, place: BenchPlace, demo_night: DemoNight, tmp_path: Path
) -> None:
    session.open_cache(demo_night.cache)
    qtbot.waitUntil(lambda: session.cache is not None)
    page = place.show_algorithm("subtract-dark")
    image = demo_night.raw / "iris_20260311_image_0001.fits"
    page.inputs.set_paths([image])
    page.region.side.setCurrentIndex(0)
    ready(qtbot, page)
    qtbot.waitUntil(lambda: page.output.picture.content is not None)
    dark = page.references._used[0].path
    expected = _subtracted(image, dark)
    part = page._last_look.cut.box  # type: ignore[union-attr]
    assert page.output.picture.overlays.note.text().startswith("preview: cut-out 128 × 128")
    np.testing.assert_allclose(
        page.output.picture.content.values,
        expected[part.y_start : part.y_stop, part.x_start : part.x_stop],
        rtol=1e-5,
        atol=1e-5,
    )
    run(qtbot, page)
    np.testing.assert_allclose(page.output.picture.content.values, expected, rtol=1e-5, atol=1e-5)
    qtbot.mouseClick(page.actions_bar.save, _LEFT)
    dialog = page.findChild(SaveDialog, "bench_save")
    dialog.file.setText(str(dark))
    assert not dialog.findChild(QPushButton, "bench_save_ok").isEnabled(), "a reference in use is never replaced"
    dialog.file.setText(str(tmp_path / "image.fits"))
    qtbot.mouseClick(dialog.findChild(QPushButton, "bench_save_ok"), _LEFT)
    qtbot.waitUntil(lambda: bool(session.notices))
    assert [path.name for path in tmp_path.iterdir()] == ["image.fits"]
    np.testing.assert_allclose(fits.getdata(tmp_path / "image.fits", "SCI"), expected, rtol=1e-5, atol=1e-5)


def _subtracted(image: Path, dark: Path) -> Any:
    """By astropy and numpy alone, in electron/s."""
    made = []
    for path in (image, dark):
        with fits.open(path) as file:
            data = file["SCI"].data.astype(np.float64)
            unit = file["SCI"].header.get("BUNIT") or file[0].header["BUNIT"]
            seconds = file[0].header.get("EFFINTTM") or file[0].header["EXPTIME"]
        made.append(data / (1.0 if unit == "electron/s" else seconds))
    return made[0] - made[1]
