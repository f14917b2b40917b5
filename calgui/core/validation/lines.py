"""Rows and columns of an image: bands that the readout makes, outputs that are dead, noisy or offset."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.algorithms.registry import Metric

BoolArray = npt.NDArray[np.bool_]
Profile = npt.NDArray[np.float64]

#: pixels of each line that are looked at, about
_SAMPLE = 256
#: windows beside a place that may be an output's edge: a part of all lines, and so many at least
_WINDOWS, _NARROWEST = 128, 8
#: lines with fewer pixels say nothing
_SHORTEST = 64
#: error of the median of a normal distribution, in that of the mean
_MEDIAN_ERROR = 1.2533
#: a line is noisy where its noise is so many times that of the others
_NOISY = 3.0
#: a line stands out where it is so many times the scatter of all, and so much of a pixel's noise, beside its neighbors
_ODD_SIGMA, _ODD_NOISE, _BESIDE = 7.0, 1.0, 9
#: lines are taken together as long as so many groups of them are left
_GROUPS = 16
#: parts of a line, all but one of which must stand out with it
_PIECES = 8
#: a line is without noise where more of its neighboring values are the same
_SAME = 0.9
#: so many neighbors in a row that are the same have no noise
_RUN = 12
_HELP: Mapping[str, str] = {
    "level_error": "One sigma of the level, by the scatter of rows or columns (the larger), and of groups of them.",
    "stripes_sigma": "Scatter from line to line of rows or columns (the larger), in units of a pixel's noise.",
    "step_sigma": "Largest step between neighboring groups of rows or columns, in units of a pixel's noise.",
    "step_fraction": "The same step over the level, where it is above the noise.",
    "filled_fraction": f"Part of the pixels that are the same as {_RUN} before them in a row or column.",
    "constant_fraction": "Part of the rows or columns (the larger) in which all values are the same.",
    "odd_lines": "Rows and columns that stand out alone from those beside them.",
    "parity_sigma": "Even less odd rows or columns (the larger), in units of a pixel's noise.",
    "noisy_fraction": f"Part of the rows or columns (the larger) with {_NOISY:g} times the noise of the others.",
}
#: names of its figures
LINES: frozenset[str] = frozenset(_HELP)


def describe_lines(image: Any, good: BoolArray, level: float, noise: float) -> dict[str, Metric]:
    """Describe rows and columns.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
    good : ndarray of bool, same shape
        Pixels that see light and may be used. Lines of which less than half are good are left out.
    level, noise : float
        Of a pixel, in the unit of the image.

    Returns
    -------
    dict of str to Metric
        Of each the larger of both directions; empty where there is too little to say anything.
    """
    found: dict[str, float] = {}
    for turned in (False, True):
        for name, value in _of_columns(image.T if turned else image, good.T if turned else good, level, noise).items():
            # of both directions those that stand out are added; of all else the larger is told
            found[name] = value + found.get(name, 0.0) if name == "odd_lines" else max(value, found.get(name, 0.0))
    units = {"stripes_sigma": "sigma", "step_sigma": "sigma", "parity_sigma": "sigma"}
    return {name: Metric(value, units.get(name, ""), _HELP[name]) for name, value in found.items()}


def _of_columns(image: Any, good: BoolArray, level: float, noise: float) -> dict[str, float]:
    rows = np.flatnonzero(good.any(axis=1))
    if rows.size < _SHORTEST or image.shape[1] < _SHORTEST or not noise > 0:
        return {}
    rows = rows[:: max(1, rows.size // _SAMPLE)]
    part, usable = image[rows], good[rows]
    kept = np.count_nonzero(usable, axis=0) * 2 > rows.size
    if np.count_nonzero(kept) < _SHORTEST:
        return {}
    # one line after the other in memory: sorting them is the fastest way to medians
    both = np.ascontiguousarray((usable[1:] & usable[:-1])[:, kept].T)
    part = np.where(usable, part, np.float32(level))[:, kept]
    lines = np.ascontiguousarray(part.T)
    same, filled = _constant(lines, both)
    # what changes along the lines is taken out: it widens their medians
    lines -= _median(np.ascontiguousarray(part))
    middle = _median(lines)
    pieces = lines[:, : lines.shape[1] // _PIECES * _PIECES].reshape(lines.shape[0], _PIECES, -1)
    # an output is noisy from end to end, and to both sides; lights are so in places, and above the level
    low, half, high = _quartiles(pieces)
    spread = MAD_TO_SIGMA * np.sort(np.minimum(half - low, high - half), axis=1)[:, 1]
    # what the errors of medians make by themselves is taken off
    own = _MEDIAN_ERROR * noise / math.sqrt(rows.size)
    jumps = np.diff(middle)
    scatter = MAD_TO_SIGMA * float(np.median(np.abs(jumps - np.median(jumps)))) / np.sqrt(2)
    step = _largest_step(middle, own)
    apart = 0.5 * (middle[:-2:2] + middle[2::2])
    parity = abs(float(np.median(middle[1:-1:2] - apart[: middle[1:-1:2].size])))
    return {
        "level_error": _level_error(middle),
        "stripes_sigma": float(np.sqrt(max(0.0, scatter**2 - own**2))) / noise,
        "step_sigma": step / noise,
        "step_fraction": step / abs(level) if level != 0 and step > noise / 4 else 0.0,
        "odd_lines": float(_odd_lines(half, middle, noise)),
        "parity_sigma": max(0.0, parity - 5 * own / math.sqrt(middle.size)) / noise,
        "constant_fraction": float(np.mean(same)),
        "filled_fraction": filled,
        "noisy_fraction": float(np.mean(spread > _NOISY * np.median(spread))),
    }


def _median(lines: Any) -> Profile:
    """Of each line."""
    ordered = np.sort(lines, axis=-1)
    count = lines.shape[-1]
    return np.asarray((ordered[..., (count - 1) // 2] + ordered[..., count // 2]) / 2, np.float64)


def _level_error(middle: Profile) -> float:
    """Error of the mean of lines: of groups of them the largest, as what lines share falls more slowly."""
    found = 0.0
    while middle.size >= _GROUPS:
        # stars and flagged places are no noise
        width = MAD_TO_SIGMA * float(np.median(np.abs(middle - np.median(middle))))
        found = max(found, width / math.sqrt(middle.size))
        middle = middle[: middle.size // 2 * 2].reshape(-1, 2).mean(axis=1)
    return found


def _quartiles(pieces: Any) -> tuple[Any, Profile, Any]:
    """Of each piece of each line, without interpolation."""
    ordered = np.sort(pieces, axis=-1)
    count = pieces.shape[-1]
    middle = (ordered[..., (count - 1) // 2] + ordered[..., count // 2]) / 2
    return ordered[..., (count - 1) // 4], np.asarray(middle, np.float64), ordered[..., count - 1 - (count - 1) // 4]


def _constant(lines: Any, both: BoolArray) -> tuple[BoolArray, float]:
    """Lines in which nearly all values are the same; and the part of all pixels that are so in a long row."""
    equal = (lines[:, 1:] == lines[:, :-1]) & both
    whole = np.asarray(np.mean(equal, axis=1) > _SAME)
    if equal.shape[1] <= _RUN or not equal.any():
        return whole, 0.0
    # where a well is full, or a converter ends, is told by itself
    equal &= lines[:, 1:] < lines.max()
    sums = np.cumsum(equal, axis=1, dtype=np.int32)
    return whole, float(np.mean(sums[:, _RUN:] - sums[:, :-_RUN] == _RUN))


def _largest_step(middle: Profile, own: float) -> float:
    """Largest jump between two windows side by side, less what leads up to it: a slope is no step."""
    width = max(_NARROWEST, middle.size // _WINDOWS)
    if middle.size < 6 * width:
        return 0.0
    smooth = _median(np.lib.stride_tricks.sliding_window_view(middle, width))
    steps = smooth[width:] - smooth[:-width]
    bent = steps[width:-width] - 0.5 * (steps[: -2 * width] + steps[2 * width :])
    # five errors of that: of medians m of four windows it is (m1 - 3 m2 + 3 m3 - m4) / 2
    return max(0.0, float(np.abs(bent).max()) - 5 * _MEDIAN_ERROR * own * math.sqrt(5 / width))


def _odd_lines(pieces: Profile, middle: Profile, noise: float) -> int:
    """How many lines stand out alone, from end to end; where many do, each does so the less, and they are stripes."""
    apart = _from_beside(middle)
    scatter = MAD_TO_SIGMA * float(np.median(np.abs(apart)))
    odd = np.flatnonzero((np.abs(apart) > _ODD_SIGMA * scatter) & (np.abs(apart) > _ODD_NOISE * noise))
    if not odd.size:
        return 0
    # the columns through a star stand out near it alone
    signed = np.stack([_from_beside(piece)[odd] * np.sign(apart[odd]) for piece in pieces.T])
    ordered = np.sort(signed, axis=0)
    return int(np.count_nonzero(ordered[1] > 0.5 * ordered[-2]))


def _from_beside(middle: Profile) -> Profile:
    """How far values are from the median of those beside them."""
    beside = np.lib.stride_tricks.sliding_window_view(np.pad(middle, _BESIDE // 2, mode="reflect"), _BESIDE)
    return np.asarray(middle - _median(beside))
