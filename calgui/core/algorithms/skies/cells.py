"""Means of an image on square cells of 8 pixels and their doubles: what no pixel shows."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.kernels import compiled_cells
from calgui.core.algorithms.local import share
from calgui.core.jobs import Job

BoolArray = npt.NDArray[np.bool_]
Image = npt.NDArray[np.float32]
Cells = npt.NDArray[np.float64]

#: side of the smallest cells, and of those that tell the shape of a sky
FINE, COARSE = 8, 32
#: fewest cells of which a level is made
FEWEST = 24
#: side of the largest cells
_LARGEST = 256
#: light of large cells, in noise of a pixel, that is lost in theirs
_LOST = 0.2
#: how light falls at the rim: 0.5 as a Gaussian, 1 as an exponential
_FALL = 0.65
#: cells across half a group from which on its rim is at least one cell wide
_WIDE = 2.0
#: part of a cell that must be left for it to say something
_LEFT = 0.25


@dataclass(frozen=True)
class Grid:
    """Sums over cells.

    Attributes
    ----------
    side : int
        Of a cell, pixels.
    sums, count, full : ndarray of float64
        Sum and number of the good pixels of each cell, and number of all its pixels.
    """

    side: int
    sums: Cells
    count: Cells
    full: Cells

    @classmethod
    def of(
        cls, image: Image, good: BoolArray, low: float = -math.inf, high: float = math.inf, side: int = FINE
    ) -> "Grid":
        """Sums over cells of the good pixels.

        Parameters
        ----------
        image : ndarray of float32, shape (ny, nx)
            Finite where ``good``.
        good : ndarray of bool
            Which count.
        low, high : float
            Values outside count as these, so that a cosmic ray or a hot pixel moves no cell.
        side : int
            Of a cell, pixels.

        Returns
        -------
        Grid
            Of ceil(ny / side) by ceil(nx / side) cells.
        """
        ny, nx = image.shape
        rows, columns = np.arange(0, ny, side), np.arange(0, nx, side)
        sums, count = np.empty((rows.size, columns.size)), np.empty((rows.size, columns.size))
        loop = compiled_cells().cell_sums
        ends = np.float32(low), np.float32(high)
        share(rows.size, lambda a, b: loop(image, good, *ends, side, a, b, sums, count), Job(), image.size)
        full = np.outer(np.minimum(side, ny - rows), np.minimum(side, nx - columns)).astype(np.float64)
        return cls(side, sums, count, full)

    @property
    def means(self) -> Cells:
        """Mean of each cell; NaN where less than a quarter of it is good."""
        with np.errstate(invalid="ignore", divide="ignore"):
            made: Cells = np.where(self.count >= _LEFT * self.full, self.sums / self.count, np.nan)
        return made

    def without(self, cells: BoolArray) -> "Grid":
        """The same without some cells."""
        return Grid(self.side, np.where(cells, 0, self.sums), np.where(cells, 0, self.count), self.full)

    def doubled(self) -> "Grid":
        """Cells of twice the side."""
        return Grid(2 * self.side, *(_paired(plane) for plane in (self.sums, self.count, self.full)))


def _paired(plane: Cells) -> Cells:
    ny, nx = plane.shape
    padded = np.pad(plane, ((0, ny % 2), (0, nx % 2))) if ny % 2 or nx % 2 else plane
    made: Cells = padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
    return made


def sizes(shape: tuple[int, ...]) -> Iterator[int]:
    """Sides of cells of which an image has enough.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).

    Yields
    ------
    int
        8, 16, 32, ... pixels.
    """
    side = FINE
    while side <= _LARGEST and math.ceil(shape[0] / side) * math.ceil(shape[1] / side) >= 1.5 * FEWEST:
        yield side
        side *= 2


def widened(cells: BoolArray, contrast: Cells) -> BoolArray:
    """Groups of cells with the faint rims that light of their kind has.

    Parameters
    ----------
    cells : ndarray of bool
        What stands out.
    contrast : ndarray of float64
        Means of the cells above the sky, in noise of a pixel.

    Returns
    -------
    ndarray of bool

    Notes
    -----
    A group ends where its light is lost in the noise of cells, about a fifth of the noise of a pixel. A Gaussian
    of middle P times that limit falls to a tenth of it at sqrt(1 + ln 10 / ln P) times this radius, an exponential at
    1 + ln 10 / ln P times; the power taken, 0.65, lies between, nearer to the Gaussian for the sake of crowded fields.
    The radius of a group is that of the largest circle within: a web of many stars is not taken for a galaxy.
    """
    from scipy.ndimage import distance_transform_edt, label, maximum

    labels, count = label(cells, np.ones((3, 3)))
    if count == 0:
        return cells
    which = np.arange(count + 1)
    radius = np.asarray(maximum(distance_transform_edt(cells), labels, which))
    peak = np.asarray(maximum(np.nan_to_num(contrast, nan=0.0), labels, which)) / _LOST
    rim = np.minimum((1 + math.log(10) / np.log(np.maximum(peak, 1.5))) ** _FALL - 1, 1.0)
    reach = np.where(radius >= _WIDE, np.round(rim * radius) + 0.5, rim * radius)
    away, (rows, columns) = distance_transform_edt(~cells, return_indices=True)
    made: BoolArray = cells | (away <= reach[labels[rows, columns]])
    return made


def expand(cells: BoolArray, side: int, shape: tuple[int, ...]) -> BoolArray:
    """A map of cells as one of pixels.

    Parameters
    ----------
    cells : ndarray of bool
        One value for each cell.
    side : int
        Of a cell.
    shape : tuple of int
        (ny, nx).

    Returns
    -------
    ndarray of bool, shape (ny, nx)
    """
    made: BoolArray = np.repeat(np.repeat(cells, side, axis=0), side, axis=1)[: shape[0], : shape[1]]
    return made
