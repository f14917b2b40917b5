"""What is under the cursor, and the statistics of a box, in words and figures."""

import math
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from calgui.core.frames.statistics import Box, Statistics
from calgui.views.image.histogram import number
from calgui.views.theme import SPACE, figures, theme


@dataclass(frozen=True)
class Reading:
    """One pixel of the picture.

    Attributes
    ----------
    x, y : int
        Column and row, counted from 0 (numpy's ``[y, x]``).
    value : float or None
        None while the pixels are still being read.
    unit : str
        Of the value.
    flags : tuple of str
        Names of its data-quality bits.
    dq : int
        The same as a number.
    sky : str
        Position on the sky, empty without coordinates.
    origin : tuple of int or None
        First column and row of a subarray on its detector, from 0.
    """

    x: int
    y: int
    value: float | None
    unit: str = ""
    flags: tuple[str, ...] = ()
    dq: int = 0
    sky: str = ""
    origin: tuple[int, int] | None = None

    @property
    def place_text(self) -> str:
        """Column and row, as numpy and as FITS count; of a subarray also on the detector."""
        on_detector = ""
        if self.origin is not None:
            on_detector = f"; detector {self.x + self.origin[0]}, {self.y + self.origin[1]}"
        return f"{self.short_place_text}   (FITS {self.x + 1}, {self.y + 1}{on_detector})"

    @property
    def short_place_text(self) -> str:
        """Column and row as numpy counts."""
        return f"x {self.x}  y {self.y}"

    @property
    def value_text(self) -> str:
        """Value with its unit."""
        if self.value is None:
            return "…"
        value = "NaN (no value)" if math.isnan(self.value) else number(self.value)
        return f"{value} {self.unit}".rstrip()

    @property
    def flags_text(self) -> str:
        """Names of the flags with the number that is in the file."""
        return f"DQ {self.dq}: {', '.join(self.flags)}" if self.dq else ""

    @property
    def text(self) -> str:
        """All of it in one line."""
        return "   ".join(part for part in (self.place_text, self.value_text, self.flags_text, self.sky) if part)


#: figures that all four texts need beside one another
_ONE_LINE = 112


class ReadoutRow(QWidget):
    """Place, value, flags, sky: in one line, or in two where that is too narrow."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("picture_readout")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * SPACE)
        self._grid.setVerticalSpacing(0)
        self._lines = 0
        self.place = self._label("picture_place", "Pixel under the cursor")
        self.place.setToolTip("Column and row counted from 0, as numpy does; in brackets counted from 1, as FITS does.")
        self.value = self._label("picture_value", "Value under the cursor")
        self.flags = self._label("picture_flags", "Data quality under the cursor")
        self.flags.setToolTip("Data-quality bits of this pixel: the number in the file, and what it means.")
        self.sky = self._label("picture_sky", "Sky position under the cursor")
        self.sky.setToolTip(
            "Sky position of the pixel's centre from the header's coordinates (right ascension, declination)."
        )
        self._arrange(1)

    def _arrange(self, lines: int) -> None:
        """Give every text its share of the width, whatever it says."""
        if lines == self._lines:
            return
        self._lines = lines
        shares = (37, 22, 30, 28) if lines == 1 else (30, 30, 0, 0)
        places = ((0, 0), (0, 1), (0, 2), (0, 3)) if lines == 1 else ((0, 0), (0, 1), (1, 0), (1, 1))
        for label, (line, column) in zip((self.place, self.value, self.flags, self.sky), places, strict=True):
            self._grid.addWidget(label, line, column)
        for column, share in enumerate(shares):
            self._grid.setColumnStretch(column, share)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take a second line where the first is too narrow."""
        super().resizeEvent(event)
        width = self.place.fontMetrics().horizontalAdvance("0") * _ONE_LINE
        self._arrange(1 if self.width() >= width else 2)

    def _label(self, name: str, title: str) -> QLabel:
        label = QLabel()
        # shares of the row, whatever they say: nothing moves when the cursor does
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label.setObjectName(name)
        label.setAccessibleName(title)
        label.setFont(figures())
        label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        return label

    def show_reading(self, reading: Reading | None) -> None:
        """Show a pixel.

        Parameters
        ----------
        reading : Reading or None
            None where the cursor is not on the picture.
        """
        place = reading.place_text if reading else ""
        if reading is not None and self.place.fontMetrics().horizontalAdvance(place) > self.place.width():
            place = reading.short_place_text
        self.place.setText(place)
        self.value.setText(reading.value_text if reading else "")
        self.flags.setText(reading.flags_text if reading else "")
        self.sky.setText(reading.sky if reading else "")
        for label in (self.flags, self.sky):
            label.setStatusTip(label.text())


