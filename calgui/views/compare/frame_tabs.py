"""The compared frames as tabs above the picture, where one is shown at a time."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QTabBar, QWidget

from calgui.views.compare.cell import letter


class FrameTabs(QTabBar):
    """A tab for each frame: its letter and name.

    Signals
    -------
    chosen(int)
        The user went to a frame.

    Parameters
    ----------
    parent : QWidget, optional
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare_frame_tabs")
        self.setAccessibleName("Frames, one at a time")
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.currentChanged.connect(self.chosen)

    def set_frames(self, names: Sequence[str]) -> None:
        """Offer other frames; the one in front stays where it can.

        Parameters
        ----------
        names : sequence of str
            In their order.
        """
        at = self.currentIndex()
        with QSignalBlocker(self):
            while self.count() > len(names):
                self.removeTab(self.count() - 1)
            for place, (name, part) in enumerate(zip(names, differing(names), strict=True)):
                if place == self.count():
                    self.addTab("")
                self.setTabText(place, f"{letter(place)}  {part.replace('&', '&&')}")
                self.setTabToolTip(place, name)
            self.setCurrentIndex(min(max(at, 0), len(names) - 1))

    def show_current(self, place: int) -> None:
        """Mark the frame that is in front.

        Parameters
        ----------
        place : int
            From 0.
        """
        with QSignalBlocker(self):
            self.setCurrentIndex(place)


def differing(names: Sequence[str]) -> list[str]:
    """The parts of names that tell them apart.

    Parameters
    ----------
    names : sequence of str
        Of files.

    Returns
    -------
    list of str
        Without the words that all begin with, and without the ending of all; at least the last word stays.
    """
    endings = {name.partition(".")[2] for name in names}
    stems = [name.partition(".")[0] for name in names] if len(endings) == 1 else list(names)
    words = [stem.split("_") for stem in stems]
    same = 0
    while len(words) > 1 and all(len(one) > same + 1 and one[same] == words[0][same] for one in words):
        same += 1
    return ["_".join(one[same:]) or name for one, name in zip(words, names, strict=True)]
