"""Two contexts compared in the window: whole tasks on the demo night."""

import shutil
from collections.abc import Callable

import numpy as np
import pytest
from astropy.io import fits
from pytestqt.qtbot import QtBot

from calgui.core.rules.selection.select import best_references
from calgui.core.simulate import DemoNight
from calgui.views.rules.compare.page import ComparePage
from calgui.views.rules.compare.sides import Side
from calgui.views.rules.why.inquiry import Inquiry
from calgui.views.widgets.table_copying import chosen
from calgui.views.window import MainWindow


@pytest.fixture
def page(window: MainWindow, demo_night: DemoNight, settled: Callable) -> ComparePage:
    window.open_paths([demo_night.cache, demo_night.raw])
    settled(window)
    window.session.ask_page("compare")
    settled(window)
    return window.place("rules").page("compare")


def test_it_begins_with_the_context_before(page: ComparePage) -> None:
    assert page.answer is not None
    assert (page.answer.old.mapping, page.answer.new.mapping) == ("tmt_0002.pmap", "tmt_0003.pmap")
    added = {(one.type, one.new) for one in page.changes.shown if one.action == "added"}
    assert ("dark", "tmt_iris_dark_0005.fits") in added
    page.tabs.setCurrentIndex(2)
    lines = page.text.toPlainText().splitlines()
    assert any(line.startswith("+") and "tmt_iris_dark_0005.fits" in line for line in lines)


def test_changed_selections_are_what_the_rules_say(page: ComparePage) -> None:
    cache = page.session.cache
    entries = {entry.path: entry.header for entry in page.session.observations() if entry.error is None}
    truth = set()
    for path, header in entries.items():
        old, new = (best_references(cache, name, header) for name in ("tmt_0002.pmap", "tmt_0003.pmap"))
        truth |= {
            (path, one.type, one.file, two.file)
            for one, two in zip(old, new, strict=True)
            if (one.status, one.file) != (two.status, two.file)
        }
    told = {(page.answer.paths[one.index], one.type, one.old.file, one.new.file) for one in page.selections.shown}
    assert told == truth
    assert truth


def test_from_a_rule_to_its_place(page: ComparePage, window, settled) -> None:
    row = next(n for n, one in enumerate(page.changes.shown) if one.new == "tmt_iris_dark_0005.fits")
    change = page.changes.shown[row]
    page.rules.setCurrentIndex(page.changes.index(row, 0))
    page.show_rule.click()
    settled(window)
    cache = window.place("rules").page("cache")
    node = cache.model.node(cache.tree.currentIndex())
    assert node.mapping == change.new_mapping
    assert window.session.context == "tmt_0003.pmap"


def test_from_an_observation_to_the_reason_and_to_the_pixels(page: ComparePage, window, settled, demo_night) -> None:
    row = next(n for n, one in enumerate(page.selections.shown) if one.type == "dark" and one.old.file and one.new.file)
    chosen = page.selections.shown[row]
    page.tabs.setCurrentIndex(1)
    page.observations.setCurrentIndex(page.selections.index(row, 0))
    page.show_pixels.click()
    settled(window)
    assert page.pixels.made is not None
    old, new = (fits.getdata(next(demo_night.cache.rglob(name)), "SCI") for name in (chosen.old.file, chosen.new.file))
    np.testing.assert_array_equal(page.pixels.made.frame.data, new - old)
    assert f"{np.count_nonzero(new != old):,} of" in page.pixels.numbers.text()
    page.show_why.click()
    settled(window)
    assert window.session.selection == (page.answer.paths[chosen.index],)
    assert Inquiry.of(window.session).type == "dark"
    window.session.ask_page("compare")
    page.observations.setCurrentIndex(page.selections.index(row, 0))
    page.show_why_before.click()
    settled(window)
    assert window.session.context == "tmt_0002.pmap"
    assert Inquiry.of(window.session).trace.selected == chosen.old.file


def test_references_that_are_not_there(page: ComparePage, window, settled, tmp_path, demo_night) -> None:
    folder = tmp_path / "without"
    shutil.copytree(demo_night.cache, folder)
    next(folder.rglob("tmt_iris_dark_0004.fits")).unlink()
    window.open_paths([folder])
    window.session.ask_page("compare")
    settled(window)
    cache = window.session.cache
    page.ask((Side(cache, "tmt_0002.pmap"), Side(cache, "tmt_0003.pmap")))
    settled(window)
    row = next(n for n, one in enumerate(page.selections.shown) if one.new.file == "tmt_iris_dark_0004.fits")
    page.observations.setCurrentIndex(page.selections.index(row, 0))
    page.subtract()
    assert page.pixels.made is None
    assert (
        "tmt_iris_dark_0004.fits, which the newer context selects, is not there"
        in page.pixels.picture.overlays.message.text()
    )


def test_swapping_turns_what_was_added_into_what_was_removed(page: ComparePage, window, settled) -> None:
    before = {(one.type, one.key, one.date, one.action) for one in page.changes.shown if one.date}
    page.sides.swap.click()
    settled(window)
    turned = {"added": "removed", "removed": "added", "replaced": "replaced"}
    after = {(one.type, one.key, one.date, turned[one.action]) for one in page.changes.shown if one.date}
    assert before == after


def test_versions_of_a_mapping(page: ComparePage, window, settled) -> None:
    cache = page.session.cache
    page.ask((Side(cache, "tmt_iris_flat_0001.rmap"), Side(cache, "tmt_iris_flat_0002.rmap")))
    settled(window)
    assert [one.new for one in page.changes.shown if one.action == "added"] == ["tmt_iris_flat_0005.fits"]
    assert not page.selections.shown
    page.ask((Side(cache, "tmt_iris_flat_0001.rmap"), Side(cache, "tmt_iris_flat_0001.rmap")))
    settled(window)
    assert "the same rules" in page.told.text()
    page.ask((Side(cache, "tmt_iris_flat_0001.rmap"), Side(cache, "tmt_0001.pmap")))
    settled(window)
    assert page.answer is None
    assert page.told.text()


def test_two_caches(page: ComparePage, window, settled, real_data) -> None:
    window.open_paths([real_data / "caches" / "tmt"])
    settled(window)
    demo, real = window.session.caches
    page.ask((Side(real, real.default_context), Side(demo, demo.default_context)))
    window.session.ask_page("compare")
    settled(window)
    assert page.answer is not None
    assert page.answer.old.cache is real
    assert page.changes.shown


def test_a_filter_and_a_copy(page: ComparePage, qtbot: QtBot) -> None:
    page.filter.setText("dark date")
    qtbot.waitUntil(lambda: len(page.changes.shown) == 2)
    page.actions_shown["added"].click()
    assert not page.changes.shown
    page.actions_shown["added"].click()
    page.rules.selectAll()
    cells = chosen(page.rules)
    assert len(cells) == 3
    assert cells[0][0] == "What"


def test_nothing_is_open(window: MainWindow, settled) -> None:
    window.session.ask_page("compare")
    settled(window)
    page = window.place("rules").page("compare")
    assert "Open a CRDS cache" in page.told.text()
    assert not page.tabs.isVisible()
