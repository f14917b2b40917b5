"""The regions on one picture: shows a set of them, and lets the user draw and drag."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QPointF, Qt, Signal

from calgui.core.regions.shapes import Polygon, Region, Shape, spanned, standard
from calgui.views.image.canvas import Canvas
from calgui.views.image.regions.items import Outline, make_item, set_look
from calgui.views.image.regions.region_set import RegionSet
from calgui.views.theme import theme

#: a shape that is put in place by a key takes this part of what is seen
_PART = 0.25
_STEPS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}
_FACTORS = {Qt.Key.Key_BracketLeft: 1 / 1.1, Qt.Key.Key_BracketRight: 1.1}


class RegionLayer(QObject):
    """Draws a set of regions on a canvas; several layers can show one set.

    Signals
    -------
    tool_changed(str)
        The kind that is drawn now, empty for none.

    Parameters
    ----------
    canvas : Canvas
        What they lie on.
    regions : RegionSet
        What is shown.
    """

    tool_changed = Signal(str)

    def __init__(self, canvas: Canvas, regions: RegionSet) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.regions = regions
        self.tool = ""
        #: number of the region that is being drawn
        self.sketched: int | None = None
        self._items: dict[int, Any] = {}
        self._corners: list[QPointF] = []
        self._taking = False
        self._outline = Outline()
        self._outline.setParentItem(canvas.layer)
        self._outline.setZValue(5)
        self._listen(True)
        canvas.clicked.connect(self._clicked)
        canvas.hovered.connect(self._hovered)
        theme().changed.connect(self.retheme)

    def _listen(self, on: bool) -> None:
        regions = self.regions
        for signal, slot in (
            (regions.added, self._added),
            (regions.removed, self._removed),
            (regions.changed, self._changed),
            (regions.chosen, self._look),
        ):
            if on:
                signal.connect(slot)
            else:
                signal.disconnect(slot)

    def show(self, regions: RegionSet) -> None:
        """Show another set.

        Parameters
        ----------
        regions : RegionSet
            Also that of another view.
        """
        self._listen(False)
        for number in list(self._items):
            self._removed(number)
        self.regions = regions
        self._listen(True)
        for number in regions.numbers:
            self._added(number)

    # ---- drawing

    def set_tool(self, kind: str) -> None:
        """Begin to draw a shape.

        Parameters
        ----------
        kind : str
            Of `KINDS`; empty to end.
        """
        self.tool = kind
        if self.sketched is not None:
            self.regions.drop(self.sketched)
            self.sketched = None
        self._corners = []
        self._outline.show_shape(None)
        self._canvas.set_drawing(bool(kind))
        self.tool_changed.emit(kind)

    def drag(self, start: QPointF, end: QPointF, done: bool) -> None:
        """Draw the present tool's shape from one place to another.

        Parameters
        ----------
        start, end : QPointF
            In pixels of the picture.
        done : bool
            Whether the button was let go.
        """
        shape = spanned(self.tool, start.x(), start.y(), end.x(), end.y())
        if shape is not None:
            self.sketched = self.regions.sketch(self.sketched, Region(shape))
        elif self.sketched is not None:
            self.regions.drop(self.sketched)
            self.sketched = None
        if done and self.sketched is not None:
            number, self.sketched = self.sketched, None
            self.set_tool("")
            self.regions.drawn(number)

    def _finish(self, shape: Shape) -> None:
        self.set_tool("")
        self.regions.add(Region(shape))

    def _clicked(self, at: QPointF, double: bool) -> None:
        """Corners of a polygon; the second click of a double click has drawn one already."""
        if self.tool != "polygon":
            return
        if not double:
            self._corners.append(at)
            self._outline.show_points(self._corners)
        elif len(self._corners) >= 3:
            self._finish(Polygon(tuple((corner.x(), corner.y()) for corner in self._corners)))

    def _hovered(self, at: QPointF) -> None:
        if self._corners:
            self._outline.show_points([*self._corners, at])

    def key(self, key: Qt.Key, shift: bool = False) -> bool:
        """What a key does to drawing and to the current region.

        Escape ends drawing; Return closes a polygon, or puts the tool's shape in the middle of what is seen; Delete
        removes the current region, Shift with an arrow moves it by a pixel, brackets make it smaller and larger.

        Parameters
        ----------
        key : Qt.Key
            That was pressed.
        shift : bool
            Whether with Shift.

        Returns
        -------
        bool
            Whether it did anything.
        """
        if key == Qt.Key.Key_Escape and self.tool:
            self.set_tool("")
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and len(self._corners) >= 3:
            self._finish(Polygon(tuple((corner.x(), corner.y()) for corner in self._corners)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.tool and not self._corners:
            seen = self._canvas.box_view.viewRect()
            size = max(3.0, _PART * min(abs(seen.width()), abs(seen.height())))
            self._finish(standard(self.tool, round(seen.center().x()), round(seen.center().y()), round(size)))
        elif self.regions.current is not None:
            return self._change(self.regions.current, key, shift)
        else:
            return False
        return True

    def _change(self, number: int, key: Qt.Key, shift: bool) -> bool:
        region = self.regions[number]
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.regions.remove(number)
        elif shift and key in _STEPS:
            self.regions.change(number, replace(region, shape=region.shape.moved(*_STEPS[key])))
        elif key in _FACTORS:
            self.regions.change(number, replace(region, shape=region.shape.scaled(_FACTORS[key])))
        else:
            return False
        return True

    # ---- what is shown

    def _added(self, number: int) -> None:
        item = make_item(self.regions[number].shape)
        item.setParentItem(self._canvas.layer)
        item.setAcceptedMouseButtons(Qt.MouseButton.LeftButton)
        item.sigRegionChanged.connect(lambda: self._dragged(number))
        item.sigRegionChangeFinished.connect(lambda: self._let_go(number))
        item.sigRegionChangeStarted.connect(lambda: self.regions.choose(number))
        item.sigClicked.connect(lambda *_: self.regions.choose(number))
        self._items[number] = item
        set_look(item, number == self.regions.current)

    def _removed(self, number: int) -> None:
        item = self._items.pop(number, None)
        if item is not None:
            item.setParentItem(None)
            if item.scene() is not None:
                item.scene().removeItem(item)

    def _changed(self, number: int) -> None:
        item = self._items.get(number)
        if item is None or self._taking:
            return
        if item.kind != self.regions[number].shape.kind:  # laid on pixels of another form, or that undone
            self._removed(number)
            self._added(number)
            return
        self._taking = True
        try:
            if item.shape_now() != self.regions[number].shape:
                item.put(self.regions[number].shape)
                set_look(item, number == self.regions.current)
        finally:
            self._taking = False

    def _dragged(self, number: int) -> None:
        if self._taking or number not in self.regions:
            return
        self._taking = True
        try:
            shape = self._items[number].shape_now()
            self.regions.drag(number, replace(self.regions[number], shape=shape))
        finally:
            self._taking = False

    def _let_go(self, number: int) -> None:
        if not self._taking:
            self.regions.finish(number)

    def _look(self, current: int | None) -> None:
        for number, item in self._items.items():
            set_look(item, number == current)
            item.setZValue(2 if number == current else 1)

    def retheme(self) -> None:
        """Take the colours of the theme."""
        self._look(self.regions.current)
