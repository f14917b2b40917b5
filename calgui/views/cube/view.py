"""`CubeView`: the picture of a cube or ramp, with the spectrum or the reads behind what the user points at."""

from functools import partial
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
from calgui.views.cube.answers import Answers
from calgui.views.cube.pictures import Pictures
from calgui.views.cube.ramp_plot import RampPlot
from calgui.views.cube.ranges import Range, Ranges
from calgui.views.cube.slice_bar import COLLAPSED, MAPS, ONE, SliceBar
from calgui.views.cube.tools import CubeTools, save_map
from calgui.views.image.content import Origin
from calgui.views.image.view import ImageView
from calgui.views.session import Session
from calgui.views.spectrum.view import SpectrumView
from calgui.views.stepping import Steps
from calgui.views.widgets.saving import ask_where

#: a cube up to this many bytes, and a quarter of the free memory, is read into memory
_MOST = 2_000_000_000
#: from this proportion on, the plot stands beside the picture
_WIDE = 1.1
#: width that both need beside one another
_ROOM = 560
#: after which the user is told that a first picture takes long
_PATIENCE_MS = 500
#: height from which on there is room for a histogram between picture and plot, and where the plot stands beside it
_HIGH, _HIGH_BESIDE = 620, 480


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
        self._shown = ""
        #: whether the user has shared out the room between picture and plot
        self._laid = False
        self._frame: Frame | None = None
        self.image = ImageView(session, parent=self)
        self.bar = SliceBar(self)
        self.tools = CubeTools((self.bar.speed, self.bar.hold), self)
        self.spectrum = SpectrumView(session, self)
        self.reads = RampPlot(session, self)
        self.pictures = Pictures(session, "cube-picture", self)
        self.answers = Answers(session, self.image, self.spectrum, self.reads, lambda: self.tools.how.currentText())
        self._ranges = Ranges(self.spectrum.plot, self._places)
        self._read_ranges = Ranges(self.reads.plot, self._places)
        self._lay_out()
        self._connect()
        choices = Choices(self, session.history)
        choices.one_of(self.bar.picture, "the picture")
        choices.one_of(self.tools.how, "spectra of regions by")
        choices.switch(self.bar.hold, "limits from plane to plane", "hold", "let go of")
        self._steps = Steps(session.history, self._ranges_now, self._put_ranges, _range_words, join="all")
        for ranges in (self._ranges, self._read_ranges):
            ranges.changed.connect(self._steps.note)

    def _ranges_now(self) -> tuple[int, Range, tuple[Range, Range]]:
        return self._turn, self.ranges.main, self.ranges.beside

    def _put_ranges(self, state: tuple[int, Range, tuple[Range, Range]]) -> None:
        # those of a cube that is no longer looked at stay away
        if state[0] == self._turn:
            self.ranges.put(*state[1:])

    def _lay_out(self) -> None:
        self.below = QStackedWidget(self)
        self.below.addWidget(self.spectrum)
        self.below.addWidget(self.reads)
        self.split = split = QSplitter(Qt.Orientation.Vertical, self)
        split.setObjectName("cube_splitter")
        split.setChildrenCollapsible(False)
        split.addWidget(self.image)
        split.addWidget(self.below)
        split.splitterMoved.connect(self._take_sizes)
        for place in (0, 1):
            split.setStretchFactor(place, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(split, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.tools)

    def _connect(self) -> None:
        self.bar.plane_chosen.connect(self.show_plane)
        self.bar.picture_chosen.connect(lambda _name: self._show_picture())
        self.bar.ranges.chosen.connect(self._choose_ranges)
        for ranges in (self._ranges, self._read_ranges):
            ranges.plane_dragged.connect(self.show_plane)
            ranges.changed.connect(self._show_picture)
        self.spectrum.bar.changed.connect(self._ranges.place)
        self.answers.drawn.connect(self._ranges.place)
        self.pictures.made.connect(self._made)
        self.pictures.failed.connect(self._picture_failed)
        self.image.cursor_moved.connect(self.cursor_moved)
        pins = self.answers.pins
        pins.changed.connect(lambda: self.tools.unpin.setEnabled(bool(pins.places)))
        self.tools.pin.clicked.connect(self.answers.pin)
        self.tools.unpin.clicked.connect(pins.clear)
        self.tools.how.currentTextChanged.connect(self.answers.measure)
        self.tools.save.clicked.connect(self._ask_save)

    def _take_sizes(self, _place: int, _index: int) -> None:
        self._laid = True

    @property
    def ranges(self) -> Ranges:
        """The plane and the ranges, on the plot that is shown."""
        return self._read_ranges if self.ramp is not None else self._ranges

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
        for key in ("cube-open", "cube-load"):
            self.session.tasks.supersede(key)
        self.answers.forget()
        self.cube = self.ramp = self.path = self._frame = None
        self.tools.save.setEnabled(False)
        self.tools.unpin.setEnabled(False)
        self.image.clear(message)
        self.spectrum.clear("Move over the picture to see the spectrum of a spaxel.")
        self.reads.show_samples(())

    def _opened(self, turn: int, cube: Cube, ramp: Ramp | None) -> None:
        if turn != self._turn:
            return
        self.cube, self.ramp = cube, ramp
        count = cube.shape[0]
        self.bar.set_count(count, ramp is not None)
        self.tools.set_ramp(ramp is not None)
        self.below.setCurrentWidget(self.reads if ramp is not None else self.spectrum)
        self.ranges.begin(count - 1 if ramp is not None else count // 2)
        self._steps.settle()
        self._show_picture()
        QTimer.singleShot(_PATIENCE_MS, self, partial(self._say_it_takes_long, self._turn))
        self._load(cube)
        self.answers.begin(cube, ramp, self.path)

    def _say_it_takes_long(self, turn: int) -> None:
        """Of a file whose planes are not stored together all is gone through before the first one is seen."""
        if turn == self._turn and self._frame is None and self.pictures.busy and self.cube is not None:
            self.image.clear(f"Reading the first picture of {self.cube.name} …")

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
        if self.bar.shown != ONE:
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
        name = self.bar.shown
        ranges = self.ranges
        ranges.show(name in (*COLLAPSED, *MAPS), name in MAPS)
        if not ranges.chosen:
            self._steps.settle()  # where they are put for a start is no step
        ranges.place()
        of: Any = ranges.plane
        if name in COLLAPSED:
            of = ranges.main
        elif name in MAPS:
            of = (ranges.main, ranges.beside)
        self.bar.show_plane(ranges.plane, self._where(ranges.plane))
        self.bar.show_ranges(ranges.main, ranges.beside)
        self.bar.waiting = True
        self.pictures.ask(cube, name, of)

    def _choose_ranges(self, main: tuple[int, int], beside: tuple[tuple[int, int], tuple[int, int]]) -> None:
        self.ranges.choose(main, beside)
        self._steps.note()
        self._show_picture()

    def _made(self, name: str, frame: Frame, of: Any) -> None:
        self.bar.waiting = self.pictures.busy
        view = self.image
        # limits of one plane are held for the others; another kind of picture has values of its own
        if name == ONE and self.bar.hold.isChecked() and view.look.drawing is not None and self._shown == name:
            view.hold_limits()
        elif self._shown != name:
            view.release_limits()
        self._shown, self._frame = name, frame
        self.tools.save.setEnabled(True)
        view.show_frame(
            frame, self.path.name if self.path is not None else frame.name, self._note(name, of), self._origin(name, of)
        )

    def _origin(self, name: str, of: Any) -> Origin | None:
        """Which plane of the file a pixel is picked on; none for what is made of several."""
        if self.path is None or self.cube is None:
            return None
        counted = name == "one plane" and self.cube.in_order
        return Origin((self.path,), plane=(of,) if counted else ())

    def _note(self, name: str, of: Any) -> str:
        if name == ONE:
            where = self._where(of)
            return f"{'read' if self.ramp is not None else 'plane'} {of}" + (f"   {where}" if where else "")
        first, last = (of if name in COLLAPSED else of[0])[0], (of if name in COLLAPSED else of[0])[1] - 1
        what = "reads" if self.ramp is not None else "planes"
        ends = [self._where(plane) for plane in (first, last)]
        where = f"   {ends[0].rpartition(' ')[0]} to {ends[1]}" if all(ends) else ""
        return f"{name} of {what} {first} to {last}{where}"

    def _where(self, plane: int) -> str:
        """Wavelength or time of a plane."""
        if self.ramp is not None:
            times = self.ramp.times
            return "" if times is None else f"{times[plane % len(times)]:.4g} s"
        wavelength = self.cube.wavelength if self.cube is not None else None
        return "" if wavelength is None else f"{wavelength[plane]:.3f} nm"

    def _places(self) -> Any:
        """Where each plane is on the plot; of a ramp the reads of the integration that is shown."""
        if self.cube is None:
            return np.empty(0)
        if self.ramp is not None:
            integrations, reads = self.ramp.shape[:2]
            places = np.full((integrations, reads), np.nan)
            times = self.ramp.times
            places[self.ranges.plane // reads] = times if times is not None else np.arange(reads)
            return places.ravel()
        axis = self.spectrum.bar.chosen_axis
        return axis.of(Spectrum(np.zeros(self.cube.shape[0]), None, self.cube.wavelength))

    def _ask_save(self) -> None:
        frame = self._frame
        if frame is None:
            return
        what = self.image.overlays.note.text() or self._shown
        stem = self.path.stem if self.path is not None else "cube"
        name = f"{stem}_{self._shown.replace(' ', '_')}.fits"
        path = ask_where(self, "Save as FITS", name, {".fits .fits.gz": "FITS files"})
        if path is not None:
            save_map(self.session, frame, what, path)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Picture and plot beside one another where there is the width, else below."""
        super().resizeEvent(event)
        wide = self.width() > max(_WIDE * self.height(), _ROOM)
        # in a low panel the histogram leaves its room to the picture; limits are still chosen above it
        self.image.limits_bar.setVisible(self.height() > (_HIGH if not wide else _HIGH_BESIDE))
        way = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        if way != self.split.orientation():
            self._laid = False
            self.split.setOrientation(way)
        if not self._laid:
            whole = max(self.width() if wide else self.height(), 2)
            plot = max(whole // 2, self.below.minimumSizeHint().width()) if wide else whole // 2
            self.split.setSizes([whole - plot, plot])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space plays; Page Up and Page Down go by one plane; P pins."""
        if event.key() == Qt.Key.Key_P and not event.modifiers():
            self.answers.pin()
        elif not self.bar.key(event):
            super().keyPressEvent(event)


def _range_words(before: tuple[Any, ...], after: tuple[Any, ...]) -> str:
    return "move the range of planes" if before[1] != after[1] else "move the ranges of continuum"
