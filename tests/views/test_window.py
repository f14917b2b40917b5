"""Whole tasks in the window, as a user does them."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAccessible, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from calgui.core.jobs import Job
from calgui.core.simulate import DemoNight
from calgui.views.app import make_window
from calgui.views.places import PLACES
from calgui.views.session import Session
from calgui.views.theme import theme
from calgui.views.widgets.table_copying import chosen, copy_cells
from calgui.views.window import MainWindow

Settled = Callable[[MainWindow], None]
Night = Callable[..., Path]


def shown(window: MainWindow) -> list[str]:
    model = window.observe.table.model
    return [model.row(number).entry.path.name for number in range(model.rowCount())]


def test_open_filter_add_a_column_and_select(window: MainWindow, night: Night, settled: Settled, qtbot: QtBot) -> None:
    window.open_paths([night(6)])
    settled(window)
    table = window.observe.table
    assert len(shown(window)) == 7
    assert "7 files" in table.summary.text()
    assert "1 unreadable" in table.summary.text()

    qtbot.keyClicks(table.filter, "IRIS_DARK EXPTIME>10")
    qtbot.waitUntil(lambda: shown(window) == ["iris_0003.fits", "iris_0005.fits"])

    table.columns_menu.fill()
    qtbot.keyClicks(table.columns_menu.field, "airmass")
    qtbot.keyPress(table.columns_menu.field, Qt.Key.Key_Return)
    assert table.model.columns[-1].key == "AIRMASS"
    assert table.model.index(0, len(table.model.columns) - 1).data() == "4"

    table.view.selectRow(1)
    qtbot.waitUntil(lambda: [path.name for path in window.session.selection] == ["iris_0005.fits"])
    settled(window)
    assert window.observe.inspector.path.name == "iris_0005.fits"
    assert window.observe.picture.content.values[0, 0] == 5

    copy_cells(chosen(table.view), titles=True)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].endswith("AIRMASS")
    assert lines[1].startswith("iris_0005.fits\tIRIS_DARK")


def test_columns_and_look_are_remembered(window: MainWindow, night: Night, settled: Settled, qtbot: QtBot) -> None:
    table = window.observe.table
    table.add_column("AIRMASS")
    table.remove_column("SUBARRAY")
    table.view.setColumnWidth(1, 143)
    table.view.horizontalHeader().setSortIndicator(5, Qt.SortOrder.DescendingOrder)
    window.set_theme("dark")
    window.close()
    other = make_window(Session())
    qtbot.addWidget(other)
    keys = [column.key for column in other.observe.table.model.columns]
    assert "SUBARRAY" not in keys
    assert keys[-1] == "AIRMASS"
    assert other.observe.table.view.columnWidth(1) == 143
    assert other.observe.table.model.sorted_by == (table.model.sorted_by[0], True)
    assert other.theme_choice == "dark"
    other.set_theme("system")
    other.close()


def test_header_marks_what_the_rules_read(window: MainWindow, demo_night: DemoNight, settled: Settled) -> None:
    window.open_paths([demo_night.cache, next(demo_night.raw.glob("*_image_*.fits"))])
    settled(window)
    window.observe.table.view.selectRow(0)
    settled(window)
    inspector = window.observe.inspector
    rows = {row.keyword: row for row in inspector.rules.rows}
    assert rows["FILTER"].parkey == "META.INSTRUMENT.FILTER"
    assert "dark" in rows["DETECTOR"].types
    inspector.search.setText("META.INSTRUMENT.FILTER")
    inspector._apply_search()
    group = inspector.model.index(0, 0)
    assert inspector.model.index(0, 0, group).data() == "FILTER"
    assert "all are there" in inspector.subtitle.text()
    assert window.windowTitle().startswith(f"{demo_night.cache.parent.name} · tmt_")


def test_missing_keywords_stand_out(window: MainWindow, demo_night: DemoNight, night: Night, settled: Settled) -> None:
    window.open_paths([demo_night.cache, night(1)])
    settled(window)
    window.observe.table.view.selectRow(0)
    settled(window)
    inspector = window.observe.inspector
    assert "missing" in inspector.subtitle.text()
    assert inspector.rules.rows[0].missing
    model = inspector.rules.model()
    assert model.index(0, 1).data() == "missing"
    assert model.index(0, 0).data(Qt.ItemDataRole.BackgroundRole) is not None


def test_unreadable_files_say_why(window: MainWindow, night: Night, settled: Settled) -> None:
    window.open_paths([night(1)])
    settled(window)
    model = window.observe.table.model
    row = shown(window).index("spoilt.fits")
    assert model.index(row, 1).data() == "unreadable"
    window.observe.table.view.selectRow(row)
    settled(window)
    assert "FITS" in window.observe.inspector.hint.text()
    assert not window.observe.inspector.tabs.isVisible()


def test_drop_files_and_a_cache(window: MainWindow, demo_night: DemoNight, night: Night, settled: Settled) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (night(2), demo_night.cache)])
    flags = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(5, 5), *flags)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(5, 5), *flags))
    settled(window)
    assert len(shown(window)) == 3
    assert [cache.path for cache in window.session.caches] == [demo_night.cache]
    # the same cache again is only chosen
    window.open_paths([demo_night.cache])
    settled(window)
    assert len(window.session.caches) == 1
    assert window.header.caches.count() == 1


def test_contexts_are_chosen_and_the_cache_closed(window: MainWindow, demo_night: DemoNight, settled: Settled) -> None:
    window.open_paths([demo_night.cache])
    settled(window)
    cache = window.session.cache
    assert cache is not None
    contexts = window.header.contexts
    assert contexts.currentData() == cache.default_context
    other = next(name for name in cache.contexts if name != cache.default_context)
    contexts.activated.emit(contexts.findData(other))
    assert window.session.context == other
    settled(window)
    window.close_cache()
    settled(window)
    assert window.session.cache is None
    assert not window.header.caches.isVisible()
    assert not window.menus.close_cache.isEnabled()


def test_a_slip_in_a_path_is_told_once_and_the_rest_opens(window: MainWindow, night: Night, settled: Settled) -> None:
    folder = night(1)
    window.open_paths([folder / "nowhere.fits", folder / "iris_0000.fits"])
    settled(window)
    assert shown(window) == ["iris_0000.fits"]
    assert [notice.level for notice in window.session.notices] == ["error"]
    assert "nowhere.fits" in window.session.notices[0].text
    assert window.status.notices.text().startswith("1 error · nowhere.fits")
    window.status.notices.click()
    assert window.notices.isVisible()
    assert "nowhere.fits" in window.notices.text()
    window.notices.clear()
    assert window.status.notices.text() == "No notices"


def test_the_first_file_that_arrives_is_shown_with_its_headers(
    window: MainWindow, night: Night, settled: Settled
) -> None:
    window.open_paths([night(3)])
    settled(window)
    first = window.observe.table.model.row(0).entry.path
    assert window.session.selection == (first,)
    assert window.observe.inspector.path == first
    assert window.observe.picture.content is not None


def test_a_drop_that_holds_nothing_is_told(window: MainWindow) -> None:
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    nothing = QMimeData()  # kept here: the event does not
    window.dropEvent(QDropEvent(QPointF(50, 50), copy, nothing, left, none))
    assert [notice.level for notice in window.session.notices] == ["warning"]


class Slow:
    """An index that reads until it is stopped."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.reading = threading.Event()
        self.closed = False

    def scan(self, paths: object, job: Job, on_batch: object) -> list[object]:
        """Report for a minute."""
        for step in range(6000):
            self.reading.set()
            job.report(step / 6000, f"Reading headers: {step:,} of 6,000")
            threading.Event().wait(0.01)
        raise AssertionError("never cancelled")

    def close(self) -> None:
        """As the real one."""
        self.closed = True


