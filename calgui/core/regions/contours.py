"""Lines of equal value on a picture."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

#: what one level may have; noise about a level gives a line for every few pixels
_MOST_POINTS = 400_000


def levels_between(low: float, high: float, count: int) -> Floats:
    """Levels in equal steps inside a range.

    Parameters
    ----------
    low, high : float
        Limits of the picture.
    count : int
        How many.

    Returns
    -------
    ndarray of float64, shape (count,)
        The limits themselves are left out.
    """
    return np.linspace(low, high, count + 2)[1:-1]


def smoothed(values: Array, sigma: float) -> Array:
    """A picture smoothed by a Gaussian; pixels without value take no part.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        The picture.
    sigma : float
        In pixels of the array; 0 changes nothing.

    Returns
    -------
    ndarray of float32
        NaN where there was no value.
    """
    if sigma <= 0:
        return np.asarray(values, np.float32)
    from scipy.ndimage import gaussian_filter

    good = np.isfinite(values)
    filled = np.where(good, values, 0).astype(np.float32)
    weight = gaussian_filter(good.astype(np.float32), sigma)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(good, gaussian_filter(filled, sigma) / weight, np.nan), np.float32)


def contours(values: Array, level: float, step: float = 1.0) -> tuple[Floats, ...]:
    """The lines where a picture has a value.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        The picture, or a reduction of it by ``step``.
    level : float
        The value.
    step : float
        Pixels of the picture to one of the array.

    Returns
    -------
    tuple of ndarray, each (n, 2)
        x and y in pixels of the picture, linear between pixels; they end beside NaN. The longest first, as many
        as are of use on a screen.
    """
    from contourpy import contour_generator

    if min(values.shape) < 2 or not np.isfinite(level):
        return ()
    middle = (step - 1) / 2  # a block stands for its middle
    x = np.arange(values.shape[1]) * step + middle
    y = np.arange(values.shape[0]) * step + middle
    masked = np.ma.masked_invalid(values)
    found = contour_generator(x, y, masked, name="serial").lines(float(level))
    kept, points = [], 0
    for line in sorted(found, key=len, reverse=True):
        points += len(line)
        if points > _MOST_POINTS:
            break
        kept.append(np.asarray(line, np.float64))
    return tuple(kept)
