"""A pupil on a grid: the part of each cell that lets light through."""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from calgui.core.optics.pupil import Floats, Pupil

#: rows that each cell's height is cut into; along x the edges are exact
_ROWS = 8


@lru_cache(maxsize=8)
def pupil_mask(
    pupil: Pupil, n: int, rotation_deg: float = 0.0, width_m: float | None = None
) -> npt.NDArray[np.float64]:
    """The pupil as a map, cells at its edges grey.

    Parameters
    ----------
    pupil : Pupil
        What lets light through.
    n : int
        Cells on a side.
    rotation_deg : float
        By which the pupil is turned from x towards y: PROTANG.
    width_m : float, optional
        Side of the map, the pupil in its middle; the pupil's diameter when not given.

    Returns
    -------
    ndarray of float64, shape (n, n)
        0 to 1, (y, x); read-only, for it is kept.
    """
    width = pupil.diameter_m if width_m is None else width_m
    cell = width / n
    rows = (np.arange(n * _ROWS) + 0.5) * cell / _ROWS - width / 2
    turn = math.radians(rotation_deg)
    if pupil.segments is None:
        open_ = _discs(rows, n, cell, pupil.diameter_m / 2)
    else:
        open_ = _polygons(rows, n, cell, _turned(pupil.hexagons(), turn))
    open_ *= 1 - _discs(rows, n, cell, pupil.secondary_m / 2)
    if pupil.support_width_m:
        open_ *= 1 - _bars(pupil, rows, n, cell, pupil.support_width_m, turn)
    if pupil.stop is not None:
        open_ *= _discs(rows, n, cell, pupil.stop.outer_m / 2) - _discs(rows, n, cell, pupil.stop.inner_m / 2)
        if pupil.stop.support_width_m:
            open_ *= 1 - _bars(pupil, rows, n, cell, pupil.stop.support_width_m, turn)
    mask: Floats = open_.reshape(n, _ROWS, n).mean(axis=1)
    mask.flags.writeable = False
    return mask


def _turned(corners: Floats, turn: float) -> Floats:
    cosine, sine = math.cos(turn), math.sin(turn)
    return np.asarray(corners @ np.array([[cosine, sine], [-sine, cosine]]))


def _bars(pupil: Pupil, rows: Floats, n: int, cell: float, width: float, turn: float) -> Floats:
    """The supports, each from the axis outwards; they meet behind the secondary."""
    long, half = pupil.diameter_m, width / 2
    bar = np.array([[0.0, -half], [long, -half], [long, half], [0.0, half]])
    bars = np.array([_turned(bar, turn + math.radians(angle)) for angle in pupil.support_angles_deg])
    return np.asarray(np.minimum(_polygons(rows, n, cell, bars), 1))


def _polygons(rows: Floats, n: int, cell: float, polygons: Floats) -> Floats:
    """Convex polygons, corners counter-clockwise, shape (count, corners, 2)."""
    where, left, right, parts = [], [], [], []
    step = rows[1] - rows[0]
    bottom = rows[0] - step / 2
    for corners in polygons:
        low, high = corners[:, 1].min(), corners[:, 1].max()
        first = max(0, math.floor((low - bottom) / step))
        last = min(rows.size, math.ceil((high - bottom) / step))
        if last <= first:
            continue
        # the first and the last row are covered in part: a gap between segments is narrower than a row
        edges = np.clip(bottom + step * np.arange(first, last + 1), low, high)
        y = (edges[1:] + edges[:-1]) / 2
        parts.append(np.diff(edges) / step)
        begin, end = np.full(y.shape, -np.inf), np.full(y.shape, np.inf)
        for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if abs(y1 - y0) < 1e-12:
                continue
            x = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
            if y1 > y0:  # an edge that goes up has the inside on its left
                end = np.minimum(end, x)
            else:
                begin = np.maximum(begin, x)
        where.append(np.arange(first, last))
        left.append(begin)
        right.append(end)
    if not where:
        return np.zeros((rows.size, n))
    ends = (np.concatenate(one) for one in (where, left, right, parts))
    return _covered(rows.size, n, cell, *ends)


def _discs(rows: Floats, n: int, cell: float, radius: float) -> Floats:
    """A circle about the axis."""
    where = np.flatnonzero(np.abs(rows) < radius)
    half = np.sqrt(radius**2 - rows[where] ** 2)
    return _covered(rows.size, n, cell, where, -half, half, np.ones(half.size))


def _covered(
    count: int, n: int, cell: float, where: npt.NDArray[np.intp], left: Floats, right: Floats, parts: Floats
) -> Floats:
    """Parts of the cells of rows that intervals cover: each end adds a step with one cell in between."""
    total = np.zeros(count * (n + 2))
    for ends, height in ((right, parts), (left, -parts)):
        place = np.clip(ends / cell + n / 2, 0, n)
        whole = np.floor(place).astype(np.intp)
        part = place - whole
        index = where * (n + 2) + whole + 1
        # summed from the right: 1 left of the end's cell, the part in it
        total += np.bincount(index, height * part, total.size) + np.bincount(index - 1, height * (1 - part), total.size)
    table = total.reshape(count, n + 2)
    return np.ascontiguousarray(np.cumsum(table[:, ::-1], axis=1)[:, ::-1][:, 1 : n + 1])
