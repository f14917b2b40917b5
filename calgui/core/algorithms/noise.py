"""Robust statistics: medians, scatter, and small-sample factors, so that a median's error means what a mean's does."""

import math
from functools import cache

import numpy as np
import numpy.typing as npt

from calgui.core.frames import dq as flags

#: standard deviations of a normal distribution in one median absolute deviation, inverted
MAD_TO_SIGMA = 1.4826022185056018

#: values from which on a sample of so many of them shortens the search for their median
_MANY, _SAMPLE = 100_000, 8192

# 1 / (1.4826 x mean MAD) of 4 million sets of n normal samples each, good to 4e-4; 2 is exact, sqrt(pi) / 1.4826.
# Those of Croux & Rousseeuw 1992, "Time-efficient algorithms for two highly robust estimators of scale" (COMPSTAT 1),
# differ by up to 1 %.
_SMALL_MAD = {
    2: 1.1955, 3: 1.4863, 4: 1.3604, 5: 1.2172, 6: 1.1900, 7: 1.1378, 8: 1.1275, 9: 1.1011, 10: 1.0955, 11: 1.0799,
    12: 1.0765, 13: 1.0662, 14: 1.0638, 15: 1.0564, 16: 1.0548, 17: 1.0493, 18: 1.0478, 19: 1.0436, 20: 1.0425,
}  # fmt: skip


@cache
def median_noise_factor(n: int) -> float:
    """Noise of the median of n normal samples over the noise of their mean.

    Parameters
    ----------
    n : int
        Number of samples.

    Returns
    -------
    float
        1 for n up to 2; 1.160, 1.198, 1.223 for 3, 5, 9; towards sqrt(pi / 2).

    Notes
    -----
    From the densities of order statistics (David & Nagaraja 2003, "Order Statistics", sections 2.1 and 2.2),
    integrated on a grid.
    """
    if n <= 2:
        return 1.0
    if n > 60:
        return math.sqrt(math.pi / 2 * (1 - (math.pi / 2 - 1) / n))
    x = np.linspace(-9, 9, 6001)
    step = x[1] - x[0]
    density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    below = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in x])
    m = n // 2
    if n % 2:
        shape = math.factorial(n) / math.factorial(m) ** 2 * (below * below[::-1]) ** m * density
        variance = float(np.sum(x * x * shape) * step)
    else:
        constant = math.factorial(n) / math.factorial(m - 1) / math.factorial(m)
        lower = constant * below ** (m - 1) * below[::-1] ** m * density
        second_moment = float(np.sum(x * x * lower) * step)
        part = x * below ** (m - 1) * density * step
        partial = np.cumsum(part) - part / 2
        joint = math.factorial(n) / math.factorial(m - 1) ** 2
        product = float(joint * np.sum(x * below[::-1] ** (m - 1) * density * partial) * step)
        variance = (second_moment + product) / 2
    return math.sqrt(n * variance)


def median_noise_factors(n: int) -> npt.NDArray[np.float64]:
    """`median_noise_factor` of 0 to n samples.

    Parameters
    ----------
    n : int
        Most samples.

    Returns
    -------
    ndarray of float64, shape (n + 1,)
    """
    return np.array([median_noise_factor(k) for k in range(n + 1)])


def mad_factors(n: int) -> npt.NDArray[np.float64]:
    """What the median absolute deviation of 0 to n normal samples is multiplied by to estimate their sigma.

    Parameters
    ----------
    n : int
        Most samples.

    Returns
    -------
    ndarray of float64, shape (n + 1,)
        With a correction for few samples, beyond 20 that of Croux & Rousseeuw (1992).
    """
    small = [_SMALL_MAD.get(k, k / (k - 0.8) if k > 1 else 1.0) for k in range(n + 1)]
    return MAD_TO_SIGMA * np.array(small)


