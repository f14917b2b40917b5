"""Noise of a single read from pairs of darks: that of the photons taken out where they fell, hot pixels left out."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.darkseries.groups import Group, read_mode
from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.frames.frame import FloatArray, FrameLike

#: side of the cells in which the level is one, in samples
_CELL = 32
#: a pixel whose mean of a pair is so many of its sigma off its cell's level is hot, hit or broken
_ODD = 5.0
#: fewest pixels of a pair that say anything
_FEWEST = 100
#: halvings of the interval that holds the variance
_HALVINGS = 30
#: differences that are enough for some tenths of a percent
_ENOUGH = 2_000_000
#: squared quartile of a normal distribution: median of chi-square with one degree of freedom
_CHI_MEDIAN = 1 / MAD_TO_SIGMA**2


def read_variance(samples: Sequence[FloatArray], to_electrons: float, counts: float) -> float | None:
    """Variance of one dark without that of its photons, from differences of consecutive ones.

    Parameters
    ----------
    samples : sequence of ndarray of float32, shape (rows, columns)
        The same pixels of frames of one time.
    to_electrons : float
        Factor to the electrons of one exposure.
    counts : float
        Electrons of dark current and glow in the median pixel; with it the level at which there are none is known.

    Returns
    -------
    float or None
        e-²; 0 where the photons explain all. None for fewer than two frames, or too few pixels.

    Notes
    -----
    The variance V for which the squares of the differences over ``2 (V + photons)`` have the median of chi-square.
    Photons are those of the cell around each pixel, not of the median pixel: the variance of a mixture is not that of
    its median, and glow and hot pixels would be taken for noise of the reads.
    """
    if len(samples) < 2:
        return None
    squares, photons = [], []
    for first, second in pairwise(samples):
        for square, level in _cells(first, second, to_electrons, counts):
            squares.append(square)
            photons.append(level)
    found, level = np.concatenate(squares or [np.empty(0)]), np.concatenate(photons or [np.empty(0)])
    if found.size < _FEWEST:
        return None
    step = -(-found.size // _ENOUGH)
    found, level = found[::step], level[::step]
    low, high = 0.0, float(np.median(found)) / (2 * _CHI_MEDIAN)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            above = np.median(found / (2 * (middle + level))) > _CHI_MEDIAN
        low, high = (middle, high) if above else (low, middle)
    return high if low > 0 else 0.0


def _cells(
    first: FloatArray, second: FloatArray, to_electrons: float, counts: float
) -> Iterator[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Squared differences and photons of the ordinary pixels of each cell."""
    one, two = first.astype(np.float64) * to_electrons, second.astype(np.float64) * to_electrons
    difference, mean = two - one, (one + two) / 2
    known = np.isfinite(difference)
    if not known.any():
        return
    difference -= np.median(difference[known])
    nothing = float(np.median(mean[known])) - counts
    sigma = MAD_TO_SIGMA * float(np.median(np.abs(difference[known]))) / 2  # of the mean of two
    rows, columns = known.shape
    for top in range(0, rows, _CELL):
        for left in range(0, columns, _CELL):
            part = slice(top, top + _CELL), slice(left, left + _CELL)
            inside = known[part]
            values = mean[part][inside]
            if not values.size:
                continue
            usual = np.abs(values - np.median(values)) <= _ODD * sigma
            level = max(float(np.mean(values[usual])) - nothing, 0.0) if usual.any() else 0.0
            square = difference[part][inside][usual] ** 2
            yield square, np.full(square.size, level)


def single_read_variance(variance: float, group: Group, frame: FrameLike) -> float | None:
    """Variance of a single read from that of the reads of a dark.

    Parameters
    ----------
    variance : float
        Of one dark without its photons, e-² in the whole exposure.
    group : Group
        Time and reads.
    frame : FrameLike
        Says the read mode.

    Returns
    -------
    float or None
        e-²; None where the read mode does not tell how noise and reads go together.

    Notes
    -----
    Vacca, Cushing & Rayner 2004: CDS 2 R², MCDS with m reads at each end 2 R² / m, a line through n reads
    12 R² (n - 1) / [n (n + 1)] over the whole time.
    """
    mode, reads = read_mode(frame), group.reads
    if mode.startswith("MCDS") or mode.startswith("FOWLER"):
        digits = "".join(letter for letter in mode if letter.isdigit())
        ends = int(digits) if digits else (reads // 2 if reads else 0)
        return variance * ends / 2 if ends else None
    if mode == "CDS" or reads == 2:
        return variance / 2
    if reads is not None and reads > 2 and any(word in mode for word in ("UTR", "UP-THE-RAMP", "SLOPE", "RAMP")):
        return variance * reads * (reads + 1) / (12 * (reads - 1))
    return None


def typical_read_noise(found: Sequence[float | None], noises: Sequence[float], groups: Sequence[Group]) -> float | None:
    """Read noise of all exposure times together.

    Parameters
    ----------
    found : sequence of float or None
        Noise of a single read by each group, e-.
    noises : sequence of float
        Of one frame of each group, e-, photons included.
    groups : sequence of Group
        Their members.

    Returns
    -------
    float or None
        e-. Variances are averaged with the weights of their errors, which grow with the photons that were taken out.
    """
    squares, weights = [], []
    for one, noise, group in zip(found, noises, groups, strict=True):
        if one is not None and noise > 0:
            squares.append(one**2)
            weights.append((len(group.members) - 1) / noise**4)
    return math.sqrt(np.average(squares, weights=weights)) if squares else None
