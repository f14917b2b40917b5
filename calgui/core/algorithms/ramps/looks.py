"""What the reads say about the fit: noise of a read, bends, drifts; things to plot."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.lamps import unbroken
from calgui.core.algorithms.noise import MAD_TO_SIGMA, middle_of, robust_sigma
from calgui.core.algorithms.ramps.refpix import Drift
from calgui.core.algorithms.ramps.setup import RampSetup
from calgui.core.algorithms.registry import Curve
from calgui.core.frames.frame import FloatArray

#: part of the pixels that are called faint, and bright
_FAINT, _BRIGHT = 0.25, 0.1
_ENOUGH_FOR_A_HISTOGRAM = 400_000
#: part of the variance that must be that of the reads, or it is not measured
_SEEN = 0.2
#: fewer pixels than this say nothing of noise
_ENOUGH = 200
#: this part of the pixels must have all the reads that are looked at
_MOST_OF_THEM = 0.5


@dataclass(frozen=True)
class Residuals:
    """Reads about a straight line, in a sample of pixels of which all of these reads are good.

    Attributes
    ----------
    pixels : int
        In the sample.
    reads : int
        The first so many are looked at: those that half of the pixels or more have, where many saturate later.
    read_noise : float or None
        Of a single frame, electrons; None with fewer than three reads or too few pixels, and where even the faint
        ones have so much light that its noise hides that of the reads.
    faint, bright : ndarray of float64, shape (n,)
        Median residual of each read, electrons, of the faintest quarter and of the brightest tenth.
    scatter : ndarray of float64, shape (n,)
        Robust sigma of the residuals of the faintest quarter.
    bright_signal : float
        Electrons of the brightest tenth between the first and the last read.
    bend : float
        Largest median residual of the brightest tenth as a part of their signal.
    bend_error : float
        Its own uncertainty.
    """

    pixels: int
    reads: int
    read_noise: float | None
    faint: npt.NDArray[np.float64]
    bright: npt.NDArray[np.float64]
    scatter: npt.NDArray[np.float64]
    bright_signal: float
    bend: float
    bend_error: float

    @property
    def enough(self) -> bool:
        """Whether there were reads and pixels enough to look at."""
        return bool(np.isfinite(self.scatter).all())


def residuals(
    sample: Sequence[tuple[FloatArray, npt.NDArray[np.bool_]]], setup: RampSetup
) -> Residuals:  # fmt: skip
    """Look at the reads of a sample of pixels about their lines.

    Parameters
    ----------
    sample : sequence of (reads, good)
        float32 electrons and bool, shape (n, pixels) each; straightened.
    setup : RampSetup
        Times.

    Returns
    -------
    Residuals
        The scatter of the residuals of read k is that of a read times ``1 - h_kk``, h being the matrix of the fit, and
        of the photons what that matrix makes of them; what the photons of the median rate make is taken off.
    """
    n = _reads_of_most(sample, setup.reads)
    nothing = np.full(n, np.nan)
    whole = [reads[:n, good[:n].all(axis=0) & np.isfinite(reads[:n]).all(axis=0)] for reads, good in sample]
    reads = np.concatenate(whole, axis=1).astype(np.float64) if whole else np.empty((n, 0))
    if n < 3 or reads.shape[1] < _ENOUGH:
        return Residuals(reads.shape[1], n, None, nothing, nothing, nothing, 0.0, 0.0, math.inf)
    seconds = setup.seconds[:n]
    t = seconds - seconds.mean()
    slope = t @ reads / np.sum(t**2)
    left = reads - reads.mean(axis=0) - t[:, None] * slope
    # chosen by their neighbours: by its own photon noise, a pixel's reads would bend where it is among the brightest
    around = 0.5 * (np.roll(slope, 1) + np.roll(slope, -1))
    high = around >= np.quantile(around, 1 - _BRIGHT)
    low = around <= np.quantile(around, _FAINT)
    faint, bright = left[:, low], left[:, high]
    scatter = np.array([robust_sigma(row) for row in faint])
    # of a line through n reads: what it leaves of a read's own noise, and of the photons
    leaves = np.eye(n) - 1 / n - np.outer(t, t) / np.sum(t**2)
    photons = np.minimum.outer(seconds, seconds) + np.diag(setup.spread[:n])
    dim = max(float(np.median(slope[low])), 0.0)
    own, theirs = np.diag(leaves), np.diag(leaves @ photons @ leaves) * dim
    # reads that the line follows closely say little
    weight = own**2
    whole_variance = float(np.sum(weight * scatter**2 / np.maximum(own, 1e-9)) / np.sum(weight))
    variance = whole_variance - float(np.sum(weight * theirs / np.maximum(own, 1e-9)) / np.sum(weight))
    hidden = variance < _SEEN * whole_variance
    span = float(seconds[-1] - seconds[0])
    signal = float(np.median(slope[high])) * span
    medians = np.median(bright, axis=1)
    worst = int(np.argmax(np.abs(medians)))
    error = 1.2533 * robust_sigma(bright[worst]) / math.sqrt(bright.shape[1])
    return Residuals(
        reads.shape[1],
        n,
        None if hidden else math.sqrt(variance * setup.frames),
        np.median(faint, axis=1),
        medians,
        scatter,
        signal,
        abs(float(medians[worst])) / signal if signal > 0 else 0.0,
        error / signal if signal > 0 else math.inf,
    )


def _reads_of_most(sample: Sequence[tuple[FloatArray, npt.NDArray[np.bool_]]], reads: int) -> int:
    """How many of the first reads most pixels have; all where even the first three are rare."""
    if not sample:
        return reads
    until = np.concatenate([unbroken(good) for _, good in sample], axis=1)
    enough = np.flatnonzero(until.mean(axis=1) >= _MOST_OF_THEM) if until.shape[1] else np.empty(0, int)
    return int(enough[-1]) + 1 if enough.size > 2 else reads


def curves_of(
    rate: FloatArray, good: npt.NDArray[np.bool_], found: Residuals, setup: RampSetup, drifts: Sequence[Drift]
) -> tuple[Curve, ...]:
    """What there is to plot.

    Parameters
    ----------
    rate : ndarray of float32, shape (ny, nx)
        Electrons per second.
    good : ndarray of bool
        Pixels that count.
    found : Residuals
        Of the sample.
    setup : RampSetup
        Times.
    drifts : sequence of Drift
        Of the ramps.

    Returns
    -------
    tuple of Curve
        Histogram of rates; residuals and their scatter by read, where there are enough; drift of the amplifiers,
        where it was corrected.
    """
    made = [_histogram(rate, good)]
    number = np.arange(1, setup.reads + 1)
    if found.enough:
        seen = number[: found.reads]
        lines = {
            "faintest quarter": (seen, found.faint),
            f"brightest tenth, {found.bright_signal:.4g} e-": (seen, found.bright),
            "scatter of the faintest quarter": (seen, found.scatter),
        }
        made.append(Curve("Reads about the line", "Read (from 1)", "Residual (e-)", lines))
    if drifts and "amplifiers" in drifts[0].done:
        of = drifts[0].columns[0].astype(np.float64) * setup.gain
        # one line for each of a few amplifiers, and the median of all
        steps = np.flatnonzero(np.r_[True, np.any(np.diff(of, axis=1) != 0, axis=0)])
        chosen = steps[np.unique(np.linspace(0, steps.size - 1, min(4, steps.size)).astype(int))]
        lines = {"median of all": (number, np.median(of[:, steps], axis=1))}
        lines |= {f"columns from {column}": (number, of[:, column]) for column in chosen}
        made.append(Curve("Drift of the amplifiers", "Read (from 1)", "Since the first read (e-)", lines))
    return tuple(made)


def _histogram(rate: FloatArray, good: npt.NDArray[np.bool_]) -> Curve:
    step = max(1, rate.size // _ENOUGH_FOR_A_HISTOGRAM)
    values = rate[::step][good[::step]]
    values = values[np.isfinite(values)].astype(np.float64)
    title, label = "Distribution of the rates", "Rate (e-/s)"
    if values.size == 0:
        return Curve(title, label, "Pixels", {"pixels": (np.array([0.0, 1.0]), np.array([0.0]))}, "histogram")
    middle = middle_of(values)
    low, high = np.quantile(values, [0.001, 0.995])
    reach = max(MAD_TO_SIGMA * middle_of(np.abs(values - middle)), 1e-3 * max(abs(middle), 1e-3))
    edges = np.linspace(min(low, middle - 5 * reach), max(high, middle + 5 * reach), 201)
    counts = np.histogram(values, edges)[0] * step
    return Curve(title, label, "Pixels", {"pixels": (edges, counts.astype(float))}, "histogram")
