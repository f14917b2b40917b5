"""`CubeView`: the picture of a cube or ramp, with the spectrum or the reads behind what the user points at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from calgui.core.cubes.cube import Cube
from calgui.core.cubes.ramp import Ramp, open_ramp
from calgui.core.cubes.reading import kind_of, open_cube
from calgui.core.errors import CalguiError, Cancelled
from calgui.core.frames.frame import Frame
from calgui.core.frames.room import free_memory
from calgui.core.jobs import Job
from calgui.core.spectra.spectrum import Spectrum
from calgui.views.choosing import Choices
from calgui.views.cube.pictures import Pictures
from calgui.views.cube.pins import Pins
from calgui.views.cube.ramp_plot import RampPlot
from calgui.views.cube.ranges import Range, Ranges
from calgui.views.cube.regions import named, region_spectra
from calgui.views.cube.slice_bar import COLLAPSED, MAPS, SliceBar
from calgui.views.cube.tools import CubeTools, ask_for_map, save_map
from calgui.views.image.readout import Reading
from calgui.views.image.view import ImageView
from calgui.views.session import Pixel, Session
from calgui.views.spectrum.view import SpectrumView
from calgui.views.stepping import Steps

#: a cube up to this many bytes, and a quarter of the free memory, is read into memory
_MOST = 2_000_000_000
#: from this proportion on, the plot stands beside the picture
_WIDE = 1.1
#: width that both need beside one another
_ROOM = 940
#: height from which on there is room for a histogram between picture and plot
_HIGH = 620
#: the cursor is answered at most so often
_ANSWER_MS = 30


class CubeView(QWidget):
    """Planes and spectra of a cube, or reads of a ramp.

    Parameters
    ----------
    session : Session
        Whose tasks read, and whose picked pixel is shown.
    parent : QWidget, optional

    Signals
    -------
    cursor_moved(object)
        As of `ImageView`.
    """

    cursor_moved = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("cube_view")
        self.setAccessibleName("Cube or ramp")
        self.cube: Cube | None = None
        self.ramp: Ramp | None = None
        self.path: Path | None = None
        self._turn = 0
        self._cursor: tuple[int, int] | None = None
        self._reading = False
        self._regional: dict[int, Spectrum] = {}
        #: of the last answer, so that pinned ones are not read again and again from a large file
        self._kept: dict[tuple[int, int], Spectrum] = {}
        self._single: list[Spectrum] = []
        self._single_pins: tuple[tuple[int, int], ...] = ()
        self._shown = ""
        self._laid = False
        self._frame: Frame | None = None
        self.image = ImageView(session, parent=self)
        self.bar = SliceBar(self)
        self.tools = CubeTools(self)
        self.pins = Pins(session, self.image.canvas)
        self.spectrum = SpectrumView(session, self)
        self.reads = RampPlot(session, self)
        self.pictures = Pictures(session, "cube-picture", self)
        self.ranges = Ranges(self.spectrum.plot, self._places)
        self._answer = QTimer(self, singleShot=True, interval=_ANSWER_MS)
        self._answer.timeout.connect(self._read)
        self._measure = QTimer(self, singleShot=True, interval=80)
        self._measure.timeout.connect(self._read_regions)
        self._lay_out()
        self._connect()
        choices = Choices(self, session.history)
        choices.one_of(self.bar.picture, "the picture")
        choices.one_of(self.tools.how, "spectra of regions by")
        choices.switch(self.bar.hold, "limits from plane to plane", "hold", "let go of")
        self._steps = Steps(session.history, self._ranges_now, self._put_ranges, _range_words, join="all")
        self.ranges.changed.connect(self._steps.note)

    def _ranges_now(self) -> tuple[int, Range, tuple[Range, Range]]:
        return self._turn, self.ranges.main, self.ranges.beside

    def _put_ranges(self, state: tuple[int, Range, tuple[Range, Range]]) -> None:
        # those of a cube that is no longer looked at stay away
        if state[0] == self._turn:
            self.ranges.put(*state[1:])

    def _lay_out(self) -> None:
        above = QWidget(self)
        column = QVBoxLayout(above)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.image, 1)
        column.addWidget(self.bar)
        column.addWidget(self.tools)
        self.below = QStackedWidget(self)
        self.below.addWidget(self.spectrum)
        self.below.addWidget(self.reads)
        self.split = split = QSplitter(Qt.Orientation.Vertical, self)
        split.setObjectName("cube_splitter")
        split.setChildrenCollapsible(False)
        split.addWidget(above)
        split.addWidget(self.below)
        for place in (0, 1):
            split.setStretchFactor(place, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)

    def _connect(self) -> None:
        self.bar.plane_chosen.connect(self.show_plane)
        self.bar.picture_chosen.connect(lambda _name: self._show_picture())
        self.ranges.plane_dragged.connect(self.show_plane)
        self.ranges.changed.connect(self._show_picture)
        self.spectrum.bar.changed.connect(self.ranges.place)
        self.pictures.made.connect(self._made)
        self.pictures.failed.connect(self._picture_failed)
        self.image.cursor_moved.connect(self._point)
        self.image.cursor_moved.connect(self.cursor_moved)
        self.session.pixel_picked.connect(self._picked)
        self.pins.changed.connect(self._pinned)
        self.tools.pin.clicked.connect(self.pin)
        self.tools.unpin.clicked.connect(self.pins.clear)
        self.tools.how.currentTextChanged.connect(lambda _how: self._measure.start())
        self.tools.save.clicked.connect(self._ask_save)
        regions = self.image.measuring.regions
        for signal in (regions.added, regions.changed, regions.removed):
            signal.connect(lambda _number: self._measure.start())

    # ---- opening

    def show_file(self, path: Path) -> None:
        """Show a cube or ramp.

        Parameters
        ----------
        path : pathlib.Path
            FITS.
        """
        if path == self.path:
            return
        self.clear("")
        self.path = path
        turn = self._turn

        def work(_job: Job) -> tuple[Cube, Ramp | None]:
            if kind_of(path) == "ramp":
                ramp = open_ramp(path)
                return ramp.as_cube(), ramp
            return open_cube(path), None

        self.session.tasks.start(
            f"Opening {path.name}", work, lambda found: self._opened(turn, *found), self._failed, key="cube-open"
        )

    def show_cube(self, cube: Cube) -> None:
        """Show a cube that is open already.

        Parameters
        ----------
        cube : Cube
            Any.
        """
        self.clear("")
        self.path = cube.path
        self._opened(self._turn, cube, None)

    def clear(self, message: str = "No cube yet.") -> None:
        """Show nothing.

        Parameters
        ----------
        message : str
            Said in its place.
        """
        self._turn += 1
        self.bar.play.setChecked(False)
        self.pictures.forget()
        for key in ("cube-open", "cube-load", "cube-spectrum", "cube-regions"):
            self.session.tasks.supersede(key)
        self.cube = self.ramp = self.path = self._cursor = None
        self._reading = False
        self._regional, self._kept, self._frame = {}, {}, None
        self.tools.save.setEnabled(False)
        self.pins.begin(None)
        self.tools.unpin.setEnabled(False)
        self.image.clear(message)
        self.spectrum.clear("Move over the picture to see the spectrum of a spaxel.")
        self.reads.show_samples(None)

    def _opened(self, turn: int, cube: Cube, ramp: Ramp | None) -> None:
        if turn != self._turn:
            return
        self.cube, self.ramp = cube, ramp
        count = cube.shape[0]
        self.bar.set_count(count, ramp is not None)
        self.tools.set_ramp(ramp is not None)
        self.pins.begin(self.path)
        self.below.setCurrentWidget(self.reads if ramp is not None else self.spectrum)
        self.ranges.begin(count)
        self._steps.settle()
        if ramp is not None:
            self.ranges.plane = count - 1
        # until the user points somewhere, what is in the middle
        self._cursor = cube.shape[2] // 2, cube.shape[1] // 2
        self._show_picture()
        self._load(cube)
        self._picked(self.session.pixel)
        self._measure.start()

    def _load(self, cube: Cube) -> None:
        """Read what fits into memory; until then, and where it does not fit, numbers come from the file."""
        if cube.loaded or cube.size > min(_MOST, free_memory() // 4):
            return
        self.session.tasks.start(
            f"Reading {cube.name} into memory", lambda job: cube.load(job), failed=self._not_loaded, key="cube-load"
        )

    def _not_loaded(self, error: Exception) -> None:
        if not isinstance(error, Cancelled):
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, CalguiError):
            name = f"{self.path.name}: " if self.path is not None else ""
            self.image.clear("\n\n".join(part for part in (f"{name}{error.message}", error.cure) if part))
        else:
            self.session.report(error, "Opening a cube")

    def _picture_failed(self, error: Exception) -> None:
        if self.bar.picture.currentText() in (*COLLAPSED, *MAPS):
            self.session.report(error, "Making a picture of the cube")
        else:
            self._failed(error)

    # ---- pictures

    def show_plane(self, plane: int) -> None:
        """Show one plane.

        Parameters
        ----------
        plane : int
            From 0.
        """
        self.ranges.plane = plane
        if self.bar.picture.currentIndex():
            self.bar.picture.setCurrentIndex(0)  # shows it
        else:
            self._show_picture()

    def _show_picture(self) -> None:
        cube = self.cube
        if cube is None:
            return
        name = self.bar.picture.currentText()
        ranges = self.ranges
        ranges.show(name in (*COLLAPSED, *MAPS), name in MAPS)
        ranges.place()
        of: Any = ranges.plane
        if name in COLLAPSED:
            of = ranges.main
        elif name in MAPS:
            of = (ranges.main, ranges.beside)
        self.bar.show_plane(ranges.plane, self._where(ranges.plane))
        self.bar.waiting = True
        self.pictures.ask(cube, name, of)

    def _made(self, name: str, frame: Frame, of: Any) -> None:
        self.bar.waiting = self.pictures.busy
        view = self.image
        # limits of one plane are held for the others; another kind of picture has values of its own
        if name == "one plane" and self.bar.hold.isChecked() and view.look.drawing is not None and self._shown == name:
            view.hold_limits()
        elif self._shown != name:
            view.release_limits()
        self._shown, self._frame = name, frame
        self.tools.save.setEnabled(True)
        view.show_frame(frame, self.path.name if self.path is not None else frame.name, self._note(name, of))

    def _note(self, name: str, of: Any) -> str:
        if name == "one plane":
            where = self._where(of)
            return f"{'read' if self.ramp is not None else 'plane'} {of}" + (f"   {where}" if where else "")
        main = of if name in COLLAPSED else of[0]
        return f"{name} of planes {main[0]} to {main[1] - 1}"

    def _where(self, plane: int) -> str:
        """Wavelength or time of a plane."""
        if self.ramp is not None:
            times = self.ramp.times
            return "" if times is None else f"{times[plane % len(times)]:.4g} s"
        wavelength = self.cube.wavelength if self.cube is not None else None
        return "" if wavelength is None else f"{wavelength[plane]:.3f} nm"

    def _places(self) -> Any:
        if self.cube is None:
            return np.empty(0)
        axis = self.spectrum.bar.chosen_axis
        return axis.of(Spectrum(np.zeros(self.cube.shape[0]), None, self.cube.wavelength))

    # ---- spectra and reads

    def _point(self, reading: Reading | None) -> None:
        if reading is not None and self.cube is not None:
            self._cursor = reading.x, reading.y
            if not self._answer.isActive():
                self._answer.start()

    def _picked(self, _pixel: Pixel | None) -> None:
        self._read()

    @property
    def picked(self) -> tuple[int, int] | None:
        """The picked pixel, where it is one of this file."""
        pixel = self.session.pixel
        if pixel is None or self.cube is None or pixel.path is None or pixel.path != self.path:
            return None
        _, ny, nx = self.cube.shape
        return (pixel.x, pixel.y) if pixel.x < nx and pixel.y < ny else None

    def _read(self) -> None:
        """Read what is behind the picked pixel and the one under the cursor: the latest wins."""
        cube, ramp = self.cube, self.ramp
        pins = self.pins.places
        single = [place for place in dict.fromkeys((self.picked, self._cursor)) if place is not None]
        places = [*single[:1], *pins, *(place for place in single[1:] if place not in pins)]
        if cube is None or not places or self._reading:
            return
        self._reading = True
        turn, kept = self._turn, self._kept
        asked = self._cursor, self.picked, pins

        def work(_job: Job) -> Any:
            if ramp is not None:
                return ramp.samples(*places[0])
            return [kept.get(place) or cube.spectrum(*place) for place in places]

        def done(found: Any) -> None:
            if turn != self._turn:
                return
            self._reading = False
            if ramp is not None:
                self.reads.show_samples(found, f"x {places[0][0]}, y {places[0][1]}")
            else:
                self._kept = dict(zip(places, found, strict=True))
                self._show_spectra(found, pins)
            if asked != (self._cursor, self.picked, self.pins.places):
                self._answer.start()

        self._start("Reading a spectrum", work, done, "cube-spectrum", turn)

    def _start(self, title: str, work: Callable[[Job], Any], done: Any, key: str, turn: int) -> None:
        def failed(error: Exception) -> None:
            if turn == self._turn:
                self._reading = False
                if not isinstance(error, Cancelled):
                    self.session.report(error, title)

        self.session.tasks.start(title, work, done, failed, key=key, quiet=True)

    def _show_spectra(self, found: list[Spectrum], pins: tuple[tuple[int, int], ...]) -> None:
        """The one that is read out, the pinned ones, those of regions, and then the one under the cursor."""
        self._single, self._single_pins = found, pins
        last = 1 + len(pins)
        pinned = [named(spectrum, f"pin {number}") for number, spectrum in enumerate(found[1:last], start=1)]
        regions = [self._regional[number] for number in sorted(self._regional)]
        self.spectrum.show_spectra([*found[:1], *pinned, *regions, *found[last:]])
        traces = self.spectrum.traces[1:last]
        self.pins.show_marks({place: trace.role for place, trace in zip(pins, traces, strict=False)})
        self.ranges.place()

    def pin(self) -> None:
        """Keep the spectrum of the picked spaxel, else of the one under the cursor; or let go of it."""
        place = self.picked or self._cursor
        if self.cube is not None and self.ramp is None and place is not None:
            self.pins.toggle(place)

    def _pinned(self) -> None:
        self.tools.unpin.setEnabled(bool(self.pins.places))
        self._read()

    def _ask_save(self) -> None:
        frame = self._frame
        if frame is None:
            return
        what = self.image.overlays.note.text() or self._shown
        stem = self.path.stem if self.path is not None else "cube"
        path = ask_for_map(self, f"{stem}_{self._shown.replace(' ', '_')}")
        if path is not None:
            save_map(self.session, frame, what, path)

    def _read_regions(self) -> None:
        """Spectra of the regions on the picture."""
        cube = self.cube
        regions = self.image.measuring.regions
        if cube is None or self.ramp is not None:
            return
        wanted = {number: regions[number] for number in regions.numbers if regions[number].shape.kind != "line"}
        turn = self._turn
        how: Any = self.tools.how.currentText()

        def done(made: dict[int, Spectrum]) -> None:
            if turn == self._turn:
                self._regional = made
                same = bool(self._single) and self._single[0].path == self.path
                self._show_spectra(self._single if same else [], self._single_pins if same else ())

        self._start(
            "Spectra of regions", lambda job: region_spectra(cube, wanted, how, job), done, "cube-regions", turn
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Picture and plot beside one another where there is the width, else below."""
        super().resizeEvent(event)
        wide = self.width() > max(_WIDE * self.height(), _ROOM)
        # in a low panel the histogram leaves its room to the picture; limits are still chosen above it
        self.image.limits_bar.setVisible(wide or self.height() > _HIGH)
        way = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        if way != self.split.orientation() or not self._laid:
            self._laid = True
            self.split.setOrientation(way)
            half = max(self.width() if wide else self.height(), 2) // 2
            self.split.setSizes([half, half])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space plays; Page Up and Page Down go by one plane; P pins."""
        if event.key() == Qt.Key.Key_P and not event.modifiers():
            self.pin()
        elif not self.bar.key(event):
            super().keyPressEvent(event)


def _range_words(before: tuple[Any, ...], after: tuple[Any, ...]) -> str:
    return "move the range of planes" if before[1] != after[1] else "move the ranges of continuum"
