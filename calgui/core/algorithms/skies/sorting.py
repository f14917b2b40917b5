"""Which inputs are science and which are skies, and whether a sky fits."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

from calgui.core.algorithms.agreement import check_twice
from calgui.core.algorithms.exposure import ADU, ELECTRON, canonical_unit, exposure_time, file_name, scale_of
from calgui.core.algorithms.inputkinds import kind_of
from calgui.core.algorithms.lamps import is_dark
from calgui.core.algorithms.matching import check_detector, disagreements, place, serves, text
from calgui.core.algorithms.namedinputs import option_that_names, patterns_given
from calgui.core.algorithms.skies.config import ImageSkyConfig, SourceConfig
from calgui.core.errors import InputError, UsageError
from calgui.core.frames.frame import FrameLike, size_text

#: what a sky must have in common with the science, beside the detector
_SAME = {"FILTER": "the filter", "PUPIL": "the pupil element", "GRATING": "the grating"}
#: what is told where it differs: what was done to one and not to the other stays in the difference
_DONE = {"S_DARK": "the dark subtraction", "S_FLAT": "the division by a flat", "S_LINEAR": "the linearity correction"}
#: kinds of exposure that hold no light of the sky
NO_SKY = ("DARK", "FLAT", "ARC", "LAMP", "PINHOLE", "FIBER", "BIAS")


@dataclass(frozen=True)
class Roles:
    """The inputs by their role.

    Attributes
    ----------
    science, skies : tuple of FrameLike
        In their order.
    product : int
        The science frame that is the product.
    """

    science: tuple[FrameLike, ...]
    skies: tuple[FrameLike, ...]
    product: int


def roles_of(frames: Sequence[FrameLike], config: ImageSkyConfig) -> Roles:
    """Tell science from skies.

    Parameters
    ----------
    frames : sequence of FrameLike
        Only headers and shapes are looked at.
    config : ImageSkyConfig
        Names, and which science frame is the product.

    Returns
    -------
    Roles

    Raises
    ------
    InputError
        Naming the file: it is neither, given twice, or of another kind, size, detector or filter.
    UsageError
        A pattern fits no file.
    """
    given = patterns_given({"science": config.science, "skies": config.skies}, frames)
    check_twice(frames)
    kinds = [_role(frame, given) for frame in frames]
    science = tuple(frame for frame, kind in zip(frames, kinds, strict=True) if kind == "science")
    skies = tuple(frame for frame, kind in zip(frames, kinds, strict=True) if kind == "skies")
    if not science:
        raise InputError(
            "All inputs are skies by their EXP_TYPE: there is nothing to subtract from.",
            path=frames[0].path,
            cure="Give a science frame, or name it in the option science.",
        )
    for frame in (*science[1:], *skies) if kind_of(science[0]) == "image" else ():
        check_pair(science[0], frame, "sky" if frame in skies else "frame")
    return Roles(science, skies, _product(science, config.frame))


def check_pair(image: FrameLike, sky: FrameLike, word: str) -> None:
    """Refuse a sky, or another frame of the set, that is of another kind, place, detector or filter.

    Parameters
    ----------
    image, sky : FrameLike
        Only headers and shapes are looked at.
    word : str
        What the second is, for messages.

    Raises
    ------
    InputError
        Naming both files.
    """
    if kind_of(image) != kind_of(sky) or sky.shape != image.shape:
        raise InputError(
            f"The {word} is {size_text(sky.shape)}, {file_name(image)} is {size_text(image.shape)}.",
            path=sky.path,
            cure=f"Choose a {word} of this size, or give a SKY reference of the whole detector.",
        )
    place(image, sky, word)
    check_sky(image, sky, word)


def check_sky(image: FrameLike, sky: FrameLike, word: str = "sky") -> None:
    """Refuse a sky of another instrument, detector, filter, pupil element or grating, and what is no sky.

    Parameters
    ----------
    image, sky : FrameLike
        A keyword that either lacks is not compared.
    word : str
        What the second is, for messages.

    Raises
    ------
    InputError
        Naming both files.
    """
    if is_dark(sky):
        raise InputError(
            f"This is no {word} but a dark: by its EXP_TYPE or FILTER no light came in.",
            path=sky.path,
            cure="Choose a frame of the sky.",
        )
    check_detector(image, sky, word)
    for keyword, meaning in _SAME.items():
        ours, theirs = text(image.header, keyword), text(sky.header, keyword)
        if ours and theirs and not serves(theirs, ours):
            raise InputError(
                f"{keyword}, {meaning}, is {ours}, that of the {word} {file_name(sky)} is {theirs}.",
                path=image.path,
                cure=f"Choose a {word} of the same {meaning.removeprefix('the ')}.",
            )


def done_differently(image: FrameLike, sky: FrameLike) -> list[str]:
    """What was done to one of the two and not to the other.

    Parameters
    ----------
    image, sky : FrameLike
        A keyword that either lacks is not compared.

    Returns
    -------
    list of str
        Sentences.
    """
    return disagreements(image, sky, "sky", _DONE)


def unit_factor(image: FrameLike, sky: FrameLike, config: SourceConfig) -> float:
    """From the unit of a sky to that of a frame.

    Parameters
    ----------
    image, sky : FrameLike
        By their BUNIT, EXPTIME and GAIN; counts of one exposure are scaled by the times where both are known.
    config : SourceConfig
        Its options unit, gain and exposure_time override the headers of both.

    Returns
    -------
    float

    Raises
    ------
    InputError
        The units differ, and what turns one into the other is missing.
    """
    ours, theirs = (config.unit or canonical_unit(frame.unit) or frame.unit.lower() for frame in (image, sky))
    if ours == theirs:
        times = [exposure_time(frame.header) for frame in (image, sky)]
        counts = ours in {ELECTRON, ADU} and config.exposure_time is None
        return times[0][0] / times[1][0] if counts and times[0] and times[1] else 1.0
    one = scale_of([image], None, config.gain, config.exposure_time)
    other = scale_of([sky], None, config.gain, config.exposure_time)
    return other.to_rate / one.to_rate


def _role(frame: FrameLike, given: dict[str, tuple[str, ...]]) -> str:
    named = option_that_names(frame, given)
    if named is not None:
        return named
    said = text(frame.header, "EXP_TYPE")
    if "SKY" in said or text(frame.header, "REFTYPE") == "SKY":
        return "skies"
    wrong = next((kind for kind in NO_SKY if kind in said), None)
    if wrong is not None:
        raise InputError(
            f"EXP_TYPE is {said}: this is neither a science frame nor a sky.",
            path=frame.path,
            cure="Leave it out, or name it in the option science or skies.",
        )
    return "science"


def _product(science: Sequence[FrameLike], said: str) -> int:
    """The science frame that an option names, or numbers from 1."""
    said = said.strip()
    if not said:
        return 0
    fits = [index for index, frame in enumerate(science) if fnmatch.fnmatch(file_name(frame), said)]
    if fits:
        return fits[0]
    if said.isdecimal() and 1 <= int(said) <= len(science):
        return int(said) - 1
    raise UsageError(
        f"No science frame is named or numbered {said!r}, which option frame says.",
        cure=f"Give a name, or a number from 1 to {len(science)}.",
    )
