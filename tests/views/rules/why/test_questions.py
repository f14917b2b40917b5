"""Whole tasks: an observation and a real cache in, references and the reason for each out, and what if."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QTableView, QTreeView
from pytestqt.qtbot import QtBot

from calgui.core.rules.values import Fate, Status
from calgui.views.rules.why.matrix_header import ValueEditor
from calgui.views.rules.why.panel import WhyPanel
from calgui.views.rules.why.references import ReferencesPanel
from calgui.views.rules.why.references_model import FILE, MAPPING, TRUST, TYPE, USE
from calgui.views.session import Session

_WAIT = 30_000
_IRIS = {
    "INSTRUME": "IRIS",
    "DETECTOR": "IRIS1",
    "FILTER": "K",
    "PUPIL": "CLEAR",
    "SUBARRAY": "FULL",
    "DATE-OBS": "2016-03-01",
    "TIME-OBS": "01:02:03",
}
_ACS = {
    "INSTRUME": "ACS",
    "DETECTOR": "WFC",
    "CCDAMP": "ABCD",
    "CCDGAIN": 2.0,
    "DARKCORR": "PERFORM",
    "DATE-OBS": "2005-03-01",
    "TIME-OBS": "01:02:03",
    "FILTER1": "F606W",
    "FILTER2": "CLEAR2L",
    "OBSTYPE": "IMAGING",
    "FW1OFFST": 0.0,
    "FW2OFFST": 0.0,
    "FWSOFFST": 0.0,
}


class Desk:
    """Both panels of one session, and what a user does with them."""

    def __init__(self, qtbot: QtBot, session: Session, folder: Path, caches: Path) -> None:
        self.qtbot, self.session, self.folder, self.caches = qtbot, session, folder, caches
        self.references, self.why = ReferencesPanel(session), WhyPanel(session)
        for panel in (self.references, self.why):
            qtbot.addWidget(panel)
            panel.resize(1000, 600)
            panel.show()
        self.inquiry = self.why.inquiry

    def open_cache(self, name: str) -> None:
        self.session.open_cache(self.caches / name)
        self.settle()

    def observation(self, name: str, header: dict[str, object], **changes: object) -> Path:
        path = self.folder / name
        hdu = fits.PrimaryHDU(np.zeros((2, 2), np.float32))
        hdu.header.update({key: value for key, value in (header | changes).items() if value is not None})
        hdu.writeto(path)
        return path

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.session.tasks.running and not self.inquiry.busy, timeout=_WAIT)

    def select(self, *paths: Path) -> None:
        self.session.select(paths)
        self.settle()

    def row(self, type_: str) -> int:
        return [row.type for row in self.references.model.rows].index(type_)

    def texts(self, type_: str) -> list[str]:
        model, row = self.references.model, self.row(type_)
        return [str(model.index(row, column).data() or "") for column in (FILE, TRUST, USE, MAPPING)]

    def click(self, type_: str) -> None:
        view = self.references.view
        place = view.visualRect(self.references.model.index(self.row(type_), TYPE)).center()
        self.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        self.settle()

    def type_value(self, keyword: str, text: str) -> None:
        editor = self.why.findChild(ValueEditor, f"value_{keyword}")
        editor.setFocus()
        editor.lineEdit().selectAll()
        self.qtbot.keyClicks(editor.lineEdit(), text)
        self.qtbot.keyClick(editor.lineEdit(), Qt.Key.Key_Return)
        self.settle()


@pytest.fixture
def desk(qtbot: QtBot, session: Session, tmp_path: Path, real_data: Path) -> Desk:
    """The two panels, with no cache yet."""
    return Desk(qtbot, session, tmp_path, real_data / "caches")


def test_an_observation_shows_its_references_with_trust_and_use(desk: Desk) -> None:
    desk.open_cache("tmt")
    path = desk.observation("k.fits", _IRIS, R_DARK="crds://tmt_iris_dark_0001.fits", R_FLAT="tmt_iris_flat_0001.fits")
    desk.select(path)
    assert desk.texts("dark") == ["tmt_iris_dark_0001.fits", "LFS pointer", "as used", "tmt_iris_dark_0001.rmap"]
    assert desk.texts("flat") == [
        "tmt_iris_flat_0003.fits",
        "LFS pointer",
        "header says tmt_iris_flat_0001.fits",
        "tmt_iris_flat_0003.rmap",
    ]
    assert desk.texts("mask")[2] == "not recorded"
    assert desk.texts("dflat")[0].startswith("not needed")
    assert desk.references.model.rows[-1].type == "dflat", "what is not needed stands last"


def test_a_row_says_why(desk: Desk) -> None:
    desk.open_cache("tmt")
    desk.select(desk.observation("k.fits", _IRIS))
    desk.click("flat")
    trace = desk.inquiry.trace
    assert trace is not None
    assert (trace.type, trace.selected) == ("flat", "tmt_iris_flat_0003.fits")
    assert "tmt_iris_flat_0003.fits" in desk.why.sentence.text()
    assert "IRIS1 · K · CLEAR" in desk.why.subtitle.text()
    assert desk.why.evidence.dates.rowCount() == 1
    desk.click("mask")
    assert desk.inquiry.trace is not None
    assert desk.inquiry.trace.type == "mask"
    matrix = desk.why.model
    glyphs = {matrix.mark(matrix.index(0, column)).glyph for column in (2, 3)}
    assert glyphs == {"=", "→"}, "GENERIC is replaced by N/A"


def test_a_changed_value_changes_both_panels_and_not_the_file(desk: Desk) -> None:
    desk.open_cache("tmt")
    path = desk.observation("j.fits", _IRIS, FILTER="J")
    before = path.read_bytes()
    desk.select(path)
    assert desk.texts("flat")[0].startswith("not found: ")
    desk.click("flat")
    assert "FILTER" in desk.why.sentence.text()
    assert "K" in desk.why.sentence.text()
    desk.type_value("FILTER", "K")
    assert desk.texts("flat")[0] == "tmt_iris_flat_0003.fits"
    assert "tmt_iris_flat_0003.fits" in desk.why.sentence.text()
    assert not desk.why.banner.isHidden()
    assert "FILTER = K" in desk.why.banner.label.text()
    assert "says J" in desk.why.banner.label.text()
    desk.qtbot.mouseClick(desk.why.banner.button, Qt.MouseButton.LeftButton)
    desk.settle()
    assert desk.why.banner.isHidden()
    assert desk.texts("flat")[0].startswith("not found: ")
    assert path.read_bytes() == before


def test_a_near_miss_is_tried_with_one_click(desk: Desk) -> None:
    desk.open_cache("tmt")
    desk.select(desk.observation("j.fits", _IRIS, FILTER="J"))
    desk.click("flat")
    view, misses = desk.why.evidence.misses_view, desk.why.evidence.misses
    assert misses.rowCount() == 1
    assert misses.index(0).data().startswith("FILTER: J → K")
    place = view.visualRect(misses.index(0)).center()
    desk.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    desk.settle()
    assert desk.inquiry.trace is not None
    assert desk.inquiry.trace.selected == "tmt_iris_flat_0003.fits"
    assert "FILTER = K" in desk.why.banner.label.text()


def test_the_copied_command_asks_the_same_question(desk: Desk) -> None:
    desk.open_cache("tmt")
    path = desk.observation("with space.fits", _IRIS, FILTER="J")
    desk.select(path)
    desk.click("flat")
    desk.type_value("FILTER", "K")
    desk.why.copy_command()
    command = QGuiApplication.clipboard().text()
    assert command.startswith("calgui explain --cache ")
    assert "--context tmt_0001.pmap --type flat --set FILTER=K" in command
    assert command.endswith(f"'{path}'")


def test_a_missing_keyword_stands_out_and_can_be_supposed(desk: Desk) -> None:
    desk.open_cache("tmt")
    desk.select(desk.observation("none.fits", _IRIS, FILTER=None))
    desk.click("flat")
    editor = desk.why.findChild(ValueEditor, "value_FILTER")
    assert editor.currentText() == ""
    assert desk.texts("flat")[0].startswith("not found: ")
    desk.type_value("FILTER", "K")
    assert desk.texts("flat")[0] == "tmt_iris_flat_0003.fits"
    assert "does not say" in desk.why.banner.label.text()


def test_the_editor_offers_what_the_rules_list(desk: Desk) -> None:
    desk.open_cache("tmt")
    desk.select(desk.observation("j.fits", _IRIS, FILTER="J"))
    desk.click("flat")
    editor = desk.why.findChild(ValueEditor, "value_FILTER")
    offered = [editor.itemText(number) for number in range(editor.count())]
    assert offered == ["J", "K", "(missing)"]


def test_escape_gives_an_edit_up(desk: Desk) -> None:
    desk.open_cache("tmt")
    desk.select(desk.observation("k.fits", _IRIS))
    desk.click("flat")
    matrix = desk.why.findChild(QTableView, "why_matrix")
    matrix.setFocus()
    matrix.setCurrentIndex(desk.why.model.index(0, 3))
    desk.why.matrix.actions()[0].trigger()
    editor = desk.why.findChild(ValueEditor, "value_FILTER")
    desk.qtbot.keyClicks(editor.lineEdit(), "J")
    desk.qtbot.keyClick(editor.lineEdit(), Qt.Key.Key_Escape)
    desk.settle()
    assert editor.currentText() == "K"
    assert desk.inquiry.what_if == {}


def test_the_keyboard_alone_goes_from_type_to_type(desk: Desk) -> None:
    desk.open_cache("tmt")
    desk.select(desk.observation("k.fits", _IRIS))
    view = desk.references.findChild(QTreeView, "references_table")
    view.setFocus()
    view.setCurrentIndex(desk.references.model.index(0, 0))
    desk.settle()
    seen = []
    for _ in range(3):
        assert desk.inquiry.trace is not None
        seen.append(desk.inquiry.trace.type)
        desk.qtbot.keyClick(view, Qt.Key.Key_Down)
        desk.settle()
    assert seen == [row.type for row in desk.references.model.rows[:3]]


def test_several_observations_show_where_they_differ(desk: Desk) -> None:
    desk.open_cache("tmt")
    paths = [
        desk.observation("a.fits", _IRIS),
        desk.observation("b.fits", _IRIS),
        desk.observation("c.fits", _IRIS, FILTER="J"),
    ]
    desk.select(*paths)
    model = desk.references.model
    flat = model.index(desk.row("flat"), FILE)
    assert flat.data() == "2 answers for 3 observations"
    parent = model.index(desk.row("flat"), 0)
    children = [(model.index(n, TYPE, parent).data(), model.index(n, FILE, parent).data()) for n in range(2)]
    assert children[0] == ("2 ×", "tmt_iris_flat_0003.fits")
    assert children[1][0] == "1 ×"
    assert children[1][1].startswith("not found: ")
    desk.references.view.setCurrentIndex(model.index(1, 0, parent))
    desk.settle()
    assert desk.inquiry.trace is not None
    assert desk.inquiry.trace.status is Status.NOT_FOUND
    assert desk.inquiry.index == 2


def test_an_unreadable_file_is_said_and_hides_none_of_the_others(desk: Desk) -> None:
    desk.open_cache("tmt")
    broken = desk.folder / "broken.fits"
    broken.write_bytes(b"no FITS file at all")
    desk.select(broken, desk.observation("k.fits", _IRIS))
    assert "1 of 2 could not be read" in desk.references.hint.text()
    assert desk.texts("flat")[0] == "tmt_iris_flat_0003.fits"


def test_many_observations_are_read_through_the_index(desk: Desk) -> None:
    desk.open_cache("tmt")
    filters = ["K", "J", "H"]
    paths = [desk.observation(f"{n:03d}.fits", _IRIS, FILTER=filters[n % 3]) for n in range(45)]
    desk.select(*paths)
    flat = desk.references.model.rows[desk.row("flat")]
    assert [len(answer.members) for answer in flat.answers] == [30, 15]
    assert flat.answers[1].selection.file == "tmt_iris_flat_0003.fits"
    assert flat.answers[1].members == tuple(range(0, 45, 3))


def test_a_large_mapping_is_fluent_and_names_its_date(desk: Desk) -> None:
    desk.open_cache("hst")
    desk.select(desk.observation("acs.fits", _ACS))
    desk.click("darkfile")
    trace = desk.inquiry.trace
    assert trace is not None
    assert trace.status is Status.SELECTED
    dates = desk.why.evidence.dates
    assert dates.rowCount() > 500
    chosen = next(row for row in range(dates.rowCount()) if dates.dates[row].chosen)
    assert dates.dates[chosen].date <= "2005-03-01 01:02:03" < dates.dates[chosen + 1].date
    desk.click("pfltfile")
    assert desk.inquiry.trace is not None
    assert len(desk.inquiry.trace.rules) > 200
    assert desk.why.model.rowCount() < 60
    assert not desk.why.more.isHidden()
    desk.qtbot.mouseClick(desk.why.more, Qt.MouseButton.LeftButton)
    assert desk.why.model.rowCount() == len(desk.inquiry.trace.rules)
    assert desk.why.model.rules[0].fate is Fate.WINNER


def test_ligeriri_works_for_all_its_defects(desk: Desk) -> None:
    desk.open_cache("ligeriri")
    header = {
        "INSTRUME": "IRIS",
        "INSTERA": "0.0.0",
        "DETECTOR": "IMG1",
        "READMODE": "DEFAULT",
        "SUBARRAY": "FULL",
        "DATE": "2025-01-01T00:00:00",
    }
    desk.select(desk.observation("night.fits", header))
    assert desk.texts("dark")[:2] == ["IRIS_IMG1_DARK_20240924T000000_0.0.1.fits", "LFS pointer"]
    desk.click("dark")
    assert desk.inquiry.trace is not None
    assert desk.inquiry.trace.rules[0].fate is Fate.WINNER


def test_an_instrument_that_the_rules_do_not_know_is_said(desk: Desk) -> None:
    desk.open_cache("tmt")
    desk.select(desk.observation("other.fits", _IRIS, INSTRUME="WFOS"))
    assert "WFOS" in desk.texts("dark")[0]
    assert "IRIS" in desk.texts("dark")[0]


def test_a_pointer_is_not_opened_but_explained(desk: Desk, session: Session) -> None:
    desk.open_cache("tmt")
    desk.select(desk.observation("k.fits", _IRIS))
    opened, told = [], []
    session.frame_requested.connect(opened.append)
    session.noticed.connect(told.append)
    desk.references.view.activated.emit(desk.references.model.index(desk.row("dark"), 0))
    assert opened == []
    assert "LFS" in told[0].text
    assert "git lfs pull" in told[0].cure


def test_a_row_leads_to_the_mapping(desk: Desk, session: Session) -> None:
    desk.open_cache("tmt")
    desk.select(desk.observation("k.fits", _IRIS))
    desk.click("dark")
    asked: list[tuple[str, object]] = []
    session.mapping_requested.connect(lambda name, line: asked.append((name, line)))
    answer = desk.references.current()
    assert answer is not None
    actions = {action.objectName(): action for action in desk.references.actions_for(answer.selection)}
    actions["show_in_rules"].trigger()
    actions["copy_name"].trigger()
    assert asked == [("tmt_iris_dark_0001.rmap", 22)]
    assert QGuiApplication.clipboard().text() == "tmt_iris_dark_0001.fits"


def test_without_cache_or_selection_the_panels_say_what_to_do(desk: Desk) -> None:
    assert "Open a CRDS cache" in desk.references.hint.text()
    assert "Open a CRDS cache" in desk.why.sentence.text()
    desk.open_cache("tmt")
    assert "Select an observation" in desk.references.hint.text()
    assert "Select an observation" in desk.why.sentence.text()


def test_a_file_of_another_instrument_is_told_once(desk: Desk) -> None:
    desk.open_cache("tmt")
    desk.select(desk.observation("other.fits", {"CURRINST": "NIRC2"}))
    assert "INSTRUME" in desk.references.hint.text()
    assert desk.references.hint.isVisible()
    assert not desk.references.view.isVisible()
    desk.select(desk.observation("ours.fits", _IRIS))
    assert desk.references.view.isVisible()
    assert not desk.references.hint.isVisible()
