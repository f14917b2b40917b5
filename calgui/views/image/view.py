"""`ImageView`: a picture of a frame or file, with its choosers, histogram, readout and statistics."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from calgui.core.errors import CalguiError
from calgui.core.frames.frame import Frame
from calgui.core.frames.limits import Limits
from calgui.core.frames.statistics import Box, Statistics
from calgui.core.regions.alignment import Alignment
from calgui.views.image.content import Content, Drawing, Origin
from calgui.views.image.contours import Contours
from calgui.views.image.controls import reduction_words
from calgui.views.image.export import PictureExport
from calgui.views.image.face import PictureFace
from calgui.views.image.loader import Opened, Wanted
from calgui.views.image.look import Look
from calgui.views.image.marks import Picking
from calgui.views.image.measuring import Measuring
from calgui.views.image.outlines import Outlines
from calgui.views.image.placing import Placing
from calgui.views.image.probe import Probe
from calgui.views.image.reader import PictureReader
from calgui.views.image.steps import LookSteps
from calgui.views.session import Session
from calgui.views.tasks import Tasks
from calgui.views.theme import theme
from calgui.views.widgets.plot_saving import offer_saving

_NUMBERS = itertools.count(1)


class ImageView(PictureFace):
    """A picture with everything that belongs to it.

    Signals
    -------
    cursor_moved(object)
        A `Reading`, or None when the cursor leaves the picture.
    shown(object)
        Path of the file whose picture is on the screen now (None for a frame without file).
    visible_changed()
        Another part is seen; see `visible_box`.
    box_changed(object)
        `Box` that the user dragged, or None.

    Parameters
    ----------
    session : Session, optional
        Whose tasks are used, and who is told of what was copied or saved.
    tasks : Tasks, optional
        Used without a session; made if both are left out.
    parent : QWidget, optional
        As in Qt.
    """

    cursor_moved = Signal(object)
    shown = Signal(object)
    visible_changed = Signal()
    box_changed = Signal(object)

    def __init__(
        self, session: Session | None = None, tasks: Tasks | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("image_view")
        self.setAccessibleName("Picture view")
        self._session = session
        self.content: Content | None = None
        #: what is said where there is nothing to show
        self._emptied = ""
        tasks = tasks or (session.tasks if session is not None else Tasks(self))
        key = f"picture-{next(_NUMBERS)}-"
        self.reader = PictureReader(tasks, key, self._place_size, self)
        strip = self.limits_bar.strip
        offer_saving(
            strip,
            lambda: f"{Path(self.content.name).stem}_histogram" if self.content is not None else "histogram",
            session,
            lambda: strip.series(self.content.unit if self.content is not None else ""),
        )
        self.look = Look(self.bar, self.limits_bar, self.item, self._find_limits)
        self.probe = Probe(tasks, key, self.canvas, self.readout, self.panel)
        self.measuring = Measuring(
            session, tasks, self.canvas, self.bar, self.split, self.probe, lambda: self.visible_box
        )
        self.contours = Contours(tasks, key, self.canvas, self.look, self.bar.more, self.bar.drawn_over)
        self.placing = Placing(self.canvas, self.bar.placed)
        self.outlines = Outlines(tasks, key, self.canvas)
        self.picking = Picking(session, self.canvas) if session is not None else None
        self.export = PictureExport(self.canvas, session, lambda: self.content.name if self.content else "picture")
        self._connect()
        self.steps: LookSteps | None = LookSteps(self, session.history) if session is not None else None
        theme().changed.connect(self._retheme)
        self._retheme()
        self.clear()

    # -- for other views ------------------------------------------------------------------------------------------

    def show_frame(
        self,
        frame: Frame,
        name: str = "",
        note: str = "",
        origin: Origin | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Show a frame that is in memory; zoom and limits' way stay for one of the same size.

        Parameters
        ----------
        frame : Frame
            With any number of axes.
        name : str
            What it is; the file's name if empty.
        note : str
            Said on the picture, such as that it is a preview.
        origin : Origin, optional
            The files whose pixels these are: one that is picked here is picked there, and the other way round.
        more : mapping of str to ndarray, optional
            Further layers of these pixels that can be chosen, each (ny, nx).
        """
        self._forget()
        content = Content.of_frame(frame, name, origin, more)
        old = self.content
        if old is not None and old.wanted is None and old.shape == content.shape:
            layer = old.layer if old.layer in content.layers else "SCI"
            content = replace(content, plane=old.plane, layer=layer)
        self.set_note(note)
        self._take(content)

    def seek(self, x: int, y: int) -> None:
        """Zoom to a pixel, and pick it.

        Parameters
        ----------
        x, y : int
            Column and row of the picture, from 0.
        """
        self.look_at(x, y)
        if self.picking is not None:
            self.picking.pick(x, y)

    def show_file(self, path: Path | str, hdu: int | None = None, plane: tuple[int, ...] = ()) -> None:
        """Read a file in the background and show it.

        Parameters
        ----------
        path : path-like
            FITS.
        hdu : int, optional
            Number of the HDU; else SCI or the first image.
        plane : tuple of int
            Index along each leading axis; else the first plane.
        """
        self._forget()
        self._release_manual()
        self.set_note("")
        self._open(Wanted(Path(path), hdu, plane))

    def clear(self, message: str = "No picture yet: select a file.") -> None:
        """Show nothing.

        Parameters
        ----------
        message : str
            Said in its place.
        """
        self._forget()
        self.set_note("")
        # a bench without a picture asks for this with every answer
        if self.content is not None or self._emptied != message:
            self._empty(message)

    def show_box(self, box: Box) -> None:
        """Put a box on the picture and measure what is in it.

        Parameters
        ----------
        box : Box
            Inside the picture.
        """
        self.probe.show_box(box)

    def set_limits(self, limits: Limits) -> None:
        """Draw these values darkest and brightest, until others are chosen.

        Parameters
        ----------
        limits : Limits
            In the unit of the picture.
        """
        self.bar.limits.setCurrentText("manual")
        self.look.show_limits(limits, recount=not self.limits_bar.strip.dragging)

    def lay(self, alignment: Alignment | None) -> None:
        """Lay the picture on the surface as another view says, so that several can be compared.

        Parameters
        ----------
        alignment : Alignment or None
            None lets the picture lie where it would by itself.
        """
        self.placing.held = alignment is not None
        if alignment is not None:
            self.canvas.set_alignment(alignment)
        else:
            self.placing.lay()

    def hold_limits(self) -> None:
        """Keep the limits for what is shown next."""
        self.bar.limits.setCurrentText("manual")

    def release_limits(self) -> None:
        """Let what is shown next have limits of its own."""
        self._release_manual()

    @property
    def drawing(self) -> Drawing | None:
        """What is drawn; None before the pixels are there."""
        return self.look.drawing

    @property
    def box(self) -> Box | None:
        """The box on the picture."""
        return self.probe.box

    @property
    def box_statistics(self) -> Statistics | None:
        """What is in the box; None while it is being measured."""
        return self.probe.statistics

    @property
    def visible_box(self) -> Box | None:
        """The pixels that are seen; None without a picture."""
        if self.content is None:
            return None
        seen = self.canvas.seen.adjusted(0.5, 0.5, -0.5, -0.5)
        return Box.around(seen.left(), seen.top(), seen.right(), seen.bottom(), self.content.size)

    # -- construction ----------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        bar, canvas, reader = self.bar, self.canvas, self.reader
        self.source_bar.hdu_chosen.connect(self._choose_hdu)
        self.source_bar.layer_chosen.connect(self._choose_layer)
        self.source_bar.plane_chosen.connect(self._choose_plane)
        bar.fit.triggered.connect(lambda: canvas.fit())
        bar.one.triggered.connect(lambda: canvas.one_to_one())
        bar.reduction_chosen.connect(self._redraw)
        for action, keys in ((bar.copy, "Ctrl+C"), (bar.save, "Ctrl+S")):
            action.setShortcut(QKeySequence(keys))
            # of the picture alone: a plot beside it has these keys as well
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            canvas.addAction(action)
        bar.copy.triggered.connect(lambda: self.export.copy())
        bar.save.triggered.connect(lambda: self.export.ask())
        bar.hint.connect(self.overlays.set_hint)
        bar.compass.toggled.connect(self.compass.set_wanted)
        self.limits_bar.limits_chosen.connect(self.set_limits)
        canvas.box_view.sigRangeChanged.connect(lambda *_: self.visible_changed.emit())
        self.item.level_needed.connect(self._need_level)
        self.item.drawn.connect(self._was_drawn)
        self.probe.read.connect(self.cursor_moved)
        self.probe.box_changed.connect(self.box_changed)
        self.probe.oriented.connect(self.compass.set_compass)
        if self._session is not None:
            self._session.pixel_picked.connect(self.measuring.show_picked)
        reader.looked.connect(self._show_look)
        reader.ready.connect(self._draw)
        reader.blank.connect(self._show_blank)
        reader.failed.connect(self._failed)
        reader.reduced.connect(self.item.refresh)

    # -- reading and drawing ----------------------------------------------------------------------------------------

    def _forget(self) -> None:
        """Drop the work for the picture before."""
        self.reader.forget()
        self.probe.forget()

    def _open(self, wanted: Wanted, layer: str = "SCI") -> None:
        plain = self.bar.limits.currentText() == "zscale" and self.bar.stretch.currentText() != "histogram"
        self.reader.open(wanted, layer, self.bar.reduction, self._wanted_limits(), plain and layer == "SCI")

    def _take(self, content: Content) -> None:
        self.reader.take(content, self.bar.reduction, self._wanted_limits())

    def _wanted_limits(self) -> Any:
        name = self.bar.limits.currentText()
        return self.item.limits if name == "manual" else name

    def _show_look(self, content: Content, opened: Opened) -> None:
        """Draw a large file whose pixels are still to come."""
        self.look.drawing = None
        self._place(content)
        if opened.limits is not None:
            self.look.show_limits(opened.limits)
        self.look.apply_stretch()
        self.item.set_picture(opened.picture, opened.flags)

    def _draw(self, content: Content, drawing: Drawing) -> None:
        self.look.drawing = drawing
        self._place(content)
        self.look.show_limits(drawing.limits)
        self.bar.set_flags(drawing.counts)
        self.look.apply_stretch()
        self.item.set_picture(drawing.picture, drawing.flags)
        self.look.apply_flags()
        if self.steps is not None:
            self.steps.settle()

    def _place(self, content: Content) -> None:
        """Title, choosers and the room for the picture."""
        self.content = content
        self.title.setText(content.title)
        path = content.path
        self.title.setToolTip(str(path) if path is not None else content.name)
        self.source_bar.set_hdus(content.choices, content.wanted.hdu if content.wanted else None)
        self.source_bar.set_layers(content.layers, content.layer)
        self.source_bar.set_planes(content.shape[:-2], content.plane)
        self.canvas.set_shape(content.size)
        self.overlays.set_message("")
        self.bar.setEnabled(True)
        self.limits_bar.setEnabled(True)
        for part in (self.placing, self.outlines, self.probe, self.measuring, self.picking):
            if part is not None:
                part.set_content(content)
        region = self.placing.region
        self.probe.origin = (region.x, region.y) if region is not None else None
        self.shown.emit(path)

    def _show_blank(self, what: Content | Opened) -> None:
        if isinstance(what, Opened):
            self._empty(f"{what.wanted.path.name} has no image, only headers or tables.")
            return
        # other images of the file can still be chosen
        self._place(what)
        self._empty("There are no pixels in this image.", keep_sources=True)

    def _failed(self, wanted: Wanted, error: Exception) -> None:
        """An unreadable file is told in the place of its picture."""
        if isinstance(error, CalguiError):
            self._empty("\n\n".join(part for part in (f"{wanted.path.name}: {error.message}", error.cure) if part))
        elif self._session is not None:
            self._session.report(error, f"Showing {wanted.path.name}")
        else:
            raise error

    def _empty(self, message: str, keep_sources: bool = False) -> None:
        self.look.drawing = None
        self.item.set_picture(None)
        self.contours.refresh()
        self.compass.set_compass(None)
        if not keep_sources:
            self.content = None
            if self.picking is not None:
                self.picking.set_content(None)
            self.measuring.set_content(None)
            self.outlines.set_content(None)
            self.title.setText("")
            self.title.setToolTip("")
            self.source_bar.set_hdus((), None)
            self.source_bar.set_layers((), "")
            self.source_bar.set_planes((), ())
        self.bar.set_flags({})
        self.limits_bar.strip.set_histogram(None)
        self.limits_bar.setEnabled(False)
        self.bar.setEnabled(False)
        self.overlays.say_reduction("")
        self.overlays.set_message(message)
        self._emptied = message

    def _redraw(self) -> None:
        """Compute anew, after another reduction was chosen."""
        if self.content is not None and self.content.frame is not None:
            self._take(self.content)

    def _need_level(self, factor: int) -> None:
        if self.look.drawing is not None:
            self.reader.reduce(self.look.drawing, factor)

    def _was_drawn(self, factor: int) -> None:
        pixels = f"{factor} × {factor} pixels"
        how = self.look.drawing.picture.how if self.look.drawing is not None else self.bar.reduction
        text = f"each point: {reduction_words(how, pixels)}" if factor > 1 else ""
        short = f"{factor} × {factor} {how}" if factor > 1 else ""
        if self.canvas.thin:
            text = f"{text}; x and y drawn at different scales" if text else "x and y drawn at different scales"
        self.overlays.say_reduction(text, short)

    # -- choices ---------------------------------------------------------------------------------------------------

    def _choose_hdu(self, hdu: int) -> None:
        if self.content is not None and self.content.wanted is not None:
            self._release_manual()
            path = self.content.wanted.path
            self._forget()
            self._open(Wanted(path, hdu))

    def _choose_layer(self, layer: str) -> None:
        if self.content is not None and self.content.frame is not None and layer != self.content.layer:
            self._release_manual()
            self._take(replace(self.content, layer=layer))

    def _choose_plane(self, plane: tuple[int, ...]) -> None:
        content = self.content
        if content is None or plane == content.plane:
            return
        if content.wanted is None:
            self._take(replace(content, plane=plane))
        else:
            self._open(replace(content.wanted, plane=plane), content.layer)

    def _find_limits(self, name: Any, found: Callable[[Limits], None]) -> None:
        content = self.content
        if content is not None and content.values is not None:
            self.reader.find_limits(
                content.values, name, lambda limits: found(limits) if content is self.content else None
            )

    def _release_manual(self) -> None:
        """Limits that were set by hand belong to the values that they were set for."""
        if self.bar.limits.currentText() == "manual":
            self.bar.limits.setCurrentText("zscale")
