"""A hand that does anything: one random step after another on the window."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QKeySequence, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QGraphicsView,
    QLineEdit,
    QMenu,
    QMenuBar,
    QSlider,
    QTabBar,
    QWidget,
)

from calgui.core.regions.shapes import KINDS, Region, standard
from calgui.views.rules.pages import PAGES
from calgui.views.window import MainWindow

#: what would end the program, or go to other programs
_NEVER = ("quit",)
_KEYS = (
    Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Right,
    Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Space, Qt.Key.Key_Delete, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp,
    Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_0, Qt.Key.Key_1, Qt.Key.Key_A,
    Qt.Key.Key_F, Qt.Key.Key_Question,
)  # fmt: skip


class Monkey:
    """Random steps.

    Parameters
    ----------
    window : MainWindow
        What is driven.
    files, caches : list of pathlib.Path
        What it may open.
    seed : int
        The same seed does the same.
    """

    def __init__(self, window: MainWindow, files: list[Path], caches: list[Path], seed: int) -> None:
        self.window, self.files, self.caches = window, files, caches
        self.random = random.Random(seed)
        self.last = ""
        # a button's menu has a loop of its own, which only closing it ends
        self._closer = QTimer(window, interval=40)
        self._closer.timeout.connect(self._close_popups)
        self._closer.start()
        self._steps: list[tuple[int, Callable[[], object]]] = [
            (4, self.go),
            (3, self.page),
            (5, self.select),
            (3, self.open_files),
            (1, self.remove_files),
            (1, self.open_cache),
            (1, self.close_cache),
            (12, self.touch),
            (6, self.drag),
            (4, self.wheel),
            (8, self.key),
            (3, self.shortcut),
            (3, self.region),
            (3, self.compare),
            (3, self.cube),
            (2, self.action),
            (2, self.history),
            (1, self.look),
            (1, self.resize),
        ]

    def step(self) -> str:
        """Do one thing, and let the window answer.

        Returns
        -------
        str
            What was done.
        """
        weights = [weight for weight, _ in self._steps]
        call = self.random.choices([call for _, call in self._steps], weights)[0]
        self.last = call.__name__
        told = call()
        for _ in range(self.random.randint(1, 4)):
            QCoreApplication.processEvents()
            # what is to be deleted goes when the program's own loop turns, which does not run here
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self._close_popups()
        return f"{self.last} {told}" if told is not None else self.last

    def _close_popups(self) -> None:
        for _ in range(5):
            popup = QApplication.activePopupWidget() or QApplication.activeModalWidget()
            if popup is None:
                return
            popup.close()

    # ---- as a person would

    def go(self) -> str:
        name = self.random.choice([place.name for place in self.window.places])
        self.window.go(name)
        return name

    def page(self) -> str:
        name = self.random.choice([page.name for page in PAGES])
        self.window.session.ask_page(name)
        return name

    def select(self) -> object:
        table = self.window.observe.table
        count = table.model.rowCount()
        if not count:
            return "nothing"
        self.window.session.select(
            table.model.entry_at(row).path if hasattr(table.model, "entry_at") else row
            for row in self.random.sample(self._paths(), k=min(self.random.randint(1, 4), len(self._paths())))
        )
        return len(self.window.session.selection)

    def _paths(self) -> list[Path]:
        return [entry.path for entry in self.window.session.observations()] or list(self.files)

    def open_files(self) -> object:
        chosen = self.random.sample(self.files, k=self.random.randint(1, 3))
        self.window.open_paths(chosen)
        return [path.name for path in chosen]

    def remove_files(self) -> None:
        self.window.observe.table.remove_selected()

    def open_cache(self) -> object:
        path = self.random.choice(self.caches)
        self.window.session.open_cache(path)
        return path.name

    def close_cache(self) -> None:
        if self.window.session.caches:
            self.window.session.close_cache(self.random.choice(self.window.session.caches))

    def region(self) -> object:
        views = self._image_views()
        if not views:
            return None
        view = self.random.choice(views)
        regions = view.measuring.regions
        if len(regions) and self.random.random() < 0.4:
            regions.remove(self.random.choice(regions.numbers))
            return "removed"
        kind = self.random.choice(list(KINDS))
        regions.add(Region(standard(kind, self.random.uniform(-20, 200), self.random.uniform(-20, 200), 30)))
        return kind

    def _image_views(self) -> list[Any]:
        from calgui.views.image.view import ImageView

        return [view for view in self.window.findChildren(ImageView) if view.isVisible() and view.content is not None]

    def compare(self) -> object:
        self.window.go("compare")
        place: Any = self.window.place("compare")
        page = place.pictures
        place.tabs.setCurrentIndex(self.random.randrange(place.tabs.count()))
        if self.random.random() < 0.3:
            page.show_paths(self.random.sample(self.files, k=self.random.randint(0, 4)))
        ways = [name for name, action in page.bar.ways.items() if action.isEnabled()]
        way = self.random.choice(ways)
        page.bar.set_way(way)
        by = self.random.choice(["pixel", "sky", "off"])
        page.bar.lock.setCurrentIndex(page.bar.lock.findData(by))
        page.locks.set_by(by)
        page.bar.limits.setChecked(self.random.random() < 0.5)
        page.board.set_edge(self.random.random())
        return f"{way} {by}"

    def cube(self) -> object:
        viewer = self.window.observe.viewer
        if viewer is None:
            return None
        shown = [tab for tab in range(viewer.tabs.count()) if viewer.tabs.isTabVisible(tab)]
        tab = self.random.choice(shown)
        viewer.tabs.setCurrentIndex(tab)
        if tab == 2 and viewer.cube.cube is not None:
            bar = viewer.cube.bar
            bar.picture.setCurrentIndex(self.random.randrange(bar.picture.count()))
            bar.play.setChecked(self.random.random() < 0.3)
            bar.slider.setValue(self.random.randint(0, bar.slider.maximum()))
        return tab

    def action(self) -> object:
        actions = [
            action for action in self.window.menus.actions if action.isEnabled() and action.objectName() not in _NEVER
        ]
        action = self.random.choice(actions)
        action.trigger()
        return action.objectName()

    def history(self) -> None:
        history = self.window.session.history
        for _ in range(self.random.randint(1, 3)):
            (history.undo if self.random.random() < 0.6 else history.redo)()

    def look(self) -> object:
        name = self.random.choice(["light", "dark", "system"])
        self.window.set_theme(name)
        return name

    def resize(self) -> None:
        self.window.resize(self.random.randint(800, 1700), self.random.randint(500, 1000))

    # ---- as nobody would

    def _widgets(self) -> list[QWidget]:
        return [
            widget
            for widget in self.window.findChildren(QWidget)
            if widget.isVisible() and widget.isEnabled() and widget.width() > 4 and widget.height() > 4
            and not isinstance(widget, QMenu | QMenuBar | QDialog) and widget.window() is self.window
        ]  # fmt: skip

    def _target(self) -> QWidget:
        """What takes the mouse more often than what only lies there."""
        alive = (
            QAbstractButton | QAbstractItemView | QAbstractSpinBox | QComboBox | QGraphicsView | QLineEdit | QSlider
            | QTabBar
        )  # fmt: skip
        widgets = self._widgets()
        lively = [widget for widget in widgets if isinstance(widget, alive)]
        return self.random.choice(lively if lively and self.random.random() < 0.8 else widgets)

    def _point(self, widget: QWidget) -> QPoint:
        return QPoint(self.random.randrange(max(widget.width(), 1)), self.random.randrange(max(widget.height(), 1)))

    def _inner(self, widget: QWidget) -> QWidget:
        viewport = getattr(widget, "viewport", None)
        return viewport() if callable(viewport) else widget

    def touch(self) -> object:
        widget = self._inner(self._target())
        button = Qt.MouseButton.LeftButton if self.random.random() < 0.9 else Qt.MouseButton.RightButton
        name = widget.objectName() or type(widget).__name__
        if self.random.random() < 0.15:
            QTest.mouseDClick(widget, button, Qt.KeyboardModifier.NoModifier, self._point(widget))
        else:
            QTest.mouseClick(widget, button, Qt.KeyboardModifier.NoModifier, self._point(widget))
        return name

    def drag(self) -> object:
        widget = self._inner(self._target())
        name = widget.objectName() or type(widget).__name__
        held = self.random.choice([Qt.KeyboardModifier.NoModifier] * 3 + [Qt.KeyboardModifier.ShiftModifier])
        places = [self._point(widget) for _ in range(3)]
        left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        for kind, at, button, buttons in (
            (QEvent.Type.MouseButtonPress, places[0], left, left),
            (QEvent.Type.MouseMove, places[1], none, left),
            (QEvent.Type.MouseMove, places[2], none, left),
            (QEvent.Type.MouseButtonRelease, places[2], left, none),
        ):
            where = QPointF(widget.mapToGlobal(at))
            QApplication.sendEvent(widget, QMouseEvent(kind, QPointF(at), where, button, buttons, held))
        return name

    def wheel(self) -> object:
        widget = self._inner(self._target())
        at = QPointF(self._point(widget))
        turn = QPoint(0, self.random.choice([-240, -120, 120, 240]))
        event = QWheelEvent(
            at, QPointF(widget.mapToGlobal(at.toPoint())), QPoint(), turn, Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
        return widget.objectName() or type(widget).__name__

    def key(self) -> object:
        if self.random.random() < 0.4:
            self._target().setFocus()
        focus = QApplication.focusWidget() or self.window
        key = self.random.choice(_KEYS)
        QTest.keyClick(focus, key)
        return key.name

    def shortcut(self) -> object:
        keys = [
            key
            for action in self.window.menus.actions
            if action.objectName() not in _NEVER
            for key in action.shortcuts()
        ]
        sequence = self.random.choice(keys)
        QTest.keySequence(self.window, QKeySequence(sequence))
        return sequence.toString()
