"""Undo and redo of what is chosen in bars and menus: each chooser a step of its own, and no code in the view.

A view tells its choosers once, when they are made::

    choices = Choices(self, session.history)
    choices.switch(self.bar.log, "logarithmic values")
    choices.one_of(self.bar.axis, "the axis")

What the program itself chooses is no step, but is what the next one goes back to.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDoubleSpinBox, QSpinBox
from shiboken6 import isValid

from calgui.views.history import History


class _Known:
    """What a chooser says now, and said before."""

    def __init__(self, value: Any) -> None:
        self.before = self.now = value

    def shift(self, value: Any) -> None:
        if value != self.now:
            self.before, self.now = self.now, value


class Choices(QObject):
    """Steps of some choosers.

    Parameters
    ----------
    owner : QObject
        The view; owns this.
    history : History
        Where the steps are noted.
    """

    def __init__(self, owner: QObject, history: History) -> None:
        super().__init__(owner)
        self._history = history

    def one_of(self, chooser: QComboBox, what: str) -> None:
        """A list of which one is chosen.

        Parameters
        ----------
        chooser : QComboBox
            Any; a text that is no longer in it is not gone back to.
        what : str
            After the word choose: ``the axis``.
        """
        known = _Known(chooser.currentText())

        def put(text: str) -> None:
            place = chooser.findText(text) if isValid(chooser) else -1
            if place >= 0:
                chooser.setCurrentIndex(place)
                # as if it were chosen by hand: views listen to that
                chooser.activated.emit(place)
                chooser.textActivated.emit(text)

        chooser.currentTextChanged.connect(known.shift)
        chooser.activated.connect(lambda _place: self._note(known, put, lambda text: f"choose {what} {text}"))

    def switch(self, switch: QAction | QAbstractButton, what: str, on: str = "show", off: str = "hide") -> None:
        """Something that is on or off.

        Parameters
        ----------
        switch : QAction or QAbstractButton
            Checkable.
        what : str
            Follows the words.
        on, off : str
            What is done.
        """
        known = _Known(switch.isChecked())

        def put(state: bool) -> None:
            if isValid(switch) and switch.isChecked() != state:
                switch.trigger() if isinstance(switch, QAction) else switch.click()

        switch.toggled.connect(known.shift)
        by_hand = switch.triggered if isinstance(switch, QAction) else switch.clicked
        by_hand.connect(lambda _on: self._note(known, put, lambda state: f"{on if state else off} {what}"))

    def group(self, group: QActionGroup) -> None:
        """Entries of a menu of which one is chosen.

        Parameters
        ----------
        group : QActionGroup
            Exclusive.
        """
        known = _Known(group.checkedAction())

        def put(action: QAction | None) -> None:
            if action is not None and isValid(action) and not action.isChecked():
                action.trigger()

        for action in group.actions():
            action.toggled.connect(lambda on, action=action: known.shift(action) if on else None)
        group.triggered.connect(
            lambda _action: self._note(known, put, lambda action: f"choose {_lower(action.text())}")
        )

    def number(self, field: QSpinBox | QDoubleSpinBox, what: str) -> None:
        """A number; a row of changes that follow at once is one step.

        Parameters
        ----------
        field : QSpinBox or QDoubleSpinBox
            That only the user changes.
        what : str
            After the word change.
        """
        known = _Known(field.value())

        def put(value: Any) -> None:
            if isValid(field):
                field.setValue(value)

        def changed(value: Any) -> None:
            known.shift(value)
            self._note(known, put, lambda _value: f"change {what}", key=f"{id(known)}")

        field.valueChanged.connect(changed)

    def _note(self, known: _Known, put: Callable[[Any], None], words: Callable[[Any], str], key: str = "") -> None:
        before, now = known.before, known.now
        if before != now:
            self._history.did(words(now), partial(put, before), partial(put, now), key)
            known.before = now


def _lower(text: str) -> str:
    text = text.replace("&", "")
    return f"{text[:1].lower()}{text[1:]}"
