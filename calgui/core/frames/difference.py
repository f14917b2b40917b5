"""The difference of two images of one shape: what a new reference changes against an older one."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calgui.core.errors import InputError
from calgui.core.frames.arithmetic import combined_error, subtract
from calgui.core.frames.fits import read_frame
from calgui.core.frames.frame import Frame, size_text
from calgui.core.frames.statistics import Statistics, statistics


@dataclass(frozen=True)
class Difference:
    """New less old.

    Attributes
    ----------
    frame : Frame
        The difference, in the unit of both; ERR of both in quadrature where both have it, DQ of both.
    statistics : Statistics
        Of the difference.
    differing : int
        Pixels with another value, among those with a finite value in both.
    compared : int
        Pixels with a finite value in both.
    appeared, gone : int
        Pixels with a finite value in the new only, and in the old only.
    """

    frame: Frame
    statistics: Statistics
    differing: int
    compared: int
    appeared: int
    gone: int


def difference_of_files(old: Path, new: Path) -> Difference:
    """Subtract one image from another.

    Parameters
    ----------
    old, new : pathlib.Path
        FITS; their SCI or first image.

    Returns
    -------
    Difference

    Raises
    ------
    InputError
        One cannot be read, their shapes differ, or their units do.
    """
    return difference(read_frame(old), read_frame(new))


def difference(old: Frame, new: Frame) -> Difference:
    """Subtract one frame from another.

    Parameters
    ----------
    old, new : Frame
        Of one shape and unit.

    Returns
    -------
    Difference

    Raises
    ------
    InputError
        Their shapes or units differ.
    """
    if old.shape != new.shape:
        raise InputError(
            f"Its shape is {size_text(new.shape)}, that of {old.name} is {size_text(old.shape)}.",
            path=new.path,
            cure="Only images of one shape can be subtracted.",
        )
    if old.unit and new.unit and old.unit != new.unit:
        raise InputError(
            f"Its unit is {new.unit}, that of {old.name} is {old.unit}.",
            path=new.path,
            cure="Only images of one unit can be subtracted.",
        )
    data = subtract(new.data, old.data)
    here, there = np.isfinite(new.data), np.isfinite(old.data)
    both = here & there
    err = combined_error("difference", new.data, old.data, new.err, old.err)
    dq = new.dq if old.dq is None else old.dq if new.dq is None else new.dq | old.dq
    frame = Frame(data, err, dq, {"BUNIT": new.unit or old.unit}, None)
    return Difference(
        frame,
        statistics(data, dq),
        int(np.count_nonzero(both & (new.data != old.data))),
        int(np.count_nonzero(both)),
        int(np.count_nonzero(here & ~there)),
        int(np.count_nonzero(there & ~here)),
    )
