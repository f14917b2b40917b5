"""What there is to draw of one pixel of a ramp: its reads by what became of them, and the lines through them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.ramps.pixel import PixelFits
from calgui.core.frames import dq as flags

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Points = tuple[Floats, Floats]

#: what becomes of a read, see `kinds_of`
Kind = Literal["used", "unused", "jump", "saturated", "beyond", "flagged"]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: what is drawn against time, see `drawing_of`
Values = Literal["electrons", "residuals", "raw"]


@dataclass(frozen=True)
class PixelDrawing:
    """Reads and lines of one or more integrations of a pixel against the seconds since the reset.

    Attributes
    ----------
    points : mapping of str to (seconds, values)
        Reads by their `Kind`; those that are not finite are left out.
    counts : mapping of str to int
        How many reads of each kind there are, drawn or not.
    raw : (seconds, values)
        The reads as they were read, beside the corrected ones; empty where they are the points.
    lines : mapping of str to (seconds, values)
        By method; NaN parts the integrations, and the stretches between jumps.
    unit : str
        Of the values.
    """

    points: Mapping[Kind, Points]
    counts: Mapping[Kind, int]
    raw: Points
    lines: Mapping[str, Points]
    unit: str


def kinds_of(fits: PixelFits, integration: int, method: str) -> tuple[Kind, ...]:
    """What becomes of each read.

    Parameters
    ----------
    fits : PixelFits
        Of the pixel.
    integration : int
        From 0.
    method : str
        By whose fit.

    Returns
    -------
    tuple of str
        ``used``; ``unused`` though it could be; ``jump``, a jump before it; ``saturated``, from that read on;
        ``beyond`` what the coefficients of non-linearity reach; ``flagged`` as not to be used, or without a value.
    """
    line = fits.lines[integration][method]
    jumps = fits.jumps[integration] | line.jumps
    lost = (fits.dq[integration] & np.uint32(flags.DO_NOT_USE)) != 0
    lost |= ~np.isfinite(fits.raw[integration])
    bits = int(fits.bits[integration])
    full: Kind = "beyond" if bits & flags.NONLINEAR and not bits & flags.SATURATED else "saturated"
    made: list[Kind] = []
    for read in range(fits.seconds.size):
        if not fits.usable[integration, read]:
            made.append("flagged" if lost[read] else full)
        elif jumps[read]:
            made.append("jump")
        else:
            made.append("used" if line.used[read] else "unused")
    return tuple(made)


def level_of(fits: PixelFits, integration: int, method: str) -> tuple[Floats, Booleans]:
    """The line of a method at time zero and at each read.

    Parameters
    ----------
    fits : PixelFits
        Of the pixel.
    integration : int
        From 0.
    method : str
        Whose line.

    Returns
    -------
    level : ndarray of float64, shape (n + 1,)
        Electrons; NaN without a rate. The line of ``optimal`` steps where it found a jump, or knows of one: it has one
        slope and a height for each stretch.
    starts : ndarray of bool, shape (n + 1,)
        Where it steps.
    """
    line = fits.lines[integration][method]
    n = fits.seconds.size
    level = line.at(np.r_[0.0, fits.seconds])
    starts = np.zeros(n + 1, np.bool_)
    if method != "optimal":
        return level, starts
    starts[1:] = line.jumps | fits.jumps[integration]
    number = np.cumsum(starts[1:])
    above = fits.straight[integration] - level[1:]
    for stretch in range(int(number[-1]) + 1):
        of = number == stretch
        there = of & line.used & np.isfinite(above)
        if there.any():
            step = float(np.mean(above[there]))
            level[1:][of] += step
            if of[0]:
                level[0] += step
    return level, starts


def drawing_of(fits: PixelFits, integrations: Sequence[int], method: str, values: Values = "electrons") -> PixelDrawing:
    """What to draw.

    Parameters
    ----------
    fits : PixelFits
        Of the pixel.
    integrations : sequence of int
        Which, from 0.
    method : str
        The chosen one.
    values : str
        ``electrons`` above the level at time zero, as they were fitted, with those as they were read beside them,
        at the height of the first one that has a value; ``residuals``, what the fits and the reads that can be used
        are above the line of the chosen method; ``raw``, as they were read, in their unit.

    Returns
    -------
    PixelDrawing
    """
    points: dict[Kind, list[Points]] = {kind: [] for kind in KINDS}
    counts: dict[Kind, int] = dict.fromkeys(KINDS, 0)
    raw: list[Points] = []
    lines: dict[str, list[Points]] = {name: [] for name in (fits.lines[0] if values != "raw" else ())}
    for integration in integrations:
        kinds = np.array(kinds_of(fits, integration, method))
        reads = fits.raw[integration] if values == "raw" else fits.straight[integration]
        chosen, starts = level_of(fits, integration, method)
        if values == "residuals":
            reads = np.where(fits.usable[integration], reads - chosen[1:], np.nan)
        for kind in KINDS:
            of = kinds == kind
            counts[kind] += int(of.sum())
            of &= np.isfinite(reads)
            points[kind].append((fits.seconds[of], reads[of]))
        if values == "electrons":
            raw.append(_as_read(fits, integration))
        for name in lines:
            level, own = level_of(fits, integration, name)
            if values == "residuals":
                level, own = level - chosen, own | starts
            lines[name].append(_parted(np.r_[0.0, fits.seconds], level, own))
    unit = fits.unit if values == "raw" else "e-"
    return PixelDrawing(
        {kind: _joined(parts) for kind, parts in points.items()},
        counts,
        _joined(raw),
        {name: _joined(parts) for name, parts in lines.items()},
        unit,
    )


def _as_read(fits: PixelFits, integration: int) -> Points:
    """The reads as they were read, in electrons, at the height of the first corrected one."""
    reads, straight = fits.raw[integration] * fits.gain, fits.straight[integration]
    there = np.isfinite(reads)
    both = np.flatnonzero(there & np.isfinite(straight))
    if not both.size:
        return np.empty(0), np.empty(0)
    return fits.seconds[there], reads[there] - (reads[both[0]] - straight[both[0]])


def _parted(seconds: Floats, level: Floats, starts: Booleans) -> Points:
    """A line that is interrupted where it steps, and at its end."""
    places = np.flatnonzero(starts)
    ends = np.array([seconds.size])
    at = np.concatenate([places, ends])
    return np.insert(seconds, at, np.nan), np.insert(level, at, np.nan)


def _joined(parts: Sequence[Points]) -> Points:
    if not parts:
        return np.empty(0), np.empty(0)
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])
