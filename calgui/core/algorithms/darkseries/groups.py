"""Darks sorted by exposure time and number of reads, and what each group says of noise."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from calgui.core.algorithms.exposure import exposure_time, file_name, number, scale_of, unit_of
from calgui.core.algorithms.noise import robust_sigma
from calgui.core.errors import InputError
from calgui.core.frames.frame import FloatArray, FrameLike

#: exposure times that differ by less than this part are one
_SAME = 1e-3


@dataclass(frozen=True)
class Group:
    """Darks of one exposure time and number of reads.

    Attributes
    ----------
    seconds : float
        Exposure time.
    reads : int or None
        Frames read without destroying the charge: NGROUPS x NFRAMES; None where no header says.
    members : tuple of int
        Places in the list of frames.
    to_electrons : float
        Factor from the frames' unit to the electrons of one exposure.
    """

    seconds: float
    reads: int | None
    members: tuple[int, ...]
    to_electrons: float


def groups_of(frames: Sequence[FrameLike], unit: str | None, gain: float | None) -> list[Group]:
    """Sort darks by exposure time and number of reads.

    Parameters
    ----------
    frames : sequence of FrameLike
        Of one unit.
    unit, gain : optional
        What the user says; they override the headers.

    Returns
    -------
    list of Group
        From short to long.

    Raises
    ------
    InputError
        A time, unit or gain is missing.
    """
    known = unit_of(frames, unit)
    found: dict[tuple[float, int | None], list[int]] = {}
    for place, frame in enumerate(frames):
        time = exposure_time(frame.header)
        if time is None:
            raise InputError(
                "The exposure time is missing: none of EFFINTTM, EXPTIME, EFFEXPTM holds a number of seconds.",
                path=frame.path,
                cure="Add one of them to the header.",
            )
        reads = reads_of(frame)
        key = next((known for known in found if abs(known[0] - time[0]) <= _SAME * time[0] and known[1] == reads), None)
        found.setdefault(key or (time[0], reads), []).append(place)
    made = []
    for (seconds, reads), members in sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or 0)):
        scale = scale_of([frames[place] for place in members], known, gain, seconds)
        made.append(Group(seconds, reads, tuple(members), scale.to_counts))
    return made


def reads_of(frame: FrameLike) -> int | None:
    """How often the detector was read in an exposure.

    Parameters
    ----------
    frame : FrameLike
        Asked for NGROUPS and NFRAMES; READMODE CDS means 2.

    Returns
    -------
    int or None
    """
    groups, averaged = number(frame.header, "NGROUPS"), number(frame.header, "NFRAMES")
    if groups and groups >= 1:
        return int(groups) * max(int(averaged or 1), 1)
    return 2 if read_mode(frame) == "CDS" else None


def read_mode(frame: FrameLike) -> str:
    """READMODE or READPATT in upper case.

    Parameters
    ----------
    frame : FrameLike
        See above.

    Returns
    -------
    str
        Empty where there is none.
    """
    return str(frame.header.get("READMODE") or frame.header.get("READPATT") or "").strip().upper()


def pair_noise(samples: Sequence[FloatArray]) -> float:
    """Noise of one frame from differences of consecutive ones, whatever pattern they share.

    Parameters
    ----------
    samples : sequence of ndarray of float32
        The same pixels of frames of one time.

    Returns
    -------
    float
        In their unit; NaN for fewer than two.
    """
    found = [robust_sigma(second - first) for first, second in pairwise(samples)]
    return float(np.mean(found)) / math.sqrt(2) if found else math.nan


def group_name(frames: Sequence[FrameLike], group: Group) -> str:
    """For people: time, reads, and the first file.

    Parameters
    ----------
    frames : sequence of FrameLike
        All of them.
    group : Group
        Which.

    Returns
    -------
    str
    """
    reads = f", {group.reads} reads" if group.reads else ""
    return f"{group.seconds:g} s{reads} ({file_name(frames[group.members[0]])})"
