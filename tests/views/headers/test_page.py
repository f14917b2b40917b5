"""Headers side by side in the window: whole tasks on the demo night."""

import json
from pathlib import Path

import pytest
from astropy.io import fits
from astropy.table import Table
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.headers.model import FILES, STATES, Band
from calgui.views.headers.page import HeadersPage
from calgui.views.help.guide import page_about
from calgui.views.session import Session

Page = tuple[HeadersPage, list[Path]]


@pytest.fixture
def page(qtbot: QtBot, demo_night: DemoNight) -> HeadersPage:
    session = Session()
    made = HeadersPage(session)
    qtbot.addWidget(made, before_close_func=lambda _page: session.close())
    made.resize(1200, 700)
    made.show()
    return made


@pytest.fixture
def shown(page: HeadersPage, demo_night: DemoNight, qtbot: QtBot) -> Page:
    """Four images, of which the fourth has another filter and lacks CRDS_CTX."""
    paths = [demo_night.raw / f"iris_20260311_image_{number:04d}.fits" for number in (1, 2, 3, 5)]
    page.session.select(paths)
    wait(page, qtbot)
    return page, paths


def wait(page: HeadersPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not page.busy and not page._pause.isActive())


def cell(page: HeadersPage, keyword: str, file: int, hdu: str = "PRIMARY") -> QModelIndex:
    place = page.model.find(hdu, keyword)
    assert place is not None
    return page.model.index(place, FILES + file)


def test_it_follows_the_selection_and_says_how_to_select_more(
    page: HeadersPage, demo_night: DemoNight, qtbot: QtBot
) -> None:
    assert "Select two or more files in Observe" in page.told.text()
    assert not page.table.isVisible()
    path = demo_night.raw / "iris_20260311_image_0001.fits"
    page.session.select([path])
    wait(page, qtbot)
    assert "One file is selected" in page.told.text()
    page.bar.only.setChecked(True)
    assert page.model.shown  # one file differs from nothing, and is shown whole
    page.session.select([])
    wait(page, qtbot)
    assert page.model.rowCount() == 0


def test_a_hidden_page_reads_nothing_until_it_is_looked_at(
    page: HeadersPage, demo_night: DemoNight, qtbot: QtBot
) -> None:
    page.hide()
    page.session.select(sorted(demo_night.raw.glob("*image*.fits"))[:2])
    assert not page.busy
    assert not page.comparison.paths
    page.show()
    wait(page, qtbot)
    assert len(page.comparison.paths) == 2


def test_every_cell_is_what_the_file_says(shown: Page, qtmodeltester: ModelTester) -> None:
    page, paths = shown
    qtmodeltester.check(page.model, force_py=True)
    for file, path in enumerate(paths):
        header = fits.getheader(path)
        for keyword in ("FILTER", "EXPTIME", "AIRMASS", "TIME-OBS"):
            said = str(cell(page, keyword, file).data())
            assert said == str(header[keyword]) or float(said) == header[keyword]


def test_differences_are_marked_by_icon_colour_and_weight(shown: Page) -> None:
    page, _paths = shown
    same, other = cell(page, "FILTER", 1), cell(page, "FILTER", 3)
    assert (other.data(), same.data()) == ("KN3", "K")
    assert other.data(Qt.ItemDataRole.FontRole).bold()
    assert same.data(Qt.ItemDataRole.FontRole) is None
    assert other.data(Qt.ItemDataRole.BackgroundRole) is not None
    icons = [index.data(Qt.ItemDataRole.DecorationRole).cacheKey() for index in (same, other)]
    assert icons[0] != icons[1]
    assert "iris_20260311_image_0001.fits: K" in other.data(Qt.ItemDataRole.AccessibleTextRole)
    lacking = cell(page, "CRDS_CTX", 3)
    assert lacking.data() == "missing"
    assert "lacks it" in lacking.data(Qt.ItemDataRole.ToolTipRole)
    assert page.model.headerData(FILES, Qt.Orientation.Horizontal).startswith("★")
    assert len({mark.glyph for mark in STATES.values()}) == len(STATES)


