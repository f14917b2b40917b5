"""Lays pictures out: one, a grid, blinking, or split by an edge that is dragged."""

import math
from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QChildEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from calgui.views.image.view import ImageView
from calgui.views.theme import theme

Mode = Literal["one", "grid", "blink", "split"]
_GAP = 6
_GRIP = 9


class Pane(QWidget):
    """The window through which a picture is seen: as large as the picture, or a part of it where it is split.

    Parameters
    ----------
    board : Board
        Where it is.
    """

    def __init__(self, board: "Board") -> None:
        super().__init__(board)
        self.setObjectName("compared_pane")
        self.setAutoFillBackground(True)
        self.hide()
        self._room = QRect()

    def show_part(self, part: QRect, whole: QRect) -> None:
        """Show a part of a picture that is laid out in a larger room.

        Parameters
        ----------
        part, whole : QRect
            On the board.
        """
        self._room = whole.translated(-part.topLeft())
        self.setGeometry(part)
        self._fill()

    def show_whole(self, room: QRect) -> None:
        """Show all of the picture.

        Parameters
        ----------
        room : QRect
            On the board.
        """
        self.show_part(room, room)

    def childEvent(self, event: QChildEvent) -> None:
        """Lay out what is put into it."""
        super().childEvent(event)
        self._fill()

    def _fill(self) -> None:
        for child in self.children():
            if isinstance(child, ImageView) and child.geometry() != self._room:
                child.setGeometry(self._room)


