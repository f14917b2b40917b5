"""Inputs that options name, where their headers do not say what they are."""

import fnmatch
from collections.abc import Mapping, Sequence
from typing import TypeVar

from calgui.core.algorithms.exposure import file_name
from calgui.core.errors import InputError, UsageError
from calgui.core.frames.frame import FrameLike

Option = TypeVar("Option", bound=str)


def patterns_given(options: Mapping[Option, str], frames: Sequence[FrameLike]) -> dict[Option, tuple[str, ...]]:
    """The patterns of file names that options hold.

    Parameters
    ----------
    options : mapping of str to str
        Option to names or patterns, separated by commas.
    frames : sequence of FrameLike
        The inputs.

    Returns
    -------
    dict of str to tuple of str

    Raises
    ------
    UsageError
        A pattern fits no input.
    """
    given = {
        option: tuple(filter(None, (part.strip() for part in said.split(",")))) for option, said in options.items()
    }
    for option, patterns in given.items():
        for pattern in patterns:
            if not any(fnmatch.fnmatch(file_name(frame), pattern) for frame in frames):
                raise UsageError(
                    f"No input is named {pattern!r}, which option {option} says.", cure="Give a name of an input."
                )
    return given


def option_that_names(frame: FrameLike, given: Mapping[Option, Sequence[str]]) -> Option | None:
    """The option that names an input.

    Parameters
    ----------
    frame : FrameLike
        The input.
    given : mapping of str to sequence of str
        From `patterns_given`.

    Returns
    -------
    str or None
        None where no option does.

    Raises
    ------
    InputError
        Several do.
    """
    name = file_name(frame)
    naming = [option for option, patterns in given.items() if any(fnmatch.fnmatch(name, one) for one in patterns)]
    if len(naming) > 1:
        raise InputError(
            f"The options {' and '.join(naming)} both name this file.", path=frame.path, cure="Let one of them name it."
        )
    return naming[0] if naming else None
