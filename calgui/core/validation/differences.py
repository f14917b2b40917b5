"""What the difference to the reference in use shows: its level, slope, spots, lines and noise, with their errors."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.local import LocalStatistics, local_statistics
from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.algorithms.registry import Metric
from calgui.core.jobs import Job
from calgui.core.validation.figures import box_of
from calgui.core.validation.lines import describe_lines

BoolArray = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

#: error of the median of a normal distribution, in that of the mean
_MEDIAN_ERROR = 1.2533
#: values farther than that from the level are no part of it: hot pixels, cosmic rays, stars
_CLIP = 4.0
#: lines are taken together as long as so many groups of them are left
_GROUPS = 16
#: pixels on a side of the squares whose medians show spots, and how far above the squares' scatter one is seen
_SQUARE, _SPOT_SIGMA = 4, 7.0
#: squares on each side of one, which tell the level around it; of so many places
_AROUND, _MOST_SPOTS = 4, 5000
#: rows of the picture that are looked at for the likeness of neighbors
_ROWS = 512
#: neighbors so far apart share nothing
_FAR = 5


def level_error(image: Any, good: BoolArray, level: float, sigma: float) -> float:
    """One sigma of the level of a picture.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
    good : ndarray of bool
        Pixels that count.
    level, sigma : float
        Its median and the noise of a pixel.

    Returns
    -------
    float
        In the unit of the picture; NaN where nothing is good.

    Notes
    -----
    Noise that rows, or columns, have in common does not fall with the number of pixels. So the means of lines, and of
    ever larger groups of them, tell it too: the largest of these errors is taken (Flyvbjerg & Petersen 1989, J. Chem.
    Phys. 91, 461).
    """
    count = int(np.count_nonzero(good))
    if not count:
        return math.nan
    errors = [_MEDIAN_ERROR * sigma / math.sqrt(count)]
    kept = good & (np.abs(image - np.float32(level)) <= np.float32(_CLIP * max(sigma, 1e-30)))
    for axis in (0, 1):
        numbers = np.count_nonzero(kept, axis=axis)
        sums = np.sum(image, axis=axis, where=kept, dtype=np.float64)
        lines = (sums / np.maximum(numbers, 1))[numbers * 2 > numbers.max(initial=0)]
        while lines.size >= _GROUPS:
            errors.append(float(lines.std(ddof=1)) / math.sqrt(lines.size))
            lines = lines[: lines.size // 2 * 2].reshape(-1, 2).mean(axis=1)
    return max(errors)


def broad_change(local: LocalStatistics, besides: Floats | None = None) -> tuple[float, float] | None:
    """Range of a smooth surface through the levels of tiles, and its error.

    Parameters
    ----------
    local : LocalStatistics
    besides : ndarray of float64, optional
        A shape of the same tiles that may be in it, as much as fits, and is no part of the range.

    Returns
    -------
    tuple of float or None
        In the unit of the picture; None where there are too few tiles.

    Notes
    -----
    The surface is of second order. Its error comes from the scatter of the tiles about it, so that noise which
    neighboring pixels share counts. Tiles far off, as with a star, are left out.
    """
    ny, nx = local.level.shape
    y, x = (axis.ravel() for axis in np.meshgrid(np.linspace(-1, 1, ny), np.linspace(-1, 1, nx), indexing="ij"))
    terms = np.stack((np.ones_like(x), x, y, x * x, x * y, y * y), axis=1)
    values = local.level.ravel()
    if besides is not None and besides.shape == local.level.shape and np.ptp(besides) > 0:
        # first, and by itself: it may be a surface of second order too
        shape = (besides - np.median(besides)).ravel()
        flat = values - np.median(values)
        values = values - shape * float(np.sum(shape * flat) / np.sum(shape**2))
    kept = np.isfinite(values)
    if ny < 3 or nx < 3:
        return None
    for _ in range(4):
        if np.count_nonzero(kept) < 2 * terms.shape[1]:
            return None
        found = np.linalg.lstsq(terms[kept], values[kept], rcond=None)[0]
        rest = values - terms @ found
        free = np.count_nonzero(kept) - terms.shape[1]
        # the scatter that the fit took with it is given back
        scatter = MAD_TO_SIGMA * float(np.median(np.abs(rest[kept]))) * math.sqrt(np.count_nonzero(kept) / free)
        kept = np.isfinite(values) & (np.abs(rest) <= _CLIP * max(scatter, 1e-30))
    surface = terms @ found
    high, low = int(surface.argmax()), int(surface.argmin())
    covariance = np.linalg.inv(terms[kept].T @ terms[kept]) * scatter**2
    apart = terms[high] - terms[low]
    return float(surface[high] - surface[low]), math.sqrt(max(0.0, float(apart @ covariance @ apart)))


def spots(image: Any, good: BoolArray, local: LocalStatistics) -> int:
    """How many places several pixels wide are brighter than what is around them.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
    good : ndarray of bool
    local : LocalStatistics
        Of it.

    Returns
    -------
    int
        Neighboring squares of 4 x 4 pixels count once. A hot pixel, or a cosmic ray, does not lift the median of
        sixteen.
    """
    from scipy.ndimage import label

    ny, nx = (side // _SQUARE * _SQUARE for side in image.shape)
    if min(ny, nx) < 8 * _SQUARE:
        return 0
    squares = _squares(np.where(good, image, np.float32(np.nan))[:ny, :nx])
    with np.errstate(all="ignore"):
        middle = np.sort(squares, axis=2)  # NaN last
        known = np.count_nonzero(np.isfinite(squares), axis=2)
    half = np.clip((known - 1) // 2, 0, None)
    medians = np.take_along_axis(middle, half[:, :, None], axis=2)[:, :, 0].astype(np.float64)
    rows, columns = local.level.shape
    y = np.minimum(np.arange(ny // _SQUARE) * _SQUARE * rows // image.shape[0], rows - 1)
    x = np.minimum(np.arange(nx // _SQUARE) * _SQUARE * columns // image.shape[1], columns - 1)
    above = medians - local.level[np.ix_(y, x)]
    usable = known * 2 > _SQUARE**2
    if np.count_nonzero(usable) < 64:
        return 0
    middle_of = float(np.median(above[usable]))
    noise = MAD_TO_SIGMA * float(np.median(np.abs(above[usable] - middle_of)))
    bright = usable & (above > middle_of + _SPOT_SIGMA * noise) if noise > 0 else np.zeros_like(usable)
    # a row or column that stands out is no spot: lines are looked at for themselves
    for axis in (0, 1):
        lined = np.count_nonzero(bright, axis=axis, keepdims=True) > 0.25 * bright.shape[axis]
        bright &= ~lined
    # a glow that falls off slowly is no spot: it is bright all around too
    limit = _SPOT_SIGMA * noise
    for row, column in np.argwhere(bright)[:_MOST_SPOTS]:
        # the same to all sides, so that a slope takes itself off
        reach = min(_AROUND, row, column, bright.shape[0] - 1 - row, bright.shape[1] - 1 - column)
        around = np.s_[row - reach : row + reach + 1, column - reach : column + reach + 1]
        level = np.median(above[around][usable[around]])
        bright[row, column] = reach > 1 and above[row, column] > level + limit
    return int(label(bright, np.ones((3, 3), int))[1])


def _squares(image: Any) -> Any:
    ny, nx = image.shape
    made = image.reshape(ny // _SQUARE, _SQUARE, nx // _SQUARE, _SQUARE).swapaxes(1, 2)
    return made.reshape(ny // _SQUARE, nx // _SQUARE, _SQUARE**2)


def likeness(image: Any, good: BoolArray) -> float | None:
    """Correlation of the noise of neighboring pixels: of those in a row, or in a column, the larger.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
    good : ndarray of bool

    Returns
    -------
    float or None
        Variance of neighbors' difference against that of pixels farther apart; None where there is too little.
    """
    found = []
    for turned in (False, True):
        data, usable = (image.T, good.T) if turned else (image, good)
        step = max(1, data.shape[0] // _ROWS)
        data, usable = data[::step], usable[::step]
        widths = []
        for apart in (1, _FAR):
            both = usable[:, apart:] & usable[:, :-apart]
            values = (data[:, apart:] - data[:, :-apart])[both]
            if values.size < 2000:
                return None
            widths.append(float(np.median(np.abs(values - np.median(values)))))
        if widths[1] > 0:
            found.append(1 - (widths[0] / widths[1]) ** 2)
    return max(found) if found else None


def describe_difference(
    image: Any,
    good: BoolArray,
    unit: str,
    scale: float,
    expected: float | None,
    errors: Any,
    job: Job,
    besides: Floats | None = None,
) -> dict[str, Metric]:
    """Describe the difference of a picture to the reference in use, or the ratio to it.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
    good : ndarray of bool
        Pixels that see light and may be used.
    unit : str
        Of it.
    scale : float
        What a broad change is told in parts of; 1 for its own unit.
    expected : float or None
        Noise of a pixel that photons and reading make, in its unit.
    errors : ndarray of float32 or None
        One sigma of each pixel, by the files; None where they say nothing.
    job : Job
        Cancel.
    besides : ndarray of float64, optional
        Of `broad_change`.

    Returns
    -------
    dict of str to Metric
        Names without ``against.``.
    """
    local = local_statistics(np.ascontiguousarray(image), good, box_of(image.shape), job)
    if local is None or not local.typical_sigma > 0:
        return {}
    level, sigma = float(np.median(image[good])), local.typical_sigma
    made: dict[str, Metric] = {
        "level_error": Metric(level_error(image, good, level, sigma), unit, "One sigma of the level of the difference.")
    }
    job.report(0.4, "Slope of the difference")
    broad = broad_change(local, besides)
    if broad is not None:
        made["slope"] = Metric(broad[0] / scale, unit, "Range of a smooth surface through the difference.")
        made["slope_error"] = Metric(broad[1] / scale, unit, "One sigma of it, by the scatter of the tiles.")
        made["slope_sigma"] = Metric(broad[0] / sigma, "sigma", "The same in noise of the difference.")
        made["slope_error_sigma"] = Metric(broad[1] / sigma, "sigma", "One sigma of that.")
    job.report(0.5, "Spots")
    made["n_spots"] = Metric(spots(image, good, local), "", "Places several pixels wide that are brighter.")
    found = likeness(image, good)
    if found is not None:
        made["likeness"] = Metric(found, "", "Correlation of the noise of neighboring pixels.")
    if expected is not None and expected > 0:
        made["noise_over_expected"] = Metric(
            sigma / expected, "", "Noise of the difference over that of photons and reading of the new one."
        )
    if errors is not None:
        step = max(1, image.size // 200_000)
        some = errors.ravel()[::step][good.ravel()[::step]]
        some = some[np.isfinite(some) & (some > 0)]
        if some.size:
            made["noise_over_error"] = Metric(
                sigma / float(np.median(some)), "", "Noise of the difference over what both ERR make."
            )
    job.report(0.8, "Lines")
    lines = describe_lines(image, good, level, sigma)
    made |= {
        name: lines[name]
        for name in ("step_sigma", "stripes_sigma", "noisy_fraction", "odd_lines", "parity_sigma")
        if name in lines
    }
    return made
