"""What can be said of the chosen line: which listed line it is, or a wavelength; left out, or taken in."""

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QWidget

from calgui.core.algorithms.spectrummarks import LINE_STATES
from calgui.views.spectrum.trace import Axis
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.elided import ElidedLabel
from calgui.views.widgets.parts import push_button
from calgui.views.workbench.marks.signs import pixmap, signs
from calgui.views.workbench.spectra.axes import typed, unit_words, written
from calgui.views.workbench.spectra.edits import by_hand
from calgui.views.workbench.spectra.shown import EXCLUDED, Shown

#: wavelengths that are no further apart are those of one line, nm
_SAME = 1e-3
_NOTHING = "Click a line to say what it is, or to leave it out; N and P go from line to line."


class IdentifyBar(QFrame):
    """A row under the plot; it is there all the time, so that nothing moves when a line is chosen.

    Signals
    -------
    identify_wanted(float, float)
        The line at a pixel of the main spectrum is at this wavelength (vacuum, nm).
    forget_wanted(float)
        What was said of the line at this pixel of the main spectrum is to be forgotten.
    exclude_wanted(int, bool)
        A listed line is to be left out, or taken in.
    main_wanted()
        The main spectrum is to be shown.
    left()
        The keyboard is wanted in the plot again.

    Parameters
    ----------
    parent : QWidget, optional
    """

    identify_wanted = Signal(float, float)
    forget_wanted = Signal(float)
    exclude_wanted = Signal(int, bool)
    main_wanted = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spectra_identify")
        self._shown: Shown | None = None
        self._line: int | None = None
        self._pixel = float("nan")
        self._axis = Axis("nm")
        self._said_as = ""
        self.sign = QLabel()
        self.sign.setFixedWidth(18)
        self.said = ElidedLabel()
        self.said.setObjectName("spectra_identify_said")
        self.said.setMinimumWidth(120)
        self.choice = QComboBox()
        self.choice.setObjectName("spectra_identify_choice")
        self.choice.setAccessibleName("What the line is: a listed line, or a wavelength")
        self.choice.setToolTip("Choose one of the listed lines near, or type a wavelength; Return identifies")
        self.choice.setEditable(True)
        self.choice.setCompleter(None)
        self.choice.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.setMinimumContentsLength(19)
        edit = self.choice.lineEdit()
        assert edit is not None
        edit.setObjectName("spectra_identify_text")
        edit.setAccessibleName("Wavelength of the line")
        edit.returnPressed.connect(self.identify)
        edit.textEdited.connect(lambda _text: self._update())
        self.identify_button = push_button("spectra_identify_do", "Identify", "The chosen line is this one (Return)")
        self.toggle = push_button("spectra_identify_exclude", "Exclude", "Leave this listed line out of every fit (D)")
        self.forget = push_button(
            "spectra_identify_forget", "Take back", "Forget what was said of this line by hand (U)"
        )
        self.to_main = push_button(
            "spectra_identify_main",
            "Show in the main spectrum",
            "Lines are identified in the spectrum that is solved first; the others follow it",
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        row.setSpacing(SPACE // 2)
        row.addWidget(self.sign)
        row.addWidget(self.said, 1)
        for widget in (self.choice, self.identify_button, self.to_main, self.toggle, self.forget):
            row.addWidget(widget)
        self.identify_button.clicked.connect(self.identify)
        self.toggle.clicked.connect(self._toggle)
        self.forget.clicked.connect(lambda: self.forget_wanted.emit(self._pixel))
        self.to_main.clicked.connect(self.main_wanted)
        theme().changed.connect(self._retheme)
        self._retheme()
        self.show_line(None, None, float("nan"), Axis("nm"), {}, 0)

    def _retheme(self) -> None:
        line = theme().colour("line").name()
        self.setStyleSheet(f"#spectra_identify {{ border-top: 1px solid {line}; }}")
        self._said_as = ""
        self._colour_said()

    def _colour_said(self) -> None:
        """What asks for a line is calmer than what tells of one; a style that is set makes all be laid out anew."""
        role = "muted" if self._line is None and not np.isfinite(self._pixel) else "text"
        if role != self._said_as:
            self._said_as = role
            self.said.setStyleSheet(f"color: {theme().colour(role).name()};")

    def minimumSizeHint(self) -> QSize:
        """As high with a line as without."""
        return QSize(200, self.identify_button.sizeHint().height() + SPACE)

    def show_line(
        self,
        shown: Shown | None,
        line: int | None,
        pixel: float,
        axis: Axis,
        options: Mapping[str, object],
        spectrum: int,
    ) -> None:
        """Tell of a line, or of a place where none was found.

        Parameters
        ----------
        shown : Shown or None
            All spectra.
        line : int or None
            Into the table of all lines; None for a place.
        pixel : float
            Of the spectrum; NaN for nothing.
        axis : Axis
            In whose unit wavelengths are written and typed.
        options : mapping of str to object
            As they are.
        spectrum : int
            That is shown.
        """
        self._shown, self._line, self._pixel, self._axis = shown, line, pixel, axis
        there = shown is not None and (line is not None or np.isfinite(pixel))
        if shown is None or not there:
            self.sign.clear()
            self.said.setText(_NOTHING)
            for widget in (self.choice, self.identify_button, self.to_main, self.toggle, self.forget):
                widget.hide()
            self._colour_said()
            return
        lines, spectra = shown.spectra.lines, shown.spectra
        state = int(lines.state[line]) if line is not None else -1
        self.sign.setPixmap(pixmap(signs(LINE_STATES)[state], 9, 2.0) if state >= 0 else QPixmap())
        word = LINE_STATES[state] if state >= 0 else "no line was found here"
        name = shown.line_name(line) if line is not None and np.isfinite(lines.wavelength[line]) else ""
        pixels = f"pixel {pixel:.2f}"
        if line is not None and np.isfinite(lines.pixel_error[line]):
            pixels += f" ± {lines.pixel_error[line]:.2g}"
        hand = by_hand(shown, pixel, options) if spectrum == spectra.main else None
        main = spectrum == spectra.main
        can = bool(spectra.identifies)
        parts = [part for part in (name and f"{name} nm", word, "by hand" if hand else "", pixels) if part]
        self.said.setToolTip("\n".join(parts))
        # the name stands in the field beside
        self.said.setText(" · ".join(parts[1:] if name and can and main else parts))
        self.choice.setVisible(can and main)
        self.identify_button.setVisible(can and main)
        self.to_main.setVisible(can and not main)
        listed = int(lines.listed[line]) if line is not None else -1
        self.toggle.setVisible(bool(spectra.excludes) and listed >= 0)
        self.toggle.setText("Include" if state == EXCLUDED else "Exclude")
        self.forget.setVisible(hand is not None)
        self._fill(spectrum, float(lines.wavelength[line]) if line is not None else float("nan"))
        self._colour_said()
        self._update()

    def _fill(self, spectrum: int, known: float) -> None:
        """The listed lines near, with how far off each is by the solution."""
        assert self._shown is not None
        spectra = self._shown.spectra
        here = float(self._shown.wavelength_at(spectrum, self._pixel))
        self.choice.clear()
        for at in self._shown.candidates(spectrum, self._pixel).tolist():
            away = f"  {spectra.wavelength[at] - here:+.3f} nm" if np.isfinite(here) else ""
            text = f"{spectra.species[at]} {written(float(spectra.wavelength[at]), self._axis)}{away}"
            self.choice.addItem(text, float(spectra.wavelength[at]))
        edit = self.choice.lineEdit()
        assert edit is not None
        edit.setPlaceholderText(f"wavelength ({unit_words(self._axis)})")
        if np.isfinite(known):
            values = np.array([self.choice.itemData(at) for at in range(self.choice.count())])
            same = np.flatnonzero(np.abs(values - known) < _SAME)
            self.choice.setCurrentIndex(int(same[0]) if same.size else -1)
            if not same.size:
                # another line is not what it is taken for
                edit.setText(written(known, self._axis))
        elif self.choice.count():
            self.choice.setCurrentIndex(0)
        edit.setCursorPosition(0)

    @property
    def wavelength(self) -> float | None:
        """What stands in the field, in vacuum, in nm; None where it is nothing."""
        text = self.choice.currentText()
        at = self.choice.findText(text, Qt.MatchFlag.MatchExactly)
        return float(self.choice.itemData(at)) if at >= 0 else typed(text, self._axis)

    def begin(self) -> None:
        """Put the keyboard into the field, where a line can be identified."""
        if self.choice.isVisible():
            self.choice.setFocus(Qt.FocusReason.OtherFocusReason)
            edit = self.choice.lineEdit()
            if edit is not None:
                edit.selectAll()
        elif self.to_main.isVisible():
            self.to_main.setFocus(Qt.FocusReason.OtherFocusReason)

    def identify(self) -> None:
        """Say that the line is what stands in the field."""
        wavelength = self.wavelength
        if wavelength is not None and self.identify_button.isEnabled():
            self.identify_wanted.emit(self._pixel, wavelength)
            self.left.emit()

    def _toggle(self) -> None:
        if self._shown is not None and self._line is not None:
            lines = self._shown.spectra.lines
            out = int(lines.state[self._line]) != EXCLUDED
            self.exclude_wanted.emit(int(lines.listed[self._line]), out)

    def _update(self) -> None:
        self.identify_button.setEnabled(self.wavelength is not None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the plot."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
