"""How frames are compared: which way, which two, and what is kept together."""

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QToolBar, QWidget

from calgui.views.compare.cell import letter

Way = Literal["one", "grid", "blink", "split", "difference", "ratio"]
WAYS: dict[Way, tuple[str, str, str]] = {
    "one": ("Tabs", "One frame at a time, each behind its tab", "Alt+1"),
    "grid": ("Grid", "All frames beside one another", "Alt+2"),
    "blink": ("Blink", "All frames in turn in one place: what differs, jumps (Space stops and goes on)", "Alt+3"),
    "split": ("Split", "Two frames in one place, with an edge to drag", "Alt+4"),
    "difference": ("Difference", "The first frame of the pair less the second", "Alt+5"),
    "ratio": ("Ratio", "The first frame of the pair over the second", "Alt+6"),
}
_LOCKS = (
    ("pixel", "by pixel", "Zoom, position and cursor together, by pixel of the detector"),
    ("sky", "by sky", "Zoom, position and cursor together, by place on the sky; frames are turned and scaled for it"),
    ("off", "off", "Each frame has a zoom and position of its own"),
)


class CompareBar(QToolBar):
    """Choosers of the comparison.

    Signals
    -------
    way_chosen(str), pair_chosen(), lock_chosen(str), limits_chosen(bool), interval_chosen(float)
        By the user.

    Parameters
    ----------
    parent : QWidget, optional
    """

    way_chosen = Signal(str)
    pair_chosen = Signal()
    lock_chosen = Signal(str)
    limits_chosen = Signal(bool)
    interval_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare_bar")
        group = QActionGroup(self)
        self.ways: dict[str, QAction] = {}
        for name, (word, tip, keys) in WAYS.items():
            action = self.addAction(word)
            action.setObjectName(f"compare_{name}")
            action.setToolTip(f"{tip} ({keys})")
            action.setCheckable(True)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(lambda _on, name=name: self._choose(name))
            group.addAction(action)
            self.ways[name] = action
            self._name(action, tip)
        self.ways["one"].setChecked(True)
        self.addSeparator()
        self.first = self._pair_chooser("compare_first", "First of the pair")
        self._between = QLabel(" with ")
        self._shown_between = self.addWidget(self._between)
        self.second = self._pair_chooser("compare_second", "Second of the pair")
        self.interval = QDoubleSpinBox()
        self.interval.setObjectName("compare_interval")
        self.interval.setAccessibleName("Seconds for each frame")
        self.interval.setToolTip("How long each frame stays while blinking")
        self.interval.setRange(0.1, 10.0)
        self.interval.setSingleStep(0.1)
        self.interval.setDecimals(1)
        self.interval.setSuffix(" s")
        self.interval.setValue(0.5)
        self.interval.valueChanged.connect(self.interval_chosen)
        self._interval_action = self.addWidget(self.interval)
        self.addSeparator()
        self.addWidget(QLabel("Lock "))
        self.lock = QComboBox()
        self.lock.setObjectName("compare_lock")
        self.lock.setAccessibleName("What frames are locked by")
        for value, text, tip in _LOCKS:
            self.lock.addItem(text, value)
            self.lock.setItemData(self.lock.count() - 1, tip, 3)
        self.lock.setToolTip("Zoom, position and cursor of all frames together: by pixel, by place on the sky, or not")
        self.lock.activated.connect(lambda place: self.lock_chosen.emit(self.lock.itemData(place)))
        self.addWidget(self.lock)
        self.limits = self.addAction("Same limits")
        self.limits.setObjectName("compare_limits")
        self.limits.setToolTip("Limits, stretch and colours of one frame are those of all")
        self.limits.setCheckable(True)
        self.limits.toggled.connect(self.limits_chosen)
        self._name(self.limits, self.limits.toolTip())
        self._fit()

    def _name(self, action: QAction, tip: str) -> None:
        """Name the button of an action, and let the Tab key reach it."""
        button = self.widgetForAction(action)
        button.setObjectName(f"{action.objectName()}_button")
        button.setAccessibleName(tip)  # type: ignore[union-attr]
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # type: ignore[union-attr]

    @property
    def way(self) -> str:
        """How frames are compared now."""
        return next(name for name, action in self.ways.items() if action.isChecked())

    @property
    def pair(self) -> tuple[int, int]:
        """The two frames of a split, difference or ratio."""
        return max(self.first.currentIndex(), 0), max(self.second.currentIndex(), 0)

    def set_way(self, name: str) -> None:
        """Choose as the user would.

        Parameters
        ----------
        name : str
            Of `WAYS`.
        """
        self.ways[name].setChecked(True)
        self._choose(name)

    def set_pair(self, first: int, second: int) -> None:
        """Choose the two frames, without telling.

        Parameters
        ----------
        first, second : int
            From 0.
        """
        for chooser, place in ((self.first, first), (self.second, second)):
            with QSignalBlocker(chooser):
                chooser.setCurrentIndex(place)

    def set_frames(self, names: Sequence[str]) -> None:
        """Offer other frames for the pair.

        Parameters
        ----------
        names : sequence of str
            In their order.
        """
        one, other = self.pair
        for chooser in (self.first, self.second):
            with QSignalBlocker(chooser):
                chooser.clear()
                for place, name in enumerate(names):
                    chooser.addItem(letter(place))
                    chooser.setItemData(place, name, 3)
        if one >= len(names) or other >= len(names) or one == other:
            one, other = 0, 1
        self.set_pair(min(one, len(names) - 1), min(other, len(names) - 1))
        for name in ("blink", "split", "difference", "ratio"):
            self.ways[name].setEnabled(len(names) > 1)

    def _pair_chooser(self, name: str, title: str) -> QComboBox:
        chooser = QComboBox()
        chooser.setObjectName(name)
        chooser.setAccessibleName(title)
        chooser.setToolTip(f"{title} for split, difference and ratio")
        chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        chooser.setMinimumContentsLength(2)
        chooser.activated.connect(lambda _place: self.pair_chosen.emit())
        action = self.addWidget(chooser)
        setattr(self, f"_{name}_action", action)
        return chooser

    def _choose(self, name: str) -> None:
        self._fit()
        self.way_chosen.emit(name)

    def _fit(self) -> None:
        """Show what the way needs."""
        of_pair = self.way in ("split", "difference", "ratio")
        for action in (self._compare_first_action, self._shown_between, self._compare_second_action):  # type: ignore[attr-defined]
            action.setVisible(of_pair)
        self._interval_action.setVisible(self.way == "blink")
        # choosers for which there is no room could not be reached: the list of frames gives way
        self.setMinimumWidth(self.sizeHint().width())
