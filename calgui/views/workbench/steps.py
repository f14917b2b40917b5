"""The steps of a chain below its picture: what was done, by which reference, and the picture before and after."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from calgui.core.algorithms.registry import Result, Stage
from calgui.core.frames.frame import Frame
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.icons import icon
from calgui.views.workbench.results import Grid

Side = Literal["before", "after"]

#: milliseconds that each of the two pictures stays while blinking
_BLINK = 600
#: rows that are seen however low the window is, and where there is room
_LEAST_ROWS, _USUAL_ROWS = 4, 7
#: colours of the state, by what a stage says: icon, word, role
_DONE, _LEFT_OUT, _SKIPPED = ("good", "done", "good"), ("cancel", "skipped", "muted"), ("warning", "skipped", "warning")
#: an option's value, in words
_SWITCHES: Mapping[str, str] = {"auto": "where it can be", "on": "always", "off": "not at all"}


class _StepsGrid(Grid):
    """A list that would like to be seen whole."""

    def sizeHint(self) -> QSize:
        """All rows, also before they are there."""
        each = self.verticalHeader().defaultSectionSize()
        rows = max(self.rowCount(), _USUAL_ROWS)
        return QSize(super().sizeHint().width(), self.horizontalHeader().sizeHint().height() + rows * each + 2)

    def minimumSizeHint(self) -> QSize:
        """Some rows."""
        each = self.verticalHeader().defaultSectionSize()
        high = self.horizontalHeader().sizeHint().height() + _LEAST_ROWS * each + 2
        return QSize(super().minimumSizeHint().width(), high)


class ChainSteps(QWidget):
    """One row for each step, and what can be done about the one that is chosen.

    Signals
    -------
    picture_changed(bool)
        Another picture is wanted; whether it is of the same step, so that it is to be drawn alike.
    switched(str, str)
        Step and ``auto``, ``on`` or ``off``.
    reference_wanted(str)
        Another file is to be chosen for this type of reference.
    rules_wanted(str)
        The rules are to select it again.
    pictures_wanted()
        The pictures between the steps are to be kept.

    Parameters
    ----------
    switches : collection of str
        Steps that can be switched.
    parent : QWidget, optional
    """

    picture_changed = Signal(bool)
    switched = Signal(str, str)
    reference_wanted = Signal(str)
    rules_wanted = Signal(str)
    pictures_wanted = Signal()

    def __init__(self, switches: frozenset[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_steps")
        self._switchable = switches
        self._stages: tuple[Stage, ...] = ()
        self._options: Mapping[str, Any] = {}
        self._given: Mapping[str, Path] = {}
        self.side: Side = "after"
        self.grid = _StepsGrid("bench_steps_list", "Steps: state, reference and time of each")
        self.grid.setColumnCount(5)
        self.grid.setHorizontalHeaderLabels(["state", "step", "reference", "time (s)", "note"])
        self.grid.setToolTip("Choose a step to see the picture before and after it")
        self.grid.itemSelectionChanged.connect(self._chosen)
        self.note = QLabel()
        self.note.setObjectName("bench_steps_note")
        self.note.setAccessibleName("What is to be known of the chosen step")
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, SPACE // 2)
        layout.setSpacing(SPACE // 2)
        layout.addWidget(self.grid, 1)
        layout.addLayout(self._bar())
        layout.addWidget(self.note)
        # the picture gets all other room
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._timer = QTimer(self, interval=_BLINK)
        self._timer.timeout.connect(self.flip)
        theme().changed.connect(self._fill)
        self._fill()

    def _bar(self) -> QHBoxLayout:
        self.sides: dict[Side, QPushButton] = {}
        group = QButtonGroup(self)
        bar = QHBoxLayout()
        bar.setContentsMargins(SPACE, 0, SPACE, 0)
        bar.setSpacing(SPACE)
        for side, text, tip in (
            ("before", "Before", "The picture before the chosen step (B flips)"),
            ("after", "After", "The picture after the chosen step (B flips)"),
        ):
            button = QPushButton(text)
            button.setCheckable(True)
            button.setChecked(side == "after")
            button.clicked.connect(lambda _on=False, of=side: self.show_side(of))
            group.addButton(button)
            self._name(button, f"bench_steps_{side}", tip)
            self.sides[side] = button  # type: ignore[index]
            bar.addWidget(button)
        self.blink = QPushButton("Blink")
        self.blink.setCheckable(True)
        self.blink.toggled.connect(self._blink)
        self._name(self.blink, "bench_steps_blink", "Both pictures in turn: what the step changes, jumps")
        bar.addWidget(self.blink)
        bar.addStretch(1)
        self.switch = QComboBox()
        for value, text in _SWITCHES.items():
            self.switch.addItem(text, value)
        self.switch.activated.connect(lambda at: self.switched.emit(self.stage.name, self.switch.itemData(at)))
        self._name(self.switch, "bench_steps_switch", "Whether the chosen step is done")
        self._switch_label = QLabel("Do it")
        self._switch_label.setBuddy(self.switch)
        bar.addWidget(self._switch_label)
        bar.addWidget(self.switch)
        self.choose = QPushButton("Replace…")
        self.choose.clicked.connect(lambda: self.reference_wanted.emit(self.stage.reference))
        self._name(self.choose, "bench_steps_choose", "Choose the reference of this step by hand")
        bar.addWidget(self.choose)
        self.rules = QPushButton("By the rules")
        self.rules.clicked.connect(lambda: self.rules_wanted.emit(self.stage.reference))
        self._name(self.rules, "bench_steps_rules", "Let the rules select the reference of this step again")
        bar.addWidget(self.rules)
        self.keep = QPushButton("Keep the pictures")
        self.keep.clicked.connect(self.pictures_wanted)
        self._name(
            self.keep, "bench_steps_keep", "Run again and keep the picture after each step, here and in the product"
        )
        bar.addWidget(self.keep)
        return bar

    @staticmethod
    def _name(widget: QWidget, name: str, tip: str) -> None:
        widget.setObjectName(name)
        widget.setAccessibleName(tip)
        widget.setToolTip(tip)

    # -- what is shown ---------------------------------------------------------------------------------------------

    @property
    def stage(self) -> Stage:
        """The chosen step; an empty one where none is."""
        return self._stages[self._row + 1] if 0 <= self._row < len(self._stages) - 1 else Stage("", "", False)

    @property
    def _row(self) -> int:
        rows = self.grid.selectionModel().selectedRows() if self.grid.selectionModel() is not None else []
        return rows[0].row() if rows else -1

    def show_setting(self, options: Mapping[str, Any], given: Mapping[str, Path]) -> None:
        """Say how the form stands.

        Parameters
        ----------
        options : mapping
            Option to value.
        given : mapping of str to pathlib.Path
            References chosen by hand.
        """
        self._options, self._given = options, given
        self._update()

    def choose_step(self, name: str) -> None:
        """Choose a step as the user would.

        Parameters
        ----------
        name : str
            Of the step; empty for none, and the product.
        """
        row = next((row for row, stage in enumerate(self._stages[1:]) if stage.name == name), -1)
        self.grid.selectRow(row) if row >= 0 else self.grid.clearSelection()

    def picture_of(self, result: Result) -> tuple[Frame | None, str]:
        """The picture that is wanted of a result, and what it is.

        Parameters
        ----------
        result : Result
            Of the chain.

        Returns
        -------
        frame : Frame or None
            The product where no step is chosen, or its picture was not kept.
        words : str
            Said on the picture; empty for the product.
        """
        if result.stages is not self._stages:
            self._stages = result.stages
            self._fill()
        stage, row = self.stage, self._row
        before = self.side == "before"
        found = self._stages[row if before else row + 1].frame if stage.name else None
        if found is None:
            return result.frame, ""
        return found, f"{self.side} “{stage.title}”" + ("" if stage.done else " (skipped)")

    def clear(self) -> None:
        """There is no result."""
        self._stages = ()
        self._fill()

    def show_side(self, side: Side) -> None:
        """Show the picture before the chosen step, or after it.

        Parameters
        ----------
        side : str
            ``before`` or ``after``.
        """
        self.side = side
        self.sides[side].setChecked(True)
        if self.stage.name:
            self.picture_changed.emit(True)

    def flip(self) -> None:
        """The other one of the two pictures."""
        if self.sides["before"].isEnabled():
            self.show_side("after" if self.side == "before" else "before")

    def key_on(self, widget: QWidget) -> None:
        """Let B flip the pictures wherever the focus is in a widget.

        Parameters
        ----------
        widget : QWidget
            The picture and what is about it.
        """
        key = QShortcut(QKeySequence("B"), widget)
        key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        key.activated.connect(self.flip)

    def _blink(self, on: bool) -> None:
        self._timer.start() if on else self._timer.stop()

    def _chosen(self) -> None:
        self._update()
        self.picture_changed.emit(False)

    def _fill(self) -> None:
        chosen = self.grid.item(self._row, 1)
        name = chosen.data(Qt.ItemDataRole.UserRole) if chosen is not None else ""
        with QSignalBlocker(self.grid):
            self.grid.setRowCount(max(len(self._stages) - 1, 0))
            for row, stage in enumerate(self._stages[1:]):
                self._put(row, stage)
                if stage.name == name:
                    self.grid.selectRow(row)
        self._update()

    def _put(self, row: int, stage: Stage) -> None:
        picture, word, role = _DONE if stage.done else _SKIPPED if stage.doubtful else _LEFT_OUT
        state = self.grid.put(row, 0, word, stage.note)
        state.setIcon(icon(picture, role))
        self.grid.put(row, 1, stage.title, stage.note).setData(Qt.ItemDataRole.UserRole, stage.name)
        self.grid.put(row, 2, stage.file or ("none" if stage.reference else ""), stage.file)
        seconds = (
            "" if stage.seconds is None else f"{stage.seconds:.3f}" if stage.seconds < 1 else f"{stage.seconds:.1f}"
        )
        self.grid.put(row, 3, seconds, number=True)
        self.grid.put(row, 4, stage.note, stage.note)
        if not stage.done:
            for column in range(self.grid.columnCount()):
                self.grid.item(row, column).setForeground(theme().colour(role))

    def _update(self) -> None:
        """What can be done about the chosen step."""
        held = self._holds_focus()
        stage, row = self.stage, self._row
        kept = bool(stage.name) and all(self._stages[at].frame is not None for at in (row, row + 1))
        for button in (*self.sides.values(), self.blink):
            button.setEnabled(kept)
        if not kept:
            self.blink.setChecked(False)
        switchable = stage.name in self._switchable
        for widget in (self._switch_label, self.switch):
            widget.setVisible(switchable)
        self.switch.setCurrentIndex(self.switch.findData(str(self._options.get(stage.name, "auto"))))
        self.choose.setVisible(bool(stage.reference))
        self.rules.setVisible(stage.reference in self._given)
        self.keep.setVisible(bool(self._stages) and any(one.frame is None for one in self._stages))
        if not self._stages:
            text = "The steps follow with a result."
        elif not stage.name:
            text = "The product. Choose a step to see the picture before and after it."
        elif not kept:
            text = "The pictures between the steps of the whole frame were not kept."
        else:
            # what is to be known of a step that was done stands in the list, and with the verdict
            text = "" if stage.done else stage.note
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self.note.setStyleSheet(f"color: {theme().colour('muted').name()}; padding: 0 {SPACE}px;")
        if held and not self._holds_focus():
            self.grid.setFocus()

    def _holds_focus(self) -> bool:
        """Whether the focus is here: it is not to leave for a text field, whose undo is its own, when a button goes."""
        focused = QApplication.focusWidget()
        return focused is not None and self.isAncestorOf(focused)


class FollowingSteps:
    """Joins the list of steps with the page of its chain: its picture, its options and its references.

    Parameters
    ----------
    page : AlgorithmPage
        Of an algorithm whose results have stages.
    steps : ChainSteps
        The list, below the picture.
    """

    def __init__(self, page: Any, steps: ChainSteps) -> None:
        self._page, self._steps = page, steps
        output = page.output
        output.picture_of = steps.picture_of
        output.changed.connect(self._take)
        steps.picture_changed.connect(self._draw)
        steps.switched.connect(lambda name, value: page.options.put_values({**page.options.values(), name: value}))
        steps.reference_wanted.connect(page.references.choose)
        steps.rules_wanted.connect(lambda kind: page.references.give(kind, None))
        steps.pictures_wanted.connect(self._keep)
        for part in (page.options, page.references):
            part.changed.connect(self._setting)
        steps.key_on(output)
        self._setting()

    def _setting(self) -> None:
        self._steps.show_setting(self._page.options.values(), self._page.references.given)

    def _take(self) -> None:
        if self._page.output.shown_of is None:
            self._steps.clear()

    def _draw(self, same_step: bool) -> None:
        if not same_step:
            self._page.output.picture.release_limits()
        self._page.output.show_picture(same_step)

    def _keep(self) -> None:
        self._page.options.put_values({**self._page.options.values(), "keep": "steps"})
        self._page.start()
