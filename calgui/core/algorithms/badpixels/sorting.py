"""Which inputs are darks and which are flats, and whether they are of one detector."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

from calgui.core.algorithms.agreement import SAME, check_inputs
from calgui.core.algorithms.badpixels.config import MaskConfig
from calgui.core.algorithms.exposure import Scale, file_name, scale_of
from calgui.core.errors import InputError, UsageError
from calgui.core.frames.frame import FrameLike

MINIMUM_DARKS = 3

#: what darks and flats of one map have in common; how they were read need not be the same
_PLACE = tuple(keyword for keyword in SAME if keyword in {"INSTRUME", "DETECTOR"} or keyword.startswith("SUB"))


@dataclass(frozen=True)
class Sorted:
    """The inputs of a map.

    Attributes
    ----------
    darks, flats : tuple of FrameLike
        In their order.
    dark_scale : Scale
        Of all darks.
    flat_scales : tuple of Scale
        One for each flat.
    """

    darks: tuple[FrameLike, ...]
    flats: tuple[FrameLike, ...]
    dark_scale: Scale
    flat_scales: tuple[Scale, ...]


def sort_inputs(frames: Sequence[FrameLike], config: MaskConfig) -> Sorted:
    """Tell darks from flats, and refuse what does not belong together.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : MaskConfig
        Patterns of names, unit, times, gain.

    Returns
    -------
    Sorted

    Raises
    ------
    InputError
        Naming the file: it is neither dark nor flat, of another detector or size, or something is missing.
    UsageError
        A pattern fits no file.
    """
    given = {"dark": _patterns(config.darks), "flat": _patterns(config.flats)}
    for option, patterns in given.items():
        for pattern in patterns:
            if not any(_fits(frame, (pattern,)) for frame in frames):
                raise UsageError(
                    f"No input is named {pattern!r}, which option {option}s says.", cure="Give a name of an input."
                )
    kinds = [_kind(frame, given) for frame in frames]
    darks = tuple(frame for frame, kind in zip(frames, kinds, strict=True) if kind == "dark")
    flats = tuple(frame for frame, kind in zip(frames, kinds, strict=True) if kind == "flat")
    if len(darks) < MINIMUM_DARKS:
        raise InputError(
            f"A bad pixel map takes {MINIMUM_DARKS} or more darks, and flats; {len(darks)} darks and "
            f"{len(flats)} flats given.",
            cure="Choose more darks, or name them in the option darks.",
        )
    check_inputs(darks, config.temperature_tolerance)
    _check_flats(darks[0], flats)
    scale = scale_of(darks, config.unit, config.gain, config.exposure_time)
    scales = tuple(scale_of([flat], config.unit, config.gain, config.flat_time) for flat in flats)
    return Sorted(darks, flats, scale, scales)


def _patterns(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))


def _fits(frame: FrameLike, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(file_name(frame), pattern) for pattern in patterns)


def _kind(frame: FrameLike, given: dict[str, tuple[str, ...]]) -> str:
    named = [kind for kind, patterns in given.items() if _fits(frame, patterns)]
    if len(named) == 1:
        return named[0]
    if named:
        raise InputError(
            "The options darks and flats both name this file.", path=frame.path, cure="Let one of them name it."
        )
    said = str(frame.header.get("EXP_TYPE") or "").strip()
    found = [kind for kind in ("dark", "flat") if kind.upper() in said.upper()]
    if len(found) == 1:
        return found[0]
    what = f"EXP_TYPE is {said}, which is neither a dark nor a flat" if said else "EXP_TYPE does not say what this is"
    raise InputError(f"{what}.", path=frame.path, cure="Leave it out, or name it in the option darks or flats.")


def _check_flats(dark: FrameLike, flats: Sequence[FrameLike]) -> None:
    seen = set()
    for flat in flats:
        place = flat.path.resolve() if flat.path is not None else None
        if place is not None and place in seen:
            raise InputError("This file is given twice.", path=flat.path, cure="Give each exposure once.")
        seen.add(place)
        if len(flat.shape) != 2:
            raise InputError(
                f"The image has {len(flat.shape)} axes; two are needed.",
                path=flat.path,
                cure="Fit the ramps first, or choose images.",
            )
        if flat.shape != dark.shape:
            raise InputError(
                f"The size is {flat.shape[1]} × {flat.shape[0]} pixels, that of the darks {dark.shape[1]} × "
                f"{dark.shape[0]}.",
                path=flat.path,
                cure="Choose flats of the darks' size.",
            )
        for keyword in _PLACE:
            mine, theirs = _text(flat, keyword), _text(dark, keyword)
            if mine != theirs:
                raise InputError(
                    f"{keyword}, {SAME[keyword]}, is {mine or 'missing'}; in the dark {file_name(dark)} it is "
                    f"{theirs or 'missing'}.",
                    path=flat.path,
                    cure="Choose flats and darks of one detector and subarray.",
                )


def _text(frame: FrameLike, keyword: str) -> str:
    value = frame.header.get(keyword)
    return "" if value is None else " ".join(str(value).split()).upper()
