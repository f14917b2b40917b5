"""Profiles: values along a row, a column or a line, across a region, and by distance from its centre."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from calgui.core.frames.statistics import Box
from calgui.core.regions.shapes import Line

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Way = Literal["row", "column"]


@dataclass(frozen=True)
class Profile:
    """Values along something.

    Attributes
    ----------
    place : ndarray of float64, shape (n,)
        Where, in pixels.
    value : ndarray of float64, shape (n,)
        NaN where there is none.
    count : ndarray of int64, shape (n,)
        Pixels that each value is the mean of.
    axis : str
        What ``place`` is, for people.
    title : str
        What the values are, for people.
    """

    place: Floats
    value: Floats
    count: npt.NDArray[np.int64]
    axis: str
    title: str


def through(values: Array, way: Way, at: int) -> Profile:
    """A whole row or column.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        The picture.
    way : str
        ``row`` or ``column``.
    at : int
        Which, from 0.

    Returns
    -------
    Profile
        Values as they are.
    """
    part = np.asarray(values[at] if way == "row" else values[:, at], np.float64)
    counts = np.ones(part.size, np.int64)
    name = "x" if way == "row" else "y"
    return Profile(np.arange(part.size, dtype=np.float64), part, counts, f"{name} (pixel)", f"{way} {at}")


def across(values: Array, mask: npt.NDArray[np.bool_], box: Box, way: Way) -> Profile:
    """Means over a region: of each of its columns (a profile along x, as a row is) or rows.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        The picture.
    mask : ndarray of bool
        Which pixels of the box are used.
    box : Box
        Where.
    way : str
        ``row``: along x. ``column``: along y.

    Returns
    -------
    Profile
        NaN pixels are left out.
    """
    part = np.asarray(values[box.slices], np.float64)
    good = mask & np.isfinite(part)
    axis = 0 if way == "row" else 1
    count = np.count_nonzero(good, axis=axis)
    total = np.where(good, part, 0.0).sum(axis=axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(count > 0, total / count, np.nan)
    first = box.x_start if way == "row" else box.y_start
    place = np.arange(first, first + mean.size, dtype=np.float64)
    what = "columns" if way == "row" else "rows"
    return Profile(
        place, mean, count.astype(np.int64), f"{'x' if way == 'row' else 'y'} (pixel)", f"mean of the region's {what}"
    )


def along(values: Array, line: Line, width: int = 1) -> Profile:
    """Values along a line, in steps of one pixel, linear between pixels.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        The picture.
    line : Line
        From its first end to its second.
    width : int
        Each value is the mean over so many pixels across the line.

    Returns
    -------
    Profile
        NaN outside of the picture and beside a NaN.
    """
    from scipy.ndimage import map_coordinates

    steps = max(int(np.ceil(line.length)), 1) + 1
    fraction = np.linspace(0.0, 1.0, steps)
    x = line.x1 + fraction * (line.x2 - line.x1)
    y = line.y1 + fraction * (line.y2 - line.y1)
    length = line.length or 1.0
    aside = (line.y1 - line.y2) / length, (line.x2 - line.x1) / length
    offsets = np.arange(width) - (width - 1) / 2
    xs, ys = x + offsets[:, None] * aside[0], y + offsets[:, None] * aside[1]
    # only the pixels about the line: a picture is much larger, and the sampler wants doubles
    left, low = max(int(np.floor(xs.min())) - 1, 0), max(int(np.floor(ys.min())) - 1, 0)
    right, high = max(int(np.ceil(xs.max())) + 2, left), max(int(np.ceil(ys.max())) + 2, low)
    part = np.asarray(values[low:high, left:right], np.float64)
    if part.size == 0:
        sampled = np.full(xs.shape, np.nan)
    else:
        sampled = map_coordinates(part, [ys - low, xs - left], order=1, mode="constant", cval=np.nan)
    good = np.isfinite(sampled)
    count = np.count_nonzero(good, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(count > 0, np.where(good, sampled, 0.0).sum(axis=0) / count, np.nan)
    return Profile(fraction * line.length, value, count.astype(np.int64), "along the line (pixel)", "along the line")


def radial(values: Array, mask: npt.NDArray[np.bool_], box: Box, x: float, y: float) -> Profile:
    """Means by distance from a place, in rings of one pixel.

    Parameters
    ----------
    values : ndarray, shape (ny, nx)
        The picture.
    mask : ndarray of bool
        Which pixels of the box are used.
    box : Box
        Where.
    x, y : float
        The place, in pixels of the picture.

    Returns
    -------
    Profile
        ``place`` is the mean distance of the pixels of each ring; empty rings are left out.
    """
    part = np.asarray(values[box.slices], np.float64)
    rows = np.arange(box.y_start, box.y_stop)[:, None] - y
    columns = np.arange(box.x_start, box.x_stop)[None, :] - x
    distance = np.hypot(rows, columns)
    good = mask & np.isfinite(part)
    ring = distance[good].astype(np.int64)
    count = np.bincount(ring)
    total = np.bincount(ring, weights=part[good])
    radius = np.bincount(ring, weights=distance[good])
    full = count > 0
    return Profile(
        radius[full] / count[full],
        total[full] / count[full],
        count[full].astype(np.int64),
        "distance from the centre (pixel)",
        "mean of rings",
    )
