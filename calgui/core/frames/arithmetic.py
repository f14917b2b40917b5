"""One frame less another, or over another, with errors and flags; and a frame laid on the pixels of another."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Operation = Literal["difference", "ratio"]


def subtract(first: Array, second: Array) -> Floats:
    """First less second.

    Parameters
    ----------
    first, second : ndarray
        Of one shape.

    Returns
    -------
    ndarray of float32
        NaN where one has no value.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.subtract(first, second, dtype=np.float32))


def divide(first: Array, second: Array) -> Floats:
    """First over second.

    Parameters
    ----------
    first, second : ndarray
        Of one shape.

    Returns
    -------
    ndarray of float32
        NaN where one has no value, and where the second is zero.
    """
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        made = np.divide(first, second, dtype=np.float32)
    made[~np.isfinite(made)] = np.nan
    return np.asarray(made)


def combined_error(
    operation: Operation, first: Array, second: Array, first_err: Array | None, second_err: Array | None
) -> Floats | None:
    """The error of a difference or ratio of independent values, to first order.

    Parameters
    ----------
    operation : str
        ``difference`` or ``ratio``.
    first, second : ndarray
        The values.
    first_err, second_err : ndarray or None
        One standard deviation of each.

    Returns
    -------
    ndarray of float32 or None
        None where one has no errors.
    """
    if first_err is None or second_err is None:
        return None
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        if operation == "difference":
            return np.asarray(np.hypot(first_err, second_err), np.float32)
        return np.asarray(np.hypot(first_err / second, first * second_err / np.square(second)), np.float32)


def laid_on(values: Array, place: tuple[float, ...], size: tuple[int, int]) -> Array:
    """A picture sampled at the pixels of another.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        The picture; numbers, or data-quality bits (whole numbers without sign).
    place : tuple of float
        ``(xx, xy, yx, yy, dx, dy)``: the other's pixel (X, Y) lies at ``(xx X + xy Y + dx, yx X + yy Y + dy)`` of
        the picture.
    size : tuple of int
        (ny, nx) of the other.

    Returns
    -------
    ndarray of shape size
        A shift by whole pixels copies; anything else is linear between pixels, and bits are those of the nearest.
        NaN (bits: 0) outside, and beside a NaN.
    """
    bits = values.dtype.kind in "ui"
    empty = np.zeros(size, values.dtype) if bits else np.full(size, np.nan, np.float32)
    xx, xy, yx, yy, dx, dy = place
    if (xx, xy, yx, yy) == (1.0, 0.0, 0.0, 1.0) and float(dx).is_integer() and float(dy).is_integer():
        x, y = int(dx), int(dy)
        left, low = max(0, -x), max(0, -y)
        right, high = min(size[1], values.shape[1] - x), min(size[0], values.shape[0] - y)
        if right > left and high > low:
            empty[low:high, left:right] = values[low + y : high + y, left + x : right + x]
        return empty
    from scipy.ndimage import affine_transform

    # scipy counts rows first
    matrix, offset = np.array([[yy, yx], [xy, xx]]), (dy, dx)
    if bits:
        return np.asarray(affine_transform(values, matrix, offset, size, order=0, mode="constant", cval=0))
    return np.asarray(affine_transform(values, matrix, offset, size, np.float32, order=1, mode="constant", cval=np.nan))
