"""Marks on the picture: drawn, named under the mouse, chosen and picked by a click."""

import numpy as np
from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtGui import QColor, QCursor
from PySide6.QtWidgets import QToolTip

from calgui.views.image.view import ImageView
from calgui.views.workbench.marks.item import LinesItem, MarksItem
from calgui.views.workbench.marks.shown import Places, Shown
from calgui.views.workbench.marks.signs import signs

#: points of the screen that the mouse may be off a mark
_NEAR = 10.0
#: colour of lines that are no arrows
_LINES = "#5fd0e0"


class MarksLayer(QObject):
    """What lies on the picture.

    Signals
    -------
    chosen(object)
        Index of the mark that the user clicked on; None for none.
    picked(object, float, float)
        While picking: index of the mark, or None, and the place of the click in pixels of the picture.

    Parameters
    ----------
    picture : ImageView
        On which they lie.
    """

    chosen = Signal(object)
    picked = Signal(object, float, float)

    def __init__(self, picture: ImageView) -> None:
        super().__init__(picture)
        self._picture = picture
        self.shown: Shown | None = None
        self.hidden: frozenset[str] = frozenset()
        self.picking = False
        self.arrows_wanted, self.arrow_scale, self.lines_wanted = True, 1.0, True
        self._hovered: int | None = None
        self.item = MarksItem(picture.canvas.layer)
        self.arrows = LinesItem(picture.canvas.layer)
        self.lines = LinesItem(picture.canvas.layer)
        self.lines.colour = QColor(_LINES)
        self.bent = LinesItem(picture.canvas.layer)
        picture.canvas.hovered.connect(self._hover)
        picture.canvas.left.connect(lambda: self._say(None))
        if picture.picking is not None:
            picture.picking.taken = self._clicked

    def show_marks(self, shown: Shown | None) -> None:
        """Draw the marks of a picture.

        Parameters
        ----------
        shown : Shown or None
            None draws nothing.
        """
        self.shown = shown
        self.refresh()

    def refresh(self) -> None:
        """Draw again, after something else is wanted to be seen."""
        shown = self.shown
        none = np.zeros(0)
        if shown is None:
            self.item.set_marks(none, none, none.astype(int), (), np.inf)
            self.arrows.set_lines(none, none, none, none, True)
            for item in (self.lines, self.bent):
                item.set_lines(none, none, none, none, False)
            return
        marks, state = shown.marks, shown.state.copy()
        gone = [number for number, name in enumerate(marks.states) if name in self.hidden]
        state[np.isin(state, gone)] = -1
        x, y = np.asarray(marks.x, float), np.asarray(marks.y, float)
        self.item.set_marks(x, y, state, signs(marks.states), shown.spacing)
        if marks.vectors is not None and self.arrows_wanted:
            seen = state >= 0
            dx, dy = (self.arrow_scale * np.asarray(part, float) for part in marks.vectors)
            self.arrows.set_lines(x[seen], y[seen], (x + dx)[seen], (y + dy)[seen], True)
        else:
            self.arrows.set_lines(none, none, none, none, True)
        lines = marks.lines.get(shown.number) if self.lines_wanted else None
        x, y = (np.asarray(part, float) for part in lines) if lines is not None else (none, none)
        self.lines.set_lines(x[:-1], y[:-1], x[1:], y[1:], False)
        x, y = self._enlarged(shown) if lines is not None and self.arrows_wanted else (none, none)
        self.bent.set_lines(x[:-1], y[:-1], x[1:], y[1:], False)

    def _enlarged(self, shown: Shown) -> tuple[Places, Places]:
        """The grid as the input has it, over the straight one of the product: its shift is as large as the arrows."""
        lines = shown.marks.lines
        if shown.number != 0 or 0 not in lines or 1 not in lines:
            return np.zeros(0), np.zeros(0)
        (x, y), (to_x, to_y) = ([np.asarray(part, float) for part in lines[number]] for number in (0, 1))
        return x + self.arrow_scale * (to_x - x), y + self.arrow_scale * (to_y - y)

    def choose(self, index: int | None) -> None:
        """Put a ring about a mark.

        Parameters
        ----------
        index : int or None
            None for none.
        """
        self.item.choose(index)

    def tip(self, index: int) -> str:
        """What is said of a mark under the mouse.

        Parameters
        ----------
        index : int
            Of the mark.

        Returns
        -------
        str
        """
        assert self.shown is not None
        lines = self.shown.lines(index)
        marks = self.shown.marks
        if self.picking and marks.toggles:
            lines.append(f"Click: put it into “{marks.toggles}”, or take it out")
        return "\n".join(lines)

    def at(self, point: QPointF) -> int | None:
        """The mark at a place of the picture, as near as the mouse can be put.

        Parameters
        ----------
        point : QPointF
            In pixels of the picture.

        Returns
        -------
        int or None
        """
        canvas = self._picture.canvas
        if self.shown is None or self._picture.content is None:
            return None
        within = _NEAR * canvas.devicePixelRatioF() / max(canvas.scale_factor(), 1e-9)
        return self.shown.nearest(point.x(), point.y(), within, self.hidden)

    def _hover(self, point: QPointF) -> None:
        self._say(self.at(point))

    def _say(self, index: int | None) -> None:
        if index != self._hovered:
            self._hovered = index
            text = self.tip(index) if index is not None and self.shown is not None else ""
            QToolTip.showText(QCursor.pos(), text, self._picture.canvas)

    def _clicked(self, point: QPointF) -> bool:
        if self.shown is None:
            return False
        index = self.at(point)
        if self.picking:
            content = self._picture.content
            if content is not None:
                high, wide = content.size
                if -0.5 <= point.x() < wide - 0.5 and -0.5 <= point.y() < high - 0.5:
                    self.picked.emit(index, point.x(), point.y())
            return True
        self.chosen.emit(index)
        return False
