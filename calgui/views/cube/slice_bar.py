"""Which picture of a cube is shown: a plane, or what is made of a range of planes; and playing through the planes."""

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSlider, QSpinBox, QToolButton, QWidget

from calgui.views.cube.range_fields import Planes, RangeFields
from calgui.views.image.controls import chooser
from calgui.views.theme import SPACE, figures

PICTURES = {
    "one plane": "The plane at the slider",
    "mean": "Mean of the planes of the range on the plot",
    "sum": "Sum of the planes of the range on the plot",
    "median": "Median of the planes of the range on the plot",
    "line flux": "Sum over the range, less a straight continuum through the two ranges beside it",
    "continuum": "The continuum under the line",
    "line centre": "First moment of the line",
    "line width": "Second moment of the line, as a standard deviation",
}
ONE = "one plane"
COLLAPSED = ("mean", "sum", "median")
MAPS = ("line flux", "continuum", "line centre", "line width")


class SliceBar(QWidget):
    """What is shown, play, slider and number; or the numbers of a range. `speed` and `hold` stand below it.

    Signals
    -------
    plane_chosen(int)
        By slider, number, key or playing.
    picture_chosen(str)
        Of `PICTURES`.

    Parameters
    ----------
    parent : QWidget, optional
    """

    plane_chosen = Signal(int)
    picture_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("slice_bar")
        self.picture = chooser("cube_picture", "What is shown of the cube", "What is shown", ())
        self._offer(False)
        self.play = QToolButton(self)
        self.play.setObjectName("cube_play")
        self.play.setText("Play")
        self.play.setToolTip("Go through the planes (Space)")
        self.play.setAccessibleName("Go through the planes")
        self.play.setCheckable(True)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setObjectName("cube_slider")
        self.slider.setAccessibleName("Plane")
        self.slider.setToolTip("Plane of the cube; Page Up and Page Down go by one")
        self.slider.setPageStep(1)
        self.number = QSpinBox(self)
        self.number.setObjectName("cube_plane")
        self.number.setAccessibleName("Number of the plane")
        self.number.setToolTip("Number of the plane, from 0")
        self.number.setKeyboardTracking(False)
        self.speed = QSpinBox(self)
        self.speed.setObjectName("cube_speed")
        self.speed.setAccessibleName("Planes a second")
        self.speed.setToolTip("Planes a second while playing")
        self.speed.setRange(1, 60)
        self.speed.setValue(10)
        self.speed.setSuffix(" /s")
        self.hold = QCheckBox("hold limits", self)
        self.hold.setObjectName("cube_hold")
        self.hold.setToolTip("Draw every plane between the same limits; off: each between its own")
        self.hold.setChecked(True)
        self.where = QLabel(self)
        self.where.setObjectName("cube_where")
        self.where.setAccessibleName("Where the plane is")
        self.where.setFont(figures())
        self.ranges = RangeFields(self)
        self.ranges.hide()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._turn)
        #: whether the picture is still being made: no further plane is asked for
        self.waiting = False
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE, 0, SPACE, 0)
        layout.setSpacing(SPACE // 2)
        for widget in (self.picture, self.play):
            layout.addWidget(widget)
        layout.addWidget(self.slider, 1)
        for widget in (self.number, self.where):
            layout.addWidget(widget)
        layout.addWidget(self.ranges, 1)
        self.slider.valueChanged.connect(self._go)
        self.number.valueChanged.connect(self._go)
        self.play.toggled.connect(self._play)
        self.speed.valueChanged.connect(lambda _value: self._play(self.play.isChecked()))
        self.picture.currentIndexChanged.connect(self._choose)

    def set_count(self, count: int, ramp: bool) -> None:
        """Offer the planes of another cube.

        Parameters
        ----------
        count : int
            How many.
        ramp : bool
            Whether they are reads: of those there are no maps of a line.
        """
        self.play.setChecked(False)
        self.ranges.set_count(count, "reads" if ramp else "planes")
        for field in (self.slider, self.number):
            with QSignalBlocker(field):
                field.setRange(0, max(count - 1, 0))
        self.number.setSuffix(f" / {max(count - 1, 0)}")
        self._offer(ramp)

    def _offer(self, ramp: bool) -> None:
        """What can be shown; the choice stays where it can."""
        names = [name for name in PICTURES if not (ramp and name in MAPS)]
        before = self.shown
        with QSignalBlocker(self.picture):
            self.picture.clear()
            for place, name in enumerate(names):
                self.picture.addItem("one read" if ramp and name == ONE else name)
                tip = PICTURES[name].replace("plane", "read") if ramp else PICTURES[name]
                self.picture.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
            self.picture.setCurrentIndex(names.index(before) if before in names else 0)

    @property
    def shown(self) -> str:
        """Which picture is chosen: a key of `PICTURES`."""
        return self.picture.currentText() if self.picture.currentIndex() > 0 else ONE

    def show_ranges(self, main: Planes, beside: tuple[Planes, Planes]) -> None:
        """Show the numbers of the ranges where a picture is made of them, else the slider.

        Parameters
        ----------
        main : tuple of int
            The range.
        beside : tuple of tuple of int
            Those of continuum.
        """
        ranged = self.shown in (*COLLAPSED, *MAPS)
        self.ranges.show_ranges(main, beside, self.shown in MAPS)
        for widget in (self.play, self.slider, self.number, self.where):
            widget.setVisible(not ranged)
        self.ranges.setVisible(ranged)

    def show_plane(self, plane: int, where: str) -> None:
        """Show which plane is shown, without telling.

        Parameters
        ----------
        plane : int
            From 0.
        where : str
            Its wavelength or time.
        """
        for field in (self.slider, self.number):
            with QSignalBlocker(field):
                field.setValue(plane)
        self.where.setText(where)

    def _go(self, plane: int) -> None:
        if self.picture.currentIndex():
            self.picture.setCurrentIndex(0)
        self.plane_chosen.emit(plane)

    def _choose(self, _place: int) -> None:
        if self.shown != ONE:
            self.play.setChecked(False)
        self.picture_chosen.emit(self.shown)

    def _play(self, on: bool) -> None:
        self.play.setText("Pause" if on else "Play")
        if on:
            if self.picture.currentIndex():
                self.picture.setCurrentIndex(0)
            self._timer.start(max(1, 1000 // self.speed.value()))
        else:
            self._timer.stop()

    def _turn(self) -> None:
        """The next plane, unless the last one is still to come: planes are left out rather than piled up."""
        if not self.waiting and self.slider.maximum() > 0:
            following = self.slider.value() + 1
            self.plane_chosen.emit(0 if following > self.slider.maximum() else following)

    def key(self, event: QKeyEvent) -> bool:
        """What a key does: Space plays, Page Up and Page Down go by one plane.

        Parameters
        ----------
        event : QKeyEvent
            A key press.

        Returns
        -------
        bool
            Whether it did anything.
        """
        steps = {Qt.Key.Key_PageDown: -1, Qt.Key.Key_PageUp: 1}
        if event.key() == Qt.Key.Key_Space:
            self.play.toggle()
        elif event.key() in steps:
            self.slider.setValue(self.slider.value() + steps[Qt.Key(event.key())])
        else:
            return False
        return True
