"""Frames of one brightness: an exposure less what is seen without the lamp, times a number, read in bands."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calgui.core.algorithms.flats.config import FlatConfig
from calgui.core.algorithms.flats.exposures import Exposures
from calgui.core.algorithms.matching import Placement, text
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FloatArray, FrameLike, Rows


@dataclass(frozen=True)
class Unlit:
    """What is subtracted: lamp-off frames, or a dark, in the unit of the frames that it is subtracted from.

    Attributes
    ----------
    frame : FrameLike
        Its pixels.
    part : Placement
        Where the frames lie in it.
    factor : float
        What it is multiplied by.
    own : bool
        Whether it is of one exposure alone: then its flags and errors are those of the difference. What is subtracted
        from all alike adds its error to the combination.
    """

    frame: FrameLike
    part: Placement
    factor: float = 1.0
    own: bool = False


@dataclass(frozen=True, eq=False)
class Lit:
    """One exposure as it goes into a combination.

    Attributes
    ----------
    frame : FrameLike
        As it was taken.
    factor : float
        From its numbers to electrons (per second).
    unlit : Unlit or None
        Subtracted, in that unit.
    scale : float
        What the rest is multiplied by, to the brightness of all.
    electrons : float or None
        What turns electrons (per second) into those of the exposure; None where that is not known.
    saturation, nonlinear : float or None
        In electrons of the exposure, dark and glow included: samples above are flagged SATURATED, NONLINEAR.
    """

    frame: FrameLike
    factor: float
    unlit: Unlit | None = None
    scale: float = 1.0
    electrons: float | None = None
    saturation: float | None = None
    nonlinear: float | None = None

    @property
    def header(self) -> Mapping[str, Any]:
        """Of the exposure."""
        return self.frame.header

    @property
    def path(self) -> Path | None:
        """Of the exposure."""
        return self.frame.path

    @property
    def shape(self) -> tuple[int, ...]:
        """(ny, nx)."""
        return self.frame.shape

    @property
    def unit(self) -> str:
        """None is said: it is that of the combination."""
        return ""

    def band(self, start: int, stop: int) -> Rows:
        """The same as `rows`."""
        return self.rows(start, stop)

    def plane(self, name: str, start: int = 0, stop: int | None = None) -> FloatArray | None:
        """A further image of the exposure, as it is."""
        return self.frame.plane(name, start, stop)

    def rows(self, start: int, stop: int) -> Rows:
        """Some rows, scaled.

        Parameters
        ----------
        start, stop : int
            From 0.

        Returns
        -------
        Rows
            Copies; data quality in any case.
        """
        read = self.frame.rows(start, stop)
        data = read.data * np.float32(self.factor)
        bits = np.zeros(data.shape, np.uint32) if read.dq is None else np.array(read.dq, np.uint32)
        if self.electrons is not None:
            for limit, name in ((self.saturation, "SATURATED"), (self.nonlinear, "NONLINEAR")):
                if limit is not None:
                    bits[data >= np.float32(limit / self.electrons)] |= np.uint32(flags.BY_NAME[name].value)
        if self.unlit is not None:
            without = self.unlit.part.band(self.unlit.frame, start, stop)
            # what is not known without the lamp is not known with it either
            data -= without.data * np.float32(self.unlit.factor)
        err = None if read.err is None else read.err * np.float32(self.factor)
        if self.unlit is not None and self.unlit.own:
            if without.dq is not None:
                bits |= without.dq
            # an error of which a part is not known is none
            err = None if err is None or without.err is None else np.hypot(err, without.err)
        scale = np.float32(self.scale)
        data *= scale
        return Rows(data, None if err is None else err * scale, bits)


def is_linear(frame: FrameLike) -> bool:
    """Whether the header says that the bend of the detector was corrected.

    Parameters
    ----------
    frame : FrameLike
        Asked for S_LINEAR.

    Returns
    -------
    bool
    """
    return text(frame.header, "S_LINEAR") == "COMPLETE"


def lit_frame(found: Exposures, frame: FrameLike, config: FlatConfig, unlit: Unlit | None, scale: float = 1.0) -> Lit:
    """An exposure as it goes into the combination.

    Parameters
    ----------
    found : Exposures
        Of its detector.
    frame : FrameLike
        One of them.
    config : FlatConfig
        Limits.
    unlit : Unlit or None
        Subtracted.
    scale : float
        To the brightness of all.

    Returns
    -------
    Lit
    """
    return Lit(
        frame,
        found.factor(frame),
        unlit,
        scale,
        found.time(frame),
        config.saturation,
        None if is_linear(frame) else config.nonlinear_from,
    )
