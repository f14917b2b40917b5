"""Undo and redo of how frames are compared: which, which way, which two, and what is kept together."""

from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QObject

from calgui.views.compare.bar import WAYS
from calgui.views.stepping import Steps


class Comparison(NamedTuple):
    """What was chosen; the frames only where they do not follow the selection, which is no state."""

    way: str
    pair: tuple[int, int]
    lock: str
    limits: bool
    follow: bool
    paths: tuple[Path, ...]


class ComparisonSteps(QObject):
    """Notes what the user chooses on the page of pictures, and brings it back.

    Parameters
    ----------
    page : PicturesPage
        Whose choosers they are; owns this.
    """

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self._page = page
        self._steps = Steps(page.session.history, self._read, self._put, _words)
        bar = page.bar
        for action in bar.ways.values():
            action.triggered.connect(self._note)
        for signal in (bar.pair_chosen, bar.lock_chosen, bar.limits.triggered, page.follow.clicked):
            signal.connect(self._note)

    def _note(self, *_: object) -> None:
        self._steps.note()

    def note(self) -> None:
        """The user added frames, or took some away."""
        self._steps.note()

    def settle(self) -> None:
        """Something else chose frames, or how they are compared."""
        self._steps.settle()

    def _read(self) -> Comparison:
        page, bar = self._page, self._page.bar
        follow = page.follow.isChecked()
        return Comparison(
            bar.way, bar.pair, page.locks.by, bar.limits.isChecked(), follow, () if follow else page.paths
        )

    def _put(self, state: Comparison) -> None:
        page, bar, now = self._page, self._page.bar, self._read()
        if state.follow != now.follow:
            page.follow.setChecked(state.follow)
        if not state.follow and state.paths != now.paths:
            page.show_paths(state.paths)
        if state.lock != now.lock:
            bar.lock.setCurrentIndex(bar.lock.findData(state.lock))
            page.locks.set_by(state.lock)
        bar.limits.setChecked(state.limits)
        if bar.ways[state.way].isEnabled():
            bar.set_pair(*(min(place, max(len(page.paths) - 1, 0)) for place in state.pair))
            bar.set_way(state.way)


def _words(before: Comparison, after: Comparison) -> str:
    if before.follow and not after.follow:
        return "compare other frames than the selection" if after.paths else "keep the compared frames"
    if not before.follow and after.follow:
        return "compare what is selected"
    if len(after.paths) < len(before.paths):
        return "take a frame out of the comparison"
    if before.paths != after.paths:
        return "add frames to the comparison"
    if before.way != after.way:
        return f"compare by {WAYS[after.way][0].lower()}"  # type: ignore[index]
    if before.pair != after.pair:
        return "choose the two compared frames"
    if before.lock != after.lock:
        return "lock frames by " + after.lock if after.lock != "off" else "let go of the lock of frames"
    return "draw frames by the same limits" if after.limits else "draw each frame by its own limits"
