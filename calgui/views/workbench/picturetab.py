"""The tab of the picture: what stands above, below and beside it, arranged by the room."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QSplitter, QVBoxLayout, QWidget

#: metrics stand beside the picture where there is room for both, else below it
_LEAST_PICTURE, _METRICS_WIDE, _METRICS_HIGH, _METRICS_LOW = 330, 244, 150, 100
#: where the picture has this width beside them, they get as much as their names need
_AMPLE_PICTURE, _METRICS_AMPLE = 500, 284


class PictureTab(QSplitter):
    """The picture, with its numbers beside it, or below it where the tab is narrow.

    Parameters
    ----------
    picture : QWidget
        Gets all room that is left.
    side : QWidget or None
        Metrics and hot pixels; hidden as long as there are none. None where they come later.
    ample : int
        Width of the side where there is room for it, pixels.
    parent : QWidget, optional
    """

    def __init__(
        self, picture: QWidget, side: QWidget | None, ample: int = _METRICS_AMPLE, parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("bench_picture_tab")
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        self.addWidget(picture)
        self.setStretchFactor(0, 1)
        self._ample, self._wide, self._moved = ample, _METRICS_WIDE, False
        self._sizes: list[int] = []
        if side is not None:
            self.take_side(side)
        self.splitterMoved.connect(self._take_over)

    def take_side(self, side: QWidget) -> None:
        """Put the side here; several tabs may share one, which is where it is seen.

        Parameters
        ----------
        side : QWidget
            Of this tab from now on.
        """
        self.addWidget(side)
        self.setStretchFactor(1, 0)
        side.setMinimumSize(_METRICS_WIDE, _METRICS_LOW)
        self.setSizes(self._sizes or self._shares(self.size()))

    def minimumSizeHint(self) -> QSize:
        """Of the narrow arrangement, so that there is a way to it."""
        least = self.widget(0).minimumSizeHint()
        return QSize(max(least.width(), _METRICS_WIDE), least.height() + _METRICS_LOW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Beside where there is room, else below."""
        room = event.size().width()
        beside = room >= _LEAST_PICTURE + _METRICS_WIDE
        wanted = Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical
        wide = self._ample if room >= _AMPLE_PICTURE + self._ample else _METRICS_WIDE
        if wanted != self.orientation() or (beside and wide != self._wide and not self._moved):
            self.setOrientation(wanted)
            self._wide = wide
            self.setSizes(self._shares(event.size()))
        super().resizeEvent(event)

    def _shares(self, size: QSize) -> list[int]:
        """Of the picture and its side; below a low picture there is less of it, as the picture needs it more."""
        if self.orientation() == Qt.Orientation.Horizontal:
            return [max(size.width() - self._wide, _LEAST_PICTURE), self._wide]
        high = min(max(size.height() // 5, _METRICS_LOW), _METRICS_HIGH)
        return [max(size.height() - high, _LEAST_PICTURE), high]

    def _take_over(self) -> None:
        """Whoever moved the border knows best."""
        self._moved, self._sizes = True, self.sizes()


def surrounded(picture: QWidget, above: list[QWidget], below: QWidget | None) -> QWidget:
    """A picture with rows of tools above it, and what belongs to it below, which can be given more room.

    Parameters
    ----------
    picture : QWidget
        Gets all room that is left.
    above : list of QWidget
        One below the other.
    below : QWidget or None
        None for nothing.

    Returns
    -------
    QWidget
    """
    both = QWidget()
    both.setObjectName("bench_painted")
    column = QVBoxLayout(both)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for row in above:
        column.addWidget(row)
    column.addWidget(picture, 1)
    if below is None:
        return both
    split = QSplitter(Qt.Orientation.Vertical)
    split.setObjectName("bench_picture_split")
    split.setHandleWidth(1)
    split.addWidget(both)
    split.addWidget(below)
    split.setCollapsible(0, False)
    split.setStretchFactor(0, 2)
    split.setStretchFactor(1, below.sizePolicy().verticalPolicy() != QSizePolicy.Policy.Maximum)
    return split
