"""Lamp on and lamp off: which frame is which, whether they belong together, and the one less the other."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.agreement import TIME_TOLERANCE, check_alike, check_inputs
from calgui.core.algorithms.exposure import ADU, ELECTRON, Scale, exposure_time, file_name, number, read_variance
from calgui.core.algorithms.lamps import is_dark
from calgui.core.algorithms.namedinputs import option_that_names, patterns_given
from calgui.core.algorithms.noise import robust_sigma, steps_along_rows
from calgui.core.errors import InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FloatArray, FrameLike, Rows

#: from this wavelength on (µm, vacuum) warm surfaces glow brighter than a lamp's own noise
THERMAL_FROM = 2.0

#: values of LAMP that say that none is on
_OFF = frozenset({"", "NONE", "OFF", "N/A", "NO", "F", "FALSE", "0", "CLOSED"})
_OFF_KINDS = ("LAMPOFF", "LAMP_OFF", "LAMP-OFF")
#: what frames of one lamp agree in, lamp-off ones too: the glow is that of the filter
OPTICS: Mapping[str, str] = {
    "FILTER": "the filter",
    "PUPIL": "the pupil element",
    "GRATING": "the grating",
    "INSTMODE": "the mode",
}
#: a difference is a pixel's own beyond so many sigma; a lamp is seen in more than this part of the pixels
_SIGMAS, _PART = 5.0, 1e-3

State = Literal["on", "off"]


@dataclass(frozen=True)
class Lamps:
    """Frames of one lamp, sorted.

    Attributes
    ----------
    on, off : tuple of FrameLike
        In their order; either may be empty.
    lamp : str
        LAMP of those that are on, species in alphabetical order; empty where no header says it.
    """

    on: tuple[FrameLike, ...]
    off: tuple[FrameLike, ...]
    lamp: str


@dataclass(frozen=True)
class Levels:
    """How bright lamp-on and lamp-off are, in the unit of the frames.

    Attributes
    ----------
    on, off, difference : float
        Medians of the good pixels.
    noise : float
        Of one pixel of the difference.
    brighter, fainter : float
        Part of the pixels where lamp-on is brighter (fainter) by more than 5 sigma.
    light : bool
        Whether there is light of the lamp.
    """

    on: float
    off: float
    difference: float
    noise: float
    brighter: float
    fainter: float
    light: bool


def is_thermal(header: Mapping[str, Any]) -> bool:
    """Whether an exposure sees the glow of warm surfaces beside its lamp.

    Parameters
    ----------
    header : mapping
        Asked for WAVECEN (µm), WAVEMIN and WAVEMAX, or FILTER.

    Returns
    -------
    bool
        True for filters in K and beyond.
    """
    centre = number(header, "WAVECEN")
    low, high = number(header, "WAVEMIN"), number(header, "WAVEMAX")
    if centre is None and low is not None and high is not None:
        centre = (low + high) / 2
    if centre is not None and centre > 0:
        return centre >= THERMAL_FROM
    return str(header.get("FILTER") or "").strip().upper().startswith("K")


def lamp_state(frame: FrameLike) -> State | None:
    """Whether a lamp was on, as the header says.

    Parameters
    ----------
    frame : FrameLike
        Asked for EXP_TYPE (one that names lamp-off) and LAMP.

    Returns
    -------
    str or None
        None where there is no LAMP.
    """
    kind = str(frame.header.get("EXP_TYPE") or "").strip().upper()
    if any(name in kind for name in _OFF_KINDS):
        return "off"
    if "LAMP" not in frame.header:
        return None
    return "off" if _lamp(frame) in _OFF else "on"


def sort_lamps(frames: Sequence[FrameLike], on: str = "", off: str = "") -> Lamps:
    """Tell lamp-on from lamp-off.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers are looked at.
    on, off : str
        Names or patterns of files, separated by commas, for what the headers do not say.

    Returns
    -------
    Lamps

    Raises
    ------
    InputError
        A frame is neither, is a dark, or of another lamp than the others.
    UsageError
        A pattern fits no file.
    """
    options: dict[State, str] = {"on": on, "off": off}
    given = patterns_given(options, frames)
    states = [_state(frame, given) for frame in frames]
    lit = tuple(frame for frame, state in zip(frames, states, strict=True) if state == "on")
    unlit = tuple(frame for frame, state in zip(frames, states, strict=True) if state == "off")
    return Lamps(lit, unlit, _one_lamp(lit))


def check_lamps(lamps: Lamps, temperature_tolerance: float, unit: str) -> tuple[str, ...]:
    """Refuse lamp-on and lamp-off frames that do not belong together.

    Parameters
    ----------
    lamps : Lamps
        With lamp-off frames or without.
    temperature_tolerance : float
        Largest difference of detector temperatures, kelvin.
    unit : str
        Of all frames, one of `calgui.core.algorithms.exposure.UNITS`; counts are never scaled with time.

    Returns
    -------
    tuple of str
        What is to be told, such as times that differ.

    Raises
    ------
    InputError
        Naming the file, the keyword and the cure.
    """
    frames = (*lamps.on, *lamps.off)
    rates = unit not in {ELECTRON, ADU}
    # a rate may come of more reads, if it took longer
    check_inputs(frames, temperature_tolerance, may_differ=("time", "NGROUPS") if rates else ())
    check_alike(frames, OPTICS, "Choose lamp-on and lamp-off frames that differ in nothing but the lamp.")
    return _times(lamps) if rates else ()


def lacks_lamp_off(lamps: Lamps) -> str:
    """Why lamp-off frames are missed.

    Parameters
    ----------
    lamps : Lamps
        Sorted frames.

    Returns
    -------
    str
        A sentence; empty where there are some, or where nothing glows.
    """
    if lamps.off or not lamps.on or not is_thermal(lamps.on[0].header):
        return ""
    lens = str(lamps.on[0].header.get("FILTER") or "").strip() or "This filter"
    return (
        f"{lens} is thermal, and no lamp-off frame was given: the glow of warm surfaces is still in the light of the "
        "lamp. Take frames of this filter with the lamp off."
    )


def less_off(on: Rows, off: Rows) -> Rows:
    """Lamp-on less lamp-off.

    Parameters
    ----------
    on, off : Rows
        Of the same pixels, in one unit; neither is changed.

    Returns
    -------
    Rows
        Errors added in quadrature (None where one is missing), data quality combined by *or*. Where lamp-off has no
        value there is none in the result, flagged DO_NOT_USE.
    """
    data = on.data - off.data
    err = None
    if on.err is not None and off.err is not None:
        err = np.hypot(on.err, off.err)
    bits = np.where(np.isfinite(data), np.uint32(0), np.uint32(flags.DO_NOT_USE))
    for plane in (on.dq, off.dq):
        if plane is not None:
            bits |= plane
    return Rows(data, err, bits)


def model_error(data: FloatArray, scale: Scale, header: Mapping[str, Any], samples: npt.NDArray[Any]) -> FloatArray:
    """Error of a mean of exposures from photon and read noise, where no frame brings its own.

    Parameters
    ----------
    data : ndarray of float32, shape (ny, nx)
        The mean, in the unit of ``scale``.
    scale : Scale
        Unit, gain and time of one exposure.
    header : mapping
        Asked for what `read_variance` needs.
    samples : ndarray, shape (ny, nx)
        Exposures in each pixel.

    Returns
    -------
    ndarray of float32
        In the unit of ``data``. NaN where READNOIS or the time is missing.
    """
    reading = read_variance(header)
    if reading is None or (scale.is_rate and scale.seconds is None):
        return np.full(data.shape, np.nan, np.float32)
    per_unit = scale.to_counts
    variance = np.maximum(data * np.float32(per_unit), 0) + np.float32(reading)
    made: FloatArray = np.sqrt(variance / np.maximum(samples, 1)).astype(np.float32) / np.float32(per_unit)
    return made


def compare_levels(
    on: FloatArray, off: FloatArray, good: npt.NDArray[np.bool_], lamps: Lamps, unit: str = ""
) -> Levels:
    """See whether the lamp-on frames are the brighter ones.

    Parameters
    ----------
    on, off : ndarray of float32, shape (ny, nx)
        Combined, in one unit.
    good : ndarray of bool, shape (ny, nx)
        Pixels that count.
    lamps : Lamps
        For the message.
    unit : str
        For the message.

    Returns
    -------
    Levels

    Raises
    ------
    InputError
        Lamp-off is brighter: the two are mixed up.

    Notes
    -----
    A flat is brighter everywhere, the lines of an arc in some pixels: pixels that differ by more than 5 sigma decide,
    sigma from neighbours along rows; where there are too few, the median does.
    """
    step = max(1, on.shape[0] // max(1, 4_000_000 // max(on.shape[1], 1)))
    difference = (on[::step] - off[::step]).astype(np.float64)
    used = good[::step] & np.isfinite(difference)
    values = difference[used]
    if not values.size:
        return Levels(math.nan, math.nan, math.nan, math.nan, 0.0, 0.0, False)
    beside = steps_along_rows(difference, used)
    noise = robust_sigma(beside, 0.0) / math.sqrt(2) if beside.size else 0.0
    middle = float(np.median(values))
    brighter, fainter = (float(np.mean(sign * values > _SIGMAS * noise)) for sign in (1, -1))
    if max(brighter, fainter) > _PART:
        sign = 1 if brighter >= fainter else -1
    else:
        error = 1.2533 * noise / math.sqrt(values.size)
        sign = int(np.sign(middle)) if abs(middle) > _SIGMAS * error and middle != 0 else 0
    lit, unlit = (float(np.median(plane[::step][used])) for plane in (on, off))
    levels = Levels(lit, unlit, middle, noise, brighter, fainter, sign > 0)
    if sign < 0:
        medians = f"medians {unlit:.4g} and {lit:.4g} {unit}".rstrip()
        raise InputError(
            f"Lamp-off is brighter than lamp-on: {fainter:.1%} of the pixels by over {_SIGMAS:g} sigma, {medians}.",
            path=lamps.off[0].path if lamps.off else None,
            cure="They are mixed up, or light fell in: give their names in the options on and off, or choose others.",
        )
    return levels


def _state(frame: FrameLike, given: Mapping[State, tuple[str, ...]]) -> State:
    state = option_that_names(frame, given) or lamp_state(frame)
    if is_dark(frame):
        raise InputError(
            "This is a dark: it lacks the glow that a lamp-off frame sees through its filter.",
            path=frame.path,
            cure="Choose frames of the lamp's filter with the lamp off, and subtract darks apart.",
        )
    if state is None:
        raise InputError(
            "LAMP, which lamps are on, is missing.",
            path=frame.path,
            cure="Add it to the header (NONE where the lamp is off), or name the file in the option on or off.",
        )
    return state


def _one_lamp(lit: Sequence[FrameLike]) -> str:
    """The lamp of all frames that are on, or a refusal."""
    known = [(_species(frame), frame) for frame in lit]
    for lamp, frame in known[1:]:
        first, holder = known[0]
        if lamp != first:
            raise InputError(
                f"LAMP is {lamp or 'missing'}; in {file_name(holder)} it is {first or 'missing'}.",
                path=frame.path,
                cure="Choose frames of one lamp.",
            )
    return known[0][0] if known else ""


def _times(lamps: Lamps) -> tuple[str, ...]:
    """What is to be told of exposure times of rates."""
    known = [(exposure_time(frame.header), frame) for frame in (*lamps.on, *lamps.off)]
    first = known[0][0]
    for time, frame in known[1:]:
        if first is None or time is None:
            continue
        if abs(time[0] - first[0]) > TIME_TOLERANCE * first[0]:
            names = f"{first[0]:g} s in {file_name(known[0][1])}, {time[0]:g} s in {file_name(frame)}"
            return (f"Exposure times differ ({names}): glow that comes with each read does not grow with time.",)
    return ()


def _lamp(frame: FrameLike) -> str:
    value = frame.header.get("LAMP")
    if isinstance(value, bool):
        return "ON" if value else "OFF"
    return "" if value is None else str(value).strip().upper()


def _species(frame: FrameLike) -> str:
    """LAMP with its species in one order, upper case; empty for one that says that none is on."""
    said = _lamp(frame)
    return "" if said in _OFF else ",".join(sorted(filter(None, (part.strip() for part in said.split(",")))))
