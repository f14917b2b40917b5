"""Panels that are moved, put into tabs and windows, and found again where they were."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QWidget
from pytestqt.qtbot import QtBot

from calgui.views.app import make_window
from calgui.views.observations.layouts import LAYOUTS, PANELS, own_layouts
from calgui.views.session import Session
from calgui.views.widgets.arrangement import Arrangement
from calgui.views.window import MainWindow

Settled = Callable[[MainWindow], None]


@pytest.fixture
def arrangement(qtbot: QtBot) -> Arrangement:
    panels = {}
    for name in "abcd":
        widget = QWidget()
        widget.setMinimumSize(20, 20)
        widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        panels[name] = (name.upper(), widget)
    tree = {
        "split": "across",
        "sizes": [300, 500],
        "parts": ["a", {"split": "down", "sizes": [2, 1, 1], "parts": ["b", "c", "d"]}],
    }
    made = Arrangement("test_panels", panels, tree)
    qtbot.addWidget(made)
    made.resize(800, 400)
    made.show()
    return made


def box(arrangement: Arrangement, name: str) -> tuple[int, int, int, int]:
    widget = arrangement._panels[name][1]
    corner = widget.mapTo(arrangement, widget.rect().topLeft())
    return corner.x(), corner.y(), widget.width(), widget.height()


def test_panels_stand_as_the_tree_says(arrangement: Arrangement) -> None:
    assert box(arrangement, "a")[0] == 0
    assert box(arrangement, "a")[2] == pytest.approx(300, abs=2)
    assert box(arrangement, "b")[3] == pytest.approx(200, abs=4)
    assert box(arrangement, "c")[1] < box(arrangement, "d")[1]


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_a_panel_is_moved_to_an_edge_and_back(arrangement: Arrangement, side: Any) -> None:
    before = arrangement.state()
    arrangement.move("c", side)
    x, y, wide, high = box(arrangement, "c")
    edges = {"left": x == 0, "right": x + wide == 800, "top": y == 0, "bottom": y + high == 400}
    assert edges[side]
    assert (high == 400) if side in ("left", "right") else (wide == 800)
    assert arrangement.put(before)
    assert arrangement.state() == before


def test_tabs_show_one_at_a_time(arrangement: Arrangement, qtbot: QtBot) -> None:
    arrangement.join("d", "b")
    (tree, bar) = arrangement._bars[0]
    assert [bar.tabText(at) for at in range(bar.count())] == ["B", "D"]
    shown = {name: arrangement._panels[name][1].isVisible() for name in "abcd"}
    assert shown == {"a": True, "b": False, "c": True, "d": True}
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(0).center())
    assert arrangement._panels["b"][1].isVisible()
    assert not arrangement._panels["d"][1].isVisible()
    assert tree["tabs"] == ["b", "d"]
    state = arrangement.state()
    arrangement.move("d", "left")
    assert not arrangement._bars
    assert arrangement.put(state)
    assert arrangement._bars[0][1].currentIndex() == 0
    arrangement.show_panel("d", False)
    assert not arrangement._bars[0][1].isVisible()  # one panel alone needs no tabs


def test_a_window_of_its_own_comes_back_when_closed(arrangement: Arrangement, qtbot: QtBot) -> None:
    before = arrangement.state()
    arrangement.float("b")
    window = arrangement._windows["b"]
    assert window.isVisible()
    assert arrangement._panels["b"][1].window() is window
    assert list(arrangement.state()["floating"]) == ["b"]
    with qtbot.waitSignal(arrangement.docked):
        window.close()
    assert arrangement._panels["b"][1].window() is arrangement
    assert box(arrangement, "b")[:2] == (box(arrangement, "c")[0], 0)
    assert arrangement.state()["tree"]["parts"][0] == before["tree"]["parts"][0]
    arrangement.float("b")
    arrangement.show_panel("b", False)
    assert not arrangement._windows["b"].isVisible()
    arrangement.put(before)
    assert not arrangement._windows


def test_hidden_panels_stay_hidden_and_keep_their_size(arrangement: Arrangement) -> None:
    arrangement.show_panel("c", False)
    arrangement.move("d", "left")
    assert not arrangement._panels["c"][1].isVisible()
    arrangement.show_panel("c", True)
    assert box(arrangement, "c")[3] > 30


junk = st.recursive(
    st.none() | st.integers(-5, 5) | st.sampled_from(["a", "b", "c", "d", "across", "down"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["tree", "floating", "split", "sizes", "parts", "tabs", "current", "a"]), inner
        )
    ),
    max_leaves=12,
)


@settings(max_examples=120, deadline=None)
@given(state=junk)
def test_what_is_no_arrangement_changes_nothing(arrangement: Arrangement, state: Any) -> None:
    before = arrangement.state()
    assert not arrangement.put(state)
    assert arrangement.state() == before


moves = st.lists(
    st.tuples(
        st.sampled_from("abcd"), st.sampled_from(["left", "right", "top", "bottom", "a", "b", "c", "d", "float"])
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(done=moves)
def test_no_panel_is_ever_lost(arrangement: Arrangement, done: list[tuple[str, Any]]) -> None:
    for name, what in done:
        if what == "float":
            arrangement.float(name)
        elif what in "abcd":
            if what != name:
                arrangement.join(name, what)
        else:
            arrangement.move(name, what)
        state = arrangement.state()
        assert arrangement._is_whole(state["tree"])
        for panel in "abcd":
            assert arrangement._panels[panel][1].window() in (arrangement, arrangement._windows.get(panel))
    assert arrangement.put(arrangement.state())


# ---- in the window


def shown(window: MainWindow) -> dict[str, tuple[int, int]]:
    return {name: (panel.width(), panel.height()) for name, panel in window.observe.panels.items() if panel.isVisible()}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_of_the_program(window: MainWindow, name: str, qtbot: QtBot) -> None:
    window.setMinimumSize(100, 100)
    window.resize(1100, 700)
    window.menus.layouts.choose(name)
    qtbot.wait(30)
    assert (window.width(), window.height()) == (1100, 700)
    arrangement = window.observe.arrangement
    assert sorted(PANELS) == sorted(_names_in(LAYOUTS[name]))
    for panel in shown(window):
        widget = window.observe.panels[panel]
        corner = widget.mapTo(arrangement, widget.rect().bottomRight())
        assert arrangement.rect().contains(corner), panel
    for _tree, bar in arrangement._bars:
        seen = bar.currentIndex()
        for place in range(bar.count()):
            bar.setCurrentIndex(place)
            qtbot.wait(10)
            _assert_whole(window)
        bar.setCurrentIndex(seen)
    _assert_whole(window)
    if name == "Picture large":
        assert shown(window)["picture"][1] > 0.8 * arrangement.height()


def _assert_whole(window: MainWindow) -> None:
    """No panel that is seen is smaller than it needs."""
    for panel in shown(window):
        widget = window.observe.panels[panel]
        least, size = widget.minimumSizeHint(), widget.size()
        assert least.width() <= size.width(), panel
        assert least.height() <= size.height(), panel


def _names_in(tree: Any) -> list[str]:
    if isinstance(tree, str):
        return [tree]
    return [name for part in tree.get("parts", tree.get("tabs")) for name in _names_in(part)]


def test_it_is_found_again_where_it_was(window: MainWindow, qtbot: QtBot, settled: Settled) -> None:
    window.menus.layouts.choose("Picture large")
    window.menus.layouts.move("inspector", "right")
    tree = window.observe.arrangement.state()["tree"]
    window.close()
    other = make_window(Session())
    qtbot.addWidget(other)
    other.show()
    qtbot.waitUntil(lambda: len(other.observe.panels) == 4)
    assert _names_in(other.observe.arrangement.state()["tree"]) == _names_in(tree)
    undo = other.session.history
    other.menus.layouts.choose("Default")
    assert undo.undoText() == "choose the layout Default"
    undo.undo()
    assert _names_in(other.observe.arrangement.state()["tree"]) == _names_in(tree)
    settled(other)
    other.close()


def test_a_layout_of_ones_own(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    window.menus.layouts.join("why", "picture")
    mine = window.observe.arrangement.state()["tree"]
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: (" mine ", True))
    window.menus.layouts.ask_save()
    window.menus.layouts.choose("Default")
    entry = next(action for action in window.menus.layouts.layouts.actions() if action.text() == "mine")
    entry.trigger()
    assert _names_in(window.observe.arrangement.state()["tree"]) == _names_in(mine)
    window.menus.layouts.forget.actions()[0].trigger()
    assert own_layouts() == {}


def test_closing_the_main_window_takes_panels_with_windows_along(window: MainWindow) -> None:
    window.menus.layouts.float("picture")
    floating = window.observe.arrangement._windows["picture"]
    assert floating.isVisible()
    window.close()
    assert not floating.isVisible()
