"""The smooth illumination of a flat: a polynomial over the picture, fitted to medians of tiles."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calgui.core.algorithms.local import tile_medians, tiles_of
from calgui.core.algorithms.noise import robust_sigma
from calgui.core.frames.frame import FloatArray
from calgui.core.jobs import Job

#: tiles so far off the fit are left out of the next one
_SIGMA, _ROUNDS = 4.0, 5
#: fewest tiles for each term
_TILES_PER_TERM = 2


@dataclass(frozen=True)
class Illumination:
    """A sum of products of Legendre polynomials in the place on the picture, from -1 to 1.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (order + 1, order + 1)
        Of the degree in y, then in x; the sum of both degrees is at most the order.
    shape : tuple of int
        (ny, nx) of the picture.
    residual : float
        Robust scatter of the tiles about it, in the unit of the picture.
    order : int
        Which was fitted: lower than what was asked for where there are few tiles.
    """

    coefficients: npt.NDArray[np.float64]
    shape: tuple[int, int]
    residual: float
    order: int

    def rows(self, start: int, stop: int) -> FloatArray:
        """The illumination of some rows.

        Parameters
        ----------
        start, stop : int
            From 0.

        Returns
        -------
        ndarray of float32, shape (stop - start, nx)
        """
        ny, nx = self.shape
        down = np.polynomial.legendre.legvander(_places(np.arange(start, stop), ny), self.order)
        across = np.polynomial.legendre.legvander(_places(np.arange(nx), nx), self.order)
        made: FloatArray = (down @ self.coefficients @ across.T).astype(np.float32)
        return made

    def scaled(self, factor: float) -> "Illumination":
        """The same times a number."""
        return Illumination(self.coefficients * factor, self.shape, self.residual * abs(factor), self.order)


def fit_illumination(
    image: FloatArray, good: npt.NDArray[np.bool_], order: int, box: int, job: Job
) -> Illumination | None:
    """Fit the smooth illumination of a flat.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        NaN is left out.
    good : ndarray of bool
        Pixels that count.
    order : int
        Highest degree; lowered where there are too few tiles.
    box : int
        Side of the tiles, pixels.
    job : Job
        Cancel.

    Returns
    -------
    Illumination or None
        None where no tile has enough good pixels.

    Notes
    -----
    Medians of tiles keep single pixels out; the fit is repeated without tiles that lie 4 robust sigma off, such as
    those on dust.
    """
    ny, nx = image.shape
    rows, columns = tiles_of(image.shape, box)
    level = tile_medians(image, good, (rows, columns), job)
    y, x = _centres(np.any(good, axis=1), rows), _centres(np.any(good, axis=0), columns)
    known = np.isfinite(level)
    if not known.any():
        return None
    v, u = (part[known] for part in np.broadcast_arrays(_places(y, ny)[:, None], _places(x, nx)[None, :]))
    values = level[known]
    while order > 0 and (order + 1) * (order + 2) // 2 * _TILES_PER_TERM > values.size:
        order -= 1
    order = min(order, rows - 1, columns - 1)
    terms = [(i, j) for i in range(order + 1) for j in range(order + 1 - i)]
    down = np.polynomial.legendre.legvander(v, order)
    across = np.polynomial.legendre.legvander(u, order)
    matrix = np.stack([down[:, i] * across[:, j] for i, j in terms], axis=1)
    used = np.ones(values.size, bool)
    for _ in range(_ROUNDS):
        solution = np.linalg.lstsq(matrix[used], values[used], rcond=None)[0]
        rest = values - matrix @ solution
        sigma = robust_sigma(rest[used])
        keep = np.abs(rest) <= max(_SIGMA * sigma, 1e-12 * abs(float(np.median(values))))
        if (keep == used).all() or np.count_nonzero(keep) < len(terms) * _TILES_PER_TERM:
            break
        used = keep
    coefficients = np.zeros((order + 1, order + 1))
    for (i, j), value in zip(terms, solution, strict=True):
        coefficients[i, j] = value
    return Illumination(coefficients, (ny, nx), sigma, order)


def _centres(used: npt.ArrayLike, count: int) -> npt.NDArray[np.float64]:
    """Middle of the pixels that are used in each of so many tiles along an axis: a border is not."""
    made, used = np.empty(count), np.asarray(used)
    for tile in range(count):
        first, last = tile * used.size // count, (tile + 1) * used.size // count
        inside = np.flatnonzero(used[first:last])
        made[tile] = first + (inside.mean() if inside.size else 0.5 * (last - first - 1))
    return made


def _places(pixels: npt.NDArray[np.floating] | npt.NDArray[np.integer], length: int) -> npt.NDArray[np.float64]:
    """From -1 to 1 along an axis."""
    return np.asarray((2 * np.asarray(pixels, np.float64) + 1) / length - 1)
