"""When exposures were taken, how old a sky is, and which of them are neighbours in time."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calgui.core.algorithms.exposure import file_name
from calgui.core.algorithms.frametable import moment
from calgui.core.algorithms.times import middle_of
from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike

_NOON_2000 = dt.datetime(2000, 1, 1, 12)


def hours_of(header: Mapping[str, Any]) -> float | None:
    """Middle of an exposure.

    Parameters
    ----------
    header : mapping
        As for `calgui.core.algorithms.times.middle_of`.

    Returns
    -------
    float or None
        Hours since noon of 1 January 2000 (UTC); None where the header does not say.
    """
    middle = middle_of(header)
    return None if middle is None else (middle - _NOON_2000).total_seconds() / 3600


def hours_of_reference(header: Mapping[str, Any]) -> float | None:
    """When a reference was taken, or else from when on it is used.

    Parameters
    ----------
    header : mapping
        As for `hours_of`; USEAFTER where no date of an observation is given.

    Returns
    -------
    float or None
    """
    found = hours_of(header)
    if found is not None:
        return found
    useafter = str(header.get("USEAFTER") or "").strip().replace(" ", "T")
    return hours_of({"DATE-OBS": useafter if "T" in useafter or not useafter else f"{useafter}T00:00:00"})


def check_age(age: float | None, limit: float, old: str, sky: str, frame: FrameLike) -> list[str]:
    """Say, or refuse, that a sky is too old for a frame.

    Parameters
    ----------
    age : float or None
        Hours between the two.
    limit : float
        Hours.
    old : str
        ``doubtful`` or ``refused``.
    sky : str
        The sky by its name, ``the sky a.fits``, or the skies.
    frame : FrameLike
        The science frame.

    Returns
    -------
    list of str
        A sentence, or none.

    Raises
    ------
    InputError
        It is too old, and that is refused.
    """
    if age is None:
        return [f"The age of {sky} cannot be told: a header has no DATE-OBS and TIME-OBS."]
    if age <= limit:
        return []
    said = f"{sky[0].upper()}{sky[1:]} and {file_name(frame)} are {_span(age)} apart; the limit is {_span(limit)}"
    if old == "refused":
        raise InputError(
            f"{said}.", path=frame.path, cure="Choose a sky that is closer in time, or raise the option max_age."
        )
    return [f"{said}: airglow varies by a tenth within minutes, and the shape of thermal light with it."]


def _span(hours: float) -> str:
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.3g} h"


def in_time(frames: Sequence[FrameLike]) -> tuple[list[float], bool]:
    """Times of a set, and whether all headers say them.

    Parameters
    ----------
    frames : sequence of FrameLike
        The set.

    Returns
    -------
    tuple of list of float and bool
        Hours since the first; the places in the set where a header does not say when it was taken.
    """
    found = [hours_of(frame.header) for frame in frames]
    known = [value for value in found if value is not None]
    if len(known) < len(found):
        return [float(index) for index in range(len(found))], False
    first = min(known, default=math.nan)
    return [value - first for value in known], True


def neighbours(hours: Sequence[float], index: int, count: int) -> list[int]:
    """The frames nearest in time, without the frame itself.

    Parameters
    ----------
    hours : sequence of float
        Of all frames.
    index : int
        The frame.
    count : int
        How many.

    Returns
    -------
    list of int
        Nearest first.
    """
    away = np.abs(np.asarray(hours) - hours[index])
    away[index] = np.inf
    return [int(place) for place in np.argsort(away, kind="stable")[: min(count, len(hours) - 1)]]


def said(frame: FrameLike) -> str:
    """Start of an exposure for a table."""
    header = frame.header
    return (
        moment(frame)
        if header.get("TIME-OBS") or "T" in moment(frame)
        else " ".join(str(header[key]) for key in ("DATE-OBS", "UTC") if header.get(key))
    )
