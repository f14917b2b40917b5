"""What is behind the picked spaxel and the one under the cursor: read in the background, the latest wins."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from calgui.core.cubes.cube import Cube
from calgui.core.cubes.ramp import Ramp, Samples
from calgui.core.errors import Cancelled
from calgui.core.jobs import Job
from calgui.core.spectra.spectrum import Spectrum
from calgui.views.cube.pins import Pins
from calgui.views.cube.ramp_plot import RampPlot
from calgui.views.cube.regions import named, region_spectra
from calgui.views.image.readout import Reading
from calgui.views.image.view import ImageView
from calgui.views.session import Pixel, Session
from calgui.views.spectrum.view import SpectrumView

#: the cursor is answered at most so often
_ANSWER_MS = 30

Place = tuple[int, int]


class Answers(QObject):
    """Spectra, or the reads of a ramp, behind what the user points at, pins or draws a region about.

    Signals
    -------
    drawn()
        Spectra were drawn.

    Parameters
    ----------
    session : Session
        Whose tasks read, and whose picked pixel is answered.
    image : ImageView
        The picture that is pointed at.
    spectrum : SpectrumView
        Where spectra are drawn.
    reads : RampPlot
        Where reads are.
    how : callable
        Says how the spaxels of a region are joined.
    """

    drawn = Signal()

    def __init__(
        self, session: Session, image: ImageView, spectrum: SpectrumView, reads: RampPlot, how: Callable[[], Any]
    ) -> None:
        super().__init__(image)
        self.session, self.image, self.spectrum, self.reads, self._how = session, image, spectrum, reads, how
        self.pins = Pins(session, image.canvas)
        self._cube: Cube | None = None
        self._ramp: Ramp | None = None
        self._path: Path | None = None
        self._turn = 0
        self._cursor: Place | None = None
        self._reading = False
        self._regional: dict[int, Spectrum] = {}
        #: of the last answer, so that pinned ones are not read again and again from a large file
        self._kept: dict[Place, Spectrum] = {}
        self._single: list[Spectrum] = []
        self._single_pins: tuple[Place, ...] = ()
        self._answer = QTimer(self, singleShot=True, interval=_ANSWER_MS)
        self._answer.timeout.connect(self._read)
        self._measure = QTimer(self, singleShot=True, interval=80)
        self._measure.timeout.connect(self._read_regions)
        image.cursor_moved.connect(self._point)
        session.pixel_picked.connect(self._picked)
        self.pins.changed.connect(self._read)
        regions = image.measuring.regions
        for signal in (regions.added, regions.changed, regions.removed):
            signal.connect(self.measure)

    def begin(self, cube: Cube, ramp: Ramp | None, path: Path | None) -> None:
        """Answer from another cube.

        Parameters
        ----------
        cube : Cube
            Its planes.
        ramp : Ramp or None
            The ramp that they are the reads of.
        path : pathlib.Path or None
            The file.
        """
        self._cube, self._ramp, self._path = cube, ramp, path
        self.pins.begin(path)
        # until the user points somewhere, what is in the middle
        self._cursor = cube.shape[2] // 2, cube.shape[1] // 2
        self._read()
        self._measure.start()

    def forget(self) -> None:
        """Nothing is there to answer from."""
        self._turn += 1
        for key in ("cube-spectrum", "cube-regions"):
            self.session.tasks.supersede(key)
        self._cube = self._ramp = self._path = self._cursor = None
        self._reading = False
        self._regional, self._kept, self._single, self._single_pins = {}, {}, [], ()
        self.pins.begin(None)

    def measure(self, *_: object) -> None:
        """Read the spectra of regions again, soon; fits any signal."""
        self._measure.start()

    def pin(self) -> None:
        """Keep the spectrum of the picked spaxel, else of the one under the cursor; or let go of it."""
        place = self.picked or self._cursor
        if self._cube is not None and self._ramp is None and place is not None:
            self.pins.toggle(place)

    @property
    def picked(self) -> Place | None:
        """The picked pixel, where it is one of this file."""
        pixel = self.session.pixel
        if pixel is None or self._cube is None or pixel.path is None or pixel.path != self._path:
            return None
        _, ny, nx = self._cube.shape
        return (pixel.x, pixel.y) if pixel.x < nx and pixel.y < ny else None

    # ---- inside

    def _point(self, reading: Reading | None) -> None:
        if reading is not None and self._cube is not None:
            self._cursor = reading.x, reading.y
            if not self._answer.isActive():
                self._answer.start()

    def _picked(self, _pixel: Pixel | None) -> None:
        self._read()

    def _read(self) -> None:
        cube, ramp = self._cube, self._ramp
        pins = self.pins.places
        single = [place for place in dict.fromkeys((self.picked, self._cursor)) if place is not None]
        places = [*single[:1], *pins, *(place for place in single[1:] if place not in pins)]
        if cube is None or not places or self._reading:
            return
        self._reading = True
        kept = self._kept
        asked = self._cursor, self.picked, pins

        def work(_job: Job) -> list[Any]:
            if ramp is not None:
                return [ramp.samples(*place) for place in places]
            return [kept.get(place) or cube.spectrum(*place) for place in places]

        def done(found: list[Any]) -> None:
            self._reading = False
            if ramp is not None:
                self._show_reads(places, found)
            else:
                self._kept = dict(zip(places, found, strict=True))
                self._show_spectra(found, pins)
            if asked != (self._cursor, self.picked, self.pins.places):
                self._answer.start()

        self._start("Reading a spectrum", work, done, "cube-spectrum")

    def _read_regions(self) -> None:
        cube = self._cube
        if cube is None or self._ramp is not None:
            return
        regions = self.image.measuring.regions
        wanted = {number: regions[number] for number in regions.numbers if regions[number].shape.kind != "line"}
        how = self._how()

        def done(made: dict[int, Spectrum]) -> None:
            self._regional = made
            same = bool(self._single) and self._single[0].path == self._path
            self._show_spectra(self._single if same else [], self._single_pins if same else ())

        self._start("Spectra of regions", lambda job: region_spectra(cube, wanted, how, job), done, "cube-regions")

    def _start(self, title: str, work: Callable[[Job], Any], done: Callable[[Any], None], key: str) -> None:
        turn = self._turn

        def taken(found: Any) -> None:
            if turn == self._turn:
                done(found)

        def failed(error: Exception) -> None:
            if turn == self._turn:
                self._reading = False
                if not isinstance(error, Cancelled):
                    self.session.report(error, title)

        self.session.tasks.start(title, work, taken, failed, key=key, quiet=True)

    def _show_reads(self, places: list[Place], found: list[Samples]) -> None:
        self.reads.show_samples([(f"x {x}, y {y}", one) for (x, y), one in zip(places, found, strict=True)])

    def _show_spectra(self, found: list[Spectrum], pins: tuple[Place, ...]) -> None:
        """The one that is read out, the pinned ones, those of regions, and then the one under the cursor."""
        self._single, self._single_pins = found, pins
        last = 1 + len(pins)
        shown = dict(zip(("first",), found[:1], strict=False))
        for place, (number, spectrum) in zip(pins, enumerate(found[1:last], start=1), strict=False):
            shown[f"pin {place}"] = named(spectrum, f"pin {number}")
        shown |= {f"region {number}": self._regional[number] for number in sorted(self._regional)}
        shown |= dict(zip(("cursor",), found[last:], strict=False))
        self.spectrum.show_spectra(tuple(shown.values()), tuple(shown))
        traces = self.spectrum.traces[1:last]
        self.pins.show_marks({place: trace.role for place, trace in zip(pins, traces, strict=False)})
        self.drawn.emit()
