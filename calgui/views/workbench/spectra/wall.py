"""The wall: all spectra below one another, of which only those that are seen are drawn."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from calgui.core.algorithms.spectrummarks import LINE_STATES, SPECTRUM_STATES
from calgui.views.spectrum.trace import PIXEL, Axis
from calgui.views.theme import SPACE, figures, theme
from calgui.views.workbench.spectra.axes import written
from calgui.views.workbench.spectra.linesigns import state_colour
from calgui.views.workbench.spectra.shown import Shown
from calgui.views.workbench.spectra.walldrawing import DETAILS, Inks, Rows, Span, whole

#: heights of a row, points of the screen
HEIGHTS = (3, 5, 8, 14, 20, 28, 40, 56, 80)
#: rows at least so high have words beside them
_WORDS = 14
#: sign and colour of the states of spectra
SIGNS = {"solved": ("✓", "good"), "doubtful": ("!", "warning"), "failed": ("✕", "error"), "empty": ("–", "muted")}
_RULER = 22


class Wall(QAbstractScrollArea):
    """The wall.

    Signals
    -------
    chosen(int)
        Spectrum that the user chooses.
    opened(int)
        Spectrum that is to be shown large.
    height_changed()
        Rows are of another height.
    """

    chosen = Signal(int)
    opened = Signal(int)
    height_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spectra_wall_rows")
        self.setAccessibleName("Wall of all spectra")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.shown: Shown | None = None
        self.order: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self.row_height = 20
        self.spectrum: int | None = None
        self.alike = False
        self.axis = Axis()
        self._rows: Rows | None = None
        self._span = Span(-0.5, 0.5, False)
        self._inks: Inks | None = None
        #: what the last rows were drawn of, the first of them, and their pixels
        self._kept: tuple[tuple[Any, ...], int, npt.NDArray[np.uint32]] | None = None
        theme().changed.connect(self._retheme)

    def _retheme(self) -> None:
        self._inks = None
        self.viewport().update()

    # -- what is shown -------------------------------------------------------------------------------------------------

    def show_spectra(self, shown: Shown | None, order: npt.NDArray[np.int64]) -> None:
        """Show spectra; the place stays where they are as many as before.

        Parameters
        ----------
        shown : Shown or None
            All of them.
        order : ndarray of int
            Those that are shown, from top to bottom.
        """
        same = shown is not None and self.shown is not None and shown.spectra.flux is self.shown.spectra.flux
        if shown is not None and not (same and self._rows is not None):
            self._rows = Rows(shown)
        elif shown is not None and self._rows is not None:
            self._rows.shown = shown
        self.shown, self.order = shown, order
        self._fit()
        self._set_span()
        self.viewport().update()

    def set_axis(self, axis: Axis) -> None:
        """Put pixels, or wavelengths, below one another."""
        self.axis = axis
        self._set_span()
        self.viewport().update()

    def _set_span(self) -> None:
        if self.shown is not None:
            self._span = whole(self.shown, self.axis.unit != PIXEL)

    def set_alike(self, alike: bool) -> None:
        """Whether all rows have one scale of tones."""
        self.alike = alike
        self.viewport().update()

    def set_height(self, height: int) -> None:
        """Make rows higher or lower; the chosen one, or the first, stays in view."""
        if height == self.row_height:
            return
        seen = self.first_seen
        at = self.place_of(self.spectrum)
        anchor = at if at is not None and self.first_seen <= at <= self.last_seen else seen
        offset = anchor * self.row_height - self.verticalScrollBar().value()
        self.row_height = height
        self._fit()
        self.verticalScrollBar().setValue(anchor * height - min(max(offset, 0), max(self._room - height, 0)))
        self.viewport().update()
        self.height_changed.emit()

    def place_of(self, spectrum: int | None) -> int | None:
        """The row of a spectrum from the top; None where it is not shown."""
        found = np.flatnonzero(self.order == spectrum) if spectrum is not None else np.zeros(0)
        return int(found[0]) if found.size else None

    def choose(self, spectrum: int | None, seek: bool = True) -> None:
        """Choose a spectrum.

        Parameters
        ----------
        spectrum : int or None
            Which.
        seek : bool
            Whether it is brought into view.
        """
        self.spectrum = spectrum
        at = self.place_of(spectrum)
        if at is not None and self.shown is not None and spectrum is not None:
            bar, height = self.verticalScrollBar(), self.row_height
            if not seek:
                pass
            elif at * height < bar.value():
                bar.setValue(at * height)
            elif (at + 1) * height > bar.value() + self._room:
                bar.setValue((at + 1) * height - self._room)
            self.setAccessibleDescription(f"{self.shown.name(spectrum)}: {self.shown.words(spectrum)}")
        self.viewport().update()

    @property
    def _room(self) -> int:
        return max(self.viewport().height() - _RULER, 1)

    @property
    def first_seen(self) -> int:
        """The first row that is seen."""
        return self.verticalScrollBar().value() // self.row_height

    @property
    def last_seen(self) -> int:
        """The last row that is seen, perhaps in part."""
        end = (self.verticalScrollBar().value() + self._room - 1) // self.row_height
        return min(end, self.order.size - 1)

    def _fit(self) -> None:
        bar = self.verticalScrollBar()
        bar.setRange(0, max(self.order.size * self.row_height - self._room, 0))
        bar.setSingleStep(max(self.row_height, 20))
        bar.setPageStep(self._room)

    # -- drawing -------------------------------------------------------------------------------------------------------

    @property
    def gutter(self) -> int:
        """Width of what stands at the left of the rows."""
        if self.row_height < _WORDS or self.shown is None:
            return 10
        text, digits = self.fontMetrics(), QFontMetrics(figures())
        word, rms = text.horizontalAdvance("✕ doubtful"), digits.horizontalAdvance("0.0000")
        return self._name_width() + word + rms + 4 * SPACE

    def _name_width(self) -> int:
        shown = self.shown
        if shown is None:
            return 0
        last = shown.count - 1
        return max(map(self.fontMetrics().horizontalAdvance, (shown.name(last), shown.name(shown.count // 2))))

    def inks(self) -> Inks:
        """Colours of the theme."""
        if self._inks is None:
            look = theme()
            ground, ink = look.colour("surface"), look.colour("text")
            share = np.linspace(0, 1, 256)[:, None]
            ends = [np.array(colour.getRgb()[:3]) for colour in (ground, ink)]
            rgb = np.rint(ends[0] * (1 - share) + ends[1] * share).astype(np.uint32)
            tones = np.uint32(0xFF000000) | (rgb[:, 0] << 16) | (rgb[:, 1] << 8) | rgb[:, 2]
            ticks = [state_colour(state).rgba() for state in range(len(LINE_STATES))]
            self._inks = Inks(
                tones.astype(np.uint32), ground.rgba(), look.colour("accent").rgba(), look.colour("line").rgba(),
                np.array(ticks, np.uint32),
            )  # fmt: skip
        return self._inks

    def paintEvent(self, _event: Any) -> None:
        """Draw the rows that are seen."""
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme().colour("surface"))
        if self.shown is None or self._rows is None or not self.order.size:
            painter.setPen(theme().colour("muted"))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, "No spectra of these states.")
            return
        left, height, ratio = self.gutter, self.row_height, self.devicePixelRatioF()
        first, last = self.first_seen, self.last_seen
        which = self.order[first : last + 1]
        wide = max(self.viewport().width() - left, 1)
        top = _RULER + first * height - self.verticalScrollBar().value()
        columns, tall = round(wide * ratio), max(round(height * ratio), 1)
        made = self._drawn_rows(first, which, columns, tall)
        image = QImage(made.data, columns, made.shape[0], 4 * columns, QImage.Format.Format_RGB32)
        painter.drawImage(QRect(left, top, wide, which.size * height), image)
        painter.fillRect(0, _RULER, left, self.viewport().height() - _RULER, theme().colour("window"))
        self._write(painter, which, top, left)
        at = self.place_of(self.spectrum)
        if at is not None and first <= at <= last:
            painter.setPen(QPen(theme().colour("accent"), 2 if height >= DETAILS else 1))
            painter.drawRect(QRect(1, top + (at - first) * height, self.viewport().width() - 2, max(height - 1, 2)))
        self._draw_ruler(painter, left, wide)
        if self.hasFocus():
            painter.setPen(QPen(theme().colour("accent"), 1))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _drawn_rows(self, first: int, which: npt.NDArray[np.int64], columns: int, tall: int) -> npt.NDArray[np.uint32]:
        """The rows that are seen as pixels; those that were seen before are not drawn again."""
        assert self._rows is not None
        rows, inks, count = self._rows, self.inks(), which.size
        key = (self.shown, self.order, inks, self._span, columns, tall, self.alike)
        before, start, old = self._kept if self._kept is not None else ((), 0, np.zeros((0, 0), np.uint32))
        # values are compared as they are, what is large as the same object
        same = all(a is b for a, b in zip(before[:3], key[:3], strict=False)) and before[3:] == key[3:]
        low, high = max(first, start), min(first + count, start + len(old) // tall) if same else -1
        made = np.empty((count * tall, columns), np.uint32)
        if same and low < high:
            made[(low - first) * tall : (high - first) * tall] = old[(low - start) * tall : (high - start) * tall]
        else:
            low = high = first
        for begin, end in ((first, low), (high, first + count)):
            if begin < end:
                part = which[begin - first : end - first]
                made[(begin - first) * tall : (end - first) * tall] = rows.draw(
                    part, self._span, columns, tall, self.alike, inks
                )
        self._kept = (key, first, made)
        return made

    def _write(self, painter: QPainter, which: npt.NDArray[np.int64], top: int, left: int) -> None:
        """Name, state and RMS of each row; of low ones a stripe in the colour of the state."""
        assert self.shown is not None
        look, height, spectra = theme(), self.row_height, self.shown.spectra
        colours = [look.colour(SIGNS[name][1]) for name in SPECTRUM_STATES]
        if height < _WORDS:
            for number, spectrum in enumerate(which.tolist()):
                painter.fillRect(0, top + number * height, left - 2, height, colours[int(spectra.state[spectrum])])
            return
        name, plain, digits = self._name_width(), self.font(), figures()
        word = self.fontMetrics().horizontalAdvance("✕ doubtful")
        middle = Qt.AlignmentFlag.AlignVCenter
        fill, text = look.colour("selected"), look.colour("text")
        painter.setFont(plain)
        for number, spectrum in enumerate(which.tolist()):
            y, state = top + number * height, int(spectra.state[spectrum])
            if spectrum == self.spectrum:
                painter.fillRect(0, y, left, height, fill)
            painter.setPen(text)
            painter.drawText(SPACE, y, name, height, middle, self.shown.name(spectrum))
            painter.setPen(colours[state])
            said = f"{SIGNS[SPECTRUM_STATES[state]][0]} {SPECTRUM_STATES[state]}"
            painter.drawText(2 * SPACE + name, y, word, height, middle, said)
        painter.setFont(digits)
        painter.setPen(text)
        right = Qt.AlignmentFlag.AlignRight | middle
        for number, spectrum in enumerate(which.tolist()):
            if np.isfinite(spectra.rms[spectrum]):
                painter.drawText(0, top + number * height, left - SPACE, height, right, f"{spectra.rms[spectrum]:.3f}")

    def _draw_ruler(self, painter: QPainter, left: int, wide: int) -> None:
        """Pixels or wavelengths above the rows."""
        look, span = theme(), self._span
        painter.fillRect(0, 0, self.viewport().width(), _RULER, look.colour("raised"))
        painter.setFont(self.font())
        painter.setPen(look.colour("muted"))
        if self.row_height >= _WORDS:
            title = QRect(SPACE, 0, left - 2 * SPACE, _RULER)
            painter.drawText(title, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, "RMS (pixel)")
        unit = self.axis if span.wavelength else Axis()
        painter.setFont(figures())
        for place, x in _ruled(span, wide):
            text = f"{place:g}" if not span.wavelength else written(place, unit).rstrip("0").rstrip(".")
            painter.drawLine(left + x, _RULER - 4, left + x, _RULER)
            width = painter.fontMetrics().horizontalAdvance(text)
            if left + x + width / 2 < self.viewport().width():
                painter.drawText(left + x - width // 2, _RULER - 7, text)

    # -- mouse and keys ------------------------------------------------------------------------------------------------

    def spectrum_at(self, point: QPoint) -> int | None:
        """The spectrum whose row is at a place of the viewport."""
        row = (point.y() - _RULER + self.verticalScrollBar().value()) // self.row_height
        return int(self.order[row]) if point.y() >= _RULER and 0 <= row < self.order.size else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the spectrum under the mouse."""
        spectrum = self.spectrum_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and spectrum is not None:
            self._take(spectrum)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open it."""
        spectrum = self.spectrum_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and spectrum is not None:
            self.opened.emit(spectrum)

    def _take(self, spectrum: int) -> None:
        self.choose(spectrum)
        self.chosen.emit(spectrum)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go through the spectra; Return opens one."""
        key, page = Qt.Key(event.key()), max(self._room // self.row_height - 1, 1)
        last = self.order.size - 1
        at = self.place_of(self.spectrum)
        now = at if at is not None else self.first_seen - 1
        moves = {
            Qt.Key.Key_Down: now + 1, Qt.Key.Key_Up: now - 1, Qt.Key.Key_PageDown: now + page,
            Qt.Key.Key_PageUp: now - page, Qt.Key.Key_Home: 0, Qt.Key.Key_End: last,
        }  # fmt: skip
        if key in moves and last >= 0:
            self._take(int(self.order[min(max(moves[key], 0), last)]))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and at is not None:
            self.opened.emit(int(self.order[at]))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.step_height(-1 if key == Qt.Key.Key_Minus else 1)
        else:
            event.ignore()

    def step_height(self, by: int) -> None:
        """The next height of rows, or the one before."""
        now = min(range(len(HEIGHTS)), key=lambda at: abs(HEIGHTS[at] - self.row_height))
        self.set_height(HEIGHTS[min(max(now + by, 0), len(HEIGHTS) - 1)])

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl make rows higher or lower."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.step_height(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            super().wheelEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell what the row under the mouse is."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            spectrum = self.spectrum_at(event.pos())
            if spectrum is not None and self.shown is not None:
                text = f"{self.shown.name(spectrum)}\n{self.shown.words(spectrum)}".replace(" · ", "\n")
                QToolTip.showText(event.globalPos(), text, self)
            return True
        return bool(super().viewportEvent(event))

    def resizeEvent(self, event: Any) -> None:
        """More rows, or fewer."""
        super().resizeEvent(event)
        self._fit()

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        """Draw anew: rows are no widgets that could be moved."""
        self.viewport().update()

    def focusInEvent(self, event: Any) -> None:
        """Show that keys come here."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: Any) -> None:
        """And no more."""
        super().focusOutEvent(event)
        self.viewport().update()


def _ruled(span: Span, wide: int) -> list[tuple[float, int]]:
    """Round places of an axis, and where they are."""
    wanted = (span.high - span.low) / max(wide / 110, 1)
    power = 10.0 ** np.floor(np.log10(wanted))
    step = next(one * power for one in (1.0, 2.0, 5.0, 10.0) if one * power >= wanted)
    places = np.arange(np.ceil(span.low / step), np.floor(span.high / step) + 1) * step
    return [(float(place), round((place - span.low) / (span.high - span.low) * wide)) for place in places]
