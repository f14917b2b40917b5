"""The rows above the plots: which spectrum, on which axis, and the legend of the lines."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from calgui.core.algorithms.spectrummarks import LINE_STATES
from calgui.views.help.button import HelpButton
from calgui.views.image.controls import chooser
from calgui.views.session import Session
from calgui.views.spectrum.controls import AXES
from calgui.views.spectrum.trace import PIXEL, Axis
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.flow import Flow
from calgui.views.workbench.marks.signs import icon, signs
from calgui.views.workbench.spectra.axes import choose_axis, chosen_axis
from calgui.views.workbench.spectra.shown import RESIDUAL_UNITS, ResidualUnit, Shown


class SpectraBar(QFrame):
    """What can be chosen about one spectrum.

    Signals
    -------
    step_wanted(int)
        The next spectrum (1), or the one before (-1), in the order of the wall.
    main_wanted()
        The main spectrum is wanted.
    sought(str)
        A spectrum is looked for: what was typed.
    axis_changed(), template_changed(), unit_changed(), hidden_changed()
        Something else is chosen.

    Parameters
    ----------
    session : Session or None
        Whose help is opened.
    parent : QWidget, optional
    """

    step_wanted = Signal(int)
    main_wanted = Signal()
    sought = Signal(str)
    axis_changed = Signal()
    template_changed = Signal()
    unit_changed = Signal()
    hidden_changed = Signal()

    def __init__(self, session: Session | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spectra_bar")
        self.which = QWidget()
        self.back = _tool("spectra_back", "‹", "The spectrum before, in the order of the wall (PgUp)")
        self.forth = _tool("spectra_forth", "›", "The next spectrum, in the order of the wall (PgDown)")
        self.name = QLabel()
        self.name.setObjectName("spectra_name")
        self.main = _tool("spectra_main", "Main", "The spectrum that was solved first, in which lines are identified")
        self.search = search_field("spectra_search")
        row = QHBoxLayout(self.which)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE // 2)
        for widget in (self.back, self.forth, self.name, self.main, self.search):
            row.addWidget(widget)
        self.axis = chooser("spectra_axis", "Axis", "What the horizontal axis shows; it is remembered.", tuple(AXES))
        self.axis.setCurrentText(chosen_axis())
        self.unit = chooser(
            "spectra_residual_unit",
            "Residuals in",
            "Measured minus solution: in pixels, in nm, or as a velocity.",
            tuple(f"residuals in {unit}" for unit in RESIDUAL_UNITS),
        )
        self.template = QCheckBox("Template")
        self.template.setObjectName("spectra_template")
        self.template.setAccessibleName("Template of the lamp over the spectrum")
        self.template.setToolTip(
            "What the listed lines would look like: each species as strong as its lines are here (T)"
        )
        self.log = QCheckBox("Log")
        self.log.setObjectName("spectra_log")
        self.log.setAccessibleName("Logarithmic values")
        self.log.setToolTip("Logarithmic values: faint lines are seen beside bright ones")
        self.states: dict[str, QToolButton] = {}
        flow = Flow(self)
        for part in (self.which, self.axis, self.unit, self.log, self.template):
            flow.addWidget(part)
        for state, sign in zip(LINE_STATES, signs(LINE_STATES), strict=True):
            button = QToolButton()
            button.setText(state)
            button.setObjectName(f"spectra_state_{state}")
            button.setProperty("legend", True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setIcon(icon(sign))
            button.setCheckable(True)
            button.setChecked(True)
            button.toggled.connect(lambda _on: self.hidden_changed.emit())
            self.states[state] = button
            flow.addWidget(button)
        if session is not None:
            self.help = HelpButton(session, "views/spectra", "Spectra at the bench")
            self.help.setObjectName("spectra_help")
            flow.addWidget(self.help)
        self.back.clicked.connect(lambda: self.step_wanted.emit(-1))
        self.forth.clicked.connect(lambda: self.step_wanted.emit(1))
        self.main.clicked.connect(self.main_wanted)
        self.search.returnPressed.connect(lambda: self.sought.emit(self.search.text()))
        self.axis.currentTextChanged.connect(self._axis_chosen)
        self.unit.currentTextChanged.connect(lambda _text: self.unit_changed.emit())
        for box in (self.template, self.log):
            box.toggled.connect(lambda _on: self.template_changed.emit())
        theme().changed.connect(self._retheme)
        self._retheme()

    def _retheme(self) -> None:
        self.setStyleSheet(legend_style("spectra_bar"))
        self.name.setStyleSheet(f"color: {theme().colour('text').name()}; font-weight: bold; padding: 0 {SPACE}px;")

    def _axis_chosen(self, name: str) -> None:
        choose_axis(name)
        self.axis_changed.emit()

    def follow_axis(self) -> None:
        """Take the axis that was chosen on another page."""
        with QSignalBlocker(self.axis):
            self.axis.setCurrentText(chosen_axis())

    @property
    def chosen_axis(self) -> Axis:
        """What the horizontal axis is to show."""
        return AXES[self.axis.currentText()]

    @property
    def chosen_unit(self) -> ResidualUnit:
        """Of the residuals."""
        return RESIDUAL_UNITS[max(self.unit.currentIndex(), 0)]

    @property
    def hidden(self) -> frozenset[str]:
        """States of lines that are not to be seen."""
        return frozenset(state for state, button in self.states.items() if not button.isChecked())

    def show_spectrum(self, shown: Shown | None, spectrum: int, drawn: Axis | None) -> None:
        """Tell which spectrum is shown, and count its lines.

        Parameters
        ----------
        shown : Shown or None
            All spectra.
        spectrum : int
            Which.
        drawn : Axis or None
            What the axis shows, as one without a solution has pixels only.
        """
        self.which.setVisible(shown is not None and shown.count > 1)
        counts = shown.counted(spectrum) if shown is not None else (0,) * len(LINE_STATES)
        for (state, button), count in zip(self.states.items(), counts, strict=True):
            button.setText(f"{state} {count:,}")
            button.setVisible(count > 0)
            button.setToolTip(f"{count:,} lines {state}. Click to hide or show them.")
            button.setAccessibleName(f"{state}: {count:,} lines, shown or hidden")
        if shown is None:
            return
        main = spectrum == shown.spectra.main
        self.name.setText(shown.name(spectrum) + (" (main)" if main else ""))
        self.main.setEnabled(not main)
        only = drawn is not None and drawn.unit == PIXEL and self.chosen_axis.unit != PIXEL
        self.axis.setToolTip(
            "This spectrum has no solution: its axis shows pixels."
            if only
            else "What the horizontal axis shows; it is remembered."
        )


def search_field(name: str) -> QLineEdit:
    """A field in which a spectrum is looked for."""
    field = QLineEdit()
    field.setObjectName(name)
    field.setAccessibleName("Look for a spectrum: row, column, or its number")
    field.setPlaceholderText("row, column")
    field.setToolTip("Row and column, as 12, 40; or the number of a spectrum from 1. Return goes there.")
    field.setFixedWidth(110)
    return field


def legend_style(name: str) -> str:
    """Style of the buttons of a legend in a bar."""
    muted, text = (theme().colour(role).name() for role in ("muted", "text"))
    part = f'#{name} .QToolButton[legend="true"]'
    return (
        f"{part} {{ border: 1px solid transparent; border-radius: 4px; padding: 2px 5px; color: {muted}; }}"
        f"{part}:checked {{ color: {text}; }}"
        f"{part}:hover {{ background: {theme().colour('raised').name()}; }}"
        f"{part}:focus {{ border-color: {theme().colour('accent').name()}; }}"
    )


def _tool(name: str, text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setText(text)
    button.setAccessibleName(tip)
    button.setToolTip(tip)
    return button
