"""From a file that is dropped on the cache to the new cache, in which the odd observation gets it; and back."""

import hashlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from calgui.core.rules.cache import Cache
from calgui.core.rules.selection.select import best_references
from calgui.core.simulate import DemoNight
from calgui.views.rules.ingest.page import IngestPage
from calgui.views.rules.ingest.tabs import CONTEXTS, OBSERVATIONS
from calgui.views.window import MainWindow
from tests.cli.test_ingest import small, stock, theirs
from tests.views.rules.ingest.conftest import ODD, drop

Settled = Callable[[MainWindow], None]
LEFT = Qt.MouseButton.LeftButton


def sums(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path): hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest() for path in files}


def shown(page: IngestPage) -> list[tuple[str, ...]]:
    """What the table of changed selections says."""
    model = page.tabs.selections
    return [tuple(str(model.index(row, column).data()) for column in range(4)) for row in range(model.rowCount())]


def test_the_odd_observation_gets_its_flat(
    opened: MainWindow, relabelled: Any, demo_night: DemoNight, settled: Settled, tmp_path: Path, qtbot: QtBot
) -> None:
    session, before = opened.session, sums(demo_night.cache)
    flat = relabelled("tmt_iris_flat_0006.fits", FILTER="H")
    session.ask_page("cache")
    place: Any = opened.place("rules")
    drop(place.page("cache"), flat)
    settled(opened)
    page: IngestPage = place.page("ingest")
    assert place.stack.currentWidget() is page
    (row,) = page.files.model.shown
    assert (row.state, row.name, row.type, row.date) == ("adds", flat.name, "flat", "2026-01-01 00:00:00")
    assert row.rule == "DETECTOR IRIS1 · FILTER H · PUPIL CLEAR"
    assert page.told.text() == (
        "✓ tmt_0004.pmap would follow tmt_0003.pmap, with 3 new mappings. "
        f"1 of {len(session.observations())} loaded observations would select something else."
    )
    assert page.tabs.currentIndex() == OBSERVATIONS
    assert shown(page) == [(ODD, "flat", "not found", flat.name)]
    # every mapping with its difference and its sum, as it stands in the text that will be written
    texts = {one.name: one for one in page.tabs.mappings_model.shown}
    assert [Path(name).suffix for name in texts] == [".rmap", ".imap", ".pmap"]
    for number, one in enumerate(texts.values()):
        page.tabs.mappings.selectRow(number)
        said = page.tabs.diff.toPlainText()
        assert said.startswith(f"--- {one.derived_from}")
        assert f"'sha1sum' : '{one.sha1}'" in one.text
    (rmap, *_) = texts.values()
    assert [line for line in rmap.diff.splitlines() if line.startswith("+") and flat.name in line]
    assert sums(demo_night.cache) == before

    into = tmp_path / "overlay"
    page.target.folder.setText(str(into))
    qtbot.mouseClick(page.target.write, LEFT)
    settled(opened)
    assert sums(demo_night.cache) == before
    assert [cache.path for cache in session.caches] == [demo_night.cache, into]
    assert (session.cache.path, session.context) == (into, "tmt_0004.pmap")
    assert page.told.text() == f"✓ {into} is written: tmt_0004.pmap is operational, 4 files are new."
    assert not page.draft
    assert [notice for notice in session.notices if notice.level == "error"] == []
    odd = next(entry for entry in session.observations() if entry.path.name == ODD)
    chosen = {one.type: one.file for one in best_references(session.cache, session.context, odd.header)}
    assert chosen["flat"] == flat.name
    image = Path(shutil.copy(odd.path, tmp_path))
    told = stock(into, "bestrefs", "--files", str(image), "--print-new-references", "--new-context", "tmt-operational")
    assert told.returncode == 0, told.stderr
    assert theirs(told)["flat"].lower() == flat.name

    # there and back: the view of the old cache and what was to go in, then the new cache again
    session.history.undo()
    settled(opened)
    assert (session.cache.path, session.context) == (demo_night.cache, "tmt_0003.pmap")
    assert [one.path for one in page.draft.items] == [flat]
    session.history.redo()
    settled(opened)
    assert (session.cache.path, session.context, bool(page.draft)) == (into, "tmt_0004.pmap", False)

    # and the way back on the disk
    rows = page.tabs.contexts_model.shown
    assert page.tabs.currentIndex() == CONTEXTS
    assert [(one.context, one.operational, one.what) for one in rows[:2]] == [
        ("tmt_0004.pmap", True, f"+ {flat.name}"),
        ("tmt_0003.pmap", False, ""),
    ]
    page.tabs.contexts_table.selectRow(1)
    qtbot.mouseClick(page.tabs.operational, LEFT)
    settled(opened)
    assert Cache.open(into).default_context == session.context == "tmt_0003.pmap"
    assert not page.told.isVisible()  # that the new context is operational is true no more
    session.history.undo()
    settled(opened)
    assert Cache.open(into).default_context == session.context == "tmt_0004.pmap"
    assert session.history.redoText() == "make tmt_0003.pmap operational"


