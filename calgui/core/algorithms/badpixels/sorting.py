"""Which inputs are darks and which are flats, and whether they are of one detector."""

from collections.abc import Sequence
from dataclasses import dataclass

from calgui.core.algorithms.agreement import SAME, check_inputs, check_twice
from calgui.core.algorithms.badpixels.config import MaskConfig
from calgui.core.algorithms.exposure import Scale, file_name, scale_of
from calgui.core.algorithms.matching import text
from calgui.core.algorithms.namedinputs import option_that_names, patterns_given
from calgui.core.errors import InputError
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
    given = patterns_given({"darks": config.darks, "flats": config.flats}, frames)
    kinds = [_kind(frame, given) for frame in frames]
    darks = tuple(frame for frame, kind in zip(frames, kinds, strict=True) if kind == "darks")
    flats = tuple(frame for frame, kind in zip(frames, kinds, strict=True) if kind == "flats")
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


def _kind(frame: FrameLike, given: dict[str, tuple[str, ...]]) -> str:
    named = option_that_names(frame, given)
    if named is not None:
        return named
    said = str(frame.header.get("EXP_TYPE") or "").strip()
    found = [kind for kind in given if kind.upper().removesuffix("S") in said.upper()]
    if len(found) == 1:
        return found[0]
    what = f"EXP_TYPE is {said}, which is neither a dark nor a flat" if said else "EXP_TYPE does not say what this is"
    raise InputError(f"{what}.", path=frame.path, cure="Leave it out, or name it in the option darks or flats.")


def _check_flats(dark: FrameLike, flats: Sequence[FrameLike]) -> None:
    check_twice(flats)
    for flat in flats:
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
            mine, theirs = text(flat.header, keyword), text(dark.header, keyword)
            if mine != theirs:
                raise InputError(
                    f"{keyword}, {SAME[keyword]}, is {mine or 'missing'}; in the dark {file_name(dark)} it is "
                    f"{theirs or 'missing'}.",
                    path=flat.path,
                    cure="Choose flats and darks of one detector and subarray.",
                )
