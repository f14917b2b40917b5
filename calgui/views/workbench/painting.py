"""Painting a bad pixel map by hand: a row of tools above its picture, each stroke a step that can be undone."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainterPath, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QFrame,
    QGraphicsPathItem,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from calgui.core.algorithms.badpixels.edits import BRUSHES, Edits, Stroke, brushed, clear_all, enclosed
from calgui.core.frames import dq
from calgui.core.runs.flagged import KINDS_OF_MASKS
from calgui.views.image.view import ImageView
from calgui.views.theme import SPACE, theme

#: what clears whatever a pixel has
_EVERY = "all flags"
#: pixels of a stroke that are drawn one by one while it is made; of more only the first are
_MOST = 20_000


class PaintBar(QFrame):
    """The tools, and what is painted before it is part of the map.

    Signals
    -------
    stroked(object)
        A `Stroke` that the user has made.

    Parameters
    ----------
    picture : ImageView
        Of the map.
    parent : QWidget, optional
    """

    stroked = Signal(object)

    def __init__(self, picture: ImageView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bench_paint_bar")
        self._picture = picture
        self._points: list[tuple[float, float]] = []
        self.paint = QPushButton("Paint")
        self.paint.setObjectName("bench_paint")
        self.paint.setCheckable(True)
        self.paint.setAccessibleName("Paint by hand")
        self.paint.setToolTip("Set or clear flags with the mouse: click a pixel, or drag. The wheel still zooms.")
        self.way = _chooser("bench_paint_way", "Set or clear", "Whether the flag is set or cleared", ("set", "clear"))
        self.flag = _chooser("bench_paint_flag", "Flag to paint", "The flag that is set or cleared", KINDS_OF_MASKS)
        self.flag.addItems(["SATURATED", "RC", "NONLINEAR", "DO_NOT_USE"])
        self.unusable = QCheckBox("and DO_NOT_USE")
        self.unusable.setObjectName("bench_paint_unusable")
        self.unusable.setAccessibleName("Set or clear DO_NOT_USE too")
        self.unusable.setToolTip("Whether pixels get, or lose, DO_NOT_USE together with the flag")
        self.unusable.setChecked(True)
        self.brush = _chooser(
            "bench_paint_brush", "Brush", "Side of the square brush", tuple(f"{side} px" for side in BRUSHES)
        )
        self.region = QPushButton("In the region")
        self.region.setObjectName("bench_paint_region")
        self.region.setAccessibleName("Paint the pixels of the chosen region")
        self.count = QLabel()
        self.count.setObjectName("bench_paint_count")
        self.count.setAccessibleName("Pixels set by hand")
        # room for it from the beginning: the picture stays where it is at the first stroke
        self.count.setMinimumWidth(self.count.fontMetrics().horizontalAdvance("9,999 by hand"))
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._rows.setContentsMargins(SPACE // 2, SPACE // 2, SPACE // 2, 0)
        self._rows.setSpacing(SPACE // 2)
        self._halves = [QWidget(), QWidget()]
        for half, widgets in zip(
            self._halves,
            ((self.paint, self.way, self.flag, self.brush), (self.unusable, self.region, self.count)),
            strict=True,
        ):
            row = QHBoxLayout(half)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(SPACE // 2)
            for widget in widgets:
                row.addWidget(widget)
            row.addStretch(1)
            self._rows.addWidget(half)
        self._rows.addStretch(1)
        self._live = QGraphicsPathItem(picture.canvas.layer)
        self._live.setPen(Qt.PenStyle.NoPen)
        self._live.setZValue(5)
        self._live.hide()
        self.paint.toggled.connect(self._toggled)
        self.way.currentTextChanged.connect(self._way_changed)
        self.flag.currentTextChanged.connect(self._flag_changed)
        self.region.clicked.connect(self._in_region)
        picture.canvas.clicked.connect(self._dab)
        picture.bar.box.toggled.connect(self._other_tool)
        picture.measuring.layer.tool_changed.connect(self._other_tool)
        theme().changed.connect(self._retheme)
        self._way_changed()
        self._retheme()
        self.show_edits(0)

    def _retheme(self) -> None:
        self.count.setStyleSheet(f"color: {theme().colour('muted').name()};")

    def minimumSizeHint(self) -> QSize:
        """Of two rows, which is how it stands where there is no room for one."""
        least = [half.minimumSizeHint() for half in self._halves]
        return QSize(max(size.width() for size in least) + 2 * SPACE, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One row, or two."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        room = sum(half.sizeHint().width() for half in self._halves) + 3 * SPACE
        ways = QBoxLayout.Direction
        wanted = ways.LeftToRight if self.width() >= room else ways.TopToBottom
        if wanted != self._rows.direction():
            self._rows.setDirection(wanted)

    def set_ready(self, ready: bool) -> None:
        """Whether there is a map to paint on: the whole result, not a preview.

        Parameters
        ----------
        ready : bool
            Which.
        """
        if not ready:
            self.paint.setChecked(False)
            self.settle()
        for widget in (self.paint, self.way, self.flag, self.unusable, self.brush, self.region):
            widget.setEnabled(ready)
        if ready:
            self._way_changed()
        self.region.setToolTip(
            "Set or clear the flag in the region that is chosen (Draw, above the picture)"
            if ready
            else "Run the whole frames first"
        )

    def show_edits(self, pixels: int) -> None:
        """Say how many pixels were changed by hand.

        Parameters
        ----------
        pixels : int
            None is 0.
        """
        self.count.setText(f"{pixels:,} by hand" if pixels else "")
        self._arrange()

    def settle(self) -> None:
        """What was painted is part of the map now, or never will be."""
        self._points = []
        self._live.hide()
        self._live.setPath(QPainterPath())

    # -- the mouse ---------------------------------------------------------------------------------------------------

    def _toggled(self, on: bool) -> None:
        picture = self._picture
        if on:
            picture.measuring.layer.set_tool("")
            picture.bar.box.setChecked(False)
        picture.measuring.taken = self._dragged if on else None
        picture.canvas.set_drawing(on or picture.bar.box.isChecked() or bool(picture.measuring.layer.tool))
        hint = "Drag to paint, click for one dab; every stroke can be undone (Ctrl+Z)." if on else ""
        picture.bar.hint.emit(hint)

    def _other_tool(self, chosen: object) -> None:
        """A box or a region is to be drawn instead."""
        if chosen and self.paint.isChecked():
            self.paint.setChecked(False)

    def _dragged(self, start: QPointF, end: QPointF, done: bool) -> None:
        if not self._points:
            self._points = [(start.x(), start.y())]
        self._points.append((end.x(), end.y()))
        self._draw()
        if done:
            self._finish()

    def _dab(self, at: QPointF, double: bool) -> None:
        if self.paint.isChecked() and not double:
            self._points = [(at.x(), at.y())]
            self._draw()
            self._finish()

    def _in_region(self) -> None:
        regions = self._picture.measuring.regions
        current = regions.current
        if current is None or self._picture.content is None:
            self._picture.bar.hint.emit("Draw a region first (Draw, above the picture), or choose one.")
            return
        self._stroke(enclosed(regions[current].shape, self._picture.content.size))

    # -- the stroke --------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        content = self._picture.content
        points, self._points = self._points, []
        if content is not None:
            self._stroke(brushed(points, self._side, content.size))

    def _stroke(self, pixels: object) -> None:
        index = Stroke.of(0, True, pixels).index  # type: ignore[arg-type]
        if not index.size:
            self.settle()
            return
        clear = self.way.currentText() == "clear"
        if clear and self.flag.currentText() == _EVERY:
            self.stroked.emit(clear_all(index))
            return
        bits = dq.BY_NAME[self.flag.currentText()].value
        if self.unusable.isChecked():
            bits |= dq.DO_NOT_USE
        self.stroked.emit(Stroke.of(bits, not clear, index))

    @property
    def _side(self) -> int:
        return BRUSHES[self.brush.currentIndex()]

    def _draw(self) -> None:
        """The stroke as it is made, over the picture."""
        content = self._picture.content
        if content is None:
            return
        index = brushed(self._points, self._side, content.size)[:_MOST]
        path = QPainterPath()
        wide = content.size[1]
        for at in index.tolist():
            path.addRect(QRectF(at % wide - 0.5, at // wide - 0.5, 1, 1))
        clear = self.way.currentText() == "clear"
        name = self.flag.currentText()
        colour = theme().colour("picture") if clear else QColor(dq.BY_NAME[name].colour)
        self._live.setBrush(colour)
        self._live.setPath(path)
        self._live.show()

    # -- choices -----------------------------------------------------------------------------------------------------

    def _way_changed(self) -> None:
        """Only what is cleared can be everything."""
        clear = self.way.currentText() == "clear"
        at = self.flag.findText(_EVERY)
        if clear and at < 0:
            self.flag.insertItem(0, _EVERY)
            self.flag.setCurrentIndex(0)
        elif not clear and at >= 0:
            self.flag.removeItem(at)
        self._flag_changed()

    def _flag_changed(self) -> None:
        self.unusable.setEnabled(self.paint.isEnabled() and self.flag.currentText() not in (_EVERY, "DO_NOT_USE"))
        flag = dq.BY_NAME.get(self.flag.currentText())
        meaning = f": {flag.meaning}" if flag is not None else ""
        self.flag.setToolTip(f"The flag that is set or cleared{meaning}")


def words(before: Edits, after: Edits) -> str:
    """What was done, as it follows the word Undo.

    Parameters
    ----------
    before, after : Edits
        One stroke apart.

    Returns
    -------
    str
        Empty where nothing was.
    """
    return after.strokes[-1].text if len(after.strokes) > len(before.strokes) else ""


def _chooser(name: str, title: str, tip: str, items: tuple[str, ...]) -> QComboBox:
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(title)
    box.setToolTip(tip)
    box.addItems(items)
    return box
