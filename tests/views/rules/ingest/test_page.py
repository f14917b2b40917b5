"""The page's form, its list, and how it comes back."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from calgui.core.errors import Cancelled
from calgui.core.jobs import Job
from calgui.core.rules.cache import Cache
from calgui.core.rules.certify import Certified
from calgui.core.rules.ingest.certifying import Asked
from calgui.core.rules.values import Severity
from calgui.core.simulate import DemoNight
from calgui.views.rules.ingest import certifying
from calgui.views.rules.ingest import page as ingest_page
from calgui.views.rules.ingest.cards import Card, Cards
from calgui.views.rules.ingest.contexts import contexts_of
from calgui.views.rules.ingest.draft import Draft, Item
from calgui.views.rules.ingest.models import INSTEAD
from calgui.views.rules.ingest.page import IngestPage
from calgui.views.rules.ingest.tabs import FINDINGS
from calgui.views.rules.marks import SEVERITIES
from calgui.views.window import MainWindow
from tests.views.rules.ingest.conftest import drop

pytestmark = pytest.mark.usefixtures("crds_says")
Settled = Callable[[MainWindow], None]
LEFT = Qt.MouseButton.LeftButton


def button(page: IngestPage, name: str) -> QPushButton:
    found = page.tabs.cards.widget().findChild(QPushButton, name)
    assert found is not None, name
    return found


def field(page: IngestPage, name: str) -> QLineEdit:
    found = page.tabs.cards.widget().findChild(QLineEdit, name)
    assert found is not None, name
    return found


def said(page: IngestPage) -> list[str]:
    return [f"{card.mark.word} {card.place} {card.keyword}".strip() for card in page.tabs.cards.cards]


def test_what_headers_lack_is_asked_for(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled, qtbot: QtBot
) -> None:
    bare, other = relabelled("bare.fits", FILTER=None, USEAFTER=None), relabelled("other.fits", FILTER=None)
    page.ask((bare, other))
    settled(opened)
    assert page.tabs.currentIndex() == FINDINGS
    assert page.told.text() == "✕ 3 errors stop it: nothing can be written."
    assert not page.target.write.isEnabled()
    assert sorted(said(page)) == [
        "error bare.fits FILTER",
        "error bare.fits USEAFTER",
        "error other.fits FILTER",
        "warning bare.fits",
        "warning other.fits",
    ]
    assert all("--" not in card.cure for card in page.tabs.cards.cards)
    # names first: what is asked for is still of the same files
    qtbot.mouseClick(button(page, "ingest_rename"), LEFT)
    settled(opened)
    assert page.files.rename.isChecked()
    assert {card.path for card in page.tabs.cards.cards} == {bare, other}
    # the date is typed and not sent while the filter of both is set: it stays
    date = field(page, "ingest_value_USEAFTER")
    qtbot.keyClicks(date, "2026-03-01")
    qtbot.keyClicks(field(page, "ingest_value_FILTER"), "H")
    qtbot.mouseClick(button(page, "ingest_set_all_FILTER"), LEFT)
    settled(opened)
    assert field(page, "ingest_value_USEAFTER").text() == "2026-03-01"
    qtbot.keyClick(field(page, "ingest_value_USEAFTER"), Qt.Key.Key_Return)
    settled(opened)
    rows = [(row.state, row.name, row.rule, row.date[:10]) for row in page.files.model.shown]
    rule = "DETECTOR IRIS1 · FILTER H · PUPIL CLEAR"
    assert rows == [
        ("adds", "tmt_iris_flat_0006.fits", rule, "2026-03-01"),
        ("adds", "tmt_iris_flat_0007.fits", rule, "2026-01-01"),
    ]
    assert page.target.write.isEnabled()
    assert said(page) == [
        "set by you bare.fits FILTER",
        "set by you bare.fits USEAFTER",
        "set by you other.fits FILTER",
    ]
    # a value that is no good is said, with what it is now
    page.tabs.cards.value_given.emit((other,), "FILTER", "NONESUCH")
    settled(opened)
    assert field(page, "ingest_value_FILTER").text() == "NONESUCH"
    qtbot.mouseClick(button(page, "ingest_forget_USEAFTER"), LEFT)
    settled(opened)
    assert "error tmt_iris_flat_0006.fits USEAFTER" in said(page)


def test_cards_come_in_their_order_by_the_keyboard(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled
) -> None:
    page.add([relabelled("bare.fits", FILTER=None), relabelled("tmt_iris_flat_0007.fits", FILTER="NONESUCH")])
    page.files.rename.click()
    settled(opened)
    names, part = [], page.tabs.cards
    while part is not page.target.folder:
        part = part.nextInFocusChain()
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.isVisible():
            names.append((part.objectName(), part.accessibleName()))
    assert [name for name, _ in names][:6] == [
        "ingest_value_FILTER",
        "ingest_set_FILTER",
        "ingest_set_all_FILTER",
        "ingest_value_FILTER_2",
        "ingest_set_FILTER_2",
        "ingest_set_all_FILTER_2",
    ]
    # files are called alike in the table and in the findings, and each by its own name beside
    assert names[0][1] == "FILTER of tmt_iris_flat_0006.fits"
    assert [row.name for row in page.files.model.shown] == ["tmt_iris_flat_0006.fits", "tmt_iris_flat_0007.fits"]
    heads = [label.text() for label in page.tabs.cards.widget().findChildren(QLabel) if label.font().bold()]
    assert [head for head in heads if head.startswith("error")] == [
        "error  tmt_iris_flat_0006.fits  (bare.fits)",
        "error  tmt_iris_flat_0007.fits",
    ]


def test_two_files_of_one_name_are_asked_apart(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled, tmp_path: Path
) -> None:
    first = relabelled("flat.fits", FILTER=None)
    second = tmp_path / "flat.fits"
    second.write_bytes(first.read_bytes())
    page.add([first, second])
    page.files.rename.click()
    settled(opened)
    assert {card.path for card in page.tabs.cards.cards} == {first, second}
    page.tabs.cards.value_given.emit((second,), "FILTER", "H")
    settled(opened)
    assert [row.state for row in page.files.model.shown] == ["stopped", "adds"]


def test_each_step_is_taken_back(page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled) -> None:
    one, two = relabelled("tmt_iris_flat_0006.fits", FILTER="H"), relabelled("b.fits", FILTER="H")
    history = opened.session.history
    deeds: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: page.add([one, two]), "take 2 files for ingest"),
        (lambda: page.files.named.emit(two, "tmt_iris_flat_0009.fits"), "name b.fits"),
        (lambda: page.files.rename.click(), "give the next free names"),
        (lambda: page.tabs.cards.value_given.emit((one,), "FILTER", "J"), "set FILTER"),
        (lambda: page.delete("tmt_iris_flat_0003.fits"), "delete tmt_iris_flat_0003.fits"),
        (lambda: page.tabs.cards.parameters_given.emit("DETECTOR, FILTER"), "choose the parameters of a new type"),
        (lambda: page.files.removed.emit([two], []), "take b.fits out of the ingest"),
    )
    states = [page.draft]
    for deed, text in deeds:
        deed()
        settled(opened)
        assert history.undoText() == text
        states.append(page.draft)
    for state in reversed(states[:-1]):
        history.undo()
        assert page.draft == state
    for state in states[1:]:
        history.redo()
        assert page.draft == state
    settled(opened)
    assert page.draft.items == (Item(one, "", (("FILTER", "J"),)),)


def test_the_draft_comes_back_with_the_session(page: IngestPage, opened: MainWindow, relabelled: Any) -> None:
    page.add([relabelled("a.fits", FILTER="H")])
    page.delete("tmt_iris_flat_0003.fits")
    page.tabs.cards.value_given.emit((page.draft.items[0].path,), "PUPIL", "CLEAR")
    kept = opened.session.keeping.state()["ingest"]
    assert Draft.read(kept) == page.draft
    before = page.draft
    for bad in (None, 3, {}, {**kept, "items": [{"path": 3}]}, {**kept, "delete": [None]}, {**kept, "delete": ["\0"]}):
        opened.session.keeping.restore({"ingest": bad})  # a damaged value costs nothing
        assert page.draft == before
    page.target.folder.setText("/chosen/by hand")
    assert opened.session.keeping.state()["ingest"]["into"] == "/chosen/by hand"
    page.target.folder.setText("")
    opened.session.keeping.restore({"ingest": {**kept, "items": [], "into": "/chosen/by hand"}})
    assert page.draft.items == ()
    assert page.target.folder.text() == "/chosen/by hand"


def test_a_reference_is_deleted(
    page: IngestPage, opened: MainWindow, settled: Settled, demo_night: DemoNight, qtbot: QtBot
) -> None:
    names = {path.name for path in demo_night.cache.rglob("tmt_iris_flat_*.fits")}
    completer = page.files.gone.completer()
    model = completer.model()
    assert names <= {model.index(row, 0).data() for row in range(model.rowCount())}
    qtbot.keyClicks(page.files.gone, "tmt_iris_flat_0005.fits")
    qtbot.mouseClick(page.files.delete, LEFT)
    settled(opened)
    (row,) = page.files.model.shown
    assert (row.state, row.type, row.instead) == ("deletes", "flat", "tmt_iris_flat_0005.fits")
    changed = {one.old.file for one in page.tabs.selections.shown if one.old is not None}
    assert changed == {"tmt_iris_flat_0005.fits"}
    page.files.table.selectRow(0)
    page.files.remove.click()
    settled(opened)
    assert not page.draft
    page.delete("nothing.fits")
    settled(opened)
    assert page.files.model.shown[0].state == "stopped"
    assert said(page) == ["error nothing.fits"]


def test_a_name_is_changed_in_the_table(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled
) -> None:
    page.add([relabelled("flat in h.fits", FILTER="H")])
    settled(opened)
    assert page.files.model.shown[0].state == "stopped"
    model = page.files.model
    assert model.setData(model.index(0, 1), "tmt_iris_flat_0042.fits")
    settled(opened)
    assert (model.shown[0].state, model.shown[0].name) == ("adds", "tmt_iris_flat_0042.fits")
    assert not model.setData(model.index(0, 2), "dark")


def test_a_type_without_rules_gets_parameters(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled, qtbot: QtBot
) -> None:
    page.add([relabelled("tmt_iris_dflat_0001.fits", REFTYPE="DFLAT", FILTER="H")])
    settled(opened)
    assert "note tmt_iris_dflat_0001.fits" in said(page)
    # what can be judged of it is not asked for: it has said what it is
    assert [card.message for card in page.tabs.cards.verdicts] == [
        "There are no checks for references of the type dflat: look at it yourself."
    ]
    assert page.tabs.mappings_model.shown[0].derived_from == ""
    parameters = field(page, "ingest_parameters")
    parameters.setText("DETECTOR")
    qtbot.mouseClick(button(page, "ingest_set_parameters"), LEFT)
    settled(opened)
    assert page.files.model.shown[0].rule == "DETECTOR IRIS1"
    page.tabs.cards.parameters_given.emit("DETECTOR, FILTER")
    settled(opened)
    assert page.told.text().startswith("! ")
    assert page.told.text().endswith(" would find no dflat.")


def test_old_defects_are_said(
    window: MainWindow, demo_night: DemoNight, relabelled: Any, settled: Settled, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(demo_night.cache, broken)
    for mapping in broken.rglob("tmt_iris_dark_000?.rmap"):
        mapping.write_text(mapping.read_text().replace("'sha1sum' : '", "'sha1sum' : 'f0"))
    window.open_paths([broken])
    settled(window)
    window.session.ask_page("ingest", (relabelled("tmt_iris_flat_0006.fits", FILTER="H"),))
    settled(window)
    made: IngestPage = window.place("rules").page("ingest")  # type: ignore[attr-defined]
    assert made.told.text().startswith("! tmt_0004.pmap would follow tmt_0003.pmap")
    assert "1 old defect of the cache would stop stock crds" in made.told.text()
    assert made.target.write.isEnabled()
    assert any(
        "sha1" in card.message.casefold() or "checksum" in card.message.casefold() for card in made.tabs.cards.cards
    )


def test_from_a_changed_selection_to_the_reason(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled
) -> None:
    page.add([relabelled("tmt_iris_flat_0006.fits", FILTER="H")])
    settled(opened)
    page.tabs.observations.selectRow(0)
    page.tabs.why.click()
    settled(opened)
    assert [path.name for path in opened.session.selection] == ["iris_20260311_image_0006.fits"]
    assert opened.session.context == "tmt_0003.pmap"


def test_from_the_table_of_observations(opened: MainWindow, relabelled: Any, settled: Settled) -> None:
    flat = relabelled("tmt_iris_flat_0006.fits", FILTER="H")
    opened.open_paths([flat])
    settled(opened)
    opened.observe.table.select_path(flat)
    settled(opened)
    opened.observe.table.ingest_selected()
    settled(opened)
    made: IngestPage = opened.place("rules").page("ingest")  # type: ignore[attr-defined]
    assert [one.path for one in made.draft.items] == [flat]
    assert made.files.model.shown[0].state == "adds"


def test_hostile_words_are_only_words(page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled) -> None:
    page.add([relabelled("<b>a\x1b[2J.fits", FILTER="<img src=x>")])
    settled(opened)
    assert all("\x1b" not in row.name for row in page.files.model.shown)
    assert page.tabs.cards.cards
    for label in page.tabs.cards.widget().findChildren(QLabel):
        assert label.pixmap().isNull() is False or label.textFormat() == Qt.TextFormat.PlainText


def test_a_thousand_findings_hold_nothing_up(qtbot: QtBot, page: IngestPage) -> None:
    cards: Cards = page.tabs.cards
    many = [
        Card(
            SEVERITIES[Severity.ERROR],
            f"{n}.fits",
            "It lacks FILTER.",
            "Set it.",
            Path(f"/{n}.fits"),
            "FILTER",
            kind="value",
        )
        for n in range(1000)
    ]
    cards.show_cards(many, {})
    # a few are made at a time
    assert cards.busy
    qtbot.waitUntil(lambda: not cards.busy)
    assert len(cards.widget().findChildren(QLineEdit)) == 60
    rest = cards.widget().findChild(QLabel, "ingest_findings_rest")
    assert rest is not None
    assert rest.text().startswith("and 940 more")


def test_the_record_of_somebody_else_is_only_words(demo_night: DemoNight, tmp_path: Path) -> None:
    folder = tmp_path / "overlay"
    shutil.copytree(demo_night.cache, folder)
    cache = Cache.open(folder)
    names = [f"f{number}.fits" for number in range(9)]
    rows: list[Any] = [
        {"context": "tmt_0003.pmap", "date": "\x1b[2J" * 99, "references": names, "deleted": {"no": "list"}},
        {"context": ["tmt_0002.pmap"], "date": 3, "references": [None, 3, "<b>\x07.fits"]},
        {"context": "tmt_0002.pmap", "references": [None, 3, "<b>\x07.fits"]},
        7,
    ]
    (cache.layout.config / "ingests.json").write_text(json.dumps({"ingests": rows}))
    told = contexts_of(cache, Job())
    assert told.ours
    assert [(one.context, one.operational) for one in told.rows] == [
        ("tmt_0003.pmap", True),
        ("tmt_0002.pmap", False),
        ("tmt_0001.pmap", False),
    ]
    assert told.rows[0].what == "+ f0.fits  + f1.fits  + f2.fits  + 6 more"
    assert len(told.rows[0].date) <= 40
    assert told.rows[1].what == "+ <b>\N{REPLACEMENT CHARACTER}.fits"
    assert all("\x1b" not in one.date for one in told.rows)


def test_nothing_is_written_before_crds_certify_has_answered(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled, qtbot: QtBot, monkeypatch: Any
) -> None:
    asked: list[Any] = []
    go_on, answer = threading.Event(), [Certified(errors=("BUNIT is missing.",), warnings=("No AUTHOR.",))]

    def slowly(_cache: object, proposal: Any, job: Job) -> tuple[Asked, ...]:
        asked.append(proposal)
        while not go_on.wait(0.01):
            job.check()
        return tuple(Asked(rule.source.name, rule.source.path, answer[0]) for rule in proposal.rules)

    monkeypatch.setattr(certifying, "certify_proposal", slowly)
    page.add([relabelled("tmt_iris_flat_0006.fits", FILTER="H")])
    qtbot.waitUntil(lambda: page.certifying.busy and not page.verdicts.judge.busy)
    target = page.target
    assert target.said.text() == "crds certify is being asked about 1 file…"
    assert not target.write.isEnabled()
    assert not target.patch.isEnabled()
    label = page.tabs.cards.widget().findChild(QLabel, "ingest_findings_rest")
    assert label.text() == "Waiting for crds certify…"  # and nothing says that nothing is wrong
    go_on.set()
    settled(opened)
    assert target.said.text() == "✕ crds certify refuses 1 file: see the findings."
    assert page.told.text().startswith("✕ tmt_0004.pmap would follow")
    first = page.tabs.cards.verdicts[0]
    assert (first.mark.word, first.place) == ("error", "tmt_iris_flat_0006.fits")
    assert first.message == "crds certify refuses it: BUNIT is missing."
    assert page.tabs.tabText(FINDINGS).startswith("Findings ")
    assert [row.state for row in page.files.model.shown] == ["refused"]
    # only who says so goes on, and says it of this and nothing else
    assert not target.write.isEnabled()
    assert target.despite.isVisible()
    qtbot.mouseClick(target.despite, LEFT)
    assert target.write.isEnabled()
    assert target.said.text().startswith("! ")
    answer[0] = Certified(warnings=("No AUTHOR.",))
    page.add([relabelled("tmt_iris_flat_0007.fits", FILTER="J", USEAFTER="2026-02-02T00:00:00")])
    settled(opened)
    assert len(asked) == 2
    assert not target.despite.isChecked()
    assert not target.despite.isVisible()
    assert [row.state for row in page.files.model.shown] == ["adds", "adds"]
    assert target.write.isEnabled()
    assert target.said.text() == "crds certify accepts all of them. The old cache is only read."
    assert "crds certify warns of 2 files: see the findings." in page.told.text()
    # what is the same is not asked about again
    opened.session.observations_changed.emit()
    settled(opened)
    assert len(asked) == 2


def test_who_cancels_crds_certify_is_told_that_it_was_not_asked(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled, monkeypatch: Any
) -> None:
    def cancelled(*_words: object) -> None:
        raise Cancelled

    monkeypatch.setattr(certifying, "certify_proposal", cancelled)
    page.add([relabelled("tmt_iris_flat_0006.fits", FILTER="H")])
    settled(opened)
    assert "crds certify could not be asked about 1 file" in page.told.text()
    assert page.target.write.isEnabled()
    assert opened.session.notices == []


def test_a_file_that_changed_behind_is_looked_at_anew(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled
) -> None:
    flat = relabelled("tmt_iris_flat_0006.fits", FILTER="H")
    page.add([flat])
    settled(opened)
    flat.unlink()
    relabelled(flat.name, FILTER="J", USEAFTER="2026-02-02T00:00:00")
    opened.session.ask_page("cache")
    opened.session.ask_page("ingest")
    settled(opened)
    assert page.files.model.shown[0].rule == "DETECTOR IRIS1 · FILTER J · PUPIL CLEAR"
    flat.unlink()
    opened.activateWindow()
    QApplication.sendEvent(page, QEvent(QEvent.Type.ActivationChange))  # as from another program
    settled(opened)
    assert page.files.model.shown[0].state == "stopped"
    assert not page.target.write.isEnabled()


def test_what_a_file_takes_the_place_of_stands_beside_its_name(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled
) -> None:
    header, table = page.files.table.horizontalHeader(), page.files.table
    page.add([relabelled("tmt_iris_flat_0006.fits", FILTER="H")])
    settled(opened)
    assert table.isColumnHidden(INSTEAD)
    page.add([relabelled("tmt_iris_flat_0007.fits")])  # as the first flat of the night
    settled(opened)
    assert page.files.model.shown[1].instead == "tmt_iris_flat_0001.fits"
    assert not table.isColumnHidden(INSTEAD)
    assert header.visualIndex(INSTEAD) == 3


def test_a_folder_without_references_is_told_and_so_is_one_that_cannot_be_read(
    page: IngestPage, opened: MainWindow, tmp_path: Path, monkeypatch: Any
) -> None:
    empty = tmp_path / "nothing in it"
    empty.mkdir()
    drop(page, empty)
    assert [one.text for one in opened.session.notices] == ["There is no file for it in nothing in it."]

    def refuse(path: Path) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    drop(page, empty)
    assert opened.session.notices[-1].text == "nothing in it cannot be read: Permission denied."
    assert not page.draft


def test_while_it_is_looked_anew_nothing_is_said_of_what_was(
    page: IngestPage, opened: MainWindow, relabelled: Any, settled: Settled, qtbot: QtBot, monkeypatch: Any
) -> None:
    page.add([relabelled("tmt_iris_flat_0006.fits", FILTER="H")])
    settled(opened)
    assert page.told.text().startswith("✓ ")
    go_on, work_out = threading.Event(), ingest_page.work_out

    def slowly(*words: Any) -> Any:
        assert go_on.wait(20)
        return work_out(*words)

    monkeypatch.setattr(ingest_page, "work_out", slowly)
    page.add([relabelled("b.fits", FILTER="H")])
    try:
        assert page.told.text() == "Looking what changes…"
        qtbot.waitUntil(lambda: page._working)
        assert page.told.text() == "Looking what changes…"
        assert not page.target.write.isEnabled()
    finally:
        go_on.set()
    settled(opened)
    assert page.told.text().startswith("✕ 1 error stops it")


def test_findings_stay_while_others_have_their_say(page: IngestPage, qtbot: QtBot) -> None:
    cards: Cards = page.tabs.cards
    mark = SEVERITIES[Severity.ERROR]
    cards.show_cards([Card(mark, "a.fits", "No FILTER.", "", Path("/a.fits"), "FILTER", kind="value")], {})
    one = Card(mark, "a.fits", "Bad.", "", Path("/a.fits"), kind="report")
    first = button(page, "ingest_set_FILTER")
    for told, waits in (((), "Waiting…"), ((one,), "Waiting…"), ((one, one), ""), ((one,), "")):
        cards.show_verdicts(told, waits)
        qtbot.waitUntil(lambda: not cards.busy)
        # who is about to press it finds it where it was
        assert button(page, "ingest_set_FILTER") is first
        assert len(cards.widget().findChildren(QPushButton)) == 1 + len(told)
        labels = cards.widget().findChildren(QLabel, "ingest_findings_rest")
        assert [label.text() for label in labels] == ([waits] if waits else [])
    assert first.nextInFocusChain() is button(page, "ingest_report")
    cards.show_verdicts((), "")
    assert cards.widget().findChild(QPushButton, "ingest_report") is None
