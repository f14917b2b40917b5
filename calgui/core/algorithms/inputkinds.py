"""What an input is, spectrum, image, ramp, cube or a header alone, and whether an algorithm takes it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from calgui.core.errors import InputError
from calgui.core.frames.frame import FrameLike
from calgui.core.spectra.axis import spectral_axis

if TYPE_CHECKING:
    from calgui.core.algorithms.registry import Algorithm

InputKind = Literal["image", "ramp", "cube", "spectrum", "header"]

_CURES: dict[InputKind, str] = {
    "image": "images",
    "ramp": "ramps as they were read: SCI of (integration, read, y, x)",
    "cube": "cubes",
    "spectrum": "spectra: SCI of one axis, or a table with a column flux",
    "header": "headers without pixels",
}

_MANY = {"spectrum": "spectra"}


def kind_of(frame: FrameLike) -> InputKind | None:
    """What a frame is, by its axes.

    Parameters
    ----------
    frame : FrameLike
        Its shape and header are looked at.

    Returns
    -------
    str or None
        ``spectrum`` for one axis; ``image`` for two; ``cube`` where an axis is of wavelengths (CTYPEn); ``ramp`` for
        three or four others; ``header`` where there are no pixels at all; None for anything else.
    """
    axes = len(frame.shape)
    if frame.shape == (0,):
        return "header"
    if axes == 1:
        return "spectrum"
    if axes == 2:
        return "image"
    if axes not in (3, 4) or 0 in frame.shape:
        return None
    return "ramp" if spectral_axis(frame.header, axes) is None else "cube"


def check_kinds(how: "Algorithm", frames: Sequence[FrameLike]) -> None:
    """Refuse inputs of a kind that an algorithm does not take.

    Parameters
    ----------
    how : Algorithm
        Says what it takes.
    frames : sequence of FrameLike
        Only headers and shapes are looked at.

    Raises
    ------
    InputError
        Naming the file, what it is, and what to do.
    """
    check_taken(how.title, how.takes, frames)


def check_taken(title: str, takes: Sequence[InputKind], frames: Sequence[FrameLike]) -> None:
    """The same for a name and kinds.

    Parameters
    ----------
    title : str
        What is to be done, for the message.
    takes : sequence of str
        Kinds that it takes.
    frames : sequence of FrameLike
        See above.

    Raises
    ------
    InputError
        See above.
    """
    for frame in frames:
        kind = kind_of(frame)
        if kind in takes:
            continue

        cure = f"choose {' or '.join(_CURES[one] for one in takes)}"
        if kind == "ramp" and "image" in takes:
            cure = f"fit the ramp first (fit-ramp), or {cure}"
        if kind == "ramp" and "cube" in takes:
            cure += "; a cube is told by CTYPE3, such as WAVE"
        what = "no spectrum, image, ramp or cube" if kind is None else f"{'an' if kind == 'image' else 'a'} {kind}"
        raise InputError(
            f"This is {what}, {' × '.join(map(str, reversed(frame.shape)))}; {title} takes "
            f"{' or '.join(_MANY.get(one, f'{one}s') for one in takes)}.",
            path=frame.path,
            cure=f"{cure[0].upper()}{cure[1:]}.",
        )
