"""Which spaxels hold nothing but sky, and their mean spectra."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.frames import dq as flags
from calgui.core.frames.frame import FrameLike
from calgui.core.jobs import Job

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: more spaxels tell no more
_MOST = 4096
#: numbers that are read at a time
_BLOCK = 8_000_000
_UNUSABLE = np.uint32(flags.DO_NOT_USE | flags.SATURATED | flags.NON_SCIENCE)
#: planes that are added up where emission lines of objects are looked for, and how far they must stand out
_WINDOW, _EMISSION = 3, 7.0
#: the fewest empty spaxels, and the smallest part of the field
_FEWEST, _SMALLEST = 8, 0.05


@dataclass(frozen=True)
class Sample:
    """Spectra of spaxels spread over the field.

    Attributes
    ----------
    data, variance : ndarray of float32, shape (n, m)
        NaN where a value cannot be used; the variance is NaN everywhere where no error is known.
    place : ndarray of int, shape (m,)
        Number of each spaxel, along x first.
    """

    data: Singles
    variance: Singles
    place: npt.NDArray[np.intp]


def spread(count: int) -> npt.NDArray[np.intp]:
    """Spaxels to look at.

    Parameters
    ----------
    count : int
        In the field.

    Returns
    -------
    ndarray of int
        All, or some thousand, by chance but always the same.
    """
    if count <= _MOST:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, _MOST, replace=False)).astype(np.intp)


def blocks(frame: FrameLike) -> Sequence[tuple[int, int]]:
    """Bands of rows of a cube that are read at a time.

    Parameters
    ----------
    frame : FrameLike
        A cube.

    Returns
    -------
    sequence of tuple of int
        First row, and the one after the last.
    """
    n, ny, nx = frame.shape
    step = max(1, _BLOCK // max(n * nx, 1))
    return [(start, min(start + step, ny)) for start in range(0, ny, step)]


def sample(frame: FrameLike, place: npt.NDArray[np.intp], job: Job) -> Sample:
    """Read some spaxels.

    Parameters
    ----------
    frame : FrameLike
        (n, ny, nx).
    place : ndarray of int
        Which.
    job : Job
        Progress and cancel.

    Returns
    -------
    Sample
    """
    n, ny, nx = frame.shape
    data = np.empty((n, len(place)), np.float32)
    variance = np.full((n, len(place)), np.nan, np.float32)
    for start, stop in blocks(frame):
        job.report(start / ny, "Reading")
        first, last = np.searchsorted(place, [start * nx, stop * nx])
        if first == last:
            continue
        here = place[first:last] - start * nx
        band = frame.band(start, stop)
        values = band.data.reshape(n, -1)[:, here]
        if band.dq is not None:
            values = np.where(band.dq.reshape(n, -1)[:, here] & _UNUSABLE, np.float32(np.nan), values)
        data[:, first:last] = np.where(np.isfinite(values), values, np.float32(np.nan))
        if band.err is not None:
            variance[:, first:last] = np.square(band.err.reshape(n, -1)[:, here])
    return Sample(data, variance, place)


def unusable(bits: npt.NDArray[np.uint32]) -> Mask:
    """Which values are not to be used.

    Parameters
    ----------
    bits : ndarray of uint32
        Data quality.

    Returns
    -------
    ndarray of bool
    """
    return np.asarray((bits & _UNUSABLE) != 0)


def medians(values: Singles) -> Floats:
    """Median of each row without its NaN.

    Parameters
    ----------
    values : ndarray of float32, shape (n, m)
        NaN is left out.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN for rows without any value.
    """
    ordered = np.sort(values, axis=1)
    count = np.count_nonzero(np.isfinite(ordered), axis=1)
    rows = np.arange(len(values))
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, values.shape[1] - 1)
    found = (ordered[rows, low].astype(np.float64) + ordered[rows, high]) / 2
    return np.where(count > 0, found, np.nan)


@dataclass(frozen=True)
class Empty:
    """Spaxels of a sample without an object.

    Attributes
    ----------
    chosen : ndarray of bool, shape (m,)
        Which.
    usable : int
        Spaxels that have data at all.
    enough : bool
        False where there were so few that the faintest part of the field was taken.
    dark : int
        Spaxels far fainter than the others: an object in the sky, most likely.
    """

    chosen: Mask
    usable: int
    enough: bool
    dark: int


def empty_spaxels(difference: Singles, sigma: Floats, quiet: Mask, threshold: float) -> Empty:
    """Spaxels that hold nothing but sky.

    Parameters
    ----------
    difference : ndarray of float32, shape (n, m)
        Science less sky, roughly; NaN where it is not known.
    sigma : ndarray of float64, shape (n,)
        Its usual error in each plane; NaN where it is not known.
    quiet : ndarray of bool, shape (n,)
        Planes away from the bright lines of the sky.
    threshold : float
        A spaxel is taken for an object's from so many sigma above the empty ones.

    Returns
    -------
    Empty
        Level and scatter are measured from the fainter half of the field, so that an object may cover some 60 % of it.
        Then spaxels where an emission line stands out in a quiet plane are left out, too.
    """
    usable = np.count_nonzero(np.isfinite(difference), axis=0) > 0.5 * len(difference)
    number = int(np.count_nonzero(usable))
    if number < _FEWEST:
        return Empty(usable, number, enough=False, dark=0)
    level = medians(np.ascontiguousarray(difference[quiet].T))
    q5, q25 = np.percentile(level[usable], [5, 25])
    # of a normal distribution these two are 0.97 sigma apart
    scatter = max((q25 - q5) / 0.9704, 1e-12 * abs(q25), 1e-30)
    middle = q25 + 0.6745 * scatter
    dark = usable & (level < middle - max(5.0, threshold) * scatter)
    chosen = usable & (level < middle + threshold * scatter) & ~dark
    chosen = _without_lines(difference, sigma, quiet, chosen)
    kept = int(np.count_nonzero(chosen))
    if kept < max(_FEWEST, _SMALLEST * number):
        faint = np.argsort(np.where(usable, level, np.inf))[: max(_FEWEST, int(0.25 * number))]
        chosen = np.zeros(len(usable), np.bool_)
        chosen[faint] = True
        return Empty(chosen & usable, number, enough=False, dark=int(dark.sum()))
    return Empty(chosen, number, enough=True, dark=int(dark.sum()))


def _without_lines(difference: Singles, sigma: Floats, quiet: Mask, chosen: Mask) -> Mask:
    from scipy.ndimage import uniform_filter1d

    part = difference[:, chosen]
    apart = part - medians(part)[:, None].astype(np.float32)
    usual = np.where(np.isfinite(sigma) & (sigma > 0), sigma, np.nan)
    scatter = 1.4826 * medians(np.abs(apart))
    usual = np.where(np.isfinite(usual), np.maximum(usual, scatter), np.maximum(scatter, 1e-30))
    apart = np.nan_to_num(apart / usual[:, None].astype(np.float32))
    # one bright value is a cosmic ray, no line
    apart = np.clip(apart, -6, 6)
    summed = uniform_filter1d(apart, _WINDOW, axis=0, mode="constant") * np.float32(np.sqrt(_WINDOW))
    lit = np.max(summed[quiet], axis=0) > _EMISSION
    kept = chosen.copy()
    kept[np.flatnonzero(chosen)[lit]] = False
    return kept


def mean_spectra(
    difference: Singles, chosen: Mask, members: Sequence[Sample], clip: float = 3.5
) -> list[tuple[Floats, Floats]]:
    """Mean spectra over the same values of several samples of the same spaxels.

    Parameters
    ----------
    difference : ndarray of float32, shape (n, m)
        What is clipped: outliers of it, plane by plane, are left out of all.
    chosen : ndarray of bool, shape (m,)
        Spaxels.
    members : sequence of Sample
        Of shape (n, m).
    clip : float
        Sigma.

    Returns
    -------
    list of tuple of ndarray of float64, shape (n,)
        Mean and its variance; NaN where there is nothing. Without errors the variance is that of the scatter.
    """
    part = difference[:, chosen]
    middle = medians(part)[:, None]
    apart = np.abs(part - middle)
    scatter = 1.4826 * medians(apart.astype(np.float32))[:, None]
    kept = np.isfinite(part) & (apart <= np.maximum(clip * scatter, 1e-30))
    made = []
    for member in members:
        values, variance = member.data[:, chosen], member.variance[:, chosen]
        good = kept & np.isfinite(values)
        count = np.count_nonzero(good, axis=1)
        divisor = np.maximum(count, 1)
        mean = np.where(good, values, 0).sum(axis=1, dtype=np.float64) / divisor
        known = good & np.isfinite(variance)
        spread_of = np.where(known, variance, 0).sum(axis=1, dtype=np.float64) / np.maximum(known.sum(axis=1), 1)
        guessed = np.where(good, np.square(values - mean[:, None]), 0).sum(axis=1) / np.maximum(count - 1, 1)
        total = np.where(known.any(axis=1), spread_of, guessed) / divisor
        made.append((np.where(count > 0, mean, np.nan), np.where(count > 0, total, np.nan)))
    return made
