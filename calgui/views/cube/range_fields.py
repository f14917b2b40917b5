"""Numbers of the planes that a picture is made of: the ranges on the plot, from the keyboard."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QLabel, QSpinBox, QWidget

from calgui.views.theme import SPACE

Planes = tuple[int, int]

_TITLES = ("the range", "the continuum before it", "the continuum after it")


class RangeFields(QWidget):
    """First and last plane of a range, and of the two of continuum.

    Signals
    -------
    chosen(object, object)
        The range, and the two of continuum; each from its first plane up to but not including its last.

    Parameters
    ----------
    parent : QWidget, optional
    """

    chosen = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cube_ranges")
        self.fields = [tuple(self._field(number, end) for end in ("first", "last")) for number in range(3)]
        self.words = [QLabel(text, self) for text in ("planes", "continuum", "and")]
        self._dashes = [QLabel("–", self) for _ in range(3)]
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE // 2)
        for word, dash, (first, last) in zip(self.words, self._dashes, self.fields, strict=True):
            for widget in (word, first, dash, last):
                layout.addWidget(widget)
        layout.addStretch(1)

    def _field(self, number: int, end: str) -> QSpinBox:
        field = QSpinBox(self)
        field.setObjectName(f"cube_range_{number}_{end}")
        field.setAccessibleName(f"{end.capitalize()} plane of {_TITLES[number]}")
        field.setToolTip(f"{end.capitalize()} plane of {_TITLES[number]}, from 0; or drag it on the plot")
        field.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        field.setKeyboardTracking(False)
        field.valueChanged.connect(lambda _value: self._tell(number, end))
        return field

    def set_count(self, count: int, what: str) -> None:
        """Offer the planes of another cube.

        Parameters
        ----------
        count : int
            How many.
        what : str
            What they are called: ``planes`` or ``reads``.
        """
        for field in (field for pair in self.fields for field in pair):
            with QSignalBlocker(field):
                field.setRange(0, max(count - 1, 0))
        self.words[0].setText(what)

    def show_ranges(self, main: Planes, beside: tuple[Planes, Planes], both: bool) -> None:
        """Show ranges, without telling.

        Parameters
        ----------
        main : tuple of int
            The range.
        beside : tuple of tuple of int
            Those of continuum.
        both : bool
            Whether these are shown.
        """
        for (first, last), (start, stop) in zip(self.fields, (main, *beside), strict=True):
            for field, value in ((first, start), (last, stop - 1)):
                with QSignalBlocker(field):
                    field.setValue(value)
        for number in (1, 2):
            for widget in (self.words[number], self._dashes[number], *self.fields[number]):
                widget.setVisible(both)

    def _tell(self, number: int, end: str) -> None:
        first, last = self.fields[number]
        if first.value() > last.value():  # the other end gives way
            other, value = (last, first.value()) if end == "first" else (first, last.value())
            with QSignalBlocker(other):
                other.setValue(value)
        ranges = [(first.value(), last.value() + 1) for first, last in self.fields]
        self.chosen.emit(ranges[0], (ranges[1], ranges[2]))
