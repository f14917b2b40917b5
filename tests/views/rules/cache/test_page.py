"""The cache looked at: real caches opened, searched, followed from finding to place and from node to text."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QTextBrowser, QTreeView
from pytestqt.qtbot import QtBot

from calgui.core.rules.values import Node
from calgui.views.rules.cache.page import CachePage
from calgui.views.session import Session

_WAIT = 30_000


@pytest.fixture
def open_place(qtbot: QtBot, session: Session, real_data: Path) -> Callable[[str], CachePage]:
    """Opens a real cache and its place, and waits until both are there."""

    def opened(name: str) -> CachePage:
        place = CachePage(session)
        qtbot.addWidget(place)
        place.resize(1100, 750)
        place.show()
        session.open_cache(real_data / "caches" / name)
        qtbot.waitUntil(lambda: bool(place.model.outline.nodes) and not session.tasks.running, timeout=_WAIT)
        return place

    return opened


def _settle(qtbot: QtBot, place: CachePage) -> None:
    qtbot.waitUntil(lambda: not place._pause.isActive() and not place.session.tasks.running, timeout=_WAIT)


def _nodes(place: CachePage, kind: str) -> list[Node]:
    return [node for node in place.model.outline.nodes if node.kind == kind]


def test_the_tmt_cache_shows_what_its_context_reaches_and_what_it_does_not(
    qtbot: QtBot, open_place: Callable[[str], CachePage]
) -> None:
    place = open_place("tmt")
    reached = {node.file for kind in ("context", "instrument", "type") for node in _nodes(place, kind) if node.file}
    assert len(reached) == 7
    references = {node.file: node.trust for node in _nodes(place, "file") if node.file}
    assert len(references) == 5
    assert set(references.values()) == {"lfs-pointer"}
    assert len(_nodes(place, "mapping")) == 4
    assert len(_nodes(place, "reference")) == 2
    top = place.model.index(0, 0)
    branches = [place.model.index(row, 0, top).data() for row in range(place.model.rowCount(top))]
    assert branches == ["tmt_0001.pmap", "Not reached by tmt_0001.pmap"]
    for row, (name, said) in enumerate(
        (("Reaches", "7 mappings, 5 references"), ("Files", "4 mappings, 2 references"))
    ):
        place.tree.setCurrentIndex(place.model.index(row, 0, top))
        _settle(qtbot, place)
        facts = place.details.facts
        assert facts is not None
        assert {fact.name: fact.text for fact in facts.lines}[name] == said


def test_a_mapping_asked_for_elsewhere_is_shown_with_its_rule_marked(
    qtbot: QtBot, session: Session, open_place: Callable[[str], CachePage]
) -> None:
    place = open_place("tmt")
    place.show_mapping("tmt_iris_dark_0001.rmap", 22)
    _settle(qtbot, place)
    details = place.details
    assert details.title.text() == "IRIS1, FULL"
    assert details.text.marked == (22, 24)
    assert details.text.toPlainText().split("\n")[21].strip().startswith("('IRIS1', 'FULL')")
    assert details.tabs.tabText(0) == "tmt_iris_dark_0001.rmap"


def test_a_mapping_asked_for_before_the_cache_is_read_waits(qtbot: QtBot, session: Session, real_data: Path) -> None:
    place = CachePage(session)
    qtbot.addWidget(place)
    place.show_mapping("tmt_iris_flat_0003.rmap", None)
    session.open_cache(real_data / "caches" / "tmt")
    qtbot.waitUntil(lambda: place.details.title.text() == "FLAT", timeout=_WAIT)


def test_a_checksum_is_said_in_words(qtbot: QtBot, open_place: Callable[[str], CachePage]) -> None:
    place = open_place("ligeriri")
    place.show_mapping("ligeriri_iris_dark_0001.rmap", None)
    _settle(qtbot, place)
    said = place.details.browser.toPlainText()
    assert "does not hold: stated 52b66eff5306641f14dc54bb7706c3d6ca043d73" in said
    assert "Cure:" in said


def test_a_pointer_says_how_large_the_file_would_be(qtbot: QtBot, open_place: Callable[[str], CachePage]) -> None:
    place = open_place("tmt")
    place.show_mapping("tmt_iris_dark_0001.fits", None)
    _settle(qtbot, place)
    said = place.details.browser.toPlainText()
    assert "134 MB promised; here 134 bytes" in said
    assert "LFS pointer" in said
    assert place.details.picture.isHidden()
    place.details.copy.click()
    assert QGuiApplication.clipboard().text().endswith("references/tmt/iris/tmt_iris_dark_0001.fits")


def test_derived_from_leads_to_the_older_mapping(qtbot: QtBot, open_place: Callable[[str], CachePage]) -> None:
    place = open_place("tmt")
    place.show_mapping("tmt_iris_flat_0003.rmap", None)
    _settle(qtbot, place)
    browser = place.findChild(QTextBrowser, "node_facts")
    assert "href=" in browser.toHtml()
    place.details.followed.emit("tmt_iris_flat_0002.rmap")
    _settle(qtbot, place)
    assert place.details.title.text() == "tmt_iris_flat_0002.rmap"
    assert place.details.node is not None
    assert place.details.node.kind == "mapping"


def test_search_by_keyboard_goes_from_match_to_match(qtbot: QtBot, open_place: Callable[[str], CachePage]) -> None:
    place = open_place("tmt")
    search = place.findChild(QLineEdit, "rules_search")
    search.setFocus()
    qtbot.keyClicks(search, "dark iris1,")
    qtbot.waitUntil(lambda: "found" in place.told.text(), timeout=_WAIT)
    _settle(qtbot, place)
    titles = [place.details.title.text()]
    for _ in range(3):
        qtbot.keyClick(search, Qt.Key.Key_Return)
        _settle(qtbot, place)
        titles.append(place.details.title.text())
    # the reference's name holds "dark" too, below a rule that holds "iris1,"
    file = "tmt_iris_dark_0001.fits"
    assert titles == ["IRIS1, CUSTOM", file, "IRIS1, FULL", file]
    assert place.model.rowCount(place.model.index(0, 0)) == 1, "the branch that is not reached holds no match"
    search.clear()
    _settle(qtbot, place)
    assert place.model.rowCount(place.model.index(0, 0)) == 2


def test_a_finding_leads_to_its_node(qtbot: QtBot, open_place: Callable[[str], CachePage]) -> None:
    place = open_place("ligeriri")
    findings = place.findings.findings
    row = next(n for n, found in enumerate(findings.shown) if found.place == "ligeriri_liger_0001.imap")
    place.tabs.setCurrentWidget(place.findings)
    place.findings.setCurrentIndex(findings.index(row))
    _settle(qtbot, place)
    assert place.details.node is not None
    assert place.details.node.file == "ligeriri_liger_0001.imap"
    assert findings.shown[row].message in place.details.browser.toPlainText()


def test_every_defect_is_seen_at_the_top(qtbot: QtBot, open_place: Callable[[str], CachePage]) -> None:
    place = open_place("ligeriri")
    findings = place.findings.findings.all
    severities = [finding.severity for finding in set(findings)]
    assert place.model.outline.counts[0] == [severities.count(kind) for kind in ("error", "warning", "info")]
    assert place.tabs.tabText(1) == f"Findings {len(findings)}"


def test_a_large_cache_is_walked_lazily(qtbot: QtBot, open_place: Callable[[str], CachePage]) -> None:
    place = open_place("hst")
    assert len(place.model.outline.nodes) > 20_000
    tree = place.findChild(QTreeView, "cache_tree")
    assert tree.sizeHintForRow(0) > 0
    place.show_mapping("hst_acs_darkfile_0264.rmap", 21)
    _settle(qtbot, place)
    assert place.details.text.blockCount() > 3600
    first, last = place.details.text.marked or (0, 0)
    assert last - first > 500
    qtbot.keyClicks(place.search, "n3o1022cj")
    qtbot.waitUntil(lambda: place.told.text().startswith("1 found"), timeout=_WAIT)
    _settle(qtbot, place)
    assert place.details.title.text() == "n3o1022cj_drk.fits"


def test_another_context_shows_another_tree(
    qtbot: QtBot, session: Session, open_place: Callable[[str], CachePage], real_data: Path
) -> None:
    place = open_place("tmt")
    session.open_cache(real_data / "caches" / "ligeriri")
    qtbot.waitUntil(lambda: len(session.caches) == 2 and not session.tasks.running, timeout=_WAIT)
    assert place.model.outline.nodes[0].label == "ligeriri"
    tmt = next(cache for cache in session.caches if cache.name == "tmt")
    session.set_context(tmt, "tmt_0001.pmap")
    _settle(qtbot, place)
    assert place.model.outline.nodes[0].label == "tmt"
