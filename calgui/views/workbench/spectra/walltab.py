"""The tab of the wall: order, states, axis and height of the rows above it, the chosen spectrum in words below."""

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSlider, QToolButton, QVBoxLayout, QWidget

from calgui.core.algorithms.spectrummarks import SPECTRUM_STATES
from calgui.views.image.controls import chooser
from calgui.views.spectrum.controls import AXES
from calgui.views.spectrum.trace import PIXEL, Axis
from calgui.views.theme import SPACE, theme
from calgui.views.widgets.elided import ElidedLabel
from calgui.views.widgets.flow import Flow
from calgui.views.workbench.spectra.axes import choose_axis, chosen_axis
from calgui.views.workbench.spectra.bars import legend_style, search_field
from calgui.views.workbench.spectra.shown import ORDERS, Order, Shown
from calgui.views.workbench.spectra.wall import HEIGHTS, SIGNS, Wall

_TONES = ("each by itself", "all alike")


class WallPart(QWidget):
    """All spectra below one another.

    Signals
    -------
    chosen(int)
        Spectrum that the user chooses.
    opened(int)
        Spectrum that is to be shown large.
    sought(str)
        A spectrum is looked for: what was typed.
    order_changed()
        Another order, or other states: see `order`.

    Parameters
    ----------
    parent : QWidget, optional
    """

    chosen = Signal(int)
    opened = Signal(int)
    sought = Signal(str)
    order_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("spectra_wall")
        self._shown: Shown | None = None
        self._spectrum: int | None = None
        self._behind = True
        self._seek = False
        self.wall = Wall()
        self.order_box = chooser(
            "spectra_wall_order",
            "Order of the spectra",
            "worst first: failed, then doubtful, then solved, each by falling RMS; what is empty is last.",
            ORDERS,
        )
        self.search = search_field("spectra_wall_search")
        self.tones = chooser(
            "spectra_wall_tones",
            "Tones",
            "each by itself: every spectrum between its own level and peak. all alike: faint spectra are seen as such.",
            _TONES,
        )
        self.axis = chooser("spectra_wall_axis", "Axis", "What lies below one another.", tuple(AXES))
        self.height_slider = QSlider(Qt.Orientation.Horizontal)
        self.height_slider.setObjectName("spectra_wall_height")
        self.height_slider.setAccessibleName("Height of the rows")
        self.height_slider.setToolTip("Height of the rows (+, -, Ctrl+wheel): low ones as tones, high ones as curves")
        self.height_slider.setRange(0, len(HEIGHTS) - 1)
        self.height_slider.setFixedWidth(90)
        self.bar = QFrame()
        self.bar.setObjectName("spectra_wall_bar")
        flow = Flow(self.bar)
        for widget in (self.order_box, self.search, self.axis, self.tones, self.height_slider):
            flow.addWidget(widget)
        self.states: dict[str, QToolButton] = {}
        for state in SPECTRUM_STATES:
            button = QToolButton()
            button.setText(state)
            button.setObjectName(f"spectra_wall_state_{state}")
            button.setProperty("legend", True)
            button.setCheckable(True)
            button.setChecked(True)
            button.toggled.connect(lambda _on: self._order_again())
            self.states[state] = button
            flow.addWidget(button)
        self.said = ElidedLabel()
        self.said.setObjectName("spectra_wall_said")
        self.open_button = QPushButton("Open")
        self.open_button.setObjectName("spectra_wall_open")
        self.open_button.setAccessibleName("Show the chosen spectrum large")
        self.open_button.setToolTip("Show the chosen spectrum large, with its lines (Return, or a double click)")
        self.foot = QFrame()
        self.foot.setObjectName("spectra_wall_foot")
        row = QHBoxLayout(self.foot)
        row.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        row.addWidget(self.said, 1)
        row.addWidget(self.open_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE // 2)
        layout.addWidget(self.bar)
        layout.addWidget(self.wall, 1)
        layout.addWidget(self.foot)
        self._connect()
        self._retheme()
        self._show_height()

    def _connect(self) -> None:
        wall = self.wall
        wall.chosen.connect(self.chosen)
        wall.opened.connect(self.opened)
        wall.height_changed.connect(self._show_height)
        self.order_box.currentTextChanged.connect(lambda _text: self._order_again())
        self.search.returnPressed.connect(lambda: self.sought.emit(self.search.text()))
        self.tones.currentIndexChanged.connect(lambda at: wall.set_alike(at == 1))
        self.axis.currentTextChanged.connect(self._axis_chosen)
        self.height_slider.valueChanged.connect(lambda at: wall.set_height(HEIGHTS[at]))
        self.open_button.clicked.connect(self._open)
        theme().changed.connect(self._retheme)

    def _retheme(self) -> None:
        line = theme().colour("line").name()
        self.bar.setStyleSheet(legend_style("spectra_wall_bar"))
        self.foot.setStyleSheet(f"#spectra_wall_foot {{ border-top: 1px solid {line}; }}")

    @property
    def order(self) -> Order:
        """Of the spectra."""
        return ORDERS[max(self.order_box.currentIndex(), 0)]

    @property
    def hidden(self) -> frozenset[str]:
        """States of spectra that are left out."""
        return frozenset(state for state, button in self.states.items() if not button.isChecked())

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
        self._behind = not self.isVisible()
        if not self._behind:
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came meanwhile."""
        super().showEvent(event)
        with QSignalBlocker(self.axis):
            self.axis.setCurrentText(chosen_axis())
        self.wall.set_axis(AXES[self.axis.currentText()])
        if self._behind:
            self._behind = False
            self._draw()

    def _draw(self) -> None:
        shown = self._shown
        totals = shown.totals if shown is not None else (0,) * len(SPECTRUM_STATES)
        for (state, button), total in zip(self.states.items(), totals, strict=True):
            button.setText(f"{SIGNS[state][0]} {state} {total:,}")
            button.setVisible(total > 0)
            button.setToolTip(f"{total:,} spectra {state}. Click to hide or show them.")
            button.setAccessibleName(f"{state}: {total:,} spectra, shown or hidden")
        order = shown.ordered(self.order, self.hidden) if shown is not None else self.wall.order[:0]
        self.wall.set_axis(AXES[self.axis.currentText()])
        self.wall.show_spectra(shown, order)
        seek, self._seek = self._seek, False
        # the worst are seen first, not the one that happens to be chosen
        self._show_chosen(seek)

    def _order_again(self) -> None:
        if not self._behind:
            self._draw()
        self.order_changed.emit()

    def _axis_chosen(self, name: str) -> None:
        choose_axis(name)
        axis = AXES[name]
        self.wall.set_axis(axis if axis.unit != PIXEL else Axis())

    def choose(self, spectrum: int | None) -> None:
        """Choose a spectrum.

        Parameters
        ----------
        spectrum : int or None
            Which.
        """
        self._spectrum = spectrum
        if self._behind or not self.isVisible():
            self._behind = self._seek = True
        else:
            self._show_chosen(True)

    def _show_chosen(self, seek: bool) -> None:
        shown, spectrum = self._shown, self._spectrum
        self.wall.choose(spectrum, seek)
        at = self.wall.place_of(spectrum)
        self.open_button.setEnabled(spectrum is not None and shown is not None)
        if shown is None or spectrum is None:
            self.said.setText("")
            return
        place = f"{at + 1:,} of {self.wall.order.size:,}" if at is not None else "not among those that are shown"
        self.said.setText(f"{shown.name(spectrum)} · {place} · {shown.words(spectrum)}")

    def _open(self) -> None:
        if self._spectrum is not None:
            self.opened.emit(self._spectrum)

    def _show_height(self, *_: Any) -> None:
        at = min(range(len(HEIGHTS)), key=lambda one: abs(HEIGHTS[one] - self.wall.row_height))
        with QSignalBlocker(self.height_slider):
            self.height_slider.setValue(at)
