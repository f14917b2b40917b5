"""When the reads of a ramp were made, as the keywords of JWST say it: one reading of them for all algorithms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calgui.core.algorithms.exposure import number

#: TGROUP and TFRAME agree within this part of TGROUP
_AGREE = 0.01


@dataclass(frozen=True)
class ReadTimes:
    """Times of the reads of a ramp.

    Attributes
    ----------
    step : float or None
        Seconds from read to read; None where no header says.
    frames : int
        Frames that were averaged to one read.
    frame_part : float
        Time from frame to frame, in steps.
    """

    step: float | None
    frames: int
    frame_part: float

    @property
    def first(self) -> float:
        """Mean time of the frames of the first read after the reset, in steps."""
        return self.frame_part * (self.frames + 1) / 2

    @property
    def frame_seconds(self) -> float:
        """Seconds from frame to frame; 0 where no header says."""
        return self.frame_part * (self.step or 0.0)


def read_times(header: Mapping[str, Any], step: float | None = None) -> ReadTimes:
    """Times of the reads of a ramp.

    Parameters
    ----------
    header : mapping
        Asked for TGROUP, TFRAME, NFRAMES and GROUPGAP.
    step : float, optional
        Seconds from read to read, which count more than what the header says.

    Returns
    -------
    ReadTimes
        Without keywords one frame a read, and the first read a step after the reset.

    Notes
    -----
    A read is the mean of NFRAMES frames of TFRAME seconds, GROUPGAP frames are dropped between reads, TGROUP =
    (NFRAMES + GROUPGAP) TFRAME. A longer TGROUP of several frames has a pause in it; otherwise, where TGROUP is not
    that, TFRAME is taken to be wrong.
    """
    frame, frames, gap = positive(header, "TFRAME"), positive(header, "NFRAMES"), number(header, "GROUPGAP")
    step = step or positive(header, "TGROUP")
    if step is None and frame is not None and frames is not None and gap is not None and gap >= 0:
        step = (frames + gap) * frame
    count = (frames or 1) + max(gap or 0, 0)
    part = 1 / count
    if step is not None and frame is not None:
        fits = abs(step - count * frame) <= _AGREE * step
        pauses = (frames or 1) > 1 and count * frame < step
        part = frame / step if fits or pauses else part
    return ReadTimes(step, int(frames or 1), part)


def positive(header: Mapping[str, Any], keyword: str) -> float | None:
    """A number of a header that only means something above 0.

    Parameters
    ----------
    header : mapping
        Of a file.
    keyword : str
        Which.

    Returns
    -------
    float or None
    """
    value = number(header, keyword)
    return value if value is not None and value > 0 else None
