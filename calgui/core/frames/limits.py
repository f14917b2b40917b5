"""Which values are drawn darkest and brightest: zscale, percentiles, smallest to largest; and the histogram.

The zscale algorithm is that of IRAF as `astropy.visualization.ZScaleInterval` has it, without the copy of the whole
picture that astropy makes: for a picture without NaN the limits are the same.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: how limits are chosen; ``manual`` are those that the user dragged or typed
LimitsName = Literal["zscale", "99.5%", "98%", "min-max", "manual"]

_CENTRAL: dict[str, float] = {"99.5%": 99.5, "98%": 98.0}

#: samples of the zscale algorithm, and its other constants (National Optical Astronomy Observatory, IRAF ``display``)
_SAMPLES, _CONTRAST, _REJECT, _MIN_PIXELS, _KREJ, _ITERATIONS = 1000, 0.25, 0.5, 5, 2.5, 5
#: so many pixels are enough for a median
_FOR_A_MEDIAN = 50_000


@dataclass(frozen=True)
class Limits:
    """The values drawn darkest and brightest.

    Attributes
    ----------
    low, high : float
        In the unit of the picture; ``low < high`` always.
    """

    low: float
    high: float

    @classmethod
    def between(cls, low: float, high: float) -> "Limits":
        """Limits in rising order, widened about a single value so that a constant picture is mid-tone.

        Parameters
        ----------
        low, high : float
            In any order.

        Returns
        -------
        Limits
        """
        low, high = float(min(low, high)), float(max(low, high))
        if not (np.isfinite(low) and np.isfinite(high)):
            return cls(0.0, 1.0)
        # closer than float32 can tell apart counts as one value
        if high - low <= 1e-7 * max(abs(low), abs(high)):
            half = max(abs(low) * 1e-3, 0.5)
            return cls(low - half, high + half)
        return cls(low, high)


def sample(image: Array, most: int) -> Array:
    """Finite pixels at regular steps through a picture.

    Parameters
    ----------
    image : ndarray
        Any shape.
    most : int
        About how many pixels at most.

    Returns
    -------
    ndarray, 1-D
        In the picture's own type; empty where nothing is finite.
    """
    flat = image.reshape(-1)
    step = max(1, int(flat.size / most))
    if image.ndim == 2 and step > 1 and image.shape[1] % step == 0:
        step += 1  # or every sample would come from the same columns
    taken = flat[::step]
    return taken[np.isfinite(taken)]


def zscale_sample(image: Array) -> Array:
    """The pixels that `zscale` looks at.

    Parameters
    ----------
    image : ndarray
        Any shape.

    Returns
    -------
    ndarray, 1-D
        About a thousand finite pixels, fewer where the picture has fewer.
    """
    flat = image.reshape(-1)
    if flat.size == 0:
        return flat
    taken = flat[:: zscale_step(flat.size)][:_SAMPLES]
    finite = taken[np.isfinite(taken)]
    if finite.size > 0.9 * taken.size:
        return finite
    kept = flat[np.isfinite(flat)]
    return kept[:: zscale_step(max(kept.size, 1))][:_SAMPLES]


def zscale_step(size: int) -> int:
    """The step between the pixels that zscale looks at.

    Parameters
    ----------
    size : int
        Number of pixels.

    Returns
    -------
    int
        At least 1.
    """
    return int(max(1.0, size / _SAMPLES))


def zscale(samples: Array) -> Limits:
    """Limits that show the faint structure about the median.

    Parameters
    ----------
    samples : ndarray, 1-D
        From `zscale_sample`.

    Returns
    -------
    Limits
    """
    values = np.sort(samples.astype(np.float64))
    count = values.size
    if count == 0:
        return Limits(0.0, 1.0)
    low, high = float(values[0]), float(values[-1])
    enough = max(_MIN_PIXELS, int(count * _REJECT))
    x = np.arange(count, dtype=np.float64)
    bad = np.zeros(count, dtype=bool)
    kernel = np.ones(max(1, int(count * 0.01)), dtype=bool)
    good, before, slope = count, count + 1, 0.0
    for _ in range(_ITERATIONS):
        if good >= before or good < enough:
            break
        slope, offset = _line(x[~bad], values[~bad])
        residual = values - (slope * x + offset)
        threshold = _KREJ * residual[~bad].std()
        bad |= np.abs(residual) > threshold
        bad = np.convolve(bad, kernel, mode="same")
        before, good = good, int(np.count_nonzero(~bad))
    if good >= enough:
        steep = slope / _CONTRAST
        centre = (count - 1) // 2
        median = float(np.median(values))
        low = max(low, median - (centre - 1) * steep)
        high = min(high, median + (count - centre) * steep)
    return Limits.between(low, high)


def _line(x: Array, y: Array) -> tuple[float, float]:
    middle, level = x.mean(), y.mean()
    spread = float(((x - middle) ** 2).sum())
    slope = float(((x - middle) * (y - level)).sum()) / spread if spread > 0 else 0.0
    return slope, float(level - slope * middle)


def percentile_limits(image: Array, central: float) -> Limits:
    """Limits that hold the central part of the finite pixels.

    Parameters
    ----------
    image : ndarray
        Any shape.
    central : float
        Percent that lie between the limits.

    Returns
    -------
    Limits
    """
    finite = image[np.isfinite(image)]
    if finite.size == 0:
        return Limits(0.0, 1.0)
    edge = (100.0 - central) / 2
    low, high = np.percentile(finite, (edge, 100.0 - edge))
    return Limits.between(low, high)


def extreme_limits(image: Array) -> Limits:
    """From the smallest to the largest finite pixel.

    Parameters
    ----------
    image : ndarray
        Any shape.

    Returns
    -------
    Limits
    """
    if image.size == 0:
        return Limits(0.0, 1.0)
    if np.issubdtype(image.dtype, np.floating):
        low, high = np.fmin.reduce(image, axis=None), np.fmax.reduce(image, axis=None)
        if not (np.isfinite(low) and np.isfinite(high)):
            finite = image[np.isfinite(image)]
            return extreme_limits(finite)
        return Limits.between(low, high)
    return Limits.between(image.min(), image.max())


def find_limits(image: Array, name: LimitsName) -> Limits:
    """Limits by name, from every pixel of a picture (zscale: from a thousand of them).

    Parameters
    ----------
    image : ndarray
        Any shape.
    name : str
        ``zscale``, ``99.5%``, ``98%`` or ``min-max``.

    Returns
    -------
    Limits
    """
    if name in _CENTRAL:
        return percentile_limits(image, _CENTRAL[name])
    return extreme_limits(image) if name == "min-max" else zscale(zscale_sample(image))


def moved_limits(limits: Limits, old: Array, new: Array) -> Limits:
    """Limits that show what differs between two pictures of the same: a level that is taken off moves them.

    Parameters
    ----------
    limits : Limits
        Of the old picture.
    old, new : ndarray, shape (ny, nx)
        Pixel values; NaN are left out.

    Returns
    -------
    Limits
        The same where the medians differ by under a quarter of their width, else moved by that difference.
    """
    few = [sample(image, _FOR_A_MEDIAN) for image in (old, new)]
    if not all(values.size for values in few):
        return limits
    step = float(np.median(few[1])) - float(np.median(few[0]))
    if abs(step) < (limits.high - limits.low) / 4:
        return limits
    return Limits.between(limits.low + step, limits.high + step)


@dataclass(frozen=True)
class Histogram:
    """How many pixels have which value.

    Attributes
    ----------
    edges : ndarray of float64, shape (n + 1,)
        Of the bins, in the unit of the picture.
    counts : ndarray of float64, shape (n,)
        Pixels in each bin, scaled up from the sample to the whole picture.
    share : float
        Part of the pixels that was looked at.
    """

    edges: Array
    counts: Array
    share: float


def histogram(values: Array, limits: Limits, total: int, bins: int = 256) -> Histogram:
    """The values about the limits: as far on each side as the limits lie apart, but not beyond the values.

    Parameters
    ----------
    values : ndarray, 1-D
        Finite pixels that stand for the picture (`sample`).
    limits : Limits
        What the axis is to show well.
    total : int
        Pixels of the whole picture.
    bins : int
        Number of bins.

    Returns
    -------
    Histogram
        With no bins filled where there are no values.
    """
    if values.size == 0:
        return Histogram(np.linspace(limits.low, limits.high, bins + 1), np.zeros(bins), 0.0)
    width = limits.high - limits.low
    low = min(max(float(values.min()), limits.low - width), limits.low)
    high = max(min(float(values.max()), limits.high + width), limits.high)
    # in float32 there may be fewer numbers between the limits than bins
    counts, edges = np.histogram(values.astype(np.float64, copy=False), bins=bins, range=(low, high))
    share = values.size / max(total, values.size)
    return Histogram(edges, counts / share, share)