def test_only_differences_filter_and_hdu(shown: Page, qtbot: QtBot) -> None:
    page, _paths = shown
    differing = page.model.table.differing
    assert page.bar.only.text() == f"Only differences {differing}"
    page.bar.only.click()
    assert len(page.model.shown) == differing
    assert all(row.differs for row in page.model.shown)
    assert f"{differing} shown" in page.told.text()
    page.bar.hdu.setCurrentIndex(page.bar.hdu.findText("SCI"))
    page.bar.hdu.activated.emit(page.bar.hdu.currentIndex())
    assert [row.keyword for row in page.model.shown] == ["CRPIX1", "CRPIX2"]
    assert isinstance(page.model.lines[0], Band)
    assert page.model.headerData(0, Qt.Orientation.Vertical) == "SCI"
    page.bar.hdu.setCurrentIndex(0)
    page.bar.filter.setText("filter kn3")
    wait(page, qtbot)
    assert [row.keyword for row in page.model.shown] == ["FILTER"]
    page.bar.filter.setText("AIRMASS>1.0540")
    wait(page, qtbot)
    assert [row.keyword for row in page.model.shown] == ["AIRMASS"]
    page.bar.filter.setText("air*")
    wait(page, qtbot)
    assert "AIRMASS" in [row.keyword for row in page.model.shown]
    assert all("air" in row.searched for row in page.model.shown)
    page.bar.filter.setText("AIR*>1.0540")
    wait(page, qtbot)
    assert [row.keyword for row in page.model.shown] == ["AIRMASS"]
    page.bar.filter.setText("no such thing")
    wait(page, qtbot)
    assert page.model.rowCount() == 0


def test_the_reference_file_is_chosen_swapped_and_undone(shown: Page, qtbot: QtBot) -> None:
    page, paths = shown
    page.table.setCurrentIndex(cell(page, "FILTER", 3))
    page.hold_against()
    wait(page, qtbot)
    assert page.model.table.reference == 3
    assert page.bar.reference.currentText() == paths[3].name
    assert cell(page, "FILTER", 0).data(Qt.ItemDataRole.FontRole).bold()
    assert page.model.row_at(page.table.currentIndex()).keyword == "FILTER"  # the eye stays where it was
    assert "only here" not in str(cell(page, "CRDS_CTX", 0).data())
    assert "lacks it" in cell(page, "CRDS_CTX", 0).data(Qt.ItemDataRole.ToolTipRole)
    page.bar.swap.click()
    wait(page, qtbot)
    assert page.model.table.reference == 0
    page.session.history.undo()
    wait(page, qtbot)
    assert page.model.table.reference == 3
    page.session.history.undo()
    wait(page, qtbot)
    assert page.model.table.reference == 0
    page.bar.reference.setCurrentIndex(1)
    page.bar.reference.activated.emit(1)
    wait(page, qtbot)
    assert page.model.table.reference == 1


def test_keywords_are_looked_past_and_counted_again(shown: Page, qtbot: QtBot) -> None:
    page, _paths = shown
    before = page.model.table.differing
    page.table.setCurrentIndex(cell(page, "FILENAME", 1))
    page.look_past()
    wait(page, qtbot)
    assert page.model.table.differing == before - 1
    assert page.table.currentIndex() == cell(page, "FILENAME", 1)
    assert "FILENAME" in page.bar.past.text()
    assert page.bar.past.isVisible()
    page.bar.past.click()
    wait(page, qtbot)
    assert page.model.table.differing == before
    assert not page.bar.past.isVisible()
    page.session.history.undo()
    wait(page, qtbot)
    assert page.model.table.differing == before - 1


def test_dates_and_checksums_count_when_asked_for(page: HeadersPage, tmp_path: Path, qtbot: QtBot) -> None:
    paths = [tmp_path / "a.fits", tmp_path / "b.fits"]
    for path in paths:
        hdu = fits.PrimaryHDU()
        hdu.header["DATE"] = f"2026-01-0{paths.index(path) + 1}"
        hdu.writeto(path)
    page.session.select(paths)
    wait(page, qtbot)
    assert page.model.table.differing == 0
    assert cell(page, "DATE", 1).data(Qt.ItemDataRole.FontRole) is None
    page.bar.housekeeping.click()
    wait(page, qtbot)
    assert [row.keyword for row in page.model.table.rows if row.differs] == ["DATE"]
    page.session.history.undo()
    wait(page, qtbot)
    assert page.bar.housekeeping.isChecked()
    assert page.model.table.differing == 0


def test_a_file_that_changed_is_read_anew_and_the_eye_stays(page: HeadersPage, tmp_path: Path, qtbot: QtBot) -> None:
    paths = [tmp_path / "a.fits", tmp_path / "b.fits"]
    for path in paths:
        hdu = fits.PrimaryHDU()
        hdu.header["FILTER"] = "K"
        hdu.writeto(path)
    page.session.select(paths)
    wait(page, qtbot)
    page.table.setCurrentIndex(cell(page, "FILTER", 1))
    with qtbot.assertNotEmitted(page.model.modelReset):
        page.session.observations_changed.emit()
        wait(page, qtbot)
    fits.setval(paths[1], "FILTER", value="J")
    page.session.observations_changed.emit()
    wait(page, qtbot)
    assert cell(page, "FILTER", 1).data() == "J"
    assert page.table.currentIndex() == cell(page, "FILTER", 1)
    page.hide()
    fits.setval(paths[1], "FILTER", value="H")
    page.session.observations_changed.emit()
    assert not page.busy
    page.show()
    wait(page, qtbot)
    assert cell(page, "FILTER", 1).data() == "H"


