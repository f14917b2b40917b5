"""The row above a picture with marks: which picture, picking, the legend, arrows and their scale."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from calgui.views.theme import SPACE, theme
from calgui.views.widgets.flow import Flow
from calgui.views.workbench.legend import LegendButton, hidden, legend_style
from calgui.views.workbench.marks.shown import Shown
from calgui.views.workbench.marks.signs import ARROW, EDGE, signs

#: pixels of the picture to a pixel of a vector: least, most, and steps of the slider to a factor of ten
_LEAST, _MOST, _DECADE = 1.0, 1e6, 20
#: widgets of the row that stand before the legend
_BEFORE_LEGEND = 2


class ReferenceArrow(QWidget):
    """An arrow beside its length, in the scale of those on the picture.

    Parameters
    ----------
    parent : QWidget, optional
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("marks_reference_arrow")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.text, self.length = "", 0.0
        self._points = 0.0

    def set_scale(self, points: float) -> None:
        """Draw an arrow of a round length.

        Parameters
        ----------
        points : float
            Points of the screen to a pixel of a vector.
        """
        if points <= 0 or points == self._points:
            return
        self._points = points
        self.length = _round_length(80 / points)
        self.text = f"{self.length:g} px"
        self.setAccessibleName(f"An arrow of this length is {self.text}")
        self.setToolTip(f"An arrow as long as this one on the picture is {self.text}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the longest arrow and its words."""
        metrics = self.fontMetrics()
        return QSize(90 + metrics.horizontalAdvance(" 0.0005 px"), metrics.height() + SPACE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it as those on the picture."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, end = self.height() / 2, 4 + self.length * self._points
        for colour, width in ((EDGE, 3.5), (ARROW, 1.6)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLine(4, int(middle), int(end), int(middle))
            for side in (-4, 4):
                painter.drawLine(int(end), int(middle), int(end) - 7, int(middle) + side)
        painter.setPen(theme().colour("text"))
        painter.drawText(int(end) + SPACE, int(middle + self.fontMetrics().ascent() / 2 - 1), self.text)


def _round_length(wanted: float) -> float:
    """1, 2 or 5 times a power of ten, not more than wanted."""
    from math import floor, log10

    power = 10.0 ** floor(log10(wanted))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= wanted * (1 + 1e-9))


class MarksBar(QFrame):
    """What can be chosen about marks; each part is there only where it has something to choose.

    Signals
    -------
    input_chosen(int)
        Number of the input whose picture is wanted, from 1; 0 for the product.
    picking_changed(bool)
        Whether clicks pick.
    shown_changed()
        Other states, arrows or scale are wanted.

    Parameters
    ----------
    parent : QWidget, optional
    """

    input_chosen = Signal(int)
    picking_changed = Signal(bool)
    shown_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("marks_bar")
        self.inputs = QComboBox()
        self.inputs.setObjectName("marks_input")
        self.inputs.setAccessibleName("Picture that is shown")
        self.inputs.setToolTip("Which picture is shown, with its marks: one of the inputs, or the product")
        self.inputs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.inputs.setMinimumContentsLength(24)
        self.pick = QPushButton("Pick")
        self.pick.setObjectName("marks_pick")
        self.pick.setCheckable(True)
        self.pick.setAccessibleName("Pick marks by clicks")
        self.states: dict[str, LegendButton] = {}
        self.arrows = _box("marks_arrows", "Arrows", "Whether arrows are drawn")
        self.scale = QDoubleSpinBox()
        self.scale.setObjectName("marks_scale")
        self.scale.setAccessibleName("Length of an arrow of 1 pixel on the picture")
        self.scale.setRange(_LEAST, _MOST)
        self.scale.setDecimals(0)
        self.scale.setPrefix("× ")
        self.scale.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.scale.setKeyboardTracking(False)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("marks_scale_slider")
        self.slider.setAccessibleName("Length of arrows")
        self.slider.setRange(0, 6 * _DECADE)
        self.slider.setFixedWidth(90)
        for widget in (self.scale, self.slider):
            widget.setToolTip("An arrow of 1 px is drawn over so many pixels of the picture")
        self.rescale = QToolButton()
        self.rescale.setObjectName("marks_rescale")
        self.rescale.setText("Auto")
        self.rescale.setAutoRaise(True)
        self.rescale.setAccessibleName("A scale that suits the arrows")
        self.rescale.setToolTip("Choose a scale that suits the arrows; it stays when a fit makes them shorter")
        self.reference = ReferenceArrow()
        self._arrows = QWidget()
        row = QHBoxLayout(self._arrows)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE // 2)
        for widget in (self.arrows, self.scale, self.slider, self.rescale):
            row.addWidget(widget)
        self.lines = _box("marks_lines", "Lines", "Whether lines are drawn over the picture: a grid, an aperture")
        self._flow = Flow(self)
        # with the legend, and apart from the rest: where there is little room none of it is cut off
        for widget in (self.inputs, self.pick, self.reference, self._arrows, self.lines):
            self._flow.addWidget(widget)
        self._scaled = False
        self.inputs.activated.connect(lambda at: self.input_chosen.emit(self.inputs.itemData(at)))
        self.pick.toggled.connect(self.picking_changed)
        self.arrows.toggled.connect(lambda _on: self.shown_changed.emit())
        self.lines.toggled.connect(lambda _on: self.shown_changed.emit())
        self.scale.valueChanged.connect(self._scale_typed)
        self.slider.valueChanged.connect(self._scale_dragged)
        theme().changed.connect(self._retheme)
        self._retheme()
        self.inputs.hide()
        self.show_marks(None, (), {})

    def _retheme(self) -> None:
        self.setStyleSheet(legend_style("marks_bar"))

    @property
    def hidden(self) -> frozenset[str]:
        """States that are not to be seen."""
        return hidden(self.states)

    def set_inputs(self, choices: Sequence[tuple[int, str]], current: int | None) -> None:
        """Offer pictures.

        Parameters
        ----------
        choices : sequence of (int, str)
            Numbers and names.
        current : int or None
            The one that is shown.
        """
        with QSignalBlocker(self.inputs):
            known = [(self.inputs.itemData(at), self.inputs.itemText(at)) for at in range(self.inputs.count())]
            if known != list(choices):
                self.inputs.clear()
                for number, text in choices:
                    self.inputs.addItem(text, number)
            self.inputs.setCurrentIndex(self.inputs.findData(current))
        self.inputs.setVisible(len(choices) > 1)
        self._update()

    def show_marks(self, shown: Shown | None, pickable: Sequence[str], tips: dict[str, str]) -> None:
        """Show the legend of these.

        Parameters
        ----------
        shown : Shown or None
            None for none.
        pickable : sequence of str
            Options that a click changes; empty where it changes none.
        tips : dict of str to str
            ``pick``: what picking does.
        """
        states = shown.marks.states if shown is not None else ()
        if tuple(self.states) != states:
            self._make_legend(states)
        # where no mark is, such as on a product beside its input, there is nothing to hide
        here = shown is not None and shown.index.size > 0
        if shown is not None:
            for state, count, total in zip(states, shown.counts, shown.totals, strict=True):
                button = self.states[state]
                button.setVisible(total > 0 and here)
                more = f", {total:,} on all pictures" if total != count else ""
                button.tell(state, count, shown.marks.name, more=more)
        vectors = shown is not None and here and shown.marks.vectors is not None
        self._arrows.setVisible(vectors)
        self.reference.setVisible(vectors)
        if shown is not None and vectors:
            self.arrows.setText(shown.marks.vectors_name or "Arrows")
            if not self._scaled:
                self.propose_scale(shown)
        self.lines.setVisible(shown is not None and shown.number in shown.marks.lines)
        self.lines.setText("Grid" if shown is not None and shown.marks.name == "grid" else "Lines")
        self.pick.setVisible(bool(pickable))
        self.pick.setToolTip(tips.get("pick", ""))
        if not pickable:
            self.pick.setChecked(False)
        self._update()

    def _update(self) -> None:
        parts = (self.inputs, self.pick, *self.states.values(), self._arrows, self.lines)
        self.setVisible(any(not part.isHidden() for part in parts))

    def _make_legend(self, states: tuple[str, ...]) -> None:
        gone = self.hidden
        for button in self.states.values():
            self._flow.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.states = {}
        for at, (state, sign) in enumerate(zip(states, signs(states), strict=True), start=_BEFORE_LEGEND):
            name = f"marks_state_{state.replace(' ', '_')}"
            button = self.states[state] = LegendButton(name, sign, state not in gone)
            button.toggled.connect(lambda _on: self.shown_changed.emit())
            self._flow.insert_widget(at, button)

    # -- the scale of arrows -----------------------------------------------------------------------------------------

    def forget_scale(self) -> None:
        """The next marks have little to do with those before."""
        self._scaled = False

    def propose_scale(self, shown: Shown | None) -> None:
        """Let arrows of a usual length be as long as suits the marks and the picture.

        Parameters
        ----------
        shown : Shown or None
            The marks; None changes nothing.
        """
        import numpy as np

        if shown is None or shown.lengths is None:
            return

        lengths = shown.lengths
        usual = float(np.nanpercentile(lengths, 90)) if np.isfinite(lengths).any() else 0.0
        if usual > 0:
            scale = min(max(_round_length(shown.reach / usual), _LEAST), _MOST)
            self._scaled = True
            self._show_scale(scale)

    def _show_scale(self, scale: float) -> None:
        from math import log10

        with QSignalBlocker(self.scale), QSignalBlocker(self.slider):
            self.scale.setValue(scale)
            self.slider.setValue(round(_DECADE * log10(scale)))

    def _scale_typed(self, scale: float) -> None:
        self._scaled = True
        self._show_scale(scale)
        self.shown_changed.emit()

    def _scale_dragged(self, at: int) -> None:
        self._scaled = True
        scale = 10 ** (at / _DECADE)
        with QSignalBlocker(self.scale):
            self.scale.setValue(scale if scale < 10 else float(f"{scale:.2g}"))
        self.shown_changed.emit()


def _box(name: str, text: str, tip: str) -> QCheckBox:
    box = QCheckBox(text)
    box.setObjectName(name)
    box.setAccessibleName(tip)
    box.setToolTip(tip)
    box.setChecked(True)
    return box
