"""What it would take to select another file: asked of an observation, with real caches, and taken to the cases."""

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from calgui.cli.main import cli
from calgui.core.rules.questions.whatif import answers
from calgui.views.rules.why.asking import Question
from calgui.views.rules.why.panel import WhyPanel
from calgui.views.rules.why.references import ReferencesPanel
from calgui.views.session import Session

_WAIT = 30_000
_IRIS = {
    "INSTRUME": "IRIS",
    "DETECTOR": "IRIS1",
    "FILTER": "J",
    "PUPIL": "CLEAR",
    "SUBARRAY": "FULL",
    "DATE-OBS": "2016-03-01",
    "TIME-OBS": "01:02:03",
}


class Desk:
    """The panel that says why, with what it asks of other pages."""

    def __init__(self, qtbot: QtBot, session: Session) -> None:
        self.qtbot, self.session = qtbot, session
        self.panel = WhyPanel(session)
        qtbot.addWidget(self.panel)
        self.panel.resize(900, 500)
        self.panel.show()
        self.asked: list[tuple[str, object]] = []
        self.mappings: list[tuple[str, int | None]] = []
        session.page_requested.connect(lambda name, about: self.asked.append((name, about)))
        session.mapping_requested.connect(lambda name, line: self.mappings.append((name, line)))

    def settle(self) -> None:
        self.qtbot.waitUntil(
            lambda: not self.session.tasks.running and not self.panel.inquiry.busy and not self.panel.reach.busy,
            timeout=_WAIT,
        )

    def look(self, cache: Path, path: Path, kind: str) -> None:
        self.session.open_cache(cache)
        self.settle()
        self.session.select([path])
        self.settle()
        self.panel.inquiry.focus(kind)
        self.settle()

    def question(self) -> Question:
        name, about = self.asked[-1]
        assert name == "whatif"
        assert isinstance(about, Question)
        return about


@pytest.fixture
def path(tmp_path: Path) -> Path:
    hdu = fits.PrimaryHDU(np.zeros((2, 2), np.float32))
    hdu.header.update(_IRIS)
    hdu.writeto(tmp_path / "j.fits")
    return tmp_path / "j.fits"


@pytest.fixture
def desk(qtbot: QtBot, session: Session) -> Desk:
    return Desk(qtbot, session)


@pytest.mark.parametrize(("cache", "kind"), [("tmt", "flat"), ("tmt", "dark"), ("ligeriri", "dark")])
def test_every_file_of_the_mapping_is_reached_as_told(
    desk: Desk, path: Path, real_data: Path, cache: str, kind: str
) -> None:
    desk.look(real_data / "caches" / cache, path, kind)
    reach = desk.panel.reach
    assert not reach.isVisible()
    desk.qtbot.mouseClick(desk.panel.reach_button, Qt.MouseButton.LeftButton)
    desk.settle()
    assert reach.isVisible()
    assert not desk.panel.matrix.isVisible()
    files = reach.names.stringList()[1:]
    assert files
    tried = 0
    for file in files:
        reach.choose(file)
        desk.settle()
        if reach.button.isEnabled():
            desk.qtbot.mouseClick(reach.button, Qt.MouseButton.LeftButton)
            question = desk.question()
            assert question.type == kind
            told = answers(desk.session.cache, desk.session.context, question.cases[-1], [kind])
            assert told[0].file == file
            tried += 1
        for change in reach.rule_changes:
            assert change.file == file
    selected = desk.panel.inquiry.trace.selected
    assert tried or files == [selected]


def test_a_change_of_a_rule_leads_to_its_line(desk: Desk, path: Path, real_data: Path) -> None:
    desk.look(real_data / "caches" / "tmt", path, "flat")
    desk.panel.reach_button.click()
    desk.settle()
    rules = desk.panel.reach.rules
    assert rules.count() == len(desk.panel.reach.rule_changes) > 0
    assert rules.item(0).text().startswith("FILTER: K → K|J")
    desk.qtbot.mouseClick(rules.viewport(), Qt.MouseButton.LeftButton, pos=rules.visualItemRect(rules.item(0)).center())
    change = desk.panel.reach.rule_changes[0]
    assert desk.mappings == [(change.mapping, change.line)]
    text = next((real_data / "caches" / "tmt").rglob(change.mapping)).read_text().splitlines()[change.line - 1]
    assert all(part in text for part in change.key)


def test_it_begins_with_the_nearest_file_unless_any_is_asked_for(desk: Desk, path: Path, real_data: Path) -> None:
    desk.look(real_data / "caches" / "tmt", path, "flat")
    desk.panel.reach_button.click()
    desk.settle()
    reach = desk.panel.reach
    assert reach.file == desk.panel.inquiry.trace.near_misses[0].file
    assert "FILTER: J → <b>K</b>" in reach.header_text.text()
    reach.choose(None)
    desk.settle()
    assert reach.file is None
    assert not reach.button.isEnabled()
    assert reach.rules.count() > 0
    desk.panel.inquiry.set_value("META.INSTRUMENT.FILTER", "FILTER", "H")
    desk.settle()
    assert reach.file is None
    assert reach.rules.item(0).text().startswith("FILTER: K → K|H")


def test_the_search_narrows_the_files(desk: Desk, path: Path, real_data: Path) -> None:
    desk.look(real_data / "caches" / "tmt", path, "dark")
    desk.panel.reach_button.click()
    desk.settle()
    reach = desk.panel.reach
    desk.qtbot.keyClicks(reach.search, "DARK_0001")
    assert [reach.found.index(row, 0).data() for row in range(reach.found.rowCount())] == ["tmt_iris_dark_0001.fits"]


def test_the_observation_and_a_near_miss_are_taken_to_the_cases(desk: Desk, path: Path, real_data: Path) -> None:
    cache = real_data / "caches" / "tmt"
    desk.look(cache, path, "flat")
    desk.panel.open_what_if()
    assert [case.name for case in desk.question().cases] == ["j.fits"]
    view = desk.panel.evidence.misses_view
    view.setCurrentIndex(desk.panel.evidence.misses.index(0))
    desk.panel.tabs.setCurrentIndex(2)
    next(action for action in view.actions() if action.objectName() == "try_near_miss_in_what_if").trigger()
    before, after = desk.question().cases
    told = CliRunner().invoke(cli, ["explain", "--cache", str(cache), "--type", "flat", "--json", str(path)])
    miss = json.loads(told.stdout)["near_misses"][0]
    assert after.name == miss["file"]
    assert not before.changes
    assert after.changes == tuple((change["parameter"], change["to"]) for change in miss["changes"])


def test_a_supposition_goes_along(desk: Desk, path: Path, real_data: Path) -> None:
    desk.look(real_data / "caches" / "tmt", path, "flat")
    for value, selected in (("K", "tmt_iris_flat_0003.fits"), ("UNDEFINED", None)):
        desk.panel.inquiry.set_value("META.INSTRUMENT.FILTER", "FILTER", value)
        desk.settle()
        references = ReferencesPanel(desk.session)
        desk.qtbot.addWidget(references)
        selection = next(row for row in references.model.rows if row.type == "flat").answers[0].selection
        assert selection.file == selected
        actions = {action.objectName(): action for action in references.actions_for(selection)}
        actions["try_in_what_if"].trigger()
        (case,) = desk.question().cases
        told = answers(desk.session.cache, desk.session.context, case, ["flat"])
        assert (told[0].status, told[0].file) == (selection.status, selected)