@pytest.fixture
def slow(window: MainWindow) -> Slow:
    index = Slow()
    window.observe.files._index = index
    return index


def test_a_scan_shows_its_progress_and_is_cancelled(window: MainWindow, slow: Slow, night: Night, qtbot: QtBot) -> None:
    window.open_paths([night(1)])
    jobs = window.status.jobs
    qtbot.waitUntil(lambda: jobs.cancel.isVisible() and "of 6,000" in jobs.label.text())
    qtbot.mouseClick(jobs.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.busy)
    qtbot.waitUntil(lambda: not jobs.cancel.isVisible())
    assert window.observe.files.interrupted
    assert [notice.level for notice in window.session.notices] == ["info"]


def test_closing_during_a_scan_ends_every_thread(window: MainWindow, slow: Slow, night: Night, qtbot: QtBot) -> None:
    window.open_paths([night(1)])
    assert slow.reading.wait(60)
    assert any(thread.name.startswith("calgui") for thread in window.session.tasks._pool._threads)
    threads = list(window.session.tasks._pool._threads)
    window.close()
    assert slow.closed
    assert not any(thread.is_alive() for thread in threads)


def test_search_finds_files_mappings_and_actions(
    window: MainWindow, demo_night: DemoNight, night: Night, settled: Settled
) -> None:
    window.open_paths([demo_night.cache, night(4)])
    settled(window)
    window.search.look("iris_0002")
    hit = window.search.hits[0]
    assert (hit.text, hit.kind) == ("iris_0002.fits", "observation")
    window.search._do(0)
    settled(window)
    assert [path.name for path in window.session.selection] == ["iris_0002.fits"]
    window.search.look("dark rmap")
    assert window.search.hits[0].text.endswith(".rmap")
    window.search._do(0)
    settled(window)
    assert window.stack.currentWidget().objectName() == "rules_place"
    window.search.look("read again")
    assert "refresh" in [hit.name for hit in window.search.hits]


