"""One pixel of a ramp beside its picture: reads, the fit of every method, and their rates in words."""

import math
from html import escape

from PySide6.QtCore import QSignalBlocker, QSize, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from calgui.core.algorithms.ramps.pixel import PixelFits, PixelLine
from calgui.core.algorithms.ramps.pixellooks import PixelDrawing, Values, drawing_of
from calgui.views.session import Session
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.elided import ElidedLabel
from calgui.views.widgets.rich import rich
from calgui.views.workbench.ramp_plot import AS_READ, MARKS, ReadsPlot, line_icon
from calgui.views.workbench.results import Grid

_HINT = "Move over the picture: the reads of the pixel under the cursor are drawn here, with each fit."
#: what is drawn, in words, and its axis
_VALUES: dict[Values, tuple[str, str]] = {
    "electrons": ("Reads and fits", "charge"),
    "residuals": ("Off the chosen fit", "off the chosen fit"),
    "raw": ("Reads as read", "as read"),
}
#: the table stands beside the plot from this width on, whole from the second; else below it, from this height on
_BESIDE, _ROOMY, _HIGH = 430, 580, 320
_TABLE_WIDE, _TABLE_NARROW, _ANY = 330, 226, 16_777_215  # the last as Qt has it
_LEAST = QSize(300, 164)
_SWATCH = QSize(26, 12)


