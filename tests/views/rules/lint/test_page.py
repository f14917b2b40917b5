"""The look through a whole cache, in the window."""

import json
import shutil
from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from calgui.core.rules.lint.run import lint
from calgui.core.rules.values import Severity
from calgui.core.simulate import DemoNight
from calgui.views.rules.lint.page import LintPage
from calgui.views.window import MainWindow


@pytest.fixture
def damaged(demo_night: DemoNight, tmp_path: Path) -> Path:
    """A cache that lacks a reference, and holds a file that no mapping names."""
    folder = tmp_path / "damaged"
    shutil.copytree(demo_night.cache, folder)
    next(folder.rglob("tmt_iris_flat_0003.fits")).unlink()
    dark = next(folder.rglob("tmt_iris_dark_0003.fits"))
    shutil.copy(dark, dark.with_name("tmt_iris_dark_0099.fits"))
    return folder


@pytest.fixture
def opened(window: MainWindow, settled: Callable) -> Callable[[Path], LintPage]:
    def go(cache: Path) -> LintPage:
        window.open_paths([cache])
        settled(window)
        window.session.ask_page("lint")
        settled(window)
        return window.place("rules").page("lint")

    return go


def test_a_healthy_cache_is_told_so(opened, demo_night: DemoNight) -> None:
    page = opened(demo_night.cache)
    assert page.report is not None
    assert not page.report.findings
    assert "Nothing is wrong" in page.told.text()
    assert not page.split.isVisible()


def test_what_is_found_is_what_the_command_line_finds(opened, damaged: Path) -> None:
    page = opened(damaged)
    same = lint(page.session.cache, page.session.context).findings
    assert page.report.findings == same
    assert {finding.code for finding in same} >= {"missing-reference"}
    assert page.severities[Severity.ERROR].text() == f"{page.report.count(Severity.ERROR)} error"
    assert sum(map(len, page.model.groups)) == len(same)


def test_from_a_finding_to_its_place(opened, window: MainWindow, damaged: Path, settled) -> None:
    page = opened(damaged)
    page.filter.setText("missing-reference")
    page._pause.timeout.emit()
    finding = page.details.finding
    assert finding is not None
    assert finding.code == "missing-reference"
    assert escape(finding.cure) in page.details.text.text()
    page.details.show_place.click()
    settled(window)
    rules = window.place("rules")
    assert rules.bar.tabText(rules.bar.currentIndex()) == "Cache"
    node = rules.page("cache").model.node(rules.page("cache").tree.currentIndex())
    place = page.details.model.shown[0]
    assert place.file in (node.file, node.mapping)


def test_severities_and_words_narrow(opened, damaged: Path, qtbot: QtBot) -> None:
    page = opened(damaged)
    page.severities[Severity.ERROR].click()
    assert all(group[0].severity is not Severity.ERROR for group in page.model.groups)
    page.severities[Severity.ERROR].click()
    page.filter.setText("nothing holds these words")
    qtbot.waitUntil(lambda: not page.model.groups)
    assert page.details.finding is None
    page.filter.clear()
    qtbot.waitUntil(lambda: bool(page.model.groups))
    assert page.details.finding is not None


def test_looking_again_sees_what_was_mended(opened, window: MainWindow, damaged: Path, demo_night, settled) -> None:
    page = opened(damaged)
    before = len(page.report.findings)
    next(damaged.rglob("tmt_iris_dark_0099.fits")).unlink()
    whole = next(demo_night.cache.rglob("tmt_iris_flat_0003.fits"))
    shutil.copy(whole, damaged / whole.relative_to(demo_night.cache))
    page.again.click()
    settled(window)
    assert before
    assert not page.report.findings


def test_saving_and_copying(opened, damaged: Path, tmp_path: Path) -> None:
    page = opened(damaged)
    page.save(tmp_path / "report.json")
    page.save(tmp_path / "report.txt")
    told = json.loads((tmp_path / "report.json").read_text())
    assert [one["code"] for one in told["findings"]] == [one.code for one in page.report.findings]
    assert all(one.cure in (tmp_path / "report.txt").read_text() for one in page.report.findings)
    page.save(tmp_path / "nowhere" / "report.txt")
    assert page.session.notices[-1].level == "error"
    page.details.copy()
    assert page.details.model.shown[0].file in QGuiApplication.clipboard().text()


def test_real_caches(opened, real_data: Path) -> None:
    page = opened(real_data / "caches" / "ligeriri")
    assert page.report.count(Severity.ERROR)
    for row in range(page.model.rowCount()):
        page.tree.setCurrentIndex(page.model.index(row, 0))
        assert page.details.finding is page.model.groups[row][0]
        assert page.details.model.rowCount() >= 1


def test_nothing_is_open(window: MainWindow, settled) -> None:
    window.session.ask_page("lint")
    settled(window)
    page = window.place("rules").page("lint")
    assert "Open a CRDS cache" in page.told.text()
    assert not page.again.isEnabled()
    assert not page.save_button.isEnabled()
