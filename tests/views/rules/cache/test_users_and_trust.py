"""What uses a file, and whether it can be trusted, in the window: whole tasks on a copy of the demo's cache."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QTreeWidgetItem

from calgui.core.rules.selection.bulk import best_references_many
from calgui.core.rules.values import Trust
from calgui.core.simulate import DemoNight
from calgui.views.rules.cache.details import USED_BY
from calgui.views.rules.cache.page import CachePage
from calgui.views.window import MainWindow


@pytest.fixture
def cache(demo_night: DemoNight, tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    shutil.copytree(demo_night.cache, folder)
    return folder


@pytest.fixture
def page(window: MainWindow, cache: Path, demo_night: DemoNight, settled: Callable) -> CachePage:
    window.open_paths([cache, demo_night.raw])
    settled(window)
    window.go("rules")
    settled(window)
    return window.place("rules").page("cache")


def look_at(page: CachePage, window: MainWindow, settled: Callable, file: str) -> None:
    page.show_mapping(file, None)
    settled(window)
    page.details.tabs.setCurrentIndex(USED_BY)
    settled(window)


def branch(page: CachePage, title: str) -> QTreeWidgetItem:
    view = page.details.users
    tops = [view.topLevelItem(number) for number in range(view.topLevelItemCount())]
    return next(top for top in tops if top.text(0).startswith(title))


def test_who_uses_a_reference(page: CachePage, window: MainWindow, settled, demo_night) -> None:
    look_at(page, window, settled, "tmt_iris_flat_0005.fits")
    rules = branch(page, "Rules that name it")
    assert [rules.child(n).text(0) for n in range(rules.childCount())] == ["IRIS1, K, CLEAR   2026-03-01, 00:00:00"]
    assert "can win" in rules.child(0).text(1)
    reach = branch(page, "Mappings and contexts")
    assert {reach.child(n).text(0) for n in range(reach.childCount())} == {
        "tmt_0003.pmap",
        "tmt_iris_0003.imap",
        "tmt_iris_flat_0002.rmap",
    }
    entries = [entry for entry in window.session.observations() if entry.error is None]
    answers = best_references_many(window.session.cache, window.session.context, [one.header for one in entries])
    truth = {
        entry.path.name
        for entry, answer in zip(entries, answers, strict=True)
        if any(one.file == "tmt_iris_flat_0005.fits" for one in answer)
    }
    seen = branch(page, "Loaded observations")
    assert {seen.child(n).text(0) for n in range(seen.childCount())} == truth
    page.details.users.copy()
    assert "tmt_0003.pmap" in QGuiApplication.clipboard().text()
    first = seen.child(0)
    page.details.users.itemActivated.emit(first, 0)
    settled(window)
    assert window.session.selection[0].name == first.text(0)


def test_from_a_rule_that_names_it_to_its_line(page: CachePage, window: MainWindow, settled) -> None:
    look_at(page, window, settled, "tmt_iris_dark_0005.fits")
    item = branch(page, "Rules that name it").child(0)
    _, mapping, line = item.data(0, Qt.ItemDataRole.UserRole)
    page.details.users.itemActivated.emit(item, 0)
    settled(window)
    node = page.model.node(page.tree.currentIndex())
    assert node.mapping == mapping
    assert node.line <= line


def test_who_uses_a_mapping(page: CachePage, window: MainWindow, settled) -> None:
    look_at(page, window, settled, "tmt_iris_flat_0002.rmap")
    lines = branch(page, "Lines that name it")
    assert lines.child(0).text(1).startswith("tmt_iris_0003.imap:")
    assert branch(page, "Loaded observations whose selection it decides").childCount() > 3


def test_checking_one_file(page: CachePage, window: MainWindow, settled, cache: Path) -> None:
    page.show_mapping("tmt_iris_flat_0005.fits", None)
    settled(window)
    assert any(fact.name == "Checked" and "not yet" in fact.text for fact in page.details.facts.lines)
    page.details.check.click()
    settled(window)
    told = {fact.name: fact.text for fact in page.details.facts.lines}
    path = next(cache.rglob("tmt_iris_flat_0005.fits"))
    assert told["SHA-1"] == hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
    assert "it opens" in told["Checked"]
    path.touch()
    page._show_facts_of(page._current())
    settled(window)
    assert any(fact.name == "Checked" and "not yet" in fact.text for fact in page.details.facts.lines)


def test_checking_all_finds_the_broken_one_and_remembers(page: CachePage, window: MainWindow, settled, cache) -> None:
    path = next(cache.rglob("tmt_iris_dark_0004.fits"))
    path.write_bytes(path.read_bytes()[:5000])
    page.check_all.click()
    settled(window)
    assert window.session.notices[-1].level == "warning"
    assert "tmt_iris_dark_0004.fits" in window.session.notices[-1].text
    number = page.model.outline.find("tmt_iris_dark_0004.fits")
    assert page.model._checked(page.model.outline.nodes[number]).trust is Trust.CORRUPT
    window.close_cache()
    settled(window)
    window.open_paths([cache])
    settled(window)
    window.go("rules")
    settled(window)
    number = page.model.outline.find("tmt_iris_dark_0004.fits")
    assert page.model.outline.nodes[number].trust is Trust.CORRUPT


def test_a_cache_without_references_has_nothing_to_check(window: MainWindow, settled, real_data: Path) -> None:
    window.open_paths([real_data / "caches" / "hst"])
    settled(window)
    window.go("rules")
    settled(window)
    assert not window.place("rules").page("cache").check_all.isEnabled()
