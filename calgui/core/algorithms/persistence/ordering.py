"""Frames in the order of their times, with the one that is judged."""

import datetime as dt
import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from calgui.core.algorithms.agreement import check_inputs
from calgui.core.algorithms.exposure import Scale, exposure_time, file_name, scale_of
from calgui.core.algorithms.lamps import is_dark
from calgui.core.algorithms.persistence.config import PersistenceConfig
from calgui.core.algorithms.times import TIME_NEEDED, start_of
from calgui.core.errors import InputError, UsageError
from calgui.core.frames.frame import FrameLike

#: how a frame was read may change between the light and what is left of it
_MAY_DIFFER = ("time", "READMODE", "READPATT", "NGROUPS", "NFRAMES", "GROUPGAP", "SUBARRID")


@dataclass(frozen=True)
class Taken:
    """One frame with its time.

    Attributes
    ----------
    frame : FrameLike
        The frame.
    start, stop : float
        Seconds; 0 is the start of the frame to judge.
    seconds : float
        Exposure time.
    scale : Scale
        To electrons per second.
    dark : bool
        Whether no light came in.
    """

    frame: FrameLike
    start: float
    stop: float
    seconds: float
    scale: Scale
    dark: bool

    @property
    def name(self) -> str:
        """Of its file."""
        return file_name(self.frame)


@dataclass(frozen=True)
class Night:
    """All frames in their order.

    Attributes
    ----------
    judged : Taken
        The one that persistence is looked for in.
    others : tuple of Taken
        Before it, and those behind it.
    notes : tuple of str
        What is odd about their times.
    """

    judged: Taken
    others: tuple[Taken, ...]
    notes: tuple[str, ...]


def night_of(frames: Sequence[FrameLike], config: PersistenceConfig) -> Night:
    """Put frames in the order of their times.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : PersistenceConfig
        Which one is judged; unit, gain, time.

    Returns
    -------
    Night

    Raises
    ------
    InputError
        A time is missing, two are the same, or the frames are not of one detector.
    UsageError
        The option ``judge`` names none or several.
    """
    check_inputs(frames, config.temperature_tolerance, may_differ=_MAY_DIFFER)
    starts = [_start(frame) for frame in frames]
    by_time = sorted(range(len(frames)), key=lambda place: starts[place])
    for one, other in pairwise(by_time):
        if starts[one] == starts[other]:
            raise InputError(
                f"It began at {starts[other].isoformat()}, as {file_name(frames[one])} did: which came first?",
                path=frames[other].path,
                cure="Choose exposures of different times.",
            )
    last = by_time[-1] if not config.judge else _named(frames, config.judge)
    taken = [_taken(frame, start, starts[last], config) for frame, start in zip(frames, starts, strict=True)]
    ordered = [taken[place] for place in by_time]
    notes = [
        f"{second.name} began {first.stop - second.start:.3g} s before {first.name} ended, by their headers."
        for first, second in pairwise(ordered)
        if first.stop - second.start > 1.0
    ]
    judged = taken[last]
    return Night(judged, tuple(one for one in ordered if one is not judged), tuple(notes[:1]))


def _start(frame: FrameLike) -> dt.datetime:
    found = start_of(frame.header)
    if found is None:
        raise InputError(
            "The header does not say when the exposure began: what light leaves behind decays with time.",
            path=frame.path,
            cure=f"Add {TIME_NEEDED}.",
        )
    return found


def _named(frames: Sequence[FrameLike], pattern: str) -> int:
    found = [place for place, frame in enumerate(frames) if fnmatch.fnmatch(file_name(frame), pattern.strip())]
    if len(found) != 1:
        many = f"{len(found)} inputs are" if found else "No input is"
        raise UsageError(f"{many} named {pattern!r}, which option judge says.", cure="Give the name of one input.")
    return found[0]


def _taken(frame: FrameLike, start: dt.datetime, zero: dt.datetime, config: PersistenceConfig) -> Taken:
    seconds = config.exposure_time
    if seconds is None:
        known = exposure_time(frame.header)
        if known is None:
            raise InputError(
                "The exposure time is missing: none of EFFINTTM, EXPTIME, EFFEXPTM holds a number of seconds.",
                path=frame.path,
                cure="Add one of them to the header, or give the option exposure_time.",
            )
        seconds = known[0]
    scale = scale_of([frame], config.unit, config.gain, seconds)
    begin = (start - zero).total_seconds()
    return Taken(frame, begin, begin + seconds, seconds, scale, is_dark(frame))
