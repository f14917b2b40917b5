"""Everything is reached by the keyboard, and colours are told apart by everybody."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAction
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
    QScrollArea,
    QScrollBar,
    QTabBar,
    QTabWidget,
    QTextBrowser,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from calgui.core.simulate import DemoNight
from calgui.views.places import PLACES
from calgui.views.rules.pages import PAGES
from calgui.views.spectrum.trace import ROLES as TRACES
from calgui.views.theme import Theme
from calgui.views.window import MainWindow

#: Machado, Oliveira and Fernandes (2009), IEEE Trans. Vis. Comput. Graph. 15, 1291: severity 1.0, on linear RGB
SEEN_BY = {
    "everybody": np.eye(3),
    "protanopes": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopes": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopes": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
#: sRGB (IEC 61966-2-1) to CIE XYZ, white D65
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
STATES = ("good", "warning", "error")


def linear(theme: Theme, role: str) -> np.ndarray:
    encoded = np.array(theme.colour(role).getRgbF()[:3])
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE 1976 L*a*b* of linear RGB."""
    part = (TO_XYZ @ np.clip(rgb, 0, 1)) / (TO_XYZ @ np.ones(3))
    root = np.where(part > (6 / 29) ** 3, np.cbrt(part), part / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def distance(theme: Theme, one: str, other: str, eyes: str) -> float:
    """CIE 1976 colour difference as these eyes see it; 2.3 is just noticeable."""
    seen = SEEN_BY[eyes]
    return float(np.linalg.norm(lab(seen @ linear(theme, one)) - lab(seen @ linear(theme, other))))


def contrast(theme: Theme, one: str, other: str) -> float:
    """Contrast ratio of WCAG 2."""
    first, second = (float(TO_XYZ[1] @ linear(theme, role)) for role in (one, other))
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def look(request: pytest.FixtureRequest) -> Theme:
    made = Theme()
    made.dark = request.param
    return made


def test_the_measure_is_right() -> None:
    """White and red of sRGB in CIE Lab, as tabulated for D65; a grey is the same grey to all eyes."""
    np.testing.assert_allclose(lab(np.ones(3)), [100, 0, 0], atol=1e-9)
    np.testing.assert_allclose(lab(np.array([1.0, 0, 0])), [53.24, 80.09, 67.20], atol=0.02)
    for seen in SEEN_BY.values():
        np.testing.assert_allclose(seen @ np.full(3, 0.4), np.full(3, 0.4), atol=1e-5)


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_states_and_traces_are_told_apart(look: Theme, eyes: str) -> None:
    close = {
        (one, other): round(distance(look, one, other, eyes), 1)
        for roles in (STATES, TRACES)
        for one, other in itertools.combinations(roles, 2)
        if distance(look, one, other, eyes) < 14
    }
    assert close == {}


def test_words_can_be_read_on_whatever_they_stand(look: Theme) -> None:
    grounds = ("window", "surface", "raised", "selected")
    pairs = [(role, ground) for role in ("text", "muted", "accent", *STATES) for ground in grounds]
    pairs += [(state, f"{state}_fill") for state in STATES] + [("muted", "neutral_fill"), ("on_accent", "accent")]
    faint = {pair: round(contrast(look, *pair), 2) for pair in pairs if contrast(look, *pair) < 4.5}
    assert faint == {}


INTERACTIVE = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit,
    QTabBar, QTextEdit,
)  # fmt: skip


def _is_part(widget: QWidget) -> bool:
    """Parts of other widgets, which are reached through these."""
    if widget.objectName().startswith("qt_") or isinstance(widget, QScrollBar | QHeaderView):
        return True
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QComboBox | QAbstractSpinBox | QLineEdit | QTabBar | QHeaderView | QAbstractItemView):
            return True
        parent = parent.parentWidget()
    return type(widget).__name__ in ("QTableCornerButton", "QAbstractButton")


def _other_ways(window: MainWindow) -> set[QWidget]:
    """The buttons of the rail: the arrow keys move among them, and each place has a key."""
    keys = {action.objectName() for action in window.menus.actions if action.shortcuts()}
    assert all(f"go_{place.name}" in keys for place in PLACES)
    return set(window.rail._buttons.values())