class RampPixelPanel(QWidget):
    """Shows a `PixelFits`.

    Signals
    -------
    ramp_changed()
        The pixel of another ramp is wanted.
    seen()
        It came into sight.

    Parameters
    ----------
    session : Session
        Who saves the plot.
    parent : QWidget, optional
    """

    ramp_changed = Signal()
    seen = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ramp_pixel")
        self.setAccessibleName("Reads of one pixel")
        self.fits: PixelFits | None = None
        self.drawing: PixelDrawing | None = None
        self._method = "optimal"
        self._place = self._in_sight = ""
        self.title = ElidedLabel()
        self.title.setObjectName("ramp_pixel_title")
        self.title.setAccessibleName("Which pixel")
        self.ramp = _chooser("ramp_pixel_ramp", "Ramp", "Whose pixel is shown; the picture is the mean of all ramps")
        # names of files may be long
        self.ramp.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.ramp.setMinimumContentsLength(12)
        self.integration = _chooser("ramp_pixel_integration", "Integration", "Which integrations of the ramp are shown")
        self.values = _chooser(
            "ramp_pixel_values", "What is drawn",
            "The corrected reads with those as they were read; what they are off the chosen fit; or the reads alone "
            "in their own unit",
        )  # fmt: skip
        for key, (words, _) in _VALUES.items():
            self.values.addItem(words, key)
        self.plot = ReadsPlot(session)
        self.table = Grid("ramp_pixel_fits", "Rates of the pixel by method")
        self.table.setColumnCount(4)
        self.table.setHorizontalHeaderLabels(["fit", "integration", "rate (e-/s)", "reads"])
        self.table.setIconSize(_SWATCH)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setTabKeyNavigation(False)
        self.legend = rich(QLabel())
        self.legend.setObjectName("ramp_pixel_legend")
        self.legend.setAccessibleName("What the marks mean")
        self.legend.setWordWrap(True)
        self._build()
        self.ramp.currentIndexChanged.connect(lambda _index: self.ramp_changed.emit())
        self.integration.currentIndexChanged.connect(lambda _index: self._draw())
        self.values.currentIndexChanged.connect(lambda _index: self._draw())
        theme().changed.connect(self._retheme)
        for chooser in (self.ramp, self.integration):
            chooser.hide()  # until there is a choice
        self.show_nothing()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(self.title, 1)
        for chooser in (self.ramp, self.integration, self.values):
            head.addWidget(chooser)
        self._words = QWidget()
        words = QVBoxLayout(self._words)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(SPACE // 2)
        words.addWidget(self.table, 1)
        words.addWidget(self.legend)
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(SPACE)
        self._body.addWidget(self.plot, 1)
        self._body.addWidget(self._words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE // 2, 0, SPACE // 2)
        column.setSpacing(SPACE // 2)
        column.addLayout(head)
        column.addLayout(self._body, 1)

    def minimumSizeHint(self) -> QSize:
        """Of the plot and its title, so that there is a way to the low arrangement."""
        return _LEAST

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that it is looked at."""
        super().showEvent(event)
        self.seen.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the words beside the plot where there is room; where there is none at all the plot tells the rate."""
        super().resizeEvent(event)
        wide, high = event.size().width(), event.size().height()
        beside = wide >= _BESIDE
        self._body.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        table = _TABLE_WIDE if wide >= _ROOMY else _TABLE_NARROW
        self._words.setMinimumWidth(table if beside else 0)
        self._words.setMaximumWidth(table if beside else _ANY)
        self._words.setVisible(beside or high >= _HIGH)
        self.table.setColumnHidden(3, beside and wide < _ROOMY)

    # -- what is shown ---------------------------------------------------------------------------------------------

    def set_ramps(self, names: tuple[str, ...]) -> None:
        """Offer these ramps; the one that is shown stays, where it is among them.

        Parameters
        ----------
        names : tuple of str
            Of their files.
        """
        if names == tuple(self.ramp.itemText(number) for number in range(self.ramp.count())):
            return
        chosen = self.ramp.currentText()
        with QSignalBlocker(self.ramp):
            self.ramp.clear()
            self.ramp.addItems(names)
            self.ramp.setCurrentIndex(max(self.ramp.findText(chosen), 0) if names else -1)
        self.ramp.setVisible(len(names) > 1)

    def show_nothing(self, why: str = _HINT) -> None:
        """Show no pixel.

        Parameters
        ----------
        why : str
            Said in its place.
        """
        self.fits = self.drawing = None
        self._place = ""
        self.title.setText(why)
        self.title.setToolTip(why)
        self.table.setRowCount(0)
        self.legend.setText("")
        self.plot.show_drawing(None, None, self._method, "")

    def show_fits(self, fits: PixelFits, method: str, place: str) -> None:
        """Show a pixel.

        Parameters
        ----------
        fits : PixelFits
            Its reads and fits.
        method : str
            The one that makes the picture.
        place : str
            Why it is this pixel: ``under the cursor``, ``picked``.
        """
        self.fits, self._method, self._place = fits, method, place
        count = len(fits.lines)
        if count != max(self.integration.count() - 1, 1):
            with QSignalBlocker(self.integration):
                self.integration.clear()
                names = [f"integration {number + 1}" for number in range(count)]
                self.integration.addItems(["all integrations", *names] if count > 1 else names)
        self.integration.setVisible(count > 1)
        self._draw()

    @property
    def integrations(self) -> tuple[int, ...]:
        """Which are shown, from 0."""
        count = len(self.fits.lines) if self.fits is not None else 0
        chosen = self.integration.currentIndex()
        return tuple(range(count)) if count < 2 or chosen < 1 else (chosen - 1,)

    def _draw(self) -> None:
        fits = self.fits
        if fits is None:
            return
        values: Values = self.values.currentData()
        self.drawing = drawing_of(fits, self.integrations, self._method, values)
        text = f"x {fits.x}, y {fits.y}, {self._place}" if self._place else f"x {fits.x}, y {fits.y}"
        self.title.setText(text)
        rates = [f"{line.method} {rate_in_words(line)} e-/s ({reads_in_words(line)} reads)"
                 for number in self.integrations for line in fits.lines[number].values()]  # fmt: skip
        self.title.setToolTip("\n".join([f"{text}. Columns and rows of the whole ramp, from 0.", *rates]))
        only = fits.lines[self.integrations[0]] if len(self.integrations) == 1 else {}
        rate = f"{rate_in_words(only[self._method])} e-/s" if self._method in only else ""
        self.plot.show_drawing(fits, self.drawing, self._method, _VALUES[values][1], rate)
        self._fill(fits)
        self.legend.setText(_legend(self.drawing))

    def _fill(self, fits: PixelFits) -> None:
        rows = [(line, number) for number in self.integrations for line in fits.lines[number].values()]
        table = self.table
        table.setRowCount(len(rows))
        table.setColumnHidden(1, len(self.integrations) < 2)
        for row, (line, number) in enumerate(rows):
            chosen = line.method == self._method
            name = f"{line.method} ✓" if chosen else line.method
            made = (
                table.put(row, 0, name, "Chosen: it makes the picture" if chosen else "Another method, to compare"),
                table.put(row, 1, str(number + 1), number=True),
                table.put(row, 2, rate_in_words(line), "Rate and its error, from the noise of reads and photons"),
                table.put(row, 3, reads_in_words(line), "Reads that it uses, and jumps that it found"),
            )
            made[0].setIcon(line_icon(line.method, chosen, _SWATCH))
            for cell in made:
                font = cell.font()
                font.setBold(chosen)
                cell.setFont(font)
            if chosen and self._in_sight != line.method:
                self._in_sight = line.method
                table.scrollToItem(made[0])

    def _retheme(self) -> None:
        self._draw()


def rate_in_words(line: PixelLine) -> str:
    """A rate with its error in electrons per second, as many digits as the error has a use for.

    Parameters
    ----------
    line : PixelLine
        A fit.

    Returns
    -------
    str
    """
    if not math.isfinite(line.rate):
        return "no rate"
    if not (math.isfinite(line.error) and line.error > 0):
        return f"{line.rate:.5g}"
    places = min(max(1 - math.floor(math.log10(line.error)), 0), 8)
    return f"{line.rate:.{places}f} ± {line.error:.{places}f}"


def reads_in_words(line: PixelLine) -> str:
    """How many reads a fit uses, and how many jumps it found.

    Parameters
    ----------
    line : PixelLine
        A fit.

    Returns
    -------
    str
    """
    jumps = int(line.jumps.sum())
    found = f", {jumps} jump{'s' if jumps > 1 else ''}" if jumps else ""
    return f"{int(line.used.sum())} of {line.used.size}{found}"


def _legend(drawing: PixelDrawing) -> str:
    parts = []
    for kind, (_, sign, role, _, words) in MARKS.items():
        if drawing.counts[kind]:
            parts.append((sign, role, f"{drawing.counts[kind]} {words}"))
    if drawing.raw[0].size:
        parts.append((AS_READ[1], AS_READ[2], AS_READ[4]))
    return " &nbsp; ".join(
        f'<span style="color:{theme().colour(role).name()}">{sign}</span>&nbsp;{escape(words)}'
        for sign, role, words in parts
    )


def _chooser(name: str, title: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(title)
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return box
