"""Undo and redo of how a picture is drawn: stretch, limits, colours, marked flags, and what lies over it."""

from typing import Any, NamedTuple

from PySide6.QtCore import QObject

from calgui.core.frames.limits import Limits
from calgui.views.choosing import Choices
from calgui.views.history import History
from calgui.views.stepping import Steps


class Choice(NamedTuple):
    """What was chosen in the bars; the limits themselves only where they were set by hand."""

    stretch: str
    colours: str
    invert: bool
    way: str
    limits: Limits | None
    flags: frozenset[str]


class LookSteps(QObject):
    """Notes what the user chooses in the bars of a picture, and brings it back.

    Parameters
    ----------
    view : ImageView
        Whose bars they are; owns this.
    history : History
        Where the steps are noted.
    """

    def __init__(self, view: Any, history: History) -> None:
        super().__init__(view)
        self._view = view
        self._steps = Steps(history, self._read, self._put, _words, join="same")
        bar = view.bar
        for chooser in (bar.stretch, bar.colours, bar.limits):
            chooser.activated.connect(self._note)
        bar.invert.triggered.connect(self._note)
        bar.flags_changed.connect(self._note)
        view.limits_bar.limits_chosen.connect(self._note)
        # limits set by hand are let go of with the picture that they were set for
        view.shown.connect(self.settle)
        choices = Choices(self, history)
        choices.group(bar.reductions)
        choices.switch(bar.compass, "compass and scale")
        choices.switch(bar.placed, "the full detector")
        choices.switch(view.contours.action, "contours")
        choices.number(view.contours.count, "the number of contours")
        choices.number(view.contours.sigma, "the smoothing of contours")

    def _note(self, *_: object) -> None:
        self._steps.note()

    def settle(self, *_: object) -> None:
        """Another picture is shown: what that changes is nobody's step. Fits any signal."""
        self._steps.settle()

    def _read(self) -> Choice:
        bar = self._view.bar
        way = bar.limits.currentText()
        limits = self._view.limits if way == "manual" else None
        flags = frozenset(flag.name for flag in bar.chosen_flags())
        return Choice(bar.stretch.currentText(), bar.colours.currentText(), bar.invert.isChecked(), way, limits, flags)

    def _put(self, choice: Choice) -> None:
        view, bar, now = self._view, self._view.bar, self._read()
        bar.stretch.setCurrentText(choice.stretch)
        bar.colours.setCurrentText(choice.colours)
        bar.invert.setChecked(choice.invert)
        bar.mark(choice.flags)
        if choice.limits is not None:
            view.set_limits(choice.limits)
        elif (choice.way, choice.limits) != (now.way, now.limits):
            bar.limits.setCurrentText(choice.way)
            bar.limits.textActivated.emit(choice.way)


def _words(before: Choice, after: Choice) -> str:
    if before.stretch != after.stretch:
        return f"choose the stretch {after.stretch}"
    if (before.colours, before.invert) != (after.colours, after.invert):
        return f"choose the colours {after.colours}{', inverted' if after.invert else ''}"
    if before.flags != after.flags:
        return "mark flagged pixels" if after.flags else "mark no flagged pixels"
    return "move the limits" if after.limits is not None else f"choose the limits {after.way}"
