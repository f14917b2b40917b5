"""The bench opens with the page that fits what is selected, until a page was chosen."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from calgui.core.frames.headers import rule_header
from calgui.core.frames.index import FileEntry
from calgui.core.simulate import DemoNight
from calgui.views.session import Session
from calgui.views.workbench.page import AlgorithmPage
from calgui.views.workbench.place import BenchPlace


@pytest.fixture
def place(qtbot: QtBot, session: Session, demo_night: DemoNight) -> BenchPlace:
    paths = sorted(demo_night.raw.glob("*_image_*.fits")) + sorted(demo_night.raw.glob("*ramp_0001.fits"))
    entries = [FileEntry(path, 1, 1.0, rule_header(path)) for path in paths]
    session.observations = lambda: entries
    made = BenchPlace(session)
    qtbot.addWidget(made)
    return made


def shown(place: BenchPlace) -> str:
    page = place.stack.currentWidget()
    assert isinstance(page, AlgorithmPage)
    item = place.list.currentItem()
    assert item is not None
    assert item.text(0) == page.how.title
    return page.how.name


def show_again(qtbot: QtBot, place: BenchPlace) -> None:
    place.hide()
    place.show()
    qtbot.waitExposed(place)


def test_without_a_selection_it_is_the_dark(qtbot: QtBot, place: BenchPlace) -> None:
    place.show()
    qtbot.waitExposed(place)
    assert shown(place) == "master-dark"


def test_it_fits_the_selection_until_a_page_was_chosen(
    qtbot: QtBot, place: BenchPlace, session: Session, demo_night: DemoNight
) -> None:
    image = demo_night.raw / "iris_20260311_image_0001.fits"
    ramp = demo_night.raw / "iris_20260311_skyramp_0001.fits"
    session.select([image])
    place.show()
    qtbot.waitExposed(place)
    assert shown(place) == "subtract-dark"
    session.select([ramp])
    assert shown(place) == "subtract-dark"  # not while somebody looks at it
    show_again(qtbot, place)
    assert shown(place) == "fit-ramp"
    place.show_algorithm("dark-trend")
    show_again(qtbot, place)
    assert shown(place) == "dark-trend"


def test_what_is_asked_for_before_it_was_seen_stays(
    qtbot: QtBot, place: BenchPlace, session: Session, tmp_path: Path
) -> None:
    session.ask_bench("master-dark", [tmp_path / "gone.fits"])
    session.select([entry.path for entry in session.observations()][:1])
    show_again(qtbot, place)
    assert shown(place) == "master-dark"


def test_the_page_of_a_session_stays(qtbot: QtBot, place: BenchPlace) -> None:
    place._take_up({"algorithm": "convert-mask", "pages": {}})
    show_again(qtbot, place)
    assert shown(place) == "convert-mask"
