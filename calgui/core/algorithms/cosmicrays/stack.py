"""Hits in three or more exposures of one field: what exceeds the median by more than noise and the edges of stars."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.combine import Combination, combine
from calgui.core.algorithms.cosmicrays.config import CosmicConfig
from calgui.core.algorithms.geometry import Region
from calgui.core.algorithms.noise import median_noise_factor
from calgui.core.errors import AlgorithmError, InputError
from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray, FrameLike
from calgui.core.jobs import Job

#: rows that are looked at together
_BAND = 256

#: fewest exposures of which one can be told from the others, and most: each has a bit in the mask
FEWEST, MOST = 3, 32


@dataclass(frozen=True)
class Stacked:
    """The mean of exposures without their hits.

    Attributes
    ----------
    data : ndarray of float32, shape (ny, nx)
        Mean of the samples that were kept; NaN where there is none.
    err : ndarray of float32
        Of it.
    dq : ndarray of uint32
        Flags that all have in common, and OUTLIER where a sample was left out.
    hits : ndarray of uint32
        Bit i is set where exposure i (from 0) was hit.
    taken : ndarray of float32
        What the hits would have added to the mean.
    """

    data: FloatArray
    err: FloatArray
    dq: DqArray
    hits: DqArray
    taken: FloatArray


def usable(frames: Sequence[FrameLike], region: Region, reject: int, job: Job) -> list[int]:
    """Which exposures hold a light-sensitive pixel that counts.

    Parameters
    ----------
    frames : sequence of FrameLike
        Of one shape.
    region : Region
        Which pixels are reference pixels.
    reject : int
        Samples with these flags do not count.
    job : Job
        Asked for cancel.

    Returns
    -------
    list of int
        Their places, from 0.

    Raises
    ------
    InputError
        When some are left, but fewer than three; the file that holds none is named.
    AlgorithmError
        When none is left.
    """
    kept = [place for place, frame in enumerate(frames) if _any_good(frame, region, reject, job)]
    lost = next((frame for place, frame in enumerate(frames) if place not in kept), None)
    if lost is None or len(kept) >= FEWEST:
        return kept
    if not kept:
        raise AlgorithmError(
            "No pixel of these exposures can be judged: all are NaN or flagged.",
            cure="Look at their data quality, or reject fewer flags.",
        )
    raise InputError(
        f"No pixel of this exposure can be used: all are NaN or flagged. Without such exposures {len(kept)} "
        f"{'is' if len(kept) == 1 else 'are'} left, and {FEWEST} are needed.",
        path=lost.path,
        cure="Give more exposures, or clean one image by itself.",
    )


def _any_good(frame: FrameLike, region: Region, reject: int, job: Job) -> bool:
    lines, columns = region.active()
    for start in range(lines.start, lines.stop, _BAND):
        job.check()
        rows = frame.rows(start, min(start + _BAND, lines.stop))
        good = np.isfinite(rows.data[:, columns])
        if rows.dq is not None:
            good &= (rows.dq[:, columns] & np.uint32(reject)) == 0
        if good.any():
            return True
    return False


def clean_stack(
    frames: Sequence[FrameLike], factor: float, noises: Sequence[float | None], reject: int, config: CosmicConfig,
    job: Job,
) -> Stacked:  # fmt: skip
    """Combine exposures of a field without their hits.

    Parameters
    ----------
    frames : sequence of FrameLike, 3 to 32
        Aligned, of one exposure time.
    factor : float
        To electrons of an exposure.
    noises : sequence of float or None
        Noise of reading of each, electrons; None for those whose ERR counts.
    reject : int
        Samples with these flags are left out.
    config : CosmicConfig
        Thresholds.
    job : Job
        Progress and cancel.

    Returns
    -------
    Stacked
        In electrons.

    Notes
    -----
    As drizzle's ``driz_cr`` (Fruchter & Hook 2002, PASP 114, 144): a sample is hit where it exceeds the median by more
    than ``sigma`` times its noise and ``shift`` times the largest step of the median to a neighbour. The cores of stars
    that move or breathe by a part of a pixel are thus left alone. Pixels beside a hit have lower thresholds. Levels of
    the sky may differ. A pixel that is hit in half of the exposures or more is not found.
    """
    middle = combine(frames, Combination("median", "none", reject=reject), job.part(0, 0.4))
    ny, nx = middle.data.shape
    level = middle.data * np.float32(factor)
    step = steps(level)
    shared = median_noise_factor(len(frames)) ** 2 / len(frames)
    sums = _Sums((ny, nx))
    skies = []
    for index, frame in enumerate(frames):
        sky = _offset(frame, factor, level, reject)
        skies.append(sky)
        for start in range(0, ny, _BAND):
            stop = min(start + _BAND, ny)
            job.report(0.4 + 0.6 * (index + start / ny) / len(frames), "Looking for hits")
            low, high = max(start - 1, 0), min(stop + 1, ny)  # a row more on each side: hits have neighbours
            value, variance, good = _samples(frame, low, high, factor, noises[index], level[low:high], reject)
            excess = value - level[low:high] - sky
            hit = found(excess, np.sqrt(variance * np.float32(1 + shared)), step[low:high], good, config)
            inner = slice(start - low, stop - low)
            # without its own sky: else a sample that is missing would leave the level of the others
            sums.add(index, slice(start, stop), value[inner] - sky, variance[inner], good[inner], hit[inner])
    return sums.mean(np.float32(np.mean(skies)), middle.dq)


class _Sums:
    """What adds up, sample by sample, to the mean of those that are kept."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.total, self.weight = np.zeros(shape, np.float32), np.zeros(shape, np.uint16)
        self.lost, self.many = np.zeros(shape, np.float32), np.zeros(shape, np.uint16)
        self.square = np.zeros(shape, np.float32)
        self.hits = np.zeros(shape, np.uint32)

    def add(
        self, index: int, rows: slice, value: FloatArray, variance: FloatArray, good: npt.NDArray[np.bool_],
        hit: npt.NDArray[np.bool_],
    ) -> None:  # fmt: skip
        """Some rows of an exposure."""
        kept = good & ~hit
        self.hits[rows] |= hit.astype(np.uint32) << np.uint32(index)
        self.total[rows] += np.where(kept, value, 0)
        self.lost[rows] += np.where(hit, value, 0)
        self.many[rows] += good
        self.square[rows] += np.where(kept, variance, 0)
        self.weight[rows] += kept

    def mean(self, sky: np.float32, dq: DqArray | None) -> Stacked:
        """Mean of what was kept above a level of the sky, with the flags that all exposures have."""
        hits, weight = self.hits, self.weight
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.asarray(self.total / weight, np.float32)
            error = np.asarray(np.sqrt(self.square) / weight, np.float32)
            taken = np.where(hits != 0, (self.total + self.lost) / self.many - mean, 0).astype(np.float32)
        mean += sky
        bits = np.zeros(hits.shape, np.uint32) if dq is None else dq
        bits[hits != 0] |= np.uint32(flags.OUTLIER)
        bits[weight == 0] |= np.uint32(flags.DO_NOT_USE)
        return Stacked(mean, error, bits, hits, taken)


