"""The Rules place: its pages, and who leads to them."""

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from calgui.views.late import Late
from calgui.views.rules import place as place_module
from calgui.views.rules.pages import PAGES
from calgui.views.rules.place import RulesPlace
from calgui.views.session import Session


class AskedPage(QWidget):
    """A page that keeps what it was asked."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.asked: list[object] = []
        self.busy = False

    def ask(self, about: object) -> None:
        """Keep it."""
        self.asked.append(about)


@pytest.fixture
def place(qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch) -> RulesPlace:
    monkeypatch.setattr(place_module, "PAGES", (PAGES[0], Late("asked", "Asked", "?", __name__, "AskedPage")))
    made = RulesPlace(session)
    qtbot.addWidget(made)
    return made


def test_a_page_is_made_when_it_is_gone_to(place: RulesPlace) -> None:
    assert place.stack.count() == 1
    place.go("asked")
    assert place.stack.currentWidget() is place.page("asked")
    assert place.stack.count() == 2


def test_what_is_asked_elsewhere_reaches_its_page(place: RulesPlace, session: Session) -> None:
    asked: list[str] = []
    session.place_requested.connect(asked.append)
    session.ask_page("asked", "why")
    session.ask_page("asked")
    assert asked == ["rules", "rules"]
    assert place.page("asked").asked == ["why"]
    assert place.bar.currentIndex() == 1
    session.mapping_requested.emit("tmt_0001.pmap", None)
    assert place.bar.currentIndex() == 0


def test_a_busy_page_makes_the_place_busy(place: RulesPlace) -> None:
    place.go("asked")
    assert not place.busy
    place.page("asked").busy = True
    assert place.busy


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_page_opens_without_a_cache(qtbot: QtBot, session: Session, page: Late) -> None:
    widget = page.make(session)
    qtbot.addWidget(widget)
    widget.resize(1000, 700)
    widget.show()
    qtbot.waitUntil(lambda: not session.tasks.running)
    assert widget.objectName()
    assert widget.accessibleName()
    assert [notice for notice in session.notices if notice.level == "error"] == []
