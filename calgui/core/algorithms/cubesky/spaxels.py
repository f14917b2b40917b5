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

#: more spaxels, and more values, tell no more
_MOST, _MOST_VALUES = 4096, 1_000_000
#: numbers that are read at a time
_BLOCK = 8_000_000
_UNUSABLE = np.uint32(flags.DO_NOT_USE | flags.SATURATED | flags.NON_SCIENCE)
#: planes that are added up where emission lines of objects are looked for, and how far they must stand out
_WINDOW, _EMISSION = 3, 7.0
#: the fewest empty spaxels, and the smallest part of the field
FEWEST, _SMALLEST = 8, 0.05
#: of fewer spaxels none can be told from the others
_CHOOSABLE = 20
#: a field is crowded where its faint part varies by so many times the noise, and by this part of the sky's level
_VARIED, _FLAT = 3.0, 0.03
#: error of a median over that of a mean
_MEDIAN = 1.2533
#: columns that are enough for a median that is only compared with noise
ENOUGH = 512


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


def spread(count: int, planes: int) -> npt.NDArray[np.intp]:
    """Spaxels to look at.

    Parameters
    ----------
    count : int
        In the field.
    planes : int
        Values of each.

    Returns
    -------
    ndarray of int
        All, or some thousand, by chance but always the same.
    """
    most = min(_MOST, max(_MOST_VALUES // planes, 512))
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, most, replace=False)).astype(np.intp)


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
            # an error of zero is one that nobody knows
            errors = band.err.reshape(n, -1)[:, here]
            variance[:, first:last] = np.where(errors > 0, np.square(errors), np.float32(np.nan))
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


def medians(values: Singles, most: int | None = None) -> Floats:
    """Median of each row without its NaN.

    Parameters
    ----------
    values : ndarray of float32, shape (n, m)
        NaN is left out.
    most : int, optional
        From so many columns, evenly spaced, where there are more: enough for what is only compared with noise.

    Returns
    -------
    ndarray of float64, shape (n,)
        NaN for rows without any value.
    """
    if most is not None and values.shape[1] > most:
        values = values[:, :: values.shape[1] // most]
    if values.shape[1] == 0:
        return np.full(len(values), np.nan)
    # sorting single precision takes less time than finding the middle does
    ordered = np.sort(values, axis=1)
    count = np.count_nonzero(np.isfinite(ordered), axis=1)
    rows = np.arange(len(values))
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, values.shape[1] - 1)
    found = (ordered[rows, low].astype(np.float64) + ordered[rows, high]) / 2
    return np.where(count > 0, found, np.nan)


def from_medians(values: Singles) -> tuple[Singles, Floats]:
    """How far values are from the median of their row, and 1.4826 times the median of that.

    Parameters
    ----------
    values : ndarray of float32, shape (n, m)
        NaN is left out.

    Returns
    -------
    ndarray of float32, shape (n, m), and of float64, shape (n, 1)
    """
    apart = np.abs(values - medians(values, ENOUGH)[:, None].astype(np.float32))
    return apart, 1.4826 * medians(apart, ENOUGH)[:, None]


@dataclass(frozen=True)
class Empty:
    """Spaxels of a sample without an object.

    Attributes
    ----------
    chosen : ndarray of bool, shape (m,)
        Which.
    usable : int
        Spaxels that have data at all.
    crowded : bool
        Whether even the faint part of the field varies by more than noise, so that no spaxel is surely empty.
    halo : float
        Mean of the chosen less the level that most empty spaxels have: faint light of objects among them.
    dark : int
        Spaxels far fainter than the others: an object in the sky, most likely.
    """

    chosen: Mask
    usable: int
    crowded: bool
    halo: float
    dark: int


