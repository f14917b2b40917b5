"""How pixels become tones: limits, stretch, colours and flags, as chosen in the bars of a picture."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor

from calgui.core.frames.display import equalised_table, stretch_table
from calgui.core.frames.limits import Limits, histogram
from calgui.views.image.colours import colour_table
from calgui.views.image.content import Drawing
from calgui.views.image.controls import ViewBar
from calgui.views.image.histogram import LimitsBar
from calgui.views.image.item import PictureItem


class Look(QObject):
    """Puts the choices of the bars into effect on the picture.

    Signals
    -------
    changed()
        Other limits, tones or colours, or another picture.

    Parameters
    ----------
    bar, limits_bar : ViewBar, LimitsBar
        Where the user chooses.
    item : PictureItem
        What is drawn.
    find_limits : callable
        Takes the name of a way to find limits, and what is to be called with them later.

    Attributes
    ----------
    drawing : Drawing or None
        What is drawn; its samples are those of the histogram.
    """

    changed = Signal()

    def __init__(
        self,
        bar: ViewBar,
        limits_bar: LimitsBar,
        item: PictureItem,
        find_limits: Callable[[Any, Callable[[Limits], None]], None],
    ) -> None:
        super().__init__(bar)
        self.drawing: Drawing | None = None
        self._bar, self._limits_bar, self._item = bar, limits_bar, item
        self._find_limits = find_limits
        bar.stretch.currentTextChanged.connect(lambda _text: self.apply_stretch())
        bar.limits.textActivated.connect(self._choose_limits)
        bar.colours.currentTextChanged.connect(lambda _text: self._apply_colours())
        bar.invert.toggled.connect(lambda _on: self._apply_colours())
        bar.flags_changed.connect(self.apply_flags)
        limits_bar.strip.released.connect(self._count)

    @property
    def limits(self) -> Limits:
        """The values drawn darkest and brightest."""
        return self._item.limits

    def show_limits(self, limits: Limits, recount: bool = True) -> None:
        """Draw these values darkest and brightest.

        Parameters
        ----------
        limits : Limits
            In the unit of the picture.
        recount : bool
            Whether the histogram is made anew about them.
        """
        self._item.set_limits(limits)
        self._limits_bar.set_limits(limits)
        if recount:
            self._count()
        if self._bar.stretch.currentText() == "histogram":
            self.apply_stretch()
        else:
            self.changed.emit()

    def apply_stretch(self) -> None:
        """Tones by the chosen stretch."""
        name: Any = self._bar.stretch.currentText()
        if name != "histogram":
            self._item.set_table(stretch_table(name))
        elif self.drawing is not None:
            self._item.set_table(equalised_table(self.drawing.samples, self._item.limits))
        self.changed.emit()

    def apply_flags(self) -> None:
        """Colours of the chosen flags."""
        self._item.set_flag_colours({flag.value: QColor(flag.colour).rgba() for flag in self._bar.chosen_flags()})

    def _choose_limits(self, name: str) -> None:
        if name != "manual":
            self._find_limits(name, self.show_limits)

    def _count(self) -> None:
        """The histogram about the present limits."""
        if self.drawing is not None:
            ny, nx = self.drawing.picture.shape
            self._limits_bar.strip.set_histogram(histogram(self.drawing.samples, self._item.limits, ny * nx))

    def _apply_colours(self) -> None:
        name = self._bar.colours.currentText()
        self._item.set_colours(colour_table(name, self._bar.invert.isChecked()))
        self._bar.colours.setToolTip(
            "Colour map: grey, or one of equal perceived steps. "
            "Pixels without a value (NaN) are drawn in a tone that it does not have."
        )
        self.changed.emit()
