"""Regions and readings of one picture, put together: drawing them, measuring them, showing the figures."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Qt

from calgui.core.frames.statistics import Box
from calgui.core.regions.alignment import Alignment
from calgui.core.regions.shapes import KINDS
from calgui.views.image.canvas import Canvas
from calgui.views.image.content import Content
from calgui.views.image.controls import ViewBar
from calgui.views.image.histogram import number as figure
from calgui.views.image.placing import place_of
from calgui.views.image.probe import Probe
from calgui.views.image.readout import Reading
from calgui.views.image.regions.layer import RegionLayer
from calgui.views.image.regions.measurer import Measurer
from calgui.views.image.regions.placed import PlacedRegions
from calgui.views.image.regions.region_set import RegionSet
from calgui.views.tasks import Tasks

if TYPE_CHECKING:
    from PySide6.QtWidgets import QSplitter

    from calgui.views.image.measure.panel import MeasurePanel
    from calgui.views.session import Session


class Measuring(QObject):
    """The regions of a picture and what is read off it.

    Parameters
    ----------
    session : Session or None
        Whose history notes what was drawn.
    tasks : Tasks
        Where regions are measured.
    canvas : Canvas
        Where they are drawn.
    bar : ViewBar
        Has the tools.
    split : QSplitter
        Where the panel goes, below the picture.
    probe : Probe
        Whose box is dragged where no tool is chosen.
    seen : callable
        Gives the part of the picture that is seen.
    """

    def __init__(
        self,
        session: "Session | None",
        tasks: Tasks,
        canvas: Canvas,
        bar: ViewBar,
        split: "QSplitter",
        probe: Probe,
        seen: Callable[[], Box | None],
    ) -> None:
        super().__init__(canvas)
        self._session, self._canvas, self._bar, self._split = session, canvas, bar, split
        self._probe, self._seen = probe, seen
        self._content: Content | None = None
        #: takes the dragging, such as a brush: from where to where, and whether it is done
        self.taken: Callable[[QPointF, QPointF, bool], None] | None = None
        # a subarray after a full frame shows the same pixels of the detector
        self._detector = RegionSet(session.history if session is not None else None, self)
        self._own = PlacedRegions(self._detector, self)
        self.regions: RegionSet = self._own
        self.layer = RegionLayer(canvas, self.regions)
        self.measurer = Measurer(tasks, self.regions, self)
        self._panel: MeasurePanel | None = None
        for kind, action in bar.shapes.items():
            action.triggered.connect(lambda on, kind=kind: self.layer.set_tool(kind if on else ""))
        split.setStretchFactor(0, 3)
        self.layer.tool_changed.connect(self._tool_changed)
        self.measurer.measured.connect(self._sketch_measured)
        bar.box.toggled.connect(self._boxing)
        bar.measure.toggled.connect(self._show_panel)
        canvas.dragged.connect(self._dragged)
        canvas.key_pressed = self._key
        probe.read.connect(self._read)

    @property
    def panel(self) -> "MeasurePanel":
        """The figures below the picture; made when they are first wanted."""
        if self._panel is None:
            from calgui.views.image.measure.panel import MeasurePanel

            self._panel = MeasurePanel(self._session, self.regions, self.measurer)
            self._panel.sought.connect(self._seek)
            self._split.addWidget(self._panel)
            self._split.setStretchFactor(self._split.count() - 1, 2)
            self._panel.set_content(self._content)
        return self._panel

    def put_panel_in(self, split: "QSplitter") -> None:
        """Let the panel be elsewhere than below the picture.

        Parameters
        ----------
        split : QSplitter
            Where it goes once it is wanted.
        """
        self._split = split

    def show_regions(self, regions: RegionSet) -> None:
        """Show another set, such as one that several views share.

        Parameters
        ----------
        regions : RegionSet
            In pixels of this picture.
        """
        self.regions = regions
        self.layer.show(regions)
        self.measurer.show(regions)
        if self._panel is not None:
            self._panel.regions.show_regions(regions)

    def set_content(self, content: Content | None) -> None:
        """Measure another picture; regions stay on their pixels of the detector.

        Parameters
        ----------
        content : Content or None
            What is shown now.
        """
        self._content = content
        if content is not None:
            part = place_of(content)
            self._own.lay(Alignment(dx=part.x, dy=part.y) if part is not None else Alignment())
        self.measurer.set_content(content)
        if self._panel is not None:
            self._panel.set_content(content)

    # ---- tools

    def _tool_changed(self, kind: str) -> None:
        for name, action in self._bar.shapes.items():
            action.setChecked(name == kind)
        if kind:
            self._bar.box.setChecked(False)
            self._canvas.set_drawing(True)
        hint = "" if not kind else _HINTS.get(kind, _HINTS[""]).format(what=KINDS[kind].casefold())
        self._bar.hint.emit(hint)

    def _sketch_measured(self, number: int) -> None:
        """While a region is being drawn, what is in it stands in place of what to do."""
        if number == self.layer.sketched and number in self.regions:
            told = self.measurer.found[number].statistics
            mean, sigma = ("no value" if value != value else figure(value) for value in (told.mean, told.sigma))
            self._bar.hint.emit(f"{self.regions[number].text}:  {told.n:,} pixels,  mean {mean},  σ {sigma}")

    def _boxing(self, on: bool) -> None:
        if on:
            self.layer.set_tool("")
        self._canvas.set_drawing(on)

    def _dragged(self, start: QPointF, end: QPointF, done: bool) -> None:
        if self.taken is not None:
            self.taken(start, end, done)
            return
        if not self.layer.tool:
            self._probe.drag(start, end, done)
            return
        self.layer.drag(start, end, done)
        if done and len(self.regions):
            self._bar.measure.setChecked(True)

    def _key(self, key: Qt.Key, shift: bool) -> bool:
        drawing, before = bool(self.layer.tool), len(self.regions)
        if not self.layer.key(key, shift):
            return False
        if drawing and len(self.regions) > before:
            self._bar.measure.setChecked(True)
        return True

    # ---- the panel

    def _show_panel(self, on: bool) -> None:
        if on or self._panel is not None:
            self.panel.setVisible(on)

    def _read(self, reading: Reading | None) -> None:
        if reading is None or self._panel is None or not self._panel.isVisible():
            return
        if self._picked() is None:
            self._panel.show_at(reading.x, reading.y, self._seen())

    def _picked(self) -> tuple[int, int] | None:
        """Column and row of the picked pixel, where this picture shows it."""
        pixel = self._session.pixel if self._session is not None else None
        content = self._content
        return None if pixel is None or content is None else content.of_file_pixel(pixel.path, pixel.x, pixel.y)

    def show_picked(self) -> None:
        """Hold profiles and pixels at the picked pixel."""
        place = self._picked()
        if place is not None and self._panel is not None:
            self._panel.show_at(*place, self._seen())

    def _seek(self, number: int) -> None:
        from calgui.core.regions.masks import bounds

        if number in self.regions and self._content is not None:
            box = bounds(self.regions[number].shape, self._content.size)
            if box is not None:
                side = 2.0 * max(box.x_stop - box.x_start, box.y_stop - box.y_start, 8)
                self._canvas.look_at((box.x_start + box.x_stop - 1) / 2, (box.y_start + box.y_stop - 1) / 2, side)


_HINTS = {
    "": "Drag on the picture to draw a {what} (Return draws one in the middle); Escape ends it.",
    "polygon": "Click the corners of the polygon, double-click the last (or drag a triangle; Return draws one); "
    "Escape ends it.",
}
