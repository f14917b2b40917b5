"""Solutions that were kept: a list to compare them, and to go back to one."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from calgui.core.runs.report import RunReport
from calgui.core.runs.solutions import Solution, as_value, keep, of_value
from calgui.views.history import History
from calgui.views.stepping import Steps
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.icons import icon
from calgui.views.widgets.parts import push_button

_VERDICTS = {"good": ("good", "good"), "doubtful": ("warning", "warning"), "bad": ("error", "error")}
_Kept = tuple[Solution, ...]


class _Labels(QStyledItemDelegate):
    """Of the lines of a solution only the first, its name, is edited."""

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:
        """The name alone."""
        if isinstance(editor, QLineEdit):
            editor.setText(str(index.data()).split("\n")[0])

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """On the first line."""
        rect: QRect = option.rect  # type: ignore[attr-defined]
        editor.setGeometry(rect.x() + 20, rect.y(), rect.width() - 20, editor.sizeHint().height())


class SolutionsPanel(QWidget):
    """The list, and what can be done with it; every change is a step that can be undone.

    Signals
    -------
    back_wanted(object)
        The options of a `Solution` are to be chosen again.

    Parameters
    ----------
    history : History
        Where steps are noted.
    now : callable
        Gives the report that is shown, and the options that are not as by default; None for none.
    parent : QWidget, optional
    """

    back_wanted = Signal(object)

    def __init__(
        self,
        history: History,
        now: Callable[[], tuple[RunReport, dict[str, Any]] | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("bench_solutions")
        self._now = now
        self.solutions: _Kept = ()
        self._inputs: tuple[str, ...] = ()
        self._steps: Steps[_Kept] = Steps(history, lambda: self.solutions, self._put, _deed)
        self.keep_button = push_button("bench_solutions_keep", "Keep", "Keep what is shown, to go back to it")
        self.back = push_button("bench_solutions_back", "Go back", "Choose the options of the selected solution again")
        self.rename = push_button("bench_solutions_rename", "Rename", "Give the selected solution another name (F2)")
        self.remove = push_button(
            "bench_solutions_remove", "Delete", "Take the selected solution out of the list (Del)"
        )
        self.list = QListWidget()
        self.list.setObjectName("bench_solutions_list")
        self.list.setAccessibleName("Solutions that were kept")
        self.list.setWordWrap(True)
        self.list.setStyleSheet("QListWidget::item { padding: 5px 2px; }")
        self.list.setItemDelegate(_Labels(self.list))
        self.list.setAlternatingRowColors(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setEditTriggers(QListWidget.EditTrigger.EditKeyPressed)
        self.empty = QLabel("Keep a solution to compare others with it, and to go back to it.")
        self.empty.setObjectName("bench_solutions_empty")
        self.empty.setWordWrap(True)
        row, second = QHBoxLayout(), QHBoxLayout()
        for line, buttons in ((row, (self.keep_button, self.back)), (second, (self.rename, self.remove))):
            line.setSpacing(SPACE // 2)
            for button in buttons:
                line.addWidget(button, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE // 2, SPACE // 2, SPACE // 2, SPACE // 2)
        layout.setSpacing(SPACE // 2)
        layout.addLayout(row)
        layout.addWidget(self.empty)
        layout.addWidget(self.list, 1)
        layout.addLayout(second)
        self.keep_button.clicked.connect(self.keep)
        self.back.clicked.connect(self._back)
        self.rename.clicked.connect(lambda: self.list.editItem(self.list.currentItem()))
        self.remove.clicked.connect(self._remove)
        self.list.itemActivated.connect(lambda _item: self._back())
        self.list.itemChanged.connect(self._renamed)
        self.list.currentRowChanged.connect(lambda _row: self.refresh_buttons())
        delete = QShortcut(QKeySequence("Del"), self.list, context=Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._remove)
        theme().changed.connect(self._fill)
        self._fill()

    # -- what is kept ------------------------------------------------------------------------------------------------

    def kept(self) -> list[dict[str, Any]]:
        """All of them, as values of JSON."""
        return [as_value(one) for one in self.solutions]

    def take_up(self, values: Any) -> None:
        """Show those that came back with a session.

        Parameters
        ----------
        values : object
            As `kept` gave them, perhaps damaged.
        """
        found = [of_value(value) for value in values] if isinstance(values, list) else []
        self._put(tuple(one for one in found if one is not None))
        self._steps.settle()

    def set_inputs(self, names: Sequence[str]) -> None:
        """Tell which solutions are of other files.

        Parameters
        ----------
        names : sequence of str
            Of the inputs.
        """
        if tuple(names) != self._inputs:
            self._inputs = tuple(names)
            self._fill()

    def _put(self, solutions: _Kept) -> None:
        self.solutions = solutions
        self._fill()

    def _change(self, solutions: _Kept, row: int) -> None:
        self._put(solutions)
        self.list.setCurrentRow(min(row, len(solutions) - 1))
        self._steps.note()

    # -- what the user does --------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Keep what is shown."""
        now = self._now()
        if now is not None:
            report, options = now
            taken = {one.label for one in self.solutions}
            label = next(name for number in range(1, 10_000) if (name := f"Solution {number}") not in taken)
            made = keep(report, options, label, dt.datetime.now())
            self._change((*self.solutions, made), len(self.solutions))

    def _back(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self.solutions):
            self.back_wanted.emit(self.solutions[row])

    def _remove(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self.solutions):
            self._change(self.solutions[:row] + self.solutions[row + 1 :], row)

    def _renamed(self, item: QListWidgetItem) -> None:
        row = self.list.row(item)
        if not 0 <= row < len(self.solutions):
            return
        old, label = self.solutions[row], item.text().split("\n")[0].strip()
        solutions = list(self.solutions)
        if label and label != old.label:
            solutions[row] = replace(old, label=label)
        self._change(tuple(solutions), row)

    # -- what is seen --------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        row = self.list.currentRow()
        with QSignalBlocker(self.list):
            self.list.clear()
            for one in self.solutions:
                item = QListWidgetItem(icon(*_VERDICTS[one.verdict]), "")
                other = self._inputs and one.inputs != self._inputs
                lines = [one.label, *filter(None, (one.worth, one.text, "of other inputs" if other else ""))]
                item.setText("\n".join(lines))
                item.setToolTip("\n".join([*lines, f"verdict: {one.verdict}", one.made.replace("T", " "), *one.inputs]))
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
                self.list.addItem(item)
            self.list.setCurrentRow(min(row, self.list.count() - 1))
        self.empty.setVisible(not self.solutions)
        self.empty.setStyleSheet(f"color: {theme().colour('muted').name()}; padding: {SPACE}px;")
        self.refresh_buttons()

    def refresh_buttons(self) -> None:
        """What can be done now."""
        self.keep_button.setEnabled(self._now() is not None)
        chosen = 0 <= self.list.currentRow() < len(self.solutions)
        for button in (self.back, self.rename, self.remove):
            button.setEnabled(chosen)


def _deed(before: _Kept, after: _Kept) -> str:
    """What was done, as it follows the word Undo."""
    if len(after) > len(before):
        return f"keep {after[-1].label}"
    if len(after) < len(before):
        gone = next((one for one in before if one not in after), before[-1])
        return f"delete {gone.label}"
    return next((f"rename {old.label}" for old, new in zip(before, after, strict=True) if old != new), "")
