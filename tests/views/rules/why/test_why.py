"""The panel that says why: matrix, fold, dates, near misses, what-if, copying, all from hand-made answers."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from calgui.core.rules.values import Trace
from calgui.views.rules.why.asking import Observation
from calgui.views.rules.why.inquiry import Inquiry
from calgui.views.rules.why.panel import WhyPanel
from calgui.views.session import Session


def _shown(qtbot: QtBot, session: Session, trace: Trace, path: Path) -> WhyPanel:
    panel = WhyPanel(session)
    qtbot.addWidget(panel)
    inquiry = Inquiry.of(session)
    inquiry.observations = [Observation(path, {"DETECTOR": "IRIS1", "FILTER": "j"})]
    inquiry.type = "flat"
    inquiry._explained((trace, {"META.INSTRUMENT.FILTER": ("H", "J", "K")}))
    panel.resize(1000, 700)
    panel.show()
    return panel


def test_the_matrix_letters_every_cell(
    qtbot: QtBot, session: Session, make_trace: Callable[..., Trace], observation: Path
) -> None:
    panel = _shown(qtbot, session, make_trace(5), observation)
    model = panel.model
    marks = [[model.mark(model.index(row, column)) for column in (2, 3, 4)] for row in range(4)]
    assert [[mark.glyph for mark in row if mark] for row in marks] == [
        ["=", "=", "→"],
        ["=", "*", "–"],
        ["–", "=", "–"],
        ["=", "≠", "?"],
    ]
    assert model.text(model.index(0, 0)) == "winner · 2"
    assert model.text(model.index(0, 4)) == "GENERIC → N/A"
    assert "2015-06-01" in model.text(model.index(0, 5))
    assert model.text(model.index(0, 1)) == "flat_iris1_j_2.fits"


def test_the_rest_of_the_rules_folds_away(
    qtbot: QtBot, session: Session, make_trace: Callable[..., Trace], observation: Path
) -> None:
    panel = _shown(qtbot, session, make_trace(2000), observation)
    assert panel.matrix.model().rowCount() < 20
    assert panel.more.text() == "Show all 2,000 rules"
    qtbot.mouseClick(panel.more, Qt.MouseButton.LeftButton)
    assert panel.matrix.model().rowCount() == 2000
    assert panel.more.isHidden()


def test_not_found_is_said_large_and_in_a_sentence(
    qtbot: QtBot, session: Session, make_trace: Callable[..., Trace], observation: Path
) -> None:
    panel = _shown(qtbot, session, make_trace(5, found=False), observation)
    assert "No rule lists FILTER = J" in panel.sentence.text()
    assert panel.sentence.font().pointSizeF() > panel.font().pointSizeF()


def test_the_copied_matrix_has_all_rules(
    qtbot: QtBot, session: Session, make_trace: Callable[..., Trace], observation: Path
) -> None:
    panel = _shown(qtbot, session, make_trace(100), observation)
    panel.copy_matrix()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 102
    assert lines[0].split("\t")[2:5] == ["DETECTOR", "FILTER", "SUBARRAY"]
    assert {len(line.split("\t")) for line in lines} == {7}


def test_the_dates_show_which_one_was_chosen_and_why(
    qtbot: QtBot, session: Session, make_trace: Callable[..., Trace], observation: Path
) -> None:
    panel = _shown(qtbot, session, make_trace(5), observation)
    dates = panel.evidence.dates
    verdicts = [dates.index(row, 2).data() for row in range(dates.rowCount())]
    assert verdicts[1] == "chosen: latest before the observation"
    assert verdicts[2] == "after the observation"
    assert "2016-01-01 00:00:00" in panel.evidence.dates_title.text()


def test_in_a_small_panel_dates_and_near_misses_are_behind_tabs(
    qtbot: QtBot, session: Session, make_trace: Callable[..., Trace], observation: Path
) -> None:
    panel = _shown(qtbot, session, make_trace(5, found=False), observation)
    tried: list[object] = []
    panel.inquiry.what_if_changed.connect(lambda: tried.append(panel.inquiry.what_if))
    panel.resize(1600, 700)
    qtbot.waitUntil(lambda: not panel.tabs.isVisible())
    assert panel.matrix.isVisible()
    assert panel.evidence.misses_view.isVisible()
    panel.resize(700, 300)
    qtbot.waitUntil(panel.tabs.isVisible)
    assert [panel.tabs.tabText(place) for place in range(3)] == ["Rules", "Dates (3)", "Nearest misses (2)"]
    assert panel.matrix.isVisible()
    assert not panel.evidence.misses_view.isVisible()
    for place, view in ((1, panel.evidence.dates_view), (2, panel.evidence.misses_view)):
        qtbot.mouseClick(panel.tabs, Qt.MouseButton.LeftButton, pos=panel.tabs.tabRect(place).center())
        assert view.isVisible()
        assert not panel.matrix.isVisible()
    first = panel.evidence.misses_view.visualRect(panel.evidence.misses.index(0)).center()
    qtbot.mouseClick(panel.evidence.misses_view.viewport(), Qt.MouseButton.LeftButton, pos=first)
    assert tried
    assert panel.tabs.currentIndex() == 0
