"""Whether frames belong together: same detector, size, read-out, exposure time and temperature, or a refusal."""

import statistics
from collections.abc import Container, Mapping, Sequence
from typing import Any

from calgui.core.algorithms.exposure import exposure_time, file_name, number
from calgui.core.algorithms.matching import text
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike

#: keywords that must be the same in all darks of a master, with what they are
SAME: Mapping[str, str] = {
    "INSTRUME": "the instrument",
    "DETECTOR": "the detector",
    "SUBARRAY": "the subarray",
    "SUBARRID": "the subarray's number",
    "SUBSTRT1": "the subarray's first column",
    "SUBSTRT2": "the subarray's first row",
    "SUBSIZE1": "the subarray's columns",
    "SUBSIZE2": "the subarray's rows",
    "READMODE": "the read mode",
    "READPATT": "the read mode",
    "NGROUPS": "the number of groups",
    "NFRAMES": "the number of frames in a group",
    "GROUPGAP": "the gap between groups",
}

_KINDS: Mapping[str, str] = {"FILTER": "the filter", "EXP_TYPE": "the kind of exposure", "PUPIL": "the pupil element"}

TEMPERATURES: tuple[str, ...] = ("IMGDTEMP", "IFSDTEMP")

#: exposure times differ by no more than this fraction
TIME_TOLERANCE = 1e-3


def check_inputs(
    frames: Sequence[FrameLike],
    temperature_tolerance: float,
    axes: Sequence[int] = (2,),
    may_differ: Container[str] = (),
) -> None:
    """Refuse frames that do not belong together.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    temperature_tolerance : float
        Largest difference of detector temperatures, kelvin.
    axes : sequence of int
        How many axes a frame may have: 2 for images, 3 and 4 for ramps, of which any number of integrations agree.
    may_differ : container of str
        Keywords of `SAME` that need not be the same; ``time`` for the exposure time.

    Raises
    ------
    InputError
        Naming the first file that differs from the others, and the keyword.
    """
    check_twice(frames)
    _check_shapes(frames, axes)
    check_alike(frames, {keyword: meaning for keyword, meaning in SAME.items() if keyword not in may_differ})
    if "time" not in may_differ:
        _check_times(frames)
    for keyword in TEMPERATURES:
        _check_temperature(frames, keyword, temperature_tolerance)


def check_agreement(frames: Sequence[FrameLike], more: Sequence[str] = ("FILTER", "EXP_TYPE", "PUPIL")) -> None:
    """Refuse exposures that are not of one detector, read-out and kind, whatever their shapes.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers are looked at.
    more : sequence of str
        Keywords that must agree beside those of the detector and its read-out.

    Raises
    ------
    InputError
        Naming the first file that differs from the others, and the keyword.
    """
    check_twice(frames)
    check_alike(frames, {**SAME, **{keyword: _KINDS.get(keyword, "what it is") for keyword in more}})


def check_alike(
    frames: Sequence[FrameLike], keywords: Mapping[str, str], cure: str = "Choose frames that agree in it."
) -> None:
    """Refuse frames whose headers differ in any of some keywords; those that all lack one agree in it.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers are looked at.
    keywords : mapping of str to str
        Keyword to what it is.
    cure : str
        What is to be done.

    Raises
    ------
    InputError
        Naming the first file that differs from the others, and the keyword.
    """
    if not frames:
        return
    for keyword, meaning in keywords.items():
        odd, value, usual, holder = _odd_one(frames, [text(frame.header, keyword) for frame in frames])
        if odd is not None:
            raise InputError(
                f"{keyword}, {meaning}, is {value or 'missing'}; in {file_name(holder)} it is {usual or 'missing'}.",
                path=odd.path,
                cure=cure,
            )


