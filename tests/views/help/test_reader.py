"""The help shows the pages, finds words in them, follows links inside, and never leaves without asking."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QDesktopServices, QGuiApplication, QImage, QTextDocument
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QMessageBox, QTextBrowser, QTreeWidget
from pytestqt.qtbot import QtBot

from calgui.core.help import CONTENTS, Documentation, documentation
from calgui.views.help.reader import HelpReader
from calgui.views.session import Session
from calgui.views.theme import theme

_PAGES = {
    "README.md": "# Contents\n\n## First things\n\n- [One](one.md)\n\n## More\n\n- [Two](sub/two.md)\n",
    "one.md": "# One\n\nA cat sat here. See [the mat](sub/two.md#the-mat), or [the net](https://example.org/x).\n",
    "sub/two.md": "# Two\n\n![A red field](../pictures/red.png)\n\n" + "Much text.\n\n" * 80 + "## The mat\n\nA dog.\n",
}


@pytest.fixture
def pages(tmp_path: Path) -> Documentation:
    for name, text in _PAGES.items():
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    picture = QImage(2000, 500, QImage.Format.Format_RGB32)
    picture.fill(QColor("#cc0000"))
    (tmp_path / "docs" / "pictures").mkdir()
    assert picture.save(str(tmp_path / "docs" / "pictures" / "red.png"))
    return Documentation(tmp_path / "docs")


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    made = Session()
    yield made
    made.close()
    theme().apply(None)


@pytest.fixture
def open_reader(qtbot: QtBot, session: Session) -> Callable[[Documentation | None], HelpReader]:
    def make(documentation: Documentation | None = None) -> HelpReader:
        reader = HelpReader(session, documentation)
        qtbot.addWidget(reader)
        reader.resize(900, 600)
        reader.show()
        qtbot.waitExposed(reader)
        return reader

    return make


@pytest.fixture
def reader(open_reader: Callable[[Documentation | None], HelpReader], pages: Documentation) -> HelpReader:
    return open_reader(pages)


def _listed(reader: HelpReader) -> dict[str, list[str]]:
    tree = reader.side.list
    tops = [tree.topLevelItem(number) for number in range(tree.topLevelItemCount())]
    return {top.text(0): [top.child(at).text(0) for at in range(top.childCount())] for top in tops}


def _click_link(qtbot: QtBot, reader: HelpReader, text: str) -> None:
    found = reader.view.document().find(text)
    assert not found.isNull()
    found.setPosition(found.selectionStart() + 1)
    place = reader.view.cursorRect(found).center()
    qtbot.mouseClick(reader.view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_the_contents_are_the_index_under_its_headings(reader: HelpReader) -> None:
    assert _listed(reader) == {"First things": ["One"], "More": ["Two"]}


def test_a_click_on_a_link_goes_to_its_heading_and_back(qtbot: QtBot, reader: HelpReader) -> None:
    reader.show_page("one")
    assert not reader.actions_by_name["back"].isEnabled()
    _click_link(qtbot, reader, "the mat")
    assert reader.page_name == "sub/two"
    assert reader.windowTitle() == "Two — help"
    assert reader.side.list.currentItem().text(0) == "Two"
    bar = reader.view.verticalScrollBar()
    heading = reader.view.document().find("The mat")
    assert 0 <= reader.view.cursorRect(heading).top() < reader.view.viewport().height()
    assert bar.value() > 0
    qtbot.keyClick(reader, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert reader.page_name == "one"
    qtbot.keyClick(reader, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert reader.page_name == "sub/two"


def test_the_way_back_returns_to_where_one_had_read(reader: HelpReader) -> None:
    reader.show_page("sub/two")
    bar = reader.view.verticalScrollBar()
    bar.setValue(300)
    reader.show_page("one")
    reader.actions_by_name["back"].trigger()
    assert (reader.page_name, bar.value()) == ("sub/two", 300)


def test_a_new_way_forgets_the_old_forward_one(reader: HelpReader) -> None:
    for name in ("one", "sub/two"):
        reader.show_page(name)
    reader.actions_by_name["back"].trigger()
    reader.show_page(CONTENTS)
    assert not reader.actions_by_name["forward"].isEnabled()
    reader.actions_by_name["back"].trigger()
    assert reader.page_name == "one"


def test_search_lists_the_pages_with_all_words_and_marks_them(qtbot: QtBot, reader: HelpReader) -> None:
    reader.show_page("one")
    field = reader.findChild(QLineEdit, "help_search")
    qtbot.keyClick(reader, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClicks(field, "DOG mat")
    assert _listed(reader) == {"Found on 1 page": ["Two"]}
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert reader.page_name == "sub/two"
    marked = sorted(mark.cursor.selectedText() for mark in reader.view.extraSelections())
    assert marked == ["dog", "mat"]
    field.setText("nowhere at all")
    assert _listed(reader) == {"Nothing found": []}
    field.clear()
    assert _listed(reader)["More"] == ["Two"]
    assert reader.view.extraSelections() == []


def test_a_picture_fits_the_width_and_is_seen_at_full_size(qtbot: QtBot, reader: HelpReader) -> None:
    reader.show_page("sub/two")
    qtbot.waitUntil(lambda: not reader.busy)
    (_place, look), *others = reader.view._pictures()
    assert not others
    assert 300 < look.width() <= reader.view.viewport().width()
    assert look.height() == pytest.approx(look.width() / 4, abs=1)
    seen = reader.view.viewport().grab().toImage()
    red = [seen.pixelColor(x, int(look.height() / 2 + 60)).red() for x in (100, 200, 300)]
    assert min(red) > 180
    wide = look.width()
    reader.resize(620, 600)
    qtbot.waitUntil(lambda: not reader.busy and reader.view._pictures()[0][1].width() < wide)
    # a click on it
    middle = QPoint(reader.view.viewport().width() // 2, 90)
    qtbot.mouseClick(reader.view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert reader.page_name == "pictures/red.png"
    assert reader.picture.label.pixmap().width() == 2000
    reader.actions_by_name["back"].trigger()
    assert reader.page_name == "sub/two"


def test_a_link_to_the_network_is_not_followed_unless_the_user_says_so(
    qtbot: QtBot, reader: HelpReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    reader.show_page("one")

    def ask() -> QMessageBox:
        _click_link(qtbot, reader, "the net")
        qtbot.waitUntil(lambda: any(box.isVisible() for box in reader.findChildren(QMessageBox, "help_external")))
        return next(box for box in reader.findChildren(QMessageBox, "help_external") if box.isVisible())

    box = ask()
    assert box.informativeText() == "https://example.org/x"
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert opened == []
    ask().findChild(QAbstractButton, "help_external_copy").click()
    assert (opened, QGuiApplication.clipboard().text()) == ([], "https://example.org/x")
    ask().findChild(QAbstractButton, "help_external_open").click()
    assert opened == ["https://example.org/x"]
    assert reader.page_name == "one"


def test_nothing_outside_of_the_documentation_is_read(qtbot: QtBot, reader: HelpReader, tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    picture = QImage(10, 10, QImage.Format.Format_RGB32)
    assert picture.save(str(outside))
    reader.show_page("one")
    assert reader.view._path("../outside.png") is None
    assert reader.view._path("https://example.org/a.png") is None
    assert reader.view._path("pictures/red.png") is not None


def test_an_unknown_page_gives_the_contents_and_a_missing_documentation_a_notice(
    reader: HelpReader, open_reader: Callable[[Documentation | None], HelpReader], tmp_path: Path, session: Session
) -> None:
    reader.show_page("no/such")
    assert reader.page_name == CONTENTS
    (tmp_path / "empty").mkdir()
    bare = open_reader(Documentation(tmp_path / "empty"))
    bare.show_page("one")
    assert [notice.level for notice in session.notices] == ["warning"]


def test_the_size_of_the_text_stays_within_bounds_and_comes_back(reader: HelpReader) -> None:
    reader.show_page("one")

    def size() -> float:
        return float(reader.view.document().find("cat").charFormat().fontPointSize())

    usual = size()
    reader.actions_by_name["larger"].trigger()
    assert size() == pytest.approx(1.1 * usual)
    for _ in range(40):
        reader.actions_by_name["smaller"].trigger()
    assert size() == pytest.approx(0.7 * usual)
    reader.actions_by_name["usual"].trigger()
    assert size() == pytest.approx(usual)


def test_the_page_follows_the_look(reader: HelpReader) -> None:
    reader.show_page("one")
    for dark in (False, True):
        theme().apply(dark)
        link = reader.view.document().find("the mat").charFormat().foreground().color()
        assert link == theme().colour("accent")


def test_escape_closes_it_and_everything_has_a_name(qtbot: QtBot, reader: HelpReader) -> None:
    kinds = (QLineEdit, QTreeWidget, QTextBrowser, QAbstractButton)
    for widget in [widget for kind in kinds for widget in reader.findChildren(kind)]:
        inside = widget.objectName().startswith("qt_") or widget.parent() is reader.side.field
        if widget.isVisible() and not inside:
            assert widget.objectName(), widget
            assert widget.accessibleName(), widget.objectName()
    qtbot.keyClick(reader, Qt.Key.Key_Escape)
    assert not reader.isVisible()


@pytest.mark.parametrize("name", sorted(documentation().pages))
def test_each_page_is_drawn_without_holding_up_the_window(
    qtbot: QtBot, open_reader: Callable[[Documentation | None], HelpReader], name: str
) -> None:
    reader = open_reader(None)
    reader.show_page(name)
    assert reader.page_name == name
    page = documentation().page(name)
    assert page is not None
    assert page.title in reader.view.toPlainText()
    pictures = [link for link in page.links if link.kind == "picture"]
    assert len(reader.view._pictures()) == len(pictures)
    qtbot.waitUntil(lambda: not reader.busy)
    # nothing is wider than the window
    assert reader.view.horizontalScrollBar().maximum() == 0


def test_pages_that_were_left_are_forgotten(qtbot: QtBot, reader: HelpReader) -> None:
    for _ in range(5):
        for name in ("one", "sub/two"):
            reader.show_page(name)
    qtbot.waitUntil(lambda: not reader.busy)
    qtbot.wait(20)
    assert len(reader.view.findChildren(QTextDocument)) <= 1
