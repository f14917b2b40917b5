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
    shut = [_discs(rows, n, cell, pupil.secondary_m / 2)]
    shut += _bars(pupil, rows, n, cell, pupil.support_width_m, turn)
    if pupil.stop is not None:
        open_ *= _discs(rows, n, cell, pupil.stop.outer_m / 2)
        shut.append(_discs(rows, n, cell, pupil.stop.inner_m / 2))
        shut += _bars(pupil, rows, n, cell, pupil.stop.support_width_m, turn)
    for shadow in shut:
        open_ *= 1 - shadow
    mask: Floats = open_.reshape(n, _ROWS, n).mean(axis=1)
    mask.flags.writeable = False
    return mask


def _turned(corners: Floats, turn: float) -> Floats:
    cosine, sine = math.cos(turn), math.sin(turn)
    return np.asarray(corners @ np.array([[cosine, sine], [-sine, cosine]]))


def _bars(pupil: Pupil, rows: Floats, n: int, cell: float, width: float, turn: float) -> list[Floats]:
    """The supports, each from the axis outwards."""
    if not width:
        return []
    long, half = pupil.diameter_m, width / 2
    bar = np.array([[0.0, -half], [long, -half], [long, half], [0.0, half]])
    return [
        _polygons(rows, n, cell, _turned(bar, turn + math.radians(angle))[None]) for angle in pupil.support_angles_deg
    ]


def _polygons(rows: Floats, n: int, cell: float, polygons: Floats) -> Floats:
    """Convex polygons, corners counter-clockwise, shape (count, corners, 2)."""
    where, left, right = [], [], []
    step = rows[1] - rows[0]
    for corners in polygons:
        low, high = corners[:, 1].min(), corners[:, 1].max()
        first = max(0, math.ceil((low - rows[0]) / step))
        last = min(rows.size, math.floor((high - rows[0]) / step) + 1)
        if last <= first:
            continue
        y = rows[first:last]
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
    return _covered(rows.size, n, cell, np.concatenate(where), np.concatenate(left), np.concatenate(right))


def _discs(rows: Floats, n: int, cell: float, radius: float) -> Floats:
    """A circle about the axis."""
    where = np.flatnonzero(np.abs(rows) < radius)
    half = np.sqrt(radius**2 - rows[where] ** 2)
    return _covered(rows.size, n, cell, where, -half, half)


def _covered(count: int, n: int, cell: float, where: npt.NDArray[np.intp], left: Floats, right: Floats) -> Floats:
    """Parts of the cells of rows that intervals cover: each end adds a step with one cell in between."""
    total = np.zeros(count * (n + 2))
    for ends, sign in ((right, 1.0), (left, -1.0)):
        place = np.clip(ends / cell + n / 2, 0, n)
        whole = np.floor(place).astype(np.intp)
        part = place - whole
        index = where * (n + 2) + whole + 1
        # summed from the right: 1 left of the end's cell, the part in it
        total += np.bincount(index, sign * part, total.size) + np.bincount(index - 1, sign * (1 - part), total.size)
    table = total.reshape(count, n + 2)
    return np.ascontiguousarray(np.cumsum(table[:, ::-1], axis=1)[:, ::-1][:, 1 : n + 1])
