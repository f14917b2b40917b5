"""The chart of timelines: lanes of bars, marks of observations, a line at one night."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QToolTip, QWidget

from calgui.core.rules.questions.lanes import Lane
from calgui.core.rules.questions.timeline import Mark, Segment
from calgui.core.rules.values import Status
from calgui.views.rules.marks import STATUSES
from calgui.views.rules.timeline.axis import TimeAxis
from calgui.views.theme import theme

LANE, _BAR, _TOP = 40, 20, 28
_TITLE = 110
_NEAR = 5
#: neighbouring bars take turns, so that a border is seen
_FILLS = ("selected", "raised")


@dataclass(frozen=True)
class Spot:
    """What is under the cursor.

    Attributes
    ----------
    lane : int
        Its number.
    segment : Segment or None
    mark : Mark or None
        An observation; it lies over the segment.
    """

    lane: int
    segment: Segment | None
    mark: Mark | None = None


def date_words(moment: datetime | None, beginning: bool = False) -> str:
    """A moment for people: the day alone where it is midnight.

    Parameters
    ----------
    moment : datetime or None
        None for the beginning or end of time.
    beginning : bool
        Which of the two.

    Returns
    -------
    str
    """
    if moment is None or moment.year < 2:
        return "always" if beginning or moment is not None else "further on"
    return f"{moment:%Y-%m-%d}" if moment.time() == datetime.min.time() else f"{moment:%Y-%m-%d %H:%M:%S}"


class TimelineChart(QWidget):
    """Lanes over one axis of time; put it into a `ChartScroll`.

    Signals
    -------
    chosen(Spot)
        Clicked, or gone to by the arrow keys.
    zoomed()
        Another time is seen.
    """

    chosen = Signal(object)
    zoomed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline_chart")
        self.setAccessibleName("Which file was active when, by reference type")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.lanes: tuple[Lane, ...] = ()
        self.axis = TimeAxis(datetime(2020, 1, 1), datetime(2030, 1, 1), 0, 1)
        self.night: datetime | None = None
        self.spot: Spot | None = None
        self._whole = (self.axis.start, self.axis.end)
        self._dragged: QPointF | None = None
        self._moved = False
        theme().changed.connect(self.update)

    # ---- what is shown

    def show_lanes(self, lanes: Sequence[Lane], start: datetime, end: datetime, *, keep: bool = False) -> None:
        """Show other lanes.

        Parameters
        ----------
        lanes : sequence of Lane
            From top to bottom.
        start, end : datetime
            The whole of what is worth to be seen.
        keep : bool
            Whether what is seen stays.
        """
        self.lanes, self._whole = tuple(lanes), (start, end)
        self.spot = None
        if not keep:
            self.axis = TimeAxis(start, end, self.axis.left, self.axis.width)
        self.setFixedHeight(_TOP + LANE * len(self.lanes) + 6)
        self.updateGeometry()
        self.update()
        self.zoomed.emit()

    def fit(self) -> None:
        """See everything."""
        self.axis = TimeAxis(*self._whole, self.axis.left, self.axis.width)
        self.update()
        self.zoomed.emit()

    def set_night(self, moment: datetime | None) -> None:
        """Draw a line at a moment, and move there where it is out of sight."""
        self.night = moment
        if moment is not None and not self.axis.start <= moment <= self.axis.end:
            half = self.axis.span / 2
            self.axis = TimeAxis(moment - half, moment + half, self.axis.left, self.axis.width)
            self.zoomed.emit()
        self.update()

    def choose(self, spot: Spot | None) -> None:
        """Frame a segment."""
        self.spot = spot
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(700, _TOP + LANE * max(len(self.lanes), 1) + 6)

    # ---- drawing

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self.axis = self.axis.on(_TITLE, max(self.width() - _TITLE - 8, 50))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look = QPainter(self), theme()
        painter.fillRect(event.rect(), look.colour("surface"))
        metrics = QFontMetrics(self.font())
        self._paint_ticks(painter, metrics)
        for number, lane in enumerate(self.lanes):
            top = _TOP + number * LANE
            if top > event.rect().bottom() or top + LANE < event.rect().top():
                continue
            painter.setPen(look.colour("text"))
            name = metrics.elidedText(lane.type, Qt.TextElideMode.ElideRight, _TITLE - 16)
            painter.drawText(QRectF(8, top, _TITLE - 12, _BAR + 4), Qt.AlignmentFlag.AlignVCenter, name)
            painter.save()
            painter.setClipRect(QRectF(_TITLE, top, self.axis.width, LANE))
            if lane.told is None:
                painter.setPen(look.colour("warning"))
                painter.drawText(QRectF(_TITLE + 6, top, 2000, _BAR + 4), Qt.AlignmentFlag.AlignVCenter, lane.problem)
            else:
                self._paint_bars(painter, lane.told.segments, top, metrics)
                self._paint_marks(painter, lane.marks, top)
            painter.restore()
            painter.setPen(look.colour("line"))
            painter.drawLine(0, top + LANE - 1, self.width(), top + LANE - 1)
        if self.night is not None:
            painter.setPen(QPen(look.colour("accent"), 2))
            at = self.axis.x(self.night, 0)
            if at >= _TITLE:
                painter.drawLine(QPointF(at, _TOP - 6), QPointF(at, self.height()))
        painter.end()

    def _paint_ticks(self, painter: QPainter, metrics: QFontMetrics) -> None:
        look = theme()
        for moment, text in self.axis.ticks():
            at = self.axis.x(moment, 0)
            painter.setPen(look.colour("line"))
            painter.drawLine(QPointF(at, _TOP - 6), QPointF(at, self.height()))
            painter.setPen(look.colour("muted"))
            width = metrics.horizontalAdvance(text)
            left = min(max(at - width / 2, _TITLE), self.width() - width - 2)
            painter.drawText(QPointF(left, _TOP - 11), text)

    def _bar(self, segment: Segment, top: float) -> QRectF:
        left = self.axis.x(segment.start, self.axis.left - 20)
        right = self.axis.x(segment.end, self.axis.left + self.axis.width + 20)
        return QRectF(left, top + 2, max(right - left, 1.5), _BAR)

    def _paint_bars(self, painter: QPainter, segments: Sequence[Segment], top: float, metrics: QFontMetrics) -> None:
        look, turn = theme(), 0
        for segment in segments:
            box = self._bar(segment, top)
            turn += 1
            if box.right() < _TITLE or box.left() > self.width():
                continue
            if segment.file is not None:
                painter.fillRect(box, look.colour(_FILLS[turn % 2]))
                role, text, sign = "text", segment.file, ""
            else:
                mark = STATUSES[segment.status]
                nothing = segment.status is Status.NOT_APPLICABLE
                _hatch(painter, box, look.colour("line" if nothing else "error"))
                role, text, sign = mark.role, f"{mark.glyph} {mark.word}", mark.glyph
            painter.setPen(QPen(look.colour("line"), 1))
            painter.drawRect(box)
            seen = box.intersected(QRectF(_TITLE, 0, self.axis.width, 1e6)).adjusted(5, 0, -3, 0)
            if seen.width() > 24:
                painter.setPen(look.colour(role))
                said = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, int(seen.width()))
                # of a name both ends tell something, of a word its end tells nothing
                said = sign if sign and said != text else said
                painter.drawText(seen, Qt.AlignmentFlag.AlignVCenter, said)
            if self.spot is not None and self.spot.segment is segment:
                painter.setPen(QPen(look.colour("accent"), 2))
                painter.drawRect(box.adjusted(1, 1, -1, -1))

    def _paint_marks(self, painter: QPainter, marks: Sequence[Mark], top: float) -> None:
        look, done = theme(), set()
        for mark in marks:
            at = round(self.axis.x(mark.when, -1e6))
            lost = mark.file is None
            # thousands of the same pixel are one stroke
            if (at, lost) in done or not _TITLE <= at <= self.width():
                continue
            done.add((at, lost))
            painter.setPen(QPen(look.colour("error" if lost else "accent"), 2))
            low = top + _BAR + 5
            if lost:
                painter.drawLine(QPointF(at - 4, low), QPointF(at + 4, low + 8))
                painter.drawLine(QPointF(at - 4, low + 8), QPointF(at + 4, low))
            else:
                painter.drawLine(QPointF(at, low - 1), QPointF(at, low + 9))

    # ---- what is under the cursor

    def spot_at(self, where: QPointF) -> Spot | None:
        """The lane, segment and observation at a place.

        Parameters
        ----------
        where : QPointF
            In the widget.

        Returns
        -------
        Spot or None
            None where no lane is.
        """
        number = int((where.y() - _TOP) // LANE)
        if not 0 <= number < len(self.lanes) or where.x() < _TITLE:
            return None
        lane, low = self.lanes[number], where.y() - _TOP - number * LANE
        if lane.told is None:
            return Spot(number, None)
        moment = self.axis.moment(where.x())
        mark = None
        if low > _BAR:
            near = [(abs(self.axis.x(one.when, -1e6) - where.x()), one) for one in lane.marks]
            apart, nearest = min(near, key=lambda pair: pair[0], default=(1e9, None))
            mark = nearest if apart <= _NEAR else None
        return Spot(number, lane.told.at(moment), mark)

    def words(self, spot: Spot) -> str:
        """What the cursor tells.

        Parameters
        ----------
        spot : Spot

        Returns
        -------
        str
            Lines of text.
        """
        lane, segment = self.lanes[spot.lane], spot.segment
        if segment is None:
            return lane.problem
        lines = []
        if spot.mark is not None:
            said = spot.mark.file or STATUSES[spot.mark.status].word
            lines.append(f"Observation of {date_words(spot.mark.when)}: {said}")
        lines.append(f"{lane.type}: {segment.file or STATUSES[segment.status].word}")
        lines.append(f"from {date_words(segment.start, True)} to {date_words(segment.end)}")
        if segment.rule:
            lines.append(f"rule {', '.join(segment.rule)}" + (f", {segment.date}" if segment.date else ""))
        if segment.message:
            lines.append(segment.message)
        return "\n".join(lines)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the time, or tell."""
        if self._dragged is not None and event.buttons() & Qt.MouseButton.LeftButton:
            by = event.position().x() - self._dragged.x()
            if abs(by) > 3 or self._moved:
                self._moved = True
                self._dragged = event.position()
                self.axis = self.axis.moved(by)
                self.update()
                self.zoomed.emit()
            return
        spot = self.spot_at(event.position())
        if spot is not None:
            QToolTip.showText(event.globalPosition().toPoint(), self.words(spot), self)
        else:
            QToolTip.hideText()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged, self._moved = event.position(), False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click chooses."""
        if event.button() == Qt.MouseButton.LeftButton and not self._moved:
            spot = self.spot_at(event.position())
            if spot is not None:
                self.choose(spot)
                self.chosen.emit(spot)
        self._dragged = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """See everything."""
        self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the cursor; with Shift, or sideways, move."""
        turn = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        if abs(turn.x()) > abs(turn.y()) or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.axis = self.axis.moved((turn.x() or turn.y()) / 2)
        else:
            self.axis = self.axis.zoomed(0.8 ** (turn.y() / 120), event.position().x())
        event.accept()
        self.update()
        self.zoomed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus and minus zoom, Home fits, arrows go from segment to segment."""
        middle = self.axis.left + self.axis.width / 2
        key = event.key()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.axis = self.axis.zoomed(1.25 if key == Qt.Key.Key_Minus else 0.8, middle)
        elif key == Qt.Key.Key_Home:
            self.fit()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(key)
        else:
            super().keyPressEvent(event)
            return
        self.update()
        self.zoomed.emit()

    def _step(self, key: int) -> None:
        if not self.lanes:
            return
        number = self.spot.lane if self.spot is not None else 0
        number += {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(key), 0) if self.spot is not None else 0
        number = min(max(number, 0), len(self.lanes) - 1)
        told = self.lanes[number].told
        if told is None:
            self.choose(Spot(number, None))
            return
        segments = told.segments
        same = self.spot is not None and self.spot.segment in segments
        place = segments.index(self.spot.segment) if same and self.spot is not None else len(segments) - 1
        place += {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(key), 0) if same else 0
        spot = Spot(number, segments[min(max(place, 0), len(segments) - 1)])
        self.choose(spot)
        self.chosen.emit(spot)

    def event(self, event: QEvent) -> bool:
        """Tooltips are shown as the cursor moves, not after a while."""
        return True if event.type() == QEvent.Type.ToolTip else super().event(event)


class ChartScroll(QScrollArea):
    """Lanes that are more than fit, one below the other."""

    def __init__(self, chart: TimelineChart, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline_scroll")
        self.setAccessibleName("Files over time, a lane for each type")
        self.setWidget(chart)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)


def _hatch(painter: QPainter, box: QRectF, colour: QColor) -> None:
    painter.save()
    faint = QColor(colour)
    faint.setAlpha(110)
    painter.setBrush(Qt.BrushStyle.BDiagPattern)
    brush = painter.brush()
    brush.setColor(faint)
    painter.fillRect(box, brush)
    painter.restore()
