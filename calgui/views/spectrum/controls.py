"""The choosers above the plot of spectra."""

import math

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from calgui.core.spectra.lines import SPECIES
from calgui.core.spectra.wavelength import UNIT_SIGNS
from calgui.views.image.controls import chooser
from calgui.views.spectrum.trace import PIXEL, Axis
from calgui.views.theme import SPACE

AXES: dict[str, Axis] = {
    "pixel": Axis(PIXEL),
    **{f"{sign} vacuum": Axis(unit) for unit, sign in UNIT_SIGNS.items()},
    **{f"{sign} air": Axis(unit, "air") for unit, sign in UNIT_SIGNS.items()},
}
SMOOTHINGS = {"as it is": None, "boxcar": "boxcar", "Gaussian": "gaussian", "median": "median"}
SHAPES = {"Gaussian": "gaussian", "Moffat": "moffat", "Voigt": "voigt"}


class SpectrumBar(QWidget):
    """Axis, smoothing, offset, lines, fit, and what is saved.

    Signals
    -------
    changed()
        Something about how spectra are drawn.
    lines_changed(tuple)
        Species whose lines are marked.
    choosing(bool)
        Dragging fits a peak.
    """

    changed = Signal()
    lines_changed = Signal(object)
    choosing = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spectrum_bar")
        self.axis = chooser("spectrum_axis", "Axis", "What the horizontal axis shows.", tuple(AXES))
        self.smoothing = chooser(
            "spectrum_smoothing",
            "Smoothing",
            "boxcar and Gaussian: weighted means; median: running median. Only what is drawn changes.",
            tuple(SMOOTHINGS),
        )
        self.span = _number("spectrum_width", "Width of the smoothing", "Width in pixels", 3.0, 2.0, 99.0, 1.0)
        self.span.setSuffix(" px")
        self.span.setEnabled(False)
        self.offset = _number(
            "spectrum_offset", "Offset", "Each spectrum is lifted by so much over the one before", 0.0, -1e9, 1e9, 1.0
        )
        self.offset.setDecimals(3)
        self._exponent = 0
        self.shape = chooser(
            "spectrum_shape",
            "Shape of a peak",
            "Gaussian; Moffat with a free exponent; Voigt with a free share of the Lorentzian width.",
            tuple(SHAPES),
        )
        self.lines = _menu_button("spectrum_lines", "Lines", "Known lines of lamps and of the night sky")
        self.species = {name: _switch(self.lines, f"lines_{name}", f"{name}: {word}") for name, word in SPECIES.items()}
        self.fit = _button("spectrum_fit", "Fit a peak", "Drag over a line to fit it (F)", "F")
        self.more = _menu_button("spectrum_more", "More", "Whole spectrum, errors, logarithm; save")
        self.whole = _action(self.more, "spectrum_whole", "Whole spectrum", "Home")
        self.log = _switch(self.more, "spectrum_log", "Logarithmic values")
        self.bands = _switch(self.more, "spectrum_bands", "Errors as bands")
        self.bands.setChecked(True)
        self.adjust = _switch(self.more, "spectrum_adjust", "Smoothing and offset")
        self.second = QWidget(self)
        menu = self.more.menu()
        menu.addSeparator()
        self.open = _action(self.more, "spectrum_open", "Add a spectrum…")
        self.save = _action(self.more, "spectrum_save", "Save the data…")
        self.picture = _action(self.more, "spectrum_picture", "Save the plot…")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        """What is used most in the first row; smoothing and offset in one that is asked for."""
        first, second = QHBoxLayout(), QHBoxLayout(self.second)
        for row in (first, second):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(SPACE // 2)
        for widget in (self.axis, self.lines, self.fit, self.shape, self.more):
            first.addWidget(widget)
        first.addStretch(1)
        for text, widgets in (("smoothing", (self.smoothing, self.span)), ("offset", (self.offset,))):
            label = QLabel(text)
            label.setBuddy(widgets[0])
            second.addWidget(label)
            for widget in widgets:
                second.addWidget(widget)
        second.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE // 2)
        layout.addLayout(first)
        layout.addWidget(self.second)
        self.second.hide()
        self.adjust.toggled.connect(self.second.setVisible)

    def _connect(self) -> None:
        for box in (self.axis, self.smoothing):
            box.currentTextChanged.connect(lambda _text: self.changed.emit())
        self.smoothing.currentTextChanged.connect(lambda text: self.span.setEnabled(SMOOTHINGS[text] is not None))
        for number in (self.span, self.offset):
            number.valueChanged.connect(lambda _value: self.changed.emit())
        for action in (self.log, self.bands):
            action.toggled.connect(lambda _on: self.changed.emit())
        for action in self.species.values():
            action.toggled.connect(lambda _on: self.lines_changed.emit(self.chosen_species))
        self.fit.toggled.connect(self.choosing)
        # in words: that a button is held down is hardly seen in every theme
        self.fit.toggled.connect(lambda on: self.fit.setText("Drag over a line" if on else "Fit a peak"))

    def set_scale(self, largest: float) -> None:
        """Count offsets in a power of ten of the values, where these are very small or large.

        Parameters
        ----------
        largest : float
            The largest value, in the unit of the spectra.
        """
        usual = not math.isfinite(largest) or largest <= 0 or 0.01 <= largest < 1e7
        self._exponent = 0 if usual else math.floor(math.log10(largest))
        self.offset.setSuffix("" if usual else f" × 1e{self._exponent}")

    @property
    def lift(self) -> float:
        """By how much each spectrum is lifted over the one before, in the unit of the spectra."""
        return self.offset.value() * 10.0**self._exponent

    @property
    def chosen_species(self) -> tuple[str, ...]:
        """Species whose lines are marked."""
        return tuple(name for name, action in self.species.items() if action.isChecked())

    @property
    def chosen_axis(self) -> Axis:
        """What the horizontal axis shows."""
        return AXES[self.axis.currentText()]

    def allow_wavelengths(self, on: bool) -> None:
        """Offer wavelengths only where a spectrum has them."""
        model = self.axis.model()
        for place, axis in enumerate(AXES.values()):
            if axis.unit != PIXEL:
                model.item(place).setEnabled(on)  # type: ignore[attr-defined]
        if not on and self.chosen_axis.unit != PIXEL:
            self.axis.setCurrentIndex(0)


def _number(name: str, title: str, tip: str, value: float, least: float, most: float, step: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setObjectName(name)
    box.setAccessibleName(title)
    box.setToolTip(f"{tip}.")
    box.setRange(least, most)
    box.setDecimals(0)
    box.setSingleStep(step)
    box.setValue(value)
    box.setMaximumWidth(140)
    box.setKeyboardTracking(False)
    return box


def _button(name: str, text: str, tip: str, keys: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setText(text)
    button.setAccessibleName(text)
    button.setToolTip(tip)
    button.setCheckable(True)
    button.setShortcut(QKeySequence(keys))
    return button


def _menu_button(name: str, text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setText(text)
    button.setAccessibleName(text)
    button.setToolTip(f"{tip}.")
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(QMenu(button))
    return button


def _action(button: QToolButton, name: str, text: str, keys: str = "") -> QAction:
    action = QAction(text, button)
    action.setObjectName(name)
    if keys:
        action.setShortcut(QKeySequence(keys))
    button.menu().addAction(action)
    return action


def _switch(button: QToolButton, name: str, text: str) -> QAction:
    action = _action(button, name, text)
    action.setCheckable(True)
    return action
