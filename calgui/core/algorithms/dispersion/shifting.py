"""A picture moved by a part of a pixel: a cubic spline, whose weights sum to 1, so that light is kept."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from calgui.core.frames import dq as flags
from calgui.core.frames.frame import DqArray, FloatArray

#: pixels on each side that have a weight: it fades by 0.27 from one to the next
_REACH = 12
_LINE = 48


class Moved(NamedTuple):
    """A picture that was moved.

    Attributes
    ----------
    data : ndarray of float32, shape (ny, nx)
        NaN where it came from outside, or from a pixel without value.
    err : ndarray of float32 or None
        One sigma of each pixel; neighbours are correlated.
    dq : ndarray of uint32
        Flags of the pixels about each place.
    """

    data: FloatArray
    err: FloatArray | None
    dq: DqArray


def weights(part: float) -> npt.NDArray[np.float64]:
    """Weights of the pixels about a place between two of them.

    Parameters
    ----------
    part : float
        From 0 to 1, behind the middle pixel.

    Returns
    -------
    ndarray of float64, shape (25,)
        Of the cubic spline through all pixels.
    """
    from scipy.ndimage import map_coordinates

    line = np.zeros(2 * _LINE + 1)
    line[_LINE] = 1.0
    at = _LINE + part - np.arange(-_REACH, _REACH + 1)
    made = np.asarray(map_coordinates(line, [at], order=3, mode="constant"), np.float64)
    return np.asarray(made / made.sum(), np.float64)


def moved(data: FloatArray, err: FloatArray | None, dq: DqArray | None, dx: float, dy: float) -> Moved:
    """Take each pixel's value from another place.

    Parameters
    ----------
    data : ndarray of float32, shape (ny, nx)
        Pixels; NaN for none.
    err : ndarray of float32 or None
        Their errors.
    dq : ndarray of uint32 or None
        Their flags; those with DO_NOT_USE have no value.
    dx, dy : float
        Where the value of a pixel is, from its own place, pixels: what is at x + dx comes to x.

    Returns
    -------
    Moved
    """
    from scipy.ndimage import correlate1d, distance_transform_edt

    ny, nx = data.shape
    bits = np.zeros(data.shape, np.uint32) if dq is None else dq
    good = np.isfinite(data) & ((bits & np.uint32(flags.DO_NOT_USE)) == 0)
    values = data.astype(np.float64)
    variance = None if err is None else np.where(np.isfinite(err), np.square(err, dtype=np.float64), 0.0)
    if not good.all():
        if not good.any():
            nothing = np.full(data.shape, np.nan, np.float32)
            return Moved(nothing, None if err is None else nothing.copy(), bits | np.uint32(flags.DO_NOT_USE))
        # a spline rings about holes: they get the value of the nearest pixel that has one
        nearest = distance_transform_edt(~good, return_distances=False, return_indices=True)
        values = values[tuple(nearest)]
        if variance is not None:
            variance = variance[tuple(nearest)]
    for axis, shift in ((0, dy), (1, dx)):
        whole = math.floor(shift)
        index = np.clip(np.arange(data.shape[axis]) + whole, 0, data.shape[axis] - 1)
        line = weights(shift - whole)
        values = correlate1d(np.take(values, index, axis), line, axis, mode="nearest")
        if variance is not None:
            variance = correlate1d(np.take(variance, index, axis), line**2, axis, mode="nearest")
    rows, columns = np.arange(ny) + dy, np.arange(nx) + dx
    inside = ((rows >= -0.5) & (rows <= ny - 0.5))[:, None] & ((columns >= -0.5) & (columns <= nx - 0.5))
    near = np.ix_(np.clip(np.rint(rows).astype(int), 0, ny - 1), np.clip(np.rint(columns).astype(int), 0, nx - 1))
    there = inside & good[near]
    out = np.zeros(data.shape, np.uint32)
    for up in (math.floor(dy), math.ceil(dy)):
        for aside in (math.floor(dx), math.ceil(dx)):
            y, x = np.clip(np.arange(ny) + up, 0, ny - 1), np.clip(np.arange(nx) + aside, 0, nx - 1)
            out |= bits[np.ix_(y, x)] & ~np.uint32(flags.DO_NOT_USE)
    out[~there] |= np.uint32(flags.DO_NOT_USE)
    made = np.where(there, values, np.nan).astype(np.float32)
    error = None if variance is None else np.where(there, np.sqrt(variance), np.nan).astype(np.float32)
    return Moved(made, error, out)