class Board(QWidget):
    """Pictures in the same place or beside one another.

    Signals
    -------
    turned(int)
        Blinking has come to this picture.
    edge_moved(float)
        The edge of a split was dragged; 0 is left, 1 right.

    Parameters
    ----------
    parent : QWidget, optional
    """

    turned = Signal(int)
    edge_moved = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare_board")
        self.setAccessibleName("Compared pictures")
        self.setMinimumSize(240, 180)
        self.views: list[ImageView] = []
        self.mode: Mode = "one"
        self.current = 0
        #: the two of a split: left, right
        self.pair = (0, 1)
        self.edge = 0.5
        self._grip = _Grip(self)
        self._grip.hide()
        self._timer = QTimer(self, interval=500)
        self._timer.timeout.connect(self.step)

    # ---- what is shown

    def set_views(self, views: Sequence[ImageView]) -> None:
        """Lay out other pictures.

        Parameters
        ----------
        views : sequence of ImageView
            Children of the board.
        """
        self.views = list(views)
        self.current = min(self.current, max(len(self.views) - 1, 0))
        self.lay()

    def set_mode(self, mode: Mode) -> None:
        """Lay the pictures out another way.

        Parameters
        ----------
        mode : str
            ``one``, ``grid``, ``blink`` or ``split``.
        """
        self.mode = mode
        self.lay()
        self.set_running(mode == "blink")

    def _pane(self, place: int) -> Pane:
        pane = self.views[place].parentWidget()
        assert isinstance(pane, Pane)
        return pane

    def show_one(self, place: int) -> None:
        """Bring a picture to the front.

        Parameters
        ----------
        place : int
            Of the views.
        """
        if 0 <= place < len(self.views) and place != self.current:
            before = self.current
            self.current = place
            if self.mode in ("one", "blink"):
                pane = self._pane(place)
                pane.show_whole(self.rect())
                pane.show()
                if self.mode == "blink":
                    pane.raise_()  # those behind stay: hiding one paints the place anew
                elif before < len(self.views):
                    self._pane(before).hide()

    def set_pair(self, left: int, right: int) -> None:
        """Choose the two pictures of a split.

        Parameters
        ----------
        left, right : int
            Of the views.
        """
        self.pair = (left, right)
        self.lay()

    # ---- blinking

    @property
    def running(self) -> bool:
        """Whether it blinks now."""
        return self._timer.isActive()

    def set_running(self, on: bool) -> None:
        """Blink, or stand still."""
        if on and self.mode == "blink" and len(self.views) > 1:
            self._timer.start()
        else:
            self._timer.stop()

    def set_interval(self, seconds: float) -> None:
        """How long each picture stays.

        Parameters
        ----------
        seconds : float
            At least 0.05.
        """
        self._timer.setInterval(max(50, round(1000 * seconds)))

    def step(self, by: int = 1) -> None:
        """Bring the next picture to the front.

        Parameters
        ----------
        by : int
            -1 for the one before.
        """
        if self.views:
            self.show_one((self.current + by) % len(self.views))
            self.turned.emit(self.current)

    # ---- layout

    def lay(self) -> None:
        """Put every picture in its place."""
        for view in self.views:
            view.item.set_part(0.0, 1.0)
            _put_names(view, right=False)
        self._grip.setVisible(self.mode == "split" and len(self.views) > 1)
        if not self.views:
            return
        if self.mode == "grid":
            self._lay_grid()
        elif self.mode == "split" and len(self.views) > 1:
            self._lay_split()
        else:
            for place in range(len(self.views)):
                self._pane(place).show_whole(self.rect())
                self._pane(place).setVisible(place == self.current or self.mode == "blink")
            self._pane(self.current).raise_()

    def _lay_grid(self) -> None:
        columns, rows = grid_of(len(self.views), self.width(), self.height())
        wide = (self.width() - _GAP * (columns - 1)) // columns
        high = (self.height() - _GAP * (rows - 1)) // rows
        for place in range(len(self.views)):
            row, column = divmod(place, columns)
            self._pane(place).show_whole(QRect(column * (wide + _GAP), row * (high + _GAP), wide, high))
            self._pane(place).show()

    def _lay_split(self) -> None:
        left, right = self.pair
        for place in range(len(self.views)):
            if place not in (left, right) or left == right:
                self._pane(place).show_whole(self.rect())
            self._pane(place).setVisible(place in (left, right))
        if left >= len(self.views) or right >= len(self.views) or left == right:
            return
        _put_names(self.views[right], right=True)
        self._place_edge()

    def _place_edge(self) -> None:
        left, right = self.views[self.pair[0]], self.views[self.pair[1]]
        at = round(self.edge * self.width())
        self._pane(self.pair[0]).show_part(QRect(0, 0, at, self.height()), self.rect())
        self._pane(self.pair[1]).show_part(QRect(at, 0, self.width() - at, self.height()), self.rect())
        left.item.set_part(0.0, self._share(left, at))
        right.item.set_part(self._share(right, at), 1.0)
        self._grip.setGeometry(at - _GRIP // 2, 0, _GRIP, self.height())
        self._grip.raise_()

    def _share(self, view: ImageView, at: int) -> float:
        """A place of the board as a part of the width of a picture's canvas."""
        canvas = view.canvas
        left = canvas.mapTo(self, canvas.rect().topLeft()).x()
        return min(max((at - left) / max(canvas.width(), 1), 0.0), 1.0)

    def set_edge(self, edge: float) -> None:
        """Drag the edge of a split.

        Parameters
        ----------
        edge : float
            0 is left, 1 right.
        """
        self.edge = min(max(edge, 0.0), 1.0)
        if self.mode == "split" and len(self.views) > 1 and self.pair[0] != self.pair[1]:
            self._place_edge()
        self.edge_moved.emit(self.edge)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self.lay()


def _put_names(view: ImageView, right: bool) -> None:
    """Title and letter on the side that is seen."""
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    view.title.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    view.overlays.put_note(right)
    view.compass.set_covered(right)


def grid_of(count: int, wide: int, high: int) -> tuple[int, int]:
    """Columns and rows that give square pictures the most room.

    Parameters
    ----------
    count : int
        Pictures.
    wide, high : int
        Of the place for them.

    Returns
    -------
    tuple of int
    """
    count = max(count, 1)
    best = (1, count)
    most = 0.0
    for columns in range(1, count + 1):
        rows = math.ceil(count / columns)
        side = min(wide / columns, high / rows)
        if side > most:
            best, most = (columns, rows), side
    return best


class _Grip(QWidget):
    """The edge of a split: dragged by the mouse, or moved by the arrow keys."""

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self._board = board
        self.setObjectName("split_edge")
        self.setAccessibleName("Edge of the split")
        self.setAccessibleDescription("The left and right arrow keys move it.")
        self.setToolTip("Drag the edge; with the keyboard the arrow keys move it")
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            at = self.mapTo(self._board, event.position().toPoint()).x()
            self._board.set_edge(at / max(self._board.width(), 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by the arrow keys."""
        steps = {Qt.Key.Key_Left: -0.02, Qt.Key.Key_Right: 0.02, Qt.Key.Key_Home: -1.0, Qt.Key.Key_End: 1.0}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._board.set_edge(self._board.edge + step)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A line with a knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = theme().colour("accent")
        middle = self.width() // 2
        painter.fillRect(
            QRect(middle - (1 if self.hasFocus() else 0), 0, 2 if self.hasFocus() else 1, self.height()), colour
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRect(0, self.height() // 2 - 18, self.width(), 36), 4, 4)
