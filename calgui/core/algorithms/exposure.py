"""Units and times of exposures: what turns the numbers of an image into electrons per second, never guessed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike

#: time of an image, in this order of preference (seconds, as JWST defines them)
TIME_KEYWORDS: tuple[str, ...] = ("EFFINTTM", "EXPTIME", "EFFEXPTM")

ELECTRON, ELECTRON_PER_S, ADU, ADU_PER_S = "electron", "electron/s", "adu", "adu/s"
UNITS: tuple[str, ...] = (ELECTRON, ELECTRON_PER_S, ADU, ADU_PER_S)

_ELECTRONS = {"electron", "electrons", "e", "e-", "elec"}
_COUNTS = {"adu", "dn", "count", "counts", "ct"}
_PER_SECOND = ("/s", "/sec", "/second", "s-1", "s**-1", "s^-1", "s(-1)", "persecond", "sec-1")


def canonical_unit(text: str) -> str | None:
    """One of `UNITS` for the spellings of BUNIT that are in use.

    Parameters
    ----------
    text : str
        As in a header: ``electron/s``, ``e-/s``, ``DN``, ``electron s-1``, ...

    Returns
    -------
    str or None
        None for any other unit.
    """
    squeezed = "".join(text.lower().split()).replace(".s", "s").replace("*s", "s", 1)
    if squeezed in {"e-", "e"}:
        return ELECTRON
    rate = next((ending for ending in _PER_SECOND if squeezed.endswith(ending)), None)
    base = squeezed.removesuffix(rate) if rate else squeezed
    if base in _ELECTRONS:
        return ELECTRON_PER_S if rate else ELECTRON
    if base in _COUNTS:
        return ADU_PER_S if rate else ADU
    return None


def number(header: Mapping[str, Any], keyword: str) -> float | None:
    """A keyword's value as a number.

    Parameters
    ----------
    header : mapping
        Keyword to value.
    keyword : str
        Which one.

    Returns
    -------
    float or None
        None where it is absent, not a number, or not finite.
    """
    value = header.get(keyword)
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def exposure_time(header: Mapping[str, Any]) -> tuple[float, str] | None:
    """Exposure time in seconds, and the keyword that says so.

    Parameters
    ----------
    header : mapping
        Keyword to value.

    Returns
    -------
    tuple of float and str, or None
        The first of `TIME_KEYWORDS` that holds a positive number.
    """
    for keyword in TIME_KEYWORDS:
        value = number(header, keyword)
        if value is not None and value > 0:
            return value, keyword
    return None


def unit_of(frames: Sequence[FrameLike], given: str | None) -> str:
    """The one unit of all frames, one of `UNITS`.

    Parameters
    ----------
    frames : sequence of FrameLike
        What is to be combined.
    given : str or None
        What the user says it is; it then counts for all frames, whatever their BUNIT.

    Returns
    -------
    str

    Raises
    ------
    InputError
        When BUNIT is missing, unknown, or not the same in all frames.
    """
    if given is not None:
        return given
    found: dict[str, FrameLike] = {}
    for frame in frames:
        if not frame.unit:
            raise InputError(
                "BUNIT, the unit of the image, is missing.",
                path=frame.path,
                cure=f"Add BUNIT to the header, or give the option unit ({', '.join(UNITS)}).",
            )
        unit = canonical_unit(frame.unit)
        if unit is None:
            raise InputError(
                f"BUNIT is {frame.unit!r}, which is no unit of counts or of a rate.",
                path=frame.path,
                cure=f"Known are {', '.join(UNITS)}. Choose another file, or give the unit of this one by an option.",
            )
        found.setdefault(unit, frame)
    if len(found) > 1:
        (first, one), (second, other) = list(found.items())[:2]
        raise InputError(
            f"BUNIT is {second}, that of {file_name(one)} is {first}: rates and counts are not mixed.",
            path=other.path,
            cure="Choose frames of one unit.",
        )
    return next(iter(found))


@dataclass(frozen=True)
class Scale:
    """What turns the numbers of the frames into electrons and electrons per second.

    Attributes
    ----------
    unit : str
        Unit of the frames, one of `UNITS`.
    gain : float
        Electrons per unit of counts; 1 for electrons.
    seconds : float or None
        Exposure time; None where it is not known and not needed.
    keyword : str
        Where the time is from: a keyword, or ``option``.
    """

    unit: str
    gain: float
    seconds: float | None
    keyword: str

    @property
    def is_rate(self) -> bool:
        """Whether the frames are per second."""
        return self.unit in {ELECTRON_PER_S, ADU_PER_S}

    @property
    def to_rate(self) -> float:
        """Factor to electrons per second."""
        if self.is_rate:
            return self.gain
        assert self.seconds is not None
        return self.gain / self.seconds

    @property
    def to_counts(self) -> float:
        """Factor to the electrons of one exposure."""
        if not self.is_rate:
            return self.gain
        assert self.seconds is not None
        return self.gain * self.seconds


def scale_of(
    frames: Sequence[FrameLike],
    unit: str | None = None,
    gain: float | None = None,
    seconds: float | None = None,
    *,
    needs_time: bool | None = None,
) -> Scale:
    """Unit, gain and time of frames that belong together.

    Parameters
    ----------
    frames : sequence of FrameLike
        At least one.
    unit, gain, seconds : optional
        What the user says; it overrides the headers.
    needs_time : bool, optional
        Whether a missing time is refused; by default it is for counts, and not for rates.

    Returns
    -------
    Scale

    Raises
    ------
    InputError
        Naming the keyword that is needed and missing, and the option that can give it.
    """
    known = unit_of(frames, unit)
    factor = 1.0 if known in {ELECTRON, ELECTRON_PER_S} else gain or _needed_gain(frames)
    if seconds is not None:
        return Scale(known, factor, seconds, "option")
    if needs_time is None:
        needs_time = known in {ELECTRON, ADU}
    times = [(frame, exposure_time(frame.header)) for frame in frames]
    for frame, time in times:
        if time is None and needs_time:
            raise InputError(
                f"The exposure time is missing: none of {', '.join(TIME_KEYWORDS)} holds a number of seconds.",
                path=frame.path,
                cure="Add one of them to the header, or give the option exposure_time.",
            )
    first = times[0][1]
    return Scale(known, factor, first[0] if first else None, first[1] if first else "")


def _needed_gain(frames: Sequence[FrameLike]) -> float:
    """GAIN of all frames, in electrons per count."""
    found: dict[float, FrameLike] = {}
    for frame in frames:
        value = number(frame.header, "GAIN")
        if value is None or value <= 0:
            raise InputError(
                "GAIN, in electrons per adu, is missing, and the image is in adu.",
                path=frame.path,
                cure="Add GAIN to the header, or give the option gain.",
            )
        found.setdefault(value, frame)
    if len(found) > 1:
        (first, one), (second, other) = list(found.items())[:2]
        raise InputError(
            f"GAIN is {second:g} e-/adu, that of {file_name(one)} is {first:g}.",
            path=other.path,
            cure="Choose frames of one gain, or give the option gain for all.",
        )
    return next(iter(found))


def file_name(frame: FrameLike) -> str:
    """Name of a frame's file, for messages.

    Parameters
    ----------
    frame : FrameLike
        Any frame.

    Returns
    -------
    str
    """
    return frame.path.name if frame.path is not None else "(unnamed)"


def read_variance(header: Mapping[str, Any], read_noise: float | None = None) -> float | None:
    """Variance of reading in one exposure.

    Parameters
    ----------
    header : mapping
        Asked for READNOIS (of one read), READMODE or READPATT, NGROUPS, and NFRAMES, the reads that are averaged at
        each end.
    read_noise : float, optional
        Of one read, e-; instead of READNOIS.

    Returns
    -------
    float or None
        e-², of the electrons of the whole exposure; None where nothing says the noise.

    Notes
    -----
    Vacca, Cushing & Rayner 2004: 2 R² / m for m reads at each end; a line through n reads 12 R² (n - 1) / [n (n + 1)].
    A mode that nothing says is the difference of two reads.
    """
    noise = read_noise if read_noise is not None else number(header, "READNOIS")
    if noise is None:
        return None
    mode = str(header.get("READMODE") or header.get("READPATT") or "").upper()
    reads = number(header, "NGROUPS") or 2
    if any(word in mode for word in ("RAMP", "UTR", "SLOPE")) and reads > 2:
        return 12 * noise**2 * (reads - 1) / (reads * (reads + 1))
    digits = "".join(letter for letter in mode if letter.isdigit()) if "MCDS" in mode or "FOWLER" in mode else ""
    ends = int(digits) if digits else number(header, "NFRAMES") or 1
    return 2 * noise**2 / max(ends, 1)
