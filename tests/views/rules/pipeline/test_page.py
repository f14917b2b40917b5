"""What stpipe would fetch, in the window: whole tasks on the demo night."""

import configparser
import shlex
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from calgui.core.rules.selection.select import best_references
from calgui.core.rules.values import Status
from calgui.core.simulate import DemoNight
from calgui.views.rules.pipeline.model import INSTEAD, TYPE
from calgui.views.rules.pipeline.page import PipelinePage
from calgui.views.window import MainWindow


@pytest.fixture
def page(window: MainWindow, demo_night: DemoNight, settled: Callable) -> PipelinePage:
    window.open_paths([demo_night.cache, next(demo_night.raw.rglob("*image_0006.fits"))])
    settled(window)
    window.session.ask_page("pipeline")
    settled(window)
    return window.place("rules").page("pipeline")


def row(page: PipelinePage, kind: str) -> int:
    return next(number for number, one in enumerate(page.model.fetches) if one.type == kind)


def test_it_tells_what_crds_selects_and_where_a_run_stops(page: PipelinePage) -> None:
    session = page.session
    header = next(entry.header for entry in session.observations())
    for answer, fetch in zip(best_references(session.cache, session.context, header), page.model.fetches, strict=True):
        assert (answer.type, answer.file) == (fetch.type, fetch.file)
        assert fetch.present is (answer.status is Status.SELECTED)
    assert "The pipeline stops: flat not found" in page.told.text()
    page.model.setData(
        page.model.index(row(page, "flat"), TYPE), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole
    )
    assert "stops" not in page.told.text()


def test_another_file_is_chosen_in_place(page: PipelinePage, qtbot: QtBot) -> None:
    index = page.model.index(row(page, "flat"), INSTEAD)
    page.table.setCurrentIndex(index)
    page.table.edit(index)
    editor = page.table.indexWidget(index) or page.table.findChild(object, "pipeline_instead_flat")
    choices = [editor.itemText(number) for number in range(editor.count())]
    assert "N/A" in choices
    file = next(choice for choice in choices if choice.endswith("tmt_iris_flat_0003.fits"))
    editor.setEditText(file)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert page.lines.toPlainText() == f'override_flat = "{file}"'
    assert shlex.split(page.options.toPlainText()) == [f"--override_flat={file}"]
    assert "stops" not in page.told.text()
    page.step.setText("flat_field")
    assert "[[flat_field]]" in page.lines.toPlainText()
    assert shlex.split(page.options.toPlainText()) == [f"--steps.flat_field.override_flat={file}"]
    page.copy_options.click()
    assert QGuiApplication.clipboard().text() == page.options.toPlainText()


def test_lines_are_a_configuration_file_that_others_read(page: PipelinePage) -> None:
    page.model.setData(page.model.index(row(page, "dark"), INSTEAD), "/data/my darks/d 1.fits")
    page.model.setData(page.model.index(row(page, "mask"), INSTEAD), "N/A")
    parser = configparser.ConfigParser()
    parser.read_string("[step]\n" + page.lines.toPlainText())
    assert parser["step"]["override_dark"].strip('"') == "/data/my darks/d 1.fits"
    assert parser["step"]["override_mask"].strip('"') == "N/A"


def test_a_file_from_elsewhere(page: PipelinePage, monkeypatch: pytest.MonkeyPatch) -> None:
    page.browse.click()
    assert page.session.notices[-1].level == "info"
    page.table.selectRow(row(page, "dark"))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a, **_k: ("/elsewhere/dark.fits", ""))
    page.browse.click()
    assert page.model.overrides == {"dark": "/elsewhere/dark.fits"}


def test_types_are_wanted_or_not(page: PipelinePage) -> None:
    page.no_types.click()
    assert page.model.wanted == ()
    page.ask("dark")
    assert page.model.wanted == ("dark",)
    page.all_types.click()
    assert len(page.model.wanted) == len(page.model.fetches)


def test_lfs_pointers_are_not_there(window: MainWindow, real_data, settled, demo_night: DemoNight) -> None:
    window.open_paths([real_data / "caches" / "tmt", next(demo_night.raw.rglob("*image_0001.fits"))])
    settled(window)
    window.session.ask_page("pipeline")
    settled(window)
    page = window.place("rules").page("pipeline")
    assert "to be fetched from a server" in page.told.text()


def test_nothing_is_open(window: MainWindow, settled) -> None:
    window.session.ask_page("pipeline")
    settled(window)
    page = window.place("rules").page("pipeline")
    assert "Open a CRDS cache" in page.told.text()
    assert not page.copy_lines.isEnabled()
