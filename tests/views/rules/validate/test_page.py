"""The page of validation, by whole tasks: is it good, why not, with which limits, and how did it run over the night?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QApplication, QLabel, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from calgui.core.validation.checks import checks_for, user_path
from calgui.views.rules.validate.checks_model import FIRST_LIMIT, LIMITS
from calgui.views.rules.validate.files_model import WHY
from calgui.views.rules.validate.looking import key_of
from calgui.views.rules.validate.metadata_model import ALLOWED
from calgui.views.rules.validate.page import CHECKS, METADATA, PICTURE, ValidatePage

LEFT = Qt.MouseButton.LeftButton
Dark = Callable[..., Path]
Done = Callable[[], None]


def row_of(page: ValidatePage, check: str) -> int:
    shown = page.checks.model.shown
    return next(row for row, line in enumerate(shown) if line.check is not None and line.check.name == check)


def type_limit(page: ValidatePage, check: str, limit: str, text: str) -> None:
    model = page.checks.model
    model.setData(model.index(row_of(page, check), FIRST_LIMIT + LIMITS.index(limit)), text)


def test_the_worst_comes_first_with_its_reasons_and_pictures(page: ValidatePage, dark: Dark, done: Done) -> None:
    good, bad, odd = dark("good.fits"), dark("bad.fits", 0.3, 0.06), dark("odd.fits", NCOMBINE=4)
    page.ask((good, bad, odd))
    done()
    assert [(line.verdict, line.name) for line in page.files.model.shown] == [
        ("bad", "bad.fits"),
        ("doubtful", "odd.fits"),
        ("good", "good.fits"),
    ]
    assert page.files.told.text() == "1 bad, 1 doubtful, 1 good"
    assert page.current == bad
    assert page.banner.word.text() == "Bad"
    kinds = {key: thumbnail.shown.kind for key, thumbnail in page.reasons.thumbnails.items() if thumbnail.shown}
    assert kinds["uneven"] == kinds["hot"] == "picture"
    assert len(kinds) == len(page.reasons.said) >= 2
    # of hot pixels those with the flag are marked
    marked = page.reasons.thumbnails["hot"].shown
    assert marked is not None
    assert marked.frame is not None
    assert int((marked.frame.dq != 0).sum()) > 400
    page.choose(odd)
    done()
    assert [said.check for said in page.reasons.said] == ["combined"]
    shown = page.reasons.thumbnails["combined"].shown
    assert shown is not None
    assert (shown.kind, [(mark.what, mark.at) for mark in shown.marks]) == (
        "range",
        [("value", 4.0), ("bad", 3.0), ("doubtful", 5.0)],
    )


def test_a_click_opens_the_picture_large(page: ValidatePage, dark: Dark, done: Done, qtbot: QtBot) -> None:
    page.ask((dark("bad.fits", 0.3, 0.06),))
    done()
    qtbot.mouseClick(page.reasons.thumbnails["hot"], LEFT)
    assert page.tabs.currentIndex() == PICTURE
    done()
    picture = page.large.picture
    assert picture is not None
    assert picture.content is not None
    assert picture.content.size == (96, 96)
    assert [flag.name for flag in picture.bar.chosen_flags()] == ["HOT"]
    assert page.large.told.text().startswith("The part of the hot pixels is 0.0")
    # any check has a picture: that of a good one is made when it is asked for
    page.checks.table.selectRow(row_of(page, "level"))
    page.checks.show_picture.click()
    done()
    assert page.large.stack.currentWidget() is page.large.plot
    assert page.large.shown is not None
    assert {mark.what for mark in page.large.shown.marks} == {"value", "doubtful", "bad"}


def test_a_limit_is_changed_judged_again_and_taken_back(page: ValidatePage, dark: Dark, done: Done) -> None:
    path = dark("odd.fits", NCOMBINE=4)
    page.ask((path,))
    done()
    found = page.judge.known(path).validation.found  # type: ignore[union-attr]
    page.tabs.setCurrentIndex(CHECKS)
    type_limit(page, "combined", "doubtful_below", "4")
    done()
    assert page.judge.known(path).verdict == "good"
    assert page.judge.known(path).validation.found is found  # type: ignore[union-attr]
    assert page.checks.model.shown[row_of(page, "combined")].source == "yours"
    assert checks_for("dark", user_path()).named("combined").doubtful_below == 4  # type: ignore[union-attr]
    history = page.session.history
    assert history.undoText() == "set dark.combined doubtful below 4"
    history.undo()
    done()
    assert page.judge.known(path).verdict == "doubtful"
    history.redo()
    done()
    page.checks.table.selectRow(row_of(page, "combined"))
    page.checks.reset.click()
    done()
    assert page.judge.known(path).verdict == "doubtful"
    # left out, and taken in again
    page.checks.table.selectRow(row_of(page, "combined"))
    page.checks.off.click()
    done()
    assert page.judge.known(path).verdict == "good"
    assert page.checks.model.shown[row_of(page, "combined")].verdict == "off"
    page.checks.table.selectRow(row_of(page, "combined"))
    page.checks.off.click()
    done()
    assert page.judge.known(path).verdict == "doubtful"


def test_what_contradicts_is_refused_and_a_spoilt_file_is_told(page: ValidatePage, dark: Dark, done: Done) -> None:
    page.ask((dark("odd.fits", NCOMBINE=4),))
    done()
    type_limit(page, "combined", "bad_below", "99")
    type_limit(page, "combined", "bad_below", "many")
    assert [notice.level for notice in page.session.notices] == ["error", "warning"]
    assert not user_path().exists()
    user_path().parent.mkdir(parents=True, exist_ok=True)
    user_path().write_text("[dark.combined]\nbad_below = 'none'\n")
    page.judge.thresholds.look()
    done()
    assert page.checks.said.text().startswith("Your checks.toml is not used: [dark.combined] cannot be understood.")
    assert page.banner.word.text() == "Doubtful"
    # a program that mends it is followed, and comments of the user stay where a limit is changed here
    user_path().write_text("# mine\n[dark.combined]\nbad_below = 4.5 # many\n")
    page.judge.thresholds.look()
    done()
    assert page.banner.word.text() == "Bad"
    type_limit(page, "level", "bad_above", "0.5")
    done()
    assert user_path().read_text().startswith("# mine\n[dark.combined]\nbad_below = 4.5 # many\n")


def test_the_table_of_checks_is_narrowed(page: ValidatePage, dark: Dark, done: Done, qtbot: QtBot) -> None:
    page.ask((dark("bad.fits", 0.3, 0.06, AUTHOR=None),))
    done()
    model, every = page.checks.model, len(page.checks.model.shown)
    assert {line.verdict for line in model.shown} >= {"bad", "doubtful", "good"}
    page.checks.only.setCurrentIndex(page.checks.only.findData("not good"))
    assert 0 < len(model.shown) < every
    assert all(line.verdict != "good" for line in model.shown)
    qtbot.keyClicks(page.checks.filter, "author")
    assert [line.check.name for line in model.shown if line.check] == ["author"]


def test_a_file_that_says_no_type_is_given_one(page: ValidatePage, dark: Dark, done: Done) -> None:
    path = dark("what.fits", REFTYPE=None)
    gone = path.parent / "gone.fits"
    page.ask((path, gone))
    done()
    assert [line.verdict for line in page.files.model.shown] == ["failed", "failed"]
    page.choose(path)
    assert page.banner.kind.isVisible()
    page.banner.kind.setCurrentIndex(page.banner.kind.findData("DARK"))
    page.banner.kind.activated.emit(page.banner.kind.currentIndex())
    done()
    assert page.judge.known(path).validation is not None
    assert page.session.history.undoText() == "say that what.fits is dark"
    page.session.history.undo()
    done()
    assert page.judge.known(path).state == "failed"


def test_cancel_leaves_what_is_judged(page: ValidatePage, dark: Dark, done: Done) -> None:
    paths = [dark(f"{number}.fits") for number in range(6)]
    page.ask(paths)
    page.files.cancel.click()
    done()
    states = {page.judge.known(path).state for path in paths}
    assert "failed" in states
    assert states <= {"failed", "judged"}
    # who looks elsewhere and comes back does not find it begun anew
    stopped = {path for path in paths if page.judge.known(path).cancelled}
    page.hide()
    page.show()
    done()
    assert {path for path in paths if page.judge.known(path).cancelled} == stopped
    page.files.table.selectAll()
    page.banner.again.click()
    done()
    assert {page.judge.known(path).state for path in paths} == {"judged"}


def test_a_keyword_runs_over_the_night_and_a_point_leads_to_its_file(
    page: ValidatePage, dark: Dark, done: Done, qtbot: QtBot
) -> None:
    cards: dict[str, Any] = {"REFTYPE": None, "EXP_TYPE": "IRIS_DARK", "FILTER": "OPAQUE", "DATE-OBS": "2026-03-11"}
    temperatures = (77.0, 77.1, 150.0, 76.9)
    paths = [
        dark(f"{hour}.fits", **cards, **{"TIME-OBS": f"0{hour}:00:00", "IMGDTEMP": value})
        for hour, value in enumerate(temperatures)
    ]
    page.ask(paths)
    done()
    page.tabs.setCurrentIndex(METADATA)
    page.metadata.keyword.setCurrentText("IMGDTEMP")
    done()
    trend = page.metadata.trend.trend
    assert trend is not None
    assert list(trend.values) == list(temperatures)
    assert trend.verdicts[2] != "good"
    assert set(trend.verdicts[:2]) == {"good"}
    points = page.metadata.trend.points[trend.verdicts[2]].points()
    assert len(points) == 1
    # a click on the plot, where that point is
    plot = page.metadata.trend.plot
    plot.grab()  # ranges are found when it is drawn
    spot = plot.getPlotItem().vb.mapViewToScene(QPointF(trend.hours[2], trend.values[2]))
    point = plot.mapFromScene(spot)
    qtbot.mouseMove(plot.viewport(), point)
    qtbot.mouseClick(plot.viewport(), LEFT, pos=point)
    assert page.current == paths[2]
    # the keyword of the row that is chosen is the one that is plotted
    model = page.metadata.model
    row = next(row for row, line in enumerate(model.shown) if line.keyword == "EXPTIME")
    page.metadata.table.selectRow(row)
    done()
    assert page.metadata.trend.trend is not None
    assert page.metadata.trend.trend.keyword == "EXPTIME"
    page.metadata.calibration.setCurrentIndex(page.metadata.calibration.findData("environment"))
    assert all("environment" in line.calibrations for line in model.shown)


def test_files_come_back_with_a_session(page: ValidatePage, dark: Dark, done: Done) -> None:
    path = dark("odd.fits", NCOMBINE=4)
    page.ask((path,))
    done()
    kept = page._kept()
    page._remove([path])
    assert page.items == ()
    assert page.files.hint.isVisible()
    page._take_up(kept)
    done()
    assert page.banner.word.text() == "Doubtful"


@pytest.mark.parametrize("dark_look", [False, True])
def test_all_kinds_of_pictures_are_drawn(page: ValidatePage, dark: Dark, done: Done, dark_look: bool) -> None:
    from calgui.views.theme import theme

    theme().apply(dark_look)
    page.ask((dark("bad.fits", 0.3, 0.06, NCOMBINE=2, AUTHOR=None, BUNIT="furlong"),))
    done()
    kinds = {thumbnail.shown.kind for thumbnail in page.reasons.thumbnails.values() if thumbnail.shown}
    assert kinds >= {"picture", "range", "cards"}
    pictures = [thumbnail.grab().toImage() for thumbnail in page.reasons.thumbnails.values()]
    assert all(not picture.isNull() for picture in pictures)
    # each shows something: more than one colour
    for picture in pictures:
        colours = {picture.pixel(x, y) for x in range(4, 168, 4) for y in range(4, 108, 4)}
        assert len(colours) > 1
    theme().apply(False)


def test_what_others_wrote_is_shown_and_never_run(page: ValidatePage, dark: Dark, done: Done) -> None:
    mark = "<img src='file:///etc/passwd'><b>&"
    path = dark("<b>odd.fits", FILTER=mark, NCOMBINE=4, BUNIT=mark)
    page.ask((path,))
    done()
    tips = [
        str(model.index(row, column).data(Qt.ItemDataRole.ToolTipRole) or "")
        for model in (page.files.model, page.checks.model, page.metadata.model)
        for row in range(model.rowCount())
        for column in range(model.columnCount())
    ]
    assert any("&lt;img" in tip for tip in tips)
    assert not any("<img" in tip or "<b>" in tip for tip in tips)
    labels = page.findChildren(QLabel)
    assert any("<b>odd.fits" in label.text() for label in labels)
    assert all(
        label.textFormat() == Qt.TextFormat.PlainText for label in labels if "<" in label.text() and label.isVisible()
    )


def test_what_cannot_be_judged_is_a_line_and_a_type_is_asked_for_only_where_it_helps(
    page: ValidatePage, dark: Dark, done: Done, tmp_path: Path
) -> None:
    odd, pointer = dark("odd.fits", REFTYPE="NONSENSE"), tmp_path / "pointer.fits"
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n")
    page.ask((odd,))
    done()
    assert page.banner.word.text() == "Not judged"
    assert page.banner.height() < 100  # and not all of the page in red
    assert page.banner.kind.isVisible()
    assert page.files.table.columnWidth(0) > page.fontMetrics().horizontalAdvance("not judged") + 24
    page.ask((pointer,))
    done()
    assert "Git LFS pointer" in page.banner.said.text()
    assert not page.banner.kind.isVisible()


def test_a_file_that_another_program_mended_is_judged_anew(
    page: ValidatePage, dark: Dark, done: Done, qtbot: QtBot
) -> None:
    path = dark("a.fits", NCOMBINE=4)
    page.ask((path,))
    done()
    assert page.banner.word.text() == "Doubtful"
    path.unlink()
    dark("a.fits", DESCRIP="mended")
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    QApplication.sendEvent(page, QEvent(QEvent.Type.ActivationChange))
    done()
    assert page.banner.word.text() == "Good"


def test_sentences_lose_their_ends_and_names_their_middles(page: ValidatePage, dark: Dark, done: Done) -> None:
    page.ask((dark("odd.fits", NCOMBINE=4),))
    done()
    model, table = page.files.model, page.files.table
    for column, mode in ((WHY, Qt.TextElideMode.ElideRight), (1, Qt.TextElideMode.ElideMiddle)):
        option = QStyleOptionViewItem()
        table.initViewItemOption(option)
        table.itemDelegateForIndex(model.index(0, column)).initStyleOption(option, model.index(0, column))
        assert option.textElideMode == mode
    lines = page.metadata.model
    row = next(row for row, line in enumerate(lines.shown) if line.keyword == "EXPTIME")
    assert page.metadata.table.itemDelegateForIndex(lines.index(row, ALLOWED)).__class__.__name__ == "CutAtEnd"
    tip = lines.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert f"Allowed: {lines.shown[row].allowed}" in tip


def test_who_ingests_a_file_does_not_wait_for_a_night(page: ValidatePage, dark: Dark, done: Done) -> None:
    paths = [dark(f"{number}.fits") for number in range(5)]
    page.ask(paths)
    order: list[Path] = []
    page.judge.changed.connect(lambda some: order.extend(p for p in some if page.judge.known(p).state == "judged"))
    page.judge.want(paths[-1:], certify=False, first=True)
    done()
    assert list(dict.fromkeys(order)) == [paths[0], paths[4], *paths[1:4]]


def test_a_large_picture_says_nothing_of_the_stretch_of_the_small_one(
    page: ValidatePage, dark: Dark, done: Done
) -> None:
    page.ask((dark("bad.fits", 0.3),))
    done()
    said = next(one for one in page.reasons.said if "stretched" in page.pictures.looked.shown[key_of(one)].caption)
    page.show_picture(said)
    done()
    assert "medians of" in page.large.told.text()
    assert "stretched" not in page.large.told.text()