def test_the_eye_stays_near_a_keyword_that_goes(shown: Page, qtbot: QtBot) -> None:
    page, _paths = shown
    page.bar.only.click()
    where = cell(page, "FILENAME", 1)
    line = where.row()
    page.table.setCurrentIndex(where)
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    wait(page, qtbot)
    assert page.model.find("PRIMARY", "FILENAME") is None
    assert (page.table.currentIndex().row(), page.table.currentIndex().column()) == (line, FILES + 1)


def test_how_it_was_comes_back_with_the_session(shown: Page, qtbot: QtBot) -> None:
    page, paths = shown
    page.bar.only.click()
    page.bar.housekeeping.click()
    page.table.setCurrentIndex(cell(page, "FILENAME", 1))
    page.look_past()
    wait(page, qtbot)
    state = json.loads(json.dumps(page.session.keeping.state()))
    other = HeadersPage(page.session)
    qtbot.addWidget(other)
    page.session.keeping.restore(state)
    other.show_files(paths)
    wait(other, qtbot)
    assert other.bar.only.isChecked()
    assert not other.bar.housekeeping.isChecked()
    assert other.model.table.differing == page.model.table.differing
    for damaged in (None, 3, {}, {"ignored": 3}, {"ignored": [None, 4]}):
        page.session.keeping.restore({"headers": damaged})
    wait(other, qtbot)
    assert other.comparison.asked.ignored == ()


def test_what_is_copied_and_saved_is_what_is_shown(shown: Page, tmp_path: Path) -> None:
    page, paths = shown
    page.bar.only.click()
    page.bar.copy.click()
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert lines[0][-4:] == [path.name for path in paths]
    assert len(lines) == 1 + page.model.table.differing
    assert {len(line) for line in lines} == {9}
    page.save(tmp_path / "h.ecsv")
    table = Table.read(tmp_path / "h.ecsv")
    assert [str(keyword) for keyword in table["keyword"]] == [line[1] for line in lines[1:]]
    page.save(tmp_path / "nowhere" / "h.csv")
    assert page.session.notices[-1].level == "error"
    page.table.setCurrentIndex(cell(page, "FILTER", 3))
    page.copy()
    assert QGuiApplication.clipboard().text() == "KN3"
    page.table.selectRow(page.table.currentIndex().row())
    page.copy()
    copied = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert copied[1] == ["FILTER", *copied[1][1:3], "K", "K", "K", "KN3"]


def test_from_a_cell_to_the_file(shown: Page, qtbot: QtBot) -> None:
    page, paths = shown
    frames, cards = [], []
    page.session.frame_requested.connect(frames.append)
    page.session.card_requested.connect(lambda *card: cards.append(card))
    page.table.setCurrentIndex(cell(page, "CRPIX1", 2, "SCI"))
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert frames == [paths[2]]
    assert cards == [(paths[2], 1, "CRPIX1")]


def test_a_broken_file_stands_beside_the_others(
    page: HeadersPage, demo_night: DemoNight, tmp_path: Path, qtbot
) -> None:
    bad = tmp_path / "bad.fits"
    bad.write_text("no FITS at all")
    page.show_files([bad, *sorted(demo_night.raw.glob("*image*.fits"))[:2]])
    wait(page, qtbot)
    assert "1 cannot be read" in page.told.text()
    assert "FITS" in page.model.headerData(FILES, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert page.model.table.reference == 1


def test_of_many_files_the_first_are_shown(page: HeadersPage, demo_night: DemoNight, qtbot: QtBot) -> None:
    page.show_files(sorted(demo_night.raw.glob("*.fits"))[:25])
    wait(page, qtbot)
    assert page.model.columnCount() == FILES + 20
    assert "25 are selected: the first 20 are shown" in page.told.text()


def test_widgets_have_names(page: HeadersPage) -> None:
    bar = page.bar
    for widget in (bar.filter, bar.hdu, bar.reference, page.table):
        assert widget.objectName()
        assert widget.accessibleName()
    for button in (bar.only, bar.housekeeping, bar.swap, bar.copy, bar.save):
        assert button.objectName()
        assert button.text()
        assert button.accessibleDescription()


def test_the_help_has_a_page_about_it(page: HeadersPage) -> None:
    root = Path(__file__).resolve().parents[3]
    assert (root / "docs" / f"{page_about(page.table)}.md").is_file()