class StatisticsPanel(QFrame):
    """Statistics of a box, as pairs of name and figure; hidden until there is a box.

    Signals
    -------
    closed()
        The box is to go.
    """

    closed = Signal()

    _COLUMNS = 3
    _FIELDS = (
        ("n", "pixels used", "Pixels with a value and without DO_NOT_USE; all figures are of these."),
        ("median", "median", "Half of the pixels are below."),
        ("mean", "mean", "Arithmetic mean."),
        ("sigma", "σ", "Standard deviation (n - 1); one hot pixel spoils it."),
        ("mad_sigma", "MAD σ", "1.4826 × median absolute deviation: the noise's width whatever the outliers."),
        ("minimum", "minimum", "Smallest value."),
        ("maximum", "maximum", "Largest value."),
        ("n_nan", "NaN", "Pixels without a value; left out."),
        ("n_flagged", "flagged", "Pixels with any data-quality bit; in brackets those left out for DO_NOT_USE."),
    )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("picture_statistics")
        self.setAccessibleName("Statistics of the box")
        self.title = QLabel()
        self.title.setObjectName("picture_box_title")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        close = QToolButton()
        close.setObjectName("picture_box_close")
        close.setAccessibleName("Remove the box")
        close.setToolTip("Remove the box")
        close.setText("×")
        close.setAutoRaise(True)
        close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(close)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(1)
        self.values: dict[str, QLabel] = {}
        for place, (key, title, tip) in enumerate(self._FIELDS):
            row, column = divmod(place, self._COLUMNS)
            name, value = QLabel(title), QLabel()
            name.setProperty("muted", True)
            value.setObjectName(f"picture_box_{key}")
            value.setAccessibleName(title)
            value.setFont(figures())
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            for label in (name, value):
                label.setToolTip(tip)
            grid.addWidget(name, row, 2 * column)
            grid.addWidget(value, row, 2 * column + 1)
            self.values[key] = value
        for column in range(self._COLUMNS):
            grid.setColumnStretch(2 * column + 1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addLayout(grid)
        self.hide()
        self.retheme()

    def retheme(self) -> None:
        """Take the theme's colours."""
        fill, muted = (theme().colour(role).name() for role in ("raised", "muted"))
        self.setStyleSheet(
            f"#picture_statistics {{ background: {fill}; border-radius: 4px; }}QLabel[muted=true] {{ color: {muted}; }}"
        )

    def show_statistics(self, box: Box, statistics: Statistics | None, unit: str) -> None:
        """Show the figures of a box.

        Parameters
        ----------
        box : Box
            Where.
        statistics : Statistics or None
            None while they are being computed.
        unit : str
            Of the values.
        """
        of_unit = f"   values in {unit}" if unit else ""
        self.title.setText(f"Box {box.text}{of_unit}")
        for key, label in self.values.items():
            label.setText("…" if statistics is None else _figure(statistics, key))
        self.show()


def _figure(statistics: Statistics, key: str) -> str:
    value = getattr(statistics, key)
    if key == "n_flagged":
        return f"{value:,} ({statistics.n_do_not_use:,})"
    if isinstance(value, int):
        return f"{value:,}"
    return "no value" if math.isnan(value) else number(value)
