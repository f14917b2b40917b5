"""Every odd file in the window: a picture, or a sentence in its place; never a traceback."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from calgui.views.compare.pictures import PicturesPage
from calgui.views.hooks import Hooks
from calgui.views.observations.inspector import Inspector
from calgui.views.observations.viewer import CUBE, Viewer
from calgui.views.session import Pixel, Session

from .files import MAKERS, REFUSED, make


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    made = Session()
    hooks = Hooks(made)
    hooks.install()
    yield made
    hooks.remove()
    made.close()


def defects(session: Session) -> list[str]:
    return [notice.text for notice in session.notices if "defect of the program" in notice.cure]


def settle(session: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not session.tasks.running)
    qtbot.wait(5)
    qtbot.waitUntil(lambda: not session.tasks.running)


def test_one_after_another_in_the_viewer(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    viewer, inspector = Viewer(session), Inspector(session)
    for widget in (viewer, inspector):
        qtbot.addWidget(widget)
        widget.resize(500, 500)
        widget.show()
    for name in MAKERS:
        path = make(tmp_path, name)
        viewer.show_files([path])
        inspector.show_file(path)
        settle(session, qtbot)
        session.pick(Pixel(path, 0, 0))
        settle(session, qtbot)
        message = viewer.picture.overlays.message
        if name in REFUSED and name != "scale_text.fits":
            assert message.isVisible() or viewer.tabs.currentIndex(), name
            assert not message.isVisible() or len(message.text()) < 600
        elif name not in REFUSED:
            assert viewer.picture.content is not None, name
            viewer.picture.measuring.panel.show_at(0, 0, None)
        if viewer.tabs.isTabVisible(CUBE):
            viewer.tabs.setCurrentIndex(CUBE)
            settle(session, qtbot)
            viewer.tabs.setCurrentIndex(0)
        assert defects(session) == [], name


def test_side_by_side_with_a_good_one(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    page = PicturesPage(session)
    qtbot.addWidget(page)
    page.resize(900, 600)
    page.show()
    good = make(tmp_path, "scaled.fits")
    for number, name in enumerate(MAKERS):
        page.show_paths([good, make(tmp_path, name)])
        settle(session, qtbot)
        way = ("one", "grid", "split", "difference", "ratio", "blink")[number % 6]
        if page.bar.ways[way].isEnabled():
            page.bar.set_way(way)
        settle(session, qtbot)
        assert defects(session) == [], (name, way)
