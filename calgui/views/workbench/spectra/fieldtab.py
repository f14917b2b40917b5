"""The tab of the field: the map of a value, and below it the chosen spectrum."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from calgui.core.algorithms.spectrummarks import SPECTRUM_STATES
from calgui.views.session import Session
from calgui.views.spectrum.controls import AXES
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.elided import ElidedLabel
from calgui.views.widgets.rich import rich
from calgui.views.workbench.spectra.axes import chosen_axis
from calgui.views.workbench.spectra.bars import search_field
from calgui.views.workbench.spectra.fieldplot import STATE, FieldPlot
from calgui.views.workbench.spectra.plot import LinePlot
from calgui.views.workbench.spectra.shown import Shown
from calgui.views.workbench.spectra.wall import SIGNS
from calgui.views.workbench.valuemap import ValueChoice


class FieldPart(QWidget):
    """The field.

    Signals
    -------
    chosen(int), opened(int)
        Spectrum that the user chooses; that is to be shown large.
    sought(str)
        A spectrum is looked for: what was typed.

    Parameters
    ----------
    session : Session or None
        Who saves the plots.
    parent : QWidget, optional
    """

    chosen = Signal(int)
    opened = Signal(int)
    sought = Signal(str)

    def __init__(self, session: Session | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spectra_field")
        self._shown: Shown | None = None
        self._spectrum: int | None = None
        self._behind = True
        self.value = ValueChoice("spectra_field_value", "Which value of the spectra is mapped")
        self.search = search_field("spectra_field_search")
        self.legend = QLabel()
        self.legend.setObjectName("spectra_field_legend")
        rich(self.legend)
        head = QHBoxLayout()
        head.setContentsMargins(SPACE // 2, SPACE // 2, SPACE, 0)
        for widget in (self.value, self.search, self.legend):
            head.addWidget(widget)
        head.addStretch(1)
        self.map = FieldPlot(session)
        self.said = ElidedLabel()
        self.said.setObjectName("spectra_field_said")
        self.said.setContentsMargins(SPACE, 0, SPACE, 0)
        self.plot = LinePlot(session, "spectra_field_plot", labels=False)
        self.plot.setAccessibleName("The chosen spectrum")
        self.plot.setMinimumHeight(110)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, SPACE // 2, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addWidget(self.said)
        column.addWidget(self.plot, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        split.addWidget(self.map)
        split.addWidget(below)
        split.setSizes([3000, 1400])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE // 2)
        layout.addLayout(head)
        layout.addWidget(split, 1)
        self.value.currentTextChanged.connect(lambda _text: self._draw())
        self.search.returnPressed.connect(lambda: self.sought.emit(self.search.text()))
        self.map.chosen.connect(self.chosen)
        self.map.opened.connect(self.opened)
        self.plot.wanted.connect(self._key)
        theme().changed.connect(self._show_legend)

    def show_spectra(self, shown: Shown | None, spectrum: int | None) -> None:
        """Show these; drawn once they can be seen.

        Parameters
        ----------
        shown : Shown or None
            All spectra.
        spectrum : int or None
            The one that is chosen.
        """
        self._shown, self._spectrum = shown, spectrum
        self.value.offer([*shown.maps, STATE] if shown is not None and shown.grid is not None else [])
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came meanwhile."""
        super().showEvent(event)
        self._draw()

    def _draw(self) -> None:
        self._behind = not self.isVisible()
        if not self._behind:
            self.map.show_value(self._shown, self.value.currentText())
            self._show_legend()
            self.choose(self._spectrum)

    def _show_legend(self) -> None:
        """Of the map of states, which has no colour bar."""
        shown = self._shown
        states = shown is not None and self.value.currentText() == STATE
        self.legend.setVisible(states)
        if shown is not None and states:
            parts = []
            for name, count in zip(SPECTRUM_STATES, shown.totals, strict=True):
                sign, role = SIGNS[name]
                if count:
                    colour = theme().colour(role).name()
                    parts.append(f'<span style="color: {colour};">{sign} {name}</span> {count:,}')
            self.legend.setText(" &nbsp; ".join(parts))

    def choose(self, spectrum: int | None) -> None:
        """Choose a spectrum.

        Parameters
        ----------
        spectrum : int or None
            Which.
        """
        self._spectrum = spectrum
        if self._behind:
            return
        self.map.choose(spectrum)
        shown = self._shown if spectrum is not None else None
        self.said.setText(self.map.words(spectrum) if shown is not None and spectrum is not None else "")
        self.plot.draw(shown, spectrum or 0, AXES[chosen_axis()])

    def _key(self, wanted: str) -> None:
        """This small plot is looked at; lines are edited where it is large."""
        if wanted == "whole":
            self.plot.show_whole()
        elif self._spectrum is not None and wanted not in ("next spectrum", "previous spectrum"):
            self.opened.emit(self._spectrum)