def test_places_by_keyboard_and_rail(window: MainWindow, qtbot: QtBot) -> None:
    for place in reversed(PLACES):
        qtbot.mouseClick(window.rail._buttons[place.name], Qt.MouseButton.LeftButton)
        assert window.stack.currentWidget() is window.place(place.name)
    for place in PLACES:
        next(action for action in window.menus.actions if action.objectName() == f"go_{place.name}").trigger()
        assert window.stack.currentWidget() is window.place(place.name)
        assert window.rail._buttons[place.name].isChecked()


def test_help_is_shown_without_getting_in_the_way(window: MainWindow) -> None:
    window.show_help("about")
    assert window.help.isVisible()
    assert "calgui" in window.help.text.toPlainText()
    window.show_help("about")
    assert not window.help.isVisible()


INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
)


def _is_qts_own(widget: QWidget) -> bool:
    """Parts that Qt makes inside its own widgets: the field of a spin box, the list of a combo box."""
    if widget.objectName().startswith("qt_") or isinstance(widget, QScrollBar | QHeaderView):
        return True
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QComboBox | QAbstractSpinBox | QLineEdit | QTabBar | QHeaderView):
            return True
        parent = parent.parentWidget()
    return type(widget).__name__ in ("QTableCornerButton", "QAbstractButton", "QComboBoxListView")


def test_every_interactive_widget_has_a_name_for_scripts_and_for_readers(
    window: MainWindow, demo_night: DemoNight, settled: Settled
) -> None:
    window.open_paths([demo_night.cache, *sorted(demo_night.raw.glob("*_dark_*.fits"))[:3]])
    settled(window)
    window.observe.table.view.selectRow(0)
    settled(window)
    for place in PLACES:
        window.go(place.name)
        settled(window)
    nameless = []
    for widget in window.findChildren(QWidget):
        if not isinstance(widget, INTERACTIVE) or _is_qts_own(widget):
            continue
        found = QAccessible.queryAccessibleInterface(widget)
        spoken = found.text(QAccessible.Text.Name) if found is not None else widget.accessibleName()
        if not widget.objectName() or not (spoken or widget.accessibleName()):
            parent = widget.parentWidget()
            nameless.append((type(widget).__name__, widget.objectName(), spoken, parent and parent.objectName()))
    assert nameless == []


