"""What shows a problem: a picture, a histogram, a value between its limits, or lines of a header."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.frames.frame import Frame
from calgui.core.frames.limits import Limits

Array = npt.NDArray[Any]
Kind = Literal["picture", "histogram", "range", "cards"]


@dataclass(frozen=True)
class Mark:
    """A line on a histogram or range.

    Attributes
    ----------
    at : float
        In the unit of the axis.
    what : str
        ``value``, ``doubtful`` or ``bad``.
    above : bool
        Whether the limit is an upper one.
    """

    at: float
    what: Literal["value", "doubtful", "bad"]
    above: bool = True


@dataclass(frozen=True, eq=False)
class Illustration:
    """What shows a problem.

    Attributes
    ----------
    kind : str
        ``picture``; ``histogram`` of values with the limits; ``range``: the value between its limits; ``cards``: lines
        of the header.
    caption : str
        What is seen, with what the marks mean.
    small, marked : ndarray or None
        The picture reduced to some `SMALL` pixels, and which of them hold marked ones.
    limits : Limits or None
        Values drawn darkest and brightest.
    frame : Frame or None
        The picture at full size; marked pixels have a flag.
    edges, counts : ndarray or None
        Of the histogram.
    marks : tuple of Mark
        Value and limits.
    unit, axis : str
        Of the histogram or range.
    cards : tuple of str
        Lines of the header.
    keyword : str
        To look for in the headers.
    """

    kind: Kind
    caption: str
    small: Array | None = None
    marked: npt.NDArray[np.bool_] | None = None
    limits: Limits | None = None
    frame: Frame | None = None
    edges: Array | None = None
    counts: Array | None = None
    marks: tuple[Mark, ...] = ()
    unit: str = ""
    axis: str = ""
    cards: tuple[str, ...] = ()
    keyword: str = ""
