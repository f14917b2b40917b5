"""The widgets of a picture and how they are laid out; what they show is the business of `ImageView`."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from calgui.core.frames.limits import Limits
from calgui.views.image.canvas import Canvas
from calgui.views.image.compass import CompassOverlay
from calgui.views.image.controls import SourceBar, ViewBar
from calgui.views.image.histogram import LimitsBar
from calgui.views.image.item import PictureItem
from calgui.views.image.overlays import Overlays
from calgui.views.image.readout import ReadoutRow, StatisticsPanel
from calgui.views.theme import SPACE


class PictureFace(QWidget):
    """Title, choosers, canvas, figures of a box, histogram, readout.

    Parameters
    ----------
    parent : QWidget, optional
        As in Qt.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build()

    def set_note(self, text: str) -> None:
        """Say something on the picture, such as which part of the whole it is.

        Parameters
        ----------
        text : str
            Empty for nothing.
        """
        self.overlays.set_note(text)

    def look_at(self, x: float, y: float, side: float = 64) -> None:
        """Zoom to a pixel.

        Parameters
        ----------
        x, y : float
            Column and row, from 0.
        side : float
            Pixels that are seen about it.
        """
        self.canvas.look_at(x, y, side)

    def take_apart(self) -> tuple[QWidget, QWidget]:
        """Give the choosers and figures away, for a place that has them once for several pictures.

        Returns
        -------
        above, below : QWidget
            What stands above and below the picture; they stay connected with it.
        """
        above, below = QWidget(), QWidget()
        for holder, parts in (
            (above, (self.source_bar, self.bar)),
            (below, (self.panel, self.limits_bar, self.readout)),
        ):
            layout = QVBoxLayout(holder)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(SPACE // 2)
            for part in parts:
                layout.addWidget(part)
        own = self.layout()
        if own is not None:
            own.setContentsMargins(0, 0, 0, 0)
        return above, below

    @property
    def limits(self) -> Limits:
        """The values drawn darkest and brightest."""
        return self.item.limits

    def _build(self) -> None:
        self.title = QLabel()
        self.title.setObjectName("picture_title")
        self.title.setAccessibleName("What is shown")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.source_bar = SourceBar()
        self.bar = ViewBar()
        self.canvas = Canvas()
        self.item = PictureItem()
        self.canvas.add_picture(self.item)
        self.compass = CompassOverlay(self.canvas)
        self.overlays = Overlays(self.canvas)
        self.panel = StatisticsPanel()
        self.limits_bar = LimitsBar()
        self.readout = ReadoutRow()
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.source_bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE // 2)
        layout.addLayout(head)
        layout.addWidget(self.bar)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setObjectName("picture_splitter")
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.canvas)
        layout.addWidget(self.split, 1)
        layout.addWidget(self.panel)
        layout.addWidget(self.limits_bar)
        layout.addWidget(self.readout)

    def _retheme(self) -> None:
        self.canvas.retheme()
        self.panel.retheme()
        self.overlays.retheme()
        self.limits_bar.strip.update()

    def _place_size(self) -> QSize:
        return self.canvas.viewport().size() * self.canvas.devicePixelRatioF()