@pytest.mark.parametrize("place", [place.name for place in PLACES])
def test_the_tab_key_goes_everywhere_and_comes_back(
    window: MainWindow, place: str, demo_night: DemoNight, settled: Callable[[MainWindow], None], qtbot: QtBot
) -> None:
    window.open_paths([demo_night.cache, *sorted(demo_night.raw.glob("*_dark_*.fits"))[:3]])
    settled(window)
    window.observe.table.view.selectRow(0)
    window.resize(1600, 1000)  # wide enough for all tools
    window.go(place)
    settled(window)
    window.activateWindow()
    start = window.search
    start.setFocus()
    qtbot.waitUntil(start.hasFocus)
    reached: set[QWidget] = set()
    for _ in range(400):
        focus = QApplication.focusWidget()
        assert focus is not None
        reached.add(focus)
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
        if QApplication.focusWidget() is start:
            break
        # in a text with links it goes from link to link first
        moved = QApplication.focusWidget() is not focus or isinstance(focus, QTextBrowser)
        assert moved, f"the Tab key stays in {focus.objectName()}"
    assert QApplication.focusWidget() is start, "the Tab key never comes back"
    proxies = {widget.focusProxy() for widget in reached if widget.focusProxy() is not None}
    missed = [
        widget.objectName() or type(widget).__name__
        for widget in window.findChildren(QWidget)
        if isinstance(widget, INTERACTIVE)
        and widget.isVisible()
        and widget.isEnabled()
        and widget.window() is window
        and not _is_part(widget)
        and widget not in reached | proxies | _other_ways(window)
        and not any(child in reached for child in widget.findChildren(QWidget))
        and not _has_key(widget)
    ]
    assert missed == []


def _has_key(widget: QWidget) -> bool:
    """Whether a shortcut does what it does."""
    if isinstance(widget, QAbstractButton) and not widget.shortcut().isEmpty():
        return True
    return any(isinstance(action, QAction) and action.shortcuts() for action in widget.actions())


def _unsaid(window: MainWindow) -> set[str]:
    """What is seen and takes the keyboard or a click, and says to a screen reader not what it is, or to nobody why."""
    spoken = QAccessible.Text.Name
    found = set()
    for widget in window.findChildren(QWidget):
        takes = isinstance(widget, (*INTERACTIVE, QScrollArea, QTabWidget))
        if not takes or not widget.isVisible() or widget.window() is not window or _is_part(widget):
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        if not widget.objectName() or interface is None or not interface.text(spoken).strip():
            found.add(f"no name: {widget.objectName() or widget}")
        explained = isinstance(widget, QAbstractButton | QComboBox | QLineEdit | QAbstractSpinBox)
        if explained and not widget.toolTip():
            found.add(f"no tip: {widget.objectName()}")
    return found


def test_everything_says_what_it_is_and_teaches_what_it_does(
    window: MainWindow, demo_night: DemoNight, settled: Callable[[MainWindow], None]
) -> None:
    cube = next(demo_night.raw.glob("*_cube_*.fits"))
    window.open_paths([demo_night.cache, cube])
    settled(window)
    unsaid = _unsaid(window)
    viewer = window.observe.viewer
    for tab in range(viewer.tabs.count()):
        viewer.tabs.setCurrentIndex(tab)
        settled(window)
        unsaid |= _unsaid(window)
    for place in PLACES:
        window.go(place.name)
        settled(window)
        unsaid |= _unsaid(window)
    for page in PAGES:
        window.session.ask_page(page.name)
        settled(window)
        unsaid |= _unsaid(window)
    for tab in range(3):
        window.go("compare")
        window.place("compare").tabs.setCurrentIndex(tab)  # type: ignore[attr-defined]
        settled(window)
        unsaid |= _unsaid(window)
    window.go("bench")
    window.place("bench").show_algorithm("master-dark")  # type: ignore[attr-defined]
    window.show_notices(True)
    window.show_help("about")
    settled(window)
    unsaid |= _unsaid(window)
    assert unsaid == set()
