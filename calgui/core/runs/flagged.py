"""Pixels of a product that carry a flag, brightest first: what a list beside a picture shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from calgui.core.frames import dq
from calgui.core.frames.frame import Frame

#: so many are listed; the numbers count all
MOST = 500

#: of a bad pixel map the kinds to list, the most telling first
KINDS_OF_MASKS: tuple[str, ...] = (
    "DEAD", "OPEN", "LOW_QE", "TELEGRAPH", "UNRELIABLE_DARK", "NO_FLAT_FIELD", "OTHER_BAD_PIXEL", "HOT", "WARM",
    "ADJ_OPEN",
)  # fmt: skip


@dataclass(frozen=True)
class FlaggedPixel:
    """One of them.

    Attributes
    ----------
    x, y : int
        Column and row in the frame, from 0.
    value : float
        In the unit of the frame; NaN where the pixel has none.
    flag : str
        The first of the flags that were asked for.
    """

    x: int
    y: int
    value: float
    flag: str


@dataclass(frozen=True)
class Flagged:
    """The flagged pixels of a frame.

    Attributes
    ----------
    unit : str
        Of the values.
    counts : mapping of str to int
        Flag to number of pixels that carry it; a pixel counts once, for the first of the flags that were asked for.
    pixels : tuple of FlaggedPixel
        Those without a value first, then the brightest; at most as many as were asked for. By kind where that was
        asked for, and then some of every kind.
    """

    unit: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    pixels: tuple[FlaggedPixel, ...] = ()


def flagged_pixels(
    frame: Frame, names: Sequence[str] = ("HOT", "WARM"), most: int = MOST, *, by_kind: bool = False
) -> Flagged:
    """Find pixels by their data quality.

    Parameters
    ----------
    frame : Frame
        (ny, nx); without data quality, or with other axes, nothing is found.
    names : sequence of str
        Flags, the most telling first.
    most : int
        Longest list.
    by_kind : bool
        Whether each flag gets its part of the list.

    Returns
    -------
    Flagged
    """
    if frame.dq is None or frame.data.ndim != 2:
        return Flagged(frame.unit)
    bits = [np.uint32(dq.BY_NAME[name].value) for name in names]
    rows, columns = np.nonzero((frame.dq & np.bitwise_or.reduce(np.array(bits, np.uint32))) != 0)
    found = frame.dq[rows, columns]
    kind = np.full(found.size, -1)
    for number, bit in enumerate(bits):
        kind[(kind < 0) & ((found & bit) != 0)] = number
    values = frame.data[rows, columns]
    # a pixel that saturates in every sample has no value, and is the hottest of all
    brightest = np.argsort(np.where(np.isnan(values), np.inf, values), kind="stable")[::-1]
    if by_kind:
        present = [number for number in range(len(names)) if np.any(kind == number)]
        part = most // max(len(present), 1)
        brightest = np.concatenate([brightest[:0], *(brightest[kind[brightest] == n][:part] for n in present)])
    brightest = brightest[:most]
    pixels = tuple(
        FlaggedPixel(int(columns[at]), int(rows[at]), float(values[at]), names[kind[at]]) for at in brightest
    )
    counts = {name: int(np.count_nonzero(kind == number)) for number, name in enumerate(names)}
    return Flagged(frame.unit, {name: count for name, count in counts.items() if count}, pixels)