def _samples(
    frame: FrameLike, start: int, stop: int, factor: float, noise: float | None, level: FloatArray, reject: int
) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
    """Some rows of an exposure in electrons, their variance, and which samples are good; ``level`` is the median's."""
    rows = frame.rows(start, stop)
    value = np.asarray(rows.data * np.float32(factor), np.float32)
    good = np.isfinite(value)
    if rows.dq is not None:
        good &= (rows.dq & np.uint32(reject)) == 0
    photons = np.maximum(level, 0)
    if noise is None and rows.err is not None:
        variance = (rows.err * np.float32(factor)) ** 2
        # the error of a pixel that is hit holds the photons of the hit
        return value, np.minimum(variance, photons + _quiet(variance, level)), good
    return value, photons + np.float32((noise or 0) ** 2), good


def found(
    excess: FloatArray, noise: FloatArray, step: FloatArray, good: npt.NDArray[np.bool_], config: CosmicConfig
) -> npt.NDArray[np.bool_]:
    """Which samples are hit, and which of their neighbours.

    Parameters
    ----------
    excess : ndarray of float32, shape (ny, nx)
        Sample less median.
    noise : ndarray of float32
        Of it.
    step : ndarray of float32
        From `steps`.
    good : ndarray of bool
        Samples that count.
    config : CosmicConfig
        Thresholds.

    Returns
    -------
    ndarray of bool
    """
    part = np.float32(config.neighbour_fraction)
    margin = np.float32(config.shift) * step
    with np.errstate(invalid="ignore"):
        core = good & (excess > np.float32(config.sigma) * noise + margin)
        beside = good & (excess > part * np.float32(config.sigma) * noise + margin)
    wide = core.copy()
    wide[1:] |= core[:-1]
    wide[:-1] |= core[1:]
    tall = wide.copy()
    tall[:, 1:] |= wide[:, :-1]
    tall[:, :-1] |= wide[:, 1:]
    return core | (beside & tall)


def steps(level: FloatArray) -> FloatArray:
    """Largest step of an image to the four neighbours of each pixel.

    Parameters
    ----------
    level : ndarray of float32, shape (ny, nx)
        NaN makes no step.

    Returns
    -------
    ndarray of float32
    """
    made = np.zeros(level.shape, np.float32)
    for axis in (0, 1):
        jump = np.nan_to_num(np.abs(np.diff(level, axis=axis)), copy=False, nan=0.0, posinf=0.0)
        before = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        after = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        np.maximum(made[before], jump, out=made[before])
        np.maximum(made[after], jump, out=made[after])
    return made


def _quiet(variance: FloatArray, level: FloatArray) -> np.float32:
    """Variance without photons: the median of what exceeds the level."""
    with np.errstate(invalid="ignore"):
        rest = (variance - np.maximum(level, 0))[::4, ::4]
    rest = rest[np.isfinite(rest)]
    return np.float32(max(float(np.median(rest)), 1.0) if rest.size else 1.0)


def _offset(frame: FrameLike, factor: float, level: FloatArray, reject: int) -> np.float32:
    """By how much the sky of an exposure lies above the median of all: from evenly spaced rows."""
    ny = level.shape[0]
    seen = []
    for start in range(0, ny, max(1, ny // 64)):
        rows = frame.rows(start, start + 1)
        rest = rows.data[0] * np.float32(factor) - level[start]
        good = np.isfinite(rest)
        if rows.dq is not None:
            good &= (rows.dq[0] & np.uint32(reject)) == 0
        seen.append(rest[good])
    values = np.concatenate(seen)
    if not values.size:
        raise AlgorithmError(
            "No pixel of this exposure can be used: all are NaN or flagged.", path=frame.path, cure="Leave it out."
        )
    return np.float32(np.median(values))
