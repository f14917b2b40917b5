"""The row and the column through the cursor."""

from PySide6.QtWidgets import QHBoxLayout, QWidget

from calgui.core.frames.statistics import Box
from calgui.core.regions.profiles import through
from calgui.views.image.content import Content
from calgui.views.image.measure.figure import Curve, Figure
from calgui.views.theme import SPACE


class ProfilesPage(QWidget):
    """Two plots beside each other: along x, and along y.

    Parameters
    ----------
    parent : QWidget, optional
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("picture_profiles")
        self._content: Content | None = None
        self.row = Figure("profile_row", "Row through the cursor", self)
        self.column = Figure("profile_column", "Column through the cursor", self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self.row)
        layout.addWidget(self.column)
        self._at: tuple[int, int] | None = None

    def set_content(self, content: Content | None) -> None:
        """Read another picture; the place stays.

        Parameters
        ----------
        content : Content or None
            What is shown now.
        """
        self._content = content
        if self._at is not None:
            self.show_at(*self._at)

    def show_at(self, x: int, y: int, seen: Box | None = None) -> None:
        """Draw the row and column through a pixel.

        Parameters
        ----------
        x, y : int
            Column and row, from 0.
        seen : Box, optional
            The part of the picture that is seen: the plots show as much.
        """
        content = self._content
        values = content.values if content is not None else None
        if content is None or values is None or not (0 <= x < content.size[1] and 0 <= y < content.size[0]):
            return
        self._at = x, y
        unit = f"value ({content.unit})" if content.unit else "value"
        for figure, way, at, mark in ((self.row, "row", y, x), (self.column, "column", x, y)):
            profile = through(values, way, at)  # type: ignore[arg-type]
            figure.draw([Curve(profile.title, profile.place, profile.value)], f"{profile.axis}, {profile.title}",
                        unit, mark)  # fmt: skip
        if seen is not None:
            self.row.setXRange(seen.x_start, seen.x_stop - 1, padding=0)
            self.column.setXRange(seen.y_start, seen.y_stop - 1, padding=0)