def unchecked(frames: Sequence[FrameLike]) -> tuple[str, ...]:
    """What could not be compared because no header says it.

    Parameters
    ----------
    frames : sequence of FrameLike
        Which passed `check_inputs`.

    Returns
    -------
    tuple of str
        Keywords: DETECTOR, READMODE or READPATT, an exposure time, a temperature.
    """
    header = frames[0].header
    missing = []
    if not text(header, "DETECTOR"):
        missing.append("DETECTOR")
    if not text(header, "READMODE") and not text(header, "READPATT"):
        missing.append("READMODE or READPATT")
    if exposure_time(header) is None:
        missing.append("EFFINTTM, EXPTIME or EFFEXPTM")
    if all(number(header, keyword) is None for keyword in TEMPERATURES):
        missing.append("IMGDTEMP or IFSDTEMP")
    return tuple(missing)


def check_twice(frames: Sequence[FrameLike]) -> None:
    """Refuse a file that is among the inputs twice.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only their paths are looked at.

    Raises
    ------
    InputError
        Naming it.
    """
    seen = set()
    for frame in frames:
        if frame.path is None:
            continue
        place = frame.path.resolve()
        if place in seen:
            raise InputError("This file is given twice.", path=frame.path, cure="Give each exposure once.")
        seen.add(place)


def _check_shapes(frames: Sequence[FrameLike], axes: Sequence[int]) -> None:
    for frame in frames:
        if len(frame.shape) not in axes:
            raise InputError(
                f"The image has {len(frame.shape)} axes; darks of two are combined.",
                path=frame.path,
                cure="Fit the ramps first, or choose images.",
            )
    odd, value, usual, holder = _odd_one(frames, [frame.shape[-3:] for frame in frames])
    if odd is not None:
        raise InputError(
            f"The size is {_size(value)}, that of {file_name(holder)} is {_size(usual)}.",
            path=odd.path,
            cure="Choose ramps of as many reads." if value[-2:] == usual[-2:] else "Choose frames of one size.",
        )


def _size(shape: Sequence[int]) -> str:
    reads = f" in {shape[-3]} reads" if len(shape) > 2 else ""
    return f"{shape[-1]} × {shape[-2]} pixels{reads}"


def _check_times(frames: Sequence[FrameLike]) -> None:
    times = [exposure_time(frame.header) for frame in frames]
    if all(time is None for time in times):
        return
    seconds = [None if time is None else time[0] for time in times]
    middle = statistics.median_low([value for value in seconds if value is not None])
    groups = [None if value is None else abs(value - middle) <= TIME_TOLERANCE * middle for value in seconds]
    odd, _, _, holder = _odd_one(frames, groups)
    if odd is None:
        return
    mine, other = exposure_time(odd.header), exposure_time(holder.header)
    said = f"{mine[1]}, the exposure time, is {mine[0]:g} s" if mine else "The exposure time is missing"
    usual = f"it is {other[0]:g} s" if other else "it is missing"
    raise InputError(f"{said}; in {file_name(holder)} {usual}.", path=odd.path, cure="Choose frames of one time.")


def _check_temperature(frames: Sequence[FrameLike], keyword: str, tolerance: float) -> None:
    values = [(number(frame.header, keyword), frame) for frame in frames]
    known = sorted(((value, frame) for value, frame in values if value is not None), key=lambda pair: pair[0])
    if not known:
        return
    middle, holder = known[len(known) // 2]
    for value, frame in values:
        if value is None:
            raise InputError(
                f"{keyword}, the detector's temperature, is missing; in {file_name(holder)} it is {middle:g} K.",
                path=frame.path,
                cure="Choose frames that have it.",
            )
        if abs(value - middle) > tolerance:
            raise InputError(
                f"{keyword}, the detector's temperature, is {value:g} K; in {file_name(holder)} it is {middle:g} K.",
                path=frame.path,
                cure=f"Choose frames within {tolerance:g} K, or raise the option temperature_tolerance.",
            )


def _odd_one(frames: Sequence[FrameLike], values: Sequence[Any]) -> tuple[FrameLike | None, Any, Any, FrameLike]:
    """The first frame whose value is not the most frequent one, that value, the usual one, and a frame that has it."""
    usual = max(values, key=lambda value: (values.count(value), -values.index(value)))
    holder = frames[values.index(usual)]
    for frame, value in zip(frames, values, strict=True):
        if value != usual:
            return frame, value, usual, holder
    return None, None, usual, holder