def test_no_place_makes_the_window_larger_than_the_screen(window: MainWindow, qtbot: QtBot) -> None:
    room = window.screen().availableGeometry()
    assert window.width() <= room.width()
    assert window.height() <= room.height()
    window.resize(900, 600)
    for place in window.places:
        window.go(place.name)
        qtbot.wait(30)
        assert (window.width(), window.height()) == (900, 600)


def test_the_help_follows_the_look(window: MainWindow) -> None:
    window.set_theme("light")
    window.show_help("about")
    before = theme().colour("muted").name()
    window.set_theme("dark")
    after = theme().colour("muted").name()
    assert before != after
    assert after in window.help.text.toHtml()
    assert before not in window.help.text.toHtml()


def test_references_are_listed_once_for_each_search(
    window: MainWindow, real_data: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.open_paths([real_data / "caches" / "tmt"])
    qtbot.waitUntil(lambda: window.session.cache is not None)
    cache = window.session.cache
    assert cache is not None
    layout, asked = type(cache.layout), []
    listed = layout.reference_names
    monkeypatch.setattr(layout, "reference_names", lambda self: asked.append(1) or listed(self))
    window.search.setFocus()
    qtbot.keyClicks(window.search, "flat_0003.fits")
    assert window.search.hits[0].kind.startswith("reference")
    assert len(asked) == 1
    window.search.clear()
    window.search.look("")
    qtbot.keyClicks(window.search, "f")
    assert len(asked) == 2


def test_from_the_filter_into_the_table_by_keyboard(
    window: MainWindow, night: Night, settled: Settled, qtbot: QtBot
) -> None:
    window.open_paths([night(4)])
    settled(window)
    table = window.observe.table
    window.focus_filter()
    qtbot.keyClicks(table.filter, "iris_0002")
    settled(window)
    assert table.model.rowCount() == 1
    qtbot.keyClick(table.filter, Qt.Key.Key_Down)
    settled(window)
    assert [path.name for path in window.session.selection] == ["iris_0002.fits"]
    table.filter.clear()
    settled(window)
    table.view.clearSelection()
    settled(window)
    table.view.setCurrentIndex(table.model.index(0, 0))
    table.view.clearSelection()
    qtbot.keyClick(table.view, Qt.Key.Key_Down)
    settled(window)
    assert [path.name for path in window.session.selection] == ["iris_0000.fits"]
    qtbot.keyClick(table.view, Qt.Key.Key_Down)
    settled(window)
    assert [path.name for path in window.session.selection] == ["iris_0001.fits"]


def test_the_tab_key_goes_through_the_panels_in_reading_order(
    window: MainWindow, demo_night: DemoNight, settled: Settled, qtbot: QtBot
) -> None:
    window.open_paths([demo_night.cache, demo_night.raw / "iris_20260311_image_0006.fits"])
    settled(window)
    table = window.observe.table.view
    table.setFocus()
    table.selectRow(0)
    settled(window)
    passed: list[str] = []
    for _ in range(60):
        focused = window.focusWidget()
        assert focused is not None
        if passed and focused is table:
            break
        passed.append(focused.objectName())
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    wanted = [
        "observations_table",
        "references_table",
        "picture_canvas",
        "rule_keywords",
        "value_FILTER",
        "why_matrix",
        "search_everything",
        "observations_filter",
    ]
    assert [name for name in passed if name in wanted] == wanted


def test_keys_do_what_they_say_from_the_start(window: MainWindow, qtbot: QtBot) -> None:
    """No field has the focus before the user chose one, so that ? is no question mark."""
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    focus = QApplication.focusWidget()
    assert not isinstance(focus, QLineEdit)
    qtbot.keyClick(focus, "?")
    assert window.sheet.isVisible()
    window.sheet.close()


def test_what_is_missing_keeps_to_the_look(
    window: MainWindow, demo_night: DemoNight, night: Night, settled: Settled
) -> None:
    window.open_paths([demo_night.cache, night(1)])
    settled(window)
    for choice in ("dark", "light"):
        window.set_theme(choice)
        assert theme().colour("warning").name() in window.observe.inspector.subtitle.text()
    window.set_theme("system")