def empty_spaxels(difference: Singles, sigma: Floats, quiet: Mask, threshold: float, level_of_sky: float) -> Empty:
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
    level_of_sky : float
        Continuum of the sky: parts of the field may differ by some per cent of it.

    Returns
    -------
    Empty
        Level and scatter are measured from the fainter part of the field, so that an object may cover half of it. Then
        spaxels where an emission line stands out in a quiet plane are left out, too.
    """
    usable = np.count_nonzero(np.isfinite(difference), axis=0) > 0.5 * len(difference)
    number = int(np.count_nonzero(usable))
    if number < _CHOOSABLE:
        return Empty(usable, number, crowded=False, halo=0.0, dark=0)
    level = medians(np.ascontiguousarray(difference[quiet].T))
    middle, scatter = _usual_level(level[usable])
    noise = _MEDIAN * float(np.nanmedian(_known(difference[quiet], sigma[quiet]))) / np.sqrt(np.count_nonzero(quiet))
    crowded = scatter > max(_VARIED * noise, _FLAT * abs(level_of_sky))
    dark = usable & (level < middle - max(6.0, 2 * threshold) * scatter)
    chosen = usable & (level < middle + threshold * scatter) & ~dark
    chosen = without_lines(difference, sigma, quiet, chosen)
    if crowded or int(np.count_nonzero(chosen)) < max(FEWEST, _SMALLEST * number):
        faint = np.argsort(np.where(usable, level, np.inf))[: max(FEWEST, int(0.25 * number))]
        chosen = np.zeros(len(usable), np.bool_)
        chosen[faint] = True
        return Empty(chosen & usable, number, crowded=True, halo=0.0, dark=0)
    halo = float(np.mean(level[chosen])) - middle
    # an empty field has no halo, and its mean is surer than the level that most spaxels have
    lit = 1 - float(np.count_nonzero(chosen)) / number
    return Empty(chosen, number, crowded=False, halo=max(halo, 0.0) if lit > 0.03 else 0.0, dark=int(dark.sum()))


def _usual_level(level: Floats) -> tuple[float, float]:
    """The level that most spaxels have, and the scatter of those below it: light of objects is above."""
    q5, q25 = np.percentile(level, [5, 25])
    # of a normal distribution these two are 0.97 sigma apart
    scatter = max(float(q25 - q5) / 0.9704, 1e-9 * abs(float(q25)), 1e-30)
    middle = float(q25) + 0.6745 * scatter
    for _ in range(3):
        near = level[np.abs(level - middle) < 4 * scatter]
        if near.size < FEWEST:
            break
        grid = middle + scatter * np.linspace(-2, 2, 81)
        density = np.exp(-0.5 * ((grid[:, None] - near[None]) / (0.6 * scatter)) ** 2).sum(axis=1)
        middle = float(grid[density.argmax()])
        below = near[near < middle]
        if below.size >= FEWEST:
            scatter = max(float(np.sqrt(np.mean((below - middle) ** 2))), 1e-30)
    return middle, scatter


def _known(difference: Singles, sigma: Floats) -> Floats:
    """Errors of planes; where none is given, those that the spaxels scatter by."""
    if np.isfinite(sigma).any():
        return sigma
    return 1.4826 * medians(np.abs(difference - medians(difference)[:, None].astype(np.float32)))


def without_lines(difference: Singles, sigma: Floats, planes: Mask, chosen: Mask) -> Mask:
    """Leave out spaxels where an emission line stands out against all others.

    Parameters
    ----------
    difference : ndarray of float32, shape (n, m)
        Science less sky.
    sigma : ndarray of float64, shape (n,)
        Its usual error; NaN where it is not known.
    planes : ndarray of bool, shape (n,)
        Where it is looked.
    chosen : ndarray of bool, shape (m,)
        Spaxels that are looked at.

    Returns
    -------
    ndarray of bool, shape (m,)
        Those of ``chosen`` without such a line.
    """
    from scipy.ndimage import uniform_filter1d

    if not chosen.any():
        return chosen
    part = difference if chosen.all() else difference[:, chosen]
    apart = part - medians(part, ENOUGH)[:, None].astype(np.float32)
    scatter = 1.4826 * medians(np.abs(apart), ENOUGH)
    usual = np.where(np.isfinite(sigma), np.fmax(sigma, scatter), scatter)
    usual = np.where(np.isfinite(usual) & (usual > 0), usual, np.inf)
    # one bright value is a cosmic ray, no line
    apart = np.clip(np.nan_to_num(apart / usual[:, None].astype(np.float32)), -6, 6)
    summed = uniform_filter1d(apart, _WINDOW, axis=0, mode="constant") * np.float32(np.sqrt(_WINDOW))
    lit = np.max(summed[planes], axis=0) > _EMISSION
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
    everything = bool(chosen.all())
    part = difference if everything else difference[:, chosen]
    apart, scatter = from_medians(part)
    kept = apart <= np.maximum(clip * scatter, 1e-30).astype(np.float32)
    made = []
    for member in members:
        values = member.data if everything else member.data[:, chosen]
        variance = member.variance if everything else member.variance[:, chosen]
        good = kept & np.isfinite(values)
        count = np.count_nonzero(good, axis=1)
        divisor = np.maximum(count, 1)
        mean = np.where(good, values, 0).sum(axis=1, dtype=np.float64) / divisor
        known = good & np.isfinite(variance)
        each = np.where(known, variance, 0).sum(axis=1, dtype=np.float64) / np.maximum(known.sum(axis=1), 1)
        if not known.any(axis=1).all():
            apart = np.where(good, np.square(values - mean[:, None]), 0).sum(axis=1) / np.maximum(count - 1, 1)
            each = np.where(known.any(axis=1), each, apart)
        made.append((np.where(count > 0, mean, np.nan), np.where(count > 0, each / divisor, np.nan)))
    return made
