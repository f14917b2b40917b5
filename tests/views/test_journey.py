"""One night from end to end in one window: which reference, why not another, and is this dark good."""

from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QTabBar,
    QTableView,
    QTabWidget,
    QTreeView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.window import MainWindow

_LEFT = Qt.MouseButton.LeftButton
_WAIT = 60_000
_IMAGE = "iris_20260311_image_0006.fits"


class User:
    """Sees what is on the screen, and has a mouse and a keyboard."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self.qtbot, self.window, self.clicks = qtbot, window, 0

    def find(self, kind: type[QWidget], name: str) -> Any:
        shown = [widget for widget in self.window.findChildren(kind, name) if widget.isVisible()]
        assert len(shown) == 1, f"{len(shown)} widgets {name} are in sight"
        return shown[0]

    def wait(self) -> None:
        for _ in range(2):
            self.qtbot.wait(60)
            self.qtbot.waitUntil(lambda: not self.window.busy, timeout=_WAIT)

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        self.clicks += 1
        self.qtbot.mouseClick(widget, _LEFT, pos=at if at is not None else widget.rect().center())
        self.wait()

    def click_row(self, view: QAbstractItemView, text: str) -> QModelIndex:
        model = view.model()
        index = next(model.index(row, 0) for row in range(model.rowCount()) if text in str(model.index(row, 0).data()))
        view.scrollTo(index)
        self.click(view.viewport(), view.visualRect(index).center())
        return index

    def go(self, place: str) -> None:
        self.click(self.window.rail._buttons[place])

    def texts(self, view: QAbstractItemView, row: int) -> list[str]:
        model = view.model()
        return [str(model.index(row, column).data() or "") for column in range(model.columnCount())]


def _why_there_is_no_flat(user: User) -> None:
    """Three clicks at most: the file alone is enough, as what lacks an answer is shown first."""
    user.clicks = 0
    user.click_row(user.find(QTableView, "observations_table"), _IMAGE)
    assert user.clicks <= 3
    sentence = user.find(QLabel, "why_sentence").text()
    assert "FILTER is H" in sentence
    assert "K" in sentence.partition("accept")[2]
    references = user.find(QTreeView, "references_table")
    flat = references.currentIndex().row()
    assert user.texts(references, flat)[0] == "flat"
    assert user.texts(references, flat)[1].startswith("not found")


def _try_the_nearest_miss_and_reset(user: User) -> None:
    if any(tabs.isVisible() for tabs in user.window.findChildren(QTabBar, "why_tabs")):
        tabs = user.find(QTabBar, "why_tabs")
        user.click(tabs, tabs.tabRect(2).center())
    misses = user.find(QAbstractItemView, "near_misses")
    row = next(
        row for row in range(misses.model().rowCount()) if "FILTER: H → K\n" in misses.model().index(row, 0).data()
    )
    index = misses.model().index(row, 0)
    promised = index.data().split("\n")[1]
    misses.scrollTo(index)
    user.click(misses.viewport(), misses.visualRect(index).center())
    assert promised in user.find(QLabel, "why_sentence").text()
    assert "the file says H" in user.find(QLabel, "what_if_text").text()
    user.click(user.find(QPushButton, "what_if_reset"))
    assert user.window.focusWidget().objectName() == "why_matrix"
    assert "FILTER is H" in user.find(QLabel, "why_sentence").text()
    assert not user.window.findChild(QLabel, "what_if_text").isVisible()


def _the_deciding_line(user: User) -> None:
    matrix = user.find(QTableView, "why_matrix")
    key = [str(matrix.model().index(0, column).data()) for column in (2, 3)]
    matrix.setFocus()
    user.qtbot.keyClick(matrix, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    user.wait()
    assert user.window.stack.currentWidget().objectName() == "rules_place"
    place: Any = user.window.place("rules")
    rules = place.page("cache")
    assert rules.model.index(0, 0).data() == user.find(QComboBox, "cache_chooser").currentText()
    first, _last = rules.details.text.marked
    line = rules.details.text.toPlainText().split("\n")[first - 1]
    assert all(part in line for part in key)


def _the_reference_as_a_picture(user: User) -> None:
    user.go("observe")
    references = user.find(QTreeView, "references_table")
    index = user.click_row(references, "sky")
    name = user.texts(references, index.row())[1]
    user.qtbot.keyClick(references, Qt.Key.Key_Return)
    user.wait()
    picture = user.window.observe.picture
    assert picture.title.text().startswith(name)
    assert np.isfinite(picture.content.values).any()


def _take_the_darks_to_the_bench(user: User, darks: list[Path]) -> Any:
    table = user.find(QTableView, "observations_table")
    user.qtbot.keyClicks(user.find(QLineEdit, "observations_filter"), "20260311_dark_")
    user.qtbot.waitUntil(lambda: table.model().rowCount() == len(darks), timeout=_WAIT)
    table.setFocus()
    user.qtbot.keyClick(table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    user.wait()
    assert list(user.window.session.selection) == darks
    user.go("bench")
    bench: Any = user.window.place("bench")
    page = bench.show_algorithm("master-dark")
    user.wait()
    user.click(user.find(QPushButton, "bench_take_selection"))
    user.qtbot.waitUntil(page.actions_bar.run.isEnabled, timeout=_WAIT)
    return page


def _run_and_judge(user: User, page: Any) -> None:
    user.click(page.actions_bar.run)
    user.qtbot.waitUntil(lambda: page.report is not None, timeout=_WAIT)
    user.wait()
    assert user.find(QLabel, "bench_verdict_word").text() == "Good"
    tabs = user.find(QTabWidget, "bench_tabs")
    words = [tabs.tabText(place) for place in range(tabs.count())]
    place = next(number for number, word in enumerate(words) if "in use" in word)
    user.click(tabs.tabBar(), tabs.tabBar().tabRect(place).center())
    assert "tmt_iris_dark_" in user.find(QLabel, "bench_comparison_message").text()


def _save_and_read_back(user: User, page: Any, out: Path) -> None:
    dialog = page.ask_to_save()
    dialog.file.setText(str(out))
    dialog.set_card("AUTHOR", "A. Person")
    user.qtbot.mouseClick(dialog.findChild(QPushButton, "bench_save_ok"), _LEFT)
    user.qtbot.waitUntil(out.exists, timeout=_WAIT)
    user.wait()
    with fits.open(out) as file:
        assert file[0].header["REFTYPE"] == "DARK"
        np.testing.assert_array_equal(file["SCI"].data, page.report.result.frame.data)
    user.go("observe")
    user.find(QLineEdit, "observations_filter").clear()
    user.window.open_paths([out])
    user.wait()
    user.click_row(user.find(QTableView, "observations_table"), out.name)
    picture = user.window.observe.picture
    assert picture.title.text().startswith(out.name)
    np.testing.assert_array_equal(picture.content.values, page.report.result.frame.data)


def test_a_night(qtbot: QtBot, window: MainWindow, demo_night: DemoNight, tmp_path: Path) -> None:
    user = User(qtbot, window)
    before = {path: path.stat().st_mtime_ns for path in demo_night.folder.rglob("*")}
    window.open_paths([demo_night.cache, demo_night.raw])
    user.wait()
    darks = sorted(demo_night.raw.glob("iris_20260311_dark_*.fits"))
    assert len(darks) == 9
    _why_there_is_no_flat(user)
    _try_the_nearest_miss_and_reset(user)
    _the_deciding_line(user)
    _the_reference_as_a_picture(user)
    page = _take_the_darks_to_the_bench(user, darks)
    _run_and_judge(user, page)
    _save_and_read_back(user, page, tmp_path / "new_dark.fits")
    assert [notice for notice in window.session.notices if notice.level != "info"] == []
    assert {path: path.stat().st_mtime_ns for path in demo_night.folder.rglob("*")} == before
