"""Ramps of one lamp: whether they belong together, and their reads in bands of rows."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.agreement import check_inputs
from calgui.core.algorithms.exposure import ADU, canonical_unit, file_name
from calgui.core.algorithms.inputkinds import check_taken
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FrameLike

#: lights that differ by less than this part are one
_SAME = 0.1
_LOST = flags.DO_NOT_USE | flags.SATURATED | flags.JUMP_DET


def check_lit_ramps(title: str, frames: Sequence[FrameLike], tolerance: float, reads: int, ramps: int) -> None:
    """Refuse ramps that are not of one detector and read-out in light.

    Parameters
    ----------
    title : str
        What is to be done, for messages.
    frames : sequence of FrameLike
        Headers and shapes are looked at.
    tolerance : float
        Largest difference of detector temperatures, kelvin.
    reads, ramps : int
        The least number of reads, and of integrations of all files together.

    Raises
    ------
    InputError
        Naming the file and the cure.
    """
    check_taken(title, ("ramp",), frames)
    for frame in frames:
        if frame.shape[-3] < reads:
            there = "1 read" if frame.shape[-3] == 1 else f"{frame.shape[-3]} reads"
            raise InputError(
                f"The ramp has {there}; {reads} or more are needed.",
                path=frame.path,
                cure="Choose longer ramps.",
            )
        unit = canonical_unit(frame.unit) if frame.unit else ADU
        if unit != ADU:
            raise InputError(
                f"BUNIT is {frame.unit}: raw reads in adu are needed.", path=frame.path, cure="Choose the raw ramps."
            )
    check_inputs(frames, tolerance, axes=(3, 4))
    count = sum(integrations(frame) for frame in frames)
    if frames and all(is_dark(frame) for frame in frames):
        raise InputError(
            "These are darks: there is no light in them.",
            path=frames[0].path,
            cure="Give ramps of a lamp, such as flats.",
        )
    if count < ramps:
        raise InputError(
            f"{ramps} or more integrations of the same light are needed; {count} given.", cure="Choose more ramps."
        )


def is_dark(frame: FrameLike) -> bool:
    """Whether the header says that no light came in.

    Parameters
    ----------
    frame : FrameLike
        Asked for EXP_TYPE and FILTER.

    Returns
    -------
    bool
    """
    kind, lens = (str(frame.header.get(keyword) or "").strip().upper() for keyword in ("EXP_TYPE", "FILTER"))
    return "DARK" in kind or lens == "OPAQUE"


def unbroken(good: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which reads are good, and all before them.

    Parameters
    ----------
    good : ndarray of bool, shape (n, ...)
        Reads along the first axis.

    Returns
    -------
    ndarray of bool
        As ``logical_and.accumulate`` along the first axis, many times as fast.
    """
    made = good.copy()
    for place in range(1, made.shape[0]):
        made[place] &= made[place - 1]
    return made


def left_aside(frames: Sequence[FrameLike], levels: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """Ramps that are of no level of light, since none of their reads can be used.

    Parameters
    ----------
    frames : sequence of FrameLike
        Ramps.
    levels : sequence of sequence of int
        From `levels_of_light`.

    Returns
    -------
    tuple of str
        Sentences that name them; none where all can be used.
    """
    names = [file_name(frame) for frame in frames for _ in range(integrations(frame))]
    used = {place for level in levels for place in level}
    lost = list(dict.fromkeys(name for place, name in enumerate(names) if place not in used))
    if not lost:
        return ()
    return (f"No pixel can be used, all reads are NaN, flagged or saturated, of {', '.join(lost)}: leave it out.",)


def assumed_unit(frames: Sequence[FrameLike]) -> tuple[str, ...]:
    """What had to be assumed of the unit of the reads.

    Parameters
    ----------
    frames : sequence of FrameLike
        Ramps.

    Returns
    -------
    tuple of str
        A sentence, or none.
    """
    silent = [file_name(frame) for frame in frames if not frame.unit]
    return (f"BUNIT is missing ({silent[0]}): the reads are taken to be in adu.",) if silent else ()


def integrations(frame: FrameLike) -> int:
    """How many ramps there are in a file.

    Parameters
    ----------
    frame : FrameLike
        Of three or four axes.

    Returns
    -------
    int
    """
    return 1 if len(frame.shape) == 3 else frame.shape[0]


def levels_of_light(
    frames: Sequence[FrameLike], rows: tuple[int, int], columns: slice, saturation: float | None
) -> list[list[int]]:
    """Which integrations are of the same light.

    Parameters
    ----------
    frames : sequence of FrameLike
        Ramps.
    rows : tuple of int
        First row, and the one after the last, to look at.
    columns : slice
        Those that see light.
    saturation : float or None
        As in `ramps_of_band`.

    Returns
    -------
    list of list of int
        Places in the list of all integrations, from faint to bright; darks, whose signal is lost in their noise, are a
        level of their own.
    """
    found = []
    for place, (reads, good) in enumerate(ramps_of_band(frames, *rows, saturation)):
        steps = np.diff(reads[..., columns].astype(np.float64), axis=0)
        steps[~good[1:, :, columns]] = np.nan
        steps = steps.reshape(steps.shape[0], -1)
        first = steps[0][np.isfinite(steps[0])]
        if not first.size:
            continue
        # a read or two, so that a well that fills up early is still in
        spread = 1.4826 * float(np.median(np.abs(first - np.median(first))))
        found.append((float(np.median(first)), 5 * spread / np.sqrt(first.size), place))
    groups: list[list[int]] = []
    level = 0.0
    for light, error, place in sorted(found):
        if groups and light - level <= max(_SAME * light, error):
            groups[-1].append(place)
        else:
            groups.append([place])
            level = light
    return groups


def ramps_of_band(
    frames: Sequence[FrameLike], start: int, stop: int, saturation: float | None, *, flagged: bool = False
) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]]:
    """The reads of some rows of all integrations.

    Parameters
    ----------
    frames : sequence of FrameLike
        From one to all.
    start, stop : int
        Rows, from 0.
    saturation : float or None
        Reads at or above it are not good, adu.
    flagged : bool
        Whether flagged reads count as good.

    Returns
    -------
    list of (ndarray of float32, ndarray of bool)
        Of shape (nread, rows, nx) each; after the first read that is not good none is.
    """
    found = []
    for frame in frames:
        band = frame.band(start, stop)
        data = band.data if band.data.ndim == 4 else band.data[None]
        bits = None if band.dq is None else band.dq.reshape(data.shape)
        for number_, reads in enumerate(data):
            good = np.isfinite(reads)
            if bits is not None and not flagged:
                good &= (bits[number_] & np.uint32(_LOST)) == 0
            if saturation is not None:
                good &= reads < saturation
            found.append((reads, unbroken(good)))
    return found
