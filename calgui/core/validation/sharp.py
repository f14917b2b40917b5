"""Pixels of a picture that stand out alone, as hot pixels do."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.geometry import region_of
from calgui.core.algorithms.noise import MAD_TO_SIGMA
from calgui.core.frames.frame import Frame

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

#: a pixel stands out where it is so many times the noise above its neighbors
SHARP_SIGMA = 7.0
#: and these are above their own level by at most such a part of it: light from outside fills several pixels
_SHARE = 0.3
#: rows of a picture that are looked at together
_BAND = 512
#: the strongest are taken
MOST = 1500


@dataclass(frozen=True)
class Points:
    """Pixels that stand out alone.

    Attributes
    ----------
    y, x : ndarray of int64
        In pixels of the detector, from 0; the strongest first.
    excess : ndarray of float64
        Above their neighbors, in the unit of the picture.
    noise : float
        Of such an excess.
    count : int
        How many there are, with those that were not the strongest.
    """

    y: Ints
    x: Ints
    excess: Floats
    noise: float
    count: int = 0


def sharp_points(frame: Frame) -> Points | None:
    """Pixels that stand out alone, as hot pixels do.

    Parameters
    ----------
    frame : Frame
        An image, shape (ny, nx).

    Returns
    -------
    Points or None
        None where the picture has no noise to measure them with.

    Notes
    -----
    The level of a pixel is the mean of the two middle ones of its four neighbors.
    """
    region = region_of(frame)
    light = region.mask()
    image = frame.data
    noise = _noise(image, light)
    if not noise > 0:
        return None
    found: list[tuple[Ints, Ints, Floats]] = []
    for start in range(1, image.shape[0] - 1, _BAND):
        stop = min(start + _BAND, image.shape[0] - 1)
        excess, share = _excess(image[start - 1 : stop + 1])
        # a comparison with NaN is False
        alone = (excess > SHARP_SIGMA * noise) & (share < _SHARE * excess) & light[start:stop, 1:-1]
        y, x = np.nonzero(alone)
        found.append((y + start, x + 1, excess[y, x].astype(np.float64)))
    y, x, high = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(-high)[:MOST]
    return Points(y[order] + region.y, x[order] + region.x, high[order], noise, int(high.size))


def excess_at(frame: Frame, y: Ints, x: Ints) -> Floats:
    """How far some pixels are above their four neighbors.

    Parameters
    ----------
    frame : Frame
        An image.
    y, x : ndarray of int64
        Rows and columns of the image, from 0.

    Returns
    -------
    ndarray of float64
        NaN at the edges of the image.
    """
    ny, nx = frame.shape
    made = np.full(y.size, np.nan)
    inner = (y > 0) & (y < ny - 1) & (x > 0) & (x < nx - 1)
    rows, columns = y[inner], x[inner]
    around = np.stack([frame.data[rows + dy, columns + dx] for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1))])
    middle = (around.sum(axis=0) - around.max(axis=0) - around.min(axis=0)) / 2
    made[inner] = frame.data[rows, columns] - middle
    return made


def _excess(rows: Any) -> tuple[Any, Any]:
    """How far pixels are above their four neighbors, and how far the highest of these is itself."""
    around = np.stack((rows[:-2, 1:-1], rows[2:, 1:-1], rows[1:-1, :-2], rows[1:-1, 2:]))
    high, low = around.max(axis=0), around.min(axis=0)
    middle = (around.sum(axis=0) - high - low) / 2
    return rows[1:-1, 1:-1] - middle, high - middle


def _noise(image: Any, light: BoolArray) -> float:
    """Noise of the excess, from some rows all over the picture."""
    step = max(1, (image.shape[0] - 2) // 256)
    parts = []
    for row in range(1, image.shape[0] - 1, step):
        excess, _share = _excess(image[row - 1 : row + 2])
        parts.append(excess[0][light[row, 1:-1] & np.isfinite(excess[0])])
    values = np.concatenate(parts) if parts else np.empty(0)
    return float(MAD_TO_SIGMA * np.median(np.abs(values - np.median(values)))) if values.size > 100 else 0.0
