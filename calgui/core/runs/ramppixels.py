"""Pixels of ramps, looked at one after the other, from a cut-out in memory or from the files themselves."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

from calgui.core.algorithms.options import parse
from calgui.core.algorithms.ramps.config import FitRampConfig
from calgui.core.algorithms.ramps.fitting import place_of
from calgui.core.algorithms.ramps.pixel import PixelFits, pixel_of
from calgui.core.algorithms.ramps.refpix import Drift, reference_drift
from calgui.core.algorithms.ramps.setup import four_axes
from calgui.core.errors import Cancelled, UsageError
from calgui.core.frames.fits import open_frame
from calgui.core.frames.frame import FrameLike
from calgui.core.frames.statistics import Box
from calgui.core.jobs import Job
from calgui.core.runs.preview import Cut
from calgui.core.runs.references import UsedReference, open_reference

#: drifts that are kept, for options that go to and fro
_KEPT = 16
_Opened = AbstractContextManager[FrameLike]


class RampPixels:
    """Ramps of which single pixels are wanted; what all pixels have in common is found once.

    Files are opened when they are first needed, and stay open until `close`. Any thread may ask; one is answered at a
    time.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        Of the ramps.
    ramps : sequence of callable
        Opens each of them.
    references : mapping of str to callable
        Opens each reference, by type.
    box : Box or None
        The part of the ramps that there is; None for all of them.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        ramps: Sequence[Callable[[], _Opened]],
        references: Mapping[str, Callable[[], _Opened]],
        box: Box | None,
    ) -> None:
        self.paths = tuple(paths)
        self.box = box
        self._ramps, self._references = tuple(ramps), dict(references)
        self._opened: dict[int | str, FrameLike] = {}
        self._drifts: dict[Any, Drift] = {}
        self._stack = ExitStack()
        self._lock = Lock()
        self._closed = False

    @classmethod
    def of_cut(cls, cut: Cut) -> "RampPixels":
        """Those of a cut-out.

        Parameters
        ----------
        cut : Cut
            Of ramps.

        Returns
        -------
        RampPixels
        """
        return cls(
            [frame.path or Path(frame.name) for frame in cut.frames],
            [lambda frame=frame: nullcontext(frame) for frame in cut.frames],  # type: ignore[misc]
            {kind: lambda frame=frame: nullcontext(frame) for kind, frame in cut.references.items()},  # type: ignore[misc]
            cut.box,
        )

    @classmethod
    def of_files(cls, paths: Sequence[Path], references: Sequence[UsedReference]) -> "RampPixels":
        """Those of files as a whole.

        Parameters
        ----------
        paths : sequence of pathlib.Path
            Ramps.
        references : sequence of UsedReference
            That a run used.

        Returns
        -------
        RampPixels
        """
        return cls(
            paths,
            [lambda path=path: open_frame(path) for path in paths],  # type: ignore[misc]
            {item.type: lambda item=item: open_reference(item) for item in references},  # type: ignore[misc]
            None,
        )

    def at(self, options: Mapping[str, Any], ramp: int, x: int, y: int) -> PixelFits:
        """Reads and fits of one pixel.

        Parameters
        ----------
        options : mapping
            Of ``fit-ramp``.
        ramp : int
            Which, from 0.
        x, y : int
            Column and row of the whole ramp, from 0.

        Returns
        -------
        PixelFits

        Raises
        ------
        UsageError
            The pixel is not in this part.
        InputError
            As `pixel_of`.
        Cancelled
            It was closed.
        """
        box = self.box
        if box is not None and not (box.x_start <= x < box.x_stop and box.y_start <= y < box.y_stop):
            raise UsageError(f"The pixel x {x}, y {y} is not in this cut-out.", cure="Move the preview to it.")
        config = parse(FitRampConfig, options)
        try:
            with self._lock:
                if self._closed:
                    raise Cancelled
                frame = self._get(ramp, self._ramps[ramp])
                references = {kind: self._get(kind, how) for kind, how in self._references.items()}
                drift = self._drift(ramp, frame, config)
                left, top = (box.x_start, box.y_start) if box is not None else (0, 0)
                return replace(pixel_of(frame, references, config, x - left, y - top, drift), x=x, y=y)
        finally:
            if self._closed:
                self.close()

    def close(self) -> None:
        """Close the files, now or as soon as the question is answered that is being answered."""
        self._closed = True
        if self._lock.acquire(blocking=False):
            try:
                self._stack.close()
                self._opened.clear()
            finally:
                self._lock.release()

    def _get(self, key: int | str, how: Callable[[], _Opened]) -> FrameLike:
        if key not in self._opened:
            self._opened[key] = self._stack.enter_context(how())
        return self._opened[key]

    def _drift(self, ramp: int, frame: FrameLike, config: FitRampConfig) -> Drift:
        key = ramp, config.reference_pixels, config.amplifier_width, config.row_window
        if key not in self._drifts:
            if len(self._drifts) >= _KEPT:
                self._drifts.clear()
            reads = four_axes(frame.shape)[1]
            self._drifts[key] = reference_drift(frame, place_of(frame), config, reads, Job("Reference pixels"))
        return self._drifts[key]
