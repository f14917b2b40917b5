"""Small squares of a picture about a place, as values and as tones."""

from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.frames.display import NO_VALUE, TOP, stretched

#: percentile of a cut-out that is drawn darkest
_SKY = 10.0


def cut(values: npt.NDArray[Any], x: float, y: float, half: int) -> npt.NDArray[np.float64]:
    """A square of a picture.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        The picture.
    x, y : float
        Its middle, pixels.
    half : int
        Pixels on each side of the middle one.

    Returns
    -------
    ndarray of float64, shape (2 half + 1, 2 half + 1)
        NaN where it lies outside of the picture.
    """
    side = 2 * half + 1
    made = np.full((side, side), np.nan)
    if not (np.isfinite(x) and np.isfinite(y)):
        return made
    left, bottom = round(x) - half, round(y) - half
    high, wide = values.shape
    rows = slice(max(bottom, 0), min(bottom + side, high))
    columns = slice(max(left, 0), min(left + side, wide))
    if rows.start < rows.stop and columns.start < columns.stop:
        inside = slice(rows.start - bottom, rows.stop - bottom), slice(columns.start - left, columns.stop - left)
        made[inside] = values[rows, columns]
    return made


def tones(part: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Tones of a cut-out between its own sky and its own peak, by asinh.

    Parameters
    ----------
    part : ndarray, shape (ny, nx)
        Any; NaN for no value.

    Returns
    -------
    ndarray of uint8, shape (ny, nx)
        As `calgui.core.frames.display` has them.
    """
    there = np.isfinite(part)
    if not there.any():
        return np.full(part.shape, NO_VALUE, np.uint8)
    low, high = float(np.percentile(part[there], _SKY)), float(part[there].max())
    scaled = np.clip((part - low) / (high - low), 0, 1) if high > low else np.zeros(part.shape)
    return np.where(there, np.rint(stretched(np.nan_to_num(scaled), "asinh") * TOP), NO_VALUE).astype(np.uint8)