def robust_sigma(values: npt.NDArray[np.floating], middle: float | None = None) -> float:
    """Standard deviation from the median absolute deviation; NaN values are left out.

    Parameters
    ----------
    values : ndarray
        Any shape.
    middle : float, optional
        Their median, where it is known.

    Returns
    -------
    float
        NaN when there is no finite value.
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return math.nan
    return float(
        MAD_TO_SIGMA * np.median(np.abs(finite - (np.median(finite) if middle is None else finite.dtype.type(middle))))
    )


def middle_of(values: npt.NDArray[np.floating]) -> float:
    """The median of many finite values, as `numpy.median` gives it, in a part of its time.

    Parameters
    ----------
    values : ndarray, 1-D
        One or more, all of them finite.

    Returns
    -------
    float

    Notes
    -----
    A sample says between which two values it lies; the others are only counted.
    """
    count = values.size
    if count < _MANY:
        return float(np.median(values))
    sample = np.sort(values[:: count // _SAMPLE])
    reach = 2 * math.isqrt(sample.size)  # four times the scatter of the sample's median, as a rank
    low, high = sample[sample.size // 2 - reach], sample[sample.size // 2 + reach]
    below = int(np.count_nonzero(values < low))
    near = values[(values >= low) & (values <= high)]
    first, last = (count - 1) // 2 - below, count // 2 - below
    if not 0 <= first <= last < near.size:
        return float(np.median(values))
    near.partition((first, last))
    return float(np.mean(near[[first, last]]))


def row_quantiles(rows: npt.NDArray[np.floating], part: float) -> npt.NDArray[np.float64]:
    """A quantile of each row without its NaN values, such as the median.

    Parameters
    ----------
    rows : ndarray, shape (m, n)
        Single precision is sorted in half the time.
    part : float
        0.5 for the median.

    Returns
    -------
    ndarray of float64, shape (m,)
        NaN for rows without a value.
    """
    if not rows.shape[1]:
        return np.full(len(rows), np.nan)
    ordered = np.sort(rows, axis=1)  # NaN goes last
    count = np.count_nonzero(np.isfinite(ordered), axis=1)
    lines = np.arange(len(ordered))
    place = np.maximum(count - 1, 0) * part
    low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
    below, above = ordered[lines, low].astype(np.float64), ordered[lines, high].astype(np.float64)
    return np.where(count > 0, (1 - (place - low)) * below + (place - low) * above, np.nan)


def steps_along_rows(plane: npt.NDArray[np.floating], good: npt.NDArray[np.bool_]) -> npt.NDArray[np.floating]:
    """Differences of pixels from those beside them, whatever the level is.

    Parameters
    ----------
    plane : ndarray, shape (..., nx)
        Values.
    good : ndarray of bool
        Pixels that count.

    Returns
    -------
    ndarray, shape (n,)
        Where both count; their scatter is the square root of 2 times that of a pixel.
    """
    both = good[..., 1:] & good[..., :-1]
    return np.asarray((plane[..., 1:] - plane[..., :-1])[both])


def thin(plane: npt.NDArray[np.float32], good: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Finite good values of evenly spaced rows, at most some two to four million.

    Parameters
    ----------
    plane : ndarray of float32, shape (ny, nx)
        Values.
    good : ndarray of bool, shape (ny, nx)
        Which of them count.

    Returns
    -------
    ndarray of float32
        Flat; all of them up to 2000 x 2000 pixels.
    """
    step = max(1, plane.size // 2_000_000)
    values = plane[::step][good[::step]]
    return values[np.isfinite(values)]


def median_of_good(data: npt.NDArray[np.float32], bits: npt.NDArray[np.uint32]) -> float | None:
    """Median of an image or cube where it can be used.

    Parameters
    ----------
    data : ndarray of float32
        Values.
    bits : ndarray of uint32
        Data quality: DO_NOT_USE and REFERENCE_PIXEL do not count.

    Returns
    -------
    float or None
        Of evenly spaced rows, as `thin` takes them; None where no value is good.
    """
    rows, words = data.reshape(-1, data.shape[-1]), bits.reshape(-1, data.shape[-1])
    few = slice(None, None, max(1, rows.size // 2_000_000))
    values = thin(rows[few], (words[few] & np.uint32(flags.DO_NOT_USE | flags.REFERENCE_PIXEL)) == 0)
    return middle_of(values) if values.size else None
