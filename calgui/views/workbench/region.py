"""Which part of the frames the preview is computed from."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QWidget

from calgui.core.frames.statistics import Box
from calgui.views.theme import SPACE

SIDES = (128, 256, 512, 1024)


class PreviewRegion(QWidget):
    """Side and centre of the cut-out, in one row.

    Parameters
    ----------
    side : int
        That of the cut-out at first, one of `SIDES`.

    Signals
    -------
    changed()
        The preview is wanted of another part.
    """

    changed = Signal()

    def __init__(self, side: int = 256, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_preview_region")
        self.side = QComboBox()
        self.side.setObjectName("bench_preview_side")
        self.side.setAccessibleName("Size of the preview")
        self.side.setToolTip("Side of the cut-out that the preview is computed from, in pixels")
        for pixels in SIDES:
            self.side.addItem(f"{pixels} × {pixels}", pixels)
        self.side.setCurrentIndex(SIDES.index(side))
        self.x, self.y = self._centre("x"), self._centre("y")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self.side, 2)
        row.addWidget(QLabel("at"))
        row.addWidget(self.x, 2)
        row.addWidget(self.y, 2)
        self.side.currentIndexChanged.connect(lambda _index: self.changed.emit())

    def _centre(self, axis: str) -> QSpinBox:
        field = QSpinBox()
        field.setObjectName(f"bench_preview_{axis}")
        field.setAccessibleName(f"Centre of the preview in {axis}")
        field.setToolTip("Centre of the cut-out, from 0. Where you zoom into the whole result, the cut-out follows.")
        field.setPrefix(f"{axis} ")
        field.setRange(-1, -1)
        field.setSpecialValueText(f"{axis} centre")
        field.setKeyboardTracking(False)
        field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # room for the words and for five figures, whatever the range is now
        field.setMinimumWidth(field.fontMetrics().horizontalAdvance(f"{axis} centre") + 5 * SPACE)
        field.setFixedHeight(self.side.sizeHint().height())
        field.valueChanged.connect(lambda _value: self.changed.emit())
        return field

    @property
    def pixels(self) -> int:
        """Pixels on a side of the cut-out."""
        return int(self.side.currentData())

    @property
    def centre(self) -> tuple[float | None, float | None]:
        """Centre of the cut-out; None for the middle of the frame."""
        x, y = (float(field.value()) if field.value() >= 0 else None for field in (self.x, self.y))
        return x, y

    def follow(self, seen: Box | None, size: tuple[int, int]) -> None:
        """Take the part that is seen of a whole frame.

        Parameters
        ----------
        seen : Box or None
            None, or all of it, changes nothing.
        size : tuple of int
            (ny, nx) of the frame.
        """
        if seen is None or (seen.x_stop - seen.x_start >= size[1] and seen.y_stop - seen.y_start >= size[0]):
            return
        for field, first, last in ((self.x, seen.x_start, seen.x_stop), (self.y, seen.y_start, seen.y_stop)):
            with QSignalBlocker(field):
                field.setValue((first + last) // 2)

    def set_range(self, whole: tuple[int, int]) -> None:
        """Offer the pixels of a frame.

        Parameters
        ----------
        whole : tuple of int
            (ny, nx).
        """
        for field, length in ((self.x, whole[1]), (self.y, whole[0])):
            if field.maximum() != length - 1:
                with QSignalBlocker(field):
                    field.setRange(-1, length - 1)
