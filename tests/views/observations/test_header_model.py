"""The tree of headers shows every card, finds, marks and copies."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from calgui.core.frames.headers import read_headers
from calgui.views.observations.header_model import COMMENT, HeaderModel


@pytest.fixture
def model(qtbot: QtBot, make_file: Callable[..., Path]) -> HeaderModel:
    made = HeaderModel()
    made.show(read_headers(make_file("a.fits", FILTER="Kbb", EXPTIME=30.0, OBSERVER="A. Nother")))
    return made


def keywords(model: HeaderModel) -> list[str]:
    found = []
    for place in range(model.rowCount()):
        group = model.index(place, 0)
        found += [model.index(row, 0, group).data() for row in range(model.rowCount(group))]
    return found


def test_every_card_of_every_hdu_is_there(model: HeaderModel, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(model, force_py=True)
    assert [model.index(place, 0).data().split("  ·")[0] for place in range(2)] == ["0 PRIMARY", "1 SCI"]
    assert {"SIMPLE", "FILTER", "XTENSION", "BUNIT"} <= set(keywords(model))


def test_search_looks_at_keyword_value_comment_and_parkey(model: HeaderModel) -> None:
    for text, wanted in (("filt", "FILTER"), ("nother", "OBSERVER"), ("unit of the image", "BUNIT")):
        model.search(text)
        assert keywords(model) == [wanted]
    patterns = {"filt*": "FILTER", "*ER kb*": "FILTER", "EXP*>=30": "EXPTIME", "obs*r=*nother": "OBSERVER"}
    for text, wanted in patterns.items():
        model.search(text)
        assert keywords(model) == [wanted], text
    model.mark({"FILTER": "FILTER = META.INSTRUMENT.FILTER"})
    model.search("instrument.filter")
    assert keywords(model) == ["FILTER"]
    model.search("no such thing")
    assert model.count == 0


def test_marked_keywords_stand_out(model: HeaderModel) -> None:
    model.mark({"FILTER": "FILTER = META.INSTRUMENT.FILTER"})
    model.search("FILTER Kbb")
    cell = model.index(0, 0, model.index(0, 0))
    assert cell.data(Qt.ItemDataRole.FontRole).bold()
    assert "META.INSTRUMENT.FILTER" in cell.data(Qt.ItemDataRole.ToolTipRole)
    model.search("EXPTIME")
    assert model.index(0, 0, model.index(0, 0)).data(Qt.ItemDataRole.FontRole) is None


def test_what_a_card_does_not_say_is_told_from_what_is_known(model: HeaderModel) -> None:
    model.search("EXPTIME")
    group = model.index(0, 0)
    keyword, comment = model.index(0, 0, group), model.index(0, COMMENT, group)
    assert comment.data().endswith("[s]")
    assert comment.data(Qt.ItemDataRole.FontRole).italic()
    assert "iris_metadata" in keyword.data(Qt.ItemDataRole.ToolTipRole)
    assert model.lines([keyword]) == "EXPTIME = 30\n"
    model.search("BUNIT")
    told = model.index(0, COMMENT, model.index(0, 0))
    assert told.data() == "unit of the image"
    assert told.data(Qt.ItemDataRole.FontRole) is None
    model.search("exposure time")
    assert keywords(model) == ["EXPTIME"]


def test_cards_are_found_by_hdu_and_keyword(model: HeaderModel) -> None:
    assert model.find(None, "bunit").parent().row() == 1
    assert model.find(1, "BUNIT").data() == "BUNIT"
    assert not model.find(0, "BUNIT").isValid()


def test_cards_are_copied_as_they_are_written(model: HeaderModel) -> None:
    model.search("BUNIT")
    group = model.index(0, 0)
    assert model.lines([model.index(0, 0, group)]) == "BUNIT = 'electron/s' / unit of the image\n"
    assert model.index(0, COMMENT, group).data() == "unit of the image"
    assert model.lines([group]).startswith("# 1 SCI")
