"""The header of a picture that is made of a cube: its axes are x and y, whatever they are in the cube."""

import re
from collections.abc import Mapping
from typing import Any

from calgui.core.frames.keywords import Header

_OF_AXIS = re.compile(r"(CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA|CNAME|CRDER|CSYER)(\d+)([A-Z]?)")
_OF_PAIR = re.compile(r"(CD|PC)(\d+)_(\d+)([A-Z]?)")
_OF_PARAMETER = re.compile(r"(PV|PS)(\d+)_(\d+)([A-Z]?)")
_COUNT = re.compile(r"WCSAXES[A-Z]?")


def picture_header(header: Mapping[str, Any], axes: tuple[int, int, int] = (0, 1, 2)) -> Header:
    """The header of a cube without its spectral axis.

    Parameters
    ----------
    header : mapping
        Of the cube.
    axes : tuple of int
        Which of its last three axes (numpy order) are plane, y and x.

    Returns
    -------
    Header
        World coordinates of x as those of FITS axis 1, of y as those of axis 2; without those of all other axes.
    """
    numbers = {3 - axes[2]: 1, 3 - axes[1]: 2}
    given = Header(header)
    made = Header()
    for key, value in given.items():
        name = _renamed(key, numbers)
        if name is not None:
            made[name] = 2 if _COUNT.fullmatch(name) else value
            if key in given.comments:
                made.comments[name] = given.comments[key]
    return made


def _renamed(key: str, numbers: Mapping[int, int]) -> str | None:
    """What a keyword is called where axes have other numbers; None where it is of an axis that is not there."""
    if match := _OF_AXIS.fullmatch(key):
        kind, axis, version = match.groups()
        return f"{kind}{numbers[int(axis)]}{version}" if int(axis) in numbers else None
    if match := _OF_PAIR.fullmatch(key):
        kind, axis, other, version = match.groups()
        if int(axis) in numbers and int(other) in numbers:
            return f"{kind}{numbers[int(axis)]}_{numbers[int(other)]}{version}"
        return None
    if match := _OF_PARAMETER.fullmatch(key):
        kind, axis, parameter, version = match.groups()
        return f"{kind}{numbers[int(axis)]}_{parameter}{version}" if int(axis) in numbers else None
    return key