def test_a_dark_that_crds_certify_refuses_goes_in_only_knowingly(
    page: IngestPage, opened: MainWindow, settled: Settled, tmp_path: Path, qtbot: QtBot
) -> None:
    page.add([small(tmp_path / "tmt_iris_dark_0006.fits", REFTYPE="DARK", DETECTOR="IRIS1")])
    settled(opened)
    # the rule is told what the header does not say; crds certify reads the header
    asked = page.tabs.cards.widget().findChild(QLineEdit, "ingest_value_SUBARRAY")
    assert asked is not None
    qtbot.keyClicks(asked, "FULL")
    qtbot.keyClick(asked, Qt.Key.Key_Return)
    settled(opened)
    assert "crds certify refuses 1 file: see the findings." in page.told.text()
    assert "SUBARRAY" in page.tabs.cards.verdicts[0].message
    assert not page.target.write.isEnabled()
    page.target.folder.setText(str(tmp_path / "overlay"))
    qtbot.mouseClick(page.target.despite, LEFT)
    qtbot.mouseClick(page.target.write, LEFT)
    settled(opened)
    assert (tmp_path / "overlay").is_dir()
    assert page.told.text().endswith("4 files are new. crds certify refuses 1 of them.")
    assert not page.target.despite.isChecked()


def test_a_cache_that_no_ingest_wrote_is_only_looked_at(page: IngestPage, opened: MainWindow, settled: Settled) -> None:
    page.tabs.contexts_table.selectRow(2)
    assert not page.tabs.operational.isEnabled()
    page.tabs.look.click()
    settled(opened)
    assert opened.session.context == "tmt_0001.pmap"


@pytest.mark.usefixtures("crds_says")
def test_nothing_is_left_of_what_was_cancelled(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled, tmp_path: Path, monkeypatch: Any
) -> None:
    from calgui.core.rules.ingest import overlay

    page.add([relabelled("tmt_iris_flat_0006.fits", FILTER="H")])
    settled(opened)
    into = tmp_path / "beside" / "overlay"
    into.parent.mkdir()
    copy = overlay._copy

    def slowly(*words: Any) -> None:
        time.sleep(0.05)
        copy(*words)

    monkeypatch.setattr(overlay, "_copy", slowly)
    page.target.folder.setText(str(into))
    page.target.write.click()
    assert page.busy
    assert not page.target.write.isEnabled()
    assert not page.files.add.isEnabled()
    QTimer.singleShot(300, page.target.cancel.click)
    settled(opened)
    assert list(into.parent.iterdir()) == []
    assert "Writing the new cache was cancelled: nothing was written." in [one.text for one in opened.session.notices]
    assert page.draft
    assert page.target.write.isEnabled()
    assert len(opened.session.caches) == 1


@pytest.mark.usefixtures("crds_says")
def test_where_it_cannot_be_written_is_said_at_once(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled, demo_night: DemoNight, tmp_path: Path
) -> None:
    page.add([relabelled("tmt_iris_flat_0006.fits", FILTER="H")])
    settled(opened)
    proposed = Path(page.target.folder.text())
    assert (proposed.parent, proposed.name) == (demo_night.cache.parent, "cache-tmt_0004")
    assert page.target.write.isEnabled()
    for bad, words in ((demo_night.cache / "new", "inside of the cache"), (tmp_path / "no" / "new", "does not exist")):
        page.target.folder.setText(str(bad))
        assert words in page.target.said.text()
        assert not page.target.write.isEnabled()
    page.target.take_folder(str(tmp_path))
    assert page.target.path == tmp_path / "new"  # of the folder that was named before
    assert opened.session.notices == []


@pytest.mark.usefixtures("crds_says")
def test_an_error_of_writing_is_told_once(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled, tmp_path: Path
) -> None:
    flat = relabelled("tmt_iris_flat_0006.fits", FILTER="H")
    page.add([flat])
    settled(opened)
    flat.unlink()
    relabelled(flat.name, FILTER="H", COMMENT1="made anew")
    page.target.folder.setText(str(tmp_path / "overlay"))
    page.target.write.click()
    settled(opened)
    assert [(one.level, one.text) for one in opened.session.notices] == [
        ("error", "tmt_iris_flat_0006.fits: It changed since it was looked at.")
    ]
    assert not (tmp_path / "overlay").exists()
    # and it was looked at again: what is there now can be written
    page.target.write.click()
    settled(opened)
    assert (tmp_path / "overlay").is_dir()


@pytest.mark.usefixtures("crds_says")
def test_a_patch_for_git(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled, demo_night: DemoNight, tmp_path: Path
) -> None:
    page.add([relabelled("tmt_iris_flat_0006.fits", FILTER="H")])
    settled(opened)
    assert page.target.patch_name == "tmt_0004.patch"
    page.target.patch_asked.emit(tmp_path / "x.patch")
    settled(opened)
    text = (tmp_path / "x.patch").read_text()
    assert text.startswith("From ")
    assert "+++ b/" in text
    page.target.patch_asked.emit(demo_night.cache / "x.patch")
    settled(opened)
    assert not (demo_night.cache / "x.patch").exists()
    assert [one.level for one in opened.session.notices] == ["info", "error"]


@pytest.mark.usefixtures("crds_says")
@pytest.mark.parametrize("dark", [False, True])
def test_differences_are_coloured_in_both_themes(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled, dark: bool
) -> None:
    from calgui.views.theme import theme

    try:
        theme().apply(dark)
        page.add([relabelled("tmt_iris_flat_0006.fits", FILTER="H")])
        settled(opened)
        block = page.tabs.diff.document().begin()
        seen = {}
        while block.isValid():
            formats = block.layout().formats()
            seen[block.text()[:1]] = formats[0].format.background().color().name() if formats else ""
            block = block.next()
        assert seen["+"] == theme().colour("good_fill").name()
        assert seen["-"] == theme().colour("error_fill").name()
    finally:
        theme().apply(False)
