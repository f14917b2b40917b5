"""Exposures of a flat: by detector, lamp-on and lamp-off, with their units; and whether they belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calgui.core.algorithms.agreement import check_alike, check_inputs
from calgui.core.algorithms.exposure import Scale, exposure_time, file_name, scale_of
from calgui.core.algorithms.flats.config import FlatConfig
from calgui.core.algorithms.lampoff import OPTICS, Lamps, lacks_lamp_off, sort_lamps
from calgui.core.algorithms.lamps import is_dark
from calgui.core.algorithms.matching import check_subarray, check_type, text
from calgui.core.errors import CalguiError, InputError, UsageError
from calgui.core.frames.frame import FrameLike


@dataclass(frozen=True)
class Exposures:
    """The exposures of one detector.

    Attributes
    ----------
    detector : str
        As in DETECTOR, upper case; empty where no header says it.
    on, off : tuple of FrameLike
        Lamp-on and lamp-off frames, in their order.
    scale : Scale
        Unit and gain of all.
    seconds : mapping of int to float
        Exposure time by the identity of a frame; 1 for all where none is known: then the unit is that of an exposure.
    timed : bool
        Whether exposure times are known.
    """

    detector: str
    on: tuple[FrameLike, ...]
    off: tuple[FrameLike, ...]
    scale: Scale
    seconds: Mapping[int, float]
    timed: bool

    @property
    def unit(self) -> str:
        """What they are turned into: ``electron/s``, or ``electron`` where no time is known."""
        return "electron/s" if self.timed or self.scale.is_rate else "electron"

    def factor(self, frame: FrameLike) -> float:
        """From the numbers of a frame to that unit."""
        if self.scale.is_rate:
            return self.scale.gain
        return self.scale.gain / self.seconds[id(frame)]

    def time(self, frame: FrameLike) -> float | None:
        """What turns that unit into the electrons of the exposure; None where it is not known."""
        if self.scale.is_rate and not self.timed:
            return None
        return self.seconds[id(frame)]


def sort_exposures(frames: Sequence[FrameLike], config: FlatConfig) -> dict[str, Exposures]:
    """Sort the inputs of a flat by detector and lamp, and refuse what does not belong together.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : FlatConfig
        Names, unit, time, gain.

    Returns
    -------
    dict
        Detector to its exposures, in alphabetical order; each has a lamp-on frame or more.

    Raises
    ------
    InputError
        A dark, another lamp, filter, size or detector temperature, no lamp-on frame, or something is missing.
    """
    for frame in frames:
        check_type(frame, ("FLAT",), "flat")
        if is_dark(frame):
            raise InputError(
                "This is a dark, not a flat: by its EXP_TYPE or FILTER no light came in.",
                path=frame.path,
                cure="Leave it out; a dark to be subtracted is given as a reference of type DARK.",
            )
        if len(frame.shape) == 2:
            check_subarray(frame)
    check_alike(
        frames, {"INSTRUME": "the instrument", **OPTICS}, "Choose flats that agree in it: each flat is made apart."
    )
    lamps = sort_lamps(frames, config.on, config.off)
    if not lamps.on:
        raise InputError(
            "All frames are lamp-off: there is no light of a lamp in them.",
            path=frames[0].path if frames else None,
            cure="Choose frames with the lamp on, or name them in the option on.",
        )
    found = {}
    for name in sorted({text(frame.header, "DETECTOR") for frame in frames}):
        on, off = (
            tuple(frame for frame in group if text(frame.header, "DETECTOR") == name) for group in (lamps.on, lamps.off)
        )
        if not on:
            raise InputError(
                f"Of {name or 'this detector'} there are only lamp-off frames.",
                path=off[0].path,
                cure="Choose lamp-on frames of it too, or leave it out.",
            )
        check_inputs((*on, *off), config.temperature_tolerance, may_differ=("time", "NGROUPS"))
        found[name] = _scaled(name, on, off, config)
    return found


def chosen_detector(found: Mapping[str, Exposures], given: str) -> str:
    """Whose flat it is.

    Parameters
    ----------
    found : mapping
        From `sort_exposures`.
    given : str
        The option; empty for the first.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        There is no frame of that detector.
    """
    wanted = " ".join(given.split()).upper()
    if not wanted:
        return next(iter(found))
    if wanted not in found:
        raise UsageError(
            f"No input is of detector {given!r}.", cure=f"The inputs are of {', '.join(name or '?' for name in found)}."
        )
    return wanted


def wanted_references(frames: Sequence[FrameLike], config: Any) -> Sequence[str]:
    """Which references would be used: a dark, where the detector has no lamp-off frames.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : FlatConfig
        See its options.

    Returns
    -------
    sequence of str
    """
    try:
        found = sort_exposures(frames, config)
        return () if found[chosen_detector(found, getattr(config, "detector", ""))].off else ("DARK",)
    except CalguiError:
        # what is wrong with them is told by the check
        return ("DARK",)


def untold(found: Exposures) -> list[str]:
    """What had to be taken on trust of the exposures of one detector.

    Parameters
    ----------
    found : Exposures
        Of one detector.

    Returns
    -------
    list of str
        Sentences that make the result doubtful.
    """
    told = []
    for frame in found.on:
        kind = text(frame.header, "EXP_TYPE")
        if kind and "FLAT" not in kind:
            told.append(f"EXP_TYPE of {file_name(frame)} is {kind}, which is no flat.")
    first = found.on[0].header
    missing = [keyword for keyword in ("DETECTOR", "FILTER", "LAMP") if not text(first, keyword)]
    if missing:
        told.append(f"Not compared among the frames, because no header says it: {'; '.join(missing)}.")
    glow = lacks_lamp_off(Lamps(found.on, found.off, ""))
    if glow:
        told.append(glow)
    return told


def _scaled(name: str, on: tuple[FrameLike, ...], off: tuple[FrameLike, ...], config: FlatConfig) -> Exposures:
    frames = (*on, *off)
    scale = scale_of(frames, config.unit, config.gain, config.exposure_time, needs_time=False)
    times = [(frame, config.exposure_time or _time(frame.header)) for frame in frames]
    known = [time for _, time in times if time is not None]
    if known and len(known) < len(frames) and not scale.is_rate:
        raise InputError(
            "The exposure time is missing: none of EFFINTTM, EXPTIME, EFFEXPTM holds a number of seconds.",
            path=next(frame.path for frame, time in times if time is None),
            cure="Add one of them to the header, or give the option exposure_time.",
        )
    timed = len(known) == len(frames)
    seconds = {id(frame): time if timed and time is not None else 1.0 for frame, time in times}
    return Exposures(name, on, off, scale, seconds, timed)


def _time(header: Mapping[str, Any]) -> float | None:
    found = exposure_time(header)
    return found[0] if found is not None else None
