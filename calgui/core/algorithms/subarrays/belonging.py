"""Whether subarrays belong to a full frame: same detector, filter and unit, one exposure, inside, and apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from calgui.core.algorithms.agreement import TIME_TOLERANCE
from calgui.core.algorithms.exposure import ADU, ELECTRON, canonical_unit, exposure_time, file_name
from calgui.core.algorithms.geometry import Region, region_of
from calgui.core.algorithms.matching import text
from calgui.core.algorithms.subarrays.layout import Subarray, box_of, number_of
from calgui.core.algorithms.times import end_of, start_of
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike

#: what a full frame and its subarrays have in common
_SAME: Mapping[str, str] = {
    "INSTRUME": "the instrument",
    "DETECTOR": "the detector",
    "FILTER": "the filter",
    "PUPIL": "the pupil element",
    "GRATING": "the grating",
    "EXP_TYPE": "the kind of exposure",
    "OBS_ID": "the observation",
}


#: steps that are done to full frames alone
_OF_FULL = {"S_SUBARR", "S_SUBMRG"}


@dataclass(frozen=True)
class Parts:
    """A full frame and its subarrays.

    Attributes
    ----------
    full : FrameLike
        SUBARRID 0.
    subarrays : tuple of (Subarray, FrameLike)
        By number.
    """

    full: FrameLike
    subarrays: tuple[tuple[Subarray, FrameLike], ...]


def sort_parts(frames: Sequence[FrameLike]) -> Parts:
    """Tell the full frame from its subarrays, and refuse what does not belong together.

    Parameters
    ----------
    frames : sequence of FrameLike
        In any order; only headers and shapes are looked at.

    Returns
    -------
    Parts

    Raises
    ------
    InputError
        Naming the file and the cure.
    """
    numbers = [number_of(frame) for frame in frames]
    for frame, one in zip(frames, numbers, strict=True):
        if one is None:
            raise InputError(
                "SUBARRID, the number of the subarray, is missing.",
                path=frame.path,
                cure="Add it to the header: 0 for the full frame, 1, 2, ... for subarrays.",
            )
    full = [frame for frame, one in zip(frames, numbers, strict=True) if one == 0]
    if not full:
        raise InputError(
            f"None of the {len(frames)} frames is the full frame, whose SUBARRID is 0.",
            cure="Give the full frame that was read beside the subarrays, too.",
        )
    if len(full) > 1:
        raise InputError(
            f"There are two full frames: SUBARRID is 0 here and in {file_name(full[0])}.",
            path=full[1].path,
            cure="Give one full frame and its subarrays.",
        )
    found: dict[int, tuple[Subarray, FrameLike]] = {}
    for frame, one in zip(frames, numbers, strict=True):
        if not one:
            continue
        if one in found:
            raise InputError(
                f"SUBARRID is {one}, as in {file_name(found[one][1])}.",
                path=frame.path,
                cure="Give each subarray once, of one exposure.",
            )
        found[one] = box_of(frame, one), frame
    if not found and region_of(full[0]).is_whole:  # there may be none in a part of it
        raise InputError("There is no subarray to merge.", path=full[0].path, cure="Give its subarrays, too.")
    parts = Parts(full[0], tuple(found[one] for one in sorted(found)))
    for _, frame in parts.subarrays:
        _check_same(full[0], frame)
        _check_units(full[0], frame)
    _check_places(parts)
    return parts


def state_notes(parts: Parts, tolerance: float) -> list[str]:
    """What makes a merged frame doubtful: other steps were done to its parts, or they are of another time.

    Parameters
    ----------
    parts : Parts
        Sorted frames.
    tolerance : float
        Seconds by which a subarray may begin before the full frame or after its end.

    Returns
    -------
    list of str
        Sentences.
    """
    told = []
    for one, frame in parts.subarrays:
        for keyword in sorted(_steps(parts.full) ^ _steps(frame)):
            done, undone = (frame, parts.full) if keyword in _steps(frame) else (parts.full, frame)
            told.append(
                f"{keyword} is COMPLETE in {file_name(done)} and not in {file_name(undone)}: the parts were not "
                "calibrated alike."
            )
        told += _time_note(parts.full, one, frame, tolerance)
    return told


def _time_note(full: FrameLike, one: Subarray, frame: FrameLike, tolerance: float) -> list[str]:
    first, mine = start_of(full.header), start_of(frame.header)
    if first is None or mine is None:
        return []
    last = end_of(full.header) or first
    away = max((first - mine).total_seconds(), (mine - last).total_seconds())
    if away <= tolerance:
        return []
    return [
        f"Subarray {one.id} ({file_name(frame)}) began {away:.0f} s {'before' if mine < first else 'after the end of'} "
        f"the full frame, {tolerance:g} s are allowed: is it of another exposure?"
    ]


def _steps(frame: FrameLike) -> set[str]:
    """Steps that a header says were done."""
    done = {key for key, value in frame.header.items() if key.startswith("S_") and str(value).strip() == "COMPLETE"}
    return done - _OF_FULL


def _check_same(full: FrameLike, frame: FrameLike) -> None:
    for keyword, meaning in _SAME.items():
        ours, theirs = (text(one.header, keyword) for one in (full, frame))
        if ours != theirs:
            raise InputError(
                f"{keyword}, {meaning}, is {theirs or 'missing'}; in the full frame {file_name(full)} it is "
                f"{ours or 'missing'}.",
                path=frame.path,
                cure="Choose the full frame and the subarrays of one exposure.",
            )


def _check_units(full: FrameLike, frame: FrameLike) -> None:
    ours, theirs = (canonical_unit(one.unit) or one.unit for one in (full, frame))
    if ours != theirs:
        raise InputError(
            f"BUNIT is {frame.unit or 'missing'}; in the full frame {file_name(full)} it is {full.unit or 'missing'}.",
            path=frame.path,
            cure="Bring both to one unit.",
        )
    times = exposure_time(full.header), exposure_time(frame.header)
    if ours in {ELECTRON, ADU} and times[0] and times[1] and abs(times[1][0] / times[0][0] - 1) > TIME_TOLERANCE:
        raise InputError(
            f"The exposure time is {times[1][0]:g} s, that of the full frame {times[0][0]:g} s; both are in {ours}.",
            path=frame.path,
            cure="Bring both to electron/s first.",
        )


def _check_places(parts: Parts) -> None:
    region = region_of(parts.full)
    for one, frame in parts.subarrays:
        if not _inside(one, region):
            raise InputError(
                f"Subarray {one.id}, {one.text}, lies outside the full frame of {region.nx} × {region.ny} pixels.",
                path=frame.path,
                cure="Choose subarrays of this detector; SUBSTRT1 and SUBSTRT2 count from 1.",
            )
    for (one, first), (other, second) in combinations(parts.subarrays, 2):
        if one.overlaps(other):
            raise InputError(
                f"Subarray {other.id}, {other.text}, overlaps with {one.id}, {one.text}, of {file_name(first)}.",
                path=second.path,
                cure="Subarrays of one exposure never overlap: choose those of one.",
            )


def _inside(one: Subarray, region: Region) -> bool:
    x, y = one.x - 1 - region.x, one.y - 1 - region.y
    return 0 <= x <= region.nx - one.nx and 0 <= y <= region.ny - one.ny
