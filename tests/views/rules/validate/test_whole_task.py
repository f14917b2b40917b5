"""From elsewhere in the window to the verdict: the night's bad dark, a result that is not saved, an ingest."""

import json
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.rules.ingest.models import VERDICT
from calgui.views.rules.validate.page import COMPARISON, ValidatePage
from calgui.views.rules.validate.unsaved import is_unsaved
from calgui.views.window import MainWindow

Settled = Callable[[MainWindow], None]
LEFT = Qt.MouseButton.LeftButton
#: of the night of 5 March, in which light came in
BAD = 3


def page_of(window: MainWindow) -> ValidatePage:
    made: ValidatePage = window.place("rules").page("validate")  # type: ignore[attr-defined]
    return made


def act(window: MainWindow, name: str) -> None:
    action = window.findChild(QAction, name)
    assert action is not None, name
    action.trigger()


def test_the_bad_dark_of_the_night_and_a_master_of_it(
    window: MainWindow, demo_night: DemoNight, settled: Settled, qtbot: QtBot
) -> None:
    darks = sorted(demo_night.raw.glob("iris_20260305_dark_*.fits"))[:BAD]
    window.open_paths([demo_night.cache, *darks])
    settled(window)
    window.session.select(darks)
    act(window, "validate_rows")
    settled(window)
    page = page_of(window)
    assert page.isVisible()
    first = page.files.model.shown[0]
    assert (first.verdict, first.path) == ("bad", darks[BAD - 1])
    assert page.current == darks[BAD - 1]
    uneven = next(said for said in page.reasons.said if said.check == "uneven")
    assert uneven.threshold is not None
    assert f"{uneven.value:.4g}" in uneven.text
    assert page.reasons.thumbnails["uneven"].shown is not None
    page.tabs.setCurrentIndex(COMPARISON)
    settled(window)
    assert page.comparison.message.text().startswith("Against tmt_iris_dark_")
    assert page.comparison.picture.content is not None

    # what is made of them at the bench is held against the checks before it is saved
    bench = window.place("bench").show_algorithm("master-dark")  # type: ignore[attr-defined]
    window.go("bench")
    bench.inputs.set_paths(darks)
    settled(window)
    assert not bench.actions_bar.validate.isEnabled()
    qtbot.mouseClick(bench.actions_bar.run, LEFT)
    settled(window)
    assert bench.report is not None, [notice.text for notice in window.session.notices]
    qtbot.mouseClick(bench.actions_bar.validate, LEFT)
    qtbot.waitUntil(lambda: page.isVisible() and page.current is not None and is_unsaved(page.current))
    path = page.current
    assert path is not None
    qtbot.waitUntil(lambda: page.judge.known(path).validation is not None)
    page.judge.cancel()  # crds certify would take its seconds
    settled(window)
    assert page.current == path
    assert page.files.model.shown[page.files.model.row_of(path)].name == "master_dark_1 (not saved)"
    # three darks are few for a reference
    assert "combined" in [said.check for said in page.reasons.said]
    assert json.loads(json.dumps(page._kept()))["files"] == [[str(path), ""] for path in darks]


def test_an_ingest_says_whether_its_files_are_good_and_leads_to_the_report(
    window: MainWindow, demo_night: DemoNight, dark: Callable[..., Path], settled: Settled, qtbot: QtBot
) -> None:
    bad = dark("tmt_iris_dark_0042.fits", 0.3, SUBARRAY="FULL")
    window.open_paths([demo_night.cache])
    settled(window)
    window.session.ask_page("ingest", (bad,))
    settled(window)
    ingest = window.place("rules").page("ingest")  # type: ignore[attr-defined]
    model = ingest.files.model
    assert model.index(0, VERDICT).data() == "bad"
    assert "Validation: 1 bad." in ingest.told.text()
    report = ingest.tabs.cards.widget().findChild(QPushButton, "ingest_report")
    assert report is not None
    qtbot.mouseClick(report, LEFT)
    page = page_of(window)
    page.judge.cancel()  # crds certify would take its seconds
    settled(window)
    assert page.isVisible()
    assert page.current == bad
    assert page.banner.word.text() == "Bad"


def test_compare_asks_whether_a_frame_is_good(window: MainWindow, dark: Callable[..., Path], settled: Settled) -> None:
    paths = (dark("one.fits"), dark("two.fits"))
    window.session.compare_requested.emit(paths)
    settled(window)
    compare = window.place("compare")
    compare.pictures.table.selectRow(1)  # type: ignore[attr-defined]
    act(window, "compared_validate")
    settled(window)
    assert page_of(window).current == paths[1]
