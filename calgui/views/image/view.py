"""`ImageView`: a picture of a frame or file, with its choosers, histogram, readout and statistics."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QIODevice, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPixmap
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from calgui.core.errors import CalguiError
from calgui.core.frames import dq as flags
from calgui.core.frames.display import equalised_table, stretch_table
from calgui.core.frames.frame import Frame
from calgui.core.frames.limits import Limits, find_limits, histogram
from calgui.core.frames.sky import has_sky, sky_reader, sky_text
from calgui.core.frames.statistics import Box, Statistics, statistics
from calgui.core.jobs import Job
from calgui.views.image.canvas import Canvas
from calgui.views.image.colours import colour_table, no_value_colour
from calgui.views.image.content import Content, Drawing, prepare, value_at
from calgui.views.image.controls import SourceBar, ViewBar
from calgui.views.image.histogram import LimitsBar
from calgui.views.image.item import SMALL, PictureItem
from calgui.views.image.loader import Opened, Wanted, open_file, read_all
from calgui.views.image.overlays import Overlays
from calgui.views.image.readout import Reading, ReadoutRow, StatisticsPanel
from calgui.views.session import Session
from calgui.views.tasks import Tasks
from calgui.views.theme import SPACE, theme

_NUMBERS = itertools.count(1)


class ImageView(QWidget):
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
        self._tasks = tasks or (session.tasks if session is not None else Tasks(self))
        self._key = f"picture-{next(_NUMBERS)}-"
        self.content: Content | None = None
        self.drawing: Drawing | None = None
        self.box: Box | None = None
        self.box_statistics: Statistics | None = None
        self._sky: Callable[[float, float], tuple[float, float]] | None = None
        self._screen_factor = 0
        self._build()
        self._connect()
        theme().changed.connect(self._retheme)
        self._retheme()
        self.clear()

    # -- for other views ------------------------------------------------------------------------------------------

    def show_frame(self, frame: Frame, name: str = "", note: str = "") -> None:
        """Show a frame that is in memory; zoom and limits' way stay for one of the same size.

        Parameters
        ----------
        frame : Frame
            With any number of axes.
        name : str
            What it is; the file's name if empty.
        note : str
            Said on the picture, such as that it is a preview.
        """
        self._forget()
        content = Content.of_frame(frame, name)
        old = self.content
        if old is not None and old.wanted is None and old.shape == content.shape:
            layer = old.layer if old.layer in content.layers else "SCI"
            content = replace(content, plane=old.plane, layer=layer)
        self.set_note(note)
        self._take(content)

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
        self.content = self.drawing = None
        self.set_note("")
        self._empty(message)

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

    @property
    def limits(self) -> Limits:
        """The values drawn darkest and brightest."""
        return self.item.limits

    @property
    def visible_box(self) -> Box | None:
        """The pixels that are seen; None without a picture."""
        if self.content is None:
            return None
        seen = self.canvas.box_view.viewRect()
        return Box.around(
            seen.left() + 0.5, seen.top() + 0.5, seen.right() - 0.5, seen.bottom() - 0.5, self.content.size
        )

    # -- construction ----------------------------------------------------------------------------------------------

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
        self.canvas.box_view.addItem(self.item)
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
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.panel)
        layout.addWidget(self.limits_bar)
        layout.addWidget(self.readout)

    def _connect(self) -> None:
        bar, canvas = self.bar, self.canvas
        self.source_bar.hdu_chosen.connect(self._choose_hdu)
        self.source_bar.layer_chosen.connect(self._choose_layer)
        self.source_bar.plane_chosen.connect(self._choose_plane)
        bar.stretch.currentTextChanged.connect(lambda _text: self._apply_stretch())
        bar.limits.textActivated.connect(self._choose_limits)
        bar.colours.currentTextChanged.connect(lambda _text: self._apply_colours())
        bar.invert.toggled.connect(lambda _on: self._apply_colours())
        bar.fit.triggered.connect(lambda: canvas.fit())
        bar.one.triggered.connect(lambda: canvas.one_to_one())
        bar.box.toggled.connect(self._set_boxing)
        bar.flags_changed.connect(self._apply_flags)
        bar.reduction_chosen.connect(lambda _name: self._redraw())
        bar.copy.triggered.connect(self.copy_picture)
        bar.save.triggered.connect(self._save_as)
        self.limits_bar.limits_chosen.connect(self.set_limits)
        self.limits_bar.strip.released.connect(self._count)
        canvas.hovered.connect(self._hover)
        canvas.left.connect(lambda: self._tell(None))
        canvas.box_view.box_dragged.connect(self._drag_box)
        canvas.box_view.sigRangeChanged.connect(lambda *_: self.visible_changed.emit())
        self.panel.closed.connect(self.remove_box)
        self.item.level_needed.connect(self._need_level)
        self.item.drawn.connect(self._was_drawn)

    def _retheme(self) -> None:
        self.canvas.retheme()
        self.panel.retheme()
        self.overlays.retheme()
        self.limits_bar.strip.update()

    # -- reading ---------------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        """Drop the work for the picture before."""
        for what in ("open", "prepare", "level", "statistics", "sky"):
            self._tasks.supersede(self._key + what)
        self.remove_box()
        self._sky = None
        self._tell(None)

    def _open(self, wanted: Wanted, layer: str = "SCI") -> None:
        ratio = self.canvas.devicePixelRatioF()
        place = self.canvas.viewport().size() * ratio
        how: Any = self.reduction
        quick = (
            layer == "SCI"
            and self.bar.limits.currentText() == "zscale"
            and self.bar.stretch.currentText() != "histogram"
        )
        self._tasks.start(
            f"Reading {wanted.path.name}",
            lambda job: open_file(wanted, (place.height(), place.width()), how, quick, job),
            lambda opened: self._opened(opened, layer),
            lambda error: self._failed(error, wanted),
            key=self._key + "open",
            quiet=True,
        )

    def _opened(self, opened: Opened, layer: str) -> None:
        if opened.wanted.hdu is None:
            self.content = None
            self._empty(f"{opened.wanted.path.name} has no image, only headers or tables.")
            return
        content = Content.of_file(opened, layer)
        if opened.picture is None or opened.limits is None:
            self._take(content)
            return
        self.content, self.drawing = content, None
        self._place(content)
        self._show_limits(opened.limits)
        self._apply_stretch()
        self.item.set_picture(opened.picture, opened.flags)
        # painting comes first, then the pixels; the picture is on the screen before 64 MB are in memory
        QTimer.singleShot(0, lambda: self._read_rest(opened))

    def _read_rest(self, opened: Opened) -> None:
        if self.content is None or self.content.wanted != opened.wanted:
            return
        self._tasks.start(
            f"Reading {opened.wanted.path.name}",
            lambda job: read_all(opened, job),
            lambda whole: self._take(Content.of_file(whole), (whole.picture, whole.flags)),
            lambda error: self._failed(error, opened.wanted),
            key=self._key + "open",
            quiet=True,
        )

    def _failed(self, error: Exception, wanted: Wanted) -> None:
        """An unreadable file is told in the place of its picture."""
        if isinstance(error, CalguiError):
            self.content = self.drawing = None
            self._empty("\n\n".join(part for part in (f"{wanted.path.name}: {error.message}", error.cure) if part))
        elif self._session is not None:
            self._session.report(error, f"Showing {wanted.path.name}")
        else:
            raise error

    def _empty(self, message: str) -> None:
        self.item.set_picture(None)
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

    # -- showing ---------------------------------------------------------------------------------------------------

    @property
    def reduction(self) -> str:
        """How pixels are joined when the picture is shown smaller than it is."""
        return next(name for name in ("mean", "minimum", "maximum") if self._reduces(name))

    def _reduces(self, name: str) -> bool:
        return name == "maximum" or any(
            action.isChecked() for action in self.bar.more.actions() if action.objectName() == f"picture_reduce_{name}"
        )

    def _take(self, content: Content, earlier: tuple[Any, Any] = (None, None)) -> None:
        """Compute what a picture needs, at once for a small one, and draw it."""
        self.content = content
        values, dq = content.values, content.dq
        if values is None or 0 in content.size:
            self._place(content)
            self._empty("There are no pixels in this image.")
            self.title.setText(content.title)
            return
        chosen: Any = self.bar.limits.currentText()
        limits = self.item.limits if chosen == "manual" else chosen
        how: Any = self.reduction
        factor = self._fit_factor(content.size)

        def compute(job: Job) -> Drawing:
            return prepare(values, dq, factor, how, limits, earlier, job)

        if values.size <= SMALL:
            self._draw(content, compute(Job()))
        else:
            self._tasks.start(
                f"Drawing {content.name}",
                compute,
                lambda drawing: self._draw(content, drawing),
                key=self._key + "prepare",
                quiet=True,
            )

    def _fit_factor(self, size: tuple[int, int]) -> int:
        place = self.canvas.viewport().size() * self.canvas.devicePixelRatioF()
        return max(1, math.ceil(size[0] / max(place.height(), 1)), math.ceil(size[1] / max(place.width(), 1)))

    def _draw(self, content: Content, drawing: Drawing) -> None:
        if content is not self.content:
            return
        self.drawing = drawing
        self._place(content)
        self._show_limits(drawing.limits)
        self.bar.set_flags(drawing.counts)
        self._apply_stretch()
        self.item.set_picture(drawing.picture, drawing.flags)
        self._apply_flags()
        self._start_sky(content)
        if self.box is not None:
            self._measure_box()

    def _place(self, content: Content) -> None:
        """Title, choosers and the room for the picture."""
        self.title.setText(content.title)
        path = content.wanted.path if content.wanted is not None else content.frame.path if content.frame else None
        self.title.setToolTip(str(path) if path is not None else content.name)
        self.source_bar.set_hdus(content.choices, content.wanted.hdu if content.wanted else None)
        self.source_bar.set_layers(content.layers, content.layer)
        self.source_bar.set_planes(content.shape[:-2], content.plane)
        self.canvas.set_shape(content.size)
        self.overlays.set_message("")
        self.bar.setEnabled(True)
        self.limits_bar.setEnabled(True)
        self.shown.emit(path)

    def _redraw(self) -> None:
        """Compute anew, after another reduction was chosen."""
        if self.content is not None and self.content.frame is not None:
            self._take(self.content)

    def _start_sky(self, content: Content) -> None:
        if not has_sky(content.header):
            return
        header = dict(content.header)

        def found(reader: Callable[[float, float], tuple[float, float]] | None) -> None:
            self._sky = reader

        self._tasks.start(
            "Reading coordinates", lambda _job: sky_reader(header), found, key=self._key + "sky", quiet=True
        )

    def _need_level(self, factor: int) -> None:
        """Reduce in the background; until then the nearest level is drawn."""
        drawing = self.drawing
        if drawing is None or factor == self._screen_factor:
            return
        self._screen_factor = factor

        def build(job: Job) -> None:
            drawing.picture.build(factor, job)
            if drawing.flags is not None:
                drawing.flags.build(factor, job)

        def ready(_nothing: object) -> None:
            self._screen_factor = 0
            self.item.refresh()

        self._tasks.start("Reducing the picture", build, ready, key=self._key + "level", quiet=True)

    def _was_drawn(self, factor: int) -> None:
        text = f"each point: {self.reduction} of {factor} × {factor} pixels" if factor > 1 else ""
        if self.canvas.thin:
            text = f"{text}; x and y drawn at different scales" if text else "x and y drawn at different scales"
        self.overlays.say_reduction(text)

    # -- choices ---------------------------------------------------------------------------------------------------

    def _choose_hdu(self, hdu: int) -> None:
        if self.content is not None and self.content.wanted is not None:
            self._release_manual()
            self._forget()
            self._open(Wanted(self.content.wanted.path, hdu))

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

    def _release_manual(self) -> None:
        if self.bar.limits.currentText() == "manual":
            self.bar.limits.setCurrentText("zscale")

    def _choose_limits(self, name: Any) -> None:
        content = self.content
        values = content.values if content is not None else None
        if values is None or name == "manual":
            return
        self._tasks.start(
            "Finding limits",
            lambda _job: find_limits(values, name),
            lambda limits: self._show_limits(limits) if content is self.content else None,
            key=self._key + "prepare",
            quiet=True,
        )

    def set_limits(self, limits: Limits) -> None:
        """Draw these values darkest and brightest, until others are chosen.

        Parameters
        ----------
        limits : Limits
            In the unit of the picture.
        """
        self.bar.limits.setCurrentText("manual")
        self._show_limits(limits, recount=not self.limits_bar.strip.dragging)

    def _show_limits(self, limits: Limits, recount: bool = True) -> None:
        self.item.set_limits(limits)
        self.limits_bar.set_limits(limits)
        if recount:
            self._count()
        if self.bar.stretch.currentText() == "histogram":
            self._apply_stretch()

    def _count(self) -> None:
        """The histogram about the present limits."""
        if self.content is not None and self.drawing is not None:
            total = self.content.size[0] * self.content.size[1]
            self.limits_bar.strip.set_histogram(histogram(self.drawing.samples, self.item.limits, total))

    def _apply_stretch(self) -> None:
        name: Any = self.bar.stretch.currentText()
        if name != "histogram":
            self.item.set_table(stretch_table(name))
        elif self.drawing is not None:
            self.item.set_table(equalised_table(self.drawing.samples, self.item.limits))

    def _apply_colours(self) -> None:
        name = self.bar.colours.currentText()
        self.item.set_colours(colour_table(name, self.bar.invert.isChecked()))
        self.bar.colours.setToolTip(
            "Colour map: grey, or one of equal perceived steps. "
            f'Pixels without a value (NaN) are drawn in <span style="background: {no_value_colour(name)}">'
            "&nbsp;this tone&nbsp;</span>."
        )

    def _apply_flags(self) -> None:
        self.item.set_flag_colours({flag.value: QColor(flag.colour).rgba() for flag in self.bar.chosen_flags()})

    # -- cursor and box --------------------------------------------------------------------------------------------

    def _hover(self, point: QPointF) -> None:
        content = self.content
        x, y = round(point.x()), round(point.y())
        if content is None or not (0 <= x < content.size[1] and 0 <= y < content.size[0]):
            self._tell(None)
            return
        values, dq = content.values, content.dq
        bits = int(dq[y, x]) if dq is not None else 0
        info = content.info
        if values is not None and info is not None and info.name.endswith("DQ"):
            bits = int(values[y, x])
        sky = sky_text(*self._sky(x, y)) if self._sky is not None else ""
        value = None if values is None else value_at(values, x, y)
        self._tell(Reading(x, y, value, content.unit, flags.decode(bits), bits, sky))

    def _tell(self, reading: Reading | None) -> None:
        self.readout.show_reading(reading)
        self.cursor_moved.emit(reading)

    def _set_boxing(self, on: bool) -> None:
        self.canvas.box_view.boxing = on
        shape = Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor
        self.canvas.viewport().setCursor(shape)

    def _drag_box(self, rect: QRectF, finished: bool) -> None:
        if self.content is None:
            return
        box = Box.around(rect.left(), rect.top(), rect.right(), rect.bottom(), self.content.size)
        if box is None:
            return
        self.show_box(box, measure=finished)

    def show_box(self, box: Box, measure: bool = True) -> None:
        """Put a box on the picture and measure what is in it.

        Parameters
        ----------
        box : Box
            Inside the picture.
        measure : bool
            Not while it is still being dragged.
        """
        self.box = box
        self.canvas.show_box(
            QRectF(box.x_start - 0.5, box.y_start - 0.5, box.x_stop - box.x_start, box.y_stop - box.y_start)
        )
        if measure:
            self._measure_box()
            self.box_changed.emit(box)

    def remove_box(self) -> None:
        """Take the box away."""
        had = self.box is not None
        self.box = self.box_statistics = None
        self.canvas.show_box(None)
        self.panel.hide()
        if had:
            self._tasks.supersede(self._key + "statistics")
            self.box_changed.emit(None)

    def _measure_box(self) -> None:
        content, box = self.content, self.box
        values = content.values if content is not None else None
        if content is None or box is None or values is None:
            return
        dq = content.dq
        part = values[box.slices]
        bits = None if dq is None else dq[box.slices]
        self.box_statistics = None
        self.panel.show_statistics(box, None, content.unit)

        def measured(found: Statistics) -> None:
            self.box_statistics = found
            self.panel.show_statistics(box, found, content.unit)

        self._tasks.start(
            "Statistics of the box",
            lambda _job: statistics(part, bits),
            measured,
            key=self._key + "statistics",
            quiet=True,
        )

    # -- the picture as a picture ------------------------------------------------------------------------------------

    def picture(self) -> QPixmap:
        """What is seen of the picture, without the controls.

        Returns
        -------
        QPixmap
        """
        return self.canvas.grab()

    def copy_picture(self) -> None:
        """Copy what is seen to the clipboard."""
        QGuiApplication.clipboard().setPixmap(self.picture())
        self._say("The picture was copied.")

    def save_picture(self, path: Path) -> None:
        """Save what is seen as a PNG file, whole or not at all.

        Parameters
        ----------
        path : pathlib.Path
            Replaced if it is there.
        """
        from calgui.core.frames.writing import write_atomically

        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self.picture().save(buffer, "PNG")  # type: ignore[call-overload]
        pixels = bytes(buffer.data().data())
        write_atomically(path, lambda file: file.write(pixels), overwrite=True)
        self._say(f"The picture was saved as {path.name}.")

    def _save_as(self) -> None:
        name = Path(self.content.name).stem if self.content is not None else "picture"
        chosen, _kind = QFileDialog.getSaveFileName(self, "Save the picture", f"{name}.png", "PNG pictures (*.png)")
        if not chosen:
            return
        path = Path(chosen)
        try:
            self.save_picture(path if path.suffix.lower() == ".png" else path.with_name(f"{path.name}.png"))
        except CalguiError as error:
            if self._session is not None:
                self._session.report(error, "Saving the picture")

    def _say(self, text: str) -> None:
        if self._session is not None:
            self._session.notice("info", text)
