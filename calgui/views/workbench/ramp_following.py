"""The panel of one pixel follows the cursor, the picked pixel and the options; the latest wish is answered next."""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, QTimer

from calgui.core.algorithms.ramps.pixel import PixelFits
from calgui.core.errors import CalguiError, Cancelled
from calgui.core.jobs import Job
from calgui.core.runs.preview import Cut
from calgui.core.runs.ramppixels import RampPixels
from calgui.core.runs.report import RunReport
from calgui.views.image.readout import Reading
from calgui.views.session import Session
from calgui.views.workbench.output import OutputPanel
from calgui.views.workbench.ramp_pixel import RampPixelPanel

#: the cursor is answered at most so often
_ANSWER_MS = 15
#: options, ramp, x, y, why this pixel
_Wish = tuple[Mapping[str, Any], int, int, int, str]


class RampFollowing(QObject):
    """Asks for the pixel that is wanted, one question at a time, off the main thread.

    Parameters
    ----------
    session : Session
        Whose tasks read, and whose picked pixel is shown.
    output : OutputPanel
        Its picture is pointed at, and is a preview or the whole.
    panel : RampPixelPanel
        Where the answer is drawn.
    options : callable
        Gives those of the form, which a preview follows at once.
    """

    def __init__(
        self, session: Session, output: OutputPanel, panel: RampPixelPanel, options: Callable[[], Mapping[str, Any]]
    ) -> None:
        super().__init__(output)
        self._session, self._output, self._panel, self._options = session, output, panel, options
        self._key = f"ramp-pixel-{id(self)}"
        self._of: Cut | RunReport | None = None
        self._pixels: RampPixels | None = None
        self._cursor: tuple[int, int] | None = None
        self._inside = False
        self._asking = False
        self._answered: tuple[RampPixels, _Wish] | None = None
        self._answer = QTimer(self, singleShot=True, interval=_ANSWER_MS)
        self._answer.timeout.connect(self._ask)
        output.changed.connect(self._take)
        output.picture.cursor_moved.connect(self._point)
        session.pixel_picked.connect(self._picked)
        panel.ramp_changed.connect(self.follow)
        panel.seen.connect(self.follow)
        output.destroyed.connect(lambda: self._pixels.close() if self._pixels is not None else None)

    @property
    def busy(self) -> bool:
        """Whether a pixel is wanted that is not shown yet."""
        return self._answer.isActive() or self._asking

    def follow(self) -> None:
        """Something is wanted that may be other than what is shown."""
        if not self._answer.isActive():
            self._answer.start()

    def _take(self) -> None:
        """The picture is another one."""
        of = self._output.shown_of
        if of is not self._of:
            self._of = of
            if self._pixels is not None:
                self._pixels.close()
            self._pixels = self._open(of)
            self._panel.set_ramps(tuple(path.name for path in self._pixels.paths) if self._pixels is not None else ())
            if self._pixels is None:
                self._panel.show_nothing()
        self.follow()

    def _open(self, of: Cut | RunReport | None) -> RampPixels | None:
        if isinstance(of, Cut):
            return RampPixels.of_cut(of)
        return RampPixels.of_files(of.inputs, of.references) if of is not None else None

    def _point(self, reading: Reading | None) -> None:
        content = self._output.picture.content
        self._inside = reading is not None and content is not None
        if reading is not None and content is not None:
            _path, x, y, _plane = content.in_file(reading.x, reading.y)
            self._cursor = x, y
        self.follow()

    def _picked(self, _pixel: object) -> None:
        self.follow()

    def _wish(self, pixels: RampPixels) -> _Wish | None:
        """The pixel under the cursor; else the picked one; else where the cursor was; else the middle."""
        of, picked = self._of, self._session.pixel
        options = of.options if isinstance(of, RunReport) else self._options()
        ramp = max(self._panel.ramp.currentIndex(), 0)
        if self._inside and self._cursor is not None:
            return options, ramp, *self._cursor, "under the cursor"
        if picked is not None and picked.path in pixels.paths:
            return options, ramp, picked.x, picked.y, "picked"
        box = pixels.box
        if self._cursor is not None and (box is None or _holds(box, *self._cursor)):
            return options, ramp, *self._cursor, "where the cursor was"
        if isinstance(of, Cut):
            box = of.box
            return options, ramp, (box.x_start + box.x_stop) // 2, (box.y_start + box.y_stop) // 2, "in the middle"
        frame = of.result.frame if of is not None else None
        return None if frame is None else (options, ramp, frame.shape[-1] // 2, frame.shape[-2] // 2, "in the middle")

    def _ask(self) -> None:
        pixels = self._pixels
        # nobody waits for what is behind another tab
        if pixels is None or self._asking or not self._panel.isVisible():
            return
        wish = self._wish(pixels)
        if wish is None or self._answered == (pixels, wish):
            return
        options, ramp, x, y, place = wish
        self._asking = True

        def done(found: PixelFits) -> None:
            self._asking = False
            if pixels is self._pixels:
                self._answered = pixels, wish
                self._panel.show_fits(found, str(options["method"]), place)
            self.follow()

        def failed(error: Exception) -> None:
            self._asking = False
            if isinstance(error, Cancelled) or pixels is not self._pixels:
                self.follow()
                return
            self._answered = pixels, wish
            if isinstance(error, CalguiError):
                self._panel.show_nothing(f"{error.message} {error.cure}".strip())
            else:
                self._session.report(error, "Reading a pixel")
            self.follow()

        def work(_job: Job) -> PixelFits:
            return pixels.at(options, ramp, x, y)

        self._session.tasks.start("Reading a pixel", work, done, failed, key=self._key, quiet=True)


def _holds(box: Any, x: int, y: int) -> bool:
    return bool(box.x_start <= x < box.x_stop and box.y_start <= y < box.y_stop)
