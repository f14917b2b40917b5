"""TMT's pupil by points: each asks which segment it lies on."""

import math
import tomllib
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.resources import resources

Floats = npt.NDArray[np.float32]
#: metres between two points; no part of the segments' pitch, lest rows of points fall into rows of gaps
_SPACING = 0.03871


@lru_cache(maxsize=16)
def points(rotation_deg: float) -> tuple[float, npt.NDArray[np.float64]]:
    """Where light passes.

    Parameters
    ----------
    rotation_deg : float
        By which the pupil is turned, from x towards y.

    Returns
    -------
    start : float
        Lower edge of the first cell about its point, m.
    sums : ndarray of float64, shape (n + 1, n + 1)
        Points that are open below and left of each edge between cells.
    """
    with (resources() / "pupils" / "tmt.toml").open("rb") as stream:
        data = tomllib.load(stream)
    half = math.ceil(data["diameter_m"] / 2 / _SPACING) + 1
    axis = ((np.arange(2 * half) + 0.5 - half) * _SPACING).astype(np.float32)
    turn = math.radians(rotation_deg)
    x = axis[None, :] * math.cos(turn) + axis[:, None] * math.sin(turn)
    y = axis[:, None] * math.cos(turn) - axis[None, :] * math.sin(turn)
    through = _segments(x, y, data) & (np.hypot(x, y) > data["secondary"]["diameter_m"] / 2)
    for angle in np.radians(data["supports"]["angles_deg"]):
        along, across = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
        through &= (along < 0) | (np.abs(across) > data["supports"]["width_m"] / 2)
    sums = np.zeros((2 * half + 1, 2 * half + 1))
    sums[1:, 1:] = through.cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
    return -half * _SPACING, sums


def _segments(x: npt.NDArray[Any], y: npt.NDArray[Any], data: dict[str, Any]) -> npt.NDArray[np.bool_]:
    """Whether points lie on a segment: axial coordinates, rounded to the nearest hexagon."""
    segments = data["segments"]
    q, r = (axis.ravel() for axis in np.mgrid[-16:17, -16:17])
    shells = np.sort(q * q + q * r + r * r)
    nearest, farthest = shells[segments["skipped"]], shells[segments["skipped"] + segments["count"] - 1]
    pitch = segments["corner_to_corner_m"] * math.sqrt(3) / 2 + segments["gap_m"]
    # towards the corner of the farthest segment from the axis
    centres = np.stack([q * math.sqrt(3) / 2, q / 2 + r], axis=-1)[q * q + q * r + r * r <= farthest] * pitch
    angles = np.arange(6) * math.pi / 3
    corners = segments["corner_to_corner_m"] / 2 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    scale = data["diameter_m"] / 2 / float(np.linalg.norm(centres[:, None] + corners[None], axis=2).max())
    corner = math.radians(segments["corner_deg"])
    x, y = (
        (x * math.cos(corner) + y * math.sin(corner)) / (scale * pitch),
        (y * math.cos(corner) - x * math.sin(corner)) / (scale * pitch),
    )
    column = x / (math.sqrt(3) / 2)
    row = y - column / 2
    rounded = [np.rint(column), np.rint(row), np.rint(-column - row)]
    off = [np.abs(rounded[0] - column), np.abs(rounded[1] - row), np.abs(rounded[2] + column + row)]
    first = (off[0] > off[1]) & (off[0] > off[2])
    second = ~first & (off[1] > off[2])
    column = np.where(first, -rounded[1] - rounded[2], rounded[0])
    row = np.where(second, -rounded[0] - rounded[2], rounded[1])
    shell = column * column + column * row + row * row
    dx, dy = x - column * (math.sqrt(3) / 2), y - column / 2 - row
    across = np.maximum(np.abs(dy), np.abs(dx) * (math.sqrt(3) / 2) + np.abs(dy) / 2)
    inside = across < 0.5 * (1 - segments["gap_m"] / pitch)
    return np.asarray(inside & (shell >= nearest) & (shell <= farthest))


def aperture(cell_m: float, rotation_deg: float) -> Floats:
    """The pupil on a grid.

    Parameters
    ----------
    cell_m : float
        Side of a cell.
    rotation_deg : float
        By which the pupil is turned.

    Returns
    -------
    ndarray of float32, shape (n, n)
        The part of each cell that is open.
    """
    start, sums = points(rotation_deg)
    half = math.ceil(-start / cell_m)
    place = np.clip((np.arange(-half, half + 1) * cell_m - start) / _SPACING, 0, sums.shape[0] - 1)
    low = np.minimum(place.astype(np.intp), sums.shape[0] - 2)
    part = place - low
    rows = sums[low] * (1 - part)[:, None] + sums[low + 1] * part[:, None]
    both = rows[:, low] * (1 - part) + rows[:, low + 1] * part
    return np.asarray(np.diff(np.diff(both, axis=0), axis=1) * (_SPACING / cell_m) ** 2, np.float32)
